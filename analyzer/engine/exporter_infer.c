/* Flows without a name: which app they may be of, told from behaviour. Over files they wait for
 * what is named after them. */
#include <stdlib.h>

#include "analyzer/engine/exporter_parts.h"

/* Flows without a name, in the order in which they ended: a ring, of which the oldest stands at
 * first. */
struct held {
	size_t first, count;
	size_t looked_back; /* so many, the oldest, have been told what came after them */
	struct behaviour_context contexts[HELD_MAX];
	struct record records[HELD_MAX];
};

bool exporter_hold_hidden(struct exporter *exporter)
{
	exporter->held = aligned_alloc(_Alignof(struct held), sizeof(*exporter->held));
	if (exporter->held) {
		exporter->held->first = exporter->held->count = exporter->held->looked_back = 0;
	}
	decider_wait_for_all(exporter->decider);
	return exporter->held != NULL;
}

static size_t held_at(const struct held *held, size_t index)
{
	return (held->first + index) % HELD_MAX;
}

static void look_back(struct exporter *exporter)
{
	struct held *held = exporter->held;

	for (size_t i = held->count; i-- > held->looked_back;) {
		size_t at = held_at(held, i);
		behaviour_look_back(exporter->behaviour, exporter->reference->catalogue,
			&held->records[at], &held->contexts[at]);
	}
	behaviour_end_look_back(exporter->behaviour);
	held->looked_back = held->count;
}

/* Without its name by other means: which app it may be of. */
static void judge(
	struct exporter *exporter, struct record *record, const struct behaviour_context *context)
{
	const struct reference *reference = exporter->reference;

	behaviour_judge(exporter->behaviour, reference->catalogue, reference->geo, record, context);
}

/* The oldest of those that wait are judged and go on. */
static void release(struct exporter *exporter, size_t count)
{
	struct held *held = exporter->held;

	look_back(exporter);
	for (size_t i = 0; i < count; i++) {
		size_t at = held_at(held, i);
		judge(exporter, &held->records[at], &held->contexts[at]);
	}
	held->looked_back -= count;
	held->count -= count;
	while (count > 0) {
		size_t to_the_edge = HELD_MAX - held->first;
		size_t batch = count < EXPORT_BATCH_MAX ? count : EXPORT_BATCH_MAX;
		batch = batch < to_the_edge ? batch : to_the_edge;
		exporter_decide(exporter, held->records + held->first, batch);
		held->first = held_at(held, batch);
		count -= batch;
	}
}

static void hold(struct exporter *exporter, const struct record *record,
	const struct behaviour_context *context)
{
	struct held *held = exporter->held;

	if (held->count == HELD_MAX) {
		release(exporter, HELD_MAX / 4);
	}
	size_t at = held_at(held, held->count++);
	record_copy(&held->records[at], record);
	held->contexts[at] = *context;
}

/* Flows without a name are judged now, or taken out of the batch to wait. */
void exporter_infer(struct exporter *exporter, struct record *records, size_t count)
{
	struct behaviour_context context;
	size_t first = 0;

	behaviour_prefetch(exporter->behaviour, records, count);
	for (size_t i = 0; i < count; i++) {
		if (!behaviour_look(exporter->behaviour, exporter->reference->catalogue,
			    &records[i], &context)) {
			continue;
		}
		if (!exporter->held) {
			judge(exporter, &records[i], &context);
			continue;
		}
		exporter_decide(exporter, records + first, i - first);
		first = i + 1;
		hold(exporter, &records[i], &context);
	}
	exporter_decide(exporter, records + first, count - first);
}

void exporter_infer_rest(struct exporter *exporter)
{
	if (exporter->held) {
		release(exporter, exporter->held->count);
	}
}
