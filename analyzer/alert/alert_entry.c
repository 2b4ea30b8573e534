#include "analyzer/alert/alert_entry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/alert/alert.h"
#include "analyzer/alert/alert_desk.h"
#include "analyzer/messages/messages.h"
#include "base/clock.h"
#include "base/edit_distance.h"

#define EVIDENCE "borderflow.alert.evidence."

static int copy_record(struct alert_record *to, const struct alert_record *from, struct err *err)
{
	int status = 0;

	for (unsigned i = 0; i < from->count && status == 0; i++) {
		status = alert_record_set(to, from->fields[i].name, from->fields[i].value, err);
	}
	return status;
}

static const char *either(const char *first, const char *second)
{
	return first[0] != '\0' ? first : second;
}

static uint64_t time_of(const struct json_doc *doc, const char *path)
{
	uint64_t time_ns = 0;

	return clock_parse(json_doc_text(doc, path), &time_ns) ? time_ns : 0;
}

static uint64_t earlier(uint64_t time_ns, uint64_t posted_ns)
{
	return posted_ns > 0 && posted_ns < time_ns ? posted_ns : time_ns;
}

/* What the sensor says: of a case under borderflow, of a finding among its arguments. One that
 * finds it anew does not make it begin later. */
static void take_document(struct alert_entry *entry)
{
	const struct json_doc *doc = entry->latest;

	entry->severity = json_doc_text(doc, "borderflow.alert.severity");
	entry->severity_number = (unsigned)json_doc_number(doc, "event.severity");
	entry->sentence = json_doc_text(doc, "message");
	entry->app = either(json_doc_text(doc, "network.application"),
		json_doc_text(doc, "borderflow.alert.app"));
	entry->unit = either(
		json_doc_text(doc, "borderflow.unit"), json_doc_text(doc, "borderflow.alert.unit"));
	entry->class_ = json_doc_text(doc, "borderflow.class");
	entry->rule =
		either(json_doc_text(doc, "rule.id"), json_doc_text(doc, "borderflow.alert.rule"));
	entry->observer = json_doc_text(doc, "observer.name");
	entry->device = either(
		either(json_doc_text(doc, "borderflow.device"), json_doc_text(doc, "source.ip")),
		json_doc_text(doc, "borderflow.alert.device"));
	entry->notice = json_doc_text(doc, "borderflow.alert.notice");
	entry->suppression =
		either(entry->suppression, json_doc_text(doc, "borderflow.alert.suppression"));
	entry->policy_hash = json_doc_text(entry->raised, EVIDENCE "policy_hash");
	entry->first_ns = earlier(time_of(doc, "event.start"), entry->first_ns);
	entry->last_ns = time_of(doc, "event.end");
	entry->devices = json_doc_number(doc, "borderflow.alert.devices");
	entry->flows = json_doc_number(doc, "borderflow.alert.flows");
	entry->bytes_up = json_doc_number(doc, "source.bytes");
	entry->bytes_down = json_doc_number(doc, "destination.bytes");
	entry->knows_up = json_doc_has(doc, "source.bytes");
	entry->knows_down = json_doc_has(doc, "destination.bytes");
	entry->revision = json_doc_number(doc, "borderflow.alert.revision");
	entry->is_in_storm = json_doc_bool(doc, "borderflow.alert.in_storm");
	entry->has_grown =
		entry->revision > json_doc_number(entry->raised, "borderflow.alert.revision");
}

static void take_record(struct alert_entry *entry)
{
	const struct alert_record *record = &entry->record;

	entry->kind = alert_record_get(record, "kind");
	entry->state = alert_record_get(record, "state");
	entry->owner = alert_record_get(record, "owner");
	entry->notes = alert_record_get(record, "notes");
	entry->verdict = alert_record_get(record, "verdict");
	entry->done = alert_record_get(record, "done");
	entry->hold = alert_record_get(record, "hold");
	entry->suppression = alert_record_get(record, "suppression");
	entry->erased = alert_record_get(record, "erased");
	entry->closed_ns = alert_record_number(record, "closed");
	entry->changes = alert_record_number(record, "rev");
	entry->first_ns = entry->last_ns = alert_record_number(record, "time");
	entry->is_tombstone = entry->erased[0] != '\0';
	entry->severity = entry->sentence = entry->app = entry->unit = entry->class_ = "";
	entry->rule = entry->observer = entry->device = entry->notice = entry->policy_hash = "";
}

