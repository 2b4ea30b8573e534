/* What is known of the traffic at all, and what hides the rest; and who looked: sensors, enrolled
 * devices, segments. */
#include <errno.h>
#include <string.h>

#include "analyzer/device/coverage_period.h"
#include "analyzer/device/devices.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/state.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/protect.h"
#include "analyzer/vantage/segment_proof.h"
#include "base/local_time.h"
#include "dashboards/web/api.h"

/* Why the rest is not named. */
static void put_hidden(struct call *call, const struct view_coverage *coverage)
{
	const struct view_answer *hidden = coverage->hidden;

	json_array_begin(&call->json, "hidden");
	for (size_t i = 0; i < hidden->row_count; i++) {
		const char *cause = hidden->rows[i].values[0];
		if (strcmp(cause, "named") == 0) {
			continue;
		}
		json_object_begin(&call->json, NULL);
		json_string(&call->json, "cause", cause);
		json_string(&call->json, "name", name_value(call, VIEW_BY_HIDDEN, cause));
		put_figures(&call->json, "total", &hidden->rows[i].total);
		json_object_end(&call->json);
	}
	json_array_end(&call->json);
}

/* Of one unit nothing is told of those who are in others. */
static int ask_of_unit(struct call *call, uint64_t from_ns, uint64_t to_ns,
	struct view_coverage *coverage, struct err *err)
{
	struct view_question whole = { .from_ns = from_ns, .to_ns = to_ns };
	struct view_question by_hidden = whole, by_inferred = whole;
	struct view_answer *answer = NULL;

	by_hidden.by[0] = VIEW_BY_HIDDEN;
	by_inferred.by[0] = VIEW_BY_INFERRED;
	by_hidden.by_count = by_inferred.by_count = 1;
	int status = call_ask(call, &by_hidden, &coverage->hidden, err);
	if (status == 0) {
		status = call_ask(call, &by_inferred, &answer, err);
	}
	if (status < 0) {
		return status;
	}
	coverage->notes = coverage->hidden->notes;
	coverage->total = coverage->hidden->total;
	for (size_t i = 0; i < coverage->hidden->row_count; i++) {
		const struct view_row *row = &coverage->hidden->rows[i];
		if (strcmp(row->values[0], "named") == 0) {
			coverage->named = row->total;
		}
	}
	coverage->inferred = answer->total;
	view_answer_free(answer);
	return 0;
}

static int ask_of_body(struct call *call, uint64_t from_ns, uint64_t to_ns,
	struct view_coverage *coverage, struct err *err)
{
	struct view *view = views_take(call->web->views, err);

	if (!view) {
		return -EIO;
	}
	int status = call_source_status(
		view_ask_coverage(view, &call->access, from_ns, to_ns, coverage, err));
	views_give(call->web->views, view);
	return status;
}

static void put_sensors(struct call *call)
{
	struct view_sensors sensors;
	struct view *view = views_take_live(call->web->views, NULL);
	bool is_known = view && view_ask_sensors(view, &sensors, NULL) == 0;
	uint64_t silent = 0;

	views_give(call->web->views, view);
	if (!is_known) {
		json_null(&call->json, "sensors");
		return;
	}
	for (size_t i = 0; i < sensors.count; i++) {
		silent += sensors.sensors[i].silent_s > 0;
	}
	json_object_begin(&call->json, "sensors");
	json_u64(&call->json, "all", sensors.count);
	json_u64(&call->json, "silent", silent);
	json_object_end(&call->json);
	view_sensors_free(&sensors);
}

/* A group of fewer than k is left out. */
static void put_class(struct call *call, uint16_t class_, const struct coverage_of_period *of)
{
	const struct coverage_of_day *day = &of->day;
	struct json *json = &call->json;

	if (!day->is_measured || !protect_shows_count(call->access.k, day->enrolled) ||
		(day->seen && !protect_shows_count(call->access.k, day->seen))) {
		return;
	}
	json_object_begin(json, NULL);
	if (class_ == INVENTORY_NO_CLASS) {
		json_null(json, "class");
		json_string(json, "name", messages_get(call->messages, "row_no_class"));
	} else {
		json_string(json, "class", symbol_name(SYMBOL_CLASS, class_));
		json_string(json, "name", symbol_name(SYMBOL_CLASS, class_));
	}
	json_u64(json, "enrolled", day->enrolled);
	json_u64(json, "seen", day->seen);
	put_time(json, "day", of->day_ns);
	json_object_end(json);
}

/* Enrolled devices by class, those of no class as one, and how many of them were seen
 * (coverage_period.h), as far back as the sensor keeps it. Phones on a mobile network never cross a
 * sensor: this is the denominator. */
static void put_inventory(struct call *call, struct state *state, const struct view_notes *notes)
{
	const struct inventory *inventory = call->web->options.reference->inventory;
	const struct local_zone *zone = call->clock.zone;
	uint64_t last_ns = notes->as_of_ns ? notes->as_of_ns : call->now_ns;
	struct devices *devices = inventory && state ? devices_create() : NULL;
	struct json *json = &call->json;

	last_ns = notes->to_ns > 0 && notes->to_ns <= last_ns ? notes->to_ns - 1 : last_ns;
	if (!devices || devices_load(devices, state, NULL) < 0) {
		json_null(json, "inventory");
		devices_destroy(devices);
		return;
	}
	const struct coverage *coverage = devices_coverage(devices);
	uint64_t kept_ns = local_day_at(zone, coverage_first_day(coverage)).start_ns;
	uint64_t first_ns = notes->from_ns > kept_ns ? notes->from_ns : kept_ns;
	json_array_begin(json, "inventory");
	for (uint16_t class_ = 0; (class_ = inventory_next_class(class_)) != 0;) {
		struct coverage_of_period of =
			coverage_over(coverage, inventory, class_, zone, first_ns, last_ns);
		put_class(call, class_, &of);
	}
	json_array_end(json);
	devices_destroy(devices);
}

