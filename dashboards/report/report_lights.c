#include "dashboards/report/report_unseen.h"
#include "dashboards/report/report_standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_tables.h"

enum { COUNTRIES_NAMED = 5, PIECE_BYTES = 512 };

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
static void put_size_or_few(struct standing *standing, struct text *text, uint64_t bytes)
{
	char k[16];

	if (bytes > 0 && report_model_hides(standing->model) &&
		!standing_shows_few(standing->model)) {
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
	if (report_knows_outside(model)) {
		messages_put(standing->messages, sentence_of(standing, LIGHT_OUTSIDE),
			"light_outside", "percent", percent, "third", third_text, NULL);
	} else {
		say(standing, LIGHT_OUTSIDE, "headline_unseen");
	}
	put_unknown(standing, left);
	report_put_unseen(sentence_of(standing, LIGHT_OUTSIDE), model, standing->messages);
	if (outside + report_model_bytes_unknown(model, &is_few) == 0 &&
		!report_has_unseen(model)) {
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
		bool has_unseen = report_has_unseen(standing->model);
		say(standing, LIGHT_CONTROL,
			has_unseen ? "light_control_unseen" : "light_control_none");
		if (put_control_unknown(standing) || has_unseen) {
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

static void lights_begin(struct report_lights *lights)
{
	*lights = (struct report_lights){ .action_count = 0 };
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		text_init_heap(&lights->lights[i].sentence);
	}
}

static void find_lights(struct standing *standing)
{
	const struct report_model *model = standing->model;

	standing->unit_count = report_units(model, &standing->units);
	add_up(standing);
	standing->sees_answers = standing->lights->sees_answers = standing_sees_answers(standing);
	standing->is_sure = standing_is_clear(standing) && standing_is_measured(model);
	standing->is_untold = standing_is_clear(standing) && report_coverage(model) < 0 &&
			      model->is_from_archive && !model->state_path;
	light_rules(standing);
	light_outside(standing);
	light_control(standing);
	light_approval(standing);
	standing_light_sight(standing);
}

/* All that there is, whether it is told or not. */
static struct overview *join(const struct report_model *model)
{
	struct overview *all = overview_create();
	const struct overview *both[] = { model->overview, model->withheld };
	size_t count;

	for (unsigned i = 0; all && i < 2; i++) {
		const struct cell *cells = overview_cells(both[i], &count);
		overview_take(all, cells, count);
	}
	return all;
}

/* A light is of all days; on which of them no figure is told, only that there is more is said. */
static void add_withheld(struct standing *standing)
{
	struct report_model model = *standing->model;
	struct report_lights lights;
	struct standing all = { .model = &model, .lights = &lights };

	if (!model.withheld || !(model.overview = join(standing->model))) {
		return;
	}
	lights_begin(&lights);
	find_lights(&all);
	for (unsigned i = 0; i < LIGHT_SIGHT; i++) {
		enum report_light_id id = (enum report_light_id)i;
		if (lights.lights[i].state > standing->lights->lights[i].state) {
			set(standing, id, lights.lights[i].state);
			text_put_char(sentence_of(standing, id), ' ');
			say(standing, id, "light_withheld_more");
		}
	}
	report_units_free(all.units, all.unit_count);
	report_lights_deinit(&lights);
	overview_destroy(model.overview);
}

void report_lights_init(struct report_lights *lights, const struct report_model *model,
	const struct messages *messages)
{
	struct standing standing = { .model = model, .messages = messages, .lights = lights };

	lights_begin(lights);
	find_lights(&standing);
	add_withheld(&standing);
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
