/* Cases over time: restarts, a month, storms, suppressions, outages, what is forgotten. */
#include "analyzer/alert/policy_dates.h"
#include "analyzer/alert/suppression.h"
#include "analyzer/record/state.h"
#include "tests/unit/alert_fixture.h"

/* A sensor that starts anew goes on in its file. */
static void test_restart(const char *path)
{
	struct err err;

	is_int(truncate(path, 0), 0, "an empty file");
	for (unsigned run = 1; run <= 2; run++) {
		struct alerts *alerts = alerts_create(&origin);
		struct alert_output_options options = { .target = path, .appends = true };
		struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
		alerts_add_output(alerts, &alert_output_ndjson, &options, &err);
		take(alerts, &record);
		alerts_finish(alerts, &reference);
		alerts_destroy(alerts);
		char *content = written(path);
		is_int(lines_in(content), run, "what stood there before stays, run %u", run);
		free(content);
	}
}

/* A sensor that is started anew in the middle of the week goes on with its case: no first sight
 * again, the devices counted once, the revision and the evidence those of before. */
static void test_continuation(const char *path)
{
	char folder[] = "/tmp/borderflow-alerts-XXXXXX", *content;
	struct state *state = NULL;
	struct err err = { "" };

	ok(mkdtemp(folder) && state_open(&state, folder, &err) == 0, "a folder for state");
	is_int(truncate(path, 0), 0, "an empty file");
	for (unsigned run = 0; run < 3; run++) {
		struct alerts *alerts = alerts_create(&origin);
		struct alert_output_options options = { .target = path, .appends = true };
		alerts_add_output(alerts, &alert_output_ndjson, &options, &err);
		is_int(alerts_load(alerts, state, &err), 0, "what is known is read, run %u", run);
		for (unsigned device = 7; device < 7 + 2; device++) { /* the same two, each run */
			char address[32];
			snprintf(address, sizeof(address), "10.20.3.%u", device);
			struct record record = used(address, "tiktok", "2026-03-03T10:00:00Z");
			record.flow.flow_id = device;
			take(alerts, &record);
		}
		alerts_write(alerts, &reference, 0);
		is_int(alerts_save(alerts, state, &err), 0, "… and saved");
		alerts_destroy(alerts);
	}
	content = written(path);
	is_int(lines_in(content), 1, "three runs, one case: told once");
	ok(strstr(content, "\"devices\":2,"), "with both devices");
	free(content);
	snprintf(err.text, sizeof(err.text), "%s/alerts.state", folder);
	size_t length = 0;
	ok(file_read(err.text, &content, &length, &err) == 0, "what is known is in a file");
	struct hash_key plain = hash_key_fixed("borderflow devices");
	bool tells = false;
	for (unsigned device = 7; device < 7 + 2; device++) {
		struct addr addr;
		char address[32];
		snprintf(address, sizeof(address), "10.20.3.%u", device);
		addr_parse(address, &addr);
		uint64_t hash = hash_bytes(&plain, &addr, sizeof(addr));
		tells |= memmem(content, length, &hash, sizeof(hash)) != NULL;
	}
	ok(!tells, "no hash in it can be made of an address by whoever tries them all");
	free(content);
	struct alerts *alerts = alerts_create(&origin);
	const struct alert *latest;
	is_int(alerts_load(alerts, state, &err), 0, "read once more");
	is_int((int)alerts_latest(alerts, &latest, 1), 1, "the case is there");
	is_int((int)latest->of.devices, 2, "… with two devices");
	is_int((int)latest->of.flows, 6, "… and all flows");
	is_text(symbol_name(SYMBOL_RULE, latest->of.rule), "ban-2026", "… of its rule");
	is_int(latest->evidence.flow_count, 2, "… with the evidence that it was raised with");
	alerts_destroy(alerts);
	snprintf(err.text, sizeof(err.text), "rm -r %s", folder);
	ok(system(err.text) == 0, "the folder is gone");
	state_close(state);
}

/* 800 devices of twelve units for four weeks, of which three in a hundred use what is banned, some
 * days: people are told of at most twelve new items a week, and each violation counts in one. */
