/* One budget of false alerts for several sensors over a real redis-server: each has the share of
 * the series that it follows, and hears what people closed of its own alerts, as true or as false.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/alert/alert_desk.h"
#include "analyzer/engine/detectors.h"
#include "analyzer/engine/heartbeat.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "tests/e2e/redis_server.h"
#include "tests/tap.h"

enum { SENSORS = 3, TRIES = 500, TRY_EVERY_US = 10000, FIRST_SLOT = 5908020 };

static char folder[] = "/tmp/borderflow-budget-XXXXXX";
static char url[REDIS_SERVER_URL_BYTES];
static struct reference reference;

struct sensor {
	const char *name;
	uint64_t series;
	struct alerts *alerts;
	struct heartbeat *heartbeat;
};

static void read_health_summary(void *context, struct health_summary *summary)
{
	const struct sensor *sensor = context;
	*summary = (struct health_summary){ .series = sensor->series };
}

static void raise_alert(void *context, const struct alert *alert)
{
	alerts_raise(context, alert);
}

static void hear_series(void *context, uint64_t series)
{
	alerts_hear_series(context, series);
}

static bool begin(struct sensor *sensor)
{
	const struct alert_origin origin = { .observer = sensor->name };
	struct err err = { "" };

	sensor->alerts = alerts_create(&origin);
	const struct heartbeat_options options = { .url = url,
		.sensor = sensor->name,
		.every_ns = NS_PER_S / 20,
		.read_health_summary = read_health_summary,
		.context = sensor,
		.raise = raise_alert,
		.hear_series = hear_series,
		.alerts = sensor->alerts };
	return heartbeat_open(&sensor->heartbeat, &options, &err) == 0;
}

static bool hears(const struct sensor *sensor, uint64_t series)
{
	for (unsigned i = 0; i < TRIES && alerts_all_series(sensor->alerts) != series; i++) {
		usleep(TRY_EVERY_US);
	}
	return alerts_all_series(sensor->alerts) == series;
}

/* Detectors of a sensor that follows next to nothing look at one slot. */
static struct detectors_stats look(struct sensor *sensor)
{
	struct detectors_stats stats = { 0 };
	struct detectors *detectors;
	struct err err;
	const struct detectors_options options = { .alerts = sensor->alerts, .is_live = true };

	if (detectors_create(&detectors, &options, &err) == 0) {
		detectors_advance(detectors, &reference, FIRST_SLOT * SLOT_NS - 1);
		detectors_note_frames(detectors, FIRST_SLOT * SLOT_NS, 1000, 0);
		detectors_advance(
			detectors, &reference, (FIRST_SLOT + 1) * SLOT_NS + 61 * NS_PER_S);
		detectors_read_stats(detectors, &stats);
		detectors_destroy(detectors);
	}
	return stats;
}

static void test_share(struct sensor sensors[SENSORS])
{
	for (unsigned i = 0; i < SENSORS; i++) {
		ok(begin(&sensors[i]), "sensor %s shows itself", sensors[i].name);
	}
	for (unsigned i = 0; i < SENSORS; i++) {
		ok(hears(&sensors[i], 300 + 200 + DETECTORS_SERIES_LEAST),
			"sensor %s hears what all follow", sensors[i].name);
	}
	is_int((int)look(&sensors[2]).promised_milli, 3000 * 100 / 600,
		"a sixth of the series has a sixth of the budget");
}

/* An alert of that sensor and kind, closed. */
static void close_one(struct alert_store *store, const char *id, const char *kind,
	const char *observer, const char *verdict, uint64_t now_ns)
{
	char json[160];
	struct err err = { "" };

	snprintf(
		json, sizeof(json), "{\"message\":\"x\",\"observer\":{\"name\":\"%s\"}}", observer);
	const struct alert_post post = { .id = id,
		.kind = kind,
		.json = json,
		.json_length = strlen(json),
		.digest = id,
		.said = "",
		.state = "new",
		.suppression = "",
		.first_ns = 1 };
	const struct alert_act act = { .step = ALERT_STEP_CLOSE,
		.who = "anna",
		.text = "looked",
		.verdict = verdict,
		.now_ns = now_ns,
		.revision = ALERT_REVISION_ANY };
	ok(alert_desk_post(store, &post, &err) == 0 && alert_desk_act(store, id, &act, &err) == 0,
		"%s of %s is closed as %s", kind, observer, verdict);
}

