/* Files that are unpacked ahead, several at a time: the same frames, order and errors as by one
 * thread. */
#include <errno.h>
#include <zstd.h>

#include "collector/unpacker.h"
#include "tests/tap.h"
#include "tests/unit/capture_builder.h"

static uint8_t packed[16 << 20];

/* A frame a second from first on, of changing size, in a compressed file; cut: bytes left out at
 * its end. */
static void write_packed(const char *name, uint32_t first, unsigned count, size_t cut)
{
	start_capture();
	for (unsigned i = 0; i < count; i++) {
		unsigned captured = i * 37 % 1500;
		put_record(first + i, 0, captured, captured);
	}
	size_t bytes = strstr(name, ".zst")
			       ? ZSTD_compress(packed, sizeof(packed), content, size, 1)
			       : gzip_into(packed, sizeof(packed), content, size);
	write_file(name, packed, bytes - cut);
}

static struct summary read_with(const char *const *names, unsigned count, unsigned jobs)
{
	const struct source_options options = { .jobs = jobs };
	struct summary all = { 0 };
	struct source *source;

	all.result = source_open_files(&source, names, count, &options, &all.err);
	if (all.result == 0) {
		all = read_all(source);
		source_close(source);
	}
	return all;
}

static void check_jobs(const char *const *files, unsigned count, int result, const char *title)
{
	static char names[8][PATH_MAX];
	const char *paths[8];

	for (unsigned i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s", folder, files[i]);
		paths[i] = names[i];
	}
	struct summary one = read_with(paths, count, 1);
	ok(one.result == result && one.frames >= 5000 && one.ordered, "%s: %u frames %s", title,
		(unsigned)one.frames, result ? one.err.text : "");
	for (unsigned jobs = 2; jobs <= 5; jobs++) {
		struct summary more = read_with(paths, count, jobs);
		ok(more.result == one.result && more.frames == one.frames && more.sum == one.sum &&
				more.ordered &&
				(!result || strcmp(more.err.text, one.err.text) == 0),
			"%s: the same with %u jobs", title, jobs);
	}
}

/* More than is unpacked ahead, and a reader that wants none of it. */
static void test_unread(void)
{
	z_stream stream = { .next_out = packed, .avail_out = sizeof(packed) };
	const struct source_options options = { .jobs = 2 };
	struct source *source;
	struct err err;

	deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	start_capture();
	while (size + 1016 <= sizeof(content)) {
		put_record(1, 0, 1000, 1000);
	}
	for (size_t done = 0; done < 3 * (size_t)UNPACKER_AHEAD_BYTES; done += size) {
		stream.next_in = content;
		stream.avail_in = (uInt)size;
		deflate(&stream, Z_NO_FLUSH);
	}
	deflate(&stream, Z_FINISH);
	deflateEnd(&stream);
	const char *name = write_file("unread.gz", packed, stream.total_out);
	ok(source_open(&source, name, &options, &err) == 0, "a file is unpacked ahead");
	source_close(source);
	ok(true, "… and given up while its thread waits for room");
}

int main(void)
{
	if (!mkdtemp(folder)) {
		skip_all("no folder for files");
	}
	write_packed("1.pcap.gz", 1000, 5000, 0);
	write_packed("2.pcap.zst", 6000, 5000, 0);
	write_packed("3.pcap.gz", 8000, 3000, 0); /* while the second is at work */
	write_packed("4.pcap.gz", 20000, 3000, 900);
	write_packed("5.pcap.gz", 30000, 100, 0);
	check_jobs((const char *const[]){ "1.pcap.gz", "2.pcap.zst", "5.pcap.gz" }, 3, 0,
		"one after the other");
	check_jobs((const char *const[]){ "5.pcap.gz", "3.pcap.gz", "2.pcap.zst", "1.pcap.gz" }, 4,
		0, "with two side by side");
	check_jobs((const char *const[]){ "4.pcap.gz", "none.gz", "1.pcap.gz", "5.pcap.gz" }, 4,
		-ENOENT, "one cut short, one missing");
	check_jobs((const char *const[]){ "1.pcap.gz" }, 1, 0, "one alone");
	test_unread();
	remove_folder();
	return done_testing();
}
