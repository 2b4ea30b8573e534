#include "analyzer/policy/residual.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/keyed_list.h"

/* A device with an app on a day after the grace of a rule. */
struct residual_key {
	struct addr device;
	int64_t day;
	uint32_t rule, app;
};

struct entry {
	struct residual_key key;
	uint16_t unit, class_;
	uint64_t flows, passed, first_ns, last_ns;
};

struct residual {
	struct hash_key hash_key;
	struct keyed_list entries;
	struct residual_row *rows;
};

struct residual *residual_create(void)
{
	struct residual *residual = calloc(1, sizeof(*residual));

	if (residual) {
		residual->hash_key = hash_key_random();
		residual->entries.most = RESIDUAL_ENTRIES_MAX;
	}
	return residual;
}

void residual_destroy(struct residual *residual)
{
	if (residual) {
		keyed_list_deinit(&residual->entries);
		free(residual->rows);
		free(residual);
	}
}

static bool is_entry(const void *entries, uint32_t place, const void *key)
{
	return memcmp(&((const struct entry *)entries)[place].key, key,
		       sizeof(struct residual_key)) == 0;
}

static struct entry *entry_of(struct residual *residual, const struct residual_key *key)
{
	const struct entry wanted = { .key = *key, .first_ns = UINT64_MAX };

	return keyed_list_row(&residual->entries, sizeof(wanted),
		hash_bytes(&residual->hash_key, key, sizeof(*key)), is_entry, &wanted);
}

/* By when it was to be gone; 0: the rule does not say. */
static uint64_t deadline_of(const struct policy_rule *rule)
{
	return rule->grace_until_ns ? rule->grace_until_ns : rule->effective_from_ns;
}

void residual_add(struct residual *residual, const struct policy *policy,
	const struct record *record, uint16_t app, int64_t day)
{
	const struct decision *decision = &record->decision;
	const struct policy_rule *rule = policy_rule(policy, decision->rule);
	struct residual_key key;

	if (!rule || app == 0 || deadline_of(rule) == 0 ||
		record->flow.start_ns <= deadline_of(rule) ||
		rule->stage != POLICY_STAGE_IN_FORCE || record->device.kind == DEVICE_MANY ||
		(decision->verdict != POLICY_VERDICT_VIOLATION &&
			decision->verdict != POLICY_VERDICT_REPORTED)) {
		return;
	}
	memset(&key, 0, sizeof(key));
	key.device = record->device.identity;
	key.day = day;
	key.rule = decision->rule;
	key.app = app;
	struct entry *entry = entry_of(residual, &key);
	if (!entry) {
		return;
	}
	entry->unit = decision->unit;
	entry->class_ = decision->class_;
	entry->flows++;
	entry->passed += decision->block == BLOCK_PASSED;
	entry->first_ns =
		record->flow.start_ns < entry->first_ns ? record->flow.start_ns : entry->first_ns;
	entry->last_ns =
		record->flow.start_ns > entry->last_ns ? record->flow.start_ns : entry->last_ns;
}

static int compare_entries(const void *left, const void *right)
{
	const struct residual_key *a = &((const struct entry *)left)->key;
	const struct residual_key *b = &((const struct entry *)right)->key;

	if (a->rule != b->rule) {
		return a->rule < b->rule ? -1 : 1;
	}
	int devices = memcmp(&a->device, &b->device, sizeof(a->device));
	if (devices != 0) {
		return devices;
	}
	if (a->app != b->app) {
		return a->app < b->app ? -1 : 1;
	}
	return a->day < b->day ? -1 : a->day > b->day;
}

static bool is_of_row(const struct residual_row *row, const struct residual_key *key)
{
	return row->rule == key->rule && row->app == key->app &&
	       memcmp(&row->device, &key->device, sizeof(key->device)) == 0;
}

static void add_to_row(struct residual_row *row, const struct entry *entry)
{
	row->unit = entry->unit;
	row->class_ = entry->class_;
	row->days++;
	row->flows += entry->flows;
	row->passed += entry->passed;
	row->first_ns = entry->first_ns < row->first_ns ? entry->first_ns : row->first_ns;
	row->last_ns = entry->last_ns > row->last_ns ? entry->last_ns : row->last_ns;
}

/* Sorted, and found again where they now stand. */
static void put_in_order(struct residual *residual)
{
	struct keyed_list *list = &residual->entries;

	qsort(list->rows, list->count, sizeof(struct entry), compare_entries);
	hash_table_clear(&list->table);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct residual_key *key = &((const struct entry *)list->rows)[i].key;
		hash_table_put(&list->table, hash_bytes(&residual->hash_key, key, sizeof(*key)), i);
	}
}

size_t residual_rows(
	struct residual *residual, struct device_days *days, const struct residual_row **rows)
{
	size_t count = 0;

	*rows = NULL;
	if (residual->entries.count == 0) {
		return 0;
	}
	put_in_order(residual);
	free(residual->rows);
	residual->rows = calloc(residual->entries.count, sizeof(*residual->rows));
	for (uint32_t i = 0; residual->rows && i < residual->entries.count; i++) {
		const struct entry *entry = (const struct entry *)residual->entries.rows + i;
		const struct residual_key *key = &entry->key;
		if (!device_days_is_installed(days, &key->device, key->day, (uint16_t)key->app)) {
			continue;
		}
		if (count == 0 || !is_of_row(&residual->rows[count - 1], key)) {
			residual->rows[count++] =
				(struct residual_row){ .rule = (uint16_t)key->rule,
					.app = (uint16_t)key->app,
					.device = key->device,
					.first_ns = UINT64_MAX };
		}
		add_to_row(&residual->rows[count - 1], entry);
	}
	*rows = residual->rows;
	return count;
}
