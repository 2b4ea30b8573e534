#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "dashboards/cli/flows_cmd.h"
#include "dashboards/cli/flows_compare.h"
#include "dashboards/cli/flows_nothing.h"
#include "dashboards/cli/flows_packets.h"

#define AT(field) offsetof(struct flows_settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_LIST, AT(archives), .argument = "DIR", .group = "What to read",
		.help = "The archive, as analyze --archive and capture write it; several are read "
			"as one, and what two sensors saw of one flow counts once." },
	{ "last", 0, OPTION_TEXT, AT(last), .argument = "SPAN",
		.help = "Only flows that were alive in the last 90m, 24h, 7d." },
	{ "since", 0, OPTION_TEXT, AT(from), .argument = "TIME",
		.help = "The same as --from: --since yesterday." },
	FLOW_QUESTION_TIME_OPTIONS(AT(from), AT(to), AT(time_zone)),
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
			"pseudonyms, by the k and the days that the archive was made under: of "
			"fewer devices no figure is shown, nor of a time in which fewer were "
			"active; nor are packets written." },
	{ "from-records", 0, OPTION_FLAG, AT(from_records),
		.help = "Add the records up, also where what hours add up to suffices. Units and "
			"classes without the key are told by the tables of their days." },
	{ "explain", 0, OPTION_FLAG, AT(explain),
		.help = "Say on standard error what was read, and what was passed over unread." },
	{ "reason", 0, OPTION_TEXT, AT(reason), .argument = "TEXT",
		.help = "Why single devices are looked at: it stands in the archive's "
			"lookups.tsv." },
	{ "columns", 0, OPTION_TEXT, AT(columns), .argument = "FIELD,...",
		.help = "Print these fields of each record (at most 12) and nothing else." },
	{ "sort", 0, OPTION_TEXT, AT(sort), .argument = "FIELD",
		.help = "Print records in this order: sizes from the largest on, times and words "
			"from the first; a minus in front turns it round (--sort=-start)." },
	{ "device", 0, OPTION_TEXT, AT(device), .argument = "ADDRESS",
		.help = "The time line of one device, by its address or pseudonym: its whole flows "
			"in the order in which they began." },
	{ "pivot", 0, OPTION_FLAG, AT(pivot),
		.help = "For each flow what other tools take: a capture filter (tcpdump), a "
			"display "
			"filter (tshark, Wireshark), its Community ID where that is stored, and "
			"its time window." },
	{ "write-packets", 0, OPTION_FILE, AT(write_packets), .argument = "FILE.pcapng",
		.help = "Write the packets of these flows into a capture, out of --input, instead "
			"of "
			"printing records; \"-\" is standard output." },
	{ "input", 0, OPTION_FILE, AT(input), .argument = "PATH",
		.help = "With --write-packets: the capture, or the folder of captures, that the "
			"archive was made from. The records say where in which capture the flows "
			"are: only that is read." },
	{ "limit", 'l', OPTION_NUMBER, AT(limit), .argument = "N", .most = UINT64_MAX,
		.help = "At most so many records; 0 is all. A table shows 100, and never more than "
			"399; csv and ndjson do." },
	{ "format", 'o', OPTION_CHOICE, AT(format), .argument = "NAME",
		.choices = "ndjson|csv|table", .help = "table on a terminal, otherwise ndjson." },
	{ "compare", 0, OPTION_FLAG, AT(compare), .group = "Instead",
		.help = "What is new, gone, grown or shrunk by the groups of --group-by (app): "
			"name "
			"two archives, captures or times in --archive (2026-03-31, or "
			"2026-03-01..2026-03-08), the earlier first, then the filter. What was "
			"seen "
			"of each is said on standard error." },
	{ "verify", 0, OPTION_FLAG, AT(verify),
		.help = "Read everything and check the chain of digests and its signature; exit "
			"status 1 where either is broken." },
	{ "signer", 0, OPTION_FILE, AT(signer), .argument = "PUBFILE",
		.help = "With --verify: the public key (signing.pub) that must have signed the "
			"head." },
	{ "anchor", 0, OPTION_TEXT, AT(anchor), .argument = "DIGEST",
		.help = "With --verify: a digest from a report, the log or Redis that must be in "
			"the chain, or all of the line that it stands in." },
	{ "fields", 0, OPTION_FLAG, AT(fields),
		.help = "List the fields that filters and --group-by know, with short names and "
			"types." },
	{ NULL },
};

