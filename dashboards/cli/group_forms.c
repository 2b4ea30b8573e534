#include "dashboards/cli/group_forms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What no record of the row has is no zero, nor is nothing beside what is not known. */
static bool is_known(const struct group_row *row, unsigned sum)
{
	bool has_all = !(row->absent >> sum & 1);

	return (row->known >> sum & 1) && (has_all || row->sums[sum] > 0);
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
		if (is_known(row, i)) {
			text_put_u64(text, row->sums[i]);
		} else {
			text_put(text, "null");
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
		if (is_known(row, i)) {
			text_put_u64(text, row->sums[i]);
		}
	}
	text_put(text, "\r\n");
}

static bool is_size(const struct field *field)
{
	size_t length = strlen(field->path);

	return length > 5 && strcmp(field->path + length - 5, "bytes") == 0;
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
		if (!is_known(row, i)) {
			table_cell(table, column++, "-");
		} else if (is_size(grouping_sum(grouping, i))) {
			table_cell_size(table, column++, row->sums[i]);
		} else {
			table_cell_count(table, column++, row->sums[i]);
		}
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
