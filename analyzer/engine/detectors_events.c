/* First sights and beacons of a slot. First sights share tokens: so many a week may be false. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"

/* What a unit usually goes without, in slots, before a first sight of it alone is worth telling: a
 * month for what others show, two weeks for a network or an address. */
static const double patience_of_unit = 8000, patience_of_place = 4000;

static bool was_used(const struct cell_key *key, const struct slot_line *line)
{
	bool is_blocked = key->block != BLOCK_NONE && key->block != BLOCK_PASSED;

	/* What a rule denies is told by its own cases. */
	return line->bytes_down > 0 && key->action != POLICY_ACTION_DENY && !is_blocked &&
	       !key->embedded && !key->other;
}

static uint64_t see(struct detectors *detectors, const struct slot *slot, enum novelty_kind kind,
	uint16_t unit, uint64_t thing, struct novelty_sight *sight)
{
	novelty_see(detectors->novelty, kind, detectors_unit(detectors, unit), thing ? thing : 1,
		slot->number, sight);
	return slot->number * SLOT_NS;
}

/* Is there a token for it? What is seen in every unit alike asks for a longer habit. */
static bool is_worth(struct detectors *detectors, enum novelty_kind kind,
	const struct novelty_sight *sight, double least_patience)
{
	double *tokens =
		&detectors->numbers->tokens[sight->news == NOVELTY_WAVE ? NOVELTY_KINDS : kind];
	bool is_news = sight->news == NOVELTY_WAVE ||
		       (sight->news != NOVELTY_NONE && sight->score >= least_patience);

	if (!is_news) {
		return false;
	}
	if (*tokens < 1) {
		detectors->numbers->tokens_short++;
		return false;
	}
	*tokens -= 1;
	return true;
}

static double least_patience(const struct novelty_sight *sight)
{
	return sight->news == NOVELTY_FIRST_OF_ALL ? 0 : patience_of_unit;
}

static struct alert sight_alert(struct detectors *detectors, const struct slot *slot,
	enum alert_kind kind, const char *identity, const char *sentence)
{
	struct alert alert =
		detectors_alert(detectors, kind, identity, slot->number * SLOT_NS, sentence);

	alert.last_ns = (slot->number + 1) * SLOT_NS - 1;
	return alert;
}

static void put_numbers(struct finding *finding, const struct slot *slot, uint64_t bytes,
	const struct novelty_sight *sight)
{
	finding_put_number(finding, "value", FINDING_SIZE, bytes);
	finding_put_number(finding, "time", FINDING_TIME, slot->number * SLOT_NS);
	finding_put_number(finding, "units", FINDING_COUNT, sight->units);
}

static void raise_app(struct detectors *detectors, const struct slot *slot,
	const struct slot_line *line, const struct novelty_sight *sight)
{
	const char *app = symbol_name(SYMBOL_APP, line->key.app);
	const char *unit = symbol_name(SYMBOL_UNIT, line->key.unit);
	bool is_wave = sight->news == NOVELTY_WAVE;
	char identity[FINDING_TEXT_BYTES];
	struct flow_note_filter filter = { .app = flow_note_key(app),
		.unit = is_wave ? 0 : flow_note_key(unit),
		.zone = GEO_ZONE_COUNT };

	snprintf(identity, sizeof(identity), is_wave ? "wave %.40s" : "new app %.40s %.40s", app,
		unit);
	struct alert alert =
		sight_alert(detectors, slot, is_wave ? ALERT_ANOMALY_WAVE : ALERT_ANOMALY_NEW_APP,
			identity, is_wave ? "found_wave" : "found_new_app");
	finding_put_text(&alert.finding, is_wave ? "thing" : "app", FINDING_APP, app);
	detectors_put_unit(&alert.finding, line->key.unit);
	put_numbers(&alert.finding, slot, line->bytes_up + line->bytes_down, sight);
	finding_add_part(&alert.finding, identity);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, false);
	detectors_note_incident(detectors, slot, DIMENSION_APP_UNIT, app, line->key.unit, identity);
}

