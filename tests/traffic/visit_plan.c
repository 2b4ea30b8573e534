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

struct plan plan_make(struct rng *rng, const struct service *service, const struct visit *visit)
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
		hellos[service->way] };
}
