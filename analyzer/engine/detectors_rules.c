/* Exact rules: what needs no evidence to be told, outside the budget. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_alerts.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

enum {
	HOUR_SLOTS = 12,
	WEEK_SLOTS = 7 * SLOTS_A_DAY,
	GROWTH_FACTOR = 10,
	INFERRED_HOURS = 6, /* of the clock, and days, that make it last */
	INFERRED_DAYS = 2,
	STALE_DAYS = 180,
	BLOCKED_LEAST = 5, /* attempts, before a block is believed */
};

static const double loss_most = 0.01;

enum rule { RULE_BLOCKED, RULE_LEAK, RULE_TRANSFER, RULE_INFERRED, RULE_DROPS, RULE_STALE };

static uint64_t rule_key(enum rule rule, uint64_t first, uint64_t second, uint64_t third)
{
	return quick_hash(quick_hash(quick_hash(rule + 1, first), second), third);
}

static uint64_t unit_key(uint16_t unit)
{
	return flow_note_key(symbol_name(SYMBOL_UNIT, unit));
}

/* Monday of the week in the policy's zone; 1970-01-01 was a Thursday. */
static struct local_day monday_of(const struct detectors *detectors, const struct slot *slot)
{
	const struct local_zone *zone = policy_header(detectors->reference->policy)->zone;
	int64_t day = local_day_of(zone, slot->number * SLOT_NS).number;

	return local_day_at(zone, day - (day + 3) % 7);
}

/* tally: when it began. id_ns: of the day or week that it is told once in, or the same. */
static struct alert rule_alert(struct detectors *detectors, const struct slot *slot,
	enum alert_kind kind, const char *identity, uint64_t id_ns, const struct tally *tally,
	const char *sentence)
{
	struct alert alert = detectors_alert(detectors, kind, identity, id_ns, sentence);

	alert.first_ns = tally ? tally->first_ns : slot->number * SLOT_NS;
	alert.last_ns = (slot->number + 1) * SLOT_NS - 1;
	finding_add_part(&alert.finding, identity);
	return alert;
}

static bool has_grown(struct tally *tally)
{
	if (tally->told_bytes > 0 && tally->bytes < GROWTH_FACTOR * tally->told_bytes) {
		return false;
	}
	tally->told_bytes = tally->bytes ? tally->bytes : 1;
	return true;
}

/* Attempts that a block stopped, and since when. */
struct stopped {
	uint64_t flows, since_ns;
};

/* A rule says that the network blocks it, attempts were stopped lately, and something came through:
 * one case a rule, app and week. Where nothing is ever stopped, the rule's own cases say that it
 * was used. */
static void raise_leak(struct detectors *detectors, const struct slot *slot,
	const struct slot_line *line, struct tally *tally, const struct stopped *stopped)
{
	const struct policy_rule *rule = policy_rule(detectors->reference->policy, line->key.rule);
	const char *app = symbol_name(SYMBOL_APP, cell_named_app(&line->key));
	struct flow_note_filter filter = { .app = flow_note_key(app),
		.unit = unit_key(line->key.unit),
		.zone = GEO_ZONE_COUNT,
		.leaks = true };
	bool is_new = tally->told_bytes == 0;
	char identity[FINDING_TEXT_BYTES];

	if (!has_grown(tally)) {
		return;
	}
	snprintf(identity, sizeof(identity), "leak %.40s %.40s", rule->id, app);
	struct alert alert = rule_alert(detectors, slot, ALERT_POLICY_BLOCK_LEAK, identity,
		tally->first_ns, tally, "found_leak");
	finding_put_text(&alert.finding, "rule", FINDING_TEXT, rule->id);
	detectors_put_app(&alert.finding, cell_named_app(&line->key));
	detectors_put_unit(&alert.finding, line->key.unit);
	finding_put_number(&alert.finding, "blocked", FINDING_COUNT, stopped->flows);
	finding_put_number(&alert.finding, "flows", FINDING_COUNT, tally->flows);
	finding_put_number(&alert.finding, "value", FINDING_SIZE, tally->bytes);
	finding_put_number(&alert.finding, "time", FINDING_TIME, stopped->since_ns);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, true);
	detectors->numbers->exact -= !is_new;
	detectors_note_incident(detectors, slot, DIMENSION_APP_UNIT, app, line->key.unit, identity);
}

static struct tally *stopped_in(
	struct detectors *detectors, const struct slot *slot, uint64_t of, int64_t week)
{
	return detectors_tally(detectors, rule_key(RULE_BLOCKED, of, (uint64_t)week, 0),
		slot->number, 2 * WEEK_SLOTS);
}

static void add_stopped(struct tally *tally, const struct slot *slot, uint64_t flows)
{
	if (tally->flows == 0) {
		tally->first_ns = slot->number * SLOT_NS;
	}
	tally->flows += flows;
}

