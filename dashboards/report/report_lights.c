#include "dashboards/report/report_standing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_tables.h"

enum { COUNTRIES_NAMED = 5, PIECE_BYTES = 512, SILENCE_HOURS = 6 };
#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

const char *report_light_name(enum report_light_id id)
{
	static const char *const names[LIGHT_COUNT] = { "rules", "outside", "control", "approval",
		"sight" };

	return names[id];
}

const char *report_light_state_name(enum report_light_state state)
{
	static const char *const names[] = { "light_good", "light_look", "light_act" };

	return names[state];
}

static void add_up(struct standing *standing)
{
	for (size_t i = 0; i < standing->unit_count; i++) {
		const struct report_unit *unit = &standing->units[i];
		struct report_unit *sum = &standing->sum;
		sum->flows_violation += unit->flows_violation;
		sum->flows_grace += unit->flows_grace;
		sum->flows_unapproved += unit->flows_unapproved;
		sum->flows_to_assess += unit->flows_to_assess;
		sum->flows_passed += unit->flows_passed;
		sum->flows_unsure += unit->flows_unsure;
	}
}

/* Of a unit of which one way alone was seen on some days, or of a part of it, the figures of the
 * other are at least (cell_way_of). */
static bool sees_both_ways(const struct report_unit *unit)
{
	return unit->flows == 0 || (unit->bytes_up > 0 && unit->bytes_down > 0 &&
					   cell_way_of(unit->bytes_up, unit->unseen_up,
						   unit->flows) == CELL_WAY_KNOWN &&
					   cell_way_of(unit->bytes_down, unit->unseen_down,
						   unit->flows) == CELL_WAY_KNOWN);
}

static bool sees_answers(const struct standing *standing)
{
	bool sees = report_model_sees_answers(standing->model);

	for (size_t i = 0; i < standing->unit_count && !standing->model->decider; i++) {
		sees &= sees_both_ways(&standing->units[i]);
	}
	return sees;
}

static uint64_t gaps_of(const struct report_model *model)
{
	uint64_t gaps = 0;

	for (unsigned i = 0; i < model->source_count; i++) {
		gaps += model->sources[i].gaps;
	}
	return gaps;
}

/* Of a running month, or where a sensor stood still, not every day is. */
static bool holds_every_day(const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;

	return !calendar || report_calendar_held(calendar) == calendar->day_count;
}

/* Where nothing was recorded for longer than a quiet night, the sensor may have stood still. */
static uint64_t silence_of(const struct report_model *model)
{
	uint64_t silence_ns = model->calendar ? report_calendar_silence_ns(model->calendar) : 0;

	return silence_ns >= SILENCE_HOURS * HOUR_NS ? silence_ns : 0;
}

static bool is_past_retention(const struct report_model *model)
{
	bool is_past = false;

	for (unsigned i = 0; i < model->source_count; i++) {
		is_past |= model->sources[i].deleted_until_ns > model->from_ns;
	}
	return is_past;
}

/* Does nothing that was seen speak against a green light? */
static bool is_clear(const struct standing *standing)
{
	const struct report_model *model = standing->model;
	const struct report_unit *sum = &standing->sum;
	bool is_open =
		sum->flows_unapproved + sum->flows_grace + sum->flows_unsure + sum->flows_passed >
		0;

	return !is_open && standing->sees_answers && !report_model_unit_hides_third(model) &&
	       !model->trouble && !model->filter && !report_model_may_count_twice(model) &&
	       holds_every_day(model) && silence_of(model) == 0 && !is_past_retention(model) &&
	       gaps_of(model) == 0 && !report_model_hides(model);
}

/* Is enough seen of the devices, and on each day? */
static bool is_measured(const struct report_model *model)
{
	struct report_unproven unproven = report_unproven(model);

	return report_coverage(model) >=
		       (int)policy_header(model->reference->policy)->coverage_percent &&
	       report_is_proven(&unproven);
}

