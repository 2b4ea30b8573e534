/* Cases of the policy: what is one, what is told of it, and what outputs are given. */
#include <jansson.h>

#include "analyzer/alert/policy_dates.h"
#include "tests/unit/alert_fixture.h"

static void test_cases(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record;
	struct err err;

	is_int(add_file(alerts, path, &err), 0, "an output");
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	take(alerts, &record);
	record.flow.flow_id++;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 30000;
	strcpy(record.place.country, "IE");
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "a rule, a unit, a week: one case");
	record = used("10.20.3.8", "telegram", "2026-03-03T10:00:00Z");
	record.flow.flow_id = 1;
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "another device, app and day: the same case");
	record = used("10.20.4.7", "tiktok", "2026-03-02T09:00:00Z");
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "another unit: another case");
	record = used("10.20.3.7", "tiktok", "2026-03-08T23:59:57Z");
	record.flow.flow_id = 2;
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "the last seconds of Sunday is of the week");
	record = used("10.20.3.7", "tiktok", "2026-03-09T00:00:00Z");
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 3, "Monday begins another");
	record = used("10.20.3.7", "facebook", "2026-03-02T10:00:00Z");
	take(alerts, &record);
	record = used("10.20.3.9", "tiktok", "2025-12-31T23:00:00Z");
	take(alerts, &record);
	record = used("10.20.3.9", "tiktok", "2026-03-02T10:00:00Z");
	record.flow.tcp_state = TCP_STATE_SYN;
	record.flow.total_packets[1] = record.flow.packets[1] = 0;
	record.flow.total_bytes[1] = record.flow.bytes[1] = 0;
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 3, "allowed, too early, unanswered: none");
	ok(is_told(alerts, "TikTok and Telegram in School: 4 flows, 4.0 kB sent"),
		"in short: its figures are those of all its apps");
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);

	char *content = written(path);
	is_int(lines_in(content), 3, "one line a case");
	char *second = strchr(content, '\n') + 1;
	ok(strstr(content,
		   "\"reason\":\"A device (10.20.4.7) used TikTok on 2 March 2026, which rule "
		   "ban-2026 denies since 1 January 2026: 1 flow, 1.0 kB sent, 20.0 kB "
		   "received, servers in SE, under the control of CN. Ask whoever is "
		   "responsible there; then see that it ends, or decide an exception.\"") &&
			strstr(content, "10.20.4.7") < second,
		"the oldest first; the sentence of one device names it");
	ok(strstr(second, "\"reason\":\"2 devices in School used TikTok and Telegram from "
			  "2 March 2026 to 8 March 2026, which rule ban-2026 denies since "
			  "1 January 2026: 4 flows, 4.0 kB sent, 90.0 kB received, servers in SE "
			  "and IE. Ask whoever is responsible there; then see that it ends, or "
			  "decide an exception.\""),
		"the sentence of several says how many, and no country of which not all are");
	ok(strstr(second, "\"devices\":2,\"devices_estimated\":false,\"flows\":4,"
			  "\"apps\":[\"tiktok\",\"telegram\"]"),
		"as fields too");
	ok(strstr(second, "\"flow_ids\":[\"f0123456789abcdf0\",\"f0123456789abcdef\","
			  "\"f0000000000000001\",\"f0000000000000002\"]") &&
			strstr(second, "\"devices\":[\"10.20.3.7\",\"10.20.3.7\","
				       "\"10.20.3.8\",\"10.20.3.7\"]"),
		"the evidence, the largest flow first");
	ok(strstr(second, policy_hash(policy)) != NULL, "the policy in force");
	ok(strstr(content, "\"description\":\"a \\\"decision\\\"\""), "texts are escaped");
	ok(strstr(content, "\"reference\":\"KS 2026/0001\""), "the policy's reference");
	ok(strstr(content, "\"evidence\":[\"tls-sni\",\"dns\"],\"confidence\":95"), "the evidence");
	ok(strstr(content, "\"domain\":\"v16.tiktokcdn.com\""), "the name");
	ok(strstr(content, "\"revision\":0") && !strstr(content, "\"revision\":1"), "revision 0");
	ok(strstr(content, "\"organization\":{\"id\":\"Exempelstad kommun\"}") &&
			strstr(content, "\"observer\":{\"name\":\"north\"}"),
		"whose it is");
	ok(strstr(content, "\"severity\":73") &&
			strstr(content, "\"severity_steps\":[\"rule:high\"]"),
		"how serious, and why");
	free(content);
}

