/* What is done about alerts: one or many at once. Who was looking at an older state than there is
 * by now is told so (409), and nothing is done. */
#include <errno.h>
#include <string.h>

#include "analyzer/alert/suppression.h"
#include "analyzer/format/json_doc.h"
#include "dashboards/web/api.h"

enum { ACTS_MOST = 1000 };

static const enum alert_step steps[] = { ALERT_STEP_ACK, ALERT_STEP_ESCALATE, ALERT_STEP_CLOSE,
	ALERT_STEP_REOPEN, ALERT_STEP_NOTE, ALERT_STEP_HOLD, ALERT_STEP_RELEASE };

static int find_step(const char *name, enum alert_step *step, struct err *err)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(alert_step_name(steps[i]), name) == 0) {
			*step = steps[i];
			return 0;
		}
	}
	return err_set(err, ENOENT,
		"there is no action \"%.20s\": expected ack, escalate, close, reopen, note, "
		"hold or release",
		name);
}

/* "true" and "false", as text or as JSON has them; "" where nothing is said. */
static const char *read_verdict(const struct json_doc *doc)
{
	const char *text = json_doc_text(doc, "verdict");

	return *text || !json_doc_has(doc, "verdict") ? text
	       : json_doc_bool(doc, "verdict")        ? "true"
						      : "false";
}

/* Of closing the text is what was done, of escalating to whom, of the others the note. */
static const char *read_text(const struct json_doc *doc, enum alert_step step)
{
	const char *name = step == ALERT_STEP_CLOSE      ? "done"
			   : step == ALERT_STEP_ESCALATE ? "to"
							 : "note";
	const char *text = json_doc_text(doc, name);

	return *text ? text : json_doc_text(doc, "note");
}

static int act(struct call *call, const char *id, enum alert_step step, const struct json_doc *doc,
	uint64_t revision, struct err *err)
{
	const struct alert_act done = { .step = step,
		.who = call->who.user,
		.text = read_text(doc, step),
		.verdict = read_verdict(doc),
		.now_ns = call->now_ns,
		.revision = revision };
	struct alert_entry entry;
	int status = call_read_alert(call, id, &entry, err);

	if (status < 0) {
		return status;
	}
	alert_entry_clear(&entry);
	struct alert_store *store = alert_feed_take_store(call->web->feed);
	status = alert_desk_act(store, id, &done, err);
	alert_feed_give_store(call->web->feed);
	return status;
}

int call_read_body(struct call *call, struct json_doc **doc, struct err *err)
{
	int status = json_doc_open(doc, call->request->body, call->request->body_bytes, err);

	return status == -EBADMSG ? -EINVAL : status;
}

void answer_act(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	struct json_doc *doc = NULL;
	enum alert_step step = ALERT_STEP_NOTE;
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	int status = find_step(http_parameter(call->request, "action"), &step, &err);
	if (status == 0) {
		status = call_read_body(call, &doc, &err);
	}
	if (status == 0 && !json_doc_has(doc, "rev")) {
		status = err_set(&err, EINVAL, "rev: expected the revision that you have seen");
	}
	if (status == 0) {
		status = act(call, id, step, doc, json_doc_number(doc, "rev"), &err);
	}
	json_doc_close(doc);
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	alert_feed_look(call->web->feed);
	answer_alert(call);
}

static void put_failure(struct call *call, const char *id, const struct err *err)
{
	json_object_begin(&call->json, NULL);
	json_string(&call->json, "id", id);
	json_string(&call->json, "error", err->text);
	json_object_end(&call->json);
}

/* {"ids": […], "revs": […], "action": …}: each by itself; who was too late is among the failed. */
static void act_on_all(struct call *call, const struct json_doc *doc, enum alert_step step)
{
	unsigned count = json_doc_count(doc, "ids"), done = 0;
	bool has_revisions = json_doc_count(doc, "revs") == count;
	struct err err;

	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "failed");
	for (unsigned i = 0; i < count; i++) {
		const char *id = json_doc_text_at(doc, "ids", i);
		uint64_t revision =
			has_revisions ? json_doc_number_at(doc, "revs", i) : ALERT_REVISION_ANY;
		if (act(call, id, step, doc, revision, &err) == 0) {
			done++;
		} else {
			put_failure(call, id, &err);
		}
	}
	json_array_end(&call->json);
	json_u64(&call->json, "done", done);
	json_object_end(&call->json);
}

void answer_acts(struct call *call)
{
	struct json_doc *doc = NULL;
	enum alert_step step = ALERT_STEP_NOTE;
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	int status = call_read_body(call, &doc, &err);
	if (status == 0) {
		status = find_step(json_doc_text(doc, "action"), &step, &err);
	}
	if (status == 0 &&
		(json_doc_count(doc, "ids") == 0 || json_doc_count(doc, "ids") > ACTS_MOST)) {
		status = err_set(&err, EINVAL, "ids: expected 1 to %d ids of alerts", ACTS_MOST);
	}
	if (status == 0) {
		act_on_all(call, doc, step);
		alert_feed_look(call->web->feed);
	} else {
		call_fail(call, status, &err);
	}
	json_doc_close(doc);
}
