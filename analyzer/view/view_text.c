#include "analyzer/view/view_text.h"
#include "analyzer/view/view_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 24, ROWS_MAX = 1 << 20, SENSORS_MAX = 10000 };

static void put_word(struct text *text, const char *word)
{
	text_put_char(text, '\t');
	for (; *word; word++) {
		text_put_char(text, (unsigned char)*word < ' ' ? ' ' : *word);
	}
}

static void put_number(struct text *text, uint64_t number)
{
	text_put_char(text, '\t');
	text_put_u64(text, number);
}

void view_put_question(struct text *text, const struct view_question *question)
{
	text_printf(text, "table\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%u\t%zu\t%zu",
		question->from_ns, question->to_ns, question->step_ns, (unsigned)question->sort,
		question->first, question->most);
	put_word(text, question->text ? question->text : "");
	text_put_char(text, '\t');
	for (unsigned i = 0; i < question->by_count; i++) {
		text_printf(text, "%s%s", i ? "," : "", view_dimension_name(question->by[i]));
	}
	for (unsigned i = 0; i < question->filter_count; i++) {
		const struct view_filter *filter = &question->filters[i];
		put_word(text, view_dimension_name(filter->by));
		text_put_char(text, filter->is_excluded ? '!' : '=');
		text_put(text, filter->value);
	}
	text_put_char(text, '\n');
}

/* Fields of a line; how many there are. */
static unsigned split(char *line, char *fields[FIELDS_MAX])
{
	unsigned count = 0;

	while (line && count < FIELDS_MAX) {
		fields[count++] = line;
		line = strchr(line, '\t');
		if (line) {
			*line++ = '\0';
		}
	}
	return count;
}

static bool read_dimensions(char *names, struct view_question *question)
{
	for (char *name = names, *next; *name; name = next) {
		size_t length = strcspn(name, ",");
		next = name + length + (name[length] == ',');
		name[length] = '\0';
		if (question->by_count == VIEW_BY_MAX ||
			!view_dimension_find(name, &question->by[question->by_count++])) {
			return false;
		}
	}
	return true;
}

static bool read_filter(char *field, struct view_question *question)
{
	size_t length = strcspn(field, "=!");
	bool is_excluded = field[length] == '!';
	struct view_filter *filter = &question->filters[question->filter_count];

	if (field[length] == '\0' || question->filter_count == VIEW_FILTERS_MAX) {
		return false;
	}
	field[length] = '\0';
	question->filter_count++;
	filter->value = field + length + 1;
	filter->is_excluded = is_excluded;
	return view_dimension_find(field, &filter->by);
}

static bool read_table(char **fields, unsigned count, struct view_question *question)
{
	if (count < 9) {
		return false;
	}
	question->from_ns = strtoull(fields[1], NULL, 10);
	question->to_ns = strtoull(fields[2], NULL, 10);
	question->step_ns = strtoull(fields[3], NULL, 10);
	question->sort = (enum view_sort)strtoul(fields[4], NULL, 10);
	question->first = strtoull(fields[5], NULL, 10);
	question->most = strtoull(fields[6], NULL, 10);
	question->text = fields[7][0] ? fields[7] : NULL;
	bool is_whole = read_dimensions(fields[8], question);
	for (unsigned i = 9; i < count && is_whole; i++) {
		is_whole = read_filter(fields[i], question);
	}
	return is_whole;
}

int view_read_question(
	char *line, enum view_request *request, struct view_question *question, struct err *err)
{
	char *fields[FIELDS_MAX];

	*question = (struct view_question){ .from_ns = 0 };
	line[strcspn(line, "\n")] = '\0';
	unsigned count = split(line, fields);
	if (strcmp(fields[0], "sensors") == 0) {
		*request = VIEW_REQUEST_SENSORS;
		return 0;
	}
	if (strcmp(fields[0], "notices") == 0) {
		*request = VIEW_REQUEST_NOTICES;
		return 0;
	}
	*request = VIEW_REQUEST_TABLE;
	return strcmp(fields[0], "table") == 0 && read_table(fields, count, question)
		       ? 0
		       : err_set(err, EINVAL,
				 "a question is \"table\", \"sensors\" or \"notices\"; "
				 "found \"%.40s\"",
				 fields[0]);
}

void view_put_error(struct text *text, int status, const struct err *err)
{
	text_printf(text, "error\t%d", -status);
	put_word(text, err->text);
	text_put_char(text, '\n');
}

static void put_figures(struct text *text, const struct view_figures *figures)
{
	text_printf(text,
		"\t%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %u %u %" PRIu64 " %" PRIu64,
		figures->bytes_up, figures->bytes_down, figures->flows, figures->packets,
		figures->devices, figures->first_ns, figures->last_ns, (unsigned)figures->count,
		(unsigned)figures->is_hidden, figures->unseen_up, figures->unseen_down);
}

