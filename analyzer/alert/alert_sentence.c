/* The one plain sentence of an alert. What it is made of is gathered first, by name, so that the
 * words around it can be those of another language. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/alert/alert.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"

enum { ARGUMENT_BYTES = 320 };

struct arguments {
	const char *unit, *rule, *exception, *sensor, *output, *reason;
	char device[ADDR_TEXT_MAX]; /* where it is about one alone */
	char first_date[11], last_date[11], since_date[11], exception_end[11], time[32];
	char apps[ARGUMENT_BYTES], countries[ARGUMENT_BYTES], parent[128], sent[32], received[32];
	uint64_t flows, devices, lost;
	bool is_estimate;
};

static const char *country_name(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo ? geo_country(reference->geo, code) : NULL;

	return country ? country->names[GEO_EN] : code;
}

/* "Sweden", "Sweden and Ireland", "Sweden, Ireland and Norway". */
static void put_listed(struct text *text, unsigned at, unsigned count, const char *item)
{
	text_put(text, at == 0 ? "" : at + 1 == count ? " and " : ", ");
	text_put(text, item);
}

static void list_countries(char *to, const struct alert_case *of, const struct reference *reference)
{
	struct text text;
	unsigned count = 0;

	text_init(&text, to, ARGUMENT_BYTES);
	while (count < ALERT_COUNTRIES_MAX && of->server_countries[count][0] != '\0') {
		count++;
	}
	for (unsigned i = 0; i < count; i++) {
		put_listed(&text, i, count, country_name(reference, of->server_countries[i]));
	}
	if (count == 0) {
		text_put(&text, "an unknown country");
	}
}

static void list_apps(char *to, const struct alert_case *of, const struct reference *reference)
{
	struct text text;
	unsigned count = of->app_count + (of->apps_more > 0);

	text_init(&text, to, ARGUMENT_BYTES);
	for (unsigned i = 0; i < of->app_count; i++) {
		const struct app *app = catalogue_app(reference->catalogue, of->apps[i]);
		put_listed(&text, i, count,
			app           ? app->name
			: of->apps[i] ? symbol_name(SYMBOL_APP, of->apps[i])
				      : "an unknown app");
	}
	if (of->apps_more > 0) {
		text_printf(&text, " and %u more", of->apps_more);
	}
}

static void put_size(char *to, size_t size, uint64_t bytes)
{
	struct text text;

	text_init(&text, to, size);
	text_put_size(&text, bytes);
}

static void gather_case(
	struct arguments *a, const struct alert *alert, const struct reference *reference)
{
	const struct alert_case *of = &alert->of;
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	const struct policy_rule *rule = policy_rule(reference->policy, of->rule);
	const struct policy_exception *exception =
		policy_exception(reference->policy, of->exception);

	a->unit = symbol_name(SYMBOL_UNIT, of->unit);
	a->rule = symbol_name(SYMBOL_RULE, of->rule);
	a->exception = symbol_name(SYMBOL_EXCEPTION, of->exception);
	a->flows = of->flows;
	a->devices = of->devices;
	a->is_estimate = of->is_estimate;
	if (of->pseudonym[0] != '\0') {
		snprintf(a->device, sizeof(a->device), "%s", of->pseudonym);
	} else {
		addr_format(&of->device, a->device);
	}
	local_format_date(zone, alert->first_ns, a->first_date);
	local_format_date(zone, alert->last_ns, a->last_date);
	if (rule && rule->effective_from_ns) {
		local_format_date(zone, rule->effective_from_ns, a->since_date);
	}
	if (exception && exception->valid_to_ns) {
		local_format_date(zone, exception->valid_to_ns, a->exception_end);
	}
	list_apps(a->apps, of, reference);
	list_countries(a->countries, of, reference);
	if (of->verdict.parent_country[0] != '\0') {
		snprintf(a->parent, sizeof(a->parent), "%s",
			country_name(reference, of->verdict.parent_country));
	}
	put_size(a->sent, sizeof(a->sent), of->bytes_up);
	put_size(a->received, sizeof(a->received), of->bytes_down);
}

static void gather(
	struct arguments *a, const struct alert *alert, const struct reference *reference)
{
	memset(a, 0, sizeof(*a));
	if (alert_is_of_policy(alert)) {
		gather_case(a, alert, reference);
		return;
	}
	char time[CLOCK_TEXT_LENGTH + 1];
	clock_format(alert->first_ns, time);
	snprintf(a->time, sizeof(a->time), "%.19sZ", time);
	a->sensor = alert->sensor.name;
	a->output = alert->sensor.output;
	a->reason = alert->sensor.reason;
	a->lost = alert->sensor.lost;
}

/* "A device in School (10.20.3.7)", "About 700 devices in School". */
static void say_who(struct text *text, const struct arguments *a)
{
	if (a->devices == 1) {
		text_put(text, "A device");
	} else {
		text_printf(
			text, "%s%" PRIu64 " devices", a->is_estimate ? "About " : "", a->devices);
	}
	if (a->unit[0] != '\0') {
		text_printf(text, " in %s", a->unit);
	}
	if (a->devices == 1) {
		text_printf(text, " (%s)", a->device);
	}
}

static void say_case(struct text *text, enum alert_kind kind, const struct arguments *a)
{
	bool is_one_day = strcmp(a->first_date, a->last_date) == 0;

	say_who(text, a);
	text_printf(text, " used %s %s %s%s%s, which ", a->apps, is_one_day ? "on" : "from",
		a->first_date, is_one_day ? "" : " to ", is_one_day ? "" : a->last_date);
	if (kind == ALERT_POLICY_NOT_APPROVED) {
		text_put(text, "is not on the list of approved apps");
	} else {
		text_printf(text, "rule %s denies", a->rule);
	}
	if (a->since_date[0] != '\0') {
		text_printf(text, " since %s", a->since_date);
	}
	if (kind == ALERT_POLICY_EXCEPTION_CONDITION) {
		text_printf(text,
			"; exception %s does not hold, since its condition is broken: the device "
			"has been with internal services",
			a->exception);
	} else if (kind == ALERT_POLICY_EXCEPTION_EXPIRED && a->exception_end[0] != '\0') {
		text_printf(
			text, "; exception %s was over after %s", a->exception, a->exception_end);
	}
	text_printf(text, ": %" PRIu64 " flow%s, %s sent, %s received, servers in %s", a->flows,
		a->flows == 1 ? "" : "s", a->sent, a->received, a->countries);
	if (a->parent[0] != '\0') {
		text_printf(text, ", under the control of %s", a->parent);
	}
	text_put_char(text, '.');
}

void alert_put_sentence(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	struct arguments a;

	gather(&a, alert, reference);
	switch (alert->kind) {
	case ALERT_SENSOR_SILENT:
		text_printf(text,
			"Sensor %s is silent: it should have shown itself by %s at the latest. "
			"What it would have seen since is not known.",
			a.sensor, a.time);
		return;
	case ALERT_SENSOR_LOSS:
		text_printf(text,
			"Sensor %s lost %" PRIu64 " record%s of its output %s from %s on: %s. What "
			"they said is missing there.",
			a.sensor, a.lost, a.lost == 1 ? "" : "s", a.output, a.time, a.reason);
		return;
	default:
		say_case(text, alert->kind, &a);
	}
}
