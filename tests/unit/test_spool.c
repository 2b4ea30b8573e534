/* The spool: order over restarts, the ring, damage at every byte, a disk without room. */
#include "analyzer/redis/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tap.h"

static char folder[] = "/tmp/borderflow-spool-XXXXXX";
static char path[64];

static struct spool *open_spool(const char *owner, uint64_t bytes, uint64_t now_ns)
{
	struct spool_options options = { .path = path,
		.owner = owner,
		.file_bytes = bytes,
		.memory_bytes = 1 << 16,
		.now_ns = now_ns };
	struct spool *spool;
	struct err err = { "" };

	if (spool_open(&spool, &options, &err) < 0) {
		ok(false, "%s", err.text);
		exit(done_testing());
	}
	return spool;
}

/* Batch i has a text that follows from i. */
static size_t make_text(char *text, size_t room, unsigned i)
{
	int length = snprintf(text, room, "batch %u ", i);

	for (unsigned j = 0; j < i % 300; j++) {
		length += snprintf(text + length, room - (size_t)length, "%c", 'a' + (i + j) % 26);
	}
	return (size_t)length;
}

static bool put(struct spool *spool, unsigned i)
{
	char text[512];
	struct spool_batch batch = { .kind = SPOOL_METRICS, .time_ns = i, .bytes = text };

	batch.length = make_text(text, sizeof(text), i);
	return spool_put(spool, &batch);
}

static bool is_batch(const struct spool_batch *batch, unsigned i)
{
	char text[512];
	size_t length = make_text(text, sizeof(text), i);

	return batch->length == length && memcmp(batch->bytes, text, length) == 0 &&
	       batch->time_ns == i && batch->kind == SPOOL_METRICS;
}

/* Reads all, which must come in order; the bits of those that came. */
static unsigned read_all(struct spool *spool, bool *came, unsigned count)
{
	struct spool_reader reader = { NULL, 0 };
	struct spool_place at = { 0, 0 };
	struct spool_batch batch;
	unsigned found = 0, last = 0;

	memset(came, 0, count);
	while (spool_next(spool, &reader, &at, &batch)) {
		unsigned i = (unsigned)batch.time_ns;
		if (i >= count || !is_batch(&batch, i) || (found > 0 && i <= last)) {
			ok(false, "batch %u is not as it was put", i);
			break;
		}
		came[i] = true;
		last = i;
		at = batch.place;
		found++;
	}
	spool_reader_deinit(&reader);
	return found;
}

static void test_order(void)
{
	struct spool *spool = open_spool("north", 1 << 20, 1000);
	bool came[400];
	struct spool_place first, second;
	uint64_t checksum;

	ok(spool_is_on_disk(spool), "it is on disk");
	for (unsigned i = 0; i < 100; i++) {
		put(spool, i);
	}
	first = spool_last(spool);
	is_int((int)first.number, 100, "numbers follow each other");
	is_int((int)read_all(spool, came, 400), 100, "all are there, in order");
	ok(spool_find(spool, &first, &checksum), "the last can be found");
	spool_close(spool);

	/* The clock was set back: places grow all the same. */
	spool = open_spool("north", 1 << 20, 500);
	for (unsigned i = 100; i < 200; i++) {
		put(spool, i);
	}
	second = spool_last(spool);
	ok(spool_place_compare(&first, &second) < 0, "a later run has later places");
	is_int((int)read_all(spool, came, 400), 200, "what a run left is there after the next");
	struct spool_rest rest;
	spool_read_rest(spool, &first, &rest);
	ok(rest.batches == 100 && rest.oldest_ns == 100, "what stands behind a place");
	ok(!spool_find(spool, &(struct spool_place){ first.epoch, 101 }, &checksum),
		"a place that never was");
	ok(!spool_find(spool, &(struct spool_place){ 0, 1 }, &checksum), "… before all that are");
	spool_close(spool);

	/* It was started twice at once: no place is given again. */
	spool = open_spool("north", 1 << 20, second.epoch);
	put(spool, 200);
	struct spool_place third = spool_last(spool);
	ok(third.epoch > second.epoch, "a run of the same moment has later places too");
	char text[512];
	spool_read_rest(spool, &second, &rest);
	is_int((int64_t)rest.bytes, (int64_t)make_text(text, sizeof(text), 200),
		"what stands behind a place, in bytes");
	spool_close(spool);
}

/* Far more than it holds: the latest stay, an unbroken run of them, after a restart too. */
static void test_ring(void)
{
	struct spool *spool = open_spool("north", 16384, 1);
	bool came[2000];
	struct stat before, after;
	unsigned found;

	stat(path, &before);
	for (unsigned i = 0; i < 2000; i++) {
		put(spool, i);
		if (i % 97 == 0) {
			found = read_all(spool, came, 2000);
			unsigned run = 0;
			while (run <= i && came[i - run]) {
				run++;
			}
			if (run < 20 && i > 100) {
				ok(false, "only %u of the latest at %u", run, i);
			}
		}
	}
	found = read_all(spool, came, 2000);
	ok(came[1999] && found > 20, "the latest %u are there", found);
	spool_close(spool);
	stat(path, &after);
	is_int((int)after.st_size, (int)before.st_size, "the file does not grow");
	spool = open_spool("north", 16384, 1);
	ok(read_all(spool, came, 2000) >= found, "… after a restart too");
	put(spool, 1);
	struct spool_stats stats;
	spool_read_stats(spool, &stats);
	is_int((int)stats.damaged, 0, "none is damaged");
	spool_close(spool);
}

