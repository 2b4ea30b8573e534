/* A live sensor's view of itself: health summaries, what it answers at its socket, small groups, a
 * flood; and the text that questions and answers travel as. */
#include "analyzer/view/view_live.h"

#include <errno.h>
#include <dirent.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/view/view_text.h"
#include "base/quick_hash.h"
#include "tests/tap.h"
#include "tests/unit/view_contract.h"
#include "tests/unit/view_traffic.h"

#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;

static void test_health_summary(void)
{
	struct health_summary health_summary, again;
	struct text text;
	char memory[2048];

	memset(&health_summary, 0, sizeof(health_summary));
	health_summary.frames = 41;
	health_summary.kernel_drops = 42;
	health_summary.lag_ns = UINT64_MAX;
	health_summary.outputs_up = 43;
	text_init(&text, memory, sizeof(memory));
	health_summary_put(&text, &health_summary);
	health_summary_parse(&again, memory);
	ok(memcmp(&health_summary, &again, sizeof(health_summary)) == 0,
		"a health summary is read as it was written");
	health_summary_parse(&again, "frames 7 of_tomorrow 9 bytes 8 lag_ns");
	is_int((int64_t)again.frames, 7, "a name that is not known is passed over");
	is_int((int64_t)again.bytes, 8, "… and what follows is read");
}

static void test_rates(void)
{
	static struct health now, before;
	struct health_summary health_summary;

	now.worker_count = before.worker_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		before.workers[i].seen_ns = TRAFFIC_TO_NS;
		before.workers[i].source.frames = 1000;
		now.workers[i] = before.workers[i];
		now.workers[i].seen_ns += (i + 1) * NS_PER_S / 2;
		now.workers[i].source.frames += 500;
		now.workers[i].source.bytes_done += 1000;
	}
	health_summary_take(&health_summary, &now, &before);
	is_int((int64_t)health_summary.frames_s, 1000 + 500, "each queue's rate over its own time");
	is_int((int64_t)health_summary.bits_s, 16000 + 8000, "in bits");
	is_int((int64_t)health_summary.frames, 3000, "and all together");
	memset(&before, 0, sizeof(before));
	health_summary_take(&health_summary, &now, &before);
	is_int((int64_t)health_summary.frames_s, 0, "no rate where nothing was before");
}

/* A sensor under that policy; its clock is that of the flush. */
static struct view_live *start(const char *rules)
{
	struct view_live *live = view_live_create(NULL);
	struct policy_problems problems;
	struct err err = { "" };

	if (!live || policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			     &problems, &err) < 0) {
		ok(false, "%s", err.text);
		exit(done_testing());
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	view_live_sink_ops.flush(view_live_sink(live), &reference, TRAFFIC_TO_NS, &err);
	return live;
}

static void stop(struct view_live *live)
{
	view_live_destroy(live);
	policy_free(policy);
}

static void feed(struct view_live *live, const struct traffic *traffic, struct view *analysis)
{
	struct rollup *rollup = traffic_cells(traffic, 0, traffic->count);
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);

	view_live_sink_ops.write_cells(view_live_sink(live), &reference, cells, count, NULL);
	if (analysis) {
		view_take(analysis, cells, count);
	}
	rollup_destroy(rollup);
}

/* What it answers to a question, as whoever asked reads it. */
static struct view_answer *ask(struct view_live *live, const struct view_question *question)
{
	static const struct view_sensor sensor = { .name = "north" };
	struct view_answer *answer = NULL;
	struct text asked, said;
	struct err err;

	text_init_heap(&asked);
	text_init_heap(&said);
	view_put_question(&asked, question);
	view_live_answer(live, asked.at, &sensor, &said);
	if (view_read_answer(said.at, question->by_count, &answer, &err) < 0) {
		printf("# %s\n", err.text);
	}
	text_deinit(&asked);
	text_deinit(&said);
	return answer;
}

