/* What sources, decoders and flow tables counted, as findings need it: added up over inputs and
 * queues. A plain value. */
#pragma once

#include <stdint.h>

#include "collector/collector.h"

struct vantage_counters {
	uint64_t frames, cut_frames, kernel_drops, duplicates;
	uint64_t routed; /* of the duplicates: from both sides of a router */
	uint16_t routed_vlans[2];
	uint64_t late, late_asked, late_ns; /* copies that count again, of how many, and how late */
	uint64_t segments, segments_merged, segment_most; /* of TCP; bytes of the largest */
	uint64_t bytes, bytes_missed;                     /* of flows; of TCP streams */
	uint64_t evicted, clock_steps;
	uint64_t first_ns, last_ns; /* 0: no frame */
	/* Of resolver logs: lookups, of how many clients, and flows that they named. */
	uint64_t names_heard, names_bare, name_clients, named_by_log;
	uint64_t names_later; /* lookups behind the last packet */
	int64_t log_ahead_s;  /* of their clock, told by so many; 0: it is right, or not known */
	uint64_t log_ahead_by;
	uint64_t answers; /* to lookups on the wire, which go before a log */
};

struct classify_stats;

/* Live every worker hears all names. */
void vantage_counters_add_names(
	struct vantage_counters *counters, const struct classify_stats *classify);

void vantage_counters_add(struct vantage_counters *counters, const struct source_stats *source,
	const struct collector_stats *collector);