static void read_figures(char *at, struct view_figures *figures)
{
	figures->bytes_up = strtoull(at, &at, 10);
	figures->bytes_down = strtoull(at, &at, 10);
	figures->flows = strtoull(at, &at, 10);
	figures->packets = strtoull(at, &at, 10);
	figures->devices = strtoull(at, &at, 10);
	figures->first_ns = strtoull(at, &at, 10);
	figures->last_ns = strtoull(at, &at, 10);
	figures->count = (uint8_t)strtoul(at, &at, 10);
	figures->is_hidden = strtoul(at, &at, 10) != 0;
	figures->unseen_up = strtoull(at, &at, 10);
	figures->unseen_down = strtoull(at, &at, 10);
	view_figures_note_ways(figures);
}

/* The notes' numbers, in the order of their line. */
#define NOTES(X)                                                                                   \
	X(from_ns)                                                                                 \
	X(to_ns)                                                                                   \
	X(step_ns)                                                                                 \
	X(step_count)                                                                              \
	X(kept_from_ns)                                                                            \
	X(is_past_retention)                                                                       \
	X(as_of_ns)                                                                                \
	X(protection)                                                                              \
	X(k)                                                                                       \
	X(days_withheld)                                                                           \
	X(gaps_more)                                                                               \
	X(left_out)                                                                                \
	X(problems)                                                                                \
	X(has_flows)

static void put_notes(struct text *text, const struct view_notes *notes)
{
	text_put(text, "notes");
#define X(name) put_number(text, (uint64_t)notes->name);
	NOTES(X)
#undef X
	text_put_char(text, '\n');
}

static void read_notes(char **fields, unsigned count, struct view_notes *notes)
{
	unsigned at = 1;
#define X(name)                                                                                    \
	if (at < count) {                                                                          \
		notes->name = (__typeof__(notes->name))strtoull(fields[at++], NULL, 10);           \
	}
	NOTES(X)
#undef X
}

static void put_row(struct text *text, const struct view_row *row, unsigned by_count, size_t steps)
{
	static const struct view_figures nothing;

	text_printf(
		text, "row\t%u\t%u", (unsigned)row->is_remainder, (unsigned)row->has_hidden_days);
	put_figures(text, &row->total);
	for (unsigned i = 0; i < by_count; i++) {
		put_word(text, row->values[i]);
	}
	text_put_char(text, '\n');
	for (size_t i = 0; i < steps; i++) {
		if (memcmp(&row->steps[i], &nothing, sizeof(nothing)) != 0) {
			text_printf(text, "step\t%zu", i);
			put_figures(text, &row->steps[i]);
			text_put_char(text, '\n');
		}
	}
}

void view_put_answer(struct text *text, const struct view_answer *answer, unsigned by_count)
{
	put_notes(text, &answer->notes);
	text_put(text, "total");
	put_figures(text, &answer->total);
	text_printf(text, "\nall\t%zu\n", answer->all_rows);
	for (size_t i = 0; i < answer->row_count; i++) {
		put_row(text, &answer->rows[i], by_count, answer->notes.step_count);
	}
}

/* Room for one more; false where there is none to be had. */
static bool reserve(void **items, size_t count, size_t most, size_t bytes)
{
	if (count >= most) {
		return false;
	}
	if ((count & (count - 1)) == 0) { /* a power of two, or none */
		void *grown = realloc(*items, (count ? 2 * count : 1) * bytes);
		if (!grown) {
			return false;
		}
		*items = grown;
	}
	return true;
}

static struct view_row *read_row(
	struct view_answer *answer, char **fields, unsigned count, unsigned by_count)
{
	struct view_row row = { .is_remainder = false };
	size_t steps = answer->notes.step_count;

	if (count != 4 + by_count || steps > VIEW_STEPS_MAX ||
		!reserve((void **)&answer->rows, answer->row_count, ROWS_MAX, sizeof(row))) {
		return NULL;
	}
	row.is_remainder = fields[1][0] == '1';
	row.has_hidden_days = fields[2][0] == '1';
	read_figures(fields[3], &row.total);
	for (unsigned i = 0; i < by_count; i++) {
		row.values[i] = strdup(fields[4 + i]);
	}
	row.steps = steps ? calloc(steps, sizeof(*row.steps)) : NULL;
	answer->rows[answer->row_count] = row;
	return &answer->rows[answer->row_count++];
}

static int read_error(char **fields, unsigned count, struct err *err)
{
	int code = count == 3 ? atoi(fields[1]) : 0;

	return err_set(err, code > 0 ? code : EPROTO, "%s", count == 3 ? fields[2] : "an error");
}

/* The next line of a text; NULL at its end. */
static char *next_line(char **text)
{
	char *line = *text;

	if (!*line) {
		return NULL;
	}
	size_t length = strcspn(line, "\n");
	*text = line + length + (line[length] == '\n');
	line[length] = '\0';
	return line;
}

