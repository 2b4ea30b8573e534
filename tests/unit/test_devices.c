/* Devices: whose flow it is, what an outsider can and cannot do about it, and what outlives a
 * restart. */
#include "analyzer/device/devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/record/state.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/unit/device_fixture.h"

static void test_churn(void)
{
	begin();
	use(1, 50, 0);
	struct device_answer early = ask(NULL, 50, MINUTE);
	ok(early.device.kind == DEVICE_STATION, "too little was seen: a station");
	struct device_answer one = ask(NULL, 50, 25 * MINUTE);
	ok(one.device.kind == DEVICE_ONE && is_host(&one, 1), "then it is one device");
	use(1, 60, 2 * HOUR);
	struct device_answer again = ask(NULL, 60, 2 * HOUR + MINUTE);
	ok(addr_equal(&again.device.identity, &one.device.identity) &&
			again.device.kind == DEVICE_ONE,
		"which it stays under another address");
	use(2, 50, 3 * HOUR);
	struct device_answer other = ask(NULL, 50, 3 * HOUR + 29 * MINUTE);
	struct device_answer then = ask(NULL, 50, 20 * MINUTE);
	ok(is_host(&other, 2) && is_host(&then, 1),
		"an address that passed on has each at its time");
	ok(ask(NULL, 50, 9 * HOUR).binding_answer == BINDING_UNKNOWN &&
			ask(NULL, 51, 0).binding_answer == BINDING_UNKNOWN,
		"and nobody when it was seen with none for long, or never");
}

static void test_lies(void)
{
	begin();
	use(1, 50, 0);
	use(66, 66, 0);
	see(SIGHTING_ARP, 66, 50, 29 * MINUTE);
	struct device_answer answer = ask(NULL, 50, 29 * MINUTE + NS_PER_S);
	ok(is_host(&answer, 1), "ARP takes no address from whoever uses it");
	see(SIGHTING_FLOW, 66, 50, 29 * MINUTE + NS_PER_S);
	answer = ask(NULL, 50, 29 * MINUTE + 2 * NS_PER_S);
	ok(answer.device.kind == DEVICE_ADDRESS && answer.binding_answer == BINDING_CONTESTED &&
			!answer.station,
		"frames under it make it unknown, and not the liar's");
	answer = ask(NULL, 50, 28 * MINUTE);
	ok(is_host(&answer, 1), "what was before stays");
	see(SIGHTING_FLOW, 1, 50, 45 * MINUTE);
	answer = ask(NULL, 50, 45 * MINUTE);
	ok(is_host(&answer, 1), "when he is silent it is known again");
	see(SIGHTING_LEASE, 66, 50, 46 * MINUTE);
	see(SIGHTING_LEASE, 67, 50, 46 * MINUTE);
	answer = ask(NULL, 50, 46 * MINUTE);
	ok(is_host(&answer, 1),
		"a lease that nobody asked for takes nothing from whoever is there");
	see(SIGHTING_ASK, 66, 66, 47 * MINUTE - NS_PER_S);
	see(SIGHTING_LEASE, 66, 50, 47 * MINUTE);
	answer = ask(NULL, 50, 47 * MINUTE);
	ok(answer.binding_answer == BINDING_CONTESTED, "a lease for what another uses is doubted");
}

static void ask_for_lease(unsigned host, unsigned last, uint64_t client, uint64_t after)
{
	struct sighting sighting = sighting_of(SIGHTING_ASK, host, last, after);

	sighting.client = client;
	sighting.addr = (struct addr){ { 0 } };
	devices_see(devices, &sighting, true);
}

/* What others say of addresses that are not in sight on the segment. */
static void test_words(void)
{
	begin();
	struct sighting foreign = sighting_of(SIGHTING_FLOW, 99, 0, 0);
	addr_parse("198.51.100.7", &foreign.addr);
	devices_see(devices, &foreign, false);
	use(1, 50, 0);
	see(SIGHTING_ARP, 1, 300, 30 * MINUTE);
	see(SIGHTING_ARP, 2, 301, 30 * MINUTE);
	see(SIGHTING_FLOW, 99, 300, 31 * MINUTE);
	see(SIGHTING_FLOW, 99, 301, 31 * MINUTE);
	ok(!ask(NULL, 300, 31 * MINUTE).station,
		"nobody in sight is who a router brings, by ARP in his name");
	struct device_answer answer = ask(NULL, 301, 31 * MINUTE);
	ok(is_host(&answer, 2), "of whom only ARP is heard it is all that is known");
}

