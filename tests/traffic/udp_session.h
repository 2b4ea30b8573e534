/* Datagrams both ways between two ends, and pings. */
#pragma once

#include <stddef.h>

#include "tests/traffic/scene.h"

/* Opens with device as initiator; server->port says which service. */
void udp_init(struct conversation *udp, struct scene *scene, struct device *device,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth);

/* side 0 sends at once, side 1 after its delay where the other side spoke before. */
void udp_send(struct conversation *udp, unsigned side, const void *bytes, size_t count);
void udp_answer(struct conversation *udp, const void *bytes, size_t count);

/* count echo requests a second apart, each answered (RFC 792, RFC 4443 4.1). */
void icmp_ping(struct scene *scene, struct device *device, const struct addr *target,
	uint64_t start_ns, unsigned count);
