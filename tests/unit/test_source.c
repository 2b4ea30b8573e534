/* Captures written here in every form, good and bad, and read back. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/clock.h"
#include "collector/source.h"
#include "tests/tap.h"
#include "tests/unit/capture_builder.h"

static void test_magics(void)
{
	static const struct {
		uint32_t magic;
		uint64_t unit_ns;
		const char *name;
	} magics[] = { { 0xa1b2c3d4, 1000, "microseconds" }, { 0xa1b23c4d, 1, "nanoseconds" } };

	for (unsigned i = 0; i < 4; i++) {
		size = 0;
		big_endian = i % 2;
		put_header(magics[i / 2].magic, 113);
		put_record(1700000000, 5, 60, 60);
		put_record(1700000001, 1999999999, 61, 1500);
		struct summary all = read_file(write_file("magic.pcap", content, size));
		uint64_t unit_ns = magics[i / 2].unit_ns;
		ok(all.frames == 2, "%s, %s-endian", magics[i / 2].name,
			big_endian ? "big" : "little");
		ok(all.result == -EBADMSG && strstr(all.err.text, "offset 100: ") &&
				strstr(all.err.text, "1999999999"),
			"a fraction above one second is told: %s", all.err.text);
		is_int(all.first.time_ns, 1700000000 * NS_PER_S + 5 * unit_ns, "its time");
		is_int(all.last.time_ns, 1700000001 * NS_PER_S + 1999999999 * unit_ns,
			"… and carried");
		is_int(all.last.captured_bytes, 61, "captured length");
		is_int(all.last.wire_bytes, 1500, "wire length");
		is_int(all.last.link_type, 113, "link type");
	}
}

static void test_modified(void)
{
	size = 0;
	big_endian = false;
	put_header(0xa1b2cd34, 1);
	for (unsigned i = 0; i < 3; i++) {
		put_u32(1000 + i);
		put_u32(0);
		put_u32(20);
		put_u32(20);
		put_fill(8 + 20, (uint8_t)i);
	}
	struct summary all = read_file(write_file("modified.pcap", content, size));
	ok(all.result == 0 && all.frames == 3, "the modified format's longer record headers");
}

/* Captures joined end to end, as cat does: each has its own header. */
static void test_joined(void)
{
	static uint8_t packed[1 << 20];
	size_t first;

	start_capture();
	put_record(1, 0, 60, 60);
	put_record(2, 0, 0, 0);
	first = size;
	big_endian = true;
	put_header(0xa1b23c4d, 101);
	put_record(3, 500, 61, 61);
	struct summary all = read_file(write_file("joined.pcap", content, size));
	ok(all.result == 0 && all.frames == 3, "two captures in one file: %s",
		all.result ? all.err.text : "");
	ok(all.last.link_type == 101 && all.last.time_ns == 3 * NS_PER_S + 500 &&
			all.last.captured_bytes == 61,
		"the second one is read by its own header");
	size_t bytes = gzip_into(packed, sizeof(packed), content, first);
	bytes += gzip_into(packed + bytes, sizeof(packed) - bytes, content + first, size - first);
	all = read_file(write_file("joined.pcap.gz", packed, bytes));
	ok(all.result == 0 && all.frames == 3 && all.last.link_type == 101, "… also compressed: %s",
		all.result ? all.err.text : "");
	all = read_file(write_file("joined-cut.pcap", content, first + 20));
	ok(all.result == -EBADMSG && all.frames == 2 && strstr(all.err.text, "cut short"),
		"a second header that is cut: %s", all.err.text);
}

static void test_damage(void)
{
	start_capture();
	put_record(1, 0, 100, 100);
	put_record(2, 0, 100, 100);
	struct summary all = read_file(write_file("cut.pcap", content, size - 1));
	is_int(all.frames, 1, "a file that is cut short gives what is whole");
	is_int(all.result, -EBADMSG, "and then the error");
	ok(strstr(all.err.text, "cut.pcap: offset 140: ") != NULL, "which says where: %s",
		all.err.text);
	all = read_file(write_file("cut.pcap", content, 24 + 116 + 7));
	ok(all.frames == 1 && strstr(all.err.text, "offset 140: "), "cut inside a record header");
	put_record(3, 0, 300000, 300000);
	all = read_file(write_file("absurd.pcap", content, size));
	is_int(all.frames, 2, "frames before an absurd length");
	ok(strstr(all.err.text, "offset 256: ") && strstr(all.err.text, "300000"),
		"the length is named: %s", all.err.text);
	all = read_file(write_file("header.pcap", content, 20));
	ok(all.result == -EBADMSG && strstr(all.err.text, "offset 0"), "a header that is cut");
	all = read_file(write_file("empty.pcap", content, 0));
	ok(all.result == -EBADMSG && strstr(all.err.text, "empty"), "an empty file");
	all = read_file(write_file("three.pcap", content, 3));
	ok(all.result == -EBADMSG && strstr(all.err.text, "cut short"), "three bytes");
	all = read_file(write_file("letter.txt", "Dear reader, how are you today?", 31));
	ok(all.result == -EBADMSG && strstr(all.err.text, "not a capture"), "a letter: %s",
		all.err.text);
	all = read_file(folder);
	ok(all.result == -EISDIR, "a folder: %s", all.err.text);
	all = read_file("/nonexistent.pcap");
	ok(all.result == -ENOENT, "no file: %s", all.err.text);
}