/* A device that was elsewhere sends with addresses of there. */
static void test_elsewhere(void)
{
	static const char *const others[] = { "169.254.7.7", "198.51.100.1", "198.51.100.2",
		"198.51.100.3", "198.51.100.4", "198.51.100.5", "198.51.100.6" };
	struct sighting sighting = sighting_of(SIGHTING_FLOW, 1, 0, 0);

	begin();
	addr_parse(others[0], &sighting.addr);
	devices_see(devices, &sighting, false);
	use(1, 50, HOUR);
	for (unsigned i = 0; i < 7; i++) {
		sighting.time_ns = begin_ns + 2 * HOUR + i;
		addr_parse(others[i], &sighting.addr);
		devices_see(devices, &sighting, false);
		struct device_answer answer = ask(NULL, 50, 2 * HOUR + MINUTE);
		if (i == 2) {
			ok(is_host(&answer, 1), "one or two of elsewhere make no router");
		} else if (i == 6) {
			ok(!answer.station, "six do");
		}
	}
}

/* A laptop that wakes up with the address of its last network is no router for good. */
static void test_no_router(void)
{
	struct sighting sighting = sighting_of(SIGHTING_FLOW, 1, 0, 0);

	begin();
	addr_parse("192.168.7.7", &sighting.addr);
	devices_see(devices, &sighting, false);
	use(1, 50, MINUTE);
	ok(!ask(NULL, 50, 20 * MINUTE).station, "who comes with another's address is a router");
	use(1, 50, 25 * HOUR);
	struct device_answer answer = ask(NULL, 50, 25 * HOUR + 29 * MINUTE);
	ok(is_host(&answer, 1) && answer.device.kind == DEVICE_ONE,
		"… and a device when it had none for a day");
	ok(!ask(NULL, 50, 20 * MINUTE).station, "which changes nothing of what was said before");
	for (unsigned i = 0; i < 7; i++) {
		see(SIGHTING_FLOW, 1, 50 + i, 27 * HOUR);
	}
	ok(!ask(NULL, 50, 27 * HOUR + MINUTE).station, "… until it sends for others");

	/* A router that is quiet over the weekend, and brings others afterwards. */
	begin();
	for (unsigned i = 0; i < 20; i++) {
		see(SIGHTING_FLOW, 99, 70 + i, i * MINUTE);
	}
	for (unsigned i = 0; i < 30; i++) {
		sighting = sighting_of(SIGHTING_FLOW, 99, 70, 70 * HOUR + i * MINUTE);
		sighting.ttl = 63;
		devices_see(devices, &sighting, true);
	}
	ok(!ask(NULL, 70, 70 * HOUR + 29 * MINUTE).station, "a quiet router stays one");
}

/* One of our IPv6 addresses, seen that many hops away. */
static struct sighting sighting_of_v6(unsigned host, unsigned last, unsigned hops, uint64_t after)
{
	struct sighting sighting = sighting_of(SIGHTING_FLOW, host, 0, after);
	char text[32];

	snprintf(text, sizeof(text), "2001:db8::1:%x", last);
	addr_parse(text, &sighting.addr);
	sighting.ttl = (uint8_t)(64 - hops);
	return sighting;
}

static struct device_answer use_v6(unsigned count, unsigned hops)
{
	struct device_answer answer;
	struct sighting sighting;

	begin();
	use(1, 50, 0);
	for (unsigned i = 0; i < 15 * count; i++) {
		sighting = sighting_of_v6(1, 1 + i % count, hops, i * MINUTE / 3);
		devices_see(devices, &sighting, true);
	}
	devices_ask(devices, NULL, &sighting.addr, sighting.time_ns, &answer);
	return answer;
}

/* A segment of IPv6 alone, seen behind its router: no IPv4 address tells that it is one. */
static void test_router_v6(void)
{
	struct device_answer answer = use_v6(20, 1);
	ok(!answer.station && answer.device.kind == DEVICE_ADDRESS,
		"who brings many of our IPv6 addresses from beyond is a router");
	answer = use_v6(20, 0);
	ok(is_host(&answer, 1), "many of its own make none");
	answer = use_v6(3, 1);
	ok(!answer.station,
		"nor is what a few send from beyond its own: nobody knows it for a router");
	begin();
	struct sighting sighting;
	for (unsigned i = 0; i < 300; i++) {
		sighting = sighting_of_v6(1 + i % 10, 1 + i % 10, 1, i * MINUTE / 3);
		devices_see(devices, &sighting, true);
	}
	devices_ask(devices, NULL, &sighting.addr, sighting.time_ns, &answer);
	ok(is_host(&answer, 10) && answer.device.kind == DEVICE_ONE,
		"where all are as far a firewall keeps their MACs");
}

