/* One alert: what it says, how it stands, what it was raised with. All of it comes from the desk:
 * no archive is asked. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/report/table.h"

enum { TEXT_BYTES = 160 };

static int read_entry(struct desk *desk, const char *id, struct alert_entry *entry, struct err *err)
{
	struct alert_record record = { 0 };
	int status = alert_store_read(desk->store, id, &record, err);

	if (status == 0) {
		status = alert_entry_read(entry, id, &record, err);
	}
	if (status == 0) {
		alert_entry_say_in(entry, messages_language(desk->messages));
	}
	alert_record_clear(&record);
	return status;
}

static void say_time(struct desk *desk, const struct alert_entry *entry)
{
	char first[TEXT_BYTES], last[TEXT_BYTES];
	struct text text;

	text_init(&text, first, sizeof(first));
	alerts_put_time(&text, desk, alerts_told_ns(desk, entry->first_ns));
	text_init(&text, last, sizeof(last));
	alerts_put_time(&text, desk, alerts_told_ns(desk, entry->last_ns));
	text_printf(&text, " (%s)", desk->settings->time_zone);
	messages_put(desk->messages, alerts_line(desk), "desk_first_last", "first", first, "last",
		last, NULL);
	alerts_end_line(desk, 0);
}

static void say_date(
	struct desk *desk, const char *key, uint64_t time_ns, const struct alert_entry *entry)
{
	char date[TEXT_BYTES];
	struct text text;

	text_init(&text, date, sizeof(date));
	messages_put_date(desk->messages, &text, desk->zone, time_ns);
	messages_put(desk->messages, alerts_line(desk), key, "date", date, "kind", entry->kind,
		"verdict", entry->verdict, NULL);
	alerts_end_line(desk, 0);
}

static void say_one(struct desk *desk, const char *key, const char *name, const char *value)
{
	if (value[0] != '\0') {
		messages_put(desk->messages, alerts_line(desk), key, name, value, NULL);
		alerts_end_line(desk, 0);
	}
}

static void say_state(struct desk *desk, const struct alert_entry *entry)
{
	char changes[24];

	snprintf(changes, sizeof(changes), "%" PRIu64, entry->changes);
	messages_put(desk->messages, alerts_line(desk), "desk_is", "state",
		messages_get2(desk->messages, "desk_state", entry->state), "changes", changes,
		NULL);
	alerts_end_line(desk, 0);
	say_one(desk, "desk_owner", "owner", entry->owner);
	if (strcmp(entry->state, "closed") == 0) {
		messages_put(desk->messages, alerts_line(desk),
			strcmp(entry->verdict, "true") == 0 ? "desk_verdict_true"
							    : "desk_verdict_false",
			"done", entry->done, NULL);
		alerts_end_line(desk, 0);
	}
	say_one(desk, "desk_suppressed_by", "id", entry->suppression);
	say_one(desk, "desk_held", "why", entry->hold);
	if (entry->closed_ns && entry->hold[0] == '\0') {
		say_date(
			desk, "desk_kept_until", entry->closed_ns + desk->settings->kept_ns, entry);
	}
}

static void print_flows(struct desk *desk, const struct alert_entry *entry)
{
	const struct messages *messages = desk->messages;
	char bytes[TEXT_BYTES], memory[TABLE_CELL_MAX], size_memory[32];
	struct table table;
	struct text id, size;

	snprintf(bytes, sizeof(bytes), ">%s", messages_get(messages, "desk_bytes"));
	const char *const headings[] = { messages_get(messages, "desk_flow"),
		messages_get(messages, "desk_device"), messages_get(messages, "desk_name"),
		messages_get(messages, "desk_network"), messages_get(messages, "desk_country"),
		bytes, NULL };
	if (!table_init(&table, headings)) {
		return;
	}
	for (unsigned i = 0; i < alert_entry_flow_count(entry); i++) {
		struct alert_evidence_flow flow = alert_entry_flow(entry, i);
		table_row(&table);
		text_init(&id, memory, sizeof(memory));
		text_put_terminal(&id, flow.id, strlen(flow.id));
		table_cell(&table, 0, "%s", "");
		table_cell_end(&table, 0, memory);
		table_cell_escaped(&table, 1, flow.device);
		table_cell_escaped(&table, 2, flow.name);
		table_cell_escaped(&table, 3, flow.network);
		table_cell_escaped(&table, 4, flow.country);
		text_init(&size, size_memory, sizeof(size_memory));
		messages_put_size(messages, &size, flow.bytes);
		table_cell(&table, 5, "%s", size_memory);
	}
	table_put(&table, stdout, terminal_width(), terminal_has_color(), terminal_has_utf8());
	table_deinit(&table);
}

static void say_evidence(struct desk *desk, const struct alert_entry *entry)
{
	alerts_heading(desk, "desk_evidence");
	if (alert_entry_flow_count(entry) > 0) {
		print_flows(desk, entry);
	} else {
		puts(messages_get(desk->messages, "desk_no_evidence"));
	}
	say_one(desk, "desk_policy", "hash", entry->policy_hash);
}

static void say_notes(struct desk *desk, const struct alert_entry *entry)
{
	const char *notes = entry->notes;
	struct alert_note note;

	if (notes[0] == '\0') {
		return;
	}
	alerts_heading(desk, "desk_done");
	while (alert_note_next(&notes, &note)) {
		struct text *line = alerts_line(desk);
		text_printf(line, "%s  %s  %s  ", note.time, note.who, note.step);
		text_put_bytes(line, note.text, note.length);
		alerts_end_line(desk, 0);
	}
}

/* How the alert came to be: severity step by step, what recognised it, what contributed. */
static void say_because(struct desk *desk, const struct alert_entry *entry)
{
	const char *kinds[16];
	char memory[TEXT_BYTES], steps[TEXT_BYTES], number[24];
	unsigned count = json_doc_count(entry->latest, "borderflow.app.evidence");
	struct text text;

	text_init(&text, steps, sizeof(steps));
	alert_entry_put_steps(entry, desk->messages, &text);
	messages_put(desk->messages, alerts_line(desk), "desk_why_severity", "severity",
		messages_get2(desk->messages, "desk_severity", entry->severity), "steps", steps,
		NULL);
	alerts_end_line(desk, 0);
	if (count > 0) {
		count = count < 16 ? count : 16;
		for (unsigned i = 0; i < count; i++) {
			kinds[i] = json_doc_text_at(entry->latest, "borderflow.app.evidence", i);
		}
		text_init(&text, memory, sizeof(memory));
		messages_put_list(desk->messages, &text, kinds, count);
		snprintf(number, sizeof(number), "%" PRIu64,
			json_doc_number(entry->latest, "borderflow.app.confidence"));
		messages_put(desk->messages, alerts_line(desk), "desk_evidence_kinds", "evidence",
			memory, "confidence", number, NULL);
		alerts_end_line(desk, 0);
	}
	count = json_doc_count(entry->raised, "borderflow.alert.parts");
	for (unsigned i = 0; i < count; i++) {
		if (i == 0) {
			alerts_heading(desk, "desk_contributed");
		}
		text_put(alerts_line(desk),
			json_doc_text_at(entry->raised, "borderflow.alert.parts", i));
		alerts_end_line(desk, 2);
	}
}

