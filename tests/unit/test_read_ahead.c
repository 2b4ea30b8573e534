/* Reading ahead: whatever the source, and however far behind the follower is, it sees the packets
 * and bytes that reading step by step shows. */
#include "collector/read_ahead.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/hash.h"
#include "collector/frame_copy_ring.h"
#include "tests/tap.h"

enum { PACKETS = 30000, LARGE_EVERY = 700, LARGE_BYTES = 200000, CONTENT_BYTES = 64 << 20 };

static char folder[] = "/tmp/borderflow-ahead-XXXXXX";
static uint8_t *content;
static size_t content_bytes;

static void put(const void *bytes, size_t count)
{
	memcpy(content + content_bytes, bytes, count);
	content_bytes += count;
}

/* UDP between many ends; each payload says which packet it is. Some frames are far larger than IP
 * packets get, so that a batch of them needs more room than is kept for one. */
static void put_packet(uint32_t number)
{
	uint32_t payload = 20 + number * 7 % 1400;
	uint32_t ip = 28 + payload, frame = number % LARGE_EVERY == 9 ? LARGE_BYTES : 14 + ip;
	uint32_t record[4] = { 1750000000 + number / 1000, number % 1000 * 1000, frame, frame };
	uint8_t header[42] = { [12] = 0x08,
		[14] = 0x45,
		[16] = (uint8_t)(ip >> 8),
		[17] = (uint8_t)ip,
		[22] = 64,
		[23] = 17,
		[26] = 192,
		[28] = (uint8_t)(number % 50),
		[30] = 198,
		[31] = 51,
		[32] = 100,
		[33] = 1,
		[34] = 200,
		[36] = 100,
		[38] = (uint8_t)((8 + payload) >> 8),
		[39] = (uint8_t)(8 + payload) };

	put(record, sizeof(record));
	put(header, sizeof(header));
	memset(content + content_bytes, (int)(number * 31 % 251), frame - sizeof(header));
	memcpy(content + content_bytes, &number, sizeof(number));
	content_bytes += frame - sizeof(header);
}

static const char *path_of(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return path;
}

/* The packets first .. behind - 1 as a capture of their own. */
static void write_capture(const char *name, uint32_t first, uint32_t behind, bool compressed)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	gzFile file;

	content_bytes = 0;
	put(header, sizeof(header));
	for (uint32_t number = first; number < behind; number++) {
		put_packet(number);
	}
	/* "T": written as it is, without compression. */
	file = gzopen(path_of(name), compressed ? "wb1" : "wbT");
	if (!file || gzwrite(file, content, (unsigned)content_bytes) != (int)content_bytes ||
		gzclose(file) != Z_OK) {
		printf("Bail out! cannot write %s\n", name);
		exit(1);
	}
}

/* All that was seen of packets, in order. */
struct digest {
	struct hash_key key;
	uint64_t packets, opened, peeks, hash;
	int status;
};

static void add(struct digest *digest, const struct collector_batch *batch)
{
	digest->packets += batch->packets.count;
	digest->opened += batch->opened_count;
	digest->peeks += batch->peek_count;
	for (unsigned i = 0; i < batch->packets.count; i++) {
		const struct packet *packet = &batch->packets.packets[i];
		struct {
			uint64_t before, payload, time_ns;
			struct flow_key4 key;
		} of = { digest->hash,
			hash_bytes(&digest->key, packet->payload, packet->payload_bytes),
			packet->time_ns, packet->key.v4 };
		digest->hash = hash_bytes(&digest->key, &of, sizeof(of));
	}
}

static void drop_records(struct collector *collector)
{
	static struct flow_record records[64];

	while (collector_take(collector, records, 64) > 0) {
	}
}

struct follower {
	struct read_ahead *ahead;
	struct collector *collector;
	struct digest digest;
	pthread_t thread;
};

