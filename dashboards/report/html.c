#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/report/report.h"

enum { ROWS_SHOWN = 60, CONTROL_COUNTRIES_SHOWN = 5, DENIED_APPS_SHOWN = 6 };

/* What every part of the page needs. */
struct page {
	struct text *out;
	const struct findings *findings;
	const struct words *words;
	char period[64];
};

/* A short text made on the side, for the value of a placeholder. */
struct piece {
	char memory[256];
	struct text text;
};

static struct text *piece_start(struct piece *piece)
{
	text_init(&piece->text, piece->memory, sizeof(piece->memory));
	return &piece->text;
}

static void put_escaped(struct page *page, const char *string)
{
	text_put_html(page->out, string, strlen(string));
}

static void put_word(struct page *page, const char *key)
{
	put_escaped(page, words_get(page->words, key));
}

static void put_word2(struct page *page, const char *prefix, const char *suffix)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", prefix, suffix);
	put_word(page, key);
}

/* An element around a word. */
static void put_element(struct page *page, const char *element, const char *key)
{
	text_printf(page->out, "<%s>", element);
	put_word(page, key);
	text_printf(page->out, "</%s>\n", element);
}

static const char *country(const struct page *page, const char *code)
{
	return code[0] ? findings_country(page->findings, code, words_geo_language(page->words))
		       : words_get(page->words, "unknown");
}

static void put_cell(struct page *page, const char *string)
{
	text_put(page->out, "<td>");
	put_escaped(page, string);
	text_put(page->out, "</td>");
}

static void put_country_cell(struct page *page, const char *code)
{
	text_put(page->out, "<td title=\"");
	put_escaped(page, code);
	text_put(page->out, "\">");
	put_escaped(page, country(page, code));
	text_put(page->out, "</td>");
}

static void put_size_cell(struct page *page, uint64_t bytes)
{
	text_put(page->out, "<td class=\"n\">");
	words_put_size(page->words, page->out, bytes);
	text_put(page->out, "</td>");
}

static void put_count_cell(struct page *page, uint64_t number)
{
	text_put(page->out, "<td class=\"n\">");
	words_put_count(page->words, page->out, number);
	text_put(page->out, "</td>");
}

static void put_devices(struct page *page, const struct overview_row *row)
{
	if (row->devices > 0 && row->devices < page->findings->group_minimum) {
		text_printf(page->out, "&lt;\xc2\xa0%u", page->findings->group_minimum);
	} else {
		text_put(page->out, row->devices_estimated ? "~" : "");
		words_put_count(page->words, page->out, row->devices);
	}
}

/* sent, received, flows, devices */
static void put_row_cells(struct page *page, const struct overview_row *row)
{
	put_size_cell(page, row->bytes_up);
	put_size_cell(page, row->bytes_down);
	put_count_cell(page, row->flows);
	text_put(page->out, "<td class=\"n\">");
	put_devices(page, row);
	text_put(page->out, "</td>");
}

/* Headings: words by key; '>' in front marks a column of numbers. */
static void put_table_head(struct page *page, const char *caption, const char *const *columns)
{
	text_put(page->out, "<div class=\"scroll\"><table>\n<caption>");
	put_word(page, caption);
	text_put(page->out, "</caption>\n<thead><tr>");
	for (; *columns; columns++) {
		bool number = **columns == '>';
		text_put(page->out,
			number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		put_word2(page, "column", *columns + number);
		text_put(page->out, "</th>");
	}
	text_put(page->out, "</tr></thead>\n<tbody>\n");
}

static void put_table_end(struct page *page)
{
	text_put(page->out, "</tbody></table></div>\n");
}

static uint64_t bytes_left(const struct page *page)
{
	struct overview *overview = page->findings->overview;

	return overview_total(overview)->bytes_up -
	       overview_zone(overview, GEO_ZONE_INTERNAL)->bytes_up;
}

static uint64_t flows_across_border(const struct page *page)
{
	struct overview *overview = page->findings->overview;

	return overview_total(overview)->flows -
	       overview_direction(overview, RECORD_DIRECTION_INTERNAL)->flows;
}

static uint64_t flows_unnamed(const struct page *page)
{
	uint64_t flows = 0;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		flows += overview_unnamed(page->findings->overview, i)->flows;
	}
	return flows;
}

