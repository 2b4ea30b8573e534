#include "analyzer/archive/archive_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_format.h"

struct archive_queue {
	struct archive_sealer *sealer;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t mutex;         /* guards what follows, but not what is in the blocks */
	pthread_cond_t queued, sealed; /* something to do, or the end; a block less */
	unsigned first, count; /* blocks that are queued; the one behind them is the writer's */
	bool is_ending;
	bool is_stuck;         /* the oldest block could not be sealed, and waits for another try */
	uint64_t lost_records; /* in blocks that were dropped */
	int status;            /* of the first block that failed since the writer was last told */
	struct err err;
	struct archive_block blocks[ARCHIVE_QUEUE_BLOCKS];
};

/* The oldest block stays in the queue, and so out of the writer's reach, until it is sealed. */
static void seal_oldest(struct archive_queue *queue)
{
	const struct archive_block *block = &queue->blocks[queue->first];
	struct err err;

	pthread_mutex_unlock(&queue->mutex);
	int status = archive_sealer_add(queue->sealer, block, &err);
	pthread_mutex_lock(&queue->mutex);
	if (status < 0) {
		queue->status = status;
		queue->err = err;
		queue->is_stuck = true;
	} else {
		queue->first = (queue->first + 1) % ARCHIVE_QUEUE_BLOCKS;
		queue->count--;
	}
	/* Whoever seals his own blocks needs no second buffer. */
	if (!queue->has_thread && queue->count == 0) {
		queue->first = 0;
	}
	pthread_cond_signal(&queue->sealed);
}

static void *seal_loop(void *argument)
{
	struct archive_queue *queue = argument;

	pthread_mutex_lock(&queue->mutex);
	while (!queue->is_ending) {
		if (queue->count > 0 && !queue->is_stuck) {
			seal_oldest(queue);
		} else {
			pthread_cond_wait(&queue->queued, &queue->mutex);
		}
	}
	pthread_mutex_unlock(&queue->mutex);
	return NULL;
}

int archive_queue_open(struct archive_queue **queue, struct archive_sealer *sealer,
	bool with_thread, struct err *err)
{
	struct archive_queue *opened = calloc(1, sizeof(*opened));

	*queue = opened;
	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->sealer = sealer;
	opened->has_thread = with_thread;
	pthread_mutex_init(&opened->mutex, NULL);
	pthread_cond_init(&opened->queued, NULL);
	pthread_cond_init(&opened->sealed, NULL);
	int failure = with_thread ? pthread_create(&opened->thread, NULL, seal_loop, opened) : 0;
	if (failure != 0) {
		opened->has_thread = false;
		return err_set(err, failure, "cannot start a thread: %s", strerror(failure));
	}
	if (with_thread) {
		pthread_setname_np(opened->thread, "archive");
	}
	return 0;
}

void archive_queue_close(struct archive_queue *queue)
{
	if (!queue) {
		return;
	}
	if (queue->has_thread) {
		pthread_mutex_lock(&queue->mutex);
		queue->is_ending = true;
		pthread_cond_signal(&queue->queued);
		pthread_mutex_unlock(&queue->mutex);
		pthread_join(queue->thread, NULL);
	}
	for (unsigned i = 0; i < ARCHIVE_QUEUE_BLOCKS; i++) {
		cbor_writer_deinit(&queue->blocks[i].content);
	}
	pthread_cond_destroy(&queue->queued);
	pthread_cond_destroy(&queue->sealed);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

struct archive_block *archive_queue_block(struct archive_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	unsigned place = (queue->first + queue->count) % ARCHIVE_QUEUE_BLOCKS;
	pthread_mutex_unlock(&queue->mutex);
	return &queue->blocks[place];
}

/* Says once what went wrong with blocks that were queued. */
static int take_failure(struct archive_queue *queue, struct err *err)
{
	int status = queue->status;

	queue->status = 0;
	if (status < 0 && err) {
		*err = queue->err;
	}
	return status;
}

/* Has the oldest block tried again where it was said that it failed. */
static void try_again(struct archive_queue *queue)
{
	if (queue->is_stuck && queue->status == 0) {
		queue->is_stuck = false;
	}
	pthread_cond_signal(&queue->queued);
}

/* Returns with fewer blocks than that, or stuck. */
static void seal_until_fewer(struct archive_queue *queue, unsigned count)
{
	while (queue->count >= count && !queue->is_stuck) {
		if (queue->has_thread) {
			pthread_cond_wait(&queue->sealed, &queue->mutex);
		} else {
			seal_oldest(queue);
		}
	}
}

int archive_queue_put(struct archive_queue *queue, struct err *err)
{
	pthread_mutex_lock(&queue->mutex);
	queue->count++;
	try_again(queue);
	seal_until_fewer(queue, queue->has_thread ? ARCHIVE_QUEUE_BLOCKS : 1);
	if (queue->count == ARCHIVE_QUEUE_BLOCKS) {
		/* The writer needs one to go on with: the latest gives way. */
		const struct archive_block *latest =
			&queue->blocks[(queue->first + --queue->count) % ARCHIVE_QUEUE_BLOCKS];
		queue->lost_records +=
			archive_is_of_records(latest->content_kind) ? latest->record_count : 0;
	}
	int status = take_failure(queue, err);
	pthread_mutex_unlock(&queue->mutex);
	return status;
}

int archive_queue_wait(struct archive_queue *queue, struct err *err)
{
	pthread_mutex_lock(&queue->mutex);
	try_again(queue);
	seal_until_fewer(queue, 1);
	int status = take_failure(queue, err);
	pthread_mutex_unlock(&queue->mutex);
	return status;
}

void archive_queue_give_up(struct archive_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	for (; queue->is_stuck && queue->count > 0; queue->count--) {
		const struct archive_block *block = &queue->blocks[queue->first];
		queue->lost_records +=
			archive_is_of_records(block->content_kind) ? block->record_count : 0;
		queue->first = (queue->first + 1) % ARCHIVE_QUEUE_BLOCKS;
	}
	pthread_mutex_unlock(&queue->mutex);
}

uint64_t archive_queue_lost(struct archive_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	uint64_t lost = queue->lost_records;
	pthread_mutex_unlock(&queue->mutex);
	return lost;
}
