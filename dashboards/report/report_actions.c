#include <string.h>

#include "analyzer/policy/attempts.h"
#include "dashboards/report/report_standing.h"
#include "dashboards/report/report_tables.h"

enum { APPS_NAMED = 6 };

unsigned standing_put_apps(struct standing *standing, struct text *text, standing_app *is_wanted)
{
	const struct overview_app *rows;
	size_t count = overview_apps(standing->model->overview, &rows);
	unsigned named = 0;

	for (size_t i = 0; i < count; i++) {
		if (!rows[i].app || !is_wanted(standing, &rows[i])) {
			continue;
		}
		if (named < APPS_NAMED) {
			const char *name = report_model_app(standing->model, rows[i].app).name;
			text_put(text, named > 0 ? ", " : "");
			text_put(text, messages_catalogue(standing->messages, name));
		} else if (named == APPS_NAMED) {
			text_put(text, " \xe2\x80\xa6");
		}
		named++;
	}
	return named;
}

static bool is_used_though(
	const struct report_model *model, uint16_t app, enum policy_verdict verdict)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].app == app && rows[i].verdict == verdict) {
			return true;
		}
	}
	return false;
}

/* What is denied elsewhere may be undecided here; and what is reported by no rule is probably not
 * on the list of what is allowed. */
static bool is_used_undecided(const struct report_model *model, uint16_t app)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		bool is_undecided = rows[i].action == POLICY_ACTION_ASSESS ||
				    rows[i].action == POLICY_ACTION_PENDING || rows[i].rule == 0;
		if (rows[i].app == app && is_undecided && !rows[i].inferred &&
			rows[i].verdict == POLICY_VERDICT_REPORTED) {
			return true;
		}
	}
	return false;
}

bool standing_is_denied(const struct standing *standing, const struct overview_app *app)
{
	return is_used_though(standing->model, app->app, POLICY_VERDICT_VIOLATION);
}

/* The network let it through, and it cannot be said that it was used: embedded in something else,
 * or less sure than the rule asks. */
bool standing_is_passed(const struct standing *standing, const struct overview_app *app)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(standing->model->overview, &rows);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].app == app->app && rows[i].rule != 0 &&
			attempt_outcome_of(rows[i].verdict, rows[i].block) == BLOCK_PASSED) {
			return true;
		}
	}
	return false;
}

bool standing_is_open(const struct standing *standing, const struct overview_app *app)
{
	const char *state = report_app_state(standing->model, app->app);

	return is_used_though(standing->model, app->app, POLICY_VERDICT_UNAPPROVED) ||
	       is_used_undecided(standing->model, app->app) || strcmp(state, "to_assess") == 0 ||
	       strcmp(state, "pending") == 0;
}

static void add_action(struct standing *standing, const char *key, standing_app *is_wanted)
{
	struct report_lights *lights = standing->lights;

	if (lights->action_count == REPORT_ACTIONS_MAX) {
		return;
	}
	struct report_action *action = &lights->actions[lights->action_count];
	action->key = key;
	text_init_heap(&action->apps);
	if (is_wanted && standing_put_apps(standing, &action->apps, is_wanted) == 0) {
		text_deinit(&action->apps);
		return;
	}
	lights->action_count++;
}

static bool has_rows(const struct report_model *model, const struct report_table_type *type,
	enum report_row_kind kind)
{
	struct report_table table;
	bool has = false;

	report_table_fill(&table, type, model);
	for (size_t i = 0; i < table.count; i++) {
		has |= table.rows[i].kind == kind;
	}
	report_table_deinit(&table);
	return has;
}

/* Where denied apps were used, what else got through is part of that. */
static bool only_passed(const struct standing *standing)
{
	return standing->sum.flows_passed > 0 && standing->sum.flows_violation == 0 &&
	       standing->lights->action_count == 0;
}

/* What would let more be said. */
static void add_sight_actions(struct standing *standing)
{
	const struct report_model *model = standing->model;
	int coverage = report_coverage(model);
	struct report_unproven unproven = report_unproven(model);

	if (coverage < 0) {
		add_action(standing, "action_inventory", NULL);
	} else if (coverage < (int)policy_header(model->reference->policy)->coverage_percent) {
		add_action(standing, "action_coverage", NULL);
	}
	if (model->is_from_archive && !unproven.is_whole &&
		(unproven.units > 0 || unproven.is_outside)) {
		add_action(standing, "action_unproven", NULL);
	}
}

void standing_find_actions(struct standing *standing)
{
	const struct report_model *model = standing->model;

	add_action(standing, "action_denied", standing_is_denied);
	if (only_passed(standing)) {
		add_action(standing, "action_passed", standing_is_passed);
	}
	if (standing->sum.flows_unsure > 0) {
		add_action(standing, "action_unsure", NULL);
	}
	add_action(standing, "action_open", standing_is_open);
	if (has_rows(model, &table_services, ROW_MARKED)) {
		add_action(standing, "action_deviating", NULL);
	}
	if (has_rows(model, &table_register, ROW_MARKED)) {
		add_action(standing, "action_overdue", NULL);
	}
	if (report_model_bytes_outside(model) > 0) {
		add_action(standing, "action_tools", NULL);
	}
	add_sight_actions(standing);
	if (report_model_unit_hides_third(model)) {
		add_action(standing, "action_hidden", NULL);
	}
}

/* One sentence: what there is to be decided. */
void standing_decide(struct standing *standing)
{
	static const struct {
		const char *action, *key;
	} decisions[] = { { "action_denied", "decision_denied" },
		{ "action_passed", "decision_passed" }, { "action_open", "decision_open" },
		{ "action_unsure", "decision_unsure" } };
	struct report_lights *lights = standing->lights;

	text_init_heap(&lights->decision);
	for (unsigned i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
		for (unsigned j = 0; j < lights->action_count; j++) {
			const struct report_action *action = &lights->actions[j];
			if (strcmp(action->key, decisions[i].action) == 0) {
				messages_put(standing->messages, &lights->decision,
					decisions[i].key, "apps",
					action->apps.at ? action->apps.at : "", NULL);
				return;
			}
		}
	}
	bool is_all_good = true;
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		is_all_good &= lights->lights[i].state == LIGHT_GOOD;
	}
	text_put(&lights->decision,
		messages_get(standing->messages, is_all_good           ? "decision_none"
						 : standing->is_sure   ? "decision_look"
						 : standing->is_untold ? "decision_untold"
								       : "decision_see"));
}