/* Of a rule that says "high": one up under secrecy, one down for weak evidence. */
/* A sensor without a key counts devices, not their networks, and names none of them. */
static void test_sums_alone(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record;
	char device[32];
	struct err err;

	reference.is_sensor = true;
	is_int(add_file(alerts, path, &err), 0, "an output");
	for (unsigned i = 0; i < 9; i++) {
		snprintf(device, sizeof(device), "10.20.%u.%u", i < 7 ? 3 : 5, 20 + i);
		record = used(device, "tiktok", "2026-03-02T10:00:00Z");
		record.flow.flow_id = i;
		take(alerts, &record);
	}
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	reference.is_sensor = false;
	char *text = written(path);
	is_int(lines_in(text), 2, "two units, two cases");
	ok(strstr(text, "7 devices in School used TikTok") && strstr(text, "\"devices\":7,"),
		"seven devices of one network are seven");
	ok(strstr(text, "Fewer than 5 devices in Care used TikTok") &&
			strstr(text, "\"devices_fewer_than\":5,"),
		"two are fewer than five");
	ok(!strstr(text, "10.20.") && !strstr(text, "\"ip\"") && !strstr(text, "\"device\":") &&
			strstr(text, "\"devices\":[]") && strstr(text, "\"flow_ids\":[]"),
		"none of them is named, and none of their flows");
	free(text);
}

static void test_severity(void)
{
	static const struct {
		const char *device;
		uint8_t confidence;
		enum alert_severity severity;
		const char *steps;
	} cases[] = {
		{ "10.20.3.7", 95, ALERT_SEVERITY_HIGH, "\"rule:high\"" },
		{ "10.20.5.7", 95, ALERT_SEVERITY_CRITICAL, "\"rule:high\",\"secrecy:+1\"" },
		{ "10.20.3.7", 74, ALERT_SEVERITY_MEDIUM, "\"rule:high\",\"weak-evidence:-1\"" },
		{ "10.20.3.7", 75, ALERT_SEVERITY_HIGH, "\"rule:high\"" },
		{ "10.20.5.7", 70, ALERT_SEVERITY_HIGH,
			"\"rule:high\",\"secrecy:+1\",\"weak-evidence:-1\"" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alerts *alerts = alerts_create(NULL);
		struct record record = used(cases[i].device, "tiktok", "2026-03-02T10:00:00Z");
		const struct alert *alert;
		char memory[160];
		struct text steps;

		record.verdict.confidence = cases[i].confidence;
		take(alerts, &record);
		text_init(&steps, memory, sizeof(memory));
		if (is_int((int)alerts_latest(alerts, &alert, 1), 1, "case %u", i)) {
			is_int(alert_severity_of(alert, &reference, &steps), cases[i].severity,
				"… its severity");
			is_text(steps.at, cases[i].steps, "… its steps");
		}
		alerts_destroy(alerts);
	}
}

/* A rule about places or zones denies what no app was found for as well. */
static void test_unknown_app(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record;
	struct err err;

	is_int(add_file(alerts, path, &err), 0, "an output");
	record = used("10.20.3.7", "unknown", "2026-03-02T10:00:00Z");
	record.place.zone = GEO_ZONE_THIRD;
	take(alerts, &record);
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "an app that nobody knows: one alert a rule");
	record.place.zone = GEO_ZONE_ADEQUATE;
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "another rule: another alert");
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);

	char *content = written(path);
	ok(strstr(content, "\"application\":\"unknown\""), "the app is said to be unknown");
	ok(strstr(content, "used an unknown app on 2 March 2026, which rule not-to-third denies"),
		"in the sentence too");
	free(content);
}