static void find_period(struct page *page)
{
	const struct source_stats *source = &page->findings->stats->source;
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];

	if (source->frames == 0) {
		snprintf(page->period, sizeof(page->period), "%s",
			words_get(page->words, "not_stated"));
		return;
	}
	clock_format(source->first_ns, first);
	clock_format(source->last_ns, last);
	first[10] = last[10] = ' ';
	snprintf(page->period, sizeof(page->period), "%.16s \xe2\x80\x93 %.16s UTC", first, last);
}

static void put_definition(struct page *page, const char *key, const char *value)
{
	text_put(page->out, "<dt>");
	put_word(page, key);
	text_put(page->out, "</dt><dd>");
	put_escaped(page, value[0] ? value : words_get(page->words, "not_stated"));
	text_put(page->out, "</dd>\n");
}

static void put_facts(struct page *page)
{
	const struct policy_header *header = policy_header(page->findings->lexicon->policy);
	char made[CLOCK_TEXT_LENGTH + 1], sources[1024];
	struct text text;

	clock_format_date(page->findings->made_ns, made);
	text_init(&text, sources, sizeof(sources));
	for (unsigned i = 0; i < page->findings->input_count; i++) {
		const char *name = strrchr(page->findings->inputs[i], '/');
		text_put(&text, i > 0 ? ", " : "");
		text_put(&text, name ? name + 1 : page->findings->inputs[i]);
	}
	text_put(page->out, "<dl class=\"facts\">\n");
	put_definition(page, "report_period", page->period);
	put_definition(page, "report_reference", header->reference);
	put_definition(page, "report_purpose", header->purpose);
	put_definition(page, "report_legal_basis", header->legal_basis);
	put_definition(page, "report_consultation", header->consultation_date);
	put_definition(page, "report_sources", sources);
	put_definition(page, "report_made", made);
	text_put(page->out, "</dl>\n");
}

static void put_headline(struct page *page)
{
	const struct overview_row *total = overview_total(page->findings->overview);
	uint64_t left = bytes_left(page), outside = findings_bytes_outside(page->findings);
	struct piece outside_text, left_text, flows_text, devices_text, sentence;

	text_put(page->out, "<p class=\"headline\"><strong>");
	words_put_percent(page->words, page->out, outside, left);
	text_put(page->out, "</strong> ");
	put_word(page, "headline_outside");
	text_put(page->out, "</p>\n<p class=\"numbers\">");
	words_put_size(page->words, piece_start(&outside_text), outside);
	words_put_size(page->words, piece_start(&left_text), left);
	words_put_count(page->words, piece_start(&flows_text), total->flows);
	piece_start(&devices_text);
	if (total->devices > 0 && total->devices < page->findings->group_minimum) {
		text_printf(&devices_text.text, "< %u", page->findings->group_minimum);
	} else {
		words_put_count(page->words, &devices_text.text, total->devices);
	}
	words_put(page->words, piece_start(&sentence), "headline_numbers", "outside",
		outside_text.memory, "left", left_text.memory, "flows", flows_text.memory,
		"devices", devices_text.memory, NULL);
	put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n");
}

/* One line with a light and a word. */
static void put_light(struct page *page, const char *light, const char *sentence)
{
	text_printf(page->out, "<li class=\"%s\"><b>", light);
	put_word(page, light);
	text_put(page->out, "</b> <span>");
	put_escaped(page, sentence);
	text_put(page->out, "</span></li>\n");
}

