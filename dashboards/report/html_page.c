#include "dashboards/report/html_page.h"

#include <stdio.h>
#include <string.h>

struct text *html_piece_start(struct html_piece *piece)
{
	text_init(&piece->text, piece->memory, sizeof(piece->memory));
	return &piece->text;
}

const char *html_count(const struct html_page *page, struct html_piece *piece, uint64_t number)
{
	messages_put_count(page->messages, html_piece_start(piece), number);
	return piece->memory;
}

const char *html_percent(
	const struct html_page *page, struct html_piece *piece, uint64_t part, uint64_t whole)
{
	messages_put_percent(page->messages, html_piece_start(piece), part, whole);
	return piece->memory;
}

const char *html_size(const struct html_page *page, struct html_piece *piece, uint64_t bytes)
{
	messages_put_size(page->messages, html_piece_start(piece), bytes);
	return piece->memory;
}

const struct local_zone *html_zone(const struct html_page *page)
{
	return policy_header(page->model->reference->policy)->zone;
}

void html_put_escaped(struct html_page *page, const char *string)
{
	text_put_html(page->out, string, strlen(string));
}

void html_put_word(struct html_page *page, const char *key)
{
	html_put_escaped(page, messages_get(page->messages, key));
}

void html_put_element(struct html_page *page, const char *element, const char *key)
{
	text_printf(page->out, "<%s>", element);
	html_put_word(page, key);
	text_printf(page->out, "</%s>\n", element);
}

void html_put_paragraph(struct html_page *page, const char *class_, const char *string)
{
	if (string[0]) {
		text_printf(page->out, "<p class=\"%s\">", class_);
		html_put_escaped(page, string);
		text_put(page->out, "</p>\n");
	}
}

void html_put_definition(struct html_page *page, const char *key, const char *value)
{
	text_put(page->out, "<div><dt>");
	html_put_word(page, key);
	text_put(page->out, "</dt><dd>");
	html_put_escaped(page, value[0] ? value : messages_get(page->messages, "not_stated"));
	text_put(page->out, "</dd></div>\n");
}
