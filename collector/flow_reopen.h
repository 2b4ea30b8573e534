/* A SYN that does not fit its flow: late, forged, or the first packet of another connection between
 * the same ports.
 *
 * On a connection that both ends left, or that was refused or never answered, another number begins
 * another flow at once. On an open one a SYN proves nothing (RFC 9293, 3.10.7.4: it is answered
 * with a challenge), nor does it behind a reset, which may have got no farther than the sensor: it
 * is counted where it is and kept until the other end answers it or, where only one side was ever
 * seen, its sender goes on from it. Then the new flow begins with that SYN, and the old one gives
 * it back.
 *
 * Memory   the table's own, FLOW_REOPEN_PLACES SYNs; one more takes the place of another, which
 *          stays where it was counted.
 * Threads  one.
 * Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/packet.h"

struct flow_table;

enum { FLOW_REOPEN_PLACES = 64 };

struct flow_reopen {
	struct packet syn;
	uint64_t end_ns;        /* of the flow before it */
	struct frame_ref frame; /* that the SYN came in, where frames are tracked */
	uint32_t flow, part;
	bool is_given_back; /* the old flow no longer counts it: the new one is to */
};

enum flow_syn {
	FLOW_SYN_JOINS, /* it belongs to the flow */
	FLOW_SYN_WAITS, /* nobody knows yet */
	FLOW_SYN_BEGINS /* another connection */
};

/* quiet_ns: a SYN that comes so much later was not overtaken by what it opened. */
enum flow_syn flow_reopen_judge(
	struct flow_table *table, uint32_t flow, const struct packet *syn, uint64_t quiet_ns);

/* Keeps a SYN that waits; the flow is about to count it. */
void flow_reopen_keep(struct flow_table *table, uint32_t flow, const struct packet *syn);

/* Is this the SYN that waits? */
bool flow_reopen_waits(const struct flow_table *table, uint32_t flow, const struct packet *syn);

/* Does this packet, of a flow with a SYN that waits, prove it? Then *reopen holds that SYN. */
bool flow_reopen_prove(struct flow_table *table, uint32_t flow, const struct packet *packet,
	struct flow_reopen *reopen);
