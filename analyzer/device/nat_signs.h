/* Signs that several devices stand behind one address: NAT, a captive network, a tethering phone.
 *
 *     hops      its SYNs come from further away than those of most of its neighbours, by what is
 *               left of the TTL that systems start with (64, 128, 255): they have passed a router
 *               behind it. Neighbours are its segment, or whoever is behind the same router
 *     stacks    SYNs of two kinds of system (their options and their order, and the TTL they start
 *               from) in turn: no device changes its system from flow to flow
 *     clocks    two or more TCP clocks (RFC 7323) that each run on over flows to several servers
 *     hellos    more TLS and QUIC fingerprints within ten minutes than one device's programs have
 *     names     one MAC asks for leases under another host name than before: a dock that is passed
 *               on, one device after another (stations.h finds it)
 *
 * Each has its least number of flows, so that one odd packet is no sign. Where one is found the
 * address is "many devices, at least n" from then on, until none was seen for a day; a station that
 * has it takes that along to its next address (devices.h). Not found is
 * not "one": devices of one kind behind a translator that hides hops show none of these, and a
 * terminal server looks like the one system that it is; whoever knows of such says so in the
 * policy.
 *
 * Memory   NAT_ADDRS_MAX addresses, taken once; a new one takes the place of the one it meets.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/text.h"
#include "collector/sightings.h"

enum { NAT_ADDRS_MAX = 65536 };

enum nat_sign { NAT_HOPS, NAT_STACKS, NAT_CLOCKS, NAT_HELLOS, NAT_NAMES, NAT_SIGN_COUNT };

/* Names as in borderflow devices explain. */
const char *nat_sign_name(enum nat_sign sign);

struct nat_signs;

struct nat_signs *nat_signs_create(void); /* NULL: out of memory */
void nat_signs_destroy(struct nat_signs *signs);

/* A flow that an own address began; true for the first of an address. station: who has it now, 0
 * not known; another one than before begins anew. base_hops: how far most of its neighbours are, -1
 * not known. */
bool nat_signs_see(
	struct nat_signs *signs, const struct sighting *sighting, uint64_t station, int base_hops);

/* A hello of TLS or QUIC from it. */
void nat_signs_see_hello(
	struct nat_signs *signs, const struct addr *addr, uint64_t hello, uint64_t time_ns);

struct nat_answer {
	bool is_many;
	uint8_t signs; /* bits of enum nat_sign */
	uint16_t least;
	uint64_t from_ns;
};
struct nat_answer nat_signs_find(
	const struct nat_signs *signs, const struct addr *addr, uint64_t time_ns);

/* The addresses that were ever found to be many: steps *place on from 0; false at the end. */
bool nat_signs_next(const struct nat_signs *signs, uint32_t *place, struct addr *addr,
	struct nat_answer *answer, uint64_t *last_ns);

/* How many hops a TTL has passed, by what systems start with. */
unsigned nat_hops(uint8_t ttl);

bool nat_signs_save(const struct nat_signs *signs, struct text *text);
struct reader;
bool nat_signs_load(struct nat_signs *signs, struct reader *reader);
