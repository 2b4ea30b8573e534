/* The whole way from a capture to clues, on published captures with known fingerprints; and the
 * same with next to no memory. */
#include "analyzer/classify/classify.h"

#include "tests/tap.h"

enum { RECORDS = 64, ROWS_MAX = 128 };

static const char *corpus;

struct row {
	char file[128], ja4[CLUE_JA4_MAX + 1];
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

static void check_record(
	const char *file, const struct flow_record *flow, const struct clues *clues)
{
	for (unsigned i = 0; i < row_count; i++) {
		struct row *row = rows + i;
		row->found |= strcmp(row->file, file) == 0 && strcmp(row->ja4, clues->ja4) == 0 &&
			      row->source_port == flow->source_port &&
			      row->destination_port == flow->destination_port &&
			      addr_equal(&row->source, &flow->source) &&
			      addr_equal(&row->destination, &flow->destination);
	}
}

static void settle_all(struct classify *classify, struct collector *collector, const char *file)
{
	struct flow_record flows[RECORDS];
	struct clues clues;
	size_t count;

	while ((count = collector_take(collector, flows, RECORDS)) > 0) {
		for (size_t i = 0; i < count; i++) {
			classify_settle(classify, flows + i, &clues);
			check_record(file, flows + i, &clues);
		}
	}
}

static uint64_t most_bytes; /* in use after any batch of the last runs */

static bool run(
	const char *file, const struct classify_options *options, struct classify_stats *stats)
{
	static struct collector_batch batch;
	struct collector_options collector_options = { .flow_limit = 10000 };
	struct source *source;
	char path[512];
	struct err err;

	snprintf(path, sizeof(path), "%s/labelled/pcaps/%s", corpus, file);
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
		.reassembly_limit = 2, .clues_limit = 3, .names_limit = 4
	};
	struct classify_stats stats;
	uint64_t refused = 0;

	most_bytes = 0;

	for (unsigned i = 0; i < row_count; i++) {
		if (!seen_before(i) && run(rows[i].file, &options, &stats)) {
			refused += stats.reassembly_dropped + stats.clues_dropped +
				   stats.names_dropped;
		}
	}
	ok(refused > 0, "with next to no memory what finds no room is counted: %" PRIu64, refused);
	/* Two streams of at most 4 KiB within the units of two, three sets of clues, four names,
	 * two flows in progress. */
	ok(most_bytes < 65536, "… and the bound holds: at most %" PRIu64 " bytes", most_bytes);
}

int main(void)
{
	corpus = getenv("BORDERFLOW_CORPUS");
	if (corpus) {
		read_rows();
	}
	if (row_count == 0) {
		skip_all("no captures here (BORDERFLOW_CORPUS)");
	}
	test_fingerprints();
	test_little_memory();
	return done_testing();
}
