/* Every figure of a report, one a line, by table, row and column: what editions are held against
 * each other by.
 *
 *     table <tab> row <tab> column <tab> value
 *
 * Of a report that was issued nothing is made again in silence. When the same period is reported
 * once more and figures have changed, the next edition stands beside it and lists them, with what
 * they changed for: records that came late, another policy, catalogue or geo data.
 *
 * Memory   the caller's to free. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "dashboards/report/report_model.h"

struct report_change {
	const char *table, *row, *column;
	const char *before, *now; /* "" not there */
};

enum report_cause {
	CAUSE_RECORDS, /* of an archive */
	CAUSE_POLICY,
	CAUSE_CATALOGUE,
	CAUSE_GEO,
	CAUSE_DESK, /* alerts were worked on */
	CAUSE_COUNT
};

struct report_changes {
	char *old_lines, *new_lines; /* what the changes point into */
	struct report_change *items;
	size_t count, capacity;
	bool causes[CAUSE_COUNT];
};

void report_put_figures(struct text *text, const struct report_model *model);

/* What differs in the figures of two editions. What the report rests on (archives, data in force)
 * is no figure, but a cause. 0 or -ENOMEM. */
int report_compare_figures(struct report_changes *changes, const char *old_figures,
	const char *new_figures, struct err *err);
void report_changes_free(struct report_changes *changes);
