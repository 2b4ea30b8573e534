#include "dashboards/cli/flows_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_hours.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/rollup.h"
#include "analyzer/rollup/series.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"
#include "base/text.h"

enum { WORD_BYTES = 160 };

static const char rest[] = "(others, too small to show apart)";

/* How each field of a cell is written in a group. */
typedef void put_value(struct text *text, const struct cell_key *key, bool is_rest);

static void put_app(struct text *text, const struct cell_key *key, bool is_rest)
{
	(void)is_rest;
	text_put(text, key->app ? symbol_name(SYMBOL_APP, key->app) : "unknown");
	text_put(text, key->inferred ? " (inferred)" : "");
}

static void put_unit(struct text *text, const struct cell_key *key, bool is_rest)
{
	text_put(text, is_rest ? rest : symbol_name(SYMBOL_UNIT, key->unit));
}

static void put_class(struct text *text, const struct cell_key *key, bool is_rest)
{
	text_put(text, is_rest ? rest : symbol_name(SYMBOL_CLASS, key->class_));
}

static void put_zone(struct text *text, const struct cell_key *key, bool is_rest)
{
	(void)is_rest;
	text_put(text, geo_zone_name(key->zone));
}

static void put_country(struct text *text, const struct cell_key *key, bool is_rest)
{
	(void)is_rest;
	series_put_country(text, key->server_country);
}

static void put_direction(struct text *text, const struct cell_key *key, bool is_rest)
{
	(void)is_rest;
	text_put(text, record_direction_name(key->direction));
}

static void put_verdict(struct text *text, const struct cell_key *key, bool is_rest)
{
	(void)is_rest;
	text_put(text, policy_verdict_name(key->verdict));
}

static const struct {
	const char *path;
	put_value *put;
	enum day_table_part part;
} values[] = {
	{ "network.application", put_app, DAY_TABLE_PART_NONE },
	{ "borderflow.unit", put_unit, DAY_TABLE_PART_UNIT },
	{ "borderflow.class", put_class, DAY_TABLE_PART_CLASS },
	{ "borderflow.zone", put_zone, DAY_TABLE_PART_NONE },
	{ "borderflow.server_country", put_country, DAY_TABLE_PART_NONE },
	{ "borderflow.policy.verdict", put_verdict, DAY_TABLE_PART_NONE },
	{ "network.direction", put_direction, DAY_TABLE_PART_NONE },
};

enum { VALUES = sizeof(values) / sizeof(values[0]) };

struct flow_sums {
	const struct grouping *grouping;
	unsigned fields[GROUP_FIELDS_MAX]; /* places in values */
	enum day_table table;              /* of days */
	unsigned days, days_withheld;
	struct group_row *rows;
	size_t count, capacity;
	struct hash_table by_values;
	bool failed;
};

static unsigned find_value(const char *path)
{
	unsigned i = 0;

	while (i < VALUES && strcmp(values[i].path, path) != 0) {
		i++;
	}
	return i;
}

/* Sums are of bytes and packets in both directions, which do not depend on who began. */
static bool are_sums_known(const struct grouping *grouping)
{
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		const char *path = grouping_sum(grouping, i)->path;
		if (strcmp(path, "network.bytes") != 0 && strcmp(path, "network.packets") != 0) {
			return false;
		}
	}
	return true;
}

bool flow_sums_suffice(const struct grouping *grouping, const struct archive_options *options)
{
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		if (find_value(grouping_field(grouping, i)->path) == VALUES) {
			return false;
		}
	}
	return are_sums_known(grouping) && !options->whole &&
	       options->from_ns % ARCHIVE_HOUR_NS == 0 && options->to_ns % ARCHIVE_HOUR_NS == 0;
}

/* The table of parts with just these fields: a unit or class, and perhaps its apps. */
static enum day_table table_of(const struct grouping *grouping)
{
	bool is_unit = false, has_app = false;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		const char *path = grouping_field(grouping, i)->path;
		is_unit |= strcmp(path, "borderflow.unit") == 0;
		has_app |= find_value(path) < VALUES && values[find_value(path)].put == put_app;
	}
	return is_unit ? (has_app ? DAY_TABLE_UNIT_APP : DAY_TABLE_UNIT)
		       : (has_app ? DAY_TABLE_CLASS_APP : DAY_TABLE_CLASS);
}

static bool has_values(const void *rows, uint32_t place, const void *wanted)
{
	const struct group_row *row = (const struct group_row *)rows + place, *other = wanted;

	for (unsigned i = 0; i < GROUP_FIELDS_MAX && other->values[i]; i++) {
		if (strcmp(row->values[i], other->values[i]) != 0) {
			return false;
		}
	}
	return true;
}

