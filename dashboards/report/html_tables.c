#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/html_page.h"

enum { ROWS_SHOWN = LISTING_ROWS_MAX };

static void put_section(struct html_page *page, const char *heading, const char *finding)
{
	text_put(page->out, "<section>\n");
	html_put_element(page, "h2", heading);
	text_put(page->out, "<p class=\"finding\">");
	html_put_escaped(page, finding);
	text_put(page->out, "</p>\n");
}

/* A row of sums below a listing: its label over as many columns as stand before them. Devices are
 * shown where they are known: they do not add. */
static void put_sum_row(struct html_page *page, unsigned columns, const char *label,
	const struct overview_row *sum, uint64_t devices)
{
	text_printf(page->out, "<tr class=\"sum\"><td colspan=\"%u\">", columns);
	html_put_escaped(page, label);
	text_put(page->out, "</td>");
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 3; i++) {
			html_put_dash_cell(page);
		}
	} else {
		html_put_size_cell(page, sum->bytes_up);
		html_put_size_cell(page, sum->bytes_down);
		html_put_count_cell(page, sum->flows);
	}
	if (devices > 0 && devices >= page->model->group_minimum) {
		html_put_count_cell(page, devices);
	} else {
		html_put_dash_cell(page);
	}
	text_put(page->out, "</tr>\n");
}

/* What a listing leaves out is said, never dropped in silence. */
static void put_others(
	struct html_page *page, unsigned columns, size_t count, const struct overview_row *rest)
{
	struct html_piece number, sentence;

	if (count > ROWS_SHOWN) {
		messages_put_count(page->messages, html_piece_start(&number), count - ROWS_SHOWN);
		messages_put(page->messages, html_piece_start(&sentence), "row_other", "count",
			number.memory, NULL);
		put_sum_row(page, columns, sentence.memory, rest, 0);
	}
}

/* What stays inside, and the whole. */
static void put_totals(struct html_page *page, const struct overview_row *inside)
{
	struct overview_row total = overview_total(page->model->overview);

	if (inside->packets > 0) {
		put_sum_row(page, 4, messages_get(page->messages, "row_inside"), inside, 0);
	}
	put_sum_row(page, 4, messages_get(page->messages, "row_total"), &total, total.devices);
}

static void put_servers(struct html_page *page, const struct overview_app *row)
{
	for (unsigned i = 0; i < 8 && row->server_countries[i][0]; i++) {
		const char *code = row->server_countries[i];
		text_put(page->out, i > 0 ? ", " : "");
		html_put_escaped(page, strcmp(code, "--") == 0
					       ? messages_get(page->messages, "zone_internal")
				       : strcmp(code, OVERVIEW_COUNTRY_UNKNOWN) == 0
					       ? messages_get(page->messages, "unknown")
					       : html_country(page, code));
	}
}

/* Where a rule denies only some of an app's flows, how many. */
static void put_denied_note(struct html_page *page, const struct overview_app *row)
{
	struct html_piece denied, sentence;

	if (row->flows_denied > 0 && row->flows_denied < row->total.flows) {
		messages_put_count(page->messages, html_piece_start(&denied), row->flows_denied);
		messages_put(page->messages, html_piece_start(&sentence), "row_of_it_denied",
			"count", denied.memory, NULL);
		text_put(page->out, "<br><small>");
		html_put_escaped(page, sentence.memory);
		text_put(page->out, "</small>");
	}
}

static void put_app_row(struct html_page *page, const struct overview_app *row)
{
	bool is_hidden = report_model_hides(page->model);

	text_put(page->out, row->flows_denied ? "<tr class=\"denied\">" : "<tr>");
	text_put(page->out, "<td>");
	html_put_escaped(page, row->app ? html_app(page, row->app)
					: messages_get(page->messages, "row_unknown_app"));
	if (!is_hidden) {
		put_denied_note(page, row);
	}
	text_put(page->out, "</td>");
	html_put_cell(page, html_owner(page, row->app));
	html_put_country_cell(
		page, row->app ? report_model_app(page->model, row->app).parent_country : "");
	text_put(page->out, "<td>");
	if (is_hidden) {
		text_put(page->out, "\xe2\x80\x93");
	} else {
		put_servers(page, row);
	}
	text_put(page->out, "</td>");
	html_put_row_cells(page, &row->total);
	text_put(page->out, "</tr>\n");
}

