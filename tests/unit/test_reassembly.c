#include "collector/reassembly.h"
#include "tests/tap.h"

enum { BYTES = 9000 };

static uint32_t random_state = 42;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % limit;
}

/* A stream of known bytes in pieces at random places, against a plain array. */
static void test_random(void)
{
	static uint8_t truth[BYTES], seen[BYTES];
	struct reassembly *reassembly = reassembly_create(8);
	bool is_right = true;

	for (unsigned i = 0; i < BYTES; i++) {
		truth[i] = (uint8_t)(i * 7 + i / 251);
	}
	for (unsigned round = 0; round < 200; round++) {
		uint32_t stream = reassembly_open(reassembly);
		memset(seen, 0, sizeof(seen));
		for (unsigned piece = 0; piece < 60; piece++) {
			uint32_t from = random_below(BYTES), count = random_below(1500) + 1;
			count = count > BYTES - from ? BYTES - from : count;
			if (reassembly_add(reassembly, stream, from, truth + from, count)) {
				memset(seen + from, 1, count);
			}
			struct reader reader = reassembly_read(reassembly, stream);
			size_t whole = 0;
			while (whole < BYTES && seen[whole]) {
				whole++;
			}
			is_right &= reader_left(&reader) == whole &&
				    memcmp(reader.at, truth, whole) == 0;
		}
		reassembly_close(reassembly, stream);
	}
	ok(is_right, "12,000 pieces at random places");
	is_int((int64_t)reassembly_overlaps_changed(reassembly), 0, "equal overlaps are no change");
	is_int((int64_t)reassembly_bytes(reassembly), 0, "all memory was given back");
	reassembly_destroy(reassembly);
}

static void test_edges(void)
{
	struct reassembly *reassembly = reassembly_create(2);
	static uint8_t zeros[REASSEMBLY_BYTES_MAX + 1];
	uint32_t stream = reassembly_open(reassembly);

	ok(reassembly_add(reassembly, stream, 10, (const uint8_t *)"world", 5),
		"a piece with a gap before it");
	struct reader reader = reassembly_read(reassembly, stream);
	is_int((int64_t)reader_left(&reader), 0, "… cannot be read yet");
	ok(reassembly_add(reassembly, stream, 8, (const uint8_t *)"XXXXXXXXX", 9),
		"an overlap on both sides");
	is_int((int64_t)reassembly_overlaps_changed(reassembly), 1,
		"… with other content is counted once");
	ok(reassembly_prepend(reassembly, stream, 2), "room before the first byte");
	ok(reassembly_add(reassembly, stream, 0, (const uint8_t *)"0123456789", 10), "the start");
	reader = reassembly_read(reassembly, stream);
	ok(reader_left(&reader) == 19 && memcmp(reader.at, "0123456789XXworldXX", 19) == 0,
		"the first content won");
	reassembly_consume(reassembly, stream, 12);
	reader = reassembly_read(reassembly, stream);
	ok(reader_left(&reader) == 7 && memcmp(reader.at, "worldXX", 7) == 0,
		"used bytes are gone");
	ok(!reassembly_add(reassembly, stream, REASSEMBLY_BYTES_MAX - 1, zeros, 2),
		"nothing past the limit");
	ok(!reassembly_add(reassembly, stream, UINT32_MAX, zeros, 2), "… nor far past it");
	reassembly_consume(reassembly, stream, 8);
	reader = reassembly_read(reassembly, stream);
	is_int((int64_t)reader_left(&reader), 7, "more than there is cannot be used");
	reassembly_consume(reassembly, stream, 7);
	reader = reassembly_read(reassembly, stream);
	is_int((int64_t)reader_left(&reader), 0, "all that there is can");
	ok(reassembly_add(reassembly, stream, 0, zeros, 1), "a first byte again");
	ok(!reassembly_prepend(reassembly, stream, REASSEMBLY_BYTES_MAX),
		"no room before it beyond the limit");
	ok(reassembly_prepend(reassembly, stream, REASSEMBLY_BYTES_MAX - 1), "… and all of it");
	ok(reassembly_add(reassembly, stream, 0, zeros, REASSEMBLY_BYTES_MAX),
		"up to the limit is fine");
	uint32_t second = reassembly_open(reassembly);
	ok(second != 0, "a second stream");
	is_int(reassembly_open(reassembly), 0, "a third finds no room");
	bool refused = false;
	for (uint32_t i = 0; i < 2 * REASSEMBLY_RANGES_MAX; i++) {
		refused |= !reassembly_add(reassembly, second, 2 * i + 1, zeros, 1);
	}
	ok(refused, "too many holes are refused");
	reassembly_close(reassembly, stream);
	reassembly_close(reassembly, second);
	reassembly_close(reassembly, 0);
	is_int((int64_t)reassembly_bytes(reassembly), 0, "all memory was given back");
	reassembly_destroy(reassembly);
}

