/* What a view lists: coverage, flows, alerts, sensors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_store.h"
#include "analyzer/view/view_parts.h"
#include "base/clock.h"

static int check_devices(const struct view_access *access, const char *what, struct err *err)
{
	return access->role == VIEW_SEES_DEVICES
		       ? 0
		       : err_set(err, EPERM, "%s are for roles that may see devices", what);
}

static int refuse_kept(
	const struct view *view, const char *what, const char *where, struct err *err)
{
	return err_set(err, ENOTSUP, "%s keeps no %s; %s", view_name(view), what, where);
}

static struct view_figures figures_of_row(const struct view_answer *answer, const char *value)
{
	for (size_t i = 0; i < answer->row_count; i++) {
		if (strcmp(answer->rows[i].values[0], value) == 0) {
			return answer->rows[i].total;
		}
	}
	return (struct view_figures){ 0 };
}

int view_ask_coverage(struct view *view, const struct view_access *access, uint64_t from_ns,
	uint64_t to_ns, struct view_coverage *coverage, struct err *err)
{
	struct view_question question = {
		.from_ns = from_ns, .to_ns = to_ns, .by = { VIEW_BY_HIDDEN }, .by_count = 1
	};
	struct view_answer *inferred;

	*coverage = (struct view_coverage){ .hidden = NULL };
	int status = view_ask(view, access, &question, &coverage->hidden, err);
	if (status < 0) {
		return status;
	}
	coverage->notes = coverage->hidden->notes;
	coverage->total = coverage->hidden->total;
	coverage->named = figures_of_row(coverage->hidden, "named");
	question.by[0] = VIEW_BY_INFERRED;
	status = view_ask(view, access, &question, &inferred, err);
	for (size_t i = 0; status == 0 && i < inferred->row_count; i++) {
		view_figures_add(&coverage->inferred, &inferred->rows[i].total);
	}
	if (status == 0) {
		view_answer_free(inferred);
		coverage->inferred.count = VIEW_COUNT_UNKNOWN; /* of apps, they add up to nothing */
		coverage->inferred.devices = 0;
	} else {
		view_coverage_free(coverage);
	}
	return status;
}

void view_coverage_free(struct view_coverage *coverage)
{
	view_answer_free(coverage->hidden);
	coverage->hidden = NULL;
}

int view_ask_flows(struct view *view, const struct view_access *access,
	const struct view_flows *question, view_tell_flow *tell, void *context,
	struct view_notes *notes, struct err *err)
{
	int status = check_devices(access, "flows", err);

	*notes = (struct view_notes){ .protection = access->role };
	if (status == 0 && !view->ops->ask_flows) {
		status = refuse_kept(view, "flows", "ask an archive for them", err);
	}
	return status < 0
		       ? status
		       : view->ops->ask_flows(view->backend, question, tell, context, notes, err);
}

int view_set_desk(struct view *view, const char *target, struct err *err)
{
	alert_store_close(view->desk);
	view->desk = NULL;
	return alert_store_open(&view->desk, target, err);
}

struct listing {
	const struct view_alerts *question;
	view_tell_alert *tell;
	void *context;
	size_t matched, told;
};

static bool is_wanted(const struct view_alerts *question, const struct alert_record *alert)
{
	uint64_t time_ns = alert_record_number(alert, "time");
	const char *state = alert_record_get(alert, "state");
	const char *kind = alert_record_get(alert, "kind");

	return time_ns >= question->from_ns && (!question->to_ns || time_ns < question->to_ns) &&
	       (!question->state || strcmp(state, question->state) == 0) &&
	       (!question->kind || strcmp(kind, question->kind) == 0);
}

static int tell_alert(
	void *context, const char *id, const struct alert_record *alert, struct err *err)
{
	struct listing *listing = context;
	const struct view_alerts *question = listing->question;

	(void)err;
	if (!is_wanted(question, alert) || listing->matched++ < question->first) {
		return 0;
	}
	bool goes_on = listing->tell(listing->context, id, alert);
	listing->told++;
	return goes_on && (question->most == 0 || listing->told < question->most) ? 0 : 1;
}

int view_ask_alerts(struct view *view, const struct view_access *access,
	const struct view_alerts *question, view_tell_alert *tell, void *context, struct err *err)
{
	struct listing listing = { question, tell, context, 0, 0 };
	int status = check_devices(access, "alerts", err);

	if (status == 0 && !view->desk) {
		status = refuse_kept(view, "alerts", "name the sensor's --state, or Redis", err);
	}
	if (status == 0) {
		status = alert_store_list(view->desk, 'a', tell_alert, &listing, NULL, err);
	}
	return status > 0 ? 0 : status;
}

int view_ask_notices(struct view *view, struct view_notices *notices, struct err *err)
{
	*notices = (struct view_notices){ 0 };
	if (!view->ops->ask_notices) {
		return refuse_kept(
			view, "alerts in short", "ask Redis, or the sensor at its socket", err);
	}
	return view->ops->ask_notices(view->backend, notices, err);
}

void view_notices_free(struct view_notices *notices)
{
	free(notices->notices);
	*notices = (struct view_notices){ 0 };
}

int view_ask_sensors(struct view *view, struct view_sensors *sensors, struct err *err)
{
	*sensors = (struct view_sensors){ .as_of_ns = clock_now_ns() };
	if (!view->ops->ask_sensors) {
		return refuse_kept(view, "sensors", "ask Redis, or the sensor at its socket", err);
	}
	return view->ops->ask_sensors(view->backend, sensors, err);
}

void view_sensors_free(struct view_sensors *sensors)
{
	free(sensors->sensors);
	*sensors = (struct view_sensors){ 0 };
}
