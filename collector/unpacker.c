#include "collector/unpacker.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"

/* Captures shrink to a twentieth, those of nothing but zeros to a few hundredths. What expands more
 * than this was made to keep its reader busy; below the first bytes that does not matter. */
enum { EXPANSION_MAX = 800, EXPANSION_FREE_BYTES = 64 << 20 };

enum { COMPRESSED_BYTES = 256 << 10, BLOCK_BYTES = 512 << 10 };

/* What one step brought, and how it was then. The last block is the only one without bytes, or with
 * a failure. */
struct block {
	size_t count;
	uint64_t file_done;
	int failure;
	struct err reason;
	uint8_t bytes[BLOCK_BYTES];
};

struct unpacker {
	/* Whoever unpacks. */
	struct file_input *input;
	struct decompressor *decompressor;
	uint8_t *compressed; /* input of the decompressor, and the part of it that waits */
	const uint8_t *waiting;
	size_t waiting_bytes;
	uint64_t expanded_bytes;

	/* The reader. */
	struct block *block;
	size_t used; /* bytes of the block */
	bool is_over;
	uint64_t file_done;

	struct ring *ring; /* of blocks; NULL: the reader unpacks */
	pthread_t thread;
	atomic_bool is_stopped;
};

struct unpacker *unpacker_create(struct file_input *input, struct decompressor *decompressor,
	const uint8_t *first, size_t first_bytes)
{
	struct unpacker *unpacker = calloc(1, sizeof(*unpacker));

	if (!unpacker) {
		decompressor->destroy(decompressor);
		return NULL;
	}
	unpacker->input = input;
	unpacker->decompressor = decompressor;
	unpacker->compressed = malloc(UNPACKER_FIRST_BYTES);
	unpacker->block = malloc(sizeof(*unpacker->block));
	if (!unpacker->compressed || !unpacker->block) {
		unpacker_destroy(unpacker);
		return NULL;
	}
	unpacker->block->count = 0;
	memcpy(unpacker->compressed, first, first_bytes);
	unpacker->waiting = unpacker->compressed;
	unpacker->waiting_bytes = first_bytes;
	return unpacker;
}

static uint64_t file_done(const struct unpacker *unpacker)
{
	return unpacker->input->done - unpacker->waiting_bytes;
}

static void fail(const struct unpacker *unpacker, struct block *block, int failure)
{
	block->failure = failure;
	err_prefix(
		&block->reason, "offset %" PRIu64 " of the compressed file", file_done(unpacker));
}

static bool expands_too_much(const struct unpacker *unpacker)
{
	return unpacker->expanded_bytes > EXPANSION_FREE_BYTES &&
	       unpacker->expanded_bytes / EXPANSION_MAX > file_done(unpacker);
}

/* Nothing came, and nothing more goes in. */
static void explain_end(const struct unpacker *unpacker, struct block *block)
{
	if (unpacker->input->failure) {
		block->failure = unpacker->input->failure;
		block->reason = unpacker->input->reason;
	} else if (!unpacker->decompressor->at_boundary) {
		fail(unpacker, block,
			err_set(&block->reason, EBADMSG, "the %s data is cut short",
				unpacker->decompressor->format));
	}
}

/* Until some bytes came out, or it is over. */
static void unpack(struct unpacker *unpacker, struct block *block)
{
	struct decompress_io io = { unpacker->waiting, unpacker->waiting_bytes, block->bytes,
		BLOCK_BYTES };
	bool is_starved = false;

	block->failure = 0;
	while (io.out_bytes == BLOCK_BYTES && !is_starved && !block->failure) {
		if (io.in_bytes == 0 && !unpacker->input->is_over) {
			io.in = unpacker->compressed;
			io.in_bytes = file_input_read(
				unpacker->input, unpacker->compressed, COMPRESSED_BYTES);
		}
		is_starved = io.in_bytes == 0;
		int result =
			unpacker->decompressor->step(unpacker->decompressor, &io, &block->reason);
		unpacker->waiting = io.in;
		unpacker->waiting_bytes = io.in_bytes;
		if (result < 0) {
			fail(unpacker, block, result);
		}
	}
	block->count = BLOCK_BYTES - io.out_bytes;
	if (block->count == 0 && !block->failure) {
		explain_end(unpacker, block);
	}
	unpacker->expanded_bytes += block->count;
	if (!block->failure && expands_too_much(unpacker)) {
		fail(unpacker, block,
			err_set(&block->reason, EBADMSG,
				"the %s data expands more than %d-fold, which no capture does; "
				"what was before it is whole",
				unpacker->decompressor->format, EXPANSION_MAX));
	}
	block->file_done = file_done(unpacker);
}

