#include "analyzer/engine/runs.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/engine/enrich.h"
#include "base/ring.h"

/* Runs at the most on their way: each holds up to as many records as there is room for. */
enum { HEADERS = 64, SLOT_BYTES = 64 };

/* Who has a run in hand. */
enum run_state { RUN_RAW, RUN_BEGUN, RUN_AWAITED, RUN_ENRICHED };

struct header {
	const struct reference *reference;
	struct record *records;
	uint64_t mark;
	size_t count;
	_Atomic uint32_t state; /* enum run_state; the exporter sleeps on it */
};

_Static_assert(sizeof(struct header) <= SLOT_BYTES, "a header is a slot of the ring");

struct runs {
	size_t record_count;
	struct ring *records, *headers;
	struct header *first; /* slot of the ring of headers */
	struct header *taken; /* the exporter's: what it has in hand */
	size_t taken_count;
	_Atomic uint32_t published; /* runs ever; helpers sleep on it */
	_Atomic uint32_t offered;   /* runs that a helper looked at */
	_Atomic uint32_t sleepers;
	_Atomic bool is_closed;
};

/* The slots of a ring begin a cache line each. */
static struct header *slot_at(struct header *headers, size_t place)
{
	return (struct header *)(void *)((char *)headers + place * SLOT_BYTES);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t while_equal)
{
	struct timespec limit = { .tv_nsec = RING_NAP_NS };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_equal, &limit, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

struct runs *runs_create(size_t record_count)
{
	struct runs *runs = calloc(1, sizeof(*runs));
	size_t room;

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
	runs->first = ring_reserve(runs->headers, 1, &room);
	return runs;
}

/* What nobody took still holds its snapshots. */
static void drain(struct runs *runs)
{
	const struct reference *reference;
	uint64_t mark;
	size_t count;

	while (runs_take(runs, SIZE_MAX, &reference, &mark, &count, 0)) {
		runs_release(runs, count);
	}
}

void runs_destroy(struct runs *runs)
{
	if (runs) {
		if (runs->first) {
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

void runs_publish(struct runs *runs, const struct reference *reference, uint64_t mark, size_t count)
{
	size_t room;
	struct record *records = ring_reserve(runs->records, count, &room); /* the same again */
	struct header *header = ring_reserve(runs->headers, 1, &room);

	header->reference = reference_acquire(reference);
	header->records = records;
	header->mark = mark;
	header->count = count;
	atomic_store(&header->state, records->is_enriched ? RUN_ENRICHED : RUN_RAW);
	ring_publish(runs->records, count);
	ring_publish(runs->headers, 1);
	atomic_fetch_add(&runs->published, 1);
	if (atomic_load(&runs->sleepers) > 0) {
		futex_wake(&runs->published, 1);
	}
}

void runs_close(struct runs *runs)
{
	atomic_store(&runs->is_closed, true);
	futex_wake(&runs->published, INT32_MAX);
	ring_close(runs->headers);
}

/* Has it in hand from now on; false where another has, or had. */
static bool begin(struct header *header)
{
	uint32_t raw = RUN_RAW;

	return atomic_compare_exchange_strong(&header->state, &raw, RUN_BEGUN);
}

static void enrich_run(struct header *header)
{
	enrich(header->reference, header->records, header->count);
	if (atomic_exchange(&header->state, RUN_ENRICHED) == RUN_AWAITED) {
		futex_wake(&header->state, 1);
	}
}

/* The number of the next run that no helper has looked at; false where there is none yet. */
static bool next_offer(struct runs *runs, uint32_t *number)
{
	uint32_t offered = atomic_load(&runs->offered);

	while (offered != atomic_load(&runs->published)) {
		if (atomic_compare_exchange_weak(&runs->offered, &offered, offered + 1)) {
			*number = offered;
			return true;
		}
	}
	return false;
}

bool runs_help(struct runs *runs)
{
	uint32_t published = atomic_load(&runs->published), number;

	if (next_offer(runs, &number)) {
		/* The exporter may have been here before, and the slot be a later run's by now:
		 * then that one is helped. */
		struct header *header = slot_at(runs->first, number % HEADERS);
		if (begin(header)) {
			enrich_run(header);
		}
		return true;
	}
	if (atomic_load(&runs->is_closed)) {
		return false;
	}
	atomic_fetch_add(&runs->sleepers, 1);
	futex_wait(&runs->published, published);
	atomic_fetch_sub(&runs->sleepers, 1);
	return true;
}

/* Enriches the run, or waits for whoever does. */
static void want_enriched(struct header *header)
{
	if (begin(header)) {
		enrich_run(header);
	}
	while (atomic_load(&header->state) != RUN_ENRICHED) {
		uint32_t begun = RUN_BEGUN;
		atomic_compare_exchange_strong(&header->state, &begun, RUN_AWAITED);
		futex_wait(&header->state, RUN_AWAITED);
	}
}

struct record *runs_take(struct runs *runs, size_t most, const struct reference **reference,
	uint64_t *mark, size_t *count, uint64_t wait_ns)
{
	size_t header_count, together = 1;
	struct header *headers = ring_take(runs->headers, HEADERS, &header_count, wait_ns);

	*count = runs->taken_count = 0;
	runs->taken = headers;
	if (!headers) {
		return NULL;
	}
	*reference = headers->reference;
	*mark = headers->mark;
	size_t wanted = headers->count;
	while (together < header_count) {
		const struct header *next = slot_at(headers, together);
		if (next->reference != *reference || next->mark != *mark ||
			wanted + next->count > most) {
			break;
		}
		wanted += next->count;
		together++;
	}
	struct record *records = ring_take(runs->records, wanted, count, 0);
	/* No run goes over the edge of the ring: where records end, a run ends. */
	for (size_t sum = 0; sum < *count; runs->taken_count++) {
		struct header *header = slot_at(headers, runs->taken_count);
		want_enriched(header);
		sum += header->count;
	}
	return records;
}

void runs_release(struct runs *runs, size_t count)
{
	for (size_t i = 0; i < runs->taken_count; i++) {
		reference_release(slot_at(runs->taken, i)->reference);
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

bool runs_are_many(const struct runs *runs)
{
	return ring_depth(runs->records) >= runs->record_count / 2 ||
	       ring_depth(runs->headers) >= HEADERS / 2;
}

uint64_t runs_writer_waits(const struct runs *runs)
{
	return ring_writer_waits(runs->records);
}
