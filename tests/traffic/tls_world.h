/* What all TLS and QUIC sessions of a scenario share: one key, the servers' certificates, and how
 * GnuTLS is set up.
 *
 * Deterministic with fixed_entropy. Memory: what GnuTLS takes. Threads: one. Failure: ends the
 * program (both ends of every handshake are ours). */
#pragma once

#include <gnutls/gnutls.h>

#include "tests/traffic/tls_session.h"

/* A client (side 0) or server (1) with name, protocols and hello as the options say. */
gnutls_session_t tls_world_session(struct tls_world *world, unsigned side, unsigned flags,
	const char *priority, const struct tls_options *options);

/* Ends the program where a call into GnuTLS has failed, and says in what. */
void tls_check(int status, const char *what);
