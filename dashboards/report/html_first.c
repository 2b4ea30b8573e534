/* The first page, for whoever decides: what there is to decide, where it went, five lights, one
 * chart. Nothing personal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "dashboards/report/html_page.h"
#include "dashboards/report/report_unseen.h"
#include "dashboards/report/report_value.h"

enum { APPS_NAMED = 3, COUNTRIES_NAMED = 3, ACTIONS_ON_FIRST_PAGE = 3 };

static const char *moment(struct html_page *page, struct html_piece *piece, uint64_t time_ns)
{
	const struct report_value value = { .kind = VALUE_TIME, .number = time_ns };

	report_value_put(html_piece_start(piece), &value, page->model, page->messages);
	return piece->memory;
}

/* From the first to the last moment of the period that data is of: a month that still runs, or
 * began before the sensor, is told from a whole one. */
static void put_covers(struct html_page *page)
{
	const struct report_model *model = page->model;
	struct overview_row total = overview_total(model->overview);
	uint64_t first_ns = total.first_ns > model->from_ns ? total.first_ns : model->from_ns,
		 last_ns = total.last_ns < model->to_ns ? total.last_ns : model->to_ns - 1;
	struct html_piece first, last, both;

	messages_put(page->messages, html_piece_start(&both), "period_of_whole_days", "first",
		moment(page, &first, first_ns), "last", moment(page, &last, last_ns), NULL);
	html_put_definition(page, "report_covers", both.memory);
}

static void put_facts(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);
	struct html_piece edition, made;

	text_put(page->out, "<dl class=\"facts\">\n");
	html_put_definition(page, "report_period", page->period);
	html_put_definition(page, "report_reference", header->reference);
	if (page->model->is_from_archive) {
		put_covers(page);
	} else {
		messages_put_date(page->messages, html_piece_start(&made), html_zone(page),
			page->model->made_ns - 1);
		html_put_definition(page, "report_made", made.memory);
	}
	if (page->model->edition > 0) {
		html_put_definition(
			page, "report_edition", html_count(page, &edition, page->model->edition));
	}
	text_put(page->out, "</dl>\n");
}

/* Nothing went outside, of what was seen. */
static void put_unseen(struct html_page *page)
{
	struct html_piece sentence;

	text_put(page->out, "<p class=\"headline\">");
	html_put_word(page, "headline_unseen");
	report_put_unseen(html_piece_start(&sentence), page->model, page->messages);
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n");
}

static void put_headline(struct html_page *page)
{
	const struct report_model *model = page->model;
	uint64_t left = report_bytes_left(model->overview),
		 outside = report_model_bytes_outside(model);
	struct html_piece sentence;

	text_put(page->out, "<p class=\"headline\"><strong>");
	messages_put_percent(page->messages, page->out, outside, left);
	text_put(page->out, "</strong> ");
	html_put_word(page,
		report_model_know_own(model) ? "headline_outside" : "headline_outside_foreign");
	report_put_destinations(html_piece_start(&sentence), model, page->messages);
	html_put_escaped(page, sentence.memory);
	text_put(page->out, "</p>\n");
}

static bool is_inside_under_third(const struct cell_key *key)
{
	return (key->zone == GEO_ZONE_EU || key->zone == GEO_ZONE_EEA) &&
	       key->control == GEO_ZONE_THIRD;
}

/* "TikTok, Temu": the services behind it, most bytes first. */
static void put_apps_under(struct html_page *page, struct text *text)
{
	size_t count, apps = symbol_highest(SYMBOL_APP) + 1;
	const struct cell *cells = overview_cells(page->model->overview, &count);
	uint64_t *bytes = calloc(apps, sizeof(*bytes));

	for (size_t i = 0; bytes && i < count; i++) {
		if (is_inside_under_third(&cells[i].key)) {
			bytes[cell_named_app(&cells[i].key)] += cells[i].sums.bytes_up;
		}
	}
	for (unsigned named = 0; bytes && named < APPS_NAMED; named++) {
		size_t most = 0;
		for (size_t app = 1; app < apps; app++) {
			most = bytes[app] > (most ? bytes[most] : 0) ? app : most;
		}
		if (most == 0) {
			break;
		}
		text_put(text, named > 0 ? ", " : "");
		text_put(text, messages_catalogue(page->messages,
				       report_model_app(page->model, (uint16_t)most).name));
		bytes[most] = 0;
	}
	free(bytes);
}

