#include "analyzer/format/group.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/format/field_guess.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/text.h"
#include "base/tsv.h"

enum { SUM_NAME_BYTES = 80 };

/* What groups are sorted by. */
enum group_order { BY_FIRST_SUM, BY_FLOWS, BY_RECORDS };

struct grouping {
	struct hash_key key;
	const struct field *fields[GROUP_FIELDS_MAX], *summed[GROUP_SUMS_MAX];
	char sum_names[GROUP_SUMS_MAX][SUM_NAME_BYTES];
	unsigned field_count, sum_count;
	enum group_order order;
	struct text scratch; /* the values of the record at hand, each with a NUL */
	struct group_row *rows;
	size_t count, capacity;
	struct hash_table table; /* row by its values */
	uint64_t left_out;
};

static int add_field(const struct field **fields, unsigned *count, unsigned most,
	const struct field *field, const char *what, struct err *err)
{
	for (unsigned i = 0; i < *count; i++) {
		if (fields[i] == field) {
			return err_set(err, EINVAL, "%s: %s stands there twice", what, field->path);
		}
	}
	if (*count == most) {
		return err_set(err, EINVAL, "%s: at most %u fields", what, most);
	}
	fields[(*count)++] = field;
	return 0;
}

/* The short names of filters that mean a field of either end. */
static bool is_either_end(const char *item, size_t length)
{
	return (length == 2 && memcmp(item, "ip", 2) == 0) ||
	       (length == 4 && memcmp(item, "port", 4) == 0);
}

static int find_field(const struct field **field, const char *item, size_t length, const char *what,
	struct err *err)
{
	*field = field_find(item, length);
	if (!*field && is_either_end(item, length)) {
		return err_set(err, EINVAL,
			"%s: \"%.*s\" stands for two fields, source.%.*s and destination.%.*s; "
			"name "
			"one of them or both",
			what, (int)length, item, (int)length, item, (int)length, item);
	}
	if (!*field) {
		char sentence[FIELD_GUESS_BYTES];
		return err_set(err, EINVAL, "%s: %s", what, field_guess(item, length, sentence));
	}
	return 0;
}

static int read_fields(struct grouping *grouping, const char *list, struct err *err)
{
	const struct field *field;
	const char *item;
	size_t length;
	int status = 0;

	while (status == 0 && (length = tsv_list_next(&list, &item)) > 0) {
		status = find_field(&field, item, length, "--group-by", err);
		if (status == 0) {
			status = add_field(grouping->fields, &grouping->field_count,
				GROUP_FIELDS_MAX - 1, field, "--group-by", err);
		}
	}
	if (status == 0 && grouping->field_count == 0) {
		status = err_set(err, EINVAL, "--group-by: expected at least one field");
	}
	return status;
}

/* What every group counts: true where the item is one of them. */
static bool find_count(const char *item, size_t length, enum group_order *order)
{
	if (length == 5 && memcmp(item, "flows", 5) == 0) {
		*order = BY_FLOWS;
		return true;
	}
	if (length == 7 && memcmp(item, "records", 7) == 0) {
		*order = BY_RECORDS;
		return true;
	}
	return false;
}

static int add_sum(struct grouping *grouping, const struct field *field, struct err *err)
{
	unsigned place = grouping->sum_count;
	bool is_grouped = false;
	int status;

	if (field->type != FIELD_NUMBER) {
		return err_set(err, EINVAL, "--sum: %s is not a number", field->path);
	}
	status = add_field(
		grouping->summed, &grouping->sum_count, GROUP_SUMS_MAX, field, "--sum", err);
	if (status < 0) {
		return status;
	}
	for (unsigned i = 0; i < grouping->field_count; i++) {
		is_grouped |= grouping->fields[i] == field;
	}
	snprintf(grouping->sum_names[place], SUM_NAME_BYTES, "%s%s", field->path,
		is_grouped ? ".sum" : "");
	return 0;
}

static int read_sums(struct grouping *grouping, const char *list, struct err *err)
{
	const struct field *field;
	const char *item;
	size_t length;
	unsigned items = 0;
	int status = 0;

	for (; status == 0 && (length = tsv_list_next(&list, &item)) > 0; items++) {
		enum group_order order;
		if (find_count(item, length, &order)) {
			grouping->order = items == 0 ? order : grouping->order;
			continue;
		}
		status = find_field(&field, item, length, "--sum", err);
		if (status == 0) {
			status = add_sum(grouping, field, err);
		}
	}
	if (status == 0 && items == 0) {
		status = err_set(err, EINVAL, "--sum: expected at least one field");
	}
	return status;
}

