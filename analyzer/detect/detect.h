/* Detectors over all series of a sensor: the part that an engine holds.
 *
 * Each slot of five minutes, in order: detect_feed() for every series that showed something, then
 * detect_end_slot(), which counts a zero for each that did not; or, where the sensor was not
 * looking, a gap. A series is a 64-bit key of the caller's (a hash of app, unit and direction, …);
 * the detector does not know what it stands for. Readings that say something are handed to a
 * callback.
 *
 * Nothing looks ahead, and no clock is asked. The state can be saved and loaded: the same slots
 * then bring the same alerts, to the byte.
 *
 * Memory   taken once by detect_create(): sizeof(struct volume) + 16 bytes a series. A series more
 *          than there is room for is not watched and counted.
 * Threads  one at a time.
 * Failure  create, save and load: -errno and a sentence. Feeding cannot fail.
 * Others   novelty.h, beacon.h, drift.h and share.h are fed and held beside this one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/detect/budget.h"
#include "analyzer/detect/calendar.h"
#include "analyzer/detect/volume.h"
#include "base/err.h"

struct detect;

/* A series' reading with score > 0; reading is good for the call alone. */
typedef void detect_told(void *context, uint64_t series, uint64_t slot,
	const struct volume_reading *reading, double value);

struct detect_options {
	uint32_t series_most;            /* room; at least 1 */
	const struct calendar *calendar; /* outlives the detector */
	double weekly, series;           /* the organisation's budget N, and its K series */
	detect_told *told;
	void *context;
};

int detect_create(struct detect **detect, const struct detect_options *options, struct err *err);
void detect_destroy(struct detect *detect);

/* What a series showed in the slot (of five minutes since 1970); scope: of calendar_scope(). What
 * is to be said of it; false where the series finds no room, or had this slot before. */
bool detect_feed(struct detect *detect, uint64_t series, unsigned scope, uint64_t slot,
	double value, struct volume_reading *reading);
/* Evidence of another kind (drift.h) speaks of the series, or no longer: its profile is not to
 * learn what that is about, for two days at most. */
void detect_hold(struct detect *detect, uint64_t series, bool held);
/* looked: the sensor was awake for the slot. */
void detect_end_slot(struct detect *detect, uint64_t slot, bool looked);

/* The same for slots in a row in which nobody looked, at once. */
void detect_skip(struct detect *detect, uint64_t first_slot, uint32_t slots);

const struct budget *detect_budget(const struct detect *detect);
/* When K or N change, or a reload brings another calendar. */
void detect_set_budget(struct detect *detect, double weekly, double series);
void detect_set_calendar(struct detect *detect, const struct calendar *calendar);

uint32_t detect_series_count(const struct detect *detect);
uint64_t detect_unwatched(const struct detect *detect);

/* The whole state in one piece of memory, for state.h: what is written is read back by the same
 * version on the same kind of machine, the budget included. */
size_t detect_state_bytes(const struct detect *detect);
void detect_state_write(const struct detect *detect, void *bytes);
/* 0, or -EINVAL where it is not of this shape or of more series than there is room for; the
 * detector is then as it was. */
int detect_state_read(struct detect *detect, const void *bytes, size_t count, struct err *err);