/* A controller of a wireless network answers ARP in everybody's name. */
static void test_proxy_arp(void)
{
	begin();
	for (unsigned i = 0; i < 20; i++) {
		see(SIGHTING_ARP, 99, 50 + i, i);
	}
	for (unsigned minute = 1; minute < 30; minute += 2) {
		see(SIGHTING_FLOW, 1, 50, minute * MINUTE);
		see(SIGHTING_ARP, 99, 50, minute * MINUTE + 1);
		see(SIGHTING_FLOW, 2, 69, minute * MINUTE);
		see(SIGHTING_ARP, 99, 69, minute * MINUTE + 1);
	}
	struct device_answer first = ask(NULL, 50, 29 * MINUTE), last = ask(NULL, 69, 29 * MINUTE);
	ok(is_host(&first, 1) && is_host(&last, 2), "who says to be many stands in nobody's way");
	ok(!ask(NULL, 55, 29 * MINUTE).station, "and is none of those who are silent");
}

/* A flood of made-up MACs fills the table; who is known stays, who comes later finds room. */
static void test_full(void)
{
	struct sighting made_up = sighting_of(SIGHTING_FLOW, 0, 0, 0);

	begin();
	use(1, 50, 0);
	made_up.mac[0] = 6;
	for (unsigned i = 0; i < STATIONS_MAX + 100; i++) {
		made_up.time_ns = begin_ns + HOUR + i / 8000 * MINUTE;
		made_up.mac[2] = (uint8_t)(i >> 16);
		made_up.mac[3] = (uint8_t)(i >> 8);
		made_up.mac[4] = (uint8_t)i;
		devices_see(devices, &made_up, false);
	}
	use(2, 51, 3 * HOUR);
	struct device_answer known = ask(NULL, 50, 29 * MINUTE),
			     later = ask(NULL, 51, 3 * HOUR + 29 * MINUTE);
	ok(is_host(&known, 1) && is_host(&later, 2),
		"a flood pushes nobody out, and is over when it ends");
}

/* One that announces every address there is pushes nobody's out. */
static void test_announcements(void)
{
	struct sighting word = sighting_of(SIGHTING_ARP, 7, 0, HOUR);

	begin();
	lease_for_a_day(5, 70, 0);
	for (unsigned i = 0; i < BINDINGS_MAX + 100; i++) {
		uint32_t number = 0x0a100000 + i;
		const uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
			(uint8_t)(number >> 8), (uint8_t)number };
		word.addr = addr_from_v4(bytes);
		devices_see(devices, &word, true);
	}
	struct device_answer answer = ask(NULL, 70, 2 * HOUR);
	ok(is_host(&answer, 5), "whoever announces all addresses pushes nobody's out");
	use(7, 51, HOUR + MINUTE);
	answer = ask(NULL, 51, HOUR + 2 * MINUTE);
	ok(!answer.station, "… and has no more himself, for an hour");
}

static void ask_by_name(unsigned host, uint64_t name, uint64_t after)
{
	struct sighting sighting = sighting_of(SIGHTING_ASK, host, 0, after);

	sighting.addr = (struct addr){ { 0 } };
	sighting.name = name;
	devices_see(devices, &sighting, true);
}

/* Whoever sits down at a dock has its MAC, and its address, as whoever sat there before. */
static void test_docks(void)
{
	begin();
	ask_by_name(1, 11, 0);
	use(1, 50, MINUTE);
	ask_by_name(1, 11, HOUR);
	struct device_answer first = ask(NULL, 50, HOUR);
	ok(first.device.kind == DEVICE_ONE, "one name, one device");
	ask_by_name(1, 12, 2 * HOUR);
	use(1, 50, 2 * HOUR + MINUTE);
	struct device_answer second = ask(NULL, 50, 2 * HOUR + MINUTE);
	ok(second.device.kind == DEVICE_MANY &&
			!addr_equal(&second.device.identity, &first.device.identity),
		"whoever comes next under another name has not its pseudonym");
	first = ask(NULL, 50, HOUR);
	ok(first.device.kind == DEVICE_ONE, "which changes nothing of what was said before");
}

