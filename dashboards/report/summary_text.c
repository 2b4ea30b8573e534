#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/wrap.h"
#include "dashboards/report/summary_page.h"

enum { FILES_NAMED = 3 };

void summary_put_heading(const struct summary_page *page, const char *heading, const char *says)
{
	fprintf(page->out, page->style->color ? "\n\x1b[1m%s\x1b[0m  %s\n" : "\n%s  %s\n", heading,
		says);
}

/* "1 flow", "8,146 flows" */
static void put_counted(struct text *text, uint64_t number, const char *noun)
{
	text_put_grouped(text, number, ",");
	text_printf(text, " %s%s", noun, number == 1 ? "" : "s");
}

void summary_put_paragraph(const struct summary_page *page, struct text *text)
{
	wrap_put(page->out, text->at ? text->at : "", 0, 0, page->style->width);
	text_deinit(text);
}

double summary_percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void put_inputs(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct text text;

	text_init_heap(&text);
	for (unsigned i = 0; i < model->input_count && i < FILES_NAMED; i++) {
		text_put(&text, i > 0 ? ", " : "");
		text_put_terminal(&text, model->inputs[i], strlen(model->inputs[i]));
	}
	if (model->input_count > FILES_NAMED) {
		text_printf(&text, " and %u more", model->input_count - FILES_NAMED);
	}
	summary_put_paragraph(page, &text);
}

/* "2026-03-17 06:02 to 18:11 UTC" */
static void put_period(struct text *text, const struct source_stats *source)
{
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1];

	if (source->frames == 0) {
		text_put(text, "no packets");
		return;
	}
	clock_format(source->first_ns, first);
	clock_format(source->last_ns, last);
	bool same_day = memcmp(first, last, 10) == 0;
	text_printf(text, "%.10s %.8s to %.*s%s%.8s UTC", first, first + 11, same_day ? 0 : 10,
		last, same_day ? "" : " ", last + 11);
}

static void put_totals(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct overview_row total = overview_total(model->overview);
	const char *whose = report_model_know_own(model) ? "own device" : "sender";
	struct text text;

	text_init_heap(&text);
	put_period(&text, &model->stats->source);
	text_put(&text, ", ");
	put_counted(&text, report_model_read(model), "packet");
	text_put(&text, ", ");
	put_counted(&text, total.flows, "flow");
	text_put(&text, ", ");
	if (total.devices > 0 && !report_model_shows_count(model, &total)) {
		text_printf(&text, "fewer than %u %ss", model->group_minimum, whose);
	} else {
		put_counted(&text, total.devices, whose);
		text_put(&text, total.devices_estimated ? " (estimated)" : "");
	}
	summary_put_paragraph(page, &text);
}

/* Where no end of a flow is ours, whoever began it stands for us; that is said, not hidden behind
 * words for our own. */
static void put_foreign(const struct summary_page *page)
{
	uint64_t flows = overview_direction(page->model->overview, RECORD_DIRECTION_EXTERNAL).flows;
	struct text text;

	if (flows == 0) {
		return;
	}
	text_init_heap(&text);
	if (report_model_know_own(page->model)) {
		put_counted(&text, flows, "flow");
		text_put(&text, flows == 1 ? " has" : " have");
		text_put(&text, " neither end in our networks; whoever began one counts as our "
				"end.");
	} else {
		text_put(&text, "No flow begins or ends in our networks, so whoever began one "
				"stands for our end. Say which networks are ours with --networks "
				"or in the policy.");
	}
	summary_put_paragraph(page, &text);
}

/* What may have gone outside as well, for all that is known. */
static void put_unlocated(struct text *text, const struct report_model *model, uint64_t left)
{
	bool is_few;
	uint64_t unknown = report_model_bytes_unknown(model, &is_few);

	if (unknown == 0) {
		return;
	}
	text_put(text, ", and ");
	if (is_few) {
		text_put(text, "some");
	} else {
		text_put_size(text, unknown);
		text_printf(text, " (%.0f %%)", summary_percent(unknown, left));
	}
	text_put(text, " to servers whose country is not known");
}

