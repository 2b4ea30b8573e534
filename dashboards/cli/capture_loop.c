#include "dashboards/cli/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "analyzer/redact/device_detail.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_history.h"
#include "base/clock.h"
#include "base/log.h"

#define LOOK_EVERY_NS (500 * NS_PER_MS)

/* A thread that showed nothing of itself for so long hangs: the watchdog is to know. A sink may
 * wait for a server for some seconds. */
#define HANGING_NS (20 * NS_PER_S)

static void own_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
}

void capture_block_signals(void)
{
	sigset_t set;

	own_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* A signal, or 0 when none came for a while. */
static int next_signal(void)
{
	struct timespec wait = { .tv_nsec = (long)LOOK_EVERY_NS };
	sigset_t set;

	own_signals(&set);
	int number = sigtimedwait(&set, NULL, &wait);
	return number > 0 ? number : 0;
}

void capture_say_what_is_kept(const struct reference *reference)
{
	char memory[640];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	device_detail_put_missing(&text, reference, clock_now_ns());
	if (text.length > 0) {
		log_warning("%s", text.at);
	}
}

void capture_say_what_is_counted(const struct reference *reference, const char *sensor)
{
	if (!policy_counting_names(reference->policy, sensor)) {
		log_warning("the policy's \"counting\" names other sensors than \"%s\": of the "
			    "networks there it counts none, and where no sensor has the name that "
			    "stands there nobody does; name it with --sensor or in the policy",
			sensor);
	}
}

/* Whoever reads the archive later is to know by which rules its flows were judged. */
void capture_keep_policy(const struct capture_settings *settings, const struct reference *reference)
{
	const char *beside =
		settings->outputs.archive ? settings->outputs.archive : settings->state;
	struct err err;

	if (beside &&
		policy_history_keep(beside, settings->facts.policy, policy_hash(reference->policy),
			"capture", clock_now_ns(), &err) < 0) {
		log_warning("the policy is not kept beside what it decides: %s", err.text);
	}
}

/* A new snapshot is loaded beside the old one, which stays in force where that fails. */
static void reload(const struct capture_loop *loop)
{
	const struct reference *fresh;
	struct err err;

	notify_say(loop->notify, "STATUS=loading policy, catalogue and geo data anew");
	if (facts_load(&fresh, &loop->settings->facts, loop->pseudonyms, &err) < 0) {
		log_error("not reloaded, everything stays as it was: %s", err.text);
		engine_count_failed_reload(loop->engine);
	} else {
		engine_reload(loop->engine, fresh);
		log_info("policy, catalogue and geo data were loaded anew");
		capture_say_what_is_kept(fresh);
		capture_say_what_is_counted(fresh, loop->sensor);
		capture_keep_policy(loop->settings, fresh);
		reference_release(fresh);
	}
	notify_say(loop->notify, "STATUS=capturing");
}

static void print_health(struct engine *engine)
{
	struct health health;
	struct text text, escaped;

	engine_read_health(engine, &health);
	text_init_heap(&text);
	text_init_heap(&escaped);
	health_put_text(&text, &health);
	text_put_terminal_lines(&escaped, text.at, text.length);
	fwrite(escaped.at, 1, escaped.length, stderr);
	text_deinit(&escaped);
	text_deinit(&text);
}

int capture_run(const struct capture_loop *loop, struct err *err)
{
	uint64_t start_ns = clock_monotonic_ns(), duration_ns = loop->settings->duration_ns;
	int status = 0;

	log_info("capturing");
	notify_say(loop->notify, "READY=1\nSTATUS=capturing");
	for (;;) {
		int number = next_signal();
		uint64_t now_ns = clock_monotonic_ns();
		if (number == SIGHUP) {
			reload(loop);
		} else if (number == SIGUSR1) {
			print_health(loop->engine);
		} else if (number != 0) {
			break;
		}
		status = engine_failure(loop->engine, err);
		if (status < 0 || (duration_ns && now_ns - start_ns >= duration_ns)) {
			break;
		}
		if (engine_is_alive(loop->engine, HANGING_NS)) {
			notify_watchdog(loop->notify, now_ns);
		}
	}
	notify_say(loop->notify, "STOPPING=1");
	struct err stop_err;
	int stop_status = engine_finish(loop->engine, &stop_err);
	print_health(loop->engine);
	if (status == 0 && stop_status < 0) {
		*err = stop_err;
		status = stop_status;
	}
	return status;
}
