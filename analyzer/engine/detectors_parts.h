/* Inside the detectors: what their files share. */
#pragma once

#include "analyzer/detect/beacon.h"
#include "analyzer/detect/detect.h"
#include "analyzer/detect/drift.h"
#include "analyzer/detect/novelty.h"
#include "analyzer/detect/share.h"
#include "analyzer/engine/detectors.h"
#include "analyzer/engine/flow_notes.h"
#include "analyzer/engine/slot_log.h"
#include "analyzer/rollup/series.h"

enum {
	DETECTORS_SERIES_MOST = 16384,
	DETECTORS_PEERS_MOST = 128, /* apps whose units are compared */
	DETECTORS_EPISODES_MOST = 128,
	DETECTORS_TALLIES_MOST = 4096,
};

/* A series in a slot. */
struct series_value {
	uint64_t series; /* rollup/series.h: of this process */
	uint64_t key;    /* of its identity: the same from run to run */
	char identity[FINDING_TEXT_BYTES];
	bool is_up;
	uint64_t bytes;
	struct volume_reading reading;
	double peer_score; /* patience, from drift.h; 0 none */
	struct drift_run peer_run;
};

/* What is one incident, as far as it goes on. */
struct detectors_episode {
	uint64_t key;         /* of the series that began it; 0: none */
	uint64_t first, unit; /* flow_note_key() of app or country, and of the unit */
	uint64_t first_ns;
	double score, excess; /* as told last */
	uint32_t last_slot, told_slot;
	uint8_t kind, dimension;
	bool is_up;
	char identity[FINDING_TEXT_BYTES];
	struct finding finding;
};

struct peers {
	uint64_t app; /* flow_note_key(); 0: none */
	uint32_t count;
	uint64_t members[DRIFT_MEMBERS_MOST]; /* series' keys */
	struct drift_group group;
};

/* First sights that may be false share so many tokens each; NOVELTY_KINDS for waves. */
enum { DETECTORS_TOKENS = NOVELTY_KINDS + 1 };

/* What an exact rule counts up to. */
struct tally {
	uint64_t key; /* 0: none */
	uint64_t first_ns, flows, bytes, told_bytes;
	uint32_t last_slot, hour, day;
	uint32_t hours, days;
};

struct detectors_unit {
	uint64_t key; /* flow_note_key() */
	struct share share;
	uint64_t hour_bytes, hour_unnamed;
};

/* Written down as it stands. */
struct detectors_numbers {
	uint32_t next_slot; /* that was not judged; 0: none was */
	uint32_t unit_count;
	uint64_t slots, gaps, alerts, exact, tokens_short;
	/* Of those alerts, closed as true, as false; and which closing was counted last. */
	uint64_t confirmed, refuted, verdicts_ns;
	double share;   /* of the budget that is this sensor's; 0: not set yet */
	uint64_t heard; /* series of all sensors, when that was asked last; 0 not known */
	double tokens[DETECTORS_TOKENS];
	struct detectors_unit units[NOVELTY_UNITS_MOST];
	struct peers peers[DETECTORS_PEERS_MOST];
	struct detectors_episode episodes[DETECTORS_EPISODES_MOST];
	struct tally tallies[DETECTORS_TALLIES_MOST];
};

/* Where each residual of the slot stands: of peers and member. */
struct residuals {
	float of[DETECTORS_PEERS_MOST][DRIFT_MEMBERS_MOST];
	struct series_value *values[DETECTORS_PEERS_MOST][DRIFT_MEMBERS_MOST];
};

struct detectors {
	struct detectors_options options;
	struct detect *detect;
	struct novelty *novelty;
	struct beacons *beacons;
	struct calendar *calendar;
	struct flow_notes *notes;
	struct slot_log *log;
	struct detectors_numbers *numbers;
	/* Of the reference in force. */
	const struct reference *reference; /* while a slot is judged */
	uint64_t version;
	bool has_version;
	uint32_t live_from; /* first slot seen whole */
	uint64_t frames, dropped;
	uint64_t stale_day; /* in which databases were looked at */
	double promised;    /* false alerts a week, by the policy; of all sensors */
	/* The slot being judged. */
	struct series_value *values;
	uint32_t value_count, value_room;
	struct hash_table value_table;
	struct residuals residuals;
};

const char *detectors_observer(const struct detectors *detectors);

/* The unit's place in numbers->units; made where it is new. */
unsigned detectors_unit(struct detectors *detectors, uint16_t unit);

/* The tally of that key; begun anew where it was idle for idle_slots. */
struct tally *detectors_tally(
	struct detectors *detectors, uint64_t key, uint32_t slot, uint32_t idle_slots);

/* One slot: series and peers; first sights and beacons; exact rules. */
void detectors_judge_series(struct detectors *detectors, const struct slot *slot);
void detectors_end_peers(struct detectors *detectors); /* a slot in which nobody looked */
void detectors_judge_events(struct detectors *detectors, const struct slot *slot);
void detectors_judge_rules(struct detectors *detectors, const struct slot *slot);

/* Raising (detectors_raise.c). */
/* What was told otherwise goes on as an incident that series may belong to. app or country: names.
 */
void detectors_note_incident(struct detectors *detectors, const struct slot *slot,
	enum dimension dimension, const char *first, uint16_t unit, const char *identity);
void detectors_raise_series(
	struct detectors *detectors, const struct slot *slot, const struct series_value *value);
/* exact: outside the budget. */
void detectors_raise(struct detectors *detectors, const struct alert *alert, bool exact);
struct alert detectors_alert(const struct detectors *detectors, enum alert_kind kind,
	const char *identity, uint64_t first_ns, const char *sentence);
void detectors_put_unit(struct finding *finding, uint16_t unit);
void detectors_put_app(struct finding *finding, uint16_t app);
void detectors_put_call(struct detectors *detectors, struct alert *alert,
	const struct slot_call *call, const char *names);
