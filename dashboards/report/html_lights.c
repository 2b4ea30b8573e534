#include <stdio.h>
#include <string.h>

#include "dashboards/report/html_page.h"

enum { CONTROL_COUNTRIES_SHOWN = 5, DENIED_APPS_SHOWN = 6 };

void html_put_headline(struct html_page *page)
{
	struct overview_row total = overview_total(page->model->overview);
	uint64_t left = html_bytes_left(page), outside = report_model_bytes_outside(page->model);
	uint64_t inside = total.flows - html_flows_across_border(page);
	struct html_piece outside_text, left_text, flows_text, inside_text, devices_text, sentence;

	text_put(page->out, "<p class=\"headline\"><strong>");
	messages_put_percent(page->messages, page->out, outside, left);
	text_put(page->out, "</strong> ");
	html_put_word(page, report_model_know_own(page->model) ? "headline_outside"
							       : "headline_outside_foreign");
	report_put_destinations(html_piece_start(&sentence), page->model, page->messages);
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n<p class=\"numbers\">");
	messages_put_size(page->messages, html_piece_start(&outside_text), outside);
	messages_put_size(page->messages, html_piece_start(&left_text), left);
	messages_put_count(page->messages, html_piece_start(&flows_text), total.flows);
	messages_put_count(page->messages, html_piece_start(&inside_text), inside);
	html_piece_start(&devices_text);
	if (total.devices > 0 && !report_model_shows_count(page->model, &total)) {
		text_printf(&devices_text.text, "< %u", page->model->group_minimum);
	} else {
		messages_put_count(page->messages, &devices_text.text, total.devices);
	}
	messages_put(page->messages, html_piece_start(&sentence),
		inside > 0 ? "headline_numbers_inside" : "headline_numbers", "outside",
		outside_text.memory, "left", left_text.memory, "flows", flows_text.memory, "inside",
		inside_text.memory, "devices", devices_text.memory, NULL);
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n");
}

/* What our end sent, or that too few devices sent it. */
static void put_size_or_few(
	struct html_page *page, struct text *text, const struct overview_row *row)
{
	char least[16];

	if (row->packets > 0 && report_model_hides(page->model)) {
		snprintf(least, sizeof(least), "%u", page->model->group_minimum);
		messages_put(page->messages, text, "from_few", "k", least, NULL);
	} else {
		messages_put_size(page->messages, text, row->bytes_up);
	}
}

/* One line with a light and a word. */
static void put_light(struct html_page *page, const char *light, const char *sentence)
{
	text_printf(page->out, "<li class=\"%s\"><b>", light);
	html_put_word(page, light);
	text_put(page->out, "</b> <span>");
	html_put_escaped(page, sentence);
	text_put(page->out, "</span></li>\n");
}

/* A green light is a claim: none is made of what was seen one way only, nor while a unit hides a
 * third of its flows, nor over an archive, of which it is not measured how much of the body it
 * covers. */
static const char *green(const struct html_page *page)
{
	bool is_sure = !page->model->is_from_archive && report_model_sees_answers(page->model) &&
		       !report_model_unit_hides_third(page->model);

	return is_sure ? "light_good" : "light_look";
}

static void put_light_denied(struct html_page *page)
{
	const struct overview_app *rows;
	size_t count = overview_apps(page->model->overview, &rows);
	struct html_piece apps, sentence;
	unsigned denied = 0;

	html_piece_start(&apps);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].flows_denied > 0 && denied++ < DENIED_APPS_SHOWN) {
			text_put(&apps.text, denied > 1 ? ", " : "");
			text_put(&apps.text, html_app(page, rows[i].app));
		}
	}
	if (policy_rule_count(page->model->reference->policy) == 0) {
		put_light(page, "light_look", messages_get(page->messages, "light_no_policy"));
	} else if (denied > 0) {
		messages_put(page->messages, html_piece_start(&sentence), "light_denied_some",
			"apps", apps.memory, NULL);
		put_light(page, "light_act", sentence.memory);
	} else if (!report_model_sees_answers(page->model)) {
		put_light(page, "light_look", messages_get(page->messages, "light_one_way"));
	} else {
		put_light(page, green(page), messages_get(page->messages, "light_denied_none"));
	}
}

/* What nobody knows the way of may have gone outside, too. */
static void put_unlocated_light(struct html_page *page, struct html_piece *sentence,
	uint64_t unknown, uint64_t left, bool is_few)
{
	struct html_piece bytes, percent;

	messages_put_size(page->messages, html_piece_start(&bytes), unknown);
	messages_put_percent(page->messages, html_piece_start(&percent), unknown, left);
	text_put_char(&sentence->text, ' ');
	messages_put(page->messages, &sentence->text,
		is_few ? "light_unknown_few" : "light_unknown", "bytes", bytes.memory, "percent",
		percent.memory, NULL);
}

static void put_light_outside(struct html_page *page)
{
	struct overview_row third = overview_zone(page->model->overview, GEO_ZONE_THIRD);
	uint64_t left = html_bytes_left(page), outside = report_model_bytes_outside(page->model);
	struct html_piece percent, third_text, sentence;
	bool is_few;
	uint64_t unknown = report_model_bytes_unknown(page->model, &is_few);

	messages_put_percent(page->messages, html_piece_start(&percent), outside, left);
	put_size_or_few(page, html_piece_start(&third_text), &third);
	messages_put(page->messages, html_piece_start(&sentence), "light_outside", "percent",
		percent.memory, "third", third_text.memory, NULL);
	if (unknown > 0) {
		put_unlocated_light(page, &sentence, unknown, left, is_few);
	}
	put_light(page, outside + unknown > 0 ? "light_look" : green(page), sentence.memory);
}

