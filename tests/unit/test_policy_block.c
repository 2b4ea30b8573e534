/* What a policy says of attempts: were they stopped, and by whom; and of use through a proxy. */
#include "tests/unit/policy_fixture.h"

static void block_is(const struct record *given, enum block_outcome wanted,
	enum policy_verdict verdict, const char *what)
{
	struct record record = *given;

	decide(&record);
	ok(record.decision.block == wanted && record.decision.verdict == verdict, "%s: %s, %s",
		what, block_outcome_name(wanted), policy_verdict_name(verdict));
	if (record.decision.block != wanted || record.decision.verdict != verdict) {
		printf("# got %s, %s\n", block_outcome_name(record.decision.block),
			policy_verdict_name(record.decision.verdict));
	}
}

static struct record attempt(enum tcp_state state, uint64_t packets_up, uint64_t bytes_up,
	uint64_t packets_down, uint64_t bytes_down)
{
	struct record record = flow("10.1.1.1", "tiktok", "2026-01-01");

	record.flow.tcp_state = (uint8_t)state;
	record.flow.packets[0] = record.flow.total_packets[0] = packets_up;
	record.flow.packets[1] = record.flow.total_packets[1] = packets_down;
	record.flow.bytes[0] = record.flow.total_bytes[0] = bytes_up;
	record.flow.bytes[1] = record.flow.total_bytes[1] = bytes_down;
	return record;
}

static void test_blocks(void)
{
	struct record record;

	use("rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
	    "  - {id: see, match: {app: telegram}, action: report}\n");
	record = attempt(TCP_STATE_SYN, 4, 240, 0, 0);
	block_is(&record, BLOCK_DROPPED, POLICY_VERDICT_REPORTED, "an unanswered SYN");
	record = attempt(TCP_STATE_REFUSED, 1, 60, 1, 40);
	block_is(&record, BLOCK_REFUSED, POLICY_VERDICT_REPORTED, "a refused one");
	record = attempt(TCP_STATE_SYN_ACK, 2, 120, 6, 360);
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "a handshake cut short");
	record = attempt(TCP_STATE_ESTABLISHED, 9, 60 + 52 + 7 * 569, 4, 60 + 3 * 64);
	record.flow.retransmissions = 6;
	block_is(&record, BLOCK_DROPPED_AFTER_HELLO, POLICY_VERDICT_REPORTED,
		"a hello into silence");
	record = attempt(TCP_STATE_CLOSING, 3, 60 + 52 + 52 + 569, 2, 60 + 52);
	record.flow.end = FLOW_END_CLOSED;
	record.flow.left_first = FLOW_LEFT_SOURCE;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "a client that hangs up itself");
	record.flow.end_ns = record.flow.flow_start_ns + 10 * NS_PER_S;
	block_is(&record, BLOCK_DROPPED_AFTER_HELLO, POLICY_VERDICT_REPORTED,
		"… after waiting in vain");
	record = attempt(TCP_STATE_RESET, 3, 60 + 52 + 569, 2, 60 + 40);
	record.flow.tcp_flags[1] = TCP_SYN | TCP_ACK | TCP_RST;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	block_is(&record, BLOCK_DROPPED_AFTER_HELLO, POLICY_VERDICT_REPORTED,
		"a hello answered by a reset");
	record = attempt(TCP_STATE_CLOSED, 4, 60 + 52 * 2 + 569, 3, 60 + 52 + 52 + 7);
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	block_is(&record, BLOCK_DROPPED_AFTER_HELLO, POLICY_VERDICT_REPORTED,
		"a hello answered by an alert");
	record = attempt(TCP_STATE_CLOSED, 3, 156, 2, 112);
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_REPORTED, "nothing was asked");
	record = attempt(TCP_STATE_CLOSED, 8, 1400, 7, 60 + 40 * 4 + 1500 * 2);
	record.l7.exchange = L7_EXCHANGE_ONE;
	record.flow.left_first = FLOW_LEFT_SOURCE;
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "words and an answer");
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED,
		"an answer as small as a page, and its sender hangs up");
	record.l7.issuers[1] = l7_issuer_hash("DigiCert Inc", 12);
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION,
		"… under a certificate of the public's");
	record = attempt(TCP_STATE_CLOSED, 8, 1400, 7, 60 + 40 * 4 + 1500 * 2);
	record.l7.exchange = L7_EXCHANGE_NONE;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "a handshake and nothing else");
	record = attempt(TCP_STATE_CLOSED, 40, 15000, 50, 30000);
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "10 kB each way");
	record.l7.exchange = L7_EXCHANGE_UNWATCHED;
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "… whatever else was seen");
	record = attempt(TCP_STATE_MIDSTREAM, 400, 500000, 0, 0);
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_REPORTED,
		"a mirror that shows one way of an upload");
	record = attempt(TCP_STATE_ESTABLISHED, 3, 700, 2, 112);
	record.flow.is_last = false;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_REPORTED, "a part before the answer");

	record = attempt(TCP_STATE_NONE, 5, 5 * 1280, 0, 0);
	record.flow.protocol = 17;
	record.l7.protocol = L7_QUIC;
	block_is(&record, BLOCK_DROPPED, POLICY_VERDICT_REPORTED, "QUIC into silence");
	record.flow.total_packets[1] = record.flow.packets[1] = 1;
	record.flow.total_bytes[1] = record.flow.bytes[1] = 1228;
	record.l7.exchange = L7_EXCHANGE_NONE;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "QUIC that shook hands");
	record.l7.exchange = L7_EXCHANGE_MORE;
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "QUIC answered");
	record.l7.protocol = L7_ICMP;
	record.flow.protocol = 1;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_REPORTED, "a ping");

	record = flow("10.1.1.1", "telegram", "2026-01-01");
	record.flow.tcp_state = TCP_STATE_SYN;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_REPORTED, "only what is denied is blocked");
}

