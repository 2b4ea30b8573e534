/* The policy's tables as one CSV file: a row each, told apart by their first column. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/report.h"

/* Units and classes that are too small to be shown (protect.h). */
static const char other_parts[] = "(others, too small to show apart)";

static void put_field(struct text *text, const char *field)
{
	text_put_char(text, '"');
	for (const char *at = field; *at; at++) {
		if (*at == '"') {
			text_put_char(text, '"');
		}
		text_put_char(text, *at);
	}
	text_put(text, "\",");
}

static void put_number(struct text *text, bool is_hidden, uint64_t number)
{
	if (!is_hidden) {
		text_printf(text, "%" PRIu64, number);
	}
	text_put_char(text, ',');
}

/* Flows, bytes and devices; of a body of fewer than k devices no figure. */
static void put_sums(
	struct text *text, const struct report_model *model, const struct overview_row *row)
{
	bool is_hidden = report_model_hides(model);

	put_number(text, is_hidden, row->flows);
	put_number(text, is_hidden, row->bytes_up);
	put_number(text, is_hidden, row->bytes_down);
	if (report_model_shows_count(model, row)) {
		text_put(text, row->devices_at_least ? ">=" : "");
		put_number(text, false, row->devices);
	} else {
		text_printf(text, "<%u,", model->group_minimum);
	}
	text_put(text, ",,,\n");
}

/* Of the body as a whole, then of each class. */
static void put_verdicts(struct text *text, const struct report_model *model, bool by_class)
{
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(model, by_class, &rows);

	for (size_t i = 0; i < count; i++) {
		put_field(text, by_class ? "verdict by class" : "verdict");
		put_field(text, "");
		put_field(text, "");
		put_field(text, report_model_class(rows[i].class_, other_parts));
		put_field(text, "");
		put_field(text, policy_action_name(rows[i].action));
		put_field(text, policy_verdict_name(rows[i].verdict));
		put_field(text, block_outcome_name(rows[i].block));
		put_field(text, symbol_name(SYMBOL_EXCEPTION, rows[i].exception));
		put_sums(text, model, &rows[i].total);
	}
	free(rows);
}

static void put_rules(struct text *text, const struct report_model *model)
{
	struct overview_rule *rows;
	size_t count = report_model_rules(model, &rows);

	for (size_t i = 0; i < count; i++) {
		put_field(text, "rule");
		put_field(text, symbol_name(SYMBOL_RULE, rows[i].rule));
		put_field(text, report_model_unit(rows[i].unit, other_parts));
		put_field(text, "");
		put_field(text, rows[i].app ? symbol_name(SYMBOL_APP, rows[i].app) : "unknown");
		put_field(text, policy_action_name(rows[i].action));
		put_field(text, policy_verdict_name(rows[i].verdict));
		put_field(text, block_outcome_name(rows[i].block));
		put_field(text, "");
		put_sums(text, model, &rows[i].total);
	}
	free(rows);
}

static void put_attempt(struct text *text, const struct report_model *model,
	const struct attempt_row *row, enum block_outcome outcome)
{
	put_field(text, "attempts");
	put_field(text, symbol_name(SYMBOL_RULE, row->rule));
	put_field(text, report_model_unit(row->unit, other_parts));
	put_field(text, report_model_class(row->class_, other_parts));
	put_field(text, "");
	put_field(text, "deny");
	put_field(text, "");
	put_field(text, block_outcome_name(outcome));
	put_field(text, "");
	text_put(text, ",,,");
	if (protect_shows_count(model->group_minimum, row->devices)) {
		text_put(text, model->group_minimum ? ">=" : "");
		put_number(text, false, protect_floor(model->group_minimum, row->devices));
	} else {
		text_printf(text, "<%u,", model->group_minimum);
	}
	put_number(text, report_model_hides(model), row->outcomes[outcome]);
	put_number(text, report_model_hides(model), row->count);
	text_put(text, "\n");
}

static void put_attempts(struct text *text, const struct report_model *model)
{
	struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);

	for (size_t i = 0; i < count; i++) {
		for (unsigned outcome = 1; outcome < BLOCK_OUTCOME_COUNT; outcome++) {
			if (rows[i].outcomes[outcome] > 0) {
				put_attempt(text, model, &rows[i], outcome);
			}
		}
	}
	free(rows);
}

static void put_register(struct text *text, const struct report_model *model)
{
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(model, rows, REGISTER_ROWS_MAX) : 0;

	for (size_t i = 0; i < count; i++) {
		put_field(text, rows[i].kind);
		put_field(text, "");
		put_field(text, rows[i].unit);
		put_field(text, "");
		put_field(text, rows[i].subject);
		put_field(text, "");
		put_field(text, rows[i].state);
		put_field(text, rows[i].is_overdue ? "overdue" : "");
		put_field(text, rows[i].date);
		text_put(text, ",,,,,,\n");
	}
	free(rows);
}

void report_put_csv(struct text *text, const struct report_model *model)
{
	text_put(text, "table,rule,unit,class,app,action,verdict,block,exception,flows,bytes_up,"
		       "bytes_down,devices,attempts,attempts_all,\n");
	put_verdicts(text, model, false);
	put_verdicts(text, model, true);
	put_rules(text, model);
	put_attempts(text, model);
	put_register(text, model);
}
