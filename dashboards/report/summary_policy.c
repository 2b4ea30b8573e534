/* What the policy said, on the terminal: every verdict with its sum, attempts, and what cannot be
 * seen. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/summary_page.h"

enum { VERDICTS_SHOWN = 40, ATTEMPTS_SHOWN = 25 };

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void put_verdict_row(
	const struct summary_page *page, struct table *table, const struct overview_verdict *row)
{
	table_row(table);
	table_cell(table, 0, "%s",
		messages_get2(page->messages, "verdict", policy_verdict_name(row->verdict)));
	table_cell(table, 1, "%s",
		messages_get2(page->messages, "action", policy_action_name(row->action)));
	table_cell(table, 2, "%s",
		messages_get2(page->messages, "block", block_outcome_name(row->block)));
	table_cell_escaped(table, 3,
		or_dash(report_model_class(
			row->class_, summary_word(page, "summary_other_classes"))));
	table_cell_escaped(table, 4, or_dash(symbol_name(SYMBOL_EXCEPTION, row->exception)));
	if (report_model_hides(page->model)) {
		table_cell(table, 5, "-");
	} else {
		summary_cell_count(page, table, 5, row->total.flows);
	}
	summary_cell_devices(page, table, 6, &row->total);
}

static void put_verdicts(const struct summary_page *page)
{
	static const char *const columns[] = { "verdict", "action", "block", "class", "exception",
		">flows", ">devices", NULL };
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(page->model, true, &rows);
	struct table table;

	summary_put_heading(page, "summary_policy");
	if (!summary_table_init(page, &table, columns)) {
		free(rows);
		return;
	}
	for (size_t i = 0; i < count && i < VERDICTS_SHOWN; i++) {
		put_verdict_row(page, &table, &rows[i]);
	}
	summary_table_put(page, &table);
	if (count > VERDICTS_SHOWN) {
		summary_put_more_json(page, count - VERDICTS_SHOWN);
	}
	free(rows);
}

static void put_attempt_row(
	const struct summary_page *page, struct table *table, const struct attempt_row *row)
{
	uint64_t stopped = attempts_stopped(row->outcomes), passed = row->outcomes[BLOCK_PASSED];

	table_row(table);
	table_cell(table, 0, "%s", symbol_name(SYMBOL_RULE, row->rule));
	table_cell_escaped(table, 1,
		or_dash(report_model_unit(row->unit, summary_word(page, "summary_other_units"))));
	table_cell_escaped(table, 2,
		or_dash(report_model_class(
			row->class_, summary_word(page, "summary_other_classes"))));
	if (report_model_hides(page->model)) {
		for (unsigned i = 3; i < 9; i++) {
			table_cell(table, i, "-");
		}
		return;
	}
	summary_cell_count(page, table, 3, row->count);
	summary_cell_count(page, table, 4, stopped);
	summary_cell_count(page, table, 5, passed);
	summary_cell_count(page, table, 6, row->outcomes[BLOCK_UNSURE]);
	summary_cell_count(page, table, 7, row->outcomes[ATTEMPT_EXCEPTED]);
	summary_cell_percent(page, table, 8, stopped, stopped + passed);
}

static void put_attempts(const struct summary_page *page)
{
	static const char *const columns[] = { "rule", "unit", "class", ">attempts", ">stopped",
		">passed", ">unsure", ">excepted", ">share", NULL };
	struct attempt_row *rows;
	size_t count = report_model_attempts(page->model, &rows);
	struct table table;

	if (count == 0 || !summary_table_init(page, &table, columns)) {
		free(rows);
		return;
	}
	summary_put_heading(page, "summary_attempts");
	for (size_t i = 0; i < count && i < ATTEMPTS_SHOWN; i++) {
		put_attempt_row(page, &table, &rows[i]);
	}
	summary_table_put(page, &table);
	free(rows);
}

/* Devices on which what is denied is still installed after its grace. */
static void put_residual(const struct summary_page *page)
{
	static const char *const columns[] = { "rule", "unit", ">devices", NULL };
	struct residual_count *rows;
	size_t count = report_model_residual(page->model, &rows);
	struct table table;

	if (count == 0 || !summary_table_init(page, &table, columns)) {
		free(rows);
		return;
	}
	summary_put_heading(page, "summary_residual");
	for (size_t i = 0; i < count && i < ATTEMPTS_SHOWN; i++) {
		unsigned k = page->model->group_minimum;
		struct overview_row row = { .devices = protect_floor(k, rows[i].devices),
			.devices_at_least = k > 0 && rows[i].devices > k,
			.packets = 1 };
		table_row(&table);
		table_cell_escaped(&table, 0, symbol_name(SYMBOL_RULE, rows[i].rule));
		table_cell_escaped(&table, 1,
			or_dash(report_model_unit(
				rows[i].unit, summary_word(page, "summary_other_units"))));
		summary_cell_devices(page, &table, 2, &row);
	}
	summary_table_put(page, &table);
	free(rows);
}

static void put_register(const struct summary_page *page)
{
	static const char *const columns[] = { "record", "unit", "of", "state", "date", NULL };
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(page->model, rows, REGISTER_ROWS_MAX) : 0;
	struct table table;

	if (count == 0 || !summary_table_init(page, &table, columns)) {
		free(rows);
		return;
	}
	summary_put_heading(page, "summary_registers");
	for (size_t i = 0; i < count && i < VERDICTS_SHOWN; i++) {
		table_row(&table);
		table_cell(
			&table, 0, "%s", messages_get2(page->messages, "register", rows[i].kind));
		table_cell_escaped(&table, 1, or_dash(rows[i].unit));
		table_cell_escaped(&table, 2,
			report_model_is_country(rows[i].subject)
				? summary_country(page, rows[i].subject)
				: rows[i].subject);
		table_cell(&table, 3, "%s%s%s",
			report_model_is_country(rows[i].state)
				? summary_country(page, rows[i].state)
				: messages_get2(page->messages, "state", rows[i].state),
			rows[i].is_overdue ? ", " : "",
			rows[i].is_overdue ? summary_word(page, "overdue") : "");
		table_cell(&table, 4, "%s", or_dash(rows[i].date));
	}
	summary_table_put(page, &table);
	free(rows);
}

static void put_limits(const struct summary_page *page)
{
	struct text text;

	text_init_heap(&text);
	if (!report_model_sees_answers(page->model)) {
		text_put(&text, summary_word(page, "light_one_way"));
		text_put_char(&text, ' ');
	}
	for (const char *const *limit = report_model_limits(); *limit; limit++) {
		text_printf(&text, "%s%s", summary_word(page, *limit), limit[1] ? " " : "");
	}
	summary_put_heading(page, "summary_limits");
	summary_put_paragraph(page, &text);
}

void summary_put_policy(const struct summary_page *page)
{
	const struct policy *policy = page->model->reference->policy;

	if (policy_rule_count(policy) == 0 &&
		policy_header(policy)->mode == POLICY_MODE_DENY_LIST) {
		return;
	}
	put_verdicts(page);
	put_attempts(page);
	put_residual(page);
	put_register(page);
	put_limits(page);
}
