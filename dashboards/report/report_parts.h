/* Lists of rows that each have a part of the body (a unit, a class) and sums, and agree in lines
 * but for the part. Inside of report_parts*.c. */
#pragma once

#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/day_tables.h"
#include "base/hash_table.h"
#include "dashboards/report/report_model.h"

struct part_rows {
	char *rows;
	size_t count, row_bytes, part_at, total_at;
	uint64_t (*line_key)(const void *row);
	enum symbol_kind kind; /* of the part */
	/* The table of days that speaks of them, and the row that such a key is of. */
	enum day_table table;
	void (*put_key)(void *row, const struct cell_key *key);
};

static inline struct overview_row *part_total(const struct part_rows *list, size_t place)
{
	return (void *)(list->rows + place * list->row_bytes + list->total_at);
}

static inline uint16_t part_at(const struct part_rows *list, const void *row)
{
	uint16_t part;

	memcpy(&part, (const char *)row + list->part_at, sizeof(part));
	return part;
}

/* Lines by their first rows. */
uint32_t part_line_of(struct hash_table *lines, const struct part_rows *list, uint32_t place);

/* The same rows as the tables of their days show them, and what is left of each line in one row of
 * the part REPORT_OTHER_PARTS. Makes list->rows anew. How many; 0 where memory is out. */
size_t part_rows_by_days(const struct report_model *model, struct part_rows *list);

/* Is all that the rule met in the unit shown, on each of the days? */
bool part_is_whole(const struct report_model *model, uint16_t rule, uint16_t unit);

/* Places (unit and zone) that are wholly shown. */
bool part_place_is_whole(const struct report_model *model, const struct overview_place *place);
