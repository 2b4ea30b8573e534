#include "collector/name_feed.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/ring.h"

#define ASTRAY_NS (3600 * NS_PER_S)

/* A source of files, and how far its latest batch has been taken. */
struct name_queue {
	struct flow_source *source;
	struct flow_source_batch *batch;
	unsigned at;
	unsigned sound; /* names of the batch whose time was found to be none of the wrong ones */
	bool is_over;
};

struct name_feed {
	struct name_queue queues[NAME_FEED_SOURCES_MAX];
	unsigned count;
	int failure;
	struct err err;

	struct ring *ring;      /* live; NULL */
	struct flow_name *held; /* in the ring, until the next call */
	uint64_t taken;         /* from the ring */
	atomic_uint_fast64_t lost;
};

struct name_feed *name_feed_create(struct flow_source *const sources[], unsigned count)
{
	struct name_feed *feed = calloc(1, sizeof(*feed));

	for (unsigned i = 0; feed && i < count && i < NAME_FEED_SOURCES_MAX; i++) {
		struct name_queue *queue = &feed->queues[feed->count++];
		queue->source = sources[i];
		queue->batch = calloc(1, sizeof(*queue->batch));
		if (!queue->batch) {
			name_feed_destroy(feed);
			return NULL;
		}
	}
	return feed;
}

struct name_feed *name_feed_create_live(void)
{
	struct name_feed *feed = calloc(1, sizeof(*feed));

	if (feed) {
		feed->ring = ring_create(sizeof(struct flow_name), NAME_FEED_LIVE_NAMES);
	}
	if (feed && !feed->ring) {
		free(feed);
		return NULL;
	}
	return feed;
}

void name_feed_destroy(struct name_feed *feed)
{
	if (!feed) {
		return;
	}
	for (unsigned i = 0; i < feed->count; i++) {
		free(feed->queues[i].batch);
	}
	ring_destroy(feed->ring);
	free(feed);
}

/* The name at the head of the queue, read where it must be; NULL: the source is at its end. */
static const struct flow_name *head(struct name_feed *feed, struct name_queue *queue)
{
	struct err err = { "" };

	while (!queue->is_over && queue->at == queue->batch->name_count) {
		queue->at = queue->sound = 0;
		queue->batch->name_count = queue->batch->record_count = 0;
		int status = queue->source->ops->next(queue->source, queue->batch, &err);
		queue->is_over = status != FLOW_SOURCE_MORE;
		if (status < 0 && feed->failure == 0) {
			feed->failure = status;
			feed->err = err;
		}
	}
	return queue->at < queue->batch->name_count ? &queue->batch->names[queue->at] : NULL;
}

/* A log is in the order of time. Of a name that waits, and that later ones of the batch take back
 * by more than an hour, the time is wrong: waiting for it would hold back all that come after it.
 */
static bool is_ahead_of_log(struct name_queue *queue)
{
	const struct flow_name *names = queue->batch->names;

	if (queue->sound > queue->at) {
		return false; /* once for each */
	}
	for (unsigned i = queue->at + 1; i < queue->batch->name_count; i++) {
		if (names[i].time_ns < names[queue->at].time_ns &&
			names[queue->at].time_ns - names[i].time_ns > ASTRAY_NS) {
			return true;
		}
	}
	queue->sound = queue->at + 1;
	return false;
}

/* The head, once what went astray before it is passed over. */
static const struct flow_name *sound_head(
	struct name_feed *feed, struct name_queue *queue, uint64_t until_ns)
{
	const struct flow_name *name = head(feed, queue);

	while (name && name->time_ns > until_ns && is_ahead_of_log(queue)) {
		atomic_fetch_add_explicit(&feed->lost, 1, memory_order_relaxed);
		queue->at++;
		name = head(feed, queue);
	}
	return name;
}

static const struct flow_name *next_of_files(struct name_feed *feed, uint64_t until_ns)
{
	struct name_queue *earliest = NULL;
	uint64_t time_ns = until_ns;

	for (unsigned i = 0; i < feed->count; i++) {
		const struct flow_name *name = sound_head(feed, &feed->queues[i], until_ns);
		if (name && name->time_ns <= time_ns) {
			time_ns = name->time_ns;
			earliest = &feed->queues[i];
		}
	}
	return earliest ? &earliest->batch->names[earliest->at++] : NULL;
}

static const struct flow_name *next_live(struct name_feed *feed)
{
	size_t count;

	if (feed->held) {
		ring_release(feed->ring, 1);
		feed->held = NULL;
	}
	if (ring_depth(feed->ring) > 0) {
		feed->held = ring_take(feed->ring, 1, &count, 0);
		feed->taken++;
	}
	return feed->held;
}

const struct flow_name *name_feed_next(struct name_feed *feed, uint64_t until_ns)
{
	return feed->ring ? next_live(feed) : next_of_files(feed, until_ns);
}

bool name_feed_has_room(const struct name_feed *feed, unsigned count)
{
	return ring_depth(feed->ring) + count < NAME_FEED_LIVE_NAMES;
}

/* The lane may be idle, and whoever reads the source does not wait for it. */
void name_feed_put(struct name_feed *feed, const struct flow_name *name)
{
	size_t room;

	if (ring_depth(feed->ring) >= NAME_FEED_LIVE_NAMES - 1) {
		atomic_fetch_add_explicit(&feed->lost, 1, memory_order_relaxed);
		return;
	}
	struct flow_name *slot = ring_reserve(feed->ring, 1, &room);
	*slot = *name;
	ring_publish(feed->ring, 1);
}

uint64_t name_feed_taken(const struct name_feed *feed)
{
	return feed->taken;
}

bool name_feed_is_live(const struct name_feed *feed)
{
	return feed->ring != NULL;
}

uint64_t name_feed_lost(const struct name_feed *feed)
{
	return atomic_load_explicit(&feed->lost, memory_order_relaxed);
}

int name_feed_failure(const struct name_feed *feed, struct err *err)
{
	if (feed->failure < 0) {
		*err = feed->err;
	}
	return feed->failure;
}