/* Each line, split at its tabs, to whoever knows it; what nobody knows is another version's. Ends
 * at an error that was told instead. */
typedef void take_line(void *context, char **fields, unsigned count);

static int read_lines(char *text, take_line *take, void *context, struct err *err)
{
	char *fields[FIELDS_MAX], *line;

	while ((line = next_line(&text))) {
		unsigned count = split(line, fields);
		if (strcmp(fields[0], "error") == 0) {
			return read_error(fields, count, err);
		}
		take(context, fields, count);
	}
	return 0;
}

/* An answer under way. */
struct reading_answer {
	struct view_answer *made;
	struct view_row *row; /* whose steps follow; NULL */
	unsigned by_count;
	bool has_notes;
};

static void take_answer(void *context, char **fields, unsigned count)
{
	struct reading_answer *reading = context;
	struct view_answer *made = reading->made;
	struct view_row *row = reading->row;

	if (strcmp(fields[0], "notes") == 0 && !reading->has_notes) {
		read_notes(fields, count, &made->notes);
		reading->has_notes = true;
	} else if (strcmp(fields[0], "total") == 0 && count == 2) {
		read_figures(fields[1], &made->total);
	} else if (strcmp(fields[0], "all") == 0 && count == 2) {
		made->all_rows = strtoull(fields[1], NULL, 10);
	} else if (strcmp(fields[0], "row") == 0) {
		reading->row = read_row(made, fields, count, reading->by_count);
	} else if (strcmp(fields[0], "step") == 0 && count == 3 && row && row->steps) {
		uint64_t step = strtoull(fields[1], NULL, 10);
		if (step < made->notes.step_count) {
			read_figures(fields[2], &row->steps[step]);
		}
	}
}

int view_read_answer(char *text, unsigned by_count, struct view_answer **answer, struct err *err)
{
	struct reading_answer reading = { .made = calloc(1, sizeof(*reading.made)),
		.by_count = by_count };
	int status = reading.made ? read_lines(text, take_answer, &reading, err)
				  : err_set(err, ENOMEM, "out of memory");

	if (status == 0 && !reading.has_notes) {
		status = err_set(err, EPROTO, "what answers is no sensor of this version");
	}
	if (status < 0) {
		view_answer_free(reading.made);
		reading.made = NULL;
	}
	*answer = reading.made;
	return status;
}

void view_put_sensor(struct text *text, const struct view_sensor *sensor)
{
	text_put(text, "sensor");
	put_word(text, sensor->name);
	put_number(text, sensor->silent_s);
	text_put_char(text, '\t');
	health_summary_put(text, &sensor->health);
	text_put_char(text, '\n');
}

static void take_sensor(void *context, char **fields, unsigned count)
{
	struct view_sensors *sensors = context;

	if (strcmp(fields[0], "sensor") == 0 && count == 4 &&
		reserve((void **)&sensors->sensors, sensors->count, SENSORS_MAX,
			sizeof(*sensors->sensors))) {
		struct view_sensor *sensor = &sensors->sensors[sensors->count++];
		memset(sensor, 0, sizeof(*sensor));
		snprintf(sensor->name, sizeof(sensor->name), "%s", fields[1]);
		sensor->silent_s = strtoull(fields[2], NULL, 10);
		health_summary_parse(&sensor->health, fields[3]);
	}
}

int view_read_sensors(char *text, struct view_sensors *sensors, struct err *err)
{
	int status = read_lines(text, take_sensor, sensors, err);

	return status == 0 && sensors->count == 0
		       ? err_set(err, EPROTO, "what answers is no sensor")
		       : status;
}

void view_put_notice(struct text *text, const struct view_notice *notice)
{
	text_put(text, "notice");
	put_word(text, notice->id);
	put_word(text, notice->kind);
	put_number(text, notice->time_ns);
	put_word(text, notice->sentence);
	text_put_char(text, '\n');
}

static void take_notice(void *context, char **fields, unsigned count)
{
	struct view_notices *notices = context;

	if (strcmp(fields[0], "notice") == 0 && count == 5 &&
		reserve((void **)&notices->notices, notices->count, VIEW_NOTICES_MAX,
			sizeof(*notices->notices))) {
		struct view_notice *notice = &notices->notices[notices->count++];
		memset(notice, 0, sizeof(*notice));
		snprintf(notice->id, sizeof(notice->id), "%s", fields[1]);
		snprintf(notice->kind, sizeof(notice->kind), "%s", fields[2]);
		notice->time_ns = strtoull(fields[3], NULL, 10);
		snprintf(notice->sentence, sizeof(notice->sentence), "%s", fields[4]);
	}
}

int view_read_notices(char *text, struct view_notices *notices, struct err *err)
{
	return read_lines(text, take_notice, notices, err);
}
