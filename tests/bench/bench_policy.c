/* What rules cost a record: five hundred rules of all kinds, traffic of many apps, names, countries
 * and networks. Under callgrind the difference between two counts of rounds is what the records
 * themselves cost:
 *
 *     valgrind --tool=callgrind tests/bench/bench_policy ROUNDS [quiet] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/decider.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/text.h"

enum { RULES = 500, RECORDS = 2000, ROUNDS = 50, LIST_NAMES = 10000 };

static struct record records[RECORDS];
static bool is_quiet; /* no rule denies */
static uint64_t seed = 1;

static unsigned below(unsigned most)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % most;
}

static const struct app *any_app(const struct catalogue *catalogue)
{
	return catalogue_app_at(catalogue, below(catalogue_app_count(catalogue)));
}

static void put_rule(struct text *text, const struct catalogue *catalogue, unsigned number)
{
	static const char *const countries[] = { "CN", "RU", "US", "BY", "IR", "KP", "IN", "TR" };
	static const char *const actions[] = { "deny", "report", "allow", "deny" };

	text_printf(text, "  - {id: r%u, action: %s, basis: b, scope: %s, match: ", number,
		is_quiet ? "report" : actions[below(4)], below(3) == 0 ? "{unit: North}" : "all");
	switch (below(20)) {
	case 0:
		text_printf(text, "{category: %s}}\n", any_app(catalogue)->category);
		break;
	case 1:
		text_printf(text, "{parent_country: %s, zone: third}}\n", countries[below(8)]);
		break;
	case 2:
		text_printf(text, "{asn: %u}}\n", 1 + below(60000));
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		text_printf(text, "{app: %s}}\n", any_app(catalogue)->id);
		break;
	default:
		text_printf(text, "{name: host%u.example%u.com}}\n", number, below(400));
	}
}

static struct policy *make_policy(const struct catalogue *catalogue)
{
	struct policy_problems *problems = calloc(1, sizeof(*problems));
	struct policy *policy;
	struct text text;
	struct err err;

	text_init_heap(&text);
	text_put(&text,
		"own_networks: [10.0.0.0/8]\n"
		"units: {North: {networks: [10.1.0.0/16]}, South: {networks: [10.2.0.0/16]}}\n"
		"rules:\n");
	for (unsigned i = 0; i < RULES; i++) {
		put_rule(&text, catalogue, i);
	}
	if (policy_parse(&policy, "bench", text.at, text.length, NULL, catalogue, problems, &err) <
		0) {
		printf("%s\n", err.text);
		exit(1);
	}
	text_deinit(&text);
	free(problems);
	return policy;
}

static void make_record(
	struct record *record, const struct catalogue *catalogue, const struct policy *policy)
{
	static const char *const countries[] = { "CN", "RU", "US", "SE", "DE", "NO", "IE", "FR" };
	const struct app *app = below(3) ? any_app(catalogue) : NULL;
	char name[64];
	int length =
		snprintf(name, sizeof(name), "www.host%u.example%u.com", below(600), below(400));

	memset(record, 0, sizeof(*record));
	record->flow.source.bytes[10] = record->flow.source.bytes[11] = 0xff;
	record->flow.source.bytes[12] = 10;
	record->flow.source.bytes[13] = (uint8_t)(1 + below(2));
	record->flow.source.bytes[15] = (uint8_t)below(200);
	addr_parse("192.0.2.80", &record->flow.destination);
	record->flow.protocol = 6;
	record->flow.tcp_state = TCP_STATE_CLOSED;
	record->flow.is_last = record->flow.start_seen = true;
	record->flow.packets[0] = record->flow.total_packets[0] = 12;
	record->flow.packets[1] = record->flow.total_packets[1] = 20;
	record->flow.bytes[0] = record->flow.total_bytes[0] = 9000;
	record->flow.bytes[1] = record->flow.total_bytes[1] = 30000;
	record->flow.start_ns = record->flow.flow_start_ns =
		UINT64_C(1772446800) * NS_PER_S + below(3600) * NS_PER_S;
	record->flow.end_ns = record->flow.start_ns + NS_PER_S;
	record->l7.protocol = L7_TLS;
	record->l7.exchange = L7_EXCHANGE_MORE;
	l7_info_add_name(&record->l7, NAME_TLS_SNI, name, (size_t)length);
	record->verdict.app = app ? app->symbol : 0;
	record->verdict.confidence = 95;
	if (app && strlen(app->parent_country) == 2) {
		memcpy(record->verdict.parent_country, app->parent_country, 3);
	}
	memcpy(record->place.country, countries[below(8)], 3);
	record->place.asn = 1 + below(60000);
	record->place.zone = (uint8_t)below(GEO_ZONE_COUNT);
	policy_locate(policy, record);
	record->device.identity = *record_own_addr(record);
}

/* An allow-list of names, as a generator writes one. */
static void load_list(const struct catalogue *catalogue)
{
	struct policy_problems *problems = calloc(1, sizeof(*problems));
	struct policy *policy;
	struct text text;
	struct err err;

	text_init_heap(&text);
	text_put(&text, "mode: allow-list\nrules:\n  - id: list\n    action: allow\n    match:\n   "
			"   name:\n");
	for (unsigned i = 0; i < LIST_NAMES; i++) {
		text_printf(&text, "        - host%u.example%u.org\n", i, i % 97);
	}
	uint64_t begun_ns = clock_monotonic_ns();
	policy_parse(&policy, "list", text.at, text.length, NULL, catalogue, problems, &err);
	printf("policy  %u names loaded in %.0f ms\n", LIST_NAMES,
		(double)(clock_monotonic_ns() - begun_ns) / 1e6);
	policy_free(policy);
	text_deinit(&text);
	free(problems);
}

int main(int count, char **arguments)
{
	unsigned rounds = count > 1 ? (unsigned)atoi(arguments[1]) : ROUNDS;
	struct catalogue *catalogue;
	struct err err;

	is_quiet = count > 2;
	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		printf("%s\n", err.text);
		return 1;
	}
	struct policy *policy = make_policy(catalogue);
	struct reference reference = { .catalogue = catalogue, .policy = policy, .version = 1 };
	struct decider *decider = decider_create();
	struct record *released = aligned_alloc(64, 32 * sizeof(*released));
	for (unsigned i = 0; i < RECORDS; i++) {
		make_record(&records[i], catalogue, policy);
	}
	uint64_t begun_ns = clock_monotonic_ns();
	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < RECORDS; i++) {
			struct decision *decision = &records[i].decision;
			*decision = (struct decision){ .unit = decision->unit };
			decider_take(decider, &reference, &records[i]);
		}
		while (decider_release(decider, &reference, true, released, 32) > 0) {
			continue;
		}
	}
	unsigned denied = 0;
	for (unsigned i = 0; i < RECORDS; i++) {
		denied += records[i].decision.action == POLICY_ACTION_DENY;
	}
	if (rounds > 0) {
		printf("policy  %u rules: %.0f ns a record, of which %u %% are denied\n", RULES,
			(double)(clock_monotonic_ns() - begun_ns) / rounds / RECORDS,
			100 * denied / RECORDS);
	}
	if (count < 2) {
		load_list(catalogue);
	}
	free(released);
	decider_destroy(decider);
	policy_free(policy);
	catalogue_close(catalogue);
	return 0;
}
