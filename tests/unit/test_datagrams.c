#include "collector/datagrams.h"
#include "collector/recent_datagrams.h"
#include "tests/tap.h"

static struct datagrams *datagrams;
static uint8_t bytes[1 << 16];

static struct datagram_key key_of(uint32_t identification)
{
	return (struct datagram_key){
		.source = addr_from_v4("\x0a\x00\x00\x01"),
		.destination = addr_from_v4("\x0a\x00\x00\x02"),
		.identification = identification,
		.protocol = 17,
	};
}

static struct datagram *open_datagram(uint32_t identification)
{
	struct datagram_key key = key_of(identification);
	struct datagram *datagram = datagrams_place(datagrams, &key);

	if (!datagram_is(datagram, &key)) {
		datagram_claim(datagram, &key);
	}
	return datagram;
}

/* A piece whose bytes say where they belong. */
static enum datagram_state add(
	struct datagram *datagram, uint32_t offset, uint32_t count, bool is_last, uint64_t time_ns)
{
	struct piece piece = { .time_ns = time_ns,
		.offset = offset,
		.wire_bytes = count,
		.captured_bytes = count,
		.ip_bytes = count + 20,
		.frames = 1 };

	for (uint32_t i = 0; i < count && offset + i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)((offset + i) * 7);
	}
	return datagrams_add(datagrams, datagram, &piece, bytes, is_last);
}

static bool is_in_order(struct datagram *datagram, size_t expected)
{
	static uint8_t whole[1 << 16];
	size_t count = datagrams_copy(datagrams, datagram, false, whole, sizeof(whole));
	bool is_right = count == expected;

	for (size_t i = 0; i < count; i++) {
		is_right = is_right && whole[i] == (uint8_t)(i * 7);
	}
	return is_right;
}

static void test_orders(void)
{
	static const uint8_t orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 } };

	for (unsigned i = 0; i < 6; i++) {
		struct datagram *datagram = open_datagram(i);
		enum datagram_state state = DATAGRAM_WAITS;
		for (unsigned j = 0; j < 3; j++) {
			unsigned piece = orders[i][j];
			is_int(state, DATAGRAM_WAITS, "it waits for %u more", 3 - j);
			state = add(datagram, piece * 1480, piece == 2 ? 1048 : 1480, piece == 2,
				1000 + j);
		}
		is_int(state, DATAGRAM_WHOLE, "three pieces as %u %u %u", orders[i][0],
			orders[i][1], orders[i][2]);
		ok(is_in_order(datagram, 4008), "its bytes are in order");
		const struct piece *piece = datagrams_earliest(datagrams, datagram);
		ok(piece->offset == orders[i][0] * 1480U &&
				datagrams_later(datagrams, piece)->offset == orders[i][1] * 1480U,
			"its pieces are as they came");
		datagrams_release(datagrams, datagram);
		ok(!datagram_waits(datagram) && !datagrams_oldest(datagrams), "then none waits");
	}
}

