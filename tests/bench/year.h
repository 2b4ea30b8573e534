/* A year of a municipality, as records behind the ring: twelve units, 800 devices, a few hundred
 * apps and servers, by the hours and weekdays of an office; and the truth of what it adds up to.
 *
 * Threads  one. Memory: the tables of who and where; a record at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/format/record_labels.h"

enum { YEAR_UNITS = 12, YEAR_DEVICES = 800, YEAR_MONTHS = 12, YEAR_ZONES = 8 };

/* 2025-12-31T23:00Z: midnight in Oslo. */
#define YEAR_FROM_NS (UINT64_C(1767222000) * UINT64_C(1000000000))

struct year_sum {
	uint64_t flows, bytes;
};

struct year;

/* So many records in so many days. NULL: no memory. */
struct year *year_create(uint64_t records, unsigned days, uint64_t seed);
void year_destroy(struct year *year);

/* The next record, in order of time; false at the end. Labels are the year's. */
bool year_next(struct year *year, struct record *record, struct record_labels *labels);

/* What was handed out so far, by local month (Europe/Oslo) and zone. */
const struct year_sum *year_truth(const struct year *year, unsigned month, unsigned zone);
