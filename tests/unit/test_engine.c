/* The engine: runs that keep order and snapshots whoever helps, the same records for any number of
 * workers, reloads under load, inputs that end badly, sinks that fail. */
#include "analyzer/engine/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/engine/runs.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "tests/tap.h"

static struct catalogue *catalogue;

static void close_policy(const struct reference *parts)
{
	policy_free((struct policy *)(uintptr_t)parts->policy);
}

static const struct reference *make_reference(const char *own)
{
	struct policy *policy;
	struct err err;

	if (policy_load(&policy, NULL, own, catalogue, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	struct reference parts = { .catalogue = catalogue, .policy = policy };
	return reference_create(&parts, close_policy);
}

/* Runs of one to a few records, numbered; a new snapshot every so often. */
enum { RUNS = 4000, RECORDS = 256, RUN_MOST = 40 };

static void *publish(void *argument)
{
	struct runs *runs = argument;
	uint64_t number = 0;
	const struct reference *reference = make_reference("10.0.0.0/8");

	for (unsigned i = 0; i < RUNS; i++) {
		size_t room;
		struct record *records = runs_reserve(runs, 1 + i % RUN_MOST, &room);
		for (size_t k = 0; k < room; k++) {
			memset(&records[k], 0, sizeof(records[k]));
			records[k].flow.flow_id = ++number;
			records[k].flow.packets[0] = reference->version;
			records[k].flow.packets[1] = i / 3;
		}
		runs_publish(runs, reference, i / 3, room);
		if (i % 100 == 99) {
			reference_release(reference);
			reference = make_reference("10.0.0.0/8");
		}
	}
	reference_release(reference);
	runs_close(runs);
	return NULL;
}

static void *help(void *argument)
{
	while (runs_help(argument)) {
	}
	return NULL;
}

static void test_runs(unsigned helper_count)
{
	struct runs *runs = runs_create(RECORDS);
	pthread_t writer, helpers[8];
	uint64_t number = 0, wrong = 0, raw = 0;

	pthread_create(&writer, NULL, publish, runs);
	for (unsigned i = 0; i < helper_count; i++) {
		pthread_create(&helpers[i], NULL, help, runs);
	}
	while (!runs_are_finished(runs)) {
		const struct reference *reference;
		uint64_t mark = 0;
		size_t count;
		struct record *records =
			runs_take(runs, 100, &reference, &mark, &count, UINT64_MAX);
		for (size_t i = 0; i < count; i++) {
			wrong += records[i].flow.flow_id != ++number;
			wrong += records[i].flow.packets[0] != reference->version;
			wrong += records[i].flow.packets[1] != mark;
			raw += !records[i].is_enriched;
		}
		if (records) {
			runs_release(runs, count);
		}
	}
	pthread_join(writer, NULL);
	for (unsigned i = 0; i < helper_count; i++) {
		pthread_join(helpers[i], NULL);
	}
	ok(wrong == 0 && number > RUNS, "%u helpers: order and snapshots are kept, %u records",
		helper_count, (unsigned)number);
	is_int((int64_t)raw, 0, "… and all are enriched");
	is_int((int64_t)runs_depth(runs), 0, "nothing is left");
	runs_destroy(runs);
}

/* A capture of UDP packets: so many clients, each asking a server of its own. */
enum { CLIENTS = 3000, PACKETS_EACH = 3, FRAME = 14 + 20 + 8 + 10 };

static void put_frame(FILE *file, unsigned client, unsigned packet)
{
	uint8_t frame[FRAME] = { [12] = 8,
		[14] = 0x45,
		[16] = 0,
		[17] = 38,
		[22] = 64,
		[23] = 17,
		[26] = 10,
		[27] = 1,
		[30] = 192,
		[31] = 0,
		[32] = 2,
		[37] = 53,
		[39] = 18 };
	uint32_t seconds = 1700000100 + packet * 100 + client / 300,
		 head[4] = { seconds, client, FRAME, FRAME };

	frame[28] = (uint8_t)(client >> 8);
	frame[29] = (uint8_t)client;
	frame[33] = (uint8_t)(client % 200);
	frame[34] = (uint8_t)(0x80 | client >> 8);
	frame[35] = (uint8_t)client;
	frame[36] = 0x20;
	fwrite(head, sizeof(head), 1, file);
	fwrite(frame, sizeof(frame), 1, file);
}

static char capture[] = "/tmp/borderflow-engine-XXXXXX";

static void make_capture(void)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1 };
	FILE *file = fdopen(mkstemp(capture), "w");

	fwrite(head, sizeof(head), 1, file);
	for (unsigned packet = 0; packet < PACKETS_EACH; packet++) {
		for (unsigned client = 0; client < CLIENTS; client++) {
			put_frame(file, client, packet);
		}
	}
	fclose(file);
}

/* A sink that remembers what it saw. */
struct sink {
	uint64_t count, digest, fail_after;
	uint64_t versions, last_version;
	unsigned slow_us; /* each call */
	bool closed;
};

static int keep(struct sink *sink, const struct reference *reference, const struct record *records,
	size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		sink->digest = sink->digest * 31 + records[i].flow.flow_id;
		sink->digest = sink->digest * 31 + records[i].flow.total_packets[0];
		sink->digest = sink->digest * 31 + records[i].direction;
	}
	sink->versions += reference->version != sink->last_version;
	sink->last_version = reference->version;
	sink->count += count;
	usleep(sink->slow_us);
	return sink->fail_after && sink->count > sink->fail_after
		       ? err_set(err, ENOSPC, "the test's disk is full")
		       : 0;
}

