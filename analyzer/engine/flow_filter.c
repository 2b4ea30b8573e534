#include "analyzer/engine/flow_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/record_store.h"
#include "analyzer/format/record_labels.h"
#include "base/hash_table.h"

/* Flows that were judged and are remembered for parts that come behind: more than the exporter and
 * the decider let wait. */
enum { JUDGED_MAX = 1 << 15 };

enum flow_fate { FLOW_WAITS, FLOW_MATCHES, FLOW_DOES_NOT_MATCH };

/* A flow of several parts. */
struct parted_flow {
	uint64_t id, start_ns; /* of the flow: a connection that carries several is several */
	uint32_t latest;       /* of its parts, in the store */
	uint32_t next_free;
	uint8_t fate; /* enum flow_fate */
	bool is_used;
};

struct flow_filter {
	struct flow_filter_options options;
	struct flow_filter_stats stats;
	struct record_store *parts;
	struct hash_table table;
	struct parted_flow *flows;
	uint32_t flow_count, flow_room, first_free;
	uint32_t judged[JUDGED_MAX]; /* a ring of places in flows */
	uint64_t judged_count;
	struct record part; /* on its way out of the store */
	int failure;
	struct err reason;
};

int flow_filter_create(
	struct flow_filter **filter, const struct flow_filter_options *options, struct err *err)
{
	struct flow_filter *made =
		aligned_alloc(_Alignof(struct flow_filter), sizeof(struct flow_filter));

	*filter = made;
	if (!made) {
		return err_set(err, ENOMEM, "out of memory");
	}
	memset(made, 0, sizeof(*made));
	made->options = *options;
	made->first_free = UINT32_MAX;
	int status = record_store_create(&made->parts, err);
	if (status < 0) {
		flow_filter_destroy(made);
		*filter = NULL;
	}
	return status;
}

void flow_filter_destroy(struct flow_filter *filter)
{
	if (filter) {
		record_store_destroy(filter->parts);
		hash_table_deinit(&filter->table);
		free(filter->flows);
		free(filter);
	}
}

static void fail(struct flow_filter *filter, int status, const struct err *err)
{
	if (filter->failure == 0) {
		filter->failure = status;
		filter->reason = *err;
	}
}

