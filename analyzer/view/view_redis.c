/* Redis: the sums that all sensors feed, or those of one.
 *
 * Whatever how many sensors feed them, the sums of all stand once (share/redis/README.md), so a
 * look costs the same for one and for five hundred. They are kept by one dimension each, and by app
 * and unit, server and parent country: what else is asked for is for an archive. Slots and hours
 * are kept for REDIS_DAYS days. Devices are counted by whole days (UTC), by HyperLogLog.
 *
 * Reads only; one script (share/redis/series.lua), some hundred series a call, so that the server
 * is never held up for long. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/redis/redis_function.h"
#include "analyzer/rollup/series.h"
#include "analyzer/view/view_redis.h"
#include "base/clock.h"
#include "base/file.h"

enum {
	CHUNK = 400, /* series a call */
	BEFORE_SERIES = 8 + 4 * REDIS_RANGES_MAX
};

static void redis_backend_close(struct view_backend *backend)
{
	redis_close(backend->redis);
	free(backend->script);
	free(backend->alerts);
	free(backend);
}

/* Which dimension of the store answers; first: where its first value stands among the question's.
 */
static int find_dimension(const struct view_question *question, enum dimension *dimension,
	unsigned *first, struct err *err)
{
	static const struct {
		enum view_dimension by[2];
		unsigned count;
		enum dimension dimension;
	} kept[] = {
		{ { VIEW_BY_APP }, 1, DIMENSION_APP },
		{ { VIEW_BY_INFERRED }, 1, DIMENSION_INFERRED },
		{ { VIEW_BY_UNIT }, 1, DIMENSION_UNIT },
		{ { VIEW_BY_CLASS }, 1, DIMENSION_CLASS },
		{ { VIEW_BY_SERVER }, 1, DIMENSION_SERVER },
		{ { VIEW_BY_PARENT }, 1, DIMENSION_PARENT },
		{ { VIEW_BY_ZONE }, 1, DIMENSION_ZONE },
		{ { VIEW_BY_CONTROL }, 1, DIMENSION_CONTROL },
		{ { VIEW_BY_RULE }, 1, DIMENSION_RULE },
		{ { VIEW_BY_ACTION }, 1, DIMENSION_ACTION },
		{ { VIEW_BY_VERDICT }, 1, DIMENSION_VERDICT },
		{ { VIEW_BY_EXCEPTION }, 1, DIMENSION_EXCEPTION },
		{ { VIEW_BY_BLOCK }, 1, DIMENSION_BLOCK },
		{ { VIEW_BY_HIDDEN }, 1, DIMENSION_HIDDEN },
		{ { VIEW_BY_DIRECTION }, 1, DIMENSION_DIRECTION },
		{ { VIEW_BY_VIA }, 1, DIMENSION_VIA },
		{ { VIEW_BY_PROTOCOL }, 1, DIMENSION_PROTOCOL },
		{ { VIEW_BY_APP, VIEW_BY_UNIT }, 2, DIMENSION_APP_UNIT },
		{ { VIEW_BY_SERVER, VIEW_BY_PARENT }, 2, DIMENSION_MATRIX },
	};

	*first = 0;
	*dimension = DIMENSION_ZONE; /* everything is in one */
	for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]) && question->by_count; i++) {
		bool is_it = question->by_count == kept[i].count;
		*first = kept[i].by[0] != question->by[0];
		for (unsigned j = 0; is_it && j < kept[i].count; j++) {
			is_it = kept[i].by[j] == question->by[(j + *first) % kept[i].count];
		}
		if (is_it) {
			*dimension = kept[i].dimension;
			return 0;
		}
	}
	return question->by_count == 0
		       ? 0
		       : err_set(err, ENOTSUP,
				 "Redis keeps no sums by %s%s; ask an archive for them",
				 view_dimension_name(question->by[0]),
				 question->by_count > 1 ? " and what else was asked for" : "");
}

