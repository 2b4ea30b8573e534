/* policy residual: devices on which what is denied is still installed after its grace. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/decider.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/policy/residual.h"
#include "analyzer/record/symbols.h"
#include "base/hash_table.h"
#include "base/local_time.h"
#include "base/quick_hash.h"
#include "dashboards/cli/past_policy.h"

enum { RELEASE_BATCH = 32 };

/* Under which name an identity that is no address is known: a pseudonym, else the address that the
 * device had last. */
struct known_name {
	struct addr identity;
	char name[64]; /* longer than either */
};

struct looking {
	struct past_policy past;
	struct decider *decider;
	struct record *records; /* one to decide, then those that waited */
	struct hash_table table;
	struct known_name *names;
	uint32_t name_count, name_capacity;
};

static bool is_name(const void *names, uint32_t place, const void *identity)
{
	return addr_equal(&((const struct known_name *)names)[place].identity, identity);
}

static struct known_name *name_of(const struct looking *looking, const struct addr *identity)
{
	uint32_t place = hash_table_find(
		&looking->table, quick_hash_addr(0, identity), is_name, looking->names, identity);

	return place == HASH_TABLE_NONE ? NULL : &looking->names[place];
}

static void note_name(struct looking *looking, const struct addr *identity, const char *text)
{
	struct known_name *known = name_of(looking, identity);

	if (known) {
		snprintf(known->name, sizeof(known->name), "%s", text);
		return;
	}
	if (looking->name_count == looking->name_capacity) {
		uint32_t capacity = looking->name_capacity ? 2 * looking->name_capacity : 64;
		struct known_name *names = realloc(looking->names, capacity * sizeof(*names));
		if (!names) {
			return;
		}
		looking->names = names;
		looking->name_capacity = capacity;
	}
	if (hash_table_put(&looking->table, quick_hash_addr(0, identity), looking->name_count)) {
		struct known_name *name = &looking->names[looking->name_count++];
		name->identity = *identity;
		snprintf(name->name, sizeof(name->name), "%s", text);
	}
}

static void note_address(struct looking *looking, const struct record *record)
{
	char address[ADDR_TEXT_MAX];

	if (!addr_equal(&record->device.identity, record_own_addr(record))) {
		addr_format(record_own_addr(record), address);
		note_name(looking, &record->device.identity, address);
	}
}

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct looking *looking = context;
	struct record *copy = looking->records;

	record_copy(copy, record);
	if (pseudonym) {
		note_name(looking, &record->device.identity, pseudonym);
		copy->decision = (struct decision){ .unit = record->decision.unit,
			.class_ = record->decision.class_ };
	} else {
		policy_locate(looking->past.policy, copy);
		copy->device = record->device;
		note_address(looking, record);
	}
	decider_take(looking->decider, &looking->past.reference, copy);
}

static void put_row(const struct looking *looking, const struct residual_row *row)
{
	const struct local_zone *zone = policy_header(looking->past.policy)->zone;
	const struct known_name *known = name_of(looking, &row->device);
	char device[ADDR_TEXT_MAX], first[11], last[11];

	addr_format(&row->device, device);
	local_format_date(zone, row->first_ns, first);
	local_format_date(zone, row->last_ns, last);
	printf("%-20s %-18s %-28s %-18s %-11s %-11s %5" PRIu32 " %7" PRIu64 " %7" PRIu64 "\n",
		symbol_name(SYMBOL_RULE, row->rule), symbol_name(SYMBOL_APP, row->app),
		known ? known->name : device, symbol_name(SYMBOL_UNIT, row->unit), first, last,
		row->days, row->flows, row->passed);
}

/* Devices of classes that are kept as sums alone are not named. */
static void put_list(const struct looking *looking)
{
	const struct residual_row *rows;
	size_t count = decider_residual(looking->decider, &rows), unnamed = 0;

	if (count == 0) {
		printf("Nothing that was to be gone was seen: used, or tried by the app itself.\n");
		return;
	}
	printf("%-20s %-18s %-28s %-18s %-11s %-11s %5s %7s %7s\n", "rule", "app", "device", "unit",
		"first", "last", "days", "tries", "passed");
	for (size_t i = 0; i < count; i++) {
		if (policy_detail_of(looking->past.policy, rows[i].class_, rows[i].last_ns) ==
			POLICY_DETAIL_AGGREGATE) {
			unnamed++;
		} else {
			put_row(looking, &rows[i]);
		}
	}
	if (unnamed > 0) {
		printf("and more, of classes or times of which devices are kept as sums alone\n");
	}
}

static int look(struct looking *looking, const struct past_settings *settings,
	const struct catalogue *catalogue, const char *path, char *const *files, unsigned count,
	struct err *err)
{
	int status = past_policy_open(&looking->past, settings, catalogue, path, err);

	looking->decider = decider_create();
	looking->records =
		aligned_alloc(_Alignof(struct record), RELEASE_BATCH * sizeof(*looking->records));
	if (!looking->decider || !looking->records) {
		return err_set(err, ENOMEM, "out of memory");
	}
	decider_wait_for_all(looking->decider);
	looking->past.take = take;
	looking->past.context = looking;
	if (status == 0) {
		status = past_policy_read(&looking->past, files, count, err);
	}
	while (status == 0 && decider_release(looking->decider, &looking->past.reference, true,
				      looking->records, RELEASE_BATCH) > 0) {
		continue;
	}
	return status;
}

int policy_residual(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count)
{
	struct looking looking = { .decider = NULL };
	struct err err;
	int status = look(&looking, settings, catalogue, path, files, count, &err);

	if (status == 0) {
		put_list(&looking);
	}
	int end = past_policy_end(&looking.past, status, &err);
	decider_destroy(looking.decider);
	past_policy_close(&looking.past);
	hash_table_deinit(&looking.table);
	free(looking.names);
	free(looking.records);
	return end;
}
