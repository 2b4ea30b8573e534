/* An alert in words and as ECS 8. */
#include "analyzer/alert/alert.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"

void alert_format_id(const struct alert *alert, char text[ALERT_ID_BYTES])
{
	snprintf(text, ALERT_ID_BYTES, "a%016" PRIx64, alert->id);
}

static const char *country_name(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo ? geo_country(reference->geo, code) : NULL;

	return country ? country->names[GEO_EN] : code;
}

static void put_device(struct text *text, const struct alert *alert)
{
	char address[ADDR_TEXT_MAX];

	if (alert->pseudonym[0] != '\0') {
		text_put(text, alert->pseudonym);
	} else {
		addr_format(&alert->device, address);
		text_put(text, address);
	}
}

/* "Sweden", "Sweden and Ireland", "Sweden, Ireland and Norway". */
static void put_countries(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	unsigned count = 0;

	while (count < ALERT_COUNTRIES_MAX && alert->server_countries[count][0] != '\0') {
		count++;
	}
	for (unsigned i = 0; i < count; i++) {
		text_put(text, i == 0 ? "" : i + 1 == count ? " and " : ", ");
		text_put(text, country_name(reference, alert->server_countries[i]));
	}
	if (count == 0) {
		text_put(text, "an unknown country");
	}
}

/* The app and the rule; where the reference has them no longer, what is left of them is the id. */
static struct app app_of(const struct alert *alert, const struct reference *reference)
{
	const struct app *app = catalogue_app(reference->catalogue, alert->app);
	const char *id = alert->app ? symbol_name(SYMBOL_APP, alert->app) : "unknown";

	return app ? *app
		   : (struct app){ .id = id,
			     .name = alert->app ? id : "an unknown app",
			     .category = "",
			     .owner = "" };
}

static struct policy_rule rule_of(const struct alert *alert, const struct reference *reference)
{
	const struct policy_rule *rule = policy_rule(reference->policy, alert->rule);

	return rule ? *rule
		    : (struct policy_rule){ .id = symbol_name(SYMBOL_RULE, alert->rule),
			      .reference = "",
			      .basis = "",
			      .severity = "medium",
			      .author = "",
			      .action = POLICY_ACTION_DENY };
}

const char *alert_app_name(const struct alert *alert, const struct reference *reference)
{
	return app_of(alert, reference).name;
}

/* The exception that would have lifted the rule, and why it does not. */
static void put_lapsed(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	const struct policy_exception *exception =
		policy_exception(reference->policy, alert->exception);
	char date[11];

	if (alert->kind == ALERT_POLICY_EXCEPTION_CONDITION) {
		text_printf(text,
			"; exception %s does not hold, since its condition is broken: the device "
			"has been with internal services",
			symbol_name(SYMBOL_EXCEPTION, alert->exception));
	} else if (alert->kind == ALERT_POLICY_EXCEPTION_EXPIRED && exception) {
		local_format_date(
			policy_header(reference->policy)->zone, exception->valid_to_ns, date);
		text_printf(text, "; exception %s was over after %s", exception->id, date);
	}
}

void alert_put_sentence(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	struct policy_rule rule = rule_of(alert, reference);
	const char *unit = symbol_name(SYMBOL_UNIT, alert->unit);
	char date[11];

	text_put(text, "A device ");
	if (unit[0] != '\0') {
		text_printf(text, "in %s ", unit);
	}
	text_put_char(text, '(');
	put_device(text, alert);
	local_format_date(zone, alert->first_ns, date);
	text_printf(text, ") used %s on %s, which ", alert_app_name(alert, reference), date);
	if (alert->kind == ALERT_POLICY_NOT_APPROVED) {
		text_put(text, "is not on the list of approved apps");
	} else {
		text_printf(text, "rule %s denies", rule.id);
	}
	if (rule.effective_from_ns) {
		local_format_date(zone, rule.effective_from_ns, date);
		text_printf(text, " since %s", date);
	}
	put_lapsed(text, alert, reference);
	text_printf(text, ": %" PRIu64 " flow%s, ", alert->flows, alert->flows == 1 ? "" : "s");
	text_put_size(text, alert->bytes_up);
	text_put(text, " sent, ");
	text_put_size(text, alert->bytes_down);
	text_put(text, " received, servers in ");
	put_countries(text, alert, reference);
	if (alert->verdict.parent_country[0] != '\0') {
		text_printf(text, ", under the control of %s",
			country_name(reference, alert->verdict.parent_country));
	}
	text_put_char(text, '.');
}

