#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/detect/budget.h"
#include "analyzer/detect/calendar.h"
#include "analyzer/detect/volume.h"
#include "base/clock.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"

extern const struct command command_detect;

enum { INTERVAL_ROWS = 8, SLOT_S = 300, LONG_DAYS = 3 };

#define LEAST_SHOWN 0.01

struct detect_settings {
	struct option_list calendar;
	const char *timezone, *budget;
	uint64_t series;
};

#define AT(field) offsetof(struct detect_settings, field)

static const struct option options[] = {
	{ "calendar", 'c', OPTION_LIST, AT(calendar), .argument = "COUNTRY|FILE",
		.group = "What is known",
		.help = "Days known to be free: se, no, dk, fi, is for the public holidays of a "
			"country, or a file of your own with the columns date, and where wanted to "
			"(the last day) and series (\"*\" is every series, otherwise the name of "
			"the "
			"CSV file). May be given several times." },
	{ "timezone", 'z', OPTION_TEXT, AT(timezone), .argument = "ZONE", .default_text = "UTC",
		.help = "Whose days and daylight saving time the series follows: "
			"Europe/Stockholm." },
	{ "series", 'k', OPTION_NUMBER, AT(series), .argument = "K", .default_text = "720",
		.least = 1, .most = 100000000, .group = "How many alerts",
		.help = "How many series the budget is for, whether they are read here or not." },
	{ "budget", 'b', OPTION_TEXT, AT(budget), .argument = "N", .default_text = "3",
		.help = "At most about N false alerts a week over all K series." },
	{ .name = NULL },
};

/* One input, row by row. */
struct reading {
	const struct calendar *calendar;
	const struct budget *budget;
	struct volume volume;
	unsigned scope, row;
	uint64_t before_ns, interval_ns;
	const char *name; /* printed before each row, NULL: not */
	uint64_t slots, alerts, exact;
	char problem[200]; /* the first row that could not be read */
	/* The lines of the first row that is not after the one before, and of a value below 0. */
	unsigned out_of_order, below_zero;
};

static bool parse_time(const char *text, uint64_t *time_ns)
{
	char *end;
	double seconds = strtod(text, &end);

	if (*end == '\0' && end != text && seconds >= 0 && seconds < 1e11) {
		*time_ns = (uint64_t)seconds * NS_PER_S;
		return true;
	}
	return clock_parse(text, time_ns);
}

/* The usual distance of rows is the least of the first few; a longer one is a gap. */
static void pass_time(struct reading *reading, uint64_t time_ns)
{
	uint64_t passed = time_ns > reading->before_ns ? time_ns - reading->before_ns : 0;

	if (reading->before_ns && passed) {
		if (!reading->interval_ns ||
			(reading->row <= INTERVAL_ROWS && passed < reading->interval_ns)) {
			reading->interval_ns = passed;
		}
		uint64_t missing = passed / reading->interval_ns - 1;
		if (missing && passed * 2 > reading->interval_ns * 3) {
			missing = missing < 1000000 ? missing : 1000000;
			volume_gap(&reading->volume,
				(unsigned)(missing * (reading->interval_ns / NS_PER_S) / SLOT_S));
		}
	}
	reading->before_ns = time_ns;
}

static unsigned row_slots(const struct reading *reading)
{
	uint64_t slots = reading->interval_ns / (SLOT_S * NS_PER_S);
	return slots == 0 ? 1 : slots > SLOTS_A_DAY ? SLOTS_A_DAY : (unsigned)slots;
}

static void print_row(const struct reading *reading, const char *time, const char *value,
	const struct volume_reading *result)
{
	if (reading->name) {
		char memory[1024];
		struct text cell;
		text_init(&cell, memory, sizeof(memory));
		text_put_csv(&cell, reading->name, strlen(reading->name));
		printf("%s,", cell.at);
	}
	struct volume_band band = volume_band(result);
	printf("%s,%s,%.6g,%.6g,%.6g,%.6g,%d,%s\n", time, value, result->score, band.baseline,
		band.low, band.high, result->alert, volume_why_name(result->why));
}

/* The next cell, without the quotes around it; the rest of the line, or NULL. */
static char *take_cell(char *line, char **cell)
{
	bool is_quoted = line[0] == '"';
	char *end;

	*cell = line + is_quoted;
	end = strpbrk(*cell, is_quoted ? "\"" : ",");
	if (!end) {
		return NULL;
	}
	char *next = is_quoted ? strchr(end, ',') : end;
	*end = '\0';
	return next ? next + 1 : NULL;
}

/* A cell is printed back: what is neither a number nor a time is not. */
static const char *cell_again(const char *cell, bool good)
{
	return good ? cell : "";
}

