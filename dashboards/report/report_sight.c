/* The light about what was seen, and whether that is enough for any other to be green. */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_standing.h"
#include "dashboards/report/report_tables.h"

enum { SILENCE_HOURS = 6 };
#define HOUR_NS (UINT64_C(3600) * NS_PER_S)

/* Of a unit of which one way alone was seen on some days, or of a part of it, the figures of the
 * other are at least (cell_way_of). */
static bool sees_both_ways(const struct report_unit *unit)
{
	return unit->flows == 0 || (unit->bytes_up > 0 && unit->bytes_down > 0 &&
					   cell_way_of(unit->bytes_up, unit->unseen_up,
						   unit->flows) == CELL_WAY_KNOWN &&
					   cell_way_of(unit->bytes_down, unit->unseen_down,
						   unit->flows) == CELL_WAY_KNOWN);
}

bool standing_sees_answers(const struct standing *standing)
{
	bool sees = report_model_sees_answers(standing->model);

	for (size_t i = 0; i < standing->unit_count && !standing->model->decider; i++) {
		sees &= sees_both_ways(&standing->units[i]);
	}
	return sees;
}

static uint64_t gaps_of(const struct report_model *model)
{
	uint64_t gaps = 0;

	for (unsigned i = 0; i < model->source_count; i++) {
		gaps += model->sources[i].gaps;
	}
	return gaps;
}

/* Of a running month, or where a sensor stood still, not every day is. */
static bool holds_every_day(const struct report_model *model)
{
	const struct report_calendar *calendar = model->calendar;

	return !calendar || report_calendar_held(calendar) == calendar->day_count;
}

/* Where nothing was recorded for longer than a quiet night, the sensor may have stood still. */
static uint64_t silence_of(const struct report_model *model)
{
	uint64_t silence_ns = model->calendar ? report_calendar_silence_ns(model->calendar) : 0;

	return silence_ns >= SILENCE_HOURS * HOUR_NS ? silence_ns : 0;
}

static bool is_past_retention(const struct report_model *model)
{
	bool is_past = false;

	for (unsigned i = 0; i < model->source_count; i++) {
		is_past |= model->sources[i].deleted_until_ns > model->from_ns;
	}
	return is_past;
}

/* Does nothing that was seen speak against a green light? */
bool standing_is_clear(const struct standing *standing)
{
	const struct report_model *model = standing->model;
	const struct report_unit *sum = &standing->sum;
	bool is_open =
		sum->flows_unapproved + sum->flows_grace + sum->flows_unsure + sum->flows_passed >
		0;

	return !is_open && standing->sees_answers && !report_model_unit_hides_third(model) &&
	       !model->trouble && !model->filter && !report_model_may_count_twice(model) &&
	       holds_every_day(model) && silence_of(model) == 0 && !is_past_retention(model) &&
	       gaps_of(model) == 0 && !report_model_hides(model);
}

/* Is enough seen of the devices, and on each day? */
bool standing_is_measured(const struct report_model *model)
{
	struct report_unproven unproven = report_unproven(model);

	return report_coverage(model) >=
		       (int)policy_header(model->reference->policy)->coverage_percent &&
	       report_is_proven(&unproven);
}

static struct text *sentence_of(struct standing *standing)
{
	return &standing->lights->lights[LIGHT_SIGHT].sentence;
}

/* Of a run what went wrong; an archive is damaged. */
static const char *trouble_of(const struct standing *standing)
{
	const struct report_model *model = standing->model;

	if (!model->trouble) {
		return "";
	}
	return model->is_from_archive ? messages_get(standing->messages, "trouble_archive")
				      : model->trouble;
}

/* Days on which too few devices were active to tell of them. */
static void add_withheld(struct standing *standing)
{
	const struct report_calendar *calendar = standing->model->calendar;
	size_t withheld = calendar ? report_calendar_withheld(calendar) : 0;
	char days[24], k[16];

	if (withheld > 0) {
		snprintf(days, sizeof(days), "%zu", withheld);
		snprintf(k, sizeof(k), "%u", calendar->k);
		text_put_char(sentence_of(standing), ' ');
		messages_put(standing->messages, sentence_of(standing), "light_withheld", "days",
			days, "k", k, NULL);
	}
}

