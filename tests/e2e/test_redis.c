/* Metrics and alerts in a real redis-server of our own, behind a socket in a folder of our own. */
#include <sys/un.h>
#include <sys/socket.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/redis/redis_function.h"
#include "analyzer/redis/redis_alert.h"
#include "analyzer/policy/policy.h"
#include "analyzer/redis/redis.h"
#include "analyzer/output/sinks.h"
#include "base/clock.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;
static char folder[] = "/tmp/borderflow-redis-XXXXXX";
static char url[REDIS_SERVER_URL_BYTES];
static pid_t server;
static struct redis *reader;

static const char rules[] = "units:\n"
			    "  School: {networks: [10.1.0.0/16]}\n"
			    "rules:\n"
			    "  - {id: ban, match: {app: tiktok}, action: deny, basis: decision}\n";

static int64_t ask(size_t count, const char *const *arguments, char *text, size_t room)
{
	struct redis_answer answer;
	struct err err;
	int status = redis_command(reader, count, arguments, NULL, &answer, &err);

	if (text) {
		snprintf(text, room, "%s",
			status == 0 && answer.kind == REDIS_TEXT ? answer.text : "");
	}
	return status < 0 ? status : answer.number;
}

#define ASK(text, room, ...)                                                                       \
	ask(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *),                   \
		(const char *const[]){ __VA_ARGS__ }, text, room)

static void start_server(void)
{
	server = redis_server_start(folder, url, &reader);
	if (server == 0) {
		ok(false, "a redis-server answers");
		exit(1);
	}
}

static void stop_server(int with)
{
	redis_server_stop(server, with);
	server = 0;
}

enum { RECORDS = 5000 };

static struct record records[RECORDS];

/* Five days of parts over apps, countries, units. */
static void make_records(void)
{
	static const char *const apps[] = { "tiktok", "telegram", "facebook", "teams", "" };
	static const char *const countries[] = { "SE", "IE", "US", "CN", "", "NO", "SG" };
	uint64_t began;

	clock_parse("2026-03-04", &began);
	for (unsigned i = 0; i < RECORDS; i++) {
		struct record *record = &records[i];
		char device[32];
		snprintf(device, sizeof(device), "10.%u.%u.%u", i % 3, i / 7 % 5, i % 200);
		addr_parse(device, &record->flow.source);
		addr_parse("192.0.2.80", &record->flow.destination);
		record->flow.protocol = 17;
		record->flow.is_last = true;
		record->flow.flow_id = i + 1;
		record->flow.start_ns = began + (uint64_t)i * 86 * NS_PER_S;
		record->flow.flow_start_ns = record->flow.start_ns;
		record->flow.end_ns = record->flow.start_ns + NS_PER_S;
		record->flow.packets[0] = record->flow.total_packets[0] = 2;
		record->flow.packets[1] = record->flow.total_packets[1] = 2;
		record->flow.bytes[0] = record->flow.total_bytes[0] = 100 + i * 37 % 1000;
		record->flow.bytes[1] = record->flow.total_bytes[1] = 100 + i * 101 % 60000;
		record->verdict.app = catalogue_find(catalogue, apps[i % 5]);
		record->verdict.confidence = 95;
		strcpy(record->verdict.parent_country, i % 5 == 0 ? "CN" : "US");
		strcpy(record->place.country, countries[i % 7]);
		record->place.zone = i % 7 == 4 ? GEO_ZONE_UNKNOWN : GEO_ZONE_EU;
		policy_locate(policy, record);
		policy_decide(policy, catalogue, record);
	}
}

static int write_cells(struct sink *sink, const struct record *some, size_t count, struct err *err)
{
	struct rollup *rollup = cells_of(some, count);
	size_t cell_count;
	const struct cell *cells = rollup_cells(rollup, &cell_count);
	int status = sink_redis.write_cells(sink, &reference, cells, cell_count, err);

	rollup_destroy(rollup);
	return status;
}