static struct text *sentence_of(struct standing *standing, enum report_light_id id)
{
	return &standing->lights->lights[id].sentence;
}

static void set(struct standing *standing, enum report_light_id id, enum report_light_state state)
{
	standing->lights->lights[id].state = state;
}

/* Green only where enough is seen, and nothing else is open. */
static void set_good(struct standing *standing, enum report_light_id id)
{
	set(standing, id, standing->is_sure ? LIGHT_GOOD : LIGHT_LOOK);
	standing->lights->is_held_back |= !standing->is_sure;
}

static void say(struct standing *standing, enum report_light_id id, const char *key)
{
	text_put(sentence_of(standing, id), messages_get(standing->messages, key));
}

/* " Most in School." where that may be said: figure_of is what is compared, part_of whose devices
 * stand behind it. */
static void name_worst(struct standing *standing, enum report_light_id id,
	uint64_t (*figure_of)(const struct report_unit *unit),
	const struct report_part *(*part_of)(const struct report_unit *unit))
{
	const struct report_unit *worst = NULL;

	for (size_t i = 0; i < standing->unit_count; i++) {
		const struct report_unit *unit = &standing->units[i];
		if (figure_of(unit) > 0 && (!worst || figure_of(unit) > figure_of(worst))) {
			worst = unit;
		}
	}
	if (worst && worst->unit && report_part_is_told(standing->model, part_of(worst))) {
		text_put_char(sentence_of(standing, id), ' ');
		messages_put(standing->messages, sentence_of(standing, id), "light_worst", "unit",
			symbol_name(SYMBOL_UNIT, worst->unit), NULL);
	}
}

static const struct report_part *denied_part(const struct report_unit *unit)
{
	return &unit->denied;
}

static const struct report_part *outside_part(const struct report_unit *unit)
{
	return &unit->outside;
}

static const struct report_part *control_part(const struct report_unit *unit)
{
	return &unit->control;
}

static const struct report_part *open_part(const struct report_unit *unit)
{
	return &unit->open;
}

static uint64_t violations_of(const struct report_unit *unit)
{
	return unit->flows_violation;
}

static uint64_t share_of(uint64_t part, uint64_t whole)
{
	return whole ? (uint64_t)(1000.0 * (double)part / (double)whole) : 0;
}

static uint64_t outside_of(const struct report_unit *unit)
{
	return share_of(unit->bytes_outside + unit->bytes_unknown, unit->bytes_up);
}

static uint64_t control_of(const struct report_unit *unit)
{
	return share_of(unit->bytes_control_third, unit->bytes_up);
}

static uint64_t unapproved_of(const struct report_unit *unit)
{
	return unit->flows_unapproved + unit->flows_to_assess;
}

/* Of the whole body. */
static uint64_t attempts_unsure(const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);
	uint64_t unsure = 0;

	for (size_t i = 0; i < count; i++) {
		unsure += rows[i].outcomes[BLOCK_UNSURE];
	}
	free(rows);
	return unsure;
}

static bool denies_in_period(const struct policy_rule *rule, const struct report_model *model)
{
	return rule->action == POLICY_ACTION_DENY && rule->stage == POLICY_STAGE_IN_FORCE &&
	       (model->to_ns == 0 || rule->effective_from_ns < model->to_ns) &&
	       (rule->valid_to_ns == 0 || rule->valid_to_ns >= model->from_ns);
}

/* Where no rule denies anything, that nothing denied was used says nothing. What a list of allowed
 * apps leaves out is asked about by approval. */
static bool denies_anything(const struct report_model *model)
{
	struct policies_in_force policies;
	bool denies = false;

	policies_in_force_find(&policies, model);
	for (unsigned i = 0; i < policies.count && !denies; i++) {
		const struct policy *policy = policies.items[i].policy;
		denies = policy_header(policy)->mode == POLICY_MODE_ALLOW_LIST;
		for (unsigned j = 0; j < policy_rule_count(policy) && !denies; j++) {
			denies = denies_in_period(policy_rule_at(policy, j), model);
		}
	}
	return denies;
}