static uint64_t hash_of(const struct parted_flow *flow)
{
	return flow->id ^ flow->start_ns * UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_flow(const void *items, uint32_t place, const void *key)
{
	const struct parted_flow *flow = (const struct parted_flow *)items + place, *other = key;

	return flow->id == other->id && flow->start_ns == other->start_ns;
}

static struct parted_flow *find(struct flow_filter *filter, const struct record *record)
{
	const struct parted_flow key = { .id = record->flow.flow_id,
		.start_ns = record->flow.flow_start_ns };
	uint32_t place =
		hash_table_find(&filter->table, hash_of(&key), is_flow, filter->flows, &key);

	return place == HASH_TABLE_NONE ? NULL : &filter->flows[place];
}

static bool make_room(struct flow_filter *filter)
{
	if (filter->flow_count == filter->flow_room) {
		uint32_t room = filter->flow_room ? filter->flow_room * 2 : 1024;
		struct parted_flow *more = realloc(filter->flows, room * sizeof(*more));
		if (!more) {
			return false;
		}
		filter->flows = more;
		filter->flow_room = room;
	}
	return true;
}

/* NULL: out of memory. */
static struct parted_flow *add(struct flow_filter *filter, const struct record *record)
{
	uint32_t place = filter->first_free;

	if (place == UINT32_MAX && !make_room(filter)) {
		return NULL;
	}
	place = place == UINT32_MAX ? filter->flow_count : place;
	uint32_t next_free =
		place == filter->flow_count ? UINT32_MAX : filter->flows[place].next_free;
	struct parted_flow flow = { .id = record->flow.flow_id,
		.start_ns = record->flow.flow_start_ns,
		.latest = RECORD_STORE_NONE,
		.is_used = true };
	if (!hash_table_put(&filter->table, hash_of(&flow), place)) {
		return NULL;
	}
	filter->flow_count += place == filter->flow_count;
	filter->first_free = next_free;
	filter->flows[place] = flow;
	return &filter->flows[place];
}

static void forget(struct flow_filter *filter, uint32_t place)
{
	struct parted_flow *flow = &filter->flows[place];

	hash_table_remove(&filter->table, hash_of(flow), place);
	flow->is_used = false;
	flow->next_free = filter->first_free;
	filter->first_free = place;
}

/* The oldest that was remembered gives way. */
static void remember(struct flow_filter *filter, struct parted_flow *flow, bool matches)
{
	uint32_t *at = &filter->judged[filter->judged_count++ % JUDGED_MAX];

	if (filter->judged_count > JUDGED_MAX) {
		forget(filter, *at);
	}
	flow->fate = matches ? FLOW_MATCHES : FLOW_DOES_NOT_MATCH;
	*at = (uint32_t)(flow - filter->flows);
}

static bool was_alive(const struct flow_filter_options *options, const struct record *record)
{
	return record->flow.end_ns >= options->from_ns &&
	       (options->to_ns == 0 || record->flow.flow_start_ns < options->to_ns);
}

/* By the last record that there is of the flow. */
static bool judge(
	struct flow_filter *filter, const struct reference *reference, const struct record *record)
{
	const struct flow_filter_options *options = &filter->options;
	struct record_labels labels;
	const struct field_view view = { record, &labels, false, options->zone };

	filter->stats.flows++;
	if (options->seen) {
		record_labels_of(&labels, reference, record);
		options->seen(options->context, record, &labels);
	}
	if (!was_alive(options, record)) {
		return false;
	}
	record_labels_of(&labels, reference, record);
	if (options->query && !query_match(options->query, &view)) {
		return false;
	}
	filter->stats.matched++;
	filter->stats.packets += record->flow.total_packets[0] + record->flow.total_packets[1];
	if (options->matched) {
		options->matched(options->context, record, &labels);
	}
	return true;
}

/* The parts of the flow go on, or are forgotten: the chain leads from the latest to the first. */
static void let_go(struct flow_filter *filter, struct parted_flow *flow, bool matches,
	flow_filter_taker *take, void *context)
{
	uint32_t place = flow->latest;
	struct err err;

	flow->latest = RECORD_STORE_NONE;
	while (place != RECORD_STORE_NONE) {
		int status = record_store_take(filter->parts, place, &filter->part, &place, &err);
		if (status < 0) {
			fail(filter, status, &err);
		} else if (matches) {
			take(context, &filter->part, 1);
		}
	}
}

static void wait(struct flow_filter *filter, const struct record *record)
{
	struct parted_flow *flow = find(filter, record);
	struct err err;

	flow = flow ? flow : add(filter, record);
	int status =
		flow ? record_store_put(filter->parts, record, flow->latest, &flow->latest, &err)
		     : err_set(&err, ENOMEM, "out of memory for flows of several parts");
	if (status < 0) {
		fail(filter, status, &err);
	}
}

/* The last record of a flow. */
static bool end_flow(struct flow_filter *filter, const struct reference *reference,
	const struct record *record, flow_filter_taker *take, void *context)
{
	bool matches = judge(filter, reference, record);
	struct parted_flow *flow = record->flow.part > 0 ? find(filter, record) : NULL;

	if (record->flow.part > 0 && !flow) {
		flow = add(filter, record); /* its parts may still come */
	}
	if (flow && flow->fate == FLOW_WAITS) {
		let_go(filter, flow, matches, take, context);
		remember(filter, flow, matches);
	}
	return matches;
}

static bool goes_on(struct flow_filter *filter, const struct reference *reference,
	const struct record *record, flow_filter_taker *take, void *context)
{
	const struct parted_flow *flow;

	if (record->flow.is_last) {
		return end_flow(filter, reference, record, take, context);
	}
	flow = find(filter, record);
	if (flow && flow->fate != FLOW_WAITS) {
		return flow->fate == FLOW_MATCHES;
	}
	wait(filter, record);
	return false;
}

void flow_filter_take(struct flow_filter *filter, const struct reference *reference,
	struct record *records, size_t count, flow_filter_taker *take, void *context)
{
	for (size_t i = 0; i < count; i++) {
		if (goes_on(filter, reference, &records[i], take, context)) {
			take(context, &records[i], 1);
		}
	}
}

/* By its latest part, which goes on with the others. */
static void judge_rest(struct flow_filter *filter, const struct reference *reference,
	struct parted_flow *flow, flow_filter_taker *take, void *context)
{
	uint32_t place = flow->latest;
	struct err err;

	if (place == RECORD_STORE_NONE) {
		return;
	}
	int status = record_store_take(filter->parts, place, &filter->part, &flow->latest, &err);
	if (status < 0) {
		fail(filter, status, &err);
		return;
	}
	bool matches = judge(filter, reference, &filter->part);
	if (matches) {
		take(context, &filter->part, 1);
	}
	let_go(filter, flow, matches, take, context);
}

int flow_filter_finish(struct flow_filter *filter, const struct reference *reference,
	flow_filter_taker *take, void *context, struct err *err)
{
	for (uint32_t i = 0; i < filter->flow_count; i++) {
		if (filter->flows[i].is_used && filter->flows[i].fate == FLOW_WAITS) {
			judge_rest(filter, reference, &filter->flows[i], take, context);
		}
	}
	if (filter->failure < 0) {
		*err = filter->reason;
	}
	return filter->failure;
}

void flow_filter_read_stats(const struct flow_filter *filter, struct flow_filter_stats *stats)
{
	*stats = filter->stats;
}
