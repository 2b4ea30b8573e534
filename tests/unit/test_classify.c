/* The whole way from a capture to l7 info, on published captures with known fingerprints; and the
 * same with next to no memory. */
#include "analyzer/classify/classify.h"

#include <unistd.h>

#include "tests/tap.h"
#include "tests/unit/hello_builder.h"

enum { RECORDS = 64, ROWS_MAX = 128 };

static const char *corpus;

struct row {
	char file[128], ja4[L7_INFO_JA4_MAX + 1];
	struct addr source, destination;
	unsigned source_port, destination_port;
	bool found;
};

static struct row rows[ROWS_MAX];
static unsigned row_count;

static void read_rows(void)
{
	char path[512], line[1024], source[64], destination[64];
	snprintf(path, sizeof(path), "%s/labelled/ja4.tsv", corpus);
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file) && row_count < ROWS_MAX) {
		struct row *row = rows + row_count;
		if (sscanf(line, "%127s %63s %u %63s %u %*s %37s", row->file, source,
			    &row->source_port, destination, &row->destination_port,
			    row->ja4) == 6 &&
			addr_parse(source, &row->source) &&
			addr_parse(destination, &row->destination)) {
			row_count++;
		}
	}
	if (file) {
		fclose(file);
	}
}

static unsigned flows_not_captured, flows_by_port;
static unsigned split_hellos_read; /* flows of the name that only the flood's last flow has */

static void check_record(const char *file, const struct flow_record *flow, const struct l7_info *l7)
{
	flows_not_captured += l7->not_captured;
	flows_by_port += l7->protocol_by_port;
	split_hellos_read += strcmp(l7_info_domain(l7), "late.example.org") == 0;
	for (unsigned i = 0; i < row_count; i++) {
		struct row *row = rows + i;
		row->found |= strcmp(row->file, file) == 0 && strcmp(row->ja4, l7->ja4) == 0 &&
			      row->source_port == flow->source_port &&
			      row->destination_port == flow->destination_port &&
			      addr_equal(&row->source, &flow->source) &&
			      addr_equal(&row->destination, &flow->destination);
	}
}

static void settle_all(struct classify *classify, struct collector *collector, const char *file)
{
	struct flow_record flows[RECORDS];
	struct l7_info l7;
	size_t count;

	while ((count = collector_take(collector, flows, RECORDS)) > 0) {
		for (size_t i = 0; i < count; i++) {
			classify_settle(classify, flows + i, &l7);
			check_record(file, flows + i, &l7);
		}
	}
}

static uint64_t most_bytes; /* in use after any batch of the last runs */

static bool run(
	const char *file, const struct classify_options *options, struct classify_stats *stats)
{
	static struct collector_batch batch;
	struct collector_options collector_options = { .flow_limit = 200000 };
	struct source *source;
	char path[512];
	struct err err;

	snprintf(path, sizeof(path), file[0] == '/' ? "%s%s" : "%s/labelled/pcaps/%s",
		file[0] == '/' ? "" : corpus, file);
	if (source_open(&source, path, &(struct source_options){ 0 }, &err) < 0) {
		return false;
	}
	struct collector *collector = collector_create(source, &collector_options, &err);
	struct classify *classify = classify_create(options);
	while (collector_next(collector, &batch, &err) == COLLECTOR_MORE) {
		classify_batch(classify, collector, &batch);
		classify_read_stats(classify, stats);
		most_bytes = stats->bytes > most_bytes ? stats->bytes : most_bytes;
		settle_all(classify, collector, file);
	}
	collector_finish(collector);
	settle_all(classify, collector, file);
	classify_read_stats(classify, stats);
	classify_destroy(classify);
	collector_destroy(collector);
	source_close(source);
	return true;
}

static bool seen_before(unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		if (strcmp(rows[i].file, rows[index].file) == 0) {
			return true;
		}
	}
	return false;
}

static void test_fingerprints(void)
{
	struct classify_options options = { 0 };
	struct classify_stats stats;
	unsigned leaks = 0, readable = 0, found = 0;

	for (unsigned i = 0; i < row_count; i++) {
		if (!seen_before(i) && run(rows[i].file, &options, &stats)) {
			readable++;
			leaks += stats.dns_answers == 0 && stats.bytes != 0;
		}
	}
	for (unsigned i = 0; i < row_count; i++) {
		found += rows[i].found;
		if (!rows[i].found) {
			printf("# %s %s\n", rows[i].file, rows[i].ja4);
		}
	}
	is_int(found, row_count, "the published fingerprints of %u captures", readable);
	is_int(leaks, 0, "no memory is left when the flows are gone");
}

static void test_little_memory(void)
{
	struct classify_options options = {
		.reassembly_limit = 2, .l7_info_limit = 3, .names_limit = 4
	};
	struct classify_stats stats;
	uint64_t refused = 0;

	most_bytes = 0;

	for (unsigned i = 0; i < row_count; i++) {
		if (!seen_before(i) && run(rows[i].file, &options, &stats)) {
			refused += stats.reassembly_dropped + stats.l7_info_dropped +
				   stats.names_dropped;
		}
	}
	ok(refused > 0, "with next to no memory what finds no room is counted: %" PRIu64, refused);
	/* Two streams of at most 4 KiB within the units of two, three l7 infos, four names,
	 * two sessions. */
	ok(most_bytes < 65536, "… and the bound holds: at most %" PRIu64 " bytes", most_bytes);
}

