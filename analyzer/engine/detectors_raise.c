/* From what a detector reads to an alert: which incident it belongs to, and what is said of it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"

enum {
	LINKED_SLOTS = 72,    /* six hours: of the same cause */
	SAME_UNIT_SLOTS = 12, /* whatever apps */
	EPISODE_SLOTS = 288,  /* a day without evidence ends an incident */
	GROWTH_SLOTS = 12,    /* told again after an hour at the earliest */
	GROWTH_FACTOR = 10,
	SILENT_DAYS = 3, /* longer than a weekend */
	HABIT_DAYS = 14, /* before a silence can be unlike it */
};

static const double carried_least = 0.3; /* of an excess, by what explains it */
static const double slow_most = 2;       /* times the band: no moment stands out */

struct alert detectors_alert(const struct detectors *detectors, enum alert_kind kind,
	const char *identity, uint64_t first_ns, const char *sentence)
{
	return alert_of_finding(kind, detectors_observer(detectors), identity, first_ns, sentence);
}

void detectors_put_unit(struct finding *finding, uint16_t unit)
{
	finding_put_text(finding, "unit", FINDING_TEXT, symbol_name(SYMBOL_UNIT, unit));
}

void detectors_put_app(struct finding *finding, uint16_t app)
{
	finding_put_text(finding, "app", FINDING_APP, symbol_name(SYMBOL_APP, app));
}

void detectors_raise(struct detectors *detectors, const struct alert *alert, bool exact)
{
	struct alert frozen = *alert;
	struct detectors_numbers *numbers = detectors->numbers;

	frozen.evidence.is_frozen = true;
	snprintf(frozen.evidence.policy_hash, sizeof(frozen.evidence.policy_hash), "%s",
		policy_hash(policy_at(detectors->reference->policy, alert->first_ns)));
	numbers->exact += exact;
	numbers->alerts += !exact;
	alerts_report(detectors->options.alerts, &frozen);
}

/* A flow that is told by itself, where its device may be. */
void detectors_put_call(struct detectors *detectors, struct alert *alert,
	const struct slot_call *call, const char *names)
{
	const struct reference *reference = detectors->reference;
	struct alert_flow *flow = &alert->evidence.flows[0];

	*flow = (struct alert_flow){ .id = call->flow_id,
		.start_ns = call->time_ns,
		.bytes_up = call->bytes_up,
		.bytes_down = call->bytes_down,
		.asn = call->asn };
	alert->evidence.flow_count = call->device != 0;
	if (call->device && reference->pseudonyms) {
		pseudonyms_of_device(
			reference->pseudonyms, &call->device_of, call->time_ns, flow->device);
	} else if (call->device) {
		addr_format(&call->own, flow->device);
	}
	if (names) {
		snprintf(flow->name, sizeof(flow->name), "%.127s", names + call->name);
	}
	snprintf(flow->network, sizeof(flow->network), "%.63s",
		reference->geo ? geo_organization(reference->geo, call->organization) : "");
	memcpy(flow->country, call->country, sizeof(flow->country));
}

/* Is the line part of what the series, or the incident, is about? */
static bool is_of_value(const struct slot_line *line, const struct series_value *value)
{
	uint32_t first = series_first(value->series);
	const struct cell_key *key = &line->key;

	switch (series_dimension(value->series)) {
	case DIMENSION_APP_UNIT:
		return cell_named_app(key) == first && key->unit == series_second(value->series);
	case DIMENSION_PARENT:
		return key->parent_country == first;
	case DIMENSION_SERVER:
		return key->server_country == first;
	default:
		return key->zone == first;
	}
}

static uint64_t first_key(unsigned dimension, const struct cell_key *key)
{
	char country[3];

	switch (dimension) {
	case DIMENSION_APP_UNIT:
		return flow_note_key(symbol_name(SYMBOL_APP, cell_named_app(key)));
	case DIMENSION_PARENT:
		cell_country_name(key->parent_country, country);
		return flow_note_key(country);
	case DIMENSION_SERVER:
		cell_country_name(key->server_country, country);
		return flow_note_key(country);
	default:
		return flow_note_key(geo_zone_name(key->zone));
	}
}

static bool is_of_episode(const struct slot_line *line, const struct detectors_episode *episode)
{
	return first_key(episode->dimension, &line->key) == episode->first &&
	       (episode->dimension != DIMENSION_APP_UNIT ||
		       flow_note_key(symbol_name(SYMBOL_UNIT, line->key.unit)) == episode->unit);
}

