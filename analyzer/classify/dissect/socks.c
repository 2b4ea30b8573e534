/* SOCKS 4, 4a and 5 (RFC 1928): the name that the client asks the proxy for, and then what is said
 * through it. */
#include "analyzer/classify/dissect/signature.h"

enum { STATE_NONE, STATE_GREETED, STATE_ASKED };

/* What comes through the proxy is most often TLS, else HTTP. */
static enum dissect_result hand_over(struct dissection *dissection)
{
	dissection->become = dissection->in.at[0] == 0x16 ? &dissector_tls : &dissector_http;
	return DISSECT_MORE;
}

static void used_up(struct dissection *dissection, const struct reader *in)
{
	dissection->used = (size_t)(in->at - dissection->in.at);
	dissection->l7->protocol = L7_SOCKS;
}

static bool read_request5(struct dissection *dissection, struct reader *in)
{
	uint8_t version = reader_u8(in), command = reader_u8(in), reserved = reader_u8(in),
		kind = reader_u8(in);

	if (version != 5 || command < 1 || command > 3 || reserved != 0) {
		return false;
	}
	if (kind == 3) {
		uint8_t length = reader_u8(in);
		const char *name = (const char *)reader_bytes(in, length);
		if (name) {
			l7_info_add_name(dissection->l7, NAME_HTTP_HOST, name, length);
		}
	} else {
		reader_skip(in, kind == 1 ? 4 : 16);
	}
	reader_skip(in, 2);
	return reader_ok(in) && (kind == 1 || kind == 3 || kind == 4);
}

/* The client of version 5 greets with its methods, may then say who it is, and asks. */
static enum dissect_result read_client5(struct dissection *dissection)
{
	uint64_t *state = &dissection->state->words[0];
	struct reader in = dissection->in;

	if (*state == STATE_NONE) {
		reader_skip(&in, 1);
		uint8_t methods = reader_u8(&in);
		const uint8_t *list = reader_bytes(&in, methods);
		if (!list || methods == 0 || methods > 8 || list[0] > 3 || reader_left(&in) > 0) {
			return DISSECT_OTHER;
		}
		*state = STATE_GREETED;
		used_up(dissection, &in);
		return DISSECT_MORE;
	}
	if (in.at[0] == 1) { /* user name and password (RFC 1929) */
		reader_skip(&in, 1);
		reader_skip(&in, reader_u8(&in));
		reader_skip(&in, reader_u8(&in));
		if (reader_ok(&in)) {
			used_up(dissection, &in);
		}
		return DISSECT_MORE;
	}
	if (!read_request5(dissection, &in)) {
		return DISSECT_DONE;
	}
	*state = STATE_ASKED;
	used_up(dissection, &in);
	return DISSECT_MORE;
}

static enum dissect_result read_client4(struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, 1);
	uint8_t command = reader_u8(&in);
	reader_skip(&in, 2);
	uint32_t address = reader_u32(&in);
	const uint8_t *user_end = reader_ok(&in) ? memchr(in.at, 0, reader_left(&in)) : NULL;
	if ((command != 1 && command != 2) || !user_end || user_end - in.at > 64) {
		return DISSECT_OTHER;
	}
	reader_skip(&in, (size_t)(user_end - in.at) + 1);
	if (address > 0 && address < 256) { /* 4a: the name follows */
		const uint8_t *end = memchr(in.at, 0, reader_left(&in));
		if (!end) {
			return DISSECT_OTHER;
		}
		size_t length = (size_t)(end - in.at);
		l7_info_add_name(dissection->l7, NAME_HTTP_HOST, (const char *)in.at, length);
		reader_skip(&in, length + 1);
	} else if (address == 0 || reader_left(&in) > 0) {
		return DISSECT_OTHER;
	}
	dissection->state->words[0] = STATE_ASKED;
	used_up(dissection, &in);
	return DISSECT_MORE;
}

/* The server's side tells nothing that the client's does not; what follows it is left to the
 * client's direction. */
static enum dissect_result socks_stream(struct dissection *dissection)
{
	uint64_t state = dissection->state->words[0];
	uint8_t version = dissection->in.at[0];

	if (!dissection->from_source) {
		return dissection->l7->protocol == L7_SOCKS ? DISSECT_DONE : DISSECT_OTHER;
	}
	if (state == STATE_ASKED) {
		return hand_over(dissection);
	}
	if (version == 5 || state == STATE_GREETED) {
		return read_client5(dissection);
	}
	return version == 4 ? read_client4(dissection) : DISSECT_OTHER;
}

const struct dissector dissector_socks = {
	.protocol = L7_SOCKS, .stream = socks_stream, .stream_begins = BEGINS({ 4, 5 })
};
