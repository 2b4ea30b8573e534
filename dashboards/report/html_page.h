/* Inside the printable page: what its parts share.
 *
 *     html.c         the frame, the first page's facts, the method
 *     html_page.c    cells, messages, sums
 *     html_lights.c  the headline, the lights, the chart
 *     html_tables.c  the sections with tables */
#pragma once

#include "base/text.h"
#include "dashboards/report/report.h"

struct html_page {
	struct text *out;
	const struct report_model *model;
	const struct messages *messages;
	char period[128];
};

/* A short text made on the side, for the value of a placeholder. */
struct html_piece {
	char memory[1024];
	struct text text;
};

struct text *html_piece_start(struct html_piece *piece);

void html_put_escaped(struct html_page *page, const char *string);
void html_put_word(struct html_page *page, const char *key);
void html_put_word2(struct html_page *page, const char *prefix, const char *suffix);
void html_put_element(struct html_page *page, const char *element, const char *key);

/* A country's name in the page's language; its words for "" (not known). */
const char *html_country(const struct html_page *page, const char *code);

/* The app's name and its owner's, where they are plain words in the page's language; "" for 0. */
const char *html_app(const struct html_page *page, uint16_t app);
const char *html_owner(const struct html_page *page, uint16_t app);

void html_put_cell(struct html_page *page, const char *string);
void html_put_country_cell(struct html_page *page, const char *code);
void html_put_size_cell(struct html_page *page, uint64_t bytes);
void html_put_count_cell(struct html_page *page, uint64_t number);
void html_put_dash_cell(struct html_page *page);

/* sent, received, flows, devices; of a group too small to hide a person in, that it is there and
 * nothing more. */
void html_put_row_cells(struct html_page *page, const struct overview_row *row);

/* columns: words by key; '>' in front marks a column of numbers. */
void html_put_table_head(struct html_page *page, const char *caption, const char *const *columns);
void html_put_table_end(struct html_page *page);

uint64_t html_bytes_left(const struct html_page *page);
uint64_t html_flows_across_border(const struct html_page *page);
uint64_t html_bytes_across_border(const struct html_page *page); /* both ways */
uint64_t html_flows_unnamed(const struct html_page *page);

void html_put_headline(struct html_page *page);
void html_put_lights(struct html_page *page);
void html_put_zone_chart(struct html_page *page);

void html_put_apps(struct html_page *page);
void html_put_matrix(struct html_page *page);
void html_put_denied(struct html_page *page);
void html_put_verdicts(struct html_page *page);
void html_put_attempts(struct html_page *page);
void html_put_register(struct html_page *page);
void html_put_hidden(struct html_page *page);