static void light_rules(struct standing *standing)
{
	const struct report_unit *sum = &standing->sum;
	char apps[PIECE_BYTES], unsure[32], grace[32];
	struct text text;

	text_init(&text, apps, sizeof(apps));
	unsigned denied = standing_put_apps(standing, &text, standing_is_denied);
	bool denies = denies_anything(standing->model);
	if (policy_rule_count(standing->model->reference->policy) == 0 && denied == 0 && !denies) {
		say(standing, LIGHT_RULES, "light_no_policy");
		set(standing, LIGHT_RULES, LIGHT_LOOK);
	} else if (denied == 0 && sum->flows_violation == 0 && sum->flows_passed > 0) {
		unsigned passed = standing_put_apps(standing, &text, standing_is_passed);
		messages_put(standing->messages, sentence_of(standing, LIGHT_RULES), "light_passed",
			"apps", passed ? apps : messages_get(standing->messages, "row_unknown_app"),
			NULL);
		set(standing, LIGHT_RULES, LIGHT_ACT);
	} else if (denied > 0 || sum->flows_violation > 0) {
		messages_put(standing->messages, sentence_of(standing, LIGHT_RULES),
			"light_denied_some", "apps",
			denied ? apps : messages_get(standing->messages, "row_unknown_app"), NULL);
		name_worst(standing, LIGHT_RULES, violations_of, denied_part);
		set(standing, LIGHT_RULES, LIGHT_ACT);
	} else if (!denies) {
		say(standing, LIGHT_RULES, "light_no_deny");
		set(standing, LIGHT_RULES, LIGHT_LOOK);
	} else if (!standing->sees_answers) {
		say(standing, LIGHT_RULES, "light_one_way");
		set(standing, LIGHT_RULES, LIGHT_LOOK);
	} else if (sum->flows_unsure > 0 || sum->flows_grace > 0) {
		bool has_attempts = report_model_knows_attempts(standing->model);
		text_init(&text, unsure, sizeof(unsure));
		messages_put_count(standing->messages, &text,
			has_attempts ? attempts_unsure(standing->model) : sum->flows_unsure);
		text_init(&text, grace, sizeof(grace));
		messages_put_count(standing->messages, &text, sum->flows_grace);
		messages_put(standing->messages, sentence_of(standing, LIGHT_RULES),
			has_attempts ? "light_denied_unsure" : "light_denied_unsure_flows",
			"unsure", unsure, "grace", grace, NULL);
		set(standing, LIGHT_RULES, LIGHT_LOOK);
	} else {
		say(standing, LIGHT_RULES, "light_denied_none");
		report_put_unproven(
			sentence_of(standing, LIGHT_RULES), standing->model, standing->messages);
		set_good(standing, LIGHT_RULES);
	}
}

/* Of the body as a whole. */
static bool shows_few(const struct report_model *model)
{
	struct overview_row total = overview_total(model->overview);

	return report_model_knows_devices(model) && report_model_shows_few(model, &total);
}

static void put_size_or_few(struct standing *standing, struct text *text, uint64_t bytes)
{
	char k[16];

	if (bytes > 0 && report_model_hides(standing->model) && !shows_few(standing->model)) {
		text_put(text, messages_get(standing->messages, "amount_hidden"));
	} else if (bytes > 0 && report_model_hides(standing->model)) {
		snprintf(k, sizeof(k), "%u", standing->model->group_minimum);
		messages_put(standing->messages, text, "from_few", "k", k, NULL);
	} else {
		messages_put_size(standing->messages, text, bytes);
	}
}

