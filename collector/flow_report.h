/* From flows to records: queues what is due, and writes it down when it is taken.
 *
 * The counters of a part are written down at once, because the flow goes on; its note is read when
 * the record is taken, so that what was learnt from the same batch is in it. A flow that ended
 * stands still in the slab until its last record is taken.
 *
 * Threads  the table's.
 * Failure  none: the queues hold all that a batch can make (FLOW_DUE_MAX). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/flow_table_parts.h"

/* The flow goes on, with empty counters. */
void flow_report_part(struct flow_table *table, uint32_t flow);

/* The flow is over and can no longer be found. */
void flow_report_last(struct flow_table *table, uint32_t flow, enum flow_end end);

/* The next record that is due; false where none is. */
bool flow_report_take(struct flow_table *table, struct flow_record *record);

/* End 1 of the key began the flow, or end 0, as the packet of that running number tells: parts that
 * are due since then say so too, wherever batches end. */
void flow_report_source(struct flow_table *table, uint32_t flow, uint64_t since, bool is_high);

/* The first part of the flow that became due behind the packet of that running number, and so
 * counts it; NULL: it is in what the flow has now. */
struct flow_due *flow_report_due_behind(struct flow_table *table, uint32_t flow, uint64_t packet);

/* Which end of the flow's key a part takes for its source. */
unsigned flow_report_source_end(
	const struct flow_table *table, uint32_t flow, const struct flow_record *part);

/* A part that is due belongs to a conversation that began with another packet: its id, and whose
 * packets it has, by what the flow says now. */
void flow_report_rename(const struct flow_table *table, uint32_t flow, struct flow_record *part);

/* Who the ends of a live flow are, its initiator first. */
void flow_report_ends(const struct flow_table *table, uint32_t flow, struct flow_ends *ends);
