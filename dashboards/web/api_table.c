/* Tables and series, as JSON, CSV or ndjson; what is known of the traffic at all; sensors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/view/view.h"
#include "dashboards/web/api.h"

/* What is not told is no zero. */
static void put_step(struct json *json, const struct view_figures *step)
{
	json_object_begin(json, NULL);
	if (step->is_hidden) {
		json_null(json, "bytes_up");
		json_null(json, "bytes_down");
		json_null(json, "flows");
	} else {
		put_way(json, "bytes_up", step->bytes_up, step->way_up);
		put_way(json, "bytes_down", step->bytes_down, step->way_down);
		json_u64(json, "flows", step->flows);
	}
	json_bool(json, "is_hidden", step->is_hidden);
	json_object_end(json);
}

static void put_steps(
	struct json *json, const struct view_answer *answer, const struct view_row *row)
{
	json_array_begin(json, "steps");
	for (size_t i = 0; row->steps && i < answer->notes.step_count; i++) {
		put_step(json, &row->steps[i]);
	}
	json_array_end(json);
}

static void put_row(struct call *call, const struct view_question *question,
	const struct view_answer *answer, const struct view_row *row)
{
	struct json *json = &call->json;

	json_object_begin(json, NULL);
	json_array_begin(json, "values");
	for (unsigned i = 0; i < question->by_count; i++) {
		json_string(json, NULL, row->values[i]);
	}
	json_array_end(json);
	json_array_begin(json, "names");
	for (unsigned i = 0; i < question->by_count; i++) {
		json_string(json, NULL, name_value(call, question->by[i], row->values[i]));
	}
	json_array_end(json);
	json_bool(json, "is_remainder", row->is_remainder);
	json_bool(json, "has_hidden_days", row->has_hidden_days);
	put_figures(json, "total", &row->total);
	if (question->step_ns) {
		put_steps(json, answer, row);
	}
	json_object_end(json);
}

static void put_answer(
	struct call *call, const struct view_question *question, const struct view_answer *answer)
{
	struct json *json = &call->json;

	json_object_begin(json, NULL);
	put_notes(json, &answer->notes);
	put_figures(json, "total", &answer->total);
	json_u64(json, "all_rows", answer->all_rows);
	json_array_begin(json, "step_starts");
	for (size_t i = 0; question->step_ns && i < answer->notes.step_count; i++) {
		put_time(json, NULL, answer->step_starts_ns[i]);
	}
	json_array_end(json);
	json_array_begin(json, "rows");
	for (size_t i = 0; i < answer->row_count; i++) {
		put_row(call, question, answer, &answer->rows[i]);
	}
	json_array_end(json);
	json_object_end(json);
}

static const char *const columns[] = { "bytes_up", "bytes_down", "flows", "packets", "devices",
	"devices_count", "is_remainder", "is_hidden" };

static const char *count_word(const struct view_figures *figures)
{
	static const char *const words[] = { "unknown", "exact", "estimate", "at_least", "fewer" };

	return words[figures->count];
}

/* An empty cell where that way did not cross the sensor. */
static void put_csv_way(struct text *text, uint64_t bytes, uint8_t way)
{
	if (way != CELL_WAY_UNKNOWN) {
		text_put_u64(text, bytes);
	}
	text_put_char(text, ',');
}

static void put_csv(
	struct text *text, const struct view_question *question, const struct view_answer *answer)
{
	for (unsigned i = 0; i < question->by_count; i++) {
		text_printf(text, "%s,", view_dimension_name(question->by[i]));
	}
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		text_printf(text, "%s%s", i ? "," : "", columns[i]);
	}
	text_put(text, "\r\n");
	for (size_t row = 0; row < answer->row_count; row++) {
		const struct view_figures *total = &answer->rows[row].total;
		for (unsigned i = 0; i < question->by_count; i++) {
			const char *value = answer->rows[row].values[i];
			text_put_csv(text, value, strlen(value));
			text_put_char(text, ',');
		}
		put_csv_way(text, total->bytes_up, total->way_up);
		put_csv_way(text, total->bytes_down, total->way_down);
		text_printf(text, "%llu,", (unsigned long long)total->flows);
		if (!total->lacks_packets) {
			text_put_u64(text, total->packets);
		}
		text_printf(text, ",%llu,%s,%s,%s\r\n", (unsigned long long)total->devices,
			count_word(total), answer->rows[row].is_remainder ? "true" : "false",
			total->is_hidden ? "true" : "false");
	}
}

static void put_ndjson(
	struct call *call, const struct view_question *question, const struct view_answer *answer)
{
	for (size_t row = 0; row < answer->row_count; row++) {
		call->json.needs_comma = false;
		put_row(call, question, answer, &answer->rows[row]);
		text_put_char(&call->response->body, '\n');
	}
}

/* A role that is bound to one unit asks of that unit, whatever else it asks. */
static int bind_to_unit(const struct call *call, struct view_question *question, struct err *err)
{
	if (call->who.unit[0] == '\0') {
		return 0;
	}
	unsigned kept = 0;
	for (unsigned i = 0; i < question->filter_count; i++) {
		if (question->filters[i].by == VIEW_BY_UNIT && !question->filters[i].is_excluded &&
			strcmp(question->filters[i].value, call->who.unit) != 0) {
			return err_set(err, EPERM, "this session is for the unit %s alone",
				call->who.unit);
		}
		if (question->filters[i].by != VIEW_BY_UNIT) {
			question->filters[kept++] = question->filters[i];
		}
	}
	question->filter_count = kept;
	if (call->access.role != VIEW_SEES_DEVICES) {
		return err_set(err, EPERM,
			"figures of one unit alone could single out a device, which the role %s "
			"may not see: use a token whose role may, or one without --unit",
			web_role_name(call->who.role));
	}
	if (kept == VIEW_FILTERS_MAX) {
		return err_set(err, EINVAL, "at most %d filters are possible", kept - 1);
	}
	question->filters[question->filter_count++] =
		(struct view_filter){ .by = VIEW_BY_UNIT, .value = call->who.unit };
	return 0;
}

