#include "base/clock.h"
#include "tests/traffic/visit_ways.h"

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

/* A model whose answers are larger than its requests: how many exchanges, what is sent, the tail of
 * what comes, and how long nothing is said then. */
struct download {
	uint64_t exchanges_most, up_least, up_most, down_least, down_most, pause_least, pause_most,
		pause_unit_ns;
};

static const struct download downloads[] = {
	[MODEL_API] = { 4, 300, 1400, 600, 60000, 20, 2500, NS_PER_MS },
	[MODEL_PAGE] = { 3, 500, 1800, 4000, 300000, 50, 4000, NS_PER_MS },
	[MODEL_MEDIA] = { 4, 400, 900, 20000, 900000, 1, 12, NS_PER_S },
};

static void plan_download(struct plan *plan, struct rng *rng, const struct download *download,
	const struct visit *visit)
{
	uint64_t count = rng_between(rng, 1, download->exchanges_most);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t pause = rng_between(rng, download->pause_least, download->pause_most);
		uint64_t down = rng_heavy_tail(rng, download->down_least, download->down_most);
		uint64_t up = rng_between(rng, download->up_least, download->up_most);
		plan_exchange(plan, up, scaled(visit, down), pause * download->pause_unit_ns);
	}
}

struct plan plan_make(struct rng *rng, const struct service *service, const struct visit *visit)
{
	struct plan plan = { 0 };
	uint64_t up, down;

	switch (service->model) {
	case MODEL_API:
	case MODEL_PAGE:
	case MODEL_MEDIA:
		plan_download(&plan, rng, &downloads[service->model], visit);
		break;
	case MODEL_UPLOAD:
		up = rng_heavy_tail(rng, 6000, 600000);
		plan_exchange(&plan, scaled(visit, up), 600, NS_PER_S);
		break;
	default:
		down = rng_between(rng, 100, 1200);
		up = rng_between(rng, 200, 900);
		plan_exchange(&plan, up, down, 0);
		break;
	}
	return plan;
}

bool service_is_quic(const struct service *service)
{
	return service->way == WAY_QUIC || service->way == WAY_QUIC_LARGE ||
	       service->way == WAY_QUIC_QUANTUM || service->way == WAY_QUIC_V2;
}

struct tls_options service_tls_options(const struct service *service)
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

	return (struct tls_options){ service->name, service_is_quic(service) ? "h3" : "h2,http/1.1",
		hellos[service->way], NULL };
}