int grouping_create(
	struct grouping **grouping, const char *fields, const char *sums, struct err *err)
{
	struct grouping *created = calloc(1, sizeof(*created));
	int status;

	*grouping = NULL;
	if (!created) {
		return err_set(err, ENOMEM, "out of memory");
	}
	created->key = hash_key_random();
	text_init_heap(&created->scratch);
	status = read_fields(created, fields, err);
	if (status == 0) {
		status = read_sums(created, sums, err);
	}
	if (status < 0) {
		grouping_destroy(created);
		return status;
	}
	*grouping = created;
	return 0;
}

void grouping_destroy(struct grouping *grouping)
{
	if (!grouping) {
		return;
	}
	for (size_t i = 0; i < grouping->count; i++) {
		free((void *)grouping->rows[i].values[0]);
	}
	text_deinit(&grouping->scratch);
	free(grouping->rows);
	hash_table_deinit(&grouping->table);
	free(grouping);
}

/* The values stand one after the other in one piece of memory; the first one is its start. */
static size_t values_length(const struct grouping *grouping, const struct group_row *row)
{
	const char *last = row->values[grouping->field_count - 1];

	return (size_t)(last - row->values[0]) + strlen(last) + 1;
}

/* The values of a row, looked for. */
struct values {
	const char *bytes;
	size_t length;
};

static bool is_row(const void *grouping, uint32_t place, const void *key)
{
	const struct group_row *row = &((const struct grouping *)grouping)->rows[place];
	const struct values *values = key;

	return values_length(grouping, row) == values->length &&
	       memcmp(row->values[0], values->bytes, values->length) == 0;
}

static bool reserve_row(struct grouping *grouping)
{
	if (grouping->count < grouping->capacity) {
		return true;
	}
	size_t capacity = grouping->capacity ? 2 * grouping->capacity : 256;
	struct group_row *rows = realloc(grouping->rows, capacity * sizeof(*rows));
	if (rows) {
		grouping->rows = rows;
		grouping->capacity = capacity;
	}
	return rows != NULL;
}

static struct group_row *add_row(struct grouping *grouping, uint64_t hash, const struct values *key)
{
	bool has_room = grouping->count < GROUPS_MAX && reserve_row(grouping);
	char *copy = has_room ? malloc(key->length) : NULL;

	if (!copy || !hash_table_put(&grouping->table, hash, (uint32_t)grouping->count)) {
		free(copy);
		return NULL;
	}
	struct group_row *row = &grouping->rows[grouping->count++];
	*row = (struct group_row){ .place = grouping->count - 1 };
	memcpy(copy, key->bytes, key->length);
	for (unsigned i = 0; i < grouping->field_count; i++) {
		row->values[i] = copy;
		copy += strlen(copy) + 1;
	}
	return row;
}

static struct group_row *find_row(struct grouping *grouping, const char *values, size_t length)
{
	struct values key = { values, length };
	uint64_t hash = hash_bytes_fast(&grouping->key, values, length);
	uint32_t place = hash_table_find(&grouping->table, hash, is_row, grouping, &key);

	return place != HASH_TABLE_NONE ? &grouping->rows[place] : add_row(grouping, hash, &key);
}

void grouping_split_inferred(struct grouping *grouping)
{
	static const char path[] = "borderflow.inferred";

	for (unsigned i = 0; i < grouping->field_count; i++) {
		if (field_is_of_app(grouping->fields[i]) ||
			strcmp(grouping->fields[i]->path, path) == 0) {
			return;
		}
	}
	grouping->fields[grouping->field_count++] = field_find(path, sizeof(path) - 1);
}

/* What is only inferred never stands in one row with what has a name. */
static bool is_inferred(const struct field *field, const struct field_view *view)
{
	const struct verdict *verdict = &view->record->verdict;

	if (!verdict->inferred || !field_is_of_app(field)) {
		return false;
	}
	bool is_country = strcmp(field->path, "borderflow.control") == 0 ||
			  strstr(field->path, "_country") != NULL;
	return !(is_country && verdict_control_is_proven(verdict));
}

/* A text from the wire ends at its first NUL, so that the values stay apart. */
static void put_values(struct grouping *grouping, const struct field_view *view)
{
	text_clear(&grouping->scratch);
	for (unsigned i = 0; i < grouping->field_count; i++) {
		struct field_value value;
		const char *no_country;

		if (field_get_asked(grouping->fields[i], view, &value)) {
			field_put_text(&grouping->scratch, grouping->fields[i], &value);
			if (is_inferred(grouping->fields[i], view)) {
				text_put(&grouping->scratch, " (inferred)");
			}
		} else if ((no_country = field_no_country(grouping->fields[i], view))) {
			text_put(&grouping->scratch, no_country);
		}
		text_put_char(&grouping->scratch, '\0');
	}
}