static int check_filters(const struct view_question *question, struct err *err)
{
	for (unsigned i = 0; i < question->filter_count; i++) {
		enum view_dimension by = question->filters[i].by;
		bool is_by = question->by_count == 0 && by == VIEW_BY_ZONE;
		for (unsigned j = 0; j < question->by_count; j++) {
			is_by |= question->by[j] == by;
		}
		if (!is_by) {
			return err_set(err, ENOTSUP,
				"Redis keeps sums by one thing at a time, not those of one %s "
				"alone by another; ask an archive for them",
				view_dimension_name(by));
		}
	}
	return 0;
}

/* Every series that was seen on a day of the time. */
static int read_series(struct view_redis_asking *asking, struct err *err)
{
	static const char *const ways[] = { "up", "down", "flows" };
	const struct view_notes *notes = &asking->answer->notes;
	char keys[3 * (REDIS_DAYS + 1)][REDIS_KEY_BYTES], day[12];
	const char *arguments[1 + 3 * (REDIS_DAYS + 1)] = { "SUNION" };
	struct redis_answer answer;
	size_t count = 1;

	for (uint64_t at_ns = notes->from_ns / VIEW_DAY_NS * VIEW_DAY_NS;
		at_ns < notes->to_ns && count + 3 <= sizeof(arguments) / sizeof(arguments[0]);
		at_ns += VIEW_DAY_NS) {
		view_redis_put_day(day, at_ns);
		for (unsigned i = 0; i < 3; i++) {
			snprintf(keys[count - 1], REDIS_KEY_BYTES, "%sidx:%s.%s:%s",
				asking->backend->prefix, dimension_name(asking->dimension), ways[i],
				day);
			arguments[count] = keys[count - 1];
			count++;
		}
	}
	int status = count > 1 ? redis_ask_texts(
					 asking->backend->redis, 1, count, arguments, &answer, err)
			       : 0;
	if (status < 0 || count == 1) {
		return status;
	}
	asking->series = calloc((size_t)answer.number + 1, sizeof(*asking->series));
	for (size_t i = 0; asking->series && i < (size_t)answer.number; i++) {
		asking->series[i] = strdup(redis_answer_item(&answer, i).text);
		if (!asking->series[i]) {
			return err_set(err, ENOMEM, "out of memory");
		}
		asking->series_count++;
	}
	return asking->series ? 0 : err_set(err, ENOMEM, "out of memory");
}

static int read_names(struct view_redis_asking *asking, struct err *err)
{
	char key[REDIS_KEY_BYTES];
	const char *arguments[] = { "HGETALL", key };

	snprintf(key, sizeof(key), "%sdict", asking->backend->prefix);
	struct redis_answer answer;
	int status = redis_ask_texts(asking->backend->redis, 2, 2, arguments, &answer, err);
	struct view_backend *backend = asking->backend;
	backend->name_count = 0;
	for (size_t i = 0; status == 0 && i + 1 < (size_t)answer.number; i += 2) {
		struct redis_answer id = redis_answer_item(&answer, i);
		struct redis_answer name = redis_answer_item(&answer, i + 1);
		if (backend->name_count < REDIS_NAMES_MAX) {
			struct view_redis_name *to = &backend->names[backend->name_count++];
			snprintf(to->id, sizeof(to->id), "%s", id.text);
			snprintf(to->name, sizeof(to->name), "%s", name.text);
		}
	}
	return status;
}

static const char *name_of(const struct view_backend *backend, const char *id)
{
	for (unsigned i = 0; i < backend->name_count; i++) {
		if (strcmp(backend->names[i].id, id) == 0) {
			return backend->names[i].name;
		}
	}
	return id;
}

/* "tiktok@u1a2b3c4d" and "SE-CN" are two values. series is changed. */
static void split_series(
	const struct view_redis_asking *asking, char *series, struct view_row_key *key)
{
	bool is_app = asking->dimension == DIMENSION_APP_UNIT;
	char *second = is_app                                  ? strchr(series, '@')
		       : asking->dimension == DIMENSION_MATRIX ? strchr(series, '-')
							       : NULL;
	bool has_names = dimension_letter(asking->dimension) != '\0';

	*key = (struct view_row_key){ .is_remainder = false };
	if (asking->question->by_count == 2) {
		char *rest = second ? second + 1 : series; /* "other" is both */
		if (second) {
			*second = '\0';
		}
		key->values[asking->first] = series;
		key->values[!asking->first] = is_app ? name_of(asking->backend, rest) : rest;
	} else if (asking->question->by_count == 1) {
		key->values[0] = has_names ? name_of(asking->backend, series) : series;
	}
}

