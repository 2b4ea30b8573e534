#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/local_time.h"
#include "base/wrap.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_unseen.h"
#include "dashboards/report/summary_page.h"

enum { FILES_NAMED = 3 };

static void put_inputs(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct summary_piece more;
	struct text files, text;

	text_init_heap(&files);
	for (unsigned i = 0; i < model->input_count && i < FILES_NAMED; i++) {
		text_put(&files, i > 0 ? ", " : "");
		text_put_terminal(&files, model->inputs[i], strlen(model->inputs[i]));
	}
	if (model->input_count > FILES_NAMED) {
		text_init_heap(&text);
		messages_put(page->messages, &text, "summary_more_files", "files", files.at,
			"count", summary_count(page, &more, model->input_count - FILES_NAMED),
			NULL);
		summary_put_paragraph(page, &text);
		text_deinit(&files);
	} else {
		summary_put_paragraph(page, &files);
	}
}

/* "17 March 2026, 06:02–18:11 UTC" */
static void put_period(const struct summary_page *page, struct text *text)
{
	const struct source_stats *source = &page->model->stats->source;
	const struct local_zone *zone = policy_header(page->model->reference->policy)->zone;

	if (source->frames == 0) {
		text_put(text, summary_word(page, "summary_no_packets"));
		return;
	}
	messages_put_period(page->messages, text, zone, source->first_ns, source->last_ns);
	text_put_char(text, ' ');
	text_put(text, zone ? local_zone_name(zone) : "UTC");
}

static void put_totals(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct overview_row total = overview_total(model->overview);
	struct summary_piece period, packets, flows, devices;
	char k[16];
	struct text text;

	text_init(&text, period.memory, sizeof(period.memory));
	put_period(page, &text);
	if (report_months(model) > 1) {
		snprintf(devices.memory, sizeof(devices.memory), "–"); /* each has one more name */
	} else if (total.devices > 0 && !report_model_shows_count(model, &total)) {
		snprintf(k, sizeof(k), "%u", model->group_minimum);
		text_init(&text, devices.memory, sizeof(devices.memory));
		messages_put(page->messages, &text, "summary_fewer", "k", k, NULL);
	} else {
		summary_count(page, &devices, total.devices);
	}
	text_init_heap(&text);
	messages_put(page->messages, &text,
		report_model_know_own(model) ? "summary_totals" : "summary_totals_foreign",
		"period", period.memory, "packets",
		summary_count(page, &packets, report_model_read(model)), "flows",
		summary_count(page, &flows, total.flows), "devices", devices.memory, "estimated",
		total.devices_estimated ? summary_word(page, "summary_estimated") : "", NULL);
	summary_put_paragraph(page, &text);
}

/* What is not in it, or not yet. */
static void put_trouble(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct text text;

	if (model->trouble) {
		struct text trouble;
		text_init_heap(&trouble);
		text_put_terminal(&trouble, model->trouble, strlen(model->trouble));
		text_init_heap(&text);
		messages_put(
			page->messages, &text, "light_incomplete", "trouble", trouble.at, NULL);
		summary_put_paragraph(page, &text);
		text_deinit(&trouble);
	}
}

/* That what follows is of a part of the flows alone. */
static void put_filter(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct summary_piece matched, flows;
	struct text filter, text;

	if (!model->filter) {
		return;
	}
	text_init_heap(&filter);
	text_put_terminal(&filter, model->filter, strlen(model->filter));
	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_filter", "matched",
		summary_count(page, &matched, model->filter_matched), "flows",
		summary_count(page, &flows, model->filter_flows), "filter", filter.at, NULL);
	summary_put_paragraph(page, &text);
	text_deinit(&filter);
}

/* Where no end of a flow is ours, whoever began it stands for us; that is said, not hidden behind
 * words for our own. */
