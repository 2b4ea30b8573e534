#include "tests/traffic/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/hello.h"
#include "tests/traffic/http_session.h"
#include "tests/traffic/quic_flight.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/quic_session.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/tls_session.h"
#include "tests/traffic/udp_session.h"

enum {
	LOOKUP_TTL_S = 300,
	CALL_BYTES = 160,
	CALL_PACKETS_LEAST = 80,
	CALL_PACKETS_MOST = 600,
	WIREGUARD_INITIATION_BYTES = 148,
	WIREGUARD_RESPONSE_BYTES = 92,
	NTP_BYTES = 48,
	EXCHANGES_MAX = 64,
};

/* Both sides are never silent for longer than this: below every idle timeout of a flow table. */
#define PUSH_EVERY_NS (55 * NS_PER_S)

/* One request and its answer. */
struct exchange {
	size_t up_bytes, down_bytes;
	uint64_t pause_ns; /* after it */
};

struct plan {
	unsigned count;
	struct exchange exchanges[EXCHANGES_MAX];
};

static size_t scaled(const struct visit *visit, uint64_t bytes)
{
	return (size_t)(bytes * (visit->volume ? visit->volume : 100) / 100 + 1);
}

static void plan_exchange(struct plan *plan, size_t up_bytes, size_t down_bytes, uint64_t pause_ns)
{
	if (plan->count < EXCHANGES_MAX) {
		plan->exchanges[plan->count++] =
			(struct exchange){ up_bytes, down_bytes, pause_ns };
	}
}

static struct plan make_plan(
	struct rng *rng, const struct service *service, const struct visit *visit)
{
	struct plan plan = { 0 };
	unsigned count;

	switch (service->model) {
	case MODEL_API:
		count = (unsigned)rng_between(rng, 1, 4);
		for (unsigned i = 0; i < count; i++) {
			plan_exchange(&plan, rng_between(rng, 300, 1400),
				scaled(visit, rng_heavy_tail(rng, 600, 60000)),
				rng_between(rng, 20, 2500) * NS_PER_MS);
		}
		break;
	case MODEL_PAGE:
		count = (unsigned)rng_between(rng, 1, 3);
		for (unsigned i = 0; i < count; i++) {
			plan_exchange(&plan, rng_between(rng, 500, 1800),
				scaled(visit, rng_heavy_tail(rng, 4000, 300000)),
				rng_between(rng, 50, 4000) * NS_PER_MS);
		}
		break;
	case MODEL_MEDIA:
		count = (unsigned)rng_between(rng, 1, 4);
		for (unsigned i = 0; i < count; i++) {
			plan_exchange(&plan, rng_between(rng, 400, 900),
				scaled(visit, rng_heavy_tail(rng, 20000, 900000)),
				rng_between(rng, 1, 12) * NS_PER_S);
		}
		break;
	case MODEL_UPLOAD:
		plan_exchange(
			&plan, scaled(visit, rng_heavy_tail(rng, 6000, 600000)), 600, NS_PER_S);
		break;
	default:
		plan_exchange(&plan, rng_between(rng, 200, 900), rng_between(rng, 100, 1200), 0);
		break;
	}
	return plan;
}

/* A connection that stays: a little each minute or so. talk() sends one exchange over it. */
static void stay_open(struct tcp_session *tcp, const struct visit *visit,
	void (*talk)(void *session, size_t up_bytes, size_t down_bytes), void *session)
{
	struct rng *rng = &tcp->conversation.scene->rng;
	uint64_t duration_ns = visit->duration_ns ? visit->duration_ns : 1200 * NS_PER_S;
	uint64_t until_ns = tcp->conversation.now_ns + duration_ns;

	while (tcp->conversation.now_ns + PUSH_EVERY_NS < until_ns) {
		tcp_pause(tcp, PUSH_EVERY_NS - rng_below(rng, 10 * NS_PER_S));
		if (rng_chance(rng, 4000)) {
			talk(session, rng_between(rng, 40, 300), rng_heavy_tail(rng, 80, 4000));
		} else {
			tcp_keep_alive(tcp);
		}
	}
}

static void talk_tls(void *session, size_t up_bytes, size_t down_bytes)
{
	tls_send(session, TCP_CLIENT, up_bytes);
	tls_send(session, TCP_SERVER, down_bytes);
}

