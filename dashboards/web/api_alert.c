/* One alert, whole: what it says, why, what it was raised with, what was done. All of it comes from
 * the desk as it was kept; no archive is asked. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/web/api.h"

enum { KINDS_MAX = 16, SIMILAR_MOST = 10, TEXT_BYTES = 200 };

int call_read_alert(struct call *call, const char *id, struct alert_entry *entry, struct err *err)
{
	struct alert_record record = { 0 };
	struct alert_store *store = alert_feed_take_store(call->web->feed);
	int status = id[0] == 'a' ? alert_store_read(store, id, &record, err)
				  : err_set(err, ENOENT, "there is no alert %.40s", id);

	alert_feed_give_store(call->web->feed);
	if (status == 0) {
		status = alert_entry_read(entry, id, &record, err);
	}
	alert_record_clear(&record);
	if (status == 0 && !call_sees_alert(call, entry)) {
		alert_entry_clear(entry);
		status = err_set(err, ENOENT, "there is no alert %.40s", id);
	}
	if (status == 0) {
		alert_entry_say_in(entry, messages_language(call->messages));
	}
	return status;
}

/* Severity step by step, what recognised it, what contributed: a sentence each. */
static void put_because(struct call *call, const struct alert_entry *entry)
{
	const char *kinds[KINDS_MAX];
	unsigned count = json_doc_count(entry->latest, "borderflow.app.evidence");
	char number[24];
	struct text text, list;

	text_init_heap(&text);
	text_init_heap(&list);
	json_array_begin(&call->json, "because");
	alert_entry_put_steps(entry, call->messages, &list);
	messages_put(call->messages, &text, "desk_why_severity", "severity",
		messages_get2(call->messages, "desk_severity", entry->severity), "steps",
		list.at ? list.at : "", NULL);
	json_string(&call->json, NULL, text.at);
	text_clear(&list);
	count = count < KINDS_MAX ? count : KINDS_MAX;
	for (unsigned i = 0; i < count; i++) {
		kinds[i] = json_doc_text_at(entry->latest, "borderflow.app.evidence", i);
	}
	if (count > 0) {
		messages_put_list(call->messages, &list, kinds, count);
		snprintf(number, sizeof(number), "%" PRIu64,
			json_doc_number(entry->latest, "borderflow.app.confidence"));
		text_clear(&text);
		messages_put(call->messages, &text, "desk_evidence_kinds", "evidence", list.at,
			"confidence", number, NULL);
		json_string(&call->json, NULL, text.at);
	}
	json_array_end(&call->json);
	json_array_begin(&call->json, "contributed");
	count = json_doc_count(entry->raised, "borderflow.alert.parts");
	for (unsigned i = 0; i < count; i++) {
		json_string(&call->json, NULL,
			json_doc_text_at(entry->raised, "borderflow.alert.parts", i));
	}
	json_array_end(&call->json);
	text_deinit(&text);
	text_deinit(&list);
}

/* Of a detector's finding: what was seen and what is usual, in bytes of five minutes; null of
 * others. */
static void put_band(struct json *json, const struct alert_entry *entry)
{
	const struct json_doc *doc = entry->raised;
	uint64_t time_ns = 0;

	if (!json_doc_has(doc, "borderflow.alert.baseline") ||
		!json_doc_has(doc, "borderflow.alert.value")) {
		json_null(json, "band");
		return;
	}
	clock_parse(json_doc_text(doc, "borderflow.alert.time"), &time_ns);
	json_object_begin(json, "band");
	json_u64(json, "value", json_doc_number(doc, "borderflow.alert.value"));
	json_u64(json, "usual", json_doc_number(doc, "borderflow.alert.baseline"));
	json_u64(json, "high", json_doc_number(doc, "borderflow.alert.high"));
	json_u64(json, "chance", json_doc_number(doc, "borderflow.alert.chance"));
	put_time(json, "marked", time_ns);
	json_object_end(json);
}

static void put_flows(struct json *json, const struct alert_entry *entry)
{
	json_array_begin(json, "flows");
	for (unsigned i = 0; i < alert_entry_flow_count(entry); i++) {
		struct alert_evidence_flow flow = alert_entry_flow(entry, i);
		json_object_begin(json, NULL);
		json_string(json, "id", flow.id);
		json_string(json, "device", flow.device);
		json_string(json, "name", flow.name);
		json_string(json, "network", flow.network);
		json_string(json, "country", flow.country);
		json_u64(json, "bytes", flow.bytes);
		json_object_end(json);
	}
	json_array_end(json);
}

