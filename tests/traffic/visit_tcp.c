/* The ways that speak TCP: TLS, HTTP, and bytes that nobody can name. */
#include <stdlib.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/hello.h"
#include "tests/traffic/http_session.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/visit_ways.h"

/* Both sides are never silent for longer than this: below every idle timeout of a flow table. */
#define PUSH_EVERY_NS (55 * NS_PER_S)

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
	struct plan plan = plan_make(&tcp->conversation.scene->rng, service, visit);

	for (unsigned i = 0; i < plan.count; i++) {
		talk(session, plan.exchanges[i].up_bytes, plan.exchanges[i].down_bytes);
		tcp_pause(tcp, plan.exchanges[i].pause_ns);
	}
	if (service->model == MODEL_PUSH) {
		stay_open(tcp, visit, talk, session);
	}
}

static void talk_over_tls(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	struct scene *scene = tcp->conversation.scene;
	struct tls_options options = service_tls_options(service);

	if (options.hello == TLS_HELLO_COMMON && scene->post_quantum_per_10000 > 0 &&
		rng_chance(&scene->rng, scene->post_quantum_per_10000)) {
		options.hello = TLS_HELLO_LARGE;
	}
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

/* A hello of our own builder, and what an observer sees of the rest. */
static void talk_after_hello(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	enum { ANSWER_BYTES = 2600, ANSWER_ROOM = HELLO_BYTES_MAX + 512 };
	struct rng *rng = &tcp->conversation.scene->rng;
	struct hello_options options = {
		.server_name = service->way == WAY_TLS_NO_NAME ? "" : service->name,
		.alpn = "h2,http/1.1",
		.is_post_quantum = service->way == WAY_TLS_QUANTUM || service->way == WAY_TLS_LARGE
	};
	uint8_t message[HELLO_BYTES_MAX], records[ANSWER_ROOM];

	tcp_connect(tcp);
	size_t count = hello_build(rng, &options, message);
	tcp->conversation.carries_name = service->way != WAY_TLS_NO_NAME;
	tcp_send(tcp, TCP_CLIENT, records, hello_put_records(message, count, 16384, records));
	tcp->conversation.carries_name = false;
	tcp_send(tcp, TCP_SERVER, records, hello_build_answer(rng, ANSWER_BYTES, records));
	play(tcp, service, visit, talk_records, tcp);
	tcp_close(tcp, TCP_CLIENT);
}

static void talk_over_http(
	struct tcp_session *tcp, const struct service *service, const struct visit *visit)
{
	struct plan plan = plan_make(&tcp->conversation.scene->rng, service, visit);

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
	struct tls_options options = service_tls_options(service);
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

void talk_over_tcp(const struct talk *talk)
{
	const struct service *service = talk->service;
	struct tcp_session tcp;

	tcp_init(&tcp, talk->scene, talk->device, &talk->server, talk->start_ns, &talk->truth);
	if (talk->visit->block != VISIT_PASSES) {
		fail_over_tls(&tcp, service, talk->visit->block);
	} else if (service->way == WAY_HTTP) {
		talk_over_http(&tcp, service, talk->visit);
	} else if (service->way == WAY_OPAQUE) {
		talk_opaquely(&tcp, service, talk->visit);
	} else if (service->way == WAY_TLS_QUANTUM || talk->scene->has_built_hellos) {
		talk_after_hello(&tcp, service, talk->visit);
	} else {
		talk_over_tls(&tcp, service, talk->visit);
	}
}