/* In the week of the case; where those are too few to believe in a block, in that before it too. */
static struct stopped stopped_lately(
	struct detectors *detectors, const struct slot *slot, uint64_t of, int64_t week)
{
	const struct tally *now = stopped_in(detectors, slot, of, week);
	struct stopped stopped = { now->flows, now->first_ns };

	if (stopped.flows < BLOCKED_LEAST) {
		const struct tally *before = stopped_in(detectors, slot, of, week - 7);
		stopped.since_ns = before->flows ? before->first_ns : stopped.since_ns;
		stopped.flows += before->flows;
	}
	return stopped;
}

/* A rule of which the network is said to stop what it denies, in a line that says whether it did.
 */
static const struct policy_rule *blocking_rule(
	const struct detectors *detectors, const struct cell_key *key)
{
	const struct policy_rule *rule = policy_rule(detectors->reference->policy, key->rule);
	bool is_known = key->block != BLOCK_NONE && key->block != BLOCK_UNSURE;

	return rule && rule->blocked && is_known ? rule : NULL;
}

static bool is_leak(const struct cell_key *key)
{
	return key->block == BLOCK_PASSED && policy_verdict_is_to_be_stopped(key->verdict);
}

static uint64_t leak_of(const struct policy_rule *rule, const struct cell_key *key)
{
	return flow_note_key(rule->id) ^
	       flow_note_key(symbol_name(SYMBOL_APP, cell_named_app(key)));
}

static struct tally *leaked_in(
	struct detectors *detectors, const struct slot *slot, uint64_t of, int64_t week)
{
	return detectors_tally(
		detectors, rule_key(RULE_LEAK, of, (uint64_t)week, 0), slot->number, WEEK_SLOTS);
}

/* All lines of a slot are added before one is judged, so that what is told is all of it. */
static void add_leak(
	struct detectors *detectors, const struct slot *slot, const struct slot_line *line)
{
	const struct policy_rule *rule = blocking_rule(detectors, &line->key);

	if (!rule) {
		return;
	}
	uint64_t of = leak_of(rule, &line->key);
	int64_t week = monday_of(detectors, slot).number;

	if (line->key.block != BLOCK_PASSED) {
		add_stopped(stopped_in(detectors, slot, of, week), slot, line->flows);
	} else if (is_leak(&line->key)) {
		struct tally *tally = leaked_in(detectors, slot, of, week);
		tally->flows += line->flows;
		tally->bytes += line->bytes_up + line->bytes_down;
	}
}

static void judge_leak(
	struct detectors *detectors, const struct slot *slot, const struct slot_line *line)
{
	const struct policy_rule *rule = blocking_rule(detectors, &line->key);

	if (!rule || !is_leak(&line->key)) {
		return;
	}
	uint64_t of = leak_of(rule, &line->key);
	int64_t week = monday_of(detectors, slot).number;
	struct stopped stopped = stopped_lately(detectors, slot, of, week);

	if (stopped.flows >= BLOCKED_LEAST) {
		raise_leak(detectors, slot, line, leaked_in(detectors, slot, of, week), &stopped);
	}
}

/* A unit's bytes to one third country, a day. */
static void judge_transfer(
	struct detectors *detectors, const struct slot *slot, const struct slot_line *line)
{
	const struct cell_key *key = &line->key;
	uint64_t most = policy_alerts(detectors->reference->policy)->transfer_bytes;
	const struct local_zone *zone = policy_header(detectors->reference->policy)->zone;
	char identity[FINDING_TEXT_BYTES];

	if (key->zone != GEO_ZONE_THIRD || key->server_country == 0 || key->other) {
		return;
	}
	struct local_day day = local_day_of(zone, slot->number * SLOT_NS);
	struct tally *tally = detectors_tally(detectors,
		rule_key(RULE_TRANSFER, unit_key(key->unit), key->server_country,
			(uint64_t)day.number),
		slot->number, SLOTS_A_DAY);
	tally->bytes += line->bytes_up;
	if (tally->bytes < most || tally->told_bytes > 0) {
		return;
	}
	tally->told_bytes = tally->bytes;
	struct flow_note_filter filter = { .unit = unit_key(key->unit), .zone = GEO_ZONE_COUNT };
	cell_country_name(key->server_country, filter.country);
	snprintf(identity, sizeof(identity), "transfer %s %.60s", filter.country,
		symbol_name(SYMBOL_UNIT, key->unit));
	struct alert alert = rule_alert(detectors, slot, ALERT_TRANSFER_THIRD_COUNTRY, identity,
		day.start_ns, tally, "found_transfer");
	detectors_put_unit(&alert.finding, key->unit);
	finding_put_text(&alert.finding, "country", FINDING_COUNTRY, filter.country);
	finding_put_number(&alert.finding, "value", FINDING_SIZE, tally->bytes);
	finding_put_number(&alert.finding, "high", FINDING_SIZE, most);
	finding_put_number(&alert.finding, "date", FINDING_DATE, slot->number * SLOT_NS);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, true);
	detectors_note_incident(
		detectors, slot, DIMENSION_SERVER, filter.country, key->unit, identity);
}

