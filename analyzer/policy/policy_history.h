/* The history of a policy: every version that was accepted, kept whole, in a folder that only
 * grows.
 *
 *     FOLDER/accepted.tsv       a line a version: from when it is in force, hash, when it was
 *                               accepted, by whom (a role), why
 *     FOLDER/HASH.yaml          the version; FOLDER/HASH/ where it is a folder of files
 *
 * Where a policy is asked for, the folder may be given: a flow is then judged by the version that
 * was in force at its time (policy_at()). The first version speaks of all time before it as well.
 *
 * Versions follow each other: one cannot be in force from before the one accepted last, and nobody
 * is judged by rules that were made afterwards unless a reason is given, which is kept.
 *
 * Threads  any that read; one that accepts.
 * Failure  0 or -errno with file, line and reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct policy_acceptance {
	uint64_t in_force_ns, accepted_ns;
	char hash[65], by[80], reason[200];
};

bool policy_history_is(const char *path);

/* All of them, in order; the caller frees. A folder without any has none. */
int policy_history_read(
	const char *folder, struct policy_acceptance **rows, size_t *count, struct err *err);

/* Keeps the policy (a file, or a folder of files) with that hash. -EEXIST: it is the one accepted
 * last, and nothing is done. */
int policy_history_accept(const char *folder, const char *path,
	const struct policy_acceptance *acceptance, struct err *err);

/* The same, of what a sensor works by from now on, in the folder "policies" beside what it keeps.
 * Nothing is done where path is NULL or a history itself. */
int policy_history_keep(const char *beside, const char *path, const char *hash, const char *by,
	uint64_t now_ns, struct err *err);
