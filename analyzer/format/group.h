/* Sums over records by the values of some fields: "bytes by app and country, the ten largest".
 *
 * An app that is only inferred makes a group of its own, "tiktok (inferred)", and so do its
 * category, owner, countries and control. Where the records were chosen by what their app is,
 * grouping_split_inferred() keeps the two apart in groups by other fields, too.
 *
 * Memory   grows with the number of different groups, at most GROUPS_MAX; records of further ones
 *          are counted as left out.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/field_set.h"
#include "base/err.h"

enum { GROUP_FIELDS_MAX = 5, GROUP_SUMS_MAX = 4, GROUPS_MAX = 1000000 };

#define GROUP_NONE SIZE_MAX

struct group_row {
	/* As text; "" where records have none, but of countries. */
	const char *values[GROUP_FIELDS_MAX];
	size_t place;            /* in order of first sight */
	uint64_t records, flows; /* flows: those whose first part is among the records */
	uint64_t sums[GROUP_SUMS_MAX];
	uint64_t lacking[GROUP_SUMS_MAX]; /* records that had nothing for it, or one way alone */
	uint32_t known;                   /* bits of the sums that some records had */
};

struct grouping;

/* Both lists (at most GROUP_FIELDS_MAX - 1 and GROUP_SUMS_MAX) are comma-separated paths or short
 * names, none of them twice; what is summed must be numbers. "flows" and "records" may stand among
 * the sums: they are counted in any case, and sorted by where they stand first. The error says what
 * was expected. */
int grouping_create(
	struct grouping **grouping, const char *fields, const char *sums, struct err *err);
void grouping_destroy(struct grouping *grouping);

/* Adds the field borderflow.inferred where no field of the groups speaks of the app. Before the
 * first record. */
void grouping_split_inferred(struct grouping *grouping);

/* The place of the record's row, or GROUP_NONE where it was left out. */
size_t grouping_add(struct grouping *grouping, const struct field_view *view);

unsigned grouping_field_count(const struct grouping *grouping);
const struct field *grouping_field(const struct grouping *grouping, unsigned index);
unsigned grouping_sum_count(const struct grouping *grouping);
const struct field *grouping_sum(const struct grouping *grouping, unsigned index);

/* Adds all fields that grouping_add() looks at. */
void grouping_asks(const struct grouping *grouping, struct field_set *set);

/* Is it of what went both ways? */
bool grouping_sum_is_of_both(const struct field *field);

/* What a sum is called where records are written: the field's path, with ".sum" behind it where the
 * groups are made by the same field. */
const char *grouping_sum_name(const struct grouping *grouping, unsigned index);

/* Sorted by the first of the sums, largest first, then by value; ends the adding. At most `top`
 * rows, 0: all. */
size_t grouping_rows(struct grouping *grouping, size_t top, const struct group_row **rows);
/* In the order of grouping_rows(). */
void grouping_sort(const struct grouping *grouping, struct group_row *rows, size_t count);
size_t grouping_count(const struct grouping *grouping);
uint64_t grouping_left_out(const struct grouping *grouping); /* records */