static int open_documents(struct alert_entry *entry, struct err *err)
{
	const char *latest = alert_record_get(&entry->record, "json");
	const char *raised = either(alert_record_get(&entry->record, "raised"), latest);
	int status = json_doc_open(&entry->latest, latest, strlen(latest), err);

	if (status == 0) {
		status = json_doc_open(&entry->raised, raised, strlen(raised), err);
	}
	if (status < 0) {
		err_prefix(err, "%s", entry->id);
	}
	return status;
}

/* A line a language, its name and a tab before the sentence: cut in the entry's own copy. */
static void take_said(struct alert_entry *entry)
{
	char *rest = (char *)alert_record_get(&entry->record, "said"), *line;

	while ((line = strsep(&rest, "\n")) && *line) {
		const char *language = strsep(&line, "\t");
		for (unsigned i = 0; line && i < GEO_LANGUAGE_COUNT; i++) {
			if (strcmp(messages_languages[i], language) == 0) {
				entry->said[i] = line;
			}
		}
	}
}

int alert_entry_read(struct alert_entry *entry, const char *id, const struct alert_record *record,
	struct err *err)
{
	memset(entry, 0, sizeof(*entry));
	snprintf(entry->id, sizeof(entry->id), "%s", id);
	int status = copy_record(&entry->record, record, err);
	take_record(entry);
	if (status == 0 && !entry->is_tombstone) {
		status = open_documents(entry, err);
	}
	if (status < 0) {
		alert_entry_clear(entry);
		return status;
	}
	take_said(entry);
	if (!entry->is_tombstone) {
		take_document(entry);
	}
	return 0;
}

void alert_entry_clear(struct alert_entry *entry)
{
	json_doc_close(entry->latest);
	json_doc_close(entry->raised);
	entry->latest = entry->raised = NULL;
	alert_record_clear(&entry->record);
}

void alert_entry_say_in(struct alert_entry *entry, const char *language)
{
	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT; i++) {
		if (entry->said[i] && strcmp(messages_languages[i], language) == 0) {
			entry->sentence = entry->said[i];
		}
	}
}

/* One step, by its sign. */
static void put_step(const char *step, const struct messages *messages, struct text *text)
{
	bool by_rule = strncmp(step, ALERT_STEP_BY_RULE, strlen(ALERT_STEP_BY_RULE)) == 0;
	bool by_kind = strncmp(step, ALERT_STEP_BY_KIND, strlen(ALERT_STEP_BY_KIND)) == 0;

	if (by_rule || by_kind) {
		messages_put(messages, text, by_rule ? "severity_by_rule" : "severity_by_kind",
			"severity", messages_get2(messages, "desk_severity", strchr(step, ':') + 1),
			NULL);
	} else if (strcmp(step, ALERT_STEP_UP) == 0) {
		text_put(text, messages_get(messages, "severity_up"));
	} else if (strcmp(step, ALERT_STEP_DOWN) == 0) {
		text_put(text, messages_get(messages, "severity_down"));
	} else {
		text_put(text, step); /* another build's */
	}
}

void alert_entry_put_steps(
	const struct alert_entry *entry, const struct messages *messages, struct text *text)
{
	static const char path[] = "borderflow.alert.severity_steps";
	unsigned count = json_doc_count(entry->latest, path);

	for (unsigned i = 0; i < count; i++) {
		text_put(text, i ? ", " : "");
		put_step(json_doc_text_at(entry->latest, path, i), messages, text);
	}
}

unsigned alert_entry_flow_count(const struct alert_entry *entry)
{
	return entry->raised ? json_doc_count(entry->raised, EVIDENCE "flow_ids") : 0;
}

struct alert_evidence_flow alert_entry_flow(const struct alert_entry *entry, unsigned at)
{
	const struct json_doc *doc = entry->raised;

	return (struct alert_evidence_flow){
		.id = json_doc_text_at(doc, EVIDENCE "flow_ids", at),
		.device = json_doc_text_at(doc, EVIDENCE "devices", at),
		.name = json_doc_text_at(doc, EVIDENCE "names", at),
		.network = json_doc_text_at(doc, EVIDENCE "networks", at),
		.country = json_doc_text_at(doc, EVIDENCE "countries", at),
		.bytes = json_doc_number_at(doc, EVIDENCE "bytes", at),
	};
}

unsigned alert_severity_of_word(const char *word)
{
	for (unsigned i = 0; i < ALERT_SEVERITY_COUNT; i++) {
		if (strcmp(alert_severity_name(i), word) == 0) {
			return alert_severity_number(i);
		}
	}
	return 0;
}

static bool is_kind(const char *kind, const char *wanted)
{
	size_t length = strlen(wanted);

	return strncmp(kind, wanted, length) == 0 && (kind[length] == '\0' || kind[length] == '.');
}