static void test_private_macs(void)
{
	begin();
	ask_for_lease(0x1001, 0, 4711, 0);
	use(0x1001, 90, MINUTE);
	ask_for_lease(0x1002, 0, 4711, 5 * HOUR);
	use(0x1002, 91, 5 * HOUR + MINUTE);
	struct device_answer first = ask(NULL, 90, 20 * MINUTE),
			     second = ask(NULL, 91, 5 * HOUR + 9 * MINUTE);
	ok(second.device.kind == DEVICE_ONE &&
			addr_equal(&first.device.identity, &second.device.identity),
		"a private MAC after another, with the same identifier: the same device");
	see(SIGHTING_FLOW, 0x1001, 90, 5 * HOUR + 20 * MINUTE);
	second = ask(NULL, 91, 5 * HOUR + 25 * MINUTE);
	ok(!addr_equal(&first.device.identity, &second.device.identity),
		"where both speak each is its own from then on");
	/* One MAC that asks under ever new identifiers takes no room from others. */
	for (unsigned i = 0; i < STATIONS_MAX + 8; i++) {
		ask_for_lease(0x1666, 0, 100000 + i, 30 * HOUR);
	}
	ask_for_lease(0x1011, 0, 4713, 30 * HOUR);
	use(0x1011, 52, 30 * HOUR);
	ask_for_lease(0x1012, 0, 4713, 36 * HOUR);
	use(0x1012, 53, 36 * HOUR);
	struct device_answer later = ask(NULL, 53, 36 * HOUR + 29 * MINUTE);
	ok(is_host(&later, 0x1011), "a flood of identifiers keeps nobody from being joined");
	ask_for_lease(7, 0, 99, 0);
	use(7, 92, MINUTE);
	ask_for_lease(0x1009, 0, 99, 5 * HOUR);
	use(0x1009, 93, 5 * HOUR + MINUTE);
	second = ask(NULL, 93, 5 * HOUR + 25 * MINUTE);
	ok(is_host(&second, 0x1009), "nobody takes the name of a MAC that is nobody's invention");
}

/* It was given one hop, which is all that it needs; that it came far nobody says. */
static void test_groups(void)
{
	struct sighting join = sighting_of(SIGHTING_FLOW, 1, 50, 0);

	begin();
	join.stack = 0;
	join.ttl = 1;
	join.is_of_segment = true;
	devices_see(devices, &join, true);
	struct device_answer answer = ask(NULL, 50, NS_PER_S);
	ok(is_host(&answer, 1) && answer.station->far_ns == 0,
		"who joins a group stands on the segment");
	use(2, 51, 0);
	use(3, 52, 0);
	use(4, 53, 0);
	set_mac(&join, 5);
	join.addr = address(54);
	join.time_ns += HOUR;
	devices_see(devices, &join, true);
	answer = ask(NULL, 54, HOUR + NS_PER_S);
	ok(is_host(&answer, 5), "also beside others");
}

static void test_enrolled(void)
{
	static const char content[] = "id,class,unit,mac\nPC-1,desk,Care,001122000001\n";
	char path[] = "/tmp/borderflow-devices-XXXXXX";
	struct inventory *inventory;
	struct err err;
	struct record *record = aligned_alloc(64, sizeof(*record));

	begin();
	close(mkstemp(path));
	file_write(path, content, strlen(content), &err);
	is_int(inventory_load(&inventory, path, NULL, NULL, &err), 0, "an inventory");
	unlink(path);
	use(1, 50, 0);
	memset(record, 0, sizeof(*record));
	record->direction = RECORD_DIRECTION_OUTBOUND;
	record->flow.source = address(50);
	record->flow.flow_start_ns = begin_ns + NS_PER_S;
	devices_identify(devices, inventory, NULL, record);
	ok(record->device.kind == DEVICE_ONE && record->decision.class_ != 0 &&
			record->decision.unit != 0 &&
			inventory_find_identity(
				inventory, &record->device.identity, record->flow.flow_start_ns),
		"what is enrolled is one device at once, with class and unit");
	struct local_day day = local_day_of(NULL, record->flow.flow_start_ns);
	struct coverage_of_day seen =
		coverage_of(devices_coverage(devices), inventory, record->decision.class_, &day);
	ok(seen.is_measured && seen.enrolled == 1 && seen.seen == 1, "and was seen that day");
	inventory_close(inventory);
	free(record);
}

