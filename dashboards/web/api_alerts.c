/* Alerts in a line each, as who asks may see them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/rollup/protect.h"
#include "dashboards/web/api.h"

enum { ALERTS_USUAL = 200, ALERTS_MOST = 10000 };

struct listing {
	struct call *call;
	struct alert_filter filter;
	const char *text;
	uint64_t first, most, matched;
};

bool call_sees_alert(const struct call *call, const struct alert_entry *entry)
{
	return call->who.unit[0] == '\0' || strcmp(call->who.unit, entry->unit) == 0;
}

/* The figures of an alert are those of a part of the body, and how much of them one device had is
 * not kept: that they are k devices or more is all that is told of it. */
static void put_counts(struct call *call, const struct alert_entry *entry)
{
	bool sees = call->access.role == VIEW_SEES_DEVICES;
	bool shows = sees || protect_shows_count(call->access.k, entry->devices);

	json_string(&call->json, "devices_count",
		!shows                ? "fewer"
		: entry->devices == 0 ? "unknown"
		: sees                ? "exact"
				      : "at_least");
	json_u64(&call->json, "devices",
		!shows ? call->access.k
		: sees ? entry->devices
		       : protect_floor(call->access.k, entry->devices));
	if (sees) {
		json_u64(&call->json, "flows", entry->flows);
		put_way(&call->json, "bytes_up", entry->bytes_up,
			entry->knows_up ? CELL_WAY_KNOWN : CELL_WAY_UNKNOWN);
		put_way(&call->json, "bytes_down", entry->bytes_down,
			entry->knows_down ? CELL_WAY_KNOWN : CELL_WAY_UNKNOWN);
	}
}

static void put_text(struct json *json, const char *key, const char *value)
{
	if (value && value[0]) {
		json_string(json, key, value);
	} else {
		json_null(json, key);
	}
}

/* A sentence may tell of a device: who may not see one is told kind, app and unit. */
void put_alert_line(struct call *call, const char *key, const struct alert_line *line)
{
	const struct alert_entry *entry = line->entry;
	struct json *json = &call->json;
	bool sees = call->access.role == VIEW_SEES_DEVICES;

	json_object_begin(json, key);
	json_string(json, "id", line->id);
	json_u64(json, "rev", line->changes);
	json_u64(json, "number", line->number);
	json_string(json, "kind", entry->kind);
	json_string(json, "severity", entry->severity);
	json_string(json, "state", entry->state);
	put_time(json, "began", entry->first_ns);
	put_time(json, "changed", entry->last_ns);
	if (sees) {
		json_string(
			json, "sentence", line->sentences[messages_geo_language(call->messages)]);
	} else {
		json_null(json, "sentence");
	}
	put_text(json, "app", entry->app);
	put_text(
		json, "app_name", entry->app[0] ? name_value(call, VIEW_BY_APP, entry->app) : NULL);
	put_text(json, "rule", entry->rule);
	if (who_may(&call->who, WEB_MAY_ALERTS)) {
		put_text(json, "unit", entry->unit);
		put_text(json, "class", entry->class_);
		put_text(json, "owner", entry->owner);
		put_text(json, "verdict", entry->verdict);
		put_text(json, "suppression", entry->suppression);
		put_text(json, "hold", entry->hold);
		put_counts(call, entry);
	}
	json_bool(json, "is_in_storm", entry->is_in_storm);
	json_bool(json, "is_tombstone", entry->is_tombstone);
	json_object_end(json);
}

/* Whatever the page shows of the line, it can be found by. */
static bool has_text(const struct listing *listing, const struct alert_line *line)
{
	const struct alert_entry *entry = line->entry;
	bool is_whole = who_may(&listing->call->who, WEB_MAY_ALERTS);
	const char *const texts[] = { line->id, entry->kind, entry->app,
		name_value(listing->call, VIEW_BY_APP, entry->app), entry->rule,
		is_whole ? entry->owner : "", is_whole ? entry->unit : "",
		listing->call->access.role == VIEW_SEES_DEVICES
			? line->sentences[messages_geo_language(listing->call->messages)]
			: "" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcasestr(texts[i], listing->text)) {
			return true;
		}
	}
	return listing->text[0] == '\0';
}

static bool list_line(void *context, const struct alert_line *line)
{
	struct listing *listing = context;

	if (!call_sees_alert(listing->call, line->entry) ||
		!alert_filter_takes(&listing->filter, line->entry) || !has_text(listing, line)) {
		return true;
	}
	uint64_t at = listing->matched++;
	if (at >= listing->first && at - listing->first < listing->most) {
		put_alert_line(listing->call, NULL, line);
	}
	return true;
}

static const char *given(const struct call *call, const char *name)
{
	const char *value = http_parameter(call->request, name);

	return *value ? value : NULL;
}

static int read_listing(struct listing *listing, struct err *err)
{
	const struct call *call = listing->call;
	const char *severity = http_parameter(call->request, "severity");

	listing->filter = (struct alert_filter){ .kind = given(call, "kind"),
		.app = given(call, "app"),
		.unit = who_may(&call->who, WEB_MAY_ALERTS) ? given(call, "unit") : NULL,
		.state = given(call, "state"),
		.severity = alert_severity_of_word(severity) };
	listing->text = http_parameter(call->request, "text");
	if (given(call, "unit") && !listing->filter.unit) {
		return err_set(err, EPERM,
			"which alerts are of one unit is for roles that may "
			"see alerts whole: leave out unit=");
	}
	if (*severity && !listing->filter.severity) {
		return err_set(err, EINVAL,
			"severity: expected low, medium, high or critical, found \"%.20s\"",
			severity);
	}
	int status = alert_filter_check(&listing->filter, err);
	if (status == 0) {
		status = ask_period(&listing->filter.from_ns, &listing->filter.to_ns, call->request,
			&call->clock, err);
	}
	if (status == 0) {
		status = ask_number(&listing->first, call->request, "first", 0, UINT32_MAX, err);
	}
	return status < 0 ? status
			  : ask_number(&listing->most, call->request, "most", ALERTS_USUAL,
				    ALERTS_MOST, err);
}

bool call_has_desk(struct call *call)
{
	if (!call->web->feed) {
		call_refuse(call, 501,
			"no desk is known: start the server with --redis, or with --state and the "
			"folder of a sensor's --state or an analysis' --desk");
	}
	return call->web->feed != NULL;
}

void answer_alerts(struct call *call)
{
	struct listing listing = { .call = call };
	uint64_t read_ns;
	struct err err;
	int status = read_listing(&listing, &err);

	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	if (!call_has_desk(call)) {
		return;
	}
	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "alerts");
	alert_feed_each(call->web->feed, list_line, &listing);
	json_array_end(&call->json);
	json_u64(&call->json, "all", listing.matched);
	json_u64(&call->json, "newest", alert_feed_number(call->web->feed));
	if (alert_feed_trouble(call->web->feed, &read_ns, &err)) {
		json_string(&call->json, "trouble", err.text);
	} else {
		json_null(&call->json, "trouble");
	}
	json_object_end(&call->json);
}
