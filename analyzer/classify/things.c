/* Things and what talks to them in a house: MQTT (OASIS, 3.1), and the discovery of apps that look
 * for their like. */
#include "analyzer/classify/signature.h"

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

const struct dissector dissector_mqtt = { .protocol = L7_MQTT, .stream = mqtt_stream };

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

const struct dissector dissector_neighbours = { .protocol = L7_APP_DISCOVERY,
	.datagram = neighbours_datagram };