static void put_countries_under(struct html_page *page, struct text *text)
{
	const struct overview_cell *cells;
	size_t count = overview_matrix(page->model->overview, &cells);
	uint16_t seen[COUNTRIES_NAMED];
	unsigned named = 0;

	for (size_t i = 0; i < count && named < COUNTRIES_NAMED; i++) {
		uint16_t country = cell_country(cells[i].parent_country);
		bool is_wanted = cells[i].control == GEO_ZONE_THIRD &&
				 (cells[i].zone == GEO_ZONE_EU || cells[i].zone == GEO_ZONE_EEA);
		for (unsigned j = 0; j < named; j++) {
			is_wanted &= seen[j] != country;
		}
		if (is_wanted) {
			text_put(text, named > 0 ? ", " : "");
			text_put(text, report_model_country(page->model, cells[i].parent_country,
					       messages_geo_language(page->messages)));
			seen[named] = country;
			named++;
		}
	}
}

/* The law looks at where a server is; who controls it is another question, with a sentence of its
 * own. */
static void put_inside_under_third(struct html_page *page)
{
	struct overview_row sum = report_inside_under_third(page->model);
	struct html_piece percent, countries, apps, sentence;

	if (sum.bytes_up == 0 || report_model_hides(page->model)) {
		return;
	}
	put_countries_under(page, html_piece_start(&countries));
	put_apps_under(page, html_piece_start(&apps));
	messages_put(page->messages, html_piece_start(&sentence), "headline_inside_under_third",
		"percent",
		html_percent(
			page, &percent, sum.bytes_up, report_bytes_left(page->model->overview)),
		"countries", countries.memory, "apps", apps.memory, NULL);
	html_put_paragraph(page, "second", sentence.memory);
}

/* What is missing of it is not known, so nothing is at least nothing. */
static void put_seen(
	struct html_page *page, struct html_piece *piece, uint64_t bytes, bool is_all_seen)
{
	struct html_piece exact;

	if (is_all_seen) {
		html_size(page, piece, bytes);
	} else {
		messages_put(page->messages, html_piece_start(piece), "number_at_least", "number",
			html_size(page, &exact, bytes), NULL);
	}
}

static void put_numbers(struct html_page *page)
{
	enum { UNCOUNTED, COUNTED, BY_MONTH };
	static const char *const keys[][2] = {
		[UNCOUNTED] = { "headline_numbers_uncounted", "headline_numbers_inside_uncounted" },
		[COUNTED] = { "headline_numbers", "headline_numbers_inside" },
		[BY_MONTH] = { "headline_numbers_months", "headline_numbers_inside_months" },
	};
	const struct report_model *model = page->model;
	struct overview_row total = overview_total(model->overview);
	uint64_t inside = total.flows - report_flows_across(model->overview);
	bool is_few = total.devices > 0 && !report_model_shows_count(model, &total);
	unsigned counted = !report_model_knows_devices(model) ||
					   (is_few && !report_model_shows_few(model, &total))
				   ? UNCOUNTED
			   : report_model_counts_devices(model) ? COUNTED
			   : model->calendar                    ? BY_MONTH
								: UNCOUNTED;
	struct report_devices told = report_model_devices(model, &total);
	struct html_piece outside, left, flows, inside_text, exact, devices, sentence;

	if (is_few) {
		text_printf(html_piece_start(&devices), "< %u", model->group_minimum);
	} else if (told.is_at_least) {
		messages_put(page->messages, html_piece_start(&devices), "number_at_least",
			"number", html_count(page, &exact, told.number), NULL);
	} else {
		html_count(page, &devices, told.number);
	}
	put_seen(page, &left, report_bytes_left(model->overview), !report_has_unseen(model));
	put_seen(page, &outside, report_model_bytes_outside(model), !report_has_unseen(model));
	messages_put(page->messages, html_piece_start(&sentence), keys[counted][inside > 0],
		"outside", outside.memory, "left", left.memory, "flows",
		html_count(page, &flows, total.flows), "inside",
		html_count(page, &inside_text, inside), "devices", devices.memory, NULL);
	html_put_paragraph(page, "numbers", sentence.memory);
}