static int write_records(const char *sensor, size_t count, struct err *err)
{
	struct sink_options options = { .target = url, .sensor = sensor, .reference = &reference };
	struct sink *sink;
	int status = sink_redis.open(&sink, &options, err);

	if (status < 0) {
		return status;
	}
	for (size_t i = 0; i < count && status == 0; i += 100) {
		status = write_cells(sink, records + i, count - i < 100 ? count - i : 100, err);
	}
	int closed = sink_redis.close(sink, status < 0 ? NULL : err);
	return status < 0 ? status : closed;
}

/* Adds up every value of every hash below a prefix, on the server. */
static uint64_t sum_in_redis(const char *pattern)
{
	static const char script[] =
		"local sum = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do "
		"for _, value in ipairs(redis.call('HVALS', key)) do sum = sum + value end end "
		"return string.format('%.0f', sum)";
	char text[32];

	ASK(text, sizeof(text), "EVAL", script, "0", pattern);
	return strtoull(text, NULL, 10);
}

static void digest_of_all(char text[64])
{
	ASK(text, 64, "EVAL",
		"local all = {} local keys = redis.call('KEYS', 'bf:1:*') table.sort(keys) "
		"for _, key in ipairs(keys) do all[#all + 1] = key .. redis.call('DUMP', key) end "
		"return redis.sha1hex(table.concat(all))",
		"0");
}

static void test_metrics(void)
{
	uint64_t up = 0, down = 0, tiktok_up = 0, se_down = 0, first_slot = 0;
	char before[64], after[64], text[64];
	struct err err = { "" };
	int status = write_records("file-abc", RECORDS, &err);

	ok(status == 0, "written %s", err.text);
	for (unsigned i = 0; i < RECORDS; i++) {
		up += records[i].flow.bytes[0];
		down += records[i].flow.bytes[1];
		tiktok_up += i % 5 == 0 ? records[i].flow.bytes[0] : 0;
		se_down += i % 7 == 0 ? records[i].flow.bytes[1] : 0;
		first_slot += i % 5 == 0 && i * 86 < 300 ? records[i].flow.bytes[0] : 0;
	}
	static const char *const dimensions[] = { "app", "app-unit", "unit", "server", "parent",
		"zone", "class", "matrix" };
	for (unsigned i = 0; i < 8; i++) {
		char pattern[64];
		for (unsigned kind = 0; kind < 2; kind++) {
			snprintf(pattern, sizeof(pattern), "bf:1:{file-abc}:%c:%s.up:*", "mh"[kind],
				dimensions[i]);
			ok(sum_in_redis(pattern) == up, "%s holds every byte up", pattern);
			snprintf(pattern, sizeof(pattern), "bf:1:{file-abc}:%c:%s.down:*",
				"mh"[kind], dimensions[i]);
			ok(sum_in_redis(pattern) == down, "%s holds every byte down", pattern);
		}
	}
	ok(sum_in_redis("bf:1:{file-abc}:m:app.up:tiktok:*") == tiktok_up, "of one app");
	ok(sum_in_redis("bf:1:{file-abc}:m:server.down:SE:*") == se_down, "of one country");
	ASK(text, sizeof(text), "HGET", "bf:1:{file-abc}:m:app.up:tiktok:20260304", "0");
	ok(strtoull(text, NULL, 10) == first_slot, "of one slot");
	is_int(ASK(NULL, 0, "PFCOUNT", "bf:1:{file-abc}:dev:app:tiktok:20260304") > 20, 1,
		"devices are counted");
	ok(ASK(NULL, 0, "TTL", "bf:1:{file-abc}:m:app.up:tiktok:20260304") > 34 * 86400,
		"slots are kept 35 days");
	ok(ASK(NULL, 0, "TTL", "bf:1:{file-abc}:h:app.up:tiktok:20260302") > 399 * 86400,
		"hours 400");
	ok(ASK(NULL, 0, "SISMEMBER", "bf:1:{file-abc}:idx:app.up:20260304", "tiktok") == 1,
		"the index knows the series");
	ok(ASK(NULL, 0, "ZCARD", "bf:1:{file-abc}:top:app.up:2026030400") > 1, "a top list");
	digest_of_all(before);
	ok(write_records("file-abc", RECORDS, &err) == 0, "written again");
	digest_of_all(after);
	ok(strcmp(before, after) == 0 && before[0] != '\0', "a second run changes nothing");
	ok(write_records("file-abc", RECORDS - 1, &err) == -EEXIST &&
			strstr(err.text, "Remove the keys"),
		"other records of the same input are refused: %s", err.text);
	digest_of_all(after);
	ok(strcmp(before, after) == 0, "… and change nothing");
	ok(write_records("a b", RECORDS, &err) == -EINVAL, "a sensor's name is checked");
}

