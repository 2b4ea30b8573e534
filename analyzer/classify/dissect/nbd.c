/* Network block devices (NBD, doc/proto.md of its reference implementation), which may turn into
 * TLS. */
#include "analyzer/classify/dissect/signature.h"

enum { OPTION_TLS = 5, REPLY_DONE = 1, OPTION_BYTES_MAX = 4096 };

static const char greeting[] = "NBDMAGICIHAVEOPT", option[] = "IHAVEOPT",
		  reply[] = "\0\3\xe8\x89\4\x55\x65\xa9";

enum { MAGIC_BYTES = 8 };

/* words[0] of the flow's state: 1 more than whether the source is the server; words[1]: the
 * client's flags were read; words[2]: options read. */

/* One option or the answer to one: what it is about, and of an answer whether it was granted. */
static bool read_message(
	struct reader *in, const char *magic, uint32_t *about, uint32_t *answer, bool *fits)
{
	struct reader ahead = *in;

	*fits = prefix_of(&ahead, magic, MAGIC_BYTES) != PREFIX_NO;
	reader_skip(&ahead, MAGIC_BYTES);
	*about = reader_u32(&ahead);
	*answer = magic == reply ? reader_u32(&ahead) : 0;
	uint32_t bytes = reader_u32(&ahead);
	*fits &= !reader_ok(&ahead) || bytes <= OPTION_BYTES_MAX;
	reader_skip(&ahead, bytes);
	if (!*fits || !reader_ok(&ahead)) {
		return false;
	}
	*in = ahead;
	return true;
}

/* Messages up to the one that asks for TLS, or grants it. */
static enum dissect_result read_messages(
	struct dissection *dissection, struct reader in, const char *magic)
{
	enum { OPTIONS_MAX = 16 };
	uint32_t about, answer;
	bool fits;

	while (read_message(&in, magic, &about, &answer, &fits)) {
		if (about == OPTION_TLS && (magic == option || answer == REPLY_DONE)) {
			return dissection_hand_over(dissection, &in, &dissector_tls);
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
		if (++dissection->state->words[2] > OPTIONS_MAX) {
			break;
		}
	}
	dissection->other_done = !fits;
	return fits && dissection->state->words[2] <= OPTIONS_MAX ? DISSECT_MORE : DISSECT_DONE;
}

static enum dissect_result nbd_stream(struct dissection *dissection)
{
	enum { SERVER_FLAGS = 2, CLIENT_FLAGS = 4 };
	uint64_t *words = dissection->state->words, sender = 1 + dissection->from_source;
	struct reader in = dissection->in;

	if (words[0] == 0) {
		enum prefix_match match = prefix_of(&in, greeting, sizeof(greeting) - 1);
		if (match == PREFIX_PART) {
			return wait_for_more(dissection);
		}
		if (match == PREFIX_NO) {
			return DISSECT_OTHER;
		}
		reader_skip(&in, sizeof(greeting) - 1 + SERVER_FLAGS);
		if (!reader_ok(&in)) {
			return wait_for_more(dissection);
		}
		dissection->l7->protocol = L7_NBD;
		dissection->used = (size_t)(in.at - dissection->in.at);
		words[0] = sender;
	}
	if (words[0] == sender) {
		return read_messages(dissection, in, reply);
	}
	if (!words[1]) {
		reader_skip(&in, CLIENT_FLAGS);
		if (!reader_ok(&in)) {
			return DISSECT_MORE;
		}
		dissection->used = CLIENT_FLAGS;
		words[1] = true;
	}
	return read_messages(dissection, in, option);
}

const struct dissector dissector_nbd = {
	.protocol = L7_NBD, .stream = nbd_stream, .stream_begins = BEGINS({ 'N', 'N' })
};
