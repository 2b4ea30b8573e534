/* Reference data: what puts words to the numbers in a record. Whoever shows or writes records gets
 * one.
 *
 * A sensor is given new facts while it runs: the contents of the struct change between two batches
 * of records, after a flush. So whoever is handed it keeps the pointer to it and not what
 * stands inside, and no row number over a flush (alerts are told, alerts_learn).
 *
 * Memory   belongs to whoever opened the parts; they outlive everybody who was handed the
 * reference.
 * Threads  read-only; the exporter's thread changes it, where it changes. */
#pragma once

struct catalogue;
struct geo;
struct policy;
struct pseudonyms;

struct reference {
	const struct catalogue *catalogue;
	const struct policy *policy;
	const struct geo *geo; /* may be NULL */
	/* Own devices become pseudonyms; NULL: their addresses are shown. */
	const struct pseudonyms *pseudonyms;
};
