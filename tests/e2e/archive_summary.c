/* archive_summary FOLDER POLICY KEY|- CAPTURE: analyses a capture into an archive in FOLDER, and
 * holds the summary of the run against the one made from the archive's records, byte for byte, and
 * its cells against those of the archive's roll-up blocks. Prints TAP; archive-summary.sh makes the
 * captures. */
#include <stdlib.h>

#include "analyzer/archive/archive.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/engine/engine.h"
#include "analyzer/output/sinks.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "base/text.h"
#include "dashboards/report/report_model.h"
#include "tests/tap.h"

#define HOUR_NS (3600 * NS_PER_S)

static struct catalogue *catalogue;
static struct policy *policy;
static struct geo *geo;
static struct pseudonyms *pseudonyms;
static struct reference reference;
static struct device_hashes *hashes;
static struct engine_stats stats;

static char *summary_of(struct overview *overview)
{
	struct report_model model = {
		.overview = overview, .stats = &stats, .reference = &reference
	};
	struct text text;

	text_init_heap(&text);
	summary_put_json(&text, &model);
	return text.at;
}

static int run(struct engine *engine, const char *folder, struct err *err)
{
	struct sink_options options = {
		.target = folder, .with_parts = true, .reference = &reference
	};
	struct sink *sink;
	int status = sink_archive.open(&sink, &options, err);

	if (status == 0) {
		engine_add_sink(engine, &sink_archive, sink);
		status = engine_run(engine, err);
	}
	return status;
}

static uint64_t device_of(const struct archived *archived)
{
	return archived->labels.device[0] ? device_hash_of_pseudonym(archived->labels.device)
					  : device_hash(hashes, NULL, &archived->record);
}

/* Adds the archive's records up anew. */
static bool rebuild(const char *folder, struct overview *overview, struct rollup *hours)
{
	struct archive_options options = { .folder = folder };
	struct archive_reader *reader;
	struct archived *records;
	size_t count;
	struct err err;

	if (archive_reader_open(&reader, &options, &err) < 0) {
		return false;
	}
	while ((count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			struct rollup *one = rollup_create(
				&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 1 });
			size_t cell_count;
			rollup_add(one, &records[i].record, device_of(&records[i]));
			const struct cell *cells = rollup_cells(one, &cell_count);
			overview_take(overview, cells, cell_count);
			overview_take_name(overview, &records[i].record, device_of(&records[i]));
			rollup_merge(hours, cells, cell_count);
			rollup_destroy(one);
		}
	}
	archive_reader_close(reader);
	return true;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(&((const struct cell *)a)->key, &((const struct cell *)b)->key,
		sizeof(struct cell_key));
}

/* A copy of the cells in order of their keys; the devices stay the rollup's. */
static struct cell *sorted_cells(const struct rollup *rollup, size_t *count)
{
	const struct cell *cells = rollup_cells(rollup, count);
	struct cell *copy = malloc((*count + 1) * sizeof(*copy));

	memcpy(copy, cells, *count * sizeof(*copy));
	qsort(copy, *count, sizeof(*copy), by_key);
	return copy;
}

/* Never less than it had, nor more than a 32nd of the cell's bytes above. */
static bool is_largest(const struct cell *cell, const struct cell *read)
{
	uint64_t all = cell->sums.bytes_up + cell->sums.bytes_down;
	uint64_t largest = devices_largest(&cell->devices), told = devices_largest(&read->devices);

	return told >= largest && told - largest <= all / 32;
}

static void test_cells(const char *folder, const struct rollup *wanted)
{
	struct archive_options options = { .folder = folder };
	struct rollup *hours =
		rollup_create(&(struct rollup_options){ .slot_ns = HOUR_NS, .cells_max = 1 << 20 });
	struct archive_stats read;
	struct err err = { "" };
	size_t count, wanted_count, same = 0, same_devices = 0;

	ok(archive_read_cells(&options, hours, &read, &err) == 0 && read.problems == 0,
		"roll-up blocks are read %s", err.text);
	struct cell *a = sorted_cells(wanted, &wanted_count), *b = sorted_cells(hours, &count);
	is_int((int64_t)count, (int64_t)wanted_count, "as many cells as the records make");
	for (size_t i = 0; i < count && i < wanted_count; i++) {
		/* Cells are written down in steps of five minutes. */
		a[i].sums.first_ns -= a[i].sums.first_ns % (300 * NS_PER_S);
		a[i].sums.last_ns -= a[i].sums.last_ns % (300 * NS_PER_S);
		same += by_key(&a[i], &b[i]) == 0 &&
			memcmp(&a[i].sums, &b[i].sums, sizeof(a[i].sums)) == 0;
		same_devices += devices_count(&a[i].devices) == devices_count(&b[i].devices) &&
				is_largest(&a[i], &b[i]);
	}
	ok(count > 0 && same == count, "%zu of %zu with the same key and sums", same, count);
	is_int((int64_t)same_devices, pseudonyms ? (int64_t)count : 0,
		pseudonyms ? "… and the same devices" : "… devices stay unknown without a key");
	free(a);
	free(b);
	rollup_destroy(hours);
}

int main(int argument_count, char **arguments)
{
	struct source *source;
	struct err err = { "" };

	if (argument_count != 5) {
		skip_all("archive-summary.sh runs this");
	}
	hashes = device_hashes_create(NULL);
	if ((strcmp(arguments[3], "-") != 0 &&
		    pseudonyms_open(&pseudonyms, arguments[3], &err) < 0) ||
		catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_load(&policy, arguments[2], NULL, catalogue, &err) < 0 ||
		geo_open(&geo, NULL, &err) < 0 ||
		source_open_files(&source, (const char *const *)&arguments[4], 1,
			&(struct source_options){ 0 }, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	reference = (struct reference){
		.catalogue = catalogue, .policy = policy, .geo = geo, .pseudonyms = pseudonyms
	};
	const struct engine_input input = { .source = source };
	struct engine_options options = { .inputs = &input,
		.input_count = 1,
		.collector = { .flow_limit = 1000000 },
		.reference = &reference,
		.workers = 1,
		.holds_hidden = true,
		.has_overview = true };
	struct engine *engine = engine_create(&options, &err);
	ok(engine && run(engine, arguments[1], &err) == 0, "the capture is analysed %s", err.text);
	engine_read_stats(engine, &stats);
	char *wanted = summary_of(engine_overview(engine));

	struct overview *overview = overview_create();
	struct rollup *hours =
		rollup_create(&(struct rollup_options){ .slot_ns = HOUR_NS, .cells_max = 1 << 20 });
	ok(rebuild(arguments[1], overview, hours), "the archive is read");
	char *got = summary_of(overview);
	ok(strlen(wanted) > 1000 && strcmp(wanted, got) == 0,
		"the summary over the archive is that of the run, byte for byte");
	test_cells(arguments[1], hours);
	engine_destroy(engine);
	source_close(source);
	overview_destroy(overview);
	rollup_destroy(hours);
	free(wanted);
	free(got);
	return done_testing();
}