static bool is_last(const struct block *block)
{
	return block->count == 0 || block->failure;
}

static void *unpack_ahead(void *context)
{
	struct unpacker *unpacker = context;
	bool is_over = false;

	while (!is_over && !atomic_load(&unpacker->is_stopped)) {
		size_t count;
		struct block *block = ring_reserve(unpacker->ring, 1, &count);
		unpack(unpacker, block);
		is_over = is_last(block);
		ring_publish(unpacker->ring, 1);
	}
	ring_close(unpacker->ring);
	return NULL;
}

/* Signals are for the thread that reads. */
static bool start_thread(struct unpacker *unpacker)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&unpacker->thread, NULL, unpack_ahead, unpacker) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

void unpacker_go_ahead(struct unpacker *unpacker)
{
	struct ring *ring = ring_create(sizeof(struct block), UNPACKER_AHEAD_BYTES / BLOCK_BYTES);

	unpacker->ring = ring;
	if (!ring || !start_thread(unpacker)) {
		ring_destroy(ring);
		unpacker->ring = NULL;
		return;
	}
	free(unpacker->block); /* the ring's from now on */
	unpacker->block = NULL;
}

static void take_block(struct unpacker *unpacker)
{
	size_t count;

	if (!unpacker->ring) {
		unpack(unpacker, unpacker->block);
		return;
	}
	if (unpacker->block) {
		ring_release(unpacker->ring, 1);
	}
	unpacker->block = ring_take(unpacker->ring, 1, &count, UINT64_MAX);
}

size_t unpacker_read(struct unpacker *unpacker, uint8_t *into, size_t most)
{
	if (unpacker->is_over) {
		return 0;
	}
	if (!unpacker->block || unpacker->used == unpacker->block->count) {
		take_block(unpacker);
		unpacker->used = 0;
	}
	const struct block *block = unpacker->block;
	size_t left = block->count - unpacker->used, count = left < most ? left : most;

	memcpy(into, block->bytes + unpacker->used, count);
	unpacker->used += count;
	unpacker->file_done = block->file_done;
	unpacker->is_over = is_last(block) && unpacker->used == block->count;
	return count;
}

bool unpacker_is_over(const struct unpacker *unpacker)
{
	return unpacker->is_over;
}

int unpacker_failure(const struct unpacker *unpacker, struct err *err)
{
	if (!unpacker->is_over || !unpacker->block->failure) {
		return 0;
	}
	*err = unpacker->block->reason;
	return unpacker->block->failure;
}

uint64_t unpacker_done(const struct unpacker *unpacker)
{
	return unpacker->file_done;
}

/* A thread that waits for room gets some. */
static void stop_thread(struct unpacker *unpacker)
{
	size_t count;

	atomic_store(&unpacker->is_stopped, true);
	if (unpacker->block) {
		ring_release(unpacker->ring, 1);
	}
	while (!ring_is_finished(unpacker->ring)) {
		if (ring_take(unpacker->ring, 1, &count, UINT64_MAX)) {
			ring_release(unpacker->ring, 1);
		}
	}
	pthread_join(unpacker->thread, NULL);
	ring_destroy(unpacker->ring);
	unpacker->block = NULL;
}

void unpacker_destroy(struct unpacker *unpacker)
{
	if (!unpacker) {
		return;
	}
	if (unpacker->ring) {
		stop_thread(unpacker);
	}
	unpacker->decompressor->destroy(unpacker->decompressor);
	free(unpacker->compressed);
	free(unpacker->block);
	free(unpacker);
}