static void raise_country(struct detectors *detectors, const struct slot *slot,
	const struct slot_line *line, const struct novelty_sight *sight)
{
	const char *unit = symbol_name(SYMBOL_UNIT, line->key.unit);
	struct flow_note_filter filter = { .unit = flow_note_key(unit), .zone = GEO_ZONE_COUNT };
	char identity[FINDING_TEXT_BYTES];

	cell_country_name(line->key.server_country, filter.country);
	snprintf(identity, sizeof(identity), "new country %s %.60s", filter.country, unit);
	struct alert alert = sight_alert(
		detectors, slot, ALERT_ANOMALY_NEW_DESTINATION, identity, "found_new_country");
	finding_put_text(&alert.finding, "country", FINDING_COUNTRY, filter.country);
	detectors_put_unit(&alert.finding, line->key.unit);
	put_numbers(&alert.finding, slot, line->bytes_up + line->bytes_down, sight);
	finding_add_part(&alert.finding, identity);
	flow_notes_find(detectors->notes, &filter, &alert.evidence);
	detectors_raise(detectors, &alert, false);
	detectors_note_incident(detectors, slot, DIMENSION_SERVER, filter.country, 0, identity);
}

static void judge_line(
	struct detectors *detectors, const struct slot *slot, const struct slot_line *line)
{
	const struct cell_key *key = &line->key;
	struct novelty_sight sight;
	char country[3];

	if (!was_used(key, line)) {
		return;
	}
	if (cell_named_app(key)) {
		see(detectors, slot, NOVELTY_APP, key->unit,
			flow_note_key(symbol_name(SYMBOL_APP, key->app)), &sight);
		if (is_worth(detectors, NOVELTY_APP, &sight, least_patience(&sight))) {
			raise_app(detectors, slot, line, &sight);
		}
	}
	if (key->server_country && key->server_country != CELL_COUNTRY_INTERNAL) {
		cell_country_name(key->server_country, country);
		see(detectors, slot, NOVELTY_COUNTRY, key->unit, flow_note_key(country), &sight);
		if (sight.news != NOVELTY_WAVE &&
			is_worth(detectors, NOVELTY_COUNTRY, &sight, least_patience(&sight))) {
			raise_country(detectors, slot, line, &sight);
		}
	}
}

static void put_place(struct finding *finding, const char *name, const struct alert *alert,
	const struct slot_call *call)
{
	const struct alert_flow *flow = &alert->evidence.flows[0];
	char address[ADDR_TEXT_MAX], place[FINDING_TEXT_BYTES];

	addr_format(&call->remote, address);
	snprintf(place, sizeof(place), "%.48s%s%.40s%s", flow->name[0] ? flow->name : address,
		flow->network[0] ? " (" : "", flow->network, flow->network[0] ? ")" : "");
	finding_put_text(finding, name, FINDING_TEXT, place);
}

/* A network, or an address without a name, that a unit did not show before. */
static void raise_place(struct detectors *detectors, const struct slot *slot,
	const struct slot_call *call, const struct novelty_sight *sight, bool is_network)
{
	char identity[FINDING_TEXT_BYTES], address[ADDR_TEXT_MAX], network[FINDING_TEXT_BYTES];
	const char *unit = symbol_name(SYMBOL_UNIT, call->unit);

	addr_format(&call->remote, address);
	if (is_network) {
		snprintf(identity, sizeof(identity), "new network AS%u %.60s", call->asn, unit);
	} else {
		snprintf(identity, sizeof(identity), "unresolved %s %.30s", address, unit);
	}
	struct alert alert = sight_alert(detectors, slot,
		is_network ? ALERT_ANOMALY_NEW_DESTINATION : ALERT_ANOMALY_UNRESOLVED, identity,
		is_network ? "found_new_network" : "found_unresolved");
	detectors_put_call(detectors, &alert, call, slot->names);
	detectors_put_unit(&alert.finding, call->unit);
	if (is_network) {
		snprintf(network, sizeof(network), "AS%u%s%.60s", call->asn,
			alert.evidence.flows[0].network[0] ? " " : "",
			alert.evidence.flows[0].network);
		finding_put_text(&alert.finding, "network", FINDING_TEXT, network);
	} else {
		put_place(&alert.finding, "address", &alert, call);
		finding_put_text(
			&alert.finding, "device", FINDING_TEXT, alert.evidence.flows[0].device);
	}
	put_numbers(&alert.finding, slot, call->bytes_up + call->bytes_down, sight);
	finding_add_part(&alert.finding, identity);
	detectors_raise(detectors, &alert, false);
}