static void put_light_denied(struct page *page)
{
	const struct overview_app *rows;
	size_t count = overview_apps(page->findings->overview, &rows);
	struct piece apps, sentence;
	unsigned denied = 0;

	piece_start(&apps);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].flows_denied > 0 && denied++ < DENIED_APPS_SHOWN) {
			text_put(&apps.text, denied > 1 ? ", " : "");
			text_put(&apps.text,
				catalogue_app(page->findings->lexicon->catalogue, rows[i].app)
					->name);
		}
	}
	if (policy_rule_count(page->findings->lexicon->policy) == 0) {
		put_light(page, "light_look", words_get(page->words, "light_no_policy"));
	} else if (denied > 0) {
		words_put(page->words, piece_start(&sentence), "light_denied_some", "apps",
			apps.memory, NULL);
		put_light(page, "light_act", sentence.memory);
	} else {
		put_light(page, "light_good", words_get(page->words, "light_denied_none"));
	}
}

static void put_light_outside(struct page *page)
{
	uint64_t left = bytes_left(page), outside = findings_bytes_outside(page->findings);
	uint64_t third = overview_zone(page->findings->overview, GEO_ZONE_THIRD)->bytes_up;
	struct piece percent, third_text, sentence;

	words_put_percent(page->words, piece_start(&percent), outside, left);
	words_put_size(page->words, piece_start(&third_text), third);
	words_put(page->words, piece_start(&sentence), "light_outside", "percent", percent.memory,
		"third", third_text.memory, NULL);
	put_light(page, outside > 0 ? "light_look" : "light_good", sentence.memory);
}

/* Countries that control services we sent to, without adequacy, most bytes first. */
static void put_light_control(struct page *page)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->findings->overview, &cells);
	char seen[CONTROL_COUNTRIES_SHOWN][3];
	unsigned seen_count = 0;
	uint64_t bytes = 0;
	struct piece countries, bytes_text, sentence;

	piece_start(&countries);
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		if (cells[i].control != GEO_ZONE_THIRD) {
			continue;
		}
		bytes += cells[i].total.bytes_up;
		for (unsigned j = 0; j < seen_count; j++) {
			known |= strcmp(seen[j], cells[i].parent_country) == 0;
		}
		if (!known && seen_count < CONTROL_COUNTRIES_SHOWN) {
			memcpy(seen[seen_count++], cells[i].parent_country, 3);
			text_put(&countries.text, seen_count > 1 ? ", " : "");
			text_put(&countries.text, country(page, cells[i].parent_country));
		}
	}
	if (bytes == 0) {
		put_light(page, "light_good", words_get(page->words, "light_control_none"));
		return;
	}
	words_put_size(page->words, piece_start(&bytes_text), bytes);
	words_put(page->words, piece_start(&sentence), "light_control", "bytes", bytes_text.memory,
		"countries", countries.memory, NULL);
	put_light(page, "light_look", sentence.memory);
}

static void put_light_named(struct page *page)
{
	uint64_t flows = flows_across_border(page), unnamed = flows_unnamed(page);
	struct piece percent, sentence;

	words_put_percent(page->words, piece_start(&percent), flows - unnamed, flows);
	words_put(page->words, piece_start(&sentence), "light_named", "percent", percent.memory,
		NULL);
	/* With a fifth of the flows unnamed a clean result says little. */
	put_light(page, unnamed * 5 > flows ? "light_look" : "light_good", sentence.memory);
}

static void put_light_complete(struct page *page)
{
	struct piece flows, refused;
	char memory[1024];
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	if (page->findings->trouble) {
		words_put(page->words, &sentence, "light_incomplete", "trouble",
			page->findings->trouble, NULL);
		put_light(page, "light_look", memory);
		return;
	}
	words_put_count(page->words, piece_start(&flows), page->findings->stats->packets);
	words_put_count(page->words, piece_start(&refused), findings_refused(page->findings));
	words_put(page->words, &sentence, "light_complete", "flows", flows.memory, "refused",
		refused.memory, NULL);
	put_light(page, "light_good", memory);
}

