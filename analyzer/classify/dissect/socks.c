/* SOCKS 4, 4a and 5 (RFC 1928): the name that the client asks the proxy for, and then what is said
 * through it. Who is the client shows in what is said, since the flow's beginning may have been
 * missed; the same may be true of the greeting. */
#include "analyzer/classify/dissect/signature.h"

/* words[0] of the flow's state: what was seen. words[1]: who is the client, 1 the initiator, 2 the
 * other end; 0 not known. */
enum { STATE_GREETED = 1, STATE_ASKED = 2, STATE_SELECTED = 4 };
enum { KIND_V4 = 1, KIND_NAME = 3, KIND_V6 = 4, SIGN_IN = 1, REPLY_NOT_ALLOWED = 2 };

static uint64_t sender_of(const struct dissection *dissection)
{
	return dissection->from_source ? 1 : 2;
}

static enum dissect_result too_short(const struct dissection *dissection)
{
	return dissection->l7->protocol == L7_SOCKS ? DISSECT_MORE : wait_for_more(dissection);
}

static void note(struct dissection *dissection, const struct reader *in, uint64_t state)
{
	dissection->used = (size_t)(in->at - dissection->in.at);
	dissection->l7->protocol = L7_SOCKS;
	dissection->state->words[0] |= state;
	dissection->state->words[1] = sender_of(dissection);
}

/* An address of version 5, its port behind it; name: where it is one. */
static bool read_address5(struct reader *in, struct reader *name)
{
	uint8_t kind = reader_u8(in);

	if (kind == KIND_NAME) {
		*name = reader_sub(in, reader_u8(in));
	} else {
		*name = reader_over(in->at, 0);
		reader_skip(in, kind == KIND_V4 ? 4 : 16);
	}
	reader_skip(in, 2);
	return kind == KIND_V4 || kind == KIND_NAME || kind == KIND_V6;
}

static bool is_name(struct reader name)
{
	while (reader_left(&name) > 0) {
		uint8_t byte = reader_u8(&name);
		if (byte <= ' ' || byte > '~') {
			return false;
		}
	}
	return true;
}

/* A request that is all there is: the greeting before it was not seen. */
static bool is_request5(struct reader in)
{
	struct reader name;
	uint8_t version = reader_u8(&in), command = reader_u8(&in), zero = reader_u8(&in);
	bool fits = version == 5 && command >= 1 && command <= 3 && zero == 0 &&
		    read_address5(&in, &name);

	return fits && is_name(name) && reader_ok(&in) && reader_left(&in) == 0;
}

/* Version, command, zero, address: and what follows is meant for whoever was asked for. */
static enum dissect_result read_request5(struct dissection *dissection)
{
	struct reader in = dissection->in, name;
	uint8_t version = reader_u8(&in), command = reader_u8(&in), zero = reader_u8(&in);

	if (reader_ok(&in) && (version != 5 || command < 1 || command > 3 || zero != 0)) {
		return DISSECT_OTHER;
	}
	bool fits = read_address5(&in, &name);
	if (!reader_ok(&in)) {
		return too_short(dissection);
	}
	if (!fits || !is_name(name)) {
		return DISSECT_OTHER;
	}
	if (reader_left(&name) > 0) {
		l7_info_add_name(
			dissection->l7, NAME_HTTP_HOST, (const char *)name.at, reader_left(&name));
	}
	note(dissection, &in, STATE_GREETED | STATE_ASKED);
	return dissection_hand_over(dissection, &in, NULL);
}

/* Version, number of methods, methods. A greeting is believed when it stands alone, or is followed
 * by what a client says next. */
static enum dissect_result read_greeting5(struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, 1);
	uint8_t methods = reader_u8(&in);
	struct reader list = reader_sub(&in, methods);
	if (!reader_ok(&in)) {
		return methods > 0 && methods <= 8 ? wait_for_more(dissection) : DISSECT_OTHER;
	}
	bool is_followed = reader_left(&in) == 0 || in.at[0] == 5 || in.at[0] == SIGN_IN;
	if (methods == 0 || methods > 8 || list.at[0] > 3 || !is_followed) {
		return DISSECT_OTHER;
	}
	note(dissection, &in, STATE_GREETED);
	return DISSECT_MORE;
}