/* Of which flows of a case one way did not cross the sensor. */
static void test_unseen(void)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	const struct alert *alert;

	for (unsigned way = 0; way < 2; way++) {
		record.flow.flow_id++;
		record.flow.total_packets[way] = record.flow.packets[way] = 0;
		record.flow.total_bytes[way] = record.flow.bytes[way] = 0;
		record.decision.verdict = POLICY_VERDICT_VIOLATION;
		alerts_take(alerts, &reference, &record, 1);
		record.flow.total_packets[way] = record.flow.packets[way] = 10;
	}
	is_int((int)alerts_latest(alerts, &alert, 1), 1, "a case of two flows");
	is_int((int)alert->of.unseen_up, 1, "of one what went out is not known");
	is_int((int)alert->of.unseen_down, 1, "… of the other what came back");
	alerts_destroy(alerts);
}

/* Told are the first sight, twice as many devices, ten times the bytes; the rest is written in the
 * end. */
static void test_growth(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	char device[32];
	struct err err;

	add_file(alerts, path, &err);
	take(alerts, &record);
	alerts_write(alerts, &reference, 0);
	alerts_write(alerts, &reference, 0);
	record.flow.flow_id++;
	record.verdict.confidence = 99;
	take(alerts, &record);
	alerts_write(alerts, &reference, 0);
	char *content = written(path);
	is_int(lines_in(content), 1, "the same device again: nobody is told");
	free(content);
	for (unsigned i = 8; i < 8 + 4; i++) { /* 2, 3, 4, 5 devices */
		snprintf(device, sizeof(device), "10.20.3.%u", i);
		record = used(device, "tiktok", "2026-03-03T10:00:00Z");
		take(alerts, &record);
		alerts_write(alerts, &reference, 0);
	}
	content = written(path);
	is_int(lines_in(content), 3, "told at 1, 2 and 4 devices");
	free(content);
	/* Told of at four devices, by five flows. */
	uint64_t said = 5 * (record.flow.bytes[0] + record.flow.bytes[1]);
	record.flow.bytes[1] = 10 * said - 6 * said / 5 - record.flow.bytes[0] - 1;
	take(alerts, &record);
	alerts_write(alerts, &reference, 0);
	content = written(path);
	is_int(lines_in(content), 3, "a byte less than ten times as many: nobody is told");
	free(content);
	record.flow.bytes[0] = 1;
	record.flow.bytes[1] = 0;
	take(alerts, &record);
	alerts_write(alerts, &reference, 0);
	record = used("10.20.3.7", "tiktok", "2026-03-04T10:00:00Z");
	take(alerts, &record);
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	content = written(path);
	is_int(lines_in(content), 5, "… at ten times the bytes, and its last numbers");
	char *rest = content, *line;
	char id[ALERT_ID_BYTES + 8] = "";
	for (unsigned i = 0; i < 5 && (line = strsep(&rest, "\n")); i++) {
		json_t *json = json_loads(line, 0, NULL);
		const json_t *alert = json_object_get(json_object_get(json, "borderflow"), "alert");
		const json_t *flows =
			json_object_get(json_object_get(alert, "evidence"), "flow_ids");
		if (i == 0) {
			snprintf(id, sizeof(id), "%s",
				json_string_value(json_object_get(alert, "id")));
		}
		is_text(json_string_value(json_object_get(alert, "id")), id, "the id stays");
		is_int(json_integer_value(json_object_get(alert, "revision")), i,
			"the revision counts");
		is_text(json_string_value(json_object_get(alert, "notice")),
			i == 0   ? "new"
			: i == 4 ? "update"
				 : "growth",
			"it says why it is written");
		is_int((int64_t)json_array_size(flows), 1, "the evidence stays as it was raised");
		json_decref(json);
	}
	free(content);
}

