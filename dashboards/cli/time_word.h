/* A time as a person types it: "2026-03-31", "2026-03-31T10:15", with or without an offset; "now",
 * "today", "yesterday" (when the day began), or how long ago: "90m", "24h", "7d".
 *
 * Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/local_time.h"

#define TIME_WORD_EXPECTED                                                                         \
	"a time such as 2026-03-31, 2026-03-31T10:15:00Z, yesterday, or how long ago: 24h, 7d"

/* zone: whose clock; NULL: UTC. */
bool time_word_parse(
	const char *text, const struct local_zone *zone, uint64_t now_ns, uint64_t *time_ns);

/* The same of an end, which time is up to: where the clock shows it twice, in autumn, the first
 * time begins what is asked for and the second one ends it. */
bool time_word_parse_end(
	const char *text, const struct local_zone *zone, uint64_t now_ns, uint64_t *time_ns);

/* "90m", "24h", "7d", "2w" */
bool time_word_parse_span(const char *text, uint64_t *span_ns);
