#include "dashboards/cli/analyze_question.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analyzer/engine/flow_filter.h"
#include "analyzer/policy/policy_words.h"
#include "analyzer/record/symbols.h"
#include "base/text.h"
#include "dashboards/cli/flows_nothing.h"
#include "dashboards/cli/write_packets.h"

extern const struct command command_analyze;

bool analyze_question_is_narrow(const struct analyze_question *question)
{
	return question->flows.query || question->flows.from_ns > 0 || question->flows.to_ns > 0;
}

bool analyze_question_uses_stdout(const struct analyze_question_settings *settings)
{
	return settings->write_packets && strcmp(settings->write_packets, "-") == 0;
}

int analyze_question_read(struct analyze_question *question,
	const struct analyze_question_settings *settings, const struct option_list *catalogue,
	const char *const *inputs, unsigned input_count)
{
	const struct flow_question_words how = { settings->from, settings->to, NULL,
		settings->time_zone, catalogue };
	struct err err;
	int status;

	question->settings = settings;
	status = flow_question_read(&question->flows, &command_analyze, &how, &settings->where,
		settings->where != NULL);
	if (status == 0 && settings->write_packets &&
		packet_search_check(inputs, input_count, &err) < 0) {
		status = cli_usage_error(&command_analyze, "%s", err.text);
	}
	return status;
}

/* Which packets are whose is noted where they are to be written. */
static int open_packets(
	struct analyze_question *question, struct run_options *options, struct err *err)
{
	if (!question->settings->write_packets) {
		return 0;
	}
	int status = packet_search_create(&question->packets, err);
	if (status == 0) {
		options->marks = packet_search_marks(question->packets);
		options->lookups = packet_search_lookups(question->packets);
	}
	return status;
}

static void take_matched(
	void *context, const struct record *record, const struct record_labels *labels)
{
	struct analyze_question *question = context;

	if (question->packets) {
		packet_search_take(question->packets, record, labels);
	}
	if (question->tells_devices) {
		device_rows_add(&question->devices, record);
	}
}

/* Is there the flow that was asked for? */
static void note_seen(
	void *context, const struct record *record, const struct record_labels *labels)
{
	const struct analyze_question *question = context;
	const struct field_view view = { record, labels, false, question->flows.zone };

	nothing_words_note(question->ids, &view);
}

int analyze_question_open(
	struct analyze_question *question, struct run_options *options, struct err *err)
{
	int status = open_packets(question, options, err);
	const struct flow_filter_options wanted = { .query = question->flows.query,
		.from_ns = question->flows.from_ns,
		.to_ns = question->flows.to_ns,
		.zone = question->flows.zone,
		.matched = take_matched,
		.seen = question->flows.query && query_names_flows(question->flows.query)
				? note_seen
				: NULL,
		.context = question };

	if (wanted.seen && !(question->ids = nothing_words_create(question->flows.query))) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (status < 0 || (!analyze_question_is_narrow(question) && !question->packets)) {
		return status;
	}
	status = flow_filter_create(&question->filter, &wanted, err);
	options->filter = question->filter;
	return status;
}

/* The first word that the policy lacks. */
struct missing {
	const struct field *field;
	char word[64];
	enum symbol_kind kind;
};

static void note_missing(void *context, const struct field *field, const char *word, size_t length)
{
	static const struct {
		const char *path;
		enum symbol_kind kind;
	} named[] = { { "borderflow.unit", SYMBOL_UNIT }, { "borderflow.class", SYMBOL_CLASS },
		{ "borderflow.policy.rule", SYMBOL_RULE },
		{ "borderflow.policy.exception", SYMBOL_EXCEPTION } };
	struct missing *missing = context;
	char typed[sizeof(missing->word)];

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (missing->field || strcmp(field->path, named[i].path) != 0) {
			continue;
		}
		snprintf(typed, sizeof(typed), "%.*s", (int)length, word);
		bool is_there = false;
		for (unsigned k = 1; k <= symbol_highest(named[i].kind); k++) {
			is_there |= strcasecmp(symbol_name(named[i].kind, (uint16_t)k), typed) == 0;
		}
		if (!is_there) {
			missing->field = field;
			missing->kind = named[i].kind;
			memcpy(missing->word, typed, sizeof(typed));
		}
	}
}

