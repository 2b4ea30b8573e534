#include "dashboards/top/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CELL_BYTES = 1024 };

void page_init(struct page *page)
{
	memset(page, 0, sizeof(*page));
	text_init_heap(&page->text);
}

void page_deinit(struct page *page)
{
	text_deinit(&page->text);
}

void page_clear(struct page *page, unsigned width, bool has_utf8)
{
	text_clear(&page->text);
	page->width = width;
	page->has_utf8 = has_utf8;
	page->column = page->line = page->span_count = 0;
}

void page_style(struct page *page, enum page_style style)
{
	struct page_span *last = page->span_count ? &page->spans[page->span_count - 1] : NULL;

	if (last && last->from == page->text.length) {
		last->style = style;
	} else if (page->span_count < PAGE_SPANS_MAX) {
		page->spans[page->span_count++] = (struct page_span){ page->text.length, style };
	}
}

/* At most width characters of text, as this terminal can show them; how many it took. */
static unsigned put_characters(struct page *page, const char *text, unsigned width)
{
	char memory[CELL_BYTES];
	struct text visible;
	unsigned taken = 0;

	text_init(&visible, memory, sizeof(memory));
	text_put_terminal(&visible, text, strlen(text));
	if (page->column + width > page->width) {
		width = page->column < page->width ? page->width - page->column : 0;
	}
	for (const char *at = memory; *at && taken < width; taken++) {
		size_t length = text_utf8_length(at, strlen(at));
		length = length ? length : 1;
		if (length > 1 && !page->has_utf8) {
			text_put_char(&page->text, '?');
		} else {
			text_put_bytes(&page->text, at, length);
		}
		at += length;
	}
	page->column += taken;
	return taken;
}

static void put_blanks(struct page *page, unsigned count)
{
	for (; count > 0 && page->column < page->width; count--, page->column++) {
		text_put_char(&page->text, ' ');
	}
}

void page_put(struct page *page, const char *text)
{
	put_characters(page, text, CELL_BYTES);
}

void page_printf(struct page *page, const char *format, ...)
{
	char memory[CELL_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(memory, sizeof(memory), format, arguments);
	va_end(arguments);
	page_put(page, memory);
}

void page_left(struct page *page, unsigned width, const char *text)
{
	bool is_cut = (unsigned)text_columns(text) > width && width > 1;
	unsigned taken = put_characters(page, text, is_cut ? width - 1 : width);

	taken += is_cut ? put_characters(page, page->has_utf8 ? "…" : ".", 1) : 0;
	put_blanks(page, width - taken + 1);
}

void page_right(struct page *page, unsigned width, const char *text)
{
	unsigned count = (unsigned)text_columns(text);

	width = width ? width : count;
	put_blanks(page, count < width ? width - count : 0);
	put_characters(page, text, width);
	put_blanks(page, 1);
}

void page_bar(struct page *page, unsigned width, double part)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	enum { EIGHTHS = 8 };
	unsigned filled = (unsigned)(part * width * EIGHTHS + 0.5);

	for (unsigned i = 0; i < filled / EIGHTHS; i++) {
		put_characters(page, page->has_utf8 ? "█" : "#", 1);
	}
	if (page->has_utf8) {
		put_characters(page, eighths[filled % EIGHTHS], 1);
	}
}

void page_column(struct page *page, unsigned column)
{
	put_blanks(page, column > page->column ? column - page->column : 0);
}

void page_end_line(struct page *page)
{
	page_style(page, PAGE_PLAIN);
	while (page->text.length > 0 && page->text.at[page->text.length - 1] == ' ') {
		page->text.at[--page->text.length] = '\0';
	}
	while (page->span_count > 0 && page->spans[page->span_count - 1].from > page->text.length) {
		page->span_count--;
	}
	page_style(page, PAGE_PLAIN);
	text_put_char(&page->text, '\n');
	page->column = 0;
	page->line++;
}
