/* Groups of records as a person or a program asked for them: one JSON object a line, CSV, a table.
 *
 * Threads  one at a time. */
#pragma once

#include "analyzer/format/group.h"
#include "base/text.h"
#include "dashboards/report/table.h"

/* Did a part of what is summed not cross the sensor? CSV has no place to say so. */
bool group_has_at_least(const struct grouping *grouping, const struct group_row *row);

void group_put_json(
	struct text *text, const struct grouping *grouping, const struct group_row *row);

void group_put_csv_header(struct text *text, const struct grouping *grouping);
void group_put_csv(struct text *text, const struct grouping *grouping, const struct group_row *row);

/* Headings are the short names, as a person would type them. False: out of memory. */
bool group_table_init(struct table *table, const struct grouping *grouping);
void group_put_table_row(
	struct table *table, const struct grouping *grouping, const struct group_row *row);
