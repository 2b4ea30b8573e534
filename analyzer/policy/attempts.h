/* Attempts: what devices tried of what is denied, and what became of it.
 *
 * One attempt is all that a device does about one app within ATTEMPT_WINDOW_S of its first step:
 * lookups, QUIC, TCP, wherever it was stopped. It passed where any of it passed; where something
 * cannot be told, and nothing passed, it is unsure; else it was stopped where it got furthest. What
 * an exception, grace or a class out of scope lets through has passed no block: it is "excepted".
 * What a device asks of a proxy and what the proxy then asks are one attempt, the device's; what a
 * proxy asks while nobody was seen to ask it is its own.
 *
 * Memory   grows with attempts under way, at most 200,000; rows with rules, units, classes and
 *          weeks.
 * Threads  one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"

enum { ATTEMPT_WINDOW_S = 60, ATTEMPT_DEVICES_MAX = 64 };

/* One outcome more than a network has. */
enum { ATTEMPT_EXCEPTED = BLOCK_OUTCOME_COUNT, ATTEMPT_OUTCOME_COUNT };

struct attempts;

/* Of one rule, unit, class and week. */
struct attempt_row {
	uint16_t rule, unit, class_; /* symbols */
	int64_t week;                /* day number of its Monday */
	uint64_t count, outcomes[ATTEMPT_OUTCOME_COUNT];
	uint64_t first_ns, last_ns;
	uint32_t devices; /* different ones, up to ATTEMPT_DEVICES_MAX */
	uint32_t device_hashes[ATTEMPT_DEVICES_MAX];
};

struct attempts *attempts_create(void); /* NULL: out of memory */
void attempts_destroy(struct attempts *attempts);

/* A decided record; app: that it is about (of a lookup the one asked for); day: the number of the
 * local day on which it began; is_of_proxy: one of the body's proxies began it. Others than denied
 * tries are passed over. */
void attempts_add(struct attempts *attempts, const struct record *record, uint16_t app, int64_t day,
	bool is_of_proxy);

/* What became of a flow, as far as a block is to be measured by it: an enum block_outcome, or
 * ATTEMPT_EXCEPTED. */
unsigned attempt_outcome_of(enum policy_verdict verdict, enum block_outcome block);

/* How many of them the network stopped. */
uint64_t attempts_stopped(const uint64_t outcomes[ATTEMPT_OUTCOME_COUNT]);

/* The day number of the Monday of a day's week. */
int64_t attempts_week_of(int64_t day);

/* Those whose window was over before that time are counted; UINT64_MAX: all. */
void attempts_close(struct attempts *attempts, uint64_t before_ns);

/* All rows, in order of first sight; attempts under way are not in them. */
size_t attempts_rows(const struct attempts *attempts, const struct attempt_row **rows);
