/* Runs: records on their way from a worker to the exporter, each run with the reference data that
 * is theirs.
 *
 *     worker     records = runs_reserve(runs, most, &room);    fill some
 *                runs_publish(runs, reference, mark, count);
 *     exporter   records = runs_take(runs, most, &reference, &mark, &count, wait_ns);    use them
 *                runs_release(runs, count);
 *
 * Between the two any number of helpers may take runs out of turn and enrich them where they lie:
 *
 *     helper     while (runs_help(runs)) { }
 *
 * Records are filled, enriched and used where they lie. What was published run by run is taken
 * together where it lies together and is of one snapshot and one mark, so that the exporter's
 * batches stay large. It comes in the order in which it was published, whoever helped. The mark is
 * the worker's: how much else it had handed over before.
 *
 * Memory   taken once. A run holds its snapshot until it is released.
 * Threads  one worker, one exporter, helpers; each sleeps while there is nothing for it.
 * Failure  none after creation; waits are counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"

struct runs;

struct runs *runs_create(size_t record_count); /* NULL: out of memory */
void runs_destroy(struct runs *runs);

struct record *runs_reserve(struct runs *runs, size_t most, size_t *room);
void runs_publish(
	struct runs *runs, const struct reference *reference, uint64_t mark, size_t count);
void runs_close(struct runs *runs); /* nothing follows */

/* Enriches a run that nobody has begun with, or waits for one; false where nothing will follow. */
bool runs_help(struct runs *runs);

/* Enriched, by whomever. NULL with *count 0: the time is up, or, when runs_are_finished(), nothing
 * will follow. */
struct record *runs_take(struct runs *runs, size_t most, const struct reference **reference,
	uint64_t *mark, size_t *count, uint64_t wait_ns);
void runs_release(struct runs *runs, size_t count);
bool runs_are_finished(const struct runs *runs);

/* Any thread: how many records wait, whether they are more than a quarter of the room, how often
 * the worker had to wait. */
size_t runs_depth(const struct runs *runs);
bool runs_are_behind(const struct runs *runs);
bool runs_are_many(const struct runs *runs); /* the room is half full, of records or of runs */
uint64_t runs_writer_waits(const struct runs *runs);
