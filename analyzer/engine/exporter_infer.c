/* Flows without a name: which app they may be of, told from behaviour. Over files they wait for
 * what is named after them. */
#include <stdlib.h>

#include "analyzer/engine/exporter_parts.h"
#include "collector/reserve.h"

/* Room for a record with little text, as nearly all are that have no name. */
enum { SHORT_BYTES = 512 };

struct short_record {
	_Alignas(64) char bytes[SHORT_BYTES];
};

_Static_assert(SHORT_BYTES > offsetof(struct record, l7.text), "it holds all but a long text");

/* Flows without a name, in the order in which they ended: a ring, of which the oldest stands at
 * first. A record stands among the short ones if it can: what is not written takes no memory. */
struct held {
	size_t first, count;
	size_t looked_back; /* so many, the oldest, have been told what came after them */
	bool is_long[HELD_MAX];
	struct behaviour_context contexts[HELD_MAX];
	struct record batch[EXPORT_BATCH_MAX]; /* that go on */
	struct short_record short_ones[HELD_MAX];
	struct record long_ones[HELD_MAX];
};

bool exporter_hold_hidden(struct exporter *exporter)
{
	exporter->held = reserve_map(sizeof(*exporter->held));
	decider_wait_for_all(exporter->decider);
	return exporter->held != NULL;
}

void exporter_drop_held(struct exporter *exporter)
{
	reserve_unmap(exporter->held, sizeof(*exporter->held));
}

static size_t held_at(const struct held *held, size_t index)
{
	return (held->first + index) % HELD_MAX;
}

/* No more of it may be touched than is in use. */
static struct record *held_record(struct held *held, size_t at)
{
	return held->is_long[at] ? &held->long_ones[at]
				 : (struct record *)(void *)&held->short_ones[at];
}

/* What was held lies far away: has so many records ahead fetched, and then what is asked about
 * them.
 */
enum { HELD_AHEAD = 8, ASKED_AHEAD = 4 };

static void expect(const struct exporter *exporter, size_t far, size_t near)
{
	struct held *held = exporter->held;

	record_expect(held_record(held, held_at(held, far)), 0, 1);
	behaviour_expect(exporter->behaviour, held_record(held, held_at(held, near)));
}

static void look_back(struct exporter *exporter)
{
	struct held *held = exporter->held;

	for (size_t i = held->count; i-- > held->looked_back;) {
		size_t at = held_at(held, i);
		if (i >= held->looked_back + HELD_AHEAD) {
			expect(exporter, i - HELD_AHEAD, i - ASKED_AHEAD);
		}
		behaviour_look_back(exporter->behaviour, exporter->reference->catalogue,
			held_record(held, at), &held->contexts[at]);
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

static void judge_held(struct exporter *exporter, size_t count)
{
	struct held *held = exporter->held;

	for (size_t i = 0; i < count; i++) {
		size_t at = held_at(held, i);
		if (i + HELD_AHEAD < held->count) {
			expect(exporter, i + HELD_AHEAD, i + ASKED_AHEAD);
		}
		record_copy(&held->batch[i], held_record(held, at));
		judge(exporter, &held->batch[i], &held->contexts[at]);
	}
}

/* The oldest of those that wait are judged and go on, a batch at a time: what is judged goes on
 * while it is near. */
static void release(struct exporter *exporter, size_t count)
{
	struct held *held = exporter->held;

	look_back(exporter);
	while (count > 0) {
		size_t batch = count < EXPORT_BATCH_MAX ? count : EXPORT_BATCH_MAX;
		judge_held(exporter, batch);
		held->first = held_at(held, batch);
		held->looked_back -= batch;
		held->count -= batch;
		exporter_decide(exporter, held->batch, batch);
		count -= batch;
	}
}

static void hold(struct exporter *exporter, const struct record *record,
	const struct behaviour_context *context)
{
	struct held *held = exporter->held;

	exporter_learn_own(exporter, record);
	if (held->count == HELD_MAX) {
		release(exporter, HELD_MAX / 4);
	}
	size_t at = held_at(held, held->count++);
	held->is_long[at] = record_used_bytes(record) > SHORT_BYTES;
	record_copy(held_record(held, at), record);
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
