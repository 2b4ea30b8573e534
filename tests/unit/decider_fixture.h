/* A decider over records that tests make: traffic of devices in 10.0.0.0/8 with services outside.
 */
#pragma once

#include "analyzer/policy/decider.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "tests/tap.h"

enum { RELEASED_MAX = 64 };

static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;
static struct decider *decider;
static struct record *released;

static void use(const char *yaml)
{
	struct policy_problems problems;
	struct err err;

	decider_destroy(decider);
	policy_free(policy);
	decider = decider_create();
	decider_wait_for_all(decider);
	if (policy_parse(&policy, "test.yaml", yaml, strlen(yaml), NULL, catalogue, &problems,
		    &err) < 0) {
		ok(false, "%s", err.text);
		exit(done_testing());
	}
	reference.policy = policy;
	reference.version++;
}

static struct record flow(const char *device, const char *app, const char *host, const char *when,
	unsigned payload_up)
{
	struct record record;
	const struct app *known = catalogue_app(catalogue, catalogue_find(catalogue, app));

	memset(&record, 0, sizeof(record));
	addr_parse(device, &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = record.flow.start_seen = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 12;
	record.flow.packets[1] = record.flow.total_packets[1] = 20;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 12 * 52 + payload_up;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 30000;
	clock_parse(when, &record.flow.start_ns);
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + NS_PER_S;
	record.l7.protocol = L7_TLS;
	record.l7.exchange = L7_EXCHANGE_MORE;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, host, strlen(host));
	record.verdict.app = known ? known->symbol : 0;
	record.verdict.confidence = 95;
	record.verdict.evidence = 1 << EVIDENCE_TLS_SNI;
	return record;
}

/* Where it is, and whose. */
static void place(struct record *record)
{
	policy_locate(policy, record);
	policy_note_proxy(policy, record);
	record->device.identity = *record_own_addr(record);
	record->decision.block = 0;
}

/* Takes it; how many violations came back at once. */
__attribute__((unused)) static unsigned take(struct record *record)
{
	place(record);
	return decider_take(decider, &reference, record) &&
	       record->decision.verdict == POLICY_VERDICT_VIOLATION;
}

/* How many of those that waited are violations in the end. */
__attribute__((unused)) static unsigned finish(void)
{
	unsigned violations = 0;
	size_t count;

	while ((count = decider_release(decider, &reference, true, released, RELEASED_MAX)) > 0) {
		for (size_t i = 0; i < count; i++) {
			violations += released[i].decision.verdict == POLICY_VERDICT_VIOLATION;
		}
	}
	decider_finish(decider);
	return violations;
}

static const char ban[] =
	"own_networks: [10.0.0.0/8]\n"
	"units: {North: {networks: [10.1.0.0/16]}, South: {networks: [10.2.0.0/16]}}\n"
	"rules:\n"
	"  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n";

__attribute__((unused)) static struct record attempt(
	const char *device, const char *when, bool is_answered)
{
	struct record record = flow(device, "tiktok", "www.tiktok.com", when, 0);

	if (!is_answered) {
		record.flow.tcp_state = TCP_STATE_SYN;
		record.flow.packets[1] = record.flow.total_packets[1] = 0;
		record.flow.bytes[1] = record.flow.total_bytes[1] = 0;
	}
	return record;
}

/* Opens the catalogue, and room for what is released. */
static bool begin_decider(void)
{
	struct err err;

	released = aligned_alloc(64, RELEASED_MAX * sizeof(*released));
	if (!released || catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return false;
	}
	reference.catalogue = catalogue;
	return true;
}

static void end_decider(void)
{
	decider_destroy(decider);
	policy_free(policy);
	catalogue_close(catalogue);
	free(released);
}
