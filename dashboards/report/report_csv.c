/* A table for spreadsheets of the reader's language: a byte order mark, since some take a file
 * without it for another encoding; the separator, decimals and dates of the language. */
#include <string.h>

#include "dashboards/report/report.h"
#include "dashboards/report/report_value.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void report_put_csv(struct text *text, const struct report_table *table,
	const struct report_model *model, const struct messages *messages)
{
	const char *separator = messages_get(messages, "list_separator_in_files");

	text_put(text, BYTE_ORDER_MARK);
	for (unsigned i = 0; i < table->column_count; i++) {
		struct report_column column = report_column(table->type, i);
		struct report_value heading = {
			.kind = VALUE_WORD, .prefix = "column", .text = column.key
		};
		text_put(text, i > 0 ? separator : "");
		report_value_put_csv(text, &heading, model, messages);
	}
	text_put(text, "\r\n");
	for (size_t row = 0; row < table->count; row++) {
		for (unsigned i = 0; i < table->column_count; i++) {
			text_put(text, i > 0 ? separator : "");
			report_value_put_csv(text, &table->rows[row].values[i], model, messages);
		}
		text_put(text, "\r\n");
	}
}
