/* The policy's word on each record, and the filter behind it. */
#include <stdlib.h>

#include "analyzer/engine/exporter_parts.h"
#include "analyzer/device/stations.h"
#include "analyzer/redact/name_spelling.h"
#include "analyzer/redact/own_inside.h"
#include "analyzer/redact/redact_names.h"

enum { RELEASE_BATCH = 32 };

bool exporter_filter(struct exporter *exporter, struct flow_filter *filter)
{
	exporter->filter = filter;
	exporter->matching = decider_create();
	if (exporter->matching) {
		decider_wait_for_all(exporter->matching);
	}
	return exporter->matching != NULL;
}

/* Records that the filter lets through; their attempts are counted among themselves. */
static void distribute_matching(void *context, struct record *records, size_t count)
{
	struct exporter *exporter = context;
	struct record again;

	for (size_t i = 0; i < count; i++) {
		record_copy(&again, &records[i]);
		decider_take(exporter->matching, exporter->reference, &again);
	}
	exporter_distribute(exporter, records, count);
}

/* A station's key is its MAC. */
static bool is_station(const void *context, uint64_t mac)
{
	return stations_find(devices_stations(context), mac) != STATION_NONE;
}

/* Of a device on our link: a router's says nothing of who stands behind it. */
static uint64_t mac_of(const void *context, const struct addr *addr, uint64_t time_ns)
{
	struct device_answer answer;

	devices_ask(context, NULL, addr, time_ns, &answer);
	return answer.station && station_has_mac(answer.station) &&
			       !station_is_router(answer.station, time_ns)
		       ? answer.station->key
		       : 0;
}

/* By what is known of our names and networks with this record, and not with those behind it. */
static void withhold(struct exporter *exporter, struct record *record)
{
	const struct reference *reference = exporter->reference;
	const struct name_stations stations = { is_station, mac_of, exporter->devices };
	const struct own_names own = { reference->catalogue, exporter->own_zones,
		exporter->own_hosts, exporter->forgotten, &stations };

	record->remote_is_own = false;
	if (!exporter_hides_names(exporter)) {
		return;
	}
	exporter_learn_own(exporter, record);
	record_redact_names(record, reference->policy, &own);
	record->remote_is_own =
		reference->pseudonyms && record->direction != RECORD_DIRECTION_EXTERNAL &&
		(forgotten_networks_hold(exporter->forgotten, record_remote_addr(record)) ||
			own_inside(reference->policy, record_remote_addr(record)));
}

/* All that comes after the decision. */
static void pass_on(struct exporter *exporter, struct record *records, size_t count)
{
	const struct reference *reference = exporter->reference;

	for (size_t i = 0; i < count; i++) {
		exporter->stats.records_with_app +=
			records[i].verdict.app != 0 && !records[i].verdict.inferred;
		exporter->latest_ns = records[i].flow.end_ns > exporter->latest_ns
					      ? records[i].flow.end_ns
					      : exporter->latest_ns;
		exporter->stats.records_inferred += records[i].verdict.inferred;
		exporter->stats.packets += records[i].flow.packets[0] + records[i].flow.packets[1];
		exporter->stats.bytes += records[i].flow.bytes[0] + records[i].flow.bytes[1];
	}
	exporter->stats.records += count;
	if (count == 0) {
		return;
	}
	if (exporter->filter) {
		flow_filter_take(
			exporter->filter, reference, records, count, distribute_matching, exporter);
	} else {
		exporter_distribute(exporter, records, count);
	}
}

void exporter_let_go(struct exporter *exporter, bool all)
{
	size_t count;

	if (decider_is_waiting(exporter->decider) && !exporter->released) {
		exporter->released = aligned_alloc(
			_Alignof(struct record), RELEASE_BATCH * sizeof(*exporter->released));
	}
	while (exporter->released &&
		(count = decider_release(exporter->decider, exporter->reference, all,
			 exporter->released, RELEASE_BATCH)) > 0) {
		for (size_t i = 0; i < count; i++) {
			withhold(exporter, &exporter->released[i]);
		}
		pass_on(exporter, exporter->released, count);
	}
	if (all) {
		decider_finish(exporter->decider);
	}
}

/* Records whose decision waits go on later: behind the record with which their time comes, however
 * many come at once. */
void exporter_decide(struct exporter *exporter, struct record *records, size_t count)
{
	size_t first = 0;

	for (size_t i = 0; i < count; i++) {
		bool waits = !decider_take(exporter->decider, exporter->reference, &records[i]);
		bool is_due = decider_is_due(exporter->decider);

		if (waits) {
			exporter_learn_own(exporter, &records[i]);
		} else {
			withhold(exporter, &records[i]);
		}
		if (waits || is_due) {
			pass_on(exporter, records + first, i + !waits - first);
			first = i + 1;
		}
		if (is_due) {
			exporter_let_go(exporter, false);
		}
	}
	pass_on(exporter, records + first, count - first);
}

/* What waited for the filter, and what its own decider still holds. */
int exporter_finish_filter(struct exporter *exporter, struct err *err)
{
	struct record record;
	int status = flow_filter_finish(
		exporter->filter, exporter->reference, distribute_matching, exporter, err);

	while (decider_release(exporter->matching, exporter->reference, true, &record, 1) > 0) {
	}
	decider_finish(exporter->matching);
	return status;
}
