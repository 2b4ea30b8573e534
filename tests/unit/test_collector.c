/* The worker from end to end: a capture file in, records out; and conservation on captures that
 * others made. */
#include "collector/collector.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/simd/kernels.h"
#include "tests/tap.h"

#define START_S 1750000200u

/* A capture in memory, classic pcap with nanoseconds, Ethernet. */
struct capture {
	uint8_t bytes[65536];
	size_t length;
};

static void put(struct capture *capture, const void *bytes, size_t count)
{
	memcpy(capture->bytes + capture->length, bytes, count);
	capture->length += count;
}

static void begin(struct capture *capture)
{
	static const uint32_t header[6] = { 0xa1b23c4d, 2 | 4 << 16, 0, 0, 65535, 1 };

	capture->length = 0;
	put(capture, header, sizeof(header));
}

enum { CLIENT = 1, SERVER = 2 };

/* An Ethernet frame with an IPv4 packet of this protocol and transport header and payload between
 * the two hosts. */
static void put_frame(struct capture *capture, uint32_t at_ms, unsigned from, uint8_t protocol,
	const void *transport, size_t bytes)
{
	uint32_t length = (uint32_t)(14 + 20 + bytes);
	uint32_t record[4] = { START_S + at_ms / 1000, at_ms % 1000 * 1000000, length, length };
	uint8_t frame[34] = { [12] = 0x08, [14] = 0x45, [22] = 64, [23] = protocol };
	size_t ip_bytes = 20 + bytes;

	frame[16] = (uint8_t)(ip_bytes >> 8);
	frame[17] = (uint8_t)ip_bytes;
	memcpy(frame + 26, (uint8_t[]){ 192, 0, 2, (uint8_t)from }, 4);
	memcpy(frame + 30, (uint8_t[]){ 192, 0, 2, (uint8_t)(CLIENT + SERVER - from) }, 4);
	put(capture, record, sizeof(record));
	put(capture, frame, sizeof(frame));
	put(capture, transport, bytes);
}

static void put_tcp(struct capture *capture, uint32_t at_ms, unsigned from, uint8_t flags,
	uint16_t seq, uint16_t ack, uint8_t payload_bytes)
{
	uint8_t segment[20 + 255] = { [0] = 0x9c, [1] = 0x40, [2] = 0x01, [3] = 0xbb, [12] = 0x50 };

	if (from == SERVER) {
		memcpy(segment, (uint8_t[]){ 0x01, 0xbb, 0x9c, 0x40 }, 4);
	}
	segment[6] = (uint8_t)(seq >> 8);
	segment[7] = (uint8_t)seq;
	segment[10] = (uint8_t)(ack >> 8);
	segment[11] = (uint8_t)ack;
	segment[13] = flags;
	put_frame(capture, at_ms, from, 6, segment, 20u + payload_bytes);
}

static void put_udp(struct capture *capture, uint32_t at_ms, unsigned from, uint8_t payload_bytes)
{
	uint8_t datagram[8 + 255] = { 0xc3, 0x50, 0xc3, 0x51, 0, (uint8_t)(8 + payload_bytes) };

	if (from == SERVER) {
		memcpy(datagram, (uint8_t[]){ 0xc3, 0x51, 0xc3, 0x50 }, 4);
	}
	put_frame(capture, at_ms, from, 17, datagram, 8u + payload_bytes);
}

/* A TCP connection with data, a UDP flow that crosses into the next slot, an ARP frame and one cut
 * short. */
static void put_day(struct capture *capture)
{
	static const uint8_t arp[14 + 28] = { [12] = 0x08, [13] = 0x06 };
	uint32_t record[4] = { START_S + 1, 0, sizeof(arp), sizeof(arp) };

	begin(capture);
	put_tcp(capture, 0, CLIENT, TCP_SYN, 100, 0, 0);
	put_tcp(capture, 10, SERVER, TCP_SYN | TCP_ACK, 500, 101, 0);
	put_tcp(capture, 20, CLIENT, TCP_ACK, 101, 501, 0);
	put_tcp(capture, 30, CLIENT, TCP_ACK | TCP_PSH, 101, 501, 50);
	put_tcp(capture, 40, SERVER, TCP_ACK | TCP_PSH, 501, 151, 200);
	put(capture, record, sizeof(record));
	put(capture, arp, sizeof(arp));
	record[2] = 20;
	put(capture, record, sizeof(record));
	put(capture, arp, 20);
	for (uint32_t second = 0; second <= 360; second += 60) {
		put_udp(capture, second * 1000, second % 120 ? SERVER : CLIENT, 30);
	}
}

