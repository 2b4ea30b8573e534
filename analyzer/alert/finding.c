#include "analyzer/alert/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/reference.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"

enum { VALUE_BYTES = 160, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static struct finding_argument *add(
	struct finding *finding, const char *name, enum finding_form form)
{
	if (finding->argument_count == FINDING_ARGUMENTS_MAX) {
		return NULL;
	}
	struct finding_argument *argument = &finding->arguments[finding->argument_count++];
	*argument = (struct finding_argument){ .form = (uint8_t)form };
	snprintf(argument->name, sizeof(argument->name), "%s", name);
	return argument;
}

void finding_put_text(
	struct finding *finding, const char *name, enum finding_form form, const char *text)
{
	struct finding_argument *argument = add(finding, name, form);

	if (argument) {
		snprintf(argument->text, sizeof(argument->text), "%s", text);
	}
}

void finding_put_number(
	struct finding *finding, const char *name, enum finding_form form, uint64_t number)
{
	struct finding_argument *argument = add(finding, name, form);

	if (argument) {
		argument->number = number;
	}
}

void finding_add_part(struct finding *finding, const char *part)
{
	for (unsigned i = 0; i < finding->part_count; i++) {
		if (strcmp(finding->parts[i], part) == 0) {
			return;
		}
	}
	if (finding->part_count < FINDING_PARTS_MAX) {
		snprintf(finding->parts[finding->part_count++], FINDING_TEXT_BYTES, "%s", part);
	}
}

const struct finding_argument *finding_argument(const struct finding *finding, const char *name)
{
	for (unsigned i = 0; i < finding->argument_count; i++) {
		if (strcmp(finding->arguments[i].name, name) == 0) {
			return &finding->arguments[i];
		}
	}
	return NULL;
}

static void put_app(struct text *text, const char *id, const struct reference *reference)
{
	const struct app *app = catalogue_app(reference->catalogue, symbol_find(SYMBOL_APP, id));

	text_put(text, app ? messages_catalogue(reference->messages, app->name) : id);
}

static void put_country(struct text *text, const char *code, const struct reference *reference)
{
	const struct geo_country *country =
		reference->geo ? geo_country(reference->geo, code) : NULL;

	text_put(text, country ? country->names[messages_geo_language(reference->messages)]
		       : code[0] == '\0'
			       ? messages_get(reference->messages, "alert_unknown_country")
			       : code);
}

/* "2026-03-17 09:05", on the wall of the policy's zone. */
static void put_time(struct text *text, uint64_t time_ns, const struct reference *reference)
{
	char local[LOCAL_TEXT_LENGTH + 1];

	local_format(policy_header(reference->policy)->zone, time_ns, local);
	text_printf(text, "%.10s %.5s", local, local + 11);
}

static void put_span(struct text *text, uint64_t seconds, const struct reference *reference)
{
	uint64_t unit = seconds < 2 * MINUTE_S ? 1
			: seconds < 2 * HOUR_S ? MINUTE_S
			: seconds < 2 * DAY_S  ? HOUR_S
					       : DAY_S;
	const char *key = unit == 1          ? "span_seconds"
			  : unit == MINUTE_S ? "span_minutes"
			  : unit == HOUR_S   ? "span_hours"
					     : "span_days";
	char memory[32];
	struct text number;

	text_init(&number, memory, sizeof(memory));
	messages_put_count(reference->messages, &number, (seconds + unit / 2) / unit);
	messages_put(reference->messages, text, key, "count", memory, NULL);
}

static void put_value(struct text *text, const struct finding_argument *argument,
	const struct reference *reference)
{
	const struct messages *messages = reference->messages;

	switch ((enum finding_form)argument->form) {
	case FINDING_TEXT:
		text_put(text, argument->text);
		break;
	case FINDING_APP:
		put_app(text, argument->text, reference);
		break;
	case FINDING_COUNTRY:
		put_country(text, argument->text, reference);
		break;
	case FINDING_ZONE:
		text_put(text, messages_get2(messages, "zone", argument->text));
		break;
	case FINDING_COUNT:
		messages_put_count(messages, text, argument->number);
		break;
	case FINDING_SIZE:
		messages_put_size(messages, text, argument->number);
		break;
	case FINDING_SHARE:
		messages_put_percent(messages, text, argument->number, 1000);
		break;
	case FINDING_TIME:
		put_time(text, argument->number, reference);
		break;
	case FINDING_DATE:
		messages_put_date(
			messages, text, policy_header(reference->policy)->zone, argument->number);
		break;
	case FINDING_UNTIL:
		messages_put_until(
			messages, text, policy_header(reference->policy)->zone, argument->number);
		break;
	case FINDING_SPAN:
		put_span(text, argument->number, reference);
		break;
	}
}

/* Every argument told, and the message of that key filled with them. */
struct values {
	const char *names[FINDING_ARGUMENTS_MAX];
	char values[FINDING_ARGUMENTS_MAX][VALUE_BYTES];
};

static void fill(struct text *text, const struct reference *reference, const char *key,
	const struct values *v, const char *subject)
{
#define PAIR(i) v->names[i], v->values[i]
	messages_put(reference->messages, text, key, "subject", subject, PAIR(0), PAIR(1), PAIR(2),
		PAIR(3), PAIR(4), PAIR(5), PAIR(6), PAIR(7), PAIR(8), PAIR(9), PAIR(10), PAIR(11),
		PAIR(12), PAIR(13), NULL);
#undef PAIR
}

static void tell_values(
	struct values *v, const struct finding *finding, const struct reference *reference)
{
	struct text text;

