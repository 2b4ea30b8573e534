/* The first page: what the report is about, the one figure, and what needs a look. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/report/html_page.h"

enum { CONTROL_COUNTRIES_SHOWN = 5, DENIED_APPS_SHOWN = 6 };

static void put_definition(struct page *page, const char *key, const char *value)
{
	text_put(page->out, "<dt>");
	page_put_word(page, key);
	text_put(page->out, "</dt><dd>");
	page_put_text(page, value[0] ? value : words_get(page->words, "not_stated"));
	text_put(page->out, "</dd>\n");
}

static void put_facts(struct page *page)
{
	const struct policy_header *header = policy_header(page->findings->lexicon->policy);
	char made[CLOCK_TEXT_LENGTH + 1], sources[1024];
	struct text text;

	clock_format_date(page->findings->made_ns, made);
	text_init(&text, sources, sizeof(sources));
	for (unsigned i = 0; i < page->findings->input_count; i++) {
		const char *name = strrchr(page->findings->inputs[i], '/');
		text_put(&text, i > 0 ? ", " : "");
		text_put(&text, name ? name + 1 : page->findings->inputs[i]);
	}
	text_put(page->out, "<dl class=\"facts\">\n");
	put_definition(page, "report_period", page->period);
	put_definition(page, "report_reference", header->reference);
	put_definition(page, "report_purpose", header->purpose);
	put_definition(page, "report_legal_basis", header->legal_basis);
	put_definition(page, "report_consultation", header->consultation_date);
	put_definition(page, "report_sources", sources);
	put_definition(page, "report_made", made);
	text_put(page->out, "</dl>\n");
}

static void put_headline(struct page *page)
{
	const struct overview_row *total = overview_total(page->findings->overview);
	uint64_t left = findings_bytes_sent(page->findings),
		 outside = findings_bytes_outside(page->findings);
	struct piece outside_text, left_text, flows_text, devices_text, sentence;

	text_put(page->out, "<p class=\"headline\"><strong>");
	words_put_percent(page->words, page->out, outside, left);
	text_put(page->out, "</strong> ");
	page_put_word(page, "headline_outside");
	text_put(page->out, "</p>\n<p class=\"numbers\">");
	words_put_size(page->words, piece_start(&outside_text), outside);
	words_put_size(page->words, piece_start(&left_text), left);
	words_put_count(page->words, piece_start(&flows_text), total->flows);
	piece_start(&devices_text);
	if (total->devices > 0 && total->devices < page->findings->group_minimum) {
		text_printf(&devices_text.text, "< %u", page->findings->group_minimum);
	} else {
		words_put_count(page->words, &devices_text.text, total->devices);
	}
	words_put(page->words, piece_start(&sentence), "headline_numbers", "outside",
		outside_text.memory, "left", left_text.memory, "flows", flows_text.memory,
		"devices", devices_text.memory, NULL);
	page_put_text(page, sentence.memory);
	text_put(page->out, "</p>\n");
}

/* One line with a light and a word. */
static void put_light(struct page *page, const char *light, const char *sentence)
{
	text_printf(page->out, "<li class=\"%s\"><b>", light);
	page_put_word(page, light);
	text_put(page->out, "</b> <span>");
	page_put_text(page, sentence);
	text_put(page->out, "</span></li>\n");
}

static void put_light_denied(struct page *page)
{
	const struct overview_app *rows;
	size_t count = overview_apps(page->findings->overview, &rows);
	struct piece apps, sentence;
	unsigned denied = 0;

	piece_start(&apps);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].flows_denied > 0 && denied++ < DENIED_APPS_SHOWN) {
			text_put(&apps.text, denied > 1 ? ", " : "");
			text_put(&apps.text,
				catalogue_app(page->findings->lexicon->catalogue, rows[i].app)
					->name);
		}
	}
	if (policy_rule_count(page->findings->lexicon->policy) == 0) {
		put_light(page, "light_look", words_get(page->words, "light_no_policy"));
	} else if (denied > 0) {
		words_put(page->words, piece_start(&sentence), "light_denied_some", "apps",
			apps.memory, NULL);
		put_light(page, "light_act", sentence.memory);
	} else {
		put_light(page, "light_good", words_get(page->words, "light_denied_none"));
	}
}

static void put_light_outside(struct page *page)
{
	uint64_t left = findings_bytes_sent(page->findings),
		 outside = findings_bytes_outside(page->findings);
	uint64_t third = overview_zone(page->findings->overview, GEO_ZONE_THIRD)->bytes_up;
	struct piece percent, third_text, sentence;

	words_put_percent(page->words, piece_start(&percent), outside, left);
	words_put_size(page->words, piece_start(&third_text), third);
	words_put(page->words, piece_start(&sentence), "light_outside", "percent", percent.memory,
		"third", third_text.memory, NULL);
	put_light(page, outside > 0 ? "light_look" : "light_good", sentence.memory);
}

