/* An attacker who may ask anything that a viewer may (days, windows, filters, every table; groups
 * of flows are answered by the same) guesses how many devices a small unit has, and is right no
 * more often than by chance.
 *
 * The body is the worst there is: every device that is active on a day makes the same number of
 * flows, which the attacker knows, so that whatever tells the flows of the small unit tells its
 * devices. Units are open for some days and not on others, so that what is hidden beside the small
 * one would change from day to day if it were chosen by who is there. */
#include <math.h>

#include "tests/tap.h"
#include "tests/unit/view_traffic.h"
#include "analyzer/view/view.h"
#include "dashboards/report/report_model.h"

enum { WORLDS = 120, UNITS = 6, SMALL = UNITS - 1, DAYS = 3, APPS = 2, FLOWS = 2, K = 5 };
enum { A_DAY = APPS * FLOWS }; /* flows of an active device */

static struct random chance = { 4711 };

/* Active devices of each unit on each day, as the world is. */
struct world {
	unsigned sizes[UNITS], active[DAYS][UNITS];
	struct record *records;
	struct record_labels *labels;
	size_t count;
};

static void add_flows(struct world *world, unsigned day, unsigned unit, unsigned device)
{
	for (unsigned i = 0; i < A_DAY; i++) {
		struct record *record = &world->records[world->count];
		struct record_labels *labels = &world->labels[world->count++];
		uint64_t at_ns = TRAFFIC_FROM_NS + day * TRAFFIC_DAY_NS +
				 random_below(&chance, 24 * 12) * SLOT_NS;
		record_plain(record, labels);
		record->flow.flow_id = world->count;
		record->flow.start_ns = record->flow.flow_start_ns = at_ns;
		record->flow.end_ns = at_ns + NS_PER_S;
		record->direction = RECORD_DIRECTION_OUTBOUND;
		record->place.zone = GEO_ZONE_THIRD;
		record->verdict.app = traffic_symbol(SYMBOL_APP, "app", i % APPS);
		record->verdict.confidence = 90;
		record->decision.rule = i % APPS ? 0 : traffic_symbol(SYMBOL_RULE, "watched", 0);
		record->decision.unit = traffic_symbol(SYMBOL_UNIT, "unit", unit);
		record_note_vantage(record);
		labels->app = symbol_name(SYMBOL_APP, record->verdict.app);
		labels->unit = symbol_name(SYMBOL_UNIT, record->decision.unit);
		snprintf(labels->device, sizeof(labels->device), "device-%u-%u", unit, device);
	}
}

static void make_world(struct world *world)
{
	world->count = 0;
	for (unsigned unit = 0; unit < UNITS; unit++) {
		world->sizes[unit] = unit == SMALL ? 1 + random_below(&chance, K - 1)
						   : 12 + random_below(&chance, 14);
	}
	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned unit = 0; unit < UNITS; unit++) {
			world->active[day][unit] = 0;
			for (unsigned i = 0; i < world->sizes[unit]; i++) {
				if (unit == SMALL || random_below(&chance, 10) > 0) {
					world->active[day][unit]++;
					add_flows(world, day, unit, i);
				}
			}
		}
	}
}

/* What is seen of the flows of each unit on each day, in devices; 0: not shown. */
struct seen {
	unsigned shown[DAYS][UNITS];
	unsigned body[DAYS];
};

static unsigned unit_of(const char *name)
{
	for (unsigned unit = 0; unit < UNITS; unit++) {
		if (strcmp(name, symbol_name(SYMBOL_UNIT,
					 traffic_symbol(SYMBOL_UNIT, "unit", unit))) == 0) {
			return unit;
		}
	}
	return UNITS;
}

/* A table by unit says it outright; one by unit and app where it shows all of a unit's apps. */
static void see_table(struct view *view, unsigned day, enum view_dimension other, struct seen *seen)
{
	const struct view_access viewer = {
		.role = VIEW_PROTECTED, .k = K, .now_ns = TRAFFIC_TO_NS + TRAFFIC_DAY_NS
	};
	struct view_question question = { .from_ns = TRAFFIC_FROM_NS + day * TRAFFIC_DAY_NS,
		.to_ns = TRAFFIC_FROM_NS + (day + 1) * TRAFFIC_DAY_NS,
		.by = { VIEW_BY_UNIT, other },
		.by_count = other == VIEW_DIMENSION_COUNT ? 1 : 2 };
	unsigned rows[UNITS + 1] = { 0 }, flows[UNITS + 1] = { 0 };
	struct view_answer *answer;
	struct err err;

	if (view_ask(view, &viewer, &question, &answer, &err) < 0) {
		return;
	}
	for (size_t i = 0; i < answer->row_count; i++) {
		unsigned unit =
			answer->rows[i].is_remainder ? UNITS : unit_of(answer->rows[i].values[0]);
		rows[unit]++;
		flows[unit] += (unsigned)answer->rows[i].total.flows;
	}
	for (unsigned unit = 0; unit < UNITS; unit++) {
		if (rows[unit] == (other == VIEW_BY_APP ? APPS : 1)) {
			seen->shown[day][unit] = flows[unit] / A_DAY;
		}
	}
	seen->body[day] = (unsigned)answer->total.flows / A_DAY;
	view_answer_free(answer);
}

