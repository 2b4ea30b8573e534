/* What the rules said of the traffic: what met them, what was used in spite of them, what became of
 * attempts and of alerts. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/attempts.h"
#include "analyzer/record/symbols.h"
#include "base/local_time.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_desk.h"
#include "dashboards/report/report_tables.h"

static void put_block(struct report_table *table, uint8_t block)
{
	if (block == BLOCK_NONE) {
		report_put_none(table);
	} else {
		report_put_word(table, "block", block_outcome_name(block));
	}
}

static void put_hit(struct report_table *table, const struct report_model *model,
	const struct overview_rule *row)
{
	report_row(table, row->verdict == POLICY_VERDICT_VIOLATION ? ROW_MARKED : ROW_PLAIN);
	report_put_text(table, symbol_name(SYMBOL_RULE, row->rule));
	report_put_app(table, row->app);
	report_put_unit(table, row->unit);
	report_put_word(table, "verdict", policy_verdict_name(row->verdict));
	put_block(table, row->block);
	if (row->inferred) {
		report_put_word(table, "certainty", "inferred");
	} else {
		report_put_word(table, "certainty", "seen");
	}
	report_put_sums(table, model, &row->total);
}

static void fill_rule_hits(struct report_table *table, const struct report_model *model)
{
	struct overview_rule *rows;
	size_t count = report_model_rules(model, &rows);

	for (size_t i = 0; i < count; i++) {
		put_hit(table, model, &rows[i]);
	}
	free(rows);
}

const struct report_table_type table_rule_hits = {
	.id = "rule_hits",
	.columns = { "rule", "service", "unit", "result", "outcome", "~certainty", ">sent",
		"~>received", ">flows", ">devices" },
	.key_columns = 6,
	.fill = fill_rule_hits,
	.command = "borderflow flows {archives} {period} -g rule,app,verdict,block{sums} --top 0",
};

/* The list of what is left to do: used in spite of a rule, or let through where it should have been
 * stopped. */
static void fill_violations(struct report_table *table, const struct report_model *model)
{
	struct overview_rule *rows;
	size_t count = report_model_rules(model, &rows);

	for (size_t i = 0; i < count; i++) {
		const struct policy_rule *rule =
			policy_rule(model->reference->policy, rows[i].rule);
		if (rows[i].verdict != POLICY_VERDICT_VIOLATION) {
			continue;
		}
		report_row(table, ROW_MARKED);
		report_put_text(table, symbol_name(SYMBOL_RULE, rows[i].rule));
		report_put_app(table, rows[i].app);
		report_put_unit(table, rows[i].unit);
		report_put_word(table, "severity", rule ? rule->severity : "medium");
		put_block(table, rows[i].block);
		report_put_sums(table, model, &rows[i].total);
	}
	free(rows);
}

const struct report_table_type table_violations = {
	.id = "violations",
	.columns = { "rule", "service", "unit", "severity", "outcome", ">sent", "~>received",
		">flows", ">devices" },
	.key_columns = 5,
	.fill = fill_violations,
	.command = "borderflow flows {archives} {period} -g rule,app,block{ways} --top 0 "
		   "'{violations}'",
};

/* Devices on which what is denied is still installed after its grace. */
static void fill_residual(struct report_table *table, const struct report_model *model)
{
	struct residual_count *rows;
	size_t count = report_model_residual(model, &rows);
	unsigned k = model->group_minimum;

	for (size_t i = 0; i < count; i++) {
		bool is_few = !protect_shows_count(k, rows[i].devices);
		report_row(table, ROW_PLAIN);
		report_put_text(table, symbol_name(SYMBOL_RULE, rows[i].rule));
		report_put_unit(table, rows[i].unit);
		report_put(table, (struct report_value){ .kind = VALUE_DEVICES,
					  .number = is_few ? k : protect_floor(k, rows[i].devices),
					  .is_fewer = is_few,
					  .is_at_least = !is_few && k > 0 });
	}
	free(rows);
}

const struct report_table_type table_residual = {
	.id = "still_installed",
	.columns = { "rule", "unit", ">devices" },
	.key_columns = 2,
	.fill = fill_residual,
};

static void fill_verdicts(struct report_table *table, const struct report_model *model)
{
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(model, true, &rows);

	for (size_t i = 0; i < count; i++) {
		report_row(table, ROW_PLAIN);
		report_put_word(table, "verdict", policy_verdict_name(rows[i].verdict));
		report_put_word(table, "action", policy_action_name(rows[i].action));
		put_block(table, rows[i].block);
		report_put_class(table, rows[i].class_);
		report_put_text(table, symbol_name(SYMBOL_EXCEPTION, rows[i].exception));
		report_put_sums(table, model, &rows[i].total);
	}
	free(rows);
}

const struct report_table_type table_verdicts = {
	.id = "verdicts",
	.columns = { "result", "action", "outcome", "class", "exception", ">sent", "~>received",
		">flows", ">devices" },
	.key_columns = 5,
	.fill = fill_verdicts,
	.command = "borderflow flows {archives} {period} -g verdict{ways}",
};

/* What was stopped, passed, cannot be told and was not to be stopped; and the share stopped of what
 * was to be, as far as can be told. */
static void put_outcomes(struct report_table *table, const struct report_model *model,
	const uint64_t outcomes[ATTEMPT_OUTCOME_COUNT])
{
	uint64_t stopped = attempts_stopped(outcomes), passed = outcomes[BLOCK_PASSED];

	report_put_figure(table, model, report_count(stopped));
	report_put_figure(table, model, report_count(passed));
	report_put_figure(table, model, report_count(outcomes[BLOCK_UNSURE]));
	report_put_figure(table, model, report_count(outcomes[ATTEMPT_EXCEPTED]));
	report_put_figure(table, model, report_share(stopped, stopped + passed));
}