struct run {
	struct flow_record *records;
	size_t count;
	struct collector_stats stats;
	unsigned opened, peeks;
	int result;
	bool conserved;
};

static void take(struct collector *collector, struct run *run)
{
	size_t count;

	do {
		run->records = realloc(run->records, (run->count + 32) * sizeof(*run->records));
		count = collector_take(collector, run->records + run->count, 32);
		run->count += count;
	} while (count > 0);
}

static bool is_conserved(const struct collector *collector)
{
	struct collector_stats stats;
	uint64_t refused = 0;

	collector_read_stats(collector, &stats);
	for (unsigned reason = 0; reason < DECODE_REFUSAL_COUNT; reason++) {
		refused += stats.decode.refused[reason];
	}
	return stats.decode.frames + stats.decode.subframes ==
		       stats.packets_taken + stats.packets_live + refused + stats.decode.held &&
	       stats.decode.packets == stats.packets_taken + stats.packets_live;
}

/* Peeks once a direction of each flow and notes the number of the flow, counted from 1. */
static void look(struct collector *collector, const struct collector_batch *batch, struct run *run)
{
	for (unsigned i = 0; i < batch->opened_count; i++) {
		*collector_note(collector, batch->opened[i]) = ++run->opened;
	}
	for (unsigned i = 0; i < batch->peek_count; i++) {
		collector_stop_peeking(
			collector, batch->peeks[i].flow, batch->peeks[i].from_source);
		run->peeks++;
	}
}

static struct run run_file(const char *path, const struct collector_options *options)
{
	struct run run = { .conserved = true };
	struct collector_batch *batch = malloc(sizeof(*batch));
	struct source *source = NULL;
	struct collector *collector = NULL;
	struct err err = { "" };

	run.result = source_open(&source, path, &(struct source_options){ 0 }, &err);
	if (run.result == 0) {
		collector = collector_create(source, options, &err);
		while ((run.result = collector_next(collector, batch, &err)) == COLLECTOR_MORE) {
			look(collector, batch, &run);
			take(collector, &run);
			run.conserved = run.conserved && is_conserved(collector);
		}
		collector_finish(collector);
		take(collector, &run);
		collector_read_stats(collector, &run.stats);
		run.conserved = run.conserved && is_conserved(collector) &&
				run.stats.packets_live == 0 && run.stats.flows_now == 0 &&
				run.stats.decode.held == 0;
	}
	collector_destroy(collector);
	source_close(source);
	free(batch);
	return run;
}

static void write_capture(const struct capture *capture, char path[PATH_MAX])
{
	const char *folder = getenv("TMPDIR");

	snprintf(path, PATH_MAX, "%s/test_collector.XXXXXX", folder ? folder : "/tmp");
	int file = mkstemp(path);
	if (file < 0 || write(file, capture->bytes, capture->length) != (ssize_t)capture->length) {
		skip_all("no place for a temporary file");
	}
	close(file);
}