static int open_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (folder && readdir(folder)) {
		count++;
	}
	closedir(folder);
	return count;
}

/* A socket in front of it, as the sensor has one. */
struct server {
	struct view_live *live;
	int fd;
};

static void *serve(void *context)
{
	const struct server *server = context;
	const struct view_sensor sensor = { .name = "north", .health = { .frames = 42 } };
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		char line[4096] = "";
		struct text text;
		ssize_t count = recv(fd, line, sizeof(line) - 1, 0);
		text_init_heap(&text);
		if (count > 0) {
			view_live_answer(server->live, line, &sensor, &text);
			send(fd, text.at, text.length, MSG_NOSIGNAL);
		}
		text_deinit(&text);
		close(fd);
	}
	return NULL;
}

static const unsigned sizes[TRAFFIC_UNITS] = { 40, 30, 20, 10, 2 };

/* The last two hours of the traffic, as one analysis says it and as the socket does. */
static void test_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct traffic traffic;
	struct view *analysis, *socket_view;
	struct view_sensors sensors;
	struct server server;
	pthread_t thread;
	struct err err;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/borderflow-view-%d.sock",
		(int)getpid());
	unlink(address.sun_path);
	if (!traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 3) ||
		view_open_analysis(&analysis, false, &err) < 0) {
		ok(false, "no memory");
		return;
	}
	server.live = start("k: 5\n");
	feed(server.live, &traffic, analysis);
	server.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(server.fd, (struct sockaddr *)&address, sizeof(address));
	listen(server.fd, 4);
	pthread_create(&thread, NULL, serve, &server);
	is_int(view_open_socket(&socket_view, address.sun_path, &err), 0, "the socket is opened");
	const struct view_access access = { .role = VIEW_GROUPED, .k = 5, .now_ns = TRAFFIC_TO_NS };
	const struct view_access viewer = { .role = VIEW_PROTECTED, .k = 5 };
	const struct view_question units = { .by = { VIEW_BY_UNIT }, .by_count = 1 }, all = { 0 };
	struct view_answer *answer = NULL;
	ok(view_ask(socket_view, &viewer, &units, &answer, &err) == -EPERM &&
			view_ask(socket_view, &viewer, &all, &answer, &err) == -EPERM && !answer,
		"who may not see devices is told nothing of the time that runs: %s", err.text);
	int descriptors = open_descriptors();
	for (unsigned i = 0; i < VIEW_DIMENSION_COUNT; i++) {
		struct view_question question = { .from_ns = TRAFFIC_TO_NS - 12 * SLOT_NS,
			.to_ns = TRAFFIC_TO_NS,
			.by = { i },
			.by_count = 1 };
		struct view_answer *wanted = NULL, *got = NULL;
		int status = view_ask(analysis, &access, &question, &wanted, &err);
		int same = view_ask(socket_view, &access, &question, &got, &err);
		ok(status == same && (status < 0 || same_answer(wanted, got, 1, CONTRACT_EXACT)),
			"socket: %s as the run says", view_dimension_name(i));
		view_answer_free(wanted);
		view_answer_free(got);
	}
	/* The other side's last one may still be open. */
	ok(open_descriptors() <= descriptors + 1, "a look keeps no descriptor");
	struct view_question day = { .from_ns = TRAFFIC_TO_NS - TRAFFIC_DAY_NS,
		.to_ns = TRAFFIC_TO_NS,
		.by = { VIEW_BY_UNIT, VIEW_BY_APP },
		.by_count = 2 };
	struct view_answer *wanted, *got;
	ok(view_ask(analysis, &access, &day, &wanted, &err) == 0 &&
			view_ask(socket_view, &access, &day, &got, &err) == 0 &&
			same_answer(wanted, got, 2, CONTRACT_EXACT),
		"socket: apps of units of a day as the run says");
	is_int(got->notes.k, 5, "… and of how many devices the smallest group is that it shows");
	view_answer_free(wanted);
	view_answer_free(got);
	ok(view_ask_sensors(socket_view, &sensors, &err) == 0 && sensors.count == 1 &&
			strcmp(sensors.sensors[0].name, "north") == 0 &&
			sensors.sensors[0].health.frames == 42,
		"… and how the sensor is");
	view_sensors_free(&sensors);
	view_close(socket_view);
	view_close(analysis);
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.fd);
	unlink(address.sun_path);
	stop(server.live);
	traffic_free(&traffic);
}

