/* Suppressions: what they would hide, making them, what they have hidden, lifting them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/alert/suppression.h"
#include "analyzer/format/json_doc.h"
#include "base/clock.h"
#include "dashboards/cli/time_word.h"
#include "dashboards/web/api.h"

#define PREVIEW_NS (UINT64_C(30) * 24 * 3600 * NS_PER_S)

static int read_field(
	char *to, size_t room, const struct json_doc *doc, const char *name, struct err *err)
{
	const char *text = json_doc_text(doc, name);

	return (size_t)snprintf(to, room, "%s", text) < room
		       ? 0
		       : err_set(err, EINVAL, "%s: expected at most %zu bytes", name, room - 1);
}

/* "14d" is from now on, not how long ago. */
static int read_end(const struct call *call, uint64_t *until_ns, const char *text, struct err *err)
{
	uint64_t span_ns;

	if (time_word_parse_span(text, &span_ns)) {
		*until_ns = call->now_ns + span_ns;
		return 0;
	}
	return time_word_parse(text, call->clock.zone, call->now_ns, until_ns)
		       ? 0
		       : err_set(err, EINVAL,
				 "until: expected when it ends, such as 2026-12-31 or 14d");
}

static int check_scope(struct call *call, const struct suppression *suppression, struct err *err)
{
	struct alert_store *store = alert_feed_take_store(call->web->feed);
	int status = suppression_check_scope(
		suppression, store, call->web->options.reference->catalogue, err);

	alert_feed_give_store(call->web->feed);
	return status;
}

static int read_suppression(
	struct call *call, struct suppression *suppression, bool is_preview, struct err *err)
{
	struct suppression *s = suppression;
	const struct {
		const char *name;
		char *to;
		size_t room;
	} fields[] = { { "kind", s->kind, sizeof(s->kind) }, { "app", s->app, sizeof(s->app) },
		{ "unit", s->unit, sizeof(s->unit) }, { "device", s->device, sizeof(s->device) },
		{ "destination", s->destination, sizeof(s->destination) },
		{ "cidr", s->cidr, sizeof(s->cidr) }, { "reason", s->reason, sizeof(s->reason) } };
	struct json_doc *doc = NULL;
	int status = call_read_body(call, &doc, err);

	*s = (struct suppression){ .made_ns = call->now_ns };
	for (size_t i = 0; status == 0 && i < sizeof(fields) / sizeof(fields[0]); i++) {
		status = read_field(fields[i].to, fields[i].room, doc, fields[i].name, err);
	}
	if (status == 0 && is_preview) {
		s->until_ns = call->now_ns + PREVIEW_NS;
		snprintf(s->reason, sizeof(s->reason), "preview");
	} else if (status == 0) {
		status = read_end(call, &s->until_ns, json_doc_text(doc, "until"), err);
	}
	json_doc_close(doc);
	snprintf(s->owner, sizeof(s->owner), "%s", call->who.user);
	if (call->who.unit[0]) {
		snprintf(s->unit, sizeof(s->unit), "%s", call->who.unit);
	}
	status = status < 0 ? status : suppression_check(s, err);
	return status < 0 ? status : check_scope(call, s, err);
}

struct preview {
	struct call *call;
	const struct suppression *suppression;
	uint64_t from_ns, covered, all;
};

static bool put_covered(void *context, const struct alert_line *line)
{
	struct preview *preview = context;
	struct suppression_subject subject;

	if (line->entry->is_tombstone || !call_sees_alert(preview->call, line->entry) ||
		line->entry->last_ns < preview->from_ns) {
		return true;
	}
	preview->all++;
	suppression_subject_of_entry(&subject, line->entry);
	if (suppression_covers(preview->suppression, &subject)) {
		preview->covered++;
		put_alert_line(preview->call, NULL, line);
	}
	return true;
}

