/* VNC (RFC 6143), up to the TLS that either side may choose (registered security types 18, TLS, and
 * 19, VeNCrypt). */
#include "analyzer/classify/dissect/signature.h"

/* What the client chose: nothing yet, something without TLS, TLS at once, TLS after some words. */
enum { CHOICE_NONE = 0, CHOICE_TLS = 18, CHOICE_VENCRYPT = 19 };

/* The kinds of VeNCrypt that are TLS, with or without certificates: the first is in clear. */
enum { KIND_TLS_FIRST = 257, KIND_TLS_LAST = 264 };

/* words[0] of the flow's state: who spoke first and so is the server, 1 the initiator, 2 the other
 * end; words[1]: the choice. */
enum { WORD_SERVER, WORD_CHOICE };

static enum dissect_result over(struct dissection *dissection)
{
	dissection->other_done = true;
	return DISSECT_DONE;
}

static enum dissect_result have_or(const struct reader *in, struct dissection *dissection)
{
	return reader_ok(in) ? dissection_hand_over(dissection, in, &dissector_tls) : DISSECT_MORE;
}

/* Behind its version the client chooses one of those that the server offers. */
static enum dissect_result read_client(struct dissection *dissection, struct reader in)
{
	uint64_t *choice = &dissection->state->words[WORD_CHOICE];
	uint8_t chosen = reader_u8(&in);

	if (!reader_ok(&in)) {
		return DISSECT_MORE;
	}
	*choice = chosen;
	if (chosen == CHOICE_TLS) {
		return dissection_hand_over(dissection, &in, &dissector_tls);
	}
	if (chosen != CHOICE_VENCRYPT) {
		return over(dissection);
	}
	reader_skip(&in, 2); /* its version */
	uint32_t kind = reader_u32(&in);
	bool is_tls = kind >= KIND_TLS_FIRST && kind <= KIND_TLS_LAST;
	return reader_ok(&in) && !is_tls ? over(dissection) : have_or(&in, dissection);
}

/* Behind its version the server offers what it can; of VeNCrypt its version, that it takes the
 * client's, the kinds, and that the one which was chosen is right. */
static enum dissect_result read_server(struct dissection *dissection, struct reader in)
{
	uint64_t choice = dissection->state->words[WORD_CHOICE];

	reader_skip(&in, reader_u8(&in));
	if (choice == CHOICE_VENCRYPT) {
		reader_skip(&in, 3);
		reader_skip(&in, reader_u8(&in) * sizeof(uint32_t));
		reader_skip(&in, 1);
	}
	return choice == CHOICE_NONE ? DISSECT_MORE : have_or(&in, dissection);
}

static enum dissect_result vnc_stream(struct dissection *dissection)
{
	enum { VERSION_BYTES = 12 };
	uint64_t *server = &dissection->state->words[WORD_SERVER];
	uint64_t sender = dissection->from_source ? 1 : 2;
	struct reader in = dissection->in;
	enum prefix_match match = prefix_of(&in, "RFB 00", 6);

	if (match == PREFIX_PART) {
		return wait_for_more(dissection);
	}
	if (match == PREFIX_NO) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = L7_VNC;
	*server = *server ? *server : sender;
	reader_skip(&in, VERSION_BYTES);
	if (!reader_ok(&in)) {
		return DISSECT_MORE;
	}
	return *server == sender ? read_server(dissection, in) : read_client(dissection, in);
}

const struct dissector dissector_vnc = {
	.protocol = L7_VNC, .stream = vnc_stream, .stream_begins = BEGINS({ 'R', 'R' })
};
