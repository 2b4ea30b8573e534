/* An alert as ECS 8, on one line. Arrays hold plain values only: Wazuh reads no others. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "analyzer/alert/alert.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/text.h"

/* What is written, and what it takes to tell it. */
struct telling {
	const struct alert *alert;
	const struct reference *reference;
	const struct alert_origin *origin;
	struct policy_rule rule; /* of a policy finding */
	struct app app;
	const char *sentence;
};

/* The app and the rule; where the reference has them no longer, what is left of them is the id. */
static struct app app_of(const struct alert *alert, const struct reference *reference)
{
	uint16_t symbol = alert->of.app_count ? alert->of.apps[0] : 0;
	const struct app *app = catalogue_app(reference->catalogue, symbol);
	const char *id = symbol ? symbol_name(SYMBOL_APP, symbol) : "unknown";

	return app ? *app : (struct app){ .id = id, .name = id, .category = "", .owner = "" };
}

static struct policy_rule rule_of(const struct alert *alert, const struct reference *reference)
{
	const struct policy_rule *rule = policy_rule(reference->policy, alert->of.rule);

	return rule ? *rule
		    : (struct policy_rule){ .id = symbol_name(SYMBOL_RULE, alert->of.rule),
			      .reference = "",
			      .basis = "",
			      .severity = "medium",
			      .author = "",
			      .action = POLICY_ACTION_DENY };
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

/* What MITRE ATT&CK calls what an alert of the kind may be a sign of, where it has a name for it. A
 * sign, never proof: most such alerts have an innocent cause. */
static void put_technique(struct text *text, const struct alert *alert)
{
	static const struct {
		const char *kind, *id, *name;
	} techniques[] = {
		{ "anomaly.beacon", "T1071", "Application Layer Protocol" },
		{ "anomaly.slow-exfiltration", "T1030", "Data Transfer Size Limits" },
		{ "anomaly.volume", "T1567", "Exfiltration Over Web Service" },
	};
	const char *kind = alert_kind_name(alert->kind);

	for (unsigned i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++) {
		if (strcmp(kind, techniques[i].kind) == 0) {
			text_printf(text,
				",\"threat\":{\"framework\":\"MITRE ATT&CK\",\"technique\":"
				"{\"id\":[\"%s\"],\"name\":[\"%s\"]}}",
				techniques[i].id, techniques[i].name);
		}
	}
}

static void put_event(struct text *text, const struct telling *telling)
{
	const struct alert *alert = telling->alert;
	enum alert_severity severity = alert_severity_of(alert, telling->reference, NULL);
	char page[512];

	text_put(text,
		"\"event\":{\"kind\":\"alert\",\"category\":[\"network\"],\"type\":[\"info\"]");
	put_member(text, "module", "borderflow");
	put_member(text, "dataset", "borderflow.alert");
	put_member(text, "action", alert_kind_name(alert->kind));
	put_id(text, "id", alert);
	put_time(text, "start", alert->first_ns);
	put_time(text, "end", alert->last_ns);
	text_printf(text, ",\"duration\":%" PRIu64 ",\"severity\":%u",
		alert->last_ns - alert->first_ns, alert_severity_number(severity));
	put_member(text, "reason", telling->sentence);
	alert_format_page(alert, telling->origin, page, sizeof(page));
	put_member(text, "url", page);
	text_put(text, "}");
}

/* A silent sensor is the one that is spoken of, not the one that speaks. */
static void put_origin(struct text *text, const struct telling *telling)
{
	const struct alert *alert = telling->alert;
	const struct alert_origin *origin = telling->origin;
	const char *observer = alert_is_of_policy(alert) ? origin->observer : alert->sensor.name;

	if (origin->organization && origin->organization[0] != '\0') {
		text_put(text, ",\"organization\":{");
		put_member(text, "id", origin->organization);
		text_put(text, "}");
	}
	if (observer && observer[0] != '\0') {
		text_put(text, ",\"observer\":{");
		put_member(text, "name", observer);
		text_put(text, "}");
	}
}

static void put_rule(struct text *text, const struct telling *telling)
{
	const struct policy_rule *rule = &telling->rule;
	const struct policy_header *header = policy_header(telling->reference->policy);

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

/* What did not cross the sensor is absent, as in records. */
static void put_way(struct text *text, uint64_t bytes, enum cell_way way)
{
	bool is_first = text->length > 0 && text->at[text->length - 1] == '{';

	if (way != CELL_WAY_UNKNOWN) {
		text_printf(text, "%s\"bytes\":%" PRIu64, is_first ? "" : ",", bytes);
	}
}

/* The device where it is one alone; of several the evidence names some. */
static void put_ends(struct text *text, const struct alert *alert)
{
	const struct alert_case *of = &alert->of;
	char address[ADDR_TEXT_MAX];

	text_put(text, ",\"source\":{");
	if (of->pseudonym[0] == '\0' && of->devices == 1 && !of->has_unnamed) {
		addr_format(&of->device, address);
		put_member(text, "ip", address);
	}
	put_way(text, of->bytes_up, alert_case_way_up(of));
	text_put(text, "},\"destination\":{");
	put_way(text, of->bytes_down, alert_case_way_down(of));
	put_member(text, "domain", of->domain);
	if (of->place.asn) {
		text_printf(text, ",\"as\":{\"number\":%" PRIu32, of->place.asn);
		if (of->organization[0] != '\0') {
			text_put(text, ",\"organization\":{");
			put_member(text, "name", of->organization);
			text_put(text, "}");
		}
		text_put(text, "}");
	}
	if (of->place.country[0] != '\0') {
		text_put(text, ",\"geo\":{");
		put_member(text, "country_iso_code", of->place.country);
		text_put(text, "}");
	}
	text_put(text, "}");
}

static void put_app(struct text *text, const struct telling *telling)
{
	const struct verdict *verdict = &telling->alert->of.verdict;
	bool is_first = true;

	text_put(text, ",\"app\":{");
	put_member(text, "id", telling->app.id);
	put_member(text, "category", telling->app.category);
	put_member(text, "owner", telling->app.owner);
	put_member(text, "owner_country", verdict->owner_country);
	put_member(text, "parent_country", verdict->parent_country);
	text_put(text, ",\"evidence\":[");
	for (unsigned kind = 0; kind < EVIDENCE_KIND_COUNT; kind++) {
		if (verdict->evidence >> kind & 1) {
			text_printf(
				text, "%s\"%s\"", is_first ? "" : ",", evidence_kind_name(kind));
			is_first = false;
		}
	}
	text_printf(text, "],\"confidence\":%u}", verdict->confidence);
}

/* One text of each flow, at offset in it. */
static void put_of_flows(
	struct text *text, const char *name, const struct alert_evidence *evidence, size_t offset)
{
	text_printf(text, ",\"%s\":[", name);
	for (unsigned i = 0; i < evidence->flow_count; i++) {
		const char *item = (const char *)&evidence->flows[i] + offset;
		text_put(text, i ? ",\"" : "\"");
		text_put_json(text, item, strlen(item));
		text_put_char(text, '"');
	}
	text_put_char(text, ']');
}

/* Is it about devices: those whom a rule accuses, or the one that a detector looked at? What is
 * said of a unit or an app names nobody; whoever may see devices finds them by the flows. */
static bool is_about_devices(const struct alert *alert)
{
	return !alert_is_finding(alert) || finding_argument(&alert->finding, "device");
}

/* The flows side by side: the same place in each array is the same flow. */
static void put_evidence(struct text *text, const struct alert *alert)
{
	const struct alert_evidence *evidence = &alert->evidence;

	text_put(text, ",\"evidence\":{");
	put_member(text, "policy_hash", evidence->policy_hash);
	text_put(text, ",\"flow_ids\":[");
	for (unsigned i = 0; i < evidence->flow_count; i++) {
		text_printf(text, "%s\"f%016" PRIx64 "\"", i ? "," : "", evidence->flows[i].id);
	}
	text_put_char(text, ']');
	if (is_about_devices(alert)) {
		put_of_flows(text, "devices", evidence, offsetof(struct alert_flow, device));
	}
	put_of_flows(text, "names", evidence, offsetof(struct alert_flow, name));
	put_of_flows(text, "networks", evidence, offsetof(struct alert_flow, network));
	put_of_flows(text, "countries", evidence, offsetof(struct alert_flow, country));
	text_put(text, ",\"bytes\":[");
	for (unsigned i = 0; i < evidence->flow_count; i++) {
		text_printf(text, "%s%" PRIu64, i ? "," : "",
			evidence->flows[i].bytes_up + evidence->flows[i].bytes_down);
	}
	text_put(text, "]}");
}

static void put_devices(struct text *text, const struct telling *telling)
{
	const struct alert_case *of = &telling->alert->of;

	if (alert_says_devices(telling->alert, telling->reference)) {
		text_printf(text, ",\"devices\":%" PRIu64 ",\"devices_estimated\":%s", of->devices,
			of->is_estimate ? "true" : "false");
	} else {
		text_printf(text, ",\"devices_fewer_than\":%u",
			policy_header(telling->reference->policy)->group_minimum);
	}
}

static void put_case(struct text *text, const struct telling *telling)
{
	const struct alert_case *of = &telling->alert->of;
	const struct local_zone *zone = policy_header(telling->reference->policy)->zone;
	char week[11];

	put_member(text, "severity_of_rule", telling->rule.severity);
	local_format_date(zone, local_day_at(zone, of->week).start_ns, week);
	put_member(text, "week", week);
	put_devices(text, telling);
	text_printf(text, ",\"flows\":%" PRIu64, of->flows);
	text_put(text, ",\"apps\":[");
	for (unsigned i = 0; i < of->app_count; i++) {
		text_printf(text, "%s\"%s\"", i ? "," : "",
			of->apps[i] ? symbol_name(SYMBOL_APP, of->apps[i]) : "unknown");
	}
	text_put(text, "],\"server_countries\":[");
	for (unsigned i = 0; i < ALERT_COUNTRIES_MAX && of->server_countries[i][0]; i++) {
		text_printf(text, "%s\"%s\"", i ? "," : "", of->server_countries[i]);
	}
	text_put_char(text, ']');
	put_evidence(text, telling->alert);
}

static void put_alert(struct text *text, const struct telling *telling)
{
	const struct alert *alert = telling->alert;
	char memory[160];
	struct text steps;

	text_init(&steps, memory, sizeof(memory));
	enum alert_severity severity = alert_severity_of(alert, telling->reference, &steps);
	text_put(text, "\"alert\":{");
	put_id(text, "id", alert);
	put_member(text, "kind", alert_kind_name(alert->kind));
	put_member(text, "state", alert_state_name(alert));
	put_member(text, "suppression", alert->suppression);
	put_member(text, "severity", alert_severity_name(severity));
	text_printf(text, ",\"severity_steps\":[%s]", steps.at);
	put_member(text, "notice", alert_notice_name(alert->notice));
	if (alert->is_in_storm) {
		text_put(text, ",\"in_storm\":true");
	}
	text_printf(text, ",\"revision\":%" PRIu32, alert->revision);
	if (alert_is_of_policy(alert)) {
		put_case(text, telling);
	} else if (alert_is_finding(alert)) {
		finding_put_json(text, &alert->finding, telling->reference);
		put_evidence(text, alert);
	} else {
		put_member(text, "output", alert->sensor.output);
		put_member(text, "cause", alert->sensor.reason);
		text_printf(text, ",\"records_lost\":%" PRIu64, alert->sensor.lost);
	}
	text_put(text, "}");
}

static void put_policy(struct text *text, const struct telling *telling)
{
	const struct alert *alert = telling->alert;
	const struct alert_case *of = &alert->of;

	put_app(text, telling);
	put_member(text, "server_country", of->place.country);
	put_member(text, "operator_country", of->place.operator_country);
	put_member(text, "zone", geo_zone_name(of->place.zone));
	put_member(text, "control", geo_zone_name(of->verdict.control));
	put_member(text, "unit", symbol_name(SYMBOL_UNIT, of->unit));
	put_member(text, "class", symbol_name(SYMBOL_CLASS, of->class_));
	if (of->devices == 1 && !of->has_unnamed) {
		put_member(text, "device", of->pseudonym);
	}
	text_put(text, ",\"policy\":{");
	put_member(text, "rule", telling->rule.id);
	put_member(text, "action", policy_action_name(telling->rule.action));
	put_member(text, "verdict",
		policy_verdict_name(alert->kind == ALERT_POLICY_NOT_APPROVED
					    ? POLICY_VERDICT_UNAPPROVED
					    : POLICY_VERDICT_VIOLATION));
	put_member(text, "exception", symbol_name(SYMBOL_EXCEPTION, of->exception));
	text_put(text, "}");
}

void alert_put_json(struct text *text, const struct alert *alert, const struct reference *reference,
	const struct alert_origin *origin)
{
	static const struct alert_origin nowhere;
	struct telling telling = {
		.alert = alert, .reference = reference, .origin = origin ? origin : &nowhere
	};
	char memory[1536];
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	alert_put_sentence(&sentence, alert, reference);
	telling.sentence = sentence.at;
	text_put_char(text, '{');
	put_time(text, "@timestamp", alert->last_ns);
	text_put(text, ",\"ecs\":{\"version\":\"8.11.0\"},");
	put_event(text, &telling);
	put_member(text, "message", sentence.at);
	put_origin(text, &telling);
	put_technique(text, alert);
	if (alert_is_of_policy(alert)) {
		telling.rule = rule_of(alert, reference);
		telling.app = app_of(alert, reference);
		put_rule(text, &telling);
		text_put(text, ",\"network\":{");
		put_member(text, "application", telling.app.id);
		text_printf(
			text, ",\"bytes\":%" PRIu64 "}", alert->of.bytes_up + alert->of.bytes_down);
		put_ends(text, alert);
	}
	text_put(text, ",\"borderflow\":{");
	put_alert(text, &telling);
	if (alert_is_of_policy(alert)) {
		put_policy(text, &telling);
	}
	text_put(text, "}}");
}
