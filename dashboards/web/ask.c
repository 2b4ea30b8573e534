#include "dashboards/web/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/cli/time_word.h"

#define HOUR_NS (3600 * NS_PER_S)

enum { ROWS_MOST = 100000, WORD_BYTES = 32 };

/* Is it one of the words that stand there with blanks (or, in a path, slashes) between? */
static bool is_among(const char *name, const char *words)
{
	size_t length = strlen(name);

	for (const char *at = words; length && (at = strstr(at, name)); at += length) {
		bool is_whole = (at == words || strchr(" :", at[-1])) &&
				(at[length] == '\0' || strchr(" /", at[length]));
		if (is_whole) {
			return true;
		}
	}
	return false;
}

int ask_check(
	const struct http_request *request, const char *path, const char *names, struct err *err)
{
	static const struct {
		const char *name, *words;
	} listed[] = { { "language", "en sv nb nn da fi" }, { "format", "json csv ndjson" } };

	for (unsigned i = 0; i < request->parameter_count; i++) {
		const struct http_pair *pair = &request->parameters[i];
		if (!is_among(pair->name, names) && !is_among(pair->name, path) &&
			strcmp(pair->name, "language") != 0) {
			return err_set(err, EINVAL, "there is no parameter \"%.40s\" here%s%s",
				pair->name, *names ? "; expected " : "", names);
		}
		for (unsigned j = 0; j < sizeof(listed) / sizeof(listed[0]); j++) {
			if (strcmp(listed[j].name, pair->name) == 0 && pair->value[0] &&
				!is_among(pair->value, listed[j].words)) {
				return err_set(err, EINVAL,
					"%s: expected one of %s, found \"%.40s\"", pair->name,
					listed[j].words, pair->value);
			}
		}
	}
	return 0;
}

int ask_number(uint64_t *number, const struct http_request *request, const char *name,
	uint64_t fallback, uint64_t most, struct err *err)
{
	const char *text = http_parameter(request, name);
	char *end;

	*number = fallback;
	if (*text == '\0') {
		return 0;
	}
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text < '0' || *text > '9' || *end || errno || *number > most
		       ? err_set(err, EINVAL, "%s: expected a number up to %llu, found \"%.40s\"",
				 name, (unsigned long long)most, text)
		       : 0;
}

static int ask_time(uint64_t *time_ns, const struct http_request *request, const char *name,
	const struct ask_clock *clock, struct err *err)
{
	const char *text = http_parameter(request, name);

	bool is_end = strcmp(name, "to") == 0;

	return *text == '\0' || (is_end ? time_word_parse_end : time_word_parse)(
					text, clock->zone, clock->now_ns, time_ns)
		       ? 0
		       : err_set(err, EINVAL,
				 "%s: expected " TIME_WORD_EXPECTED ", found \"%.40s\"", name,
				 text);
}

int ask_period(uint64_t *from_ns, uint64_t *to_ns, const struct http_request *request,
	const struct ask_clock *clock, struct err *err)
{
	const char *last = http_parameter(request, "last");
	uint64_t span_ns;

	*from_ns = *to_ns = 0;
	if (*last && (*http_parameter(request, "from") || *http_parameter(request, "to"))) {
		return err_set(err, EINVAL, "last: give it, or from and to, not both");
	}
	if (*last && !time_word_parse_span(last, &span_ns)) {
		return err_set(err, EINVAL, "last: expected 90m, 24h or 7d, found \"%.40s\"", last);
	}
	if (*last) {
		*from_ns = span_ns < clock->now_ns ? clock->now_ns - span_ns : 0;
		return 0;
	}
	int status = ask_time(from_ns, request, "from", clock, err);
	if (status == 0) {
		status = ask_time(to_ns, request, "to", clock, err);
	}
	return status == 0 && *to_ns && *to_ns <= *from_ns
		       ? err_set(err, EINVAL, "to: expected a time after from")
		       : status;
}

