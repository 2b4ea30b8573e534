/* Time as a value: nanoseconds since 1970-01-01 UTC, unsigned.
 *
 * Only run loops ask what time it is; everything below them gets now_ns as an argument. Civil dates
 * are the proleptic Gregorian calendar in UTC, good for every uint64_t. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Meters and flow parts are cut at five-minute slots of UTC. */
#define SLOT_NS (300 * NS_PER_S)

/* CLOCK_REALTIME and CLOCK_MONOTONIC. */
uint64_t clock_now_ns(void);
uint64_t clock_monotonic_ns(void);

/* "2026-03-31T10:15:00.123456789Z"; always CLOCK_TEXT_LENGTH characters and a NUL. Returns the
 * length. */
enum { CLOCK_TEXT_LENGTH = 30 };
size_t clock_format(uint64_t time_ns, char text[CLOCK_TEXT_LENGTH + 1]);

/* "2026-03-31" (ten characters and a NUL). */
size_t clock_format_date(uint64_t time_ns, char text[11]);

/* Calendar months since January 1970. */
unsigned clock_month(uint64_t time_ns);

/* Reads "2026-03-31", "2026-03-31T10:15", "2026-03-31T10:15:00[.fraction][Z|+hh:mm|+hhmm|+hh]".
 * False where it is not a time. */
bool clock_parse(const char *text, uint64_t *time_ns);
