#include "dashboards/report/report_table.h"

#include <stdlib.h>
#include <string.h>

struct report_column report_column(const struct report_table_type *type, unsigned column)
{
	struct report_column parsed = { .key = type->columns[column] };

	if (*parsed.key == '~') {
		parsed.is_for_files = true;
		parsed.key++;
	}
	if (*parsed.key == '>') {
		parsed.is_number = true;
		parsed.key++;
	}
	return parsed;
}

void report_table_fill(struct report_table *table, const struct report_table_type *type,
	const struct report_model *model)
{
	*table = (struct report_table){ .type = type };
	while (type->columns[table->column_count]) {
		table->column_count++;
	}
	type->fill(table, model);
}

void report_table_deinit(struct report_table *table)
{
	for (size_t i = 0; i < table->text_count; i++) {
		free(table->texts[i]);
	}
	free(table->texts);
	free(table->rows);
	*table = (struct report_table){ 0 };
}

void report_row(struct report_table *table, enum report_row_kind kind)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 16;
		struct report_row *rows = realloc(table->rows, capacity * sizeof(*rows));
		if (!rows) {
			table->is_short = true;
			table->filled = REPORT_COLUMNS_MAX;
			return;
		}
		table->rows = rows;
		table->capacity = capacity;
	}
	table->rows[table->count] = (struct report_row){ .kind = (uint8_t)kind };
	table->count++;
	table->filled = 0;
}

void report_put(struct report_table *table, struct report_value value)
{
	if (table->count > 0 && table->filled < REPORT_COLUMNS_MAX) {
		table->rows[table->count - 1].values[table->filled] = value;
		table->filled++;
	}
}

void report_put_none(struct report_table *table)
{
	report_put(table, (struct report_value){ .kind = VALUE_NONE });
}

void report_put_text(struct report_table *table, const char *text)
{
	report_put(table, (struct report_value){ .kind = text && text[0] ? VALUE_TEXT : VALUE_NONE,
				  .text = text });
}

void report_put_copy(struct report_table *table, const char *text)
{
	char **texts = realloc(table->texts, (table->text_count + 1) * sizeof(*texts));
	char *copy = texts ? strdup(text) : NULL;

	table->texts = texts ? texts : table->texts;
	if (copy) {
		table->texts[table->text_count] = copy;
		table->text_count++;
	}
	table->is_short |= !copy;
	report_put_text(table, copy);
}

void report_put_word(struct report_table *table, const char *prefix, const char *text)
{
	report_put(
		table, (struct report_value){ .kind = VALUE_WORD, .prefix = prefix, .text = text });
}

static void put_item(struct report_table *table, enum report_value_kind kind, uint16_t item)
{
	report_put(table,
		(struct report_value){ .kind = (uint8_t)kind, .item_count = 1, .items = { item } });
}

void report_put_app(struct report_table *table, uint16_t app)
{
	put_item(table, VALUE_APP, app);
}

void report_put_owner(struct report_table *table, uint16_t app)
{
	put_item(table, app ? VALUE_OWNER : VALUE_NONE, app);
}

void report_put_country(struct report_table *table, const char *code)
{
	char letters[3] = { 0 };

	memcpy(letters, code, strnlen(code, 2));
	put_item(table, VALUE_COUNTRY, cell_country(letters));
}

void report_put_count(struct report_table *table, uint64_t number)
{
	report_put(table, report_count(number));
}

static void put_moment(struct report_table *table, enum report_value_kind kind, uint64_t time_ns)
{
	report_put(table,
		(struct report_value){ .kind = time_ns ? kind : VALUE_NONE, .number = time_ns });
}

void report_put_date(struct report_table *table, uint64_t time_ns)
{
	put_moment(table, VALUE_DATE, time_ns);
}

void report_put_since(struct report_table *table, uint64_t first_ns)
{
	put_moment(table, VALUE_SINCE, first_ns);
}

void report_put_until(struct report_table *table, uint64_t last_ns)
{
	put_moment(table, VALUE_UNTIL, last_ns);
}

void report_put_month(struct report_table *table, uint64_t time_ns)
{
	report_put(table, (struct report_value){ .kind = VALUE_MONTH, .number = time_ns });
}

