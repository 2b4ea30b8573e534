/* Where records and cells go to: all that keep figures, look, or write, each with as much of a
 * device as may be kept. */
#include <string.h>

#include "analyzer/engine/exporter_parts.h"
#include "analyzer/redact/device_detail.h"
#include "analyzer/vantage/vantage.h"

/* What another sensor counts goes to those alone who speak for this one. */
static void hand_on_elsewhere(struct exporter *exporter)
{
	size_t count;
	const struct cell *cells = rollup_cells(exporter->elsewhere, &count);

	if (exporter->overview) {
		overview_take(exporter->overview, cells, count);
	}
	sink_set_write_cells(&exporter->sinks, exporter->reference, cells, count, true);
	rollup_clear(exporter->elsewhere);
}

void exporter_hand_on_cells(struct exporter *exporter)
{
	size_t count;
	const struct cell *cells = rollup_cells(exporter->gathered, &count);

	if (exporter->overview) {
		overview_take(exporter->overview, cells, count);
	}
	if (exporter->detectors) {
		detectors_take_cells(exporter->detectors, cells, count);
		detectors_make_room(exporter->detectors, exporter->reference);
	}
	sink_set_write_cells(&exporter->sinks, exporter->reference, cells, count, false);
	rollup_clear(exporter->gathered);
	if (exporter->elsewhere) {
		hand_on_elsewhere(exporter);
	}
}

/* What does not cross the border goes no two ways by two doors: it is of who counts what is sent.
 */
static unsigned ways_elsewhere(const struct exporter *exporter, const struct record *record)
{
	unsigned ways = exporter->sensor ? policy_counts_elsewhere(exporter->reference->policy,
						   exporter->sensor, record_own_addr(record))
					 : 0;
	bool is_across = record->direction == RECORD_DIRECTION_OUTBOUND ||
			 record->direction == RECORD_DIRECTION_INBOUND;

	if (is_across) {
		return ways;
	}
	return ways & POLICY_WAY_OUT ? POLICY_BOTH_WAYS : 0;
}

static void add_record(struct exporter *exporter, struct rollup *rollup,
	const struct record *record, uint64_t device)
{
	while (!rollup_add(rollup, record, device)) {
		exporter_hand_on_cells(exporter);
	}
}

/* What that end sent is somebody else's to count, under whatever app that one knows: of this one
 * the sums know only the way that is left. */
static void leave_out(struct record *record, unsigned end)
{
	struct flow_record *flow = &record->flow;

	flow->packets[end] = flow->bytes[end] = flow->total_packets[end] = 0;
}

/* The end of whose sensor the flow and its device are: of TCP who began it, since he always spoke.
 * Of what has no handshake one way does not tell who that was: ours. */
static unsigned end_of_flow(const struct record *record)
{
	bool is_told = record->flow.tcp_state != TCP_STATE_NONE && record->flow.start_seen;

	return is_told || record->own_side == RECORD_SOURCE ? 0 : 1;
}

/* The record without what another sensor counts, or with that alone. */
static void add_half(struct exporter *exporter, struct rollup *rollup, const struct record *record,
	unsigned left_out, uint64_t device)
{
	bool is_flow = end_of_flow(record) != left_out;
	struct record half;

	record_copy(&half, record);
	leave_out(&half, left_out);
	half.flow.part += !is_flow && half.flow.part == 0;
	if (half.flow.packets[!left_out] > 0) {
		add_record(exporter, rollup, &half, is_flow ? device : CELL_NO_DEVICE);
	}
}

/* One way is counted here, the other one by another sensor. Is the flow of that one? */
static __attribute__((noinline)) bool add_halves(
	struct exporter *exporter, const struct record *record, unsigned ways_away, uint64_t device)
{
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	unsigned away = ways_away == POLICY_WAY_OUT ? own : !own;

	add_half(exporter, exporter->gathered, record, away, device);
	add_half(exporter, exporter->elsewhere, record, !away, device);
	exporter->stats.bytes_elsewhere += record->flow.bytes[away];
	return end_of_flow(record) == away;
}

