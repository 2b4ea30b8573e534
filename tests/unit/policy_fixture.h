/* What tests of decisions share: a policy that is replaced, and a flow to decide. */
#pragma once

#include "analyzer/policy/policy.h"

#include "base/clock.h"
#include "collector/packet.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;

static void use(const char *text)
{
	struct policy_problems problems;
	struct err err;

	policy_free(policy);
	if (policy_parse(&policy, "test.yaml", text, strlen(text), NULL, catalogue, &problems,
		    &err) < 0) {
		ok(false, "%s", err.text);
		exit(done_testing());
	}
}

/* A whole TLS connection from source to a server in the country, that was answered. */
__attribute__((unused)) static struct record flow(
	const char *source, const char *app, const char *when)
{
	struct record record = { 0 };
	const struct app *known;

	addr_parse(source, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.source_port = 50000;
	record.flow.destination_port = 443;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = true;
	record.flow.start_seen = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 12;
	record.flow.packets[1] = record.flow.total_packets[1] = 14;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 2400;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 9000;
	clock_parse(when, &record.flow.start_ns);
	record.verdict.app = catalogue_find(catalogue, app);
	record.verdict.confidence = 95;
	known = catalogue_app(catalogue, record.verdict.app);
	if (known) {
		strcpy(record.verdict.parent_country, known->parent_country);
	}
	strcpy(record.place.country, "SE");
	record.place.zone = GEO_ZONE_EU;
	record.l7.protocol = L7_TLS;
	record.l7.exchange = L7_EXCHANGE_MORE;
	return record;
}

__attribute__((unused)) static void decide(struct record *record)
{
	uint8_t zone = record->place.zone;

	policy_locate(policy, record);
	policy_note_proxy(policy, record);
	record->place.zone = zone;
	policy_decide(policy, catalogue, record);
}