void grouping_asks(const struct grouping *grouping, struct field_set *set)
{
	static const char *const always[] = { "event.start", "borderflow.flow.part",
		"borderflow.inferred", "borderflow.app.evidence" };

	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		field_set_add_alone(set, field_find(always[i], strlen(always[i])));
	}
	for (unsigned i = 0; i < grouping->field_count; i++) {
		field_set_add(set, grouping->fields[i]);
	}
	for (unsigned i = 0; i < grouping->sum_count; i++) {
		field_set_add(set, grouping->summed[i]);
		if (grouping_sum_is_of_both(grouping->summed[i])) {
			field_set_add_bytes(set);
		}
	}
}

bool grouping_sum_is_of_both(const struct field *field)
{
	return strcmp(field->path, "network.bytes") == 0 ||
	       strcmp(field->path, "network.packets") == 0;
}

static bool is_of_end(const struct field *field, unsigned end)
{
	const char *const name = end == 0 ? "source." : "destination.";

	return strncmp(field->path, name, strlen(name)) == 0;
}

/* Has the record all that is to be summed? */
static bool is_whole(const struct field *field, const struct field_view *view)
{
	const struct record *record = view->record;
	struct field_value value;

	if (grouping_sum_is_of_both(field)) {
		return record_knows_all_bytes(record, 0) && record_knows_all_bytes(record, 1);
	}
	for (unsigned end = 0; record->at_least && end < 2; end++) {
		if (is_of_end(field, end) && !record_knows_all_bytes(record, end)) {
			return false;
		}
	}
	return field_get(field, view, &value);
}

size_t grouping_add(struct grouping *grouping, const struct field_view *view)
{
	put_values(grouping, view);
	struct group_row *row =
		grouping->scratch.truncated
			? NULL
			: find_row(grouping, grouping->scratch.at, grouping->scratch.length);
	if (!row) {
		grouping->left_out++;
		return GROUP_NONE;
	}
	row->records++;
	row->flows += !view->as_part || view->record->flow.part == 0;
	for (unsigned i = 0; i < grouping->sum_count; i++) {
		struct field_value value;
		if (field_get(grouping->summed[i], view, &value)) {
			row->sums[i] += value.number;
			row->known |= 1u << i;
		}
		row->lacking[i] += !is_whole(grouping->summed[i], view);
	}
	return row->place;
}

unsigned grouping_field_count(const struct grouping *grouping)
{
	return grouping->field_count;
}

const struct field *grouping_field(const struct grouping *grouping, unsigned index)
{
	return grouping->fields[index];
}

unsigned grouping_sum_count(const struct grouping *grouping)
{
	return grouping->sum_count;
}

const struct field *grouping_sum(const struct grouping *grouping, unsigned index)
{
	return grouping->summed[index];
}

const char *grouping_sum_name(const struct grouping *grouping, unsigned index)
{
	return grouping->sum_names[index];
}

static uint64_t sorted_by(const struct group_row *row, enum group_order order)
{
	switch (order) {
	case BY_FLOWS:
		return row->flows;
	case BY_RECORDS:
		return row->records;
	default:
		return row->sums[0];
	}
}

static int compare_rows(const void *a, const void *b, void *sort_by)
{
	const struct group_row *one = a, *other = b;
	uint64_t one_number = sorted_by(one, *(const enum group_order *)sort_by),
		 other_number = sorted_by(other, *(const enum group_order *)sort_by);

	if (one_number != other_number) {
		return one_number > other_number ? -1 : 1;
	}
	for (unsigned i = 0; i < GROUP_FIELDS_MAX && one->values[i]; i++) {
		int order = strcmp(one->values[i], other->values[i]);
		if (order) {
			return order;
		}
	}
	return 0;
}

size_t grouping_rows(struct grouping *grouping, size_t top, const struct group_row **rows)
{
	if (grouping->count > 0) {
		qsort_r(grouping->rows, grouping->count, sizeof(*grouping->rows), compare_rows,
			&grouping->order);
	}
	*rows = grouping->rows;
	return top > 0 && top < grouping->count ? top : grouping->count;
}

void grouping_sort(const struct grouping *grouping, struct group_row *rows, size_t count)
{
	enum group_order order = grouping->order;

	if (count > 0) { /* rows of none may be NULL */
		qsort_r(rows, count, sizeof(*rows), compare_rows, &order);
	}
}

size_t grouping_count(const struct grouping *grouping)
{
	return grouping->count;
}

uint64_t grouping_left_out(const struct grouping *grouping)
{
	return grouping->left_out;
}
