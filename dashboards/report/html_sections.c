/* The sections of the report, in order: number, what it finds, charts, tables, a note on method.
 * Numbers and headings are those that public bodies are used to. */
#include <stdio.h>
#include <string.h>

#include "dashboards/report/html_page.h"

enum { SECTION_TABLES_MAX = 5 };

typedef void chart_drawer(const struct chart *chart, const struct report_table *table);

/* A chart stands before the table that it is drawn from. */
struct section_table {
	const struct report_table_type *type;
	chart_drawer *draw;
	const char *chart; /* key of its caption; NULL: none */
};

struct section {
	const char *number; /* of the heading: section_… */
	html_finding *find; /* NULL: the section has no finding */
	struct section_table tables[SECTION_TABLES_MAX];
	html_more *put_more;
	const char *note; /* key; NULL none */
};

static const struct section sections[] = {
	{ "1", finding_compared, { { .type = &table_compare }, { .type = &table_changes } },
		more_causes, NULL },
	{ "2", finding_sources, { { .type = &table_sources } }, more_scope, NULL },
	{ "3", NULL, { { NULL } }, more_basis, NULL },
	{ "4", finding_zones,
		{ { &table_zones, NULL, NULL }, { &table_months, NULL, NULL },
			{ &table_days, chart_put_days, "chart_days" } },
		NULL, "note_zones" },
	{ "5", finding_countries, { { .type = &table_countries } }, NULL, "note_countries" },
	{ "6", finding_matrix,
		{ { &table_matrix, chart_put_matrix, "chart_matrix" }, { &table_apps, NULL, NULL },
			{ &table_paths, chart_put_flow, "chart_flow" } },
		NULL, "note_matrix" },
	{ "7", finding_rules, { { .type = &table_rules }, { .type = &table_rule_hits } }, NULL,
		"note_rules" },
	{ "8", finding_violations,
		{ { .type = &table_violations }, { .type = &table_residual },
			{ .type = &table_verdicts }, { .type = &table_alerts } },
		NULL, "note_violations" },
	{ "9", finding_block,
		{ { &table_block_weeks, chart_put_block, "chart_block_caption" },
			{ &table_attempts, NULL, NULL } },
		NULL, "note_block" },
	{ "10", finding_of_count, { { .type = &table_exceptions } }, NULL, NULL },
	{ "11", finding_of_count, { { .type = &table_units } }, NULL, "note_units" },
	{ "12", finding_new, { { .type = &table_new_services }, { .type = &table_app_states } },
		NULL, "note_states" },
	{ "13", finding_assessed,
		{ { .type = &table_services }, { .type = &table_observed },
			{ .type = &table_register }, { .type = &table_edpb } },
		NULL, "note_assessments" },
	{ "14", finding_hidden,
		{ { .type = &table_hidden }, { .type = &table_hidden_places },
			{ .type = &table_inferred }, { .type = &table_coverage },
			{ .type = &table_proof } },
		more_hidden, NULL },
	{ "15", NULL, { { .type = &table_lookups } }, more_personal, NULL },
	{ "16", NULL, { { NULL } }, more_actions, NULL },
	{ "A", NULL, { { NULL } }, more_method, NULL },
	{ "B", NULL, { { NULL } }, more_glossary, NULL },
	{ "C", NULL, { { .type = &table_versions } }, more_versions, NULL },
	{ "D", NULL, { { .type = &table_commands } }, NULL, "note_commands" },
};

enum { SECTION_COUNT = sizeof(sections) / sizeof(sections[0]) };

/* The command's table is empty where a run is reported: no archive can be asked again. */
static bool is_shown(const struct html_page *page, const struct section *section)
{
	return section->tables[0].type != &table_commands || page->model->source_count > 0;
}

void html_put_contents(struct html_page *page)
{
	text_put(page->out, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">");
	html_put_word(page, "contents");
	text_put(page->out, "</h2>\n<ol class=\"contents\">\n");
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		if (is_shown(page, &sections[i])) {
			text_printf(page->out, "<li><a href=\"#s%s\"><span>%s</span> ",
				sections[i].number, sections[i].number);
			html_put_escaped(
				page, messages_get2(page->messages, "section", sections[i].number));
			text_put(page->out, "</a></li>\n");
		}
	}
	text_put(page->out, "</ol>\n</nav>\n");
}

static void put_heading(struct html_page *page, const struct section *section)
{
	text_printf(page->out, "<section>\n<h2 id=\"s%s\"><span class=\"number\">%s</span> ",
		section->number, section->number);
	html_put_escaped(page, messages_get2(page->messages, "section", section->number));
	text_put(page->out, "</h2>\n");
}

static void put_table(struct html_page *page, const struct section *section, unsigned index)
{
	const struct section_table *shown = &section->tables[index];
	struct report_table table;
	struct text finding;
	char id[32];

	report_table_fill(&table, shown->type, page->model);
	if (index == 0 && section->find) {
		text_init_heap(&finding);
		section->find(page, &finding, &table);
		html_put_paragraph(page, "finding", finding.at ? finding.at : "");
		text_deinit(&finding);
	}
	/* A chart of nothing that may be shown is none. */
	if (shown->draw && table.count > 0 && !report_model_hides(page->model)) {
		snprintf(id, sizeof(id), "%s-chart", shown->type->id);
		const struct chart chart = { .text = page->out,
			.id = id,
			.model = page->model,
			.messages = page->messages };
		text_put(page->out, "<figure tabindex=\"0\"><figcaption>");
		html_put_word(page, shown->chart);
		text_put(page->out, "</figcaption>\n");
		shown->draw(&chart, &table);
		text_put(page->out, "</figure>\n");
	}
	html_put_table(page, &table);
	report_table_deinit(&table);
}

void html_put_sections(struct html_page *page)
{
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		const struct section *section = &sections[i];
		if (!is_shown(page, section)) {
			continue;
		}
		put_heading(page, section);
		for (unsigned j = 0; j < SECTION_TABLES_MAX && section->tables[j].type; j++) {
			put_table(page, section, j);
		}
		if (section->put_more) {
			section->put_more(page);
		}
		if (section->note) {
			html_put_paragraph(
				page, "note", messages_get(page->messages, section->note));
		}
		text_put(page->out, "</section>\n");
	}
}
