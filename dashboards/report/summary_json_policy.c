/* The summary's members that come of the policy: rules and verdicts, attempts, what is left of use,
 * the register, and under which decision it was made. */
#include <stdlib.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "dashboards/report/summary_json.h"

static void put_rule(
	struct json *json, const struct report_model *model, const struct overview_rule *row)
{
	json_object_begin(json, NULL);
	json_string(json, "rule", symbol_name(SYMBOL_RULE, row->rule));
	summary_put_unit(json, row->unit);
	json_string(json, "app", row->app ? symbol_name(SYMBOL_APP, row->app) : "unknown");
	if (row->inferred) {
		json_bool(json, "inferred", true);
	}
	json_string(json, "action", policy_action_name(row->action));
	json_string(json, "verdict", policy_verdict_name(row->verdict));
	json_string(json, "block", block_outcome_name(row->block));
	summary_put_row(json, model, &row->total);
	json_object_end(json);
}

static void put_rules(struct json *json, const struct report_model *model)
{
	struct overview_rule *rules;
	size_t count = report_model_rules(model, &rules);

	json_array_begin(json, "rules");
	for (size_t i = 0; i < count; i++) {
		put_rule(json, model, &rules[i]);
	}
	json_array_end(json);
	free(rules);
}

static void put_class(struct json *json, uint16_t class_)
{
	json_string(json, "class", report_model_class(class_, ""));
	if (class_ == REPORT_OTHER_PARTS) {
		json_bool(json, "other_classes", true);
	}
}

/* Every verdict with its sum: together they are all flows. */
static void put_verdicts(
	struct json *json, const struct report_model *model, const char *key, bool by_class)
{
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(model, by_class, &rows);

	json_array_begin(json, key);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "verdict", policy_verdict_name(rows[i].verdict));
		json_string(json, "action", policy_action_name(rows[i].action));
		json_string(json, "block", block_outcome_name(rows[i].block));
		json_string(json, "exception", symbol_name(SYMBOL_EXCEPTION, rows[i].exception));
		if (by_class) {
			put_class(json, rows[i].class_);
		}
		summary_put_row(json, model, &rows[i].total);
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

/* "2026-03-16", of a day by its number. */
static void put_day(struct json *json, const char *key, int64_t day)
{
	char text[11];

	clock_format_date((uint64_t)day * 86400 * NS_PER_S, text);
	json_string(json, key, text);
}

static void put_attempt(
	struct json *json, const struct report_model *model, const struct attempt_row *row)
{
	json_object_begin(json, NULL);
	json_string(json, "rule", symbol_name(SYMBOL_RULE, row->rule));
	if (row->week) {
		put_day(json, "week", row->week);
	}
	summary_put_unit(json, row->unit);
	put_class(json, row->class_);
	if (report_model_hides(model)) {
		json_bool(json, "suppressed", true);
	} else {
		json_u64(json, "attempts", row->count);
		for (unsigned i = 0; i < BLOCK_OUTCOME_COUNT; i++) {
			if (row->outcomes[i] > 0) {
				json_u64(json, block_outcome_name(i), row->outcomes[i]);
			}
		}
		if (row->outcomes[ATTEMPT_EXCEPTED] > 0) {
			json_u64(json, "excepted", row->outcomes[ATTEMPT_EXCEPTED]);
		}
	}
	if (protect_shows_count(model->group_minimum, row->devices)) {
		json_u64(json, model->group_minimum ? "devices_at_least" : "devices",
			protect_floor(model->group_minimum, row->devices));
	} else {
		json_u64(json, "devices_below", model->group_minimum);
	}
	json_object_end(json);
}

static void put_attempts(struct json *json, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);

	json_array_begin(json, "attempts");
	for (size_t i = 0; i < count; i++) {
		put_attempt(json, model, &rows[i]);
	}
	json_array_end(json);
	free(rows);
}

/* The trend: the same week by week, each named by its Monday. */
static void put_trend(struct json *json, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts_by_week(model, &rows);

	json_array_begin(json, "attempts_by_week");
	for (size_t i = 0; i < count; i++) {
		put_attempt(json, model, &rows[i]);
	}
	json_array_end(json);
	free(rows);
}

static void put_residual(struct json *json, const struct report_model *model)
{
	struct residual_count *rows;
	size_t count = report_model_residual(model, &rows);
	unsigned k = model->group_minimum;

	json_array_begin(json, "residual");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "rule", symbol_name(SYMBOL_RULE, rows[i].rule));
		summary_put_unit(json, rows[i].unit);
		if (protect_shows_count(k, rows[i].devices)) {
			json_u64(json, k ? "devices_at_least" : "devices",
				protect_floor(k, rows[i].devices));
		} else {
			json_u64(json, "devices_below", k);
		}
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

static void put_register(struct json *json, const struct report_model *model)
{
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(model, rows, REGISTER_ROWS_MAX) : 0;

	json_array_begin(json, "register");
	for (size_t i = 0; i < count; i++) {
		json_object_begin(json, NULL);
		json_string(json, "kind", rows[i].kind);
		json_string(json, "unit", rows[i].unit);
		json_string(json, "subject", rows[i].subject);
		json_string(json, "state", rows[i].state);
		json_string(json, "date", rows[i].date);
		json_bool(json, "overdue", rows[i].is_overdue);
		json_object_end(json);
	}
	json_array_end(json);
	free(rows);
}

/* Under which decision it was made: what a body files the report under. */
static void put_header(struct json *json, const struct report_model *model)
{
	const struct policy_header *header = policy_header(model->reference->policy);

	json_object_begin(json, "decision");
	json_string(json, "organisation", header->organisation);
	json_string(json, "reference", header->reference);
	json_string(json, "purpose", header->purpose);
	json_string(json, "legal_basis", header->legal_basis);
	json_string(json, "consultation", header->consultation_date);
	json_object_end(json);
}

void summary_put_json_policy(struct json *json, const struct report_model *model)
{
	put_rules(json, model);
	put_verdicts(json, model, "verdicts", false);
	put_verdicts(json, model, "verdicts_by_class", true);
	put_attempts(json, model);
	put_trend(json, model);
	put_residual(json, model);
	put_register(json, model);
	put_header(json, model);
}