static void put_zone_chart(struct page *page)
{
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };
	enum { ZONES = sizeof(order) / sizeof(order[0]) };
	struct chart_bar bars[ZONES];
	struct piece values[ZONES], source;

	for (unsigned i = 0; i < ZONES; i++) {
		char key[64];
		snprintf(key, sizeof(key), "zone_%s", geo_zone_name(order[i]));
		uint64_t bytes = overview_zone(page->findings->overview, order[i])->bytes_up;
		words_put_size(page->words, piece_start(&values[i]), bytes);
		bars[i] = (struct chart_bar){ words_get(page->words, key), values[i].memory,
			geo_zone_name(order[i]), bytes };
	}
	text_put(page->out, "<figure><figcaption>");
	put_word(page, "chart_title");
	text_put(page->out, "</figcaption>\n");
	chart_put_bars(page->out, words_get(page->words, "chart_title"), bars, ZONES);
	words_put(page->words, piece_start(&source), "source_line", "period", page->period, NULL);
	text_put(page->out, "<p class=\"source\">");
	put_escaped(page, source.memory);
	text_put(page->out, "</p></figure>\n");
}

static void put_first_page(struct page *page)
{
	const struct policy_header *header = policy_header(page->findings->lexicon->policy);

	text_put(page->out, "<header>\n");
	if (header->organisation[0]) {
		text_put(page->out, "<p class=\"body\">");
		put_escaped(page, header->organisation);
		text_put(page->out, "</p>\n");
	}
	put_element(page, "h1", "report_title");
	text_put(page->out, "<p class=\"subtitle\">");
	put_word(page, "report_subtitle");
	text_put(page->out, "</p>\n");
	put_facts(page);
	text_put(page->out, "</header>\n<main>\n<section class=\"first\">\n");
	put_headline(page);
	text_put(page->out, "<ul class=\"lights\">\n");
	put_light_denied(page);
	put_light_outside(page);
	put_light_control(page);
	put_light_named(page);
	put_light_complete(page);
	text_put(page->out, "</ul>\n");
	put_zone_chart(page);
	text_put(page->out, "</section>\n");
}

static void put_section(struct page *page, const char *heading, const char *finding)
{
	text_put(page->out, "<section>\n");
	put_element(page, "h2", heading);
	text_put(page->out, "<p class=\"finding\">");
	put_escaped(page, finding);
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
	put_escaped(page, sentence.memory);
	text_put(page->out, "</td></tr>\n");
}

static void put_app_row(struct page *page, const struct overview_app *row)
{
	const struct app *app = catalogue_app(page->findings->lexicon->catalogue, row->app);

	text_put(page->out, row->flows_denied ? "<tr class=\"denied\">" : "<tr>");
	put_cell(page, row->app ? app->name : words_get(page->words, "row_unknown_app"));
	put_cell(page, row->app ? app->owner : "");
	put_country_cell(page, row->app ? app->parent_country : "");
	text_put(page->out, "<td>");
	for (unsigned i = 0; i < 8 && row->server_countries[i][0]; i++) {
		const char *code = row->server_countries[i];
		text_put(page->out, i > 0 ? ", " : "");
		put_escaped(page, strcmp(code, "--") == 0 ? words_get(page->words, "row_internal")
							  : country(page, code));
	}
	text_put(page->out, "</td>");
	put_row_cells(page, &row->total);
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
	put_table_head(page, "section_apps", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		put_app_row(page, &rows[i]);
	}
	put_others(page, count, 8);
	put_table_end(page);
	text_put(page->out, "</section>\n");
}

static void put_zone_cell(struct page *page, enum geo_zone zone)
{
	text_printf(page->out, "<td><span class=\"chip zone-%s\"></span> ", geo_zone_name(zone));
	put_word2(page, "zone", geo_zone_name(zone));
	text_put(page->out, "</td>");
}

