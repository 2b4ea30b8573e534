/* Flow notes: the largest flows of the last hour by unit, app and country, so that an alert can
 * show what stood behind it when it was raised. They are taken a slot at a time, when that is
 * judged: what came later is no part of it.
 *
 * A flow is told as an alert tells it, own devices under their pseudonym where there is one.
 *
 * Memory   taken once, about 2.8 MB; the three unseen for longest give way.
 * Threads  the exporter's. Failure: only create. */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/engine/slot_log.h"

struct flow_notes;

struct flow_notes *flow_notes_create(void); /* NULL: out of memory */
void flow_notes_destroy(struct flow_notes *notes);

void flow_notes_take(
	struct flow_notes *notes, const struct reference *reference, const struct slot *slot);

/* Whose flows: keys are flow_note_key() of names; 0 any. Countries "" any; zone of any number of
 * them, or GEO_ZONE_COUNT. */
struct flow_note_filter {
	uint64_t unit, app;
	char country[3], parent[3];
	uint8_t zone;   /* enum geo_zone; GEO_ZONE_COUNT any */
	bool leaks;     /* those alone that a block let through against its rule */
	uint32_t since; /* a slot: those seen from it on, where any was; 0 those of the hour */
};
uint64_t flow_note_key(const char *name);

/* The largest that fit, the largest first. */
void flow_notes_find(const struct flow_notes *notes, const struct flow_note_filter *filter,
	struct alert_evidence *evidence);

/* For state.h, as of beacons (detect/beacon.h). */
size_t flow_notes_state_bytes(const struct flow_notes *notes);
void flow_notes_state_write(const struct flow_notes *notes, void *bytes);
void flow_notes_state_read(struct flow_notes *notes, const void *bytes);
