/* Capture files for borderflow doctor: each is analysed by itself, and the starts of flows that two
 * of them hold tell how far their clocks are apart. */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/device/devices.h"
#include "analyzer/engine/engine.h"
#include "base/clock.h"
#include "base/hash_table.h"
#include "dashboards/cli/doctor.h"
#include "dashboards/cli/flow_options.h"
#include "dashboards/cli/name_sources.h"

enum { FLOW_LIMIT = 4000000, STARTS_MAX = 65536, PAIRS_MAX = 1024 };

/* When flows began, of one input: TCP whose first packet was seen, since its id does not depend on
 * the clock then. */
struct starts {
	struct hash_table places;
	uint32_t count;
	struct start {
		uint64_t flow_id, start_ns;
	} * items;
};

/* One input on its way through an engine. */
struct reading {
	const struct doctor *doctor;
	struct vantage *vantage;
	struct starts *starts; /* NULL: there is one input alone */
	struct vantage_context *context;
};

static bool is_start(const void *items, uint32_t place, const void *key)
{
	const struct start *starts = items;

	return starts[place].flow_id == *(const uint64_t *)key;
}

static void note_start(struct starts *starts, const struct flow_record *flow)
{
	if (flow->part != 0 || !flow->start_seen || flow->tcp_state == TCP_STATE_NONE ||
		starts->count == STARTS_MAX ||
		hash_table_find(&starts->places, flow->flow_id, is_start, starts->items,
			&flow->flow_id) != HASH_TABLE_NONE) {
		return;
	}
	if (hash_table_put(&starts->places, flow->flow_id, starts->count)) {
		starts->items[starts->count++] =
			(struct start){ flow->flow_id, flow->flow_start_ns };
	}
}

static int note_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	struct starts *starts = (struct starts *)sink;

	(void)reference;
	(void)err;
	for (size_t i = 0; i < count; i++) {
		note_start(starts, &records[i].flow);
	}
	return 0;
}

static int note_close(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static const struct sink_ops note_ops = {
	.name = "starts", .write = note_write, .close = note_close
};

static int run_engine(struct reading *reading, struct source *source, struct name_sources *names,
	struct engine **engine, struct err *err)
{
	const struct flow_options flow = { .flow_limit = FLOW_LIMIT,
		.idle_tcp_ns = 300 * NS_PER_S,
		.idle_other_ns = 120 * NS_PER_S };
	const struct flow_keys keys = { .now = hash_key_fixed("borderflow flow id"),
		.next_ns = UINT64_MAX };
	const struct engine_input input = { .source = source };
	const struct engine_options options = { .inputs = &input,
		.input_count = 1,
		.collector = flow_options_collector(&flow, &keys),
		.reference = reading->doctor->reference,
		.vantage = reading->vantage,
		.names = names->items,
		.names_count = names->count,
		.classify = { .probe_key = reading->doctor->probe_key },
		.holds_hidden = true };

	*engine = engine_create(&options, err);
	if (!*engine) {
		return -ENOMEM;
	}
	if (reading->starts) {
		engine_add_sink(*engine, &note_ops, (struct sink *)reading->starts);
	}
	return engine_run(*engine, err);
}

/* The last input's devices stand for all: coverage is by the day, and an inventory goes with one
 * sensor. */
static int read_file(
	struct reading *reading, const char *file, struct engine **engine, struct err *err)
{
	const struct source_options options = { .filter = reading->doctor->filter };
	struct name_sources names = { .count = 0 };
	struct engine_stats stats;
	struct source *source;

	cli_say_pipe("doctor", file, true);
	int status = source_open(&source, file, &options, err);
	if (status < 0) {
		return status;
	}
	status = reading->doctor->resolver_logs
			 ? name_sources_open_logs(&names, reading->doctor->resolver_logs, err)
			 : 0;
	if (status == 0) {
		status = run_engine(reading, source, &names, engine, err);
	}
	if (*engine) {
		engine_read_stats(*engine, &stats);
		vantage_counters_add(&reading->context->counters, &stats.source, &stats.collector);
		vantage_counters_add_names(&reading->context->counters, &stats.classify);
		reading->context->coverage = devices_coverage(engine_devices(*engine));
	}
	source_close(source);
	name_sources_close(&names);
	return status;
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The median of the differences: a flow more or less that was met elsewhere changes nothing. */
static struct vantage_clocks compare_starts(const struct starts *a, const struct starts *b)
{
	int64_t apart[PAIRS_MAX];
	size_t count = 0;

	for (uint32_t i = 0; i < a->count && count < PAIRS_MAX; i++) {
		uint32_t place = hash_table_find(
			&b->places, a->items[i].flow_id, is_start, b->items, &a->items[i].flow_id);
		if (place != HASH_TABLE_NONE) {
			apart[count++] = (int64_t)(b->items[place].start_ns - a->items[i].start_ns);
		}
	}
	qsort(apart, count, sizeof(apart[0]), compare_numbers);
	return (struct vantage_clocks){ .flows = count,
		.apart_ns = count > 0 ? apart[count / 2] : 0 };
}

/* Every input against the first. */
static unsigned compare_clocks(const struct starts *starts, char *const *files, unsigned count,
	struct vantage_clocks *clocks)
{
	for (unsigned i = 1; i < count; i++) {
		clocks[i - 1] = compare_starts(&starts[0], &starts[i]);
		clocks[i - 1].names[0] = files[0];
		clocks[i - 1].names[1] = files[i];
	}
	return count > 0 ? count - 1 : 0;
}

static bool starts_init(struct starts *starts)
{
	*starts = (struct starts){ .items = malloc(STARTS_MAX * sizeof(*starts->items)) };
	return starts->items != NULL;
}

static void starts_deinit(struct starts *starts)
{
	hash_table_deinit(&starts->places);
	free(starts->items);
}

int doctor_read_files(const struct doctor *doctor, char *const *files, unsigned count,
	struct vantage_report *report, struct err *err)
{
	struct starts starts[DOCTOR_INPUTS_MAX] = { { .count = 0 } };
	struct vantage_clocks clocks[DOCTOR_INPUTS_MAX];
	struct vantage_context context = {
		.reference = doctor->reference, .now_ns = doctor->now_ns, .has_counters = true
	};
	struct reading reading = { doctor, vantage_create(), NULL, &context };
	struct engine *engine = NULL;
	int status = reading.vantage ? 0 : err_set(err, ENOMEM, "out of memory");

	if (reading.vantage) {
		reading.vantage->probe_key = doctor->probe_key;
	}
	if (count > DOCTOR_INPUTS_MAX) {
		status = err_set(err, E2BIG, "more than %d files", DOCTOR_INPUTS_MAX);
	}
	for (unsigned i = 0; i < count && status == 0; i++) {
		engine_destroy(engine);
		engine = NULL;
		if (count > 1 && !starts_init(&starts[i])) {
			status = err_set(err, ENOMEM, "out of memory");
		} else {
			reading.starts = count > 1 ? &starts[i] : NULL;
			status = read_file(&reading, files[i], &engine, err);
		}
	}
	if (reading.vantage) {
		context.clocks = clocks;
		context.clock_count =
			compare_clocks(starts, files, status == 0 ? count : 0, clocks);
		vantage_judge(reading.vantage, &context, report);
	}
	engine_destroy(engine);
	for (unsigned i = 0; i < count && i < DOCTOR_INPUTS_MAX; i++) {
		starts_deinit(&starts[i]);
	}
	vantage_destroy(reading.vantage);
	return status;
}