/* ,"name":"value" where the value is there. */
static void put_member(struct text *text, const char *name, const char *value)
{
	if (value && value[0] != '\0') {
		bool is_first = text->length > 0 && text->at[text->length - 1] == '{';
		text_printf(text, "%s\"%s\":\"", is_first ? "" : ",", name);
		text_put_json(text, value, strlen(value));
		text_put_char(text, '"');
	}
}

static void put_time(struct text *text, const char *name, uint64_t time_ns)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	clock_format(time_ns, time);
	put_member(text, name, time);
}

static void put_id(struct text *text, const char *name, const struct alert *alert)
{
	char id[ALERT_ID_BYTES];

	alert_format_id(alert, id);
	put_member(text, name, id);
}

static void put_event(struct text *text, const struct alert *alert, const char *sentence)
{
	text_put(text,
		"\"event\":{\"kind\":\"alert\",\"category\":[\"network\"],\"type\":[\"info\"]");
	put_member(text, "module", "borderflow");
	put_member(text, "dataset", "borderflow.alert");
	put_member(text, "action", alert_kind_name(alert->kind));
	put_id(text, "id", alert);
	put_time(text, "start", alert->first_ns);
	put_time(text, "end", alert->last_ns);
	text_printf(text, ",\"duration\":%" PRIu64, alert->last_ns - alert->first_ns);
	put_member(text, "reason", sentence);
	text_put(text, "}");
}

static void put_rule(
	struct text *text, const struct policy_rule *rule, const struct policy_header *header)
{
	text_put(text, ",\"rule\":{");
	put_member(text, "id", rule->id);
	put_member(text, "description", rule->basis);
	put_member(text, "reference", rule->reference[0] ? rule->reference : header->reference);
	put_member(text, "ruleset", header->organisation);
	if (rule->author[0] != '\0') {
		text_put(text, ",\"author\":[\"");
		text_put_json(text, rule->author, strlen(rule->author));
		text_put(text, "\"]");
	}
	text_put(text, "}");
}

static void put_ends(struct text *text, const struct alert *alert)
{
	char address[ADDR_TEXT_MAX];

	text_put(text, ",\"source\":{");
	if (alert->pseudonym[0] == '\0') {
		addr_format(&alert->device, address);
		put_member(text, "ip", address);
		text_put_char(text, ',');
	}
	text_printf(text, "\"bytes\":%" PRIu64 "},\"destination\":{\"bytes\":%" PRIu64,
		alert->bytes_up, alert->bytes_down);
	put_member(text, "domain", alert->domain);
	if (alert->place.asn) {
		const char *name = alert->organization;
		text_printf(text, ",\"as\":{\"number\":%" PRIu32, alert->place.asn);
		if (name[0] != '\0') {
			text_put(text, ",\"organization\":{");
			put_member(text, "name", name);
			text_put(text, "}");
		}
		text_put(text, "}");
	}
	if (alert->place.country[0] != '\0') {
		text_put(text, ",\"geo\":{");
		put_member(text, "country_iso_code", alert->place.country);
		text_put(text, "}");
	}
	text_put(text, "}");
}