void html_put_apps(struct html_page *page)
{
	static const char *const columns[] = { "service", "owner", "control", "servers", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_app *rows;
	size_t count = overview_apps(page->model->overview, &rows), named = 0;
	struct overview_row inside = report_model_inside(page->model, rows, count),
			    rest = report_model_rest(
				    &rows->total, sizeof(*rows), count, ROWS_SHOWN);
	struct html_piece number, sentence;

	for (size_t i = 0; i < count; i++) {
		named += rows[i].app != 0;
	}
	messages_put_count(page->messages, html_piece_start(&number), named);
	messages_put(page->messages, html_piece_start(&sentence), "finding_apps", "count",
		number.memory, NULL);
	put_section(page, "section_apps", sentence.memory);
	html_put_table_head(page, "section_apps", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		put_app_row(page, &rows[i]);
	}
	put_others(page, 4, count, &rest);
	put_totals(page, &inside);
	html_put_table_end(page);
	text_put(page->out, "</section>\n");
}

static void put_zone_cell(struct html_page *page, enum geo_zone zone)
{
	text_printf(page->out, "<td><span class=\"chip zone-%s\"></span> ", geo_zone_name(zone));
	html_put_word2(page, "zone", geo_zone_name(zone));
	text_put(page->out, "</td>");
}

void html_put_matrix(struct html_page *page)
{
	static const char *const columns[] = { "server", "zone", "control", ">sent", ">received",
		">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->model->overview, &cells);
	struct overview_row rest =
		report_model_rest(&cells->total, sizeof(*cells), count, ROWS_SHOWN);

	put_section(page, "section_matrix", messages_get(page->messages, "finding_matrix"));
	html_put_table_head(page, "section_matrix", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		text_put(page->out, "<tr>");
		html_put_country_cell(page, cells[i].server_country);
		put_zone_cell(page, cells[i].zone);
		html_put_country_cell(page, cells[i].parent_country);
		html_put_row_cells(page, &cells[i].total);
		text_put(page->out, "</tr>\n");
	}
	put_others(page, 3, count, &rest);
	html_put_table_end(page);
	text_put(page->out, "</section>\n");
}

static void put_rule_row(struct html_page *page, const struct overview_rule *row)
{
	const char *unit =
		report_model_unit(row->unit, messages_get(page->messages, "row_other_units"));

	text_put(page->out,
		row->verdict == POLICY_VERDICT_VIOLATION ? "<tr class=\"denied\">" : "<tr>");
	html_put_cell(page, row->rule ? symbol_name(SYMBOL_RULE, row->rule) : "\xe2\x80\x93");
	text_put(page->out, "<td>");
	html_put_escaped(page, row->app ? html_app(page, row->app)
					: messages_get(page->messages, "row_unknown_app"));
	if (row->inferred) {
		text_put(page->out, ", ");
		html_put_word(page, "inferred");
	}
	text_put(page->out, "</td>");
	html_put_cell(page, unit[0] ? unit : messages_get(page->messages, "row_any_unit"));
	text_put(page->out, "<td>");
	html_put_word2(page, "verdict", policy_verdict_name(row->verdict));
	if (row->block != BLOCK_NONE) {
		text_put(page->out, ", ");
		html_put_word2(page, "block", block_outcome_name(row->block));
	}
	text_put(page->out, "</td>");
	html_put_row_cells(page, &row->total);
	text_put(page->out, "</tr>\n");
}

void html_put_denied(struct html_page *page)
{
	static const char *const columns[] = { "rule", "service", "unit", "result", ">sent",
		">received", ">flows", ">devices", NULL };
	struct overview_rule *rows;
	size_t count = report_model_rules(page->model, &rows);
	struct overview_row rest =
		report_model_rest(&rows->total, sizeof(*rows), count, ROWS_SHOWN);

	put_section(page, "section_denied",
		messages_get(page->messages, count > 0 ? "finding_denied" : "finding_denied_none"));
	if (count > 0) {
		html_put_table_head(page, "section_denied", columns);
		for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
			put_rule_row(page, &rows[i]);
		}
		put_others(page, 4, count, &rest);
		html_put_table_end(page);
	}
	free(rows);
	html_put_verdicts(page);
	html_put_attempts(page);
	html_put_register(page);
	text_put(page->out, "</section>\n");
}

static void put_percent_cell(struct html_page *page, uint64_t part, uint64_t whole)
{
	text_put(page->out, "<td class=\"n\">");
	messages_put_percent(page->messages, page->out, part, whole);
	text_put(page->out, "</td>");
}

static void put_place_row(struct html_page *page, const struct overview_place *place)
{
	const struct overview_row *total = &place->total, *hidden = &place->hidden;
	const char *unit =
		report_model_unit(place->unit, messages_get(page->messages, "row_other_units"));
	enum unnamed_reason reason = report_model_chief_reason(page->model, place);

	text_put(page->out, "<tr>");
	html_put_cell(page, unit[0] ? unit : messages_get(page->messages, "row_any_unit"));
	put_zone_cell(page, place->zone);
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 4; i++) {
			html_put_dash_cell(page);
		}
		text_put(page->out, "</tr>\n");
		return;
	}
	put_percent_cell(page, hidden->flows, total->flows);
	put_percent_cell(
		page, hidden->bytes_up + hidden->bytes_down, total->bytes_up + total->bytes_down);
	html_put_count_cell(page, hidden->flows);
	text_put(page->out, "<td>");
	if (reason < UNNAMED_REASON_COUNT) {
		html_put_word2(page, "unnamed", unnamed_reason_name(reason));
	}
	text_put(page->out, "</td></tr>\n");
}