static int say_missing(const struct missing *missing, struct err *err)
{
	char sentence[sizeof(err->text)], near[96];
	struct policy_guess guess = policy_guess(missing->word);
	const char *sort = strrchr(missing->field->path, '.') + 1;
	unsigned count = symbol_highest(missing->kind);
	struct text text;

	for (unsigned i = 1; i <= count; i++) {
		policy_guess_try(&guess, symbol_name(missing->kind, (uint16_t)i));
	}
	text_init(&text, sentence, sizeof(sentence));
	text_printf(&text, "--where: there is no %s \"", sort);
	text_put_terminal(&text, missing->word, strlen(missing->word));
	text_put_char(&text, '"');
	text_put(&text, policy_guess_text(&guess, near));
	if (count == 0) {
		text_put(&text, "; they stand in a policy (--policy)");
	}
	for (unsigned i = 1; i <= count && near[0] == '\0'; i++) {
		text_put(&text, i > 1 ? ", " : "; there are ");
		text_put(&text, symbol_name(missing->kind, (uint16_t)i));
	}
	return err_set(err, EINVAL, "%s", sentence);
}

int analyze_question_check(const struct analyze_question *question, struct err *err)
{
	struct missing missing = { .field = NULL };

	if (question->flows.query) {
		query_each_word(question->flows.query, note_missing, &missing);
	}
	return missing.field ? say_missing(&missing, err) : 0;
}

void analyze_question_describe(struct analyze_question *question, struct report_model *model)
{
	const struct analyze_question_settings *settings = question->settings;
	struct flow_filter_stats stats;
	struct text words;

	if (!analyze_question_is_narrow(question)) {
		return;
	}
	text_init(&words, question->words, sizeof(question->words));
	text_put(&words, question->flows.filter);
	if (settings->from) {
		text_printf(&words, "%s--from %s", words.length ? " " : "", settings->from);
	}
	if (settings->to) {
		text_printf(&words, "%s--to %s", words.length ? " " : "", settings->to);
	}
	flow_filter_read_stats(question->filter, &stats);
	device_rows_sort(&question->devices);
	model->devices = question->tells_devices ? &question->devices : NULL;
	model->zone = question->flows.zone;
	model->filter = question->words;
	model->filter_flows = stats.flows;
	model->filter_matched = stats.matched;
}

/* The times in which there was anything to see. */
static bool is_outside(const struct analyze_question *question, const struct source_stats *source)
{
	const struct flow_question *flows = &question->flows;

	return source->frames > 0 &&
	       (flows->from_ns > source->last_ns ||
		       (flows->to_ns > 0 && flows->to_ns <= source->first_ns));
}

bool analyze_question_say_nothing(
	const struct analyze_question *question, const struct source_stats *source)
{
	const struct local_zone *zone = question->flows.zone;
	struct flow_filter_stats stats;
	struct text text;

	if (!analyze_question_is_narrow(question)) {
		return false;
	}
	flow_filter_read_stats(question->filter, &stats);
	if (stats.matched > 0) {
		return false;
	}
	const bool is_elsewhen = is_outside(question, source);
	text_init_heap(&text);
	bool is_amiss = question->ids && nothing_words_put(question->ids, &text);
	text_printf(&text, "nothing matches; the input%s holds ",
		is_elsewhen ? " does not cover the time asked for: it" : "");
	text_put_grouped(&text, stats.flows, ",");
	text_put(&text, stats.flows == 1 ? " flow" : " flows");
	if (source->frames > 0) {
		text_put(&text, ",");
		nothing_put_period(&text, zone, source->first_ns, source->last_ns);
	}
	text_put_char(&text, '\n');
	cli_notice_lines("analyze", &text);
	text_deinit(&text);
	return is_amiss || is_elsewhen;
}

int analyze_question_write(const struct analyze_question *question, const char *const *inputs,
	unsigned input_count, const struct source_options *options, struct progress *progress,
	struct err *err)
{
	const char *path = question->settings->write_packets;
	struct packet_search_totals totals;
	struct source *source;

	if (!question->packets) {
		return 0;
	}
	int status = source_open_files(&source, inputs, input_count, options, err);
	if (status < 0) {
		return status;
	}
	status = packet_search_write(question->packets, source, path,
		input_count == 1 ? inputs[0] : "several files", progress, &totals, err);
	source_close(source);
	progress_clear(progress);
	if (status == 0) {
		packet_search_say("analyze", path, &totals);
	}
	return status;
}

void analyze_question_close(struct analyze_question *question)
{
	flow_filter_destroy(question->filter);
	nothing_words_destroy(question->ids);
	device_rows_deinit(&question->devices);
	packet_search_destroy(question->packets);
	flow_question_deinit(&question->flows);
}
