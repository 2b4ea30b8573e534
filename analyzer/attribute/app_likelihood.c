#include "analyzer/attribute/app_likelihood.h"

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

static void consider(struct likelihood *likelihood, uint16_t app)
{
	for (unsigned i = 0; i < likelihood->count; i++) {
		if (likelihood->items[i].app == app) {
			return;
		}
	}
	likelihood->items[likelihood->count].app = app;
	likelihood->items[likelihood->count++].server = 0;
}

static void consider_known(struct likelihood *likelihood, const struct known_levels *levels)
{
	likelihood->count = 1;
	likelihood->items[0].app = 0;
	likelihood->items[0].server = 1;
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		const struct known *known = levels->items[level];
		for (unsigned i = 0; known && i < KNOWN_APPS_MAX; i++) {
			consider(likelihood, known->apps[i].app);
		}
	}
}

/* Before anything was taught: what the network's own list of apps says. */
static void begin_with_list(
	struct likelihood *likelihood, const struct catalogue *catalogue, uint32_t asn)
{
	uint16_t alone = catalogue_match_asn(catalogue, asn).app;

	for (unsigned i = 1; i < likelihood->count; i++) {
		uint16_t app = likelihood->items[i].app;
		double share = app == alone                                 ? share_alone
			       : catalogue_app_has_asn(catalogue, app, asn) ? share_listed
									    : 0;
		if (likelihood->items[0].server > share) {
			likelihood->items[i].server = share;
			likelihood->items[0].server -= share;
		}
	}
}

static void weigh_level(struct likelihood *likelihood, const struct known *known, double wider)
{
	double others = known->total + wider;

	for (unsigned i = 1; i < likelihood->count; i++) {
		double weight = known_count(known, likelihood->items[i].app) +
				wider * likelihood->items[i].server;
		likelihood->items[i].server = weight / (known->total + wider);
		others -= weight;
	}
	likelihood->items[0].server = others / (known->total + wider);
}

static void halve_network(struct likelihood *likelihood)
{
	double rest = 1;

	for (unsigned i = 1; i < likelihood->count; i++) {
		likelihood->items[i].server *= network_of_anybody;
		rest -= likelihood->items[i].server;
	}
	likelihood->items[0].server = rest;
}

/* Where all clients of an address have one fingerprint it says nothing more. */
static bool says_more(const struct known_levels *levels, unsigned level)
{
	const struct known *known = levels->items[level], *address = levels->items[KNOWN_ADDRESS];

	return known && (level != KNOWN_HELLO || !address || known->total < address->total);
}

bool app_likelihood_by_server(struct likelihood *likelihood, const struct catalogue *catalogue,
	const struct record *record, const struct known_levels *levels)
{
	bool is_own = record->place.role == GEO_ROLE_OWN;

	consider_known(likelihood, levels);
	begin_with_list(likelihood, catalogue, record->place.asn);
	for (unsigned level = 0; level < KNOWN_LEVEL_COUNT; level++) {
		if (says_more(levels, level)) {
			weigh_level(likelihood, levels->items[level], wider_weighs[is_own][level]);
		}
		if (level == KNOWN_NETWORK && !is_own) {
			halve_network(likelihood);
		}
	}
	return likelihood->count > 1;
}

void app_likelihood_by_context(struct likelihood *likelihood, const struct app_weights *around,
	const struct flow_shapes *shapes, unsigned shape)
{
	double sum = 0;

	for (unsigned i = 0; i < likelihood->count; i++) {
		uint16_t app = likelihood->items[i].app;
		likelihood->items[i].all = likelihood->items[i].server *
					   (app_weights_of(around, app) + window_floor) *
					   flow_shapes_share(shapes, app, shape);
		sum += likelihood->items[i].all;
	}
	for (unsigned i = 0; i < likelihood->count; i++) {
		likelihood->items[i].all /= sum;
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

static bool is_sure(const struct likelihood *likelihood, unsigned best, unsigned level)
{
	double server = likelihood->items[best].server;

	/* A whole network is too coarse for the context to tell its owner's apps apart. */
	return likelihood->items[best].all >= threshold &&
	       server >= (level == KNOWN_NETWORK ? threshold : server_least);
}

static unsigned best_of(const struct likelihood *likelihood)
{
	unsigned best = 0;

	for (unsigned i = 1; i < likelihood->count; i++) {
		if (likelihood->items[i].all > likelihood->items[best].all) {
			best = i;
		}
	}
	return best;
}

uint16_t app_likelihood_best(const struct likelihood *likelihood)
{
	return likelihood->items[best_of(likelihood)].app;
}

struct conclusion app_likelihood_conclude(const struct likelihood *likelihood,
	const struct known_levels *levels, const struct app_weights *around, bool has_kits)
{
	static const struct {
		uint8_t confidence, ground;
	} by_level[KNOWN_LEVEL_COUNT] = {
		[KNOWN_NETWORK] = { CONFIDENCE_NETWORK, INFERRED_BY_NETWORK },
		[KNOWN_PREFIX] = { CONFIDENCE_PREFIX, INFERRED_BY_PREFIX },
		[KNOWN_ADDRESS] = { CONFIDENCE_ADDRESS, INFERRED_BY_ADDRESS },
		[KNOWN_HELLO] = { CONFIDENCE_ADDRESS, INFERRED_BY_HELLO },
	};
	unsigned best = best_of(likelihood);
	uint16_t app = likelihood->items[best].app;
	unsigned level = closest_level(levels, app);
	if (app == 0 || level == KNOWN_LEVEL_COUNT || !is_sure(likelihood, best, level) ||
		(has_kits && app_weights_down_kb(around, app) < use_kb_least)) {
		return (struct conclusion){ 0 };
	}
	bool by_context = likelihood->items[best].server < threshold;
	return (struct conclusion){
		.app = app,
		.confidence = by_level[level].confidence,
		.grounds =
			(uint8_t)(1 << by_level[level].ground | by_context << INFERRED_BY_CONTEXT),
	};
}
