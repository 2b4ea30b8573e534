/* Inside the summary on the terminal: what its parts share.
 *
 *     summary_text.c    the frame and the sentences
 *     summary_cells.c   cells, headings and paragraphs in the reader's language
 *     summary_tables.c  apps, zones, the matrix, what is hidden
 *     summary_devices.c of a part of the flows: which devices
 *     summary_policy.c  verdicts, attempts, registers */
#pragma once

#include "base/text.h"
#include "dashboards/report/report_model.h"
#include "dashboards/report/table.h"

struct summary_page {
	FILE *out;
	const struct report_model *model;
	const struct summary_style *style;
	const struct messages *messages;
};

/* A short text made on the side, for the value of a placeholder. */
struct summary_piece {
	char memory[256];
};
const char *summary_count(
	const struct summary_page *page, struct summary_piece *piece, uint64_t number);
const char *summary_size(
	const struct summary_page *page, struct summary_piece *piece, uint64_t bytes);
const char *summary_percent(const struct summary_page *page, struct summary_piece *piece,
	uint64_t part, uint64_t whole);

/* The text of a key. */
const char *summary_word(const struct summary_page *page, const char *key);

/* key: the heading's; its "_says" stands behind it. */
void summary_put_heading(const struct summary_page *page, const char *key);
/* The same; what it says has a value in it. */
void summary_put_heading_with(
	const struct summary_page *page, const char *key, const char *name, const char *value);

/* A paragraph made on the side, broken at the page's width; frees it. */
void summary_put_paragraph(const struct summary_page *page, struct text *text);

/* A table with headings by key ("head_…"; '>' in front marks numbers); false: memory is out. */
bool summary_table_init(
	const struct summary_page *page, struct table *table, const char *const *columns);
void summary_table_put(const struct summary_page *page, struct table *table);
void summary_cell_size(
	const struct summary_page *page, struct table *table, unsigned column, uint64_t bytes);
/* enum cell_way: ">=" before it, or a word. */
void summary_cell_way(const struct summary_page *page, struct table *table, unsigned column,
	uint64_t bytes, enum cell_way way);
void summary_cell_count(
	const struct summary_page *page, struct table *table, unsigned column, uint64_t number);
/* Of our devices behind a row: how many, about, at least, or fewer than k. */
void summary_cell_devices(const struct summary_page *page, struct table *table, unsigned column,
	const struct overview_row *row);
/* "12 %"; "-" for a share of nothing. */
void summary_cell_percent(const struct summary_page *page, struct table *table, unsigned column,
	uint64_t part, uint64_t whole);
/* "and 7 more: --summary json lists all" */
void summary_put_more_json(const struct summary_page *page, uint64_t count);

const char *summary_country(const struct summary_page *page, const char *code);

void summary_put_apps(const struct summary_page *page);
void summary_put_devices(const struct summary_page *page);
void summary_put_zones(const struct summary_page *page);
void summary_put_matrix(const struct summary_page *page);
void summary_put_unnamed(const struct summary_page *page);
void summary_put_inferred(const struct summary_page *page);
void summary_put_policy(const struct summary_page *page);
