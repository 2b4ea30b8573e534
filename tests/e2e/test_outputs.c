/* The contract of outputs, the same for all of them: whatever one takes, it takes in order and
 * once; where it fails it says so once, holds nobody up, is tried again when it is due and not
 * before, keeps what it can, counts what it cannot, and says that it is back. Real files on a disk
 * that is full for a while, a real pipe whose reader goes away, a real redis-server that is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/archive/archive.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/engine/sink_set.h"
#include "analyzer/format/cbor_reader.h"
#include "analyzer/output/sinks.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

enum { SINKS = 4, BATCH = 64, DISK_BYTES = 400 << 10 };

static char folder[] = "/tmp/borderflow-outputs-XXXXXX";
static struct reference reference;
static uint64_t given; /* records so far; each has its number for a flow id */

static const char *path_of(const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/* A disk with so much room: files grow no further. */
static void set_disk(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void write_batch(struct sink_set *set)
{
	static struct record records[BATCH];
	static struct random random = { 7 };
	struct record_labels labels;

	for (unsigned i = 0; i < BATCH; i++) {
		record_random(&random, false, &records[i], &labels);
		records[i].flow.flow_id = ++given;
		records[i].flow.is_last = true;
		records[i].verdict.app = 0;
		memset(&records[i].decision, 0, sizeof(records[i].decision));
	}
	sink_set_write(set, &reference, records, BATCH);
}

struct told {
	unsigned count;
	uint64_t records;
	char reason[256];
};

static void tell(void *context, const struct output_state *state, const struct sink_gap *gap)
{
	struct told *told = context;

	(void)state;
	told->count++;
	told->records += gap->records;
	snprintf(told->reason, sizeof(told->reason), "%.255s", gap->reason);
}

static unsigned count_failing(const struct sink_set *set)
{
	unsigned count = 0;

	for (unsigned i = 0; i < set->count; i++) {
		count += set->items[i].state.is_failing;
	}
	return count;
}

static void add_sink_of(
	struct sink_set *set, const struct sink_ops *ops, const char *target, bool is_live)
{
	struct sink_options options = { .target = target,
		.is_live = is_live,
		.with_parts = true,
		.with_threads = true,
		.reference = &reference };
	struct sink *sink;
	struct err err;

	if (is_int(ops->open(&sink, &options, &err), 0, "%s: opened", ops->name)) {
		sink_set_add(set, ops, sink);
	}
}

static void add_sink(struct sink_set *set, const struct sink_ops *ops, const char *target)
{
	add_sink_of(set, ops, target, false);
}

/* Lines of a file that hold the text, each with a larger flow id than the one before. */
static uint64_t count_lines(const char *name, const char *before_id, bool *is_in_order)
{
	char *content = NULL;
	uint64_t count = 0, last = 0;
	struct err err;

	*is_in_order = true;
	if (file_read(path_of(name), &content, NULL, &err) < 0) {
		return 0;
	}
	for (char *at = strstr(content, before_id); at; at = strstr(at + 1, before_id)) {
		uint64_t id = strtoull(at + strlen(before_id), NULL, 16);
		*is_in_order = *is_in_order && id > last;
		last = id;
		count++;
	}
	free(content);
	return count;
}

static uint64_t count_cbor(const char *name)
{
	char *content = NULL;
	size_t length = 0;
	uint64_t maps = 0;
	struct err err;

	file_read(path_of(name), &content, &length, &err);
	struct cbor_reader reader = cbor_reader_over(content, length);
	while (!cbor_reader_is_at_end(&reader) && !reader.failed) {
		struct cbor_item item = cbor_reader_next(&reader);
		maps += item.kind == CBOR_ITEM_MAP;
		cbor_reader_skip(&reader, &item);
	}
	ok(!reader.failed, "cbor: whole to its end");
	free(content);
	return maps; /* the header is behind a tag, and skipped with it */
}

static uint64_t count_archived(const char *name, uint64_t lost)
{
	struct archive_options options = { .folder = path_of(name) };
	struct archive_check check;
	struct err err;

	is_int(archive_verify(&options, NULL, NULL, &check, &err), 0, "archive: can be read");
	is_int((long)check.stats.problems, 0, "archive: whole");
	is_int((long)check.stats.gaps, 1, "archive: the gap stands in it");
	is_int((long)check.stats.gap_records, (long)lost, "archive: … with its size");
	return check.stats.records;
}

/* A full disk for a while, for all sinks at once. */
static void test_full_disk(void)
{
	static struct sink_set set;
	struct told told = { 0 };
	uint64_t now_ns = 1000 * NS_PER_S;
	bool is_in_order;

	add_sink(&set, &sink_ndjson, path_of("flows.ndjson"));
	add_sink(&set, &sink_csv, path_of("flows.csv"));
	add_sink(&set, &sink_cbor, path_of("flows.cbor"));
	add_sink(&set, &sink_archive, path_of("archive"));
	set_disk(DISK_BYTES);
	for (unsigned i = 0; i < 500 && count_failing(&set) < SINKS; i++) {
		write_batch(&set);
		now_ns += 61 * NS_PER_S; /* an archive is flushed each minute */
		sink_set_flush(&set, &reference, now_ns, tell, &told);
	}
	is_int(count_failing(&set), SINKS, "a full disk: every sink fails");
	for (unsigned i = 0; i < SINKS; i++) {
		const struct output_state *state = &set.items[i].state;
		ok(state->status == -EFBIG && strstr(state->reason.text, "cannot write"),
			"%s: it says why: %s", state->name, state->reason.text);
		is_int((long)state->failures, 1, "%s: it broke once", state->name);
	}

	uint64_t retries = set.items[3].state.retries, began_ns = clock_monotonic_ns();
	for (unsigned i = 0; i < 300; i++) {
		write_batch(&set);
		sink_set_flush(&set, &reference, now_ns + i, tell, &told);
	}
	ok(clock_monotonic_ns() - began_ns < 5 * NS_PER_S, "nobody is held up by it");
	is_int((long)set.items[3].state.retries, (long)retries, "none is tried before it is due");
	is_int((long)set.items[3].state.lost, 300 * BATCH, "what is passed over is counted");

	set_disk(RLIM_INFINITY);
	sink_set_flush(&set, &reference, now_ns + 70 * NS_PER_S, tell, &told);
	is_int(count_failing(&set), 0, "room again: every sink is back");
	is_int(told.count, SINKS, "each tells what it lost");
	uint64_t lost[SINKS], lost_by_all = 0;
	for (unsigned i = 0; i < SINKS; i++) {
		lost[i] = set.items[i].state.lost;
		lost_by_all += lost[i];
	}
	is_int((long)told.records, (long)lost_by_all, "… all of it");
	for (unsigned i = 0; i < 10; i++) {
		write_batch(&set);
	}
	sink_set_close(&set, &reference, now_ns, tell, &told);
	is_int(count_failing(&set), 0, "closed without a word");

	is_int((long)count_lines("flows.ndjson", "\"flow\":{\"id\":\"f", &is_in_order),
		(long)(given - lost[0]), "ndjson: each record once");
	ok(is_in_order, "ndjson: in order");
	is_int((long)count_lines("flows.csv", "\r\n", &is_in_order), (long)(given - lost[1] + 1),
		"csv: each record once");
	is_int((long)count_cbor("flows.cbor"), (long)(given - lost[2]), "cbor: each record once");
	is_int((long)count_archived("archive", lost[3]), (long)(given - lost[3]),
		"archive: each record once");
}

/* An archive that could not write, and has been given more since; what time it is then. */
static uint64_t archive_until_full(struct sink_set *set, const char *path, struct told *told)
{
	uint64_t now_ns = 1000 * NS_PER_S;

	given = 0;
	add_sink(set, &sink_archive, path);
	set_disk(DISK_BYTES);
	for (unsigned i = 0; i < 500 && count_failing(set) == 0; i++) {
		write_batch(set);
		now_ns += 61 * NS_PER_S;
		sink_set_flush(set, &reference, now_ns, tell, told);
	}
	for (unsigned i = 0; i < 10; i++) {
		write_batch(set);
	}
	return now_ns;
}

/* Room comes back and the end comes before another try is due: that try is made, and what is
 * missing is noted as ever. */
static void test_end_while_failing(void)
{
	static struct sink_set set;
	struct told told = { 0 };
	uint64_t now_ns = archive_until_full(&set, path_of("ended"), &told);

	set_disk(RLIM_INFINITY);
	sink_set_close(&set, &reference, now_ns, tell, &told);
	uint64_t lost = set.items[0].state.lost;
	is_int(count_failing(&set), 0, "an end while it fails: it is tried once more");
	is_int((long)told.records, (long)lost, "… and tells what it lost");
	ok(set.items[0].ended_short, "… and that it ended without it");
	is_int((long)count_archived("ended", lost), (long)(given - lost),
		"archive: each record once");
}

/* No room until the end and after it: the archive says so all the same, and goes on saying so when
 * another writer has gone on with it. */
static void test_end_while_full(void)
{
	static struct sink_set set, later;
	struct told told = { 0 };
	struct archive_options options = { .folder = path_of("full") };
	struct archive_check check;
	struct err err;

	uint64_t now_ns = archive_until_full(&set, path_of("full"), &told);
	sink_set_close(&set, &reference, now_ns, tell, &told);
	is_int(count_failing(&set), 1, "an end on a full disk: said");
	is_int(archive_verify(&options, NULL, NULL, &check, &err), 0, "archive: can be read");
	is_int((long)check.stats.gap_records, (long)(given - check.stats.records),
		"archive: it says what is missing");
	set_disk(RLIM_INFINITY);
	options.folder = path_of("full");
	uint64_t held = check.stats.records;
	add_sink(&later, &sink_archive, path_of("full"));
	sink_set_close(&later, &reference, now_ns, NULL, NULL);
	is_int((long)count_archived("full", given - held), (long)held,
		"archive: … also after the next writer");
}

/* A reader that goes away harms its own output alone. */
static void test_closed_pipe(void)
{
	static struct sink_set set;
	const char *pipe = path_of("pipe.ndjson");
	bool is_in_order;

	mkfifo(pipe, 0600);
	int reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	add_sink(&set, &sink_ndjson, pipe);
	add_sink(&set, &sink_ndjson, path_of("beside.ndjson"));
	close(reader);
	given = 0;
	for (unsigned i = 0; i < 20; i++) {
		write_batch(&set);
		sink_set_flush(&set, &reference, i, NULL, NULL);
	}
	is_int(set.items[0].state.status, -EPIPE, "a closed pipe: said");
	sink_set_close(&set, &reference, 0, NULL, NULL);
	ok(!set.items[1].state.is_failing, "the output beside it works");
	is_int((long)count_lines("beside.ndjson", "\"flow\":{\"id\":\"f", &is_in_order),
		(long)given, "… and holds everything");
}

/* Takes from a pipe what is in it. */
static void drain(int pipe, const char *name)
{
	static char bytes[1 << 16];
	int file = open(path_of(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ssize_t count;

	while ((count = read(pipe, bytes, sizeof(bytes))) > 0) {
		ok(write(file, bytes, (size_t)count) == count, "the reader goes on");
	}
	close(file);
}

/* Its reader takes what there is until nothing waits for it. */
static void read_on(struct sink_set *set, int pipe, uint64_t *now_ns, struct told *told)
{
	for (unsigned i = 0; i < 20; i++) {
		drain(pipe, "taken.ndjson");
		*now_ns += 70 * NS_PER_S;
		sink_set_flush(set, &reference, *now_ns, tell, told);
	}
	drain(pipe, "taken.ndjson");
}

/* A reader that stands still holds up its own output alone, and that for a moment; when it goes on
 * it finds no line torn and none twice. */
static void test_still_reader(void)
{
	static struct sink_set set;
	struct told told = { 0 };
	const char *pipe = path_of("still.ndjson");
	uint64_t now_ns = 1000 * NS_PER_S, began_ns = clock_monotonic_ns();
	bool is_in_order;

	mkfifo(pipe, 0600);
	int reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	add_sink_of(&set, &sink_ndjson, pipe, true);
	add_sink_of(&set, &sink_ndjson, path_of("beside-still.ndjson"), true);
	given = 0;
	for (unsigned i = 0; i < 20; i++) {
		write_batch(&set);
		sink_set_flush(&set, &reference, now_ns + i, tell, &told);
	}
	ok(clock_monotonic_ns() - began_ns < 10 * NS_PER_S,
		"a reader stands still: held up no more");
	is_int(set.items[0].state.status, -ETIMEDOUT, "… said: %s", set.items[0].state.reason.text);
	ok(set.items[0].state.lost > 0, "… what it is not given is counted");
	ok(!set.items[1].state.is_failing, "the output beside it works");
	read_on(&set, reader, &now_ns, &told);
	is_int(count_failing(&set), 0, "it reads on: back");
	ok(told.records > 0, "… and tells what it lost");
	write_batch(&set);
	read_on(&set, reader, &now_ns, &told);
	is_int((long)told.records, (long)set.items[0].state.lost, "… all of it");
	is_int((long)count_lines("taken.ndjson", "\n{\"@timestamp\"", &is_in_order) + 1,
		(long)(given - told.records), "… each line whole");
	is_int((long)count_lines("taken.ndjson", "\"flow\":{\"id\":\"f", &is_in_order),
		(long)(given - told.records), "… each record once");
	ok(is_in_order, "… in order");

	began_ns = clock_monotonic_ns();
	for (unsigned i = 0; i < 20; i++) {
		write_batch(&set);
	}
	sink_set_close(&set, &reference, now_ns, tell, &told);
	ok(clock_monotonic_ns() - began_ns < 10 * NS_PER_S, "an end is not held up either");
	is_int(count_failing(&set), 1, "… and says what it could not give");
	is_int((long)count_lines("beside-still.ndjson", "\"flow\":{\"id\":\"f", &is_in_order),
		(long)given, "the output beside it holds everything");
	close(reader);
}

/* Of files nothing is lost: a slow reader of a pipe is waited for. */
static void test_slow_reader(void)
{
	static struct sink_set set;
	const char *pipe = path_of("slow.ndjson");
	bool is_in_order;

	char command[512];

	mkfifo(pipe, 0600);
	snprintf(command, sizeof(command), "{ sleep 2; cat >%s; } <%s", path_of("slowly.ndjson"),
		pipe);
	FILE *reader = popen(command, "w"); /* longer than a sensor would wait */
	add_sink(&set, &sink_ndjson, pipe);
	given = 0;
	for (unsigned i = 0; i < 20; i++) {
		write_batch(&set);
	}
	sink_set_close(&set, &reference, 0, NULL, NULL);
	pclose(reader);
	is_int((long)count_lines("slowly.ndjson", "\"flow\":{\"id\":\"f", &is_in_order),
		(long)given, "a slow reader of what is no sensor's gets everything");
}

static const char rules[] = "organisation: Exempelstad kommun\n"
			    "rules:\n"
			    "  - {id: ban, match: {app: tiktok}, action: deny}\n";

/* A case of its own: the only one of its week. */
static void take_case(struct alerts *alerts, unsigned number)
{
	struct record record = { .flow = { .flow_id = number,
					 .protocol = 6,
					 .tcp_state = TCP_STATE_CLOSED,
					 .is_last = true,
					 .packets = { 10, 10 },
					 .total_packets = { 10, 10 },
					 .bytes = { 1000, 20000 },
					 .total_bytes = { 1000, 20000 } } };

	addr_parse("10.20.3.7", &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.verdict.app = catalogue_find(reference.catalogue, "tiktok");
	record.verdict.confidence = 95;
	record.verdict.evidence = 1 << EVIDENCE_TLS_SNI;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "v16.tiktokcdn.com", 17);
	clock_parse("2026-01-05T10:00:00Z", &record.flow.start_ns);
	record.flow.start_ns += number * 7 * 24 * 3600 * NS_PER_S;
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + NS_PER_S;
	policy_locate(reference.policy, &record);
	policy_decide(reference.policy, reference.catalogue, &record);
	alerts_take(alerts, &reference, &record, 1);
}

static unsigned count_failing_alerts(const struct alerts *alerts)
{
	struct output_state states[ALERT_OUTPUTS_MAX];
	unsigned failing = 0, count = alerts_read_outputs(alerts, states);

	for (unsigned i = 0; i < count; i++) {
		failing += states[i].is_failing;
	}
	return failing;
}

/* One entry a case in the stream, in order. */
static bool is_stream(struct redis *redis, unsigned cases)
{
	const char *range[] = { "XRANGE", "bf:1:alerts", "-", "+" };
	struct redis_answer answer;
	struct err err;

	if (redis_command(redis, 4, range, NULL, &answer, &err) < 0 ||
		answer.number != (int64_t)cases) {
		printf("# %lld entries\n", (long long)answer.number);
		return false;
	}
	return true;
}

/* Alerts are kept for whoever cannot take them: none is lost. */
static void test_alerts(void)
{
	char url[REDIS_SERVER_URL_BYTES];
	struct redis *reader = NULL;
	bool has_redis = redis_server_is_installed();
	pid_t server = has_redis ? redis_server_start(folder, url, &reader) : 0;
	struct alerts *alerts = alerts_create(&(struct alert_origin){ "org", "north", NULL });
	struct alert_output_options options = { .target = path_of("alerts.ndjson") };
	unsigned outputs = 1 + has_redis;
	bool is_in_order;
	struct err err;

	is_int(alerts_add_output(alerts, &alert_output_ndjson, &options, &err), 0, "a file");
	options.target = url;
	if (has_redis) {
		is_int(alerts_add_output(alerts, &alert_output_redis, &options, &err), 0, "Redis");
	}
	take_case(alerts, 1);
	alerts_write(alerts, &reference, NS_PER_S);
	is_int(count_failing_alerts(alerts), 0, "alerts: all is well");
	set_disk(100);
	redis_server_stop(server, SIGKILL);
	for (unsigned i = 2; i <= 21; i++) {
		take_case(alerts, i);
		alerts_write(alerts, &reference, 2 * NS_PER_S + i);
	}
	is_int(count_failing_alerts(alerts), outputs, "alerts: an outage is noticed by each");
	set_disk(RLIM_INFINITY);
	if (has_redis) {
		server = redis_server_start(folder, url, &reader);
	}
	alerts_write(alerts, &reference, 2 * NS_PER_S + 30);
	is_int(count_failing_alerts(alerts), outputs, "alerts: none is tried before it is due");
	alerts_write(alerts, &reference, 70 * NS_PER_S);
	is_int(count_failing_alerts(alerts), 0, "alerts: each is back");
	is_int((long)count_lines("alerts.ndjson", "\"flow_ids\":[\"f", &is_in_order), 21,
		"a file: each once");
	ok(is_in_order, "a file: in order");
	if (has_redis) {
		ok(is_stream(reader, 20), "Redis: each once");
	}
	alerts_finish(alerts, &reference);
	is_int((long)count_lines("alerts.ndjson", "\"flow_ids\":[\"f", &is_in_order), 21,
		"… and not again at the end");
	alerts_destroy(alerts);
	redis_close(reader);
	redis_server_stop(server, SIGTERM);
}

/* Nor do alerts wait for a reader that stands still; each comes whole and once when it goes on. */
static void test_alerts_of_still_reader(void)
{
	enum { CASES = 60 };
	const char *pipe = path_of("alerts.fifo");
	struct alerts *alerts = alerts_create(&(struct alert_origin){ "org", "north", NULL });
	struct alert_output_options options = { .target = pipe, .is_live = true };
	uint64_t began_ns = clock_monotonic_ns();
	bool is_in_order;
	struct err err;

	mkfifo(pipe, 0600);
	int reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	is_int(alerts_add_output(alerts, &alert_output_ndjson, &options, &err), 0, "a FIFO");
	for (unsigned i = 1; i <= CASES; i++) {
		take_case(alerts, i);
		alerts_write(alerts, &reference, 2 * NS_PER_S + i);
	}
	ok(clock_monotonic_ns() - began_ns < 10 * NS_PER_S, "alerts: held up no more");
	is_int(count_failing_alerts(alerts), 1, "alerts: a reader that stands still is said");
	for (unsigned i = 1; i < 20; i++) {
		drain(reader, "told.ndjson");
		alerts_write(alerts, &reference, i * 70 * NS_PER_S);
	}
	drain(reader, "told.ndjson");
	is_int(count_failing_alerts(alerts), 0, "alerts: it reads on: back");
	is_int((long)count_lines("told.ndjson", "\"flow_ids\":[\"f", &is_in_order), CASES,
		"… each once");
	ok(is_in_order, "… in order");
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	close(reader);
}

int main(void)
{
	struct catalogue *catalogue;
	struct policy_problems problems;
	struct policy *policy;
	char command[128];
	struct err err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(folder) || catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			&problems, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	test_full_disk();
	test_end_while_failing();
	test_end_while_full();
	test_closed_pipe();
	test_still_reader();
	test_slow_reader();
	test_alerts();
	test_alerts_of_still_reader();
	policy_free(policy);
	catalogue_close(catalogue);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return done_testing() | (system(command) != 0);
}
