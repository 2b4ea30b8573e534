#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "analyzer/archive/archive.h"
#include "analyzer/messages/messages.h"
#include "analyzer/rollup/overview.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/report_period.h"
#include "dashboards/report/report.h"

extern const struct command command_report;

/* A year of a municipality has some ten thousand different cells an hour at most; what finds no
 * room is counted as other, and said. */
enum { CELLS_MAX = 1 << 22 };

#define HOUR_NS (3600 * NS_PER_S)

struct report_settings {
	struct fact_settings facts;
	struct option_list archives;
	struct report_period_text period;
	const char *out;
	bool pdf;
};

#define AT(field) offsetof(struct report_settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_LIST, AT(archives), .argument = "DIR", .group = "What to report",
		.help = "A flow archive, as analyze --archive and capture write it; may be given "
			"several times, one for each sensor." },
	{ "month", 0, OPTION_TEXT, AT(period.month), .argument = "YYYY-MM",
		.help = "A calendar month, on the clock of the policy's timezone." },
	{ "quarter", 0, OPTION_TEXT, AT(period.quarter), .argument = "YYYY-QN",
		.help = "Three months: 2026-Q4." },
	{ "year", 0, OPTION_TEXT, AT(period.year), .argument = "YYYY", .help = "A year." },
	{ "from", 0, OPTION_TEXT, AT(period.from), .argument = "DAY",
		.help = "The first day; with --to." },
	{ "to", 0, OPTION_TEXT, AT(period.to), .argument = "DAY",
		.help = "The last day, which is included." },
	{ "out", 'o', OPTION_FOLDER, AT(out), .argument = "DIR", .group = "Output",
		.help = "Where the report goes: a page in each of six languages, JSON and CSV. "
			"report-PERIOD in this folder, unless given." },
	{ "pdf", 0, OPTION_FLAG, AT(pdf),
		.help = "Each page as PDF as well, by WeasyPrint (apt install weasyprint)." },
	FACT_OPTIONS(AT(facts)),
	{ NULL },
};

/* Everything that one report is made from. */
struct reporting {
	const struct report_settings *settings;
	const struct reference *reference;
	struct report_period period;
	struct rollup *hours;
	struct overview *overview;
	struct engine_stats stats;
	uint64_t problems;
};

static void print_problem(void *context, const char *sentence)
{
	struct reporting *reporting = context;

	reporting->problems++;
	cli_error("report", sentence);
}

static int read_archives(struct reporting *reporting, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < reporting->settings->archives.count && status == 0; i++) {
		struct archive_options archive = { .folder = reporting->settings->archives.items[i],
			.from_ns = reporting->period.from_ns,
			.to_ns = reporting->period.to_ns,
			.problem = print_problem,
			.problem_context = reporting };
		struct archive_stats read;
		status = archive_read_cells(&archive, reporting->hours, &read, err);
	}
	return status;
}

/* Sums go to the overview; the times and the count of packets stand where a capture's would. */
static void add_up(struct reporting *reporting)
{
	struct source_stats *source = &reporting->stats.source;
	size_t count;
	const struct cell *cells = rollup_cells(reporting->hours, &count);

	overview_take(reporting->overview, cells, count);
	for (size_t i = 0; i < count; i++) {
		reporting->stats.packets += cells[i].sums.packets;
	}
	source->frames = reporting->stats.packets;
	source->first_ns = reporting->period.from_ns;
	source->last_ns = reporting->period.to_ns - 1;
}

static int print_pdf(const char *folder, const char *language, struct err *err)
{
	char page[PATH_MAX], pdf[PATH_MAX];
	char *arguments[] = { (char *)"weasyprint", (char *)"--quiet", page, pdf, NULL };
	extern char **environ;
	pid_t process;
	int ended = 0;

	if (snprintf(page, sizeof(page), "%s/report.%s.html", folder, language) >= PATH_MAX ||
		snprintf(pdf, sizeof(pdf), "%s/report.%s.pdf", folder, language) >= PATH_MAX) {
		return err_set(err, ENAMETOOLONG, "%s: the path is too long", folder);
	}
	int code = posix_spawnp(&process, arguments[0], NULL, NULL, arguments, environ);
	if (code != 0) {
		return err_set(err, code,
			"cannot run weasyprint: %s; install it (apt install weasyprint), or leave "
			"out "
			"--pdf: the pages print as well",
			strerror(code));
	}
	waitpid(process, &ended, 0);
	return WIFEXITED(ended) && WEXITSTATUS(ended) == 0
		       ? 0
		       : err_set(err, EIO, "%s: weasyprint could not make a PDF of it", page);
}