static void test_contradictions(void)
{
	struct datagram *datagram = open_datagram(100);

	add(datagram, 0, 800, false, 0);
	is_int(add(datagram, 0, 800, false, 0), DATAGRAM_WAITS, "a piece that came before");
	is_int(datagram->piece_count, 2, "is counted");
	is_int(add(datagram, 0, 808, false, 0), DATAGRAM_BROKEN, "a longer one is not");
	is_int(add(datagram, 0, 400, false, 0), DATAGRAM_BROKEN, "nor a shorter one");
	is_int(add(datagram, 400, 800, false, 0), DATAGRAM_BROKEN, "nor one that overlaps");
	is_int(add(datagram, 792, 8, false, 0), DATAGRAM_BROKEN, "at the end of another");
	is_int(add(datagram, 1600, 800, false, 0), DATAGRAM_WAITS, "a gap may be filled");
	is_int(add(datagram, 800, 808, false, 0), DATAGRAM_BROKEN, "but not by more than it holds");
	is_int(add(datagram, 800, 100, true, 0), DATAGRAM_BROKEN,
		"the last one does not end before others");
	is_int(add(datagram, 2400, 101, false, 0), DATAGRAM_BROKEN,
		"all but the last are of eights");
	is_int(add(datagram, 2400, 101, true, 0), DATAGRAM_WAITS, "the last one is not");
	is_int(add(datagram, 3200, 8, false, 0), DATAGRAM_BROKEN, "nothing is behind the last");
	is_int(add(datagram, 2400, 109, true, 0), DATAGRAM_BROKEN, "and there is one last");
	is_int(add(datagram, 65528, 1480, true, 0), DATAGRAM_BROKEN, "64 KiB at the most");
	is_int(add(datagram, 800, 800, false, 0), DATAGRAM_WHOLE, "after all that it is whole");
	ok(is_in_order(datagram, 2501), "and its bytes are those that came first");
	datagrams_release(datagrams, datagram);
	enum datagram_state state = DATAGRAM_WAITS;
	for (unsigned i = 0; i < DATAGRAM_PIECES_MAX + 1; i++) {
		is_int(state, DATAGRAM_WAITS, "piece %u", i);
		state = add(datagram, i * 8, 8, false, 0);
	}
	is_int(state, DATAGRAM_BROKEN, "as many pieces as may be, and one");
	datagrams_release(datagrams, datagram);
}

static void test_cut(void)
{
	struct datagram *datagram = open_datagram(101);
	struct piece piece = {
		.wire_bytes = 1480, .captured_bytes = 48, .ip_bytes = 1500, .frames = 1
	};

	add(datagram, 1480, 100, true, 0);
	for (unsigned i = 0; i < 48; i++) {
		bytes[i] = (uint8_t)(i * 7);
	}
	is_int(datagrams_add(datagrams, datagram, &piece, bytes, false), DATAGRAM_WHOLE,
		"on the wire it was whole");
	ok(is_in_order(datagram, 48), "what was captured ends at the first gap");
	datagrams_release(datagrams, datagram);
}

static void test_time(void)
{
	struct datagram *datagram = open_datagram(102);

	add(datagram, 0, 800, false, NS_PER_S);
	ok(!datagrams_in_the_way(datagrams, 0, NS_PER_S + DATAGRAM_HELD_NS), "it may wait a while");
	ok(!datagrams_in_the_way(datagrams, 0, 0), "a clock that steps back does no harm");
	ok(datagrams_in_the_way(datagrams, 0, NS_PER_S + DATAGRAM_HELD_NS + 1) == datagram,
		"then it is to be given up");
	datagrams_release(datagrams, datagram);
	ok(!datagrams_in_the_way(datagrams, 0, UINT64_MAX), "once");
}

/* Whatever comes, the memory holds; what came first makes room. */
static void test_flood(void)
{
	unsigned given_up = 0, whole = 0;

	for (unsigned i = 0; i < 100000; i++) {
		struct datagram *other;
		uint32_t count = (i * 2654435761U >> 16) % 8000 / 8 * 8;
		while ((other = datagrams_in_the_way(datagrams, count, i)) != NULL) {
			given_up++;
			datagrams_release(datagrams, other);
		}
		struct datagram_key key = key_of(1000 + i / 2);
		struct datagram *datagram = datagrams_place(datagrams, &key);
		if (!datagram_is(datagram, &key)) {
			if (datagram_waits(datagram)) {
				given_up++;
				datagrams_release(datagrams, datagram);
			}
			datagram_claim(datagram, &key);
		}
		/* Every fourth comes whole, the others never. */
		uint32_t at = i % 2 == 0 ? 0 : i % 8 == 1 ? 8000 : 16000;
		enum datagram_state state =
			add(datagram, at, i % 8 == 0 ? 8000 : count, i % 8 == 1, i);
		if (state == DATAGRAM_WHOLE) {
			whole += is_in_order(datagram, 8000 + count);
		}
		if (state != DATAGRAM_WAITS) {
			datagrams_release(datagrams, datagram);
		}
	}
	ok(given_up > 10000, "a flood: %u are given up", given_up);
	is_int(whole, 12500, "and every one that comes whole is put together");
	struct datagram *last;
	while ((last = datagrams_oldest(datagrams)) != NULL) {
		datagrams_release(datagrams, last);
	}
}

