/* The parts of `borderflow alerts`: its settings, what each action is given, and how alerts are
 * shown.
 *
 * Threads  one.
 * Failure  actions print what is wrong and return an exit status. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/alert/alert_entry.h"
#include "analyzer/alert/alert_store.h"
#include "analyzer/messages/messages.h"
#include "base/local_time.h"
#include "dashboards/cli/cli.h"

struct alerts_settings {
	const char *redis, *state, *password_file;
	const char *kind, *app, *unit, *status, *severity, *from, *to, *time_zone;
	bool yesterday, without_devices, preview;
	const char *format, *language;
	const char *who, *verdict, *assignee, *until, *pair, *cidr, *group, *consumer;
	const char *folder, *archive, *policy, *log, *reason;
	struct option_list lookups;
	uint64_t revision, limit, kept_ns, k;
};

/* What every action is given. */
struct desk {
	const struct alerts_settings *settings;
	struct alert_store *store;
	struct messages *messages;
	const struct local_zone *zone;
	struct local_zone *own_zone;
	struct alert_filter filter;
	uint64_t now_ns;
	const char *who;
	struct text line;
};

/* arguments: those behind the action's name. */
int alerts_list(struct desk *desk, char *const *arguments, unsigned count);
int alerts_follow(struct desk *desk, char *const *arguments, unsigned count);
int alerts_morning(struct desk *desk);
int alerts_show(struct desk *desk, char *const *arguments, unsigned count);
int alerts_explain(struct desk *desk, char *const *arguments, unsigned count);
int alerts_suppress(struct desk *desk, char *const *arguments, unsigned count);
int alerts_suppressions(struct desk *desk, char *const *arguments, unsigned count);
int alerts_lift(struct desk *desk, char *const *arguments, unsigned count);
int alerts_export(struct desk *desk, char *const *arguments, unsigned count);

/* Every alert that the filter takes, the latest first; the caller clears and frees them. 0, or
 * -errno and the sentence. damaged: may be NULL. */
struct alert_list {
	struct alert_entry *items;
	size_t count, capacity;
	unsigned damaged;
};
int alerts_read(struct desk *desk, struct alert_list *list, struct err *err);
void alerts_free(struct alert_list *list);

/* In the form that --format says. */
enum alerts_format { ALERTS_TABLE, ALERTS_NDJSON, ALERTS_CSV };
enum alerts_format alerts_format(const struct desk *desk);
void alerts_print(const struct desk *desk, const struct alert_list *list);
void alerts_print_table(const struct desk *desk, const struct alert_entry *items, size_t count);
size_t alerts_limit(const struct desk *desk, size_t count); /* as --limit says */
void alerts_say_damaged(struct desk *desk, unsigned damaged);
void alerts_print_one(const struct desk *desk, const struct alert_entry *entry);

/* The alert as one JSON object: what the sensor said, with what people made of it. Without devices
 * and what tells of them, where --without-devices says so. */
void alerts_put_json(struct text *text, const struct desk *desk, const struct alert_entry *entry);

/* A time as this reader may know it: a contact is one device's, so to the hour. */
uint64_t alerts_told_ns(const struct desk *desk, uint64_t time_ns);
/* "2026-03-02 10:15" on the clock of --time-zone. */
void alerts_put_time(struct text *text, const struct desk *desk, uint64_t time_ns);
/* How many devices, as this reader may know it. */
void alerts_put_devices(
	struct text *text, const struct desk *desk, const struct alert_entry *entry);

/* A line to fill, and to print broken at the terminal's width. */
struct text *alerts_line(struct desk *desk);
void alerts_end_line(struct desk *desk, unsigned indent);
void alerts_heading(const struct desk *desk, const char *key);

/* Single devices are looked at through one door, which keeps a log (lookup_log.h): before alerts
 * that name some are shown. 0 as well where none does, or this reader sees none. */
int alerts_log_look(struct desk *desk, const char *action, const struct alert_entry *items,
	size_t count, struct err *err);
const char *alerts_log_folder(const struct alerts_settings *settings);

int alerts_fail(const struct err *err, int status);
