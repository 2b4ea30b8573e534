/* A page for a terminal: lines of text with styles, made at one place and shown at another (the
 * screen, or standard output without styles).
 *
 * Cells are as wide as asked for, in characters: what is too long is cut, what the locale cannot
 * show becomes "?", and control characters become visible. Lines are cut at the page's width.
 *
 * Memory   grows with the text; out of memory cuts it.
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum page_style {
	PAGE_PLAIN,
	PAGE_BOLD,
	PAGE_MUTED,
	PAGE_CHOSEN, /* where we are */
	PAGE_EU,
	PAGE_EEA,
	PAGE_ADEQUATE,
	PAGE_PARTIAL,
	PAGE_THIRD,
	PAGE_UNKNOWN,
	PAGE_CRITICAL,
	PAGE_STYLE_COUNT
};

enum { PAGE_SPANS_MAX = 2048 };

struct page_span {
	size_t from; /* in the text; up to the next span */
	enum page_style style;
};

struct page {
	unsigned width; /* of a line */
	bool has_utf8;
	struct text text;
	unsigned column, line; /* where the next character goes */
	unsigned span_count;
	struct page_span spans[PAGE_SPANS_MAX];
};

void page_init(struct page *page);
void page_deinit(struct page *page);
void page_clear(struct page *page, unsigned width, bool has_utf8);

void page_style(struct page *page, enum page_style style);
void page_put(struct page *page, const char *text);
void page_printf(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A cell and one blank behind it. Width 0 is as wide as the text. */
void page_left(struct page *page, unsigned width, const char *text);
void page_right(struct page *page, unsigned width, const char *text);

/* A bar of part/all of width characters, in eighths of one where the locale has them. */
void page_bar(struct page *page, unsigned width, double part);

/* Blanks up to that column. */
void page_column(struct page *page, unsigned column);

/* Ends the line; the style is plain again. */
void page_end_line(struct page *page);
