/* The walk with many cursors, and that of copied windows, against the walk with one, on files that
 * are kind, unkind and broken. */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "collector/mapping.h"
#include "collector/source_ops.h"
#include "tests/tap.h"

enum { CONTENT_MAX = 24 << 20 };

static uint8_t content[CONTENT_MAX];
static size_t size;
static char path[] = "/tmp/borderflow-mmap-XXXXXX";
static uint64_t random_state;

static uint32_t random_next(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

static void put_u32(uint32_t value, bool big_endian)
{
	for (unsigned i = 0; i < 4; i++) {
		content[size++] = (uint8_t)(value >> 8 * (big_endian ? 3 - i : i));
	}
}

static void put_header(uint32_t magic, bool big_endian)
{
	random_state = 1;
	size = 0;
	put_u32(magic, big_endian);
	for (unsigned i = 0; i < 4; i++) {
		put_u32(0, big_endian);
	}
	put_u32(1, big_endian);
}

static void put_record_header(uint32_t seconds, uint32_t captured, bool big_endian)
{
	put_u32(seconds, big_endian);
	put_u32(random_next() % 1000000, big_endian);
	put_u32(captured, big_endian);
	put_u32(captured, big_endian);
}

static void put_record(uint32_t seconds, uint32_t captured, bool big_endian)
{
	put_record_header(seconds, captured, big_endian);
	for (unsigned i = 0; i < captured; i++) {
		content[size++] = (uint8_t)random_next();
	}
}

/* A packet that carries a capture: record headers as good as the true ones, at every distance from
 * them. */
static void put_nested(uint32_t seconds)
{
	size_t start = size;
	unsigned inner = 20 + random_next() % 40, count = 1 + random_next() % 30;

	put_record_header(seconds, count * (16 + inner), false);
	for (unsigned i = 0; i < count; i++) {
		put_record(seconds, inner, false);
	}
	if (size - start != 16 + count * (16 + inner)) {
		printf("Bail out! a packet of the wrong size\n");
		exit(1);
	}
}

struct result {
	uint64_t frames, sum;
	struct err err;
};

static struct result read_all(
	int (*open)(struct source **, const char *, struct stream *, struct err *), bool keeps)
{
	static struct frame_batch batch;
	struct result result = { 0 };
	struct source *source = NULL;
	struct stream *stream;

	if (stream_open(&stream, path, &result.err) < 0 ||
		open(&source, path, stream, &result.err) < 0) {
		return result;
	}
	source->name = strdup(path);
	source->keeps = keeps;
	while (source_next(source, &batch, &result.err) == 0 && batch.count > 0) {
		for (unsigned i = 0; i < batch.count; i++) {
			const struct frame *frame = &batch.frames[i];
			uint64_t last =
				frame->captured_bytes ? frame->bytes[frame->captured_bytes - 1] : 0;
			result.sum =
				result.sum * 31 + frame->time_ns + frame->captured_bytes + last;
		}
		result.frames += batch.count;
	}
	source_close(source);
	return result;
}

static bool is_equal(const struct result *one, const struct result *other)
{
	return one->frames == other->frames && one->sum == other->sum &&
	       strcmp(one->err.text, other->err.text) == 0;
}

static bool is_same(uint64_t *frames)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(content, 1, size, file) != size || fclose(file) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
	struct result one = read_all(source_pcap_file_open, false);
	struct result many = read_all(source_mmap_open, true);
	struct result copied = read_all(source_mmap_open, false);
	*frames = many.frames;
	return is_equal(&one, &many) && is_equal(&one, &copied);
}

static void check(uint64_t wanted, const char *what)
{
	uint64_t frames;

	ok(is_same(&frames), "%s: all walks give the same", what);
	is_int((int64_t)frames, (int64_t)wanted, "%s: every frame", what);
}

