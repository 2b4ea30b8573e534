/* Report model: everything a summary or a report is made from, gathered once, read by every writer.
 *
 * Writers only read; the overview's listings are sorted on demand, so one writer runs at a time. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/engine/engine.h"
#include "analyzer/messages/messages.h"
#include "analyzer/policy/decider.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/lookup_log.h"
#include "analyzer/rollup/protect.h"

struct coverage;
struct segment_days;
struct attempts;
struct report_calendar;
struct report_changes;
struct report_desk;
struct report_observed;
struct report_shown;
struct report_versions;

/* An archive that a report is made from. */
struct report_source {
	const char *folder;
	char anchor[320], signer[65]; /* where its chains end, and who signed that; "" nobody */
	uint64_t cells, gaps, gap_records, problems;
	uint64_t days_elsewhere;      /* not 0: days were closed in another time zone */
	uint64_t deleted_until_ns;    /* of the period, past retention; 0: nothing */
	uint64_t sums_until_ns;       /* flows of others count twice (archive_stats); 0: none */
	struct lookup_counts lookups; /* logged in the period */
	int lookup_status;            /* of their log: 0, -ENOENT none, -EBADMSG broken */
};

/* Days of a period of which an archive has something, as local_day numbers them. */
struct report_held {
	int64_t first, last; /* last < first: none */
	bool is_whole;       /* from the period's first day to its last */
};

struct device_rows;

struct report_model {
	struct overview *overview;
	const struct engine_stats *stats;
	const struct reference *reference;
	/* As given: the policy's file or the folder of its history; own networks in their place. */
	const char *policy_path, *networks, *state_path; /* NULL none */
	/* What a report was asked for besides archives and period, for who makes it again. */
	const char *report_options;
	const char *const *inputs; /* names of the files read */
	unsigned input_count;
	const char *trouble; /* an input that was bad or cut short: the sentence; NULL none */
	/* Only flows that match are in it: what was asked for; NULL: all are. */
	const char *filter;
	uint64_t filter_flows, filter_matched; /* flows of the input; of those, that match */
	const struct local_zone *zone;         /* whose clock their times go by; NULL: UTC */
	const struct device_rows *devices; /* whose flows match; NULL: no single device is told */
	bool is_so_far; /* of a run that goes on: which packets were refused is not known yet */
	const struct decider *decider; /* attempts, and what is seen one way; NULL not known */
	uint64_t alerts;
	bool is_from_archive;   /* what sensors refused or never saw is not in it */
	unsigned group_minimum; /* k: smaller groups of devices are suppressed; 0 shows all */
	unsigned run_months;    /* in which devices of a run had a pseudonym each; 0 is one */
	uint64_t made_ns; /* when the analysis ran; of a period the end of its last day with data */

	/* Of a report over a period; all zero where one run is reported. */
	const char *period; /* "2026-10" */
	uint64_t from_ns, to_ns;
	bool lacks_devices; /* of some flows nothing tells them: their counts are at least */
	const struct report_calendar *calendar; /* sums by day and week; NULL not kept */
	struct overview *previous; /* of the period before; NULL where nothing is told of it */
	/* What days hold that no figure is told of: it turns lights. NULL: nothing. */
	struct overview *withheld;
	/* The days of both that archives hold anything of; NULL not known. */
	const struct report_held *held, *previous_held;
	const struct coverage *coverage; /* which enrolled devices were seen; NULL not measured */
	const struct segment_days
		*seen; /* days on which units are proven to be seen; NULL not kept */
	const struct attempts *attempts; /* of the period; NULL where flows alone are known */
	/* What the tables of its days show of units and classes; NULL: a run, which has none, and
	 * whose parts are protected by themselves. */
	const struct report_shown *shown;
	const struct report_observed
		*observed; /* places of approved services; NULL where sums alone are known */
	const struct report_desk *desk;         /* alerts, as people left them; NULL not asked */
	unsigned edition;                       /* 0: a run, which has none */
	const struct report_changes *changes;   /* since the edition before; NULL: the first */
	const struct report_versions *versions; /* digests of data files; NULL not made */
	const struct report_source *sources;
	unsigned source_count;
};

struct summary_style {
	unsigned width; /* columns; 80 where not known */
	bool color, utf8;
	const struct messages *messages; /* of the reader's language */
};

/* The page on the terminal: what leaves where under whose control, then what could not be said and
 * why. */
void summary_put_text(
	FILE *out, const struct report_model *model, const struct summary_style *style);

/* The same as one JSON object, with nothing personal in it. */
struct text;
void summary_put_json(struct text *text, const struct report_model *model);
/* Its members, within an object that is open. */
struct json;
void summary_put_members(struct json *json, const struct report_model *model);

/* Has the whole body too few devices for any figure? Then rows say nothing but that they are there.
 */
bool report_model_hides(const struct report_model *model);

/* Calendar months of the period in which anything was seen, on the policy's clock; of a run those
 * of UTC. Keys of pseudonyms change each month, so that a device counts once in each. */
unsigned report_months(const struct report_model *model);

/* Months of UTC in which records of a run lie. */
unsigned report_months_of_run(const struct overview *overview);

/* Are answers seen of all units? Where not, a clean result is none. */
bool report_model_sees_answers(const struct report_model *model);

/* Does a third of any unit's flows, or more, not show its app? */
bool report_model_unit_hides_third(const struct report_model *model);

/* What the policy keeps on record, against what was seen. */
struct register_row {
	const char *kind; /* assessment, service, watched country, treated by our policy as, rule */
	const char *unit; /* "" all */
	const char *subject, *state;
	const char *owner; /* or basis; NULL none */
	char date[32];     /* of the assessment, the DPIA; "" none */
	uint64_t date_ns;
	bool is_overdue; /* its review */
};
/* Is a subject or state a country ("CN"), whose name the language gives? */
bool report_model_is_country(const char *text);
enum { REGISTER_ROWS_MAX = 400 };
size_t report_model_register(
	const struct report_model *model, struct register_row *rows, size_t most);

