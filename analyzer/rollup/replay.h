/* Replay: what a draft policy would say of records, beside what was said of them.
 *
 * Counts devices, by unit and by rule, whom the rules in force accuse (violation, grace, not
 * approved), and whom the draft would. What is handed out is protected: three groups of a part are
 * disjoint (they stay, they are new, they are gone), so that no difference tells of fewer than k.
 * That holds of one draft. Whoever may not see devices and may try as many drafts as he likes gets
 * replay_told_rows(), where a part of fewer than k and one of nobody look alike.
 *
 * Where records still have addresses, unit and class are those of the draft; where they are
 * pseudonyms, those that were written down.
 *
 * Memory   grows with devices that are accused, up to REPLAY_ENTRIES_MAX.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"

enum { REPLAY_ENTRIES_MAX = 1 << 20 };

struct replay;

/* draft: with its catalogue; the caller's until the replay is destroyed. NULL: out of memory. */
struct replay *replay_create(const struct reference *draft);
void replay_destroy(struct replay *replay);

/* A record as it was decided. has_address: it is found anew by the draft's networks. */
void replay_take(struct replay *replay, const struct record *record, bool has_address);

/* After the last record: what waited is decided. */
void replay_finish(struct replay *replay);

struct replay_row {
	uint16_t unit; /* symbol; 0 none; REPLAY_OTHERS: all that are too small together */
	uint16_t rule; /* 0: of any rule; REPLAY_NOT_LISTED: on no list of approved apps */
	uint64_t stay, fresh, gone; /* devices: accused by both, by the draft alone, no longer */
	bool is_hidden;             /* fewer than k, or too little beside another one */
};

#define REPLAY_OTHERS     UINT16_MAX
#define REPLAY_NOT_LISTED UINT16_MAX

/* Rows of units, then of rules in units; the replay's until it is destroyed. k: of the policy. */
size_t replay_rows(struct replay *replay, unsigned k, const struct replay_row **rows);

/* The same, but counts are k where they are k or more, and 0 where they are fewer or none. Parts of
 * which that is all there is to say stand together: of each rule in a row of other units where they
 * are k there, of any rule in one that is always there.
 *
 * What stays open: the draft may be made so that it holds for k - 1 devices that are known
 * otherwise, and then tells whether it holds for one more. */
size_t replay_told_rows(struct replay *replay, unsigned k, const struct replay_row **rows);

struct replay_stats {
	uint64_t records, first_ns, last_ns;
	uint64_t many; /* records of devices that are kept as sums alone: in no count */
	uint64_t left_out;
	uint64_t undecided; /* devices of flows that are denied, and it cannot be told of whether
			       they got through */
};
void replay_read_stats(const struct replay *replay, struct replay_stats *stats);
