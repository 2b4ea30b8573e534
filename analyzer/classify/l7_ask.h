/* Asking dissectors about bytes: who reads a direction, to whom it is handed over.
 *
 * Threads one. Failure none. */
#pragma once

#include "analyzer/classify/l7_feed.h"

enum { IP_TCP = 6, IP_UDP = 17 };

/* What is to be read, and of which side. */
struct piece {
	struct direction *direction;
	bool from_source;
	uint32_t wire_bytes, cut_bytes;
};

static inline struct direction *l7_other_of(
	const struct l7_feed *feed, const struct direction *direction)
{
	struct direction *directions = feed->session->directions;

	return direction == directions ? directions + 1 : directions;
}

static inline bool l7_is_answered(const struct l7_feed *feed)
{
	return feed->session->directions[1].is_started;
}

/* A question about the piece, before anybody was asked. */
void l7_ask_begin(
	struct dissection *dissection, const struct l7_feed *feed, const struct piece *piece);

/* Whom to ask first: who reads this direction, else who reads the other one, or read it before it
 * handed over; PROGRESS_NO_DISSECTOR where anybody may know. */
unsigned l7_ask_first(const struct l7_feed *feed, const struct direction *direction);

/* Those that may know what begins like this, a bit each; all of them where the flow is somebody's.
 */
uint64_t l7_ask_whom(const struct l7_feed *feed, const struct dissection *dissection);

/* Asks that one. */
enum dissect_result l7_ask_one(struct l7_feed *feed, unsigned index, struct dissection *dissection);

/* Asks in turn until one knows the bytes. */
enum dissect_result l7_ask(
	struct l7_feed *feed, struct direction *direction, struct dissection *dissection);

/* Asks about the bytes of a stream, and whoever they are handed over to: the last answer. *in: what
 * is left; *used: how much was used. */
enum dissect_result l7_ask_stream(struct l7_feed *feed, struct direction *direction,
	struct dissection *dissection, struct reader *in, size_t *used);