static void test_month(const char *path)
{
	enum { UNITS = 12, DEVICES = 800, WEEKS = 4 };
	static const char month[] = "organisation: Exempelstad kommun\n"
				    "units:\n";
	struct policy *before = policy;
	struct alerts *alerts = alerts_create(&origin);
	unsigned violations = 0, fresh[WEEKS] = { 0 }, told = 0;
	struct text text;
	struct err err = { "" };
	struct policy_problems problems;
	char device[32], *content;

	text_init_heap(&text);
	text_put(&text, month);
	for (unsigned unit = 0; unit < UNITS; unit++) {
		text_printf(&text, "  Unit %u: {networks: [10.30.%u.0/24]}\n", unit, unit);
	}
	text_put(&text, "rules:\n  - {id: ban, match: {app: tiktok}, action: deny, basis: x}\n");
	is_int(policy_parse(
		       &policy, "month", text.at, text.length, NULL, catalogue, &problems, &err),
		0, "a policy of twelve units %s", err.text);
	text_deinit(&text);
	reference.policy = policy;
	add_file(alerts, path, &err);
	for (unsigned day = 0; day < 7 * WEEKS; day++) {
		for (unsigned i = 0; i < DEVICES; i += 33) { /* 25 of them */
			if ((day * 7 + i) % 3 == 0) {
				continue;
			}
			snprintf(device, sizeof(device), "10.30.%u.%u", i / 33 % UNITS, 1 + i / 33);
			struct record record = used(device, "tiktok", "2026-03-02T10:00:00Z");
			record.flow.start_ns += day * UINT64_C(86400) * NS_PER_S + i * NS_PER_S;
			record.flow.end_ns = record.flow.start_ns + NS_PER_S;
			record.flow.flow_id = day * 1000 + i;
			take(alerts, &record);
			violations++;
		}
		alerts_write(alerts, &reference, 0);
	}
	alerts_finish(alerts, &reference);
	unsigned counted = 0;
	const struct alert *all[UNITS * WEEKS + 1];
	size_t cases = alerts_latest(alerts, all, UNITS * WEEKS + 1);
	for (size_t i = 0; i < cases; i++) {
		counted += (unsigned)all[i]->of.flows;
		fresh[(all[i]->of.week - all[cases - 1]->of.week) / 7]++;
	}
	is_int(counted, violations, "each violation counts in one case");
	for (unsigned week = 0; week < WEEKS; week++) {
		ok(fresh[week] > 0 && fresh[week] <= 12, "week %u: %u new items", week,
			fresh[week]);
	}
	alerts_destroy(alerts);
	content = written(path);
	for (const char *at = content; (at = strstr(at, "\"notice\":\"new\"")); at++) {
		told++;
	}
	is_int(told, (int)cases, "and that many are told as new: %u for %u violations", told,
		violations);
	free(content);
	policy_free(policy);
	policy = before;
	reference.policy = policy;
}

/* More alerts in an hour than anybody can look at become one that says so. */
static void test_storm(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	char identity[16];
	struct err err;

	add_file(alerts, path, &err);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(identity, sizeof(identity), "series %u", i);
		struct alert alert = alert_of_finding(ALERT_ANOMALY_NEW_APP, "north", identity,
			(1772445600 + i) * NS_PER_S, "found_new_app");
		alerts_report(alerts, &alert);
	}
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	char *content = written(path);
	is_int(lines_in(content), 51, "each is recorded, and the storm");
	unsigned hidden = 0;
	for (const char *at = content; (at = strstr(at, "\"in_storm\":true")); at++) {
		hidden++;
	}
	is_int(hidden, 50 - ALERTS_STORM_LEAST, "those after the first 20 are part of it");
	ok(strstr(content, "\"kind\":\"alerts.storm\"") &&
			strstr(content, "50 alerts began within the hour from"),
		"it says how many");
	free(content);
}

