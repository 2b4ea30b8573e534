/* A station: what stands on a segment and has a MAC, or, seen through a relay alone, an identifier
 * of DHCP; and what is known of it by itself: whether it carries others' addresses, whether others
 * stand behind it, and which address is its own.
 *
 * A MAC is a device. One that carries the addresses of others is a router and tells nothing of
 * them, until for a day it has carried nothing but its own: a laptop that spoke once with the
 * address of its last network is no router for good. One that has a few IPv4 addresses at a
 * time or in turn may be a repeater, a host of bridged machines or a server with several: its
 * addresses stand for themselves, unless it is enrolled and they show one system (devices.h).
 *
 * A station is one device once it was seen for a while without a sign of others behind it
 * (nat_signs.h); before that it is a station, which may be a translator. What is found out holds
 * from that moment on, so that an answer for a time does not depend on what came later.
 *
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/device/bindings.h"
#include "base/addr.h"
#include "base/clock.h"
#include "collector/sightings.h"

#define STATION_NONE UINT32_MAX

/* From when on something was seen, and when last: it holds for a day. */
struct station_span {
	uint64_t from_ns, last_ns;
};

/* Kinds of system, and addresses of an hour, that are kept; so many of those are a router's. */
enum { STATION_SYSTEMS = 4, STATION_ADDRS = 6 };

struct station {
	uint64_t key; /* the MAC's 48 bits; with the highest bit set a hash of its identifier */
	uint64_t first_ns, last_ns;
	uint64_t router_ns;             /* carries others' addresses since then; 0: never did */
	uint64_t router_last_ns;        /* did so last */
	uint64_t router_until_ns;       /* and no longer since then; 0: still */
	uint64_t one_ns;                /* is one device since then; 0: too little was seen */
	uint64_t many_ns, many_last_ns; /* others stand behind it: since when, last sign; 0 never */
	uint64_t client;                /* as in sightings; 0 none */
	uint64_t name;                  /* likewise; not kept over a restart */
	uint64_t joined_ns;             /* is the same device as `same` since then; 0: as none */
	uint64_t parted_ns;             /* and no longer since then; 0: still */
	uint64_t hour;                  /* addresses are counted by the hour */
	uint64_t own_ns;                /* its IPv4 address was last seen */
	uint64_t turn_ns;               /* and another one than just before */
	uint64_t far_ns;                /* all it shows comes from further than its wire; 0: no */
	struct station_span in_turn;    /* has several IPv4 addresses in turn */
	struct station_span others;     /* which show systems of other kinds */
	uint32_t same;                  /* STATION_NONE */
	uint32_t options;               /* DHCP's fingerprint; 0 none */
	uint32_t flows;                 /* that it began, TCP, until it was one device */
	uint32_t bound_hour, bound;     /* addresses that became its own in that hour */
	uint32_t addrs[8];              /* IPv4 addresses that it had in that hour */
	uint32_t own, last; /* IPv4 address that is its own, that was seen last; 0 none */
	uint32_t systems[STATION_SYSTEMS]; /* SYNs of its own address, by kind; 0 none */
	uint16_t vlan_id, many_least;
	uint8_t many_signs; /* bits of enum nat_sign */
	uint8_t addr_count;
	uint8_t returns;                   /* to an address that it had before, in that hour */
	uint8_t calm;                      /* of a router: flows in a row that are its own */
	uint8_t bound_before, has_several; /* an address, more of them */
	uint8_t is_used;                   /* no bool: it is read back from a file */
};

static inline bool station_is_router(const struct station *station, uint64_t time_ns)
{
	return station->router_ns != 0 && station->router_ns <= time_ns &&
	       (station->router_until_ns == 0 || time_ns < station->router_until_ns);
}

#define STATION_SPAN_NS (UINT64_C(24 * 3600) * NS_PER_S)
static inline bool station_span_holds(const struct station_span *span, uint64_t time_ns)
{
	return span->from_ns != 0 && span->from_ns <= time_ns &&
	       time_ns <= span->last_ns + STATION_SPAN_NS;
}

static inline bool station_has_mac(const struct station *station)
{
	return station->key >> 63 == 0;
}

static inline void station_mac(const struct station *station, uint8_t mac[6])
{
	for (unsigned i = 0; i < 6; i++) {
		mac[i] = (uint8_t)(station->key >> (40 - 8 * i));
	}
}

static inline uint64_t station_key_of_mac(const uint8_t mac[6])
{
	uint64_t key = 0;

	for (unsigned i = 0; i < 6; i++) {
		key = key << 8 | mac[i];
	}
	return key;
}

/* What a sighting says of it; is_own: the address is one of our networks'. */
void station_see(struct station *station, const struct sighting *sighting, bool is_own);

/* Others stand behind it, or had it before: it stays so for a week after the last sign, whatever
 * address it has next; by then somebody else may have its MAC. */
#define STATION_MANY_KEPT_NS (UINT64_C(7 * 24 * 3600) * NS_PER_S)
void station_note_many(struct station *station, unsigned signs, unsigned least, uint64_t from_ns,
	uint64_t time_ns);

/* A flow that is its own beyond doubt: after a number of them, or some time, it is one device. */
void station_see_own(struct station *station, const struct sighting *sighting);

/* May the address of the sighting become its own? Only beside it while it uses another of IPv4: two
 * at a time may be two devices'; not at all where it shows another system. A device has a few, also
 * of IPv6; whoever announces more than STATION_BOUND_MOST an hour only pushes others out. */
enum { STATION_BOUND_MOST = 64 };
enum binding_claim station_claim(struct station *station, const struct sighting *sighting);

/* What stands for it in records: an address of the discard prefix (RFC 6666), which nobody has. */
struct addr station_identity(const struct station *station);