static void test_alerts(void)
{
	uint64_t wanted = 0, length = 0;

	for (unsigned run = 0; run < 2; run++) {
		struct alerts *alerts = alerts_create(NULL);
		const struct alert_output_options options = { .target = url };
		struct output_state state;
		struct err err = { "" };
		ok(alerts_add_output(alerts, &alert_output_redis, &options, &err) == 0,
			"an output");
		alerts_take(alerts, &reference, records, RECORDS);
		wanted = alerts_count(alerts);
		alerts_finish(alerts, &reference);
		alerts_read_outputs(alerts, &state);
		ok(!state.is_failing, "alerts are written %s", state.reason.text);
		alerts_destroy(alerts);
		length = (uint64_t)ASK(NULL, 0, "XLEN", "bf:1:alerts");
		ok(length == wanted && wanted > 0, "one entry an alert, run %u", run);
	}
	is_int(ASK(NULL, 0, "EVAL",
		       "for _, key in ipairs(redis.call('KEYS', 'bf:1:alert:a*')) do "
		       "if redis.call('HGET', key, 'state') ~= 'new' or "
		       "redis.call('HGET', key, 'rev') ~= '1' then return 0 end end return 1",
		       "0"),
		1, "every hash is new, in its first revision");
}

enum lie {
	LIE_ALWAYS,
	LIE_BUT_PONG, /* a PING is answered as it should be */
	LIE_ENDLESS,  /* unasked */
};

static bool is_ping(const char *command)
{
	static const char ping[] = "*1\r\n$4\r\nPING\r\n";

	return strncmp(command, ping, sizeof(ping) - 1) == 0;
}

/* A process that answers every command with the same bytes. */
static pid_t start_nonsense(const char *path, const char *bytes, enum lie lie)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	unlink(path);
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, 4) < 0) {
		return 0;
	}
	pid_t liar = fork();
	if (liar == 0) {
		char commands[4096];
		alarm(20);
		for (;;) {
			int client = accept(listener, NULL, NULL);
			ssize_t count = 0;
			do {
				bool is_honest =
					lie == LIE_BUT_PONG && count > 0 && is_ping(commands);
				const char *answer = is_honest ? "+PONG\r\n" : bytes;
				if ((count > 0 || lie == LIE_ENDLESS) &&
					write(client, answer, strlen(answer)) < 0) {
					break;
				}
			} while (lie == LIE_ENDLESS ||
				 (count = read(client, commands, sizeof(commands))) > 0);
			close(client);
		}
	}
	close(listener);
	return liar;
}