/* A stream has as much memory as its bytes need, and none before the first of them. */
static void test_close_hole(void)
{
	struct reassembly *reassembly = reassembly_create(2);
	uint32_t stream = reassembly_open(reassembly);

	reassembly_add(reassembly, stream, 0, (const uint8_t *)"ab", 2);
	reassembly_add(reassembly, stream, 3, (const uint8_t *)"cd", 2);
	reassembly_add(reassembly, stream, 7, (const uint8_t *)"fg", 2);
	reassembly_close_hole(reassembly, stream, 1);
	struct reader reader = reassembly_read(reassembly, stream);
	is_int((int64_t)reader_left(&reader), 2, "a byte that is there stays");
	reassembly_close_hole(reassembly, stream, 2);
	reader = reassembly_read(reassembly, stream);
	ok(reader_left(&reader) == 4 && memcmp(reader.at, "abcd", 4) == 0,
		"one that is missing, and is none: what follows moves up to it");
	reassembly_close_hole(reassembly, stream, 5);
	reassembly_add(reassembly, stream, 4, (const uint8_t *)"e", 1);
	reader = reassembly_read(reassembly, stream);
	ok(reader_left(&reader) == 7 && memcmp(reader.at, "abcdefg", 7) == 0,
		"… in a larger hole as well");
	reassembly_close_hole(reassembly, stream, 9);
	reader = reassembly_read(reassembly, stream);
	is_int((int64_t)reader_left(&reader), 7, "… behind all there is nothing");
	reassembly_destroy(reassembly);
}

static void test_memory(void)
{
	static const struct {
		size_t bytes;
		int64_t memory;
	} rows[] = { { 0, 0 }, { 1, 64 }, { 64, 64 }, { 65, 256 }, { 256, 256 }, { 257, 2048 },
		{ 2049, 4096 }, { 4097, 8192 }, { 8193, 16384 } };
	static uint8_t bytes[REASSEMBLY_BYTES_MAX];
	struct reassembly *reassembly = reassembly_create(2);
	uint32_t grown = reassembly_open(reassembly);

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t once = reassembly_open(reassembly);
		reassembly_add(reassembly, once, 0, bytes, rows[i].bytes);
		is_int((int64_t)reassembly_bytes(reassembly),
			rows[i].memory + (i ? rows[i - 1].memory : 0), "memory for %zu bytes",
			rows[i].bytes);
		reassembly_close(reassembly, once);
		memset(bytes, (int)i, rows[i].bytes);
		reassembly_add(reassembly, grown, 0, bytes, rows[i].bytes);
		is_int((int64_t)reassembly_bytes(reassembly), rows[i].memory,
			"… and for a stream that grew to as many");
		struct reader reader = reassembly_read(reassembly, grown);
		bool is_kept = reader_left(&reader) == rows[i].bytes;
		for (size_t at = 0, from = 1; is_kept && at < rows[i].bytes; at++) {
			from += at == rows[from].bytes;
			is_kept &= reader.at[at] == from;
		}
		ok(is_kept, "… which keeps what it had");
	}
	reassembly_close(reassembly, grown);
	is_int((int64_t)reassembly_bytes(reassembly), 0, "all memory was given back");
	reassembly_destroy(reassembly);
}

int main(void)
{
	test_random();
	test_edges();
	test_close_hole();
	test_memory();
	return done_testing();
}
