#include "analyzer/classify/l7_ask.h"

#include <string.h>

static unsigned index_of(const struct dissector *dissector)
{
	unsigned index = 0;

	while (index < DISSECTOR_COUNT && dissectors[index] != dissector) {
		index++;
	}
	return index;
}

/* What a dissector has to say, before it was asked. */
static void clear_answer(struct dissection *dissection)
{
	dissection->used = 0;
	dissection->other_done = dissection->resumes = false;
	dissection->begins_anew = dissection->begins_beside = false;
	dissection->hands_over = dissection->turns = false;
	dissection->become = NULL;
}

void l7_ask_begin(
	struct dissection *dissection, const struct l7_feed *feed, const struct piece *piece)
{
	const struct flow_ends *ends = &feed->ends;
	bool from_source = piece->from_source;

	dissection->time_ns = feed->time_ns;
	dissection->sender = from_source ? ends->source : ends->destination;
	dissection->receiver = from_source ? ends->destination : ends->source;
	dissection->sender_port = from_source ? ends->source_port : ends->destination_port;
	dissection->receiver_port = from_source ? ends->destination_port : ends->source_port;
	dissection->from_source = from_source;
	dissection->is_answered = l7_is_answered(feed);
	dissection->is_later = piece->direction->is_later;
	dissection->is_hearsay = feed->is_hearsay;
	dissection->asker = feed->asker;
	dissection->is_last = dissection->reopens_other = dissection->is_torn = false;
	dissection->wire_bytes = piece->wire_bytes;
	dissection->cut_bytes = 0;
	dissection->state = &feed->session->states[piece->direction->layer];
	dissection->tables = feed->tables;
	dissection->l7 = feed->l7;
	clear_answer(dissection);
}

enum dissect_result l7_ask_one(struct l7_feed *feed, unsigned index, struct dissection *dissection)
{
	enum dissect_result (*read)(struct dissection *) = feed->ends.protocol == IP_TCP
								   ? dissectors[index]->stream
								   : dissectors[index]->datagram;

	clear_answer(dissection);
	return read ? read(dissection) : DISSECT_OTHER;
}

/* Whom to ask first: who reads this direction, else who reads the other one, or read it before it
 * handed over. */
unsigned l7_ask_first(const struct l7_feed *feed, const struct direction *direction)
{
	const struct direction *other = l7_other_of(feed, direction);

	if (direction->dissector != PROGRESS_NO_DISSECTOR || direction->layer > other->layer) {
		return direction->dissector;
	}
	return direction->layer < other->layer ? other->handed_by : other->dissector;
}

/* Those that may know what begins like this; all of them where the flow is somebody's. */
uint64_t l7_ask_whom(const struct l7_feed *feed, const struct dissection *dissection)
{
	const struct dissector_choices *choices = &feed->tables->choices;

	if (feed->l7->protocol != L7_UNKNOWN || reader_left(&dissection->in) == 0) {
		return choices->anybody;
	}
	return feed->ends.protocol == IP_TCP ? choices->streams[dissection->in.at[0]]
					     : choices->datagrams[dissection->in.at[0]];
}

/* All dissectors that may, but one that was asked already. In datagrams, which do not grow, one
 * that only thinks the flow might become its own leaves the others their say, and is taken at its
 * word when none of them claims it. */
static enum dissect_result ask_all(struct l7_feed *feed, struct direction *direction,
	unsigned asked, struct dissection *dissection)
{
	struct dissect_state *state = dissection->state;
	uint64_t hopeful_words[sizeof(state->words) / sizeof(state->words[0])];
	unsigned hopeful = PROGRESS_NO_DISSECTOR;

	for (uint64_t left = l7_ask_whom(feed, dissection); left; left &= left - 1) {
		unsigned index = (unsigned)__builtin_ctzll(left);
		if (index == asked) {
			continue;
		}
		enum dissect_result result = l7_ask_one(feed, index, dissection);
		bool is_hopeful = result == DISSECT_MORE && feed->ends.protocol == IP_UDP &&
				  feed->l7->protocol == L7_UNKNOWN && !dissection->begins_anew;
		if (is_hopeful && hopeful == PROGRESS_NO_DISSECTOR) {
			hopeful = index;
			memcpy(hopeful_words, state->words, sizeof(hopeful_words));
		} else if (result != DISSECT_OTHER && !is_hopeful) {
			direction->dissector = (uint8_t)index;
			return result;
		}
		if (is_hopeful) {
			memset(state->words, 0, sizeof(state->words));
		}
	}
	if (hopeful == PROGRESS_NO_DISSECTOR) {
		return DISSECT_OTHER;
	}
	memcpy(state->words, hopeful_words, sizeof(hopeful_words));
	direction->dissector = (uint8_t)hopeful;
	return DISSECT_MORE;
}

