/* Alerts as a table, ndjson or csv. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/rollup/protect.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wrap.h"
#include "dashboards/cli/alerts.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/report/table.h"

enum {
	LISTED_LEAST = 64,
	TABLE_LIMIT = 200,
	TIME_BYTES = 24,
	COUNT_BYTES = 48,
	SENTENCE_WIDTH = 120
};

int alerts_fail(const struct err *err, int status)
{
	cli_error("alerts", err->text);
	return status == -EINVAL || status == -ENOENT || status == -EEXIST || status == -EALREADY ||
			       status == -ESTALE
		       ? EXIT_USAGE
		       : EXIT_INPUT;
}

struct text *alerts_line(struct desk *desk)
{
	text_clear(&desk->line);
	return &desk->line;
}

void alerts_end_line(struct desk *desk, unsigned indent)
{
	struct text safe;

	text_init_heap(&safe);
	text_put_terminal(&safe, desk->line.at, desk->line.length);
	for (unsigned i = 0; i < indent; i++) {
		putchar(' ');
	}
	wrap_put(stdout, safe.at ? safe.at : "", indent, indent, terminal_width());
	text_deinit(&safe);
}

void alerts_heading(const struct desk *desk, const char *key)
{
	const char *bold = terminal_has_color() ? "\x1b[1m" : "";

	printf("\n%s%s%s\n", bold, messages_get(desk->messages, key), *bold ? "\x1b[0m" : "");
}

void alerts_put_time(struct text *text, const struct desk *desk, uint64_t time_ns)
{
	char local[LOCAL_TEXT_LENGTH + 1];

	local_format(desk->zone, time_ns, local);
	text_printf(text, "%.10s %.5s", local, local + 11);
}

uint64_t alerts_told_ns(const struct desk *desk, uint64_t time_ns)
{
	const uint64_t hour_ns = 3600 * NS_PER_S;

	return desk->settings->without_devices ? time_ns - time_ns % hour_ns : time_ns;
}

/* May the figures of the alert be said to this reader? They are those of a part of the body. */
static bool shows_figures(const struct desk *desk, const struct alert_entry *entry)
{
	return !desk->settings->without_devices ||
	       protect_shows_count((unsigned)desk->settings->k, entry->devices);
}

void alerts_put_devices(struct text *text, const struct desk *desk, const struct alert_entry *entry)
{
	char number[24];

	if (entry->devices == 0) {
		text_put(text, "–");
	} else if (!shows_figures(desk, entry)) {
		snprintf(number, sizeof(number), "%" PRIu64, desk->settings->k);
		messages_put(desk->messages, text, "few_devices", "k", number, NULL);
	} else if (desk->settings->without_devices) {
		messages_put_count(desk->messages, text,
			protect_floor((unsigned)desk->settings->k, entry->devices));
		text_put(text, "+");
	} else {
		messages_put_count(desk->messages, text, entry->devices);
	}
}

struct reading {
	struct desk *desk;
	struct alert_list *list;
};

static int take_entry(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct reading *reading = context;
	struct alert_list *list = reading->list;
	struct alert_entry entry;

	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : LISTED_LEAST;
		struct alert_entry *grown = realloc(list->items, capacity * sizeof(*grown));
		if (!grown) {
			return err_set(err, ENOMEM, "out of memory");
		}
		list->items = grown;
		list->capacity = capacity;
	}
	if (alert_entry_read(&entry, id, record, NULL) < 0) {
		/* Claimed by a sensor that has not told it yet, or by nobody of ours. */
		list->damaged += alert_record_get(record, "json")[0] != '\0';
		return 0;
	}
	if (alert_filter_takes(&reading->desk->filter, &entry)) {
		alert_entry_say_in(&entry, messages_language(reading->desk->messages));
		list->items[list->count++] = entry;
	} else {
		alert_entry_clear(&entry);
	}
	return 0;
}

static int compare_last(const void *left, const void *right)
{
	const struct alert_entry *a = left, *b = right;

	if (a->last_ns != b->last_ns) {
		return a->last_ns > b->last_ns ? -1 : 1;
	}
	return strcmp(a->id, b->id);
}

int alerts_read(struct desk *desk, struct alert_list *list, struct err *err)
{
	struct reading reading = { desk, list };
	unsigned damaged = 0;

	*list = (struct alert_list){ 0 };
	int status = alert_store_list(desk->store, 'a', take_entry, &reading, &damaged, err);
	if (status < 0) {
		alerts_free(list);
		return status;
	}
	list->damaged += damaged;
	if (list->count > 1) {
		qsort(list->items, list->count, sizeof(*list->items), compare_last);
	}
	return 0;
}

void alerts_free(struct alert_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		alert_entry_clear(&list->items[i]);
	}
	free(list->items);
	*list = (struct alert_list){ 0 };
}

enum alerts_format alerts_format(const struct desk *desk)
{
	const char *format = desk->settings->format;

