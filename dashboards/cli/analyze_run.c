#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/device/devices.h"
#include "analyzer/vantage/vantage_judge.h"
#include "base/clock.h"
#include "dashboards/cli/analyze_cmd.h"
#include "dashboards/report/report.h"

#define PROGRESS_EVERY_NS (200 * NS_PER_MS)

/* The engine that Ctrl-C stops and a question interrupts: the one mutable global a signal needs. */
static struct engine *volatile running;

static volatile sig_atomic_t is_stopped; /* by Ctrl-C, before there was an engine or after */
static volatile sig_atomic_t is_reading; /* an input may be waited for */

static void on_signal(int signal)
{
	(void)signal;
	if (running) {
		engine_stop(running);
	} else {
		is_stopped = 1;
	}
	if (is_reading) {
		alarm(1);
	}
}

/* Where the signal came just before the input was read, that read would wait for ever: it is
 * interrupted until the input is done with. */
static void on_alarm(int signal)
{
	(void)signal;
	if (is_reading) {
		alarm(1);
	}
}

static volatile sig_atomic_t is_asked; /* for a summary of what was seen so far */

static void on_question(int signal)
{
	(void)signal;
	is_asked = 1;
	if (running) {
		engine_interrupt(running);
	}
}

void analyze_hear_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	is_reading = 1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action = (struct sigaction){ .sa_handler = on_alarm };
	sigaction(SIGALRM, &action, NULL);
	/* A reader that is gone and a file that is too large are errors of a write, with a name. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGUSR1, on_question);
}

bool analyze_is_stopped(void)
{
	return is_stopped;
}

/* kill -USR1: a summary of what was seen so far, on standard error; the run goes on. */
static void show_so_far(struct analysis *analysis, const struct source_stats *source)
{
	progress_clear(&analysis->progress);
	analysis->so_far = *source;
	engine_ask(analysis->run.engine, analyze_put_so_far, analysis);
}

/* Runs what is open, and shows how far it is. 0, or -errno of the first that failed: a sink, else
 * the input. */
static int work(struct analysis *analysis, struct err *err)
{
	struct source_stats source;
	struct err finish_err;

	running = analysis->run.engine;
	if (is_stopped) {
		engine_stop(running);
	}
	int status = engine_start(analysis->run.engine, err);
	while (status == 0 && (status = engine_read(analysis->run.engine, PROGRESS_EVERY_NS,
				       err)) == ENGINE_MORE) {
		source_read_stats(analysis->source, &source);
		if (is_asked) {
			is_asked = 0;
			show_so_far(analysis, &source);
		}
		progress_show(&analysis->progress, source.bytes_done, source.bytes_all,
			source.frames, clock_monotonic_ns());
		if (analysis->serve) {
			analyze_serve_show(analysis->serve, &source, true);
		}
	}
	int finished = engine_finish(analysis->run.engine, &finish_err);
	running = NULL;
	is_reading = 0;
	alarm(0);
	signal(SIGUSR1, SIG_IGN);
	if (analysis->serve) {
		source_read_stats(analysis->source, &source);
		analyze_serve_show(analysis->serve, &source, false);
	}
	if (finished == -EPIPE && outputs_use_stdout(&analysis->settings->outputs)) {
		finished = 0; /* whoever reads the records has seen enough */
	}
	if (finished < 0) {
		*err = finish_err;
	}
	return finished < 0 ? finished : status < 0 ? status : 0;
}

/* A log that names nobody is worth nothing, and looks like one that does. */
static void say_worth(const struct analysis *analysis)
{
	struct vantage_counters counters = { .frames = 0 };
	struct engine_stats stats;
	static const char *const causes[] = {
		[LOG_OF_FORWARDER] =
			"one client asks for all: log where the clients ask, not behind "
			"their forwarder, and do not leave them out",
		[LOG_OF_QUESTIONS] =
			"the log holds questions and not the addresses that they led to: "
			"have it tell answers (dnstap, Zeek, dnsmasq), or let the sensor "
			"see what the resolver is answered",
		[LOG_OF_STRANGERS] =
			"those who asked are not the devices of the capture (anonymised, "
			"or behind an address translation), or the log's clock is off",
	};

	engine_read_stats(analysis->run.engine, &stats);
	vantage_counters_add_names(&counters, &stats.classify);
	enum log_worth worth = vantage_log_worth(&counters, stats.records);
	if (counters.log_ahead_s != 0) {
		cli_notice("analyze",
			"the clock of the resolver logs is about %lld s %s the capture's, by %llu "
			"of "
			"%llu lookups: flows may lack names or have wrong ones; set it by the "
			"sensor's, or "
			"give the log's time zone (TZ), and read again",
			llabs((long long)counters.log_ahead_s),
			counters.log_ahead_s > 0 ? "ahead of" : "behind",
			(unsigned long long)counters.log_ahead_by,
			(unsigned long long)(counters.names_heard + counters.names_later));
	} else if (worth != LOG_NAMES_FLOWS) {
		cli_notice("analyze",
			"the resolver logs name next to nothing here: %llu lookups, %llu of %llu "
			"flows named by them; %s",
			(unsigned long long)vantage_log_names(&counters),
			(unsigned long long)counters.named_by_log,
			(unsigned long long)stats.records, causes[worth]);
	}
}

