/* The page to begin a morning with, as `borderflow alerts --yesterday` has it. */
#include <string.h>

#include "base/local_time.h"
#include "dashboards/web/api.h"

enum { CAUSES_MOST = 64, UNITS_MOST = 32 };

struct cause {
	const struct alert_line *first;
	const char *units[UNITS_MOST];
	unsigned unit_count, alerts;
};

struct morning {
	struct call *call;
	uint64_t from_ns, to_ns;
	enum alert_morning wanted;
	struct cause causes[CAUSES_MOST];
	unsigned cause_count, quiet;
};

static bool put_wanted(void *context, const struct alert_line *line)
{
	struct morning *morning = context;
	enum alert_morning found = alert_morning_of(line->entry, morning->from_ns, morning->to_ns);

	if (found == morning->wanted && call_sees_alert(morning->call, line->entry)) {
		put_alert_line(morning->call, NULL, line);
	}
	return true;
}

static void add_unit(struct cause *cause, const char *unit)
{
	for (unsigned i = 0; i < cause->unit_count; i++) {
		if (strcmp(cause->units[i], unit) == 0) {
			return;
		}
	}
	if (unit[0] && cause->unit_count < UNITS_MOST) {
		cause->units[cause->unit_count++] = unit;
	}
}

static bool add_cause(void *context, const struct alert_line *line)
{
	struct morning *morning = context;
	enum alert_morning found = alert_morning_of(line->entry, morning->from_ns, morning->to_ns);
	unsigned at = 0;

	if (!call_sees_alert(morning->call, line->entry)) {
		return true;
	}
	morning->quiet += found == ALERT_MORNING_QUIET;
	while (at < morning->cause_count &&
		!alert_is_same_cause(morning->causes[at].first->entry, line->entry)) {
		at++;
	}
	if (found == ALERT_MORNING_NEW && at < CAUSES_MOST) {
		if (at == morning->cause_count) {
			morning->causes[morning->cause_count++] = (struct cause){ .first = line };
		}
		morning->causes[at].alerts++;
		add_unit(&morning->causes[at], line->entry->unit);
	}
	return true;
}

static bool put_causes(void *context, const struct alert_line *line)
{
	struct morning *morning = context;
	struct json *json = &morning->call->json;

	for (unsigned i = 0; i < morning->cause_count; i++) {
		const struct cause *cause = &morning->causes[i];
		if (cause->first != line || cause->unit_count < 2) {
			continue;
		}
		json_object_begin(json, NULL);
		json_string(json, "kind", line->entry->kind);
		json_string(json, "rule", line->entry->rule);
		json_string(json, "app", line->entry->app);
		json_string(
			json, "app_name", name_value(morning->call, VIEW_BY_APP, line->entry->app));
		json_u64(json, "alerts", cause->alerts);
		json_array_begin(json, "units");
		for (unsigned unit = 0; unit < cause->unit_count; unit++) {
			json_string(json, NULL, cause->units[unit]);
		}
		json_array_end(json);
		json_object_end(json);
	}
	return true;
}

static void put_list(struct morning *morning, const char *key, enum alert_morning wanted)
{
	morning->wanted = wanted;
	json_array_begin(&morning->call->json, key);
	alert_feed_each(morning->call->web->feed, put_wanted, morning);
	json_array_end(&morning->call->json);
}

/* day: the page of that day; today unless given: from the beginning of the day before until now,
 * or until that day is over. */
void answer_morning(struct call *call)
{
	const char *text = http_parameter(call->request, "day");
	struct morning morning = { .call = call };
	uint64_t time_ns = call->now_ns;

	if (*text && !local_parse(call->clock.zone, text, &time_ns)) {
		call_refuse(call, 400, "day: expected a day such as 2026-03-31");
		return;
	}
	if (!call_has_desk(call)) {
		return;
	}
	struct local_day day = local_day_of(call->clock.zone, time_ns);
	morning.from_ns = local_day_at(call->clock.zone, day.number - 1).start_ns;
	morning.to_ns = day.end_ns < call->now_ns ? day.end_ns : call->now_ns;
	json_object_begin(&call->json, NULL);
	put_time(&call->json, "from", morning.from_ns);
	put_time(&call->json, "to", morning.to_ns);
	put_list(&morning, "new", ALERT_MORNING_NEW);
	put_list(&morning, "unresolved", ALERT_MORNING_OPEN);
	json_array_begin(&call->json, "same_cause");
	alert_feed_twice(call->web->feed, add_cause, put_causes, &morning);
	json_array_end(&call->json);
	json_u64(&call->json, "quiet", morning.quiet);
	json_object_end(&call->json);
}