/* Asks the dissectors in turn until one knows the bytes. One that has claimed the flow is asked
 * alone. */
enum dissect_result l7_ask(
	struct l7_feed *feed, struct direction *direction, struct dissection *dissection)
{
	unsigned choice = l7_ask_first(feed, direction);

	if (choice != PROGRESS_NO_DISSECTOR) {
		enum dissect_result result = l7_ask_one(feed, choice, dissection);
		if (result != DISSECT_OTHER || feed->l7->protocol != L7_UNKNOWN) {
			direction->dissector = (uint8_t)choice;
			return result;
		}
		direction->dissector = PROGRESS_NO_DISSECTOR;
		memset(dissection->state->words, 0, sizeof(dissection->state->words));
	}
	return ask_all(feed, direction, choice, dissection);
}

/* What a hand-over led to is asked first. Where that is nothing to it, who handed over goes on: the
 * other end refused, or asked for something first. */
static enum dissect_result ask_after_hand_over(
	struct l7_feed *feed, struct direction *direction, struct dissection *dissection)
{
	enum dissect_result result = l7_ask(feed, direction, dissection);

	if (result == DISSECT_DONE || (result == DISSECT_MORE && dissection->used > 0)) {
		direction->outer = PROGRESS_NO_DISSECTOR;
	}
	if (result != DISSECT_OTHER) {
		return result;
	}
	unsigned outer = direction->outer;
	struct dissect_state *inner_state = dissection->state;
	dissection->state = &feed->session->states[0];
	result = l7_ask_one(feed, outer, dissection);
	if (result == DISSECT_OTHER) {
		dissection->state = inner_state;
		return result;
	}
	direction->dissector = (uint8_t)outer;
	direction->outer = PROGRESS_NO_DISSECTOR;
	direction->layer = 0;
	return result;
}

/* Behind the used bytes somebody else goes on: as a rule inside what the flow is already; behind a
 * mere preamble as if it began there. */
static void hand_over(struct direction *direction, const struct dissection *dissection)
{
	const struct dissector *become = dissection->become;
	bool is_preamble = dissectors[direction->dissector]->is_preamble;

	direction->has_preamble |= is_preamble;
	direction->outer =
		is_preamble || direction->layer > 0 ? PROGRESS_NO_DISSECTOR : direction->dissector;
	if (!is_preamble && direction->layer == 0) {
		direction->handed_by = direction->dissector;
	}
	direction->layer = is_preamble ? direction->layer : LAYERS_MAX - 1;
	direction->dissector = become ? (uint8_t)index_of(become) : PROGRESS_NO_DISSECTOR;
}

/* Asks about the bytes, and whoever they are handed over to. Returns the last answer. */
enum dissect_result l7_ask_stream(struct l7_feed *feed, struct direction *direction,
	struct dissection *dissection, struct reader *in, size_t *used)
{
	enum { CALLS_MAX = 32 };
	enum dissect_result result = DISSECT_MORE;

	for (unsigned i = 0; reader_left(in) > 0 && i < CALLS_MAX; i++) {
		dissection->in = *in;
		dissection->state = &feed->session->states[direction->layer];
		result = direction->outer == PROGRESS_NO_DISSECTOR
				 ? l7_ask(feed, direction, dissection)
				 : ask_after_hand_over(feed, direction, dissection);
		*used += dissection->used;
		reader_skip(in, dissection->used);
		if (dissection->hands_over) {
			hand_over(direction, dissection);
		} else if (result != DISSECT_MORE || dissection->used == 0 || dissection->resumes) {
			break;
		}
	}
	return result;
}