/* A lookup that was stopped is a try of the app it names, wherever the resolver is. */
static void test_lookups(void)
{
	struct record record = flow("10.1.1.1", "", "2026-01-01");

	use("blocking: {resolvers: [10.0.0.53], sinkholes: [10.9.9.9, 192.0.2.99]}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n"
	    "  - {id: see, match: {app: telegram}, action: report}\n");
	addr_parse("10.0.0.53", &record.flow.destination);
	record.flow.protocol = 17;
	record.flow.destination_port = 53;
	record.l7.protocol = L7_DNS;
	l7_info_add_name(&record.l7, NAME_DNS_QUERY, "www.tiktok.com", 14);
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "a lookup alone");
	record.l7.dns_blocked = true;
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "a lookup that was stopped inside");
	addr_parse("192.0.2.53", &record.flow.destination);
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "… or outside");
	addr_parse("10.0.0.53", &record.flow.source);
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "a resolver asks for others");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	addr_parse("10.9.9.9", &record.flow.destination);
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "a sinkhole inside");
	addr_parse("192.0.2.99", &record.flow.destination);
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "a sinkhole outside");
	record = flow("10.1.1.1", "telegram", "2026-01-01");
	addr_parse("10.9.9.9", &record.flow.destination);
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "what is not denied is not blocked");
}

/* What stays inside and has no app goes to no service of the world. */
static void test_inside(void)
{
	struct record record = flow("10.1.1.1", "", "2026-01-01");

	use("rules:\n  - {id: all, match: any, action: deny, basis: b}\n");
	addr_parse("10.0.0.9", &record.flow.destination);
	record.verdict.app = 0;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "a printer is no sinkhole");
	record.verdict.app = catalogue_find(catalogue, "tiktok");
	record.flow.protocol = 1;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "nor is who is pinged");
	record.flow.protocol = 17;
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "a service of the world inside is");
}