static void read_row(struct reading *reading, char *line, const char *path, unsigned number)
{
	struct volume_reading result = { .why = VOLUME_QUIET };
	struct day_place place;
	char *time, *value = NULL, *end;
	char *rest = take_cell(line, &time);
	uint64_t time_ns = 0;

	if (rest) {
		take_cell(rest, &value);
	}
	bool timed = value && parse_time(time, &time_ns);
	double amount = value ? strtod(value, &end) : 0;
	bool valued = value && *value && *end == '\0' && isfinite(amount);
	reading->row++;
	if (timed) {
		if (reading->before_ns && time_ns <= reading->before_ns && !reading->out_of_order) {
			reading->out_of_order = number;
		}
		pass_time(reading, time_ns);
	}
	if (timed && valued) {
		if (amount < 0 && reading->below_zero == 0) {
			reading->below_zero = number;
		}
		calendar_place(reading->calendar, reading->scope, time_ns, &place);
		unsigned slots = row_slots(reading);
		volume_step(&reading->volume, reading->budget, &place, amount, slots, &result);
		reading->slots += slots;
		reading->alerts += result.alert && result.why == VOLUME_MORE;
		reading->exact += result.alert && result.why != VOLUME_MORE;
	} else if ((!timed || (value && *value)) && !reading->problem[0]) {
		snprintf(reading->problem, sizeof(reading->problem),
			"%.120s:%u: expected a time and a number; the row has no score", path,
			number);
	}
	print_row(reading, cell_again(time, timed), cell_again(value, valued), &result);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* What is odd about a series that could be read. */
static void say_oddities(const struct reading *reading, const char *path)
{
	char sentence[512];

	if (reading->out_of_order) {
		snprintf(sentence, sizeof(sentence),
			"%.200s:%u: the time is not after the row before; sort the rows by time, "
			"or scores are those of another order",
			path, reading->out_of_order);
		cli_error("detect", sentence);
	}
	if (reading->below_zero) {
		snprintf(sentence, sizeof(sentence), "%.200s:%u: a volume below 0 was taken for 0",
			path, reading->below_zero);
		cli_error("detect", sentence);
	}
	if (reading->row >= INTERVAL_ROWS && reading->interval_ns < SLOT_S * NS_PER_S) {
		snprintf(sentence, sizeof(sentence),
			"%.200s: rows are %" PRIu64 " seconds apart, and each was taken for five "
			"minutes; add them up first",
			path, reading->interval_ns / NS_PER_S);
		cli_error("detect", sentence);
	}
}

/* Does a line hold a row? The first one may name the columns. */
static bool is_row(const char *line, unsigned number)
{
	line += line[0] == '"';
	return number > 1 || (line[0] >= '0' && line[0] <= '9');
}

/* Do the first line's names say what stands where? "timestamp,value": a time first, a comma. */
static bool is_usual_head(const char *line)
{
	line += line[0] == '"';
	return strchr(line, ',') && strncasecmp(line, "value", strlen("value")) != 0;
}

static int read_series(struct reading *reading, const char *path)
{
	char *line = NULL, sentence[512];
	size_t capacity = 0;
	ssize_t length;

	cli_say_pipe("detect", path, true);
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	if (!file) {
		snprintf(sentence, sizeof(sentence), "cannot read %s: %s", path, strerror(errno));
		cli_error("detect", sentence);
		return EXIT_INPUT;
	}
	for (unsigned number = 1; (length = getline(&line, &capacity, file)) >= 0; number++) {
		bool has_mark = number == 1 && strncmp(line, "\xef\xbb\xbf", 3) == 0;
		char *row = line + (has_mark ? 3 : 0);
		row[strcspn(row, "\r\n")] = '\0';
		if (is_row(row, number)) {
			read_row(reading, row, path, number);
		} else if (!is_usual_head(row) && row[0]) {
			snprintf(reading->problem, sizeof(reading->problem),
				"%.120s:1: expected the columns \"timestamp,value\": the time "
				"first, "
				"and a comma between",
				path);
			break;
		}
	}
	int status = ferror(file) ? EXIT_INPUT : EXIT_DONE;
	free(line);
	if (file != stdin) {
		fclose(file);
	}
	say_oddities(reading, path);
	if (status != EXIT_DONE) {
		snprintf(sentence, sizeof(sentence), "%s could not be read to its end", path);
		cli_error("detect", sentence);
	} else if (reading->problem[0]) {
		cli_error("detect", reading->problem);
		status = EXIT_INPUT;
	} else if (reading->row == 0) {
		cli_notice("detect", "%.200s: there are no rows (expected timestamp,value)", path);
		status = EXIT_INPUT;
	}
	return status;
}

static int load_calendars(
	struct calendar *calendar, const struct option_list *list, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < list->count && status == 0; i++) {
		const char *name = list->items[i];
		bool country = strlen(name) == 2 && !strpbrk(name, "./");
		status = country ? calendar_load_country(calendar, name, err)
				 : calendar_load(calendar, name, err);
	}
	return status;
}

