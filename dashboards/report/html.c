#include <stdio.h>
#include <string.h>

#include "base/local_time.h"
#include "dashboards/report/html_page.h"

static const struct local_zone *zone_of(const struct html_page *page)
{
	return policy_header(page->model->reference->policy)->zone;
}

static void find_period(struct html_page *page)
{
	const struct source_stats *source = &page->model->stats->source;
	struct text text;

	text_init(&text, page->period, sizeof(page->period));
	if (source->frames == 0) {
		text_put(&text, messages_get(page->messages, "not_stated"));
		return;
	}
	messages_put_period(
		page->messages, &text, zone_of(page), source->first_ns, source->last_ns);
}

static void put_definition(struct html_page *page, const char *key, const char *value)
{
	text_put(page->out, "<dt>");
	html_put_word(page, key);
	text_put(page->out, "</dt><dd>");
	html_put_escaped(page, value[0] ? value : messages_get(page->messages, "not_stated"));
	text_put(page->out, "</dd>\n");
}

static void put_facts(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);
	struct html_piece made;
	char sources[1024];
	struct text text;

	messages_put_date(
		page->messages, html_piece_start(&made), zone_of(page), page->model->made_ns);
	text_init(&text, sources, sizeof(sources));
	for (unsigned i = 0; i < page->model->input_count; i++) {
		const char *name = strrchr(page->model->inputs[i], '/');
		text_put(&text, i > 0 ? ", " : "");
		text_put(&text, name ? name + 1 : page->model->inputs[i]);
	}
	text_put(page->out, "<dl class=\"facts\">\n");
	put_definition(page, "report_period", page->period);
	put_definition(page, "report_reference", header->reference);
	put_definition(page, "report_purpose", header->purpose);
	put_definition(page, "report_legal_basis", header->legal_basis);
	put_definition(page, "report_consultation", header->consultation_date);
	put_definition(page, "report_sources", sources);
	put_definition(page, "report_made", made.memory);
	text_put(page->out, "</dl>\n");
}

static void put_first_page(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);

	text_put(page->out, "<header>\n");
	if (header->organisation[0]) {
		text_put(page->out, "<p class=\"body\">");
		html_put_escaped(page, header->organisation);
		text_put(page->out, "</p>\n");
	}
	html_put_element(page, "h1", "report_title");
	text_put(page->out, "<p class=\"subtitle\">");
	html_put_word(page, "report_subtitle");
	text_put(page->out, "</p>\n");
	put_facts(page);
	text_put(page->out, "</header>\n<main>\n<section class=\"first\">\n");
	html_put_headline(page);
	html_put_lights(page);
	html_put_zone_chart(page);
	text_put(page->out, "</section>\n");
}

static void put_limit(struct html_page *page, const char *sentence)
{
	text_put(page->out, "<li>");
	html_put_escaped(page, sentence);
	text_put(page->out, "</li>\n");
}

/* The databases that countries come from, with date and age: they decide what the page says. */
static void put_geo_data(struct html_page *page)
{
	struct html_piece databases, sentence;

	if (report_put_geo_data(html_piece_start(&databases), page->model, page->messages)) {
		messages_put(page->messages, html_piece_start(&sentence), "method_geo_data",
			"databases", databases.memory, NULL);
		html_put_escaped(page, sentence.memory);
	} else {
		html_put_word(page, "method_geo_none");
	}
}

static void put_method(struct html_page *page)
{
	static const char *const limits[] = { "method_transfer", "method_geo", "method_dpf",
		"limit_mobile", "limit_installed", "limit_elsewhere", "method_payload" };
	const struct reference *reference = page->model->reference;
	const char *policy = policy_hash(reference->policy);
	char k[16];
	struct html_piece sentence;

	text_put(page->out, "<section>\n");
	html_put_element(page, "h2", "section_method");
	text_put(page->out, "<ul>\n");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		html_put_element(page, "li", limits[i]);
	}
	messages_put(page->messages, html_piece_start(&sentence), "times_zone", "zone",
		zone_of(page) ? local_zone_name(zone_of(page)) : "UTC", NULL);
	put_limit(page, sentence.memory);
	snprintf(k, sizeof(k), "%u", page->model->group_minimum);
	messages_put(page->messages, html_piece_start(&sentence), "method_groups", "k", k, NULL);
	put_limit(page, sentence.memory);
	text_put(page->out, "</ul>\n<p class=\"source\">");
	put_geo_data(page);
	text_put(page->out, "<br>\n");
	messages_put(page->messages, html_piece_start(&sentence), "method_versions", "catalogue",
		catalogue_hash(reference->catalogue), "policy",
		policy[0] ? policy : messages_get(page->messages, "not_stated"), NULL);
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n</section>\n");
}

void report_put_html(struct text *text, const struct report_model *model,
	const struct messages *messages, const char *css)
{
	struct html_page page = { .out = text, .model = model, .messages = messages };

	find_period(&page);
	text_put(text, "<!DOCTYPE html>\n<html lang=\"");
	text_put(text, messages_language(messages));
	text_put(text, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		       "<meta http-equiv=\"Content-Security-Policy\" "
		       "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		       "<meta name=\"viewport\" content=\"width=device-width, "
		       "initial-scale=1\">\n<title>");
	html_put_word(&page, "report_title");
	text_put(text, "</title>\n<style>\n");
	text_put(text, css);
	text_put(text, "</style>\n</head>\n<body>\n");
	put_first_page(&page);
	html_put_apps(&page);
	html_put_matrix(&page);
	html_put_denied(&page);
	html_put_hidden(&page);
	put_method(&page);
	text_put(text, "</main>\n</body>\n</html>\n");
}
