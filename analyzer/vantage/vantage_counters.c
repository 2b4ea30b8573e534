#include "analyzer/vantage/vantage_counters.h"

#include <string.h>

#include "analyzer/classify/classify.h"

void vantage_counters_add(struct vantage_counters *counters, const struct source_stats *source,
	const struct collector_stats *collector)
{
	const struct decode_stats *decode = &collector->decode;

	if (source->frames > 0) {
		counters->first_ns = counters->frames == 0 || source->first_ns < counters->first_ns
					     ? source->first_ns
					     : counters->first_ns;
		counters->last_ns =
			source->last_ns > counters->last_ns ? source->last_ns : counters->last_ns;
	}
	counters->frames += source->frames;
	counters->cut_frames += source->cut_frames;
	counters->kernel_drops += source->kernel_drops;
	counters->duplicates += decode->refused[DECODE_REFUSED_DUPLICATE];
	if (decode->routed.packets > 0) {
		counters->routed += decode->routed.packets;
		memcpy(counters->routed_vlans, decode->routed.vlan_ids,
			sizeof(counters->routed_vlans));
	}
	counters->late += decode->late.packets;
	counters->late_asked += decode->late.asked;
	counters->late_ns = decode->late.apart_ns > counters->late_ns ? decode->late.apart_ns
								      : counters->late_ns;
	counters->segments += decode->segments;
	counters->segments_merged += decode->segments_merged;
	counters->segment_most = decode->segment_most > counters->segment_most
					 ? decode->segment_most
					 : counters->segment_most;
	counters->bytes += collector->bytes_taken;
	counters->bytes_missed += collector->bytes_missed;
	counters->evicted += collector->flows_ended[FLOW_END_EVICTED];
	counters->clock_steps += collector->clock_steps;
}

void vantage_counters_add_names(
	struct vantage_counters *counters, const struct classify_stats *classify)
{
	if (classify->names_heard > counters->names_heard) {
		counters->names_heard = classify->names_heard;
		counters->names_bare = classify->names_bare;
		counters->name_clients = classify->name_clients;
	}
	if (classify->names_later > counters->names_later) {
		counters->names_later = classify->names_later;
	}
	if (classify->log_ahead_by > counters->log_ahead_by) {
		counters->log_ahead_s = classify->log_ahead_s;
		counters->log_ahead_by = classify->log_ahead_by;
	}
	counters->answers += classify->dns_answers;
	counters->named_by_log += classify->named_by_log;
}
