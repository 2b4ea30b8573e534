#include "analyzer/drafting/policy_hygiene.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/device_days.h"
#include "analyzer/policy/policy_model.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/keyed_list.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

struct seen_device {
	struct addr identity;
	uint16_t unit, class_;
};

struct device_state {
	struct addr own;
	uint64_t seen_ns;
	bool has_counted[2]; /* without, with internal access */
};

/* What can be said when its local day is over: a contact at any time of it gives access. row: of a
 * rule that would hold; 0: the device itself was seen. */
struct pending {
	uint64_t start_ns;
	uint32_t device, row;
};

/* A device for which a rule held. */
struct holder {
	uint32_t row, device;
};

struct policy_hygiene {
	const struct policy *policy;
	const struct catalogue *catalogue;
	struct hash_key key; /* addresses come from the wire */
	struct hash_table table;
	struct seen_device *devices;
	struct device_state *states; /* of the same places */
	uint32_t count, capacity;
	struct keyed_list holders;
	struct device_days *contacts;
	struct local_day day;
	struct pending *pending; /* of that day */
	uint32_t pending_count, pending_capacity;
	struct record *asked;            /* a record of somebody at some time */
	struct policy_hygiene_row *rows; /* [0..rule_count) */
	struct policy_hygiene_stats stats;
};

struct policy_hygiene *policy_hygiene_create(
	const struct policy *policy, const struct catalogue *catalogue)
{
	struct policy_hygiene *hygiene = calloc(1, sizeof(*hygiene));

	if (!hygiene) {
		return NULL;
	}
	hygiene->policy = policy;
	hygiene->catalogue = catalogue;
	hygiene->key = hash_key_random();
	hygiene->holders.most = HYGIENE_DEVICES_MAX;
	hygiene->stats.first_ns = UINT64_MAX;
	hygiene->rows = calloc(policy->rule_count + 1, sizeof(*hygiene->rows));
	hygiene->contacts = device_days_create();
	hygiene->asked = aligned_alloc(_Alignof(struct record), sizeof(*hygiene->asked));
	if (!hygiene->rows || !hygiene->contacts || !hygiene->asked) {
		policy_hygiene_destroy(hygiene);
		return NULL;
	}
	memset(hygiene->asked, 0, sizeof(*hygiene->asked));
	for (uint32_t i = 0; i < policy->rule_count; i++) {
		hygiene->rows[i].rule = policy->rules[i + 1].public.symbol;
	}
	return hygiene;
}

void policy_hygiene_destroy(struct policy_hygiene *hygiene)
{
	if (hygiene) {
		hash_table_deinit(&hygiene->table);
		keyed_list_deinit(&hygiene->holders);
		device_days_destroy(hygiene->contacts);
		free(hygiene->devices);
		free(hygiene->states);
		free(hygiene->pending);
		free(hygiene->asked);
		free(hygiene->rows);
		free(hygiene);
	}
}

static bool is_device(const void *devices, uint32_t place, const void *wanted)
{
	return memcmp((const struct seen_device *)devices + place, wanted,
		       sizeof(struct seen_device)) == 0;
}

static bool make_room(struct policy_hygiene *hygiene)
{
	uint32_t capacity = hygiene->capacity ? 2 * hygiene->capacity : 256;

	if (hygiene->count < hygiene->capacity || capacity > HYGIENE_DEVICES_MAX) {
		return hygiene->count < hygiene->capacity;
	}
	struct seen_device *devices =
		realloc(hygiene->devices, capacity * sizeof(*hygiene->devices));
	hygiene->devices = devices ? devices : hygiene->devices;
	struct device_state *states = realloc(hygiene->states, capacity * sizeof(*hygiene->states));
	hygiene->states = states ? states : hygiene->states;
	if (!devices || !states) {
		return false;
	}
	hygiene->capacity = capacity;
	return true;
}