static uint8_t via_of(struct record record)
{
	policy_locate(policy, &record);
	policy_note_proxy(policy, &record);
	return record.via;
}

/* Who stands between is marked; where he stands says nothing of the service. */
static void test_proxies(void)
{
	struct record record = flow("10.1.1.1", "tiktok", "2026-01-01");

	use("proxies: {networks: [198.51.100.0/24], issuers: [Exempelstad Inspection CA]}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n");
	is_int(via_of(record), RECORD_VIA_DIRECT, "nobody stands between");
	addr_parse("198.51.100.65", &record.flow.destination);
	is_int(via_of(record), RECORD_VIA_PROXY, "a gateway by its network");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	record.l7.issuers[0] = l7_issuer_hash("exempelstad inspection ca", 25);
	record.via = via_of(record);
	ok(record.via == RECORD_VIA_PROXY && !policy_is_end_a_proxy(policy, &record),
		"TLS that the body opens itself, on the way to where the service is");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	addr_parse("10.0.0.80", &record.flow.destination);
	record.flow.protocol = 6;
	block_is(&record, BLOCK_DNS, POLICY_VERDICT_REPORTED, "a service of the world inside");
	record.verdict.inferred = true;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "… but not by what is only inferred");
	record.verdict.inferred = false;
	record.l7.through_proxy = true;
	is_int(via_of(record), RECORD_VIA_PROXY, "it was asked for with CONNECT");
	policy_locate(policy, &record);
	policy_note_proxy(policy, &record);
	policy_decide(policy, catalogue, &record);
	ok(record.decision.block != BLOCK_DNS, "so the inside is a proxy and no sinkhole");
	is_int(record.decision.verdict, POLICY_VERDICT_VIOLATION,
		"… and what is used through it is used");
	record = flow("10.1.1.1", "tiktok", "2026-01-01");
	record.l7.through_proxy = L7_PROXY_ASKED;
	l7_info_add_name(&record.l7, NAME_HTTP_HOST, "www.example.com", 15);
	is_int(via_of(record), RECORD_VIA_PROXY, "a whole address is asked of a proxy");
	l7_info_add_name(&record.l7, NAME_DNS_QUERY, "www.example.com", 15);
	is_int(via_of(record), RECORD_VIA_DIRECT, "… but not where the lookup led there");
	record.l7.name_count = 1;
	record.flow.source = record.flow.destination;
	addr_parse("10.1.1.1", &record.flow.destination);
	is_int(via_of(record), RECORD_VIA_DIRECT, "who asks a server of ours is no proxy");
}

static struct record through_proxy(uint8_t protocol, enum l7_proxy said)
{
	struct record record = flow("10.1.1.1", "tiktok", "2026-01-01");

	addr_parse("10.0.0.80", &record.flow.destination);
	record.l7.protocol = protocol;
	record.l7.through_proxy = (uint8_t)said;
	record.l7.exchange = protocol == L7_TLS ? L7_EXCHANGE_MORE : L7_EXCHANGE_UNWATCHED;
	record.via = RECORD_VIA_PROXY;
	return record;
}

/* Use through a proxy is that of the device behind it; what the proxy refuses is stopped, and what
 * the proxy then asks is nobody's use once more. */
