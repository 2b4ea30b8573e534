/* The lexicon: what puts words to the numbers in a record. Whoever shows or writes records gets
 * one.
 *
 * Memory   belongs to whoever opened the parts; they outlive everybody who was handed the lexicon.
 * Threads  read-only. */
#pragma once

struct catalogue;
struct geo;
struct policy;
struct pseudonyms;

struct lexicon {
	const struct catalogue *catalogue;
	const struct policy *policy;
	const struct geo *geo; /* may be NULL */
	/* Own devices become pseudonyms; NULL: their addresses are shown. */
	const struct pseudonyms *pseudonyms;
};
