/* A value of a table (report_table.h), written: for a reader, for a spreadsheet, for a program. */
#pragma once

#include "base/json.h"
#include "base/text.h"
#include "dashboards/report/report_table.h"

/* Is the time of the day said, beside the day? */
bool report_value_has_time(const struct report_value *value, const struct report_model *model);

/* As the reader's language writes it: "12,4 MB", "Kina", "< 5". Not escaped. */
void report_value_put(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages);

/* For a spreadsheet of the reader's language: whole bytes, its decimals, its dates; texts in
 * quotes, and those that a spreadsheet would run, or take for a number or a date, behind an
 * apostrophe. */
void report_value_put_csv(struct text *text, const struct report_value *value,
	const struct report_model *model, const struct messages *messages);

/* For programs: numbers of bytes, codes of countries, ids of apps, dates as ISO 8601. What may not
 * be said is no member. */
void report_value_put_json(struct json *json, const char *key, const struct report_value *value,
	const struct report_model *model);

/* The same as one word, for the list of every figure. */
void report_value_put_plain(
	struct text *text, const struct report_value *value, const struct report_model *model);