/* Many frames of changing size, so that buffers are refilled in the middle of records. */
static uint64_t put_many(unsigned count)
{
	uint64_t bytes = 0;

	start_capture();
	for (unsigned i = 0; i < count; i++) {
		unsigned captured = i * 37 % 1500;
		put_record(i + 1, 0, captured, captured);
		bytes += captured;
	}
	return bytes;
}

static void test_compressed(void)
{
	static uint8_t packed[16 << 20];
	uint64_t bytes = put_many(5000);
	struct summary plain = read_file(write_file("many.pcap", content, size));

	ok(plain.result == 0 && plain.frames == 5000 && plain.bytes == bytes, "many frames, plain");
	size_t half = size / 2, first = gzip_into(packed, sizeof(packed), content, half);
	size_t all_bytes = first + gzip_into(packed + first, sizeof(packed) - first, content + half,
					   size - half);
	struct summary all = read_file(write_file("many.pcap.gz", packed, all_bytes));
	ok(all.result == 0 && all.frames == 5000 && all.sum == plain.sum, "gzip, two members");
	memset(packed + all_bytes, 0, 512);
	all = read_file(write_file("padded.gz", packed, all_bytes + 512));
	ok(all.result == 0 && all.frames == 5000, "gzip with padding behind");
	memset(packed + all_bytes, 'x', 100);
	all = read_file(write_file("junk.gz", packed, all_bytes + 100));
	ok(all.result == -EBADMSG && all.frames == 5000 && strstr(all.err.text, "behind the end"),
		"gzip with something else behind: %s", all.err.text);
	all = read_file(write_file("cut.gz", packed, all_bytes - 1000));
	ok(all.result == -EBADMSG && all.frames > 2000, "gzip, cut short: %s", all.err.text);
	memset(packed + first - 2000, 0x55, 100);
	all = read_file(write_file("bad.gz", packed, all_bytes));
	ok(all.result == -EBADMSG && all.frames > 100 && strstr(all.err.text, "offset"),
		"gzip, damaged: %s", all.err.text);
	first = ZSTD_compress(packed, sizeof(packed), content, half, 1);
	all_bytes = first + ZSTD_compress(packed + first, sizeof(packed) - first, content + half,
				    size - half, 1);
	all = read_file(write_file("many.pcap.zst", packed, all_bytes));
	ok(all.result == 0 && all.frames == 5000 && all.sum == plain.sum, "zstd, two frames");
	all = read_file(write_file("cut.zst", packed, all_bytes - 100));
	ok(all.result == -EBADMSG && strstr(all.err.text, "cut short"), "zstd, cut short: %s",
		all.err.text);
}

/* A gigabyte of nothing in a megabyte. */
static void test_bomb(void)
{
	static uint8_t packed[4 << 20];
	z_stream stream = { .next_out = packed, .avail_out = sizeof(packed) };

	deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	start_capture();
	stream.next_in = content;
	stream.avail_in = (uInt)size;
	deflate(&stream, Z_NO_FLUSH);
	memset(content, 0, sizeof(content));
	for (unsigned i = 0; i < 64; i++) {
		stream.next_in = content;
		stream.avail_in = sizeof(content);
		deflate(&stream, i == 63 ? Z_FINISH : Z_NO_FLUSH);
	}
	deflateEnd(&stream);
	struct summary all = read_file(write_file("bomb.pcap.gz", packed, stream.total_out));
	ok(all.result == -EBADMSG && strstr(all.err.text, "800-fold"), "a gzip bomb: %s",
		all.err.text);
	ok(all.frames < (256 << 20) / 16, "… is left after %u of 64 million records",
		(unsigned)all.frames);
}

static void write_at(const char *name, uint32_t first, uint32_t step, unsigned count)
{
	start_capture();
	for (unsigned i = 0; i < count; i++) {
		put_record(first + i * step, 0, 40, 40);
	}
	write_file(name, content, size);
}

