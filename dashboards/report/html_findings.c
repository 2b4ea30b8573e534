/* The sentence that a section begins with. */
#include <stdio.h>
#include <string.h>

#include "base/local_time.h"
#include "dashboards/report/html_page.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_unseen.h"

/* finding_<table>, with how many rows it has; finding_<table>_none where there are none. */
void finding_of_count(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct html_piece count;
	char key[64];

	snprintf(key, sizeof(key), "finding_%s%s", table->type->id, table->count ? "" : "_none");
	messages_put(
		page->messages, text, key, "count", html_count(page, &count, table->count), NULL);
}

/* That nothing met a block is no finding where answers are not seen. */
void finding_block(struct html_page *page, struct text *text, const struct report_table *table)
{
	if (table->count == 0 && !page->lights.sees_answers) {
		text_put(text, messages_get(page->messages, "light_one_way"));
	} else {
		finding_of_count(page, text, table);
	}
}

/* Of a history it is said how many versions the rules are from. */
void finding_rules(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct policies_in_force policies;
	struct html_piece versions;

	policies_in_force_find(&policies, page->model);
	if (policies.count < 2) {
		finding_of_count(page, text, table);
		return;
	}
	messages_put(page->messages, text, "finding_rules_versions", "versions",
		html_count(page, &versions, policies.count), NULL);
}

static const char *date_of(struct html_page *page, struct html_piece *piece, int64_t day)
{
	messages_put_date(page->messages, html_piece_start(piece), html_zone(page),
		local_day_at(html_zone(page), day).start_ns);
	return piece->memory;
}

/* Half a month beside a whole one has grown or shrunk by that alone. */
static void put_held(struct html_page *page, struct text *text)
{
	const struct report_held *now = page->model->held, *before = page->model->previous_held;
	struct html_piece dates[4];

	if (!now || !before || (now->is_whole && before->is_whole) || now->last < now->first) {
		return;
	}
	text_put_char(text, ' ');
	messages_put(page->messages, text, "finding_compared_part", "first",
		date_of(page, &dates[0], now->first), "last", date_of(page, &dates[1], now->last),
		"before_first", date_of(page, &dates[2], before->first), "before_last",
		date_of(page, &dates[3], before->last), NULL);
}

void finding_compared(struct html_page *page, struct text *text, const struct report_table *table)
{
	text_put(text, messages_get(page->messages,
			       table->count ? "finding_compared" : "finding_compared_none"));
	if (table->count) {
		put_held(page, text);
	}
}

void finding_sources(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct html_piece count, gaps;
	uint64_t gap_count = 0, days_elsewhere = 0;

	for (unsigned i = 0; i < page->model->source_count; i++) {
		const struct report_source *source = &page->model->sources[i];
		gap_count += source->gaps + source->problems;
		days_elsewhere += source->days_elsewhere;
	}
	messages_put(page->messages, text,
		page->model->source_count ? "finding_sources" : "finding_sources_run", "count",
		html_count(page, &count, table->count), "gaps", html_count(page, &gaps, gap_count),
		NULL);
	if (days_elsewhere) {
		text_put_char(text, ' ');
		text_put(text, messages_get(page->messages, "finding_days_elsewhere"));
	}
}

void finding_zones(struct html_page *page, struct text *text, const struct report_table *table)
{
	uint64_t left = report_bytes_left(page->model->overview);

	(void)table;
	if (!report_knows_outside(page->model)) {
		text_put(text, messages_get(page->messages, "headline_unseen"));
		report_put_unseen(text, page->model, page->messages);
		return;
	}
	messages_put_percent(page->messages, text, report_model_bytes_outside(page->model), left);
	text_put_char(text, ' ');
	text_put(text, messages_get(page->messages, report_model_know_own(page->model)
							    ? "headline_outside"
							    : "headline_outside_foreign"));
	report_put_destinations(text, page->model, page->messages);
}

void finding_countries(struct html_page *page, struct text *text, const struct report_table *table)
{
	uint64_t countries = 0, without = 0;
	struct html_piece count, third;

	for (size_t i = 0; i < table->count; i++) {
		const char *zone = table->rows[i].values[1].text;
		countries += table->rows[i].values[0].items[0] != 0;
		without += zone && strcmp(zone, geo_zone_name(GEO_ZONE_THIRD)) == 0;
	}
	messages_put(page->messages, text, without ? "finding_countries" : "finding_countries_none",
		"count", html_count(page, &count, countries), "third",
		html_count(page, &third, without), NULL);
}

void finding_matrix(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct overview_row sum = report_inside_under_third(page->model);
	struct html_piece percent;

	(void)table;
	if (report_model_hides(page->model)) {
		text_put(text, messages_get(page->messages, "finding_matrix"));
		return;
	}
	messages_put(page->messages, text, "finding_control", "percent",
		html_percent(
			page, &percent, sum.bytes_up, report_bytes_left(page->model->overview)),
		NULL);
}

enum { UNIT = 2 }; /* column of table_violations */

void finding_violations(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct html_piece alerts, count;
	bool has_others =
		false; /* rows of units that may not be shown stand for one case or more */

	for (size_t i = 0; i < table->count; i++) {
		has_others |= report_is_others(&table->rows[i].values[UNIT]);
	}
	if (has_others) {
		messages_put(page->messages, text, "finding_violations_least", "count",
			html_count(page, &count, table->count), NULL);
	} else {
		finding_of_count(page, text, table);
	}
	if (table->count == 0) {
		report_put_unproven(text, page->model, page->messages);
	}
	if (page->model->alerts > 0) {
		text_put_char(text, ' ');
		messages_put(page->messages, text, "finding_alerts", "count",
			html_count(page, &alerts, page->model->alerts), NULL);
	}
}

void finding_hidden(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct overview *overview = page->model->overview;
	struct overview_row all = overview_total(overview), unnamed = { 0 },
			    inside = overview_direction(overview, RECORD_DIRECTION_INTERNAL);
	struct html_piece percent, bytes;

	(void)table;
	for (unsigned i = 0; i < UNNAMED_REASON_COUNT; i++) {
		struct overview_row row = overview_unnamed(overview, i);
		report_model_add_row(&unnamed, &row);
	}
	messages_put(page->messages, text, "finding_hidden", "percent",
		html_percent(page, &percent, unnamed.flows, report_flows_across(overview)), "bytes",
		html_percent(page, &bytes, unnamed.bytes_up + unnamed.bytes_down,
			all.bytes_up + all.bytes_down - inside.bytes_up - inside.bytes_down),
		NULL);
}

void finding_new(struct html_page *page, struct text *text, const struct report_table *table)
{
	if (page->model->previous) {
		finding_of_count(page, text, table);
	} else {
		text_put(text, messages_get(page->messages, "finding_new_unknown"));
	}
}

/* Each place that a contract does not name is a finding. */
void finding_assessed(struct html_page *page, struct text *text, const struct report_table *table)
{
	struct report_table observed;
	struct html_piece count;
	uint64_t deviations = 0;

	finding_of_count(page, text, table);
	report_table_fill(&observed, &table_observed, page->model);
	for (size_t i = 0; i < observed.count; i++) {
		deviations += observed.rows[i].kind == ROW_MARKED;
	}
	if (observed.count > 0) {
		text_put_char(text, ' ');
		messages_put(page->messages, text, "finding_deviations", "count",
			html_count(page, &count, deviations), NULL);
	}
	report_table_deinit(&observed);
}
