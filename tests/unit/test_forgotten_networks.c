/* Networks of ours that nobody declared: what says so, and what an outsider cannot say. */
#include "analyzer/redact/forgotten_networks.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "base/log.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct policy *policy;
static struct forgotten_networks *networks;

static void begin(void)
{
	forgotten_networks_destroy(networks);
	networks = forgotten_networks_create();
}

static bool holds(const char *text)
{
	struct addr addr;

	return addr_parse(text, &addr) && forgotten_networks_hold(networks, &addr);
}

static uint8_t wrapped;    /* how what is learnt comes */
static bool is_unanswered; /* … and whether in vain */

static void learn(const char *source, const char *destination)
{
	struct record record = { .flow = { .wrapped = { wrapped, 0 },
					 .total_packets = { 1, !is_unanswered } } };

	addr_parse(source, &record.flow.source);
	addr_parse(destination, &record.flow.destination);
	policy_locate(policy, &record);
	forgotten_networks_learn(networks, policy, &record);
}

static void see(enum sighting_kind kind, const char *text)
{
	struct sighting sighting = { .kind = (uint8_t)kind };

	addr_parse(text, &sighting.addr);
	forgotten_networks_see(networks, policy, &sighting);
}

/* Who speaks to a link is on it. */
static void test_link(void)
{
	static const struct {
		const char *source, *destination;
		bool is_found;
	} cases[] = {
		{ "203.0.113.7", "255.255.255.255", true },
		{ "203.0.113.7", "224.0.0.251", true },
		{ "203.0.113.7", "224.0.1.1", false }, /* routers pass it on */
		{ "203.0.113.7", "198.51.100.1", false },
		{ "255.255.255.255", "203.0.113.7", false }, /* anybody can write a source */
		{ "224.0.0.251", "203.0.113.7", false },
		{ "10.1.2.3", "255.255.255.255", false }, /* declared */
		{ "0.0.0.0", "255.255.255.255", false },
		{ "127.0.0.1", "255.255.255.255", false },
		{ "169.254.1.1", "255.255.255.255", false },
		{ "2001:db8:7::7", "ff02::fb", true },
		{ "2001:db8:7::7", "ff12::fb", true },
		{ "2001:db8:7::7", "ff05::fb", false },
		{ "2001:db8:7::7", "fe80::1", true },
		{ "fe80::1", "2001:db8:7::7", true },
		{ "fec0::1", "2001:db8:7::7", false },
		{ "2001:db8:7::7", "2001:db8:8::8", false },
		{ "fd00::7", "ff02::fb", false }, /* declared */
		{ "ff02::fb", "2001:db8:7::7", false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct prefix *prefixes;
		begin();
		learn(cases[i].source, cases[i].destination);
		is_int(forgotten_networks_list(networks, &prefixes), cases[i].is_found,
			"%s to %s %s", cases[i].source, cases[i].destination,
			cases[i].is_found ? "is on a link of ours" : "says nothing");
	}
	begin();
	is_unanswered = true;
	learn("fe80::1", "2001:db8:7::7");
	ok(!holds("2001:db8:7::7"), "who does not answer a link-local address may be anywhere");
	learn("2001:db8:7::7", "fe80::1");
	ok(holds("2001:db8:7::7"), "… but who calls one is on its link");
	is_unanswered = false;
	begin();
	learn("203.0.113.7", "255.255.255.255");
	learn("203.0.113.9", "255.255.255.255");
	learn("2001:db8:7::7", "ff02::fb");
	const struct prefix *prefixes;
	is_int(forgotten_networks_list(networks, &prefixes), 2, "each network once");
	ok(prefixes[0].bits == 120 && prefixes[1].bits == 64, "a /24, a /64");
	ok(holds("203.0.113.255") && !holds("203.0.114.0") && !holds("203.0.112.255"),
		"of which all addresses are ours, and no others");
	ok(holds("2001:db8:7:0:ffff::") && !holds("2001:db8:7:1::"), "… of IPv6 as well");
}

/* An interface identifier that is made of a MAC is the same under each prefix. */
static void test_interfaces(void)
{
	begin();
	learn("2001:db8:7::215:5dff:fe01:234f", "2001:db8:8::8");
	ok(!holds("2001:db8:7::1"), "nobody knows the device");
	learn("fd00::215:5dff:fe01:234f", "192.0.2.1");
	ok(!holds("fd00::1"), "one of a declared network");
	learn("2001:db8:7::215:5dff:fe01:2350", "2001:db8:8::8");
	ok(!holds("2001:db8:7::1"), "… makes no other one ours");
	learn("2001:db8:7::215:5dff:fe01:234f", "2001:db8:8::8");
	ok(holds("2001:db8:7::1"), "… but its own other address");
	ok(!holds("2001:db8:8::1"), "… and nobody's that it speaks with");
	begin();
	learn("fd00::1:2:3:4", "192.0.2.1");
	learn("2001:db8:7::1:2:3:4", "2001:db8:8::8");
	ok(!holds("2001:db8:7::1"), "an identifier that is made up says nothing");
	begin();
	learn("fe80::215:5dff:fe01:234f", "ff02::1");
	learn("2001:db8:8::8", "2001:db8:7::215:5dff:fe01:234f");
	ok(holds("2001:db8:7::1"), "one of the link says the same, of who is called too");
	begin();
	learn("fd00::7", "2001:db8:7::215:5dff:fe01:234f");
	learn("2001:db8:7::215:5dff:fe01:234f", "2001:db8:8::8");
	ok(!holds("2001:db8:7::1"), "who is called by a device of ours is not one of them");
}

/* What address resolution, leases and routers say. */
static void test_words(void)
{
	begin();
	see(SIGHTING_FLOW, "203.0.113.7");
	ok(!holds("203.0.113.7"), "that it sends is nothing");
	see(SIGHTING_ARP, "203.0.113.7");
	ok(holds("203.0.113.7"), "address resolution is of the link");
	see(SIGHTING_NEIGHBOUR, "2001:db8:7::7");
	ok(holds("2001:db8:7::7"), "… neighbour discovery too");
	see(SIGHTING_LEASE, "198.51.100.7");
	ok(holds("198.51.100.7"), "what is given away is ours");
	see(SIGHTING_ARP, "10.1.2.3");
	see(SIGHTING_ARP, "169.254.1.1");
	struct addr network;
	addr_parse("2001:db8:9::", &network);
	forgotten_networks_hear(networks, policy, &network);
	ok(holds("2001:db8:9::1"), "what a router advertises is ours");
	addr_parse("fd00:1::", &network);
	forgotten_networks_hear(networks, policy, &network);
	addr_parse("fe80::", &network);
	forgotten_networks_hear(networks, policy, &network);
	const struct prefix *prefixes;
	is_int(forgotten_networks_list(networks, &prefixes), 4,
		"what is declared, or of one link, is not asked for");
}

/* Anybody outside can put into a tunnel what a link of ours would say. */
static void test_tunnels(void)
{
	static const uint8_t ways[] = { FLOW_WRAPPED_INSIDE, FLOW_WRAPPED_OUTSIDE };

	for (unsigned i = 0; i < 2; i++) {
		begin();
		wrapped = ways[i];
		learn("203.0.113.7", "255.255.255.255");
		ok(holds("203.0.113.7") == (i == 0), "a broadcast in a tunnel of %s",
			i ? "somebody outside is his word" : "ours is one of our link");
		learn("fe80::1", "2001:db8:7::7");
		ok(holds("2001:db8:7::7") == (i == 0), "… and so is a link-local end");
		learn("fe80::215:5dff:fe01:234f", "ff02::1");
		learn("2001:db8:8::215:5dff:fe01:234f", "2001:db8:9::9");
		ok(holds("2001:db8:8::1") == (i == 0), "… and an interface");
	}
	wrapped = FLOW_BARE;
}

static void test_full(void)
{
	const struct prefix *prefixes;
	char text[ADDR_TEXT_MAX];

	begin();
	for (unsigned i = 0; i < FORGOTTEN_MAX + 2; i++) {
		snprintf(text, sizeof(text), "198.18.%u.1", i);
		see(SIGHTING_ARP, text);
	}
	is_int(forgotten_networks_list(networks, &prefixes), FORGOTTEN_MAX, "there is room for 64");
	ok(holds("198.18.0.9") && holds("198.18.63.9") && !holds("198.18.64.9"),
		"the first ones stay");
}

int main(void)
{
	static const char ours[] = "own_networks: [10.0.0.0/8, 'fd00::/8']\n";
	struct policy_problems problems;
	struct err err = { "" };

	log_set_level(LOG_LEVEL_ERROR);
	if (catalogue_open(&catalogue, NULL, 0, &err) < 0 ||
		policy_parse(&policy, "ours", ours, strlen(ours), NULL, catalogue, &problems,
			&err) < 0) {
		ok(false, "what the test needs: %s", err.text);
		return done_testing();
	}
	test_link();
	test_interfaces();
	test_words();
	test_tunnels();
	test_full();
	forgotten_networks_destroy(networks);
	policy_free(policy);
	catalogue_close(catalogue);
	return done_testing();
}