/* What to do: every kind says it; where it is about all units, none is asked. */
static void test_next(void)
{
	char key[FINDING_NEXT_BYTES], memory[1024];
	struct alert alert = alert_of_finding(
		ALERT_ANOMALY_VOLUME, "north", "x", 1772445600 * NS_PER_S, "found_volume_up");
	struct text text;

	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++) {
		finding_next_key(key, alert_kind_name(kind), "School", reference.messages);
		ok(strcmp(messages_get(reference.messages, key), key) != 0, "%s says what to do",
			alert_kind_name(kind));
	}
	snprintf(alert.finding.subject, sizeof(alert.finding.subject), "subject_app");
	finding_put_text(&alert.finding, "app", FINDING_APP, "tiktok");
	text_init(&text, memory, sizeof(memory));
	alert_put_sentence(&text, &alert, &reference);
	ok(strstr(memory, "All traffic of TikTok") && !strstr(memory, "ask the unit"),
		"of all units: no unit is asked");
	finding_put_text(&alert.finding, "unit", FINDING_TEXT, "School");
	text_init(&text, memory, sizeof(memory));
	alert_put_sentence(&text, &alert, &reference);
	ok(strstr(memory, "ask the unit") != NULL, "of one unit: it is");
}

/* What is said of sensors takes the same way. */
static void test_sensors(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct alert silent = alert_of_sensor(ALERT_SENSOR_SILENT, "south", 1772445600 * NS_PER_S);
	const struct sink_gap gap = { 1772445600 * NS_PER_S, 1772445700 * NS_PER_S, 1234,
		"the disk is full" };
	struct err err;

	add_file(alerts, path, &err);
	alerts_raise(alerts, &silent);
	alerts_raise(alerts, &silent);
	alerts_raise_loss(alerts, "archive", &gap);
	alerts_write(alerts, &reference, 0);
	alerts_raise(alerts, &silent);
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	char *content = written(path);
	is_int(lines_in(content), 2, "each once");
	ok(strstr(content, "\"reason\":\"Sensor south is silent: it should have shown itself by "
			   "2026-03-02 10:00 at the latest. What it would have seen since "
			   "is not known. See whether its machine") &&
			strstr(content, "\"observer\":{\"name\":\"south\"}") &&
			strstr(content, "\"kind\":\"sensor.silent\"") &&
			strstr(content, "\"severity\":73"),
		"a sensor that is silent");
	ok(strstr(content, "Sensor north lost 1,234 records of its output archive from "
			   "2026-03-02 10:00 on: the disk is full. What they said is missing "
			   "there. Mend what the reason names"),
		"an output that lost records");
	free(content);
}

/* A flow in three parts: the service answers in the second. */
static void test_parts(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:04:59Z");
	struct err err;

	add_file(alerts, path, &err);
	record.flow.is_last = false;
	record.flow.tcp_state = TCP_STATE_ESTABLISHED;
	record.flow.packets[0] = record.flow.total_packets[0] = 3;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 700;
	record.flow.packets[1] = record.flow.total_packets[1] = 2;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 112;
	take(alerts, &record);
	is_int((int)alerts_count(alerts), 0, "no answer yet, no alert");
	for (unsigned part = 1; part <= 2; part++) {
		record.flow.part = part;
		record.flow.start_ns += 300 * NS_PER_S;
		record.flow.end_ns += 300 * NS_PER_S;
		record.flow.packets[0] = record.flow.packets[1] = 10;
		record.flow.bytes[0] = 1000;
		record.flow.bytes[1] = 10000;
		for (unsigned i = 0; i < 2; i++) {
			record.flow.total_packets[i] += record.flow.packets[i];
			record.flow.total_bytes[i] += record.flow.bytes[i];
		}
		record.flow.is_last = part == 2;
		take(alerts, &record);
	}
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	char *content = written(path);
	ok(strstr(content, ": 1 flow, 2.7 kB sent, 20.1 kB received"),
		"all of its bytes, one flow");
	if (!strstr(content, ": 1 flow, 2.7 kB sent, 20.1 kB received")) {
		printf("# %s\n", content);
	}
	free(content);
}

