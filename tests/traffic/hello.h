/* ClientHellos byte by byte, for what GnuTLS 3.7 cannot say: post-quantum key shares, Encrypted
 * ClientHello, resumption with early data. Shaped as browsers of 2026 send them.
 *
 * Keys are random bytes: nobody answers these hellos with a handshake of their own.
 * Memory: the caller's. Threads: one. Failure: none; a hello fits HELLO_BYTES_MAX. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/traffic/rng.h"

enum { HELLO_BYTES_MAX = 4096 };

enum hello_ech {
	HELLO_ECH_NONE,
	HELLO_ECH_GREASE, /* a decoy: the server name is the true one (RFC 9849, 6.2) */
	HELLO_ECH_OUTER,  /* the server name is the provider's public one */
	HELLO_ESNI,       /* its forerunner (draft-ietf-tls-esni-02): no server name at all */
};

struct hello_options {
	const char *server_name; /* "" none */
	const char *alpn;        /* comma-separated; "" none */
	uint8_t ech;             /* enum hello_ech */
	bool is_quic;            /* transport parameters, no compatibility session */
	bool is_post_quantum;    /* X25519MLKEM768: a share of 1,216 bytes */
	bool is_resumed;         /* a ticket, and early data behind the hello */
};

/* The handshake message, without a record around it. Returns its length. */
size_t hello_build(
	struct rng *rng, const struct hello_options *options, uint8_t out[HELLO_BYTES_MAX]);

/* The same in TLS records of at most record_bytes each; out has room for twice the message. */
size_t hello_put_records(const uint8_t *message, size_t count, size_t record_bytes, uint8_t *out);

/* A ServerHello as a TLS 1.3 server answers it, and count bytes of encrypted handshake: records. */
size_t hello_build_answer(struct rng *rng, size_t encrypted_bytes, uint8_t *out);
