#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_inputs.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/output/out_file.h"
#include "analyzer/format/query.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/keys.h"
#include "analyzer/record/lookup_log.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/group_protect.h"
#include "analyzer/format/record_csv.h"
#include "analyzer/format/record_json.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/flows_nothing.h"
#include "dashboards/cli/flows_sums.h"
#include "dashboards/cli/group_forms.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/cli/time_word.h"

extern const struct command command_flows;

/* k is the policy's; who asks an archive may not have it, so the usual one stands. */
enum { FILTER_BYTES = 4096, TABLE_LIMIT = 100, GROUP_MINIMUM = 5 };

struct flows_settings {
	const char *archive, *from, *to, *last, *time_zone, *format, *group_by, *sum, *key, *signer,
		*anchor, *reason;
	struct option_list catalogue;
	uint64_t top, limit;
	bool whole, verify, fields, explain, from_records;
};

#define AT(field) offsetof(struct flows_settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_FOLDER, AT(archive), .argument = "DIR", .group = "What to read",
		.help = "The archive, as analyze --archive and capture write it." },
	{ "from", 0, OPTION_TEXT, AT(from), .argument = "TIME",
		.help = "Only flows that were alive at or after this time: 2026-03-31, "
			"2026-03-31T10:15, 2026-03-31T10:15:00+02:00, yesterday, today, or how "
			"long ago: 24h, 7d." },
	{ "to", 0, OPTION_TEXT, AT(to), .argument = "TIME",
		.help = "Only flows that began before this time." },
	{ "last", 0, OPTION_TEXT, AT(last), .argument = "SPAN",
		.help = "Only flows that were alive in the last 90m, 24h, 7d." },
	{ "time-zone", 0, OPTION_TEXT, AT(time_zone), .argument = "ZONE", .default_text = "UTC",
		.help = "Whose clock --from, --to and the groups hour, day, week and weekday go "
			"by, "
			"for example Europe/Oslo." },
	{ "catalogue", 'c', OPTION_LIST, AT(catalogue), .argument = "FILE",
		.help = "More apps, for filters that name them; a file or a folder; may be given "
			"several times." },
	{ "whole", 'w', OPTION_FLAG, AT(whole),
		.help = "Whole flows, one record each when it ended, instead of parts of five "
			"minutes." },
	{ "group-by", 'g', OPTION_TEXT, AT(group_by), .argument = "FIELD,...",
		.group = "What to print",
		.help = "Add up by these fields (at most four) instead of printing records. Apps "
			"that are only inferred make groups of their own: \"tiktok (inferred)\"; "
			"so "
			"they do by other fields where the filter asks for an app." },
	{ "sum", 0, OPTION_TEXT, AT(sum), .argument = "FIELD,...", .default_text = "bytes",
		.help = "What to add up with --group-by; groups are sorted by the first. Flows and "
			"records are counted always, and may stand first to sort by." },
	{ "top", 0, OPTION_NUMBER, AT(top), .argument = "N", .default_text = "20", .most = 1000000,
		.help = "The largest groups only; 0 is all." },
	{ "key", 0, OPTION_FILE, AT(key), .argument = "KEYFILE",
		.help = "The key that the pseudonyms of the archive were made with: whoever has it "
			"may see devices. Without it groups are protected where devices are "
			"pseudonyms: of fewer than 5 devices no figure is shown." },
	{ "from-records", 0, OPTION_FLAG, AT(from_records),
		.help = "Add the records up, also where what hours add up to suffices." },
	{ "explain", 0, OPTION_FLAG, AT(explain),
		.help = "Say on standard error what was read, and what was passed over unread." },
	{ "reason", 0, OPTION_TEXT, AT(reason), .argument = "TEXT",
		.help = "Why single devices are looked at: it stands in the archive's "
			"lookups.tsv." },
	{ "limit", 'l', OPTION_NUMBER, AT(limit), .argument = "N", .most = UINT64_MAX,
		.help = "At most so many records; 0 is all, but a table shows 100." },
	{ "format", 'o', OPTION_CHOICE, AT(format), .argument = "NAME",
		.choices = "ndjson|csv|table", .help = "table on a terminal, otherwise ndjson." },
	{ "verify", 0, OPTION_FLAG, AT(verify), .group = "Instead",
		.help = "Read everything and check the chain of digests and its signature; exit "
			"status 1 where either is broken." },
	{ "signer", 0, OPTION_FILE, AT(signer), .argument = "PUBFILE",
		.help = "With --verify: the public key (signing.pub) that must have signed the "
			"head." },
	{ "anchor", 0, OPTION_TEXT, AT(anchor), .argument = "DIGEST",
		.help = "With --verify: a digest from a report, the log or Redis that must be in "
			"the chain." },
	{ "fields", 0, OPTION_FLAG, AT(fields),
		.help = "List the fields that filters and --group-by know, with short names and "
			"types." },
	{ NULL },
};