/* What is later than the archive is asked of Redis, where that stands beside it and may be asked:
 * as long as nobody knows how far the archive reaches, of neither of them. */
enum source_asked { SOURCE_ARCHIVE, SOURCE_LIVE, SOURCE_AWAITED };

static enum source_asked choose_source(
	const struct call *call, const struct view_question *question)
{
	struct extent_times times = { 0 };

	if (views_live_name(call->web->views) && call->access.role == VIEW_SEES_DEVICES &&
		question->from_ns) {
		times = extent_read(call->web->extent);
	}
	return times.is_awaited                                  ? SOURCE_AWAITED
	       : times.to_ns && question->from_ns >= times.to_ns ? SOURCE_LIVE
								 : SOURCE_ARCHIVE;
}

static struct view *take_view(
	const struct call *call, const struct view_question *question, struct err *err)
{
	struct views *views = call->web->views;

	switch (choose_source(call, question)) {
	case SOURCE_AWAITED:
		err_set(err, EAGAIN,
			"how far the archive reaches is being read for the first time: ask again");
		return NULL;
	case SOURCE_LIVE:
		return views_take_live(views, err);
	case SOURCE_ARCHIVE:
		break;
	}
	return views_take(views, err);
}

/* With its length, so that no text looks like two. */
static void put_key_text(struct text *key, const char *text)
{
	text_printf(key, " %zu:%s", text ? strlen(text) : 0, text ? text : "");
}

void call_put_key(struct text *key, const struct call *call, const struct view_question *question)
{
	text_printf(key, "%s %u", messages_language(call->messages), call->access.role);
	put_key_text(key, call->who.unit);
	text_printf(key, " %llu %llu %llu %u %zu %zu", (unsigned long long)question->from_ns,
		(unsigned long long)question->to_ns, (unsigned long long)question->step_ns,
		question->sort, question->first, question->most);
	put_key_text(key, question->text);
	for (unsigned i = 0; i < question->by_count; i++) {
		text_printf(key, " %u", question->by[i]);
	}
	for (unsigned i = 0; i < question->filter_count; i++) {
		const struct view_filter *filter = &question->filters[i];
		text_printf(key, "%c%u", filter->is_excluded ? '!' : '=', filter->by);
		put_key_text(key, filter->value);
	}
}

int call_ask(struct call *call, struct view_question *question, struct view_answer **answer,
	struct err *err)
{
	int status = bind_to_unit(call, question, err);

	if (status < 0) {
		return status;
	}
	struct view *view = take_view(call, question, err);
	if (!view) {
		return -EIO;
	}
	status = call_source_status(view_ask(view, &call->access, question, answer, err));
	views_give(call->web->views, view);
	return status;
}

/* A file to keep, with a name that says what it is. */
void call_attach(struct call *call, const char *type, const char *name, const char *ending)
{
	char value[128];

	call->response->content_type = type;
	snprintf(value, sizeof(value), "attachment; filename=\"borderflow-%s.%s\"", name, ending);
	http_header(call->response, "Content-Disposition", value);
}

static void put_form(struct call *call, const struct view_question *question,
	const struct view_answer *answer, const char *format)
{
	if (strcmp(format, "csv") == 0) {
		call_attach(call, "text/csv; charset=utf-8", "table", "csv");
		put_csv(&call->response->body, question, answer);
	} else if (strcmp(format, "ndjson") == 0) {
		call_attach(call, "application/x-ndjson", "table", "ndjson");
		put_ndjson(call, question, answer);
	} else {
		put_answer(call, question, answer);
	}
}

/* Is what it answered of the archive as it is? */
static bool answer_anew(struct call *call, struct view_question *question)
{
	const char *format = http_parameter(call->request, "format");
	struct view_answer *answer;
	struct err err;
	int status = call_ask(call, question, &answer, &err);

	if (status < 0) {
		call_fail(call, status, &err);
		return false;
	}
	bool is_current = !answer->notes.is_behind;
	put_form(call, question, answer, format);
	view_answer_free(answer);
	return is_current;
}

/* An archive says when it has grown; what Redis says is of now, and what is shown to whoever may
 * not see devices is of days that end. */
static bool may_be_kept(const struct call *call, const struct view_question *question)
{
	const struct view_source *source = &call->web->options.source;

	return source->archive_count && !source->analysis &&
	       call->access.role == VIEW_SEES_DEVICES &&
	       *http_parameter(call->request, "format") == '\0' &&
	       choose_source(call, question) == SOURCE_ARCHIVE;
}

void answer_table(struct call *call)
{
	struct answer_cache *answers = call->web->answers;
	uint64_t version = views_version(call->web->views);
	struct view_question question;
	struct text key;
	struct err err;
	int status = ask_question(&question, call->request, &call->clock, &err);

	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	if (!may_be_kept(call, &question)) {
		answer_anew(call, &question);
		return;
	}
	text_init_heap(&key);
	text_put(&key, "table ");
	call_put_key(&key, call, &question);
	if (!answer_cache_find(answers, key.at, version, &call->response->body) &&
		answer_anew(call, &question)) {
		answer_cache_put(answers, key.at, version, &call->response->body);
	}
	text_deinit(&key);
}
