/* A QUIC connection whose first flight is cut as asked, and whose rest only its ends could read:
 * for versions, hellos and orders of frames that ngtcp2 with GnuTLS does not make (quic_session.h
 * is the real thing).
 *
 * Memory: the stack. Threads: one. Failure: none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/traffic/hello.h"
#include "tests/traffic/scene.h"

/* How the hello's bytes lie in the client's Initials. */
enum quic_cut {
	QUIC_CUT_WHOLE,       /* one frame in one packet */
	QUIC_CUT_IN_ORDER,    /* two datagrams */
	QUIC_CUT_TURNED,      /* the second half comes first */
	QUIC_CUT_SHUFFLED,    /* many frames in any order, PADDING and PING between them */
	QUIC_CUT_OVERLAPPING, /* the same bytes more than once */
	QUIC_CUT_GAP,         /* a part that comes late, after a timer */
	QUIC_CUT_COALESCED,   /* two Initials in one datagram, and early data behind them */
	QUIC_CUT_THREE,       /* three datagrams, the middle one last */
	QUIC_CUT_COUNT
};

/* What comes before the hello that counts. */
enum quic_opening {
	QUIC_OPEN_AT_ONCE,
	QUIC_OPEN_RETRY,       /* the server asks for a token first */
	QUIC_OPEN_NEGOTIATION, /* the client offers a version that the server does not speak */
};

struct quic_flight {
	struct hello_options hello;
	uint32_t version;
	uint8_t cut;        /* enum quic_cut */
	uint8_t opening;    /* enum quic_opening */
	unsigned exchanges; /* packets that follow the handshake, each way */
};

/* Plays it in an opened UDP conversation; datagrams that carry the name are marked for the truth.
 */
void quic_flight_play(struct conversation *udp, const struct quic_flight *flight);

/* The client's first flight alone, for floods: the datagrams one after the other, each with its
 * length; returns how many there are. */
enum { QUIC_FLIGHT_DATAGRAMS_MAX = 4 };
struct quic_datagrams {
	unsigned count;
	size_t bytes[QUIC_FLIGHT_DATAGRAMS_MAX];
	uint8_t datagrams[QUIC_FLIGHT_DATAGRAMS_MAX][1500];
};
void quic_flight_build(
	struct rng *rng, const struct quic_flight *flight, struct quic_datagrams *out);
