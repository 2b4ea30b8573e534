/* The report, written: in a folder
 *
 *     report.<language>.html     a page that stands alone and prints, in each language
 *     report.json                the same tables for programs (docs/report.md has the schema)
 *     csv/<language>/<table>.csv every row of every table, for spreadsheets of that language
 *     figures.tsv                every figure, one a line: what editions are compared by
 *
 * A report of a period is issued once: what stands in the folder is never written over. Where
 * figures have changed since, the next edition goes to edition-2, edition-3 … below it, with a list
 * of what changed and why; where none has, nothing is written. A run (analyze) has no editions.
 *
 * The same model gives the same bytes. Numbers of devices below the policy's k are suppressed, and
 * addresses of devices never appear. */
#pragma once

#include <limits.h>

#include "analyzer/messages/messages.h"
#include "base/err.h"
#include "dashboards/report/report_model.h"

struct report_options {
	const char *folder;
	const char *language; /* of the pages; NULL: all */
};

struct report_written {
	char folder[PATH_MAX]; /* of the edition that holds now */
	unsigned edition;
	bool is_unchanged; /* it stood there before */
	size_t changes;
};

/* 0 or -errno. written may be NULL. */
int report_write(const struct report_options *options, const struct report_model *model,
	struct report_written *written, struct err *err);

/* Of a policy's history the version that was in force at the period's end. */
const struct policy *report_policy_of(
	const struct report_model *model, const struct policy *latest);

/* The parts of it, into text. css: the style sheet's content. */
void report_put_html(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *css);
void report_put_json(struct text *text, const struct report_model *model);
struct report_table;
void report_put_csv(struct text *text, const struct report_table *table,
	const struct report_model *model, const struct messages *messages);

/* What the headline says after "outside the EU/EEA": zone by zone, the largest services behind
 * each, and what went nobody knows where. */
void report_put_destinations(
	struct text *text, const struct report_model *model, const struct messages *messages);

/* The databases of countries, each with its date and age; false where there are none. */
bool report_put_geo_data(
	struct text *text, const struct report_model *model, const struct messages *messages);