/* The series' own keys: of the first line that is of it. */
static void find_keys(
	const struct slot *slot, const struct series_value *value, uint64_t *first, uint64_t *unit)
{
	*first = *unit = 0;
	for (uint32_t i = 0; i < slot->line_count; i++) {
		if (is_of_value(&slot->lines[i], value)) {
			*first = first_key(series_dimension(value->series), &slot->lines[i].key);
			*unit = flow_note_key(symbol_name(SYMBOL_UNIT, slot->lines[i].key.unit));
			return;
		}
	}
}

static double excess_of(const struct series_value *value)
{
	return fmax((double)value->bytes - volume_band(&value->reading).baseline, 0);
}

/* Do both speak of mostly the same bytes? The wider one's excess has to be carried by the other. */
static bool is_carried(const struct slot *slot, const struct detectors_episode *episode,
	const struct series_value *value)
{
	bool is_wider = episode->dimension != DIMENSION_APP_UNIT &&
			series_dimension(value->series) == DIMENSION_APP_UNIT;
	bool is_up = is_wider ? episode->is_up : value->is_up;
	double excess = is_wider ? episode->excess : excess_of(value);
	uint64_t both = 0;

	for (uint32_t i = 0; i < slot->line_count; i++) {
		const struct slot_line *line = &slot->lines[i];
		if (is_of_value(line, value) && is_of_episode(line, episode)) {
			both += is_up ? line->bytes_up : line->bytes_down;
		}
	}
	return excess > 0 && (double)both >= carried_least * excess;
}

static bool is_linked(const struct slot *slot, const struct detectors_episode *episode,
	const struct series_value *value, uint64_t first, uint64_t unit)
{
	if (episode->key == value->key) {
		return slot->number <= episode->last_slot + EPISODE_SLOTS;
	}
	if (slot->number > episode->last_slot + LINKED_SLOTS) {
		return false;
	}
	bool is_same_app = episode->dimension == DIMENSION_APP_UNIT &&
			   series_dimension(value->series) == DIMENSION_APP_UNIT &&
			   episode->first == first && series_first(value->series) != 0;
	bool is_same_unit = episode->dimension == DIMENSION_APP_UNIT && unit == episode->unit &&
			    series_dimension(value->series) == DIMENSION_APP_UNIT &&
			    series_second(value->series) != 0 &&
			    slot->number <= episode->last_slot + SAME_UNIT_SLOTS;
	return is_same_app || is_same_unit || is_carried(slot, episode, value);
}

/* The place of the one without news for longest, which is zeroed. */
static struct detectors_episode *new_episode(struct detectors *detectors)
{
	struct detectors_episode *episodes = detectors->numbers->episodes, *oldest = episodes;

	for (unsigned i = 0; i < DETECTORS_EPISODES_MOST; i++) {
		if (episodes[i].last_slot < oldest->last_slot) {
			oldest = &episodes[i];
		}
	}
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

/* The incident that goes on, else a new one. */
static struct detectors_episode *find_episode(struct detectors *detectors, const struct slot *slot,
	const struct series_value *value, uint64_t first, uint64_t unit)
{
	struct detectors_episode *episodes = detectors->numbers->episodes;

	for (unsigned i = 0; i < DETECTORS_EPISODES_MOST; i++) {
		if (episodes[i].key && is_linked(slot, &episodes[i], value, first, unit)) {
			return &episodes[i];
		}
	}
	return new_episode(detectors);
}

void detectors_note_incident(struct detectors *detectors, const struct slot *slot,
	enum dimension dimension, const char *first, uint16_t unit, const char *identity)
{
	struct detectors_episode *episode = new_episode(detectors);

