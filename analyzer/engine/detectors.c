#include "analyzer/engine/detectors.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/engine/detectors_parts.h"
#include "analyzer/redact/device_detail.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_alerts.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quick_hash.h"

enum {
	OPEN_SLOTS_MOST = BUDGET_SLOTS_A_WEEK,
	GAP_HOUR = 12,
	DAYS_A_WEEK = 7,
	TALLY_PROBES = 8,
	TOKENS_MOST = 2, /* of a kind, saved in quiet weeks */
	BEACON_PAIRS = 65536,
	BEACON_DEVICES = 8192,
	NOVELTY_THINGS = 65536,
};

#define GRACE_NS (60 * NS_PER_S)

static const double loss_most = 0.01;
static const double series_share = 0.5, token_share = 0.25, beacon_share = 0.25;

static int open_parts(struct detectors *detectors, struct err *err)
{
	const struct beacon_options beacons = { .devices = BEACON_DEVICES,
		.destinations = BEACON_PAIRS,
		.pairs = BEACON_PAIRS,
		.false_a_day = 3 * beacon_share / DAYS_A_WEEK };
	int status = calendar_create(&detectors->calendar, err);

	if (status == 0) {
		const struct detect_options options = { .series_most = DETECTORS_SERIES_MOST,
			.calendar = detectors->calendar,
			.weekly = 3 * series_share,
			.series = DETECTORS_SERIES_LEAST };
		status = detect_create(&detectors->detect, &options, err);
	}
	if (status == 0) {
		status = novelty_create(&detectors->novelty, NOVELTY_THINGS, err);
	}
	if (status == 0) {
		status = beacons_create(&detectors->beacons, &beacons, err);
	}
	detectors->notes = flow_notes_create();
	detectors->log = slot_log_create();
	detectors->numbers = calloc(1, sizeof(*detectors->numbers));
	if (status == 0 && (!detectors->notes || !detectors->log || !detectors->numbers)) {
		status = err_set(err, ENOMEM, "no memory for detectors");
	}
	return status;
}

int detectors_create(
	struct detectors **detectors, const struct detectors_options *options, struct err *err)
{
	struct detectors *created = calloc(1, sizeof(*created));
	int status = created ? 0 : err_set(err, ENOMEM, "no memory for detectors");

	if (status == 0) {
		created->options = *options;
		status = open_parts(created, err);
	}
	if (status < 0) {
		detectors_destroy(created);
		return status;
	}
	*detectors = created;
	return 0;
}

void detectors_destroy(struct detectors *detectors)
{
	if (detectors) {
		detect_destroy(detectors->detect);
		novelty_destroy(detectors->novelty);
		beacons_destroy(detectors->beacons);
		calendar_destroy(detectors->calendar);
		flow_notes_destroy(detectors->notes);
		slot_log_destroy(detectors->log);
		hash_table_deinit(&detectors->value_table);
		free(detectors->values);
		free(detectors->numbers);
		free(detectors);
	}
}

const char *detectors_observer(const struct detectors *detectors)
{
	return alerts_observer(detectors->options.alerts);
}

unsigned detectors_unit(struct detectors *detectors, uint16_t unit)
{
	struct detectors_numbers *numbers = detectors->numbers;
	uint64_t key = flow_note_key(symbol_name(SYMBOL_UNIT, unit));
	unsigned at = 0;

	while (at < numbers->unit_count && numbers->units[at].key != key) {
		at++;
	}
	if (at == numbers->unit_count && at < NOVELTY_UNITS_MOST - 1) {
		numbers->units[numbers->unit_count++].key = key;
	}
	return at;
}

struct tally *detectors_tally(
	struct detectors *detectors, uint64_t key, uint32_t slot, uint32_t idle_slots)
{
	struct tally *tallies = detectors->numbers->tallies;
	struct tally *oldest = &tallies[key % DETECTORS_TALLIES_MOST];

	key = key ? key : 1;
	for (unsigned i = 0; i < TALLY_PROBES; i++) {
		struct tally *tally = &tallies[(key + i) % DETECTORS_TALLIES_MOST];
		if (tally->key == key && slot <= tally->last_slot + idle_slots) {
			tally->last_slot = slot;
			return tally;
		}
		if (tally->key == key) {
			oldest = tally;
			break;
		}
		if (tally->last_slot < oldest->last_slot) {
			oldest = tally;
		}
	}
	*oldest = (struct tally){ .key = key, .first_ns = slot * SLOT_NS, .last_slot = slot };
	return oldest;
}

