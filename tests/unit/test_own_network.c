#include "analyzer/classify/own_network.h"

#include "analyzer/classify/dissect/dns.h"
#include "analyzer/classify/dissect/router.h"
#include "tests/unit/dissect_fixture.h"

/* What machines and routers of ours say of themselves, told by hand; tests/e2e/zones.py sends it.
 */

static struct fixture fixture;
static char zone[L7_INFO_NAME_MAX + 1], host[L7_INFO_NAME_MAX + 1];
static char network[ADDR_TEXT_MAX];

static bool is_ours(void *whose, const struct addr *addr)
{
	(void)whose;
	return addr_is_v4(addr) && addr_v4(addr) >> 24 == 10;
}

static void learn(void *whose, const char *name)
{
	(void)whose;
	snprintf(zone, sizeof(zone), "%s", name);
}

static void learn_host(void *whose, const char *name)
{
	(void)whose;
	snprintf(host, sizeof(host), "%s", name);
}

static void learn_network(void *whose, const struct addr *addr)
{
	(void)whose;
	addr_format(addr, network);
}

static const struct own_network ours = {
	.is_own = is_ours, .learn = learn, .learn_host = learn_host, .learn_network = learn_network
};

static void forget(void)
{
	zone[0] = host[0] = network[0] = '\0';
}

static void told(const struct dissector *dissector, const char *sender, uint16_t port,
	const void *bytes, size_t count)
{
	struct dissect_state state = { 0 };
	struct dissection dissection = { .in = reader_over(bytes, count),
		.wire_bytes = (uint32_t)count,
		.sender_port = port,
		.receiver_port = port,
		.state = &state,
		.tables = &fixture.tables,
		.l7 = &fixture.l7 };

	addr_parse(sender, &dissection.sender);
	forget();
	dissector->datagram(&dissection);
}

/* A message of DHCP with these options. */
static void told_dhcp(const char *sender, uint8_t kind, const void *options, size_t count)
{
	enum { FIXED = 236 };
	static const uint8_t cookie[] = { 0x63, 0x82, 0x53, 0x63 };
	uint8_t bytes[512] = { kind, 1, 6 };

	memcpy(bytes + FIXED, cookie, sizeof(cookie));
	memcpy(bytes + FIXED + sizeof(cookie), options, count);
	told(&dissector_dhcp, sender, 67, bytes, FIXED + sizeof(cookie) + count);
}

static void test_dhcp(void)
{
	enum { REQUEST = 1, REPLY = 2 };
	static const char host_name[] = "\x0c\x08"
					"Annas-PC";
	static const char whole[] = "\x51\x18\1\0\0annas-pc.zone.example";
	static const char encoded[] = "\x51\x0c\5\0\0\x08"
				      "annas-pc";
	static const char domain[] = "\x0f\x0czone.example";

	told_dhcp("0.0.0.0", REQUEST, host_name, sizeof(host_name) - 1);
	is_text(host, "annas-pc", "a client without an address says its name");
	told_dhcp("192.0.2.7", REQUEST, host_name, sizeof(host_name) - 1);
	is_text(host, "", "… not one from elsewhere");
	told_dhcp("10.0.0.7", REQUEST, whole, sizeof(whole) - 1);
	is_text(host, "annas-pc.zone.example", "a whole name");
	is_text(zone, "annas-pc.zone.example", "… which stands in a zone of ours");
	told_dhcp("0.0.0.0", REQUEST, encoded, sizeof(encoded) - 1);
	is_text(host, "annas-pc", "one that has no domain ends without a dot");
	told_dhcp("0.0.0.0", REQUEST, domain, sizeof(domain) - 1);
	is_text(zone, "", "a client says nothing of the domain");
	told_dhcp("10.0.0.1", REPLY, domain, sizeof(domain) - 1);
	is_text(zone, "zone.example", "… a server does");
	told_dhcp("10.0.0.1", REPLY, host_name, sizeof(host_name) - 1);
	is_text(host, "annas-pc", "the name that a server gives");
	is_text(zone, "", "… need not stand in the domain");
	for (size_t cut = 0; cut < sizeof(encoded); cut++) {
		told_dhcp("0.0.0.0", REQUEST, encoded, cut);
	}
	ok(true, "options that are cut off");
}

