/* The sums of all sensors: what was applied to the sensor's own, once more, a slot at a time.
 *
 * The spool is read a second time behind a cursor of its own. Batches between it and the sensor's
 * own cursor are put behind each other and applied as one under the place of the last of them; the
 * function adds them up before it touches a key. Whatever happens in between (a crash, a server
 * that loses its last second) is healed as the sensor's own sums are. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/redis/outbox_sender.h"
#include "analyzer/redis/redis.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

/* Slots close by the clock; what belongs to one comes some seconds later. */
#define SETTLE_NS (15 * NS_PER_S)

static bool is_time(const struct outbox_sender *sender, uint64_t now_ns)
{
	uint64_t every_ns = sender->merge_every_ns;
	uint64_t wait_ns = every_ns < SLOT_NS ? 0 : SETTLE_NS + sender->merge_spread_ns;

	return (now_ns - wait_ns) / every_ns != (sender->merged_ns - wait_ns) / every_ns ||
	       sender->merged_ns == 0;
}

/* Batches behind each other, and the last of them, which the cursor will name. */
struct gathered {
	struct text text;
	struct spool_batch last;
	struct spool_place done;
	uint64_t missing; /* in between; what was before the first merge is not missed */
	bool is_there;
};

static void gather(struct outbox_sender *sender, struct gathered *gathered)
{
	struct spool_batch batch;

	gathered->done = sender->merged.done;
	while (gathered->text.length < OUTBOX_MERGE_BYTES &&
		spool_next(sender->spool, &sender->merged.reader, &gathered->done, &batch) &&
		spool_place_compare(&batch.place, &sender->own.done) <= 0) {
		if (gathered->done.epoch) {
			gathered->missing += outbox_missing(&gathered->done, &batch.place);
		}
		if (batch.kind == SPOOL_METRICS) {
			text_put_bytes(&gathered->text, batch.bytes, batch.length);
		}
		gathered->done = batch.place;
		gathered->last = batch;
		gathered->is_there = true;
	}
}

static int apply(struct outbox_sender *sender, struct gathered *gathered, struct err *err)
{
	struct outbox_way *way = &sender->merged;

	if (gathered->text.truncated) {
		return err_set(err, ENOMEM, "Redis: out of memory");
	}
	/* Alerts alone make no text; the cursor goes over them. */
	const char *bytes = gathered->text.length ? gathered->text.at : "";
	int status =
		outbox_way_apply(sender, way, &gathered->last, bytes, gathered->text.length, err);
	way->knows_cursor = status == 0;
	if (status < 0) {
		return status;
	}
	way->done = way->farthest = gathered->done;
	outbox_way_count_lost(way, gathered->missing);
	return 1;
}

/* What the server refuses keeps the sensor's own sums going. */
static int pass_over_refusal(
	struct outbox_sender *sender, uint64_t now_ns, int status, const struct err *err)
{
	if (status != -EACCES && status != -EPROTO) {
		return status;
	}
	if (!sender->was_refused) {
		log_error("%s; what this sensor sees is not in the sums of all sensors until that "
			  "is mended (share/redis/users.acl has the rights)",
			err->text);
	}
	sender->was_refused = true;
	sender->merged_ns = now_ns;
	return 0;
}

int outbox_sender_merge(
	struct outbox_sender *sender, uint64_t now_ns, bool at_once, struct err *err)
{
	struct gathered gathered = { .is_there = false };

	if (!at_once && !is_time(sender, now_ns)) {
		return 0;
	}
	int status = outbox_way_find(sender, &sender->merged, err);
	text_init_heap(&gathered.text);
	if (status == 0) {
		gather(sender, &gathered);
		status = gathered.is_there ? apply(sender, &gathered, err) : 0;
	}
	text_deinit(&gathered.text);
	if (status < 0) {
		return pass_over_refusal(sender, now_ns, status, err);
	}
	sender->was_refused = false;
	sender->merged_ns = status == 0 ? now_ns : sender->merged_ns;
	return status;
}