static void print_entry(struct desk *desk, const struct alert_entry *entry, bool explains)
{
	text_printf(alerts_line(desk), "%s  %s", entry->id, entry->kind);
	alerts_end_line(desk, 0);
	putchar('\n');
	if (entry->is_tombstone) {
		uint64_t erased_ns = 0;
		clock_parse(entry->erased, &erased_ns);
		say_date(desk, "desk_tombstone", erased_ns, entry);
		return;
	}
	text_put(alerts_line(desk), entry->sentence);
	alerts_end_line(desk, 0);
	putchar('\n');
	say_time(desk, entry);
	say_because(desk, entry);
	say_state(desk, entry);
	if (explains && strncmp(entry->kind, "policy.", 7) == 0) {
		text_put(alerts_line(desk), messages_get(desk->messages, "desk_next"));
		alerts_end_line(desk, 0);
	}
	if (entry->has_grown) {
		text_put(alerts_line(desk), messages_get(desk->messages, "desk_grown"));
		alerts_end_line(desk, 0);
	}
	say_evidence(desk, entry);
	say_notes(desk, entry);
}

static int show(struct desk *desk, char *const *arguments, unsigned count, bool explains)
{
	struct alert_entry entry;
	struct err err;

	if (count != 1) {
		err_set(&err, EINVAL, "expected the id of one alert, as alerts list shows it");
		return alerts_fail(&err, -EINVAL);
	}
	int status = read_entry(desk, arguments[0], &entry, &err);
	if (status < 0) {
		return alerts_fail(&err, status);
	}
	status = alerts_log_look(desk, explains ? "explain" : "show", &entry, 1, &err);
	if (status < 0) {
		alert_entry_clear(&entry);
		return alerts_fail(&err, status);
	}
	if (alerts_format(desk) == ALERTS_TABLE && !desk->settings->without_devices) {
		print_entry(desk, &entry, explains);
	} else {
		alerts_print_one(desk, &entry);
	}
	alert_entry_clear(&entry);
	return EXIT_DONE;
}

int alerts_show(struct desk *desk, char *const *arguments, unsigned count)
{
	return show(desk, arguments, count, false);
}

int alerts_explain(struct desk *desk, char *const *arguments, unsigned count)
{
	return show(desk, arguments, count, true);
}