static void put_app(struct text *text, const struct alert *alert, const struct app *app)
{
	bool is_first = true;

	text_put(text, ",\"app\":{");
	put_member(text, "id", app->id);
	put_member(text, "category", app->category);
	put_member(text, "owner", app->owner);
	put_member(text, "owner_country", alert->verdict.owner_country);
	put_member(text, "parent_country", alert->verdict.parent_country);
	text_put(text, ",\"evidence\":[");
	for (unsigned kind = 0; kind < EVIDENCE_KIND_COUNT; kind++) {
		if (alert->verdict.evidence >> kind & 1) {
			text_printf(
				text, "%s\"%s\"", is_first ? "" : ",", evidence_kind_name(kind));
			is_first = false;
		}
	}
	text_printf(text, "],\"confidence\":%u}", alert->verdict.confidence);
}

static void put_alert(struct text *text, const struct alert *alert,
	const struct reference *reference, const struct policy_rule *rule)
{
	text_put(text, "\"alert\":{");
	put_id(text, "id", alert);
	put_member(text, "kind", alert_kind_name(alert->kind));
	put_member(text, "state", "new");
	put_member(text, "severity",
		policy_severity(reference->policy, rule, alert->unit, alert->verdict.confidence));
	put_member(text, "severity_of_rule", rule->severity);
	text_printf(text, ",\"revision\":%" PRIu32 ",\"flows\":%" PRIu64 ",\"flow_ids\":[",
		alert->revision, alert->flows);
	for (unsigned i = 0; i < alert->flow_id_count; i++) {
		text_printf(text, "%s\"f%016" PRIx64 "\"", i ? "," : "", alert->flow_ids[i]);
	}
	text_put(text, "],\"server_countries\":[");
	for (unsigned i = 0; i < ALERT_COUNTRIES_MAX && alert->server_countries[i][0]; i++) {
		text_printf(text, "%s\"%s\"", i ? "," : "", alert->server_countries[i]);
	}
	text_put(text, "]}");
}

static void put_borderflow(
	struct text *text, const struct alert *alert, const struct reference *reference)
{
	struct policy_rule rule = rule_of(alert, reference);
	struct app app = app_of(alert, reference);

	text_put(text, ",\"borderflow\":{");
	put_alert(text, alert, reference, &rule);
	put_app(text, alert, &app);
	put_member(text, "server_country", alert->place.country);
	put_member(text, "operator_country", alert->place.operator_country);
	put_member(text, "zone", geo_zone_name(alert->place.zone));
	put_member(text, "control", geo_zone_name(alert->verdict.control));
	put_member(text, "unit", symbol_name(SYMBOL_UNIT, alert->unit));
	put_member(text, "class", symbol_name(SYMBOL_CLASS, alert->class_));
	put_member(text, "device", alert->pseudonym);
	text_put(text, ",\"policy\":{");
	put_member(text, "rule", rule.id);
	put_member(text, "action", policy_action_name(rule.action));
	put_member(text, "verdict",
		policy_verdict_name(alert->kind == ALERT_POLICY_NOT_APPROVED
					    ? POLICY_VERDICT_UNAPPROVED
					    : POLICY_VERDICT_VIOLATION));
	put_member(text, "exception", symbol_name(SYMBOL_EXCEPTION, alert->exception));
	text_put(text, "}}");
}

void alert_put_json(struct text *text, const struct alert *alert, const struct reference *reference)
{
	struct policy_rule rule = rule_of(alert, reference);
	char memory[1024];
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	alert_put_sentence(&sentence, alert, reference);
	text_put_char(text, '{');
	put_time(text, "@timestamp", alert->last_ns);
	text_put(text, ",\"ecs\":{\"version\":\"8.11.0\"},");
	put_event(text, alert, sentence.at);
	put_member(text, "message", sentence.at);
	put_rule(text, &rule, policy_header(reference->policy));
	text_put(text, ",\"network\":{");
	put_member(text, "application", app_of(alert, reference).id);
	text_printf(text, ",\"bytes\":%" PRIu64 "}", alert->bytes_up + alert->bytes_down);
	put_ends(text, alert);
	put_borderflow(text, alert, reference);
	text_put_char(text, '}');
}