static bool is_let_through(
	const struct view_redis_asking *asking, const struct view_row_key *key, const char *zone)
{
	const struct view_question *question = asking->question;
	uint32_t wanted = 0, found = 0;

	for (unsigned i = 0; i < question->filter_count; i++) {
		const struct view_filter *filter = &question->filters[i];
		const char *value = zone;
		enum geo_zone parsed;
		for (unsigned j = 0; j < question->by_count; j++) {
			value = question->by[j] == filter->by ? key->values[j] : value;
		}
		bool is_it = strcmp(filter->value, "outside-eea") == 0
				     ? geo_zone_parse(value, &parsed) && geo_zone_is_outside(parsed)
				     : strcmp(filter->value, value) == 0;
		if (filter->is_excluded && is_it) {
			return false;
		}
		wanted |= filter->is_excluded ? 0 : 1u << filter->by;
		found |= !filter->is_excluded && is_it ? 1u << filter->by : 0;
	}
	return wanted == found;
}

static struct view_figures take_figures(char **at)
{
	struct view_figures figures = { .count = VIEW_COUNT_UNKNOWN };

	figures.bytes_up = strtoull(*at, at, 10);
	figures.bytes_down = strtoull(*at, at, 10);
	figures.flows = strtoull(*at, at, 10);
	figures.unseen_up = strtoull(*at, at, 10);
	figures.unseen_down = strtoull(*at, at, 10);
	return figures;
}

/* A line of the script's: for totals first, for steps when the rows are known. */
static void take_line(struct view_redis_asking *asking, char *line)
{
	char *at = strchr(line, '\t');
	struct view_row_key key;

	if (!at) {
		return;
	}
	*at++ = '\0';
	struct view_figures figures = take_figures(&at);
	split_series(asking, line, &key);
	if (!is_let_through(asking, &key, line)) {
		return;
	}
	struct view_row *row = view_rows_find(&asking->rows, &key);
	if (row && !asking->rows.is_finished) {
		view_figures_add(&row->total, &figures);
		view_figures_add(&asking->answer->total, &figures);
	}
	while (row && asking->rows.is_finished && *at == '\t') {
		uint64_t step = strtoull(at, &at, 10);
		figures = take_figures(&at);
		if (step < asking->answer->notes.step_count) {
			view_figures_add(&row->steps[step], &figures);
		}
	}
}

static void take_lines(struct view_redis_asking *asking, char *text)
{
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next) {
			*next++ = '\0';
		}
		if (strncmp(line, "latest ", 7) == 0) {
			int64_t latest = strtoll(line + 7, NULL, 10);
			asking->latest = latest > asking->latest ? latest : asking->latest;
		} else {
			take_line(asking, line);
		}
	}
}