static void judge_place(
	struct detectors *detectors, const struct slot *slot, const struct slot_call *call)
{
	struct novelty_sight sight;

	if (call->asn) {
		see(detectors, slot, NOVELTY_NETWORK, call->unit, call->asn, &sight);
		if (sight.news == NOVELTY_FIRST_OF_ALL &&
			is_worth(detectors, NOVELTY_NETWORK, &sight, patience_of_place)) {
			raise_place(detectors, slot, call, &sight, true);
		}
	}
	if (call->is_unresolved && call->device) {
		see(detectors, slot, NOVELTY_UNRESOLVED, call->unit, call->destination, &sight);
		if (sight.news == NOVELTY_FIRST_OF_ALL &&
			is_worth(detectors, NOVELTY_UNRESOLVED, &sight, patience_of_place)) {
			raise_place(detectors, slot, call, &sight, false);
		}
	}
}

static void raise_beacon(struct detectors *detectors, const struct slot *slot,
	const struct slot_call *call, const struct beacon_found *found)
{
	char identity[FINDING_TEXT_BYTES], address[ADDR_TEXT_MAX];
	struct alert made = { .kind = ALERT_ANOMALY_BEACON };

	detectors_put_call(detectors, &made, call, slot->names);
	addr_format(&call->remote, address);
	const struct alert_flow *flow = &made.evidence.flows[0];
	snprintf(identity, sizeof(identity), "beacon %.40s %.50s", flow->device,
		flow->name[0] ? flow->name : address);
	struct alert alert = detectors_alert(
		detectors, ALERT_ANOMALY_BEACON, identity, found->first_ns, "found_beacon");
	alert.last_ns = found->last_ns;
	alert.evidence = made.evidence;
	detectors_put_unit(&alert.finding, call->unit);
	finding_put_text(&alert.finding, "device", FINDING_TEXT, flow->device);
	put_place(&alert.finding, "place", &alert, call);
	finding_put_number(
		&alert.finding, "period", FINDING_SPAN, (uint64_t)(found->period_s + 0.5f));
	finding_put_number(
		&alert.finding, "spread", FINDING_SHARE, (uint64_t)(1000 * found->spread));
	finding_put_number(&alert.finding, "first", FINDING_TIME, found->first_ns);
	finding_put_number(&alert.finding, "calls", FINDING_COUNT, found->calls);
	finding_put_number(
		&alert.finding, "share", FINDING_SHARE, (uint64_t)(1000 * found->coverage));
	finding_put_number(
		&alert.finding, "hours", FINDING_SPAN, (uint64_t)(3600 * found->on_hours));
	finding_put_number(&alert.finding, "devices", FINDING_COUNT, found->devices);
	finding_add_part(&alert.finding, identity);
	detectors_raise(detectors, &alert, false);
}

static void judge_call(
	struct detectors *detectors, const struct slot *slot, const struct slot_call *call)
{
	const struct beacon_call beacon = { .device = call->device,
		.destination = call->destination,
		.time_ns = call->time_ns,
		.known = call->is_known };
	struct beacon_found found;

	if (call->device && beacons_see(detectors->beacons, &beacon, &found)) {
		raise_beacon(detectors, slot, call, &found);
	}
	judge_place(detectors, slot, call);
}

void detectors_judge_events(struct detectors *detectors, const struct slot *slot)
{
	for (uint32_t i = 0; i < slot->line_count; i++) {
		judge_line(detectors, slot, &slot->lines[i]);
	}
	for (uint32_t i = 0; i < slot->call_count; i++) {
		judge_call(detectors, slot, &slot->calls[i]);
	}
}