static void count_time(struct tally *tally, uint32_t hour, uint32_t day)
{
	tally->hours += tally->hour != hour;
	tally->days += tally->day != day;
	tally->hour = hour;
	tally->day = day;
}

/* What behaves like an app and has no name, where it lasts. A rule that allows the app has said
 * enough of it. */
static void judge_inferred(
	struct detectors *detectors, const struct slot *slot, const struct slot_line *line)
{
	const struct cell_key *key = &line->key;
	const struct local_zone *zone = policy_header(detectors->reference->policy)->zone;
	char identity[FINDING_TEXT_BYTES];

	if (!key->inferred || !key->app || key->action == POLICY_ACTION_ALLOW) {
		return;
	}
	snprintf(identity, sizeof(identity), "inferred %.40s %.40s",
		symbol_name(SYMBOL_APP, key->app), symbol_name(SYMBOL_UNIT, key->unit));
	struct tally *tally = detectors_tally(detectors,
		rule_key(RULE_INFERRED, flow_note_key(identity), 0, 0), slot->number, WEEK_SLOTS);
	tally->flows += line->flows;
	tally->bytes += line->bytes_up + line->bytes_down;
	count_time(tally, slot->number / HOUR_SLOTS,
		(uint32_t)local_day_of(zone, slot->number * SLOT_NS).number);
	if (tally->hours < INFERRED_HOURS || tally->days < INFERRED_DAYS || tally->told_bytes > 0) {
		return;
	}
	tally->told_bytes = tally->bytes ? tally->bytes : 1;
	struct alert alert = rule_alert(detectors, slot, ALERT_ANOMALY_INFERRED_APP, identity,
		tally->first_ns, tally, "found_inferred");
	struct flow_note_filter filter = {
		.app = flow_note_key(""), .unit = unit_key(key->unit), .zone = GEO_ZONE_COUNT
	};
	detectors_put_unit(&alert.finding, key->unit);
	detectors_put_app(&alert.finding, key->app);
	finding_put_number(&alert.finding, "value", FINDING_SIZE, tally->bytes);
	finding_put_number(&alert.finding, "hours", FINDING_COUNT, tally->hours);
	finding_put_number(&alert.finding, "days", FINDING_COUNT, tally->days);
	finding_put_number(&alert.finding, "time", FINDING_TIME, (slot->number + 1) * SLOT_NS);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, true);
	detectors_note_incident(detectors, slot, DIMENSION_APP_UNIT, "", key->unit, identity);
}

static void add_unnamed(struct detectors *detectors, const struct slot_line *line)
{
	const struct cell_key *key = &line->key;
	unsigned at = detectors_unit(detectors, key->unit);
	struct detectors_unit *unit = &detectors->numbers->units[at];

	if (at < NOVELTY_UNITS_MOST && !key->other) {
		unit->hour_bytes += line->bytes_up + line->bytes_down;
		unit->hour_unnamed += key->hidden ? line->bytes_up + line->bytes_down : 0;
	}
}

static void raise_unnamed(struct detectors *detectors, const struct slot *slot,
	const struct detectors_unit *unit, uint16_t symbol, float usual)
{
	char identity[FINDING_TEXT_BYTES];
	const char *name = symbol_name(SYMBOL_UNIT, symbol);

	snprintf(identity, sizeof(identity), "unnamed %.80s", name);
	struct alert alert = rule_alert(detectors, slot, ALERT_ANOMALY_UNNAMED_SHARE, identity,
		slot->number * SLOT_NS, NULL, "found_unnamed");
	struct flow_note_filter filter = {
		.app = flow_note_key(""), .unit = unit_key(symbol), .zone = GEO_ZONE_COUNT
	};
	detectors_put_unit(&alert.finding, symbol);
	finding_put_number(&alert.finding, "share", FINDING_SHARE,
		1000 * unit->hour_unnamed / (unit->hour_bytes + 1));
	finding_put_number(&alert.finding, "usual", FINDING_SHARE, (uint64_t)(1000 * usual));
	finding_put_number(&alert.finding, "time", FINDING_TIME, (slot->number + 1) * SLOT_NS);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, true);
	detectors_note_incident(detectors, slot, DIMENSION_APP_UNIT, "", symbol, identity);
}