static void flip(long at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char byte = 0;

	if (pread(fd, &byte, 1, at) == 1) {
		byte ^= 0x55;
		ok(pwrite(fd, &byte, 1, at) == 1 || at < 0, "byte %ld is damaged", at);
	}
	close(fd);
}

/* One byte, anywhere, costs at most the batch it stands in. */
static void test_damage(void)
{
	enum { BATCHES = 40 };
	bool came[BATCHES];
	unsigned whole = 0, one_less = 0, other = 0;

	for (long at = 1; at < 4096 + 12000; at += 173) {
		unlink(path);
		struct spool *spool = open_spool("north", 65536, 1);
		for (unsigned i = 0; i < BATCHES; i++) {
			put(spool, i);
		}
		spool_close(spool);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		unsigned char byte = 0;
		if (pread(fd, &byte, 1, at) == 1) {
			byte ^= 0x55;
			other += pwrite(fd, &byte, 1, at) != 1;
		}
		close(fd);
		spool = open_spool("north", 65536, 2);
		unsigned found = read_all(spool, came, BATCHES);
		whole += found == BATCHES;
		one_less += found == BATCHES - 1;
		other += found < BATCHES - 1;
		spool_close(spool);
	}
	ok(other == 0 && one_less > 10 && whole > 10,
		"a damaged byte costs one batch or none (%u, %u)", one_less, whole);

	/* While it is open. */
	unlink(path);
	struct spool *spool = open_spool("north", 65536, 1);
	for (unsigned i = 0; i < BATCHES; i++) {
		put(spool, i);
	}
	flip(4096 + 64 + 3);
	is_int((int)read_all(spool, came, BATCHES), BATCHES - 1, "it is passed over");
	ok(!came[0], "… the one that was hit");
	struct spool_stats stats;
	spool_read_stats(spool, &stats);
	is_int((int)stats.damaged, 1, "… and counted");
	spool_close(spool);
}

static void test_refusals(void)
{
	struct spool_options options = {
		.path = path, .owner = "south", .file_bytes = 65536, .memory_bytes = 4096
	};
	struct spool *spool, *other = open_spool("north", 65536, 1);
	struct err err;

	ok(spool_open(&spool, &options, &err) == -EBUSY, "in use: %s", err.text);
	spool_close(other);
	ok(spool_open(&spool, &options, &err) == -EEXIST && strstr(err.text, "north"),
		"another's: %s", err.text);
	FILE *file = fopen(path, "w");
	fputs("a file of somebody\n", file);
	fclose(file);
	ok(spool_open(&spool, &options, &err) == -EEXIST, "no spool: %s", err.text);
	unlink(path);
	options.path = "/nonexistent/spool";
	ok(spool_open(&spool, &options, &err) == -ENOENT, "no folder: %s", err.text);
}

/* Memory in place of a disk: what is new takes the place of what is old. */
static void test_memory(void)
{
	struct spool_options options = { .owner = "north", .memory_bytes = 8192, .now_ns = 1 };
	struct spool *spool;
	struct err err = { "" };
	bool came[1000];
	char large[16384] = "";

	ok(spool_open(&spool, &options, &err) == 0 && !spool_is_on_disk(spool), "without a disk");
	for (unsigned i = 0; i < 1000; i++) {
		put(spool, i);
	}
	unsigned found = read_all(spool, came, 1000);
	ok(found > 10 && came[999], "the latest %u are there", found);
	struct spool_batch batch = { .kind = SPOOL_ALERT, .bytes = large, .length = sizeof(large) };
	ok(!spool_put(spool, &batch), "one larger than all of it is not taken");
	is_int((int)spool_last(spool).number, 1001, "… and leaves a gap");
	is_int((int)read_all(spool, came, 1000), (int)found, "… and takes nobody's room");
	spool_close(spool);

	/* A file system of which a process may use only so much. */
	options = (struct spool_options){ .path = path,
		.owner = "north",
		.file_bytes = UINT64_C(1) << 61,
		.memory_bytes = 8192 };
	ok(spool_open(&spool, &options, &err) == 0 && !spool_is_on_disk(spool),
		"a disk without room: %s", err.text);
	ok(put(spool, 3) && read_all(spool, came, 10) == 1, "… memory serves");
	spool_close(spool);
	unlink(path);
}

int main(void)
{
	if (!mkdtemp(folder)) {
		return 1;
	}
	snprintf(path, sizeof(path), "%s/spool", folder);
	test_order();
	unlink(path);
	test_ring();
	unlink(path);
	test_damage();
	unlink(path);
	test_refusals();
	test_memory();
	rmdir(folder);
	return done_testing();
}
