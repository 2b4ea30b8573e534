#include "analyzer/device/station.h"

#include <string.h>

#include "analyzer/device/nat_signs.h"
#include "base/quick_hash.h"

#define HOUR_NS   (3600 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)

/* Two or more IPv4 addresses that it returns to as often within an hour, each time before long, may
 * be several devices'. */
enum { ROUTER_RETURNS = 3 };
#define TURN_NS (30 * MINUTE_NS)

/* An address that was not seen for so long is not in use. */
#define UNUSED_NS (5 * MINUTE_NS)

/* A router is one so long after it last sent for others. */
#define ROUTER_KEPT_NS (24 * HOUR_NS)

/* One device: after so many flows, or so long; longer where it shows several systems, as a
 * translator does before there are enough of them to tell it. */
enum { ONE_FLOWS = 12 };
#define ONE_NS            (10 * MINUTE_NS)
#define ONE_OF_SEVERAL_NS HOUR_NS

static bool is_link_local(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr_v4(addr) >> 16 == 0xa9fe
				: addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static bool is_from_beyond(const struct sighting *sighting)
{
	return sighting->stack != 0 && nat_hops(sighting->ttl) > 0;
}

/* One address among a few: of IPv6 what is left of it, where no host's IPv4 address is. */
#define SHORT_V6 UINT32_C(0xf0000000)

static uint32_t short_of(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr_v4(addr) : (uint32_t)quick_hash_addr(0, addr) | SHORT_V6;
}

/* Two that come from beyond are a router's. Of IPv6 a device has several, and a firewall that keeps
 * MACs shows all of them from beyond. */
static bool brings_two(const struct station *station, const struct sighting *sighting)
{
	unsigned count = 0;

	for (unsigned i = 0; i < station->addr_count; i++) {
		count += station->addrs[i] < SHORT_V6;
	}
	return count > 1 && addr_is_v4(&sighting->addr) && is_from_beyond(sighting);
}

static void note_span(struct station_span *span, uint64_t time_ns)
{
	if (span->from_ns == 0 || span->last_ns + STATION_SPAN_NS < time_ns) {
		span->from_ns = time_ns;
	}
	span->last_ns = time_ns > span->last_ns ? time_ns : span->last_ns;
}

static bool is_among(const struct station *station, uint32_t addr)
{
	unsigned i = 0;

	while (i < station->addr_count && station->addrs[i] != addr) {
		i++;
	}
	return i < station->addr_count;
}

/* Back and forth between addresses: who moves to another network does not return all the time, or
 * is seen to move: into another VLAN, or by a lease. */
static bool takes_turns(struct station *station, const struct sighting *sighting)
{
	uint32_t addr = short_of(&sighting->addr);
	bool has_moved = sighting->vlan_id != station->vlan_id;

	if (addr >= SHORT_V6 || addr == station->last) {
		return false;
	}
	station->returns += !has_moved && is_among(station, addr) &&
			    station->turn_ns + TURN_NS > sighting->time_ns &&
			    station->returns < ROUTER_RETURNS;
	station->turn_ns = sighting->time_ns;
	station->last = addr;
	return station->returns == ROUTER_RETURNS;
}

/* Who has never sent a frame and answers for several by turns has none of them. */
static bool answers_for_others(struct station *station, const struct sighting *sighting)
{
	if (!takes_turns(station, sighting)) {
		return false;
	}
	note_span(&station->in_turn, sighting->time_ns);
	return sighting->kind == SIGHTING_ARP && station->flows == 0;
}

/* Whoever sends for an address that is not ours, or for more than a device has, sends for others:
 * of IPv6, where a device has many, for as many from beyond; by ARP, for as many in whose name it
 * answers. Devices that were elsewhere still send with an address or two of there: of what was seen
 * as one of ours it takes as many as of ours. */
static bool sends_for_others(struct station *station, const struct sighting *sighting, bool is_own)
{
	uint64_t hour = sighting->time_ns / HOUR_NS;
	bool is_known = station->flows > 0 || station->addr_count > 0 || station->options != 0;

	if (!is_own && !is_known) {
		return true;
	}
	if (is_own && !addr_is_v4(&sighting->addr) && !is_from_beyond(sighting)) {
		return false;
	}
	if (hour != station->hour) {
		station->hour = hour;
		station->addr_count = station->returns = 0;
	}
	uint32_t addr = short_of(&sighting->addr);
	if (is_own && answers_for_others(station, sighting)) {
		return true;
	}
	if (is_among(station, addr)) {
		return false;
	}
	if (station->addr_count < STATION_ADDRS) {
		station->addrs[station->addr_count++] = addr;
	}
	return station->addr_count == STATION_ADDRS || brings_two(station, sighting);
}

static void begin_to_route(struct station *station, uint64_t time_ns)
{
	if (!station_is_router(station, time_ns)) {
		station->router_ns = time_ns;
		station->router_until_ns = 0;
	}
	station->router_last_ns = time_ns;
	station->calm = 0;
}

/* A router whose flows of a day's length and more are all its own is none: it is what it was. */
static void end_routing(struct station *station, const struct sighting *sighting, bool is_own)
{
	bool is_its_own = is_own && sighting->stack != 0 && !is_from_beyond(sighting);

	station->calm = is_its_own ? station->calm + (station->calm < ONE_FLOWS) : 0;
	if (station->calm == ONE_FLOWS &&
		station->router_last_ns + ROUTER_KEPT_NS < sighting->time_ns) {
		station->router_until_ns = sighting->time_ns;
		station->one_ns = sighting->time_ns;
	}
}

static void look_for_router(struct station *station, const struct sighting *sighting, bool is_own)
{
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	bool is_claim = sighting->kind == SIGHTING_ARP && is_own;

	if ((!is_flow && !is_claim) || is_link_local(&sighting->addr)) {
		return;
	}
	if (sends_for_others(station, sighting, is_own)) {
		begin_to_route(station, sighting->time_ns);
	} else if (is_flow && station_is_router(station, sighting->time_ns)) {
		end_routing(station, sighting, is_own);
	}
}

void station_note_many(
	struct station *station, unsigned signs, unsigned least, uint64_t from_ns, uint64_t time_ns)
{
	if (station->many_ns == 0 || station->many_last_ns + STATION_MANY_KEPT_NS < time_ns) {
		station->many_ns = from_ns;
		station->many_signs = 0;
		station->many_least = 0;
	}
	station->many_last_ns = time_ns > station->many_last_ns ? time_ns : station->many_last_ns;
	station->many_signs |= (uint8_t)signs;
	station->many_least = least > station->many_least ? (uint16_t)least : station->many_least;
}

/* A dock's MAC is that of whoever sits at it: one that comes under another name than before is
 * several devices. */
static void look_for_names(struct station *station, const struct sighting *sighting)
{
	bool is_other = sighting->name != 0 && station->name != 0 &&
			sighting->name != station->name && station_has_mac(station);

	if (is_other) {
		station_note_many(
			station, 1U << NAT_NAMES, 2, sighting->time_ns, sighting->time_ns);
	}
	station->name = sighting->name ? sighting->name : station->name;
}

void station_see(struct station *station, const struct sighting *sighting, bool is_own)
{
	look_for_router(station, sighting, is_own);
	if (sighting->kind == SIGHTING_LEASE && short_of(&sighting->addr) < SHORT_V6) {
		station->last = short_of(&sighting->addr); /* where it is from now on */
	}
	station->vlan_id = sighting->vlan_id;
	station->options = sighting->kind == SIGHTING_ASK && sighting->options ? sighting->options
									       : station->options;
	look_for_names(station, sighting);
}

void station_see_own(struct station *station, const struct sighting *sighting)
{
	if (station->one_ns != 0) {
		return;
	}
	station->flows += sighting->stack != 0;
	uint64_t after_ns = station->systems[1] != 0 ? ONE_OF_SEVERAL_NS : ONE_NS;
	if (station->flows >= ONE_FLOWS || sighting->time_ns > station->first_ns + after_ns) {
		station->one_ns = sighting->time_ns;
	}
}

/* Is a SYN of a kind that its own address shows? What is no SYN does not tell. */
static bool is_its_system(struct station *station, const struct sighting *sighting, bool is_own)
{
	uint32_t kind = nat_system(sighting->stack, sighting->ttl);
	unsigned i = 0;

	if (sighting->stack == 0) {
		return true;
	}
	while (i < STATION_SYSTEMS && station->systems[i] != 0 && station->systems[i] != kind) {
		i++;
	}
	bool is_new = i == STATION_SYSTEMS || station->systems[i] == 0;
	if (is_own && is_new && i < STATION_SYSTEMS) {
		station->systems[i] = kind;
	}
	return is_own || !is_new || station->systems[0] == 0;
}

/* Another address takes the place of its own: the kinds of system are those of this one now. */
static void change_own(struct station *station, const struct sighting *sighting, uint32_t addr)
{
	if (!is_its_system(station, sighting, false)) {
		note_span(&station->others, sighting->time_ns);
	}
	if (sighting->stack != 0) {
		memset(station->systems, 0, sizeof(station->systems));
	}
	station->own = addr;
}

/* Of IPv4, what it shows or says to have, is its own while it uses no other. */
static enum binding_claim claim_of(struct station *station, const struct sighting *sighting)
{
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	uint32_t addr = short_of(&sighting->addr);

	if ((!is_flow && sighting->kind != SIGHTING_ARP) || addr >= SHORT_V6) {
		return BINDING_ALONE;
	}
	if (station->own != addr && station->own_ns != 0 &&
		station->own_ns + UNUSED_NS > sighting->time_ns) {
		bool is_same = is_its_system(station, sighting, false);
		if (!is_same) {
			note_span(&station->others, sighting->time_ns);
		}
		return is_flow && is_same ? BINDING_BESIDE : BINDING_NOT;
	}
	if (station->own != addr) {
		change_own(station, sighting, addr);
	}
	is_its_system(station, sighting, true);
	station->own_ns = sighting->time_ns;
	return BINDING_ALONE;
}

enum binding_claim station_claim(struct station *station, const struct sighting *sighting)
{
	uint32_t hour = (uint32_t)(sighting->time_ns / HOUR_NS);

	if (station->bound_hour != hour) {
		station->bound_hour = hour;
		station->bound = 0;
	}
	enum binding_claim claim = claim_of(station, sighting);
	return station->bound < STATION_BOUND_MOST ? claim : BINDING_NOT;
}

struct addr station_identity(const struct station *station)
{
	struct addr identity = { { 0x01, 0x00 } };

	for (unsigned i = 0; i < 8; i++) {
		identity.bytes[8 + i] = (uint8_t)(station->key >> (56 - 8 * i));
	}
	return identity;
}
