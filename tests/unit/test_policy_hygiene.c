/* What traffic says of rules: how often each held, and how many devices of its scope were seen. */
#include "analyzer/drafting/policy_hygiene.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;
static struct policy_hygiene *hygiene;
static uint64_t flow_id;

static const char rules[] =
	"timezone: Europe/Oslo\n"
	"own_networks: [10.0.0.0/8]\n"
	"classes: {private: {networks: [10.1.0.0/16], type: private}}\n"
	"internal_services: {networks: [10.9.0.0/16], remember: 2 d}\n"
	"rules:\n"
	"  - {id: inside, match: {app: tiktok}, scope: {class: private, internal_access: yes},\n"
	"     action: deny, basis: b}\n"
	"  - {id: outside, match: {app: tiktok}, scope: {class: private, internal_access: no},\n"
	"     action: report}\n"
	"  - {id: all, match: {app: tiktok}, action: report}\n";

static void take(const char *device, const char *destination, const char *app, const char *when)
{
	static struct record record;

	memset(&record, 0, sizeof(record));
	addr_parse(device, &record.flow.source);
	addr_parse(destination, &record.flow.destination);
	record.flow.flow_id = ++flow_id;
	record.flow.protocol = 6;
	record.flow.tcp_state = TCP_STATE_CLOSED;
	record.flow.is_last = record.flow.start_seen = true;
	record.flow.packets[0] = record.flow.total_packets[0] = 12;
	record.flow.packets[1] = record.flow.total_packets[1] = 20;
	record.flow.bytes[0] = record.flow.total_bytes[0] = 12 * 52 + 4000;
	record.flow.bytes[1] = record.flow.total_bytes[1] = 30000;
	clock_parse(when, &record.flow.start_ns);
	record.flow.flow_start_ns = record.flow.start_ns;
	record.flow.end_ns = record.flow.start_ns + NS_PER_S;
	record.l7.protocol = L7_TLS;
	record.l7.exchange = L7_EXCHANGE_MORE;
	record.verdict.app = catalogue_find(catalogue, app);
	record.verdict.confidence = 95;
	policy_locate(policy, &record);
	record.device.identity = *record_own_addr(&record);
	policy_hygiene_take(hygiene, &record);
}

static void row_is(size_t at, uint64_t devices, uint64_t hits, const char *title)
{
	const struct policy_hygiene_row *rows;

	policy_hygiene_rows(hygiene, &rows);
	ok(rows[at].devices == devices && rows[at].hits == hits,
		"%s: %u devices, %u flows (wanted %u, %u)", title, (unsigned)rows[at].devices,
		(unsigned)rows[at].hits, (unsigned)devices, (unsigned)hits);
}

int main(void)
{
	struct policy_problems problems;
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "t.yaml", rules, strlen(rules), NULL, catalogue, &problems,
			&err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	hygiene = policy_hygiene_create(policy, catalogue);
	/* One goes to the intranet after TikTok, and is still known for it on the next day, and not
	 * a week later; one never does. */
	take("10.1.0.1", "192.0.2.80", "tiktok", "2026-03-02T08:00:00");
	take("10.1.0.2", "192.0.2.80", "tiktok", "2026-03-02T08:05:00");
	take("10.1.0.1", "10.9.0.1", "", "2026-03-02T15:00:00");
	take("10.1.0.1", "192.0.2.80", "tiktok", "2026-03-03T08:00:00");
	take("10.1.0.1", "192.0.2.80", "", "2026-03-03T09:00:00");
	take("10.1.0.1", "192.0.2.80", "tiktok", "2026-03-10T08:00:00");
	policy_hygiene_finish(hygiene);
	row_is(0, 1, 2, "with access to internal services");
	row_is(1, 2, 2, "without");
	row_is(2, 2, 4, "for all");
	policy_hygiene_destroy(hygiene);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