static void send_opaque(struct tcp_session *tcp, unsigned side, size_t count)
{
	uint8_t *bytes = malloc(count);

	if (!bytes) {
		abort();
	}
	rng_fill(&tcp->conversation.scene->rng, bytes, count);
	tcp_send(tcp, side, bytes, count);
	free(bytes);
}

/* Bytes of no protocol that anybody could name: like MTProto's obfuscation or the Noise protocol
 * after its prologue. */
static void talk_opaque(void *session, size_t up_bytes, size_t down_bytes)
{
	struct tcp_session *tcp = session;

	tcp->conversation.is_bulk = tcp->seq[1] != 0;
	send_opaque(tcp, TCP_CLIENT, up_bytes);
	send_opaque(tcp, TCP_SERVER, down_bytes);
	tcp->conversation.is_bulk = false;
}

static void play(struct tcp_session *tcp, const struct service *service, const struct visit *visit,
	void (*talk)(void *session, size_t up_bytes, size_t down_bytes), void *session)
{
	struct plan plan = make_plan(&tcp->conversation.scene->rng, service, visit);

	for (unsigned i = 0; i < plan.count; i++) {
		talk(session, plan.exchanges[i].up_bytes, plan.exchanges[i].down_bytes);
		tcp_pause(tcp, plan.exchanges[i].pause_ns);
	}
	if (service->model == MODEL_PUSH) {
		stay_open(tcp, visit, talk, session);
	}
}

static bool is_quic(const struct service *service)
{
	return service->way == WAY_QUIC || service->way == WAY_QUIC_LARGE ||
	       service->way == WAY_QUIC_QUANTUM || service->way == WAY_QUIC_V2;
}

static struct tls_options tls_options_of(const struct service *service)
{
	static const uint8_t hellos[] = {
		[WAY_TLS] = TLS_HELLO_COMMON,
		[WAY_TLS_LARGE] = TLS_HELLO_LARGE,
		[WAY_TLS_12] = TLS_HELLO_TLS12,
		[WAY_TLS_NO_NAME] = TLS_HELLO_NO_NAME,
		[WAY_QUIC] = TLS_HELLO_COMMON,
		[WAY_QUIC_LARGE] = TLS_HELLO_LARGE,
		[WAY_TLS_QUANTUM] = TLS_HELLO_LARGE,
		[WAY_QUIC_QUANTUM] = TLS_HELLO_LARGE,
		[WAY_QUIC_V2] = TLS_HELLO_LARGE,
	};

	return (struct tls_options){ service->name, is_quic(service) ? "h3" : "h2,http/1.1",
		hellos[service->way] };
}

static void talk_over_tls(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	struct scene *scene = tcp->conversation.scene;
	struct tls_options options = tls_options_of(service);

	tcp_connect(tcp);
	struct tls_session *tls = tls_open(scene->tls, tcp, &options);
	play(tcp, service, visit, talk_tls, tls);
	tls_close(tls);
	tcp_close(tcp, rng_chance(&scene->rng, 7000) ? TCP_CLIENT : TCP_SERVER);
}

/* Application data as records of TLS 1.3, which nobody can read. */
static void talk_records(void *session, size_t up_bytes, size_t down_bytes)
{
	enum { RECORD_DATA_MAX = 1400 };
	struct tcp_session *tcp = session;
	size_t counts[2] = { up_bytes, down_bytes };
	uint8_t record[5 + RECORD_DATA_MAX] = { 23, 3, 3 };

	tcp->conversation.is_bulk = true;
	for (unsigned side = 0; side < 2; side++) {
		while (counts[side] > 0) {
			size_t part =
				counts[side] < RECORD_DATA_MAX ? counts[side] : RECORD_DATA_MAX;
			put_u16(record + 3, (unsigned)part);
			rng_fill(&tcp->conversation.scene->rng, record + 5, part);
			tcp_send(tcp, side, record, 5 + part);
			counts[side] -= part;
		}
	}
	tcp->conversation.is_bulk = false;
}