/* A list of texts is one to its last item, and whole. */
static void test_lists_of_nonsense(void)
{
	static const struct {
		const char *answer;
		size_t together;
		bool is_good;
	} cases[] = { { "*2\r\n$1\r\na\r\n$1\r\nb\r\n", 2, true }, { "*0\r\n", 2, true },
		{ "*1\r\n$1\r\na\r\n", 1, true }, { "*1\r\n$1\r\na\r\n", 2, false },
		{ "*2\r\n$1\r\na\r\n:7\r\n", 2, false }, { "*2\r\n:1\r\n:2\r\n", 1, false },
		{ "*2\r\n$1\r\na\r\n$-1\r\n", 2, false }, { "*1\r\n*0\r\n", 1, false } };
	const char *arguments[] = { "HGETALL", "names" };
	char path[128], at[160];

	snprintf(path, sizeof(path), "%s/lists.sock", folder);
	snprintf(at, sizeof(at), "unix://%s", path);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t liar = start_nonsense(path, cases[i].answer, LIE_BUT_PONG);
		struct redis_answer answer;
		struct redis *redis = NULL;
		struct err err = { "" };
		redis_open(&redis, at, 5000, &err);
		is_int(redis_ask_texts(redis, cases[i].together, 2, arguments, &answer, &err),
			cases[i].is_good ? 0 : -EPROTO, "list %u: %.70s", i, err.text);
		redis_close(redis);
		redis_server_stop(liar, SIGKILL);
	}
}

/* Whoever answers everything alike has not done what was asked. */
static void test_nonsense(void)
{
	static const char *const nonsense[] = { "+OK\r\n", "$-1\r\n", ":1\r\n", "*0\r\n", "*-1\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "$999999999999\r\n",
		"*99999999999\r\n", "hello\r\n" };
	char path[128], at[160];

	snprintf(path, sizeof(path), "%s/nonsense.sock", folder);
	snprintf(at, sizeof(at), "unix://%s", path);
	for (unsigned i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		const struct redis_alert alert = { "a1", "policy.violation", "d", "{}", "", "new",
			"", 1 };
		pid_t liar = start_nonsense(path, nonsense[i], LIE_BUT_PONG);
		struct redis *redis = NULL;
		struct err err = { "" };
		ok(liar > 0 && redis_open(&redis, at, 300, &err) == 0, "nonsense %u", i);
		ok(redis_alert_post(redis, &alert, &err) < 0,
			"… an alert is not taken for posted: %.60s", err.text);
		struct redis_function *function;
		struct redis_cursor cursor;
		redis_function_open(&function, redis, "north", NULL, &err);
		ok(redis_function_read_cursor(function, &cursor, &err) < 0,
			"… nor a cursor for read");
		ok(redis_function_load(function, &err) < 0, "… nor a function for loaded");
		redis_function_close(function);
		redis_close(redis);
		redis_server_stop(liar, SIGKILL);
	}
	pid_t liar = start_nonsense(path, "*2147483647\r\n", LIE_ALWAYS);
	struct redis *redis = NULL;
	struct err err = { "" };
	ok(liar > 0 && redis_open(&redis, at, 300, &err) == 0, "a list of two billion");
	const struct redis_alert alert = { "a1", "policy.violation", "d", "{}", "", "new", "", 1 };
	ok(redis_alert_post(redis, &alert, &err) == -EPROTO && strstr(err.text, "room"),
		"… is not waited for: %s", err.text);
	redis_close(redis);
	redis_server_stop(liar, SIGKILL);
	liar = start_nonsense(path, "*0\r\n", LIE_ALWAYS);
	const char *question[] = { "HGETALL", "names" };
	struct redis_answer answer;
	redis = NULL;
	ok(liar > 0 && redis_open(&redis, at, 5000, &err) == 0, "nothing, whatever is asked");
	ok(redis_ask_texts(redis, 2, 2, question, &answer, &err) == -EPROTO &&
			strstr(err.text, "PING"),
		"… is no Redis in which there is nothing: %s", err.text);
	redis_close(redis);
	redis_server_stop(liar, SIGKILL);
	liar = start_nonsense(
		path, "+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", LIE_ENDLESS);
	redis = NULL;
	ok(liar > 0 && redis_open(&redis, at, 100, &err) == 0, "a line without end");
	ok(redis_alert_post(redis, &alert, &err) == -EPROTO && strstr(err.text, "without end"),
		"… is not read for ever: %s", err.text);
	redis_close(redis);
	redis_server_stop(liar, SIGKILL);
}

