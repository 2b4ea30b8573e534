/* What stands behind the first page: apps, countries, denied apps, what stayed unnamed, the method.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dashboards/report/html_page.h"

enum { ROWS_SHOWN = 60 };

static void put_section(struct page *page, const char *heading, const char *finding)
{
	text_put(page->out, "<section>\n");
	page_put_element(page, "h2", heading);
	text_put(page->out, "<p class=\"finding\">");
	page_put_text(page, finding);
	text_put(page->out, "</p>\n");
}

/* What a listing leaves out is said, never dropped in silence. */
static void put_others(struct page *page, size_t count, unsigned columns)
{
	struct piece number, sentence;

	if (count <= ROWS_SHOWN) {
		return;
	}
	words_put_count(page->words, piece_start(&number), count - ROWS_SHOWN);
	words_put(page->words, piece_start(&sentence), "row_other", "count", number.memory, NULL);
	text_printf(page->out, "<tr><td colspan=\"%u\">", columns);
	page_put_text(page, sentence.memory);
	text_put(page->out, "</td></tr>\n");
}

static void put_app_row(struct page *page, const struct overview_app *row)
{
	const struct app *app = catalogue_app(page->findings->lexicon->catalogue, row->app);

	text_put(page->out, row->flows_denied ? "<tr class=\"denied\">" : "<tr>");
	page_put_cell(page, row->app ? app->name : words_get(page->words, "row_unknown_app"));
	page_put_cell(page, row->app ? app->owner : "");
	page_put_country_cell(page, row->app ? app->parent_country : "");
	text_put(page->out, "<td>");
	for (unsigned i = 0; i < 8 && row->server_countries[i][0]; i++) {
		const char *code = row->server_countries[i];
		text_put(page->out, i > 0 ? ", " : "");
		page_put_text(page, strcmp(code, "--") == 0 ? words_get(page->words, "row_internal")
							    : page_country(page, code));
	}
	text_put(page->out, "</td>");
	page_put_row_cells(page, &row->total);
	text_put(page->out, "</tr>\n");
}

