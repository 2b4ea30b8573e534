#include "dashboards/cli/flows_compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/archive/archive_protection.h"
#include "analyzer/record/lookup_log.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/flows_cmd.h"
#include "dashboards/cli/flows_nothing.h"
#include "dashboards/cli/past_records.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/cli/time_word.h"

/* One of the two. */
struct side {
	struct flows_answer *answer;
	const char *name;
	struct option_list folders; /* of archives; none: a capture */
	struct grouping *grouping;
	const struct group_row *rows;
	size_t count;
	const struct reference *reference; /* of a capture */
	struct nothing_words *words;       /* that the filter asks for, of both */
	uint64_t first_ns, last_ns, records, flows, bytes, named_bytes, gaps;
	bool has_pseudonyms;
};

/* A group in both: either may be NULL. */
struct change {
	const struct group_row *before, *after;
	uint64_t sum_before, sum_after;
};

static void take(struct side *side, const struct record *record, const struct record_labels *labels)
{
	const struct flows_answer *answer = side->answer;
	struct field_view view = { record, labels, true, answer->question.zone };
	uint64_t bytes = record->flow.bytes[0] + record->flow.bytes[1];

	side->has_pseudonyms |= labels->device[0] != '\0';
	side->first_ns = side->records == 0 || record->flow.start_ns < side->first_ns
				 ? record->flow.start_ns
				 : side->first_ns;
	side->last_ns = record->flow.end_ns > side->last_ns ? record->flow.end_ns : side->last_ns;
	side->records++;
	side->flows += record->flow.part == 0;
	nothing_words_note(side->words, &view);
	side->bytes += bytes;
	side->named_bytes += labels->app[0] && !record->verdict.inferred ? bytes : 0;
	if (!answer->question.query || query_match(answer->question.query, &view)) {
		grouping_add(side->grouping, &view);
	}
}

static void take_past(void *context, const struct record *record, const char *pseudonym)
{
	struct side *side = context;
	const struct flow_question *question = &side->answer->question;
	struct record_labels labels;

	(void)pseudonym;
	if (record->flow.end_ns < question->from_ns ||
		(question->to_ns > 0 && record->flow.start_ns >= question->to_ns)) {
		return;
	}
	record_labels_of(&labels, side->reference, record);
	take(side, record, &labels);
}

static void note_problem(void *context, const char *sentence)
{
	struct side *side = context;

	side->answer->archive.problem(side->answer, sentence);
}

static int read_capture(struct side *side, struct err *err)
{
	static const struct option_list no_archives;
	struct fact_settings facts = { .catalogue = side->answer->settings->catalogue };
	char *file = (char *)(uintptr_t)side->name;
	int status = facts_load(&side->reference, &facts, NULL, err);

	if (status < 0) {
		return status;
	}
	const struct past_records past = { .command = "flows",
		.archives = &no_archives,
		.files = &file,
		.file_count = 1,
		.reference = side->reference,
		.take = take_past,
		.context = side,
		.problem = note_problem };
	return past_records_read(&past, err);
}

static int read_folder(struct side *side, struct archive_once *once, unsigned place,
	const struct archive_options *period, struct err *err)
{
	struct archive_options options = *period;
	struct archive_reader *reader;
	struct archive_stats stats;
	struct archived *records;
	size_t count;

	options.folder = side->folders.items[place];
	int status = archive_reader_open(&reader, &options, err);
	if (status < 0) {
		return status;
	}
	while ((count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count; i++) {
			if (archive_once_tells(once, place, &records[i])) {
				take(side, &records[i].record, &records[i].labels);
			}
		}
	}
	archive_reader_stats(reader, &stats);
	side->gaps += stats.gap_records;
	archive_reader_close(reader);
	return 0;
}

static int read_folders(struct side *side, uint64_t from_ns, uint64_t to_ns, struct err *err)
{
	const struct archive_options period = { .from_ns = from_ns,
		.to_ns = to_ns,
		.problem = side->answer->archive.problem,
		.problem_context = side->answer };
	struct archive_once *once;
	int status =
		archive_once_open(&once, side->folders.items, side->folders.count, &period, err);

	for (unsigned i = 0; i < side->folders.count && status == 0; i++) {
		status = read_folder(side, once, i, &period, err);
	}
	archive_once_close(once);
	return status;
}