static void see_view(const struct world *world, struct seen *seen)
{
	struct view *view;
	size_t count;
	struct traffic traffic = {
		.records = world->records, .labels = world->labels, .count = world->count
	};
	struct rollup *rollup = traffic_cells(&traffic, 0, world->count);
	const struct cell *cells = rollup_cells(rollup, &count);

	view_open_analysis(&view, false, NULL);
	view_take(view, cells, count);
	for (unsigned day = 0; day < DAYS; day++) {
		see_table(view, day, VIEW_DIMENSION_COUNT, seen);
		see_table(view, day, VIEW_BY_APP, seen);
		see_table(view, day, VIEW_BY_ZONE, seen);
	}
	view_close(view);
	rollup_destroy(rollup);
}

/* The same by a report of each day, in all that it and the summary say of units. */
static void see_report(const struct world *world, unsigned day, struct seen *seen)
{
	uint64_t from_ns = TRAFFIC_FROM_NS + day * TRAFFIC_DAY_NS, to_ns = from_ns + TRAFFIC_DAY_NS;
	struct overview *overview = overview_create();
	struct report_model model = { .overview = overview, .group_minimum = K };
	struct overview_place *places;
	struct overview_rule *rules;
	struct traffic traffic = { .records = world->records, .labels = world->labels };

	for (size_t i = 0; i < world->count; i++) {
		uint64_t at_ns = world->records[i].flow.start_ns;
		if (at_ns >= from_ns && at_ns < to_ns) {
			struct rollup *one = traffic_cells(&traffic, i, i + 1);
			size_t count;
			const struct cell *cells = rollup_cells(one, &count);
			overview_take(overview, cells, count);
			rollup_destroy(one);
		}
	}
	seen->body[day] = (unsigned)overview_total(overview).flows / A_DAY;
	size_t place_count = report_model_places(&model, &places);
	for (size_t i = 0; i < place_count; i++) {
		if (places[i].unit != REPORT_OTHER_PARTS) {
			unsigned unit = unit_of(symbol_name(SYMBOL_UNIT, places[i].unit));
			seen->shown[day][unit] = (unsigned)places[i].total.flows / A_DAY;
		}
	}
	size_t rule_count = report_model_rules(&model, &rules);
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].unit != REPORT_OTHER_PARTS) {
			unsigned unit = unit_of(symbol_name(SYMBOL_UNIT, rules[i].unit));
			unsigned flows = (unsigned)rules[i].total.flows / FLOWS; /* of one app */
			seen->shown[day][unit] =
				seen->shown[day][unit] ? seen->shown[day][unit] : flows;
		}
	}
	free(places);
	free(rules);
	overview_destroy(overview);
}

/* What a unit is believed to have had on a day: what was seen, else its mean of other days; 0 where
 * it was never seen. */
static double believed(const struct seen *seen, unsigned day, unsigned unit)
{
	double sum = 0;
	unsigned days = 0;

	if (seen->shown[day][unit]) {
		return seen->shown[day][unit];
	}
	for (unsigned other = 0; other < DAYS; other++) {
		sum += seen->shown[other][unit];
		days += seen->shown[other][unit] > 0;
	}
	return days ? sum / days : 0;
}

/* What the body leaves for the small unit, on the days on which all others are believed. */
static unsigned guess(const struct seen *seen)
{
	double sum = 0;
	unsigned days = 0;

	for (unsigned day = 0; day < DAYS; day++) {
		double left = seen->body[day];
		bool is_known = true;
		for (unsigned unit = 0; unit < SMALL; unit++) {
			double part = believed(seen, day, unit);
			is_known &= part > 0;
			left -= part;
		}
		sum += is_known ? left : 0;
		days += is_known;
	}
	long rounded = days ? lround(sum / days) : 2;
	return rounded < 1 ? 1 : rounded > K - 1 ? K - 1 : (unsigned)rounded;
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

/* What one channel does not show another one may. */
static void add_seen(struct seen *to, const struct seen *from)
{
	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned unit = 0; unit < UNITS; unit++) {
			to->shown[day][unit] += to->shown[day][unit] ? 0 : from->shown[day][unit];
		}
	}
}

static void see_all_but_small(const struct world *world, struct seen *seen)
{
	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned unit = 0; unit < UNITS; unit++) {
			seen->shown[day][unit] = unit == SMALL ? 0 : world->active[day][unit];
		}
	}
}

static void judge(unsigned hits, const char *what)
{
	double p = chance_of(hits, WORLDS, 1.0 / (K - 1));

	ok(p > 0.01, "%s: %u of %d right, which chance does with p = %.3f", what, hits, WORLDS, p);
}

int main(void)
{
	enum { ROOM = UNITS * 26 * DAYS * A_DAY };
	struct world world = { .records = calloc(ROOM, sizeof(struct record)),
		.labels = calloc(ROOM, sizeof(struct record_labels)) };
	unsigned naive = 0, view = 0, reports = 0, together = 0;

	for (unsigned i = 0; i < WORLDS; i++) {
		struct seen seen = { 0 }, all;
		make_world(&world);
		see_view(&world, &seen);
		all = seen;
		view += guess(&seen) == world.sizes[SMALL];
		memset(&seen, 0, sizeof(seen));
		for (unsigned day = 0; day < DAYS; day++) {
			see_report(&world, day, &seen);
		}
		add_seen(&all, &seen);
		reports += guess(&seen) == world.sizes[SMALL];
		together += guess(&all) == world.sizes[SMALL];
		see_all_but_small(&world, &seen);
		naive += guess(&seen) == world.sizes[SMALL];
	}
	is_int(naive, WORLDS, "where only small groups are left out every guess is right");
	judge(view, "all that a viewer may ask");
	judge(reports, "reports of each day");
	judge(together, "all of it together");
	free(world.records);
	free(world.labels);
	return done_testing();
}
