#include "base/ring.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* head counts slots ever published, tail slots ever released; both only grow. They also are the
 * futex words: each side sleeps on the other's counter, after raising its own flag, and is woken
 * only while the flag is up. */
struct ring {
	size_t slot_bytes, slot_count;
	unsigned char *slots;
	_Alignas(64) _Atomic uint32_t head;
	_Atomic uint32_t reader_sleeps;
	_Alignas(64) _Atomic uint32_t tail;
	_Atomic uint32_t writer_sleeps;
	_Alignas(64) _Atomic uint64_t writer_waits;
	_Atomic bool closed;
};

static void futex_wait(_Atomic uint32_t *word, uint32_t while_equal, uint64_t wait_ns)
{
	struct timespec limit = { (time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000) };
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_equal,
		wait_ns == UINT64_MAX ? NULL : &limit, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

struct ring *ring_create(size_t slot_bytes, size_t slot_count)
{
	struct ring *ring = aligned_alloc(64, sizeof(*ring));
	size_t rounded = 1;

	if (!ring) {
		return NULL;
	}
	while (rounded < slot_count) {
		rounded *= 2;
	}
	*ring = (struct ring){ .slot_bytes = (slot_bytes + 63) / 64 * 64, .slot_count = rounded };
	ring->slots = aligned_alloc(64, ring->slot_bytes * ring->slot_count);
	if (!ring->slots) {
		free(ring);
		return NULL;
	}
	return ring;
}

void ring_destroy(struct ring *ring)
{
	if (ring) {
		free(ring->slots);
		free(ring);
	}
}

static void *ring_slot(const struct ring *ring, uint32_t counter)
{
	return ring->slots + (counter & (ring->slot_count - 1)) * ring->slot_bytes;
}

/* Slots from counter on that lie side by side. */
static size_t ring_run(const struct ring *ring, uint32_t counter, size_t available, size_t most)
{
	size_t to_the_edge = ring->slot_count - (counter & (ring->slot_count - 1));
	size_t run = available < to_the_edge ? available : to_the_edge;
	return run < most ? run : most;
}

void *ring_reserve(struct ring *ring, size_t most, size_t *count)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);

	if (head - tail == ring->slot_count) {
		atomic_fetch_add_explicit(&ring->writer_waits, 1, memory_order_relaxed);
		while (head - tail == ring->slot_count) {
			atomic_store(&ring->writer_sleeps, 1);
			tail = atomic_load(&ring->tail);
			if (head - tail == ring->slot_count) {
				futex_wait(&ring->tail, tail, UINT64_MAX);
				tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
			}
		}
		atomic_store(&ring->writer_sleeps, 0);
	}
	*count = ring_run(ring, head, ring->slot_count - (head - tail), most);
	return ring_slot(ring, head);
}

void ring_publish(struct ring *ring, size_t count)
{
	uint32_t head = atomic_fetch_add(&ring->head, (uint32_t)count) + (uint32_t)count;
	if (atomic_load(&ring->reader_sleeps) &&
		head - atomic_load_explicit(&ring->tail, memory_order_relaxed) >=
			ring->slot_count / 4) {
		futex_wake(&ring->head);
	}
}

void ring_close(struct ring *ring)
{
	atomic_store(&ring->closed, true);
	/* The reader may sleep on an unchanged head: move nothing, wake it, and let it look at
	 * closed. */
	futex_wake(&ring->head);
}

void *ring_take(struct ring *ring, size_t most, size_t *count, uint64_t wait_ns)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

	if (head == tail && wait_ns > 0) {
		atomic_store(&ring->reader_sleeps, 1);
		head = atomic_load(&ring->head);
		while (head == tail && !atomic_load(&ring->closed)) {
			/* Bounded naps close the gap between the look at closed and the sleep. */
			uint64_t nap_ns = wait_ns < RING_NAP_NS ? wait_ns : RING_NAP_NS;
			futex_wait(&ring->head, head, nap_ns);
			head = atomic_load_explicit(&ring->head, memory_order_acquire);
			if (wait_ns != UINT64_MAX) {
				wait_ns -= nap_ns;
				if (wait_ns == 0) {
					break;
				}
			}
		}
		atomic_store(&ring->reader_sleeps, 0);
		head = atomic_load_explicit(&ring->head, memory_order_acquire);
	}
	*count = ring_run(ring, tail, head - tail, most);
	return *count > 0 ? ring_slot(ring, tail) : NULL;
}

void ring_release(struct ring *ring, size_t count)
{
	uint32_t tail = atomic_fetch_add(&ring->tail, (uint32_t)count) + (uint32_t)count;
	if (atomic_load(&ring->writer_sleeps) &&
		atomic_load_explicit(&ring->head, memory_order_relaxed) - tail <=
			ring->slot_count / 2) {
		futex_wake(&ring->tail);
	}
}

bool ring_is_finished(const struct ring *ring)
{
	return atomic_load(&ring->closed) && atomic_load(&ring->head) == atomic_load(&ring->tail);
}

uint64_t ring_writer_waits(const struct ring *ring)
{
	return atomic_load_explicit(&ring->writer_waits, memory_order_relaxed);
}

size_t ring_depth(const struct ring *ring)
{
	/* The tail first: the head only grows, so it is never behind it. */
	uint32_t tail = atomic_load(&ring->tail);

	return (uint32_t)(atomic_load(&ring->head) - tail);
}