static void put_lights(struct html_page *page)
{
	text_put(page->out, "<ul class=\"lights\">\n");
	for (unsigned i = 0; i < LIGHT_COUNT; i++) {
		const struct report_light *light = &page->lights.lights[i];
		const char *state = report_light_state_name(light->state);
		text_printf(page->out, "<li class=\"%s\"><b>", state);
		html_put_word(page, state);
		text_put(page->out, "</b> <span><em>");
		html_put_escaped(page, messages_get2(page->messages, "light_of",
					       report_light_name((enum report_light_id)i)));
		text_put(page->out, "</em> ");
		html_put_escaped(page, light->sentence.at ? light->sentence.at : "");
		text_put(page->out, "</span></li>\n");
	}
	text_put(page->out, "</ul>\n");
	if (page->lights.is_held_back) {
		struct html_piece sentence;
		messages_put(page->messages, html_piece_start(&sentence), "light_held_back", "good",
			messages_get(page->messages, "light_good"), NULL);
		html_put_paragraph(page, "note", sentence.memory);
	}
}

static void put_chart(struct html_page *page)
{
	const struct chart chart = { .text = page->out,
		.id = "zones-chart",
		.model = page->model,
		.messages = page->messages };
	struct report_table zones;
	struct html_piece source;

	report_table_fill(&zones, &table_zones, page->model);
	text_put(page->out, "<figure tabindex=\"0\"><figcaption>");
	html_put_word(page, "chart_title");
	text_put(page->out, "</figcaption>\n");
	chart_put_zones(&chart, &zones);
	messages_put(page->messages, html_piece_start(&source), "source_line", "period",
		page->period, NULL);
	html_put_paragraph(page, "source", source.memory);
	text_put(page->out, "</figure>\n");
	report_table_deinit(&zones);
}

void html_put_actions(struct html_page *page, unsigned most)
{
	text_put(page->out, "<ol class=\"actions\">\n");
	for (unsigned i = 0; i < page->lights.action_count && i < most; i++) {
		const struct report_action *action = &page->lights.actions[i];
		struct html_piece sentence;
		messages_put(page->messages, html_piece_start(&sentence), action->key, "apps",
			action->apps.at ? action->apps.at : "", NULL);
		text_put(page->out, "<li>");
		html_put_escaped(page, sentence.memory);
		text_put(page->out, "</li>\n");
	}
	text_put(page->out, "</ol>\n");
}

void html_put_first_page(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);

	text_put(page->out, "<header>\n");
	html_put_paragraph(page, "body", header->organisation);
	html_put_element(page, "h1", "report_title");
	html_put_paragraph(page, "subtitle", messages_get(page->messages, "report_subtitle"));
	put_facts(page);
	text_put(page->out, "</header>\n<main>\n<section class=\"first\">\n");
	html_put_paragraph(
		page, "decision", page->lights.decision.at ? page->lights.decision.at : "");
	if (report_knows_outside(page->model)) {
		put_headline(page);
	} else {
		put_unseen(page);
	}
	put_inside_under_third(page);
	put_numbers(page);
	put_lights(page);
	put_chart(page);
	if (page->lights.action_count > 0) {
		text_put(page->out, "<h2 class=\"small\">");
		html_put_word(page, "section_16");
		text_put(page->out, "</h2>\n");
		html_put_actions(page, ACTIONS_ON_FIRST_PAGE);
	}
	text_put(page->out, "</section>\n");
}
