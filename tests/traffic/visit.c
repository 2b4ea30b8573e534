#include "tests/traffic/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/visit_ways.h"

enum { LOOKUP_TTL_S = 300 };

static const char *block_name(const struct service *service, uint8_t block)
{
	static const char *const names[] = {
		[VISIT_PASSES] = "passed",
		[VISIT_NAME_ERROR] = "dns",
		[VISIT_SINKHOLE] = "dns",
		[VISIT_REFUSED] = "refused",
		[VISIT_UNANSWERED] = "dropped",
		[VISIT_HELLO_DROPPED] = "dropped-after-hello",
		[VISIT_HELLO_RESET] = "dropped-after-hello",
	};

	/* Where UDP is stopped nobody says so. */
	return service_is_quic(service) && block != VISIT_PASSES ? "dropped" : names[block];
}

/* What the sample policy (day-policy.yaml) denies to devices for work. */
static const char denied_app[] = "tiktok";

/* What a perfect observer says: a hello that was never sent leaves the lookup as
 * the only witness. */
static struct truth_flow describe(const struct service *service, const struct visit *visit,
	const struct addr *server, uint32_t lookup)
{
	bool is_denied = visit->is_work_device && strcmp(service->app, denied_app) == 0;
	struct truth_flow truth = {
		.app = service->app,
		.evidence = service->evidence,
		.block = is_denied ? block_name(service, visit->block) : "none",
		.name_flow = TRUTH_NO_FLOW,
		.alert = is_denied && !service->is_embedded && visit->block == VISIT_PASSES,
	};
	const struct app_facts *facts = app_facts(service->app);
	const struct network_facts *network = network_facts(server);
	bool no_hello = !service_is_quic(service) &&
			(visit->block == VISIT_REFUSED || visit->block == VISIT_UNANSWERED);

	if (facts) {
		truth.category = facts->category;
		truth.owner_country = facts->owner;
		truth.parent_country = facts->parent;
		truth.embedded = service->is_embedded ? "yes" : "no";
	}
	if (network) {
		truth.server_country = network->server;
		truth.operator_country = network->operator;
	}
	if (service->way == WAY_NTP) {
		truth.name_flow = lookup;
	}
	if (service->way == WAY_TLS_NO_NAME || service->way == WAY_OPAQUE ||
		service->way == WAY_CALL || service->way == WAY_WIREGUARD || no_hello) {
		truth.name_flow = lookup;
		truth.evidence = no_hello ? "dns" : truth.evidence;
	}
	snprintf(truth.name, sizeof(truth.name), "%s", service->name);
	return truth;
}

static void visit_host(struct scene *scene, struct device *device, const struct service *service,
	const struct visit *visit, uint64_t start_ns)
{
	bool is_v6 = visit->prefers_v6 && service->addr6;
	struct endpoint server = { addr_of(is_v6 ? service->addr6 : service->addr4),
		service->port };
	uint32_t lookup_flow = TRUTH_NO_FLOW;

	if (service->name[0]) {
		bool sinkhole = visit->block == VISIT_SINKHOLE;
		bool blocked = sinkhole || visit->block == VISIT_NAME_ERROR;
		struct dns_lookup lookup = {
			.name = service->name,
			.cnames = service->cnames,
			.addr = &server.addr,
			.ttl_s = LOOKUP_TTL_S,
			.outcome = sinkhole  ? DNS_SINKHOLE
				   : blocked ? DNS_NAME_ERROR
					     : DNS_ANSWERED,
			.app = blocked ? service->app : NULL,
		};
		start_ns = dns_resolve(scene, device, &lookup, start_ns, &lookup_flow);
		if (blocked) {
			return;
		}
	}
	const struct talk talk = { scene, device, service, visit, server, start_ns,
		describe(service, visit, &server.addr, lookup_flow) };
	bool is_udp = service->way == WAY_CALL || service->way == WAY_WIREGUARD ||
		      service->way == WAY_NTP || service_is_quic(service);
	(is_udp ? talk_over_udp : talk_over_tcp)(&talk);
}

void visit(struct scene *scene, struct device *device, const struct visit *visit)
{
	uint64_t start_ns = visit->start_ns;
	bool found = false;

	for (size_t i = 0; i < service_count; i++) {
		if (strcmp(services[i].group, visit->group) != 0) {
			continue;
		}
		found = true;
		if (visit->every_host || rng_chance(&scene->rng, services[i].per_10000)) {
			visit_host(scene, device, &services[i], visit, start_ns);
			start_ns += rng_between(&scene->rng, 20, 400) * NS_PER_MS;
		}
	}
	if (!found) {
		fprintf(stderr, "traffic: no service has the group \"%s\"\n", visit->group);
		abort();
	}
}