static void put_part(struct report_table *table, const char *name, bool is_other, const char *other)
{
	if (is_other) {
		report_put_word(table, "row", other);
	} else if (name[0]) {
		report_put_text(table, name);
	} else {
		report_put_word(table, "row", "any_unit");
	}
}

void report_put_unit(struct report_table *table, uint16_t unit)
{
	put_part(table, report_model_unit(unit, ""), unit == REPORT_OTHER_PARTS, "other_units");
}

void report_put_class(struct report_table *table, uint16_t class_)
{
	if (class_ == REPORT_OTHER_PARTS) {
		report_put_word(table, "row", "other_classes");
	} else {
		report_put_text(table, report_model_class(class_, ""));
	}
}

bool report_is_others(const struct report_value *part)
{
	return part->kind == VALUE_WORD &&
	       (strcmp(part->text, "other_units") == 0 || strcmp(part->text, "other_classes") == 0);
}

void report_put_figure(
	struct report_table *table, const struct report_model *model, struct report_value value)
{
	if (report_model_hides(model)) {
		value = (struct report_value){ .kind = VALUE_HIDDEN };
	}
	report_put(table, value);
}

struct report_value report_sent(const struct report_model *model, uint64_t bytes)
{
	bool is_whole = overview_total(model->overview).way_up == CELL_WAY_KNOWN;

	return report_way(bytes, !is_whole && bytes == 0 ? CELL_WAY_UNKNOWN : CELL_WAY_KNOWN);
}

void report_put_sums(struct report_table *table, const struct report_model *model,
	const struct overview_row *row)
{
	struct report_devices counted = report_model_devices(model, row);
	struct report_value devices = { .kind = VALUE_DEVICES,
		.number = counted.number,
		.is_at_least = counted.is_at_least,
		.is_estimated = counted.is_estimated };

	report_put_figure(table, model, report_way(row->bytes_up, row->way_up));
	report_put_figure(table, model, report_way(row->bytes_down, row->way_down));
	struct report_value flows = report_count(row->flows);
	flows.is_at_least = row->flows_at_least;
	report_put_figure(table, model, flows);
	bool is_told = report_model_shows_count(model, row);
	if (!report_model_counts_devices(model) ||
		(!is_told && !report_model_shows_few(model, row))) {
		devices = (struct report_value){ .kind = VALUE_HIDDEN };
	} else if (!is_told) {
		devices = (struct report_value){
			.kind = VALUE_DEVICES, .number = model->group_minimum, .is_fewer = true
		};
	}
	report_put(table, devices);
}

struct sorted_row {
	struct report_row row;
	uint64_t number;
	bool is_others;
	size_t place;
};

static int compare_sorted(const void *a, const void *b)
{
	const struct sorted_row *left = a, *right = b;

	if (left->is_others != right->is_others) {
		return left->is_others ? 1 : -1;
	}
	if (left->number != right->number) {
		return left->number > right->number ? -1 : 1;
	}
	return (left->place > right->place) - (left->place < right->place);
}

void report_sort_parts(struct report_table *table, unsigned column)
{
	struct sorted_row *rows = calloc(table->count + 1, sizeof(*rows));

	for (size_t i = 0; rows && i < table->count; i++) {
		const struct report_value *part = &table->rows[i].values[0];
		rows[i] = (struct sorted_row){ .row = table->rows[i],
			.number = table->rows[i].values[column].number,
			.is_others = part->kind == VALUE_WORD,
			.place = i };
	}
	if (rows && table->count > 1) {
		qsort(rows, table->count, sizeof(*rows), compare_sorted);
	}
	for (size_t i = 0; rows && i < table->count; i++) {
		table->rows[i] = rows[i].row;
	}
	free(rows);
}

void report_value_add_item(struct report_value *value, uint16_t item)
{
	for (unsigned i = 0; i < value->item_count; i++) {
		if (value->items[i] == item) {
			return;
		}
	}
	if (value->item_count < REPORT_ITEMS_MAX) {
		value->items[value->item_count] = item;
		value->item_count++;
	}
}