static void print_problem(void *context, const char *sentence)
{
	struct flows_answer *answer = context;

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

/* On standard error: what is printed stays data. Is the question itself amiss? */
static bool say_nothing(const struct flows_answer *answer)
{
	const struct flows_nothing asked = { .archive = &answer->archive,
		.archives = &answer->settings->archives,
		.query = answer->question.query,
		.device = answer->settings->device,
		.zone = answer->question.zone };
	struct text text;

	text_init_heap(&text);
	bool is_amiss = flows_put_nothing(&text, &asked);
	cli_notice_lines("flows", &text);
	text_deinit(&text);
	return is_amiss;
}

static int print_answer(struct flows_answer *answer)
{
	struct err err;
	bool is_read = false;
	int status = -1;

	if (!flows_prepare_output(answer)) {
		cli_error("flows", "out of memory");
		return EXIT_USAGE;
	}
	if (out_file_open(&answer->out, "-", OUT_FILE_REPLACE, &err) == 0) {
		status = flows_read_sums(answer, &is_read, &err);
	}
	if (status == 0 && !is_read) {
		status = flows_read_archive(answer, &err);
	}
	if (status == 0 && answer->grouping) {
		status = flows_print_groups(answer, &err);
	} else if (status == 0 && answer->form == FORM_TABLE) {
		status = answer->rows ? flows_rows_end(answer->rows, answer, &err) : 0;
		flows_print_table(answer);
		if (answer->is_full) {
			printf("... the first %" PRIu64 " (%s)\n", answer->printed,
				answer->printed < TABLE_ROWS_MAX - 1
					? "--limit"
					: "a table holds no more: --format csv or ndjson");
		}
		if (answer->has_parts) {
			printf("... long flows are in parts of five minutes (--whole: one row a "
			       "flow)\n");
		}
	} else if (status == 0) {
		status = answer->rows ? flows_rows_end(answer->rows, answer, &err)
				      : flows_write_out(answer, 0, &err);
	}
	if (status == 0 && answer->packets) {
		status = flows_packets_write(answer->packets, answer,
			answer->settings->write_packets, answer->settings->input, &err);
	}
	if (status < 0) {
		cli_error("flows", err.text);
		return cli_exit_of(status);
	}
	if (answer->matched == 0 && !answer->is_past_retention && say_nothing(answer) &&
		!answer->problems) {
		return EXIT_USAGE;
	}
	const bool is_missing = status > 0; /* packets, which was said */
	const bool is_unfinished = flows_say_unfinished(&answer->settings->archives);
	return answer->problems || answer->is_past_retention || is_missing || is_unfinished
		       ? EXIT_INPUT
		       : EXIT_DONE;
}

static enum flows_form choose_form(const char *name)
{
	if (!name) {
		return isatty(STDOUT_FILENO) ? FORM_TABLE : FORM_NDJSON;
	}
	return strcmp(name, "csv") == 0     ? FORM_CSV
	       : strcmp(name, "table") == 0 ? FORM_TABLE
					    : FORM_NDJSON;
}

/* --columns, --sort, --pivot. */
static int choose_rows(struct flows_answer *answer)
{
	const struct flows_settings *settings = answer->settings;
	const struct flows_rows_options wanted = { settings->columns, settings->sort,
		settings->pivot };
	struct err err;

	if (!settings->columns && !settings->sort && !settings->pivot) {
		return EXIT_DONE;
	}
	if (settings->group_by) {
		return cli_usage_error(&command_flows,
			"groups are sorted by the first field of --sum, and have no columns but "
			"those of --group-by and --sum");
	}
	if (settings->columns && settings->pivot) {
		return cli_usage_error(&command_flows, "--pivot has columns of its own");
	}
	return flows_rows_create(&answer->rows, &wanted, &err) < 0
		       ? cli_usage_error(&command_flows, "%s", err.text)
		       : EXIT_DONE;
}

/* --write-packets: records are not printed, but followed to their packets. */
static int choose_packets(struct flows_answer *answer)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	struct err err;

	if (!settings->write_packets && !settings->input) {
		return EXIT_DONE;
	}
	if (!settings->write_packets || !settings->input) {
		return cli_usage_error(&command_flows,
			"--write-packets and --input go together: where to, and the captures that "
			"the archive was made from");
	}
	if (answer->rows || settings->group_by) {
		return cli_usage_error(&command_flows,
			"--write-packets writes packets, and prints neither records nor groups");
	}
	settings->whole = answer->archive.whole = true;
	answer->form = FORM_NDJSON;
	return flows_packets_create(&answer->packets, settings->key, &err) < 0
		       ? cli_usage_error(&command_flows, "%s", err.text)
		       : EXIT_DONE;
}