	*episode = (struct detectors_episode){ .key = flow_note_key(identity),
		.first = flow_note_key(first),
		.unit = flow_note_key(symbol_name(SYMBOL_UNIT, unit)),
		.first_ns = slot->number * SLOT_NS,
		.last_slot = slot->number,
		.told_slot = slot->number,
		.dimension = (uint8_t)dimension,
		.is_up = true };
	snprintf(episode->identity, sizeof(episode->identity), "%s", identity);
}

static const char *put_subject(struct finding *finding, const struct series_value *value)
{
	uint16_t first = (uint16_t)series_first(value->series);
	uint16_t unit = (uint16_t)series_second(value->series);
	char country[3];

	switch (series_dimension(value->series)) {
	case DIMENSION_APP_UNIT:
		detectors_put_app(finding, first);
		detectors_put_unit(finding, unit);
		return first ? (unit ? "subject_app_unit" : "subject_app")
			     : (unit ? "subject_unnamed_unit" : "subject_unnamed");
	case DIMENSION_ZONE:
		finding_put_text(finding, "zone", FINDING_ZONE, geo_zone_name(first));
		return "subject_zone";
	default:
		cell_country_name(first, country);
		finding_put_text(finding, "country", FINDING_COUNTRY, country);
		return series_dimension(value->series) == DIMENSION_PARENT ? "subject_parent"
									   : "subject_server";
	}
}

static uint64_t whole(double bytes)
{
	return bytes > 0 && bytes < 1e18 ? (uint64_t)bytes : 0;
}

/* How seldom the whole organisation sees as much: patience is of one series. */
static uint64_t chance_s(const struct detectors *detectors, double score)
{
	double slots = score / detect_budget(detectors->detect)->series;

	return slots < 1e9 ? (uint64_t)(slots * 300) : UINT64_C(300000000000);
}

/* The slots, or the hours beside peers, that the evidence comes from, as one sum. */
static void put_run(struct finding *finding, const struct series_value *value, bool by_volume)
{
	const struct volume_reading *reading = &value->reading;
	const struct drift_run *peers = &value->peer_run;

	if (by_volume) {
		finding_put_number(finding, "sum", FINDING_SIZE, whole(reading->run_bytes));
		finding_put_number(finding, "usual", FINDING_SIZE, whole(reading->run_usual));
		finding_put_number(
			finding, "span", FINDING_SPAN, reading->run_slots * (SLOT_NS / NS_PER_S));
	} else if (peers->hours > 0) {
		finding_put_number(finding, "more", FINDING_SHARE,
			10 * whole(100 * (exp((double)peers->shift) - 1) + 0.5));
		finding_put_number(finding, "hours", FINDING_COUNT, peers->hours);
	}
}

static void fill_finding(const struct detectors *detectors, struct finding *finding,
	const struct slot *slot, const struct series_value *value, double score)
{
	struct volume_band band = volume_band(&value->reading);

	snprintf(finding->subject, sizeof(finding->subject), "%s", put_subject(finding, value));
	finding_put_text(finding, "direction", FINDING_TEXT, value->is_up ? "up" : "down");
	finding_put_number(finding, "value", FINDING_SIZE, value->bytes);
	finding_put_number(finding, "time", FINDING_TIME, slot->number * SLOT_NS);
	finding_put_number(finding, "baseline", FINDING_SIZE, whole(band.baseline));
	finding_put_number(finding, "low", FINDING_SIZE, whole(band.low));
	finding_put_number(finding, "high", FINDING_SIZE, whole(band.high));
	if (score < BUDGET_EXACT) {
		finding_put_number(finding, "chance", FINDING_SPAN, chance_s(detectors, score));
	}
	finding_add_part(finding, value->identity);
}

static void find_flows(struct detectors *detectors, const struct slot *slot,
	const struct series_value *value, uint32_t since, struct alert_evidence *evidence)
{
	struct flow_note_filter filter = { .zone = GEO_ZONE_COUNT, .since = since };
	uint16_t first = (uint16_t)series_first(value->series);

	switch (series_dimension(value->series)) {
	case DIMENSION_APP_UNIT:
		find_keys(slot, value, &filter.app, &filter.unit);
		break;
	case DIMENSION_PARENT:
		cell_country_name(first, filter.parent);
		break;
	case DIMENSION_SERVER:
		cell_country_name(first, filter.country);
		break;
	default:
		filter.zone = (uint8_t)first;
	}
	flow_notes_find(detectors->notes, &filter, evidence);
}

/* Is it the sum that stands out, and not this slot? */
static bool is_slow(const struct series_value *value)
{
	return (double)value->bytes <= slow_most * volume_band(&value->reading).high;
}

static enum alert_kind kind_of(const struct series_value *value, bool by_volume)
{
	return !by_volume                       ? ALERT_ANOMALY_PEERS
	       : value->is_up && is_slow(value) ? ALERT_ANOMALY_SLOW_EXFILTRATION
						: ALERT_ANOMALY_VOLUME;
}

/* Of what spoke now: an incident that grows may have begun otherwise. */
static const char *sentence_of(const struct series_value *value, bool by_volume)
{
	return !by_volume       ? "found_peers"
	       : is_slow(value) ? (value->is_up ? "found_slow" : "found_slow_down")
	       : value->is_up   ? "found_volume_up"
				: "found_volume_down";
}

/* From when on flows stand behind what is told: this slot, those of the run, or the hour beside
 * peers (0). */
static uint32_t evidence_since(
	const struct slot *slot, enum alert_kind kind, const struct series_value *value)
{
	uint32_t slots = is_slow(value) ? value->reading.run_slots : 1;

	return kind == ALERT_ANOMALY_PEERS || slots > slot->number ? 0 : slot->number - slots + 1;
}

/* Reports the incident as it stands; its id is that of its beginning. */
static void report(struct detectors *detectors, const struct slot *slot,
	struct detectors_episode *episode, const struct series_value *value)
{
	bool is_new = episode->told_slot == 0;
	struct alert alert = detectors_alert(detectors, episode->kind, episode->identity,
		episode->first_ns, episode->finding.sentence);