/* A time in the archive: "2026-03-31", or "FROM..TO". */
static int read_period(struct side *side, struct err *err)
{
	const struct flows_answer *answer = side->answer;
	const struct local_zone *zone = answer->question.zone;
	const char *dots = strstr(side->name, "..");
	uint64_t from_ns, to_ns, now_ns = clock_now_ns();
	char from[64];

	snprintf(from, sizeof(from), "%.*s", dots ? (int)(dots - side->name) : 63, side->name);
	if (!time_word_parse(from, zone, now_ns, &from_ns) ||
		(dots && !time_word_parse_end(dots + 2, zone, now_ns, &to_ns))) {
		return err_set(err, EINVAL,
			"%s: expected an archive, a capture, or a time in --archive such as "
			"2026-03-31 or 2026-03-01..2026-03-08",
			side->name);
	}
	if (dots && to_ns <= from_ns) {
		return err_set(err, EINVAL, "%s: ends before it begins", side->name);
	}
	if (answer->settings->archives.count == 0) {
		return err_set(err, EINVAL, "%s is a time: name the archive it is of (--archive)",
			side->name);
	}
	to_ns = dots ? to_ns : local_day_at(zone, local_day_of(zone, from_ns).number + 1).start_ns;
	side->folders = answer->settings->archives;
	return read_folders(side, from_ns, to_ns, err);
}

static int read_side(struct side *side, struct err *err)
{
	const struct flows_settings *settings = side->answer->settings;
	struct stat stat_of;
	int status = grouping_create(&side->grouping,
		settings->group_by ? settings->group_by : "app", settings->sum, err);

	if (status < 0) {
		return status;
	}
	if (stat(side->name, &stat_of) < 0) {
		status = read_period(side, err);
	} else if (S_ISDIR(stat_of.st_mode)) {
		side->folders = (struct option_list){ { side->name }, 1 };
		status = read_folders(
			side, side->answer->question.from_ns, side->answer->question.to_ns, err);
	} else {
		status = read_capture(side, err);
	}
	side->count = status == 0 ? grouping_rows(side->grouping, 0, &side->rows) : 0;
	return status;
}

/* Single devices are seen with the key alone, and then it is noted. */
static int check_devices(const struct side *sides, struct err *err)
{
	const struct flows_settings *settings = sides[0].answer->settings;

	if (!sides[0].has_pseudonyms && !sides[1].has_pseudonyms) {
		return 0;
	}
	if (!settings->key) {
		return err_set(err, EPERM,
			"devices are pseudonyms here: groups may be so small that they tell who it "
			"was, and comparing them wants the key (--key)");
	}
	int status = 0;
	for (unsigned i = 0; i < 2 && status == 0; i++) {
		status = archive_protection_check_key(settings->key,
			(const char *const *)sides[i].folders.items,
			sides[i].has_pseudonyms ? sides[i].folders.count : 0, err);
	}
	for (unsigned i = 0; i < 2 && status == 0; i++) {
		const struct lookup lookup = { .kind = LOOKUP_READ,
			.question = "flows --compare",
			.reason = settings->reason ? settings->reason : "",
			.now_ns = clock_now_ns() };
		unsigned count = sides[i].has_pseudonyms ? sides[i].folders.count : 0;
		for (unsigned k = 0; k < count && status == 0; k++) {
			status = lookup_log_append(sides[i].folders.items[k], &lookup, err);
		}
	}
	return status;
}

static uint64_t hash_of(const struct grouping *grouping, const struct group_row *row)
{
	static const struct hash_key key = { { 1, 2 } }; /* the values are in memory already */
	uint64_t hash = 0;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		hash = hash * 31 + hash_bytes(&key, row->values[i], strlen(row->values[i]));
	}
	return hash;
}

struct lookup_row {
	const struct group_row *row;
	unsigned fields;
};

static bool is_row(const void *items, uint32_t place, const void *key)
{
	const struct change *change = (const struct change *)items + place;
	const struct lookup_row *wanted = key;

	for (unsigned i = 0; i < wanted->fields; i++) {
		if (!change->before ||
			strcmp(change->before->values[i], wanted->row->values[i]) != 0) {
			return false;
		}
	}
	return true;
}

static uint64_t sum_of(const struct side *side, const struct group_row *row)
{
	return !row ? 0 : grouping_sum_count(side->grouping) > 0 ? row->sums[0] : row->flows;
}

static uint64_t distance(const struct change *change)
{
	return change->sum_after > change->sum_before ? change->sum_after - change->sum_before
						      : change->sum_before - change->sum_after;
}

static int by_distance(const void *a, const void *b)
{
	const struct change *left = a, *right = b;
	uint64_t of_left = distance(left), of_right = distance(right);

	return of_left != of_right ? (of_left < of_right ? 1 : -1)
				   : (int)(left->sum_before < right->sum_before) -
					     (int)(left->sum_before > right->sum_before);
}

/* The groups of both sides, those that changed most first. NULL: out of memory. */
static struct change *join(const struct side *sides, size_t *count)
{
	struct change *changes = calloc(sides[0].count + sides[1].count + 1, sizeof(*changes));
	struct hash_table table = { 0 };
	unsigned fields = grouping_field_count(sides[0].grouping);
	bool is_whole = changes != NULL;