static void put_u32_le(FILE *file, uint32_t number)
{
	fwrite(&(uint8_t[]){ (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
		       (uint8_t)(number >> 24) },
		1, 4, file);
}

/* A capture of raw IPv4 (link type 101). */
static FILE *begin_capture(char *path)
{
	FILE *file = fdopen(mkstemp(path), "wb");

	put_u32_le(file, 0xa1b2c3d4);
	put_u32_le(file, 4 << 16 | 2);
	put_u32_le(file, 0);
	put_u32_le(file, 0);
	put_u32_le(file, 65535);
	put_u32_le(file, 101);
	return file;
}

/* One segment of a flow of its own number, of which the capture has cut bytes off. */
static void put_flagged_segment(FILE *file, uint32_t flow, uint8_t flags, uint32_t seq,
	const uint8_t *bytes, size_t count, size_t cut)
{
	struct hello_builder packet = { .count = 0 };

	put_number(&packet, 2, 0x4500);
	put_number(&packet, 2, (uint32_t)(40 + count + cut));
	put_number(&packet, 4, 0);
	put_number(&packet, 4, 0x40060000);
	put_number(&packet, 4, 0x0a000000 | flow);
	put_number(&packet, 4, 0xc6336407);
	put_number(&packet, 4, 50000U << 16 | 443);
	put_number(&packet, 4, 1000 + seq);
	put_number(&packet, 4, 1);
	put_number(&packet, 4, 0x50000400 | (uint32_t)flags << 16);
	put_number(&packet, 4, 0);
	put_bytes(&packet, bytes, count);
	put_u32_le(file, 1000 + flow / 100000);
	put_u32_le(file, flow % 100000 * 10);
	put_u32_le(file, (uint32_t)packet.count);
	put_u32_le(file, (uint32_t)(packet.count + cut));
	fwrite(packet.bytes, 1, packet.count, file);
}

enum { FLAG_SYN = 0x02, FLAG_PUSH = 0x08, FLAG_ACK = 0x10 };

static void put_cut_segment(
	FILE *file, uint32_t flow, uint32_t seq, const uint8_t *bytes, size_t count, size_t cut)
{
	put_flagged_segment(file, flow, FLAG_PUSH | FLAG_ACK, seq, bytes, count, cut);
}

static void put_segment(FILE *file, uint32_t flow, uint32_t seq, const uint8_t *bytes, size_t count)
{
	put_cut_segment(file, flow, seq, bytes, count, 0);
}

/* Payload of which the capture holds nothing, a part, or all, and which names nobody. */
static void test_not_captured(void)
{
	static const struct {
		const char *what;
		size_t count, cut;
		unsigned flows;
	} cases[] = {
		{ "payload that is not there", 0, 500, 1 },
		{ "a part of it", 30, 470, 1 },
		{ "all of it", 500, 0, 0 },
	};
	static const uint8_t noise[500] = { 1, 200, 3 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[] = "/tmp/borderflow-cut-XXXXXX";
		struct classify_stats stats;
		FILE *file = begin_capture(path);
		put_cut_segment(file, 1, 0, noise, cases[i].count, cases[i].cut);
		fclose(file);
		flows_not_captured = 0;
		run(path, &(struct classify_options){ 0 }, &stats);
		unlink(path);
		is_int(flows_not_captured, cases[i].flows, "%s: is the capture to blame?",
			cases[i].what);
	}
}

/* A connection from its beginning on: its port speaks until it does, however little it says. */
static void test_words_before_port(void)
{
	static const uint8_t words[] = "no such thing";

	for (unsigned speaks = 0; speaks <= 1; speaks++) {
		char path[] = "/tmp/borderflow-port-XXXXXX";
		struct classify_stats stats;
		FILE *file = begin_capture(path);
		put_flagged_segment(file, 1, FLAG_SYN, 0, words, 0, 0);
		put_flagged_segment(file, 1, FLAG_ACK, 1, words, 0, 0);
		put_segment(file, 1, 1, words, speaks * sizeof(words));
		fclose(file);
		flows_by_port = 0;
		run(path, &(struct classify_options){ 0 }, &stats);
		unlink(path);
		is_int(flows_by_port, !speaks, "%s: does the port speak for it?",
			speaks ? "a connection of few words" : "… of none");
	}
}

/* Half a hello in each of many flows; then one flow whose hello comes in two halves. */
static void test_flood(void)
{
	enum { FLOWS = 100000, LIMIT = 1000 };
	struct classify_options options = { .reassembly_limit = LIMIT };
	struct classify_stats stats;
	static struct hello_builder message, hello;
	char path[] = "/tmp/borderflow-flood-XXXXXX";
	FILE *file = begin_capture(path);

	put_client_hello(&message, "late.example.org", 0, 200);
	put_records(&hello, &message, 16384);
	for (uint32_t flow = 0; flow < FLOWS; flow++) {
		put_segment(file, flow, 0, hello.bytes, 60);
	}
	put_segment(file, FLOWS, 0, hello.bytes, 60);
	put_segment(file, FLOWS, 60, hello.bytes + 60, hello.count - 60);
	fclose(file);
	most_bytes = split_hellos_read = 0;
	ok(run(path, &options, &stats), "a flood of half hellos is read");
	unlink(path);
	is_int(split_hellos_read, 1, "… and after it a hello in two halves");
	ok(stats.reassembly_dropped >= FLOWS - LIMIT, "… what gave way is counted: %" PRIu64,
		stats.reassembly_dropped);
	ok(most_bytes < LIMIT * UINT64_C(2500), "… and the bound holds: at most %" PRIu64 " bytes",
		most_bytes);
	is_int((int64_t)stats.bytes, 0, "… and nothing is left");
}

int main(void)
{
	corpus = getenv("BORDERFLOW_CORPUS");
	if (corpus) {
		read_rows();
	}
	test_flood();
	test_not_captured();
	test_words_before_port();
	if (row_count > 0) {
		test_fingerprints();
		test_little_memory();
	} else {
		skip("no captures here (BORDERFLOW_CORPUS)");
	}
	return done_testing();
}