static int close_kept(struct sink *sink, struct err *err)
{
	(void)err;
	sink->closed = true;
	return 0;
}

static const struct sink_ops keeper = { .name = "keep", .write = keep, .close = close_kept };

static struct source *open_capture(void)
{
	struct source *source;
	struct err err;

	if (source_open(&source, capture, &(struct source_options){ 0 }, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return source;
}

static struct engine *make_engine(struct source *source, const struct reference *reference,
	unsigned workers, bool holds_hidden)
{
	const struct engine_input input = { .source = source };
	struct engine_options options = { .inputs = &input,
		.input_count = 1,
		.collector = { .flow_limit = 100000 },
		.reference = reference,
		.workers = workers,
		.holds_hidden = holds_hidden,
		.has_overview = true };
	struct err err;
	struct engine *engine = engine_create(&options, &err);

	if (!engine) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return engine;
}

static struct sink run(unsigned workers, int wanted)
{
	const struct reference *reference = make_reference("10.0.0.0/8");
	struct source *source = open_capture();
	struct engine *engine = make_engine(source, reference, workers, true);
	struct sink kept = { .count = 0 };
	struct err err = { "" };

	engine_add_sink(engine, &keeper, &kept);
	is_int(engine_run(engine, &err), wanted, "%u workers: the run ends %s", workers, err.text);
	ok(engine_check_conservation(engine, &err), "… and every packet is in a record");
	engine_destroy(engine);
	source_close(source);
	reference_release(reference);
	ok(kept.closed, "… and the sink was closed");
	return kept;
}

static void test_workers(void)
{
	struct sink one = run(1, 0);

	is_int((int64_t)one.count, CLIENTS, "a record a client");
	for (unsigned workers = 2; workers <= 8; workers *= 2) {
		struct sink more = run(workers, 0);
		ok(more.count == one.count && more.digest == one.digest,
			"%u workers: the same records in the same order", workers);
	}
}

static void test_stop(void)
{
	for (unsigned workers = 1; workers <= 4; workers *= 2) {
		const struct reference *reference = make_reference(NULL);
		struct source *source = open_capture();
		struct engine *engine = make_engine(source, reference, workers, true);
		struct engine_stats stats;
		struct err err;
		engine_start(engine, &err);
		engine_stop(engine);
		is_int(engine_read(engine, UINT64_MAX, &err), ENGINE_ENDED, "stopped at once");
		is_int(engine_finish(engine, &err), 0, "… is no failure");
		engine_read_stats(engine, &stats);
		ok(stats.was_stopped && engine_check_conservation(engine, &err),
			"… and what was read is in records: %u", (unsigned)stats.records);
		engine_destroy(engine);
		source_close(source);
		reference_release(reference);
	}
}

static void test_sink_fails(void)
{
	const struct reference *reference = make_reference(NULL);
	struct source *source = open_capture();
	struct engine *engine = make_engine(source, reference, 3, true);
	struct sink full = { .fail_after = 100 }, good = { .count = 0 };
	struct err err = { "" };

	engine_add_sink(engine, &keeper, &full);
	engine_add_sink(engine, &keeper, &good);
	ok(engine_run(engine, &err) == -ENOSPC && strstr(err.text, "full"),
		"a sink that fails is said: %s", err.text);
	is_int((int64_t)good.count, CLIENTS, "the other one got everything");
	ok(full.count < CLIENTS && full.closed, "that one was left out, and closed");
	engine_destroy(engine);
	source_close(source);
	reference_release(reference);
}

static atomic_bool reloading;

static void *reload(void *argument)
{
	while (atomic_load(&reloading)) {
		const struct reference *fresh = make_reference("10.0.0.0/8");
		engine_reload(argument, fresh);
		reference_release(fresh);
	}
	return NULL;
}

static void *look(void *argument)
{
	struct health health;

	while (atomic_load(&reloading)) {
		engine_read_health(argument, &health);
		engine_is_alive(argument, NS_PER_S);
	}
	return NULL;
}

/* Snapshots come and go while records flow and five readers look: nothing is lost or torn. */
static void test_reloads(void)
{
	const struct reference *reference = make_reference("10.0.0.0/8");
	struct source *source = open_capture();
	struct engine *engine = make_engine(source, reference, 4, false);
	struct sink kept = { .slow_us = 50000 };
	pthread_t reloader, readers[5];
	struct health health;
	struct err err;

	engine_add_sink(engine, &keeper, &kept);
	atomic_store(&reloading, true);
	pthread_create(&reloader, NULL, reload, engine);
	for (unsigned i = 0; i < 5; i++) {
		pthread_create(&readers[i], NULL, look, engine);
	}
	reference_release(reference);
	is_int(engine_run(engine, &err), 0, "reloads without a pause while a file is read");
	atomic_store(&reloading, false);
	pthread_join(reloader, NULL);
	for (unsigned i = 0; i < 5; i++) {
		pthread_join(readers[i], NULL);
	}
	engine_read_health(engine, &health);
	is_int((int64_t)kept.count, CLIENTS, "no record is lost");
	ok(health.reloads > 0 && kept.versions > 1, "%u reloads, records of %u snapshots",
		(unsigned)health.reloads, (unsigned)kept.versions);
	engine_destroy(engine);
	source_close(source);
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "the catalogue: %s", err.text);
		return done_testing();
	}
	make_capture();
	test_runs(0);
	test_runs(1);
	test_runs(6);
	test_workers();
	test_stop();
	test_sink_fails();
	test_reloads();
	unlink(capture);
	catalogue_close(catalogue);
	return done_testing();
}
