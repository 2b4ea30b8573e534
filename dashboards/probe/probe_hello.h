/* The hellos of probes, byte by byte. Memory: the caller's. Threads: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dashboards/probe/probe.h"

/* A ClientHello with this random number and name, as a TLS record of version 1.2. Returns its
 * length, at most PROBE_HELLO_MAX. */
size_t probe_put_tls_hello(
	const uint8_t random[PROBE_MARKER_BYTES], const char *name, uint8_t out[PROBE_HELLO_MAX]);

/* The same as an Initial of QUIC, padded to PROBE_HELLO_MAX (RFC 9000, 14.1); entropy is fresh: for
 * a key share and the two connection IDs. 0: out of memory. */
enum { PROBE_ENTROPY_BYTES = 48 };
size_t probe_put_quic_hello(const uint8_t random[PROBE_MARKER_BYTES], const char *name,
	const uint8_t entropy[PROBE_ENTROPY_BYTES], uint8_t out[PROBE_HELLO_MAX]);