/* It ends in time, and what it covered is told from its last moment on. */
static void test_suppression_time(void)
{
	static const uint64_t most_ns = SUPPRESSION_DAYS_MAX * 24 * 3600 * NS_PER_S;
	static const struct {
		uint64_t until_ns;
		bool is_good;
	} cases[] = { { 1000, false }, { 1001, true }, { 1000 + most_ns, true },
		{ 1001 + most_ns, false } };
	struct suppression one = {
		.app = "tiktok", .made_ns = 1000, .until_ns = 2000, .owner = "a", .reason = "b"
	};
	const struct suppressions all = { &one, 1 };
	const struct suppression_subject subject = { .kind = "policy.violation",
		.app = "tiktok",
		.unit = "",
		.device = "",
		.destination = "" };
	struct err err;

	ok(suppressions_find(&all, &subject, 1999) == &one, "until its end it covers");
	ok(suppressions_find(&all, &subject, 2000) == NULL, "and at its end no longer");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one.until_ns = cases[i].until_ns;
		ok((suppression_check(&one, &err) == 0) == cases[i].is_good,
			"an end %llu after it was made", (unsigned long long)(one.until_ns - 1000));
	}
}

/* What a suppression covers, and what it leaves. */
static void test_suppression(void)
{
	static const struct {
		const char *kind, *app, *unit, *device, *destination, *cidr;
		bool covers;
	} cases[] = {
		{ "policy.violation", "", "", "", "", "", true },
		{ "policy", "", "", "", "", "", true },
		{ "pol", "", "", "", "", "", false },
		{ "anomaly", "", "", "", "", "", false },
		{ "", "tiktok", "", "", "", "", true },
		{ "", "telegram", "", "", "", "", false },
		{ "", "tiktok", "School", "", "", "", true },
		{ "", "tiktok", "Care", "", "", "", false },
		{ "", "", "", "10.20.3.7", "v16.tiktokcdn.com", "", true },
		{ "", "", "", "10.20.3.8", "v16.tiktokcdn.com", "", false },
		{ "", "", "", "", "", "10.20.3.0/24", true },
		{ "", "", "", "", "", "10.20.4.0/24", false },
	};
	struct alerts *alerts = alerts_create(NULL);
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	struct suppression_subject subject;
	const struct alert *alert;
	struct err err;

	take(alerts, &record);
	alerts_latest(alerts, &alert, 1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct suppression one = {
			.made_ns = 1, .until_ns = 2, .owner = "a", .reason = "b"
		};
		snprintf(one.kind, sizeof(one.kind), "%s", cases[i].kind);
		snprintf(one.app, sizeof(one.app), "%s", cases[i].app);
		snprintf(one.unit, sizeof(one.unit), "%s", cases[i].unit);
		snprintf(one.device, sizeof(one.device), "%s", cases[i].device);
		snprintf(one.destination, sizeof(one.destination), "%s", cases[i].destination);
		snprintf(one.cidr, sizeof(one.cidr), "%s", cases[i].cidr);
		is_int(suppression_check(&one, &err), 0, "a whole suppression, %u", i);
		suppression_subject_of_alert(&subject, alert);
		ok(suppression_covers(&one, &subject) == cases[i].covers, "… covers it or not");
	}
	record = used("10.20.3.8", "telegram", "2026-03-02T11:00:00Z");
	take(alerts, &record);
	suppression_subject_of_alert(&subject, alert);
	for (unsigned i = 4; i < sizeof(cases) / sizeof(cases[0]); i += 4) {
		struct suppression one = { .made_ns = 1 };
		snprintf(one.app, sizeof(one.app), "%s", cases[i].app);
		snprintf(one.device, sizeof(one.device), "%s", cases[i].device);
		snprintf(one.destination, sizeof(one.destination), "%s", cases[i].destination);
		ok(!suppression_covers(&one, &subject),
			"a case of two apps and devices is not hidden by one of them");
	}
	alerts_destroy(alerts);
}

static void test_outage(void)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	struct output_state state;
	struct err err;

	ok(add_file(alerts, "/nonexistent/a.ndjson", &err) < 0 &&
			strstr(err.text, "/nonexistent/a.ndjson"),
		"a file that cannot be made is named");
	if (access("/dev/full", W_OK) == 0) {
		is_int(add_file(alerts, "/dev/full", &err), 0, "a full disk");
		take(alerts, &record);
		alerts_write(alerts, &reference, NS_PER_S);
		alerts_write(alerts, &reference, NS_PER_S + 1);
		is_int(alerts_read_outputs(alerts, &state), 1, "… one output");
		ok(state.is_failing && strstr(state.reason.text, "/dev/full"), "… it is said: %s",
			state.reason.text);
		is_int((int)state.retries, 0, "… not tried before it is due");
		alerts_write(alerts, &reference, 2 * NS_PER_S);
		alerts_read_outputs(alerts, &state);
		is_int((int)state.retries, 1, "… then tried again");
		is_int((int)state.failures, 1, "… it broke once");
		alerts_finish(alerts, &reference);
		alerts_read_outputs(alerts, &state);
		is_int((int)state.lost, 1, "… in the end its alert is counted as lost");
	}
	alerts_destroy(alerts);
}

