/* The ways that speak UDP: QUIC, calls, a tunnel, the time of day. */
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/quic_flight.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/quic_session.h"
#include "tests/traffic/udp_session.h"
#include "tests/traffic/visit_ways.h"

enum {
	CALL_BYTES = 160,
	CALL_PACKETS_LEAST = 80,
	CALL_PACKETS_MOST = 600,
	WIREGUARD_INITIATION_BYTES = 148,
	WIREGUARD_RESPONSE_BYTES = 92,
	NTP_BYTES = 48,
};

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
	struct plan plan = plan_make(&udp->scene->rng, service, visit);
	struct tls_options options = service_tls_options(service);

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
			.is_post_quantum = service->way != WAY_QUIC },
		.version = is_v2 ? QUIC_V2 : QUIC_V1,
		.cut = is_v2 ? QUIC_CUT_IN_ORDER : QUIC_CUT_SHUFFLED,
		.exchanges = (unsigned)rng_between(&udp->scene->rng, 10, 200),
	};

	if (visit->block != VISIT_PASSES) {
		struct tls_options options = service_tls_options(service);
		quic_try(udp->scene->tls, udp, &options);
		return;
	}
	quic_flight_play(udp, &flight);
}

void talk_over_udp(const struct talk *talk)
{
	const struct service *service = talk->service;
	struct conversation udp;

	udp_init(&udp, talk->scene, talk->device, &talk->server, talk->start_ns, &talk->truth);
	switch (service->way) {
	case WAY_CALL:
		call(&udp);
		break;
	case WAY_WIREGUARD:
		talk_wireguard(&udp, talk->visit);
		break;
	case WAY_QUIC:
	case WAY_QUIC_LARGE:
		(talk->scene->has_built_hellos ? fly_quic : talk_quic)(&udp, service, talk->visit);
		break;
	case WAY_QUIC_QUANTUM:
	case WAY_QUIC_V2:
		fly_quic(&udp, service, talk->visit);
		break;
	default:
		ask_time(&udp);
		break;
	}
}