/* Of each unit's traffic to each zone, which part is hidden. */
static void put_places(struct html_page *page)
{
	static const char *const columns[] = { "unit", "zone", ">hidden-flows", ">hidden-bytes",
		">flows", "chief-reason", NULL };
	struct overview_place *places;
	size_t count = report_model_places(page->model, &places), hidden = 0;

	html_put_table_head(page, "caption_hidden_places", columns);
	for (size_t i = 0; i < count; i++) {
		if (places[i].hidden.packets > 0 && hidden++ < ROWS_SHOWN) {
			put_place_row(page, &places[i]);
		}
	}
	if (hidden > ROWS_SHOWN) {
		struct html_piece number, sentence;
		messages_put_count(page->messages, html_piece_start(&number), hidden - ROWS_SHOWN);
		messages_put(page->messages, html_piece_start(&sentence), "row_other", "count",
			number.memory, NULL);
		text_put(page->out, "<tr class=\"sum\"><td colspan=\"6\">");
		html_put_escaped(page, sentence.memory);
		text_put(page->out, "</td></tr>\n");
	}
	html_put_table_end(page);
	free(places);
}

/* Apart from everything that rests on a name. */
static void put_inferred(struct html_page *page)
{
	static const char *const columns[] = { "service", "control", "confidence", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct behaviour_stats *stats = &page->model->stats->behaviour;
	const struct overview_inferred *rows;
	size_t count = overview_inferred(page->model->overview, &rows);
	struct overview_row rest =
		report_model_rest(&rows->total, sizeof(*rows), count, ROWS_SHOWN);
	struct html_piece inferred, hidden, sentence;

	if (stats->hidden == 0) {
		return;
	}
	messages_put_count(page->messages, html_piece_start(&inferred), stats->inferred);
	messages_put_count(page->messages, html_piece_start(&hidden), stats->hidden);
	messages_put(page->messages, html_piece_start(&sentence), "finding_inferred", "inferred",
		inferred.memory, "hidden", hidden.memory, NULL);
	text_put(page->out, "<p>");
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n");
	if (count == 0) {
		return;
	}
	html_put_table_head(page, "section_inferred", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		text_put(page->out, "<tr>");
		html_put_cell(page, html_app(page, rows[i].app));
		html_put_country_cell(
			page, report_model_app(page->model, rows[i].app).parent_country);
		text_printf(page->out, "<td>%u–%u</td>", rows[i].confidence_least,
			rows[i].confidence_most);
		html_put_row_cells(page, &rows[i].total);
		text_put(page->out, "</tr>\n");
	}
	put_others(page, 3, count, &rest);
	html_put_table_end(page);
}

void html_put_hidden(struct html_page *page)
{
	static const char *const columns[] = { "reason", ">sent", ">received", ">flows", ">devices",
		NULL };
	struct overview_row rows[UNNAMED_REASON_COUNT];
	struct html_piece percent, bytes, sentence;
	struct overview_row unnamed = { 0 };

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		rows[i] = overview_unnamed(page->model->overview, i);
		report_model_add_row(&unnamed, &rows[i]);
	}
	messages_put_percent(page->messages, html_piece_start(&percent), html_flows_unnamed(page),
		html_flows_across_border(page));
	messages_put_percent(page->messages, html_piece_start(&bytes),
		unnamed.bytes_up + unnamed.bytes_down, html_bytes_across_border(page));
	messages_put(page->messages, html_piece_start(&sentence), "finding_hidden", "percent",
		percent.memory, "bytes", bytes.memory, NULL);
	put_section(page, "section_hidden", sentence.memory);
	html_put_table_head(page, "section_hidden", columns);
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		if (rows[i].packets > 0) {
			text_put(page->out, "<tr><td>");
			html_put_word2(page, "unnamed", unnamed_reason_name(i));
			text_put(page->out, "</td>");
			html_put_row_cells(page, &rows[i]);
			text_put(page->out, "</tr>\n");
		}
	}
	html_put_table_end(page);
	put_places(page);
	put_inferred(page);
	text_put(page->out, "</section>\n");
}
