#include "analyzer/engine/flow_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/quick_hash.h"

enum { PLACES = 2048, PROBES = 8, FLOWS = 4, HOUR_SLOTS = 12 };

struct note {
	struct alert_flow flow;
	uint32_t slot; /* 0: none */
	char parent[3];
	uint8_t zone : 7;
	uint8_t is_leak : 1;
};

/* Of a unit, an app and a country. */
struct place {
	uint64_t unit, app;
	uint32_t last_slot;
	char country[4];
	struct note notes[FLOWS];
};

struct flow_notes {
	struct place places[PLACES];
	uint32_t slot; /* that was taken last */
	/* Names' keys, of units and apps by symbol; 0: not asked yet. */
	uint64_t unit_keys[SYMBOLS_MAX + 1], app_keys[SYMBOLS_MAX + 1];
};

struct flow_notes *flow_notes_create(void)
{
	return calloc(1, sizeof(struct flow_notes));
}

void flow_notes_destroy(struct flow_notes *notes)
{
	free(notes);
}

uint64_t flow_note_key(const char *name)
{
	uint64_t hash = quick_hash_text(0, name); /* of catalogue and policy: nobody contrives it */

	return hash ? hash : 1;
}

static struct place *find_place(
	struct flow_notes *notes, uint64_t unit, uint64_t app, const char *country)
{
	uint64_t first = quick_hash(quick_hash(unit, app), flow_note_key(country));
	struct place *oldest = &notes->places[first % PLACES];

	for (unsigned i = 0; i < PROBES; i++) {
		struct place *place = &notes->places[(first + i) % PLACES];
		if (place->unit == unit && place->app == app &&
			strcmp(place->country, country) == 0) {
			return place;
		}
		if (place->last_slot < oldest->last_slot) {
			oldest = place;
		}
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->unit = unit;
	oldest->app = app;
	memcpy(oldest->country, country, 3);
	return oldest;
}

static uint64_t bytes_of(const struct note *note)
{
	return note->flow.bytes_up + note->flow.bytes_down;
}

static bool is_less(const struct note *one, const struct note *other)
{
	return one->is_leak != other->is_leak ? other->is_leak : bytes_of(one) < bytes_of(other);
}

/* Where the flow stands already, else what is an hour old, else the least. */
static struct note *note_for(struct place *place, uint64_t flow_id, uint32_t slot)
{
	struct note *least = &place->notes[0];