/* Whoever accuses of what crossed the sensor one way alone does not say that the other was zero. */
static void test_one_way(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct record record = used("10.20.3.7", "unknown", "2026-03-02T10:04:59Z");
	struct err err;

	add_file(alerts, path, &err);
	record.place.zone = GEO_ZONE_THIRD;
	record.flow.tcp_state = TCP_STATE_ESTABLISHED;
	record.flow.packets[1] = record.flow.total_packets[1] = 0;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 0;
	policy_decide(policy, catalogue, &record);
	record.decision.verdict = POLICY_VERDICT_VIOLATION;
	alerts_take(alerts, &reference, &record, 1);
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	char *content = written(path);
	ok(strstr(content, ": 1 flow, 1.0 kB sent, an unknown amount received"),
		"what did not cross the sensor is said to be unknown");
	ok(strstr(content, "\"source\":{") && strstr(content, "\"bytes\":1000") &&
			!strstr(content, "\"bytes\":0"),
		"… and is absent in JSON");
	free(content);
}

/* Bytes that would break a line, a string or a reader's eyes where they stood as they came. */
static bool is_calm(const char *text)
{
	static const char *const deceptive[] = { "\x1b", "\x7f", "\r", "\xe2\x80\xae",
		"\xe2\x80\xa8", "\xc2\x9b", "\xff" };

	for (size_t i = 0; i < sizeof(deceptive) / sizeof(deceptive[0]); i++) {
		if (strstr(text, deceptive[i])) {
			return false;
		}
	}
	return true;
}

static void test_hostile_names(const char *path)
{
	static const char *const names[] = { "\"},{\"event\":{\"kind\":\"state\"}}",
		"a\nb.tiktok.com\r\n", "\x1b[2J\x1b]0;x\x07.tiktok.com",
		"\xe2\x80\xaemoc.kotkit\xe2\x80\xa8", "\xff\xfe\xc2\x9b.tiktok.com",
		"back\\slash\\\"", "</script><b>", "%s%n%s" };
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	struct alerts *alerts = alerts_create(&origin);
	struct err err;
	char when[32];

	add_file(alerts, path, &err);
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(when, sizeof(when), "2026-%02u-02T10:00:00Z", 2 + i);
		struct record record = used("10.20.3.7", "tiktok", when);
		l7_info_drop_names(&record.l7);
		l7_info_add_name(&record.l7, NAME_TLS_SNI, names[i], strlen(names[i]));
		take(alerts, &record);
	}
	alerts_finish(alerts, &reference);
	alerts_destroy(alerts);
	char *content = written(path), *rest = content, *line;
	is_int(lines_in(content), NAMES, "one line an alert, whatever the names hold");
	ok(is_calm(content), "… and nothing in it that deceives");
	for (unsigned i = 0; i < NAMES && (line = strsep(&rest, "\n")); i++) {
		json_error_t wrong;
		json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &wrong);
		const char *kind =
			json_string_value(json_object_get(json_object_get(json, "event"), "kind"));
		const char *domain = json_string_value(
			json_object_get(json_object_get(json, "destination"), "domain"));
		ok(kind && strcmp(kind, "alert") == 0 && domain && domain[0],
			"… name %u stays a name in valid JSON: %s", i, json ? "yes" : wrong.text);
		json_decref(json);
	}
	free(content);
}

/* Another file of rules, in another order, without Telegram's app and with another unit in front.
 */
static const char other_rules[] = "organisation: Exempelstad kommun\n"
				  "units:\n"
				  "  Library: {networks: [10.20.9.0/24]}\n"
				  "  School: {networks: [10.20.3.0/24]}\n"
				  "rules:\n"
				  "  - {id: first, match: {app: facebook}, action: report}\n"
				  "  - {id: ban-2026, match: {app: tiktok}, action: deny}\n";

