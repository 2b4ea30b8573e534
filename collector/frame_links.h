/* Which frame each packet came in, where somebody asks (decoder_track_frames()).
 *
 * A packet that was put together from several frames is told of once for each, so whatever stands
 * for so many frames on its way through the decoder (pieces of a datagram, a datagram inside a
 * tunnel) carries a chain of as many references.
 *
 * Memory   a ring of links, more than frames can wait.
 * Threads  one; belongs to a decoder. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/packet.h"

enum { FRAME_LINKS = 1 << 18 };

/* Empty: the frame in hand alone. */
struct frame_chain {
	uint32_t first, last;
};

struct frame_links {
	struct frame_ref in_hand; /* the frame that is being decoded */
	struct frame_ref told;    /* the frame that the next extra packet is of */
	uint32_t next;
	struct frame_ref *extras; /* of each packet that waits for room */
	struct {
		struct frame_ref frame;
		uint32_t next;
	} links[FRAME_LINKS];
};

static inline void frame_links_take_up(struct frame_links *links, struct frame_ref frame)
{
	links->in_hand = links->told = frame;
}

static inline struct frame_chain frame_links_single(struct frame_links *links)
{
	uint32_t at = links->next = links->next % (FRAME_LINKS - 1) + 1; /* 0 is none */

	links->links[at].frame = links->in_hand;
	links->links[at].next = 0;
	return (struct frame_chain){ at, at };
}

/* Puts more behind the chain. */
static inline void frame_links_join(
	struct frame_links *links, struct frame_chain *chain, struct frame_chain more)
{
	if (!links || !more.first) {
		return;
	}
	if (chain->first) {
		links->links[chain->last].next = more.first;
		chain->last = more.last;
	} else {
		*chain = more;
	}
}

/* The next extra packet is of the first frame of the chain, which is taken out of it. */
static inline void frame_links_tell_of(struct frame_links *links, struct frame_chain *chain)
{
	if (links && chain->first) {
		links->told = links->links[chain->first].frame;
		chain->first = links->links[chain->first].next;
	}
}

/* Extra packets are of the frame in hand again. */
static inline void frame_links_tell_on(struct frame_links *links)
{
	if (links) {
		links->told = links->in_hand;
	}
}
