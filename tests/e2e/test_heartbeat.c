/* The heartbeat against a real redis-server: what it keeps there, who is missed and by whom, taking
 * leave, and a server that is away or holds nonsense. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/engine/heartbeat.h"
#include "base/clock.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"

enum { TRIES = 1000, TRY_EVERY_US = 10000, FRAMES = 42 };

static char folder[] = "/tmp/borderflow-heartbeat-XXXXXX";
static char url[REDIS_SERVER_URL_BYTES];
static struct redis *reader;

/* A sensor, and whom it missed. */
struct sensor {
	const char *name;
	struct heartbeat *heartbeat;
	atomic_uint raised;
	char missed[ALERT_NAME_BYTES];
	uint64_t since_ns;
};

static void read_health_summary(void *context, struct health_summary *summary)
{
	(void)context;
	*summary = (struct health_summary){ .frames = FRAMES };
}

static void raise_alert(void *context, const struct alert *alert)
{
	struct sensor *sensor = context;

	if (alert->kind == ALERT_SENSOR_SILENT) {
		snprintf(sensor->missed, sizeof(sensor->missed), "%s", alert->sensor.name);
		sensor->since_ns = alert->first_ns;
		atomic_fetch_add(&sensor->raised, 1);
	}
}

static bool begin(struct sensor *sensor)
{
	const struct heartbeat_options options = { .url = url,
		.sensor = sensor->name,
		.every_ns = NS_PER_S / 2,
		.read_health_summary = read_health_summary,
		.raise = raise_alert,
		.alerts = sensor };
	struct err err = { "" };

	return heartbeat_open(&sensor->heartbeat, &options, &err) == 0;
}

/* What the server answers, as a number; -1: nothing, or something else. */
static double ask(size_t count, const char *const *arguments)
{
	struct redis_answer answer = { .text = "" };
	struct err err;

	if (redis_command(reader, count, arguments, NULL, &answer, &err) < 0) {
		return -1;
	}
	return answer.kind == REDIS_NUMBER ? (double)answer.number
	       : answer.kind == REDIS_TEXT ? strtod(answer.text, NULL)
					   : -1;
}
#define ASK(...)                                                                                   \
	ask(sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(const char *),                        \
		(const char *[]){ __VA_ARGS__ })

static struct output_state state_of(struct sensor *sensor)
{
	struct output_state state;

	heartbeat_read_output(sensor->heartbeat, &state);
	return state;
}

static bool fails(struct sensor *sensor, bool is_failing)
{
	for (unsigned i = 0; i < TRIES && state_of(sensor).is_failing != is_failing; i++) {
		usleep(TRY_EVERY_US);
	}
	return state_of(sensor).is_failing == is_failing;
}

static bool is_alive(const char *key)
{
	for (unsigned i = 0; i < TRIES && ASK("EXISTS", key) != 1; i++) {
		usleep(TRY_EVERY_US);
	}
	return ASK("EXISTS", key) == 1;
}

static bool has_raised(struct sensor *sensor, unsigned count)
{
	for (unsigned i = 0; i < TRIES && atomic_load(&sensor->raised) < count; i++) {
		usleep(TRY_EVERY_US);
	}
	return atomic_load(&sensor->raised) == count;
}

/* The server is not there when the sensor starts. */
static void test_away(struct sensor *north)
{
	redis_server_stop(redis_server_start(folder, url, &reader), SIGKILL);
	bool is_begun = begin(north) && fails(north, true);
	ok(is_begun, "without a server it starts, and says what fails: %s",
		is_begun ? state_of(north).reason.text : "");
	ok(redis_server_start(folder, url, &reader) > 0 && is_alive("bf:1:{north}:hb") &&
			fails(north, false),
		"it shows itself once there is one");
}

static void test_shown(void)
{
	double now_s = (double)(clock_now_ns() / NS_PER_S);

	ok(ASK("TTL", "bf:1:{north}:hb") >= 0, "for as long as its promise holds");
	ok(is_alive("bf:1:{north}:health") &&
			ASK("HGET", "bf:1:{north}:health", "frames") == FRAMES,
		"… with its health");
	ok(ASK("TTL", "bf:1:{north}:health") > 86400, "… for two days");
	ok(ASK("ZSCORE", "bf:1:sensors", "north") >= now_s, "… and stands among the sensors");
}

/* Whoever sees a broken promise first raises the alert, and nobody raises it again. */
static void test_silent(struct sensor *north)
{
	struct sensor west = { .name = "west" };
	char since[24];

	snprintf(since, sizeof(since), "%" PRIu64, clock_now_ns() / NS_PER_S - 100);
	ASK("ZADD", "bf:1:sensors", since, "south");
	ok(has_raised(north, 1), "a sensor that broke its promise is missed");
	is_text(north->missed, "south", "… by its name");
	is_int(north->since_ns / NS_PER_S, strtoull(since, NULL, 10), "… since when it did");
	ok(begin(&west) && is_alive("bf:1:{west}:hb") && is_alive("bf:1:{west}:health"),
		"another sensor");
	heartbeat_close(west.heartbeat);
	ok(atomic_load(&west.raised) == 0 && atomic_load(&north->raised) == 1,
		"… raises it no second time");
	ok(ASK("ZSCORE", "bf:1:sensors", "west") < 0 && ASK("EXISTS", "bf:1:{west}:hb") == 0,
		"… and takes its leave when it ends");
	ok(ASK("EXISTS", "bf:1:{west}:health") == 1, "… of which its health stays");
	ASK("ZADD", "bf:1:sensors", "17", "long-ago");
	for (unsigned i = 0; i < TRIES && ASK("ZSCORE", "bf:1:sensors", "long-ago") >= 0; i++) {
		usleep(TRY_EVERY_US);
	}
	ok(ASK("ZSCORE", "bf:1:sensors", "long-ago") < 0 && atomic_load(&north->raised) == 1,
		"one that was silent for years is waited for no more");
}

static void test_nonsense(struct sensor *north)
{
	ASK("SET", "bf:1:sensors", "nonsense");
	bool is_said = fails(north, true);
	ok(is_said, "nonsense in the place of the sensors is said: %s",
		state_of(north).reason.text);
	ASK("DEL", "bf:1:sensors");
	ok(fails(north, false), "… and it goes on once that is gone");
}

int main(void)
{
	struct sensor north = { .name = "north" };

	if (!redis_server_is_installed()) {
		skip_all("redis-server is not installed");
	}
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder)) {
		return 1;
	}
	test_away(&north);
	test_shown();
	test_silent(&north);
	test_nonsense(&north);
	heartbeat_close(north.heartbeat);
	ok(ASK("ZSCORE", "bf:1:sensors", "north") < 0, "it takes its leave");
	redis_close(reader);
	return done_testing();
}
