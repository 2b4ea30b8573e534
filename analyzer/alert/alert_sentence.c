/* The one plain sentence of an alert, in the language of the reference. What it is made of is
 * gathered first, by name; the words around it are messages. */
#include <stdio.h>
#include <string.h>

#include "analyzer/alert/alert.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/local_time.h"
#include "base/text.h"

enum { ARGUMENT_BYTES = 320, SENTENCE_BYTES = 1536 };

struct arguments {
	const char *unit, *rule, *exception, *sensor, *output, *reason;
	char device[ADDR_TEXT_MAX]; /* where it is about one alone */
	char first_date[48], last_date[48], since_date[48], exception_end[48], time[32];
	char apps[ARGUMENT_BYTES], countries[ARGUMENT_BYTES], parent[128], sent[64], received[64];
	char flows[32], devices[48], lost[32];
	char k[32];
	bool is_one_device, is_few;
};

static const char *country_name(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo ? geo_country(reference->geo, code) : NULL;

	return country ? country->names[messages_geo_language(reference->messages)] : code;
}

static void list_countries(char *to, const struct alert_case *of, const struct reference *reference)
{
	const char *names[ALERT_COUNTRIES_MAX];
	unsigned count = 0;
	struct text text;

	for (; count < ALERT_COUNTRIES_MAX && of->server_countries[count][0] != '\0'; count++) {
		names[count] = country_name(reference, of->server_countries[count]);
	}
	if (count == 0) {
		names[count++] = messages_get(reference->messages, "alert_unknown_country");
	}
	text_init(&text, to, ARGUMENT_BYTES);
	messages_put_list(reference->messages, &text, names, count);
}

static void put_count(char *to, size_t size, const struct reference *reference, uint64_t number)
{
	struct text text;

	text_init(&text, to, size);
	messages_put_count(reference->messages, &text, number);
}

static void list_apps(char *to, const struct alert_case *of, const struct reference *reference)
{
	const char *names[ALERT_APPS_MAX + 1];
	unsigned count = 0;
	struct text text;

	for (; count < of->app_count; count++) {
		const struct app *app = catalogue_app(reference->catalogue, of->apps[count]);
		names[count] = app ? messages_catalogue(reference->messages, app->name)
			       : of->apps[count]
				       ? symbol_name(SYMBOL_APP, of->apps[count])
				       : messages_get(reference->messages, "alert_unknown_app");
	}
	if (of->apps_more) {
		names[count++] = messages_get(reference->messages, "alert_other_apps");
	}
	text_init(&text, to, ARGUMENT_BYTES);
	messages_put_list(reference->messages, &text, names, count);
}

/* Who controls the case's apps is said of all of them or not at all. */
static bool has_one_parent(const struct alert_case *of, const struct reference *reference)
{
	const char *parent = of->verdict.parent_country;

	if (of->app_count <= 1 && !of->apps_more) {
		return parent[0] != '\0';
	}
	for (unsigned i = 0; i < of->app_count; i++) {
		const struct app *app = catalogue_app(reference->catalogue, of->apps[i]);
		if (!app || strcmp(app->parent_country, parent) != 0) {
			return false;
		}
	}
	return parent[0] != '\0' && !of->apps_more;
}

static void put_size(char *to, size_t size, const struct reference *reference, uint64_t bytes)
{
	struct text text;

	text_init(&text, to, size);
	messages_put_size(reference->messages, &text, bytes);
}

/* What went one way, as far as it crossed the sensor. */
static void put_way(
	char *to, size_t size, const struct reference *reference, uint64_t bytes, enum cell_way way)
{
	static const char *const keys[] = {
		[CELL_WAY_AT_LEAST] = "alert_at_least", [CELL_WAY_UNKNOWN] = "alert_unknown_amount"
	};
	char known[32];
	struct text text;

	if (way == CELL_WAY_KNOWN) {
		put_size(to, size, reference, bytes);
		return;
	}
	put_size(known, sizeof(known), reference, bytes);
	text_init(&text, to, size);
	messages_put(reference->messages, &text, keys[way], "size", known, NULL);
}

static void put_date(char to[48], const struct reference *reference, uint64_t time_ns)
{
	struct text text;

	text_init(&text, to, 48);
	messages_put_date(
		reference->messages, &text, policy_header(reference->policy)->zone, time_ns);
}