enum form { FORM_NDJSON, FORM_CSV, FORM_TABLE };

/* One answer being made: where records come from, what is asked of them, where they go. */
struct answer {
	const struct flows_settings *settings;
	char filter[FILTER_BYTES];
	enum form form;
	struct archive_options archive;
	struct local_zone *zone;
	struct query *query; /* NULL: every record */
	struct grouping *grouping;
	struct group_protect *protect; /* NULL: groups are exact */
	struct flow_sums *sums;        /* groups come from what hours or days add up to */
	struct json_plan *plan;
	struct out_file out;
	struct text text; /* gathered, not yet written */
	struct table table;
	uint64_t matched, printed, problems;
	bool is_past_retention; /* all that was asked for has been deleted */
	bool is_full;
};

static void print_problem(void *context, const char *sentence)
{
	struct answer *answer = context;

	answer->problems++;
	cli_error("flows", sentence);
}

static int list_fields(void)
{
	static const char *const types[] = { "text", "word", "number", "number", "true or false",
		"time", "address", "id", "words", "texts" };

	for (unsigned i = 0; i < field_count; i++) {
		if (!(field_table[i].forms & FIELD_CONSTANT)) {
			printf("%-42s %-16s %s\n", field_table[i].path,
				field_table[i].alias ? field_table[i].alias : "",
				types[field_table[i].type]);
		}
	}
	printf("%-42s %-16s %s\n", "source.ip or destination.ip", "ip", "address");
	printf("%-42s %-16s %s\n", "source.port or destination.port", "port", "number");
	return EXIT_DONE;
}

/* What a sensor could not write, and said so. */
static void say_gaps(const char *folder, const struct archive_stats *stats)
{
	if (stats->gaps > 0) {
		cli_notice("flows",
			"%s: %" PRIu64 " record%s missing in %" PRIu64
			" gap%s, when the sensor could not write",
			folder, stats->gap_records, stats->gap_records == 1 ? " is" : "s are",
			stats->gaps, stats->gaps == 1 ? "" : "s");
	}
}

/* --explain: what an answer came from. */
static void explain(
	const struct answer *answer, const char *from, const struct archive_stats *stats)
{
	if (answer->settings->explain) {
		cli_notice("flows",
			"read %s: %" PRIu64 " blocks of %" PRIu64 " segments with %" PRIu64
			" records or cells, %.1f MB; passed over unread, since they lie outside "
			"the time: %" PRIu64 " blocks",
			from, stats->blocks, stats->segments, stats->records,
			(double)stats->compressed_bytes / 1e6, stats->blocks_skipped);
	}
}

/* What was deleted is not zero. */
static void say_deleted(struct answer *answer, const struct archive_stats *stats)
{
	char until[CLOCK_TEXT_LENGTH + 1];

	if (stats->deleted_until_ns == 0) {
		return;
	}
	answer->is_past_retention =
		answer->archive.to_ns > 0 && answer->archive.to_ns <= stats->deleted_until_ns;
	clock_format(stats->deleted_until_ns, until);
	cli_notice("flows",
		"past retention: records up to %.19sZ have been deleted (%s/deleted says when and "
		"why)%s",
		until, answer->archive.folder,
		answer->is_past_retention ? "; this is no answer of zero" : "");
}

/* The public key that must have signed: "" any. */
static int find_signer(
	const struct answer *answer, uint8_t key[PUBLIC_KEY_BYTES], bool *has, struct err *err)
{
	const char *path = answer->settings->signer;

	*has = path != NULL;
	return path ? public_key_read_file(path, key, err) : 0;
}