/* Countries that control services we sent to, without adequacy, most bytes first. */
static void put_light_control(struct html_page *page)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->model->overview, &cells);
	char seen[CONTROL_COUNTRIES_SHOWN][3];
	unsigned seen_count = 0;
	struct overview_row third = overview_control(page->model->overview, GEO_ZONE_THIRD);
	struct html_piece countries, bytes_text, sentence;

	html_piece_start(&countries);
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		if (cells[i].control != GEO_ZONE_THIRD) {
			continue;
		}
		for (unsigned j = 0; j < seen_count; j++) {
			known |= strcmp(seen[j], cells[i].parent_country) == 0;
		}
		if (!known && seen_count < CONTROL_COUNTRIES_SHOWN) {
			memcpy(seen[seen_count++], cells[i].parent_country, 3);
			text_put(&countries.text, seen_count > 1 ? ", " : "");
			text_put(&countries.text, html_country(page, cells[i].parent_country));
		}
	}
	if (third.bytes_up == 0) {
		put_light(page, green(page), messages_get(page->messages, "light_control_none"));
		return;
	}
	put_size_or_few(page, html_piece_start(&bytes_text), &third);
	messages_put(page->messages, html_piece_start(&sentence), "light_control", "bytes",
		bytes_text.memory, "countries", countries.memory, NULL);
	put_light(page, "light_look", sentence.memory);
}

static void put_light_named(struct html_page *page)
{
	uint64_t flows = html_flows_across_border(page), unnamed = html_flows_unnamed(page);
	struct html_piece percent, sentence;

	messages_put_percent(page->messages, html_piece_start(&percent), flows - unnamed, flows);
	messages_put(page->messages, html_piece_start(&sentence), "light_named", "percent",
		percent.memory, NULL);
	if (report_model_unit_hides_third(page->model)) {
		text_put_char(&sentence.text, ' ');
		text_put(&sentence.text, messages_get(page->messages, "light_hidden_unit"));
	}
	/* With a fifth of the flows unnamed a clean result says little. */
	put_light(page, unnamed * 5 > flows ? "light_look" : green(page), sentence.memory);
}

static void put_light_complete(struct html_page *page)
{
	struct html_piece flows, refused;
	char memory[1024];
	struct text sentence;

	text_init(&sentence, memory, sizeof(memory));
	if (page->model->trouble) {
		messages_put(page->messages, &sentence, "light_incomplete", "trouble",
			page->model->trouble, NULL);
		put_light(page, "light_look", memory);
		return;
	}
	if (page->model->is_from_archive) {
		put_light(page, "light_look", messages_get(page->messages, "light_archive"));
		return;
	}
	messages_put_count(page->messages, html_piece_start(&flows), page->model->stats->packets);
	messages_put_count(
		page->messages, html_piece_start(&refused), report_model_refused(page->model));
	messages_put(page->messages, &sentence, "light_complete", "flows", flows.memory, "refused",
		refused.memory, NULL);
	put_light(page, green(page), memory);
}

/* What stands in the way of reading the page as it is meant. */
static void put_light_caveats(struct html_page *page)
{
	struct overview_row total = overview_total(page->model->overview);
	char least[16];
	struct html_piece sentence;

	if (!report_model_know_own(page->model)) {
		put_light(page, "light_look", messages_get(page->messages, "light_no_own"));
	}
	if (total.packets > 0 && report_model_hides(page->model)) {
		snprintf(least, sizeof(least), "%u", page->model->group_minimum);
		messages_put(
			page->messages, html_piece_start(&sentence), "light_few", "k", least, NULL);
		put_light(page, "light_look", sentence.memory);
	}
}

/* The first page's lines: a light, a word and a sentence. */
void html_put_lights(struct html_page *page)
{
	text_put(page->out, "<ul class=\"lights\">\n");
	put_light_denied(page);
	put_light_outside(page);
	put_light_control(page);
	put_light_named(page);
	put_light_complete(page);
	put_light_caveats(page);
	text_put(page->out, "</ul>\n");
}

void html_put_zone_chart(struct html_page *page)
{
	static const enum geo_zone order[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_UNKNOWN };
	enum { ZONES = sizeof(order) / sizeof(order[0]) };
	struct chart_bar bars[ZONES];
	struct overview_row rows[ZONES];
	struct html_piece values[ZONES], source;

	for (unsigned i = 0; i < ZONES; i++) {
		rows[i] = overview_zone(page->model->overview, order[i]);
	}
	for (unsigned i = 0; i < ZONES; i++) {
		bool is_hidden = rows[i].packets > 0 && report_model_hides(page->model);
		char key[64];
		snprintf(key, sizeof(key), "zone_%s", geo_zone_name(order[i]));
		html_piece_start(&values[i]);
		put_size_or_few(page, &values[i].text, &rows[i]);
		bars[i] = (struct chart_bar){ messages_get(page->messages, key), values[i].memory,
			geo_zone_name(order[i]), is_hidden ? 0 : rows[i].bytes_up };
	}
	text_put(page->out, "<figure><figcaption>");
	html_put_word(page, "chart_title");
	text_put(page->out, "</figcaption>\n");
	chart_put_bars(page->out, messages_get(page->messages, "chart_title"), bars, ZONES);
	messages_put(page->messages, html_piece_start(&source), "source_line", "period",
		page->period, NULL);
	text_put(page->out, "<p class=\"source\">");
	html_put_escaped(page, source.memory);
	text_put(page->out, "</p></figure>\n");
}