static void gather_devices(
	struct arguments *a, const struct alert *alert, const struct reference *reference)
{
	const struct alert_case *of = &alert->of;
	char number[32];
	struct text text;

	a->is_one_device = of->devices == 1 && !of->has_unnamed;
	a->is_few = !alert_says_devices(alert, reference);
	put_count(a->k, sizeof(a->k), reference, policy_header(reference->policy)->group_minimum);
	if (of->pseudonym[0] != '\0') {
		snprintf(a->device, sizeof(a->device), "%s", of->pseudonym);
	} else {
		addr_format(&of->device, a->device);
	}
	put_count(a->devices, sizeof(a->devices), reference, of->devices);
	if (of->is_estimate) {
		put_count(number, sizeof(number), reference, of->devices);
		text_init(&text, a->devices, sizeof(a->devices));
		messages_put(reference->messages, &text, "alert_about", "count", number, NULL);
	}
}

static void gather_case(
	struct arguments *a, const struct alert *alert, const struct reference *reference)
{
	const struct alert_case *of = &alert->of;
	const struct policy_rule *rule = policy_rule(reference->policy, of->rule);
	const struct policy_exception *exception =
		policy_exception(reference->policy, of->exception);
	struct text text;

	a->unit = symbol_name(SYMBOL_UNIT, of->unit);
	a->rule = symbol_name(SYMBOL_RULE, of->rule);
	a->exception = symbol_name(SYMBOL_EXCEPTION, of->exception);
	gather_devices(a, alert, reference);
	put_count(a->flows, sizeof(a->flows), reference, of->flows);
	put_date(a->first_date, reference, alert->first_ns);
	put_date(a->last_date, reference, alert->last_ns);
	if (rule && rule->effective_from_ns) {
		text_init(&text, a->since_date, sizeof(a->since_date));
		messages_put_since(reference->messages, &text,
			policy_header(reference->policy)->zone, rule->effective_from_ns);
	}
	if (exception && exception->valid_to_ns) {
		text_init(&text, a->exception_end, sizeof(a->exception_end));
		messages_put_until(reference->messages, &text,
			policy_header(reference->policy)->zone, exception->valid_to_ns);
	}
	list_apps(a->apps, of, reference);
	list_countries(a->countries, of, reference);
	if (has_one_parent(of, reference)) {
		snprintf(a->parent, sizeof(a->parent), "%s",
			country_name(reference, of->verdict.parent_country));
	}
	put_way(a->sent, sizeof(a->sent), reference, of->bytes_up, alert_case_way_up(of));
	put_way(a->received, sizeof(a->received), reference, of->bytes_down,
		alert_case_way_down(of));
}

static void gather(
	struct arguments *a, const struct alert *alert, const struct reference *reference)
{
	memset(a, 0, sizeof(*a));
	if (alert_is_of_policy(alert)) {
		gather_case(a, alert, reference);
		return;
	}
	char time[LOCAL_TEXT_LENGTH + 1];
	local_format(policy_header(reference->policy)->zone, alert->first_ns, time);
	snprintf(a->time, sizeof(a->time), "%.10s %.5s", time, time + 11);
	a->sensor = alert->sensor.name;
	a->output = alert->sensor.output;
	a->reason = alert->sensor.reason;
	put_count(a->lost, sizeof(a->lost), reference, alert->sensor.lost);
}

/* A clause made on the side; empty where its message is not called for. */
struct clause {
	char memory[ARGUMENT_BYTES];
	struct text text;
};

static struct text *clause_start(struct clause *clause)
{
	text_init(&clause->text, clause->memory, sizeof(clause->memory));
	return &clause->text;
}

/* "A device in School (10.20.3.7)", "About 700 devices in School", "Fewer than 5 devices in
 * School". */
static void say_who(struct text *text, const struct messages *messages, const struct arguments *a)
{
	if (a->is_few) {
		messages_put(messages, text, a->unit[0] ? "alert_few_in" : "alert_few", "unit",
			a->unit, "k", a->k, NULL);
	} else if (a->is_one_device) {
		messages_put(messages, text, a->unit[0] ? "alert_device_in" : "alert_device",
			"unit", a->unit, "device", a->device, NULL);
	} else {
		messages_put(messages, text, a->unit[0] ? "alert_devices_in" : "alert_devices",
			"unit", a->unit, "devices", a->devices, NULL);
	}
}