static const struct view_row *find(const struct view_answer *answer, const char *value)
{
	for (size_t i = 0; answer && i < answer->row_count; i++) {
		if (strcmp(answer->rows[i].values[0], value) == 0) {
			return &answer->rows[i];
		}
	}
	return NULL;
}

static void test_small_groups(void)
{
	struct view_question units = { .from_ns = TRAFFIC_TO_NS - TRAFFIC_DAY_NS,
		.to_ns = TRAFFIC_TO_NS,
		.by = { VIEW_BY_UNIT },
		.by_count = 1 };
	struct view_live *live = start("k: 5\n");
	struct traffic traffic;

	traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 3);
	feed(live, &traffic, NULL);
	struct view_answer *answer = ask(live, &units);
	ok(answer && find(answer, "unit-0") && !find(answer, "unit-4"),
		"a unit of two devices stands with others");
	ok(answer && find(answer, "") && find(answer, "")->is_remainder &&
			find(answer, "")->total.count == VIEW_COUNT_UNKNOWN,
		"… in a row that does not count them");
	view_answer_free(answer);
	units.filters[0] = (struct view_filter){ VIEW_BY_APP, "app-1", false };
	units.filter_count = 1;
	answer = ask(live, &units);
	ok(!answer, "a filter is refused");
	view_answer_free(answer);
	stop(live);
	live = start("k: 500\n");
	feed(live, &traffic, NULL);
	units.filter_count = 0;
	units.by[0] = VIEW_BY_APP;
	answer = ask(live, &units);
	ok(answer && answer->row_count == 0 && answer->total.bytes_up == 0,
		"of a body below k nothing is said");
	view_answer_free(answer);
	stop(live);
	traffic_free(&traffic);
}

/* Two hours later slots are gone and hours are there; a day later those are, too. */
static void test_forgetting(void)
{
	struct view_live *live = start("k: 2\n");
	struct view_question hour = { .from_ns = TRAFFIC_FROM_NS + 60 * HOUR_NS + SLOT_NS,
		.to_ns = TRAFFIC_FROM_NS + 61 * HOUR_NS };
	struct view_question day = { .from_ns = TRAFFIC_FROM_NS + 60 * HOUR_NS,
		.to_ns = TRAFFIC_FROM_NS + 61 * HOUR_NS };
	struct traffic traffic;

	traffic_make(&traffic, sizes, TRAFFIC_RECORDS, 3);
	feed(live, &traffic, NULL);
	struct view_answer *slots = ask(live, &hour), *hours = ask(live, &day);
	ok(slots && slots->total.bytes_up == 0 && slots->notes.is_past_retention,
		"slots of ten hours ago are past retention, and not zero");
	ok(hours && hours->total.bytes_up > 0 && !hours->notes.is_past_retention,
		"the hour is there");
	view_answer_free(slots);
	view_answer_free(hours);
	day.from_ns = TRAFFIC_FROM_NS;
	day.to_ns = TRAFFIC_FROM_NS + HOUR_NS;
	hours = ask(live, &day);
	ok(hours && hours->notes.is_past_retention, "that of the day before yesterday is not");
	view_answer_free(hours);
	stop(live);
	traffic_free(&traffic);
}

