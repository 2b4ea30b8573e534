/* A bounded queue from one thread to one other, of fixed-size slots, waiting on a futex rather than
 * spinning.
 *
 * A side that found nothing to do sleeps until there is some: the reader until a quarter of the
 * slots is full or a moment (RING_NAP_NS) has passed, the writer until half of them are free. So a
 * waking costs little a slot, and nobody is woken for one.
 *
 * Slots are filled in place: the writer reserves a run of free slots, fills them and publishes; the
 * reader takes a run of full ones, uses them where they are and releases. Nothing is copied by the
 * ring.
 *
 * Memory   taken once by ring_create(); slot_bytes * slot_count, both rounded up (count to a power
 *          of two).
 * Threads  exactly one writer and one reader.
 * Failure  none after creation. A full ring makes ring_reserve() wait: the wait is counted
 *          (ring_writer_waits). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* A published slot is seen this much later at the most. */
#define RING_NAP_NS UINT64_C(50000000)

struct ring *ring_create(size_t slot_bytes, size_t slot_count); /* NULL: out of memory */
void ring_destroy(struct ring *ring);

/* Writer: 1..most free slots that lie side by side (waits while there is none), and how many were
 * filled. Reserving again before publishing returns the same run. ring_close() tells the reader
 * that nothing follows. */
void *ring_reserve(struct ring *ring, size_t most, size_t *count);
void ring_publish(struct ring *ring, size_t count);
void ring_close(struct ring *ring);

/* Reader: 1..most full slots that lie side by side. Waits while there is none, at most wait_ns
 * (UINT64_MAX: for ever). NULL with *count 0: the time is up, or, when ring_is_finished(), nothing
 * will follow. */
void *ring_take(struct ring *ring, size_t most, size_t *count, uint64_t wait_ns);
void ring_release(struct ring *ring, size_t count);
bool ring_is_finished(const struct ring *ring);

/* How often the writer found the ring full, and how many slots are full now; any thread. */
uint64_t ring_writer_waits(const struct ring *ring);
size_t ring_depth(const struct ring *ring);