/* User name and password (RFC 1929): passed over. */
static enum dissect_result read_sign_in(struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, 1);
	reader_skip(&in, reader_u8(&in));
	reader_skip(&in, reader_u8(&in));
	if (!reader_ok(&in)) {
		return too_short(dissection);
	}
	note(dissection, &in, STATE_GREETED);
	return DISSECT_MORE;
}

static enum dissect_result read_client5(struct dissection *dissection)
{
	if (dissection->state->words[0] & STATE_GREETED) {
		return dissection->in.at[0] == SIGN_IN ? read_sign_in(dissection)
						       : read_request5(dissection);
	}
	if (is_request5(dissection->in)) {
		return read_request5(dissection);
	}
	return read_greeting5(dissection);
}

static enum dissect_result read_client4(struct dissection *dissection)
{
	enum { USER_BYTES_MAX = 255 };
	struct reader in = dissection->in;

	reader_skip(&in, 1);
	uint8_t command = reader_u8(&in);
	uint16_t port = reader_u16(&in);
	uint32_t address = reader_u32(&in);
	if (!reader_ok(&in)) {
		return reader_left(&dissection->in) < 2 || command == 1 || command == 2
			       ? wait_for_more(dissection)
			       : DISSECT_OTHER;
	}
	bool has_name = address > 0 && address < 256; /* 4a */
	if ((command != 1 && command != 2) || port == 0 || address == 0) {
		return DISSECT_OTHER;
	}
	for (unsigned text = 0; text < (has_name ? 2U : 1U); text++) {
		const uint8_t *end = memchr(in.at, 0, reader_left(&in));
		size_t length = end ? (size_t)(end - in.at) : reader_left(&in);
		size_t most = text == 0 ? USER_BYTES_MAX : L7_INFO_NAME_MAX;
		if (length > most || !is_name(reader_over(in.at, length))) {
			return DISSECT_OTHER;
		}
		if (!end) {
			return wait_for_more(dissection);
		}
		if (text == 1) {
			l7_info_add_name(
				dissection->l7, NAME_HTTP_HOST, (const char *)in.at, length);
		}
		reader_skip(&in, length + 1);
	}
	note(dissection, &in, STATE_GREETED | STATE_ASKED);
	return dissection_hand_over(dissection, &in, NULL);
}

/* The proxy's side: the method it selects, how a sign-in went, and an answer behind which the other
 * end speaks. */
static enum dissect_result read_server(struct dissection *dissection)
{
	uint64_t state = dissection->state->words[0];
	struct reader in = dissection->in, name;
	uint8_t version = reader_u8(&in), code = reader_u8(&in);

	if (!reader_ok(&in)) {
		return DISSECT_MORE;
	}
	if (version == 0 && code >= 90 && code <= 93) {
		reader_skip(&in, 6);
		return !reader_ok(&in) ? DISSECT_MORE : dissection_hand_over(dissection, &in, NULL);
	}
	if (version == SIGN_IN || (version == 5 && !(state & STATE_SELECTED))) {
		dissection->state->words[0] |= version == 5 ? STATE_SELECTED : 0;
		dissection->used = 2;
		return DISSECT_MORE;
	}
	if (version == 5 && code == REPLY_NOT_ALLOWED) {
		dissection->l7->through_proxy = L7_PROXY_REFUSED;
	}
	reader_skip(&in, 1);
	bool fits = read_address5(&in, &name);
	if (version != 5 || (reader_ok(&in) && !fits)) {
		return DISSECT_DONE;
	}
	return !reader_ok(&in) ? DISSECT_MORE : dissection_hand_over(dissection, &in, NULL);
}

static enum dissect_result read_either(struct dissection *dissection)
{
	uint64_t client = dissection->state->words[1];
	uint8_t version = dissection->in.at[0];

	if (client && client != sender_of(dissection)) {
		return read_server(dissection);
	}
	if (version == 4) {
		return read_client4(dissection);
	}
	return version == 5 || client ? read_client5(dissection) : DISSECT_OTHER;
}

static enum dissect_result socks_stream(struct dissection *dissection)
{
	enum dissect_result result = read_either(dissection);

	if (dissection->l7->protocol == L7_SOCKS && !dissection->l7->through_proxy) {
		dissection->l7->through_proxy = L7_PROXY_ASKED;
	}
	return result;
}

const struct dissector dissector_socks = {
	.protocol = L7_SOCKS, .stream = socks_stream, .stream_begins = BEGINS({ 4, 5 })
};