/* What of the period is not there. */
static void add_missing(struct standing *standing)
{
	const struct report_model *model = standing->model;
	struct text *text = sentence_of(standing);
	char held[16], days[16], gaps[24], hours[24];
	uint64_t silence_ns = silence_of(model);

	if (!holds_every_day(model)) {
		snprintf(held, sizeof(held), "%zu", report_calendar_held(model->calendar));
		snprintf(days, sizeof(days), "%zu", model->calendar->day_count);
		text_put_char(text, ' ');
		messages_put(
			standing->messages, text, "light_part", "days", days, "held", held, NULL);
	}
	if (silence_ns > 0 && holds_every_day(model)) { /* days that are not there are silent */
		snprintf(hours, sizeof(hours), "%" PRIu64, silence_ns / HOUR_NS);
		text_put_char(text, ' ');
		messages_put(standing->messages, text, "light_silent", "hours", hours, NULL);
	}
	add_withheld(standing);
	if (is_past_retention(model)) {
		text_put_char(text, ' ');
		text_put(text, messages_get(standing->messages, "light_past"));
	}
	if (gaps_of(model) > 0) {
		snprintf(gaps, sizeof(gaps), "%" PRIu64, gaps_of(model));
		text_put_char(text, ' ');
		messages_put(standing->messages, text, "light_gaps", "gaps", gaps, NULL);
	}
}

/* Another sentence of the light about what is seen. */
static void add_sight(struct standing *standing, const char *key)
{
	struct text *text = sentence_of(standing);
	char k[16], coverage[16], least[16];

	snprintf(k, sizeof(k), "%u", standing->model->group_minimum);
	snprintf(coverage, sizeof(coverage), "%d", report_coverage(standing->model));
	snprintf(least, sizeof(least), "%u",
		policy_header(standing->model->reference->policy)->coverage_percent);
	text_put(text, text->length > 0 ? " " : "");
	messages_put(standing->messages, text, key, "k", k, "percent", coverage, "least", least,
		"trouble", trouble_of(standing), "filter",
		standing->model->filter ? standing->model->filter : "", NULL);
}

void standing_light_sight(struct standing *standing)
{
	const struct report_model *model = standing->model;
	uint64_t flows = report_flows_across(model->overview),
		 unnamed = report_flows_unnamed(model->overview);
	int coverage = report_coverage(model);
	char percent[32];
	struct text text;

	text_init(&text, percent, sizeof(percent));
	messages_put_percent(standing->messages, &text, flows - unnamed, flows);
	messages_put(
		standing->messages, sentence_of(standing), "light_named", "percent", percent, NULL);
	add_sight(standing, coverage < 0                    ? "light_coverage_unknown"
			    : report_coverage_is_few(model) ? "light_coverage_few"
							    : "light_coverage");
	add_missing(standing);
	if (report_model_unit_hides_third(model)) {
		add_sight(standing, "light_hidden_unit");
	}
	if (!standing->sees_answers) {
		add_sight(standing, "light_sees_one_way");
	}
	report_put_unproven(sentence_of(standing), model, standing->messages);
	if (!report_model_know_own(model)) {
		add_sight(standing, "light_no_own");
	}
	if (overview_total(model->overview).packets > 0 && report_model_hides(model)) {
		add_sight(standing, standing_shows_few(model) ? "light_few" : "light_uncounted");
	}
	if (report_model_may_count_twice(model)) {
		add_sight(standing, "light_mixed_keys");
	}
	if (report_model_adds_sums(model)) {
		add_sight(standing, "light_sums");
	}
	if (model->trouble) {
		add_sight(standing, "light_incomplete");
	}
	if (model->filter) {
		add_sight(standing, "light_filter");
	}
	/* With a fifth of the flows unnamed a clean result says little. */
	standing->lights->lights[LIGHT_SIGHT].state =
		standing->is_sure && unnamed * 5 <= flows ? LIGHT_GOOD : LIGHT_LOOK;
}
