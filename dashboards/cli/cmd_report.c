#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "analyzer/archive/archive_protection.h"
#include "analyzer/device/devices.h"
#include "analyzer/messages/messages.h"
#include "analyzer/record/state.h"
#include "analyzer/vantage/segment_days.h"
#include "base/clock.h"
#include "base/progress.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/report_period.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_desk.h"
#include "dashboards/report/report_gather.h"
#include "dashboards/report/report_records.h"

extern const struct command command_report;

struct report_settings {
	struct fact_settings facts;
	struct option_list archives;
	struct report_period_text period;
	const char *out;
	const char *state, *redis;
	const char *progress;
	bool pdf;
};

#define AT(field) offsetof(struct report_settings, field)

static const struct option options[] = {
	{ "archive", 'a', OPTION_LIST, AT(archives), .argument = "DIR", .group = "What to report",
		.help = "A flow archive, as analyze --archive and capture write it; may be given "
			"several times, one for each sensor." },
	{ "month", 0, OPTION_TEXT, AT(period.month), .argument = "YYYY-MM",
		.help = "A calendar month, on the clock of the policy's timezone; last: the one "
			"before this "
			"one." },
	{ "quarter", 0, OPTION_TEXT, AT(period.quarter), .argument = "YYYY-QN",
		.help = "Three months: 2026-Q4, or last." },
	{ "year", 0, OPTION_TEXT, AT(period.year), .argument = "YYYY", .help = "A year, or last." },
	{ "from", 0, OPTION_TEXT, AT(period.from), .argument = "DAY",
		.help = "The first day; with --to." },
	{ "to", 0, OPTION_TEXT, AT(period.to), .argument = "DAY",
		.help = "The last day, which is included." },
	{ "out", 'o', OPTION_FOLDER, AT(out), .argument = "DIR", .group = "Output",
		.help = "Where the report goes: a page in each of six languages, JSON and CSV. "
			"report-PERIOD in this folder, unless given." },
	{ "pdf", 0, OPTION_FLAG, AT(pdf),
		.help = "Each page as PDF as well, by WeasyPrint (apt install weasyprint)." },
	{ "state", 0, OPTION_FOLDER, AT(state), .argument = "DIR", .group = "Coverage and alerts",
		.help = "The folder that the sensor was given as --state: which enrolled devices "
			"it saw, for coverage (with --inventory), and what became of its alerts." },
	{ "redis", 0, OPTION_TEXT, AT(redis), .argument = "URL",
		.help = "The Redis that sensors write alerts to: what became of them." },
	FACT_OPTIONS(AT(facts)),
	{ "progress", 0, OPTION_CHOICE, AT(progress), .argument = "WHEN", .group = "Running",
		.choices = "auto|always|never", .default_text = "auto",
		.help = "Show how far the work is, on standard error." },
	{ NULL },
};

/* The clock is asked after so many records, and the line shown after that time. */
enum { PROGRESS_RECORDS = 1024 };
#define PROGRESS_EVERY_NS (NS_PER_S / 4)

/* Everything that one report is made from. */
struct reporting {
	const struct report_settings *settings;
	const struct reference *reference;
	struct reference of_period; /* with the policy as it was at the period's end */
	struct report_period period;
	unsigned group_minimum; /* k */
	struct report_gathering gathering;
	struct devices *devices; /* NULL: coverage is not measured */
	struct segment_days seen;
	struct report_records records;
	struct report_desk desk;
	struct report_written written;
	struct progress progress;
	uint64_t read, shown_ns; /* records; when the line was shown last */
};

static void print_problem(void *context, const char *sentence)
{
	struct reporting *reporting = context;

	progress_clear(&reporting->progress);
	cli_error("report", sentence);
}