static void add_neighbours(void)
{
	for (unsigned i = 0; i < 10; i++) {
		see(SIGHTING_FLOW, 100 + i, 100 + i, 0);
	}
}

static void test_many(void)
{
	begin();
	add_neighbours();
	for (unsigned i = 0; i < 5; i++) {
		struct sighting far = sighting_of(SIGHTING_FLOW, 20, 20, i * MINUTE);
		far.ttl = 63;
		devices_see(devices, &far, true);
	}
	struct device_answer answer = ask(NULL, 20, 10 * MINUTE);
	ok(answer.device.kind == DEVICE_MANY && answer.nat.signs == 1 << NAT_HOPS &&
			answer.nat.least == 2,
		"one hop further than its neighbours: others are behind it");
	for (unsigned i = 0; i < 20; i++) {
		struct sighting two = sighting_of(SIGHTING_FLOW, 21, 21, i * MINUTE);
		two.stack = i % 2 ? 5 : 6;
		devices_see(devices, &two, true);
	}
	answer = ask(NULL, 21, HOUR);
	ok(answer.device.kind == DEVICE_MANY && answer.nat.signs == 1 << NAT_STACKS,
		"two systems in turn");
	for (unsigned i = 0; i < 20; i++) {
		struct sighting updated = sighting_of(SIGHTING_FLOW, 22, 22, i * MINUTE);
		updated.stack = i < 10 ? 5 : 6;
		devices_see(devices, &updated, true);
	}
	answer = ask(NULL, 22, 30 * MINUTE);
	ok(answer.device.kind == DEVICE_ONE, "one after the other is a device that was updated");
	for (unsigned i = 0; i < 30; i++) {
		struct sighting clocks = sighting_of(SIGHTING_FLOW, 23, 23, i * MINUTE);
		clocks.has_tcp_time = true;
		clocks.tcp_time = i * 60000 + (i % 3) * 77777777;
		clocks.peer = i % 7;
		devices_see(devices, &clocks, true);
	}
	answer = ask(NULL, 23, 30 * MINUTE);
	ok(answer.device.kind == DEVICE_MANY && answer.nat.signs == 1 << NAT_CLOCKS &&
			answer.nat.least == 3,
		"three clocks that run on");
	for (unsigned i = 0; i < 30; i++) {
		struct sighting random = sighting_of(SIGHTING_FLOW, 24, 24, i * MINUTE);
		random.has_tcp_time = true;
		random.tcp_time = i * 2654435761U;
		random.peer = i;
		devices_see(devices, &random, true);
	}
	answer = ask(NULL, 24, 29 * MINUTE);
	ok(answer.device.kind == DEVICE_ONE, "a clock that begins anew each time is no sign");
	answer = ask(NULL, 20, 30 * HOUR);
	ok(!answer.nat.is_many, "after a day without a sign it may be another");
}

static void test_hellos(void)
{
	struct record *record = aligned_alloc(64, sizeof(*record));
	struct device_answer answer;

	begin();
	add_neighbours();
	memset(record, 0, sizeof(*record));
	record->direction = RECORD_DIRECTION_OUTBOUND;
	for (unsigned i = 0; i < 40; i++) {
		unsigned programs = 12; /* of one device, again and again */
		record->flow.source = address(30);
		record->flow.flow_start_ns = begin_ns + i * 5 * NS_PER_S;
		snprintf(record->l7.ja4, sizeof(record->l7.ja4), "t13d1516h2_%u", i % programs);
		devices_identify(devices, NULL, NULL, record);
		record->flow.source = address(31);
		snprintf(record->l7.ja4, sizeof(record->l7.ja4), "t13d1516h2_%u", i);
		devices_identify(devices, NULL, NULL, record);
	}
	answer = ask(NULL, 30, 5 * MINUTE);
	ok(!answer.nat.is_many, "twelve programs are one device's");
	answer = ask(NULL, 31, 5 * MINUTE);
	ok(answer.nat.is_many && answer.nat.signs == 1 << NAT_HELLOS && answer.nat.least >= 2,
		"forty fingerprints within minutes are not");
	record->flow.source = address(32);
	record->flow.total_packets[0] = record->flow.total_packets[1] = 9;
	record->flow.wrapped[0] = record->flow.wrapped[1] = FLOW_WRAPPED_OUTSIDE;
	for (unsigned i = 0; i < 40; i++) {
		record->flow.flow_start_ns = begin_ns + i * 5 * NS_PER_S;
		snprintf(record->l7.ja4, sizeof(record->l7.ja4), "t13d1516h2_%u", i);
		devices_identify(devices, NULL, NULL, record);
	}
	answer = ask(NULL, 32, 5 * MINUTE);
	ok(!answer.nat.is_many, "nor are those that somebody outside wrote into a tunnel");
	free(record);
}