	for (unsigned i = 0; i < FINDING_ARGUMENTS_MAX; i++) {
		text_init(&text, v->values[i], VALUE_BYTES);
		v->names[i] = "";
		if (i < finding->argument_count) {
			v->names[i] = finding->arguments[i].name;
			put_value(&text, &finding->arguments[i], reference);
			if (text.length == 0 && strcmp(v->names[i], "unit") == 0) {
				text_printf(&text, "(%s)",
					messages_get(reference->messages, "summary_no_unit"));
			}
		}
	}
}

void finding_next_key(char key[FINDING_NEXT_BYTES], const char *kind, const char *unit,
	const struct messages *messages)
{
	snprintf(key, FINDING_NEXT_BYTES, "next_wide_%.32s", kind);
	if (unit[0] != '\0' || strcmp(messages_get(messages, key), key) == 0) {
		snprintf(key, FINDING_NEXT_BYTES, "next_%.32s", kind);
	}
}

void finding_put_sentence(struct text *text, const struct finding *finding, const char *kind,
	const struct reference *reference)
{
	const struct finding_argument *unit = finding_argument(finding, "unit");
	char subject[2 * VALUE_BYTES] = "", next[FINDING_NEXT_BYTES];
	struct values v;
	struct text about;

	tell_values(&v, finding, reference);
	text_init(&about, subject, sizeof(subject));
	if (finding->subject[0] != '\0') {
		fill(&about, reference, finding->subject, &v, "");
	}
	fill(text, reference, finding->sentence, &v, subject);
	if (finding_argument(finding, "chance")) {
		text_put_char(text, ' ');
		fill(text, reference, "found_chance", &v, subject);
	}
	finding_next_key(next, kind, unit ? unit->text : "", reference->messages);
	text_put_char(text, ' ');
	fill(text, reference, next, &v, subject);
}

static bool is_number(const struct finding_argument *argument)
{
	return argument->form >= FINDING_COUNT;
}

static bool is_time(const struct finding_argument *argument)
{
	return argument->form == FINDING_TIME || argument->form == FINDING_DATE ||
	       argument->form == FINDING_UNTIL;
}

void finding_put_json(
	struct text *text, const struct finding *finding, const struct reference *reference)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	(void)reference;
	for (unsigned i = 0; i < finding->argument_count; i++) {
		const struct finding_argument *argument = &finding->arguments[i];
		text_printf(text, ",\"%s\":", argument->name);
		if (is_time(argument)) {
			clock_format(argument->number, time);
			text_printf(text, "\"%s\"", time);
		} else if (is_number(argument)) {
			text_printf(text, "%" PRIu64, argument->number);
		} else {
			text_put_char(text, '"');
			text_put_json(text, argument->text, strlen(argument->text));
			text_put_char(text, '"');
		}
	}
	text_put(text, ",\"parts\":[");
	for (unsigned i = 0; i < finding->part_count; i++) {
		text_put(text, i ? ",\"" : "\"");
		text_put_json(text, finding->parts[i], strlen(finding->parts[i]));
		text_put_char(text, '"');
	}
	text_put_char(text, ']');
}