static void put_foreign(const struct summary_page *page)
{
	uint64_t flows = overview_direction(page->model->overview, RECORD_DIRECTION_EXTERNAL).flows;
	struct summary_piece count;
	struct text text;

	if (flows == 0) {
		return;
	}
	text_init_heap(&text);
	messages_put(page->messages, &text,
		report_model_know_own(page->model) ? "summary_foreign_some" : "summary_foreign_all",
		"flows", summary_count(page, &count, flows), NULL);
	summary_put_paragraph(page, &text);
}

static void put_left(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	uint64_t internal = overview_zone(model->overview, GEO_ZONE_INTERNAL).bytes_up;
	uint64_t left = overview_total(model->overview).bytes_up - internal,
		 outside = report_model_bytes_outside(model);
	bool is_own = report_model_know_own(model);
	struct summary_piece left_text, outside_text, percent;
	struct text text;

	text_init_heap(&text);
	if (overview_total(model->overview).way_up == CELL_WAY_UNKNOWN) {
		text_put(&text, summary_word(page, "summary_left_unseen"));
		summary_put_paragraph(page, &text);
		return;
	}
	summary_size(page, &left_text, left);
	bool has_places = model->reference->geo && geo_has_countries(model->reference->geo);
	if (has_places && !report_knows_outside(model)) {
		text_put(&text, summary_word(page, "headline_unseen"));
		report_put_unseen(&text, model, page->messages);
	} else if (has_places) {
		messages_put(page->messages, &text,
			is_own ? "summary_left" : "summary_left_foreign", "left", left_text.memory,
			"outside", summary_size(page, &outside_text, outside), "percent",
			summary_percent(page, &percent, outside, left), NULL);
		report_put_destinations(&text, model, page->messages);
	} else {
		messages_put(page->messages, &text,
			is_own ? "summary_unplaced" : "summary_unplaced_foreign", "left",
			left_text.memory, NULL);
	}
	summary_put_paragraph(page, &text);
}

/* The running check, where there was a day or more to look at. */
static void put_detectors(const struct summary_page *page)
{
	const struct detectors_stats *stats = &page->model->stats->detectors;
	struct summary_piece found, exact, series, days, promised;
	struct text text;

	if (stats->slots < 288 && stats->alerts + stats->exact == 0) {
		return;
	}
	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_detectors", "count",
		summary_count(page, &found, stats->alerts), "exact",
		summary_count(page, &exact, stats->exact), "series",
		summary_count(page, &series, stats->series), "days",
		summary_count(page, &days, (stats->slots + 144) / 288), "promised",
		summary_count(page, &promised, stats->promised_milli / 1000), NULL);
	summary_put_paragraph(page, &text);
}

static void put_opening(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	struct summary_piece count;
	struct text text;

	put_inputs(page);
	put_totals(page);
	put_trouble(page);
	put_filter(page);
	fputc('\n', page->out);
	put_foreign(page);
	put_left(page);
	uint64_t found = model->stats->detectors.alerts + model->stats->detectors.exact;
	if (model->alerts > found) {
		text_init_heap(&text);
		messages_put(page->messages, &text, "summary_alerts", "count",
			summary_count(page, &count, model->alerts - found), NULL);
		summary_put_paragraph(page, &text);
	}
	put_detectors(page);
}

static void put_refusal(
	const struct summary_page *page, enum decode_refusal reason, uint64_t packets)
{
	struct text text;

	text_init_heap(&text);
	messages_put_count(page->messages, &text, packets);
	text_printf(&text, "  %s: %s", decode_refusal_name(reason),
		messages_get2(page->messages, "refusal", decode_refusal_name(reason)));
	fputs("  ", page->out);
	wrap_put(page->out, text.at, 2, 4, page->style->width);
	text_deinit(&text);
}

/* One sentence about a count of packets. */
static void put_counted(const struct summary_page *page, const char *key, uint64_t number)
{
	struct summary_piece count;
	struct text text;

	text_init_heap(&text);
	messages_put(
		page->messages, &text, key, "count", summary_count(page, &count, number), NULL);
	summary_put_paragraph(page, &text);
}

