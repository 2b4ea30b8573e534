/* A live interface for borderflow doctor: watched for a while, then judged. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "analyzer/device/devices.h"
#include "analyzer/engine/engine.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "dashboards/cli/confine.h"
#include "dashboards/cli/doctor.h"
#include "dashboards/cli/flow_options.h"

enum { FLOW_LIMIT = 500000, INTERFACES_MAX = 16, LOOK_EVERY_MS = 100 };

struct watching {
	const struct doctor *doctor;
	const struct doctor_live *live;
	struct engine_input input; /* all of them */
	struct vantage_interface before[INTERFACES_MAX], after[INTERFACES_MAX];
	unsigned count;
	struct vantage *vantage;
	struct engine *engine;
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
	(void)number;
	is_stopped = 1;
}

/* Before a frame is taken: whoever sees that we listen may end it. */
static void heed_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int open_sources(struct watching *watching, struct err *err)
{
	const struct option_list *names = watching->live->interfaces;
	const struct source_options options = { .filter = watching->doctor->filter,
		.snaplen = watching->live->snaplen,
		.promiscuous = true };
	unsigned count = names->count < INTERFACES_MAX ? names->count : INTERFACES_MAX;

	for (; watching->count < count; watching->count++) {
		const char *name = names->items[watching->count];
		if (!doctor_read_interface(name, &watching->before[watching->count])) {
			return err_set(err, ENODEV, "%s: there is no such interface", name);
		}
	}
	watching->input.interface = names->items[0];
	return source_open_interfaces(&watching->input.source, (const char *const *)names->items,
		count, &options, NULL, err);
}

static int create_engine(struct watching *watching, struct err *err)
{
	const struct flow_options flow = { .flow_limit = FLOW_LIMIT,
		.idle_tcp_ns = 300 * NS_PER_S,
		.idle_other_ns = 120 * NS_PER_S };
	const struct flow_keys keys = { .now = hash_key_random(), .next_ns = UINT64_MAX };
	const struct engine_options options = { .inputs = &watching->input,
		.input_count = 1,
		.collector = flow_options_collector(&flow, &keys),
		.reference = watching->doctor->reference,
		.vantage = watching->vantage,
		.classify = { .probe_key = watching->doctor->probe_key },
		.has_ticks = true };

	watching->vantage->probe_key = watching->doctor->probe_key;
	watching->engine = engine_create(&options, err);
	return watching->engine ? engine_start(watching->engine, err) : -ENOMEM;
}

static int watch(struct watching *watching, struct err *err)
{
	uint64_t end_ns = clock_monotonic_ns() + watching->live->duration_ns;
	struct err finish_err;
	int status = 0;

	while (status == 0 && !is_stopped && clock_monotonic_ns() < end_ns) {
		poll(NULL, 0, LOOK_EVERY_MS);
		status = engine_failure(watching->engine, err);
	}
	int finished = engine_finish(watching->engine, &finish_err);
	if (status == 0 && finished < 0) {
		*err = finish_err;
		status = finished;
	}
	return status;
}

/* The card's losses while it was watched, not since it was plugged in. */
static void read_interfaces(struct watching *watching)
{
	for (unsigned i = 0; i < watching->count; i++) {
		struct vantage_interface *after = &watching->after[i];
		uint64_t missed_before = watching->before[i].missed;
		if (!doctor_read_interface(watching->live->interfaces->items[i], after)) {
			*after = watching->before[i];
			after->is_up = false;
		}
		after->missed -= missed_before < after->missed ? missed_before : after->missed;
	}
}

static void judge(struct watching *watching, struct vantage_report *report)
{
	struct vantage_context context = { .reference = watching->doctor->reference,
		.now_ns = clock_now_ns(),
		.interfaces = watching->after,
		.interface_count = watching->count,
		.coverage = devices_coverage(engine_devices(watching->engine)),
		.has_counters = true };
	struct health health;

	engine_read_health(watching->engine, &health);
	for (unsigned i = 0; i < health.worker_count; i++) {
		vantage_counters_add(
			&context.counters, &health.workers[i].source, &health.workers[i].collector);
	}
	read_interfaces(watching);
	vantage_judge(watching->vantage, &context, report);
}

/* What is read from the wire is read without power. */
static int give_up_power(const struct watching *watching, struct err *err)
{
	return geteuid() == 0 ? confine_user(watching->live->user, err) : 0;
}

int doctor_watch(const struct doctor *doctor, const struct doctor_live *live,
	struct vantage_report *report, struct err *err)
{
	struct watching watching = { .doctor = doctor, .live = live, .vantage = vantage_create() };
	int status = watching.vantage ? 0 : err_set(err, ENOMEM, "out of memory");

	heed_signals();
	if (status == 0) {
		status = open_sources(&watching, err);
	}
	if (status == 0) {
		status = give_up_power(&watching, err);
	}
	if (status == 0) {
		status = create_engine(&watching, err);
	}
	if (status == 0) {
		status = watch(&watching, err);
		judge(&watching, report);
	}
	engine_destroy(watching.engine);
	source_close(watching.input.source);
	vantage_destroy(watching.vantage);
	return status;
}