/* More values than there is room for: what is new goes to "other", and nothing is lost. */
static void test_flood(void)
{
	struct view_live *live = start("k: 2\n");
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS,
		.to_ns = TRAFFIC_FROM_NS + SLOT_NS,
		.by = { VIEW_BY_SERVER, VIEW_BY_PARENT },
		.by_count = 2 };
	enum { COUNT = 26 * 26 * 26 * 4 };
	uint64_t sum = 0;
	bool has_other = false;

	for (unsigned i = 0; i < COUNT; i++) {
		struct cell cell = {
			.key = { .slot = (uint32_t)(TRAFFIC_FROM_NS / SLOT_NS),
				.server_country =
					(uint16_t)(('A' + i % 26) << 8 | ('A' + i / 26 % 26)),
				.parent_country =
					(uint16_t)(('A' + i / 676 % 26) << 8 | ('A' + i / 17576)) }
		};
		cell_sums_init(&cell.sums);
		cell.sums.bytes_up = 100;
		cell.sums.first_ns = cell.sums.last_ns = TRAFFIC_FROM_NS;
		devices_add(&cell.devices, quick_hash(0, 1 + i % 8), 100);
		view_live_sink_ops.write_cells(view_live_sink(live), &reference, &cell, 1, NULL);
		devices_deinit(&cell.devices);
	}
	struct view_answer *answer = ask(live, &question);
	for (size_t i = 0; answer && i < answer->row_count; i++) {
		sum += answer->rows[i].total.bytes_up;
		has_other |= strcmp(answer->rows[i].values[0], "other") == 0;
	}
	is_int((int64_t)sum, 100 * COUNT, "every byte of a flood is there");
	ok(has_other && answer->notes.left_out > 0, "what found no room is \"other\", and counted");
	view_answer_free(answer);
	stop(live);
}

/* What is written is read again; what is none is refused. */
static void test_text(void)
{
	struct view_question question = { .from_ns = 300 * NS_PER_S,
		.to_ns = 600 * NS_PER_S,
		.by = { VIEW_BY_UNIT, VIEW_BY_APP },
		.by_count = 2,
		.filters = { { VIEW_BY_ZONE, "outside-eea", true },
			{ VIEW_BY_UNIT, "a = b!", false } },
		.filter_count = 2,
		.text = "tik",
		.step_ns = 300 * NS_PER_S,
		.sort = VIEW_SORT_NAME,
		.first = 3,
		.most = 7 };
	struct view_question again;
	enum view_request request;
	struct text text;
	struct err err;

	text_init_heap(&text);
	view_put_question(&text, &question);
	ok(view_read_question(text.at, &request, &again, &err) == 0 &&
			request == VIEW_REQUEST_TABLE && again.from_ns == question.from_ns &&
			again.to_ns == question.to_ns && again.step_ns == question.step_ns &&
			again.by_count == 2 && again.by[1] == VIEW_BY_APP &&
			again.filter_count == 2 && again.filters[0].is_excluded &&
			strcmp(again.filters[1].value, "a = b!") == 0 &&
			strcmp(again.text, "tik") == 0 && again.sort == VIEW_SORT_NAME &&
			again.first == 3 && again.most == 7,
		"a question is read as it was written");
	text_deinit(&text);
	char none[] = "tables\t1", many[] = "table\t0\t0\t0\t0\t0\t0\t\tapp,app,app,app",
	     other[] = "table\t0\t0\t0\t0\t0\t0\t\tdevice";
	is_int(view_read_question(none, &request, &again, &err), -EINVAL, "another word is none");
	is_int(view_read_question(many, &request, &again, &err), -EINVAL,
		"nor are four dimensions");
	is_int(view_read_question(other, &request, &again, &err), -EINVAL,
		"nor is one that there is not");
	char refused[] = "error\t1\tnot for you\n";
	struct view_answer *answer;
	ok(view_read_answer(refused, 0, &answer, &err) == -EPERM &&
			strcmp(err.text, "not for you") == 0,
		"an error is what was said");
}

int main(void)
{
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_health_summary();
	test_rates();
	test_text();
	test_socket();
	test_small_groups();
	test_forgetting();
	test_flood();
	catalogue_close(catalogue);
	return done_testing();
}