/* A post-quantum hello and what an observer sees of the rest. */
static void talk_after_hello(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	enum { ANSWER_BYTES = 2600, ANSWER_ROOM = HELLO_BYTES_MAX + 512 };
	struct rng *rng = &tcp->conversation.scene->rng;
	struct hello_options options = {
		.server_name = service->name, .alpn = "h2,http/1.1", .is_post_quantum = true
	};
	uint8_t message[HELLO_BYTES_MAX], records[ANSWER_ROOM];

	tcp_connect(tcp);
	size_t count = hello_build(rng, &options, message);
	tcp->conversation.carries_name = true;
	tcp_send(tcp, TCP_CLIENT, records, hello_put_records(message, count, 16384, records));
	tcp->conversation.carries_name = false;
	tcp_send(tcp, TCP_SERVER, records, hello_build_answer(rng, ANSWER_BYTES, records));
	play(tcp, service, visit, talk_records, tcp);
	tcp_close(tcp, TCP_CLIENT);
}

static void talk_over_http(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	struct plan plan = make_plan(&tcp->conversation.scene->rng, service, visit);

	tcp_connect(tcp);
	for (unsigned i = 0; i < plan.count; i++) {
		http_get(tcp, service->name, i ? "/next" : "/", plan.exchanges[i].down_bytes);
		tcp_pause(tcp, plan.exchanges[i].pause_ns);
	}
	tcp_close(tcp, TCP_SERVER);
}

static void talk_opaquely(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	tcp_connect(tcp);
	play(tcp, service, visit, talk_opaque, tcp);
	tcp_close(tcp, TCP_CLIENT);
}

/* An attempt that something stops on the way. */
static void fail_over_tls(struct tcp_session *tcp, const struct service *service, uint8_t block)
{
	struct tls_options options = tls_options_of(service);
	uint8_t hello[HELLO_BYTES_MAX];

	if (block == VISIT_REFUSED) {
		tcp_connect_refused(tcp);
		return;
	}
	if (block == VISIT_UNANSWERED) {
		tcp_connect_unanswered(tcp);
		return;
	}
	size_t count =
		tls_build_hello(tcp->conversation.scene->tls, &options, hello, sizeof(hello));
	tcp_connect(tcp);
	tcp->conversation.carries_name = true;
	if (block == VISIT_HELLO_DROPPED) {
		tcp_send_dropped(tcp, TCP_CLIENT, hello, count);
		tcp->conversation.carries_name = false;
	} else {
		tcp_send(tcp, TCP_CLIENT, hello, count);
		tcp->conversation.carries_name = false;
		tcp_reset(tcp, TCP_SERVER);
	}
}

static void call(struct conversation *udp)
{
	struct rng *rng = &udp->scene->rng;
	unsigned count = (unsigned)rng_between(rng, CALL_PACKETS_LEAST, CALL_PACKETS_MOST);
	uint8_t media[CALL_BYTES];

	udp->is_bulk = true;
	for (unsigned i = 0; i < count; i++) {
		/* RTP version 2 (RFC 3550 5.1), a dynamic payload type; the rest is encrypted. */
		rng_fill(rng, media, sizeof(media));
		media[0] = 0x80;
		media[1] = 0x6f;
		media[2] = (uint8_t)(i >> 8);
		media[3] = (uint8_t)i;
		udp_send(udp, i % 2, media, rng_between(rng, 60, sizeof(media)));
		udp->now_ns += 10 * NS_PER_MS;
	}
}

/* Message types of the WireGuard protocol: 1 initiation, 2 response, 4 data; three zero bytes
 * follow each. */
static void send_wireguard(struct conversation *udp, unsigned side, uint8_t type, size_t count)
{
	uint8_t message[1500];

	rng_fill(&udp->scene->rng, message, count);
	memset(message, 0, 4);
	message[0] = type;
	udp_send(udp, side, message, count);
}

static void talk_wireguard(struct conversation *udp, const struct visit *visit)
{
	struct rng *rng = &udp->scene->rng;
	uint64_t until_ns =
		udp->now_ns + (visit->duration_ns ? visit->duration_ns : 1200 * NS_PER_S);

	send_wireguard(udp, 0, 1, WIREGUARD_INITIATION_BYTES);
	udp->now_ns += udp->delay_ns[1];
	send_wireguard(udp, 1, 2, WIREGUARD_RESPONSE_BYTES);
	udp->is_bulk = true;
	while (udp->now_ns < until_ns) {
		udp->now_ns += rng_between(rng, 1, 25) * NS_PER_S;
		send_wireguard(udp, 0, 4, 32 + 16 * rng_between(rng, 0, 20));
		udp->now_ns += udp->delay_ns[1];
		send_wireguard(udp, 1, 4, 32 + 16 * rng_between(rng, 0, 86));
	}
}