/* What was added up without a row, or a time, of its own. */
static void put_left_out(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	uint64_t untimed = model->stats->rollup.untimed, cells = overview_left_out(model->overview);
	struct summary_piece count;
	char days[16];
	struct text text;

	if (untimed > 0) {
		snprintf(days, sizeof(days), "%u", ROLLUP_DAYS_MAX);
		text_init_heap(&text);
		messages_put(page->messages, &text, "summary_untimed", "count",
			summary_count(page, &count, untimed), "days", days, NULL);
		summary_put_paragraph(page, &text);
	}
	if (cells > 0) {
		put_counted(page, "summary_left_out", cells);
	}
}

static void put_packets(const struct summary_page *page)
{
	const struct report_model *model = page->model;
	const struct decode_stats *decode = &model->stats->collector.decode;
	struct summary_piece read, flows, refused;
	struct text text;

	summary_put_heading(page, "summary_packets");
	if (model->is_so_far) {
		return;
	}
	text_init_heap(&text);
	messages_put(page->messages, &text, "summary_packets_sum", "read",
		summary_count(page, &read, report_model_read(model)), "flows",
		summary_count(page, &flows, model->stats->packets), "refused",
		summary_count(page, &refused, report_model_refused(model)), NULL);
	summary_put_paragraph(page, &text);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		if (decode->refused[i] > 0) {
			put_refusal(page, i, decode->refused[i]);
		}
	}
	if (decode->subframes > 0) {
		put_counted(page, "summary_subframes", decode->subframes);
	}
	if (model->stats->source.twins > 0) {
		put_counted(page, "summary_twins", model->stats->source.twins);
	}
}

/* Letters of our languages and signs of their typography, for terminals that have none of them. */
static const struct {
	const char *letter, *plain;
} plain_letters[] = { { "å", "a" }, { "ä", "a" }, { "ö", "o" }, { "æ", "a" }, { "ø", "o" },
	{ "Å", "A" }, { "Ä", "A" }, { "Ö", "O" }, { "Æ", "A" }, { "Ø", "O" }, { "é", "e" },
	{ "–", "-" } };

static const char *plain_of(const char *letter, size_t length)
{
	for (size_t i = 0; i < sizeof(plain_letters) / sizeof(plain_letters[0]); i++) {
		if (strncmp(letter, plain_letters[i].letter, length) == 0) {
			return plain_letters[i].plain;
		}
	}
	return NULL;
}

/* What was made, with blanks that break nothing any more as blanks, and in ASCII where the terminal
 * has no more. */
static void put_plain(FILE *out, const char *text, bool utf8)
{
	while (*text) {
		size_t length = text_utf8_length(text, strlen(text));
		length = length ? length : 1;
		const char *plain = strncmp(text, "\xc2\xa0", length) == 0 ? " "
				    : utf8 || length == 1                  ? NULL
									   : plain_of(text, length);
		if (plain) {
			fputs(plain, out);
		} else {
			fwrite(text, 1, length, out);
		}
		text += length;
	}
}

void summary_put_text(
	FILE *out, const struct report_model *model, const struct summary_style *style)
{
	char *made = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&made, &bytes);
	struct summary_page page = { memory, model, style, style->messages };

	if (!memory) {
		return;
	}
	put_opening(&page);
	if (overview_total(model->overview).packets > 0) {
		summary_put_devices(&page);
		summary_put_apps(&page);
		summary_put_zones(&page);
		summary_put_matrix(&page);
		summary_put_unnamed(&page);
		summary_put_inferred(&page);
		summary_put_policy(&page);
	}
	put_packets(&page);
	put_left_out(&page);
	fclose(memory);
	put_plain(out, made, style->utf8);
	free(made);
}
