/* Sightings: what frames say of who has which address.
 *
 * A flow begins and its first frame names the MAC behind the source, as it came to this segment;
 * address resolution (RFC 826), neighbour discovery (RFC 4861) and DHCP (RFC 2131, RFC 8415) say
 * the same in words. None of it is proof: whoever is on the segment can say anything. What it comes
 * to is for analyzer/device/ to judge, and no more than this is kept of the frames: client
 * identifiers and host names as keyed hashes, option lists as a fingerprint.
 *
 * Looked at are frames of an Ethernet with VLANs, and nothing inside a tunnel. What an answer says
 * of another MAC than the one that sent it is passed over, but for servers and relays of DHCP.
 *
 * Memory   a list is part of its batch; what finds no room is counted.
 * Threads  one a list. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"

/* How it was seen; names as in borderflow devices explain. */
#define SIGHTING_KINDS(X)                                                                          \
	X(FLOW, "frame")          /* the first frame of a flow */                                  \
	X(ARP, "arp")             /* */                                                            \
	X(NEIGHBOUR, "neighbour") /* discovery of IPv6 */                                          \
	X(ASK, "dhcp-request")    /* a client asks: no address yet, or the one it has */           \
	X(LEASE, "dhcp-lease")    /* a server gives an address */                                  \
	X(OFFER, "dhcp-offer")    /* and would give it */

enum sighting_kind {
#define X(id, name) SIGHTING_##id,
	SIGHTING_KINDS(X)
#undef X
		SIGHTING_KIND_COUNT
};

struct sighting {
	uint64_t time_ns;
	struct addr addr;  /* all zero: none was said */
	struct addr giver; /* DHCP: server or relay that sent it; all zero: the client itself */
	uint64_t client;   /* DHCP: hash of DUID or client identifier; 0 none */
	uint64_t name;     /* DHCP: hash of the host name; 0 none */
	uint32_t options;  /* DHCP: fingerprint of what is asked for (55, 60; 6, 16); 0 none */
	uint32_t lease_s;  /* LEASE: how long, 0 not said */
	uint32_t peer;     /* FLOW: of the other end's address, to tell several from one */
	uint32_t stack;    /* FLOW of a SYN: its options and their order; 0 none */
	uint32_t tcp_time; /* FLOW of a SYN: the sender's TCP clock, where has_tcp_time */
	uint8_t mac[6];    /* all zero: none was said */
	uint16_t vlan_id;  /* 0 none */
	uint16_t window;   /* FLOW of a SYN */
	uint8_t kind;      /* enum sighting_kind */
	uint8_t ttl;       /* FLOW: as it arrived */
	bool has_tcp_time;
	bool is_of_segment; /* FLOW: to a group that no router passes it on to, whatever the TTL */
};

/* Somebody else's words of the station: that it is there, they do not say. */
static inline bool sighting_is_of_server(const struct sighting *sighting)
{
	return sighting->kind == SIGHTING_LEASE || sighting->kind == SIGHTING_OFFER;
}

enum { SIGHTINGS_MAX = 256 };

struct sightings {
	unsigned count, lost; /* lost: found no room */
	struct sighting items[SIGHTINGS_MAX];
};

static inline struct sighting *sightings_add(struct sightings *list)
{
	if (list->count == SIGHTINGS_MAX) {
		list->lost++;
		return NULL;
	}
	return &list->items[list->count++];
}

struct packet;

/* A host that opens flow after flow says the same again and again: once in a few seconds is enough.
 * Zeroed at first. */
enum { SIGHTINGS_REMEMBERED = 1024 };
#define SIGHTING_AGAIN_NS UINT64_C(5000000000)

struct recent_sighting {
	uint64_t signature, time_ns;
};

struct sighting_memory {
	struct recent_sighting recent[SIGHTINGS_REMEMBERED];
};

/* Does the first packet of a flow say something that was not said a moment ago? */
bool sightings_are_new(struct sighting_memory *memory, const struct packet *packet);

/* That the sender of the packet, the first of a flow, has this MAC. False where the packet's frame
 * does not say, or comes from nobody's address. */
bool sighting_of_packet(struct sighting *sighting, const struct packet *packet);

/* The MAC address that sent the packet's frame, and how many hops are left; likewise. */
bool sender_of_packet(uint8_t mac[6], uint8_t *hops, const struct packet *packet);

/* The first ones and those behind them are each in order of time: now all of them are. */
void sightings_merge(struct sightings *list, unsigned first);

const char *sighting_kind_name(enum sighting_kind kind);

/* A secret's hash that is never 0. */
uint64_t sighting_hash(const struct hash_key *key, char purpose, const void *bytes, size_t count);