/* Units of which it is proven that the sensor sees them, on each day of the time. */
static void put_segments(struct call *call, struct state *state, const struct view_notes *notes)
{
	const struct policy *policy = call->web->options.reference->policy;
	struct segment_days days = { 0 };
	struct json *json = &call->json;
	uint64_t proven = 0, all = 0;

	if (!state || policy_unit_count(policy) == 0 || notes->to_ns <= notes->from_ns ||
		segment_days_load(&days, state, NULL) < 0) {
		segment_days_deinit(&days);
		json_null(json, "segments");
		return;
	}
	uint64_t end_ns = notes->as_of_ns ? notes->as_of_ns : notes->to_ns - 1;
	int64_t first = local_day_of(call->clock.zone, notes->from_ns).number;
	int64_t last = local_day_of(call->clock.zone, end_ns).number;
	json_object_begin(json, "segments");
	json_array_begin(json, "missing");
	for (unsigned i = 0; i <= policy_unit_count(policy); i++) {
		uint16_t unit = i < policy_unit_count(policy) ? policy_unit_at(policy, i) : 0;
		struct segment_proof proof =
			segment_proof_of(&days, policy, unit, false, first, last);
		all += proof.is_asked;
		proven += proof.is_asked && segment_proof_holds(&proof);
		if (!segment_proof_holds(&proof) && unit) {
			json_string(json, NULL, symbol_name(SYMBOL_UNIT, unit));
		} else if (!segment_proof_holds(&proof)) {
			json_null(json, NULL);
		}
	}
	json_array_end(json);
	json_u64(json, "all", all);
	json_u64(json, "proven", proven);
	json_object_end(json);
	segment_days_deinit(&days);
}

/* What speaks of the body as a whole. */
static void put_lookers(struct call *call, const struct view_notes *notes)
{
	const char *folder = call->web->options.source.desk;
	struct state *state = NULL;

	put_sensors(call);
	if (folder && !strstr(folder, "://")) {
		state_open_to_read(&state, folder, NULL);
	}
	put_inventory(call, state, notes);
	put_segments(call, state, notes);
	state_close(state);
}

void answer_coverage(struct call *call)
{
	struct view_coverage coverage = { .hidden = NULL };
	bool is_of_unit = call->who.unit[0] != '\0';
	uint64_t from_ns, to_ns;
	struct err err;
	int status = ask_figures_period(&from_ns, &to_ns, call->request, &call->clock, &err);

	if (status == 0) {
		status = is_of_unit ? ask_of_unit(call, from_ns, to_ns, &coverage, &err)
				    : ask_of_body(call, from_ns, to_ns, &coverage, &err);
	}
	if (status < 0) {
		call_fail(call, status, &err);
		view_coverage_free(&coverage);
		return;
	}
	json_object_begin(&call->json, NULL);
	put_notes(&call->json, &coverage.notes);
	put_figures(&call->json, "total", &coverage.total);
	put_figures(&call->json, "named", &coverage.named);
	put_figures(&call->json, "inferred", &coverage.inferred);
	put_hidden(call, &coverage);
	if (is_of_unit) {
		json_null(&call->json, "sensors");
		json_null(&call->json, "inventory");
		json_null(&call->json, "segments");
	} else {
		put_lookers(call, &coverage.notes);
	}
	json_object_end(&call->json);
	view_coverage_free(&coverage);
}

static void put_sensor(struct json *json, const struct view_sensor *sensor)
{
	json_object_begin(json, NULL);
	json_string(json, "name", sensor->name);
	json_u64(json, "silent_s", sensor->silent_s);
	json_object_begin(json, "health");
	for (unsigned i = 0; i < HEALTH_SUMMARY_FIELD_COUNT; i++) {
		json_u64(json, health_summary_field_name(i),
			health_summary_field(&sensor->health, i));
	}
	json_object_end(json);
	json_object_end(json);
}

/* An archive has no sensors that live: that is no error of who asks. */
void answer_sensors(struct call *call)
{
	struct view_sensors sensors = { 0 };
	struct err err;
	struct view *view = views_take_live(call->web->views, &err);

	if (!view) {
		call_fail(call, -EIO, &err);
		return;
	}
	int status = call_source_status(view_ask_sensors(view, &sensors, &err));
	views_give(call->web->views, view);
	if (status < 0 && status != -ENOTSUP) {
		call_fail(call, status, &err);
		return;
	}
	json_object_begin(&call->json, NULL);
	put_time(&call->json, "as_of", sensors.as_of_ns);
	if (status < 0) {
		json_string(&call->json, "reason", err.text);
	} else {
		json_null(&call->json, "reason");
	}
	json_array_begin(&call->json, "sensors");
	for (size_t i = 0; i < sensors.count; i++) {
		put_sensor(&call->json, &sensors.sensors[i]);
	}
	json_array_end(&call->json);
	json_object_end(&call->json);
	view_sensors_free(&sensors);
}
