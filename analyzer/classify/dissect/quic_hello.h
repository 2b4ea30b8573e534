/* Hellos of QUIC: CRYPTO frames put together, and what is inside read as TLS is.
 *
 * Of a hello there may be several versions, and on a socket several connections, one of which is
 * meant to hide another: until one is answered the names of all stand beside each other.
 *
 * Memory   pieces lie in the flow's streams.
 * Threads  one. */
#pragma once

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/dissect/quic_frames.h"

/* How many names hellos have said. */
unsigned quic_hello_names(const struct l7_info *l7);

/* The names are those of the connection at that place alone. */
void quic_hello_narrow(
	struct dissection *dissection, const struct quic_state *state, unsigned place);

/* Frames of the connection at that place: done where its hello, the first one, is whole. */
enum dissect_result quic_hello_take(struct dissection *dissection, struct quic_frames *frames,
	struct quic_state *state, unsigned place);

/* The hello will not come together any more: what there is of it may still hold the name. */
enum dissect_result quic_hello_give_up(struct dissection *dissection);
