/* Messengers' own formats: WhatsApp's Noise handshake, Telegram's call reflectors, Discord's voice
 * servers, Viber, Agora, Zoom's media, Tencent's QQ and WeChat. */
#include "analyzer/classify/call_sockets.h"
#include "analyzer/classify/dissect/signature.h"

/* A connection that began before we did: frames one after the other, a 24-bit length each and at
 * least a cipher's 16 byte tag and one more, the last of which ends where the bytes end. Two on
 * WhatsApp's own port, three on the one that it shares with TLS, are no coincidence: each has a
 * zero where other protocols have their first byte, and says where the next begins. */
static bool is_whatsapp_midstream(const struct dissection *dissection)
{
	enum { FRAME_LEAST = 17, FRAME_MOST = 65535, PORT = 5222, PORT_SHARED = 443 };
	struct reader in = dissection->in;
	bool has_port = dissection_has_port(dissection, PORT);
	unsigned frames = 0;

	if (!has_port && !dissection_has_port(dissection, PORT_SHARED)) {
		return false;
	}
	while (reader_left(&in) > 0) {
		uint32_t length = reader_u24(&in);
		if (length < FRAME_LEAST || length > FRAME_MOST) {
			return false;
		}
		reader_skip(&in, length);
		frames++;
	}
	return reader_ok(&in) && frames >= (has_port ? 2 : 3);
}

/* WhatsApp opens with "WA", two version bytes and the first frame's 24-bit length; before it may
 * stand a routing header "ED" 0 1 with a length of its own. */
static enum dissect_result whatsapp_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;

	if (prefix_of(&in, "ED\0\1", 4) == PREFIX_YES) {
		reader_skip(&in, 4);
		reader_skip(&in, reader_u24(&in));
	}
	if (prefix_of(&in, "WA", 2) != PREFIX_YES) {
		return claim_app(is_whatsapp_midstream(dissection), dissection, L7_WHATSAPP,
			APP_HINT_WHATSAPP);
	}
	reader_skip(&in, 2);
	uint8_t major = reader_u8(&in), minor = reader_u8(&in);
	uint32_t length = reader_u24(&in);
	bool fits = reader_ok(&in) && major >= 1 && major <= 7 && minor <= 9 && length >= 16 &&
		    length < 4096;
	return claim_app(fits, dissection, L7_WHATSAPP, APP_HINT_WHATSAPP);
}

const struct dissector dissector_whatsapp = { .protocol = L7_WHATSAPP,
	.stream = whatsapp_stream,
	.stream_begins = BEGINS({ 0, 0 }, { 'E', 'E' }, { 'W', 'W' }) };

/* Telegram's reflectors: a 16-byte peer tag, then for their own messages twelve bytes of ones.
 * Silence in a phone's RTP is ones as well, so what looks like RTP must be on the reflectors'
 * ports. */
static enum dissect_result telegram_datagram(struct dissection *dissection)
{
	static const uint8_t ones[12] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255 };
	struct reader in = dissection->in;
	const uint8_t *tag = reader_bytes(&in, 16);
	const uint8_t *mark = reader_bytes(&in, sizeof(ones));

	if (!mark || memcmp(mark, ones, sizeof(ones)) != 0 || reader_left(&in) < 4) {
		return DISSECT_OTHER;
	}
	uint16_t port =
		dissection->from_source ? dissection->receiver_port : dissection->sender_port;
	bool has_port = (port >= 500 && port < 600) || port == 1400;
	bool may_be_rtp = tag[0] >> 6 == 2;
	bool is_filled = memcmp(tag + 12, ones, 4) == 0 || memcmp(tag, "\0\0\0\0", 4) == 0;
	return claim_app(
		!is_filled && (has_port || !may_be_rtp), dissection, L7_MTPROTO, APP_HINT_TELEGRAM);
}

const struct dissector dissector_telegram = { .protocol = L7_MTPROTO,
	.datagram = telegram_datagram };

/* Discord asks its voice server for the address it is seen under: type, length 70, SSRC, room for
 * the answer. */
static bool is_discord_discovery(struct reader in)
{
	uint16_t type = reader_u16(&in), length = reader_u16(&in);

	reader_skip(&in, 4);
	const uint8_t *address = reader_bytes(&in, 64);
	bool fits = address && reader_left(&in) == 2 && length == 70 && (type == 1 || type == 2);
	for (unsigned i = 0; fits && i < 64; i++) {
		fits = address[i] == 0 || (type == 2 && ((address[i] >= '0' && address[i] <= '9') ||
								address[i] == '.'));
	}
	return fits;
}

/* … and both sides keep the way open with eight bytes: a fixed word and a counter. */
static enum dissect_result discord_datagram(struct dissection *dissection)
{
	bool keeps_open =
		dissection->wire_bytes == 8 && begins_with(&dissection->in, "\x13\x37\xca\xfe");

	return claim_app(keeps_open || is_discord_discovery(dissection->in), dissection, L7_RTP,
		APP_HINT_DISCORD);
}

const struct dissector dissector_discord = { .protocol = L7_RTP,
	.datagram = discord_datagram,
	.datagram_begins = BEGINS({ 0, 0 }, { 0x13, 0x13 }) };

