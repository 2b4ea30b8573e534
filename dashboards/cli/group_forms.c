#include "dashboards/cli/group_forms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/rollup/cell.h"
#include "base/text.h"

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), end_length = strlen(end);

	return length > end_length && strcmp(path + length - end_length, end) == 0;
}

static bool is_size(const struct field *field)
{
	return ends_with(field->path, ".bytes");
}

/* May a part of it not have crossed the sensor? Other fields not every record has. */
static bool is_traffic(const struct field *field)
{
	return is_size(field) || ends_with(field->path, ".packets");
}

/* What no record of the row has is no zero, nor is nothing beside what is not known. */
static enum cell_way worth_of(
	const struct grouping *grouping, const struct group_row *row, unsigned sum)
{
	bool is_known = row->known >> sum & 1;

	if (!is_known || (row->lacking[sum] > 0 && row->sums[sum] == 0)) {
		return CELL_WAY_UNKNOWN;
	}
	return is_traffic(grouping_sum(grouping, sum))
		       ? cell_way_of(row->sums[sum], row->lacking[sum], row->flows)
		       : CELL_WAY_KNOWN;
}

bool group_has_at_least(const struct grouping *grouping, const struct group_row *row)
{
	bool has_one = false;

	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		has_one |= worth_of(grouping, row, i) == CELL_WAY_AT_LEAST;
	}
	return has_one;
}

void group_put_json(struct text *text, const struct grouping *grouping, const struct group_row *row)
{
	text_put(text, "{");
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_printf(text, "\"%s\":\"", grouping_field(grouping, i)->path);
		text_put_json(text, row->values[i], strlen(row->values[i]));
		text_put(text, "\",");
	}
	text_printf(text, "\"flows\":%" PRIu64 ",\"records\":%" PRIu64, row->flows, row->records);
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		text_printf(text, ",\"%s\":", grouping_sum_name(grouping, i));
		enum cell_way worth = worth_of(grouping, row, i);
		if (worth == CELL_WAY_UNKNOWN) {
			text_put(text, "null");
			continue;
		}
		text_put_u64(text, row->sums[i]);
		if (worth == CELL_WAY_AT_LEAST) {
			text_printf(text, ",\"%s_at_least\":true", grouping_sum_name(grouping, i));
		}
	}
	text_put(text, "}\n");
}

void group_put_csv_header(struct text *text, const struct grouping *grouping)
{
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_printf(text, "%s,", grouping_field(grouping, i)->path);
	}
	text_put(text, "flows,records");
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		text_printf(text, ",%s", grouping_sum_name(grouping, i));
	}
	text_put(text, "\r\n");
}

void group_put_csv(struct text *text, const struct grouping *grouping, const struct group_row *row)
{
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_put_csv(text, row->values[i], strlen(row->values[i]));
		text_put_char(text, ',');
	}
	text_printf(text, "%" PRIu64 ",%" PRIu64, row->flows, row->records);
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		text_put_char(text, ',');
		if (worth_of(grouping, row, i) != CELL_WAY_UNKNOWN) {
			text_put_u64(text, row->sums[i]);
		}
	}
	text_put(text, "\r\n");
}

static void put_sum(struct table *table, unsigned column, const struct field *field, uint64_t sum,
	enum cell_way worth)
{
	char memory[32];
	struct text number;

	text_init(&number, memory, sizeof(memory));
	if (is_size(field)) {
		text_put_size(&number, sum);
	} else {
		text_put_grouped(&number, sum, ",");
	}
	if (worth == CELL_WAY_UNKNOWN) {
		table_cell(table, column, is_traffic(field) ? "?" : "-");
	} else {
		table_cell(table, column, "%s%s", worth == CELL_WAY_AT_LEAST ? ">=" : "", memory);
	}
}

void group_put_table_row(
	struct table *table, const struct grouping *grouping, const struct group_row *row)
{
	unsigned column = 0;

	table_row(table);
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		table_cell_escaped(table, column++, row->values[i][0] ? row->values[i] : "-");
	}
	table_cell_count(table, column++, row->flows);
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		put_sum(table, column++, grouping_sum(grouping, i), row->sums[i],
			worth_of(grouping, row, i));
	}
}

bool group_table_init(struct table *table, const struct grouping *grouping)
{
	char memory[GROUP_SUMS_MAX][64];
	const char *headings[GROUP_FIELDS_MAX + GROUP_SUMS_MAX + 2];
	unsigned count = 0;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		const struct field *field = grouping_field(grouping, i);
		headings[count++] = field->alias ? field->alias : field->path;
	}
	headings[count++] = ">flows";
	for (unsigned i = 0; i < grouping_sum_count(grouping); i++) {
		const struct field *field = grouping_sum(grouping, i);
		bool is_grouped = strcmp(field->path, grouping_sum_name(grouping, i)) != 0;
		snprintf(memory[i], sizeof(memory[i]), ">%s%s", is_grouped ? "sum of " : "",
			field->alias ? field->alias : field->path);
		headings[count++] = memory[i];
	}
	headings[count] = NULL;
	return table_init(table, headings);
}
