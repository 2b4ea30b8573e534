/* What a record costs on its way out: the labels, each written form, the archive and back. Medians
 * of rounds over records as real traffic has them: a name or two, an app, a few dozen labels. */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/archive/archive.h"
#include "analyzer/format/query.h"
#include "analyzer/archive/record_block.h"
#include "analyzer/format/record_cbor.h"
#include "analyzer/format/record_csv.h"
#include "analyzer/format/record_json.h"
#include "base/clock.h"
#include "tests/bench/bench.h"
#include "tests/unit/records.h"

/* The written forms are measured on as many records as a batch has, which the exporter finds in its
 * cache. */
enum { RECORDS = 20000, BATCH = 256, ROUNDS = 7 };

static struct record records[RECORDS];
static struct record_labels labels[RECORDS];
static char folder[] = "/tmp/borderflow-bench-XXXXXX";

static void make_records(void)
{
	static const char *const apps[] = { "tiktok", "", "telegram", "school-platform", "" };
	static const char *const units[] = { "School", "Social services", "Library", "" };
	struct random random = { 0x657870 };

	for (unsigned i = 0; i < RECORDS; i++) {
		struct record *record = &records[i];
		char name[64];
		uint32_t client = 0x0a000000u | random_below(&random, 4000);
		uint32_t server = 0xc6330000u | random_below(&random, 65536);

		record_plain(record, &labels[i]);
		record->flow.flow_id = random_next(&random);
		record->flow.start_ns += i * (NS_PER_S / 50) + random_below(&random, 1000000);
		record->flow.flow_start_ns = record->flow.start_ns;
		record->flow.end_ns = record->flow.start_ns + random_below(&random, 2000000000);
		record->flow.bytes[0] = record->flow.total_bytes[0] = random_below(&random, 100000);
		record->flow.bytes[1] = record->flow.total_bytes[1] =
			random_below(&random, 10000000);
		record->flow.packets[0] = record->flow.total_packets[0] =
			random_below(&random, 1000);
		record->flow.source_port = (uint16_t)random_next(&random);
		client = __builtin_bswap32(client);
		server = __builtin_bswap32(server);
		record->flow.source = addr_from_v4(&client);
		record->flow.destination = addr_from_v4(&server);
		int length = snprintf(name, sizeof(name), "edge%u.cdn%u.example.net",
			random_below(&random, 200), random_below(&random, 20));
		record_add_name(record, NAME_DNS_QUERY, name, (size_t)length);
		strcpy(record->l7.ja4, "t13d1516h2_8daaf6152771_02713d6af862");
		labels[i].app = apps[random_below(&random, 5)];
		labels[i].unit = units[random_below(&random, 4)];
		labels[i].class_ = "owned";
	}
}

/* Runs the work over all records, a few times; prints the median a record. */
static void measure(const char *what, size_t (*work)(void))
{
	double rounds[ROUNDS];
	size_t bytes = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		double began = bench_now_ns();
		bytes = work();
		rounds[i] = (bench_now_ns() - began) / RECORDS;
	}
	printf("%-44s %7.0f ns %7.0f bytes\n", what, bench_median(rounds, ROUNDS),
		(double)bytes / RECORDS);
}

static struct json_plan *plan;
static struct text text;
static struct cbor_writer writer;
static struct record_block *block;
static struct pseudonyms *pseudonyms;
static struct query *query;

static size_t put_json(void)
{
	text_clear(&text);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct field_view view = { &records[i % BATCH], &labels[i % BATCH], false, NULL };
		record_json_put(plan, &text, &view);
		text_put_char(&text, '\n');
	}
	return text.length;
}

static size_t put_csv(void)
{
	text_clear(&text);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct field_view view = { &records[i % BATCH], &labels[i % BATCH], false, NULL };
		record_csv_put(&text, &view);
	}
	return text.length;
}

static size_t put_cbor(void)
{
	cbor_writer_clear(&writer);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct field_view view = { &records[i % BATCH], &labels[i % BATCH], false, NULL };
		record_cbor_put(&writer, &view);
	}
	return writer.length;
}

static size_t put_archived(void)
{
	struct columns_cuts cuts;

	record_block_clear(block);
	cbor_writer_clear(&writer);
	for (unsigned i = 0; i < RECORDS; i++) {
		record_block_put(block, &records[i % BATCH], &labels[i % BATCH]);
		if (record_block_is_full(block) || i + 1 == RECORDS) {
			record_block_content(block, &writer, &cuts);
			record_block_clear(block);
		}
	}
	return writer.length;
}

static size_t write_archive(void)
{
	struct archive_writer *archive;
	struct err err;

	if (archive_writer_open(&archive, folder, false, &err) < 0) {
		printf("%s\n", err.text);
		exit(1);
	}
	for (unsigned i = 0; i < RECORDS; i++) {
		archive_writer_put(archive, &records[i], &labels[i], &err);
	}
	archive_writer_close(archive, &err);
	return 0;
}

static size_t read_archive(bool filtered)
{
	struct archive_options options = { .folder = folder };
	struct archive_reader *reader;
	struct archive_stats stats;
	struct archived *rows;
	size_t count, matched = 0;

	if (archive_reader_open(&reader, &options, NULL) < 0) {
		return 0;
	}
	while ((count = archive_reader_next(reader, &rows)) > 0) {
		for (size_t i = 0; filtered && i < count; i++) {
			struct field_view view = { &rows[i].record, &rows[i].labels, true, NULL };
			matched += query_match(query, &view);
		}
	}
	archive_reader_stats(reader, &stats);
	archive_reader_close(reader);
	return filtered && matched == 0 ? 0 : stats.compressed_bytes;
}

static size_t read_plain(void)
{
	return read_archive(false);
}

static size_t read_filtered(void)
{
	return read_archive(true);
}

static size_t make_pseudonyms(void)
{
	char device[PSEUDONYM_LENGTH + 1];

	for (unsigned i = 0; i < RECORDS; i++) {
		pseudonyms_of_addr(
			pseudonyms, &records[i].flow.source, records[i].flow.start_ns, device);
	}
	return RECORDS * PSEUDONYM_LENGTH;
}

static void open_pseudonyms(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/key", folder);
	FILE *file = fopen(path, "w");
	if (file) {
		fprintf(file, "%064x", 42);
		fclose(file);
	}
	chmod(path, 0600);
	pseudonyms_open(&pseudonyms, path, NULL);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(folder) || !(plan = json_plan_create()) || !(block = record_block_create())) {
		return 1;
	}
	text_init_heap(&text);
	cbor_writer_init(&writer);
	make_records();
	query_parse(&query, "app == tiktok and bytes > 1MB or domain ~ nothing", NULL, NULL);
	open_pseudonyms();
	printf("%u records; CPU a record, median of %u rounds\n", RECORDS, ROUNDS);
	measure("ndjson", put_json);
	measure("CSV", put_csv);
	measure("CBOR, labels written out", put_cbor);
	measure("archive form: columns, uncompressed", put_archived);
	measure("pseudonym", make_pseudonyms);
	write_archive();
	measure("archive: read (compressed bytes)", read_plain);
	measure("archive: read and filter", read_filtered);
	measure("archive: write, zstd and digests", write_archive);
	query_free(query);
	pseudonyms_close(pseudonyms);
	record_block_destroy(block);
	cbor_writer_deinit(&writer);
	text_deinit(&text);
	json_plan_destroy(plan);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) != 0;
}