static void test_forgetting(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record;
	uint64_t time_ns;
	struct err err;

	add_file(alerts, path, &err);
	clock_parse("2026-03-03T12:00:00Z", &time_ns);
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	take(alerts, &record);
	record = used("10.20.3.7", "tiktok", "2026-03-09T10:00:00Z");
	take(alerts, &record);
	alerts_forget_before(alerts, time_ns);
	is_int((int)alerts_count(alerts), 2, "what was not written is not forgotten");
	alerts_write(alerts, &reference, 0);
	alerts_forget_before(alerts, time_ns + 60 * NS_PER_S);
	is_int((int)alerts_count(alerts), 2, "it looks once a day");
	record.flow.flow_id++;
	take(alerts, &record);
	alerts_forget_before(alerts, time_ns + 24 * 3600 * NS_PER_S);
	is_int((int)alerts_count(alerts), 1, "a day later what is over is forgotten");
	alerts_write(alerts, &reference, 0);
	char *content = written(path);
	is_int(lines_in(content), 3, "… and what changed is written");
	free(content);
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	take(alerts, &record);
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "and one that comes anew is found again");
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
}

static const char dated[] = "organisation: Exempelstad kommun\n"
			    "rules:\n"
			    "  - {id: ban, match: {app: tiktok}, action: deny, basis: x,\n"
			    "     next_review: 2026-01-31}\n"
			    "exceptions:\n"
			    "  - {id: press, rules: [ban], scope: all, reason: r, approver: head,\n"
			    "     valid_from: 2026-01-01, valid_to: 2026-03-20}\n";

/* What is found about a date is found now, whenever that date is; every day finds it again, and it
 * is told once. Another run knows it by the same id. */
static void test_dates(const char *path)
{
	struct policy *before = policy;
	char ids[2][2][ALERT_ID_BYTES];
	struct policy_problems problems;
	const struct alert *all[2];
	uint64_t now_ns;
	struct err err = { "" };

	is_int(policy_parse(
		       &policy, "dated", dated, strlen(dated), NULL, catalogue, &problems, &err),
		0, "a policy with dates %s", err.text);
	reference.policy = policy;
	for (unsigned run = 0; run < 2; run++) {
		struct alerts *alerts = alerts_create(&origin);
		is_int(truncate(path, 0), 0, "an empty file");
		add_file(alerts, path, &err);
		clock_parse(run ? "2026-03-04T12:00:00Z" : "2026-03-02T12:00:00Z", &now_ns);
		for (unsigned day = 0; day < 14; day++, now_ns += 24 * 3600 * NS_PER_S) {
			policy_dates_raise(alerts, &reference, now_ns);
			alerts_write(alerts, &reference, now_ns);
			alerts_forget_before(alerts, now_ns - 8 * 24 * 3600 * NS_PER_S);
		}
		is_int((int)alerts_latest(alerts, all, 2), 2, "a review and an end, run %u", run);
		for (unsigned i = 0; i < 2; i++) {
			alert_format_id(all[i], ids[run][i]);
			ok(all[i]->first_ns < now_ns && all[i]->last_ns < now_ns &&
					now_ns - all[i]->first_ns <= 14 * 24 * 3600 * NS_PER_S,
				"found while it was looked, not at its date");
		}
		alerts_destroy(alerts);
		char *content = written(path);
		is_int(lines_in(content), 2, "each told once in two weeks");
		ok(strstr(content, "\"date\":\"2026-03-2") &&
				strstr(content, "ends on 20 March 2026"),
			"the date it speaks of is beside it");
		free(content);
	}
	is_text(ids[1][0], ids[0][0], "the same id on another day");
	is_text(ids[1][1], ids[0][1], "… of both");
	policy_free(policy);
	policy = before;
	reference.policy = policy;
}