static int write_report(struct reporting *reporting, const char *folder, struct err *err)
{
	const struct report_settings *settings = reporting->settings;
	struct report_model model = { .overview = reporting->overview,
		.stats = &reporting->stats,
		.reference = reporting->reference,
		.inputs = settings->archives.items,
		.input_count = settings->archives.count,
		.trouble =
			reporting->problems ? "the archive is damaged; see flows --verify" : NULL,
		.is_from_archive = true,
		.made_ns = clock_now_ns() };
	int status = report_write(folder, &model, err);

	for (unsigned i = 0; settings->pdf && i < GEO_LANGUAGE_COUNT && status == 0; i++) {
		status = print_pdf(folder, messages_languages[i], err);
	}
	return status;
}

static int make_report(struct reporting *reporting, struct err *err)
{
	const struct rollup_options rollup_options = { .slot_ns = HOUR_NS, .cells_max = CELLS_MAX };
	const struct report_settings *settings = reporting->settings;
	char folder[PATH_MAX];
	int status = facts_load(&reporting->reference, &settings->facts, NULL, err);

	if (status == 0) {
		status = report_period_parse(&reporting->period, &settings->period,
			policy_header(reporting->reference->policy)->zone, err);
	}
	reporting->hours = rollup_create(&rollup_options);
	reporting->overview = overview_create();
	if (status == 0 && (!reporting->hours || !reporting->overview)) {
		status = err_set(err, ENOMEM, "out of memory");
	}
	if (status == 0) {
		status = read_archives(reporting, err);
	}
	if (status < 0) {
		return status;
	}
	add_up(reporting);
	if (reporting->stats.packets == 0) {
		return err_set(err, ENODATA,
			"no archive holds anything of %s; \"borderflow flows --from 1990-01-01 -g "
			"day\" "
			"lists the days that there are",
			reporting->period.name);
	}
	snprintf(folder, sizeof(folder), "report-%s", reporting->period.name);
	const char *out = settings->out ? settings->out : folder;
	status = write_report(reporting, out, err);
	if (status == 0) {
		printf("%s: %s, from %u archive%s\n", out, reporting->period.name,
			settings->archives.count, settings->archives.count == 1 ? "" : "s");
	}
	return status;
}

static int run(void *values, char *const *arguments, unsigned count)
{
	struct reporting reporting = { .settings = values };
	struct err err;

	(void)arguments;
	if (count > 0 || reporting.settings->archives.count == 0) {
		return cli_usage_error(&command_report, "name the archive: --archive DIR");
	}
	int status = make_report(&reporting, &err);
	if (status < 0) {
		cli_error("report", err.text);
	}
	overview_destroy(reporting.overview);
	rollup_destroy(reporting.hours);
	reference_release(reporting.reference);
	return status < 0 ? EXIT_USAGE : reporting.problems ? EXIT_INPUT : EXIT_DONE;
}

const struct command command_report = {
	.name = "report",
	.arguments = "",
	.summary = "the periodic report from flow archives: a month, a quarter, a year",
	.description =
		"Adds up what the archives hold of the period, hour by hour, and writes the "
		"report: "
		"a page that prints well in each of six languages, the same figures as JSON, and "
		"what the policy said as CSV. Nothing personal is in it: devices are counted, and "
		"groups below the policy's k are protected.\n\n"
		"Days are those of the policy's timezone. No light is green in a report over an "
		"archive as long as it is not known how many of the organisation's devices the "
		"sensors see.",
	.examples = "  $ borderflow report --archive flows/ --month 2026-10 --policy rules.yaml\n"
		    "  $ borderflow report -a town-hall/ -a school/ --quarter 2026-Q4 --out q4/ "
		    "--pdf\n",
	.settings_bytes = sizeof(struct report_settings),
	.options = options,
	.run = run,
};
