#include "analyzer/alert/alert.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/hash.h"
#include "base/text.h"

const char *alert_kind_name(enum alert_kind kind)
{
	static const char *const names[] = {
#define X(id, name, severity) name,
		ALERT_KINDS(X)
#undef X
	};

	return kind < ALERT_KIND_COUNT ? names[kind] : "";
}

bool alert_kind_has_budget(const char *name)
{
	static const enum alert_kind kinds[] = { ALERT_ANOMALY_VOLUME,
		ALERT_ANOMALY_SLOW_EXFILTRATION, ALERT_ANOMALY_PEERS, ALERT_ANOMALY_NEW_APP,
		ALERT_ANOMALY_NEW_DESTINATION, ALERT_ANOMALY_WAVE, ALERT_ANOMALY_UNRESOLVED,
		ALERT_ANOMALY_BEACON };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(alert_kind_name(kinds[i]), name) == 0) {
			return true;
		}
	}
	return false;
}

static const char *const severity_names[] = {
#define X(id, name, number) name,
	ALERT_SEVERITIES(X)
#undef X
};

const char *alert_severity_name(enum alert_severity severity)
{
	return severity < ALERT_SEVERITY_COUNT ? severity_names[severity] : "";
}

unsigned alert_severity_number(enum alert_severity severity)
{
	static const uint8_t numbers[] = {
#define X(id, name, number) number,
		ALERT_SEVERITIES(X)
#undef X
	};

	return severity < ALERT_SEVERITY_COUNT ? numbers[severity] : 0;
}

const char *alert_notice_name(enum alert_notice notice)
{
	static const char *const names[] = { "new", "growth", "update" };

	return names[notice];
}

void alert_format_page(
	const struct alert *alert, const struct alert_origin *origin, char *page, size_t room)
{
	const char *base = origin->page ? origin->page : "";
	size_t length = strlen(base);
	char id[ALERT_ID_BYTES];

	page[0] = '\0';
	if (length > 0) {
		alert_format_id(alert, id);
		snprintf(page, room, "%s%salerts/%s", base, base[length - 1] == '/' ? "" : "/", id);
	}
}

const char *alert_state_name(const struct alert *alert)
{
	return alert->suppression[0] != '\0' ? "suppressed" : "new";
}

static enum alert_severity severity_named(const char *name)
{
	for (unsigned i = 0; i < ALERT_SEVERITY_COUNT; i++) {
		if (strcmp(severity_names[i], name) == 0) {
			return i;
		}
	}
	return ALERT_SEVERITY_MEDIUM;
}

bool alert_says_devices(const struct alert *alert, const struct reference *reference)
{
	return !alert->of.has_unnamed ||
	       alert->of.devices >= policy_header(reference->policy)->group_minimum;
}

bool alert_is_of_policy(const struct alert *alert)
{
	return alert->kind < ALERT_SENSOR_SILENT;
}

void alert_format_id(const struct alert *alert, char text[ALERT_ID_BYTES])
{
	snprintf(text, ALERT_ID_BYTES, "a%016" PRIx64, alert->id);
}

struct alert alert_of_sensor(enum alert_kind kind, const char *sensor, uint64_t since_ns)
{
	struct hash_key key = hash_key_fixed("borderflow alert");
	struct alert alert = { .kind = (uint8_t)kind, .first_ns = since_ns, .last_ns = since_ns };
	char identity[ALERT_NAME_BYTES + 64];

	snprintf(alert.sensor.name, sizeof(alert.sensor.name), "%s", sensor);
	int length = snprintf(identity, sizeof(identity), "%s %s %" PRIu64, alert_kind_name(kind),
		alert.sensor.name, since_ns);
	alert.id = hash_bytes(&key, identity, (size_t)length);
	return alert;
}

struct alert alert_of_finding(enum alert_kind kind, const char *observer, const char *identity,
	uint64_t first_ns, const char *sentence)
{
	struct hash_key key = hash_key_fixed("borderflow alert");
	struct alert alert = { .kind = (uint8_t)kind, .first_ns = first_ns, .last_ns = first_ns };
	char whole[640];
	int length = snprintf(whole, sizeof(whole), "%s\n%.400s\n%" PRIu64 "\n%.120s",
		alert_kind_name(kind), identity, first_ns, observer ? observer : "");

	alert.id = hash_bytes(&key, whole, (size_t)length);
	snprintf(alert.sensor.name, sizeof(alert.sensor.name), "%s", observer ? observer : "");
	snprintf(alert.finding.sentence, sizeof(alert.finding.sentence), "%s", sentence);
	return alert;
}

static enum alert_severity kind_severity(enum alert_kind kind)
{
	static const uint8_t severities[] = {
#define X(id, name, severity) ALERT_SEVERITY_##severity,
		ALERT_KINDS(X)
#undef X
	};

	return severities[kind];
}

/* Did a step change anything: the severity, which is without_it where it is left out; or that of
 * the rule, where it is the only one? Nothing is above critical and nothing below low. */
static bool moved(const char *severity, const char *without_it, const char *alone,
	const struct policy_rule *rule)
{
	return strcmp(severity, without_it) != 0 || strcmp(alone, rule->severity) != 0;
}

enum alert_severity alert_severity_of(
	const struct alert *alert, const struct reference *reference, struct text *steps)
{
	const struct policy *policy = reference->policy;
	const struct policy_rule *rule = policy_rule(policy, alert->of.rule);
	uint8_t confidence = alert->of.verdict.confidence;

	if (!alert_is_of_policy(alert) || !rule) {
		if (steps) {
			text_printf(steps, "\"" ALERT_STEP_BY_KIND "%s\"",
				alert_severity_name(kind_severity(alert->kind)));
		}
		return kind_severity(alert->kind);
	}
	const char *severity = policy_severity(policy, rule, alert->of.unit, confidence);
	if (steps) {
		const char *in_unit = policy_severity(policy, rule, alert->of.unit, 0);
		const char *so_weak = policy_severity(policy, rule, 0, confidence);
		text_printf(steps, "\"" ALERT_STEP_BY_RULE "%s\"%s%s", rule->severity,
			moved(severity, so_weak, in_unit, rule) ? ",\"" ALERT_STEP_UP "\"" : "",
			moved(severity, in_unit, so_weak, rule) ? ",\"" ALERT_STEP_DOWN "\"" : "");
	}
	return severity_named(severity);
}