	for (unsigned i = 0; i < FLOWS; i++) {
		struct note *note = &place->notes[i];
		if (note->slot && note->flow.id == flow_id) {
			return note;
		}
		if (note->slot + HOUR_SLOTS < slot) {
			*note = (struct note){ .slot = 0 };
		}
		least = is_less(note, least) ? note : least;
	}
	return least;
}

static uint64_t key_of(uint64_t *keys, enum symbol_kind kind, uint16_t symbol)
{
	if (keys[symbol] == 0) {
		keys[symbol] = flow_note_key(symbol_name(kind, symbol));
	}
	return keys[symbol];
}

static void describe(struct alert_flow *to, const struct reference *reference,
	const struct slot *slot, const struct slot_flow *flow)
{
	const char *network =
		reference->geo ? geo_organization(reference->geo, flow->organization) : "";

	*to = (struct alert_flow){ .id = flow->flow_id,
		.start_ns = flow->flow_start_ns,
		.bytes_up = flow->bytes_up,
		.bytes_down = flow->bytes_down,
		.asn = flow->asn };
	if (reference->pseudonyms) {
		pseudonyms_of_device(
			reference->pseudonyms, &flow->device, flow->start_ns, to->device);
	} else {
		addr_format(&flow->own, to->device);
	}
	snprintf(to->name, sizeof(to->name), "%.127s", slot->names + flow->name);
	snprintf(to->network, sizeof(to->network), "%.63s", network);
	memcpy(to->country, flow->country, sizeof(to->country));
}

static void take(struct flow_notes *notes, const struct reference *reference,
	const struct slot *slot, const struct slot_flow *flow)
{
	struct place *place = find_place(notes, key_of(notes->unit_keys, SYMBOL_UNIT, flow->unit),
		key_of(notes->app_keys, SYMBOL_APP, flow->app), flow->country);
	struct note *note = note_for(place, flow->flow_id, slot->number);
	struct note fresh = {
		.slot = slot->number, .zone = flow->zone & 0x7f, .is_leak = flow->is_leak
	};

	place->last_slot = slot->number;
	if (note->slot && note->flow.id == flow->flow_id) {
		note->flow.bytes_up += flow->bytes_up;
		note->flow.bytes_down += flow->bytes_down;
		note->slot = slot->number;
		note->is_leak |= flow->is_leak;
		return;
	}
	fresh.flow.bytes_up = flow->bytes_up;
	fresh.flow.bytes_down = flow->bytes_down;
	if (!note->slot || is_less(note, &fresh)) {
		describe(&fresh.flow, reference, slot, flow);
		memcpy(fresh.parent, flow->parent, sizeof(fresh.parent));
		*note = fresh;
	}
}

void flow_notes_take(
	struct flow_notes *notes, const struct reference *reference, const struct slot *slot)
{
	notes->slot = slot->number;
	for (uint32_t i = 0; i < slot->flow_count; i++) {
		take(notes, reference, slot, &slot->flows[i]);
	}
}

static bool is_of_hour(const struct flow_notes *notes, const struct note *note)
{
	return note->slot && note->slot + HOUR_SLOTS >= notes->slot;
}

static bool matches(
	const struct place *place, const struct note *note, const struct flow_note_filter *filter)
{
	return (!filter->leaks || note->is_leak) &&
	       (!filter->unit || filter->unit == place->unit) &&
	       (!filter->app || filter->app == place->app) &&
	       (!filter->country[0] || strcmp(filter->country, note->flow.country) == 0) &&
	       (!filter->parent[0] || strcmp(filter->parent, note->parent) == 0) &&
	       (filter->zone == GEO_ZONE_COUNT || filter->zone == note->zone);
}

static void insert(struct alert_evidence *evidence, const struct note *note)
{
	unsigned at = evidence->flow_count;

	if (at == ALERT_FLOWS_MAX) {
		at--;
		if (evidence->flows[at].bytes_up + evidence->flows[at].bytes_down >=
			bytes_of(note)) {
			return;
		}
	} else {
		evidence->flow_count++;
	}
	for (; at > 0 && evidence->flows[at - 1].bytes_up + evidence->flows[at - 1].bytes_down <
				 bytes_of(note);
		at--) {
		evidence->flows[at] = evidence->flows[at - 1];
	}
	evidence->flows[at] = note->flow;
}

static void find_since(const struct flow_notes *notes, const struct flow_note_filter *filter,
	uint32_t since, struct alert_evidence *evidence)
{
	for (unsigned i = 0; i < PLACES; i++) {
		for (unsigned j = 0; j < FLOWS; j++) {
			const struct note *note = &notes->places[i].notes[j];
			if (is_of_hour(notes, note) && note->slot >= since &&
				matches(&notes->places[i], note, filter)) {
				insert(evidence, note);
			}
		}
	}
}

void flow_notes_find(const struct flow_notes *notes, const struct flow_note_filter *filter,
	struct alert_evidence *evidence)
{
	find_since(notes, filter, filter->since, evidence);
	if (evidence->flow_count == 0 && filter->since > 0) {
		find_since(notes, filter, 0, evidence);
	}
}

size_t flow_notes_state_bytes(const struct flow_notes *notes)
{
	return sizeof(notes->places);
}

void flow_notes_state_write(const struct flow_notes *notes, void *bytes)
{
	memcpy(bytes, notes->places, sizeof(notes->places));
}

void flow_notes_state_read(struct flow_notes *notes, const void *bytes)
{
	memcpy(notes->places, bytes, sizeof(notes->places));
}
