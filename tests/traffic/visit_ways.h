/* How a visit talks: the parts of visit.c that speak TCP and UDP, and what both go by.
 *
 * Each plays one connection of a service into the scene, from its first packet to its last. */
#pragma once

#include "tests/traffic/tls_session.h"
#include "tests/traffic/truth_file.h"
#include "tests/traffic/visit.h"

enum { EXCHANGES_MAX = 64 };

/* One request and its answer. */
struct exchange {
	size_t up_bytes, down_bytes;
	uint64_t pause_ns; /* after it */
};

/* What is asked and answered over one connection, by the model of the service. */
struct plan {
	unsigned count;
	struct exchange exchanges[EXCHANGES_MAX];
};

struct plan plan_make(struct rng *rng, const struct service *service, const struct visit *visit);

bool service_is_quic(const struct service *service);
struct tls_options service_tls_options(const struct service *service);

/* A connection of a service, as one of its ways says. */
struct talk {
	struct scene *scene;
	struct device *device;
	const struct service *service;
	const struct visit *visit;
	struct endpoint server;
	uint64_t start_ns;
	struct truth_flow truth;
};
void talk_over_tcp(const struct talk *talk);
void talk_over_udp(const struct talk *talk);