/* Its place; HASH_TABLE_NONE: there is no room for it. */
static uint32_t place_of(struct policy_hygiene *hygiene, const struct record *record, bool *is_new)
{
	struct seen_device device;

	memset(&device, 0, sizeof(device));
	device.identity = record->device.identity;
	device.unit = record->decision.unit;
	device.class_ = record->decision.class_;
	uint64_t hash = hash_bytes(&hygiene->key, &device, sizeof(device));
	uint32_t place =
		hash_table_find(&hygiene->table, hash, is_device, hygiene->devices, &device);
	*is_new = place == HASH_TABLE_NONE;
	if (!*is_new || !make_room(hygiene) ||
		!hash_table_put(&hygiene->table, hash, hygiene->count)) {
		return place;
	}
	hygiene->states[hygiene->count] = (struct device_state){ .own = *record_own_addr(record) };
	hygiene->devices[hygiene->count] = device;
	return hygiene->count++;
}

static void put_off(
	struct policy_hygiene *hygiene, uint32_t device, uint32_t row, uint64_t start_ns)
{
	if (hygiene->pending_count == hygiene->pending_capacity) {
		uint32_t capacity = hygiene->pending_capacity ? 2 * hygiene->pending_capacity : 256;
		struct pending *pending =
			realloc(hygiene->pending, capacity * sizeof(*hygiene->pending));
		if (!pending) {
			return;
		}
		hygiene->pending = pending;
		hygiene->pending_capacity = capacity;
	}
	hygiene->pending[hygiene->pending_count++] = (struct pending){ start_ns, device, row };
}

static void count_device(struct policy_hygiene *hygiene, const struct record *record,
	bool by_access, bool has_access)
{
	const struct policy *policy = hygiene->policy;

	for (uint32_t i = 1; i <= policy->rule_count; i++) {
		const struct clause *clause = &policy->rules[i].clause;
		bool asks_access = clause->access != CLAUSE_ACCESS_ANY;
		hygiene->rows[i - 1].devices +=
			asks_access == by_access && clause_is_for(clause, record, has_access);
	}
}

static bool is_holder(const void *holders, uint32_t place, const void *wanted)
{
	return memcmp((const struct holder *)holders + place, wanted, sizeof(struct holder)) == 0;
}

/* device: HASH_TABLE_NONE where it is one of many, or found no room. */
static void note_hit(
	struct policy_hygiene *hygiene, uint32_t at, uint32_t device, uint64_t start_ns)
{
	struct policy_hygiene_row *row = &hygiene->rows[at];
	const struct holder holder = { at, device };
	uint32_t known = hygiene->holders.count;

	if (device != HASH_TABLE_NONE) {
		keyed_list_row(&hygiene->holders, sizeof(holder), quick_hash(at, device), is_holder,
			&holder);
		row->holders += hygiene->holders.count > known;
	}
	row->hits++;
	row->last_ns = start_ns > row->last_ns ? start_ns : row->last_ns;
}

static void settle_one(struct policy_hygiene *hygiene, const struct pending *pending)
{
	const struct seen_device *device = &hygiene->devices[pending->device];
	struct device_state *state = &hygiene->states[pending->device];
	const struct local_zone *zone = policy_header(hygiene->policy)->zone;
	struct record *asked = hygiene->asked;

	asked->device.identity = device->identity;
	asked->decision.unit = device->unit;
	asked->decision.class_ = device->class_;
	asked->flow.source = state->own;
	asked->flow.start_ns = pending->start_ns;
	const struct policy_context context = { .contact_ns = device_days_last_contact(
							hygiene->contacts, asked),
		.contact_today = device_days_has_contact_today(hygiene->contacts, zone, asked) };
	bool has_access = policy_has_access(hygiene->policy, &context, asked);
	if (pending->row == 0 && !state->has_counted[has_access]) {
		state->has_counted[has_access] = true;
		count_device(hygiene, asked, true, has_access);
	}
	if (pending->row != 0 &&
		clause_is_for(&hygiene->policy->rules[pending->row].clause, asked, has_access)) {
		note_hit(hygiene, pending->row - 1, pending->device, pending->start_ns);
	}
}

