/* A flow of several parts is let through whole or not at all, by what its last part knows. */
#include "analyzer/engine/flow_filter.h"

#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { TAKEN_MAX = 64 };

static struct reference reference;

struct taken {
	unsigned count, matched;
	uint64_t flows[TAKEN_MAX];
	unsigned parts[TAKEN_MAX];
};

static void take(void *context, struct record *records, size_t count)
{
	struct taken *taken = context;

	for (size_t i = 0; i < count && taken->count < TAKEN_MAX; i++) {
		taken->flows[taken->count] = records[i].flow.flow_id;
		taken->parts[taken->count++] = records[i].flow.part;
	}
}

static void matched(void *context, const struct record *record, const struct record_labels *labels)
{
	struct taken *taken = context;

	(void)record;
	(void)labels;
	taken->matched++;
}

/* Part number of a flow that has sent so many bytes by then. */
static struct record part_of(uint64_t flow, unsigned part, bool is_last, uint64_t bytes)
{
	struct record record;
	struct record_labels labels;

	record_plain(&record, &labels);
	record.flow.flow_id = flow;
	record.flow.part = part;
	record.flow.is_last = is_last;
	record.flow.total_bytes[0] = bytes;
	record.flow.total_bytes[1] = 0;
	return record;
}

static struct flow_filter *filter_of(const char *words, struct query **query, struct taken *taken,
	uint64_t from_ns, uint64_t to_ns)
{
	struct flow_filter_options options = {
		.from_ns = from_ns, .to_ns = to_ns, .matched = matched, .context = taken
	};
	struct flow_filter *filter;
	struct err err;

	*taken = (struct taken){ 0 };
	*query = NULL;
	if ((words && query_parse(query, words, NULL, &err) < 0) ||
		(options.query = *query, flow_filter_create(&filter, &options, &err)) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return filter;
}

static void test_parts(void)
{
	struct taken taken;
	struct query *query;
	struct err err;
	struct flow_filter *filter = filter_of("bytes > 1kB", &query, &taken, 0, 0);
	struct record records[] = {
		part_of(1, 0, false, 10), /* little as yet */
		part_of(2, 0, false, 20), /* and stays so */
		part_of(1, 1, false, 500),
		part_of(3, 0, true, 5000), /* whole, and waits for nobody */
		part_of(2, 1, true, 30),
		part_of(1, 2, true, 2000),
	};
	struct flow_filter_stats stats;

	flow_filter_take(filter, &reference, records, 5, take, &taken);
	ok(taken.count == 1 && taken.flows[0] == 3, "parts wait for the last of their flow");
	flow_filter_take(filter, &reference, records + 5, 1, take, &taken);
	is_int(taken.count, 4, "then all of them go");
	unsigned seen = 0;
	for (unsigned i = 1; i < taken.count; i++) {
		seen |= taken.flows[i] == 1 ? 1U << taken.parts[i] : 0;
	}
	is_int(seen, 7, "each part once");
	flow_filter_read_stats(filter, &stats);
	ok(stats.flows == 3 && stats.matched == 2 && taken.matched == 2,
		"three flows were judged, each once, and two match");

	struct record late[] = { part_of(1, 1, false, 1), part_of(2, 1, false, 9999) };
	flow_filter_take(filter, &reference, late, 2, take, &taken);
	ok(taken.count == 5 && taken.flows[4] == 1,
		"a part that comes behind goes as its flow did");
	is_int(flow_filter_finish(filter, &reference, take, &taken, &err), 0, "finished");
	is_int(taken.count, 5, "and nothing is left");
	flow_filter_destroy(filter);
	query_free(query);
}

/* The last part never comes: by what there is. */
static void test_rest(void)
{
	struct taken taken;
	struct query *query;
	struct err err;
	struct flow_filter *filter = filter_of("bytes > 1kB", &query, &taken, 0, 0);
	struct record records[] = { part_of(1, 0, false, 10), part_of(1, 1, false, 2000),
		part_of(2, 0, false, 2000), part_of(2, 1, false, 10) };

	flow_filter_take(filter, &reference, records, 4, take, &taken);
	is_int(taken.count, 0, "all of them wait");
	is_int(flow_filter_finish(filter, &reference, take, &taken, &err), 0, "finished");
	ok(taken.count == 2 && taken.flows[0] == 1 && taken.flows[1] == 1 && taken.matched == 1,
		"judged by the latest part that there is");
	flow_filter_destroy(filter);
	query_free(query);
}

static unsigned alive(uint64_t from_ns, uint64_t to_ns)
{
	struct taken taken;
	struct query *query;
	struct flow_filter *filter = filter_of(NULL, &query, &taken, from_ns, to_ns);
	struct record record = part_of(1, 0, true, 10);

	flow_filter_take(filter, &reference, &record, 1, take, &taken);
	flow_filter_destroy(filter);
	return taken.count;
}

static void test_time(void)
{
	const struct record record = part_of(1, 0, true, 10);
	const uint64_t start = record.flow.flow_start_ns, end = record.flow.end_ns;

	ok(alive(start + 1, end) && alive(end, 0) && alive(0, start + 1), "alive in between");
	ok(!alive(end + 1, 0), "over before it");
	ok(!alive(0, start), "began behind it, and the end is not of it");
}

int main(void)
{
	struct catalogue *catalogue;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	reference.catalogue = catalogue;
	test_parts();
	test_rest();
	test_time();
	catalogue_close(catalogue);
	return done_testing();
}