static void put_matrix(struct page *page)
{
	static const char *const columns[] = { "server", "zone", "control", ">sent", ">received",
		">flows", ">devices", NULL };
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->findings->overview, &cells);

	put_section(page, "section_matrix", words_get(page->words, "finding_matrix"));
	put_table_head(page, "section_matrix", columns);
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
		text_put(page->out, "<tr>");
		put_country_cell(page, cells[i].server_country);
		put_zone_cell(page, cells[i].zone);
		put_country_cell(page, cells[i].parent_country);
		put_row_cells(page, &cells[i].total);
		text_put(page->out, "</tr>\n");
	}
	put_others(page, count, 7);
	put_table_end(page);
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
	put_cell(page, policy_rule(lexicon->policy, row->rule)->id);
	put_cell(page, row->app ? catalogue_app(lexicon->catalogue, row->app)->name
				: words_get(page->words, "row_unknown_app"));
	put_cell(page, unit[0] ? unit : words_get(page->words, "row_any_unit"));
	text_put(page->out, "<td>");
	put_word2(page, "verdict", policy_verdict_name(row->verdict));
	if (row->block != BLOCK_NONE) {
		text_put(page->out, ", ");
		put_word2(page, "block", block_outcome_name(row->block));
	}
	text_put(page->out, "</td>");
	if (small) {
		text_printf(page->out,
			"<td class=\"n\">\xe2\x80\x93</td><td class=\"n\">\xe2\x80\x93</td><td "
			"class=\"n\">"
			"\xe2\x80\x93</td><td class=\"n\">&lt;\xc2\xa0%u</td>",
			page->findings->group_minimum);
	} else {
		put_row_cells(page, &row->total);
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
		put_table_head(page, "section_denied", columns);
		for (size_t i = 0; i < count && i < ROWS_SHOWN; i++) {
			put_rule_row(page, &rows[i]);
		}
		put_others(page, count, 8);
		put_table_end(page);
	}
	text_put(page->out, "</section>\n");
}

static void put_hidden(struct page *page)
{
	static const char *const columns[] = { "reason", ">sent", ">received", ">flows", ">devices",
		NULL };
	struct piece percent, sentence;

	words_put_percent(
		page->words, piece_start(&percent), flows_unnamed(page), flows_across_border(page));
	words_put(page->words, piece_start(&sentence), "finding_hidden", "percent", percent.memory,
		NULL);
	put_section(page, "section_hidden", sentence.memory);
	put_table_head(page, "section_hidden", columns);
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		const struct overview_row *row = overview_unnamed(page->findings->overview, i);
		if (row->packets > 0) {
			text_put(page->out, "<tr><td>");
			put_word2(page, "unnamed", unnamed_reason_name(i));
			text_put(page->out, "</td>");
			put_row_cells(page, row);
			text_put(page->out, "</tr>\n");
		}
	}
	put_table_end(page);
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
	put_element(page, "h2", "section_method");
	text_put(page->out, "<ul>\n");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		put_element(page, "li", limits[i]);
	}
	snprintf(k, sizeof(k), "%u", page->findings->group_minimum);
	words_put(page->words, piece_start(&sentence), "method_groups", "k", k, NULL);
	text_put(page->out, "<li>");
	put_escaped(page, sentence.memory);
	text_put(page->out, "</li>\n</ul>\n<p class=\"source\">");
	words_put(page->words, piece_start(&sentence), "method_versions", "catalogue",
		catalogue_hash(lexicon->catalogue), "policy",
		policy[0] ? policy : words_get(page->words, "not_stated"), NULL);
	put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n</section>\n");
}

void report_put_html(struct text *text, const struct findings *findings, const struct words *words,
	const char *css)
{
	struct page page = { .out = text, .findings = findings, .words = words };

	find_period(&page);
	text_put(text, "<!DOCTYPE html>\n<html lang=\"");
	text_put(text, words_language(words));
	text_put(text, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" "
		       "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, "
		       "initial-scale=1\">\n<title>");
	put_word(&page, "report_title");
	text_put(text, "</title>\n<style>\n");
	text_put(text, css);
	text_put(text, "</style>\n</head>\n<body>\n");
	put_first_page(&page);
	put_apps(&page);
	put_matrix(&page);
	put_denied(&page);
	put_hidden(&page);
	put_method(&page);
	text_put(text, "</main>\n</body>\n</html>\n");
}