/* After a kill -9: which input is not all here, and up to when it is. */
static void say_unfinished(const char *folder, uint64_t last_ns)
{
	char name[INPUT_NAME_BYTES], last[CLOCK_TEXT_LENGTH + 1];
	unsigned count = archive_inputs_unfinished(folder, name);

	if (count > 0) {
		clock_format(last_ns, last);
		printf("The input %s%s was begun and not finished: what came after %.19sZ of it is "
		       "missing.\n",
			name, count > 1 ? " (and others)" : "", last);
	}
}

static void say_signature(const struct archive_check *check)
{
	switch (check->signature) {
	case ARCHIVE_NO_HEAD:
		puts("The archive has no head yet: nothing in it is signed.");
		break;
	case ARCHIVE_UNSIGNED:
		puts("The head is not signed: a chain alone does not show whether its end was cut "
		     "off, or all of it made\nanew. Compare the ends above with ones that were "
		     "noted elsewhere (--anchor).");
		break;
	case ARCHIVE_SIGNED:
		printf("The head is signed by the key that was given: %s\n", check->signer);
		break;
	case ARCHIVE_SIGNED_BY:
		printf("The head is signed by %s\nWhose key that is, this archive cannot say: "
		       "give it (--signer signing.pub).\n",
			check->signer);
		break;
	case ARCHIVE_SIGNED_WRONG:
		puts("The signature does NOT hold.");
		break;
	}
}