	alert.finding = episode->finding;
	alert.last_ns = (slot->number + 1) * SLOT_NS - 1;
	episode->told_slot = slot->number;
	if (is_new) {
		find_flows(detectors, slot, value, evidence_since(slot, episode->kind, value),
			&alert.evidence);
	}
	detectors_raise(detectors, &alert, false);
	detectors->numbers->alerts -= !is_new;
}

static void begin_episode(const struct slot *slot, struct detectors_episode *episode,
	const struct series_value *value, bool by_volume)
{
	episode->kind = (uint8_t)kind_of(value, by_volume);
	episode->key = value->key;
	episode->dimension = (uint8_t)series_dimension(value->series);
	episode->is_up = value->is_up;
	episode->first_ns = slot->number * SLOT_NS;
	find_keys(slot, value, &episode->first, &episode->unit);
	snprintf(episode->identity, sizeof(episode->identity), "%s", value->identity);
}

/* An app that comes back, a unit and day at a time: after a holiday nobody told of there are many.
 */
static void raise_silence(
	struct detectors *detectors, const struct slot *slot, const struct series_value *value)
{
	uint32_t app = series_first(value->series), unit = series_second(value->series);
	const struct local_zone *zone = policy_header(detectors->reference->policy)->zone;
	char identity[FINDING_TEXT_BYTES + 16];
	bool is_young = detectors->numbers->slots < HABIT_DAYS * SLOTS_A_DAY ||
			value->reading.silent_slots < SILENT_DAYS * SLOTS_A_DAY;

	if (is_young || series_dimension(value->series) != DIMENSION_APP_UNIT || app == 0 ||
		unit == 0) {
		return;
	}
	snprintf(
		identity, sizeof(identity), "silence %s", symbol_name(SYMBOL_UNIT, (uint16_t)unit));
	uint64_t day_ns = local_day_of(zone, slot->number * SLOT_NS).start_ns;
	struct tally *tally = detectors_tally(
		detectors, flow_note_key(identity) ^ day_ns, slot->number, EPISODE_SLOTS);
	if (tally->flows++ > 0) {
		return; /* told today */
	}
	struct alert alert = detectors_alert(
		detectors, ALERT_ANOMALY_AFTER_SILENCE, identity, day_ns, "found_silence");
	alert.first_ns = slot->number * SLOT_NS;
	alert.last_ns = (slot->number + 1) * SLOT_NS - 1;
	fill_finding(detectors, &alert.finding, slot, value, BUDGET_EXACT);
	finding_put_number(&alert.finding, "silence", FINDING_SPAN,
		value->reading.silent_slots * (SLOT_NS / NS_PER_S));
	find_flows(detectors, slot, value, slot->number, &alert.evidence);
	detectors_raise(detectors, &alert, true);
}

void detectors_raise_series(
	struct detectors *detectors, const struct slot *slot, const struct series_value *value)
{
	double threshold = detect_budget(detectors->detect)->threshold;
	bool by_volume = value->reading.why == VOLUME_MORE && value->reading.score >= threshold;
	double score = fmax(by_volume ? value->reading.score : 0, value->peer_score);
	uint64_t first, unit;

	if (value->reading.why == VOLUME_AFTER_SILENCE) {
		raise_silence(detectors, slot, value);
	}
	if (score < threshold) {
		return;
	}
	find_keys(slot, value, &first, &unit);
	struct detectors_episode *episode = find_episode(detectors, slot, value, first, unit);
	bool is_new = episode->key == 0;
	if (is_new) {
		begin_episode(slot, episode, value, by_volume);
	}
	episode->last_slot = slot->number;
	if (is_new || episode->key == value->key) {
		struct finding before = episode->finding;
		episode->finding.argument_count = 0;
		fill_finding(detectors, &episode->finding, slot, value, score);
		put_run(&episode->finding, value, by_volume);
		snprintf(episode->finding.sentence, sizeof(episode->finding.sentence), "%s",
			sentence_of(value, by_volume));
		episode->excess = fmax(episode->excess, excess_of(value));
		if (!is_new && (score < GROWTH_FACTOR * episode->score ||
				       slot->number < episode->told_slot + GROWTH_SLOTS)) {
			episode->finding = before;
			return;
		}
		episode->score = score;
		report(detectors, slot, episode, value);
		return;
	}
	finding_add_part(&episode->finding, value->identity);
}