/* What went nobody knows where may have gone outside, too. */
static void put_unknown(struct standing *standing, uint64_t left)
{
	bool is_few;
	uint64_t unknown = report_model_bytes_unknown(standing->model, &is_few);
	char bytes[64], percent[32];
	struct text text;

	if (unknown == 0) {
		return;
	}
	text_init(&text, bytes, sizeof(bytes));
	messages_put_size(standing->messages, &text, unknown);
	text_init(&text, percent, sizeof(percent));
	messages_put_percent(standing->messages, &text, unknown, left);
	text_put_char(sentence_of(standing, LIGHT_OUTSIDE), ' ');
	messages_put(standing->messages, sentence_of(standing, LIGHT_OUTSIDE),
		is_few ? "light_unknown_few" : "light_unknown", "bytes", bytes, "percent", percent,
		NULL);
}

static void light_outside(struct standing *standing)
{
	const struct report_model *model = standing->model;
	uint64_t left = report_bytes_left(model->overview),
		 outside = report_model_bytes_outside(model),
		 third = overview_zone(model->overview, GEO_ZONE_THIRD).bytes_up;
	char percent[32], third_text[128];
	bool is_few;
	struct text text;

	text_init(&text, percent, sizeof(percent));
	messages_put_percent(standing->messages, &text, outside, left);
	text_init(&text, third_text, sizeof(third_text));
	put_size_or_few(standing, &text, third);
	messages_put(standing->messages, sentence_of(standing, LIGHT_OUTSIDE), "light_outside",
		"percent", percent, "third", third_text, NULL);
	put_unknown(standing, left);
	if (outside + report_model_bytes_unknown(model, &is_few) == 0) {
		set_good(standing, LIGHT_OUTSIDE);
	} else {
		name_worst(standing, LIGHT_OUTSIDE, outside_of, outside_part);
		set(standing, LIGHT_OUTSIDE, LIGHT_LOOK);
	}
}

/* Countries that control services we sent to, without adequacy, most bytes first. */
static void put_controlling(struct standing *standing, struct text *text)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(standing->model->overview, &cells);
	char seen[COUNTRIES_NAMED][3];
	unsigned seen_count = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_known = cells[i].control != GEO_ZONE_THIRD;
		for (unsigned j = 0; j < seen_count; j++) {
			is_known |= strcmp(seen[j], cells[i].parent_country) == 0;
		}
		if (!is_known && seen_count < COUNTRIES_NAMED) {
			memcpy(seen[seen_count], cells[i].parent_country, 3);
			text_put(text, seen_count > 0 ? ", " : "");
			text_put(text, report_model_country(standing->model, seen[seen_count],
					       messages_geo_language(standing->messages)));
			seen_count++;
		}
	}
}

/* Who controls what has no name, nobody knows. */
static bool put_control_unknown(struct standing *standing)
{
	const struct report_model *model = standing->model;
	uint64_t unknown = overview_control(model->overview, GEO_ZONE_UNKNOWN).bytes_up;
	char bytes[128], percent[32];
	struct text text;

	if (unknown == 0) {
		return false;
	}
	text_init(&text, bytes, sizeof(bytes));
	put_size_or_few(standing, &text, unknown);
	text_init(&text, percent, sizeof(percent));
	messages_put_percent(
		standing->messages, &text, unknown, report_bytes_left(model->overview));
	text_put_char(sentence_of(standing, LIGHT_CONTROL), ' ');
	messages_put(standing->messages, sentence_of(standing, LIGHT_CONTROL),
		report_model_hides(model) ? "light_control_unknown_few" : "light_control_unknown",
		"bytes", bytes, "percent", percent, NULL);
	return true;
}

