/* What the other end says first: whether it answers anything, and whether it comes in two versions.
 *
 * An answer tells which version of a beginning counts (l7_contest.h), and can be false as well. One
 * that acknowledges nothing of what was said answers nothing: it may be a banner, and decides
 * nothing. What an answer says first is kept while something hangs on it, and a hash of it always;
 * where other content comes for the same bytes nobody can tell which of the two was said, nor what
 * it was said to.
 *
 * Memory   a stream of the reassembly, only where the other end speaks first or decided something.
 * Threads  one. Failure  none: without room nothing is compared. */
#pragma once

#include "analyzer/classify/l7_feed.h"

/* Does the other end's segment acknowledge some of what the client said? True where nobody knows
 * where that began. */
bool l7_answer_acknowledges(const struct l7_feed *feed, const struct packet *packet);

/* Keeps what it said first, if these bytes are that. Is it kept, so that more is to be heard? */
void l7_answer_keep(struct l7_feed *feed, const struct reader *bytes);
bool l7_answer_is_kept(const struct l7_feed *feed, const struct direction *direction);

/* While it has only said what answers nothing, what the client says is kept as well, from that
 * place on: it may be in another tongue. So is what follows a proxy's line, of which that is no
 * part. */
void l7_answer_keep_beside(struct l7_feed *feed, uint32_t place, struct reader in);

/* What it has begun to say, by what was read of it, or by these bytes (l7_contest_answer()). A
 * beginning that answered nothing tells where both ends speak so. */
enum l7_protocol l7_answer_kind(
	const struct l7_feed *feed, const struct reader *bytes, bool *waits);

/* Notes what it said first, where these bytes are that. */
void l7_answer_note_words(struct direction *answer, const struct reader *bytes);

/* Does the segment say something else in the place of what was said first, which is kept, or which
 * nobody has understood, or while the client has begun anew behind it? */
bool l7_answer_differs(const struct l7_feed *feed, const struct packet *packet);

/* Was what it said understood, as what the flow is? */
bool l7_answer_is_known(const struct l7_feed *feed);

/* Nothing hangs on it any more. */
void l7_answer_forget(struct dissect_tables *tables, struct l7_session *session);

/* The other end's words may not be for the hello that was read. */
void l7_answer_doubt_hello(struct l7_feed *feed, const struct packet *packet);
