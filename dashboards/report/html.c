#include <stdio.h>

#include "base/clock.h"
#include "dashboards/report/html_page.h"

static void find_period(struct page *page)
{
	const struct source_stats *source = &page->findings->stats->source;
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];

	if (source->frames == 0) {
		snprintf(page->period, sizeof(page->period), "%s",
			words_get(page->words, "not_stated"));
		return;
	}
	clock_format(source->first_ns, first);
	clock_format(source->last_ns, last);
	first[10] = last[10] = ' ';
	snprintf(page->period, sizeof(page->period), "%.16s \xe2\x80\x93 %.16s UTC", first, last);
}

void report_put_html(struct text *text, const struct findings *findings, const struct words *words,
	const char *css)
{
	struct page page = { .out = text, .findings = findings, .words = words };

	find_period(&page);
	text_put(text, "<!DOCTYPE html>\n<html lang=\"");
	text_put(text, words_language(words));
	text_put(text, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" "
		       "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, "
		       "initial-scale=1\">\n<title>");
	page_put_word(&page, "report_title");
	text_put(text, "</title>\n<style>\n");
	text_put(text, css);
	text_put(text, "</style>\n</head>\n<body>\n");
	page_put_first(&page);
	page_put_sections(&page);
	text_put(text, "</main>\n</body>\n</html>\n");
}