static void test_neighbours(void)
{
	static const char answer[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\x08"
				     "annas-tv\5local\0\0\1\x80\1\0\0\0\x78\0\4\x0a\0\0\7";
	static const char question[] = "\0\0\0\0\0\1\0\0\0\0\0\0\3pc7\4zone\7example\0\0\1\0\1";
	static const char name[] = "\0\7\x29\x10\0\1\0\0\0\0\0\1 "
				   "EBEOEOEBFDCNFAEDCACACACACACACAAA\0\0\x20\0\1";

	told(&dissector_dns, "10.0.0.7", 5353, answer, sizeof(answer) - 1);
	is_text(host, "annas-tv.local", "mDNS: who has that address, unasked");
	told(&dissector_dns, "192.0.2.7", 5353, answer, sizeof(answer) - 1);
	is_text(host, "", "… not from elsewhere");
	told(&dissector_dns, "10.0.0.7", 5355, question, sizeof(question) - 1);
	is_text(zone, "pc7.zone.example", "LLMNR: who is asked for is on the link");
	told(&dissector_dns, "10.0.0.7", 137, name, sizeof(name) - 1);
	is_text(host, "annas-pc", "NetBIOS: a machine registers its name");
}

static void test_wishes(void)
{
	static const char update[] = "\0\7\x28\0\0\1\0\0\0\0\0\0\4zone\7example\0\0\6\0\1";

	told(&dissector_dns, "10.0.0.7", 53, update, sizeof(update) - 1);
	is_text(zone, "zone.example", "the zone that a machine of ours wants to be in");
	told(&dissector_dns, "192.0.2.7", 53, update, sizeof(update) - 1);
	is_text(zone, "", "… not one from elsewhere");
}

static void advertise(const char *sender, const void *options, size_t count)
{
	enum { FIXED = 14 };
	uint8_t bytes[128] = { 0 };
	struct addr addr;

	memcpy(bytes + FIXED, options, count);
	addr_parse(sender, &addr);
	forget();
	router_learn(&ours, &addr, reader_over(bytes, FIXED + count));
}

static void test_router(void)
{
	static const char prefix[] =
		"\3\4\x40\xc0\0\0\0\0\0\0\0\0\0\0\0\0\x2a\0\xb0\xb0\0\1\0\2\0\0"
		"\0\0\0\0\0\0";
	static const char domains[] = "\x1f\4\0\0\0\0\2\x58\4zone\7example\0\4next\3foo\0\0\0";
	char changed[sizeof(prefix)];

	advertise("fe80::1", prefix, sizeof(prefix) - 1);
	is_text(network, "2a00:b0b0:1:2::", "a network that a router on the link advertises");
	advertise("2a00:b0b0::1", prefix, sizeof(prefix) - 1);
	is_text(network, "", "… not one from elsewhere");
	memcpy(changed, prefix, sizeof(prefix));
	changed[3] = 0;
	advertise("fe80::1", changed, sizeof(changed) - 1);
	is_text(network, "", "… nor one that is not said to be on the link");
	advertise("fe80::1", domains, sizeof(domains) - 1);
	is_text(zone, "next.foo", "domains to search, to the last");
	memcpy(changed, prefix, sizeof(prefix));
	changed[1] = 0;
	advertise("fe80::1", changed, sizeof(changed) - 1);
	is_text(network, "", "an option without a length ends it");
	for (size_t cut = 0; cut < sizeof(domains); cut++) {
		advertise("fe80::1", domains, cut);
	}
	ok(true, "options that are cut off");
}

int main(void)
{
	fixture_init(&fixture);
	fixture.tables.own = ours;
	test_dhcp();
	test_neighbours();
	test_wishes();
	test_router();
	fixture_flow(&fixture, 6, 1, 1);
	fixture_deinit(&fixture);
	return done_testing();
}
