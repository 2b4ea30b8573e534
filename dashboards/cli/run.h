/* A run of the engine, as analyze and capture set it up: what both open alike, from one struct of
 * options that each fills from its settings.
 *
 *     run_open_facts()     keys, reference data           before privileges are given up
 *     run_open_engine()    outbox, alerts, state, engine
 *     run_add_sink()       outputs
 *     run_close()          all of it, in any state
 *
 * Threads  one.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include "analyzer/engine/engine.h"
#include "dashboards/cli/facts.h"
#include "dashboards/cli/flow_options.h"
#include "dashboards/cli/outputs.h"

struct run_options {
	const struct fact_settings *facts;
	const struct output_settings *outputs;
	const struct flow_options *flow;
	const char *state; /* folder; NULL: nothing is kept from run to run */
	bool is_live;
	bool detects;
	struct flow_source *const *names; /* resolver logs; the caller's */
	unsigned names_count;

	/* Of files. */
	unsigned workers;
	struct frame_marks *marks; /* the caller's: whose packets came in which frame; NULL */
	struct lookups *lookups;   /* the caller's: in which their names were looked up; NULL */
	bool locates; /* records say where their packets stand; the source has file_ids */
	struct flow_filter *filter; /* the caller's: flows that it lets through; NULL: all */

	const char *sensor; /* its name; of files NULL, unless given */

	/* Live. */
	const char *spool, *spool_sync;
	uint64_t spool_megabytes, redis_every_ns, redis_merge_every_ns;
	struct retention retention;
};

/* A zeroed struct with its options is one that has opened nothing. */
struct run {
	struct run_options options;
	const char *sensor; /* in Redis; of files it is known once they are */
	struct tenant_keys keys;
	const struct reference *reference;
	struct outbox *outbox;
	struct alerts *alerts;
	struct state *state;
	struct vantage *vantage; /* live, or with a state: what the sensor sees */
	struct engine *engine;
};

int run_open_facts(struct run *run, struct err *err);
int run_open_engine(
	struct run *run, const struct engine_input *inputs, unsigned count, struct err *err);

/* with_parts: records of parts instead of whole flows. */
int run_add_sink(struct run *run, const struct sink_ops *ops, const char *target, bool with_parts,
	struct err *err);

void run_close(struct run *run);