/* Slow at first, so that the reader gets as far ahead as it may, and then now and again. */
static void *follow(void *argument)
{
	struct follower *follower = argument;
	const struct collector_batch *batch;
	unsigned number = 0;

	while ((batch = read_ahead_take(follower->ahead)) != NULL) {
		if (number++ % 37 == 0) {
			usleep(20000);
		}
		add(&follower->digest, batch);
		drop_records(follower->collector);
		read_ahead_release(follower->ahead);
	}
	return NULL;
}

static int read_both(struct collector *collector, struct source *source, struct digest *digest)
{
	struct follower follower = { .collector = collector };
	struct err err;
	int status;

	follower.ahead = read_ahead_create(collector, source, &err);
	if (!follower.ahead) {
		return -1;
	}
	pthread_create(&follower.thread, NULL, follow, &follower);
	while ((status = read_ahead_fill(follower.ahead, &err)) == COLLECTOR_MORE) {
	}
	read_ahead_close(follower.ahead);
	pthread_join(follower.thread, NULL);
	read_ahead_destroy(follower.ahead);
	*digest = follower.digest;
	return status;
}

static int read_alone(struct collector *collector, struct digest *digest)
{
	static struct collector_batch batch;
	struct err err;
	int status;

	while ((status = collector_next(collector, &batch, &err)) == COLLECTOR_MORE) {
		add(digest, &batch);
		drop_records(collector);
	}
	return status;
}

static struct digest read_files(const char *const *names, unsigned count, bool ahead)
{
	struct collector_options options = { .flow_limit = 1000 };
	struct digest digest = { .status = -1 };
	struct source *source;
	struct err err;

	if (source_open_files(&source, names, count, NULL, &err) < 0) {
		return digest;
	}
	struct collector *collector = collector_create(source, &options, &err);
	digest.status =
		ahead ? read_both(collector, source, &digest) : read_alone(collector, &digest);
	collector_destroy(collector);
	source_close(source);
	return digest;
}

static void compare(const char *const *names, unsigned count, const char *title)
{
	struct digest alone = read_files(names, count, false);
	struct digest ahead = read_files(names, count, true);

	ok(alone.packets > 0 && alone.packets == ahead.packets && alone.hash == ahead.hash &&
			alone.opened == ahead.opened && alone.peeks == ahead.peeks &&
			alone.status == ahead.status,
		"%s: the same %llu packets, byte by byte", title,
		(unsigned long long)alone.packets);
}

static void test_many_files(void)
{
	enum { FILES = 150, EACH = 40 };
	static char names[FILES][PATH_MAX];
	const char *list[FILES];

	for (unsigned i = 0; i < FILES; i++) {
		char name[32];
		snprintf(name, sizeof(name), "part-%u%s", i, i % 5 == 2 ? ".gz" : "");
		/* Every second one overlaps with the one behind it. */
		write_capture(name, i * EACH, (i + 1 + (i % 2)) * EACH, i % 5 == 2);
		snprintf(names[i], PATH_MAX, "%s/%s", folder, name);
		list[i] = names[i];
	}
	compare(list, FILES, "many small files, some overlapping, some compressed");
	for (unsigned i = 0; i < FILES; i++) {
		unlink(names[i]);
	}
}

static void test_cut_file(const char *plain)
{
	ok(truncate(plain, 1 << 20) == 0, "the capture is cut short");
	compare(&plain, 1, "a file that is cut short");
}

int main(void)
{
	content = malloc(CONTENT_BYTES);
	if (!content || !mkdtemp(folder)) {
		printf("Bail out! no memory or no folder\n");
		return 1;
	}
	write_capture("plain.pcap", 0, PACKETS, false);
	write_capture("small.gz", 0, PACKETS, true);
	const char *plain = path_of("plain.pcap"), *compressed = path_of("small.gz");
	compare(&plain, 1, "a mapped file");
	compare(&compressed, 1, "a compressed file");
	test_many_files();
	char *cut = strdup(path_of("plain.pcap"));
	test_cut_file(cut);
	unlink(cut);
	free(cut);
	unlink(path_of("small.gz"));
	rmdir(folder);
	free(content);
	return done_testing();
}