static void put_apps(struct page *page)
{
	static const char *const columns[] = { "service", "owner", "control", "servers", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_app *rows;
	size_t count = overview_apps(page->findings->overview, &rows), named = 0;
	struct piece number, sentence;

	for (size_t i = 0; i < count; i++) {
		named += rows[i].app != 0;
	}
	words_put_count(page->words, piece_start(&number), named);
	words_put(
		page->words, piece_start(&sentence), "finding_apps", "count", number.memory, NULL);
	put_section(page, "section_apps", sentence.memory);
	page_put_table_head(page, "section_apps", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		put_app_row(page, &rows[i]);
	}
	put_others(page, count, 8);
	page_put_table_end(page);
	text_put(page->out, "</section>\n");
}

static void put_zone_cell(struct page *page, enum geo_zone zone)
{
	text_printf(page->out, "<td><span class=\"chip zone-%s\"></span> ", geo_zone_name(zone));
	page_put_word_of(page, "zone", geo_zone_name(zone));
	text_put(page->out, "</td>");
}

static void put_matrix(struct page *page)
{
	static const char *const columns[] = { "server", "zone", "control", ">sent", ">received",
		">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->findings->overview, &cells);

	put_section(page, "section_matrix", words_get(page->words, "finding_matrix"));
	page_put_table_head(page, "section_matrix", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		text_put(page->out, "<tr>");
		page_put_country_cell(page, cells[i].server_country);
		put_zone_cell(page, cells[i].zone);
		page_put_country_cell(page, cells[i].parent_country);
		page_put_row_cells(page, &cells[i].total);
		text_put(page->out, "</tr>\n");
	}
	put_others(page, count, 7);
	page_put_table_end(page);
	text_put(page->out, "</section>\n");
}

/* A group too small to hide a person in shows that it is there and nothing more. */
static void put_rule_row(struct page *page, const struct overview_rule *row)
{
	const struct lexicon *lexicon = page->findings->lexicon;
	const char *unit = policy_unit_name(lexicon->policy, row->unit);
	bool small = row->total.devices < page->findings->group_minimum;

	text_put(page->out,
		row->verdict == POLICY_VERDICT_VIOLATION ? "<tr class=\"denied\">" : "<tr>");
	page_put_cell(page, policy_rule(lexicon->policy, row->rule)->id);
	page_put_cell(page, row->app ? catalogue_app(lexicon->catalogue, row->app)->name
				     : words_get(page->words, "row_unknown_app"));
	page_put_cell(page, unit[0] ? unit : words_get(page->words, "row_any_unit"));
	text_put(page->out, "<td>");
	page_put_word_of(page, "verdict", policy_verdict_name(row->verdict));
	if (row->block != BLOCK_NONE) {
		text_put(page->out, ", ");
		page_put_word_of(page, "block", block_outcome_name(row->block));
	}
	text_put(page->out, "</td>");
	if (small) {
		text_printf(page->out,
			"<td class=\"n\">\xe2\x80\x93</td><td class=\"n\">\xe2\x80\x93</td><td "
			"class=\"n\">"
			"\xe2\x80\x93</td><td class=\"n\">&lt;\xc2\xa0%u</td>",
			page->findings->group_minimum);
	} else {
		page_put_row_cells(page, &row->total);
	}
	text_put(page->out, "</tr>\n");
}

static void put_denied(struct page *page)
{
	static const char *const columns[] = { "rule", "service", "unit", "result", ">sent",
		">received", ">flows", ">devices", NULL };
	const struct overview_rule *rows;
	size_t count = overview_rules(page->findings->overview, &rows);

	put_section(page, "section_denied",
		words_get(page->words, count > 0 ? "finding_denied" : "finding_denied_none"));
	if (count > 0) {
		page_put_table_head(page, "section_denied", columns);
		for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
			put_rule_row(page, &rows[i]);
		}
		put_others(page, count, 8);
		page_put_table_end(page);
	}
	text_put(page->out, "</section>\n");
}

static void put_hidden(struct page *page)
{
	static const char *const columns[] = { "reason", ">sent", ">received", ">flows", ">devices",
		NULL };
	struct piece percent, sentence;

	words_put_percent(page->words, piece_start(&percent),
		findings_flows_unnamed(page->findings),
		findings_flows_across_border(page->findings));
	words_put(page->words, piece_start(&sentence), "finding_hidden", "percent", percent.memory,
		NULL);
	put_section(page, "section_hidden", sentence.memory);
	page_put_table_head(page, "section_hidden", columns);
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		const struct overview_row *row = overview_unnamed(page->findings->overview, i);
		if (row->packets > 0) {
			text_put(page->out, "<tr><td>");
			page_put_word_of(page, "unnamed", unnamed_reason_name(i));
			text_put(page->out, "</td>");
			page_put_row_cells(page, row);
			text_put(page->out, "</tr>\n");
		}
	}
	page_put_table_end(page);
	text_put(page->out, "</section>\n");
}

static void put_method(struct page *page)
{
	static const char *const limits[] = { "method_transfer", "method_geo", "method_dpf",
		"method_4g", "method_payload", "all_times_utc" };
	const struct lexicon *lexicon = page->findings->lexicon;
	const char *policy = policy_hash(lexicon->policy);
	char k[16];
	struct piece sentence;

	text_put(page->out, "<section>\n");
	page_put_element(page, "h2", "section_method");
	text_put(page->out, "<ul>\n");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		page_put_element(page, "li", limits[i]);
	}
	snprintf(k, sizeof(k), "%u", page->findings->group_minimum);
	words_put(page->words, piece_start(&sentence), "method_groups", "k", k, NULL);
	text_put(page->out, "<li>");
	page_put_text(page, sentence.memory);
	text_put(page->out, "</li>\n</ul>\n<p class=\"source\">");
	words_put(page->words, piece_start(&sentence), "method_versions", "catalogue",
		catalogue_hash(lexicon->catalogue), "policy",
		policy[0] ? policy : words_get(page->words, "not_stated"), NULL);
	page_put_text(page, sentence.memory);
	text_put(page->out, "</p>\n</section>\n");
}

void page_put_sections(struct page *page)
{
	put_apps(page);
	put_matrix(page);
	put_denied(page);
	put_hidden(page);
	put_method(page);
}
