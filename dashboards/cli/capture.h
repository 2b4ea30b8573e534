/* The parts of `borderflow capture`: its settings, its facts, its confinement and its run loop.
 *
 * Threads  all of it is the main thread's; sensor.h tells of the others. */
#pragma once

#include "analyzer/sensor.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/notify.h"

/* Where the sensor of this machine shows itself, unless told otherwise. */
#define CAPTURE_SOCKET "/run/borderflow/sensor.sock"

struct capture_settings {
	struct option_list interface, catalogue;
	const char *filter, *policy, *geo, *networks, *pseudonymize, *flows, *format, *archive,
		*alerts, *redis, *sensor, *spool, *spool_sync;
	const char *config, *user, *metrics_listen, *log_level, *cpu, *socket;
	bool promiscuous, drop_privileges, seccomp, landlock;
	uint64_t spool_size, redis_every_ns;
	uint64_t snaplen, ring_size, queues, flow_limit, idle_tcp_ns, idle_other_ns, active_ns,
		duration_ns, heartbeat_ns;
};

/* What is known about the world and the organisation: loaded at the start and at each reload. */
struct capture_facts {
	struct catalogue *catalogue;
	struct policy *policy;
	struct geo *geo;
};

/* 0 or -errno; on failure nothing is left open. */
int capture_facts_load(
	struct capture_facts *facts, const struct capture_settings *settings, struct err *err);
void capture_facts_free(struct capture_facts *facts);

/* Makes folders that the unprivileged user will write to, then gives up whatever the settings say,
 * and logs each step. */
int capture_prepare_folders(const struct capture_settings *settings, struct err *err);
int capture_confine(const struct capture_settings *settings, const struct capture_facts *facts,
	struct err *err);

/* From signals to the sensor: runs until SIGTERM, SIGINT, the set duration or a failure. SIGHUP
 * loads facts anew, SIGUSR1 prints health. The signals must be blocked in every thread
 * (capture_block_signals before the first one). 0, or -errno and why it could not go on. */
struct capture_loop {
	const struct capture_settings *settings;
	struct sensor *sensor;
	struct capture_facts *facts;
	const struct pseudonyms *pseudonyms;
	struct notify *notify;
};

void capture_block_signals(void);
int capture_run(const struct capture_loop *loop, struct err *err);
