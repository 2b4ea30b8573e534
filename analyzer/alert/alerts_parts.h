/* Inside the alerts of a run: what alerts.c, alerts_write.c and alerts_state.c share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "analyzer/alert/alert_case.h"
#include "analyzer/alert/alert_post.h"
#include "analyzer/alert/alerts.h"
#include "analyzer/alert/desk_watch.h"
#include "analyzer/rollup/devices.h"
#include "base/hash_table.h"

enum { ALERT_PAGE_BYTES = 400, STORM_HOURS = 192, CASES_KNOWN = 64 };

struct episode {
	struct alert alert;
	struct devices devices;
	uint64_t devices_before; /* an earlier run counted, whose devices are not known any more */
	bool has_plain; /* some hashes of devices are made of no pseudonym: they stay here */
	bool has_changed, is_written;
	bool is_due; /* what changed is to be written, though it has not grown */
	uint64_t said_devices, said_bytes;
	uint64_t seen_ns; /* raised again, without news */
	unsigned pending; /* outputs that are to be given it: a bit each */
};

struct open_output {
	const struct alert_output_ops *ops;
	struct alert_output *output;
	struct output_state state;
};

/* How many alerts began in an hour. */
struct storm_hour {
	uint64_t hour;
	unsigned count, said;
};

/* The id of a case, which takes longer to make than all else about a record. */
struct known_case {
	struct alert_case_key key;
	uint64_t id; /* 0: none is known */
};

struct alerts {
	struct alert_origin origin;
	char organization[ALERT_NAME_BYTES], observer[ALERT_NAME_BYTES], page[ALERT_PAGE_BYTES];
	struct alert_renderer renderer;
	struct device_hashes *device_hashes;
	struct episode **episodes; /* in order of first sight */
	struct hash_table table;   /* place in episodes by id */
	size_t count, capacity;
	struct known_case known[CASES_KNOWN]; /* by rule and unit */
	uint64_t missed;
	uint64_t forgot_day;                        /* when it last looked for cases to forget */
	struct storm_hour storm_hours[STORM_HOURS]; /* by the hour; the oldest gives way */
	struct desk_watch *desk;                    /* NULL: none */
	atomic_uint_fast64_t all_series;            /* of all sensors; 0 not known */
	struct open_output outputs[ALERT_OUTPUTS_MAX];
	unsigned output_count;

	pthread_mutex_t said; /* guards what follows */
	struct alert raised[ALERTS_RAISED_MAX];
	size_t raised_count;
};

/* The case that goes on, or a new one. NULL: no room for it. */
struct episode *alerts_open_episode(struct alerts *alerts, const struct alert *alert);

/* What other threads raised becomes cases. */
void alerts_take_raised(struct alerts *alerts);
