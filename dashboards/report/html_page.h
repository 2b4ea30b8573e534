/* Inside the printable page: what its parts share.
 *
 *     html.c            the frame, and the order of things
 *     html_first.c      the first page: decision, lights, chart
 *     html_sections.c   the list of sections: finding, charts, tables, note
 *     html_findings.c   the sentence that a section begins with
 *     html_texts.c      sections that are text: bases, method, glossary
 *     html_table.c      a table (report_table.h) as rows of cells
 *     html_page.c       words, elements, pieces */
#pragma once

#include "base/text.h"
#include "dashboards/report/chart.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_tables.h"

struct html_page {
	struct text *out;
	const struct report_model *model;
	const struct messages *messages;
	struct report_lights lights;
	char period[128];
};

/* A short text made on the side, for the value of a placeholder. */
struct html_piece {
	char memory[1024];
	struct text text;
};

struct text *html_piece_start(struct html_piece *piece);
/* Numbers in a piece. */
const char *html_count(const struct html_page *page, struct html_piece *piece, uint64_t number);
const char *html_percent(
	const struct html_page *page, struct html_piece *piece, uint64_t part, uint64_t whole);
const char *html_size(const struct html_page *page, struct html_piece *piece, uint64_t bytes);

const struct local_zone *html_zone(const struct html_page *page);

void html_put_escaped(struct html_page *page, const char *string);
void html_put_word(struct html_page *page, const char *key);
/* "<p>…</p>" and the like. */
void html_put_element(struct html_page *page, const char *element, const char *key);
void html_put_paragraph(struct html_page *page, const char *class_, const char *string);
/* A term and what it is; "not stated" for "". */
void html_put_definition(struct html_page *page, const char *key, const char *value);

/* The whole table with its caption; nothing where it has no rows. How many it has. */
size_t html_put_table(struct html_page *page, const struct report_table *table);

void html_put_first_page(struct html_page *page);
void html_put_contents(struct html_page *page);
void html_put_sections(struct html_page *page);
void html_put_actions(struct html_page *page, unsigned most);

/* What the page finds, a sentence: of a section, whose first table is filled. */
typedef void html_finding(
	struct html_page *page, struct text *text, const struct report_table *table);
html_finding finding_of_count, finding_block, finding_rules, finding_zones, finding_countries,
	finding_matrix, finding_violations, finding_hidden, finding_sources, finding_compared,
	finding_new, finding_assessed;

/* What stands in a section below its tables. */
typedef void html_more(struct html_page *page);
html_more more_causes, more_scope, more_basis, more_hidden, more_personal, more_actions,
	more_method, more_glossary, more_versions;
