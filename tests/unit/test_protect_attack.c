/* An attacker who reads everything that is shown guesses how many devices a small unit has. Where
 * small groups are merely left out it is always right; under protection no better than by chance.
 */
#include <math.h>
#include <stdlib.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/report_model.h"
#include "tests/tap.h"
#include "tests/unit/cells.h"

enum { WORLDS = 400, UNITS = 5, K = 5 };

/* A body: units of 20 to 40 devices, and one of 1 to 4, which is what the attacker wants to know.
 */
struct world {
	unsigned sizes[UNITS];
	struct overview *overview;
};

static uint64_t state = 42;

static unsigned below(unsigned bound)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (unsigned)((state >> 33) % bound);
}

static uint16_t unit_symbol(unsigned unit)
{
	char name[16];

	snprintf(name, sizeof(name), "unit %u", unit);
	return symbol_of(SYMBOL_UNIT, name);
}

/* Every device sends something to the same zone, some of it under a rule; how much is chance. */
static void add_device(struct world *world, unsigned unit, unsigned device)
{
	struct record record = {
		.flow = { .packets = { 1, 1 },
			.bytes = { 1000 + below(1000000), 1000 + below(1000000) } },
		.place = { .zone = GEO_ZONE_THIRD },
		.direction = RECORD_DIRECTION_OUTBOUND,
		.decision = { .unit = unit_symbol(unit),
			.rule = symbol_of(SYMBOL_RULE, "watched") },
	};

	record.flow.source.bytes[14] = (uint8_t)unit;
	record.flow.source.bytes[15] = (uint8_t)device;
	overview_add(world->overview, &record, 1);
}

static void make_world(struct world *world)
{
	world->overview = overview_create();
	for (unsigned unit = 0; unit < UNITS; unit++) {
		world->sizes[unit] = unit ? 20 + below(21) : 1 + below(K - 1);
		for (unsigned device = 0; device < world->sizes[unit]; device++) {
			add_device(world, unit, device);
		}
	}
}

/* What the shown rows leave of the body. */
struct seen {
	uint64_t rest;
	unsigned shown;
	bool is_floored;
};

static void see(struct seen *seen, uint64_t devices)
{
	seen->rest -= devices;
	seen->shown++;
}

/* The best guess: what is left, less the size that a unit has on average for each other one that is
 * missing, within what is possible. */
static unsigned guess(const struct seen *seen)
{
	unsigned missing = UNITS - seen->shown;
	int64_t left = (int64_t)seen->rest;

	for (unsigned i = 1; i < missing; i++) {
		left -= 30;
	}
	for (unsigned i = 0; seen->is_floored && i < seen->shown; i++) {
		left -= 30 - K; /* so many more are there on average */
	}
	return left < 1 ? 1 : left > K - 1 ? K - 1 : (unsigned)left;
}

/* Only groups below k are left out. */
static unsigned attack_naive(const struct world *world)
{
	struct seen seen = { overview_total(world->overview).devices, 0, false };

	for (unsigned unit = 0; unit < UNITS; unit++) {
		if (world->sizes[unit] >= K) {
			see(&seen, world->sizes[unit]);
		}
	}
	return guess(&seen);
}

/* Everything that the summary and the report say of units. */
static unsigned attack_protected(const struct world *world)
{
	struct report_model model = { .overview = world->overview, .group_minimum = K };
	struct seen by_rule = { overview_total(world->overview).devices, 0, true };
	struct seen by_zone = by_rule;
	struct overview_rule *rules;
	struct overview_place *places;
	size_t rule_count = report_model_rules(&model, &rules);
	size_t place_count = report_model_places(&model, &places);

	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].unit != REPORT_OTHER_PARTS) {
			see(&by_rule, rules[i].total.devices);
		}
	}
	for (size_t i = 0; i < place_count; i++) {
		if (places[i].unit != REPORT_OTHER_PARTS) {
			see(&by_zone, places[i].total.devices);
		}
	}
	free(rules);
	free(places);
	return guess(by_rule.shown > by_zone.shown ? &by_rule : &by_zone);
}

/* How likely so many hits or more are by chance. */
static double chance_of(unsigned hits, unsigned tries, double p)
{
	double sum = 0;

	for (unsigned i = hits; i <= tries; i++) {
		sum += exp(lgamma(tries + 1) - lgamma(i + 1) - lgamma(tries - i + 1) + i * log(p) +
			   (tries - i) * log(1 - p));
	}
	return sum;
}

int main(void)
{
	unsigned naive = 0, under_protection = 0;

	for (unsigned i = 0; i < WORLDS; i++) {
		struct world world;
		make_world(&world);
		naive += attack_naive(&world) == world.sizes[0];
		under_protection += attack_protected(&world) == world.sizes[0];
		overview_destroy(world.overview);
	}
	is_int(naive, WORLDS, "where small groups are merely left out, subtraction tells");
	double chance = chance_of(under_protection, WORLDS, 1.0 / (K - 1));
	ok(chance > 0.01,
		"under protection %u of %u guesses are right: no better than chance (p %.2f)",
		under_protection, WORLDS, chance);
	return done_testing();
}
