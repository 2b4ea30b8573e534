/* Suppressions at the desk: made after a look at what they would have hidden, listed with what they
 * hid, lifted. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/suppression.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/json.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/cli/time_word.h"
#include "dashboards/report/table.h"

#define PREVIEW_NS (30 * 24 * 3600 * NS_PER_S)

enum { SCOPE_BYTES = 6 * SUPPRESSION_TEXT_BYTES };

static void put_field(char *to, size_t room, const char *value)
{
	snprintf(to, room, "%s", value ? value : "");
}

static int read_end(const struct desk *desk, struct suppression *suppression, struct err *err)
{
	const char *until = desk->settings->until;
	uint64_t span_ns;

	if (!until && desk->settings->preview) {
		suppression->until_ns = desk->now_ns + PREVIEW_NS;
		return 0;
	}
	if (until && time_word_parse_span(until, &span_ns)) {
		suppression->until_ns = desk->now_ns + span_ns;
		return 0;
	}
	if (!until || !time_word_parse(until, desk->zone, desk->now_ns, &suppression->until_ns)) {
		return err_set(err, EINVAL,
			"--until %s: expected when it ends, such as 2026-12-31 or 14d",
			until ? until : "is missing");
	}
	return 0;
}

static int read_pair(const char *pair, struct suppression *suppression, struct err *err)
{
	const char *comma = pair ? strchr(pair, ',') : NULL;

	if (!pair) {
		return 0;
	}
	if (!comma || comma == pair || comma[1] == '\0') {
		return err_set(err, EINVAL, "--pair %s: expected DEVICE,DESTINATION", pair);
	}
	snprintf(suppression->device, sizeof(suppression->device), "%.*s", (int)(comma - pair),
		pair);
	put_field(suppression->destination, sizeof(suppression->destination), comma + 1);
	return 0;
}

/* What was typed; the scope is that of the filter. */
static int read_scope(const struct desk *desk, struct suppression *suppression, char *const *words,
	unsigned count, struct err *err)
{
	const struct alerts_settings *settings = desk->settings;
	struct text reason;

	*suppression = (struct suppression){ .made_ns = desk->now_ns };
	put_field(suppression->kind, sizeof(suppression->kind), settings->kind);
	put_field(suppression->app, sizeof(suppression->app), settings->app);
	put_field(suppression->unit, sizeof(suppression->unit), settings->unit);
	put_field(suppression->cidr, sizeof(suppression->cidr), settings->cidr);
	put_field(suppression->owner, sizeof(suppression->owner), desk->who);
	text_init(&reason, suppression->reason, sizeof(suppression->reason));
	for (unsigned i = 0; i < count; i++) {
		text_put(&reason, i ? " " : "");
		text_put(&reason, words[i]);
	}
	if (settings->preview && suppression->reason[0] == '\0') {
		put_field(suppression->reason, sizeof(suppression->reason), "preview");
	}
	int status = read_pair(settings->pair, suppression, err);
	if (status == 0) {
		status = read_end(desk, suppression, err);
	}
	return status < 0 ? status : suppression_check(suppression, err);
}

/* Is there what it names? The desk and --policy say which units there are. */
static int check_scope(
	const struct desk *desk, const struct suppression *suppression, struct err *err)
{
	const char *path = desk->settings->policy;
	struct policy *policy = NULL;
	struct catalogue *catalogue;
	int status = catalogue_open(&catalogue, NULL, 0, err);

	if (status < 0) {
		return status;
	}
	if (path) {
		status = policy_load(&policy, path, NULL, catalogue, err);
		policy_free(policy);
	}
	if (status == 0) {
		status = suppression_check_scope(suppression, desk->store, catalogue, err);
	}
	catalogue_close(catalogue);
	return status;
}

/* Of all alerts of the last thirty days those that it covers stay in the list. */
static void keep_covered(struct alert_list *list, const struct suppression *suppression)
{
	struct suppression_subject subject;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		suppression_subject_of_entry(&subject, &list->items[i]);
		if (!list->items[i].is_tombstone && suppression_covers(suppression, &subject)) {
			list->items[kept++] = list->items[i];
		} else {
			alert_entry_clear(&list->items[i]);
		}
	}
	list->count = kept;
}

/* The thirty days before --to, which is now unless given. */
static uint64_t preview_from(const struct desk *desk)
{
	uint64_t end_ns = desk->filter.to_ns ? desk->filter.to_ns : desk->now_ns;

	return end_ns > PREVIEW_NS ? end_ns - PREVIEW_NS : 0;
}

static void say_preview(struct desk *desk, size_t count, size_t all)
{
	char number[24], of[24], date[64];
	struct text text;

	snprintf(number, sizeof(number), "%zu", count);
	snprintf(of, sizeof(of), "%zu", all);
	text_init(&text, date, sizeof(date));
	messages_put_date(desk->messages, &text, desk->zone, preview_from(desk));
	messages_put(desk->messages, alerts_line(desk), "desk_would_hide", "count", number, "all",
		of, "date", date, NULL);
	if (alerts_format(desk) == ALERTS_TABLE) {
		alerts_end_line(desk, 0);
	} else {
		cli_notice("alerts", "%s", desk->line.at);
	}
}

