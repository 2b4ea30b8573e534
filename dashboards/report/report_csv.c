/* The policy's tables as one CSV file: a row each, told apart by their first column. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/report.h"

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

/* Flows, bytes and devices; of small groups only that they are there. */
static void put_sums(struct text *text, const struct report_model *model,
	const struct overview_row *row, uint64_t threshold)
{
	bool is_small = report_model_is_small(row, threshold);

	put_number(text, is_small, row->flows);
	put_number(text, is_small, row->bytes_up);
	put_number(text, is_small, row->bytes_down);
	if (report_model_is_small(row, model->group_minimum)) {
		text_printf(text, "<%u,", model->group_minimum);
	} else {
		put_number(text, is_small, row->devices);
	}
	text_put(text, ",,,\n");
}

/* Of the body as a whole, exact; then of each class, as far as its devices hide each other. */
static void put_verdicts(struct text *text, const struct report_model *model, bool by_class)
{
	const struct overview_verdict *rows;
	size_t count = overview_verdicts(model->overview, by_class, &rows);
	uint64_t threshold =
		by_class ? report_model_threshold(model, &rows->total, sizeof(*rows), count) : 0;

	for (size_t i = 0; i < count; i++) {
		put_field(text, by_class ? "verdict by class" : "verdict");
		put_field(text, "");
		put_field(text, "");
		put_field(text, report_model_verdict_class(&rows[i]));
		put_field(text, "");
		put_field(text, policy_action_name(rows[i].action));
		put_field(text, policy_verdict_name(rows[i].verdict));
		put_field(text, block_outcome_name(rows[i].block));
		put_field(text, report_model_verdict_exception(&rows[i]));
		put_sums(text, model, &rows[i].total, threshold);
	}
}

static void put_rules(struct text *text, const struct report_model *model)
{
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);
	uint64_t threshold = report_model_threshold(model, &rows->total, sizeof(*rows), count);

	for (size_t i = 0; i < count; i++) {
		put_field(text, "rule");
		put_field(text, symbol_name(SYMBOL_RULE, rows[i].rule));
		put_field(text, symbol_name(SYMBOL_UNIT, rows[i].unit));
		put_field(text, "");
		put_field(text, rows[i].app ? symbol_name(SYMBOL_APP, rows[i].app) : "unknown");
		put_field(text, policy_action_name(rows[i].action));
		put_field(text, policy_verdict_name(rows[i].verdict));
		put_field(text, block_outcome_name(rows[i].block));
		put_field(text, "");
		put_sums(text, model, &rows[i].total, threshold);
	}
}

static void put_attempts(struct text *text, const struct report_model *model)
{
	const struct attempt_row *rows;
	size_t count = report_model_attempts(model, &rows);

	for (size_t i = 0; i < count; i++) {
		const struct attempt_row *row = &rows[i];
		bool is_small = row->devices < model->group_minimum;
		for (unsigned outcome = 1; outcome < BLOCK_OUTCOME_COUNT; outcome++) {
			if (row->outcomes[outcome] == 0) {
				continue;
			}
			put_field(text, "attempts");
			put_field(text, symbol_name(SYMBOL_RULE, row->rule));
			put_field(text, symbol_name(SYMBOL_UNIT, row->unit));
			put_field(text, symbol_name(SYMBOL_CLASS, row->class_));
			put_field(text, "");
			put_field(text, "deny");
			put_field(text, "");
			put_field(text, is_small ? "" : block_outcome_name(outcome));
			put_field(text, "");
			text_put(text, ",,,");
			if (is_small) {
				text_printf(text, "<%u,,,\n", model->group_minimum);
				break;
			}
			text_printf(text, "%u,%" PRIu64 ",%" PRIu64 ",\n", row->devices,
				row->outcomes[outcome], row->count);
		}
	}
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
