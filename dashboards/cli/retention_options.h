/* How long an archive keeps what is in it: the options of capture and archive.
 *
 * Threads  any. */
#pragma once

#include "analyzer/output/sink.h"
#include "dashboards/cli/cli.h"

struct retention_settings {
	uint64_t records_ns, hours_ns, days_ns, gigabytes;
};

/* Rows of a command's table of options whose settings have a struct retention_settings at offset.
 * Without an end unless given where *_default is NULL. */
#define RETENTION_OPTIONS(offset, records_default, hours_default, days_default)                    \
	{ "keep-records", 0, OPTION_DURATION,                                                      \
		(offset) + offsetof(struct retention_settings, records_ns), .argument = "TIME",    \
		.default_text = (records_default), .group = "Retention of the archive",            \
		.help = "Records of single flows are deleted when they are older than this, once " \
			"their hours are added up; a tombstone says so." },                        \
		{ "keep-hours", 0, OPTION_DURATION,                                                \
			(offset) + offsetof(struct retention_settings, hours_ns),                  \
			.argument = "TIME", .default_text = (hours_default),                       \
			.help = "The same of what each hour adds up to, once its day is "          \
				"closed." },                                                       \
		{ "keep-days", 0, OPTION_DURATION,                                                 \
			(offset) + offsetof(struct retention_settings, days_ns),                   \
			.argument = "TIME", .default_text = (days_default),                        \
			.help = "The same of days and their protected tables, from which reports " \
				"are made." },                                                     \
	{                                                                                          \
		"keep-size", 0, OPTION_NUMBER,                                                     \
			(offset) + offsetof(struct retention_settings, gigabytes),                 \
			.argument = "GB", .most = 1000000,                                         \
			.help = "Records take at most so much room, whatever their age; the "      \
				"oldest give way. 0: as much as they need."                        \
	}

static inline struct retention retention_of(const struct retention_settings *settings)
{
	return (struct retention){ settings->records_ns, settings->hours_ns, settings->days_ns,
		settings->gigabytes * UINT64_C(1000000000) };
}
