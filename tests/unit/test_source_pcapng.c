/* Captures in pcapng: sections, interfaces, resolutions, options, damage. */
#include <errno.h>

#include "tests/tap.h"
#include "tests/unit/capture_builder.h"

static void test_pcapng(void)
{
	static struct frame_batch batch;
	struct source *source;
	struct err err;

	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, -1, 0);
	put_interface(101, 100, 9, 0);
	put_interface(113, 0, 0x80 | 10, 100);
	put_packet(0, 1000000, 61, 61);
	put_packet(1, 1000000000, 200, 1500);
	put_packet(2, 1536, 10, 10);
	put_block(0x0bad, 8, body);
	put_simple_packet(50, 50);
	big_endian = true;
	put_section();
	put_interface(12, 64, 3, 0);
	put_packet(0, 7000, 30, 30);
	put_simple_packet(500, 64);
	if (source_open(&source, write_file("two.pcapng", content, size), NULL, &err) < 0 ||
		source_next(source, &batch, &err) < 0) {
		ok(false, "pcapng: %s", err.text);
		return;
	}
	is_int(batch.count, 6, "pcapng: sections of both byte orders, interfaces, simple packets");
	is_int(batch.frames[0].time_ns, NS_PER_S, "microseconds unless said otherwise");
	is_int(batch.frames[0].captured_bytes, 61, "without the padding");
	is_int(batch.frames[1].time_ns, NS_PER_S, "nanoseconds where the interface says so");
	is_int(batch.frames[1].link_type, 101, "each interface its link type");
	is_int(batch.frames[1].captured_bytes, 200, "also a packet above the interface's snaplen");
	is_int(batch.frames[2].time_ns, 101 * NS_PER_S + NS_PER_S / 2,
		"powers of two, and an offset");
	is_int(batch.frames[3].time_ns, 101 * NS_PER_S + NS_PER_S / 2,
		"a simple packet has the last time");
	is_int(batch.frames[4].time_ns, 7 * NS_PER_S, "the second section, milliseconds");
	is_int(batch.frames[5].captured_bytes, 64, "a simple packet, cut by the snaplen");
	is_int(batch.frames[5].wire_bytes, 500, "and its length on the wire");
	is_int(source_next(source, &batch, &err), 0, "then the end");
	is_int(batch.count, 0, "without frames");
	source_close(source);
}

/* Simple packets have the time of the one before; where there was none they have none. */
static void test_pcapng_simple(void)
{
	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, -1, 0);
	put_packet(0, 1000000, 61, 61);
	put_simple_packet(50, 50);
	struct summary all = read_file(write_file("simple.pcapng", content, size));
	ok(all.frames == 2 && all.result == 0, "a simple packet behind one with a time");
	size = 0;
	put_section();
	put_interface(1, 0, -1, 0);
	put_simple_packet(50, 50);
	put_simple_packet(50, 50);
	all = read_file(write_file("simple.pcapng", content, size));
	ok(all.frames == 2 && all.result == 0, "two without any, which is no fault");
}

/* A unit of time in which no date can be written. */
static void test_pcapng_resolution(void)
{
	static const struct {
		int resolution;
		int64_t offset_s;
		bool odd;
	} cases[] = { { 6, 0, false }, { 12, 0, false }, { 0x80 | 32, 0, false }, { 127, 0, true },
		{ 0xff, 0, true }, { 127, 1700000000, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = 0;
		big_endian = false;
		put_section();
		put_interface(1, 0, cases[i].resolution, cases[i].offset_s);
		put_packet(0, 1000000, 61, 61);
		struct summary all = read_file(write_file("unit.pcapng", content, size));
		ok(all.frames == 1 && (all.result == -EBADMSG) == cases[i].odd, "if_tsresol %d: %s",
			cases[i].resolution, all.result ? all.err.text : "is one");
	}
}

static void test_pcapng_damage(void)
{
	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, -1, 0);
	put_packet(0, 1, 60, 60);
	size_t whole = size;
	put_packet(0, 2, 60, 60);
	struct summary all = read_file(write_file("cut.pcapng", content, size - 5));
	ok(all.frames == 1 && all.result == -EBADMSG && strstr(all.err.text, "cut short"),
		"cut: %s", all.err.text);
	content[size - 4] ^= 1;
	all = read_file(write_file("trailer.pcapng", content, size));
	ok(all.frames == 1 && strstr(all.err.text, "differ"), "lengths that differ: %s",
		all.err.text);
	size = whole;
	put_packet(4, 2, 60, 60);
	all = read_file(write_file("interface.pcapng", content, size));
	ok(all.frames == 1 && strstr(all.err.text, "interface"), "an unknown interface: %s",
		all.err.text);
	size = whole;
	put_packet(0, 2, 60, 60);
	content[whole + 8 + 12] = 200;
	all = read_file(write_file("inside.pcapng", content, size));
	ok(all.frames == 1 && strstr(all.err.text, "offset"), "more bytes than the block: %s",
		all.err.text);
	size = whole;
	put_u32(6);
	put_u32(7);
	put_u32(7);
	all = read_file(write_file("length.pcapng", content, size));
	ok(all.frames == 1 && strstr(all.err.text, "length of 7"), "an absurd length: %s",
		all.err.text);
}