static bool add_counted(struct exporter *exporter, const struct record *record, uint64_t device)
{
	unsigned ways = ways_elsewhere(exporter, record);

	if (ways == POLICY_WAY_OUT || ways == POLICY_WAY_IN) {
		return add_halves(exporter, record, ways, device);
	}
	add_record(exporter, ways ? exporter->elsewhere : exporter->gathered, record, device);
	exporter->stats.bytes_elsewhere += ways ? record->flow.bytes[0] + record->flow.bytes[1] : 0;
	return ways != 0;
}

static void add_up(struct exporter *exporter, const struct record *records, size_t count)
{
	const struct pseudonyms *pseudonyms = exporter->reference->pseudonyms;

	for (size_t i = 0; i < count; i++) {
		uint64_t device = device_hash(exporter->device_hashes, pseudonyms, &records[i]);
		exporter->device_of[i] = device;
		exporter->stats.half_seen +=
			!record_knows_bytes(&records[i], 0) || !record_knows_bytes(&records[i], 1);
		exporter->is_elsewhere[i] = add_counted(exporter, &records[i], device);
		if (exporter->overview) {
			overview_take_name(exporter->overview, &records[i], device);
		}
	}
}

/* /24, /48. */
static void cut_to_network(struct addr *addr)
{
	unsigned kept = addr_is_v4(addr) ? 15 : 6;

	memset(addr->bytes + kept, 0, sizeof(addr->bytes) - kept);
}

/* The network stands for the device; where neither end is known to be ours, nothing does, so that
 * no pseudonym is lent to somebody else's machine. */
static void withhold_device(struct record *record)
{
	struct flow_record *flow = &record->flow;
	bool is_unknown = record->direction == RECORD_DIRECTION_EXTERNAL;

	if (is_unknown || record->own_side == RECORD_SOURCE) {
		cut_to_network(&flow->source);
	}
	if (is_unknown || record->own_side == RECORD_DESTINATION) {
		cut_to_network(&flow->destination);
	}
	record->device.identity = is_unknown ? (struct addr){ { 0 } } : *record_own_addr(record);
	record->device.kind = DEVICE_MANY;
}

static void write_run(struct exporter *exporter, const struct record *records, size_t count)
{
	if (count > 0) {
		sink_set_write(&exporter->sinks, exporter->reference, records, count);
	}
}

/* Sinks get each record with as much of its device as may be kept, or not at all. Sums were made
 * before, and alerts count devices that they do not name. */
static void write_kept(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		enum device_detail detail = device_detail_of_record(reference, &records[i]);
		if (records[i].remote_is_own) {
			records[i].direction = RECORD_DIRECTION_INTERNAL;
		}
		if (detail == DEVICE_DETAIL_NETWORK) {
			withhold_device(&records[i]);
		} else if (detail == DEVICE_DETAIL_NONE) {
			write_run(exporter, records + first, i - first);
			first = i + 1;
		}
	}
	write_run(exporter, records + first, count - first);
}

/* Alerts see whose a record is; detectors, afterwards, no more of a device than what is kept. */
static void watch_run(
	struct exporter *exporter, struct record *records, size_t first, size_t end, bool is_after)
{
	const struct reference *reference = exporter->reference;

	if (first == end) {
		return;
	}
	if (!is_after && exporter->alerts) {
		alerts_take(exporter->alerts, reference, records + first, end - first);
	}
	if (is_after && exporter->detectors) {
		detectors_take(exporter->detectors, reference, exporter->device_of + first,
			records + first, end - first);
	}
}

/* What another sensor counts is for its alerts. */
static void watch(struct exporter *exporter, struct record *records, size_t count, bool is_after)
{
	size_t first = 0;

	for (size_t i = 0; exporter->sensor && i < count; i++) {
		if (exporter->is_elsewhere[i]) {
			watch_run(exporter, records, first, i, is_after);
			first = i + 1;
		}
	}
	watch_run(exporter, records, first, count, is_after);
}

void exporter_distribute(struct exporter *exporter, struct record *records, size_t count)
{
	add_up(exporter, records, count);
	if (atomic_load_explicit(&exporter->is_asked, memory_order_relaxed)) {
		atomic_store_explicit(&exporter->is_asked, false, memory_order_relaxed);
		exporter_hand_on_cells(exporter);
	}
	if (exporter->vantage) {
		vantage_take(exporter->vantage, exporter->reference, records, count);
	}
	watch(exporter, records, count, false);
	write_kept(exporter, records, count);
	watch(exporter, records, count, true);
}
