/* Pieces of a day: whatever is made of the windows that are told, by adding and subtracting, has at
 * least k devices behind it. */
#include "analyzer/rollup/protect_time.h"

#include "base/clock.h"
#include "base/quick_hash.h"
#include "tests/tap.h"

enum { K = 5, SLOTS = 288, HOUR = 12 };

#define START_NS (UINT64_C(1772409600) * NS_PER_S)
#define DAY_NS   (SLOTS * SLOT_NS)

static struct protect_day *day;
static uint64_t edges_ns[PROTECT_EDGES_MAX];

static void begin(void)
{
	protect_day_destroy(day);
	day = protect_day_create(K, START_NS, START_NS + DAY_NS);
}

/* That device was active in the slot. */
static void note(unsigned slot, unsigned device)
{
	struct devices devices = { 0 };

	devices_add(&devices, quick_hash(0, device + 1), 1);
	protect_day_note(day, START_NS + slot * SLOT_NS, &devices);
	devices_deinit(&devices);
}

static void note_crowd(unsigned slot, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		note(slot, i);
	}
}

static unsigned edges(bool by_slots, bool is_over)
{
	return protect_day_edges(day, by_slots, is_over, edges_ns);
}

static unsigned slot_at(unsigned edge)
{
	return (unsigned)((edges_ns[edge] - START_NS) / SLOT_NS);
}

static void test_hours(void)
{
	begin();
	is_int(edges(false, true), 0, "a day without anybody has no piece");
	note_crowd(8 * HOUR, K - 1);
	is_int(edges(false, true), 0, "nor has one of too few");
	note(9 * HOUR + 3, K);
	is_int(edges(false, true), 2, "one more in the next hour: a piece,");
	ok(slot_at(0) == 0 && slot_at(1) == SLOTS, "the whole day");
	is_int(edges(false, false), 0, "which is not told before the day is over");
	note_crowd(10 * HOUR, K);
	is_int(edges(false, false), 2, "a full hour later the first piece is,");
	ok(slot_at(1) == 10 * HOUR, "up to that hour");
	note(20 * HOUR, 0);
	is_int(edges(false, true), 3, "what is left in the evening makes no piece");
	ok(slot_at(2) == SLOTS, "and belongs to the last one");
}

static void test_slots(void)
{
	begin();
	note_crowd(8 * HOUR, K);
	note_crowd(8 * HOUR + 2, K);
	note(8 * HOUR + 5, 0);
	note_crowd(9 * HOUR + 1, K);
	is_int(edges(false, true), 3, "two pieces of hours");
	is_int(edges(true, true), 4, "three of slots");
	ok(slot_at(1) == 8 * HOUR + 1 && slot_at(2) == 9 * HOUR && slot_at(3) == SLOTS,
		"who is left before the hour's end belongs to the piece before it");
	note_crowd(9 * HOUR + 2, K);
	is_int(edges(true, false), 4, "of the hour that runs all pieces but the last are told");
	ok(slot_at(2) == 9 * HOUR && slot_at(3) == 9 * HOUR + 2, "as they will always be");
}

/* What began when the day was over, or before it did, is of no slot of it. */
static void test_ends(void)
{
	begin();
	note_crowd(8 * HOUR, K - 1);
	struct devices one = { 0 };
	devices_add(&one, quick_hash(0, K), 1);
	protect_day_note(day, START_NS + DAY_NS, &one);
	protect_day_note(day, START_NS - 1, &one);
	is_int(edges(false, true), 0, "the first moment of the next day is none of it");
	protect_day_note(day, START_NS + DAY_NS - 1, &one);
	devices_deinit(&one);
	is_int(edges(false, true), 2, "its last one is");
}

/* How many different devices were active from one slot to another. */
static unsigned active(const bool seen[SLOTS][8], unsigned from, unsigned to)
{
	unsigned count = 0;

	for (unsigned device = 0; device < 8; device++) {
		bool is_there = false;
		for (unsigned slot = from; slot < to; slot++) {
			is_there |= seen[slot][device];
		}
		count += is_there;
	}
	return count;
}

/* A day as it goes by, looked at in each slot: an edge that was told once stays, hours' edges are
 * edges of slots, and between any two of them at least k devices were active. */
static void test_looks(uint64_t seed)
{
	bool seen[SLOTS][8] = { { false } }, was_edge[SLOTS + 1] = { false };
	bool is_edge[SLOTS + 1] = { false };
	unsigned thin = 0, gone = 0, crossed = 0;
	uint64_t state = seed;

	begin();
	for (unsigned slot = 0; slot < SLOTS; slot++) {
		for (unsigned device = 0; device < 8; device++) {
			state = quick_hash(state, device);
			if (state % 24 < slot / HOUR % 8) {
				seen[slot][device] = true;
				note(slot, device);
			}
		}
		unsigned count = edges(true, slot + 1 == SLOTS);
		memset(is_edge, 0, sizeof(is_edge));
		for (unsigned i = 0; i < count; i++) {
			is_edge[slot_at(i)] = true;
			thin += i > 0 && active(seen, slot_at(i - 1), slot_at(i)) < K;
		}
		for (unsigned i = 0; i <= SLOTS; i++) {
			gone += was_edge[i] && !is_edge[i];
			was_edge[i] |= is_edge[i];
		}
		count = edges(false, slot + 1 == SLOTS);
		for (unsigned i = 0; i < count; i++) {
			crossed += !is_edge[slot_at(i)];
		}
	}
	is_int(thin, 0, "no piece has fewer than k devices");
	is_int(gone, 0, "no edge that was told goes away");
	is_int(crossed, 0, "every edge of hours is one of slots");
}

int main(void)
{
	test_hours();
	test_slots();
	test_ends();
	for (uint64_t seed = 0; seed < 20; seed++) {
		test_looks(seed);
	}
	protect_day_destroy(day);
	return done_testing();
}
