/* The flows that an alert shows: those of its time, the largest first. */
#include <string.h>

#include "analyzer/engine/flow_notes.h"
#include "tests/tap.h"

enum { FIRST_SLOT = 1000 };

static const struct reference reference;
static char no_names[1];

/* One flow of a slot. */
static void take(struct flow_notes *notes, uint32_t number, uint64_t id, uint64_t bytes)
{
	struct slot_flow flow = { .flow_id = id, .bytes_up = bytes, .country = "US" };
	struct slot slot = { .number = number, .flows = &flow, .flow_count = 1, .names = no_names };

	flow_notes_take(notes, &reference, &slot);
}

static void test_since(void)
{
	struct flow_notes *notes = flow_notes_create();
	struct flow_note_filter filter = { .country = "US", .zone = GEO_ZONE_COUNT };
	struct alert_evidence evidence = { .flow_count = 0 };

	take(notes, FIRST_SLOT, 1, 5000);
	take(notes, FIRST_SLOT, 2, 3000);
	take(notes, FIRST_SLOT + 1, 3, 100);
	take(notes, FIRST_SLOT + 1, 2, 1);
	flow_notes_find(notes, &filter, &evidence);
	is_int(evidence.flow_count, 3, "of the hour");
	is_int((int)evidence.flows[0].id, 1, "the largest first");

	memset(&evidence, 0, sizeof(evidence));
	filter.since = FIRST_SLOT + 1;
	flow_notes_find(notes, &filter, &evidence);
	is_int(evidence.flow_count, 2, "of a slot: what was over before it is not behind it");
	is_int((int)evidence.flows[0].id, 2, "what goes on in it is");
	is_int((int)evidence.flows[1].id, 3, "and what is new");

	memset(&evidence, 0, sizeof(evidence));
	filter.since = FIRST_SLOT + 2;
	flow_notes_find(notes, &filter, &evidence);
	is_int(evidence.flow_count, 3, "where none of the slot was kept: those of the hour");
	flow_notes_destroy(notes);
}

int main(void)
{
	test_since();
	return done_testing();
}