enum { FILTER_WORDS_MAX = 512 };

/* A pseudonym holds no dot and no colon. */
static void put_device_filter(struct text *text, const char *device)
{
	if (strpbrk(device, ".:")) {
		text_printf(text, "(source.ip == %s or destination.ip == %s)", device, device);
	} else {
		text_printf(text, "device == %s", device);
	}
}

/* The filter as it was typed and, of one device, that it is one of the ends. */
static int read_question(struct flows_answer *answer, const char *const *words, unsigned count)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	const struct flow_question_words how = { settings->from, settings->to, settings->last,
		settings->time_zone, &settings->catalogue };
	const char *all[FILTER_WORDS_MAX];
	char memory[256];
	struct text device;
	unsigned all_count = 0;

	if (count + 3 > FILTER_WORDS_MAX) {
		return cli_usage_error(&command_flows, "the filter has too many words");
	}
	text_init(&device, memory, sizeof(memory));
	if (settings->device) {
		put_device_filter(&device, settings->device);
		settings->whole = true;
		settings->sort = settings->sort ? settings->sort : "start";
		all[all_count++] = memory;
		if (count > 0) {
			all[all_count++] = "and (";
		}
	}
	if (device.truncated || (settings->device && strpbrk(settings->device, " ()\"'"))) {
		return cli_usage_error(&command_flows,
			"--device: expected an address or a pseudonym; found \"%s\"",
			settings->device);
	}
	for (unsigned i = 0; i < count; i++) {
		all[all_count++] = words[i];
	}
	if (settings->device && count > 0) {
		all[all_count++] = ")";
	}
	return flow_question_read(&answer->question, &command_flows, &how, all, all_count);
}

static void limit_table(const struct flows_answer *answer, struct flows_settings *settings)
{
	if (answer->form != FORM_TABLE) {
		return;
	}
	settings->limit = settings->limit == 0               ? FLOWS_TABLE_LIMIT
			  : settings->limit < TABLE_ROWS_MAX ? settings->limit
							     : TABLE_ROWS_MAX - 1;
}