static void test_day(const char *path)
{
	struct run run = run_file(path, &(struct collector_options){ .worker = 3 });

	is_int(run.result, COLLECTOR_ENDED, "read to the end");
	ok(run.conserved, "every frame is in a record, in a flow, or refused, after each batch");
	is_int((int64_t)run.stats.decode.frames, 14, "frames");
	is_int((int64_t)run.stats.packets_taken, 12, "packets in records");
	is_int(run.opened, 2, "two flows");
	is_int((int64_t)run.count, 3, "three records");
	const struct flow_record *tcp = NULL, *udp[2] = { NULL, NULL };
	for (size_t i = 0; i < run.count; i++) {
		if (run.records[i].protocol == 6) {
			tcp = &run.records[i];
		} else {
			udp[run.records[i].part & 1] = &run.records[i];
		}
	}
	if (ok(tcp && udp[0] && udp[1], "one of TCP, two of UDP")) {
		ok(tcp->source_port == 40000 && tcp->destination_port == 443 && tcp->start_seen,
			"the client began");
		is_text(tcp_state_name(tcp->tcp_state), "established", "TCP state");
		is_int(tcp->rtt_us, 20000, "round trip");
		is_int((int64_t)tcp->bytes[0], 3 * 40 + 50, "IP bytes of the client");
		is_int((int64_t)tcp->bytes[1], 2 * 40 + 200, "IP bytes of the server");
		is_int(tcp->note, 1, "the note of the first flow");
		is_int(tcp->worker, 3, "the worker");
		is_int((int64_t)(udp[0]->packets[0] + udp[0]->packets[1]), 5, "UDP, first slot");
		is_text(flow_end_name(udp[0]->end), "slot", "goes on");
		is_int((int64_t)udp[1]->total_packets[0], 4, "UDP, whole flow, sent");
		is_int((int64_t)udp[1]->total_packets[1], 3, "UDP, whole flow, answered");
		ok(udp[1]->is_last && !udp[0]->is_last && udp[0]->flow_id == udp[1]->flow_id &&
				udp[0]->note == 2 && udp[1]->note == 2,
			"parts of one flow");
	}
	free(run.records);
}

static bool same_records(const struct run *a, const struct run *b)
{
	return a->count == b->count &&
	       (a->count == 0 ||
		       memcmp(a->records, b->records, a->count * sizeof(*a->records)) == 0);
}

static void test_cpus(const char *path)
{
	const struct kernels *kernels;
	struct run best = run_file(path, &(struct collector_options){ 0 });

	for (unsigned i = 0; (kernels = kernels_at(i)) != NULL; i++) {
		if (!kernels->is_supported()) {
			skip(kernels->name);
			continue;
		}
		struct run other =
			run_file(path, &(struct collector_options){ .cpu = kernels->name });
		ok(same_records(&best, &other), "--cpu %s: the same records", kernels->name);
		free(other.records);
	}
	free(best.records);
}

static void test_refused_cpu(const char *path)
{
	struct source *source = NULL;
	struct err err = { "" };

	source_open(&source, path, &(struct source_options){ 0 }, &err);
	struct collector *collector =
		collector_create(source, &(struct collector_options){ .cpu = "pdp-11" }, &err);
	ok(!collector && strstr(err.text, "pdp-11") && strstr(err.text, "scalar"),
		"an unknown instruction set: %s", err.text);
	collector_create(NULL, &(struct collector_options){ .cpu = "x86-64-v9" }, NULL);
	source_close(source);
}

/* Every file of a folder, or one in so many. */
static void test_corpus(const char *folder, unsigned one_in)
{
	const char *corpus = getenv("BORDERFLOW_CORPUS");
	char path[PATH_MAX];
	struct dirent **entries;
	unsigned files = 0, not_conserved = 0;

	snprintf(path, sizeof(path), "%s/%s", corpus ? corpus : "", folder);
	int count = corpus ? scandir(path, &entries, NULL, alphasort) : -1;
	if (count < 0) {
		skip("the corpus is not here");
		return;
	}
	for (int i = 0; i < count; i++) {
		size_t length = (size_t)snprintf(
			path, sizeof(path), "%s/%s/%s", corpus, folder, entries[i]->d_name);
		if (i % (int)one_in == 0 && entries[i]->d_name[0] != '.' && length < sizeof(path)) {
			struct run run = run_file(path, &(struct collector_options){ 0 });
			files++;
			if (!run.conserved) {
				not_conserved++;
				printf("# not conserved: %s\n", path);
			}
			free(run.records);
		}
		free(entries[i]);
	}
	free(entries);
	is_int(not_conserved, 0, "%s: conservation on %u captures", folder, files);
}

int main(void)
{
	static struct capture capture;
	char path[PATH_MAX];

	put_day(&capture);
	write_capture(&capture, path);
	test_day(path);
	test_cpus(path);
	test_refused_cpu(path);
	unlink(path);
	test_corpus("robust", 5);
	test_corpus("labelled/pcaps", 10);
	return done_testing();
}