void answer_suppression_preview(struct call *call)
{
	struct suppression suppression;
	struct preview preview = {
		.call = call, .suppression = &suppression, .from_ns = call->now_ns - PREVIEW_NS
	};
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	int status = read_suppression(call, &suppression, true, &err);
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	json_object_begin(&call->json, NULL);
	put_time(&call->json, "from", preview.from_ns);
	json_array_begin(&call->json, "alerts");
	alert_feed_each(call->web->feed, put_covered, &preview);
	json_array_end(&call->json);
	json_u64(&call->json, "covered", preview.covered);
	json_u64(&call->json, "all", preview.all);
	json_object_end(&call->json);
}

void answer_suppress(struct call *call)
{
	struct suppression suppression;
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	int status = read_suppression(call, &suppression, false, &err);
	if (status == 0) {
		struct alert_store *store = alert_feed_take_store(call->web->feed);
		status = suppression_write(store, &suppression, &err);
		alert_feed_give_store(call->web->feed);
	}
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	json_object_begin(&call->json, NULL);
	json_string(&call->json, "id", suppression.id);
	put_time(&call->json, "until", suppression.until_ns);
	json_object_end(&call->json);
}

static bool sees_suppression(const struct call *call, const struct suppression *suppression)
{
	return call->who.unit[0] == '\0' || strcmp(suppression->unit, call->who.unit) == 0;
}

/* -ENOENT also where it is of a unit that the session is not for. */
static int lift(struct call *call, struct alert_store *store, const char *id, struct err *err)
{
	struct alert_record record = { 0 };
	struct suppression suppression;
	int status = id[0] == 's' ? alert_store_read(store, id, &record, err) : -ENOENT;
	bool sees = status == 0 && suppression_read_record(&suppression, id, &record) == 0 &&
		    sees_suppression(call, &suppression);

	alert_record_clear(&record);
	return status < 0 && status != -ENOENT ? status
	       : sees                          ? suppression_lift(store, id, call->now_ns, err)
		      : err_set(err, ENOENT, "there is no suppression %.40s", id);
}

void answer_lift(struct call *call)
{
	const char *id = http_parameter(call->request, "id");
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	struct alert_store *store = alert_feed_take_store(call->web->feed);
	int status = lift(call, store, id, &err);
	alert_feed_give_store(call->web->feed);
	if (status < 0) {
		call_fail(call, status, &err);
	} else {
		call->response->status = 204;
	}
}

struct hits {
	const char *id;
	uint64_t count;
};

static bool count_hit(void *context, const struct alert_line *line)
{
	struct hits *hits = context;

	hits->count += strcmp(line->entry->suppression, hits->id) == 0;
	return true;
}

static int put_record(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct call *call = context;
	struct json *json = &call->json;
	struct suppression suppression;
	struct hits hits = { id, 0 };

	(void)err;
	if (suppression_read_record(&suppression, id, record) < 0 ||
		!sees_suppression(call, &suppression)) {
		return 0;
	}
	alert_feed_each(call->web->feed, count_hit, &hits);
	json_object_begin(json, NULL);
	json_string(json, "id", id);
	json_string(json, "kind", suppression.kind);
	json_string(json, "app", suppression.app);
	json_string(json, "unit", suppression.unit);
	if (call->access.role == VIEW_SEES_DEVICES) {
		json_string(json, "device", suppression.device);
		json_string(json, "destination", suppression.destination);
		json_string(json, "cidr", suppression.cidr);
		json_string(json, "reason", suppression.reason);
	}
	json_string(json, "owner", suppression.owner);
	put_time(json, "made", suppression.made_ns);
	put_time(json, "until", suppression.until_ns);
	json_bool(json, "is_over", suppression.until_ns <= call->now_ns);
	json_u64(json, "hits", hits.count);
	json_object_end(json);
	return 0;
}

void answer_suppressions(struct call *call)
{
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	json_object_begin(&call->json, NULL);
	json_array_begin(&call->json, "suppressions");
	struct alert_store *store = alert_feed_take_store(call->web->feed);
	int status = alert_store_list(store, 's', put_record, call, NULL, &err);
	alert_feed_give_store(call->web->feed);
	json_array_end(&call->json);
	json_object_end(&call->json);
	if (status < 0) {
		call_fail(call, status, &err);
	}
}
