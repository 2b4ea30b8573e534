#include "analyzer/engine/flow_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_case.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/quick_hash.h"

enum { PAIRS = 1024, PROBES = 8, FLOWS = 4, HOUR_SLOTS = 12 };

struct note {
	struct alert_flow flow;
	uint32_t slot; /* 0: none */
	char parent[3];
	uint8_t zone : 7;
	uint8_t passed : 1;
};

struct pair {
	uint64_t unit, app;
	uint32_t last_slot;
	struct note notes[FLOWS];
};

struct flow_notes {
	struct pair pairs[PAIRS];
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

static struct pair *find_pair(struct flow_notes *notes, uint64_t unit, uint64_t app)
{
	uint64_t first = quick_hash(unit, app);
	struct pair *oldest = &notes->pairs[first % PAIRS];

	for (unsigned i = 0; i < PROBES; i++) {
		struct pair *pair = &notes->pairs[(first + i) % PAIRS];
		if (pair->unit == unit && pair->app == app) {
			return pair;
		}
		if (pair->last_slot < oldest->last_slot) {
			oldest = pair;
		}
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->unit = unit;
	oldest->app = app;
	return oldest;
}

static uint64_t bytes_of(const struct note *note)
{
	return note->flow.bytes_up + note->flow.bytes_down;
}

/* Where the flow stands already, else what is an hour old, else the smallest. */
static struct note *place_for(struct pair *pair, const struct record *record, uint32_t slot)
{
	struct note *least = &pair->notes[0];

	for (unsigned i = 0; i < FLOWS; i++) {
		struct note *note = &pair->notes[i];
		if (note->slot && note->flow.id == record->flow.flow_id) {
			return note;
		}
		if (note->slot + HOUR_SLOTS < slot) {
			*note = (struct note){ .slot = 0 };
		}
		if (bytes_of(note) < bytes_of(least)) {
			least = note;
		}
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

void flow_notes_take(
	struct flow_notes *notes, const struct reference *reference, const struct record *record)
{
	uint32_t slot = (uint32_t)(record->flow.end_ns / SLOT_NS);
	uint64_t up = record_bytes_up(record), down = record_bytes_down(record);

	if (record->direction != RECORD_DIRECTION_OUTBOUND &&
		record->direction != RECORD_DIRECTION_INBOUND) {
		return;
	}
	uint16_t app = record->verdict.inferred ? 0 : record->verdict.app;
	struct pair *pair =
		find_pair(notes, key_of(notes->unit_keys, SYMBOL_UNIT, record->decision.unit),
			key_of(notes->app_keys, SYMBOL_APP, app));
	pair->last_slot = slot > pair->last_slot ? slot : pair->last_slot;
	struct note *note = place_for(pair, record, slot);
	if (!note->slot || note->flow.id != record->flow.flow_id) {
		if (bytes_of(note) >= up + down) {
			return;
		}
		alert_flow_describe(&note->flow, reference, record);
		note->zone = record->place.zone;
		note->passed = false;
		memcpy(note->parent, record->verdict.parent_country, sizeof(note->parent));
	}
	note->slot = slot;
	note->passed |= record->decision.block == BLOCK_PASSED &&
			policy_verdict_is_to_be_stopped(record->decision.verdict);
	note->flow.bytes_up += up;
	note->flow.bytes_down += down;
}

static bool matches(
	const struct pair *pair, const struct note *note, const struct flow_note_filter *filter)
{
	return note->slot && (!filter->passed || note->passed) &&
	       (!filter->unit || filter->unit == pair->unit) &&
	       (!filter->app || filter->app == pair->app) &&
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

void flow_notes_find(const struct flow_notes *notes, const struct flow_note_filter *filter,
	struct alert_evidence *evidence)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		for (unsigned j = 0; j < FLOWS; j++) {
			if (matches(&notes->pairs[i], &notes->pairs[i].notes[j], filter)) {
				insert(evidence, &notes->pairs[i].notes[j]);
			}
		}
	}
}

size_t flow_notes_state_bytes(const struct flow_notes *notes)
{
	return sizeof(notes->pairs);
}

void flow_notes_state_write(const struct flow_notes *notes, void *bytes)
{
	memcpy(bytes, notes->pairs, sizeof(notes->pairs));
}

void flow_notes_state_read(struct flow_notes *notes, const void *bytes)
{
	memcpy(notes->pairs, bytes, sizeof(notes->pairs));
}
