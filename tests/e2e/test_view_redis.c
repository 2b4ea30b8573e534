/* The view over Redis: five hundred sensors feed a real redis-server, and what it says of all of
 * them is what one analysis of the same traffic says, in a time that does not grow with their
 * number. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/output/sinks.h"
#include "analyzer/policy/policy.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"
#include "tests/unit/view_contract.h"
#include "tests/unit/view_traffic.h"

enum { SENSORS = 500, RECORDS = 4000, LOOK_MS_MOST = 200 };

#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

static const unsigned sizes[TRAFFIC_UNITS] = { 200, 100, 50, 20, 3 };
static const char rules[] = "units:\n  School: {networks: [10.1.0.0/16]}\n";
static struct traffic traffic;
static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;
static char folder[] = "/tmp/borderflow-view-XXXXXX", url[REDIS_SERVER_URL_BYTES];
static struct view *analysis, *store;
static const struct view_access all = { .role = VIEW_SEES_DEVICES, .now_ns = TRAFFIC_TO_NS };

/* The records that one sensor saw: those from `from` to `to`. */
static int feed(unsigned sensor, size_t from, size_t to, struct err *err)
{
	char name[16];
	struct sink_options options = { .target = url, .sensor = name, .reference = &reference };
	struct rollup *rollup = traffic_cells(&traffic, from, to);
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);
	struct sink *sink;

	snprintf(name, sizeof(name), "s%u", sensor);
	int status = sink_redis.open(&sink, &options, err);
	if (status == 0) {
		status = sink_redis.write_cells(sink, &reference, cells, count, err);
		int closed = sink_redis.close(sink, status < 0 ? NULL : err);
		status = status < 0 ? status : closed;
		view_take(analysis, cells, count);
	}
	rollup_destroy(rollup);
	return status;
}

static int feed_sensors(unsigned first, unsigned count, struct err *err)
{
	size_t each = traffic.count / SENSORS;
	int status = 0;

	for (unsigned i = first; i < first + count && status == 0; i++) {
		status = feed(i, i * each, (i + 1) * each, err);
	}
	return status;
}

static struct view_answer *ask(struct view *view, const struct view_question *question)
{
	struct view_answer *answer;
	struct err err;

	if (view_ask(view, &all, question, &answer, &err) < 0) {
		printf("# %s\n", err.text);
		return NULL;
	}
	return answer;
}

static void agree(const struct view_question *question, const char *what)
{
	struct view_answer *wanted = ask(analysis, question), *got = ask(store, question);

	ok(same_answer(wanted, got, question->by_count, CONTRACT_SUMS), "%s as the run says", what);
	view_answer_free(wanted);
	view_answer_free(got);
}

static const struct view_question days = { .from_ns = TRAFFIC_FROM_NS, .to_ns = TRAFFIC_TO_NS };

static void test_figures(void)
{
	struct view_question question = days;

	agree(&question, "the whole");
	question.by_count = 1;
	for (unsigned i = 0; i < VIEW_DIMENSION_COUNT; i++) {
		question.by[0] = i;
		agree(&question, view_dimension_name(i));
	}
	question.by_count = 2;
	question.by[0] = VIEW_BY_UNIT;
	question.by[1] = VIEW_BY_APP;
	agree(&question, "apps of units");
	question.by[0] = VIEW_BY_SERVER;
	question.by[1] = VIEW_BY_PARENT;
	question.most = 3;
	question.sort = VIEW_SORT_UP;
	agree(&question, "three cells of the matrix");
}

static void test_times(void)
{
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS + 23 * HOUR_NS + 3 * SLOT_NS,
		.to_ns = TRAFFIC_FROM_NS + 25 * HOUR_NS,
		.by = { VIEW_BY_ZONE },
		.by_count = 1,
		.step_ns = SLOT_NS };

	agree(&question, "five minutes over midnight");
	question.from_ns = TRAFFIC_FROM_NS + 5 * HOUR_NS;
	question.to_ns = TRAFFIC_FROM_NS + 51 * HOUR_NS;
	question.step_ns = HOUR_NS;
	agree(&question, "a series of hours");
	question.filters[0] = (struct view_filter){ VIEW_BY_ZONE, "outside-eea", true };
	question.filter_count = 1;
	agree(&question, "inside EU and EEA");
}