	if (!format) {
		return isatty(STDOUT_FILENO) ? ALERTS_TABLE : ALERTS_NDJSON;
	}
	return strcmp(format, "table") == 0 ? ALERTS_TABLE
	       : strcmp(format, "csv") == 0 ? ALERTS_CSV
					    : ALERTS_NDJSON;
}

static void put_string(struct json *json, const char *key, const char *value)
{
	if (value[0] != '\0') {
		json_string(json, key, value);
	}
}

static void put_time_member(struct json *json, const char *key, uint64_t time_ns)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	if (time_ns) {
		clock_format(time_ns, time);
		json_string(json, key, time);
	}
}

static void put_notes(struct json *json, const char *notes)
{
	struct alert_note note;
	char line[512];

	json_array_begin(json, "notes");
	while (alert_note_next(&notes, &note)) {
		snprintf(line, sizeof(line), "%s %s %s %.*s", note.time, note.who, note.step,
			(int)(note.length < 300 ? note.length : 300), note.text);
		json_string(json, NULL, line);
	}
	json_array_end(json);
}

/* What did not cross the sensor is not known, and no zero. */
/* For who may not see devices: nothing that tells of one. How much of an alert's bytes one device
 * had is not kept, so they are not told. */
static void put_summary(struct json *json, const struct desk *desk, const struct alert_entry *entry)
{
	char memory[COUNT_BYTES];
	struct text devices;

	put_string(json, "severity", entry->severity);
	put_string(json, "app", entry->app);
	put_string(json, "unit", entry->unit);
	put_string(json, "rule", entry->rule);
	put_time_member(json, "first", alerts_told_ns(desk, entry->first_ns));
	put_time_member(json, "last", alerts_told_ns(desk, entry->last_ns));
	text_init(&devices, memory, sizeof(memory));
	alerts_put_devices(&devices, desk, entry);
	json_string(json, "devices", memory);
}

void alerts_put_json(struct text *text, const struct desk *desk, const struct alert_entry *entry)
{
	const char *latest = alert_record_get(&entry->record, "json");
	struct json json = json_over(text);

	json_object_begin(&json, NULL);
	json_string(&json, "id", entry->id);
	json_string(&json, "kind", entry->kind);
	json_string(&json, "state", entry->state);
	put_string(&json, "owner", entry->owner);
	put_string(&json, "verdict", entry->verdict);
	put_string(&json, "hold", entry->hold);
	put_string(&json, "suppression", entry->suppression);
	put_time_member(&json, "closed", entry->closed_ns);
	put_string(&json, "erased", entry->erased);
	json_u64(&json, "changes", entry->changes);
	if (desk->settings->without_devices) {
		put_summary(&json, desk, entry);
	} else {
		put_string(&json, "done", entry->done);
		put_string(&json, "sentence", entry->sentence);
		put_notes(&json, entry->notes);
		if (latest[0] != '\0') {
			text_printf(text, ",\"alert\":");
			text_put(text, latest);
		}
	}
	json_object_end(&json);
}

static void put_csv_cell(struct text *text, const char *value, bool is_first)
{
	if (!is_first) {
		text_put_char(text, ',');
	}
	text_put_csv(text, value, strlen(value));
}

static void put_csv(struct text *text, const struct desk *desk, const struct alert_entry *entry)
{
	char first[CLOCK_TEXT_LENGTH + 1], last[CLOCK_TEXT_LENGTH + 1], memory[COUNT_BYTES];
	bool is_open = !desk->settings->without_devices;
	struct text devices;

	clock_format(alerts_told_ns(desk, entry->first_ns), first);
	clock_format(alerts_told_ns(desk, entry->last_ns), last);
	text_init(&devices, memory, sizeof(memory));
	if (is_open) {
		text_put_u64(&devices, entry->devices);
	} else {
		alerts_put_devices(&devices, desk, entry);
	}
	const char *const cells[] = { entry->id, entry->kind, entry->severity, entry->state,
		entry->owner, entry->verdict, first, last, entry->app, entry->unit, entry->rule,
		memory, entry->suppression, is_open ? entry->sentence : "" };
	for (unsigned i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		put_csv_cell(text, cells[i], i == 0);
	}
}

static void put_csv_heading(void)
{
	puts("id,kind,severity,state,owner,verdict,first,last,app,unit,rule,devices,suppression,"
	     "sentence");
}

void alerts_print_one(const struct desk *desk, const struct alert_entry *entry)
{
	struct text text;

	text_init_heap(&text);
	if (alerts_format(desk) == ALERTS_CSV) {
		put_csv(&text, desk, entry);
	} else {
		alerts_put_json(&text, desk, entry);
	}
	puts(text.at ? text.at : "");
	text_deinit(&text);
}

static bool shows_sentences(const struct desk *desk)
{
	return !desk->settings->without_devices && terminal_width() >= SENTENCE_WIDTH;
}

