/* What analyze and capture know about the world and the organisation before the first packet: apps,
 * countries, and the organisation's own rules. The options that say where it is, and how it becomes
 * a snapshot (reference.h).
 *
 * Memory   the settings are the command line's.
 * Threads  facts_load() opens the geo databases on a thread of its own, and waits for it. */
#pragma once

#include "analyzer/record/reference.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"

struct fact_settings {
	struct option_list catalogue;
	const char *geo, *policy, *networks, *pseudonymize;
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
	{                                                                                          \
		"networks", 'n', OPTION_TEXT, (offset) + offsetof(struct fact_settings, networks), \
			.argument = "CIDR,...",                                                    \
			.help = "Our own networks, instead of the policy's or the private ones."   \
	}

/* A new snapshot of all of it, which the caller releases. pseudonyms may be NULL, and outlive it.
 * 0 or -errno; on failure nothing is left open. */
int facts_load(const struct reference **reference, const struct fact_settings *settings,
	const struct pseudonyms *pseudonyms, struct err *err);
