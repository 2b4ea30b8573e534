/* Inside the engine: what its files share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "analyzer/engine/engine.h"
#include "analyzer/engine/exporter.h"
#include "analyzer/engine/lane.h"
#include "analyzer/redact/own_zones.h"
#include "collector/name_feed.h"
#include "collector/sightings.h"

struct engine;

/* What a worker tells the exporter beside records, and before those that it is about. As slots of a
 * ring they lie side by side. */
enum engine_word_kind { WORD_SIGHTING, WORD_ZONE, WORD_HOST, WORD_NETWORK };
struct engine_word {
	_Alignas(64) uint8_t kind; /* enum engine_word_kind */
	union {
		struct sighting sighting;  /* who has which address */
		char name[OWN_ZONE_BYTES]; /* whose names are ours (own_zones.h, own_hosts.h) */
		struct addr network;       /* that is ours (forgotten_networks.h) */
	};
};

enum { WORDS_UNDER_WAY = 8192, WORDS_TOGETHER = 1024, NAMES_TOLD = 64 };

/* One lane and the thread that works on it. */
struct engine_lane {
	struct engine *engine;
	struct lane *lane;
	const struct reference *reference;           /* the worker's: of its next runs */
	const struct reference *wrappers;            /* whoever decodes: whose tunnels are ours */
	struct ring *words;                          /* on their way to the exporter */
	uint64_t words_sent, words_taken;            /* by the worker, by the exporter */
	char names_told[NAMES_TOLD][OWN_ZONE_BYTES]; /* lately: they need not be sent again */
	struct addr network_told;                    /* likewise */
	atomic_uint_fast64_t sightings_lost;         /* live: the exporter was behind */
	uint64_t health_due_ns;
	pthread_t thread;
	bool is_started;
};

/* Who hears a live source of names. */
struct engine_hearer {
	struct engine *engine;
	struct flow_source *source;
	pthread_t thread;
	bool is_started;
	struct flow_source_stats stats; /* guarded by heard */
	bool is_missed;                 /* the exporter's: it is away, or says nothing any more */
	struct flow_source_batch batch;
};

struct engine {
	struct engine_options options;
	struct engine_input inputs[HEALTH_WORKERS_MAX];
	unsigned workers;
	struct engine_lane lanes[HEALTH_WORKERS_MAX];
	unsigned lane_count;
	struct engine_helper {
		pthread_t thread;
		bool is_started;
	} helpers[ENGINE_WORKERS_MAX]; /* of files: that enrich */
	unsigned helper_count;
	struct name_feed *feeds[HEALTH_WORKERS_MAX]; /* of each lane; NULL: no resolver logs */
	struct engine_hearer *hearers;               /* live: one a source */
	pthread_mutex_t heard;
	struct exporter *exporter;
	pthread_t exporter_thread;
	bool exporter_is_started;
	bool is_read; /* files: to the end, or as far as was wanted */
	int read_status;
	struct err read_err;
	atomic_bool stop, is_interrupted;
	void (*tell)(void *context); /* asked of the exporter while is_asked */
	void *tell_context;
	atomic_bool is_asked;
	bool was_stopped, sinks_failed;
	uint64_t started_ns, began_ns, wall_ns; /* began: monotonic */

	uint64_t flush_due_ns;  /* the exporter's */
	uint64_t save_due_ns;   /* likewise: state */
	struct health measured; /* the exporter's, of the second before: rates come from it */

	atomic_uint_fast64_t version; /* of the latest reference data */
	pthread_mutex_t said;         /* guards what follows */
	const struct reference *latest;
	struct health_exporter health;
	struct health_summary health_summary;
	uint64_t facts_loaded_ns, reloads, reloads_failed;
};

/* The exporter says how it is, once a second and at the end. */
void engine_say_health(struct engine *engine);

static inline bool engine_is_wanted(const struct engine *engine)
{
	return !atomic_load_explicit(&engine->stop, memory_order_relaxed);
}

/* The workers (engine_lanes.c): records that are due go to the exporter's side; the end of a lane;
 * and the threads, which are given a lane, or to help the engine. */
void engine_hand_over(struct engine_lane *lane);
void engine_finish_lane(struct engine_lane *lane);
void *engine_follow_file(void *lane);
void *engine_work_live(void *lane);
void *engine_help(void *engine);

/* Does a tunnel from this address come from outside? For whoever decodes (wrapping.h). */
bool engine_is_outside(void *lane, const struct addr *source);
/* For the worker (own_network.h). Is it an address of ours, and not what our own blocking answers
 * with? */
bool engine_is_own(void *lane, const struct addr *addr);
/* For the same (call_sockets.h). */
enum app_hint engine_server_app(void *lane, const struct addr *addr, uint16_t port);
/* A machine of ours has this name, is called this by itself, or is in this network: the exporter
 * hears of it before the next records. */
void engine_learn_name(void *lane, const char *name);
void engine_learn_host(void *lane, const char *name);
void engine_learn_network(void *lane, const struct addr *network);

/* Resolver logs (engine_names.c): the feed of a lane that is about to be created; the thread of a
 * live source; how they fared. */
int engine_open_names(struct engine *engine, struct lane_options *lane, struct err *err);
void engine_close_names(struct engine *engine);
void *engine_hear(void *hearer);
void engine_watch_names(struct engine *engine); /* the exporter's, once a second */

/* The exporter (engine_export.c): all that a lane has handed over, where nobody else takes it; its
 * thread, which is given the engine. */
void engine_export_lane(struct engine_lane *lane);
void *engine_export_runs(void *engine);
int engine_save_state(struct engine *engine, struct err *err);
void engine_load_state(struct engine *engine);
