#include "analyzer/alert/alert.h"

#include <jansson.h>
#include <unistd.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;

static const char rules[] = "organisation: Exempelstad kommun\n"
			    "reference: KS 2026/0001\n"
			    "units:\n"
			    "  School: {networks: [10.20.3.0/24]}\n"
			    "rules:\n"
			    "  - id: ban-2026\n"
			    "    match: {app: [tiktok, telegram]}\n"
			    "    action: deny\n"
			    "    effective_from: 2026-01-01\n"
			    "    severity: high\n"
			    "    basis: a \"decision\"\n"
			    "  - id: not-to-third\n"
			    "    match: {zone: third}\n"
			    "    action: deny\n"
			    "  - id: not-to-adequate\n"
			    "    match: {zone: adequate}\n"
			    "    action: deny\n";

static struct record used(const char *device, const char *app, const char *when)
{
	struct record record = { 0 };
	uint16_t row = catalogue_find(catalogue, app);

	addr_parse(device, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	clock_parse(when, &record.flow.start_ns);
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + 2 * NS_PER_S;
	record.flow.flow_id = 0x0123456789abcdef;
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 10;
	record.flow.packets[1] = record.flow.total_packets[1] = 10;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 1000;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 20000;
	record.verdict.app = row;
	record.verdict.confidence = 95;
	record.verdict.evidence = 1 << EVIDENCE_TLS_SNI | 1 << EVIDENCE_DNS;
	if (row > 0) {
		strcpy(record.verdict.parent_country,
			catalogue_app(catalogue, row)->parent_country);
	}
	record.verdict.control = GEO_ZONE_THIRD;
	strcpy(record.place.country, "SE");
	record.place.zone = GEO_ZONE_EU;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, "v16.tiktokcdn.com", 17);
	policy_locate(policy, &record);
	return record;
}

static void outbox(struct alerts *alerts, struct record *record)
{
	policy_decide(policy, catalogue, record);
	alerts_take(alerts, &reference, record, 1);
}

/* Everything that was written, by a real output into a real file. */
static char *written(const char *path)
{
	char *content = NULL;
	struct err err;

	ok(file_read(path, &content, NULL, &err) == 0, "the file is there");
	return content ? content : strdup("");
}

static unsigned lines_in(const char *text)
{
	unsigned lines = 0;

	for (; *text; text++) {
		lines += *text == '\n';
	}
	return lines;
}

static void test_episodes(const char *path)
{
	struct alerts *alerts = alerts_create();
	struct record record;
	struct err err;

	is_int(alerts_add_output(alerts, &alert_output_ndjson, path, &err), 0, "an output");
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	outbox(alerts, &record);
	record.flow.flow_id++;
	strcpy(record.place.country, "IE");
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "one device, one app, one day: one alert");
	record = used("10.20.3.8", "tiktok", "2026-03-02T10:00:00Z");
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "another device: another alert");
	record = used("10.20.3.7", "telegram", "2026-03-02T09:00:00Z");
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 3, "another app: another alert");
	record = used("10.20.3.7", "tiktok", "2026-03-03T00:00:00Z");
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 4, "another day: another alert");
	record = used("10.20.3.7", "facebook", "2026-03-02T10:00:00Z");
	outbox(alerts, &record);
	record = used("10.20.3.9", "tiktok", "2025-12-31T23:00:00Z");
	outbox(alerts, &record);
	record = used("10.20.3.9", "tiktok", "2026-03-02T10:00:00Z");
	record.flow.tcp_state = TCP_STATE_SYN;
	record.flow.total_packets[1] = record.flow.packets[1] = 0;
	record.flow.total_bytes[1] = record.flow.bytes[1] = 0;
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 4, "allowed, too early, unanswered: none");
	is_int(alerts_finish(alerts, &reference, &err), 0, "written");
	alerts_destroy(alerts);

	char *content = written(path);
	is_int(lines_in(content), 4, "one line an alert");
	ok(strstr(content, "\"application\":\"telegram\"") <
			strstr(content, "\"application\":\"tiktok\""),
		"the oldest first");
	ok(strstr(content, "\"reason\":\"A device in School (10.20.3.7) used TikTok on 2026-03-02, "
			   "which rule ban-2026 denies since 2026-01-01: 2 flows, 2.0 kB sent, "
			   "40.0 kB received, servers in SE and IE, under the control of CN.\""),
		"the sentence");
	ok(strstr(content, "\"flow_ids\":[\"f0123456789abcdef\",\"f0123456789abcdf0\"]"),
		"the flows behind it");
	ok(strstr(content, "\"description\":\"a \\\"decision\\\"\""), "texts are escaped");
	ok(strstr(content, "\"reference\":\"KS 2026/0001\""), "the policy's reference");
	ok(strstr(content, "\"evidence\":[\"tls-sni\",\"dns\"],\"confidence\":95"), "the evidence");
	ok(strstr(content, "\"domain\":\"v16.tiktokcdn.com\""), "the name");
	ok(strstr(content, "\"revision\":0") && !strstr(content, "\"revision\":1"), "revision 0");
	free(content);
}