/* What was promised, against what came: on standard error, where scripts do not trip over it. */
static void print_check(
	const struct budget *budget, uint64_t slots, uint64_t alerts, uint64_t exact)
{
	double days = (double)slots / SLOTS_A_DAY;

	double promised = fmax(days * SLOTS_A_DAY / budget->threshold, LEAST_SHOWN);
	char watched[32];

	snprintf(watched, sizeof(watched),
		days < LONG_DAYS ? "%.1f series-hours" : "%.0f series-days",
		days < LONG_DAYS ? days * 24 : days);
	cli_notice("detect",
		"%" PRIu64 " alerts and %" PRIu64
		" by exact rules in %s; promised: at most %.2g false ones (%g a week over %.0f "
		"series)",
		alerts, exact, watched, promised, budget->weekly, budget->series);
}

static int run_all(const struct calendar *calendar, const struct budget *budget, char *const *paths,
	unsigned count)
{
	uint64_t slots = 0, alerts = 0, exact = 0;
	int status = EXIT_DONE;

	printf("%stimestamp,value,score,baseline,low,high,alert,why\n", count > 1 ? "series," : "");
	for (unsigned i = 0; i < count; i++) {
		const char *name = base_name(paths[i]);
		struct reading reading = { .calendar = calendar,
			.budget = budget,
			.scope = calendar_scope(calendar, name),
			.name = count > 1 ? name : NULL };
		volume_init(&reading.volume);
		int one = read_series(&reading, paths[i]);
		status = one != EXIT_DONE ? one : status;
		slots += reading.slots;
		alerts += reading.alerts;
		exact += reading.exact;
	}
	print_check(budget, slots, alerts, exact);
	return status;
}

static int run(void *settings_, char *const *paths, unsigned count)
{
	const struct detect_settings *settings = settings_;
	struct calendar *calendar = NULL;
	struct local_zone *zone = NULL;
	struct budget budget;
	struct err err;
	char *end;
	double weekly = strtod(settings->budget, &end);

	if (count == 0) {
		return cli_usage_error(&command_detect, "expected at least one CSV file");
	}
	if (*end || !(weekly > 0 && weekly <= 1e6)) {
		return cli_usage_error(&command_detect,
			"--budget: expected a number of alerts a week above 0, found \"%s\"",
			settings->budget);
	}
	budget_init(&budget, (double)settings->series, weekly);
	int status = local_zone_open(&zone, settings->timezone, &err);
	status = status < 0 ? status : calendar_create(&calendar, &err);
	status = status < 0 ? status : load_calendars(calendar, &settings->calendar, &err);
	if (status < 0) {
		cli_error("detect", err.text);
		status = EXIT_USAGE;
	} else {
		calendar_set_zone(calendar, zone);
		status = run_all(calendar, &budget, paths, count);
	}
	calendar_destroy(calendar);
	local_zone_close(zone);
	return status;
}

const struct command command_detect = {
	.name = "detect",
	.arguments = "SERIES.csv...",
	.summary = "Finds what is unusual in series of volumes",
	.description =
		"Reads series as CSV with the columns timestamp (seconds since 1970, or "
		"2026-03-31T10:15:00) and value (a volume, 0 or more; nothing at all where nobody "
		"measured), rows of five minutes or longer in order of time, and prints a row for "
		"each: score, baseline and band (low, high), alert (1 where an episode begins) and "
		"why (more, first-sight, after-silence; otherwise quiet).\n"
		"\n"
		"No row looks ahead. The score is patience: about how many slots of five minutes "
		"of "
		"one ordinary series pass between two scores as high; it is 0 where the evidence "
		"reaches no new height. An alert is raised where it is at least 2016 K/N, which "
		"spends the budget of N false alerts a week over K series. A first sight and "
		"traffic after an incredible silence are exact rules and stand outside the "
		"budget.\n"
		"\n"
		"Nothing but exact rules is told in a series' first week, and little in its "
		"second. An alert says that something is unusual, not that it is bad; no alert "
		"does not say that all is well.",
	.examples = "$ borderflow detect --calendar se --timezone Europe/Stockholm tiktok.csv\n"
		    "Swedish holidays, Swedish time.\n"
		    "$ borderflow detect --series 90 --budget 1 series/*.csv | grep ',1,more'\n"
		    "One false alert a week over ninety series; the beginnings of episodes.",
	.settings_bytes = sizeof(struct detect_settings),
	.options = options,
	.run = run,
};
