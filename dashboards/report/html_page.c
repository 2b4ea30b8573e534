#include "dashboards/report/html_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct text *piece_start(struct piece *piece)
{
	text_init(&piece->text, piece->memory, sizeof(piece->memory));
	return &piece->text;
}

void page_put_text(struct page *page, const char *string)
{
	text_put_html(page->out, string, strlen(string));
}

void page_put_word(struct page *page, const char *key)
{
	page_put_text(page, words_get(page->words, key));
}

void page_put_word_of(struct page *page, const char *prefix, const char *suffix)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", prefix, suffix);
	page_put_word(page, key);
}

void page_put_element(struct page *page, const char *element, const char *key)
{
	text_printf(page->out, "<%s>", element);
	page_put_word(page, key);
	text_printf(page->out, "</%s>\n", element);
}

const char *page_country(const struct page *page, const char *code)
{
	return code[0] ? findings_country(page->findings, code, words_geo_language(page->words))
		       : words_get(page->words, "unknown");
}

void page_put_cell(struct page *page, const char *string)
{
	text_put(page->out, "<td>");
	page_put_text(page, string);
	text_put(page->out, "</td>");
}

void page_put_country_cell(struct page *page, const char *code)
{
	text_put(page->out, "<td title=\"");
	page_put_text(page, code);
	text_put(page->out, "\">");
	page_put_text(page, page_country(page, code));
	text_put(page->out, "</td>");
}

void page_put_size_cell(struct page *page, uint64_t bytes)
{
	text_put(page->out, "<td class=\"n\">");
	words_put_size(page->words, page->out, bytes);
	text_put(page->out, "</td>");
}

void page_put_count_cell(struct page *page, uint64_t number)
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

void page_put_row_cells(struct page *page, const struct overview_row *row)
{
	page_put_size_cell(page, row->bytes_up);
	page_put_size_cell(page, row->bytes_down);
	page_put_count_cell(page, row->flows);
	text_put(page->out, "<td class=\"n\">");
	put_devices(page, row);
	text_put(page->out, "</td>");
}

void page_put_table_head(struct page *page, const char *caption, const char *const *columns)
{
	text_put(page->out, "<div class=\"scroll\"><table>\n<caption>");
	page_put_word(page, caption);
	text_put(page->out, "</caption>\n<thead><tr>");
	for (; *columns; columns++) {
		bool number = **columns == '>';
		text_put(page->out,
			number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		page_put_word_of(page, "column", *columns + number);
		text_put(page->out, "</th>");
	}
	text_put(page->out, "</tr></thead>\n<tbody>\n");
}

void page_put_table_end(struct page *page)
{
	text_put(page->out, "</tbody></table></div>\n");
}
