/* The page of the report as it is being written, and the pieces that its parts are made of.
 *
 * Parts: html_first.c (the first page), html_sections.c (what stands behind it); html.c puts them
 * together. Every text that is not a literal goes through an escape.
 *
 * Threads  one a page. */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "dashboards/report/report.h"

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

struct text *piece_start(struct piece *piece);

void page_put_first(struct page *page);
void page_put_sections(struct page *page);

/* Any text, escaped; a word of the page's language by its key, or by "prefix_suffix"; an element
 * around a word. */
void page_put_text(struct page *page, const char *string);
void page_put_word(struct page *page, const char *key);
void page_put_word_of(struct page *page, const char *prefix, const char *suffix);
void page_put_element(struct page *page, const char *element, const char *key);

/* A country's name in the page's language. */
const char *page_country(const struct page *page, const char *code);

/* Tables. columns: words by key, ended by NULL; '>' in front marks a column of numbers. */
void page_put_table_head(struct page *page, const char *caption, const char *const *columns);
void page_put_cell(struct page *page, const char *string);
void page_put_country_cell(struct page *page, const char *code);
void page_put_size_cell(struct page *page, uint64_t bytes);
void page_put_count_cell(struct page *page, uint64_t number);
/* Sent, received, flows, devices. */
void page_put_row_cells(struct page *page, const struct overview_row *row);
void page_put_table_end(struct page *page);