void policy_hygiene_finish(struct policy_hygiene *hygiene)
{
	for (uint32_t i = 0; i < hygiene->pending_count; i++) {
		settle_one(hygiene, &hygiene->pending[i]);
	}
	hygiene->pending_count = 0;
}

struct counting {
	struct policy_hygiene *hygiene;
	const struct record *record;
	uint32_t device;
};

/* A rule that two names lead to is counted once: its last flow is then this one. */
static void count_hit(void *context, uint32_t at)
{
	const struct counting *counting = context;
	struct policy_hygiene *hygiene = counting->hygiene;
	const struct record *record = counting->record;
	const struct clause *clause = &hygiene->policy->rules[at].clause;
	struct policy_hygiene_row *row = &hygiene->rows[at - 1];
	uint64_t start_ns = record->flow.start_ns;
	bool may_hold =
		(clause_is_for(clause, record, false) || clause_is_for(clause, record, true)) &&
		clause_speaks_of(clause, record);

	if (may_hold && row->last_flow == record->flow.flow_id) {
		row->last_ns = row->last_ns && start_ns > row->last_ns ? start_ns : row->last_ns;
	} else if (may_hold) {
		row->last_flow = record->flow.flow_id;
		if (clause->access == CLAUSE_ACCESS_ANY) {
			note_hit(hygiene, at - 1, counting->device, start_ns);
		} else if (counting->device != HASH_TABLE_NONE) {
			put_off(hygiene, counting->device, at, start_ns);
		}
	}
}

/* Contacts are noted; those of a day that is over are all known. */
static void note_day(struct policy_hygiene *hygiene, const struct record *record)
{
	const struct policy *policy = hygiene->policy;
	uint64_t start_ns = record->flow.start_ns;

	if (start_ns < hygiene->day.start_ns || start_ns >= hygiene->day.end_ns) {
		policy_hygiene_finish(hygiene);
		hygiene->day = local_day_of(policy_header(policy)->zone, start_ns);
	}
	if (policy->asks_access && policy_is_contact(policy, hygiene->catalogue, record)) {
		device_days_contact(hygiene->contacts, record);
	}
}

static uint32_t see_device(struct policy_hygiene *hygiene, const struct record *record)
{
	bool is_new;
	uint32_t place = place_of(hygiene, record, &is_new);
	struct device_state *state = place == HASH_TABLE_NONE ? NULL : &hygiene->states[place];

	if (state && is_new) {
		hygiene->stats.devices++;
		hygiene->stats.devices_outside += record->decision.unit == 0;
		count_device(hygiene, record, false, false);
	}
	if (state && hygiene->policy->asks_access &&
		(state->seen_ns < hygiene->day.start_ns || state->seen_ns >= hygiene->day.end_ns)) {
		put_off(hygiene, place, 0, record->flow.start_ns);
		state->seen_ns = record->flow.start_ns;
	}
	return place;
}

void policy_hygiene_take(struct policy_hygiene *hygiene, const struct record *record)
{
	struct policy_hygiene_stats *stats = &hygiene->stats;
	uint64_t start_ns = record->flow.start_ns;

	stats->records++;
	stats->first_ns = start_ns < stats->first_ns ? start_ns : stats->first_ns;
	stats->last_ns = start_ns > stats->last_ns ? start_ns : stats->last_ns;
	note_day(hygiene, record);
	if (!record_turns_out(record) && record->direction != RECORD_DIRECTION_INBOUND) {
		return;
	}
	struct counting counting = { hygiene, record,
		record->device.kind != DEVICE_MANY ? see_device(hygiene, record)
						   : HASH_TABLE_NONE };
	rule_index_each(&hygiene->policy->index_of_rules, record, count_hit, &counting);
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
