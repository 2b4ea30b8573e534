/* Inside the exporter: what its stages share. A record goes from each to the next, some at once and
 * some later:
 *
 *     exporter_infer.c (what has no name may wait) -> exporter_decide.c (so may a decision) ->
 *     exporter_distribute.c (figures, alerts, detectors, sinks) */
#pragma once

#include <stdatomic.h>

#include "analyzer/engine/detectors.h"
#include "analyzer/engine/exporter.h"
#include "analyzer/engine/flow_filter.h"
#include "analyzer/policy/decider.h"
#include "analyzer/redact/forgotten_networks.h"
#include "analyzer/redact/own_hosts.h"
#include "analyzer/redact/own_zones.h"
#include "analyzer/vantage/proxy_signs.h"
#include "analyzer/rollup/device_hash.h"

enum { EXPORT_BATCH_MAX = DEVICES_FETCH_MAX };

struct held; /* flows without a name that wait (exporter_infer.c) */

struct exporter {
	const struct reference *reference; /* in force; one holder of it */
	struct alerts *alerts;
	struct devices *devices;
	struct proxy_signs *proxies;
	struct behaviour *behaviour;
	struct held *held; /* NULL: all are judged at once */
	struct decider *decider;
	struct flow_filter *filter; /* the caller's; NULL: every record goes on */
	struct decider *matching;   /* with a filter: attempts among what it lets through */
	struct record *released;    /* those that waited, a batch at a time */
	struct device_hashes *device_hashes;
	struct rollup *gathered;  /* cells that were not handed on yet */
	atomic_bool is_asked;     /* somebody waits for them */
	const char *sensor;       /* as the policy's counting names it; NULL: it counts all */
	struct rollup *elsewhere; /* with a sensor: cells of what another one counts */
	struct overview *overview;
	struct detectors *detectors;          /* NULL: none look */
	struct vantage *vantage;              /* the caller's; NULL: nobody asks */
	uint64_t device_of[EXPORT_BATCH_MAX]; /* hashes, of the records being passed on */
	bool is_elsewhere[EXPORT_BATCH_MAX];  /* another sensor counts them; likewise */
	struct own_zones *own_zones;
	struct own_hosts *own_hosts;
	struct forgotten_networks *forgotten;
	struct sink_set sinks;
	struct exporter_stats stats;
	uint64_t latest_ns; /* end of a record */
	uint64_t dates_day; /* on which the policy's dates were looked at last */
};

/* Names that say which device it is are withheld. */
static inline bool exporter_hides_names(const struct exporter *exporter)
{
	return exporter->reference->pseudonyms || exporter->reference->is_sensor;
}

/* Which networks are ours as well: each record shows it as it comes, and waits afterwards if it
 * must, so that what is withheld of others does not depend on how many come at once. */
static inline void exporter_learn_own(struct exporter *exporter, const struct record *record)
{
	if (exporter_hides_names(exporter)) {
		forgotten_networks_learn(exporter->forgotten, exporter->reference->policy, record);
	}
}

/* At most EXPORT_BATCH_MAX, whose devices are known. */
void exporter_infer(struct exporter *exporter, struct record *records, size_t count);
/* All that still wait are judged, and go on. */
void exporter_infer_rest(struct exporter *exporter);
void exporter_drop_held(struct exporter *exporter);

void exporter_decide(struct exporter *exporter, struct record *records, size_t count);
/* Decisions that waited for more to be known. all: nothing more will come. */
void exporter_let_go(struct exporter *exporter, bool all);
/* With a filter: what waited for its flow's end. 0 or -errno. */
int exporter_finish_filter(struct exporter *exporter, struct err *err);

void exporter_distribute(struct exporter *exporter, struct record *records, size_t count);
/* What was added up goes to everybody who keeps figures. */
void exporter_hand_on_cells(struct exporter *exporter);