static void light_control(struct standing *standing)
{
	uint64_t third = overview_control(standing->model->overview, GEO_ZONE_THIRD).bytes_up;
	char countries[PIECE_BYTES], bytes[128];
	struct text text;

	if (third == 0) {
		say(standing, LIGHT_CONTROL, "light_control_none");
		if (put_control_unknown(standing)) {
			set(standing, LIGHT_CONTROL, LIGHT_LOOK);
		} else {
			set_good(standing, LIGHT_CONTROL);
		}
		return;
	}
	text_init(&text, countries, sizeof(countries));
	put_controlling(standing, &text);
	text_init(&text, bytes, sizeof(bytes));
	put_size_or_few(standing, &text, third);
	messages_put(standing->messages, sentence_of(standing, LIGHT_CONTROL), "light_control",
		"bytes", bytes, "countries", countries, NULL);
	name_worst(standing, LIGHT_CONTROL, control_of, control_part);
	put_control_unknown(standing);
	set(standing, LIGHT_CONTROL, LIGHT_LOOK);
}

/* Services of which neither a rule nor the register says anything: no decision is no approval. */
static unsigned count_undecided(const struct report_model *model)
{
	const struct overview_app *rows;
	size_t count = overview_apps(model->overview, &rows);
	unsigned undecided = 0;

	for (size_t i = 0; i < count; i++) {
		undecided += rows[i].app != 0 &&
			     strcmp(report_app_state(model, rows[i].app), "no_decision") == 0;
	}
	return undecided;
}

static void light_approval(struct standing *standing)
{
	unsigned undecided = count_undecided(standing->model);
	char apps[PIECE_BYTES], count[16];
	struct text text;

	text_init(&text, apps, sizeof(apps));
	if (standing_put_apps(standing, &text, standing_is_open) > 0) {
		messages_put(standing->messages, sentence_of(standing, LIGHT_APPROVAL),
			"light_approval_some", "apps", apps, NULL);
		name_worst(standing, LIGHT_APPROVAL, unapproved_of, open_part);
		set(standing, LIGHT_APPROVAL, LIGHT_LOOK);
	} else if (undecided > 0) {
		set(standing, LIGHT_APPROVAL, LIGHT_LOOK);
	} else {
		say(standing, LIGHT_APPROVAL, "light_approval_none");
		set_good(standing, LIGHT_APPROVAL);
	}
	if (undecided > 0) {
		snprintf(count, sizeof(count), "%u", undecided);
		text_put(sentence_of(standing, LIGHT_APPROVAL),
			sentence_of(standing, LIGHT_APPROVAL)->length > 0 ? " " : "");
		messages_put(standing->messages, sentence_of(standing, LIGHT_APPROVAL),
			"light_undecided", "count", count, NULL);
	}
}

/* Of a run what went wrong; an archive is damaged. */
static const char *trouble_of(const struct standing *standing)
{
	const struct report_model *model = standing->model;

	if (!model->trouble) {
		return "";
	}
	return model->is_from_archive ? messages_get(standing->messages, "trouble_archive")
				      : model->trouble;
}

/* What of the period is not there. */
static void add_missing(struct standing *standing)
{
	const struct report_model *model = standing->model;
	struct text *text = sentence_of(standing, LIGHT_SIGHT);
	char held[16], days[16], gaps[24], hours[24];
	uint64_t silence_ns = silence_of(model);

	if (!holds_every_day(model)) {
		snprintf(held, sizeof(held), "%zu", report_calendar_held(model->calendar));
		snprintf(days, sizeof(days), "%zu", model->calendar->day_count);
		text_put_char(text, ' ');
		messages_put(
			standing->messages, text, "light_part", "days", days, "held", held, NULL);
	}
	if (silence_ns > 0 && holds_every_day(model)) { /* days that are not there are silent */
		snprintf(hours, sizeof(hours), "%" PRIu64, silence_ns / HOUR_NS);
		text_put_char(text, ' ');
		messages_put(standing->messages, text, "light_silent", "hours", hours, NULL);
	}
	if (is_past_retention(model)) {
		text_put_char(text, ' ');
		text_put(text, messages_get(standing->messages, "light_past"));
	}
	if (gaps_of(model) > 0) {
		snprintf(gaps, sizeof(gaps), "%" PRIu64, gaps_of(model));
		text_put_char(text, ' ');
		messages_put(standing->messages, text, "light_gaps", "gaps", gaps, NULL);
	}
}

