#include "analyzer/policy/policy_hygiene.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy_model.h"
#include "base/hash.h"
#include "base/hash_table.h"

struct seen_device {
	struct addr identity;
	uint16_t unit, class_;
};

struct policy_hygiene {
	const struct policy *policy;
	struct hash_key key; /* addresses come from the wire */
	struct hash_table table;
	struct seen_device *devices;
	uint32_t count, capacity;
	struct policy_hygiene_row *rows; /* [0..rule_count) */
	struct policy_hygiene_stats stats;
};

struct policy_hygiene *policy_hygiene_create(const struct policy *policy)
{
	struct policy_hygiene *hygiene = calloc(1, sizeof(*hygiene));

	if (!hygiene) {
		return NULL;
	}
	hygiene->policy = policy;
	hygiene->key = hash_key_random();
	hygiene->stats.first_ns = UINT64_MAX;
	hygiene->rows = calloc(policy->rule_count + 1, sizeof(*hygiene->rows));
	if (!hygiene->rows) {
		policy_hygiene_destroy(hygiene);
		return NULL;
	}
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		hygiene->rows[i].rule = policy->rules[i + 1].public.symbol;
	}
	return hygiene;
}

void policy_hygiene_destroy(struct policy_hygiene *hygiene)
{
	if (hygiene) {
		hash_table_deinit(&hygiene->table);
		free(hygiene->devices);
		free(hygiene->rows);
		free(hygiene);
	}
}

static bool is_device(const void *devices, uint32_t place, const void *wanted)
{
	return memcmp((const struct seen_device *)devices + place, wanted,
		       sizeof(struct seen_device)) == 0;
}

/* False: it was seen before, or there is no room for it. */
static bool is_new_device(struct policy_hygiene *hygiene, const struct record *record)
{
	struct seen_device device;

	memset(&device, 0, sizeof(device));
	device.identity = record->device.identity;
	device.unit = record->decision.unit;
	device.class_ = record->decision.class_;
	uint64_t hash = hash_bytes(&hygiene->key, &device, sizeof(device));
	if (hash_table_find(&hygiene->table, hash, is_device, hygiene->devices, &device) !=
		HASH_TABLE_NONE) {
		return false;
	}
	if (hygiene->count == hygiene->capacity) {
		uint32_t capacity = hygiene->capacity ? 2 * hygiene->capacity : 256;
		struct seen_device *devices =
			capacity > HYGIENE_DEVICES_MAX
				? NULL
				: realloc(hygiene->devices, capacity * sizeof(*devices));
		if (!devices) {
			return false;
		}
		hygiene->devices = devices;
		hygiene->capacity = capacity;
	}
	if (!hash_table_put(&hygiene->table, hash, hygiene->count)) {
		return false;
	}
	hygiene->devices[hygiene->count++] = device;
	return true;
}

static void count_device(struct policy_hygiene *hygiene, const struct record *record)
{
	const struct policy *policy = hygiene->policy;

	hygiene->stats.devices++;
	hygiene->stats.devices_outside += record->decision.unit == 0;
	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct clause *clause = &policy->rules[i].clause;
		hygiene->rows[i - 1].devices +=
			clause_is_for(clause, record, false) || clause_is_for(clause, record, true);
	}
}

struct counting {
	struct policy_hygiene *hygiene;
	const struct record *record;
};

/* A row that two names lead to is counted once: its last time is then that of this flow. */
static void count_hit(void *context, uint32_t at)
{
	const struct counting *counting = context;
	const struct record *record = counting->record;
	const struct clause *clause = &counting->hygiene->policy->rules[at].clause;
	struct policy_hygiene_row *row = &counting->hygiene->rows[at - 1];
	bool is_for_it =
		clause_is_for(clause, record, false) || clause_is_for(clause, record, true);

	if (is_for_it && clause_speaks_of(clause, record) &&
		row->last_flow != record->flow.flow_id) {
		row->hits++;
		row->last_flow = record->flow.flow_id;
	}
	if (row->last_flow == record->flow.flow_id && record->flow.start_ns > row->last_ns) {
		row->last_ns = record->flow.start_ns;
	}
}

static void count_hits(struct policy_hygiene *hygiene, const struct record *record)
{
	struct counting counting = { hygiene, record };

	rule_index_each(&hygiene->policy->index_of_rules, record, count_hit, &counting);
}

void policy_hygiene_take(struct policy_hygiene *hygiene, const struct record *record)
{
	struct policy_hygiene_stats *stats = &hygiene->stats;
	uint64_t start_ns = record->flow.start_ns;

	stats->records++;
	stats->first_ns = start_ns < stats->first_ns ? start_ns : stats->first_ns;
	stats->last_ns = start_ns > stats->last_ns ? start_ns : stats->last_ns;
	if (!record_turns_out(record) && record->direction != RECORD_DIRECTION_INBOUND) {
		return;
	}
	if (record->device.kind != DEVICE_MANY && is_new_device(hygiene, record)) {
		count_device(hygiene, record);
	}
	count_hits(hygiene, record);
}

size_t policy_hygiene_rows(
	const struct policy_hygiene *hygiene, const struct policy_hygiene_row **rows)
{
	*rows = hygiene->rows;
	return hygiene->policy->rule_count;
}

void policy_hygiene_read_stats(
	const struct policy_hygiene *hygiene, struct policy_hygiene_stats *stats)
{
	*stats = hygiene->stats;
}