static void test_new_facts(const char *path)
{
	struct alerts *alerts = alerts_create(&origin);
	struct policy_problems problems;
	struct policy *other;
	struct record record;
	struct err err;

	is_int(policy_parse(&other, "other.yaml", other_rules, strlen(other_rules), NULL, catalogue,
		       &problems, &err),
		0, "other rules");
	struct reference facts = { .catalogue = catalogue, .policy = other };
	add_file(alerts, path, &err);
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	take(alerts, &record);
	alerts_write(alerts, &reference, 0);
	policy_locate(other, &record);
	policy_decide(other, catalogue, &record);
	alerts_take(alerts, &facts, &record, 1);
	is_int((int)alerts_count(alerts), 1, "other rules: the episode takes the next record");
	strcpy(record.place.country, "IE");
	record.device.identity.bytes[15]++;
	alerts_take(alerts, &facts, &record, 1);
	alerts_write(alerts, &facts, 0);

	char *content = written(path), *second = strchr(content, '\n') + 1;
	is_int(lines_in(content), 2, "a line before and one after");
	ok(strstr(second, "\"rule\":\"ban-2026\"") != NULL, "the rule keeps its name: %s", second);
	ok(strstr(second, "\"unit\":\"School\"") != NULL, "the unit keeps its name");
	ok(strstr(second, "\"revision\":1") != NULL, "it is a revision");
	free(content);

	struct policy *none;
	policy_load(&none, NULL, NULL, catalogue, &err);
	struct reference without = { .catalogue = catalogue, .policy = none };
	alerts_take(alerts, &facts, &record, 1);
	alerts_finish(alerts, &without);
	content = written(path);
	const char *third = strstr(content, "\"revision\":2");
	ok(third && strstr(third, "\"rule\":\"ban-2026\"") != NULL,
		"the episode still says which rule it was");
	free(content);
	alerts_destroy(alerts);
	policy_free(none);
	policy_free(other);
}

/* An exception that ended at a time of a day was not over after that day, but from then on. */
static void test_ended_within_day(const char *path)
{
	static const char dated[] =
		"timezone: Europe/Stockholm\n"
		"units: {School: {networks: [10.20.3.0/24]}}\n"
		"rules:\n"
		"  - {id: ban, match: {app: tiktok}, action: deny,\n"
		"     effective_from: 2026-03-01T12:00}\n"
		"exceptions:\n"
		"  - {id: trial, rules: [ban], scope: {unit: School}, approver: head,\n"
		"     reason: a trial, kind: waiver, valid_from: 2026-03-01,\n"
		"     valid_to: 2026-04-02T18:00}\n";
	struct alerts *alerts = alerts_create(&origin);
	struct policy_problems problems;
	struct policy *other;
	struct err err = { "" };

	if (!is_int(policy_parse(&other, "dated.yaml", dated, strlen(dated), NULL, catalogue,
			    &problems, &err),
		    0, "an exception that ends at six: %s", err.text)) {
		return;
	}
	struct reference facts = { .catalogue = catalogue, .policy = other, .messages = messages };
	struct record record = used("10.20.3.7", "tiktok", "2026-04-02T16:10:00Z");
	add_file(alerts, path, &err);
	policy_locate(other, &record);
	policy_decide(other, catalogue, &record);
	alerts_take(alerts, &facts, &record, 1);
	policy_dates_raise(alerts, &facts, record.flow.start_ns);
	alerts_finish(alerts, &facts);
	alerts_destroy(alerts);

	char *content = written(path);
	ok(strstr(content, "on 2 April 2026, which rule ban denies since 1 March 2026 at 12:00; "
			   "exception trial expired after 2 April 2026 at 18:00:"),
		"use after it, on its last day");
	ok(strstr(content, "Exception trial ended on 2 April 2026 at 18:00: "),
		"the exception itself");
	free(content);
	policy_free(other);
}

int main(void)
{
	char path[] = "/tmp/borderflow-alerts-XXXXXX";

	if (open_fixture(path)) {
		test_cases(path);
		test_sums_alone(path);
		test_severity();
		test_unseen();
		test_growth(path);
		test_next();
		test_sensors(path);
		test_unknown_app(path);
		test_parts(path);
		test_one_way(path);
		test_hostile_names(path);
		test_new_facts(path);
		test_ended_within_day(path);
		close_fixture(path);
	}
	return done_testing();
}