/* Another sentence of the light about what is seen. */
static void add_sight(struct standing *standing, const char *key)
{
	struct text *text = sentence_of(standing, LIGHT_SIGHT);
	char k[16], coverage[16], least[16];

	snprintf(k, sizeof(k), "%u", standing->model->group_minimum);
	snprintf(coverage, sizeof(coverage), "%d", report_coverage(standing->model));
	snprintf(least, sizeof(least), "%u",
		policy_header(standing->model->reference->policy)->coverage_percent);
	text_put(text, text->length > 0 ? " " : "");
	messages_put(standing->messages, text, key, "k", k, "percent", coverage, "least", least,
		"trouble", trouble_of(standing), "filter",
		standing->model->filter ? standing->model->filter : "", NULL);
}

static void light_sight(struct standing *standing)
{
	const struct report_model *model = standing->model;
	uint64_t flows = report_flows_across(model->overview),
		 unnamed = report_flows_unnamed(model->overview);
	int coverage = report_coverage(model);
	char percent[32];
	struct text text;

	text_init(&text, percent, sizeof(percent));
	messages_put_percent(standing->messages, &text, flows - unnamed, flows);
	messages_put(standing->messages, sentence_of(standing, LIGHT_SIGHT), "light_named",
		"percent", percent, NULL);
	add_sight(standing, coverage < 0                    ? "light_coverage_unknown"
			    : report_coverage_is_few(model) ? "light_coverage_few"
							    : "light_coverage");
	add_missing(standing);
	if (report_model_unit_hides_third(model)) {
		add_sight(standing, "light_hidden_unit");
	}
	if (!standing->sees_answers) {
		add_sight(standing, "light_sees_one_way");
	}
	report_put_unproven(sentence_of(standing, LIGHT_SIGHT), model, standing->messages);
	if (!report_model_know_own(model)) {
		add_sight(standing, "light_no_own");
	}
	if (overview_total(model->overview).packets > 0 && report_model_hides(model)) {
		add_sight(standing, shows_few(model) ? "light_few" : "light_uncounted");
	}
	if (report_model_may_count_twice(model)) {
		add_sight(standing, "light_mixed_keys");
	}
	if (report_model_adds_sums(model)) {
		add_sight(standing, "light_sums");
	}
	if (model->trouble) {
		add_sight(standing, "light_incomplete");
	}
	if (model->filter) {
		add_sight(standing, "light_filter");
	}
	/* With a fifth of the flows unnamed a clean result says little. */
	set(standing, LIGHT_SIGHT,
		standing->is_sure && unnamed * 5 <= flows ? LIGHT_GOOD : LIGHT_LOOK);
}

void report_lights_init(struct report_lights *lights, const struct report_model *model,
	const struct messages *messages)
{
	struct standing standing = { .model = model, .messages = messages, .lights = lights };

	*lights = (struct report_lights){ .action_count = 0 };
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		text_init_heap(&lights->lights[i].sentence);
	}
	standing.unit_count = report_units(model, &standing.units);
	add_up(&standing);
	standing.sees_answers = sees_answers(&standing);
	standing.is_sure = is_clear(&standing) && is_measured(model);
	standing.is_untold = is_clear(&standing) && report_coverage(model) < 0 &&
			     model->is_from_archive && !model->state_path;
	light_rules(&standing);
	light_outside(&standing);
	light_control(&standing);
	light_approval(&standing);
	light_sight(&standing);
	standing_find_actions(&standing);
	standing_decide(&standing);
	report_units_free(standing.units, standing.unit_count);
}

void report_lights_deinit(struct report_lights *lights)
{
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		text_deinit(&lights->lights[i].sentence);
	}
	for (unsigned i = 0; i < lights->action_count; i++) {
		text_deinit(&lights->actions[i].apps);
	}
	text_deinit(&lights->decision);
}