/* What the server refuses becomes a sentence. */
static void test_refusals(void)
{
	struct err err;
	char before[64], after[64], limited[256];

	ASK(NULL, 0, "ACL", "SETUSER", "sensor", "on", ">pass", "~bf:1:*", "+@all", "-pfadd");
	digest_of_all(before);
	struct sink_options options = { .target = url, .sensor = "s2", .reference = &reference };
	char password[96];
	snprintf(password, sizeof(password), "%s/password", folder);
	FILE *file = fopen(password, "w");
	fputs("pass\n", file);
	fclose(file);
	snprintf(limited, sizeof(limited), "%s?user=sensor&password_file=%s", url, password);
	options.target = limited;
	struct sink *sink;
	ok(sink_redis.open(&sink, &options, &err) == 0, "a user of few rights");
	write_cells(sink, records, 100, &err);
	ok(sink_redis.close(sink, &err) == -EACCES && strstr(err.text, "PFADD"),
		"a right that is missing is named: %s", err.text);
	digest_of_all(after);
	ok(strcmp(before, after) == 0, "… before anything was written");
	unlink(password);

	ASK(NULL, 0, "CONFIG", "SET", "maxmemory", "1");
	ok(write_records("s3", 100, &err) == -ENOSPC && strstr(err.text, "maxmemory"),
		"no memory left: %s", err.text);
	ASK(NULL, 0, "CONFIG", "SET", "maxmemory", "0");

	ASK(NULL, 0, "REPLICAOF", "127.0.0.1", "1");
	ASK(NULL, 0, "CONFIG", "SET", "replica-serve-stale-data", "yes");
	ok(write_records("s4", 100, &err) == -EROFS && strstr(err.text, "primary"), "a replica: %s",
		err.text);
	ASK(NULL, 0, "REPLICAOF", "NO", "ONE");

	ASK(NULL, 0, "SET", "bf:1:{s5}:m:app.up:tiktok:20260304", "text");
	ok(write_records("s5", 100, &err) == -EPROTO && strstr(err.text, "another kind"),
		"a key that holds something else: %s", err.text);
	ok(ASK(NULL, 0, "CONFIG", "SET", "requirepass", "x") == 0, "a password is set");
	redis_close(reader);
	redis_open(&reader, url, 2000, &err);
	ok(write_records("s6", 100, &err) == -EACCES && strstr(err.text, "password"),
		"a password is wanted: %s", err.text);
}

static void test_kill(void)
{
	struct sink_options options = {
		.target = url, .sensor = "killed", .reference = &reference
	};
	struct sink *sink;
	struct err err = { "" };

	ok(sink_redis.open(&sink, &options, &err) == 0, "a sink");
	ok(write_cells(sink, records, 1000, &err) == 0, "gathers");
	ok(sink_redis.flush(sink, &reference, 0, &err) == 0, "… and writes");
	stop_server(SIGKILL);
	int status = write_cells(sink, records + 1000, 1000, &err);
	if (status == 0) {
		status = sink_redis.flush(sink, &reference, 0, &err);
	}
	ok(status < 0 && strstr(err.text, "redis.sock"), "the server is gone: %s", err.text);
	uint64_t began = clock_monotonic_ns();
	ok(sink_redis.close(sink, &err) == 0, "closing says it no second time");
	ok(clock_monotonic_ns() - began < NS_PER_S, "… and does not wait");
	ok(write_records("gone", 100, &err) < 0 && strstr(err.text, "cannot be reached"),
		"nobody there: %s", err.text);
}

int main(void)
{
	struct policy_problems problems;
	struct err err;

	if (!redis_server_is_installed()) {
		skip_all("redis-server is not installed");
	}
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder) || catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			&problems, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	make_records();
	start_server();
	test_metrics();
	test_alerts();
	test_nonsense();
	test_lists_of_nonsense();
	test_kill();
	start_server();
	test_refusals();
	stop_server(SIGTERM);
	redis_close(reader);
	policy_free(policy);
	catalogue_close(catalogue);
	char socket[64];
	snprintf(socket, sizeof(socket), "%s/redis.sock", folder);
	unlink(socket);
	rmdir(folder);
	return done_testing();
}