	*count = 0;
	for (size_t i = 0; is_whole && i < sides[0].count; i++) {
		const struct group_row *row = &sides[0].rows[i];
		changes[*count] =
			(struct change){ .before = row, .sum_before = sum_of(&sides[0], row) };
		is_whole = hash_table_put(
			&table, hash_of(sides[0].grouping, row), (uint32_t)(*count)++);
	}
	for (size_t i = 0; is_whole && i < sides[1].count; i++) {
		const struct lookup_row wanted = { &sides[1].rows[i], fields };
		uint32_t place = hash_table_find(
			&table, hash_of(sides[1].grouping, wanted.row), is_row, changes, &wanted);
		struct change *change =
			place == HASH_TABLE_NONE ? &changes[(*count)++] : &changes[place];
		change->after = wanted.row;
		change->sum_after = sum_of(&sides[1], wanted.row);
	}
	hash_table_deinit(&table);
	if (!is_whole) {
		free(changes);
		return NULL;
	}
	qsort(changes, *count, sizeof(*changes), by_distance);
	return changes;
}

static const char *state_of(const struct change *change)
{
	return !change->before                          ? "new"
	       : !change->after                         ? "gone"
	       : change->sum_after > change->sum_before ? "grown"
	       : change->sum_after < change->sum_before ? "shrunk"
							: "same";
}

static const char *value_of(const struct change *change, unsigned field)
{
	return (change->after ? change->after : change->before)->values[field];
}

static void put_json(
	struct text *text, const struct grouping *grouping, const struct change *change)
{
	text_printf(text, "{\"change\":\"%s\"", state_of(change));
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_printf(text, ",\"%s\":\"", grouping_field(grouping, i)->path);
		text_put_json(text, value_of(change, i), strlen(value_of(change, i)));
		text_put_char(text, '"');
	}
	text_printf(text,
		",\"before\":%" PRIu64 ",\"after\":%" PRIu64 ",\"flows_before\":%" PRIu64
		",\"flows_after\":%" PRIu64 "}\n",
		change->sum_before, change->sum_after, change->before ? change->before->flows : 0,
		change->after ? change->after->flows : 0);
}

static void put_csv(struct text *text, const struct grouping *grouping, const struct change *change)
{
	text_printf(text, "%s", state_of(change));
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_put_char(text, ',');
		text_put_csv(text, value_of(change, i), strlen(value_of(change, i)));
	}
	text_printf(text, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\r\n",
		change->sum_before, change->sum_after, change->before ? change->before->flows : 0,
		change->after ? change->after->flows : 0);
}

static void put_csv_header(struct text *text, const struct grouping *grouping)
{
	text_put(text, "change");
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		text_printf(text, ",%s", grouping_field(grouping, i)->path);
	}
	text_put(text, ",before,after,flows_before,flows_after\r\n");
}

static bool begin_table(struct table *table, const struct grouping *grouping)
{
	const char *headings[GROUP_FIELDS_MAX + 6] = { "change" };
	unsigned count = 1;

	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		const struct field *field = grouping_field(grouping, i);
		headings[count++] = field->alias ? field->alias : field->path;
	}
	headings[count++] = ">before";
	headings[count++] = ">after";
	headings[count++] = ">flows before";
	headings[count++] = ">flows after";
	headings[count] = NULL;
	return table_init(table, headings);
}

/* Sums of bytes are sizes. */
static void put_sum(
	struct table *table, unsigned column, const struct grouping *grouping, uint64_t sum)
{
	const char *path = grouping_sum_count(grouping) ? grouping_sum(grouping, 0)->path : "";

	if (strstr(path, "bytes")) {
		table_cell_size(table, column, sum);
	} else {
		table_cell_count(table, column, sum);
	}
}

static void put_table_row(
	struct table *table, const struct grouping *grouping, const struct change *change)
{
	unsigned column = 0;

	table_row(table);
	table_cell(table, column++, "%s", state_of(change));
	for (unsigned i = 0; i < grouping_field_count(grouping); i++) {
		const char *value = value_of(change, i);
		table_cell_escaped(table, column++, value[0] ? value : "-");
	}
	put_sum(table, column++, grouping, change->sum_before);
	put_sum(table, column++, grouping, change->sum_after);
	table_cell_count(table, column++, change->before ? change->before->flows : 0);
	table_cell_count(table, column, change->after ? change->after->flows : 0);
}