/* A piece that comes again with other bytes. */
static enum datagram_state add_text(
	struct datagram *datagram, uint32_t offset, const char *text, bool is_last)
{
	struct piece piece = { .offset = offset,
		.wire_bytes = (uint32_t)strlen(text),
		.captured_bytes = (uint32_t)strlen(text),
		.frames = 1 };

	return datagrams_add(datagrams, datagram, &piece, (const uint8_t *)text, is_last);
}

static const char *text_of(const struct datagram *datagram, bool with_others)
{
	static char text[64];
	size_t count =
		datagrams_copy(datagrams, datagram, with_others, (uint8_t *)text, sizeof(text) - 1);

	text[count] = '\0';
	return text;
}

static void test_versions(void)
{
	struct datagram *datagram = open_datagram(200);

	add_text(datagram, 0, "decoy...", false);
	add_text(datagram, 0, "true....", false);
	add_text(datagram, 8, "rest", true);
	is_text(text_of(datagram, false), "decoy...rest", "the first bytes for each place");
	is_text(text_of(datagram, true), "true....rest", "and the last ones");
	const struct piece *piece = datagrams_earliest(datagrams, datagram);
	ok(!piece->is_other && datagrams_later(datagrams, piece)->is_other, "which came second");
	datagrams_release(datagrams, datagram);
	datagram = open_datagram(201);
	add_text(datagram, 8, "fake", true);
	add_text(datagram, 8, "fake", true);
	add_text(datagram, 8, "rest", true);
	add_text(datagram, 0, "start...", false);
	is_text(text_of(datagram, true), "start...rest", "behind the first one, and after a copy");
	piece = datagrams_later(datagrams, datagrams_earliest(datagrams, datagram));
	ok(!piece->is_other, "a copy is no other version");
	datagrams_release(datagrams, datagram);
}

/* One that overlaps others. */
static enum datagram_state add_over(
	struct datagram *datagram, uint32_t offset, const char *text, bool is_last)
{
	struct piece piece = { .offset = offset,
		.wire_bytes = (uint32_t)strlen(text),
		.captured_bytes = (uint32_t)strlen(text),
		.frames = 1 };

	is_int(datagrams_add(datagrams, datagram, &piece, (const uint8_t *)text, is_last),
		DATAGRAM_BROKEN, "%s overlaps", text);
	return datagrams_add_over(datagrams, datagram, &piece, (const uint8_t *)text, is_last);
}