/* Some series; with steps where the rows are known. */
static int read_chunk(struct view_redis_asking *asking, size_t first, size_t count, struct err *err)
{
	const struct view_redis_ranges *ranges = &asking->ranges;
	const char *arguments[BEFORE_SERIES + CHUNK] = { "EVAL_RO", asking->backend->script, "1" };
	char key[REDIS_KEY_BYTES], step[24], key_count[24], numbers[REDIS_RANGES_MAX][3][24];
	uint64_t step_ns = asking->rows.is_finished ? asking->question->step_ns : 0;
	struct redis_answer answer;
	size_t at = 8;

	snprintf(key, sizeof(key), "%sdict", asking->backend->prefix);
	snprintf(step, sizeof(step), "%" PRIu64, step_ns / ranges->field_ns);
	snprintf(key_count, sizeof(key_count), "%u", ranges->count);
	arguments[3] = key;
	arguments[4] = dimension_name(asking->dimension);
	arguments[5] = ranges->kind;
	arguments[6] = step;
	arguments[7] = key_count;
	for (unsigned i = 0; i < ranges->count; i++) {
		const struct view_redis_range *range = &ranges->items[i];
		snprintf(numbers[i][0], sizeof(numbers[i][0]), "%u", range->low);
		snprintf(numbers[i][1], sizeof(numbers[i][1]), "%u", range->high);
		snprintf(numbers[i][2], sizeof(numbers[i][2]), "%" PRId64, range->base);
		arguments[at++] = range->suffix;
		for (unsigned j = 0; j < 3; j++) {
			arguments[at++] = numbers[i][j];
		}
	}
	memcpy(arguments + at, asking->series + first, count * sizeof(*arguments));
	int status = redis_ask(
		asking->backend->redis, REDIS_TEXT, at + count, arguments, NULL, &answer, err);
	char *text = status == 0 ? strndup(answer.text, answer.length) : NULL;
	if (status == 0 && !text) {
		return err_set(err, ENOMEM, "out of memory");
	}
	if (text) {
		take_lines(asking, text);
	}
	free(text);
	return status;
}

static int read_sums(struct view_redis_asking *asking, struct err *err)
{
	int status = 0;

	for (size_t i = 0; i < asking->series_count && status == 0; i += CHUNK) {
		size_t left = asking->series_count - i;
		status = read_chunk(asking, i, left < CHUNK ? left : CHUNK, err);
	}
	return status;
}

static void note_period(
	struct view_notes *notes, const struct view_question *question, uint64_t now_ns)
{
	uint64_t kept_ns = now_ns / VIEW_DAY_NS * VIEW_DAY_NS - REDIS_DAYS * VIEW_DAY_NS;
	uint64_t running_ns = now_ns / SLOT_NS * SLOT_NS + SLOT_NS;

	notes->kept_from_ns = kept_ns;
	notes->from_ns = question->from_ns > kept_ns ? question->from_ns : kept_ns;
	notes->to_ns = question->to_ns ? question->to_ns : running_ns;
	notes->to_ns = notes->to_ns < running_ns ? notes->to_ns : running_ns;
	notes->is_past_retention = question->from_ns && question->from_ns < kept_ns;
}

/* Groups are judged by their devices, which are counted first then. */
static int finish_rows(
	struct view_redis_asking *asking, const struct view_access *access, struct err *err)
{
	bool is_grouped = access->role == VIEW_GROUPED;
	bool counts_first = asking->question->sort == VIEW_SORT_DEVICES;
	int status = is_grouped     ? view_redis_group_rows(asking, access, err)
		     : counts_first ? view_redis_count_rows(asking, access->now_ns, err)
				    : 0;

	if (status == 0) {
		status = view_rows_finish(&asking->rows, err);
	}
	return status == 0 && !is_grouped && !counts_first
		       ? view_redis_count_rows(asking, access->now_ns, err)
		       : status;
}

static int fill(struct view_redis_asking *asking, const struct view_access *access, struct err *err)
{
	struct view_notes *notes = &asking->answer->notes;
	int status = read_series(asking, err);

	status = status < 0 ? status : read_names(asking, err);
	status = status < 0 ? status : read_sums(asking, err);
	status = status < 0 ? status : finish_rows(asking, access, err);
	if (status == 0 && notes->step_count) {
		status = read_sums(asking, err);
	}
	if (asking->latest >= 0) {
		uint64_t end_ns =
			notes->from_ns + ((uint64_t)asking->latest + 1) * asking->ranges.field_ns;
		notes->as_of_ns = end_ns < access->now_ns ? end_ns : access->now_ns;
	}
	return status;
}