/* How many records there are is not known before. */
static void show_progress(void *context, size_t count)
{
	struct reporting *reporting = context;
	uint64_t before = reporting->read;

	reporting->read += count;
	if (!reporting->progress.shown ||
		before / PROGRESS_RECORDS == reporting->read / PROGRESS_RECORDS) {
		return;
	}
	uint64_t now_ns = clock_monotonic_ns();
	if (now_ns - reporting->shown_ns >= PROGRESS_EVERY_NS) {
		reporting->shown_ns = now_ns;
		progress_show(&reporting->progress, 0, 0, reporting->read, now_ns);
	}
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

/* Fonts carry the time of their making: that of the period, so that the same page gives the same
 * bytes. */
static int print_pdfs(const struct reporting *reporting, struct err *err)
{
	const char *language = reporting->settings->facts.language;
	char seconds[24];
	int status = 0;

	snprintf(seconds, sizeof(seconds), "%" PRIu64, reporting->period.to_ns / NS_PER_S);
	setenv("SOURCE_DATE_EPOCH", seconds, 1);
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT && status == 0; i++) {
		if (!language || strcmp(language, messages_languages[i]) == 0) {
			status = print_pdf(reporting->written.folder, messages_languages[i], err);
		}
	}
	return status;
}

/* What is overdue, in force or over is judged by the last day that there is data of: a month that
 * still runs has not ended. */
static uint64_t as_of_ns(const struct reporting *reporting)
{
	const struct local_zone *zone = policy_header(reporting->of_period.policy)->zone;
	uint64_t end_ns = local_day_at(zone, reporting->gathering.held.last).end_ns;

	return end_ns < reporting->period.to_ns ? end_ns : reporting->period.to_ns;
}

static void put_option(struct text *text, const char *option, const char *value)
{
	if (value) {
		text_printf(text, " --%s ", option);
		text_put_shell(text, value);
	}
}

/* A Redis may be named with its password, so its address is not said. */
static void put_options(struct text *text, const struct report_settings *settings)
{
	const struct fact_settings *facts = &settings->facts;

	put_option(text, "policy", facts->policy);
	put_option(text, "networks", facts->networks);
	for (unsigned i = 0; i < facts->catalogue.count; i++) {
		put_option(text, "catalogue", facts->catalogue.items[i]);
	}
	put_option(text, "geo", facts->geo);
	put_option(text, "inventory", facts->inventory);
	put_option(text, "inventory-columns", facts->inventory_columns);
	put_option(text, "state", settings->state);
	put_option(text, "redis", settings->redis ? "URL" : NULL);
}

static int write_report(struct reporting *reporting, const char *folder, struct err *err)
{
	const struct report_settings *settings = reporting->settings;
	const struct report_gathering *gathering = &reporting->gathering;
	const struct report_records *records = &reporting->records;
	const struct report_options report = { folder, settings->facts.language };
	const struct engine_stats stats = { .packets = gathering->packets,
		.source = { .frames = gathering->packets,
			.first_ns = reporting->period.from_ns,
			.last_ns = reporting->period.to_ns - 1 } };
	struct text asked;
	text_init_heap(&asked);
	put_options(&asked, settings);
	const struct report_model model = { .overview = gathering->overview,
		.stats = &stats,
		.reference = &reporting->of_period,
		.policy_path = settings->facts.policy,
		.networks = settings->facts.networks,
		.state_path = settings->state,
		.report_options = asked.at,
		.inputs = settings->archives.items,
		.input_count = settings->archives.count,
		.trouble = gathering->problems ? "flows --verify" : NULL,
		.is_from_archive = true,
		.group_minimum = reporting->group_minimum,
		.made_ns = as_of_ns(reporting),
		.period = reporting->period.name,
		.from_ns = reporting->period.from_ns,
		.to_ns = reporting->period.to_ns,
		.lacks_devices = gathering->lacks_devices,
		.calendar = &gathering->calendar,
		.previous = gathering->previous,
		.withheld = gathering->withheld,
		.held = &gathering->held,
		.previous_held = &gathering->previous_held,
		.coverage = reporting->devices ? devices_coverage(reporting->devices) : NULL,
		.seen = settings->state ? &reporting->seen : NULL,
		.shown = &gathering->shown,
		.attempts = records->is_whole ? records->attempts : NULL,
		.observed = records->is_whole ? &records->observed : NULL,
		.desk = settings->state || settings->redis ? &reporting->desk : NULL,
		.alerts = reporting->desk.count,
		.sources = gathering->sources,
		.source_count = gathering->source_count };

	int status = report_write(&report, &model, &reporting->written, err);
	text_deinit(&asked);
	return status;
}