/* A rule about places or zones denies what no app was found for as well. */
static void test_unknown_app(const char *path)
{
	struct alerts *alerts = alerts_create();
	struct record record;
	struct err err;

	is_int(alerts_add_output(alerts, &alert_output_ndjson, path, &err), 0, "an output");
	record = used("10.20.3.7", "unknown", "2026-03-02T10:00:00Z");
	record.place.zone = GEO_ZONE_THIRD;
	outbox(alerts, &record);
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "an app that nobody knows: one alert a rule");
	record.place.zone = GEO_ZONE_ADEQUATE;
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 2, "another rule: another alert");
	is_int(alerts_finish(alerts, &reference, &err), 0, "written");
	alerts_destroy(alerts);

	char *content = written(path);
	ok(strstr(content, "\"application\":\"unknown\""), "the app is said to be unknown");
	ok(strstr(content, "used an unknown app on 2026-03-02, which rule not-to-third denies"),
		"in the sentence too");
	free(content);
}

static void test_revisions(const char *path)
{
	struct alerts *alerts = alerts_create();
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	struct err err;

	alerts_add_output(alerts, &alert_output_ndjson, path, &err);
	outbox(alerts, &record);
	is_int(alerts_write(alerts, &reference, &err), 0, "written while it lasts");
	is_int(alerts_write(alerts, &reference, &err), 0, "… and again without a change");
	outbox(alerts, &record);
	is_int(alerts_finish(alerts, &reference, &err), 0, "… and at the end");
	alerts_destroy(alerts);
	char *content = written(path);
	is_int(lines_in(content), 2, "one line a change");
	char *first = strstr(content, "\"alert\":{\"id\":\""),
	     *second = first ? strstr(first + 1, "\"alert\":{\"id\":\"") : NULL;
	ok(first && second && memcmp(first, second, 31) == 0, "the id stays");
	ok(second && strstr(second, "\"revision\":1"), "the revision counts");
	free(content);
}

/* A flow in three parts: the service answers in the second. */
static void test_parts(const char *path)
{
	struct alerts *alerts = alerts_create();
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:04:59Z");
	struct err err;

	alerts_add_output(alerts, &alert_output_ndjson, path, &err);
	record.flow.is_last = false;
	record.flow.tcp_state = TCP_STATE_ESTABLISHED;
	record.flow.packets[0] = record.flow.total_packets[0] = 3;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 700;
	record.flow.packets[1] = record.flow.total_packets[1] = 2;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 112;
	outbox(alerts, &record);
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
		outbox(alerts, &record);
	}
	alerts_finish(alerts, &reference, &err);
	alerts_destroy(alerts);
	char *content = written(path);
	ok(strstr(content, ": 1 flow, 2.7 kB sent, 20.1 kB received"),
		"all of its bytes, one flow");
	if (!strstr(content, ": 1 flow, 2.7 kB sent, 20.1 kB received")) {
		printf("# %s\n", content);
	}
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
	struct alerts *alerts = alerts_create();
	struct err err;
	char device[32];

	alerts_add_output(alerts, &alert_output_ndjson, path, &err);
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(device, sizeof(device), "10.20.3.%u", 10 + i);
		struct record record = used(device, "tiktok", "2026-03-02T10:00:00Z");
		l7_info_drop_names(&record.l7);
		l7_info_add_name(&record.l7, NAME_TLS_SNI, names[i], strlen(names[i]));
		outbox(alerts, &record);
	}
	alerts_finish(alerts, &reference, &err);
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

