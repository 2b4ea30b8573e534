/* OpenVPN over UDP and TCP (openvpn.net/community-resources/openvpn-protocol): the resets with
 * which both sides begin. The server's repeats the client's session, wherever an HMAC shifts it to;
 * with tls-crypt it is hidden, and the usual port has to speak for it. */
#include "analyzer/classify/signature.h"

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

/* A reset without any HMAC ends in an empty list of acknowledgements and packet number 0. */
static bool is_bare_reset(struct reader in)
{
	return reader_left(&in) == 5 && reader_u8(&in) == 0 && reader_u32(&in) == 0;
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
	if (opcode == CLIENT_V2 || opcode == CLIENT_V3) {
		words[0] = session;
		words[1] = 1;
		return is_bare_reset(in) ? claim_app(true, dissection, L7_OPENVPN, APP_HINT_OPENVPN)
					 : DISSECT_MORE;
	}
	if (opcode == SERVER_V2 && words[1] == 1) {
		return claim_app(has_port || repeats_session(in, words[0]), dissection, L7_OPENVPN,
			APP_HINT_OPENVPN);
	}
	return DISSECT_OTHER;
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

const struct dissector dissector_openvpn = {
	.protocol = L7_OPENVPN, .stream = openvpn_stream, .datagram = openvpn_datagram
};
