/* Signs that several devices stand behind one address: NAT, a captive network, a tethering phone.
 *
 *     hops      its SYNs come from further away than those of most of its neighbours
 *               (neighbours.h), or, of a station of the segment, from near and further in turn:
 *               they have passed a router behind it
 *     stacks    SYNs of two kinds of system (their options and their order, and the TTL they start
 *               from) in turn: no device changes its system from flow to flow, and none is started
 *               anew within a minute
 *     clocks    two or more TCP clocks (RFC 7323) in turn that each run on over flows to several
 *               servers; a device that is started anew never returns to its last one
 *     hellos    more TLS and QUIC fingerprints within ten minutes than one device's programs have
 *     names     one MAC asks for leases under another host name than before: a dock that is passed
 *               on, one device after another (stations.h finds it)
 *     sessions  three others or more use its desktop (RDP, ICA) within an hour: a terminal server,
 *               which shows one system and one clock
 *
 * Each has its least number of flows, so that one odd packet is no sign. Where one is found the
 * address is "many devices, at least n" from then on, until none was seen for a day; a station that
 * has it takes that along to its next address (devices.h). Not found is not "one": devices of one
 * kind behind a translator that hides hops show none of these, nor does a terminal server whose
 * sessions do not cross the sensor.
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

enum nat_sign {
	NAT_HOPS,
	NAT_STACKS,
	NAT_CLOCKS,
	NAT_HELLOS,
	NAT_NAMES,
	NAT_SESSIONS,
	NAT_SIGN_COUNT
};

/* Names as in borderflow devices explain. */
const char *nat_sign_name(enum nat_sign sign);

struct nat_signs;
struct neighbourhood;

struct nat_signs *nat_signs_create(void); /* NULL: out of memory */
void nat_signs_destroy(struct nat_signs *signs);

/* A flow that an own address began. station: who has it now, of the segment itself, 0 not known;
 * another one than before begins anew. around: its neighbours, NULL not known. */
void nat_signs_see(struct nat_signs *signs, const struct sighting *sighting, uint64_t station,
	const struct neighbourhood *around);

/* A hello of TLS or QUIC from it. */
void nat_signs_see_hello(
	struct nat_signs *signs, const struct addr *addr, uint64_t hello, uint64_t time_ns);

/* Another one uses its desktop. */
void nat_signs_see_session(struct nat_signs *signs, const struct addr *addr,
	const struct addr *client, uint64_t time_ns);

struct nat_answer {
	bool is_many;
	uint8_t signs; /* bits of enum nat_sign */
	uint16_t least;
	uint64_t from_ns;
};
struct nat_answer nat_signs_find(
	const struct nat_signs *signs, const struct addr *addr, uint64_t time_ns);

/* Has what is asked about the address fetched: first where it stands, later what stands there. */
void nat_signs_fetch_place(const struct nat_signs *signs, const struct addr *addr);
void nat_signs_fetch(const struct nat_signs *signs, const struct addr *addr);

/* When a sign was found of it, and how often, since it is many; NULL: it was not. */
struct nat_evidence {
	uint64_t from_ns, last_ns;
	uint32_t count;
};
const struct nat_evidence *nat_signs_evidence(
	const struct nat_signs *signs, const struct addr *addr, enum nat_sign sign);

/* The addresses that were ever found to be many: steps *place on from 0; false at the end. */
bool nat_signs_next(const struct nat_signs *signs, uint32_t *place, struct addr *addr,
	struct nat_answer *answer, uint64_t *last_ns);

/* How many hops a TTL has passed, by what systems start with. */
unsigned nat_hops(uint8_t ttl);

/* A kind of system, by its SYN's options (sightings.h) and the TTL that it starts from; never 0. */
uint32_t nat_system(uint32_t stack, uint8_t ttl);

bool nat_signs_save(const struct nat_signs *signs, struct text *text);
struct reader;
bool nat_signs_load(struct nat_signs *signs, struct reader *reader);