int ask_figures_period(uint64_t *from_ns, uint64_t *to_ns, const struct http_request *request,
	const struct ask_clock *clock, struct err *err)
{
	uint64_t whole_ns = *http_parameter(request, "last") ? HOUR_NS : SLOT_NS;
	int status = ask_period(from_ns, to_ns, request, clock, err);

	*from_ns -= *from_ns % whole_ns;
	*to_ns += (SLOT_NS - *to_ns % SLOT_NS) % SLOT_NS;
	return status;
}

static int ask_groups(
	struct view_question *question, const struct http_request *request, struct err *err)
{
	const char *text = http_parameter(request, "by");

	while (*text) {
		size_t length = strcspn(text, ",");
		char word[WORD_BYTES];
		if (length >= sizeof(word) || question->by_count == VIEW_BY_MAX) {
			return err_set(
				err, EINVAL, "by: expected at most %d dimensions", VIEW_BY_MAX);
		}
		memcpy(word, text, length);
		word[length] = '\0';
		if (!view_dimension_find(word, &question->by[question->by_count++])) {
			return err_set(err, EINVAL, "by: there is no dimension \"%s\"", word);
		}
		text += length + (text[length] == ',');
	}
	return 0;
}

static int ask_filters(
	struct view_question *question, const struct http_request *request, struct err *err)
{
	for (unsigned i = 0; i < request->parameter_count; i++) {
		const struct http_pair *pair = &request->parameters[i];
		enum view_dimension by;
		if (!view_dimension_find(pair->name, &by) || pair->value[0] == '\0') {
			continue;
		}
		if (question->filter_count == VIEW_FILTERS_MAX) {
			return err_set(
				err, EINVAL, "at most %d filters are possible", VIEW_FILTERS_MAX);
		}
		bool is_excluded = pair->value[0] == '!';
		question->filters[question->filter_count++] = (struct view_filter){
			.by = by, .value = pair->value + is_excluded, .is_excluded = is_excluded
		};
	}
	return 0;
}

static int ask_step(
	struct view_question *question, const struct http_request *request, struct err *err)
{
	static const struct {
		const char *word;
		uint64_t step_ns;
	} steps[] = { { "", 0 }, { "300", SLOT_NS }, { "3600", 3600 * NS_PER_S },
		{ "day", VIEW_DAY_NS } };
	const char *text = http_parameter(request, "step");

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].word, text) == 0) {
			question->step_ns = steps[i].step_ns;
			return 0;
		}
	}
	return err_set(err, EINVAL, "step: expected 300, 3600 or day, found \"%.40s\"", text);
}

static int ask_sort(
	struct view_question *question, const struct http_request *request, struct err *err)
{
	static const char *const words[] = { [VIEW_SORT_BYTES] = "bytes",
		[VIEW_SORT_UP] = "up",
		[VIEW_SORT_DOWN] = "down",
		[VIEW_SORT_FLOWS] = "flows",
		[VIEW_SORT_DEVICES] = "devices",
		[VIEW_SORT_NAME] = "name" };
	const char *text = http_parameter(request, "sort");

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], text) == 0) {
			question->sort = i;
			return 0;
		}
	}
	return *text ? err_set(err, EINVAL,
			       "sort: expected bytes, up, down, flows, devices or name, found "
			       "\"%.40s\"",
			       text)
		     : 0;
}

int ask_question(struct view_question *question, const struct http_request *request,
	const struct ask_clock *clock, struct err *err)
{
	const char *text = http_parameter(request, "text");
	uint64_t first = 0, most = 0;

	*question = (struct view_question){ .text = *text ? text : NULL };
	int status = ask_figures_period(&question->from_ns, &question->to_ns, request, clock, err);
	if (status == 0) {
		status = ask_groups(question, request, err);
	}
	if (status == 0) {
		status = ask_filters(question, request, err);
	}
	if (status == 0) {
		status = ask_step(question, request, err);
	}
	if (status == 0) {
		status = ask_sort(question, request, err);
	}
	if (status == 0) {
		status = ask_number(&first, request, "first", 0, UINT32_MAX, err);
	}
	if (status == 0) {
		status = ask_number(&most, request, "most", 0, ROWS_MOST, err);
	}
	question->first = first;
	question->most = most;
	return status;
}
