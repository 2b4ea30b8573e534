/* A lane: one source's way from packets to records. It owns the collector and the classification,
 * and shares nothing with other lanes.
 *
 *     lane_work()                     reads, follows, classifies: all on one thread; or
 *     lane_read() | lane_follow()     reads and decodes on one, the rest on another
 *     lane_take()                     records that are due, after each batch
 *
 * Memory   taken once by lane_create().
 * Threads  as above; lane_read_health() and lane_failure() from any.
 * Failure  the source's; what was read is kept. */
#pragma once

#include <stdbool.h>

#include "analyzer/classify/classify.h"
#include "analyzer/engine/health.h"
#include "analyzer/engine/runs.h"
#include "analyzer/record/record.h"
#include "collector/collector.h"

struct lane;

struct lane_options {
	struct source *source; /* the caller's */
	const char *interface; /* live; NULL */
	unsigned queue;
	struct collector_options collector;
	struct classify_options classify;
	bool is_halved;      /* read and followed on two threads */
	size_t record_count; /* how many may be on their way to the exporter */
};

struct lane *lane_create(const struct lane_options *options, struct err *err);
void lane_destroy(struct lane *lane);

/* COLLECTOR_MORE, COLLECTOR_ENDED or -errno. Of a live source that was idle *packets is 0. */
int lane_work(struct lane *lane, unsigned *packets, struct err *err);

/* The reader's half; and the follower's, false where nothing will follow. */
int lane_read(struct lane *lane, struct err *err);
void lane_close(struct lane *lane);
bool lane_follow(struct lane *lane);
void lane_release(struct lane *lane); /* after its records were taken */

/* Was more read than was decoded? */
bool lane_has_rest(const struct lane *lane);

/* Live: where names come faster than an idle lane looks for them, it looks more often. is_ending:
 * no longer, only packets count. */
void lane_keep_pace(struct lane *lane, bool is_ending);

/* No packet came, and it is time_ns now: true where more may be due after those that are taken. */
bool lane_tick(struct lane *lane, uint64_t time_ns);

/* Ends every flow that is left; take them afterwards. */
void lane_finish(struct lane *lane);

/* At most LANE_RUN_MAX at once, 0 where none is due. */
enum { LANE_RUN_MAX = 128 };
size_t lane_take(struct lane *lane, struct record *records, size_t most);

/* What the latest batch said of who has which address, once: to be handed on before its records.
 * NULL: nothing. */
struct sightings;
const struct sightings *lane_sightings(struct lane *lane);

struct runs *lane_runs(struct lane *lane);

uint64_t lane_frames(const struct lane *lane);

/* The lane's own thread says how it is, now and then and at its end; status and err: of its end. */
void lane_say_health(struct lane *lane, bool is_capturing);
void lane_fail(struct lane *lane, int status, const struct err *err);
void lane_read_health(struct lane *lane, struct health_worker *health);
int lane_failure(struct lane *lane, struct err *err); /* 0, or -errno and why it ended */

/* When its threads have ended. */
void lane_read_stats(const struct lane *lane, struct collector_stats *collector,
	struct classify_stats *classify);