static void test_files(void)
{
	char names[5][PATH_MAX];
	const char *all_names[5];
	struct source *source;
	struct err err;

	write_at("late.pcap", 100000, 1, 700);
	write_at("early.pcap", 1000, 10, 1000);
	write_at("between.pcap", 1005, 10, 1000);
	start_capture();
	put_record(5001, 0, 40, 40);
	put_u32(1);
	write_file("bad.pcap", content, size);
	static const char *const given[] = { "late.pcap", "early.pcap", "bad.pcap", "between.pcap",
		"none.pcap" };
	for (unsigned i = 0; i < 5; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s", folder, given[i]);
		all_names[i] = names[i];
	}
	if (source_open_files(&source, all_names, 5, NULL, &err) < 0) {
		ok(false, "several files: %s", err.text);
		return;
	}
	struct summary all = read_all(source);
	is_int(all.frames, 2701, "several files: every frame");
	ok(all.ordered, "in time order");
	ok(all.result < 0 && strstr(all.err.text, "and 1 more"), "bad ones are told at the end: %s",
		all.err.text);
	struct source_stats stats;
	source_read_stats(source, &stats);
	is_int(stats.first_ns, 1000 * NS_PER_S, "first time");
	is_int(stats.last_ns, 100699 * NS_PER_S, "last time");
	source_close(source);
	all_names[0] = names[4];
	ok(source_open_files(&source, all_names + 4, 1, NULL, &err) < 0,
		"only one, and missing: an error");
	const char *const live[] = { names[1], "if:lo" };
	is_int(source_open_files(&source, live, 2, NULL, &err), -EINVAL,
		"files and interfaces do not mix");
}

/* How many frames are read of these files, and how many are left out. */
static void check_twins(const char *const *names, unsigned count, uint64_t frames, uint64_t twins,
	const char *title)
{
	struct source_stats stats;
	struct source *source;
	struct err err;

	if (source_open_files(&source, names, count, NULL, &err) < 0) {
		ok(false, "%s: %s", title, err.text);
		return;
	}
	struct summary all = read_all(source);
	source_read_stats(source, &stats);
	is_int(all.frames, (long)frames, "%s: frames", title);
	is_int(stats.twins, (long)twins, "%s: left out", title);
	source_close(source);
}

static void test_twins(void)
{
	char day[PATH_MAX], tail[PATH_MAX], other[PATH_MAX], twice[PATH_MAX];

	write_at("day.pcap", 1000, 1, 3000);
	snprintf(day, sizeof(day), "%s/day.pcap", folder);
	write_at("tail.pcap", 3000, 1, 2000);
	snprintf(tail, sizeof(tail), "%s/tail.pcap", folder);
	start_capture();
	for (unsigned i = 0; i < 10; i++) {
		put_record(1000 + i, 0, 41, 41);
	}
	write_file("other.pcap", content, size);
	snprintf(other, sizeof(other), "%s/other.pcap", folder);
	start_capture();
	put_record(1000, 0, 40, 40);
	put_record(1000, 0, 40, 40);
	write_file("twice.pcap", content, size);
	snprintf(twice, sizeof(twice), "%s/twice.pcap", folder);

	check_twins((const char *const[]){ day, day, day }, 3, 3000, 6000, "one file three times");
	check_twins((const char *const[]){ day, tail }, 2, 4000, 1000, "files that overlap");
	check_twins(
		(const char *const[]){ day, other }, 2, 3010, 0, "other frames at the same time");
	check_twins((const char *const[]){ twice, day }, 2, 3001, 1,
		"what one file holds twice was seen twice");
}

/* A pipe among several files, which is opened once: its frames are gone for a second reader. */
static void test_pipe_among_files(void)
{
	char day[PATH_MAX], pipe_name[PATH_MAX];
	struct source *source;
	struct err err;

	write_at("day.pcap", 1000, 1, 3000);
	snprintf(day, sizeof(day), "%s/day.pcap", folder);
	snprintf(pipe_name, sizeof(pipe_name), "%s/pipe", folder);
	write_at("piped.pcap", 2000, 1, 5000);
	mkfifo(pipe_name, 0600);
	pid_t writer = fork();
	if (writer == 0) {
		FILE *out = fopen(pipe_name, "wb");
		_exit(!out || fwrite(content, 1, size, out) != size || fclose(out) != 0);
	}
	const char *const names[] = { day, pipe_name };
	if (source_open_files(&source, names, 2, NULL, &err) == 0) {
		struct summary all = read_all(source);
		ok(all.result == 0 && all.ordered, "a pipe among several files");
		is_int(all.frames, 6000, "its frames, but for what the other holds too");
		source_close(source);
	}
	waitpid(writer, NULL, 0);
}

static void test_progress(void)
{
	static struct frame_batch batch;
	struct source *source;
	struct source_stats stats;
	struct err err;

	put_many(2000);
	source_open(&source, write_file("progress.pcap", content, size), NULL, &err);
	source_next(source, &batch, &err);
	source_read_stats(source, &stats);
	is_int(stats.bytes_all, size, "the size is known");
	ok(stats.bytes_done > 0 && stats.bytes_done < size, "and how far we are");
	is_int(stats.frames, batch.count, "frames handed over");
	struct summary all = read_all(source);
	source_read_stats(source, &stats);
	is_int(stats.bytes_done, size, "all of it at the end");
	is_int(stats.frames, all.frames + batch.count, "all frames too");
	source_close(source);
}