/* Viber's calls and pings, on its own ports alone. */
static enum dissect_result viber_datagram(struct dissection *dissection)
{
	static const uint16_t ports[] = { 5242, 5243, 7985, 7987, 9785 };
	struct reader in = dissection->in;
	size_t bytes = reader_left(&in);
	bool has_port = false;

	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		has_port |= dissection_has_port(dissection, ports[i]);
	}
	reader_skip(&in, 2);
	uint8_t kind = reader_u8(&in), zero = reader_u8(&in);
	bool fits = has_port && ((bytes == 12 && kind == 3 && zero == 0) ||
					(bytes == 20 && kind == 9 && zero == 0));
	return claim_app(fits, dissection, L7_STUN, APP_HINT_VIBER);
}

const struct dissector dissector_viber = { .protocol = L7_STUN, .datagram = viber_datagram };

/* Agora's network, on which other apps call (SD-RTN): a hello of tags and values, as QUIC's early
 * crypto had them, of which the first is the name of a server; its answer begins with who that is.
 */
static enum dissect_result agora_datagram(struct dissection *dissection)
{
	enum { KIND_HELLO = 0x21, KIND_ANSWER = 0x23 };
	static const char suffix[] = ".agora.io";
	struct reader in = dissection->in;
	uint8_t flags = reader_u8(&in);

	reader_skip(&in, 5);
	uint8_t kind = reader_u8(&in);
	reader_skip(&in, 6);
	const uint8_t *tag = reader_bytes(&in, 4);
	bool answers = tag && flags == 0 && kind == KIND_ANSWER && memcmp(tag, "PEID", 4) == 0;
	uint16_t length = reader_u16_le(&in);
	const uint8_t *name = reader_bytes(&in, length);
	size_t end = sizeof(suffix) - 1;
	bool fits = reader_ok(&in) && flags == 0 && kind == KIND_HELLO &&
		    memcmp(tag, "SNI", 4) == 0 && length > end &&
		    memcmp(name + length - end, suffix, end) == 0;
	return claim_app(fits || answers, dissection, L7_SDRTN, APP_HINT_AGORA);
}

const struct dissector dissector_agora = {
	.protocol = L7_SDRTN, .datagram = agora_datagram, .datagram_begins = BEGINS({ 0, 0 })
};

/* Zoom's media: five kinds of packet on its own ports, the first four of which have zeros behind
 * the kind. */
static enum dissect_result zoom_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool has_port = false;

	for (uint16_t port = 8801; port <= 8810; port++) {
		has_port |= dissection_has_port(dissection, port);
	}
	uint8_t kind = reader_u8(&in), next = reader_u8(&in);
	bool fits = kind >= 1 && kind <= 4 ? next == 0 : kind == 5 && next >= 0x0a && next <= 0x22;
	return claim_app(
		has_port && fits && reader_left(&in) >= 8, dissection, L7_RTP, APP_HINT_ZOOM);
}

const struct dissector dissector_zoom = {
	.protocol = L7_RTP, .datagram = zoom_datagram, .datagram_begins = BEGINS({ 1, 5 })
};

/* WeChat: its own kind of TLS ("mmtls"), with version 0xf103 or 0xf104 in each record; and the
 * older framing with a 16-byte header. */
static enum dissect_result wechat_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	size_t bytes = reader_left(&in);
	uint8_t type = reader_u8(&in), major = reader_u8(&in), minor = reader_u8(&in);
	uint16_t length = reader_u16(&in);

	if (reader_ok(&in) && type >= 0x15 && type <= 0x19 && major == 0xf1 &&
		(minor == 3 || minor == 4) && length > 0 && length <= 16384) {
		return claim_app(true, dissection, L7_MMTLS, APP_HINT_WECHAT);
	}
	in = dissection->in;
	uint32_t whole = reader_u32(&in);
	uint16_t header = reader_u16(&in), version = reader_u16(&in);
	uint32_t command = reader_u32(&in), sequence = reader_u32(&in);
	bool fits = reader_ok(&in) && whole >= 16 && bytes >= whole && whole < 65536 &&
		    header == 16 && version == 1 && command > 0 && command < 0x3fffffff &&
		    sequence != 0;
	return claim_app(fits, dissection, L7_MMTLS, APP_HINT_WECHAT);
}

const struct dissector dissector_wechat = { .protocol = L7_MMTLS,
	.stream = wechat_stream,
	.stream_begins = BEGINS({ 0, 0 }, { 0x15, 0x19 }) };

/* QQ: 0x02, version, command, sequence, account number, contents, 0x03; over TCP with a length
 * before it. */
static bool is_qq(struct reader in)
{
	size_t bytes = reader_left(&in);
	uint8_t first = reader_u8(&in);
	uint16_t version = reader_u16(&in), command = reader_u16(&in);
	reader_skip(&in, 2);
	uint32_t account = reader_u32(&in);

	if (!reader_ok(&in) || bytes < 16 || first != 2 || in.end[-1] != 3) {
		return false;
	}
	return version >= 0x0900 && version <= 0x3fff && command < 0x0900 && account >= 10000;
}

static enum dissect_result qq_datagram(struct dissection *dissection)
{
	bool fits = dissection_has_port(dissection, 8000) && is_qq(dissection->in);

	return claim_app(fits, dissection, L7_QQ, APP_HINT_QQ);
}

static enum dissect_result qq_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint16_t length = reader_u16(&in);
	bool fits = reader_ok(&in) && length == reader_left(&in) + 2 && is_qq(in);

	return claim_app(fits, dissection, L7_QQ, APP_HINT_QQ);
}

const struct dissector dissector_qq = { .protocol = L7_QQ,
	.stream = qq_stream,
	.datagram = qq_datagram,
	.datagram_begins = BEGINS({ 2, 2 }) };