static bool is_state(const struct alert_entry *entry, const char *wanted)
{
	if (strcmp(wanted, "open") == 0) {
		return strcmp(entry->state, "new") == 0 ||
		       strcmp(entry->state, "acknowledged") == 0 ||
		       strcmp(entry->state, "escalated") == 0;
	}
	return strcmp(entry->state, wanted) == 0;
}

/* The app, or one of several that it is about. */
static bool has_app(const struct alert_entry *entry, const char *app)
{
	unsigned count = entry->latest ? json_doc_count(entry->latest, "borderflow.alert.apps") : 0;

	if (strcmp(entry->app, app) == 0) {
		return true;
	}
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(json_doc_text_at(entry->latest, "borderflow.alert.apps", i), app) == 0) {
			return true;
		}
	}
	return false;
}

bool alert_entry_names_device(const struct alert_entry *entry)
{
	bool names = entry->device[0] != '\0';

	for (unsigned i = 0; i < alert_entry_flow_count(entry) && !names; i++) {
		names = alert_entry_flow(entry, i).device[0] != '\0';
	}
	return names && !entry->is_tombstone;
}

static int check_state(const char *state, struct err *err)
{
	static const char *const states[] = { "open",
#define X(id, name) name,
		ALERT_STATES(X)
#undef X
	};
	char expected[128];
	struct text text;

	text_init(&text, expected, sizeof(expected));
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (!state || strcmp(states[i], state) == 0) {
			return 0;
		}
		text_printf(&text, "%s%s", i ? ", " : "", states[i]);
	}
	return err_set(err, EINVAL, "state: expected %s, found \"%.40s\"", expected, state);
}

/* "; did you mean anomaly.beacon?", also for "becon" alone; "" where none is near. */
static const char *nearest_kind(const char *wrong)
{
	unsigned least = (unsigned)strlen(wrong) / 3 + 1;
	const char *nearest = "";

	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++) {
		const char *name = alert_kind_name(kind), *dot = strchr(name, '.');
		unsigned whole = edit_distance(wrong, name, least);
		unsigned last = edit_distance(wrong, dot + 1, least);
		unsigned distance = whole < last ? whole : last;
		nearest = distance < least ? name : nearest;
		least = distance < least ? distance : least;
	}
	return nearest;
}

int alert_filter_check(const struct alert_filter *filter, struct err *err)
{
	int status = check_state(filter->state, err);

	if (status < 0 || !filter->kind) {
		return status;
	}
	for (unsigned kind = 0; kind < ALERT_KIND_COUNT; kind++) {
		if (is_kind(alert_kind_name(kind), filter->kind)) {
			return 0;
		}
	}
	const char *nearest = nearest_kind(filter->kind);
	if (nearest[0] != '\0') {
		return err_set(err, EINVAL, "there is no kind of alert \"%s\"; did you mean %s?",
			filter->kind, nearest);
	}
	return err_set(err, EINVAL,
		"there is no kind of alert \"%s\"; expected policy, transfer, anomaly, sensor or "
		"alerts, or one of these such as policy.violation",
		filter->kind);
}

bool alert_filter_takes(const struct alert_filter *filter, const struct alert_entry *entry)
{
	return (!filter->kind || is_kind(entry->kind, filter->kind)) &&
	       (!filter->app || has_app(entry, filter->app)) &&
	       (!filter->unit || strcmp(entry->unit, filter->unit) == 0) &&
	       (!filter->state || is_state(entry, filter->state)) &&
	       entry->severity_number >= filter->severity && entry->last_ns >= filter->from_ns &&
	       (filter->to_ns == 0 || entry->first_ns < filter->to_ns);
}

enum alert_morning alert_morning_of(
	const struct alert_entry *entry, uint64_t from_ns, uint64_t to_ns)
{
	bool is_new = entry->first_ns >= from_ns && entry->first_ns < to_ns;

	if (strcmp(entry->state, "suppressed") == 0 || entry->is_in_storm) {
		return is_new ? ALERT_MORNING_QUIET : ALERT_MORNING_NONE;
	}
	if (is_new) {
		return ALERT_MORNING_NEW;
	}
	return entry->first_ns < from_ns && is_state(entry, "open") ? ALERT_MORNING_OPEN
								    : ALERT_MORNING_NONE;
}

bool alert_is_same_cause(const struct alert_entry *a, const struct alert_entry *b)
{
	return strcmp(a->kind, b->kind) == 0 && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->app, b->app) == 0;
}
