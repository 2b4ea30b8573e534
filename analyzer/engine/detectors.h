/* Detectors at work: what slots of five minutes showed goes to volume, peers, first sights, beacons
 * and exact rules; what they find becomes alerts.
 *
 *     records -> beginnings of flows, largest flows (slot_log.h)
 *     cells   -> lines of their slot
 *     a slot that is over -> its flows are noted (flow_notes.h) -> detectors_series.c, _events.c,
 *                            _rules.c -> detectors_raise.c -> alerts
 *
 * The budget of the policy ("alerts") is shared: half to the volume of series and to peers, a
 * quarter to first sights (which are counted out in tokens), a quarter to beacons. Exact rules
 * stand outside it. Evidence about one thing from several series is one alert: the same app, or one
 * that carries most of the excess of a country, within six hours.
 *
 * Live a slot is over a minute after its end; a slot of which the sensor saw only a part, or lost
 * more than a hundredth, is one in which nobody looked. Over files slots are closed at the end, by
 * the data's own time (a week of them is kept open), and one that shows nothing at all is a gap.
 *
 * Memory   taken at the start, up to about 20 MB where all of it is used; open slots: slot_log.h.
 * Threads  the exporter's.
 * Failure  only create. Full tables count what they leave out. */
#pragma once

#include "analyzer/alert/alerts.h"
#include "analyzer/engine/detectors_stats.h"
#include "analyzer/rollup/cell.h"

struct detectors;
struct state;

struct detectors_options {
	struct alerts *alerts; /* the caller's */
	bool is_live;
};

int detectors_create(
	struct detectors **detectors, const struct detectors_options *options, struct err *err);
void detectors_destroy(struct detectors *detectors);

/* Records as they are handed on, and the cells that they added up to, in any order. devices: their
 * hashes (device_hash.h). */
void detectors_take(struct detectors *detectors, const struct reference *reference,
	const uint64_t *devices, const struct record *records, size_t count);
void detectors_take_cells(struct detectors *detectors, const struct cell *cells, size_t count);

/* Live: frames read and lost so far, by the clock. */
void detectors_note_frames(
	struct detectors *detectors, uint64_t now_ns, uint64_t frames, uint64_t dropped);

/* Over files: judges the earliest slots where more are open than there is room for. */
void detectors_make_room(struct detectors *detectors, const struct reference *reference);
/* Live: it is that time. */
void detectors_advance(
	struct detectors *detectors, const struct reference *reference, uint64_t now_ns);
/* Over files: every slot that is left. Live: what is not over stays unjudged. */
void detectors_finish(struct detectors *detectors, const struct reference *reference);

/* What was learnt, for the next run. */
int detectors_load(struct detectors *detectors, struct state *state, struct err *err);
int detectors_save(const struct detectors *detectors, struct state *state, struct err *err);

void detectors_read_stats(const struct detectors *detectors, struct detectors_stats *stats);