/* No less than the archives were written under, and by their days: figures of other days would
 * differ from theirs by those who were active in between. */
static int find_protection(struct reporting *reporting, struct err *err)
{
	const struct option_list *archives = &reporting->settings->archives;
	const struct policy_header *header = policy_header(reporting->of_period.policy);
	struct archive_protection kept;
	int status = archive_protection_of(
		(const char *const *)archives->items, archives->count, &kept, err);

	if (status == 0 && kept.zone[0] && strcmp(kept.zone, local_zone_name(header->zone)) != 0) {
		return err_set(err, EPERM,
			"%s is told by days of %s, as it began, and the policy's timezone is %s: "
			"give a policy with that of the archive (--policy)",
			archives->items[0], kept.zone, local_zone_name(header->zone));
	}
	reporting->group_minimum = kept.k > header->group_minimum ? kept.k : header->group_minimum;
	return status;
}

static int gather(struct reporting *reporting, struct err *err)
{
	const struct policy_header *header = policy_header(reporting->of_period.policy);
	const struct report_wish wish = { .archives = reporting->settings->archives.items,
		.archive_count = reporting->settings->archives.count,
		.from_ns = reporting->period.from_ns,
		.to_ns = reporting->period.to_ns,
		.previous_from_ns = reporting->period.previous_from_ns,
		.now_ns = clock_now_ns(),
		.zone = header->zone,
		.group_minimum = reporting->group_minimum, /* of a day */
		.reference = reporting->reference,
		.problem = print_problem,
		.was_read = show_progress,
		.context = reporting };
	progress_init(&reporting->progress, reporting->settings->progress, "records",
		clock_monotonic_ns());
	const struct report_gathering *gathering = &reporting->gathering;
	int status = report_gather(&reporting->gathering, &wish, err);
	bool is_empty = gathering->held.last < gathering->held.first;

	if (status == 0 && !is_empty) {
		status = report_records_read(
			&reporting->records, &wish, &gathering->told, reporting->reference, err);
	}
	progress_clear(&reporting->progress);

	if (status == 0 && is_empty && gathering->problems > 0) {
		status = err_set(err, EBADMSG,
			"nothing of %s can be read: the archive is damaged, and \"borderflow flows "
			"--verify\" says where",
			reporting->period.name);
	} else if (status == 0 && is_empty) {
		status = err_set(err, ENODATA,
			"no archive holds anything of %s; \"borderflow flows --from 1990-01-01 -g "
			"day\" "
			"lists the days that there are",
			reporting->period.name);
	}
	return status;
}

static int read_devices(struct reporting *reporting, struct err *err)
{
	struct state *state;

	if (!reporting->settings->state) {
		return 0;
	}
	int status = state_open_to_read(&state, reporting->settings->state, err);
	if (status < 0) {
		return status;
	}
	reporting->devices = devices_create();
	status = reporting->devices ? devices_load(reporting->devices, state, err)
				    : err_set(err, ENOMEM, "out of memory");
	if (status == -EBADMSG) { /* the sensor is of another version, or it was damaged */
		char sentence[sizeof(err->text) + 32];
		snprintf(sentence, sizeof(sentence), "%s; coverage is not measured", err->text);
		cli_error("report", sentence);
		devices_destroy(reporting->devices);
		reporting->devices = NULL;
		status = 0;
	}
	if (status == 0) {
		status = segment_days_load(&reporting->seen, state, err);
	}
	if (status == -EBADMSG) {
		cli_error("report", err->text);
		status = 0;
	}
	state_close(state);
	return status;
}

