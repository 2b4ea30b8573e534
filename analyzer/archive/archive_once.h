/* What several archives hold, once: the same flow at two sites or sensors has one id (the tenant's
 * flow key), and its parts end with the slots. Whoever reads archives one after the other asks for
 * each record whether it comes for the first time.
 *
 * Memory   a number for each record that was asked about.
 * Threads  one.
 * Failure  without memory a record comes for the first time. */
#pragma once

#include "analyzer/archive/archive_days.h"

struct archive_once;

struct archive_once *archive_once_create(void); /* NULL: out of memory */
void archive_once_destroy(struct archive_once *once);

bool archive_once_is_first(struct archive_once *once, const struct flow_record *flow);
uint64_t archive_once_again(const struct archive_once *once); /* records that were not */

/* As archive_read_days(), of one of several archives: what earlier ones held is left out (once
 * NULL: it is the only one). Made of records; where those are deleted, or were never kept, of the
 * sums that are left, as they are. */
int archive_once_read_days(struct archive_once *once, const struct archive_options *options,
	const struct archive_day_rules *rules, archive_day_taker *take, void *context,
	struct archive_stats *stats, struct err *err);

/* Cells of what is kept in sums alone, without records. */
int archive_read_sums(const struct archive_options *options,
	void (*take)(void *context, const struct cell *cell), void *context, struct err *err);
