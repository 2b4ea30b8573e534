#include "analyzer/classify/belief.h"

enum {
	CONFIDENCE_ADDRESS = 40,
	CONFIDENCE_PREFIX = 30,
	CONFIDENCE_NETWORK = 20,
	SESSIONS_LEAST = 2, /* for a level to be a ground */
};

static const double threshold = 0.9, server_least = 0.2, share_alone = 0.9, share_listed = 0.15,
		    network_of_anybody = 0.5, window_floor = 0.25, use_kb_least = 8;

/* How many sessions the wider level counts as: in networks of anybody, in those of an owner. */
static const double wider_weighs[2][KNOWN_LEVEL_COUNT] = { { 4, 2, 1, 2 }, { 8, 2, 1, 1 } };

static void consider(struct belief *belief, uint16_t app)
{
	for (unsigned i = 0; i < belief->count; i++) {
		if (belief->items[i].app == app) {
			return;
		}
	}
	belief->items[belief->count].app = app;
	belief->items[belief->count++].server = 0;
}

static void consider_known(struct belief *belief, const struct known_levels *levels)
{
	belief->count = 1;
	belief->items[0].app = 0;
	belief->items[0].server = 1;
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		const struct known *known = levels->items[level];
		for (unsigned i = 0; known && i < KNOWN_APPS_MAX; i++) {
			consider(belief, known->apps[i].app);
		}
	}
}

/* Before anything was taught: what the network's own list of apps says. */
static void begin_with_list(struct belief *belief, const struct catalogue *catalogue, uint32_t asn)
{
	uint16_t alone = catalogue_match_asn(catalogue, asn).app;

	for (unsigned i = 1; i < belief->count; i++) {
		uint16_t app = belief->items[i].app;
		double share = app == alone                                 ? share_alone
			       : catalogue_app_has_asn(catalogue, app, asn) ? share_listed
									    : 0;
		if (belief->items[0].server > share) {
			belief->items[i].server = share;
			belief->items[0].server -= share;
		}
	}
}

static void weigh_level(struct belief *belief, const struct known *known, double wider)
{
	double others = known->total + wider;

	for (unsigned i = 1; i < belief->count; i++) {
		double weight =
			known_count(known, belief->items[i].app) + wider * belief->items[i].server;
		belief->items[i].server = weight / (known->total + wider);
		others -= weight;
	}
	belief->items[0].server = others / (known->total + wider);
}

static void halve_network(struct belief *belief)
{
	double rest = 1;

	for (unsigned i = 1; i < belief->count; i++) {
		belief->items[i].server *= network_of_anybody;
		rest -= belief->items[i].server;
	}
	belief->items[0].server = rest;
}

/* Where all clients of an address have one fingerprint it says nothing more. */
static bool says_more(const struct known_levels *levels, unsigned level)
{
	const struct known *known = levels->items[level], *address = levels->items[KNOWN_ADDRESS];

	return known && (level != KNOWN_HELLO || !address || known->total < address->total);
}

bool belief_by_server(struct belief *belief, const struct catalogue *catalogue,
	const struct record *record, const struct known_levels *levels)
{
	bool is_own = record->place.role == GEO_ROLE_OWN;

	consider_known(belief, levels);
	begin_with_list(belief, catalogue, record->place.asn);
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		if (says_more(levels, level)) {
			weigh_level(belief, levels->items[level], wider_weighs[is_own][level]);
		}
		if (level == KNOWN_NETWORK && !is_own) {
			halve_network(belief);
		}
	}
	return belief->count > 1;
}

void belief_by_context(struct belief *belief, const struct device_window *window,
	const struct flow_shapes *shapes, unsigned shape)
{
	double sum = 0;

	for (unsigned i = 0; i < belief->count; i++) {
		uint16_t app = belief->items[i].app;
		belief->items[i].all = belief->items[i].server *
				       (device_window_weight(window, app) + window_floor) *
				       flow_shapes_share(shapes, app, shape);
		sum += belief->items[i].all;
	}
	for (unsigned i = 0; i < belief->count; i++) {
		belief->items[i].all /= sum;
	}
}

/* The closest level at which named flows have shown the app; KNOWN_LEVEL_COUNT none: a network's
 * list of apps alone proves its owner, and no app. */
static unsigned closest_level(const struct known_levels *levels, uint16_t app)
{
	for (unsigned level = KNOWN_LEVEL_COUNT; level-- > 0;) {
		const struct known *known = levels->items[level];
		if (known && known_count(known, app) >= SESSIONS_LEAST) {
			return level;
		}
	}
	return KNOWN_LEVEL_COUNT;
}

static bool is_sure(const struct belief *belief, unsigned best, unsigned level)
{
	double server = belief->items[best].server;

	/* A whole network is too coarse for the context to tell its owner's apps apart. */
	return belief->items[best].all >= threshold &&
	       server >= (level == KNOWN_NETWORK ? threshold : server_least);
}

static unsigned best_of(const struct belief *belief)
{
	unsigned best = 0;

	for (unsigned i = 1; i < belief->count; i++) {
		if (belief->items[i].all > belief->items[best].all) {
			best = i;
		}
	}
	return best;
}

uint16_t belief_best(const struct belief *belief)
{
	return belief->items[best_of(belief)].app;
}

struct conclusion belief_conclude(const struct belief *belief, const struct known_levels *levels,
	const struct device_window *window, bool has_kits)
{
	static const struct {
		uint8_t confidence, ground;
	} by_level[KNOWN_LEVEL_COUNT] = {
		[KNOWN_NETWORK] = { CONFIDENCE_NETWORK, INFERRED_BY_NETWORK },
		[KNOWN_PREFIX] = { CONFIDENCE_PREFIX, INFERRED_BY_PREFIX },
		[KNOWN_ADDRESS] = { CONFIDENCE_ADDRESS, INFERRED_BY_ADDRESS },
		[KNOWN_HELLO] = { CONFIDENCE_ADDRESS, INFERRED_BY_HELLO },
	};
	unsigned best = best_of(belief);
	uint16_t app = belief->items[best].app;
	unsigned level = closest_level(levels, app);
	if (app == 0 || level == KNOWN_LEVEL_COUNT || !is_sure(belief, best, level) ||
		(has_kits && device_window_down_kb(window, app) < use_kb_least)) {
		return (struct conclusion){ 0 };
	}
	bool by_context = belief->items[best].server < threshold;
	return (struct conclusion){
		.app = app,
		.confidence = by_level[level].confidence,
		.grounds =
			(uint8_t)(1 << by_level[level].ground | by_context << INFERRED_BY_CONTEXT),
	};
}
