#include "collector/read_ahead.h"

#include <errno.h>
#include <stdlib.h>

#include "base/ring.h"

/* A batch is good until its slot is filled again, which takes this many calls of the source. */
_Static_assert((int)SOURCE_KEPT_CALLS >= (int)READ_AHEAD_BATCHES, "bytes outlive their batch");

struct read_ahead {
	struct collector *collector;
	struct ring *ring; /* of struct collector_batch */
};

struct read_ahead *read_ahead_create(
	struct collector *collector, struct source *source, struct err *err)
{
	struct read_ahead *ahead = calloc(1, sizeof(*ahead));

	if (!ahead) {
		err_set(err, ENOMEM, "out of memory for reading ahead");
		return NULL;
	}
	ahead->collector = collector;
	ahead->ring = ring_create(sizeof(struct collector_batch), READ_AHEAD_BATCHES);
	if (!ahead->ring) {
		err_set(err, ENOMEM, "out of memory for reading ahead");
	}
	if (!ahead->ring || source_keep(source, err) < 0) {
		read_ahead_destroy(ahead);
		return NULL;
	}
	return ahead;
}

void read_ahead_destroy(struct read_ahead *ahead)
{
	if (ahead) {
		ring_destroy(ahead->ring);
		free(ahead);
	}
}

int read_ahead_fill(struct read_ahead *ahead, struct err *err)
{
	size_t count;
	struct collector_batch *batch = ring_reserve(ahead->ring, 1, &count);
	int status = collector_read(ahead->collector, &batch->packets, err);

	if (status == COLLECTOR_MORE) {
		/* One without packets, too: each call of the source takes a slot. */
		ring_publish(ahead->ring, 1);
	}
	return status;
}

void read_ahead_close(struct read_ahead *ahead)
{
	ring_close(ahead->ring);
}

struct collector_batch *read_ahead_take(struct read_ahead *ahead)
{
	struct collector_batch *batch = NULL;
	size_t count;

	while (!batch && !ring_is_finished(ahead->ring)) {
		batch = ring_take(ahead->ring, 1, &count, UINT64_MAX);
	}
	if (batch) {
		collector_follow(ahead->collector, batch);
	}
	return batch;
}

void read_ahead_release(struct read_ahead *ahead)
{
	ring_release(ahead->ring, 1);
}
