/* Real TLS: a GnuTLS client and a GnuTLS server in memory, whose bytes travel over a simulated TCP
 * connection.
 *
 * Deterministic with fixed_entropy. Memory: what GnuTLS takes; a few buffers a session. Threads:
 * one. Failure: a handshake that fails ends the program (both ends are ours). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tests/traffic/tcp_session.h"

enum tls_hello {
	TLS_HELLO_COMMON,  /* TLS 1.3, one segment */
	TLS_HELLO_LARGE,   /* as large as one with a post-quantum key share: two segments */
	TLS_HELLO_NO_NAME, /* no server name */
	TLS_HELLO_TLS12,   /* TLS 1.2: the certificate can be seen */
};

struct tls_options {
	const char *server_name; /* also of the certificate */
	const char *alpn; /* comma-separated, the client's wish; the server takes the first; NULL
			     none */
	uint8_t hello;    /* enum tls_hello */
	const char
		*issuer; /* of the certificate: a firewall that answers itself; NULL the server */
};

struct tls_world;
struct tls_session;

struct tls_world *tls_world_create(void);
void tls_world_destroy(struct tls_world *world);

/* Handshake over a connected TCP session; the packets that carry the name are marked
 * for the truth. */
struct tls_session *tls_open(
	struct tls_world *world, struct tcp_session *tcp, const struct tls_options *options);

/* The client's first flight only, for connections that do not get further: returns its length. */
size_t tls_build_hello(struct tls_world *world, const struct tls_options *options,
	unsigned char *out, size_t room);

/* count bytes of application data from side. */
void tls_send(struct tls_session *tls, unsigned side, size_t count);

/* close_notify, and frees the session; the TCP connection goes on. */
void tls_close(struct tls_session *tls);
