#include <stdio.h>
#include <string.h>

#include "analyzer/record/digest.h"
#include "base/local_time.h"
#include "dashboards/report/html_page.h"

static bool begins_month(const struct local_zone *zone, uint64_t time_ns)
{
	char date[11];

	local_format_date(zone, time_ns, date);
	return strcmp(date + 8, "01") == 0;
}

static bool are_months(const struct html_page *page)
{
	return begins_month(html_zone(page), page->model->from_ns) &&
	       begins_month(html_zone(page), page->model->to_ns);
}

/* "October 2026", "July 2026 – September 2026". */
static void put_months(struct html_page *page, struct text *text)
{
	struct html_piece first, last;

	messages_put_month(
		page->messages, html_piece_start(&first), html_zone(page), page->model->from_ns);
	messages_put_month(
		page->messages, html_piece_start(&last), html_zone(page), page->model->to_ns - 1);
	if (strcmp(first.memory, last.memory) == 0) {
		text_put(text, first.memory);
		return;
	}
	messages_put(page->messages, text, "period_of_whole_days", "first", first.memory, "last",
		last.memory, NULL);
}

/* The whole local days of a period, or the moments of a run. */
static void find_period(struct html_page *page)
{
	const struct report_model *model = page->model;
	const struct source_stats *source = &model->stats->source;
	struct html_piece first, last;
	struct text text;

	text_init(&text, page->period, sizeof(page->period));
	if (model->to_ns > 0 && are_months(page)) {
		put_months(page, &text);
	} else if (model->to_ns > 0) {
		messages_put_date(
			page->messages, html_piece_start(&first), html_zone(page), model->from_ns);
		messages_put_date(
			page->messages, html_piece_start(&last), html_zone(page), model->to_ns - 1);
		messages_put(page->messages, &text, "period_of_whole_days", "first", first.memory,
			"last", last.memory, NULL);
	} else if (source->frames == 0) {
		text_put(&text, messages_get(page->messages, "not_stated"));
	} else {
		messages_put_period(
			page->messages, &text, html_zone(page), source->first_ns, source->last_ns);
	}
}

/* The page's own style sheet, known by its digest, and nothing else. */
static void put_head(struct html_page *page, const char *css)
{
	uint8_t digest[DIGEST_SHA256_BYTES];
	char base64[2 * DIGEST_SHA256_BYTES];

	digest_sha256(css, strlen(css), digest);
	digest_base64(digest, sizeof(digest), base64);
	text_put(page->out, "<!DOCTYPE html>\n<html lang=\"");
	text_put(page->out, messages_language(page->messages));
	text_put(page->out, "\">\n<head>\n<meta charset=\"utf-8\">\n"
			    "<meta http-equiv=\"Content-Security-Policy\" "
			    "content=\"default-src 'none'; style-src 'sha256-");
	text_put(page->out, base64);
	text_put(page->out, "'\">\n<meta name=\"viewport\" content=\"width=device-width, "
			    "initial-scale=1\">\n<title>");
	html_put_word(page, "report_title");
	text_put(page->out, ", ");
	html_put_escaped(page, page->period);
	text_put(page->out, "</title>\n<style>");
	text_put(page->out, css);
	text_put(page->out, "</style>\n</head>\n<body>\n");
}

void report_put_html(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *css)
{
	struct html_page page = { .out = text, .model = model, .messages = messages };

	find_period(&page);
	report_lights_init(&page.lights, model, messages);
	put_head(&page, css);
	html_put_first_page(&page);
	html_put_contents(&page);
	html_put_sections(&page);
	text_put(text, "</main>\n</body>\n</html>\n");
	report_lights_deinit(&page.lights);
}