static void test_verdicts(struct sensor *sensor, const char *desk)
{
	struct desk_verdicts verdicts;
	struct alert_store *store;
	struct err err = { "" };

	if (!ok(alert_store_open(&store, desk, &err) == 0, "a desk at %s", desk)) {
		return;
	}
	close_one(store, "a0000000000000001", "anomaly.volume", sensor->name, "true", 1000);
	close_one(store, "a0000000000000002", "anomaly.beacon", sensor->name, "false", 2000);
	close_one(store, "a0000000000000003", "anomaly.new-app", sensor->name, "true", 3000);
	close_one(store, "a0000000000000004", "anomaly.volume", "another", "true", 4000);
	close_one(store, "a0000000000000005", "policy.violation", sensor->name, "true", 5000);
	is_int(alerts_watch_desk(sensor->alerts, desk, &err), 0, "it is watched");
	alerts_read_verdicts(sensor->alerts, 0, &verdicts);
	is_int((int)verdicts.confirmed, 2, "two of its own under the budget were true");
	is_int((int)verdicts.refuted, 1, "one was false");
	is_int((int)verdicts.latest_ns, 3000, "up to the last of them");
	alerts_read_verdicts(sensor->alerts, 2000, &verdicts);
	is_int((int)(verdicts.confirmed * 10 + verdicts.refuted), 10, "each counts once");
	struct detectors_stats stats = look(sensor);
	ok(stats.refuted == 1 && stats.confirmed <= stats.alerts, "the running check has them");
	alert_store_close(store);
}

static int open_reference(
	struct catalogue **catalogue, struct policy **policy, struct messages **messages)
{
	static const char text[] = "organisation: Exempelstad kommun\nalerts: {budget: 3}\n";
	struct policy_problems problems;
	struct err err = { "" };

	int status = catalogue_open(catalogue, NULL, 0, &err);
	if (status == 0) {
		status = policy_parse(policy, "budget.yaml", text, strlen(text), NULL, *catalogue,
			&problems, &err);
	}
	if (status == 0) {
		status = messages_open(messages, "en", &err);
	}
	ok(status == 0, "what the test needs %s", err.text);
	return status;
}

int main(void)
{
	struct sensor sensors[SENSORS] = { { "north", 300, NULL, NULL },
		{ "south", 200, NULL, NULL }, { "west", 40, NULL, NULL } };
	struct catalogue *catalogue;
	struct policy *policy;
	struct messages *messages;
	struct redis *reader = NULL;
	char desk[64], command[64];

	signal(SIGPIPE, SIG_IGN);
	if (!redis_server_is_installed()) {
		skip_all("redis-server is not installed");
	}
	if (!mkdtemp(folder) || open_reference(&catalogue, &policy, &messages) < 0) {
		return 1;
	}
	reference = (struct reference){
		.catalogue = catalogue, .policy = policy, .messages = messages, .version = 1
	};
	pid_t server = redis_server_start(folder, url, &reader);
	ok(server > 0, "a server");
	test_share(sensors);
	test_verdicts(&sensors[0], url);
	snprintf(desk, sizeof(desk), "%s/state", folder);
	test_verdicts(&sensors[1], desk);
	for (unsigned i = 0; i < SENSORS; i++) {
		heartbeat_close(sensors[i].heartbeat);
		alerts_destroy(sensors[i].alerts);
	}
	redis_close(reader);
	redis_server_stop(server, SIGTERM);
	messages_close(messages);
	policy_free(policy);
	catalogue_close(catalogue);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ok(system(command) == 0, "the folder is gone");
	return done_testing();
}
