/* The view: what a screen may ask, whatever the figures come from.
 *
 *     view_open_analysis()   the analysis of this process, also while it runs
 *     view_open_archive()    one archive or several; what two sensors saw of one flow counts once
 *     view_open_redis()      all sensors that feed one Redis, merged
 *     view_open_socket()     the sensor of this machine, which answers by its own analysis
 *
 * A question is plain: by which dimensions, of which time, which values only, in which order, how
 * many rows. Every answer begins with what it is worth (struct view_notes): the period that it
 * really speaks of, what is missing from it, how old it is, and which protection was applied. What
 * a backend does not keep is refused with a sentence that names who does; it is never shown as
 * zero.
 *
 * Who may not see devices gets protected figures alone (struct view_access; protect.h).
 *
 * Memory   an answer is the caller's until view_answer_free(); a view keeps the cells of the last
 *          period that was asked for.
 * Threads  one at a time a view; analyses take cells from any thread.
 * Failure  0 or -errno and a sentence: -EINVAL the question, -EPERM not for this role, -ENOTSUP not
 *          kept there, else what befell the backend. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/engine/health_summary.h"
#include "base/err.h"

struct local_zone;

/* What can be asked by: a field of the cell (cell.h), and what it says something of: the body as a
 * whole, a part of it, or a case so narrow that it is for those alone who may see devices. */
#define VIEW_DIMENSIONS(X)                                                                         \
	X(APP, "app", BODY) /* that something names */                                             \
	X(INFERRED, "inferred", BODY)                                                              \
	X(UNIT, "unit", PART)                                                                      \
	X(CLASS, "class", PART)                                                                    \
	X(SERVER, "server", BODY) /* country */                                                    \
	X(PARENT, "parent", BODY) /* country */                                                    \
	X(ZONE, "zone", BODY)     /* of the server */                                              \
	X(CONTROL, "control", BODY)                                                                \
	X(RULE, "rule", BODY)                                                                      \
	X(ACTION, "action", BODY)                                                                  \
	X(VERDICT, "verdict", BODY)                                                                \
	X(EXCEPTION, "exception", DEVICE)                                                          \
	X(BLOCK, "block", BODY)                                                                    \
	X(HIDDEN, "hidden", BODY) /* why a flow does not show its app; "named" */                  \
	X(DIRECTION, "direction", BODY)                                                            \
	X(VIA, "via", BODY)                                                                        \
	X(PROTOCOL, "protocol", BODY)

enum view_dimension {
#define X(id, name, subject) VIEW_BY_##id,
	VIEW_DIMENSIONS(X)
#undef X
		VIEW_DIMENSION_COUNT
};

const char *view_dimension_name(enum view_dimension dimension);
bool view_dimension_find(const char *name, enum view_dimension *dimension);

/* Who asks. */
enum view_role {
	VIEW_SEES_DEVICES, /* everything, exact */
	/* Protected figures: of parts of the body the tables that were made as each local day
	 * closed (day_tables.h), and no others; of the body as a whole any time made of pieces in
	 * which at least k devices were active (protect_time.h); counts of devices only as "at
	 * least k" or "fewer". */
	VIEW_PROTECTED,
	/* What a terminal shows of the time that runs: small groups are put together in each answer
	 * by itself, and no answer is filtered or a series. For people at the sensor's machine: two
	 * answers differ by what was done between them, and that may be one device's. */
	VIEW_GROUPED
};

struct view_access {
	enum view_role role;
	/* The policy's. For roles that may not see devices k is no smaller than an archive's, and
	 * days are the archive's own (archive_protection.h). */
	unsigned k;
	const struct local_zone *zone; /* whose days; NULL: UTC */
	uint64_t now_ns;               /* which days are over */
};

enum { VIEW_BY_MAX = 3, VIEW_FILTERS_MAX = 16, VIEW_STEPS_MAX = 20000 };
#define VIEW_DAY_NS (UINT64_C(24) * 3600 * 1000000000)

struct view_filter {
	enum view_dimension by;
	const char *value; /* of a zone or control also "outside-eea" */
	bool is_excluded;
};

enum view_sort {
	VIEW_SORT_BYTES,
	VIEW_SORT_UP,
	VIEW_SORT_DOWN,
	VIEW_SORT_FLOWS,
	VIEW_SORT_DEVICES,
	VIEW_SORT_NAME
};

/* Values of one dimension are alternatives; dimensions must all agree. A zeroed question is the
 * total of all time. */
struct view_question {
	uint64_t from_ns, to_ns; /* [from, to); to 0: no end */
	enum view_dimension by[VIEW_BY_MAX];
	unsigned by_count;
	struct view_filter filters[VIEW_FILTERS_MAX];
	unsigned filter_count;
	const char *text; /* only rows that have this in a value, whatever the case; NULL all */
	/* A series: figures of each so long; VIEW_DAY_NS: of local days; 0: of the period alone. */
	uint64_t step_ns;
	enum view_sort sort;
	size_t first, most; /* rows from that one on; most 0: all */
};

