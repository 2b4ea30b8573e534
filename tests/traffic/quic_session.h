/* Real QUIC (RFC 9000): an ngtcp2 client and server in memory with GnuTLS, whose datagrams pass the
 * sensor.
 *
 * Deterministic with fixed_entropy. Memory: what ngtcp2 and GnuTLS take. Threads: one. Failure:
 * ends the program (both ends are ours). Application data is that of the models, not HTTP/3: it is
 * encrypted on the wire. */
#pragma once

#include <stddef.h>

#include "tests/traffic/scene.h"
#include "tests/traffic/tls_session.h"

struct quic_session;

/* Handshake in an opened UDP conversation; datagrams that carry the name are marked for the truth.
 * A large hello (TLS_HELLO_LARGE) takes two Initial packets. */
struct quic_session *quic_open(
	struct tls_world *world, struct conversation *udp, const struct tls_options *options);

/* A stream: up_bytes from the client, then down_bytes from the server. */
void quic_exchange(struct quic_session *quic, size_t up_bytes, size_t down_bytes);

void quic_close(struct quic_session *quic);

/* An attempt that is never answered: the Initials, and again as the timers say. */
void quic_try(struct tls_world *world, struct conversation *udp, const struct tls_options *options);