static void put_policy(struct call *call, const struct alert_entry *entry)
{
	struct alert_record record = { 0 };
	struct json *json = &call->json;
	int status = -ENOENT;

	json_object_begin(json, "policy");
	json_string(json, "hash", entry->policy_hash);
	if (entry->policy_hash[0]) {
		struct alert_store *store = alert_feed_take_store(call->web->feed);
		status = alert_desk_read_policy(store, entry->policy_hash, &record, NULL);
		alert_feed_give_store(call->web->feed);
	}
	if (status == 0) {
		json_string(json, "text", alert_record_get(&record, "text"));
	} else {
		json_null(json, "text");
	}
	json_object_end(json);
	alert_record_clear(&record);
}

/* What people wrote may tell of a device. */
static void put_history(struct call *call, const struct alert_entry *entry)
{
	bool sees = call->access.role == VIEW_SEES_DEVICES;
	const char *notes = entry->notes;
	char text[8192];
	struct alert_note note;

	json_array_begin(&call->json, "history");
	while (alert_note_next(&notes, &note)) {
		json_object_begin(&call->json, NULL);
		json_string(&call->json, "time", note.time);
		json_string(&call->json, "who", note.who);
		json_string(&call->json, "step", note.step);
		snprintf(text, sizeof(text), "%.*s",
			(int)(note.length < sizeof(text) ? note.length : sizeof(text) - 1),
			note.text);
		json_string(&call->json, "text", sees ? text : "");
		json_object_end(&call->json);
	}
	json_array_end(&call->json);
}

struct similar {
	struct call *call;
	const struct alert_entry *entry;
	unsigned told;
};

static bool put_similar(void *context, const struct alert_line *line)
{
	struct similar *similar = context;

	if (strcmp(line->id, similar->entry->id) != 0 &&
		call_sees_alert(similar->call, line->entry) &&
		alert_is_same_cause(line->entry, similar->entry)) {
		put_alert_line(similar->call, NULL, line);
		similar->told++;
	}
	return similar->told < SIMILAR_MOST;
}

static void put_next(struct call *call, const struct alert_entry *entry)
{
	char key[FINDING_NEXT_BYTES];
	struct text text;

	finding_next_key(key, entry->kind, entry->unit, call->messages);
	if (strcmp(messages_get(call->messages, key), key) == 0) {
		strcpy(key, "desk_next"); /* of another build */
	}
	text_init_heap(&text);
	messages_put(call->messages, &text, key, "approver",
		json_doc_text(entry->latest, "borderflow.alert.approver"), NULL);
	json_string(&call->json, "next", text.at);
	text_deinit(&text);
}

static void put_whole(struct call *call, const struct alert_entry *entry)
{
	bool sees = call->access.role == VIEW_SEES_DEVICES;
	struct alert_line line = { .changes = entry->changes,
		.entry = (struct alert_entry *)entry };
	struct similar similar = { call, entry, 0 };

	strcpy(line.id, entry->id);
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		line.sentences[i] = entry->sentence;
	}
	json_object_begin(&call->json, NULL);
	put_alert_line(call, "alert", &line);
	json_bool(&call->json, "has_grown", entry->has_grown);
	put_time(&call->json, "closed", entry->closed_ns);
	json_string(&call->json, "observer", entry->observer);
	put_next(call, entry);
	put_history(call, entry);
	if (sees && !entry->is_tombstone) {
		json_string(&call->json, "done", entry->done);
		json_string(&call->json, "device", entry->device);
		put_because(call, entry);
		put_band(&call->json, entry);
		put_flows(&call->json, entry);
		json_raw(&call->json, "document", alert_record_get(&entry->record, "json"));
	}
	if (!entry->is_tombstone) {
		put_policy(call, entry);
	}
	json_array_begin(&call->json, "similar");
	alert_feed_each(call->web->feed, put_similar, &similar);
	json_array_end(&call->json);
	json_object_end(&call->json);
}

void answer_alert(struct call *call)
{
	struct alert_entry entry;
	struct err err;

	if (!call_has_desk(call)) {
		return;
	}
	int status = call_read_alert(call, http_parameter(call->request, "id"), &entry, &err);
	if (status < 0) {
		call_fail(call, status, &err);
		return;
	}
	put_whole(call, &entry);
	alert_entry_clear(&entry);
}
