/* What borderflow doctor found, for people and for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/wrap.h"
#include "dashboards/cli/doctor_show.h"
#include "dashboards/cli/terminal.h"

enum { INDENT = 2, LINE_WIDTH_MOST = 100 };

static void put_time(struct json *json, const char *key, uint64_t time_ns)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, text);
	json_string(json, key, text);
}

static void put_period(struct json *json, const struct vantage_report *report)
{
	if (report->flows > 0) {
		put_time(json, "from", report->first_ns);
		put_time(json, "to", report->last_ns);
	}
	json_u64(json, "flows", report->flows);
}

void doctor_put_json(
	const struct messages *messages, struct json *json, const struct vantage_report *report)
{
	put_period(json, report);
	json_array_begin(json, "findings");
	for (unsigned i = 0; i < report->findings.count; i++) {
		json_object_begin(json, NULL);
		vantage_put_json(messages, json, &report->findings.items[i]);
		json_object_end(json);
	}
	json_array_end(json);
}

static void show_json(
	const struct messages *messages, const struct vantage_report *report, const char *damage)
{
	struct text text;

	text_init_heap(&text);
	struct json json = json_over(&text);
	json_object_begin(&json, NULL);
	doctor_put_json(messages, &json, report);
	if (damage) {
		json_string(&json, "damage", damage);
	}
	json_object_end(&json);
	puts(text.at);
	text_deinit(&text);
}

static void show_lines(const struct messages *messages, const struct vantage_report *report)
{
	for (unsigned i = 0; i < report->findings.count; i++) {
		struct text text;
		text_init_heap(&text);
		struct json json = json_over(&text);
		json_object_begin(&json, NULL);
		put_period(&json, report);
		vantage_put_json(messages, &json, &report->findings.items[i]);
		json_object_end(&json);
		puts(text.at);
		text_deinit(&text);
	}
}

/* Units, files and interfaces have names that others chose. */
static void put_wrapped(const struct text *text, size_t indent)
{
	unsigned width = terminal_width() < LINE_WIDTH_MOST ? terminal_width() : LINE_WIDTH_MOST;
	struct text safe;

	text_init_heap(&safe);
	text_put_terminal(&safe, text->at, text->length);
	printf("%*s", (int)indent, "");
	wrap_put(stdout, safe.at, indent, indent, width);
	text_deinit(&safe);
}

static void show_finding(const struct messages *messages, const struct vantage_finding *finding)
{
	struct text text;

	text_init_heap(&text);
	text_printf(&text, "%s · %s: ", vantage_code_name(finding->code),
		messages_get2(
			messages, "doctor_severity", vantage_severity_name(finding->severity)));
	vantage_put_sentence(messages, &text, finding);
	putchar('\n');
	put_wrapped(&text, 0);
	text_clear(&text);
	text_printf(&text, "%s ", messages_get(messages, "doctor_remedy"));
	vantage_put_remedy(messages, &text, finding);
	put_wrapped(&text, INDENT);
	text_deinit(&text);
}

static void show_text(const struct reference *reference, const struct vantage_report *report)
{
	const struct messages *messages = reference->messages;
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	struct text text, period;
	char flows[32];

	text_init_heap(&text);
	text_init_heap(&period);
	if (report->flows > 0) {
		struct text count;
		text_init(&count, flows, sizeof(flows));
		messages_put_count(messages, &count, report->flows);
		messages_put_period(messages, &period, zone, report->first_ns, report->last_ns);
		messages_put(messages, &text, "doctor_looked", "flows", flows, "period", period.at,
			NULL);
		put_wrapped(&text, 0);
	}
	for (unsigned i = 0; i < report->findings.count; i++) {
		show_finding(messages, &report->findings.items[i]);
	}
	if (report->findings.count == 0) {
		puts(messages_get(messages, "doctor_all_well"));
	}
	text_deinit(&period);
	text_deinit(&text);
}

void doctor_show(const struct reference *reference, const struct vantage_report *report,
	const char *damage, const char *format)
{
	if (strcmp(format, "json") == 0) {
		show_json(reference->messages, report, damage);
	} else if (strcmp(format, "ndjson") == 0) {
		show_lines(reference->messages, report);
	} else {
		show_text(reference, report);
	}
}
