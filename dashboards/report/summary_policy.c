/* What the policy said, on the terminal: every verdict with its sum, attempts, and what cannot be
 * seen. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/summary_page.h"
#include "dashboards/report/table.h"

enum { VERDICTS_SHOWN = 40, ATTEMPTS_SHOWN = 25 };

static void put_table(const struct summary_page *page, struct table *table)
{
	table_put(table, page->out, page->style->width, page->style->color, page->style->utf8);
	table_deinit(table);
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void put_verdict_row(
	const struct summary_page *page, struct table *table, const struct overview_verdict *row)
{
	table_row(table);
	table_cell(table, 0, "%s", policy_verdict_name(row->verdict));
	table_cell(table, 1, "%s", policy_action_name(row->action));
	table_cell(table, 2, "%s", block_outcome_name(row->block));
	table_cell_escaped(table, 3, or_dash(report_model_class(row->class_, "other classes")));
	table_cell_escaped(table, 4, or_dash(symbol_name(SYMBOL_EXCEPTION, row->exception)));
	if (report_model_hides(page->model)) {
		table_cell(table, 5, "-");
	} else {
		table_cell_count(table, 5, row->total.flows);
	}
	if (report_model_shows_count(page->model, &row->total)) {
		table_cell(table, 6, "%s%" PRIu64,
			row->total.devices_estimated  ? "~"
			: row->total.devices_at_least ? ">="
						      : "",
			row->total.devices);
	} else {
		table_cell(table, 6, "<%u", page->model->group_minimum);
	}
}

static void put_verdicts(const struct summary_page *page)
{
	static const char *const headings[] = { "verdict", "action", "block", "class", "exception",
		">flows", ">devices", NULL };
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(page->model, true, &rows);
	struct table table;

	summary_put_heading(page, "Policy", "every flow by what the rules say of it");
	if (!table_init(&table, headings)) {
		free(rows);
		return;
	}
	for (size_t i = 0; i < count && i < VERDICTS_SHOWN; i++) {
		put_verdict_row(page, &table, &rows[i]);
	}
	put_table(page, &table);
	if (count > VERDICTS_SHOWN) {
		fprintf(page->out, "  and %zu more rows; all of them are in --summary json\n",
			count - VERDICTS_SHOWN);
	}
	free(rows);
}

static void put_attempt_row(
	const struct summary_page *page, struct table *table, const struct attempt_row *row)
{
	uint64_t passed = row->outcomes[BLOCK_PASSED], unsure = row->outcomes[BLOCK_UNSURE];
	uint64_t stopped = row->count - passed - unsure;

	table_row(table);
	table_cell(table, 0, "%s", symbol_name(SYMBOL_RULE, row->rule));
	table_cell_escaped(table, 1, or_dash(report_model_unit(row->unit, "other units")));
	table_cell_escaped(table, 2, or_dash(report_model_class(row->class_, "other classes")));
	if (report_model_hides(page->model)) {
		for (unsigned i = 3; i < 8; i++) {
			table_cell(table, i, "-");
		}
		return;
	}
	table_cell_count(table, 3, row->count);
	table_cell_count(table, 4, stopped);
	table_cell_count(table, 5, passed);
	table_cell_count(table, 6, unsure);
	if (stopped + passed > 0) {
		table_cell(table, 7, "%.0f %%", summary_percent(stopped, stopped + passed));
	} else {
		table_cell(table, 7, "-");
	}
}

static void put_attempts(const struct summary_page *page)
{
	static const char *const headings[] = { "rule", "unit", "class", ">attempts", ">stopped",
		">passed", ">unsure", ">share", NULL };
	struct attempt_row *rows;
	size_t count = report_model_attempts(page->model, &rows);
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		free(rows);
		return;
	}
	summary_put_heading(page, "Attempts", "of what is denied: lookups, QUIC and TCP are one");
	for (size_t i = 0; i < count && i < ATTEMPTS_SHOWN; i++) {
		put_attempt_row(page, &table, &rows[i]);
	}
	put_table(page, &table);
	free(rows);
}

static void put_register(const struct summary_page *page)
{
	static const char *const headings[] = { "on record", "unit", "of", "state", "date", NULL };
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(page->model, rows, REGISTER_ROWS_MAX) : 0;
	struct table table;

	if (count == 0 || !table_init(&table, headings)) {
		free(rows);
		return;
	}
	summary_put_heading(page, "Registers", "what is on record, against what was seen");
	for (size_t i = 0; i < count && i < VERDICTS_SHOWN; i++) {
		table_row(&table);
		table_cell(&table, 0, "%s", rows[i].kind);
		table_cell_escaped(&table, 1, or_dash(rows[i].unit));
		table_cell_escaped(&table, 2, rows[i].subject);
		table_cell(&table, 3, "%s%s", rows[i].state,
			rows[i].is_overdue ? ", review overdue" : "");
		table_cell(&table, 4, "%s", or_dash(rows[i].date));
	}
	put_table(page, &table);
	free(rows);
}

static void put_limits(const struct summary_page *page)
{
	struct text text;

	text_init_heap(&text);
	if (!report_model_sees_answers(page->model)) {
		text_put(&text, "Only one direction of the traffic is seen, of all or some units: "
				"nothing is said of what was used or stopped there. ");
	}
	for (const char *const *limit = report_model_limits(); *limit; limit++) {
		text_printf(&text, "%s%s", *limit, limit[1] ? " " : "");
	}
	summary_put_heading(page, "Limits", "what a network sensor cannot see");
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
	put_register(page);
	put_limits(page);
}
