#include "analyzer/engine/runs.h"

#include <stdlib.h>

#include "base/ring.h"

/* Runs at the most on their way: each holds up to as many records as there is room for. */
enum { HEADERS = 64 };

struct header {
	const struct reference *reference;
	size_t count;
};

struct runs {
	size_t record_count;
	struct ring *records, *headers;
	const struct header *taken; /* the exporter's: what it has in hand */
	size_t taken_count;
};

struct runs *runs_create(size_t record_count)
{
	struct runs *runs = calloc(1, sizeof(*runs));

	if (!runs) {
		return NULL;
	}
	runs->record_count = record_count;
	runs->records = ring_create(sizeof(struct record), record_count);
	runs->headers = ring_create(sizeof(struct header), HEADERS);
	if (!runs->records || !runs->headers) {
		runs_destroy(runs);
		return NULL;
	}
	return runs;
}

/* What nobody took still holds its snapshots. */
static void drain(struct runs *runs)
{
	const struct reference *reference;
	size_t count;

	while (runs_take(runs, SIZE_MAX, &reference, &count, 0)) {
		runs_release(runs, count);
	}
}

void runs_destroy(struct runs *runs)
{
	if (runs) {
		if (runs->records && runs->headers) {
			drain(runs);
		}
		ring_destroy(runs->records);
		ring_destroy(runs->headers);
		free(runs);
	}
}

struct record *runs_reserve(struct runs *runs, size_t most, size_t *room)
{
	return ring_reserve(runs->records, most, room);
}

void runs_publish(struct runs *runs, const struct reference *reference, size_t count)
{
	size_t room;

	ring_publish(runs->records, count);
	struct header *header = ring_reserve(runs->headers, 1, &room);
	*header = (struct header){ reference_acquire(reference), count };
	ring_publish(runs->headers, 1);
}

void runs_close(struct runs *runs)
{
	ring_close(runs->headers);
}

/* The slots of a ring begin a cache line each. */
static const struct header *header_at(const struct header *headers, size_t place)
{
	return (const struct header *)(const void *)((const char *)headers + place * 64);
}

_Static_assert(sizeof(struct header) <= 64, "a header is a slot of one line");

struct record *runs_take(struct runs *runs, size_t most, const struct reference **reference,
	size_t *count, uint64_t wait_ns)
{
	size_t header_count, together = 0, wanted = 0;
	const struct header *headers = ring_take(runs->headers, HEADERS, &header_count, wait_ns);

	*count = runs->taken_count = 0;
	runs->taken = headers;
	if (!headers) {
		return NULL;
	}
	*reference = headers->reference;
	while (together < header_count && header_at(headers, together)->reference == *reference &&
		(together == 0 || wanted + header_at(headers, together)->count <= most)) {
		wanted += header_at(headers, together++)->count;
	}
	struct record *records = ring_take(runs->records, wanted, count, 0);
	/* No run goes over the edge of the ring: where records end, a run ends. */
	for (size_t sum = 0; sum < *count; runs->taken_count++) {
		sum += header_at(headers, runs->taken_count)->count;
	}
	return records;
}

void runs_release(struct runs *runs, size_t count)
{
	for (size_t i = 0; i < runs->taken_count; i++) {
		reference_release(header_at(runs->taken, i)->reference);
	}
	ring_release(runs->records, count);
	ring_release(runs->headers, runs->taken_count);
	runs->taken_count = 0;
}

bool runs_are_finished(const struct runs *runs)
{
	return ring_is_finished(runs->headers);
}

size_t runs_depth(const struct runs *runs)
{
	return ring_depth(runs->records);
}

bool runs_are_behind(const struct runs *runs)
{
	return ring_depth(runs->records) >= runs->record_count / 4;
}

uint64_t runs_writer_waits(const struct runs *runs)
{
	return ring_writer_waits(runs->records);
}