/* RFC 5905 7.3: leap 0, version 4, mode 3 (client) and 4 (server). */
static void ask_time(struct conversation *udp)
{
	uint8_t message[NTP_BYTES] = { 0x23 };

	udp_send(udp, 0, message, sizeof(message));
	message[0] = 0x24;
	message[1] = 1;
	udp_answer(udp, message, sizeof(message));
}

static void talk_quic(
	struct conversation *udp, const struct service *service, const struct visit *visit)
{
	struct plan plan = make_plan(&udp->scene->rng, service, visit);
	struct tls_options options = tls_options_of(service);

	if (visit->block != VISIT_PASSES) {
		quic_try(udp->scene->tls, udp, &options);
		return;
	}
	struct quic_session *quic = quic_open(udp->scene->tls, udp, &options);

	for (unsigned i = 0; i < plan.count; i++) {
		quic_exchange(quic, plan.exchanges[i].up_bytes, plan.exchanges[i].down_bytes);
		udp->now_ns += plan.exchanges[i].pause_ns;
	}
	quic_close(quic);
}

static void fly_quic(
	struct conversation *udp, const struct service *service, const struct visit *visit)
{
	bool is_v2 = service->way == WAY_QUIC_V2;
	struct quic_flight flight = {
		.hello = { .server_name = service->name,
			.alpn = "h3",
			.is_quic = true,
			.is_post_quantum = true },
		.version = is_v2 ? QUIC_V2 : QUIC_V1,
		.cut = is_v2 ? QUIC_CUT_IN_ORDER : QUIC_CUT_SHUFFLED,
		.exchanges = (unsigned)rng_between(&udp->scene->rng, 10, 200),
	};

	if (visit->block != VISIT_PASSES) {
		struct tls_options options = tls_options_of(service);
		quic_try(udp->scene->tls, udp, &options);
		return;
	}
	quic_flight_play(udp, &flight);
}

static void talk_over_udp(struct scene *scene, struct device *device, const struct service *service,
	const struct visit *visit, const struct endpoint *server, uint64_t start_ns,
	const struct truth_flow *truth)
{
	struct conversation udp;

	udp_init(&udp, scene, device, server, start_ns, truth);
	switch (service->way) {
	case WAY_CALL:
		call(&udp);
		break;
	case WAY_WIREGUARD:
		talk_wireguard(&udp, visit);
		break;
	case WAY_QUIC:
	case WAY_QUIC_LARGE:
		talk_quic(&udp, service, visit);
		break;
	case WAY_QUIC_QUANTUM:
	case WAY_QUIC_V2:
		fly_quic(&udp, service, visit);
		break;
	default:
		ask_time(&udp);
		break;
	}
}

static void talk_over_tcp(struct scene *scene, struct device *device, const struct service *service,
	const struct visit *visit, const struct endpoint *server, uint64_t start_ns,
	const struct truth_flow *truth)
{
	struct tcp_session tcp;

	tcp_init(&tcp, scene, device, server, start_ns, truth);
	if (visit->block != VISIT_PASSES) {
		fail_over_tls(&tcp, service, visit->block);
	} else if (service->way == WAY_HTTP) {
		talk_over_http(&tcp, service, visit);
	} else if (service->way == WAY_OPAQUE) {
		talk_opaquely(&tcp, service, visit);
	} else if (service->way == WAY_TLS_QUANTUM) {
		talk_after_hello(&tcp, service, visit);
	} else {
		talk_over_tls(&tcp, service, visit);
	}
}

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
	return is_quic(service) && block != VISIT_PASSES ? "dropped" : names[block];
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
	bool no_hello = !is_quic(service) &&
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

static void talk(struct scene *scene, struct device *device, const struct service *service,
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
	struct truth_flow truth = describe(service, visit, &server.addr, lookup_flow);
	bool is_udp = service->way == WAY_CALL || service->way == WAY_WIREGUARD ||
		      service->way == WAY_NTP || is_quic(service);
	(is_udp ? talk_over_udp : talk_over_tcp)(
		scene, device, service, visit, &server, start_ns, &truth);
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
			talk(scene, device, &services[i], visit, start_ns);
			start_ns += rng_between(&scene->rng, 20, 400) * NS_PER_MS;
		}
	}
	if (!found) {
		fprintf(stderr, "traffic: no service has the group \"%s\"\n", visit->group);
		abort();
	}
}
