/* A month of 800 devices in twelve units, of which 3 % disobey a ban: how many new items a week
 * that makes, and whether each violation is counted in one. */
#include "analyzer/alert/alerts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "tests/tap.h"

enum { UNITS = 12, DEVICES = 800, DISOBEDIENT = 24, WEEKS = 4, CASES_MOST = 1000 };

#define DAY_NS    (UINT64_C(86400) * NS_PER_S)
#define MONDAY_NS (UINT64_C(1772409600) * NS_PER_S) /* 2026-03-02 */

static const char rules[] = "organisation: Exempelstad kommun\n"
			    "rules:\n"
			    "  - {id: neka-tiktok, match: {app: tiktok}, action: deny}\n";

/* The latest flows of each case, and how many were new in each week. */
static struct {
	char id[32];
	uint64_t flows;
} cases[CASES_MOST];
static unsigned case_count, new_items[WEEKS + 1], week_now, notified;

static int output_open(
	struct alert_output **output, const struct alert_output_options *options, struct err *err)
{
	(void)options;
	(void)err;
	*output = NULL;
	return 0;
}

static uint64_t flows_of(const char *json)
{
	json_t *root = json_loads(json, 0, NULL), *flows = json_object_get(root, "borderflow");
	uint64_t count;

	flows = json_object_get(json_object_get(flows, "alert"), "flows");
	count = (uint64_t)json_integer_value(flows);
	json_decref(root);
	return count;
}

static int output_write(struct alert_output *output, const struct alert_post *post, struct err *err)
{
	unsigned at = 0;

	(void)output;
	(void)err;
	while (at < case_count && strcmp(cases[at].id, post->id) != 0) {
		at++;
	}
	if (at == case_count && case_count < CASES_MOST) {
		snprintf(cases[case_count++].id, sizeof(cases[0].id), "%s", post->id);
		new_items[week_now]++;
	}
	cases[at].flows = flows_of(post->json);
	notified += strcmp(post->notice, "growth") == 0;
	return 0;
}

static int output_close(struct alert_output *output, struct err *err)
{
	(void)output;
	(void)err;
	return 0;
}

static const struct alert_output_ops output_ops = { .name = "alerts to a test",
	.open = output_open,
	.write = output_write,
	.close = output_close };

static struct record violation(
	const struct policy *policy, uint16_t app, unsigned device, uint64_t at_ns, uint64_t number)
{
	struct record record = { 0 };
	char text[32], unit[16];

	snprintf(text, sizeof(text), "10.40.%u.%u", device % UNITS, 10 + device / UNITS);
	snprintf(unit, sizeof(unit), "Enhet %u", device % UNITS);
	addr_parse(text, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.flow.flow_id = number + 1;
	record.flow.flow_start_ns = record.flow.start_ns = at_ns;
	record.flow.end_ns = at_ns + 20 * NS_PER_S;
	record.flow.protocol = 6;
	record.flow.is_last = true;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 5000;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 900000;
	record.device.identity = record.flow.source;
	record.verdict.app = app;
	record.verdict.confidence = 95;
	record.decision.unit = symbol_of(SYMBOL_UNIT, unit);
	record.decision.rule = policy_rule_at(policy, 0)->symbol;
	record.decision.action = POLICY_ACTION_DENY;
	record.decision.verdict = POLICY_VERDICT_VIOLATION;
	return record;
}

/* A working day: each of the disobedient uses it once to five times. */
static uint64_t make_day(struct alerts *alerts, const struct reference *reference, uint16_t app,
	unsigned day, uint64_t made)
{
	for (unsigned hour = 8; hour < 17; hour++) {
		for (unsigned i = 0; i < DISOBEDIENT; i++) {
			uint64_t at_ns = MONDAY_NS + day * DAY_NS + hour * 3600 * NS_PER_S;
			if ((i * 7 + hour * 5 + day * 3) % 11 >= 3) {
				continue;
			}
			struct record record = violation(reference->policy, app, i * 35 % DEVICES,
				at_ns + i * NS_PER_S, made++);
			alerts_take(alerts, reference, &record, 1);
		}
		alerts_write(
			alerts, reference, MONDAY_NS + day * DAY_NS + (hour + 1) * 3600 * NS_PER_S);
	}
	return made;
}

static void test_month(const struct reference *reference, uint16_t app)
{
	const struct alert_output_options options = { .target = "" };
	struct alerts *alerts = alerts_create(NULL);
	uint64_t made = 0, counted = 0;
	unsigned most = 0;
	struct err err = { "" };

	is_int(alerts_add_output(alerts, &output_ops, &options, &err), 0, "an output is opened");
	for (unsigned day = 0; day < WEEKS * 7; day++) {
		week_now = day / 7;
		if (day % 7 < 5) {
			made = make_day(alerts, reference, app, day, made);
		}
		alerts_forget_before(alerts, MONDAY_NS + day * DAY_NS - 9 * DAY_NS);
	}
	week_now = WEEKS;
	alerts_finish(alerts, reference);
	for (unsigned week = 0; week < WEEKS; week++) {
		most = new_items[week] > most ? new_items[week] : most;
	}
	for (unsigned i = 0; i < case_count; i++) {
		counted += cases[i].flows;
	}
	ok(most > 0 && most <= UNITS && new_items[WEEKS] == 0,
		"at most %u new items a week, for one rule in %u units", most, UNITS);
	ok(made > 500 && counted == made, "each of %llu violations is counted in one",
		(unsigned long long)made);
	ok(notified <= 4 * case_count, "%u growths of %u cases are told besides", notified,
		case_count);
	alerts_destroy(alerts);
}

int main(void)
{
	struct catalogue *catalogue;
	struct policy *policy;
	struct messages *messages;
	struct policy_problems problems;
	struct err err = { "" };

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "ban.yaml", rules, strlen(rules), NULL, catalogue, &problems,
			&err) < 0 ||
		messages_open(&messages, "en", &err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	const struct reference reference = {
		.catalogue = catalogue, .policy = policy, .messages = messages, .version = 1
	};
	test_month(&reference, catalogue_find(catalogue, "tiktok"));
	messages_close(messages);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
