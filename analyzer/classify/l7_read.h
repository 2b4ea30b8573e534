/* Reading a direction: its bytes to the dissectors, until nothing more is wanted of it.
 *
 * Threads one. Failure none: where there is no room a direction is given up, and counted. */
#pragma once

#include "analyzer/classify/l7_ask.h"

/* How many payloads a dissector may ask for in a direction: datagrams, and segments that it used.
 * Those that only add to what is kept are bounded by its bytes. */
enum { L7_PIECES_MAX = 48 };

/* How much a segment of so many bytes counts as one: of a stream whose pieces cost next to nothing
 * small ones are counted by their bytes, since some servers are made to answer in very small ones.
 */
unsigned l7_read_counts(const struct direction *direction, size_t bytes);

/* As long as nobody answers, the beginning of a connection may still come in another version: its
 * SYN tells where that is, or a hello. */
bool l7_read_may_come_again(const struct l7_feed *feed, const struct direction *direction);

/* Does the client's segment begin the connection anew, behind an answer? That may be false as well,
 * until it is said in other words. */
bool l7_read_begins_anew(
	const struct l7_feed *feed, const struct direction *direction, const struct packet *packet);

/* Bytes of a stream, all that is there from its first unread one on. is_last: nothing more comes
 * behind them. */
void l7_read_stream(
	struct l7_feed *feed, const struct piece *piece, struct reader in, bool is_last);

/* What the client sent right behind the version that counts, while it was in doubt. */
void l7_read_behind(struct l7_feed *feed, const struct piece *piece);

/* Where the bytes have just shown the wire format of an app, which was not shown before: whose word
 * that is. What whoever was asked answers, in a format that the asking end did not speak, is his.
 */
void l7_read_note_format(struct l7_feed *feed, const struct direction *direction, bool was_shown);

/* After an answer that ends the reading of this direction, or does not. */
void l7_read_settle(struct l7_feed *feed, struct direction *direction, enum dissect_result result,
	const struct dissection *dissection);

/* All is known of both directions: of a beginning, once the other end answers it, and of an answer
 * once nothing else can come in its place. */
void l7_read_conclude_flow(struct l7_feed *feed, struct direction *direction);

/* Nothing more is wanted of the direction. */
void l7_read_finish(struct l7_feed *feed, struct direction *direction);
