/* What "borderflow policy" does with the past: replay of a draft, hygiene of rules, the history of
 * accepted versions.
 *
 * Each returns an exit status and has said why where it is not EXIT_DONE. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "dashboards/cli/cli.h"

struct past_settings {
	struct option_list archives;
	const char *flow, *address, *at;
	const char *in_force, *from, *to, *reason, *history, *by, *geo, *key;
	bool is_json;
	bool is_protected; /* for who may not see devices */
};

/* The k that the archives are protected by where they hold pseudonyms and nobody gave their key; 0:
 * whoever asks may see devices. 0 or -errno. */
int past_settings_protection(const struct past_settings *settings, unsigned *k, struct err *err);

int policy_replay(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *draft, char *const *files, unsigned count);
int policy_hygiene(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count);
/* The flows of that id, or of that address at that time. */
int policy_explain_flows(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count);
int policy_residual(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count);
int policy_accept(
	const struct past_settings *settings, const struct catalogue *catalogue, const char *path);
int policy_show_history(const char *folder);
