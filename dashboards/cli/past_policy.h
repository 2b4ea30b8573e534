/* A policy beside records of what has been: what the tools that hold one against the other begin
 * with, and how they end.
 *
 * Memory   the past_policy is the caller's; past_policy_close() whether or not it opened. */
#pragma once

#include "analyzer/record/reference.h"
#include "dashboards/cli/policy_past.h"

struct past_policy {
	const struct past_settings *settings;
	struct policy *policy;
	struct geo *geo;
	struct reference reference;
	unsigned problems; /* inputs that are damaged, which were told */
	/* Set before past_policy_read(); as past_records.h has it. */
	void (*take)(void *context, const struct record *record, const char *pseudonym);
	void *context;
};

/* 0 or -errno. */
int past_policy_open(struct past_policy *past, const struct past_settings *settings,
	const struct catalogue *catalogue, const char *path, struct err *err);

/* Every record since --from, out of the archives and files. 0 or -errno. */
int past_policy_read(struct past_policy *past, char *const *files, unsigned count, struct err *err);

void past_policy_close(struct past_policy *past);

/* Says what was wrong; the exit status. */
int past_policy_end(const struct past_policy *past, int status, const struct err *err);
