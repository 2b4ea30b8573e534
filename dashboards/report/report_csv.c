/* A table for spreadsheets of the reader's language: a byte order mark, since some take a file
 * without it for another encoding; the separator, decimals and dates of the language. */
#include <string.h>

#include "dashboards/report/report.h"
#include "dashboards/report/report_value.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static bool is_floor(const struct report_value *value)
{
	return value->is_at_least && (value->kind == VALUE_BYTES || value->kind == VALUE_COUNT);
}

static bool has_floors(const struct report_table *table)
{
	for (size_t row = 0; row < table->count; row++) {
		for (unsigned i = 0; i < table->column_count; i++) {
			if (is_floor(&table->rows[row].values[i])) {
				return true;
			}
		}
	}
	return false;
}

static void put_heading(struct text *text, const char *key, const struct report_model *model,
	const struct messages *messages)
{
	struct report_value heading = { .kind = VALUE_WORD, .prefix = "column", .text = key };

	report_value_put_csv(text, &heading, model, messages);
}

/* Which numbers of the row are so much or more: they stay numbers, so that they add up. */
static void put_floors(struct text *text, const struct report_table *table, size_t row,
	const struct report_model *model, const struct messages *messages)
{
	struct text names;

	text_init_heap(&names);
	for (unsigned i = 0; i < table->column_count; i++) {
		if (is_floor(&table->rows[row].values[i])) {
			text_put(&names, names.length > 0 ? ", " : "");
			text_put(&names, messages_get2(messages, "column",
						 report_column(table->type, i).key));
		}
	}
	struct report_value value = { .kind = VALUE_TEXT, .text = names.at };
	if (names.length > 0) {
		report_value_put_csv(text, &value, model, messages);
	}
	text_deinit(&names);
}

void report_put_csv(struct text *text, const struct report_table *table,
	const struct report_model *model, const struct messages *messages)
{
	const char *separator = messages_get(messages, "list_separator_in_files");

	bool is_floored = has_floors(table);

	text_put(text, BYTE_ORDER_MARK);
	for (unsigned i = 0; i < table->column_count; i++) {
		text_put(text, i > 0 ? separator : "");
		put_heading(text, report_column(table->type, i).key, model, messages);
	}
	if (is_floored) {
		text_put(text, separator);
		put_heading(text, "at_least", model, messages);
	}
	text_put(text, "\r\n");
	for (size_t row = 0; row < table->count; row++) {
		for (unsigned i = 0; i < table->column_count; i++) {
			text_put(text, i > 0 ? separator : "");
			report_value_put_csv(text, &table->rows[row].values[i], model, messages);
		}
		if (is_floored) {
			text_put(text, separator);
			put_floors(text, table, row, model, messages);
		}
		text_put(text, "\r\n");
	}
}
