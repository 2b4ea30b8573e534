#include "analyzer/alert/alert_case.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/policy/block.h"
#include "analyzer/redact/device_detail.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/hash.h"
#include "base/local_time.h"

static enum alert_kind kind_of(
	const struct policy *policy, const struct record *record, uint16_t *exception)
{
	bool is_over;

	*exception = 0;
	if (record->decision.verdict == POLICY_VERDICT_UNAPPROVED) {
		return ALERT_POLICY_NOT_APPROVED;
	}
	*exception = policy_lapsed_exception(policy, record, &is_over);
	return *exception == 0 ? ALERT_POLICY_VIOLATION
	       : is_over       ? ALERT_POLICY_EXCEPTION_EXPIRED
			       : ALERT_POLICY_EXCEPTION_CONDITION;
}

/* 1970-01-01 was a Thursday. */
static int64_t monday_of(int64_t day)
{
	int64_t weekday = (day + 3) % 7;

	return day - (weekday < 0 ? weekday + 7 : weekday);
}

struct alert_case_key alert_case_key_of(
	const struct reference *reference, const struct record *record)
{
	const struct local_zone *zone = policy_header(reference->policy)->zone;
	struct alert_case_key key = { .rule = record->decision.rule,
		.unit = record->decision.unit,
		.week = monday_of(local_day_of(zone, record->flow.start_ns).number) };

	key.kind = (uint8_t)kind_of(reference->policy, record, &key.exception);
	return key;
}

/* Names, not symbols: those may be others in another run. */
uint64_t alert_case_id(const struct alert_case_key *key, const char *observer)
{
	struct hash_key hash_key = hash_key_fixed("borderflow alert");
	char identity[768];
	int length = snprintf(identity, sizeof(identity), "%s\n%.200s\n%.200s\n%lld\n%.200s",
		alert_kind_name(key->kind), symbol_name(SYMBOL_RULE, key->rule),
		symbol_name(SYMBOL_UNIT, key->unit), (long long)key->week,
		observer ? observer : "");

	return hash_bytes(&hash_key, identity, (size_t)length);
}

/* May the alert say which device it was? */
static bool names_device(const struct reference *reference, const struct record *record)
{
	return device_detail_of_record(reference, record) == DEVICE_DETAIL_DEVICE;
}

struct alert alert_case_of(const struct reference *reference, const struct record *record,
	const struct alert_case_key *key, uint64_t id)
{
	struct alert alert = { .id = id, .kind = key->kind, .first_ns = record->flow.start_ns };

	alert.of.exception = key->exception;
	alert.of.rule = key->rule;
	alert.of.unit = key->unit;
	alert.of.class_ = record->decision.class_;
	alert.of.week = key->week;
	alert.of.has_unnamed = !names_device(reference, record);
	if (alert.of.has_unnamed) {
		/* nothing stands for it */
	} else if (reference->pseudonyms) {
		pseudonyms_of_device(reference->pseudonyms, &record->device, record->flow.start_ns,
			alert.of.pseudonym);
	} else {
		alert.of.device = *record_own_addr(record);
	}
	return alert;
}

static void add_country(struct alert_case *of, const char *country)
{
	unsigned i = 0;

	while (i < ALERT_COUNTRIES_MAX && of->server_countries[i][0] != '\0' &&
		strcmp(of->server_countries[i], country) != 0) {
		i++;
	}
	if (i < ALERT_COUNTRIES_MAX) {
		memcpy(of->server_countries[i], country, sizeof(of->server_countries[i]));
	}
}

static void add_app(struct alert_case *of, uint16_t app)
{
	for (unsigned i = 0; i < of->app_count; i++) {
		if (of->apps[i] == app) {
			return;
		}
	}
	if (of->app_count < ALERT_APPS_MAX) {
		of->apps[of->app_count++] = app;
	} else {
		of->apps_more = true;
	}
}

void alert_flow_describe(
	struct alert_flow *flow, const struct reference *reference, const struct record *record)
{
	const char *network =
		reference->geo ? geo_organization(reference->geo, record->place.organization) : "";

	*flow = (struct alert_flow){ .id = record->flow.flow_id,
		.start_ns = record->flow.flow_start_ns,
		.asn = record->place.asn };
	if (reference->pseudonyms) {
		pseudonyms_of_device(reference->pseudonyms, &record->device, record->flow.start_ns,
			flow->device);
	} else {
		addr_format(record_own_addr(record), flow->device);
	}
	snprintf(flow->name, sizeof(flow->name), "%.127s", l7_info_domain(&record->l7));
	snprintf(flow->network, sizeof(flow->network), "%.63s", network);
	memcpy(flow->country, record->place.country, sizeof(flow->country));
}

static uint64_t bytes_of(const struct alert_flow *flow)
{
	return flow->bytes_up + flow->bytes_down;
}

/* The largest stay, in order; a part of one that is there adds to it. */
static void add_evidence(struct alert_evidence *evidence, const struct reference *reference,
	const struct record *record, uint64_t bytes_up, uint64_t bytes_down)
{
	struct alert_flow flow;
	unsigned at = 0;

	while (at < evidence->flow_count && evidence->flows[at].id != record->flow.flow_id) {
		at++;
	}
	if (at < evidence->flow_count) {
		flow = evidence->flows[at];
	} else if (evidence->flow_count < ALERT_FLOWS_MAX) {
		evidence->flow_count++;
		alert_flow_describe(&flow, reference, record);
	} else {
		at = ALERT_FLOWS_MAX - 1;
		if (bytes_up + bytes_down <= bytes_of(&evidence->flows[at])) {
			return;
		}
		alert_flow_describe(&flow, reference, record);
	}
	flow.bytes_up += bytes_up;
	flow.bytes_down += bytes_down;
	for (; at > 0 && bytes_of(&evidence->flows[at - 1]) < bytes_of(&flow); at--) {
		evidence->flows[at] = evidence->flows[at - 1];
	}
	evidence->flows[at] = flow;
}

static void take_surest(
	struct alert_case *of, const struct reference *reference, const struct record *record)
{
	of->verdict = record->verdict;
	of->place = record->place;
	strcpy(of->domain, l7_info_domain(&record->l7));
	snprintf(of->organization, sizeof(of->organization), "%s",
		reference->geo ? geo_organization(reference->geo, record->place.organization) : "");
}

/* The parts of a flow before the service answered were no violation; with the first one after it
 * the whole flow counts. */
void alert_case_add(
	struct alert *alert, const struct reference *reference, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	struct alert_case *of = &alert->of;
	bool is_counted_before = service_had_answered(record);
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	const uint64_t *bytes = is_counted_before ? flow->bytes : flow->total_bytes;

	if (of->flows == 0 || record->verdict.confidence > of->verdict.confidence) {
		take_surest(of, reference, record);
	}
	of->flows += !is_counted_before || of->flows == 0;
	of->bytes_up += bytes[own];
	of->bytes_down += bytes[1 - own];
	of->unseen_up += !record_knows_bytes(record, own);
	of->unseen_down += !record_knows_bytes(record, 1 - own);
	alert->first_ns = flow->start_ns < alert->first_ns ? flow->start_ns : alert->first_ns;
	alert->last_ns = flow->end_ns > alert->last_ns ? flow->end_ns : alert->last_ns;
	add_country(of, record->place.country);
	add_app(of, record->verdict.app);
	if (!names_device(reference, record)) {
		of->has_unnamed = true;
	} else if (!alert->evidence.is_frozen) {
		add_evidence(&alert->evidence, reference, record, bytes[own], bytes[1 - own]);
	}
}
