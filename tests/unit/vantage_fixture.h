/* A vantage point of its own: two units, their healthy traffic, and what is judged of it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/vantage/segment_proof.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/made_policy.h"
#include "tests/unit/records.h"

static const char rules[] = "organisation: Exempelstad kommun\n"
			    "own_networks: [10.0.0.0/8, \"2001:db8::/32\"]\n"
			    "units:\n"
			    "  North:\n"
			    "    networks: [10.1.0.0/16, \"2001:db8:1::/48\"]\n"
			    "    vlans: [101]\n"
			    "  South:\n"
			    "    networks: [10.2.0.0/16]\n"
			    "    vlans: [102]\n";

static struct catalogue *catalogue;
static struct policy *policy;
static struct reference reference;
static struct vantage *vantage;
static struct vantage_context context;
static struct vantage_report report;
static uint64_t start_ns;

static void begin(void)
{
	vantage_destroy(vantage);
	vantage = vantage_create();
	context = (struct vantage_context){
		.reference = &reference, .now_ns = start_ns + 3600 * NS_PER_S, .has_counters = true
	};
	context.counters.frames = 100000;
	context.counters.bytes = 50000000;
}

/* A healthy TLS flow of that host of a unit's network. */
static struct record flow_of(unsigned unit, unsigned host)
{
	struct record record;
	struct record_labels labels;
	char text[32];

	record_plain(&record, &labels);
	snprintf(text, sizeof(text), "10.%u.0.%u", unit, host);
	addr_parse(text, &record.flow.source);
	record.flow.flow_start_ns = record.flow.start_ns = start_ns;
	record.flow.end_ns = start_ns + NS_PER_S;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.start_seen = record.flow.is_last = true;
	record.flow.context.vlan_id = (uint16_t)(100 + unit);
	record.l7.protocol = L7_TLS;
	record.l7.tls_version = 0x0304;
	snprintf(record.l7.ja4, sizeof(record.l7.ja4), "t13d1516h2_8daaf6152771_b0da82dd1658");
	policy_locate(policy, &record);
	return record;
}

__attribute__((unused)) static struct record lookup_of(unsigned unit, unsigned host)
{
	struct record record = flow_of(unit, host);

	record.flow.protocol = 17;
	record.flow.tcp_state = TCP_STATE_NONE;
	record.flow.destination_port = 53;
	addr_parse("10.1.0.53", &record.flow.destination);
	record.l7.protocol = L7_DNS;
	policy_locate(policy, &record);
	return record;
}

static void take(const struct record *record, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		vantage_take(vantage, &reference, record, 1);
	}
}

/* Ten hosts of each unit, their lookups, and a probe over the IPv6 of one. */
__attribute__((unused)) static void take_healthy(void)
{
	int64_t day = (int64_t)(start_ns / NS_PER_S / 86400);

	segment_days_at_network(&vantage->days, symbol_find(SYMBOL_NETWORK, "2001:db8:1::/48"), day)
		->probes = 1;
	for (unsigned host = 1; host <= 10; host++) {
		for (unsigned unit = 1; unit <= 2; unit++) {
			struct record record = flow_of(unit, host), lookup = lookup_of(unit, host);
			take(&record, 15);
			take(&lookup, 5);
		}
	}
}

static const struct vantage_finding *judge(enum vantage_code code)
{
	vantage_judge(vantage, &context, &report);
	for (unsigned i = 0; i < report.findings.count; i++) {
		if (report.findings.items[i].code == code) {
			return &report.findings.items[i];
		}
	}
	return NULL;
}

__attribute__((unused)) static uint64_t figure(
	const struct vantage_finding *finding, const char *name)
{
	for (unsigned i = 0; finding && i < finding->figure_count; i++) {
		if (strcmp(finding->figures[i].name, name) == 0) {
			return finding->figures[i].number;
		}
	}
	return UINT64_MAX;
}

/* What is always so without an inventory and without geo data. */
__attribute__((unused)) static unsigned count_faults(void)
{
	unsigned faults = 0;

	vantage_judge(vantage, &context, &report);
	for (unsigned i = 0; i < report.findings.count; i++) {
		unsigned code = report.findings.items[i].code;
		faults += code != VANTAGE_INVENTORY_NONE && code != VANTAGE_GEO_NONE &&
			  code != VANTAGE_CATALOGUE_OLD;
	}
	return faults;
}

/* False: it cannot be made, which is said. */
static bool vantage_fixture_open(void)
{
	if (!made_policy(&catalogue, &policy, rules)) {
		return false;
	}
	reference = (struct reference){ .catalogue = catalogue, .policy = policy };
	clock_parse("2026-03-17T09:00", &start_ns);
	return true;
}

static void vantage_fixture_close(void)
{
	vantage_destroy(vantage);
	policy_free(policy);
	catalogue_close(catalogue);
}