static void test_kind(void)
{
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 30000; i++) {
		put_record(1000000 + i / 100, random_next() % 1000, false);
	}
	check(30000, "packets of any size");
	put_header(0xa1b23c4d, true);
	for (unsigned i = 0; i < 200000; i++) {
		put_record(1000000, 64, true);
	}
	check(200000, "short packets, big-endian, nanoseconds");
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 300000; i++) {
		put_record(0, 0, false);
	}
	check(300000, "packets of no bytes at no time");
}

static void test_unkind(void)
{
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 10000; i++) {
		put_nested(1000000 + i / 100);
	}
	check(10000, "packets that carry captures");
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 20000; i++) {
		if (i % 1000 == 500) {
			put_nested(1000000);
		} else {
			put_record(1000000, random_next() % 1000, false);
		}
	}
	check(20000, "some that do");
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 20000; i++) {
		put_record(i * 100000, random_next() % 1000, false);
	}
	check(20000, "a clock that jumps");
	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 90; i++) {
		put_record(1000000, 250000, false);
	}
	check(90, "packets larger than IP's");
}

static void test_broken(void)
{
	static uint8_t whole[CONTENT_MAX];
	unsigned different = 0;
	uint64_t frames;

	put_header(0xa1b2c3d4, false);
	for (unsigned i = 0; i < 6000; i++) {
		put_record(1000000, random_next() % 400, false);
	}
	size_t whole_size = size;
	memcpy(whole, content, size);
	random_state = 7;
	for (unsigned i = 0; i < 60; i++) {
		size = whole_size - (i % 3 ? 0 : random_next() % (whole_size - 100));
		for (unsigned j = 0; j < i; j++) {
			content[24 + random_next() % (size - 24)] = (uint8_t)random_next();
		}
		different += !is_same(&frames);
		memcpy(content, whole, whole_size);
	}
	is_int(different, 0, "damaged and cut files: the same frames, the same error");
}

/* How much of the file is mapped, in MiB. */
static unsigned mapped_mib(void)
{
	char line[256];
	unsigned long kib = 0;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status)) {
		(void)sscanf(line, "RssFile: %lu", &kib);
	}
	if (status) {
		fclose(status);
	}
	return (unsigned)(kib >> 10);
}

/* With a thread that reads ahead, another one looks at what it has passed. */
static void test_flat(void)
{
	enum { FILE_MIB = 512, BEHIND_MIB = 12, MIB = 1 << 20, PAGE = 4096 };
	struct mapping mapping;
	int fd = open(path, O_RDWR | O_TRUNC);
	unsigned before = mapped_mib(), most = 0;
	uint8_t sum = 0;

	ok(fd >= 0 && ftruncate(fd, (off_t)FILE_MIB * MIB) == 0 &&
			mapping_open(&mapping, fd, (uint64_t)FILE_MIB * MIB) == 0,
		"a large file is mapped");
	for (uint64_t at = BEHIND_MIB; at < FILE_MIB; at++) {
		mapping_enter(&mapping, at * MIB, (at + 1) * MIB);
		mapping_release(&mapping, at * MIB);
		for (unsigned page = 0; page < MIB; page += PAGE) {
			sum |= mapping.bytes[(at - BEHIND_MIB) * MIB + page];
		}
		unsigned now = mapped_mib() - before;
		most = now > most ? now : most;
	}
	is_int(sum, 0, "what was passed can still be read");
	ok(most <= 48, "memory stays flat when it is (%u MiB at most)", most);
	mapping_close(&mapping);
	ok(mapping_open(&mapping, fd, (uint64_t)FILE_MIB * MIB) == 0, "it is mapped again");
	before = mapped_mib();
	mapping_enter(&mapping, 400 * (uint64_t)MIB, 402 * (uint64_t)MIB);
	most = mapped_mib() - before;
	ok(most <= 16, "what was passed without asking is not asked for later (%u MiB)", most);
	mapping_close(&mapping);
	close(fd);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0) {
		skip_all("no place for a file");
	}
	close(fd);
	test_kind();
	test_unkind();
	test_broken();
	test_flat();
	unlink(path);
	return done_testing();
}