static void test_filter(void)
{
	struct source_options options = { .filter = "udp port 53" };
	static const uint8_t packet[] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0"
					"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2"
					"\x04\0\0\x35\0\x08\0";
	struct source *source;
	struct err err;

	start_capture();
	put_record(1, 0, 42, 42);
	put_record(2, 0, 42, 42);
	memcpy(content + size - 42, packet, sizeof(packet));
	if (source_open(&source, write_file("filter.pcap", content, size), &options, &err) < 0) {
		ok(false, "a filter: %s", err.text);
		return;
	}
	struct summary all = read_all(source);
	ok(all.frames == 1 && all.first.time_ns == 2 * NS_PER_S,
		"a filter lets through what it names");
	source_close(source);
	options.filter = "udp prot 53";
	ok(source_check_filter("udp port 53", &err) == 0, "a filter that can be read");
	ok(source_check_filter("udp prot 53", &err) == -EINVAL, "one that cannot, before any file");
	ok(source_open(&source, path, &options, &err) == -EINVAL && strstr(err.text, "udp prot 53"),
		"a wrong one is refused: %s", err.text);
}

static void test_pipe(void)
{
	int ends[2], was = dup(0);

	put_many(3000);
	if (pipe(ends) < 0) {
		skip("no pipe");
		return;
	}
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		for (size_t at = 0, step = 1; at < size; at += step) {
			step = size - at < 997 ? size - at : 997;
			if (write(ends[1], content + at, step) != (ssize_t)step) {
				_exit(1);
			}
		}
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], 0);
	close(ends[0]);
	struct summary all = read_file("-");
	ok(all.result == 0 && all.frames == 3000, "standard input, in small pieces");
	dup2(was, 0);
	close(was);
	waitpid(child, NULL, 0);
}

/* The file loses its second half while it is being read. */
static void test_shrinking(const char *name, uint64_t frames)
{
	static struct frame_batch batch;
	struct source *source;
	struct summary all = { 0 };

	source_open(&source, write_file(name, content, size), NULL, &all.err);
	source_next(source, &batch, &all.err);
	if (truncate(path, (off_t)size / 2) < 0) {
		skip("cannot truncate");
		return;
	}
	all = read_all(source);
	ok(all.result < 0 && strstr(all.err.text, "offset"), "%s shrinks: %s", name, all.err.text);
	ok(all.frames + batch.count < frames,
		"%s: what is gone is not made up (%" PRIu64 " of %" PRIu64 ")", name,
		all.frames + batch.count, frames);
	ok(all.frames + batch.count >= frames / 3, "%s: what is left is read", name);
	source_close(source);
}

static void test_shrinking_files(void)
{
	put_many(8000);
	test_shrinking("shrink.pcap", 8000);
	size = 0;
	big_endian = false;
	put_section();
	put_interface(1, 0, -1, 0);
	for (unsigned i = 0; i < 8000; i++) {
		put_packet(0, i, 1000, 1000);
	}
	test_shrinking("shrink.pcapng", 8000);
}

static void send_datagram(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(47808),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sendto(fd, "borderflow", 10, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void test_live(void)
{
	static struct frame_batch batch;
	struct source_options options = { .filter = "udp port 47808", .buffer_bytes = 1 << 20 };
	struct source *source;
	struct source_stats stats;
	struct err err;

	ok(source_open(&source, "if:no-such-interface", NULL, &err) < 0, "no such interface: %s",
		err.text);
	if (source_open(&source, "if:lo", &options, &err) < 0) {
		skip(err.text);
		return;
	}
	ok(source_is_live(source), "an interface is live");
	send_datagram();
	uint64_t frames = 0;
	for (unsigned i = 0; i < 30 && frames == 0; i++) {
		if (source_next(source, &batch, &err) < 0) {
			break;
		}
		frames += batch.count;
	}
	ok(frames > 0 && batch.frames[0].captured_bytes == 52, "our own datagram is seen");
	ok(batch.count && batch.frames[0].time_ns / NS_PER_S >= 1600000000, "at a time of today");
	source_read_stats(source, &stats);
	is_int(stats.kernel_drops, 0, "nothing lost");
	source_close(source);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder for files");
	}
	test_magics();
	test_modified();
	test_joined();
	test_damage();
	test_compressed();
	test_bomb();
	test_files();
	test_twins();
	test_pipe_among_files();
	test_progress();
	test_filter();
	test_pipe();
	test_shrinking_files();
	test_live();
	remove_folder();
	return done_testing();
}
