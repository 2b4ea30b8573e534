/* Where analyze and capture write to: the options that say so, their check before anything else is
 * opened, and what both open alike.
 *
 * Threads  one.
 * Failure  0 or -errno, and a sentence that names the option's value and what was expected. */
#pragma once

#include <stdbool.h>

#include "analyzer/alert/alerts.h"
#include "analyzer/output/sink.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"

struct output_settings {
	const char *flows, *format, *archive, *alerts, *redis;
	struct option_list alert_to; /* addresses (alert_target.h) */
	const char *alert_page;
	const char *desk; /* the folder where alerts are kept to be worked on (--state) */
};

/* The row --format of a command's table of options whose settings have a struct output_settings at
 * offset. */
#define OUTPUT_FORMAT_OPTION(offset)                                                               \
	{                                                                                          \
		"format", 0, OPTION_CHOICE, (offset) + offsetof(struct output_settings, format),   \
			.argument = "NAME", .choices = "ndjson|csv|cbor|null",                     \
			.help = "Format of --flows, whatever its extension."                       \
	}

/* Where alerts are sent. */
#define ALERT_OUTPUT_OPTIONS(offset)                                                               \
	{ "alert-to", 0, OPTION_LIST, (offset) + offsetof(struct output_settings, alert_to),       \
		.argument = "ADDRESS",                                                             \
		.help = "Send alerts there; may be given several times: webhook+https://…, "     \
			"alertmanager+http://…, syslog://host:port, syslog+tls://…, "          \
			"syslog+unix:///dev/log, smtp://host#from=A&to=B. docs/alerts.md has "     \
			"their settings; secrets stand in files." },                               \
	{                                                                                          \
		"alert-page", 0, OPTION_TEXT,                                                      \
			(offset) + offsetof(struct output_settings, alert_page),                   \
			.argument = "URL",                                                         \
			.help = "Address of the page that shows alerts: event.url is the alert's " \
				"place below it."                                                  \
	}

/* What can be told from the settings alone: the format of the records, the URL. */
int outputs_check(const struct output_settings *settings, struct err *err);

bool outputs_use_stdout(const struct output_settings *settings);

/* The sink for --flows, once outputs_check() found nothing. */
const struct sink_ops *outputs_flow_sink(const struct output_settings *settings);

/* organization.id of all that is written. */
const char *outputs_organization(const struct reference *reference);

/* Alerts, with the file and Redis where they are set. observer: the sensor; NULL where files are
 * analysed: then the file of alerts begins anew. outbox: a sensor's way to Redis. */
struct alert_source {
	const struct reference *reference;
	const char *observer;
	bool is_live;
	struct outbox *outbox;
	const char *policy; /* its file, which is kept with what it raised; may be NULL */
};
int outputs_open_alerts(struct alerts **alerts, const struct output_settings *settings,
	const struct alert_source *source, struct err *err);
