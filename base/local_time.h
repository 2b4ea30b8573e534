/* Local time: what the clock on the wall says, in zones of the IANA database. The one door to it.
 *
 * A zone is read from tzfile(5) (RFC 8536), its rule for the years to come included, so nothing
 * depends on the machine's own zone or on libc's. A local day goes from the first moment after all
 * of the day before to the first moment after all of itself: days meet, do not overlap, and have 23
 * or 25 hours where the clock changes. Days are numbered from 1970-01-01.
 *
 * Memory   a zone is immutable from open to close.
 * Threads  any number may ask.
 * Failure  local_zone_open() says which zone and where it was looked for. Elsewhere NULL for a zone
 *          is UTC. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct local_zone;

/* name: "Europe/Stockholm", "UTC". Read below $TZDIR, else below /usr/share/zoneinfo. 0 or -errno.
 */
int local_zone_open(struct local_zone **zone, const char *name, struct err *err);
void local_zone_close(struct local_zone *zone);
const char *local_zone_name(const struct local_zone *zone);

/* The same from the bytes of a tzfile; name is for errors and for local_zone_name(). */
int local_zone_read(struct local_zone **zone, const char *name, const void *bytes, size_t count,
	struct err *err);

/* Seconds that local time is ahead of UTC. */
int32_t local_offset_s(const struct local_zone *zone, uint64_t time_ns);

struct local_day {
	int64_t number;            /* of days since 1970-01-01, on the wall */
	uint64_t start_ns, end_ns; /* [start, end) */
};

struct local_day local_day_of(const struct local_zone *zone, uint64_t time_ns);
struct local_day local_day_at(const struct local_zone *zone, int64_t number);

/* "2026-03-31" (ten characters and a NUL) and "2026-03-31T10:15:00+02:00". */
enum { LOCAL_TEXT_LENGTH = 25 };
size_t local_format_date(const struct local_zone *zone, uint64_t time_ns, char text[11]);
size_t local_format(
	const struct local_zone *zone, uint64_t time_ns, char text[LOCAL_TEXT_LENGTH + 1]);

/* Reads what clock_parse() reads; without "Z" or an offset it is the zone's own time. A time that
 * the clock skips is the moment of the change, one that it shows twice is the first. False where it
 * is no time. */
bool local_parse(const struct local_zone *zone, const char *text, uint64_t *time_ns);
