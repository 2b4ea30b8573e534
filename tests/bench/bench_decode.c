/* How long it takes to walk captures and to decode them, a packet.
 *
 *     bench_decode [FILE…]        without files: two captures are made for it in $TMPDIR and
 * removed again
 *
 * Prints nanoseconds a packet, the best of five runs with the file in the page cache: the walk with
 * one cursor, the walk as source_open() does it, and the walk with decoding. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/decode.h"
#include "collector/source_ops.h"

enum { RUNS = 5, FLOWS = 100000 };

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned make_packet(uint8_t *bytes, unsigned ip_bytes)
{
	bool is_v6 = random_next() % 10 == 0, has_vlan = random_next() % 25 == 0;
	uint64_t flow = random_next() % FLOWS * 0x9e3779b97f4a7c15u;
	unsigned at = 12;

	memset(bytes, 0, 128);
	if (has_vlan) {
		memcpy(bytes + at, "\x81\x00\x00\x07", 4);
		at += 4;
	}
	memcpy(bytes + at, is_v6 ? "\x86\xdd" : "\x08\x00", 2);
	at += 2;
	uint8_t *ip = bytes + at;
	unsigned ip_header = is_v6 ? 40 : 20;
	ip[0] = is_v6 ? 0x60 : 0x45;
	ip[is_v6 ? 4 : 2] = (uint8_t)((ip_bytes - (is_v6 ? 40 : 0)) >> 8);
	ip[is_v6 ? 5 : 3] = (uint8_t)(ip_bytes - (is_v6 ? 40 : 0));
	ip[is_v6 ? 6 : 9] = flow & 1 ? 6 : 17;
	memcpy(ip + (is_v6 ? 8 : 12), &flow, 8);
	memcpy(ip + ip_header, (uint8_t *)&flow + 3, 4);
	ip[ip_header + (flow & 1 ? 12 : 4)] =
		flow & 1 ? 0x50 : (uint8_t)((ip_bytes - ip_header) >> 8);
	if (!(flow & 1)) {
		ip[ip_header + 5] = (uint8_t)(ip_bytes - ip_header);
	}
	return at + ip_bytes;
}

/* snaplen 0: whole packets, of sizes as on the Internet. */
static void make_capture(const char *path, unsigned packets, unsigned snaplen)
{
	static const unsigned sizes[] = { 64, 64, 64, 576, 1500, 1500 };
	static uint8_t bytes[2048];
	uint32_t header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(header, sizeof(header), 1, file) != 1) {
		perror(path);
		exit(2);
	}
	for (unsigned i = 0; i < packets; i++) {
		unsigned wire = make_packet(bytes, sizes[random_next() % 6]);
		unsigned captured = snaplen && snaplen < wire ? snaplen : wire;
		uint32_t record[4] = { 1700000000 + i / 100000, i % 100000 * 10, captured, wire };
		fwrite(record, sizeof(record), 1, file);
		fwrite(bytes, captured, 1, file);
	}
	if (fclose(file) != 0) {
		perror(path);
		exit(2);
	}
}

static int open_one_cursor(struct source **source, const char *path, struct err *err)
{
	struct stream *stream;
	int result = stream_open(&stream, path, err);

	if (result == 0) {
		result = source_pcap_file_open(source, path, stream, err);
	}
	if (result == 0) {
		(*source)->name = strdup(path);
	}
	return result;
}

/* One run; returns nanoseconds a packet. */
static double run(const char *path, bool one_cursor, bool with_decode, uint64_t *packets)
{
	static struct frame_batch frames;
	static struct packet_batch decoded;
	struct decoder *decoder = decoder_create();
	struct source *source;
	struct err err;
	uint64_t start = clock_monotonic_ns(), count = 0;

	if ((one_cursor ? open_one_cursor(&source, path, &err)
			: source_open(&source, path, NULL, &err)) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
	while (source_next(source, &frames, &err) == 0 && frames.count > 0) {
		count += frames.count;
		if (with_decode) {
			decode_batch(decoder, &frames, &decoded);
		}
	}
	source_close(source);
	decoder_destroy(decoder);
	*packets = count;
	return (double)(clock_monotonic_ns() - start) / (double)(count ? count : 1);
}

static double best(const char *path, bool one_cursor, bool with_decode, uint64_t *packets)
{
	double least = 1e9;

	for (unsigned i = 0; i < RUNS; i++) {
		double ns = run(path, one_cursor, with_decode, packets);
		least = ns < least ? ns : least;
	}
	return least;
}

static void measure(const char *path)
{
	uint64_t one, many, packets;
	double walk_one = best(path, true, false, &one), walk = best(path, false, false, &many);
	double decode = best(path, false, true, &packets);

	printf("%-32s %10llu %12.1f %12.1f %14.1f%s\n",
		strrchr(path, '/') ? strrchr(path, '/') + 1 : path, (unsigned long long)packets,
		walk_one, walk, decode, one == many ? "" : "   THE WALKS DIFFER");
}

int main(int count, char **arguments)
{
	char folder[PATH_MAX - 16], path[PATH_MAX];

	printf("%-32s %10s %12s %12s %14s\n", "ns a packet", "packets", "one cursor", "walk",
		"walk + decode");
	for (int i = 1; i < count; i++) {
		measure(arguments[i]);
	}
	if (count > 1) {
		return 0;
	}
	snprintf(folder, sizeof(folder), "%s/borderflow-bench-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/snap64", folder);
	make_capture(path, 4000000, 64);
	measure(path);
	unlink(path);
	snprintf(path, sizeof(path), "%s/whole", folder);
	make_capture(path, 1500000, 0);
	measure(path);
	unlink(path);
	rmdir(folder);
	return 0;
}