/* An option says how long it is, and may lie. */
static void test_pcapng_options(void)
{
	static const struct {
		uint16_t code, length;
		int result;
		uint64_t time_ns;
		const char *what;
	} cases[] = {
		{ 9, 1, 0, 7 * NS_PER_S, "if_tsresol, as it should be" },
		{ 9, 200, -EBADMSG, 0, "if_tsresol longer than its block" },
		{ 2, 200, -EBADMSG, 0, "if_name longer than its block" },
		{ 9, 2, 0, 7 * NS_PER_MS, "if_tsresol of two bytes is none" },
		{ 14, 1, 0, 7 * NS_PER_MS, "if_tsoffset of one byte is none" },
		{ 0, 4, 0, 7 * NS_PER_MS, "an end of options with something in it" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size = 0;
		big_endian = i & 1;
		put_section();
		size_t start = size;
		put_u16(1);
		put_u16(0);
		put_u32(0);
		put_u16(cases[i].code);
		put_u16(cases[i].length);
		put_fill(4, 3); /* milliseconds, were it read */
		put_block(1, body_from(start), body);
		put_packet(0, 7000, 60, 60);
		struct summary all = read_file(write_file("option.pcapng", content, size));
		ok(all.result == cases[i].result && all.frames == (cases[i].result == 0) &&
				all.last.time_ns == cases[i].time_ns,
			"%s%s%s", cases[i].what, all.result ? ": " : "",
			all.result ? all.err.text : "");
	}
	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, 0, 0); /* seconds, while its packets count in microseconds */
	put_packet(0, 1767258000, 60, 60);
	put_packet(0, 1767258000000000, 60, 60);
	struct summary all = read_file(write_file("late.pcapng", content, size));
	ok(all.result == -EBADMSG && all.frames == 2 && strstr(all.err.text, "2554") &&
			all.last.time_ns == 1767258000 * NS_PER_S,
		"no packet is of the year 2554: %s", all.err.text);
}

/* A block that holds nothing for us may have any length: mapped, and in pieces. */
static void test_pcapng_large(void)
{
	static uint8_t packed[1 << 20];
	const uint32_t large = 17 << 20;

	for (unsigned round = 0; round < 4; round++) {
		size = 0;
		big_endian = round & 1;
		put_section();
		put_interface(1, 0, -1, 0);
		put_packet(0, 1, 60, 60);
		size_t whole = size;
		put_u32(0x0bad);
		put_u32(large);
		put_fill(large - 12, 0);
		put_u32(round == 3 ? large - 4 : large);
		size_t behind = size;
		put_packet(0, 2, 60, 60);
		struct summary all = read_file(write_file("large.pcapng", content, size));
		size_t bytes = gzip_into(packed, sizeof(packed), content, size);
		struct summary pieces = read_file(write_file("large.pcapng.gz", packed, bytes));
		if (round == 3) {
			ok(all.frames == 1 && strstr(all.err.text, "differ") &&
					strcmp(strstr(all.err.text, "offset"),
						strstr(pieces.err.text, "offset")) == 0,
				"its two lengths are compared: %s", pieces.err.text);
			continue;
		}
		ok(all.result == 0 && all.frames == 2, "17 MiB are stepped over: %s",
			all.result ? all.err.text : "");
		ok(pieces.result == 0 && pieces.frames == 2, "… in pieces as well: %s",
			pieces.result ? pieces.err.text : "");
		char where[128];
		snprintf(where, sizeof(where), "offset %zu: the file is cut short inside", whole);
		bytes = gzip_into(packed, sizeof(packed), content, behind - 4 - round);
		pieces = read_file(write_file("large-cut.pcapng.gz", packed, bytes));
		ok(pieces.result == -EBADMSG && pieces.frames == 1 &&
				strstr(pieces.err.text, where),
			"cut inside: %s", pieces.err.text);
	}
	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, -1, 0);
	put_u32(6);
	put_u32(large);
	put_fill(large - 12, 0);
	put_u32(large);
	struct summary all = read_file(write_file("packet.pcapng", content, size));
	ok(all.result == -EBADMSG && strstr(all.err.text, "length of"),
		"a packet of 17 MiB is damage: %s", all.err.text);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder for files");
	}
	test_pcapng();
	test_pcapng_simple();
	test_pcapng_resolution();
	test_pcapng_damage();
	test_pcapng_options();
	test_pcapng_large();
	remove_folder();
	return done_testing();
}