static int ask(struct view_backend *backend, const struct view_access *access,
	const struct view_question *question, struct view_answer *answer, struct err *err)
{
	struct view_redis_asking asking = { .backend = backend,
		.question = question,
		.answer = answer,
		.rows = { .answer = answer, .question = question },
		.latest = -1 };
	int status = access->role != VIEW_PROTECTED
			     ? find_dimension(question, &asking.dimension, &asking.first, err)
			     : err_set(err, EPERM,
				       "Redis is for roles that may see devices; protected tables "
				       "come from the archive");

	status = status < 0 ? status : check_filters(question, err);
	if (status < 0) {
		return status;
	}
	note_period(&answer->notes, question, access->now_ns);
	answer->notes.has_flows = true;
	if (answer->notes.to_ns <= answer->notes.from_ns) {
		return view_rows_finish(&asking.rows, err);
	}
	status = view_make_steps(answer, access, question, err);
	if (status == 0) {
		view_redis_set_ranges(&asking.ranges, &answer->notes, question->step_ns);
		status = fill(&asking, access, err);
	}
	for (size_t i = 0; i < asking.series_count; i++) {
		free(asking.series[i]);
	}
	free(asking.series);
	view_rows_deinit(&asking.rows);
	return status;
}

/* What is inferred is but a part of the whole, which another dimension knows. */
static int ask_whole(struct view_backend *backend, const struct view_access *access,
	const struct view_question *question, struct view_figures *total, struct err *err)
{
	struct view_question whole = { .from_ns = question->from_ns, .to_ns = question->to_ns };
	struct view_answer *answer = calloc(1, sizeof(*answer));
	int status = answer ? ask(backend, access, &whole, answer, err)
			    : err_set(err, ENOMEM, "out of memory");

	if (status == 0) {
		*total = answer->total;
	}
	view_answer_free(answer);
	return status;
}

/* Packets are not kept, of nothing. */
static void say_no_packets(struct view_answer *answer)
{
	answer->total.lacks_packets = true;
	for (size_t i = 0; i < answer->row_count; i++) {
		struct view_row *row = &answer->rows[i];
		row->total.lacks_packets = true;
		for (size_t step = 0; row->steps && step < answer->notes.step_count; step++) {
			row->steps[step].lacks_packets = true;
		}
	}
}

static int redis_backend_ask(struct view_backend *backend, const struct view_access *access,
	const struct view_question *question, struct view_answer *answer, struct err *err)
{
	int status = ask(backend, access, question, answer, err);
	bool is_part = question->by_count == 1 && question->by[0] == VIEW_BY_INFERRED &&
		       question->filter_count == 0;

	if (status == 0 && is_part) {
		status = ask_whole(backend, access, question, &answer->total, err);
	}
	say_no_packets(answer);
	return status;
}

static const struct view_ops redis_ops = {
	.ask = redis_backend_ask,
	.ask_notices = view_redis_ask_notices,
	.ask_sensors = view_redis_ask_sensors,
	.close = redis_backend_close,
};

static int load_script(char **script, const char *file, struct err *err)
{
	char path[PATH_MAX];
	int status = file_find_data(file, path, err);

	return status < 0 ? status : file_read(path, script, NULL, err);
}

int view_open_redis(struct view **view, const char *url, const char *sensor, struct err *err)
{
	struct view_backend *backend = calloc(1, sizeof(*backend));
	int status = backend ? redis_open(&backend->redis, url, REDIS_DEADLINE_MS, err)
			     : err_set(err, ENOMEM, "out of memory");

	*view = NULL;
	if (status == 0) {
		snprintf(backend->prefix, sizeof(backend->prefix),
			"bf:1:{%s%s}:", sensor ? "" : "all:", sensor ? sensor : REDIS_TENANT);
		status = load_script(&backend->script, "analyzer/share/redis/series.lua", err);
	}
	if (status == 0) {
		status = load_script(&backend->alerts, "analyzer/share/redis/alerts.lua", err);
	}
	if (status < 0) {
		if (backend) {
			redis_backend_close(backend);
		}
		return status;
	}
	status = view_create(view, &redis_ops, backend, redis_name(backend->redis), err);
	if (status == 0) {
		status = view_set_desk(*view, url, err);
	}
	return status;
}