/* The hour's last slot: units that showed something in it. */
static void end_hour(struct detectors *detectors, const struct slot *slot)
{
	for (unsigned symbol = 0; symbol <= symbol_highest(SYMBOL_UNIT); symbol++) {
		struct detectors_unit *unit =
			&detectors->numbers->units[detectors_unit(detectors, (uint16_t)symbol)];
		float usual;
		if (share_hour(&unit->share, unit->hour_bytes, unit->hour_unnamed, &usual)) {
			raise_unnamed(detectors, slot, unit, (uint16_t)symbol, usual);
		}
		unit->hour_bytes = unit->hour_unnamed = 0;
	}
}

/* Frames that were lost: one case a day. */
static void judge_drops(struct detectors *detectors, const struct slot *slot)
{
	const struct local_zone *zone = policy_header(detectors->reference->policy)->zone;
	uint64_t all = slot->frames + slot->dropped;
	const char *sensor = detectors_observer(detectors);

	if (slot->dropped == 0 || (double)slot->dropped <= loss_most * (double)all) {
		return;
	}
	struct local_day day = local_day_of(zone, slot->number * SLOT_NS);
	struct tally *tally = detectors_tally(detectors,
		rule_key(RULE_DROPS, (uint64_t)day.number, 0, 0), slot->number, SLOTS_A_DAY);
	tally->bytes += slot->dropped;
	bool is_new = tally->told_bytes == 0;
	if (!has_grown(tally)) {
		return;
	}
	struct alert alert = rule_alert(
		detectors, slot, ALERT_SENSOR_DROPS, "drops", day.start_ns, tally, "found_drops");
	finding_put_text(&alert.finding, "sensor", FINDING_TEXT, sensor ? sensor : "");
	finding_put_number(&alert.finding, "share", FINDING_SHARE, 1000 * slot->dropped / all);
	finding_put_number(&alert.finding, "count", FINDING_COUNT, slot->dropped);
	finding_put_number(&alert.finding, "time", FINDING_TIME, slot->number * SLOT_NS);
	detectors_raise(detectors, &alert, true);
	detectors->numbers->exact -= !is_new;
}

/* Once a day and at the start: databases that grew old; one case a file and week. */
static void judge_stale(struct detectors *detectors, const struct slot *slot)
{
	const struct geo *geo = detectors->reference->geo;
	const char *sensor = detectors_observer(detectors);
	char identity[FINDING_TEXT_BYTES];

	for (size_t i = 0; geo && i < geo_database_count(geo); i++) {
		uint64_t built_ns = geo_database_built_ns(geo, i);
		uint64_t now_ns = slot->number * SLOT_NS;
		if (built_ns == 0 || now_ns < built_ns + STALE_DAYS * 86400 * NS_PER_S) {
			continue;
		}
		struct local_day monday = monday_of(detectors, slot);
		snprintf(identity, sizeof(identity), "stale %.80s", geo_database_file(geo, i));
		struct tally *tally = detectors_tally(detectors,
			rule_key(RULE_STALE, flow_note_key(identity), (uint64_t)monday.number, 0),
			slot->number, WEEK_SLOTS);
		struct alert alert = rule_alert(detectors, slot, ALERT_SENSOR_STALE_DATA, identity,
			monday.start_ns, tally, "found_stale");
		if (tally->flows++ > 0) {
			continue;
		}
		finding_put_text(&alert.finding, "sensor", FINDING_TEXT, sensor ? sensor : "");
		finding_put_text(&alert.finding, "file", FINDING_TEXT, geo_database_file(geo, i));
		finding_put_number(&alert.finding, "date", FINDING_DATE, built_ns);
		finding_put_number(
			&alert.finding, "span", FINDING_SPAN, STALE_DAYS * UINT64_C(86400));
		detectors_raise(detectors, &alert, true);
	}
}

void detectors_judge_rules(struct detectors *detectors, const struct slot *slot)
{
	for (uint32_t i = 0; i < slot->line_count; i++) {
		add_leak(detectors, slot, &slot->lines[i]);
	}
	for (uint32_t i = 0; i < slot->line_count; i++) {
		judge_leak(detectors, slot, &slot->lines[i]);
		judge_transfer(detectors, slot, &slot->lines[i]);
		judge_inferred(detectors, slot, &slot->lines[i]);
		add_unnamed(detectors, &slot->lines[i]);
	}
	if (slot->number % HOUR_SLOTS == HOUR_SLOTS - 1) {
		end_hour(detectors, slot);
	}
	if (detectors->options.is_live) {
		judge_drops(detectors, slot);
		if (slot->number / SLOTS_A_DAY != detectors->stale_day) {
			detectors->stale_day = slot->number / SLOTS_A_DAY;
			judge_stale(detectors, slot);
		}
	}
}
