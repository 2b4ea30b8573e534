/* BitTorrent: peers over TCP (BEP 3) and uTP (BEP 29), the distributed hash table (BEP 5), trackers
 * over UDP (BEP 15), neighbours (BEP 14). */
#include "analyzer/classify/dissect/signature.h"

static enum dissect_result bittorrent_stream(struct dissection *dissection)
{
	enum prefix_match match = prefix_of(&dissection->in,
		"\x13"
		"BitTorrent protocol",
		20);

	if (match == PREFIX_PART) {
		return wait_for_more(dissection);
	}
	return claim_if(match == PREFIX_YES, dissection, L7_BITTORRENT);
}

/* Within the first bytes of a dictionary: what stands before it is short. */
static bool has_early(const struct reader *in, const char *word)
{
	enum { EARLY_BYTES = 64 };
	size_t left = reader_left(in) < EARLY_BYTES ? reader_left(in) : EARLY_BYTES;

	return begins_with(in, "d") && memmem(in->at, left, word, strlen(word));
}

static bool is_question(const struct reader *in)
{
	return has_early(in, "1:ad2:id20:");
}

static bool is_answer(const struct reader *in)
{
	return has_early(in, "1:rd2:id20:") || begins_with(in, "d2:ip6:");
}

static bool is_hash_table(const struct reader *in)
{
	return is_question(in) || is_answer(in) || begins_with(in, "d1:eli20");
}

static bool is_tracker(struct reader in)
{
	uint64_t magic = reader_u64(&in);

	return magic == UINT64_C(0x41727101980) && reader_u32(&in) == 0 && reader_left(&in) == 4;
}

/* A tracker answers with the number that it was asked with. */
static bool answers_tracker(struct reader in, uint32_t number)
{
	enum { ANSWER_BYTES = 16 };
	size_t bytes = reader_left(&in);

	return bytes == ANSWER_BYTES && reader_u32(&in) == 0 && reader_u32(&in) == number;
}

/* uTP opens with a SYN: type 4, version 1, sequence 1, nothing sent yet; the peer's answer follows
 * it. */
static bool is_utp_syn(struct reader in)
{
	uint8_t first = reader_u8(&in), extension = reader_u8(&in);

	reader_skip(&in, 2);
	reader_skip(&in, 4);
	uint32_t difference = reader_u32(&in);
	reader_skip(&in, 4);
	uint16_t sequence = reader_u16(&in), acknowledged = reader_u16(&in);
	while (extension != 0 && reader_ok(&in)) {
		extension = reader_u8(&in);
		reader_skip(&in, reader_u8(&in));
	}
	return reader_ok(&in) && first == 0x41 && difference == 0 && sequence == 1 &&
	       acknowledged == 0 && reader_left(&in) == 0;
}

/* What goes on behind a SYN has its number: the peer's as it is, the sender's own one more. */
static bool follows_utp(struct reader in, uint16_t syn)
{
	enum { HEADER_BYTES = 20, TYPE_LAST = 4, EXTENSION_LAST = 3 };
	size_t bytes = reader_left(&in);
	uint8_t first = reader_u8(&in), extension = reader_u8(&in);
	uint16_t number = reader_u16(&in);

	return bytes >= HEADER_BYTES && (first & 15) == 1 && first >> 4 <= TYPE_LAST &&
	       extension <= EXTENSION_LAST && (number == syn || number == (uint16_t)(syn + 1));
}

/* What an end asked, in words[]: the number of uTP's SYN, and of a question to a tracker. */
enum { WORD_SYN, WORD_TRACKER };
#define WORD_IS_SET (UINT64_C(1) << 63)

static void note_asked(uint64_t *words, struct reader in)
{
	if (is_utp_syn(in)) {
		reader_skip(&in, 2);
		words[WORD_SYN] = WORD_IS_SET | reader_u16(&in);
	} else if (is_tracker(in)) {
		reader_skip(&in, 12);
		words[WORD_TRACKER] = WORD_IS_SET | reader_u32(&in);
	}
}

static bool was_asked(const uint64_t *words, struct reader in)
{
	return (words[WORD_SYN] && follows_utp(in, (uint16_t)words[WORD_SYN])) ||
	       (words[WORD_TRACKER] && answers_tracker(in, (uint32_t)words[WORD_TRACKER]));
}

static enum dissect_result bittorrent_datagram(struct dissection *dissection)
{
	uint64_t *words = dissection->state->words;
	struct reader behind_utp = dissection->in;

	reader_skip(&behind_utp, 20);
	bool fits = is_hash_table(&dissection->in) ||
		    begins_with(&dissection->in, "BT-SEARCH * HTTP/1.1\r\n") ||
		    is_tracker(dissection->in) || is_utp_syn(dissection->in) ||
		    was_asked(words, dissection->in) ||
		    begins_with(&behind_utp, "\x13"
					     "BitTorrent protocol");
	if (fits) {
		note_asked(words, dissection->in);
	}
	return claim_if(fits, dissection, L7_BITTORRENT);
}

/* Peers use any ports; the hash table's messages say whether they ask (BEP 5). */
static enum dissect_began bittorrent_began(const struct dissection *dissection)
{
	const struct reader *in = &dissection->in;

	return began_by(is_question(in) || is_tracker(*in) || is_utp_syn(*in), is_answer(in));
}

const struct dissector dissector_bittorrent = { .protocol = L7_BITTORRENT,
	.stream = bittorrent_stream,
	.datagram = bittorrent_datagram,
	.datagram_began = bittorrent_began,
	.stream_begins = BEGINS({ 0x13, 0x13 }) };