/* The sentence where there is room for it, else app and unit: never what tells of a device to who
 * may not see one. */
static void put_what(struct text *text, const struct desk *desk, const struct alert_entry *entry)
{
	if (!entry->is_tombstone && shows_sentences(desk)) {
		text_put(text, entry->sentence);
		return;
	}
	text_put(text, entry->app[0] != '\0' ? entry->app : entry->kind);
	if (entry->unit[0] != '\0') {
		text_put(text, ", ");
		text_put(text, entry->unit);
	}
}

/* A cell that never gives way to others. */
static void put_whole(struct table *table, unsigned column, const char *value)
{
	char memory[TABLE_CELL_MAX];
	struct text safe;

	text_init(&safe, memory, sizeof(memory));
	text_put_terminal(&safe, value, strlen(value));
	table_cell(table, column, "%s", "");
	table_cell_end(table, column, memory);
}

static void put_row(struct table *table, const struct desk *desk, const struct alert_entry *entry)
{
	char memory[TABLE_CELL_MAX];
	struct text text;

	table_row(table);
	put_whole(table, 0, entry->id);
	put_whole(table, 1,
		entry->severity[0] != '\0'
			? messages_get2(desk->messages, "desk_severity", entry->severity)
			: "–");
	put_whole(table, 2, messages_get2(desk->messages, "desk_state", entry->state));
	text_init(&text, memory, sizeof(memory));
	alerts_put_time(&text, desk, alerts_told_ns(desk, entry->last_ns));
	put_whole(table, 3, memory);
	text_init(&text, memory, sizeof(memory));
	alerts_put_devices(&text, desk, entry);
	put_whole(table, 4, memory);
	text_init(&text, memory, sizeof(memory));
	put_what(&text, desk, entry);
	table_cell_escaped(table, 5, memory);
}

void alerts_print_table(const struct desk *desk, const struct alert_entry *items, size_t count)
{
	const struct messages *messages = desk->messages;
	char devices[COUNT_BYTES];
	struct table table;

	snprintf(devices, sizeof(devices), ">%s", messages_get(messages, "column_devices"));
	const char *const headings[] = { "Id", messages_get(messages, "desk_severity"),
		messages_get(messages, "desk_state"), messages_get(messages, "desk_last"), devices,
		messages_get(messages, "desk_what"), NULL };
	if (table_init(&table, headings)) {
		for (size_t i = 0; i < count; i++) {
			put_row(&table, desk, &items[i]);
		}
		table_put(&table, stdout, terminal_width(), terminal_has_color(),
			terminal_has_utf8());
		table_deinit(&table);
	}
}

size_t alerts_limit(const struct desk *desk, size_t count)
{
	uint64_t limit = desk->settings->limit                 ? desk->settings->limit
			 : alerts_format(desk) == ALERTS_TABLE ? TABLE_LIMIT
							       : UINT64_MAX;

	return count < limit ? count : (size_t)limit;
}

void alerts_print(const struct desk *desk, const struct alert_list *list)
{
	size_t count = alerts_limit(desk, list->count);

	switch (alerts_format(desk)) {
	case ALERTS_TABLE:
		alerts_print_table(desk, list->items, count);
		break;
	case ALERTS_CSV:
		put_csv_heading();
		/* fall through */
	default:
		for (size_t i = 0; i < count; i++) {
			alerts_print_one(desk, &list->items[i]);
		}
	}
}

void alerts_say_damaged(struct desk *desk, unsigned damaged)
{
	char number[24];

	if (damaged > 0) {
		snprintf(number, sizeof(number), "%u", damaged);
		messages_put(
			desk->messages, alerts_line(desk), "desk_damaged", "count", number, NULL);
		cli_notice("alerts", "%s", desk->line.at);
	}
}

int alerts_list(struct desk *desk, char *const *arguments, unsigned count)
{
	struct alert_list list;
	struct err err;

	(void)arguments, (void)count;
	if (desk->settings->yesterday) {
		return alerts_morning(desk);
	}
	int status = alerts_read(desk, &list, &err);
	if (status < 0) {
		return alerts_fail(&err, status);
	}
	bool is_table = alerts_format(desk) == ALERTS_TABLE;
	if (!is_table || shows_sentences(desk)) {
		status = alerts_log_look(
			desk, "list", list.items, alerts_limit(desk, list.count), &err);
	}
	if (status < 0) {
		alerts_free(&list);
		return alerts_fail(&err, status);
	}
	if (list.count == 0 && is_table) {
		puts(messages_get(desk->messages, "desk_nothing"));
	} else {
		alerts_print(desk, &list);
	}
	alerts_say_damaged(desk, list.damaged);
	bool is_damaged = list.damaged > 0;
	alerts_free(&list);
	return is_damaged ? EXIT_INPUT : EXIT_DONE;
}