/* What is said of the devices of the whole in this time. */
static enum view_count count_of(uint64_t from_ns, uint64_t to_ns, uint64_t *devices)
{
	struct view_question question = { .from_ns = from_ns, .to_ns = to_ns };
	struct view_answer *answer = ask(store, &question);
	enum view_count count = answer ? answer->total.count : VIEW_COUNT_FEWER;

	*devices = answer ? answer->total.devices : 0;
	view_answer_free(answer);
	return count;
}

/* Devices are kept by day: of a time that is not whole days they are not known, or at least those
 * of the days inside it. */
static void test_devices_of_times(void)
{
	uint64_t day, some;

	is_int(count_of(TRAFFIC_FROM_NS, TRAFFIC_FROM_NS + TRAFFIC_DAY_NS, &day),
		VIEW_COUNT_ESTIMATE, "devices of a day are estimated");
	is_int(count_of(TRAFFIC_FROM_NS + HOUR_NS, TRAFFIC_FROM_NS + 2 * HOUR_NS, &some),
		VIEW_COUNT_UNKNOWN, "devices of an hour are not known");
	is_int(count_of(TRAFFIC_FROM_NS + HOUR_NS, TRAFFIC_FROM_NS + TRAFFIC_DAY_NS, &some),
		VIEW_COUNT_UNKNOWN, "nor of a day but for its first hour");
	is_int(count_of(TRAFFIC_FROM_NS, TRAFFIC_FROM_NS + TRAFFIC_DAY_NS + HOUR_NS, &some),
		VIEW_COUNT_AT_LEAST, "of a day and an hour they are at least");
	is_int(some, day, "those of the day");
	is_int(count_of(TRAFFIC_TO_NS - TRAFFIC_DAY_NS, 0, &some), VIEW_COUNT_ESTIMATE,
		"a day that runs is whole as far as it went");
}

static int ask_terminal(struct view *view, const struct view_question *question,
	struct view_answer **answer, struct err *err)
{
	static const struct view_access terminal = {
		.role = VIEW_GROUPED, .k = 5, .now_ns = TRAFFIC_TO_NS
	};

	return view_ask(view, &terminal, question, answer, err);
}

/* The groups that it shows are shown by the run as well, and everything is in one of them. Redis
 * knows how many devices each group has and not which: a remainder takes one more rather than one
 * too few. */
static bool shows_no_more(const struct view_answer *run, const struct view_answer *got)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < got->row_count; i++) {
		const struct view_row *row = &got->rows[i];
		bool is_there = row->is_remainder;
		bytes += row->total.bytes_up + row->total.bytes_down;
		for (size_t j = 0; j < run->row_count; j++) {
			is_there |= same_row(&run->rows[j], row, 1, 0, CONTRACT_SUMS);
		}
		if (!is_there) {
			return false;
		}
	}
	return got->row_count > 0 && bytes == run->total.bytes_up + run->total.bytes_down;
}

/* A terminal's groups are judged by who was there in the time that it asks for: a unit of which
 * few devices showed themselves in ten minutes is not shown, whatever its day had. */
static void test_groups_of_times(void)
{
	struct view_question question = { .to_ns = TRAFFIC_TO_NS, .by_count = 1 };
	static const enum view_dimension by[] = { VIEW_BY_UNIT, VIEW_BY_CLASS, VIEW_BY_ZONE };
	static const unsigned slots[] = { 2, 12, 24 };
	struct view_answer *wanted, *got;
	struct err err;

	for (unsigned i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		question.from_ns = TRAFFIC_TO_NS - slots[i] * SLOT_NS;
		for (unsigned j = 0; j < sizeof(by) / sizeof(by[0]); j++) {
			question.by[0] = by[j];
			ok(ask_terminal(analysis, &question, &wanted, &err) == 0 &&
					ask_terminal(store, &question, &got, &err) == 0 &&
					shows_no_more(wanted, got),
				"%s of %u times five minutes: groups that the run shows",
				view_dimension_name(by[j]), slots[i]);
			view_answer_free(wanted);
			view_answer_free(got);
		}
	}
	question.by[0] = VIEW_BY_UNIT;
	question.from_ns = TRAFFIC_FROM_NS + HOUR_NS;
	is_int(ask_terminal(store, &question, &got, &err), -ENOTSUP,
		"nothing tells the groups of more than a day: %s", err.text);
	question.from_ns = TRAFFIC_TO_NS - HOUR_NS;
	question.by[1] = VIEW_BY_APP;
	question.by_count = 2;
	is_int(ask_terminal(store, &question, &got, &err), -ENOTSUP,
		"nor of apps of units in an hour: %s", err.text);
}