static void test_proxied(void)
{
	struct record record;

	use("proxies: {networks: [10.0.0.80]}\n"
	    "own_networks: [10.0.0.0/8]\n"
	    "internal_services: {networks: [10.0.0.0/24]}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, basis: b}\n");
	record = through_proxy(L7_TLS, L7_PROXY_ASKED);
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "a tunnel through a proxy");
	ok(!policy_is_contact(policy, catalogue, &record),
		"the proxy's address makes no contact with internal services");
	record = through_proxy(L7_HTTP, L7_PROXY_REFUSED);
	block_is(&record, BLOCK_BLOCK_PAGE, POLICY_VERDICT_REPORTED, "the proxy refuses");
	record = through_proxy(L7_SOCKS, L7_PROXY_REFUSED);
	block_is(&record, BLOCK_BLOCK_PAGE, POLICY_VERDICT_REPORTED, "… over SOCKS");
	record = through_proxy(L7_HTTP, L7_PROXY_ASKED);
	record.flow.bytes[1] = record.flow.total_bytes[1] = 3000;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "nothing came of it");
	addr_parse("198.51.100.8", &record.flow.destination);
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED, "… nor at a proxy outside");
	record = through_proxy(L7_TLS, L7_PROXY_ASKED);
	record.verdict.app = 0;
	block_is(&record, BLOCK_NONE, POLICY_VERDICT_NONE, "a proxy is asked for all sorts");
	record = flow("10.0.0.80", "tiktok", "2026-01-01");
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_REPORTED, "a proxy asks for others");
}

static void test_declared_firewall(void)
{
	struct record record = attempt(TCP_STATE_CLOSED, 8, 1400, 9, 60 + 40 * 4 + 1500 * 4);

	use("blocking: {page_issuers: [Exempelstad Gateway CA], page_networks: [192.0.2.128/25]}\n"
	    "rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, blocked: yes, basis: b}\n");
	record.l7.exchange = L7_EXCHANGE_ONE;
	record.flow.left_first = FLOW_LEFT_DESTINATION;
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION, "not the firewall's issuer");
	record.l7.issuers[0] = l7_issuer_hash("exempelstad gateway ca", 22);
	block_is(&record, BLOCK_BLOCK_PAGE, POLICY_VERDICT_REPORTED, "the firewall's issuer");
	record.l7.exchange = L7_EXCHANGE_MORE;
	record.flow.total_packets[1] = 300;
	record.flow.total_bytes[1] = 400000;
	block_is(&record, BLOCK_PASSED, POLICY_VERDICT_VIOLATION,
		"but 400 kB are no page, whoever signed them");
	record.flow.total_packets[1] = 9;
	record.flow.total_bytes[1] = 60 + 40 * 4 + 1500 * 4;
	record.l7.issuers[0] = 0;
	record.l7.exchange = L7_EXCHANGE_ONE;
	addr_parse("192.0.2.200", &record.flow.destination);
	block_is(&record, BLOCK_BLOCK_PAGE, POLICY_VERDICT_REPORTED, "the firewall's network");
	use("rules:\n"
	    "  - {id: ban, match: {app: tiktok}, action: deny, blocked: yes, basis: b}\n");
	record.flow.left_first = FLOW_LEFT_SOURCE;
	block_is(&record, BLOCK_UNSURE, POLICY_VERDICT_REPORTED,
		"where a block is said to be, a small answer may be its page");
}

static enum block_outcome of_probe(const char *issuer)
{
	struct record record = attempt(TCP_STATE_CLOSED, 5, 700, 5, 60 + 40 * 4 + 1500);

	record.l7.server_hello = true;
	record.l7.issuers[0] = l7_issuer_hash(issuer, strlen(issuer));
	l7_info_set_issuer(&record.l7, issuer, strlen(issuer));
	return policy_probe_outcome(policy, &record);
}

/* A probe is judged by whole names, as it judges itself. */
static void test_probe_issuers(void)
{
	use("blocking: {page_issuers: [Exempelstad Gateway]}\n");
	is_int(of_probe("EXEMPELSTAD gateway"), BLOCK_BLOCK_PAGE, "the firewall's issuer");
	is_int(of_probe("Service CA"), BLOCK_PASSED, "another issuer is not the firewall's");
	is_int(of_probe("Exempelstad Gateway CA 2"), BLOCK_UNSURE,
		"one of which the policy has a part may be");
}

int main(void)
{
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	test_blocks();
	test_lookups();
	test_inside();
	test_proxies();
	test_proxied();
	test_declared_firewall();
	test_probe_issuers();
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