/* How many devices stand behind something. */
enum view_count {
	VIEW_COUNT_UNKNOWN, /* not kept there, or not for this role */
	VIEW_COUNT_EXACT,
	VIEW_COUNT_ESTIMATE,
	VIEW_COUNT_AT_LEAST,
	VIEW_COUNT_FEWER /* than devices says, and at least one */
};

struct view_figures {
	uint64_t bytes_up, bytes_down, flows, packets;
	uint64_t devices;
	uint64_t first_ns, last_ns;      /* 0: not known */
	uint8_t count;                   /* enum view_count */
	uint64_t unseen_up, unseen_down; /* records of which that way did not cross the sensor */
	/* enum cell_way: of those bytes are "at least", or not known where they are 0. */
	uint8_t way_up, way_down;
	bool lacks_packets; /* they are not counted there: 0 says nothing */
	bool is_hidden;     /* protected: nothing is said, and the figures are zeros */
};

struct view_row {
	const char *values[VIEW_BY_MAX]; /* ids as in records; "unknown", "none", "internal" */
	bool is_remainder;               /* stands for parts that are too small to be shown */
	/* A remainder may stand for some of it, on days or in lines of the table in which it is not
	 * shown: bytes are at least these, and so are flows. */
	bool has_hidden_days;
	struct view_figures total;
	/* notes.step_count of them, whose devices may not be known; NULL where no series was asked.
	 */
	struct view_figures *steps;
};

struct view_gap {
	uint64_t from_ns, to_ns;
	uint64_t records; /* that are missing, as far as known */
	char reason[96];
};

enum { VIEW_GAPS_MAX = 64 };

/* What an answer is worth. */
struct view_notes {
	const char *source;      /* the view's name, as long as it is open */
	uint64_t from_ns, to_ns; /* what it speaks of */
	uint64_t step_ns;
	size_t step_count;
	uint64_t kept_from_ns;  /* nothing older is kept; 0: not known */
	bool is_past_retention; /* a part of what was asked for is older than that */
	uint64_t as_of_ns;      /* the latest that is in it; 0: nothing is */
	enum view_role protection;
	unsigned k;             /* of it */
	unsigned days_withheld; /* on which fewer than k devices were active: not in it */
	unsigned days_cut;      /* of which a part is not in it: too few were active then, so far */
	unsigned gap_count;
	struct view_gap gaps[VIEW_GAPS_MAX];
	uint64_t gaps_more;
	uint64_t left_out; /* cells that found no room: in "other" */
	uint64_t problems; /* damaged places */
	/* Sensors' clocks: how far two are apart, by flows that both saw, which count twice; and
	 * whether there are records of a time that has not come yet. */
	int64_t clocks_apart_s;
	uint64_t flows_apart;
	bool is_ahead;
	bool has_flows;     /* flows and packets are counted there */
	bool lacks_devices; /* of a part of it: counts of devices are at least so much */
	/* The source has grown since: the next answer may say more (view_archive_options.stale_ns).
	 */
	bool is_behind;
};

struct view_answer {
	struct view_notes notes;
	struct view_figures total;  /* of everything that the filters let through */
	size_t row_count, all_rows; /* here; before first and most */
	struct view_row *rows;
	uint64_t *step_starts_ns; /* notes.step_count of them */
};

struct view;
struct cell;
struct rollup;

/* A table, and with step_ns a series for each of its rows. */
int view_ask(struct view *view, const struct view_access *access,
	const struct view_question *question, struct view_answer **answer, struct err *err);
void view_answer_free(struct view_answer *answer);

/* Which time of [from, to) may be told of the body to whoever may not see devices, in order: whole
 * local days on which at least k devices were active, and of days that are not whole, or not over,
 * the pieces in which so many were (protect_time.h). Whatever adds records up for such a reader
 * keeps to it. */
struct view_span {
	uint64_t from_ns, to_ns;
};
struct view_told {
	size_t count;
	struct view_span *spans;          /* each within one local day */
	unsigned days_withheld, days_cut; /* as in view_notes */
	bool is_running;                  /* of a day that is not over nothing is told yet */
	bool *is_step_hidden;             /* of a series: a piece reaches out of it; NULL */
};
/* Of the question only its time and its step count. */
int view_ask_told(struct view *view, const struct view_access *access,
	const struct view_question *question, struct view_told *told, struct err *err);
void view_told_deinit(struct view_told *told);

/* The protected tables themselves (day_tables.h), of the whole local days of [from, to) that are
 * over, one by one; *whole is from when to when those are, nothing where the two are the same. For
 * who adds them up by more than a question can say. */