static void test_failure(void)
{
	struct alerts *alerts = alerts_create();
	struct record record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	struct err err;

	ok(alerts_add_output(alerts, &alert_output_ndjson, "/nonexistent/a.ndjson", &err) < 0 &&
			strstr(err.text, "/nonexistent/a.ndjson"),
		"a file that cannot be made is named");
	if (access("/dev/full", W_OK) == 0) {
		alerts_add_output(alerts, &alert_output_ndjson, "/dev/full", &err);
		outbox(alerts, &record);
		ok(alerts_finish(alerts, &reference, &err) < 0 && strstr(err.text, "/dev/full"),
			"a full disk is said: %s", err.text);
	}
	alerts_destroy(alerts);
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
	struct alerts *alerts = alerts_create();
	struct policy_problems problems;
	struct policy *other;
	struct record record;
	struct err err;

	is_int(policy_parse(&other, "other.yaml", other_rules, strlen(other_rules), NULL, catalogue,
		       &problems, &err),
		0, "other rules");
	struct reference facts = { .catalogue = catalogue, .policy = other };
	alerts_add_output(alerts, &alert_output_ndjson, path, &err);
	record = used("10.20.3.7", "tiktok", "2026-03-02T10:00:00Z");
	outbox(alerts, &record);
	alerts_write(alerts, &reference, &err);
	policy_locate(other, &record);
	policy_decide(other, catalogue, &record);
	alerts_take(alerts, &facts, &record, 1);
	is_int((int)alerts_count(alerts), 1, "other rules: the episode takes the next record");
	is_int(alerts_write(alerts, &facts, &err), 0, "written");

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
	is_int(alerts_finish(alerts, &without, &err), 0, "a rule that is no more: written");
	content = written(path);
	const char *third = strstr(content, "\"revision\":2");
	ok(third && strstr(third, "\"rule\":\"ban-2026\"") != NULL,
		"the episode still says which rule it was");
	free(content);
	alerts_destroy(alerts);
	policy_free(none);
	policy_free(other);
}

static void test_forgetting(const char *path)
{
	struct alerts *alerts = alerts_create();
	struct record record;
	uint64_t time_ns;
	struct err err;

	alerts_add_output(alerts, &alert_output_ndjson, path, &err);
	clock_parse("2026-03-03T12:00:00Z", &time_ns);
	for (unsigned device = 0; device < 300; device++) {
		char address[32];
		snprintf(address, sizeof(address), "10.20.3.%u", device % 150 + 1);
		record = used(address, "tiktok",
			device < 150 ? "2026-03-02T10:00:00Z" : "2026-03-03T13:00:00Z");
		outbox(alerts, &record);
	}
	alerts_forget_before(alerts, time_ns);
	is_int((int)alerts_count(alerts), 300, "what was not written is not forgotten");
	alerts_write(alerts, &reference, &err);
	alerts_forget_before(alerts, time_ns + 60 * NS_PER_S);
	is_int((int)alerts_count(alerts), 300, "it looks once a day");
	alerts_forget_before(alerts, time_ns + 24 * 3600 * NS_PER_S);
	is_int((int)alerts_count(alerts), 0, "a day later all of them are forgotten");
	outbox(alerts, &record);
	outbox(alerts, &record);
	is_int((int)alerts_count(alerts), 1, "and one that comes anew is found again");
	alerts_finish(alerts, &reference, &err);
	alerts_destroy(alerts);
}

int main(void)
{
	char path[] = "/tmp/borderflow-alerts-XXXXXX";
	struct policy_problems problems;
	struct err err;
	int fd = mkstemp(path);

	if (fd < 0 || catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "rules.yaml", rules, strlen(rules), NULL, catalogue,
			&problems, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	close(fd);
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	test_episodes(path);
	test_unknown_app(path);
	test_revisions(path);
	test_parts(path);
	test_hostile_names(path);
	test_failure();
	test_new_facts(path);
	test_forgetting(path);
	unlink(path);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