static void put_left(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	uint64_t internal = overview_zone(model->overview, GEO_ZONE_INTERNAL).bytes_up;
	uint64_t left = overview_total(model->overview).bytes_up - internal,
		 outside = report_model_bytes_outside(model);
	const char *way = report_model_know_own(model) ? "sent out of our networks" : "sent";
	struct text text;

	text_init_heap(&text);
	if (model->reference->geo && geo_has_countries(model->reference->geo)) {
		text_put(&text, "Of ");
		text_put_size(&text, left);
		text_printf(&text, " %s, ", way);
		text_put_size(&text, outside);
		text_printf(&text, " (%.0f %%) went to servers outside the EU/EEA",
			summary_percent(outside, left));
		put_unlocated(&text, model, left);
		text_put_char(&text, '.');
	} else {
		text_put_size(&text, left);
		text_printf(&text,
			" %s. No country database was found, so where the servers stand is not "
			"known; see: borderflow geo info",
			report_model_know_own(model) ? "left our networks" : "were sent");
	}
	summary_put_paragraph(page, &text);
}

static void put_opening(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct text text;

	put_inputs(page);
	put_totals(page);
	fputc('\n', page->out);
	put_foreign(page);
	put_left(page);
	if (model->alerts > 0) {
		text_init_heap(&text);
		put_counted(&text, model->alerts, "alert");
		text_put(&text, ": traffic that a rule of the policy denies.");
		summary_put_paragraph(page, &text);
	}
}

static void put_refusal(
	const struct summary_page *page, enum decode_refusal reason, uint64_t packets)
{
	struct text text;

	text_init_heap(&text);
	text_put_grouped(&text, packets, ",");
	text_printf(
		&text, "  %s: %s", decode_refusal_name(reason), decode_refusal_sentence(reason));
	fputs("  ", page->out);
	wrap_put(page->out, text.at, 2, 4, page->style->width);
	text_deinit(&text);
}

/* What was added up without a row, or a time, of its own. */
static void put_left_out(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	uint64_t untimed = model->stats->rollup.untimed, cells = overview_left_out(model->overview);
	struct text text;

	if (untimed == 0 && cells == 0) {
		return;
	}
	text_init_heap(&text);
	if (untimed > 0) {
		put_counted(&text, untimed, "record");
		text_printf(&text,
			" claim times on further days than the %u that are followed; over time "
			"they "
			"are counted as \"other\". ",
			ROLLUP_DAYS_MAX);
	}
	if (cells > 0) {
		text_put(&text, "There are more kinds of traffic than rows for them: ");
		put_counted(&text, cells, "sum");
		text_put(&text, " stand in the totals of their zones alone.");
	}
	summary_put_paragraph(page, &text);
}

static void put_packets(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	const struct decode_stats *decode = &model->stats->collector.decode;
	struct text text;

	summary_put_heading(page, "Packets", "every one is accounted for");
	text_init_heap(&text);
	text_put_grouped(&text, report_model_read(model), ",");
	text_put(&text, " read = ");
	text_put_grouped(&text, model->stats->packets, ",");
	text_put(&text, " in flows + ");
	text_put_grouped(&text, report_model_refused(model), ",");
	text_put(&text, " refused.");
	summary_put_paragraph(page, &text);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		if (decode->refused[i] > 0) {
			put_refusal(page, i, decode->refused[i]);
		}
	}
	if (decode->subframes > 0) {
		text_init_heap(&text);
		text_put_grouped(&text, decode->subframes, ",");
		text_put(&text, " of those read shared an 802.11 frame with another.");
		summary_put_paragraph(page, &text);
	}
	if (model->stats->source.twins > 0) {
		text_init_heap(&text);
		text_put(&text, "Left out: ");
		text_put_grouped(&text, model->stats->source.twins, ",");
		text_put(&text, " that another input file holds as well, the same bytes at the "
				"same time. They count once.");
		summary_put_paragraph(page, &text);
	}
	if (model->trouble) {
		text_init_heap(&text);
		text_put(&text, "Not everything could be read: ");
		text_put_terminal(&text, model->trouble, strlen(model->trouble));
		summary_put_paragraph(page, &text);
	}
}

void summary_put_text(
	FILE *out, const struct report_model *model, const struct summary_style *style)
{
	struct summary_page page = { out, model, style };

	put_opening(&page);
	if (overview_total(model->overview).packets > 0) {
		summary_put_apps(&page);
		summary_put_zones(&page);
		summary_put_matrix(&page);
		summary_put_unnamed(&page);
		summary_put_inferred(&page);
		summary_put_policy(&page);
	}
	put_packets(&page);
	put_left_out(&page);
}