struct archive_day_tables;
typedef void view_take_day(void *context, const struct archive_day_tables *day);
int view_ask_days(struct view *view, const struct view_access *access, struct view_span time,
	view_take_day *take, void *context, struct view_span *whole, struct err *err);

/* What is known of the traffic at all, and what is not: the same cells, by whether something names
 * the app. What a device's traffic hides, and which devices were never seen, are two things; for
 * the second see device/coverage.h. */
struct view_coverage {
	struct view_notes notes;
	struct view_figures total, named, inferred;
	struct view_answer *hidden; /* by VIEW_BY_HIDDEN: why the rest is not named */
};
int view_ask_coverage(struct view *view, const struct view_access *access, uint64_t from_ns,
	uint64_t to_ns, struct view_coverage *coverage, struct err *err);
void view_coverage_free(struct view_coverage *coverage);

/* Flows themselves, for roles that may see devices: those that the filter (query.h) lets through,
 * in the order of the archive, from the first-th on. tell() ends it by returning false. */
struct archived;
struct view_flows {
	uint64_t from_ns, to_ns;
	const char *filter; /* NULL: all */
	size_t first, most; /* most 0: all */
};
typedef bool view_tell_flow(void *context, const struct archived *flow);
int view_ask_flows(struct view *view, const struct view_access *access,
	const struct view_flows *question, view_tell_flow *tell, void *context,
	struct view_notes *notes, struct err *err);

/* Alerts at the desk (alert_desk.h), the latest first, for roles that may see devices. */
struct alert_record;
struct view_alerts {
	uint64_t from_ns, to_ns;  /* when they began */
	const char *state, *kind; /* NULL: any */
	size_t first, most;
};
typedef bool view_tell_alert(void *context, const char *id, const struct alert_record *alert);
int view_ask_alerts(struct view *view, const struct view_access *access,
	const struct view_alerts *question, view_tell_alert *tell, void *context, struct err *err);
/* Where those of an analysis, a socket or archives are: a folder as for --state, or a URL. */
int view_set_desk(struct view *view, const char *target, struct err *err);

/* Alerts in a line each, the latest first, as everybody may see them: never a device. */
struct view_notice {
	char id[18], kind[32];
	uint64_t time_ns;
	char sentence[256];
};
struct view_notices {
	size_t count;
	struct view_notice *notices;
};
enum { VIEW_NOTICES_MAX = 100 };
int view_ask_notices(struct view *view, struct view_notices *notices, struct err *err);
void view_notices_free(struct view_notices *notices);

/* Sensors that show themselves, and how they are. */
struct view_sensor {
	char name[65];
	uint64_t silent_s; /* since it broke its promise to show itself */
	struct health_summary health;
};
struct view_sensors {
	uint64_t as_of_ns;
	size_t count;
	struct view_sensor *sensors;
};
int view_ask_sensors(struct view *view, struct view_sensors *sensors, struct err *err);
void view_sensors_free(struct view_sensors *sensors);

void view_close(struct view *view); /* NULL is accepted */

/* What it is, as a person knows it: a folder, a URL without its password. */
const char *view_name(const struct view *view);

/* An analysis: takes cells (sink.h's write_cells) as they are made. live: two hours of slots and
 * two days (UTC) of hours are kept; otherwise all. */
int view_open_analysis(struct view **view, bool live, struct err *err);
void view_take(struct view *view, const struct cell *cells, size_t count);

struct reference;
struct view_archive_options {
	const char *const *folders;
	unsigned folder_count;
	/* Adds records up again instead of reading the hours that stand beside them: for times that
	 * are not whole hours, and where several archives may hold the same flow, it does so by
	 * itself. */
	bool from_records;
	/* For a server: figures may be so old although the archive has grown since (as_of says of
	 * when they are); of times that were over a day before, an hour. 0: never. */
	uint64_t stale_ns;
	/* By which flows are decided that several archives hold by halves; the caller's. NULL: as
	 * they were. */
	const struct reference *reference;
	void (*problem)(void *context, const char *sentence); /* NULL: only counted */
	void *problem_context;
};
int view_open_archive(
	struct view **view, const struct view_archive_options *options, struct err *err);
/* The same once more, for another thread: what either of them has read answers both. */
int view_open_archive_beside(struct view **view, const struct view *other, struct err *err);

/* The sums of all sensors that feed a Redis; sensor: of that one alone, NULL of all. Its alerts are
 * at the same place. */
int view_open_redis(struct view **view, const char *url, const char *sensor, struct err *err);

/* The sensor that listens at a socket (view_live.h). The sensor protects what it says by its own
 * policy: whoever asks has VIEW_GROUPED. */
int view_open_socket(struct view **view, const char *path, struct err *err);

/* A question in plain text, with its line's end, and all that the sensor says; said is initialised
 * here and the caller's to free in any case. */
struct text;
int view_socket_ask_text(
	const char *path, const char *question, struct text *said, struct err *err);