static struct group_row *append(
	struct flow_sums *sums, const struct group_row *wanted, uint64_t hash)
{
	if (sums->count == sums->capacity) {
		size_t capacity = sums->capacity ? 2 * sums->capacity : 64;
		struct group_row *grown = realloc(sums->rows, capacity * sizeof(*grown));
		if (!grown) {
			return NULL;
		}
		sums->rows = grown;
		sums->capacity = capacity;
	}
	struct group_row *row = &sums->rows[sums->count];
	*row = (struct group_row){ .place = sums->count };
	for (unsigned i = 0; i < GROUP_FIELDS_MAX && wanted->values[i]; i++) {
		row->values[i] = strdup(wanted->values[i]);
		if (!row->values[i]) {
			return NULL;
		}
	}
	return hash_table_put(&sums->by_values, hash, (uint32_t)sums->count) ? row : NULL;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = quick_hash(hash, (unsigned char)*text);
	}
	return quick_hash(hash, 0);
}

/* Adds to the row of the values, which is made where there is none. */
static void add(struct flow_sums *sums, const struct cell_key *key, const struct cell_sums *what,
	bool is_rest)
{
	unsigned fields = grouping_field_count(sums->grouping);
	char words[GROUP_FIELDS_MAX][WORD_BYTES];
	struct group_row wanted = { .records = 0 };
	uint64_t hash = 0;

	for (unsigned i = 0; i < fields; i++) {
		struct text text;
		text_init(&text, words[i], WORD_BYTES);
		text_put(&text, "");
		values[sums->fields[i]].put(&text, key, is_rest);
		wanted.values[i] = words[i];
		hash = hash_text(hash, words[i]);
	}
	uint32_t place = hash_table_find(&sums->by_values, hash, has_values, sums->rows, &wanted);
	struct group_row *row =
		place == HASH_TABLE_NONE ? append(sums, &wanted, hash) : &sums->rows[place];
	if (!row) {
		sums->failed = true;
		return;
	}
	sums->count += place == HASH_TABLE_NONE;
	row->flows += what->flows;
	for (unsigned i = 0; i < grouping_sum_count(sums->grouping); i++) {
		bool is_bytes = strcmp(grouping_sum(sums->grouping, i)->path, "network.bytes") == 0;
		row->known |= 1u << i;
		row->lacking[i] += what->unseen_up + what->unseen_down;
		row->sums[i] += is_bytes ? what->bytes_up + what->bytes_down : what->packets;
	}
}

static void take_day(void *context, const struct archive_day_tables *day)
{
	struct flow_sums *sums = context;

	sums->days++;
	sums->days_withheld += day->tables->is_withheld;
	for (size_t i = 0; i < day->tables->count; i++) {
		const struct day_table_row *row = &day->tables->rows[i];
		if (row->table == sums->table) {
			add(sums, &row->key, &row->sums, row->is_rest);
		}
	}
}

static int create(struct flow_sums **sums, const struct grouping *grouping, struct err *err)
{
	struct flow_sums *made = calloc(1, sizeof(*made));

	*sums = made;
	if (!made) {
		return err_set(err, ENOMEM, "out of memory");
	}
	made->grouping = grouping;
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		made->fields[i] = find_value(grouping_field(grouping, i)->path);
	}
	return 0;
}

static int finish(const struct flow_sums *sums, int status, struct err *err)
{
	return status == 0 && sums->failed ? err_set(err, ENOMEM, "out of memory") : status;
}

int flow_sums_read(struct flow_sums **sums, const struct grouping *grouping,
	const struct archive_options *options, struct archive_stats *stats, struct err *err)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	int status = create(sums, grouping, err);
	size_t count = 0;

	if (status == 0) {
		status = rollup ? archive_read_cells(options, rollup, stats, err)
				: err_set(err, ENOMEM, "out of memory");
	}
	const struct cell *cells = status == 0 ? rollup_cells(rollup, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		add(*sums, &cells[i].key, &cells[i].sums, false);
	}
	rollup_destroy(rollup);
	return status < 0 ? status : finish(*sums, status, err);
}

int flow_sums_read_days(struct flow_sums **sums, const struct grouping *grouping, struct view *view,
	const struct view_access *access, struct flow_sums_days *days, struct err *err)
{
	int status = create(sums, grouping, err);

	if (status == 0) {
		(*sums)->table = table_of(grouping);
		status =
			view_ask_days(view, access, days->asked, take_day, *sums, &days->told, err);
	}
	if (status == 0) {
		days->count = (*sums)->days;
		days->withheld = (*sums)->days_withheld;
	}
	return status < 0 ? status : finish(*sums, status, err);
}

void flow_sums_close(struct flow_sums *sums)
{
	for (size_t i = 0; sums && i < sums->count; i++) {
		for (unsigned value = 0; value < GROUP_FIELDS_MAX; value++) {
			free((char *)sums->rows[i].values[value]);
		}
	}
	if (sums) {
		free(sums->rows);
		hash_table_deinit(&sums->by_values);
		free(sums);
	}
}

size_t flow_sums_rows(struct flow_sums *sums, size_t top, const struct group_row **rows)
{
	grouping_sort(sums->grouping, sums->rows, sums->count);
	*rows = sums->rows;
	return top && top < sums->count ? top : sums->count;
}