/* What no network sensor can see of rules such as these, keys of messages; NULL ends. */
const char *const *report_model_limits(void);

/* Does anything tell how many devices there were? An archive that was written without a key holds
 * nothing that stands for a device; then their number is unknown, and not 0. */
bool report_model_knows_devices(const struct report_model *model);

/* Ids of flows are of the key that an archive was written with: beside one that was written
 * without, those of another that saw the same are other ones. */
static inline bool report_model_may_count_twice(const struct report_model *model)
{
	return model->source_count > 1 && model->lacks_devices && report_model_knows_devices(model);
}

/* Nor are flows told apart where but their sums are left. */
static inline bool report_model_adds_sums(const struct report_model *model)
{
	bool adds = false;

	for (unsigned i = 0; i < model->source_count; i++) {
		adds |= model->sources[i].sums_until_ns > 0;
	}
	return adds;
}

/* May their number be told? Over several months nobody knows it: each month has its own. */
bool report_model_counts_devices(const struct report_model *model);

/* May it be said how many devices a row has? Otherwise they are fewer than k. */
static inline bool report_model_shows_count(
	const struct report_model *model, const struct overview_row *row)
{
	return row->packets == 0 || protect_shows_count(model->group_minimum, row->devices);
}

/* How many devices a row has, as it may be told. Exact in calendar months that are over, of which
 * no other period has a part; else two periods would differ by one device. */
struct report_devices {
	uint64_t number;
	bool is_at_least, is_estimated;
};
struct report_devices report_model_devices(
	const struct report_model *model, const struct overview_row *row);

/* May it be said that they are fewer? Where of some flows nothing tells the device, they may be
 * more. */
static inline bool report_model_shows_few(
	const struct report_model *model, const struct overview_row *row)
{
	return !model->lacks_devices && !row->lacks_devices;
}

/* What is said of units and classes, which are parts of the body: those that are too small, or that
 * would follow, stand in one row for each of the other columns, of the unit or class
 * REPORT_OTHER_PARTS (protect.h). Lists are the caller's to free; NULL where memory is out. */
enum { REPORT_OTHER_PARTS = UINT16_MAX };
size_t report_model_rules(const struct report_model *model, struct overview_rule **rules);
size_t report_model_places(const struct report_model *model, struct overview_place **places);

/* Every verdict and what it was about; by class, or of the body as a whole. */
size_t report_model_verdicts(
	const struct report_model *model, bool by_class, struct overview_verdict **verdicts);

/* Are attempts known, or what became of flows alone? */
bool report_model_knows_attempts(const struct report_model *model);

/* What became of attempts, by rule, unit and class; 0 where nothing was tried. */
size_t report_model_attempts(const struct report_model *model, struct attempt_row **attempts);

/* The same week by week (attempt_row.week), in order of rules and weeks: the trend. */
size_t report_model_attempts_by_week(
	const struct report_model *model, struct attempt_row **attempts);

/* Devices on which what a rule denies is still installed after its grace, by unit (residual.h). */
struct residual_count {
	uint16_t rule, unit;
	uint64_t devices;
};
size_t report_model_residual(const struct report_model *model, struct residual_count **counts);

/* A unit or class as its policy names it; "" none; other for REPORT_OTHER_PARTS. */
const char *report_model_unit(uint16_t unit, const char *other);
const char *report_model_class(uint16_t class_, const char *other);

/* Listings print their first rows, at most so many, and one row for all others: rest. Of their
 * devices no more is known than of the largest row. */
enum { LISTING_ROWS_MAX = 60 };
struct overview_row report_model_rest(
	const struct overview_row *first, size_t stride, size_t count, size_t shown);

/* A row of a listing whose rows lie stride bytes apart; and what adds one to a sum (devices do not
 * add). */
static inline const struct overview_row *report_model_row(
	const struct overview_row *first, size_t stride, size_t index)
{
	return (const struct overview_row *)((const char *)first + index * stride);
}

void report_model_add_row(struct overview_row *sum, const struct overview_row *row);

/* What makes the sums of the apps those of the whole: their listing counts what crosses the border,
 * and inside only what has an app. Its devices are those of all traffic inside. */
struct overview_row report_model_inside(
	const struct report_model *model, const struct overview_app *rows, size_t count);

/* The reason that hides most bytes of a place; UNNAMED_REASON_COUNT where that may not be said. */
enum unnamed_reason report_model_chief_reason(
	const struct report_model *model, const struct overview_place *place);

/* Does any flow begin or end in our networks? Where none does, whoever began a flow stands for our
 * end, and the words for it must be others. */
bool report_model_know_own(const struct report_model *model);

/* Packets refused under any reason. */
/* Packets that were read: more than one a frame where frames were aggregated. */
uint64_t report_model_read(const struct report_model *model);
uint64_t report_model_refused(const struct report_model *model);

/* Bytes our end sent to servers outside EU and EEA. */
uint64_t report_model_bytes_outside(const struct report_model *model);

/* Bytes our end sent to servers whose country is not known; is_few where no figure may be said. */
uint64_t report_model_bytes_unknown(const struct report_model *model, bool *is_few);

/* An app as the catalogue has it, under control from where the policy says so (treat_as); one that
 * it no longer has keeps its id for a name, and nothing else is known of it. app must not be 0. */
struct app report_model_app(const struct report_model *model, uint16_t app);

/* "Sweden" for "SE"; the code itself where the table does not know it; "unknown" for "". */
const char *report_model_country(
	const struct report_model *model, const char *code, enum geo_language language);