/* What the resolver logs were worth; -errno where one could not be read to its end. */
static int say_names(const struct analysis *analysis)
{
	struct flow_source_stats stats;
	struct err err;
	int status = engine_names_failure(analysis->run.engine, &err);

	if (status < 0) {
		cli_error("analyze", err.text);
	}
	engine_read_names(analysis->run.engine, &stats);
	if (analysis->names.count > 0 && (stats.malformed > 0 || stats.names == 0)) {
		cli_notice("analyze",
			"the resolver logs held %llu names before the end of the capture; %llu of "
			"%llu entries could not be read",
			(unsigned long long)stats.names, (unsigned long long)stats.malformed,
			(unsigned long long)stats.messages);
	}
	say_worth(analysis);
	return status;
}

static bool found_what_fails(const struct analysis *analysis)
{
	const char *what = analysis->settings->fail_on;
	const struct overview_rule *rules;
	size_t count = overview_rules(engine_overview(analysis->run.engine), &rules);

	if (strcmp(what, "alert") == 0) {
		return alerts_count(analysis->run.alerts) > 0;
	}
	for (size_t i = 0; i < count && strcmp(what, "violation") == 0; i++) {
		if (rules[i].verdict == POLICY_VERDICT_VIOLATION ||
			rules[i].verdict == POLICY_VERDICT_UNAPPROVED) {
			return true;
		}
	}
	return false;
}

/* Summary and report. */
static int tell(struct analysis *analysis, const struct engine_stats *stats, const char *trouble,
	struct err *err)
{
	const struct report_options report = { .folder = analysis->settings->report };
	struct report_model model = analyze_model(analysis, stats, trouble);

	model.decider = engine_decider(analysis->run.engine);
	model.alerts = alerts_count(analysis->run.alerts);
	model.policy_path = analysis->settings->facts.policy;
	model.networks = analysis->settings->facts.networks;
	model.coverage = devices_coverage(engine_devices(analysis->run.engine));
	analyze_question_describe(&analysis->question, &model);
	analyze_put_summary(analysis, &model);
	model.devices = NULL; /* a report is for those who need not know */
	return report.folder ? report_write(&report, &model, NULL, err) : 0;
}

/* From the second reading. */
static int write_packets(struct analysis *analysis, struct err *err)
{
	const struct source_options again = analyze_source_options(analysis->settings);

	if (is_stopped && analysis->question.packets) {
		return err_set(err, EINTR, "stopped before the packets were written");
	}
	return analyze_question_write(&analysis->question, analysis->inputs, analysis->input_count,
		&again, &analysis->progress, err);
}

static int refuse(enum exit_status status, const struct err *err)
{
	cli_error("analyze", err->text);
	return status;
}

/* Records bear no mark: a line that is none would stop whoever reads them. */
static void say_partial(const struct output_settings *outputs)
{
	const char *const paths[] = { outputs->flows, outputs->alerts, outputs->archive };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (paths[i]) {
			cli_notice("analyze", "%s holds a part of it",
				strcmp(paths[i], "-") == 0 ? "standard output" : paths[i]);
		}
	}
}

int analyze_run(struct analysis *analysis)
{
	struct err err = { "" }, broken;
	struct engine_stats stats;
	int status = work(analysis, &err);

	progress_clear(&analysis->progress);
	engine_read_stats(analysis->run.engine, &stats);
	analysis->was_stopped = stats.was_stopped;
	int finished = analyze_finish_archive(analysis, &stats, &broken);
	if (finished < 0) {
		return refuse(cli_exit_of(finished), &broken);
	}
	int told = tell(analysis, &stats,
		status < 0          ? err.text
		: stats.was_stopped ? "stopped before the input was over"
				    : NULL,
		&broken);
	if (status < 0) {
		cli_error("analyze", err.text);
	}
	if (say_names(analysis) < 0 && status == 0) {
		status = -EBADMSG;
	}
	if (told < 0) {
		return refuse(cli_exit_of(told), &broken);
	}
	if (!engine_check_conservation(analysis->run.engine, &broken)) {
		return refuse(EXIT_INPUT, &broken);
	}
	int written = write_packets(analysis, &broken);
	if (written < 0) {
		return refuse(cli_exit_of(written), &broken);
	}
	if (stats.was_stopped) {
		cli_error("analyze", "stopped before the input was over; what was read until then "
				     "is reported");
		say_partial(&analysis->settings->outputs);
	}
	bool is_amiss = analyze_question_say_nothing(&analysis->question, &stats.source);
	return status < 0                   ? EXIT_INPUT
	       : stats.was_stopped          ? EXIT_STOPPED
	       : is_amiss                   ? EXIT_USAGE
	       : found_what_fails(analysis) ? EXIT_FOUND
					    : EXIT_DONE;
}