static int load_holidays(struct calendar *calendar, const struct policy *policy, struct err *err)
{
	static const char *const countries[] = { "se", "no", "dk", "fi", "is" };
	int status = 0;

	for (unsigned i = 0; i < 5 && status == 0; i++) {
		if (policy_has_holidays(policy, countries[i])) {
			status = calendar_load_country(calendar, countries[i], err);
		}
	}
	return status;
}

static int fill_calendar(struct calendar *calendar, const struct policy *policy, struct err *err)
{
	const struct policy_alerts *alerts = policy_alerts(policy);
	int status = load_holidays(calendar, policy, err);

	calendar_set_zone(calendar, policy_header(policy)->zone);
	for (uint32_t i = 0; i < alerts->free_count && status == 0; i++) {
		const struct policy_free_days *days = &alerts->free_days[i];
		status = calendar_add(calendar,
			days->unit ? symbol_name(SYMBOL_UNIT, days->unit) : "*",
			(uint32_t)days->first_day, (uint32_t)days->last_day, err);
	}
	return status;
}

/* Days of the policy that is in force. Where they cannot be had the old ones stay. */
static void use_policy(struct detectors *detectors, const struct reference *reference)
{
	struct calendar *calendar = NULL;
	struct err err;

	detectors->reference = reference;
	detectors->promised = policy_alerts(reference->policy)->budget;
	if (detectors->has_version && detectors->version == reference->version) {
		return;
	}
	detectors->has_version = true;
	detectors->version = reference->version;
	if (calendar_create(&calendar, &err) < 0 ||
		fill_calendar(calendar, reference->policy, &err) < 0) {
		log_warning("detectors know no free days: %s", err.text);
	}
	if (calendar) {
		detect_set_calendar(detectors->detect, calendar);
		calendar_destroy(detectors->calendar);
		detectors->calendar = calendar;
	}
}

/* Once a day: a budget for as many series as there are everywhere: as the policy says, else Redis,
 * else here alone. A sensor that follows some of them has its share of what may be false. */
static void set_budget(struct detectors *detectors)
{
	const struct policy_alerts *alerts = policy_alerts(detectors->reference->policy);
	double own = fmax(detect_series_count(detectors->detect), DETECTORS_SERIES_LEAST);
	double all = fmax(own, alerts->series ? alerts->series : (double)detectors->numbers->heard);

	detectors->numbers->share = own / all;
	detect_set_budget(detectors->detect, detectors->promised * series_share, all);
}

/* Is it time? */
static bool is_budget_due(struct detectors *detectors, uint32_t slot)
{
	uint64_t heard = alerts_all_series(detectors->options.alerts);
	bool is_due =
		detectors->numbers->share == 0 || heard != detectors->numbers->heard ||
		slot % SLOTS_A_DAY == 0 ||
		detect_budget(detectors->detect)->weekly != detectors->promised * series_share;

	detectors->numbers->heard = heard;
	return is_due;
}

static void count_verdicts(struct detectors *detectors)
{
	struct detectors_numbers *numbers = detectors->numbers;
	struct desk_verdicts verdicts;

	alerts_read_verdicts(detectors->options.alerts, numbers->verdicts_ns, &verdicts);
	numbers->confirmed += verdicts.confirmed;
	numbers->refuted += verdicts.refuted;
	numbers->verdicts_ns = verdicts.latest_ns;
}

void detectors_take(struct detectors *detectors, const struct reference *reference,
	const uint64_t *devices, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		bool is_named = device_detail_of_record(reference, record) == DEVICE_DETAIL_DEVICE;
		if (is_named) {
			slot_log_take_flow(detectors->log, record);
		}
		if (record->flow.part == 0 && record->direction == RECORD_DIRECTION_OUTBOUND) {
			slot_log_take_call(detectors->log, record, is_named ? devices[i] : 0);
		}
	}
}

void detectors_take_cells(struct detectors *detectors, const struct cell *cells, size_t count)
{
	slot_log_take_cells(detectors->log, cells, count);
}

void detectors_note_frames(
	struct detectors *detectors, uint64_t now_ns, uint64_t frames, uint64_t dropped)
{
	uint64_t new_frames = frames - detectors->frames, lost = dropped - detectors->dropped;

	if (new_frames || lost) {
		slot_log_note_frames(
			detectors->log, (uint32_t)(now_ns / SLOT_NS), new_frames, lost);
	}
	detectors->frames = frames;
	detectors->dropped = dropped;
}

static bool was_looking(const struct detectors *detectors, const struct slot *slot)
{
	if (!detectors->options.is_live) {
		return slot->line_count > 0;
	}
	double lost = (double)slot->dropped, all = (double)(slot->frames + slot->dropped);
	return slot->number >= detectors->live_from && lost <= loss_most * all;
}

