/* The second column of a pack: a fact and its marks, "suffix:weak" or
 * "parent:from=2026-01-22:region=US".
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FACT_REGION_BYTES = 4 };

/* Which marks a fact may bear. */
enum fact_mark_set {
	FACT_MARKS_RULE = 1 << 0,    /* embedded, weak, hides, hides-relay, hides-lookups, region */
	FACT_MARKS_NETWORK = 1 << 1, /* shared, weak, embedded */
	FACT_MARKS_PERIOD = 1 << 2   /* from, to, region */
};

struct fact_marks {
	bool embedded, weak, shared;
	uint8_t hides;                  /* enum app_hides */
	bool is_plain;                  /* none of those below is given */
	uint64_t from_ns, to_ns;        /* holds from the first and before the second */
	char region[FACT_REGION_BYTES]; /* "US", "EEA"; "" everywhere */
};

/* How much of the word is the fact itself. */
size_t fact_word_length(const char *word);

/* The marks behind it. False at one that is not understood or not among allowed; *wrong then points
 * at it. */
bool fact_marks_parse(
	const char *word, unsigned allowed, struct fact_marks *marks, const char **wrong);
