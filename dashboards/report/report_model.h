/* Report model: everything a summary or a report is made from, gathered once, read by every writer.
 *
 * Writers only read; the overview's listings are sorted on demand, so one writer runs at a time. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/engine/engine.h"
#include "analyzer/policy/decider.h"
#include "analyzer/policy/policy.h"

struct report_model {
	struct overview *overview;
	const struct engine_stats *stats;
	const struct reference *reference;
	const char *const *inputs; /* names of the files read */
	unsigned input_count;
	const char *trouble; /* an input that was bad or cut short: the sentence; NULL none */
	const struct decider *decider; /* attempts, and what is seen one way; NULL not known */
	uint64_t alerts;
	unsigned group_minimum; /* k: smaller groups of devices are suppressed; 0 shows all */
	uint64_t made_ns;       /* when the analysis ran */
};

struct summary_style {
	unsigned width; /* columns; 80 where not known */
	bool color, utf8;
};

/* The page on the terminal: what leaves where under whose control, then what could not be said and
 * why. */
void summary_put_text(
	FILE *out, const struct report_model *model, const struct summary_style *style);

/* The same as one JSON object, with nothing personal in it. */
struct text;
void summary_put_json(struct text *text, const struct report_model *model);

/* Rows of a listing with fewer devices than this are suppressed: of them nothing but that they are
 * there is said. It is k; or more, where fewer than two rows or fewer than k devices would be
 * suppressed, so that what was suppressed follows from no sum. Rows lie stride bytes apart. */
uint64_t report_model_threshold(const struct report_model *model, const struct overview_row *first,
	size_t stride, size_t count);

/* The same for a listing that prints its first rows alone (LISTING_ROWS_MAX at most), then one row
 * for the rest of them and perhaps one for what is in none of them, and the whole: no row that is
 * suppressed follows from these either. rest becomes that row; its devices are those of its largest
 * row, since no more than that is known of them together. inside may be NULL. */
enum { LISTING_ROWS_MAX = 60 };
uint64_t report_model_listing_threshold(const struct report_model *model,
	const struct overview_row *first, size_t stride, size_t count, size_t shown,
	struct overview_row *rest, const struct overview_row *inside);

/* Every verdict and what it was about, as the tables show it: rows of one verdict, action, outcome,
 * exception and class. The texts are of the process. */
const char *report_model_verdict_class(const struct overview_verdict *row);     /* "" none */
const char *report_model_verdict_exception(const struct overview_verdict *row); /* "" none */

/* Are answers seen of all units? Where not, a clean result is none. */
bool report_model_sees_answers(const struct report_model *model);

/* Rows of attempts; 0 where nothing was tried. Of fewer than k devices only that they are there. */
size_t report_model_attempts(
	const struct report_model *model, const struct attempt_row **rows);

/* What the policy keeps on record, against what was seen. */
struct register_row {
	const char *kind;  /* assessment, service, watched country, treated by our policy as */
	const char *unit;  /* "" all */
	const char *subject, *state;
	const char *owner; /* or basis; NULL none */
	char date[32];     /* of the assessment, the DPIA; "" none */
	bool is_overdue;   /* its review */
};
enum { REGISTER_ROWS_MAX = 400 };
size_t report_model_register(
	const struct report_model *model, struct register_row *rows, size_t most);

/* What no network sensor can see of rules such as these, a sentence each; NULL ends. */
const char *const *report_model_limits(void);

static inline bool report_model_is_small(const struct overview_row *row, uint64_t threshold)
{
	return row->devices < threshold;
}

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

/* As report_model_threshold, for places (overview_places): one threshold for all their traffic and
 * for what of it is hidden; and whether either of these is suppressed. */
uint64_t report_model_places_threshold(
	const struct report_model *model, const struct overview_place *places, size_t count);
bool report_model_place_is_small(const struct overview_place *place, uint64_t threshold);

/* The reason that hides most bytes of a place; UNNAMED_REASON_COUNT where that may not be said. */
enum unnamed_reason report_model_chief_reason(
	const struct report_model *model, const struct overview_place *place);

/* The unit of a place as its policy names it; "" none. */
const char *report_model_place_unit(const struct overview_place *place);

/* Does any flow begin or end in our networks? Where none does, whoever began a flow stands for our
 * end, and the words for it must be others. */
bool report_model_know_own(const struct report_model *model);

/* Packets refused under any reason. */
/* Packets that were read: more than one a frame where frames were aggregated. */
uint64_t report_model_read(const struct report_model *model);
uint64_t report_model_refused(const struct report_model *model);

/* Bytes our end sent to servers outside EU and EEA. */
uint64_t report_model_bytes_outside(const struct report_model *model);

/* Bytes our end sent to servers whose country is not known; is_few where the tables of zones do not
 * show that number, since few devices sent them. */
uint64_t report_model_bytes_unknown(const struct report_model *model, bool *is_few);

/* "Sweden" for "SE"; the code itself where the table does not know it; "unknown" for "". */
const char *report_model_country(
	const struct report_model *model, const char *code, enum geo_language language);