/* On standard error: what is printed stays data. */
static void say_coverage(const struct side *side, const char *which)
{
	char memory[128], flows[32];
	struct text period, count;

	if (side->records == 0) {
		cli_notice("flows", "%s, %s: nothing was seen", which, side->name);
		return;
	}
	text_init(&period, memory, sizeof(memory));
	nothing_put_period(&period, side->answer->question.zone, side->first_ns, side->last_ns);
	text_init(&count, flows, sizeof(flows));
	text_put_grouped(&count, side->flows, ",");
	const double seconds = (double)(side->last_ns - side->first_ns) / 1e9;
	const char *unit = seconds < 60 ? "s" : seconds < 3600 ? "min" : "h";
	cli_notice("flows",
		"%s, %s:%s (%.1f %s), %s flow%s, %.0f %% of the bytes with an app that was seen%s",
		which, side->name, memory,
		seconds < 60 ? seconds : seconds / (seconds < 3600 ? 60 : 3600), unit, flows,
		side->flows == 1 ? "" : "s",
		side->bytes ? 100.0 * (double)side->named_bytes / (double)side->bytes : 0.0,
		side->gaps ? "; with gaps, when the sensor could not write" : "");
}

static int print_changes(struct flows_answer *answer, const struct side *sides, struct err *err)
{
	const struct grouping *grouping = sides[0].grouping;
	size_t count, top = answer->settings->top;
	struct change *changes = join(sides, &count);
	size_t shown = top > 0 && top < count ? top : count;
	int status = changes ? out_file_open(&answer->out, "-", OUT_FILE_REPLACE, err)
			     : err_set(err, ENOMEM, "out of memory");

	if (status == 0 && answer->form == FORM_TABLE && !begin_table(&answer->table, grouping)) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	text_init_heap(&answer->text);
	if (answer->form == FORM_CSV) {
		put_csv_header(&answer->text, grouping);
	} else if (answer->form == FORM_TABLE && shown > TABLE_ROWS_MAX - 1) {
		shown = TABLE_ROWS_MAX - 1;
	}
	for (size_t i = 0; i < shown && status == 0; i++) {
		switch (answer->form) {
		case FORM_NDJSON:
			put_json(&answer->text, grouping, &changes[i]);
			break;
		case FORM_CSV:
			put_csv(&answer->text, grouping, &changes[i]);
			break;
		case FORM_TABLE:
			put_table_row(&answer->table, grouping, &changes[i]);
			break;
		}
		status = flows_write_out(answer, OUT_FILE_BUFFER_BYTES, err);
	}
	if (status == 0 && answer->form == FORM_TABLE) {
		flows_print_table(answer);
		flows_say_more(count, shown);
	}
	status = status == 0 ? flows_write_out(answer, 0, err) : status;
	free(changes);
	return status;
}

/* Could nothing match at all? */
static bool say_nothing(const struct nothing_words *words, bool is_unseen)
{
	struct text text;

	text_init_heap(&text);
	bool is_amiss = nothing_words_put(words, &text);
	text_put(&text, "nothing matches in either of the two\n");
	cli_notice_lines("flows", &text);
	text_deinit(&text);
	return is_amiss || is_unseen;
}

int flows_compare(struct flows_answer *answer, const char *const *arguments, unsigned count)
{
	struct side sides[2] = { { .answer = answer }, { .answer = answer } };
	struct err err;

	if (count < 2) {
		return cli_usage_error(&command_flows,
			"--compare: name two archives, captures or times (2026-03-31, or "
			"2026-03-01..2026-03-08), the earlier first");
	}
	struct nothing_words *words = nothing_words_create(answer->question.query);
	int status = words ? 0 : err_set(&err, ENOMEM, "out of memory");
	for (unsigned i = 0; i < 2 && status == 0; i++) {
		sides[i].name = arguments[i];
		sides[i].words = words;
		status = read_side(&sides[i], &err);
	}
	status = status < 0 ? status : check_devices(sides, &err);
	if (status == 0) {
		say_coverage(&sides[0], "before");
		say_coverage(&sides[1], "after");
		status = print_changes(answer, sides, &err);
	}
	const bool is_unseen = sides[0].records + sides[1].records == 0;
	const bool is_amiss = status == 0 && sides[0].count + sides[1].count == 0 &&
			      say_nothing(words, is_unseen);
	nothing_words_destroy(words);
	for (unsigned i = 0; i < 2; i++) {
		grouping_destroy(sides[i].grouping);
		reference_release(sides[i].reference);
	}
	if (status < 0) {
		return cli_fail("flows", status, &err);
	}
	bool is_unfinished = false;
	for (unsigned i = 0; i < 2; i++) {
		is_unfinished |= flows_say_unfinished(&sides[i].folders);
	}
	return answer->problems || is_unfinished ? EXIT_INPUT : is_amiss ? EXIT_USAGE : EXIT_DONE;
}
