/* Duplicates: packets that a capture holds twice, as from a bridge and its port, from both sides of
 * a router, or from a mirror that copies what comes in and what goes out.
 *
 * A packet is a duplicate where all that the decoder knows of it (ends, numbers, lengths, the
 * identification of IPv4, TCP's time stamps, every captured byte of its payload) is as it was a
 * moment ago, in the same context or where one of the two has none; but a bare packet is no copy of
 * what somebody outside wrapped. In another VLAN it is one where it came by another MAC address: a
 * router or firewall stands between, and the mirror holds both of its sides. Nothing is sent again
 * so soon; only without an identification bare acknowledgements may be alike, and datagrams that
 * are not encrypted, and those count as duplicates where others of the same kind (same wire,
 * router, VLAN) just did, some for each of those, and all while nearly everything comes twice; so
 * it is with those of a sender that says the same under the same identification for ever, once it
 * came again twice, later than copies do: until then its first ten milliseconds count as one. Of
 * many that are equal each has as many copies as others have. A segment without identification and
 * time stamps may have been sent again on the same wire after a tenth of a millisecond: it is a
 * copy while many come twice. Fragments are asked about before their datagram is put together, each
 * by itself. Where nothing but such datagrams comes twice nobody can tell, and they count twice.
 *
 * Few captures are doubled, so not every packet is looked at: the first ones are, then a sample
 * that holds both copies or none, and every packet again while duplicates are found.
 *
 * Memory   fixed: 96 KiB.
 * Threads  one; belongs to a decoder.
 * Failure  none. The hash is keyed: nobody can make a packet look like another. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/contexts.h"
#include "collector/packet.h"

struct duplicates;

/* Copies that a router or firewall had passed on between the two. */
struct duplicates_routed {
	uint64_t packets;
	uint16_t vlan_ids[2]; /* the two sides of the last one; 0 none */
};

/* Copies too late to be taken out, as of a mirror on another switch: the same bytes under the same
 * identification, all about as late. They count again. */
struct duplicates_late {
	uint64_t asked;   /* packets with an identification that were looked at, those copies too */
	uint64_t packets; /* copies, less those that were as late as no others */
	uint64_t apart_ns;
};

struct duplicates *duplicates_create(const struct contexts *contexts); /* NULL: out of memory */
void duplicates_destroy(struct duplicates *duplicates);

/* Takes duplicates out; the others stay in their order, and with them what stands in frames for
 * each (NULL: nothing does). How many are left. */
unsigned duplicates_remove(struct duplicates *duplicates, struct packet *packets,
	struct frame_ref *frames, unsigned count);

/* Is this fragment a copy of one before it? A packet without ports, with what tells fragments apart
 * in place of TCP's numbers, and PACKET_FRAGMENT among its flags. */
bool duplicates_have_piece(struct duplicates *duplicates, const struct packet *piece);

struct duplicates_routed duplicates_routed(const struct duplicates *duplicates);
struct duplicates_late duplicates_late(const struct duplicates *duplicates);