static int preview(struct desk *desk, const struct suppression *suppression)
{
	struct alert_list list;
	struct err err;

	desk->filter =
		(struct alert_filter){ .from_ns = preview_from(desk), .to_ns = desk->filter.to_ns };
	int status = alerts_read(desk, &list, &err);
	if (status < 0) {
		return alerts_fail(&err, status);
	}
	size_t all = list.count;
	keep_covered(&list, suppression);
	say_preview(desk, list.count, all);
	if (list.count > 0) {
		alerts_print(desk, &list);
	}
	alerts_free(&list);
	return EXIT_DONE;
}

int alerts_suppress(struct desk *desk, char *const *arguments, unsigned count)
{
	struct suppression suppression;
	struct err err;
	int status = read_scope(desk, &suppression, arguments, count, &err);

	status = status < 0 ? status : check_scope(desk, &suppression, &err);
	if (status == 0 && desk->settings->preview) {
		return preview(desk, &suppression);
	}
	if (status == 0) {
		status = suppression_write(desk->store, &suppression, &err);
	}
	if (status < 0) {
		return alerts_fail(&err, status);
	}
	puts(suppression.id);
	return EXIT_DONE;
}

/* What it speaks of: "kind=anomaly.beacon unit=School". */
static void put_scope(struct text *text, const struct suppression *s)
{
	const char *const parts[][2] = { { "kind", s->kind }, { "app", s->app },
		{ "unit", s->unit }, { "device", s->device }, { "destination", s->destination },
		{ "cidr", s->cidr } };

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i][1][0] != '\0') {
			text_printf(
				text, "%s%s=%s", text->length ? " " : "", parts[i][0], parts[i][1]);
		}
	}
}

static unsigned count_hits(const struct alert_list *alerts, const char *id)
{
	unsigned hits = 0;

	for (size_t i = 0; i < alerts->count; i++) {
		hits += strcmp(alerts->items[i].suppression, id) == 0;
	}
	return hits;
}

static void print_row(const struct desk *desk, const struct suppression *suppression, unsigned hits)
{
	char until[32], scope[SCOPE_BYTES];
	bool is_over = suppression->until_ns <= desk->now_ns;
	struct text text;

	text_init(&text, scope, sizeof(scope));
	put_scope(&text, suppression);
	text_init(&text, until, sizeof(until));
	alerts_put_time(&text, desk, suppression->until_ns);
	if (alerts_format(desk) == ALERTS_TABLE) {
		printf("%s  %s%s%s  %5u  ", suppression->id, until, is_over ? " " : "",
			is_over ? messages_get(desk->messages, "desk_suppression_over") : "", hits);
		terminal_put_escaped(scope);
		fputs("  ", stdout);
		terminal_put_escaped(suppression->owner);
		fputs(": ", stdout);
		terminal_put_escaped(suppression->reason);
		putchar('\n');
		return;
	}
	text_init_heap(&text);
	struct json json = json_over(&text);
	json_object_begin(&json, NULL);
	json_string(&json, "id", suppression->id);
	json_string(&json, "scope", scope);
	json_string(&json, "owner", suppression->owner);
	json_string(&json, "reason", suppression->reason);
	json_string(&json, "until", until);
	json_bool(&json, "is_over", is_over);
	json_u64(&json, "hits", hits);
	json_object_end(&json);
	puts(text.at ? text.at : "");
	text_deinit(&text);
}

struct listing {
	struct desk *desk;
	const struct alert_list *alerts;
};

static int print_record(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct listing *listing = context;
	struct suppression suppression;

	(void)err;
	if (suppression_read_record(&suppression, id, record) == 0) {
		print_row(listing->desk, &suppression, count_hits(listing->alerts, id));
	}
	return 0;
}

int alerts_suppressions(struct desk *desk, char *const *arguments, unsigned count)
{
	struct alert_list alerts;
	struct listing listing = { desk, &alerts };
	struct err err;

	(void)arguments, (void)count;
	desk->filter = (struct alert_filter){ 0 };
	int status = alerts_read(desk, &alerts, &err);
	if (status == 0) {
		status = alert_store_list(desk->store, 's', print_record, &listing, NULL, &err);
		alerts_free(&alerts);
	}
	return status < 0 ? alerts_fail(&err, status) : EXIT_DONE;
}

int alerts_lift(struct desk *desk, char *const *arguments, unsigned count)
{
	struct err err;
	int status = count == 1 ? suppression_lift(desk->store, arguments[0], desk->now_ns, &err)
				: err_set(&err, EINVAL, "expected the id of one suppression");

	return status < 0 ? alerts_fail(&err, status) : EXIT_DONE;
}