/* How many dates of the policy are told at that time; before_ns: so much before it. */
static int count_dates(const char *text, const char *when, uint64_t before_ns)
{
	struct policy *before = policy;
	struct alerts *alerts = alerts_create(NULL);
	struct policy_problems problems;
	uint64_t now_ns = 0;
	struct err err = { "" };

	ok(policy_parse(&policy, "dates", text, strlen(text), NULL, catalogue, &problems, &err) ==
				0 &&
			clock_parse(when, &now_ns),
		"a policy and a time %s", err.text);
	reference.policy = policy;
	policy_dates_raise(alerts, &reference, now_ns - before_ns);
	alerts_write(alerts, &reference, now_ns);
	int count = (int)alerts_count(alerts);
	alerts_destroy(alerts);
	policy_free(policy);
	policy = before;
	reference.policy = policy;
	return count;
}

/* From which moment on a date is told, and until when. */
static void test_date_bounds(void)
{
	static const char rule[] = "rules:\n - {id: ban, match: {app: tiktok}, action: deny,\n"
				   "    basis: x, next_review: 2026-01-31}\n";
	static const char ended[] =
		"rules:\n - {id: ban, match: {app: tiktok}, action: deny,\n"
		"    basis: x, next_review: 2026-01-31, valid_to: 2026-02-28}\n";
	static const char service[] = "services:\n - {app: zoom, next_review: 2026-01-31}\n";
	static const char monitoring[] = "evaluate_by: 2026-01-31\n";
	static const char exception[] =
		"rules:\n - {id: ban, match: {app: tiktok}, action: deny, basis: x}\n"
		"exceptions:\n - {id: press, rules: [ban], scope: all, reason: r, approver: h,\n"
		"    valid_from: 2026-03-10, valid_to: 2026-03-20}\n";
	static const char long_one[] =
		"rules:\n - {id: ban, match: {app: tiktok}, action: deny, basis: x}\n"
		"exceptions:\n - {id: press, rules: [ban], scope: all, reason: r, approver: h,\n"
		"    valid_from: 2026-01-10, valid_to: 2026-03-20}\n";
	static const struct {
		const char *policy, *when;
		uint64_t before_ns;
		int count;
		const char *what;
	} cases[] = {
		{ rule, "2026-02-01T00:00:00Z", 1, 0, "a rule on the day of its review" },
		{ rule, "2026-02-01T00:00:00Z", 0, 1, "… on the next" },
		{ service, "2026-02-01T00:00:00Z", 1, 0, "a service on the day of its review" },
		{ service, "2026-02-01T00:00:00Z", 0, 1, "… on the next" },
		{ monitoring, "2026-02-01T00:00:00Z", 1, 0, "monitoring on its last day" },
		{ monitoring, "2026-02-01T00:00:00Z", 0, 1, "… on the next" },
		{ ended, "2026-03-01T00:00:00Z", 1, 1, "a rule on its last day" },
		{ ended, "2026-03-01T00:00:00Z", 0, 0, "… which needs no review afterwards" },
		{ exception, "2026-03-10T00:00:00Z", 1, 0, "an exception that is to come" },
		{ exception, "2026-03-10T00:00:00Z", 0, 1, "… that begins, and ends soon" },
		{ long_one, "2026-03-07T00:00:00Z", 2, 0, "fifteen days before its end" },
		{ long_one, "2026-03-07T00:00:00Z", 1, 1, "… fourteen" },
		{ long_one, "2026-03-21T00:00:00Z", 1, 1, "… its last moment" },
		{ long_one, "2026-03-21T00:00:00Z", 0, 1, "… the first behind it" },
		{ long_one, "2026-04-20T00:00:00Z", 1, 1, "… thirty days later" },
		{ long_one, "2026-04-20T00:00:00Z", 0, 0, "… and no longer" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(count_dates(cases[i].policy, cases[i].when, cases[i].before_ns),
			cases[i].count, "%s", cases[i].what);
	}
}

int main(void)
{
	char path[] = "/tmp/borderflow-alerts-XXXXXX";

	if (open_fixture(path)) {
		test_restart(path);
		test_continuation(path);
		test_storm(path);
		test_month(path);
		test_suppression();
		test_suppression_time();
		test_outage();
		test_forgetting(path);
		test_dates(path);
		test_date_bounds();
		close_fixture(path);
	}
	return done_testing();
}
