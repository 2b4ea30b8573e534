/* OpenVPN over UDP and TCP (openvpn.net/community-resources/openvpn-protocol): the resets with
 * which both sides begin. The server's repeats the client's session, wherever an HMAC shifts it to;
 * with tls-crypt it is hidden, and the usual port has to speak for it. */
#include "analyzer/classify/dissect/signature.h"

enum { PORT_OPENVPN = 1194, RESET_BYTES_LEAST = 14, RESET_BYTES_MOST = 400 };
enum { CLIENT_V2 = 7, SERVER_V2 = 8, CLIENT_V3 = 10 };

/* words[0]: the client's session; words[1]: 1 when a client's reset was seen. */

static bool repeats_session(struct reader in, uint64_t session)
{
	while (reader_left(&in) >= 8) {
		struct reader at = in;
		if (reader_u64(&at) == session) {
			return true;
		}
		reader_skip(&in, 1);
	}
	return false;
}

/* A reset without any HMAC: the client's acknowledges nothing, the server's the client's first
 * packet; both have packet number 0. */
static bool is_bare_reset(struct reader in, bool from_server)
{
	if (!from_server) {
		return reader_left(&in) == 5 && reader_u8(&in) == 0 && reader_u32(&in) == 0;
	}
	bool acknowledges = reader_left(&in) == 17 && reader_u8(&in) == 1 && reader_u32(&in) == 0;
	uint64_t session = reader_u64(&in);
	return acknowledges && session != 0 && reader_u32(&in) == 0;
}

/* With tls-auth and tls-crypt a packet's first number, 1, and the time stand before or behind an
 * HMAC. */
static bool has_number_and_time(struct reader in, uint64_t time_ns)
{
	static const uint8_t hmac_bytes[] = { 0, 20, 32, 64 };

	for (unsigned i = 0; i < sizeof(hmac_bytes); i++) {
		struct reader at = in;
		reader_skip(&at, hmac_bytes[i]);
		uint32_t number = reader_u32(&at);
		int64_t apart_s = (int64_t)reader_u32(&at) - (int64_t)(time_ns / 1000000000);
		if (reader_ok(&at) && number == 1 && apart_s > -86400 && apart_s < 86400) {
			return true;
		}
	}
	return false;
}

static enum dissect_result read_reset(struct dissection *dissection, struct reader in)
{
	uint64_t *words = dissection->state->words;
	size_t bytes = reader_left(&in);
	uint8_t first = reader_u8(&in);
	unsigned opcode = first >> 3, key = first & 7;
	uint64_t session = reader_u64(&in);
	bool has_port = dissection_has_port(dissection, PORT_OPENVPN);

	if (!reader_ok(&in) || key != 0 || session == 0 || bytes < RESET_BYTES_LEAST ||
		bytes > RESET_BYTES_MOST) {
		return DISSECT_OTHER;
	}
	bool from_server = opcode == SERVER_V2;
	if (!from_server && opcode != CLIENT_V2 && opcode != CLIENT_V3) {
		return DISSECT_OTHER;
	}
	if (is_bare_reset(in, from_server) || has_number_and_time(in, dissection->time_ns)) {
		return claim_app(true, dissection, L7_OPENVPN, APP_HINT_OPENVPN);
	}
	if (!from_server) {
		words[0] = session;
		words[1] = 1;
		return DISSECT_MORE;
	}
	return claim_app(words[1] == 1 && (has_port || repeats_session(in, words[0])), dissection,
		L7_OPENVPN, APP_HINT_OPENVPN);
}

static enum dissect_result openvpn_datagram(struct dissection *dissection)
{
	return read_reset(dissection, dissection->in);
}

static enum dissect_result openvpn_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint16_t length = reader_u16(&in);

	if (!reader_ok(&in) || length != reader_left(&in)) {
		return DISSECT_OTHER;
	}
	enum dissect_result result = read_reset(dissection, in);
	if (result == DISSECT_MORE) {
		dissection->used = reader_left(&dissection->in);
	}
	return result;
}

const struct dissector dissector_openvpn = { .protocol = L7_OPENVPN,
	.stream = openvpn_stream,
	.datagram = openvpn_datagram,
	.datagram_begins = BEGINS({ CLIENT_V2 << 3, CLIENT_V2 << 3 },
		{ SERVER_V2 << 3, SERVER_V2 << 3 }, { CLIENT_V3 << 3, CLIENT_V3 << 3 }) };
