/* Things and what talks to them in a house: MQTT (OASIS, 3.1), and the discovery of apps that look
 * for their like. */
#include "analyzer/classify/dissect/signature.h"

static enum dissect_result mqtt_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t type = reader_u8(&in);
	unsigned bytes = 0;

	while (reader_u8(&in) & 0x80 && ++bytes < 4) {
	}
	uint16_t length = reader_u16(&in);
	bool fits = type == 0x10 && ((length == 4 && begins_with(&in, "MQTT")) ||
					    (length == 6 && begins_with(&in, "MQIsdp")));
	return claim_if(fits, dissection, L7_MQTT);
}

const struct dissector dissector_mqtt = {
	.protocol = L7_MQTT, .stream = mqtt_stream, .stream_begins = BEGINS({ 0x10, 0x10 })
};

/* Spotify's access points: a client hello of that version, and its length where the fourth byte
 * ends. */
static enum dissect_result spotify_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool starts = prefix_of(&in, "\0\4\0\0", 4) == PREFIX_YES;

	reader_skip(&in, 6);
	uint8_t tag = reader_u8(&in), length = reader_u8(&in), field = reader_u8(&in);
	bool fits = starts && tag == 0x52 && (length == 0x0e || length == 0x0f) && field == 0x50;
	return claim_app(fits, dissection, L7_SPOTIFY, APP_HINT_SPOTIFY);
}

/* Spotify and Dropbox announce themselves in the local network. */
static enum dissect_result neighbours_datagram(struct dissection *dissection)
{
	if (dissection_has_port(dissection, 57621) && begins_with(&dissection->in, "SpotUdp")) {
		return claim_app(true, dissection, L7_APP_DISCOVERY, APP_HINT_SPOTIFY);
	}
	bool is_dropbox =
		dissection_has_port(dissection, 17500) && begins_with(&dissection->in, "{\"") &&
		memmem(dissection->in.at, reader_left(&dissection->in), "\"host_int\"", 10);
	return claim_app(is_dropbox, dissection, L7_APP_DISCOVERY, APP_HINT_DROPBOX);
}

const struct dissector dissector_things = { .protocol = L7_APP_DISCOVERY,
	.stream = spotify_stream,
	.datagram = neighbours_datagram,
	.stream_begins = BEGINS({ 0, 0 }),
	.datagram_begins = BEGINS({ 'S', 'S' }, { '{', '{' }) };
