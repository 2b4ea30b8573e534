/* What a server says to a probe's hello: as far as it must be read to tell a handshake from
 * something else, and who signed its certificate. Pure; hostile bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dashboards/probe/probe.h"

/* Of bytes of a TLS stream from its beginning on: true where nothing more is wanted. */
bool probe_read_tls_reply(
	const uint8_t *bytes, size_t count, const char *block_issuer, struct probe_reply *reply);

/* Of a datagram: is it QUIC's, with a long header? */
void probe_read_quic_reply(const uint8_t *bytes, size_t count, struct probe_reply *reply);