/* The exception that would have lifted the rule, and why it does not. */
static void say_lapsed(struct text *text, enum alert_kind kind, const struct messages *messages,
	const struct arguments *a)
{
	if (kind == ALERT_POLICY_EXCEPTION_CONDITION) {
		messages_put(messages, text, "alert_condition", "exception", a->exception, NULL);
	} else if (kind == ALERT_POLICY_EXCEPTION_EXPIRED && a->exception_end[0] != '\0') {
		messages_put(messages, text, "alert_expired", "exception", a->exception, "date",
			a->exception_end, NULL);
	}
}

static void say_case(struct text *text, enum alert_kind kind, const struct messages *messages,
	const struct arguments *a)
{
	bool is_one_day = strcmp(a->first_date, a->last_date) == 0;
	struct clause who, when, why, since, lapsed, control;

	say_who(clause_start(&who), messages, a);
	messages_put(messages, clause_start(&when), is_one_day ? "alert_on" : "alert_from", "first",
		a->first_date, "last", a->last_date, NULL);
	messages_put(messages, clause_start(&why),
		kind == ALERT_POLICY_NOT_APPROVED ? "alert_unapproved" : "alert_denied", "rule",
		a->rule, NULL);
	clause_start(&since);
	if (a->since_date[0] != '\0') {
		messages_put(messages, &since.text, "alert_since", "date", a->since_date, NULL);
	}
	say_lapsed(clause_start(&lapsed), kind, messages, a);
	clause_start(&control);
	if (a->parent[0] != '\0') {
		messages_put(messages, &control.text, "alert_control", "parent", a->parent, NULL);
	}
	messages_put(messages, text, "alert_case", "who", who.memory, "apps", a->apps, "when",
		when.memory, "why", why.memory, "since", since.memory, "lapsed", lapsed.memory,
		"flows", a->flows, "sent", a->sent, "received", a->received, "countries",
		a->countries, "control", control.memory, NULL);
}

/* Blanks that do not break are of no use to what reads alerts. */
static void put_with_plain_blanks(struct text *text, const char *sentence)
{
	for (const char *blank; (blank = strstr(sentence, "\xc2\xa0")); sentence = blank + 2) {
		text_put_bytes(text, sentence, (size_t)(blank - sentence));
		text_put_char(text, ' ');
	}
	text_put(text, sentence);
}

void alert_put_sentence(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	const struct messages *messages = reference->messages;
	char memory[SENTENCE_BYTES], next[FINDING_NEXT_BYTES];
	struct arguments a;
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	if (alert_is_finding(alert)) {
		finding_put_sentence(
			&sentence, &alert->finding, alert_kind_name(alert->kind), reference);
		put_with_plain_blanks(text, memory);
		return;
	}
	gather(&a, alert, reference);
	switch (alert->kind) {
	case ALERT_SENSOR_SILENT:
		messages_put(messages, &sentence, "alert_silent", "sensor", a.sensor, "time",
			a.time, NULL);
		break;
	case ALERT_SENSOR_LOSS:
		messages_put(messages, &sentence, "alert_loss", "sensor", a.sensor, "count", a.lost,
			"output", a.output, "time", a.time, "reason", a.reason, NULL);
		break;
	default:
		say_case(&sentence, alert->kind, messages, &a);
	}
	finding_next_key(next, alert_kind_name(alert->kind), a.unit ? a.unit : "", messages);
	text_put_char(&sentence, ' ');
	text_put(&sentence, messages_get(messages, next));
	put_with_plain_blanks(text, memory);
}

void alert_put_short(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	char memory[ARGUMENT_BYTES];
	struct arguments a;
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	gather(&a, alert, reference);
	messages_put(reference->messages, &sentence, a.unit[0] ? "alert_short_in" : "alert_short",
		"app", a.apps, "unit", a.unit, "flows", a.flows, "sent", a.sent, NULL);
	put_with_plain_blanks(text, memory);
}
