/* What networks say by ICMP of a probe's hello: that it goes no further, and who says so.
 *
 * Anybody can send such a message. One counts where it quotes the packet that was seen: the hello's
 * own numbers of TCP; of a datagram its first bytes, or where no more than its header is quoted its
 * identification (RFC 792). Whoever saw the hello can still forge it.
 *
 * Memory   the last SENT_MAX probes.
 * Threads  one, the worker's: a message that another worker reads is not heard.
 * Cost     none but while a probe may be answered: then a look at each packet's protocol. */
#pragma once

#include "analyzer/record/l7_info.h"
#include "collector/collector.h"

struct probe_refusals;

struct probe_refusals *probe_refusals_create(void); /* NULL: out of memory */
void probe_refusals_destroy(struct probe_refusals *refusals);

/* The flow's l7 info is known behind this packet: where it is a probe's, that is its hello. */
void probe_refusals_expect(struct probe_refusals *refusals, const struct l7_info *l7,
	const struct flow_ends *ends, const struct packet *packet);

/* What the batch's packets say of those that were sent. */
void probe_refusals_hear(struct probe_refusals *refusals, const struct collector *collector,
	const struct packet_batch *packets);

/* What was said of this flow's, into its l7 info. */
void probe_refusals_tell(
	const struct probe_refusals *refusals, const struct flow_record *flow, struct l7_info *l7);