/* Slots up to that one, in which nobody looked: an hour of them ends what peers had begun. */
static void pass_gap(struct detectors *detectors, uint32_t to)
{
	struct detectors_numbers *numbers = detectors->numbers;
	uint32_t slots = to - numbers->next_slot;

	if (numbers->next_slot == 0 || numbers->next_slot >= to) {
		return;
	}
	detect_skip(detectors->detect, numbers->next_slot, slots);
	for (uint32_t i = 0; i < slots && i < GAP_HOUR; i++) {
		detectors_end_peers(detectors);
	}
	numbers->gaps += slots;
}

static void earn_tokens(struct detectors *detectors)
{
	double weekly =
		detectors->promised * detectors->numbers->share * token_share / DETECTORS_TOKENS;
	double *tokens = detectors->numbers->tokens;

	for (unsigned i = 0; i < DETECTORS_TOKENS; i++) {
		tokens[i] = detectors->numbers->next_slot == 0
				    ? TOKENS_MOST
				    : fmin(TOKENS_MOST, tokens[i] + weekly / BUDGET_SLOTS_A_WEEK);
	}
}

static void judge(struct detectors *detectors, const struct slot *slot)
{
	struct detectors_numbers *numbers = detectors->numbers;
	bool looked = was_looking(detectors, slot);

	if (slot->number < numbers->next_slot) {
		return; /* of another run */
	}
	if (is_budget_due(detectors, slot->number)) {
		set_budget(detectors);
	}
	beacons_set_budget(detectors->beacons,
		detectors->promised * numbers->share * beacon_share / DAYS_A_WEEK);
	count_verdicts(detectors);
	pass_gap(detectors, slot->number);
	flow_notes_take(detectors->notes, detectors->reference, slot);
	earn_tokens(detectors);
	if (looked) {
		detectors_judge_series(detectors, slot);
		detectors_judge_events(detectors, slot);
	} else {
		detectors_end_peers(detectors);
	}
	detectors_judge_rules(detectors, slot);
	detect_end_slot(detectors->detect, slot->number, looked);
	numbers->next_slot = slot->number + 1;
	numbers->slots += looked;
	numbers->gaps += !looked;
}

/* Every slot before that one. Live a slot that showed nothing was looked at all the same. */
static void close_before(struct detectors *detectors, uint32_t end)
{
	struct slot *slot;

	while ((slot = slot_log_first(detectors->log)) && slot->number < end) {
		uint32_t next = detectors->numbers->next_slot;
		if (detectors->options.is_live && next >= detectors->live_from && next > 0) {
			for (; next < slot->number; next++) {
				const struct slot quiet = { .number = next };
				judge(detectors, &quiet);
			}
		}
		judge(detectors, slot);
		slot_log_close(detectors->log, slot->number);
	}
}

void detectors_make_room(struct detectors *detectors, const struct reference *reference)
{
	while (!detectors->options.is_live &&
		slot_log_open_count(detectors->log) > OPEN_SLOTS_MOST) {
		use_policy(detectors, reference);
		close_before(detectors, slot_log_first(detectors->log)->number + 1);
	}
}

void detectors_advance(
	struct detectors *detectors, const struct reference *reference, uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns / SLOT_NS);

	use_policy(detectors, reference);
	if (detectors->live_from == 0) {
		detectors->live_from = now + 1;
	}
	close_before(detectors, (uint32_t)((now_ns - GRACE_NS) / SLOT_NS));
}

void detectors_finish(struct detectors *detectors, const struct reference *reference)
{
	use_policy(detectors, reference);
	if (!detectors->options.is_live) {
		close_before(detectors, UINT32_MAX);
	}
}

void detectors_read_stats(const struct detectors *detectors, struct detectors_stats *stats)
{
	const struct detectors_numbers *numbers = detectors->numbers;
	double weeks = (double)numbers->slots / BUDGET_SLOTS_A_WEEK;
	uint64_t confirmed =
		numbers->confirmed < numbers->alerts ? numbers->confirmed : numbers->alerts;
	double unconfirmed = (double)(numbers->alerts - confirmed);

	*stats = (struct detectors_stats){
		.series = detect_series_count(detectors->detect),
		.unwatched = detect_unwatched(detectors->detect),
		.slots = numbers->slots,
		.gaps = numbers->gaps,
		.alerts = numbers->alerts,
		.exact = numbers->exact,
		.confirmed = confirmed,
		.refuted = numbers->refuted,
		.promised_milli =
			(uint64_t)(1000 * detectors->promised * detectors->numbers->share + 0.5),
		.realised_milli = weeks > 0 ? (uint64_t)(1000 * unconfirmed / weeks + 0.5) : 0,
		.late = slot_log_late(detectors->log),
		.missed = slot_log_missed(detectors->log),
		.tokens_short = numbers->tokens_short,
	};
}
