/* Reference data: what puts words to the numbers in a record, as one immutable snapshot.
 *
 * A run of records is handed on together with the snapshot that it was enriched with, and whoever
 * gets the run looks there. A reload makes a new snapshot beside the old one, all of it or nothing;
 * it comes with later runs, and the old one is closed when the last holder lets go. What is kept
 * from run to run holds symbols (symbols.h), which mean the same in all of them.
 *
 * Memory   whoever keeps the pointer beyond the call that brought it acquires it, and releases it.
 *          A value of a caller's own, with no holders, is not counted: it outlives everybody who
 *          was handed it.
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct catalogue;
struct geo;
struct inventory;
struct messages;
struct policy;
struct pseudonyms;
struct reference_holders;

struct reference {
	const struct catalogue *catalogue;
	const struct policy *policy;
	const struct geo *geo;             /* may be NULL */
	const struct inventory *inventory; /* may be NULL: nothing is known of enrolled devices */
	const struct messages
		*messages; /* in the language of its readers; NULL: keys stand for them */
	/* Own devices become pseudonyms; NULL: their addresses are shown. */
	const struct pseudonyms *pseudonyms;
	/* Of a sensor: single devices are kept under pseudonyms and on stated grounds, or not at
	 * all (device_detail.h). */
	bool is_sensor;
	uint64_t version;                  /* of the process: another one for each snapshot */
	struct reference_holders *holders; /* NULL: not counted */
};

/* A snapshot with one holder, the caller. close gets the parts when the last one lets go. NULL: out
 * of memory, and the parts are still the caller's. */
const struct reference *reference_create(
	const struct reference *parts, void (*close)(const struct reference *parts));

/* The same again; NULL for NULL. */
const struct reference *reference_acquire(const struct reference *reference);
void reference_release(const struct reference *reference);