static int verify(struct answer *answer)
{
	uint8_t signer[PUBLIC_KEY_BYTES];
	struct archive_check check;
	bool has_signer;
	struct err err;

	if (find_signer(answer, signer, &has_signer, &err) < 0 ||
		archive_verify(&answer->archive, has_signer ? signer : NULL,
			answer->settings->anchor, &check, &err) < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	const struct archive_stats *stats = &check.stats;
	printf("%s: %" PRIu64 " records in %" PRIu64 " blocks of %" PRIu64 " segments, %" PRIu64
	       " blocks of hours and days: %s\n"
	       "last block %s\n",
		answer->archive.folder, stats->records, stats->blocks, stats->segments,
		check.sum_blocks,
		stats->problems ? "NOT whole" : "whole, every digest and the chain hold",
		stats->head);
	if (check.deleted > 0) {
		printf("%" PRIu64 " records and cells were deleted, as %s/deleted says\n",
			check.deleted, answer->archive.folder);
	}
	if (check.anchor[0]) {
		printf("head %s\n", check.anchor);
	}
	say_gaps(answer->archive.folder, stats);
	say_unfinished(answer->archive.folder, stats->last_ns);
	say_signature(&check);
	return stats->problems ? EXIT_FOUND : EXIT_DONE;
}

static int parse_time_option(
	const struct answer *answer, const char *name, const char *text, uint64_t *time_ns)
{
	if (text && !time_word_parse(text, answer->zone, clock_now_ns(), time_ns)) {
		return cli_usage_error(&command_flows,
			"--%s: expected " TIME_WORD_EXPECTED "; found \"%s\"", name, text);
	}
	return 0;
}

static int parse_times(struct answer *answer)
{
	const struct flows_settings *settings = answer->settings;
	struct err err;
	uint64_t span_ns;

	if (local_zone_open(&answer->zone, settings->time_zone, &err) < 0) {
		return cli_usage_error(&command_flows, "--time-zone: %s", err.text);
	}
	if (settings->last && settings->from) {
		return cli_usage_error(&command_flows, "--last and --from say the same: give one");
	}
	if (settings->last && !time_word_parse_span(settings->last, &span_ns)) {
		return cli_usage_error(&command_flows,
			"--last: expected 90m, 24h or 7d; found \"%s\"", settings->last);
	}
	int status = parse_time_option(answer, "from",
		settings->last ? settings->last : settings->from, &answer->archive.from_ns);
	return status ? status
		      : parse_time_option(answer, "to", settings->to, &answer->archive.to_ns);
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
static int name_apps(struct answer *answer)
{
	const struct option_list *packs = &answer->settings->catalogue;
	struct catalogue *catalogue;
	struct err err;
	int status = catalogue_open(&catalogue, packs->items, packs->count, &err);

	if (status == 0) {
		status = query_name_apps(answer->query, catalogue, &err);
	}
	catalogue_close(catalogue);
	if (status < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	return 0;
}

/* Arguments are one filter, so that it may be typed with or without quotes around the whole. */
static int parse_filter(struct answer *answer, char *const *arguments, unsigned count)
{
	struct text text;
	struct err err;
	unsigned column = 0;

	text_init(&text, answer->filter, sizeof(answer->filter));
	for (unsigned i = 0; i < count; i++) {
		text_put(&text, i > 0 ? " " : "");
		text_put(&text, arguments[i]);
	}
	if (count == 0) {
		return 0;
	}
	if (text.truncated) {
		return cli_usage_error(&command_flows, "the filter is longer than %d characters",
			FILTER_BYTES - 1);
	}
	if (query_parse(&answer->query, answer->filter, &column, &err) < 0) {
		cli_error("flows", err.text);
		point_at(answer->filter, column);
		return EXIT_USAGE;
	}
	return query_names_apps(answer->query) ? name_apps(answer) : 0;
}

static void put_field(struct table *table, unsigned column, const struct field_view *view,
	const char *const *paths)
{
	char memory[512];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	for (; *paths && text.length == 0; paths++) {
		const struct field *field = field_find(*paths, strlen(*paths));
		struct field_value value;
		if (field_get(field, view, &value)) {
			field_put_text(&text, field, &value);
		}
	}
	table_cell_escaped(table, column, memory);
}

static void put_table_row(struct table *table, const struct field_view *view)
{
	char time[CLOCK_TEXT_LENGTH + 1];
	const struct record *record = view->record;
	const uint64_t *bytes = view->as_part ? record->flow.bytes : record->flow.total_bytes;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;

	table_row(table);
	clock_format(view->as_part ? record->flow.start_ns : record->flow.flow_start_ns, time);
	char when[CLOCK_TEXT_LENGTH + 1];
	snprintf(when, sizeof(when), "%.5s %.8s", time + 5, time + 11); /* 03-31 10:15:00 */
	table_cell_end(table, 0, when);                                 /* a time is never cut */
	put_field(table, 1, view, (const char *const[]){ "borderflow.device", "source.ip", NULL });
	put_field(table, 2, view,
		(const char *const[]){ "destination.domain", "destination.ip", NULL });
	put_field(table, 3, view, (const char *const[]){ "network.application", NULL });
	if (record->verdict.inferred) {
		table_cell_end(table, 3, " (inferred)");
	}
	put_field(table, 4, view, (const char *const[]){ "borderflow.server_country", NULL });
	put_field(table, 5, view, (const char *const[]){ "borderflow.app.parent_country", NULL });
	table_cell_size(table, 6, bytes[own]);
	table_cell_size(table, 7, bytes[!own]);
}

static int write_out(struct answer *answer, size_t least, struct err *err)
{
	int status = 0;

	if (answer->text.length >= least) {
		status = out_file_write(&answer->out, answer->text.at, answer->text.length, err);
		text_clear(&answer->text);
	}
	return status;
}

static int print_record(struct answer *answer, const struct field_view *view, struct err *err)
{
	answer->printed++;
	switch (answer->form) {
	case FORM_NDJSON:
		record_json_put(answer->plan, &answer->text, view);
		text_put_char(&answer->text, '\n');
		break;
	case FORM_CSV:
		record_csv_put(&answer->text, view);
		break;
	case FORM_TABLE:
		put_table_row(&answer->table, view);
		break;
	}
	answer->is_full = answer->settings->limit && answer->printed >= answer->settings->limit;
	return write_out(answer, OUT_FILE_BUFFER_BYTES, err);
}

static int take_record(struct answer *answer, const struct archived *archived, struct err *err)
{
	struct field_view view = { &archived->record, &archived->labels, !answer->settings->whole,
		answer->zone };
	bool has_pseudonym = archived->labels.device[0] != '\0';
	uint64_t device = has_pseudonym ? device_hash_of_pseudonym(archived->labels.device) : 0;

	if (answer->grouping && has_pseudonym && !answer->protect && !answer->settings->key) {
		return err_set(err, EPERM,
			"%s holds addresses and pseudonyms; groups over both want the key (--key), "
			"or a time in which all devices are pseudonyms",
			answer->archive.folder);
	}
	if (answer->protect && has_pseudonym && archived->record.device.kind != DEVICE_MANY) {
		group_protect_note(answer->protect, device);
	}
	if (answer->query && !query_match(answer->query, &view)) {
		return 0;
	}
	answer->matched++;
	if (answer->protect) {
		group_protect_add(answer->protect, &view, device);
		return 0;
	}
	if (answer->grouping) {
		grouping_add(answer->grouping, &view);
		return 0;
	}
	return print_record(answer, &view, err);
}

static void print_table(const struct answer *answer)
{
	table_put(&answer->table, stdout, terminal_width(), terminal_has_color(),
		terminal_has_utf8());
}

static int print_groups(struct answer *answer, struct err *err)
{
	struct grouping *grouping = answer->grouping;
	const struct group_row *rows;
	size_t count = 0, top = answer->settings->top;
	int status = 0;

	if (answer->sums) {
		count = flow_sums_rows(answer->sums, top, &rows);
	} else if (answer->protect) {
		status = group_protect_rows(answer->protect, top, &rows, &count, err);
	} else {
		count = grouping_rows(grouping, top, &rows);
	}
	if (status < 0) {
		return status;
	}
	if (answer->form == FORM_CSV) {
		group_put_csv_header(&answer->text, grouping);
	}
	for (size_t i = 0; i < count; i++) {
		if (answer->form == FORM_NDJSON) {
			group_put_json(&answer->text, grouping, &rows[i]);
		} else if (answer->form == FORM_CSV) {
			group_put_csv(&answer->text, grouping, &rows[i]);
		} else if (i < TABLE_ROWS_MAX - 1) {
			group_put_table_row(&answer->table, grouping, &rows[i]);
		}
	}
	if (answer->form == FORM_TABLE) {
		print_table(answer);
		size_t shown = count < TABLE_ROWS_MAX - 1 ? count : TABLE_ROWS_MAX - 1;
		if (grouping_count(grouping) > shown) {
			printf("... %zu more groups (--top 0 --format csv prints all)\n",
				grouping_count(grouping) - shown);
		}
	}
	if (grouping_left_out(grouping)) {
		fprintf(stderr,
			"borderflow flows: %" PRIu64
			" records of further groups are left out: more "
			"than %d groups\n",
			grouping_left_out(grouping), GROUPS_MAX);
	}
	return write_out(answer, 0, err);
}

static bool prepare_output(struct answer *answer)
{
	static const char *const headings[] = { "started (UTC)", "from", "to", "app", "in", "under",
		">up", ">down", NULL };

	text_init_heap(&answer->text);
	answer->plan = json_plan_create();
	if (answer->form == FORM_CSV && !answer->grouping) {
		record_csv_put_header(&answer->text);
	}
	if (answer->form != FORM_TABLE) {
		return answer->plan != NULL;
	}
	return answer->plan &&
	       (answer->grouping ? group_table_init(&answer->table, answer->grouping)
				 : table_init(&answer->table, headings));
}

static int read_archive(struct answer *answer, struct err *err)
{
	struct archive_reader *reader;
	struct archive_stats stats;
	struct archived *records;
	size_t count;
	int status = archive_reader_open(&reader, &answer->archive, err);

	if (status < 0) {
		return status;
	}
	while (status == 0 && !answer->is_full &&
		(count = archive_reader_next(reader, &records)) > 0) {
		for (size_t i = 0; i < count && status == 0 && !answer->is_full; i++) {
			status = take_record(answer, &records[i], err);
		}
	}
	archive_reader_stats(reader, &stats);
	say_gaps(answer->archive.folder, &stats);
	say_deleted(answer, &stats);
	explain(answer, "records", &stats);
	archive_reader_close(reader);
	return status;
}

/* Groups that need no records: protected ones of parts of the body, which a day's tables say once
 * and for all, and exact ones of what cells know. */
static int read_sums(struct answer *answer, bool *is_read, struct err *err)
{
	const struct archive_day_rules rules = { answer->zone, GROUP_MINIMUM, clock_now_ns() };
	bool is_asked = answer->grouping && !answer->query && !answer->settings->from_records;
	bool has_table = is_asked && answer->protect &&
			 flow_sums_have_table(answer->grouping, &answer->archive, answer->zone);
	struct archive_stats stats;

	*is_read = has_table || (is_asked && !answer->protect &&
					flow_sums_suffice(answer->grouping, &answer->archive));
	if (!*is_read) {
		return 0;
	}
	int status = flow_sums_read(&answer->sums, answer->grouping, &answer->archive,
		has_table ? &rules : NULL, &stats, err);
	if (status == 0) {
		const struct group_row *rows;
		answer->matched = flow_sums_rows(answer->sums, 0, &rows);
		cli_notice("flows", "%s; records are not counted (--from-records reads them)",
			has_table ? "from the protected tables of whole days"
				  : "from what hours add up to");
		say_deleted(answer, &stats);
		explain(answer, has_table ? "day tables" : "hours", &stats);
	}
	return status;
}

/* On standard error: what is printed stays data. */
static void say_nothing(const struct answer *answer)
{
	struct text text;

	text_init_heap(&text);
	flows_put_nothing(&text, &answer->archive, answer->query);
	for (char *line = text.at, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		cli_notice("flows", "%s", line);
	}
	text_deinit(&text);
}

static int print_answer(struct answer *answer)
{
	struct err err;
	bool is_read = false;
	int status = -1;

	if (!prepare_output(answer)) {
		cli_error("flows", "out of memory");
		return EXIT_USAGE;
	}
	if (out_file_open(&answer->out, "-", OUT_FILE_REPLACE, &err) == 0) {
		status = read_sums(answer, &is_read, &err);
	}
	if (status == 0 && !is_read) {
		status = read_archive(answer, &err);
	}
	if (status == 0 && answer->grouping) {
		status = print_groups(answer, &err);
	} else if (status == 0 && answer->form == FORM_TABLE) {
		print_table(answer);
		if (answer->is_full) {
			printf("... the first %" PRIu64 " (--limit)\n", answer->printed);
		}
	} else if (status == 0) {
		status = write_out(answer, 0, &err);
	}
	if (status < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	if (answer->matched == 0 && !answer->is_past_retention) {
		say_nothing(answer);
	}
	return answer->problems || answer->is_past_retention ? EXIT_INPUT : EXIT_DONE;
}

static enum form choose_form(const char *name)
{
	if (!name) {
		return isatty(STDOUT_FILENO) ? FORM_TABLE : FORM_NDJSON;
	}
	return strcmp(name, "csv") == 0     ? FORM_CSV
	       : strcmp(name, "table") == 0 ? FORM_TABLE
					    : FORM_NDJSON;
}

/* Are the devices of the archive pseudonyms? */
static int has_pseudonyms(const struct answer *answer, bool *has, struct err *err)
{
	struct archive_reader *reader;
	struct archived *records;
	int status = archive_reader_open(&reader, &answer->archive, err);

	*has = false;
	if (status == 0) {
		size_t count = archive_reader_next(reader, &records);
		for (size_t i = 0; i < count; i++) {
			*has |= records[i].labels.device[0] != '\0';
		}
		archive_reader_close(reader);
	}
	return status;
}

/* Whoever can read the key may see devices; for everybody else small groups are protected. */
static int protect_groups(struct answer *answer, struct err *err)
{
	struct pseudonyms *pseudonyms = NULL;
	bool has = false;
	int status = answer->settings->key
			     ? pseudonyms_open(&pseudonyms, answer->settings->key, err)
			     : has_pseudonyms(answer, &has, err);

	pseudonyms_close(pseudonyms);
	if (status < 0 || answer->settings->key || !has) {
		return status;
	}
	return group_protect_create(&answer->protect, answer->grouping, answer->query,
		answer->archive.from_ns, answer->archive.to_ns, GROUP_MINIMUM, err);
}

/* Single devices are looked at through one door, which keeps a log: by records that name them, or
 * by groups with the key. */
static int log_look_up(const struct answer *answer, struct err *err)
{
	const struct flows_settings *settings = answer->settings;
	bool has = false, is_open = answer->grouping && !settings->key;
	char question[FILTER_BYTES + 256];
	int status = is_open ? 0 : has_pseudonyms(answer, &has, err);

	if (status < 0 || !has) {
		return status;
	}
	snprintf(question, sizeof(question), "flows %s%s%s from %s to %s", answer->filter,
		settings->group_by ? " by " : "", settings->group_by ? settings->group_by : "",
		settings->last   ? settings->last
		: settings->from ? settings->from
				 : "the beginning",
		settings->to ? settings->to : "the end");
	const struct lookup lookup = { LOOKUP_READ, question,
		settings->reason ? settings->reason : "", clock_now_ns() };
	return lookup_log_append(settings->archive, &lookup, err);
}

static int run_answer(struct answer *answer, char *const *arguments, unsigned count)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	struct err err;
	int status = parse_times(answer);

	status = status ? status : parse_filter(answer, arguments, count);
	if (status) {
		return status;
	}
	if (settings->group_by &&
		grouping_create(&answer->grouping, settings->group_by, settings->sum, &err) < 0) {
		return cli_usage_error(&command_flows, "%s", err.text);
	}
	if (answer->grouping && answer->query && query_asks_app(answer->query)) {
		grouping_split_inferred(answer->grouping);
	}
	if (answer->grouping && protect_groups(answer, &err) < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	if (log_look_up(answer, &err) < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	if (answer->form == FORM_TABLE && settings->limit == 0) {
		settings->limit = TABLE_LIMIT;
	}
	return print_answer(answer);
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	struct answer answer = { .settings = settings };
	int status;

	if (answer.settings->fields) {
		return list_fields();
	}
	if (!answer.settings->archive) {
		return cli_usage_error(&command_flows, "name the archive: --archive DIR");
	}
	answer.form = choose_form(answer.settings->format);
	answer.archive = (struct archive_options){ .folder = answer.settings->archive,
		.whole = answer.settings->whole,
		.problem = print_problem,
		.problem_context = &answer };
	status = answer.settings->verify ? verify(&answer) : run_answer(&answer, arguments, count);
	local_zone_close(answer.zone);
	query_free(answer.query);
	group_protect_destroy(answer.protect);
	flow_sums_close(answer.sums);
	grouping_destroy(answer.grouping);
	json_plan_destroy(answer.plan);
	text_deinit(&answer.text);
	table_deinit(&answer.table);
	return status;
}

const struct command command_flows = {
	.name = "flows",
	.arguments = "[FILTER]",
	.summary = "ask the archive: filter, time range, groups, top N; check its chain",
	.description =
		"Reads the records of an archive that match the filter and lie in the time range, "
		"and prints them or adds them up.\n\n"
		"A filter is made of tests joined by and, or, not and parentheses. A test is "
		"FIELD OPERATOR VALUE with the operators == != < <= > >= (by value), ~ and !~ "
		"(contains, does not), in (any of a list; inside a prefix), or a FIELD alone: "
		"does the record have it? Fields go by their ECS path or a short name (app, zone, "
		"country, parent, unit, bytes, ip, port, domain, ...); --fields lists them. Sizes "
		"may end in kB MB GB, durations in ms s m h d.\n\n"
		"In a table, \"in\" is the country of the server and \"under\" the country of "
		"whoever controls the owner of the app.\n\n"
		"Groups that hours or days add up to already are read from there, and it is said. "
		"Where devices are pseudonyms, records that name them, and groups with --key, are "
		"look-ups: they are logged in lookups.tsv of the archive, with --reason.\n\n"
		"A damaged or torn block is named with file and offset and passed over; the exit "
		"status is then 3.",
	.examples = "  $ borderflow flows -a flows/ 'app == tiktok and source.bytes > 1MB'\n"
		    "  $ borderflow flows -a flows/ --from 2026-03-31 -g app,country --top 10\n"
		    "  $ borderflow flows -a flows/ --last 7d -g day,zone --time-zone Europe/Oslo\n"
		    "  $ borderflow flows -a flows/ --verify\n",
	.settings_bytes = sizeof(struct flows_settings),
	.options = options,
	.run = run,
};
