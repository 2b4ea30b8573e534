/* Claims: what the form of datagrams alone says that a flow is.
 *
 * Whoever can send in the name of either end can write one such datagram: before the other end has
 * answered in kind it is somebody's word. So what is claimed is set aside, and the flow read on as
 * if it were nobody's. What proves itself takes its place: a claim that both ends make, a hello of
 * QUIC or DTLS that is answered. Where nothing does, the flow is what was claimed first, and in
 * doubt as soon as the other end speaks otherwise.
 *
 * Threads  one. Failure  none: where there is no room the first claim stands. */
#pragma once

#include "analyzer/classify/l7_ask.h"

/* Before a datagram is read: has the scratch l7 info what is read beside the claims. A hello in a
 * flow that was taken for something else, by whomever, is such a reading. */
void l7_claims_begin(struct l7_feed *feed, const struct piece *piece, struct reader datagram);

/* Behind that, for what a dissector answered: the scratch l7 info says what the flow is. was_known:
 * so it was before. */
enum dissect_result l7_claims_judge(struct l7_feed *feed, const struct piece *piece,
	enum dissect_result result, bool was_known, struct dissection *dissection);

void l7_claims_forget(struct dissect_tables *tables, struct l7_session *session);

/* Is the flow nobody's so far, for all that the other end has said? */
static inline bool l7_claims_are_open(const struct l7_session *session)
{
	const struct l7_claims *claims = &session->claims;

	return claims->is_open ? !(claims->by[0] & claims->by[1])
			       : !session->directions[1].is_started;
}
