/* Following one flow: its payload through reassembly to the dissectors, what they find into its
 * l7.
 *
 * Threads one. Failure none: where there is no room a direction is given up, and counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/l7_session.h"
#include "collector/collector.h"

/* A look at one flow. The caller fills in what is above the line. */
struct l7_feed {
	struct dissect_tables *tables;
	struct flow_ends ends;
	uint64_t time_ns;
	bool is_hearsay;            /* somebody outside wrapped the packet */
	uint16_t asker;             /* of DNS: which machine sent it (names.h) */
	struct l7_session *session; /* the flow's, changed in place */
	struct l7_info *l7;         /* scratch, holding what is known */
	/* ---- */
	uint64_t dropped;   /* pieces that found no room */
	bool has_turned;    /* source and destination have changed places */
	bool begins_anew;   /* the packet is the first of another conversation, and was not read */
	bool begins_beside; /* … which counts once the other end answers it */
	uint64_t reassembled; /* set to 1 where the name came together from several pieces */
};

/* Most of what follows a beginning changes little of what is known (`known`, the session's own l7):
 * true where the packet's payload was such, and has been taken; nothing else is to be done. */
bool l7_feed_passes(struct l7_session *session, struct l7_info *known, const struct packet *packet,
	const struct peek *peek);

/* The payload of one packet. */
void l7_feed_packet(struct l7_feed *feed, const struct packet *packet, const struct peek *peek);

/* No answer is waited for any longer: of all that was sent for the beginning each may be true. */
void l7_feed_settle(struct l7_feed *feed);

/* Nothing more will come: what is half read is read as far as it goes. */
void l7_feed_end(struct l7_feed *feed);

/* What a dissector knows of the flow, and its streams. */
void l7_feed_forget_state(struct dissect_tables *tables, struct dissect_state *state);

/* Gives back all memory of streams that the session holds. */
void l7_feed_release(struct dissect_tables *tables, struct l7_session *session);

/* Nothing is seen of the other end, and the client, whose beginning was read, goes on with what
 * acknowledges more of its words than that did: it has its answer. */
static inline bool l7_feed_is_past(
	const struct l7_session *session, const struct packet *packet, const struct peek *peek)
{
	const struct direction *asked = session->directions, *answer = asked + 1;

	return asked->is_read && !session->is_settled && !answer->has_start &&
	       !peek->has_peer_seq && peek->has_next_seq &&
	       (int32_t)(packet->tcp_seq - asked->start_seq) > 0 &&
	       (int32_t)(packet->tcp_ack - answer->start_seq) > 0;
}

/* All was read, and only another version of the answer is waited for; no longer. */
static inline bool l7_feed_is_held(const struct l7_session *session)
{
	return session->others && session->directions[0].is_done;
}
void l7_feed_let_go(struct dissect_tables *tables, struct l7_session *session);

static inline bool l7_feed_is_over(const struct l7_session *session)
{
	return session->directions[0].is_done && session->directions[1].is_done;
}
