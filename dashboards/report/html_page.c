#include "dashboards/report/html_page.h"

#include <stdio.h>
#include <string.h>

struct text *html_piece_start(struct html_piece *piece)
{
	text_init(&piece->text, piece->memory, sizeof(piece->memory));
	return &piece->text;
}

void html_put_escaped(struct html_page *page, const char *string)
{
	text_put_html(page->out, string, strlen(string));
}

void html_put_word(struct html_page *page, const char *key)
{
	html_put_escaped(page, messages_get(page->messages, key));
}

void html_put_word2(struct html_page *page, const char *prefix, const char *suffix)
{
	html_put_escaped(page, messages_get2(page->messages, prefix, suffix));
}

void html_put_element(struct html_page *page, const char *element, const char *key)
{
	text_printf(page->out, "<%s>", element);
	html_put_word(page, key);
	text_printf(page->out, "</%s>\n", element);
}

const char *html_country(const struct html_page *page, const char *code)
{
	return code[0] ? report_model_country(
				 page->model, code, messages_geo_language(page->messages))
		       : messages_get(page->messages, "unknown");
}

const char *html_app(const struct html_page *page, uint16_t app)
{
	return app ? messages_catalogue(page->messages, report_model_app(page->model, app).name)
		   : "";
}

const char *html_owner(const struct html_page *page, uint16_t app)
{
	return app ? messages_catalogue(page->messages, report_model_app(page->model, app).owner)
		   : "";
}

void html_put_cell(struct html_page *page, const char *string)
{
	text_put(page->out, "<td>");
	html_put_escaped(page, string);
	text_put(page->out, "</td>");
}

void html_put_country_cell(struct html_page *page, const char *code)
{
	text_put(page->out, "<td title=\"");
	html_put_escaped(page, code);
	text_put(page->out, "\">");
	html_put_escaped(page, html_country(page, code));
	text_put(page->out, "</td>");
}

void html_put_size_cell(struct html_page *page, uint64_t bytes)
{
	text_put(page->out, "<td class=\"n\">");
	messages_put_size(page->messages, page->out, bytes);
	text_put(page->out, "</td>");
}

void html_put_count_cell(struct html_page *page, uint64_t number)
{
	text_put(page->out, "<td class=\"n\">");
	messages_put_count(page->messages, page->out, number);
	text_put(page->out, "</td>");
}

void html_put_dash_cell(struct html_page *page)
{
	text_put(page->out, "<td class=\"n\">\xe2\x80\x93</td>");
}

void html_put_row_cells(struct html_page *page, const struct overview_row *row)
{
	if (report_model_hides(page->model)) {
		for (unsigned i = 0; i < 3; i++) {
			html_put_dash_cell(page);
		}
	} else {
		html_put_size_cell(page, row->bytes_up);
		html_put_size_cell(page, row->bytes_down);
		html_put_count_cell(page, row->flows);
	}
	if (report_model_shows_count(page->model, row)) {
		text_put(page->out, "<td class=\"n\">");
		text_put(page->out, row->devices_estimated  ? "~"
				    : row->devices_at_least ? "\xe2\x89\xa5\xc2\xa0"
							    : "");
		messages_put_count(page->messages, page->out, row->devices);
		text_put(page->out, "</td>");
	} else {
		text_printf(page->out, "<td class=\"n\">&lt;\xc2\xa0%u</td>",
			page->model->group_minimum);
	}
}

void html_put_table_head(struct html_page *page, const char *caption, const char *const *columns)
{
	text_put(page->out, "<div class=\"scroll\"><table>\n<caption>");
	html_put_word(page, caption);
	text_put(page->out, "</caption>\n<thead><tr>");
	for (; *columns; columns++) {
		bool number = **columns == '>';
		text_put(page->out,
			number ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
		html_put_word2(page, "column", *columns + number);
		text_put(page->out, "</th>");
	}
	text_put(page->out, "</tr></thead>\n<tbody>\n");
}

void html_put_table_end(struct html_page *page)
{
	text_put(page->out, "</tbody></table></div>\n");
}

uint64_t html_bytes_left(const struct html_page *page)
{
	struct overview *overview = page->model->overview;

	return overview_total(overview).bytes_up -
	       overview_zone(overview, GEO_ZONE_INTERNAL).bytes_up;
}

uint64_t html_flows_across_border(const struct html_page *page)
{
	struct overview *overview = page->model->overview;

	return overview_total(overview).flows -
	       overview_direction(overview, RECORD_DIRECTION_INTERNAL).flows;
}

uint64_t html_bytes_across_border(const struct html_page *page)
{
	struct overview_row all = overview_total(page->model->overview),
			    inside = overview_direction(
				    page->model->overview, RECORD_DIRECTION_INTERNAL);

	return all.bytes_up + all.bytes_down - inside.bytes_up - inside.bytes_down;
}

uint64_t html_flows_unnamed(const struct html_page *page)
{
	uint64_t flows = 0;

	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		flows += overview_unnamed(page->model->overview, i).flows;
	}
	return flows;
}