static int read_desk(struct reporting *reporting, struct err *err)
{
	const struct report_settings *settings = reporting->settings;
	const struct report_period *period = &reporting->period;
	const char *target = settings->redis ? settings->redis : settings->state;

	return target ? report_desk_read(
				&reporting->desk, target, period->from_ns, period->to_ns, err)
		      : 0;
}

static void print_written(const struct reporting *reporting)
{
	const struct report_written *written = &reporting->written;
	unsigned archives = reporting->settings->archives.count;

	if (written->is_unchanged) {
		printf("%s: %s, edition %u stands: no figure has changed\n", written->folder,
			reporting->period.name, written->edition);
	} else if (written->edition > 1) {
		printf("%s: %s, edition %u: %zu figures have changed\n", written->folder,
			reporting->period.name, written->edition, written->changes);
	} else {
		printf("%s: %s, from %u archive%s\n", written->folder, reporting->period.name,
			archives, archives == 1 ? "" : "s");
	}
}

/* The period is of the clock of the policy that was in force at its end. */
static int find_period(struct reporting *reporting, struct err *err)
{
	struct report_period_text text = reporting->settings->period;
	const struct policy *latest = reporting->reference->policy;
	int status;

	text.now_ns = clock_now_ns();
	reporting->of_period = *reporting->reference;
	status = report_period_parse(&reporting->period, &text, policy_header(latest)->zone, err);
	if (status == 0) {
		const struct policy *policy = policy_at(latest, reporting->period.to_ns - 1);
		reporting->of_period.policy = policy;
		status = report_period_parse(
			&reporting->period, &text, policy_header(policy)->zone, err);
	}
	return status;
}

static int make_report(struct reporting *reporting, struct err *err)
{
	const struct report_settings *settings = reporting->settings;
	char folder[PATH_MAX];
	int status = facts_load(&reporting->reference, &settings->facts, NULL, err);

	if (status == 0) {
		status = find_period(reporting, err);
	}
	if (status == 0) {
		status = find_protection(reporting, err);
	}
	if (status == 0) {
		status = read_devices(reporting, err);
	}
	if (status == 0) {
		status = read_desk(reporting, err);
	}
	if (status == 0) {
		status = gather(reporting, err);
	}
	if (status < 0) {
		return status;
	}
	snprintf(folder, sizeof(folder), "report-%s", reporting->period.name);
	status = write_report(reporting, settings->out ? settings->out : folder, err);
	if (status == 0 && settings->pdf) {
		status = print_pdfs(reporting, err);
	}
	if (status == 0) {
		print_written(reporting);
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
	bool is_damaged = reporting.gathering.problems > 0;
	report_gathering_deinit(&reporting.gathering);
	devices_destroy(reporting.devices);
	segment_days_deinit(&reporting.seen);
	report_records_deinit(&reporting.records);
	reference_release(reporting.reference);
	return status < 0 ? cli_exit_of(status) : is_damaged ? EXIT_INPUT : EXIT_DONE;
}

const struct command command_report = {
	.name = "report",
	.arguments = "",
	.summary = "the periodic report from flow archives: a month, a quarter, a year",
	.description =
		"Adds up what the archives hold of the period, hour by hour, and writes the "
		"report: "
		"a page that prints well in each of six languages, each table as CSV for "
		"spreadsheets of that language, and all of it as JSON. Nothing personal is in it: "
		"devices are counted, and groups below the policy's k are protected. The period "
		"before is read as well, to compare with.\n\n"
		"A report that was issued is never written over: when figures have changed since, "
		"the next edition goes to a folder below it (edition-2, ...), with a list of what "
		"changed and why; when none has, nothing is written.\n\n"
		"Days are those of the policy's timezone. No light is green as long as it is not "
		"known how many of the organisation's devices the sensors see (--inventory). "
		"--language makes the page of one language alone.",
	.examples = "  $ borderflow report --archive flows/ --month 2026-10 --policy rules.yaml\n"
		    "  $ borderflow report -a town-hall/ -a school/ --quarter 2026-Q4 --out q4/ "
		    "--pdf\n",
	.settings_bytes = sizeof(struct report_settings),
	.options = options,
	.run = run,
};