static void test_next_address(void)
{
	begin();
	add_neighbours();
	for (unsigned i = 0; i < 5; i++) {
		struct sighting far = sighting_of(SIGHTING_FLOW, 20, 20, i * MINUTE);
		far.ttl = 63;
		devices_see(devices, &far, true);
	}
	see(SIGHTING_FLOW, 20, 21, 24 * HOUR);
	struct device_answer answer = ask(NULL, 21, 24 * HOUR);
	ok(answer.device.kind == DEVICE_MANY && answer.nat.signs == 1 << NAT_HOPS,
		"a translator stays one under its next address");
	see(SIGHTING_FLOW, 20, 21, 9 * 24 * HOUR);
	answer = ask(NULL, 21, 9 * 24 * HOUR);
	ok(answer.device.kind != DEVICE_MANY, "and not for ever");
}

static void test_flood(void)
{
	struct devices_stats stats;

	begin();
	use(1, 50, 0);
	for (unsigned i = 0; i < 3 * STATIONS_NEW_MAX; i++) {
		struct sighting flood = sighting_of(SIGHTING_FLOW, 0, 0, 40 * MINUTE);
		flood.mac[0] = 2;
		memcpy(flood.mac + 2, &i, sizeof(i));
		flood.addr = address(i & 0xffff);
		devices_see(devices, &flood, true);
	}
	devices_read_stats(devices, &stats);
	ok(stats.stations.count <= STATIONS_NEW_MAX + 1 && stats.stations.refused > 0,
		"a flood of made-up MACs is turned away");
	use(1, 50, HOUR);
	struct device_answer answer = ask(NULL, 50, 90 * MINUTE);
	ok(is_host(&answer, 1), "and what was known stays known");
}

static void test_state(void)
{
	char folder[] = "/tmp/borderflow-devices-XXXXXX", path[64];
	struct state *state = NULL;
	struct err err = { "" };

	begin();
	add_neighbours();
	use(1, 50, 0);
	use(2, 50, 3 * HOUR);
	ask_for_lease(0x1001, 0, 4711, 0);
	use(0x1001, 90, MINUTE);
	ok(mkdtemp(folder) && state_open(&state, folder, &err) == 0, "a folder");
	is_int(devices_save(devices, state, &err), 0, "saved: %s", err.text);
	begin();
	is_int(devices_load(devices, state, &err), 0, "loaded by the next run");
	struct device_answer now = ask(NULL, 50, 3 * HOUR + MINUTE),
			     then = ask(NULL, 50, 20 * MINUTE);
	ok(is_host(&now, 2) && is_host(&then, 1), "which knows what was, and when");
	ask_for_lease(0x1002, 0, 4711, 5 * HOUR);
	use(0x1002, 91, 5 * HOUR + MINUTE);
	now = ask(NULL, 91, 5 * HOUR + 20 * MINUTE);
	then = ask(NULL, 90, 20 * MINUTE);
	ok(addr_equal(&now.device.identity, &then.device.identity), "and who came before whom");
	state_save(state, "devices", 1, "xx", 2, &err);
	ok(devices_load(devices, state, &err) < 0 && !ask(NULL, 50, 20 * MINUTE).station,
		"half of it is none of it: %s", err.text);
	state_close(state);
	snprintf(path, sizeof(path), "%s/devices.state", folder);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	test_churn();
	test_lies();
	test_words();
	test_elsewhere();
	test_no_router();
	test_router_v6();
	test_proxy_arp();
	test_docks();
	test_full();
	test_announcements();
	test_private_macs();
	test_groups();
	test_enrolled();
	test_many();
	test_hellos();
	test_next_address();
	test_flood();
	test_state();
	devices_destroy(devices);
	return done_testing();
}