static void fill_attempts(struct report_table *table, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);

	for (size_t i = 0; i < count; i++) {
		report_row(table, ROW_PLAIN);
		report_put_text(table, symbol_name(SYMBOL_RULE, rows[i].rule));
		report_put_unit(table, rows[i].unit);
		report_put_class(table, rows[i].class_);
		report_put_figure(table, model, report_count(rows[i].count));
		put_outcomes(table, model, rows[i].outcomes);
	}
	free(rows);
}

const struct report_table_type table_attempts = {
	.id = "attempts",
	.columns = { "rule", "unit", "class", ">attempts", ">stopped", ">passed", ">unsure",
		">excepted", ">stopped_share" },
	.key_columns = 3,
	.fill = fill_attempts,
};

/* Flows of a rule in the week that begins then; NULL: a run does not keep them by week. */
static const struct report_week *find_week(
	const struct report_model *model, uint16_t rule, uint64_t start_ns)
{
	const struct report_calendar *calendar = model->calendar;

	for (size_t i = 0; calendar && i < calendar->week_count; i++) {
		if (calendar->weeks[i].rule == rule && calendar->weeks[i].start_ns == start_ns) {
			return &calendar->weeks[i];
		}
	}
	return NULL;
}

static uint64_t flows_of(const struct report_week *week)
{
	uint64_t all = 0;

	for (unsigned outcome = BLOCK_NONE + 1; outcome < ATTEMPT_OUTCOME_COUNT; outcome++) {
		all += week->flows[outcome];
	}
	return all;
}

static void put_week(struct report_table *table, const struct report_model *model, uint16_t rule,
	uint64_t start_ns, const struct attempt_row *attempts)
{
	const struct report_week *week = find_week(model, rule, start_ns);

	report_row(table, ROW_PLAIN);
	report_put_text(table, symbol_name(SYMBOL_RULE, rule));
	report_put_date(table, start_ns);
	if (week) {
		report_put_figure(table, model, report_count(flows_of(week)));
	} else {
		report_put_none(table);
	}
	if (attempts) {
		report_put_figure(table, model, report_count(attempts->count));
	} else {
		report_put_none(table);
	}
	put_outcomes(table, model, attempts ? attempts->outcomes : week->flows);
}

static void put_weeks_of_attempts(struct report_table *table, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	struct attempt_row *rows;
	size_t count = report_model_attempts_by_week(model, &rows), end;

	for (size_t i = 0; i < count; i = end) {
		struct attempt_row sum = { .count = 0 };
		for (end = i; end < count && rows[end].rule == rows[i].rule &&
			      rows[end].week == rows[i].week;
			end++) {
			sum.count += rows[end].count;
			for (unsigned at = 0; at < ATTEMPT_OUTCOME_COUNT; at++) {
				sum.outcomes[at] += rows[end].outcomes[at];
			}
		}
		put_week(table, model, rows[i].rule, local_day_at(zone, rows[i].week).start_ns,
			&sum);
	}
	free(rows);
}

/* Of attempts where they are known, else of flows. */
static void fill_block_weeks(struct report_table *table, const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;

	if (report_model_knows_attempts(model)) {
		put_weeks_of_attempts(table, model);
		return;
	}
	for (size_t i = 0; calendar && i < calendar->week_count; i++) {
		put_week(table, model, calendar->weeks[i].rule, calendar->weeks[i].start_ns, NULL);
	}
}

const struct report_table_type table_block_weeks = {
	.id = "block_weeks",
	.columns = { "rule", "week", ">tried_flows", ">attempts", ">stopped", ">passed", ">unsure",
		">excepted", ">stopped_share" },
	.key_columns = 2,
	.fill = fill_block_weeks,
	.command = "borderflow flows {archives} {period} -g rule,week,block --sum flows --top 0",
};

/* Kinds that there were none of are left out. */
static void fill_alerts(struct report_table *table, const struct report_model *model)
{
	const struct report_desk *desk = model->desk;
	uint64_t sums[REPORT_DESK_STATE_COUNT] = { 0 };

	for (unsigned kind = 0; desk && desk->count > 0 && kind <= ALERT_KIND_COUNT; kind++) {
		bool is_sum = kind == ALERT_KIND_COUNT;
		const uint64_t *alerts = is_sum ? sums : desk->alerts[kind];
		uint64_t all = 0;
		for (unsigned state = 0; state < REPORT_DESK_STATE_COUNT; state++) {
			all += alerts[state];
			sums[state] += is_sum ? 0 : alerts[state];
		}
		if (all == 0) {
			continue;
		}
		report_row(table, is_sum ? ROW_SUM : ROW_PLAIN);
		report_put_word(table, is_sum ? "row" : "alert_kind",
			is_sum ? "total" : alert_kind_name(kind));
		for (unsigned state = 0; state < REPORT_DESK_STATE_COUNT; state++) {
			report_put_count(table, alerts[state]);
		}
	}
}

const struct report_table_type table_alerts = {
	.id = "alerts",
	.columns = { "alert_kind",
#define X(id, column) ">" column,
		REPORT_DESK_STATES(X)
#undef X
	},
	.key_columns = 1,
	.fill = fill_alerts,
	.command = "borderflow alerts list --state {state} {period} --without-devices",
};
