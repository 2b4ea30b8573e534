/* What the policy said, in full: every verdict with its sum, and what became of attempts. */
#include <stdlib.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/html_page.h"

enum { VERDICT_ROWS_SHOWN = 60 };

static const char dash[] = "\xe2\x80\x93";

static void put_verdict_row(struct html_page *page, const struct overview_verdict *row)
{
	const char *class_ =
		report_model_class(row->class_, messages_get(page->messages, "row_other_classes"));
	const char *exception = symbol_name(SYMBOL_EXCEPTION, row->exception);

	text_put(page->out, "<tr><td>");
	html_put_word2(page, "verdict", policy_verdict_name(row->verdict));
	if (row->block != BLOCK_NONE) {
		text_put(page->out, ", ");
		html_put_word2(page, "block", block_outcome_name(row->block));
	}
	text_put(page->out, "</td><td>");
	html_put_word2(page, "action", policy_action_name(row->action));
	text_put(page->out, "</td>");
	html_put_cell(page, class_[0] ? class_ : dash);
	html_put_cell(page, exception[0] ? exception : dash);
	html_put_row_cells(page, &row->total);
	text_put(page->out, "</tr>\n");
}

void html_put_verdicts(struct html_page *page)
{
	static const char *const columns[] = { "result", "action", "class", "exception", ">sent",
		">received", ">flows", ">devices", NULL };
	struct overview_verdict *rows;
	size_t count = report_model_verdicts(page->model, true, &rows);

	if (count == 0) {
		free(rows);
		return;
	}
	text_put(page->out, "<h3>");
	html_put_word(page, "caption_verdicts");
	text_put(page->out, "</h3>\n");
	html_put_table_head(page, "caption_verdicts", columns);
	for (size_t i = 0; i < count && i < VERDICT_ROWS_SHOWN; i++) {
		put_verdict_row(page, &rows[i]);
	}
	html_put_table_end(page);
	free(rows);
}

static void put_number_cell(struct html_page *page, uint64_t number)
{
	text_put(page->out, "<td class=\"n\">");
	messages_put_count(page->messages, page->out, number);
	text_put(page->out, "</td>");
}

static void put_attempt_row(struct html_page *page, const struct attempt_row *row)
{
	const char *unit =
		report_model_unit(row->unit, messages_get(page->messages, "row_other_units"));
	const char *class_ =
		report_model_class(row->class_, messages_get(page->messages, "row_other_classes"));
	uint64_t passed = row->outcomes[BLOCK_PASSED], unsure = row->outcomes[BLOCK_UNSURE];

	text_put(page->out, "<tr>");
	html_put_cell(page, symbol_name(SYMBOL_RULE, row->rule));
	html_put_cell(page, unit[0] ? unit : messages_get(page->messages, "row_any_unit"));
	html_put_cell(page, class_[0] ? class_ : dash);
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 5; i++) {
			html_put_dash_cell(page);
		}
		text_put(page->out, "</tr>\n");
		return;
	}
	put_number_cell(page, row->count);
	put_number_cell(page, row->count - passed - unsure);
	put_number_cell(page, passed);
	put_number_cell(page, unsure);
	text_put(page->out, "<td class=\"n\">");
	if (passed + unsure < row->count || passed > 0) {
		messages_put_percent(page->messages, page->out, row->count - passed - unsure,
			row->count - unsure);
	} else {
		text_put(page->out, dash);
	}
	text_put(page->out, "</td></tr>\n");
}

void html_put_attempts(struct html_page *page)
{
	static const char *const columns[] = { "rule", "unit", "class", ">attempts", ">stopped",
		">passed", ">unsure", ">stopped_share", NULL };
	struct attempt_row *rows;
	size_t count = report_model_attempts(page->model, &rows);

	if (count == 0) {
		free(rows);
		return;
	}
	text_put(page->out, "<h3>");
	html_put_word(page, "caption_attempts");
	text_put(page->out, "</h3>\n");
	html_put_table_head(page, "caption_attempts", columns);
	for (size_t i = 0; i < count; i++) {
		put_attempt_row(page, &rows[i]);
	}
	html_put_table_end(page);
	free(rows);
}

/* A subject is an app or a country. */
static const char *register_name(const struct html_page *page, const char *subject)
{
	return report_model_is_country(subject) ? html_country(page, subject) : subject;
}

static void put_state(struct html_page *page, const char *state)
{
	if (report_model_is_country(state)) {
		html_put_escaped(page, html_country(page, state));
	} else {
		html_put_word2(page, "state", state);
	}
}

void html_put_register(struct html_page *page)
{
	static const char *const columns[] = { "kind", "unit", "service", "state", "date", NULL };
	struct register_row *rows = calloc(REGISTER_ROWS_MAX, sizeof(*rows));
	size_t count = rows ? report_model_register(page->model, rows, REGISTER_ROWS_MAX) : 0;

	if (count > 0) {
		text_put(page->out, "<h3>");
		html_put_word(page, "caption_register");
		text_put(page->out, "</h3>\n");
		html_put_table_head(page, "caption_register", columns);
	}
	for (size_t i = 0; i < count; i++) {
		text_put(page->out, "<tr>");
		text_put(page->out, "<td>");
		html_put_word2(page, "register", rows[i].kind);
		text_put(page->out, "</td>");
		html_put_cell(page, rows[i].unit[0] ? rows[i].unit : dash);
		html_put_cell(page, register_name(page, rows[i].subject));
		text_put(page->out, "<td>");
		put_state(page, rows[i].state);
		if (rows[i].is_overdue) {
			text_put(page->out, ", ");
			html_put_word(page, "overdue");
		}
		text_put(page->out, "</td>");
		html_put_cell(page, rows[i].date[0] ? rows[i].date : dash);
		text_put(page->out, "</tr>\n");
	}
	if (count > 0) {
		html_put_table_end(page);
	}
	free(rows);
}
