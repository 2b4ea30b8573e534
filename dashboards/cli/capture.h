/* The parts of `borderflow capture`: its settings, its confinement and its run loop.
 *
 * Threads  all of it is the main thread's; engine.h tells of the others. */
#pragma once

#include "analyzer/engine/engine.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/flow_options.h"
#include "dashboards/cli/notify.h"
#include "dashboards/cli/outputs.h"
#include "dashboards/cli/retention_options.h"

/* Where the sensor of this machine shows itself, unless told otherwise. */
#define CAPTURE_SOCKET "/run/borderflow/sensor.sock"

struct capture_settings {
	struct option_list interface, dnstap_listen, resolver_logs;
	struct fact_settings facts;
	struct output_settings outputs;
	struct retention_settings retention;
	struct flow_options flow;
	const char *filter, *sensor, *spool, *spool_sync;
	const char *state;
	const char *write_packets; /* refused, with the reason */
	const char *config, *user, *metrics_listen, *log_level, *socket;
	bool promiscuous, drop_privileges, seccomp, landlock;
	uint64_t spool_size, redis_every_ns, redis_merge_every_ns, snaplen, ring_size, queues,
		duration_ns, heartbeat_ns;
};

/* Makes folders that the unprivileged user will write to, then gives up whatever the settings say,
 * and logs each step. */
int capture_prepare_folders(const struct capture_settings *settings, struct err *err);
int capture_confine(const struct capture_settings *settings, const struct reference *reference,
	struct err *err);

/* From signals to the engine: runs until SIGTERM, SIGINT, the set duration or a failure. SIGHUP
 * loads reference data anew, SIGUSR1 prints health. The signals must be blocked in every thread
 * (capture_block_signals before the first one). 0, or -errno and why it could not go on. */
struct capture_loop {
	const struct capture_settings *settings;
	struct engine *engine;
	const struct pseudonyms *pseudonyms;
	struct notify *notify;
	const char *sensor;
};

/* Where nothing may be kept of single devices (device_detail.h), says so, and what to do. */
void capture_say_what_is_kept(const struct reference *reference);

/* Where the policy's counting names sensors and not this one, says so. */
void capture_say_what_is_counted(const struct reference *reference, const char *sensor);

/* Keeps the policy in the archive's or the state's folder, as in force from now, where it is
 * another one than before (policy_history.h). */
void capture_keep_policy(
	const struct capture_settings *settings, const struct reference *reference);

void capture_block_signals(void);
int capture_run(const struct capture_loop *loop, struct err *err);
