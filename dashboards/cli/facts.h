/* What analyze and capture know about the world and the organisation before the first packet: apps,
 * countries, the organisation's own rules, and its keys. The options that say where it is, and how
 * it becomes a snapshot (reference.h).
 *
 * Memory   the settings are the command line's.
 * Threads  facts_load() opens the geo databases on a thread of its own, and waits for it. */
#pragma once

#include "analyzer/messages/messages.h"
#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/reference.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"
#include "dashboards/cli/flow_keys.h"

struct fact_settings {
	struct option_list catalogue;
	const char *geo, *policy, *networks, *language, *pseudonymize, *keys, *inventory,
		*inventory_columns;
	bool is_sensor; /* no option: which command it is */
};

/* Rows of a command's table of options whose settings have a struct fact_settings at offset. */
#define FACT_OPTIONS(offset)                                                                       \
	{ "policy", 'p', OPTION_FILE, (offset) + offsetof(struct fact_settings, policy),           \
		.argument = "FILE", .group = "Rules and facts",                                    \
		.help = "The organisation's own rules, units and networks (YAML)." },              \
		{ "geo", 'g', OPTION_FOLDER, (offset) + offsetof(struct fact_settings, geo),       \
			.argument = "DIR", .help = "Folder of the geo databases (MMDB)." },        \
		{ "catalogue", 'c', OPTION_LIST,                                                   \
			(offset) + offsetof(struct fact_settings, catalogue), .argument = "FILE",  \
			.help = "More apps, or other facts about known ones; may be given "        \
				"several "                                                         \
				"times." },                                                        \
		{ "networks", 'n', OPTION_TEXT,                                                    \
			(offset) + offsetof(struct fact_settings, networks),                       \
			.argument = "CIDR,...",                                                    \
			.help = "Our own networks, instead of the policy's or the private "        \
				"ones." },                                                         \
		{ "inventory", 0, OPTION_FILE,                                                     \
			(offset) + offsetof(struct fact_settings, inventory), .argument = "FILE",  \
			.help = "The devices that are enrolled (CSV: our own form, or an "         \
				"export of Intune or Jamf)." },                                    \
		{ "inventory-columns", 0, OPTION_FILE,                                             \
			(offset) + offsetof(struct fact_settings, inventory_columns),              \
			.argument = "FILE",                                                        \
			.help = "Which of its columns is which, for another system's "             \
				"export (as share/inventory/*.tsv)." },                            \
	{                                                                                          \
		"language", 'l', OPTION_CHOICE,                                                    \
			(offset) + offsetof(struct fact_settings, language),                       \
			.argument = "LANGUAGE", .choices = MESSAGES_LANGUAGES,                     \
			.help = "Of summary and alerts; the policy's, else that of LANG, unless "  \
				"given."                                                           \
	}

/* The same for keys. */
#define KEY_OPTIONS(offset)                                                                        \
	{ "pseudonymize", 0, OPTION_FILE, (offset) + offsetof(struct fact_settings, pseudonymize), \
		.argument = "KEYFILE", .group = "Keys",                                            \
		.help = "Show pseudonyms instead of the addresses of own devices, leave out "      \
			"names that say which device it is, and suppress groups of fewer "         \
			"devices than the policy's k in what is summed up." },                     \
	{                                                                                          \
		"keys", 0, OPTION_FOLDER, (offset) + offsetof(struct fact_settings, keys),         \
			.argument = "DIR",                                                         \
			.help = "The keys that \"borderflow keys init\" made: for pseudonyms as "  \
				"with --pseudonymize, for the markers of probes, and for the ids " \
				"of flows, so that all sensors with these keys give a flow the "   \
				"same id. Unless given, "                                          \
				"systemd credentials of their names."                              \
	}

/* What the keys are for. */
struct probe_key;
struct tenant_keys {
	struct pseudonyms *pseudonyms; /* NULL: addresses are shown */
	struct flow_keys flow;         /* for ids of flows */
	struct probe_key *probe;       /* of markers; NULL: none */
	uint8_t *signing;              /* of heads of the archive (base/secret.h); NULL: none */
};

/* 0 or -errno; to be closed in either case. */
int tenant_keys_open(
	struct tenant_keys *keys, const struct fact_settings *settings, struct err *err);
void tenant_keys_close(struct tenant_keys *keys);

/* A new snapshot of all of it, which the caller releases. pseudonyms may be NULL, and outlive it.
 * 0 or -errno; on failure nothing is left open. */
int facts_load(const struct reference **reference, const struct fact_settings *settings,
	const struct pseudonyms *pseudonyms, struct err *err);

/* Says on standard error where a folder that somebody named for the databases holds none. */
struct geo;
void facts_say_no_geo(const struct geo *geo, const char *named);