/* Countries that control services we sent to, without adequacy, most bytes first. */
static void put_light_control(struct page *page)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->findings->overview, &cells);
	char seen[CONTROL_COUNTRIES_SHOWN][3];
	unsigned seen_count = 0;
	uint64_t bytes = 0;
	struct piece countries, bytes_text, sentence;

	piece_start(&countries);
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		if (cells[i].control != GEO_ZONE_THIRD) {
			continue;
		}
		bytes += cells[i].total.bytes_up;
		for (unsigned j = 0; j < seen_count; j++) {
			known |= strcmp(seen[j], cells[i].parent_country) == 0;
		}
		if (!known && seen_count < CONTROL_COUNTRIES_SHOWN) {
			memcpy(seen[seen_count++], cells[i].parent_country, 3);
			text_put(&countries.text, seen_count > 1 ? ", " : "");
			text_put(&countries.text, page_country(page, cells[i].parent_country));
		}
	}
	if (bytes == 0) {
		put_light(page, "light_good", words_get(page->words, "light_control_none"));
		return;
	}
	words_put_size(page->words, piece_start(&bytes_text), bytes);
	words_put(page->words, piece_start(&sentence), "light_control", "bytes", bytes_text.memory,
		"countries", countries.memory, NULL);
	put_light(page, "light_look", sentence.memory);
}

static void put_light_named(struct page *page)
{
	uint64_t flows = findings_flows_across_border(page->findings),
		 unnamed = findings_flows_unnamed(page->findings);
	struct piece percent, sentence;

	words_put_percent(page->words, piece_start(&percent), flows - unnamed, flows);
	words_put(page->words, piece_start(&sentence), "light_named", "percent", percent.memory,
		NULL);
	/* With a fifth of the flows unnamed a clean result says little. */
	put_light(page, unnamed * 5 > flows ? "light_look" : "light_good", sentence.memory);
}

static void put_light_complete(struct page *page)
{
	struct piece flows, refused;
	char memory[1024];
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	if (page->findings->trouble) {
		words_put(page->words, &sentence, "light_incomplete", "trouble",
			page->findings->trouble, NULL);
		put_light(page, "light_look", memory);
		return;
	}
	words_put_count(page->words, piece_start(&flows), page->findings->stats->packets);
	words_put_count(page->words, piece_start(&refused), findings_refused(page->findings));
	words_put(page->words, &sentence, "light_complete", "flows", flows.memory, "refused",
		refused.memory, NULL);
	put_light(page, "light_good", memory);
}

static void put_zone_chart(struct page *page)
{
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };
	enum { ZONES = sizeof(order) / sizeof(order[0]) };
	struct chart_bar bars[ZONES];
	struct piece values[ZONES], source;

	for (unsigned i = 0; i < ZONES; i++) {
		char key[64];
		snprintf(key, sizeof(key), "zone_%s", geo_zone_name(order[i]));
		uint64_t bytes = overview_zone(page->findings->overview, order[i])->bytes_up;
		words_put_size(page->words, piece_start(&values[i]), bytes);
		bars[i] = (struct chart_bar){ words_get(page->words, key), values[i].memory,
			geo_zone_name(order[i]), bytes };
	}
	text_put(page->out, "<figure><figcaption>");
	page_put_word(page, "chart_title");
	text_put(page->out, "</figcaption>\n");
	chart_put_bars(page->out, words_get(page->words, "chart_title"), bars, ZONES);
	words_put(page->words, piece_start(&source), "source_line", "period", page->period, NULL);
	text_put(page->out, "<p class=\"source\">");
	page_put_text(page, source.memory);
	text_put(page->out, "</p></figure>\n");
}

void page_put_first(struct page *page)
{
	const struct policy_header *header = policy_header(page->findings->lexicon->policy);

	text_put(page->out, "<header>\n");
	if (header->organisation[0]) {
		text_put(page->out, "<p class=\"body\">");
		page_put_text(page, header->organisation);
		text_put(page->out, "</p>\n");
	}
	page_put_element(page, "h1", "report_title");
	text_put(page->out, "<p class=\"subtitle\">");
	page_put_word(page, "report_subtitle");
	text_put(page->out, "</p>\n");
	put_facts(page);
	text_put(page->out, "</header>\n<main>\n<section class=\"first\">\n");
	put_headline(page);
	text_put(page->out, "<ul class=\"lights\">\n");
	put_light_denied(page);
	put_light_outside(page);
	put_light_control(page);
	put_light_named(page);
	put_light_complete(page);
	text_put(page->out, "</ul>\n");
	put_zone_chart(page);
	text_put(page->out, "</section>\n");
}