static void test_refusals(void)
{
	struct view_question question = { .by = { VIEW_BY_VIA, VIEW_BY_APP }, .by_count = 2 };
	struct view_access viewer = { .role = VIEW_PROTECTED, .k = 5, .now_ns = TRAFFIC_TO_NS };
	struct view_answer *answer;
	struct err err;

	is_int(view_ask(store, &all, &question, &answer, &err), -ENOTSUP,
		"what is not kept is refused: %s", err.text);
	question = days;
	is_int(view_ask(store, &viewer, &question, &answer, &err), -EPERM,
		"who may not see devices is refused: %s", err.text);
	question.from_ns -= 40 * TRAFFIC_DAY_NS;
	answer = ask(store, &question);
	ok(answer && answer->notes.is_past_retention, "what is past retention is said");
	view_answer_free(answer);
}

/* The median of a few looks at the tables of one page. */
static uint64_t look_ms(void)
{
	static const enum view_dimension page[] = { VIEW_BY_APP, VIEW_BY_UNIT, VIEW_BY_ZONE };
	uint64_t times[5], began;

	for (unsigned i = 0; i < 5; i++) {
		began = clock_monotonic_ns();
		for (unsigned j = 0; j < sizeof(page) / sizeof(page[0]); j++) {
			struct view_question question = { .from_ns = TRAFFIC_TO_NS - TRAFFIC_DAY_NS,
				.to_ns = TRAFFIC_TO_NS,
				.by = { page[j] },
				.by_count = 1,
				.step_ns = HOUR_NS };
			view_answer_free(ask(store, &question));
		}
		times[i] = clock_monotonic_ns() - began;
		for (unsigned j = i; j > 0 && times[j] < times[j - 1]; j--) {
			uint64_t time = times[j];
			times[j] = times[j - 1];
			times[j - 1] = time;
		}
	}
	return times[2] / NS_PER_MS;
}

int main(void)
{
	struct policy_problems problems;
	struct redis *reader = NULL;
	struct err err = { "" };

	if (!redis_server_is_installed()) {
		skip_all("redis-server is not installed");
	}
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder) || !traffic_make(&traffic, sizes, RECORDS, 7) ||
		catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			&problems, &err) < 0 ||
		view_open_analysis(&analysis, false, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	pid_t server = redis_server_start(folder, url, &reader);
	ok(server > 0, "a redis-server answers");
	ok(view_open_redis(&store, url, NULL, &err) == 0, "the view opens %s", err.text);
	ok(feed_sensors(SENSORS - 1, 1, &err) == 0, "one sensor feeds it %s", err.text);
	printf("# a look with one sensor: %llu ms\n", (unsigned long long)look_ms());
	ok(feed_sensors(0, SENSORS - 1, &err) == 0, "499 more do %s", err.text);
	uint64_t ms = look_ms();
	ok(ms <= LOOK_MS_MOST, "a look at %d sensors takes %llu ms, %d at most", SENSORS,
		(unsigned long long)ms, LOOK_MS_MOST);
	test_figures();
	test_times();
	test_devices_of_times();
	test_groups_of_times();
	test_refusals();
	view_close(analysis);
	view_close(store);
	redis_close(reader);
	redis_server_stop(server, SIGTERM);
	policy_free(policy);
	catalogue_close(catalogue);
	traffic_free(&traffic);
	char socket[64];
	snprintf(socket, sizeof(socket), "%s/redis.sock", folder);
	unlink(socket);
	rmdir(folder);
	return done_testing();
}
