/* Devices that come, go and walk: leases, offers, and whose an address is at which moment. */
#include "analyzer/device/devices.h"

#include "base/clock.h"
#include "tests/unit/device_fixture.h"

/* Each time to its last nanosecond. */
static void test_bounds(void)
{
	struct device_answer answer;

	for (unsigned early = 0; early < 2; early++) {
		begin();
		see(SIGHTING_FLOW, 1, 50, 0);
		see(SIGHTING_FLOW, 2, 50, 5 * MINUTE - early);
		answer = ask(NULL, 50, 5 * MINUTE);
		ok(early ? answer.binding_answer == BINDING_CONTESTED : is_host(&answer, 2),
			"silent for %s: %s", early ? "less than five minutes" : "five minutes",
			early ? "it is contested" : "it has passed on");
		begin();
		lease(1, 51, 0, 60);
		see(SIGHTING_FLOW, 2, 51, MINUTE - early);
		answer = ask(NULL, 51, MINUTE);
		ok(early ? answer.binding_answer == BINDING_CONTESTED : is_host(&answer, 2),
			"a lease that is %s",
			early ? "not over yet: contested" : "over: passed on");
	}
	begin();
	lease_for_a_day(5, 70, 0);
	answer = ask(NULL, 70, 24 * HOUR);
	ok(is_host(&answer, 5), "a lease binds to its last nanosecond");
	answer = ask(NULL, 70, 24 * HOUR + 1);
	ok(answer.binding_answer == BINDING_UNKNOWN, "and not beyond");

	begin();
	use(1, 50, 0);
	see(SIGHTING_FLOW, 66, 50, MINUTE);
	answer = ask(NULL, 50, 11 * MINUTE);
	ok(answer.binding_answer == BINDING_CONTESTED, "who contests does so for ten minutes");
	answer = ask(NULL, 50, 11 * MINUTE + 1);
	ok(is_host(&answer, 1), "and not for longer");
	see(SIGHTING_FLOW, 66, 50, 11 * MINUTE);
	answer = ask(NULL, 50, 2 * MINUTE);
	ok(answer.binding_answer == BINDING_CONTESTED, "who goes on by then has gone on");
}

static void test_leases(void)
{
	begin();
	lease_for_a_day(5, 70, 0);
	struct device_answer answer = ask(NULL, 70, 20 * HOUR);
	ok(is_host(&answer, 5), "a lease binds for as long as it lasts");
	answer = ask(NULL, 70, 25 * HOUR);
	ok(!answer.station, "and no longer");
	/* Behind a router every frame has its MAC. */
	for (unsigned i = 0; i < 20; i++) {
		see(SIGHTING_FLOW, 99, 70 + i, i * MINUTE);
	}
	struct sighting router;
	set_mac(&router, 99);
	uint32_t place = stations_find(devices_stations(devices), station_key_of_mac(router.mac));
	ok(place != STATION_NONE && stations_at(devices_stations(devices), place)->router_ns != 0,
		"who sends for many is a router");
	lease_for_a_day(6, 75, HOUR);
	see(SIGHTING_FLOW, 99, 75, HOUR + MINUTE);
	answer = ask(NULL, 75, 2 * HOUR);
	ok(is_host(&answer, 6), "whose frames say nothing against a lease");
	answer = ask(NULL, 80, 2 * HOUR);
	ok(!answer.station && answer.device.kind == DEVICE_ADDRESS,
		"what has none is known by its address");
}

static void test_offers(void)
{
	begin();
	see(SIGHTING_OFFER, 5, 70, 0);
	struct device_answer answer = ask(NULL, 70, 0);
	ok(is_host(&answer, 5), "an answer that offers an address is the asker's");
	use(1, 50, 0);
	see(SIGHTING_OFFER, 66, 50, 29 * MINUTE);
	answer = ask(NULL, 50, 29 * MINUTE);
	ok(is_host(&answer, 1), "an offer takes no address from whoever uses it");
	const struct addr nobody[] = { addr_from_v4((const uint8_t[4]){ 0 }), { { 0 } } };
	for (unsigned i = 0; i < 2; i++) {
		devices_ask(devices, NULL, &nobody[i], begin_ns, &answer);
		ok(answer.device.kind == DEVICE_MANY,
			"who has no address yet is no device of his own");
	}
}

/* Between two networks and back, each ten minutes. */
static void walk(unsigned vlans, bool is_leased)
{
	begin();
	for (unsigned i = 0; i < 24; i++) {
		struct sighting sighting =
			sighting_of(SIGHTING_FLOW, 7, i % 2 ? 90 : 300, i * 10 * MINUTE);
		sighting.vlan_id = vlans ? (uint16_t)(10 + i % vlans) : 0;
		if (is_leased) {
			struct sighting lease = sighting;
			lease.kind = SIGHTING_LEASE;
			lease.stack = 0;
			lease.lease_s = 86400;
			devices_see(devices, &lease, true);
		}
		devices_see(devices, &sighting, true);
	}
}

static void test_walkers(void)
{
	walk(0, false);
	struct device_answer answer = ask(NULL, 90, 231 * MINUTE);
	ok(!answer.station, "two addresses by turns at one MAC are perhaps two devices'");
	walk(0, true);
	answer = ask(NULL, 90, 231 * MINUTE);
	ok(is_host(&answer, 7), "… but not where a lease gives it each");
	walk(2, false);
	answer = ask(NULL, 90, 231 * MINUTE);
	ok(is_host(&answer, 7), "… nor in two VLANs");
}

/* Words of a server that nobody can check: what is behind a router shows no MAC. */
static void test_leases_twice(void)
{
	begin();
	lease_for_a_day(5, 70, 0);
	lease_for_a_day(6, 70, 2 * HOUR);
	struct device_answer answer = ask(NULL, 70, 3 * HOUR);
	ok(answer.binding_answer == BINDING_CONTESTED && !answer.station,
		"a lease that is given to another while it holds is nobody's");
	answer = ask(NULL, 70, HOUR);
	ok(is_host(&answer, 5), "… and was the first one's before");
	answer = ask(NULL, 70, 25 * HOUR);
	ok(is_host(&answer, 6), "… until it would be over");
	begin();
	lease_for_a_day(5, 70, 0);
	lease_for_a_day(6, 70, 2 * HOUR);
	see(SIGHTING_FLOW, 6, 70, 3 * HOUR);
	answer = ask(NULL, 70, 3 * HOUR + MINUTE);
	struct device_answer early = ask(NULL, 70, 2 * HOUR + MINUTE);
	ok(is_host(&answer, 6) && !early.station, "… or until the new one sends under it");
	lease_for_a_day(6, 70, 20 * HOUR);
	answer = ask(NULL, 70, 21 * HOUR);
	ok(is_host(&answer, 6), "whoever renews his own has it on");
}

int main(void)
{
	test_bounds();
	test_leases();
	test_offers();
	test_walkers();
	test_leases_twice();
	devices_destroy(devices);
	return done_testing();
}
