/* What the parts of `borderflow flows` share: the question, and the answer being made.
 *
 *     cmd_flows.c      options, and which part answers
 *     flows_read.c     records out of the archive, or what hours add up to
 *     flows_access.c   who may see what: groups under protection, the log of looks at devices
 *     flows_print.c    records and groups as ndjson, csv or a table
 *     flows_verify.c   the chain of digests
 *
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/archive/archive_once.h"
#include "analyzer/format/group.h"
#include "analyzer/format/record_json.h"
#include "analyzer/output/out_file.h"
#include "analyzer/rollup/group_protect.h"
#include "analyzer/view/view.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/flow_question.h"
#include "dashboards/cli/flows_rows.h"
#include "dashboards/cli/flows_sums.h"
#include "dashboards/report/table.h"

extern const struct command command_flows;

enum { FLOWS_TABLE_LIMIT = 100 };

struct flows_settings {
	const char *from, *to, *last, *time_zone, *format, *group_by, *sum, *key, *signer, *anchor,
		*reason, *columns, *sort, *device, *write_packets, *input;
	struct option_list archives, catalogue;
	uint64_t top, limit;
	bool whole, verify, fields, explain, from_records, pivot, compare;
};

enum flows_form { FORM_NDJSON, FORM_CSV, FORM_TABLE };

/* One answer being made: where records come from, what is asked of them, where they go. */
struct flows_answer {
	const struct flows_settings *settings;
	struct flow_question question;
	enum flows_form form;
	struct archive_options archive; /* the one that is read, of settings->archives */
	unsigned place;                 /* of it */
	struct archive_once *once;      /* of several; NULL */
	struct grouping *grouping;
	unsigned k; /* groups are protected by it, and by days of that time zone; 0: exact */
	struct local_zone *protected_zone;
	bool is_of_part;               /* and speak of units or classes */
	struct view_told told;         /* otherwise: of which time */
	struct view_told hours;        /* and of hours of the day, which of them */
	uint64_t hours_from_ns;        /* the first of those */
	struct flow_sums *sums;        /* groups come from what hours or days add up to */
	struct flows_rows *rows;       /* NULL: records as they are */
	struct flows_packets *packets; /* that are to be written; NULL */
	struct json_plan *plan;
	struct out_file out;
	struct text text; /* gathered, not yet written */
	struct table table;
	uint64_t matched, printed, problems;
	bool is_past_retention; /* all that was asked for has been deleted */
	bool is_full;
	uint64_t joined; /* records that two archives hold one way each of */
	bool has_parts;  /* of what is printed: more of a flow than its beginning */
};

/* flows_read.c: 0 or -errno. Groups that need no records are read from what cells know; *is_read
 * says whether they were. */
int flows_read_sums(struct flows_answer *answer, bool *is_read, struct err *err);
int flows_read_archive(struct flows_answer *answer, struct err *err);
/* Captures of which the archive holds the beginning alone: a run was stopped, or is at work. Are
 * there any? */
bool flows_say_unfinished(const struct option_list *archives);
/* What a sensor could not write, and said so. */
void flows_say_gaps(const char *folder, const struct archive_stats *stats);

/* flows_access.c: 0 or -errno. Whoever can read the key may see devices; for everybody else small
 * groups are protected. Before the question is read, whose clock is the archive's; and when it is.
 */
int flows_judge_access(struct flows_answer *answer, struct err *err);
int flows_check_groups(struct flows_answer *answer, struct err *err);
/* Single devices are looked at through one door, which keeps a log: by records that name them, or
 * by groups with the key. */
int flows_log_look_up(const struct flows_answer *answer, struct err *err);
/* By whose clock days and hours are told. */
const struct local_zone *flows_zone(const struct flows_answer *answer);
/* Groups of parts of the body, out of the tables of days. */
int flows_read_parts(struct flows_answer *answer, struct err *err);
/* Of which time groups of the body under protection speak: asked before records are read. */
int flows_ask_told(struct flows_answer *answer, struct err *err);
/* Is the record of such a time? */
bool flows_may_tell(const struct flows_answer *answer, const struct record *record);

/* flows_print.c: false: out of memory. */
bool flows_prepare_output(struct flows_answer *answer);
/* "03-31 10:15:00", by the question's clock, and the heading of such a column: "started (Oslo)". */
enum { FLOWS_WHEN_BYTES = 16, FLOWS_HEADING_BYTES = 64 };
void flows_put_when(char when[FLOWS_WHEN_BYTES], const struct field_view *view);
void flows_put_clock(
	char heading[FLOWS_HEADING_BYTES], const char *name, const struct flows_answer *answer);
int flows_print_record(struct flows_answer *answer, const struct field_view *view, struct err *err);
int flows_print_groups(struct flows_answer *answer, struct err *err);
void flows_print_table(const struct flows_answer *answer);
/* A device's name: an IPv4 address is never cut, since half of it is none. */
void flows_cell_device(struct table *table, unsigned column, const char *device);
/* Below a table of groups: how many there are that it does not show. */
void flows_say_more(size_t count, size_t shown);
/* Writes what was gathered, where it is so much. */
int flows_write_out(struct flows_answer *answer, size_t least, struct err *err);

/* flows_verify.c: enum exit_status. */
int flows_verify(struct flows_answer *answer);
