#include "dashboards/cli/flow_question.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/format/saved_filters.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "dashboards/cli/time_word.h"
#include "geo/jurisdiction.h"

static int read_time(const struct flow_question *question, const struct command *command,
	const char *name, const char *text, uint64_t *time_ns)
{
	bool is_end = strcmp(name, "to") == 0;

	if (text && !(is_end ? time_word_parse_end : time_word_parse)(
			    text, question->zone, clock_now_ns(), time_ns)) {
		return cli_usage_error(
			command, "--%s: expected " TIME_WORD_EXPECTED "; found \"%s\"", name, text);
	}
	return 0;
}

static int read_times(struct flow_question *question, const struct command *command,
	const struct flow_question_words *how)
{
	struct err err;
	uint64_t span_ns;

	if (local_zone_open(&question->zone, how->time_zone ? how->time_zone : "UTC", &err) < 0) {
		return cli_usage_error(command, "--time-zone: %s", err.text);
	}
	if (how->last && how->from) {
		return cli_usage_error(command, "--last and --from say the same: give one");
	}
	if (how->last && !time_word_parse_span(how->last, &span_ns)) {
		return cli_usage_error(
			command, "--last: expected 90m, 24h or 7d; found \"%s\"", how->last);
	}
	int status = read_time(
		question, command, "from", how->last ? how->last : how->from, &question->from_ns);
	status = status ? status : read_time(question, command, "to", how->to, &question->to_ns);
	if (status == 0 && question->to_ns > 0 && question->from_ns >= question->to_ns) {
		return cli_usage_error(command,
			"--to %s is not behind --%s %s: nothing lies between them", how->to,
			how->last ? "last" : "from", how->last ? how->last : how->from);
	}
	return status;
}

/* The filter as the terminal may show it, and below it a mark at a column of what was typed. */
static void point_at(const char *filter, unsigned column)
{
	struct text text;
	size_t before = column > 0 ? column - 1 : 0, length = strlen(filter);

	text_init_heap(&text);
	text_put_terminal(&text, filter, before < length ? before : length);
	size_t indent = text_columns(text.at);
	text_put_terminal(&text, filter + before, before < length ? length - before : 0);
	fprintf(stderr, "  %s\n  %*s\n", text.at, (int)indent + 1, "^");
	text_deinit(&text);
}

/* Apps go by the names that every command takes. */
static int name_apps(struct flow_question *question, const struct command *command,
	const struct option_list *packs)
{
	static const struct option_list none;
	struct catalogue *catalogue;
	struct err err;

	packs = packs ? packs : &none;
	int status = catalogue_open(&catalogue, packs->items, packs->count, &err);
	if (status == 0) {
		status = query_name_apps(question->query, catalogue, &err);
	}
	catalogue_close(catalogue);
	if (status < 0) {
		cli_error(command->name, err.text);
		return EXIT_USAGE;
	}
	return 0;
}

/* And countries by their codes, or the names that they have in any of our languages. */
static int name_countries(struct flow_question *question, const struct command *command)
{
	struct jurisdictions *table = NULL;
	char path[PATH_MAX];
	struct err err;
	int status = file_find_data("geo/share/jurisdictions.tsv", path, &err);

	status = status < 0 ? status : jurisdictions_open(&table, path, &err);
	if (status == 0) {
		status = query_name_countries(question->query, table, &err);
	}
	jurisdictions_close(table);
	if (status < 0) {
		cli_error(command->name, err.text);
		return EXIT_USAGE;
	}
	return 0;
}

static int read_filter(struct flow_question *question, const struct command *command,
	const char *const *words, unsigned count)
{
	struct text typed, text;
	struct err err;
	unsigned column = 0;

	if (count == 0) {
		return 0;
	}
	text_init_heap(&typed);
	text_init(&text, question->filter, sizeof(question->filter));
	for (unsigned i = 0; i < count; i++) {
		text_put(&typed, i > 0 ? " " : "");
		text_put(&typed, words[i]);
	}
	int status = saved_filters_expand(&text, typed.at, &err);
	text_deinit(&typed);
	if (status < 0) {
		cli_error(command->name, err.text);
		return EXIT_USAGE;
	}
	if (text.truncated) {
		return cli_usage_error(command, "the filter is longer than %d characters",
			FLOW_QUESTION_BYTES - 1);
	}
	if (query_parse(&question->query, question->filter, &column, &err) < 0) {
		cli_error(command->name, err.text);
		point_at(question->filter, column);
		return EXIT_USAGE;
	}
	return 0;
}

int flow_question_read(struct flow_question *question, const struct command *command,
	const struct flow_question_words *how, const char *const *words, unsigned count)
{
	*question = (struct flow_question){ .filter = "" };
	int status = read_times(question, command, how);

	status = status ? status : read_filter(question, command, words, count);
	if (status == 0 && question->query && query_names_apps(question->query)) {
		status = name_apps(question, command, how->catalogue);
	}
	if (status == 0 && question->query && query_names_countries(question->query)) {
		status = name_countries(question, command);
	}
	return status;
}

void flow_question_deinit(struct flow_question *question)
{
	local_zone_close(question->zone);
	query_free(question->query);
}