static void test_overlaps(void)
{
	struct datagram *datagram = open_datagram(210);

	add_text(datagram, 0, "first...bytes...", false);
	is_int(add_over(datagram, 0, "other...", false), DATAGRAM_WAITS, "a shorter one");
	is_int(add_over(datagram, 8, "words...further.", false), DATAGRAM_WAITS, "one beyond");
	is_int(add_text(datagram, 24, "end", true), DATAGRAM_WHOLE, "and the last one");
	is_text(text_of(datagram, false), "first...bytes...further.end", "the first bytes");
	is_text(text_of(datagram, true), "other...words...further.end", "the last ones");
	is_int(datagram->piece_count, 4, "each came once");
	datagrams_release(datagrams, datagram);
	ok(!datagram_waits(datagram) && !datagrams_oldest(datagrams), "then none waits");

	datagram = open_datagram(211);
	add_text(datagram, 8, "bytes...", false);
	add_text(datagram, 24, "further.", false);
	is_int(add_over(datagram, 0, "other...words...from end to end!last", true), DATAGRAM_WHOLE,
		"one around others");
	is_text(text_of(datagram, false), "other...bytes...from endfurther.last", "fills the gaps");
	is_text(text_of(datagram, true), "other...words...from end to end!last", "or is all");
	datagrams_release(datagrams, datagram);

	datagram = open_datagram(212);
	add_text(datagram, 0, "first...bytes...", false);
	is_int(add_over(datagram, 8, "bytes...further.", true), DATAGRAM_WHOLE, "the same bytes");
	const struct piece *piece = datagrams_earliest(datagrams, datagram);
	ok(!datagrams_later(datagrams, piece)->is_other, "are no other version");
	datagrams_release(datagrams, datagram);

	datagram = open_datagram(213);
	struct piece cut = { .wire_bytes = 24, .captured_bytes = 12, .frames = 1 };
	add_text(datagram, 8, "bytes...", false);
	is_int(datagrams_add_over(datagrams, datagram, &cut, (const uint8_t *)"first...byte", true),
		DATAGRAM_WHOLE, "one that was cut off");
	is_text(text_of(datagram, false), "first...bytes...", "ends where its bytes do");
	datagrams_release(datagrams, datagram);

	for (unsigned i = 0; i < 4095; i++) {
		add_text(open_datagram(300 + i / 200), i % 200 * 8, "12345678", false);
	}
	datagram = open_datagram(300);
	is_int(add_over(datagram, 4, "1234567812345678", false), DATAGRAM_BROKEN,
		"where there is no room none is taken");
	while ((datagram = datagrams_oldest(datagrams)) != NULL) {
		datagrams_release(datagrams, datagram);
	}
}

static void test_late_versions(void)
{
	static struct recent_datagrams recent;
	const struct datagram_key key = { .identification = 7 }, other = { .identification = 8 };
	static const uint8_t whole[] = "decoy...rest", start[] = "true....";
	uint8_t memory[64];
	struct reader fragment = reader_over(start, 8);

	recent_datagrams_keep(&recent, &key, NS_PER_S, reader_over(whole, 12));
	is_int((int64_t)recent_datagrams_read_with(
		       &recent, &key, 2 * NS_PER_S, 0, fragment, memory, sizeof(memory)),
		12, "a second first fragment, behind a whole datagram");
	ok(memcmp(memory, "true....rest", 12) == 0, "with the rest of it");
	ok(recent_datagrams_read_with(
		   &recent, &key, 2 * NS_PER_S, 8, fragment, memory, sizeof(memory)) == 0 &&
			recent_datagrams_read_with(
				&recent, &key, 2 * NS_PER_S, 0, fragment, memory, 11) == 0,
		"not beyond its end, nor that of the memory");
	ok(recent_datagrams_read_with(
		   &recent, &key, 2 * NS_PER_S + 1, 0, fragment, memory, sizeof(memory)) == 0,
		"nor a moment later");
	ok(recent_datagrams_read_with(
		   &recent, &other, NS_PER_S, 0, fragment, memory, sizeof(memory)) == 0,
		"nor of another one");
	ok(recent_datagrams_read_with(
		   &recent, &key, NS_PER_S, 0, reader_over(whole, 8), memory, sizeof(memory)) == 0,
		"nor the same once more");
	for (uint32_t i = 0; i < RECENT_DATAGRAMS; i++) {
		struct datagram_key newer = { .identification = 100 + i };
		recent_datagrams_keep(&recent, &newer, NS_PER_S, reader_over(whole, 12));
	}
	ok(recent_datagrams_read_with(
		   &recent, &key, NS_PER_S, 0, fragment, memory, sizeof(memory)) == 0,
		"nor when others came");
}

int main(void)
{
	datagrams = datagrams_create();
	test_orders();
	test_contradictions();
	test_cut();
	test_time();
	test_versions();
	test_overlaps();
	test_late_versions();
	test_flood();
	datagrams_destroy(datagrams);
	datagrams_destroy(NULL);
	return done_testing();
}