static int run_answer(struct flows_answer *answer, char *const *arguments, unsigned count)
{
	struct flows_settings *settings = (struct flows_settings *)answer->settings;
	struct err err;
	int status = flows_judge_access(answer, &err);

	if (status < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	status = read_question(answer, (const char *const *)arguments, count);
	if (status) {
		return status;
	}
	answer->archive.from_ns = answer->question.from_ns;
	answer->archive.to_ns = answer->question.to_ns;
	settings->whole |= settings->pivot;
	answer->archive.whole = settings->whole;
	if (choose_rows(answer) != EXIT_DONE || choose_packets(answer) != EXIT_DONE) {
		return EXIT_USAGE;
	}
	if (settings->group_by &&
		grouping_create(&answer->grouping, settings->group_by, settings->sum, &err) < 0) {
		return cli_usage_error(&command_flows, "%s", err.text);
	}
	if (answer->grouping && answer->question.query && query_asks_app(answer->question.query)) {
		grouping_split_inferred(answer->grouping);
	}
	if (answer->grouping && flows_check_groups(answer, &err) < 0) {
		cli_error("flows", err.text);
		return EXIT_USAGE;
	}
	status = flows_log_look_up(answer, &err);
	if (status < 0) {
		return cli_fail("flows", status, &err);
	}
	limit_table(answer, settings);
	return print_answer(answer);
}

/* The first two arguments are no part of the filter. */
static int compare(struct flows_answer *answer, const char *const *arguments, unsigned count)
{
	unsigned sides = count < 2 ? count : 2;
	int status = read_question(answer, arguments + sides, count - sides);

	return status ? status : flows_compare(answer, arguments, count);
}

static int run(void *settings, char *const *arguments, unsigned count)
{
	struct flows_answer answer = { .settings = settings };
	int status;

	if (answer.settings->fields) {
		return list_fields();
	}
	const struct option_list *archives = &answer.settings->archives;
	if (archives->count == 0 && !answer.settings->compare) {
		return cli_usage_error(&command_flows,
			"name the archive: --archive DIR (borderflow analyze FILE --archive DIR "
			"makes one of a capture)");
	}
	for (unsigned i = 0; i < archives->count; i++) {
		const char *folder = archives->items[i];
		if (file_is_same(folder, folder)) {
			return cli_usage_error(&command_flows,
				"--archive: %s is a file; borderflow analyze %s --archive DIR "
				"makes an archive of a capture",
				folder, folder);
		}
	}
	answer.form = choose_form(answer.settings->format);
	answer.archive = (struct archive_options){ .folder = archives->items[0],
		.whole = answer.settings->whole,
		.problem = print_problem,
		.problem_context = &answer };
	status = answer.settings->verify ? flows_verify(&answer)
		 : answer.settings->compare
			 ? compare(&answer, (const char *const *)arguments, count)
			 : run_answer(&answer, arguments, count);
	flow_question_deinit(&answer.question);
	local_zone_close(answer.protected_zone);
	view_told_deinit(&answer.told);
	view_told_deinit(&answer.hours);
	flow_sums_close(answer.sums);
	grouping_destroy(answer.grouping);
	flows_packets_destroy(answer.packets);
	flows_rows_destroy(answer.rows);
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
		"@NAME in a filter is one that was saved: a line \"NAME = FILTER\" of "
		"$BORDERFLOW_FILTERS, else ~/.config/borderflow/filters, else "
		"/etc/borderflow/filters.\n\n"
		"In a table, \"in\" is the country of the server and \"under\" the country of "
		"whoever controls the owner of the app.\n\n"
		"Groups that hours or days add up to already are read from there, and it is said. "
		"Where devices are pseudonyms, records that name them, and groups with --key, are "
		"look-ups: they are logged in lookups.tsv of the archive, with --reason.\n\n"
		"A damaged or torn block is named with file and offset and passed over; the exit "
		"status is then 3, as where --input lacks packets that the records count, or the "
		"run that added a capture was stopped before its end. Ctrl-C while packets are "
		"written leaves no capture that is not whole; the exit status is 4.\n\n"
		"Otherwise it is 0 where all went well, also with nothing found, which is said on "
		"standard error with what was looked through; 1 where --verify found the chain "
		"broken; 2 where the command, its settings or an output are wrong, or where "
		"nothing can match: there is no such app or country; no record has that unit, "
		"class, device or flow, or the word, though it has one much like it; that time is "
		"not covered. It is the same for records, groups, --write-packets and --compare, "
		"and for analyze --where.",
	.examples = "  $ borderflow analyze day.pcap --archive flows/\n"
		    "  $ borderflow flows -a flows/ 'app == tiktok and source.bytes > 1MB'\n"
		    "  $ borderflow flows -a flows/ --from 2026-03-31 -g app,country --top 10\n"
		    "  $ borderflow flows -a flows/ --last 7d -g day,zone --time-zone Europe/Oslo\n"
		    "  $ borderflow flows -a flows/ 'app == telegram' --write-packets t.pcapng "
		    "--input captures/\n"
		    "  $ borderflow flows -a flows/ --pivot 'app == telegram'\n"
		    "  $ borderflow flows -a flows/ --columns start,app,bytes --sort bytes @mine\n"
		    "  $ borderflow flows --compare yesterday.pcap today.pcap -g app,domain\n"
		    "  $ borderflow flows -a flows/ --verify\n",
	.settings_bytes = sizeof(struct flows_settings),
	.options = options,
	.run = run,
};
