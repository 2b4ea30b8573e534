/* borderflow devices list and show: devices as pseudonyms, guests by the day, coverage. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/messages/messages.h"
#include "analyzer/policy/policy.h"
#include "base/json.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/cli/listed_devices.h"
#include "dashboards/cli/terminal.h"
#include "dashboards/report/table.h"

enum { GUEST_DAYS = 7, LINE_BYTES = 512 };

struct listing {
	const struct devices_view *view;
	struct listed_devices rows;
	unsigned k;
};

/* A group of fewer than k is not named. */
static const char *group_name(const struct listing *listing, enum symbol_kind kind, uint16_t symbol)
{
	const uint32_t *counts =
		kind == SYMBOL_CLASS ? listing->rows.class_counts : listing->rows.unit_counts;

	return symbol && counts[symbol] >= listing->k ? symbol_name(kind, symbol) : "–";
}

static void put_kind(
	const struct listing *listing, struct text *text, const struct listed_device *row)
{
	const struct messages *messages = listing->view->reference->messages;
	char least[16];

	snprintf(least, sizeof(least), "%u", row->least);
	messages_put(messages, text,
		row->kind == DEVICE_MANY  ? "device_kind_many"
		: row->is_enrolled        ? "device_kind_enrolled"
		: row->kind == DEVICE_ONE ? "device_kind_one"
					  : "device_kind_little",
		"count", least, NULL);
}

/* In 80 columns; since when each was seen `show` says, and ndjson. */
static void put_table(const struct listing *listing)
{
	const struct messages *messages = listing->view->reference->messages;
	char addresses[64], kind[64], last[11];
	struct table table;
	struct text text;

	snprintf(addresses, sizeof(addresses), ">%s", messages_get(messages, "device_addresses"));
	const char *const headings[] = { messages_get(messages, "device_pseudonym"),
		messages_get(messages, "device_kind"), messages_get(messages, "device_class"),
		messages_get(messages, "device_unit"), messages_get(messages, "device_last"),
		addresses, NULL };
	if (!table_init(&table, headings)) {
		return;
	}
	for (uint32_t i = 0; i < listing->rows.count; i++) {
		const struct listed_device *row = &listing->rows.items[i];
		text_init(&text, kind, sizeof(kind));
		put_kind(listing, &text, row);
		local_format_date(listing->view->zone, row->last_ns, last);
		table_row(&table);
		table_cell_end(&table, 0, row->pseudonym);
		table_cell_end(&table, 1, kind);
		table_cell_escaped(&table, 2, group_name(listing, SYMBOL_CLASS, row->class_));
		table_cell_escaped(&table, 3, group_name(listing, SYMBOL_UNIT, row->unit));
		table_cell_end(&table, 4, last);
		table_cell(&table, 5, "%" PRIu32, row->addresses);
	}
	uint32_t shown =
		listing->rows.count < TABLE_ROWS_MAX - 1 ? listing->rows.count : TABLE_ROWS_MAX - 1;
	table_put(&table, stdout, terminal_width(), terminal_has_color(), terminal_has_utf8());
	table_deinit(&table);
	if (shown < listing->rows.count) {
		text_init(&text, addresses, sizeof(addresses));
		messages_put_count(messages, &text, listing->rows.count - shown);
		text_init(&text, kind, sizeof(kind));
		messages_put(messages, &text, "list_more", "count", addresses, NULL);
		puts(text.at);
	}
}

static void put_string(struct text *text, const char *name, const char *value)
{
	text_printf(text, ",\"%s\":\"", name);
	text_put_json(text, value, strlen(value));
	text_put_char(text, '"');
}

static void put_ndjson(const struct listing *listing)
{
	char memory[LINE_BYTES], time[LOCAL_TEXT_LENGTH + 1];
	struct text text;

	for (uint32_t i = 0; i < listing->rows.count; i++) {
		const struct listed_device *row = &listing->rows.items[i];
		text_init(&text, memory, sizeof(memory));
		text_printf(&text, "{\"pseudonym\":\"%s\"", row->pseudonym);
		put_string(&text, "kind", device_kind_name((enum device_kind)row->kind));
		put_string(&text, "class", group_name(listing, SYMBOL_CLASS, row->class_));
		put_string(&text, "unit", group_name(listing, SYMBOL_UNIT, row->unit));
		local_format(listing->view->zone, row->first_ns, time);
		put_string(&text, "first_seen", time);
		local_format(listing->view->zone, row->last_ns, time);
		put_string(&text, "last_seen", time);
		text_printf(&text, ",\"addresses\":%" PRIu32 ",\"enrolled\":%s,\"private_mac\":%s",
			row->addresses, row->is_enrolled ? "true" : "false",
			row->is_private ? "true" : "false");
		if (row->kind == DEVICE_MANY) {
			text_printf(&text, ",\"at_least\":%u", row->least);
		}
		printf("%s}\n", text.at);
	}
}

static bool is_guest(const struct listing *listing, const struct binding *binding)
{
	const struct reference *reference = listing->view->reference;
	const struct stations *stations = devices_stations(listing->view->devices);
	struct device_answer answer;
	uint16_t class_, unit;

	devices_ask(listing->view->devices, reference->inventory, &binding->addr, binding->last_ns,
		&answer);
	devices_locate(listing->view, &binding->addr, answer.enrolled, &class_, &unit);
	uint32_t place = stations_find(stations, binding->station);
	return policy_class_is_guest(reference->policy, class_) && place != STATION_NONE &&
	       !station_is_router(
		       stations_at((struct stations *)stations, place), binding->last_ns);
}

/* Guests' stations that had an address that day: each is counted on each day, so that a day's
 * number is the most it can be. */
static uint32_t count_guests(const struct listing *listing, const struct local_day *day)
{
	const struct stations *stations = devices_stations(listing->view->devices);
	const struct bindings *bindings = devices_bindings(listing->view->devices);
	bool *is_seen = calloc(stations_room(stations) + 1U, sizeof(*is_seen));
	const struct binding *binding;
	uint32_t count = 0;

	for (uint32_t i = 0; is_seen && (binding = bindings_at(bindings, i)) != NULL; i++) {
		uint32_t place = stations_find(stations, binding->station);
		if (place == STATION_NONE || is_seen[place] || binding->from_ns >= day->end_ns ||
			binding->last_ns < day->start_ns || !is_guest(listing, binding)) {
			continue;
		}
		is_seen[place] = true;
		count++;
	}
	free(is_seen);
	return count;
}

static void say_guests(const struct listing *listing)
{
	const struct messages *messages = listing->view->reference->messages;
	int64_t last = local_day_of(listing->view->zone, listing->rows.last_ns).number;
	char number[16], k[16], date[11];
	struct text text;

	snprintf(k, sizeof(k), "%u", listing->k);
	text_init_heap(&text);
	for (int64_t day = last - GUEST_DAYS + 1; day <= last; day++) {
		struct local_day local = local_day_at(listing->view->zone, day);
		uint32_t count = count_guests(listing, &local);
		if (count == 0) {
			continue;
		}
		snprintf(number, sizeof(number), "%" PRIu32, count);
		local_format_date(listing->view->zone, local.start_ns, date);
		messages_put(messages, &text,
			count < listing->k ? "device_guests_few" : "device_guests", "date", date,
			"count", number, "k", k, NULL);
		text_put_char(&text, '\n');
	}
	if (text.length > 0) {
		printf("\n%s%s\n", text.at, messages_get(messages, "device_guests_note"));
	}
	text_deinit(&text);
}

static void say_coverage_of(
	const struct listing *listing, uint16_t class_, const struct local_day *day)
{
	struct coverage_of_day seen = coverage_of(devices_coverage(listing->view->devices),
		listing->view->reference->inventory, class_, day);
	const struct messages *messages = listing->view->reference->messages;
	char enrolled[16], found[16], k[16], date[11], memory[LINE_BYTES];
	bool is_few = seen.enrolled < listing->k || (seen.seen > 0 && seen.seen < listing->k);
	struct text text;

	if (!seen.is_measured) {
		return;
	}
	snprintf(enrolled, sizeof(enrolled), "%" PRIu32, seen.enrolled);
	snprintf(found, sizeof(found), "%" PRIu32, seen.seen);
	snprintf(k, sizeof(k), "%u", listing->k);
	local_format_date(listing->view->zone, day->start_ns, date);
	text_init(&text, memory, sizeof(memory));
	messages_put(messages, &text, is_few ? "device_coverage_few" : "device_coverage", "class",
		class_ == INVENTORY_NO_CLASS ? messages_get(messages, "row_no_class")
					     : symbol_name(SYMBOL_CLASS, class_),
		"enrolled", enrolled, "seen", found, "k", k, "date", date, NULL);
	puts(text.at);
}

static void say_coverage(const struct listing *listing)
{
	const struct devices_view *view = listing->view;
	struct local_day day = local_day_of(view->zone, listing->rows.last_ns);

	printf("\n");
	if (!view->reference->inventory) {
		puts(messages_get(view->reference->messages, "device_not_measured"));
		return;
	}
	for (uint16_t class_ = 0; (class_ = inventory_next_class(class_)) != 0;) {
		say_coverage_of(listing, class_, &day);
	}
}

static bool is_lines(const struct listing *listing)
{
	return strcmp(listing->view->settings->format, "ndjson") == 0;
}

/* One device: when it had an address, and in which network. */
static void show_row(const struct listing *listing, uint32_t row)
{
	char from[LOCAL_TEXT_LENGTH + 1], to[LOCAL_TEXT_LENGTH + 1], network[ADDR_TEXT_MAX + 4];
	const struct binding *binding;

	for (uint32_t i = 0;
		(binding = bindings_at(devices_bindings(listing->view->devices), i)) != NULL; i++) {
		if (listed_devices_of(&listing->rows, binding) != row) {
			continue;
		}
		struct prefix prefix = { binding->addr, addr_is_v4(&binding->addr) ? 120 : 64 };
		unsigned kept = prefix.bits / 8U;
		memset(prefix.addr.bytes + kept, 0, sizeof(prefix.addr.bytes) - kept);
		prefix_format(&prefix, network);
		local_format(listing->view->zone, binding->from_ns, from);
		local_format(listing->view->zone, binding->last_ns, to);
		if (is_lines(listing)) {
			printf("{\"from\":\"%s\",\"to\":\"%s\",\"network\":\"%s\"}\n", from, to,
				network);
		} else {
			printf("  %s – %s  %s\n", from, to, network);
		}
	}
}

static int show(struct listing *listing, const char *pseudonym, struct err *err)
{
	for (uint32_t i = 0; i < listing->rows.count; i++) {
		if (strcmp(listing->rows.items[i].pseudonym, pseudonym) == 0) {
			listing->rows.items[0] = listing->rows.items[i];
			listing->rows.count = 1;
			if (is_lines(listing)) {
				put_ndjson(listing);
			} else {
				put_table(listing);
			}
			show_row(listing, i);
			return 0;
		}
	}
	return err_set(err, ENOENT,
		"no device has the pseudonym \"%s\" this month, as far as is known", pseudonym);
}

static int compare_rows(const void *a, const void *b)
{
	const struct listed_device *left = a, *right = b;

	return left->last_ns != right->last_ns ? (left->last_ns < right->last_ns ? 1 : -1)
					       : strcmp(left->pseudonym, right->pseudonym);
}

int devices_list(const struct devices_view *view, const char *pseudonym, struct err *err)
{
	if (!view->keys.pseudonyms) {
		return err_set(err, EINVAL,
			"devices are shown as pseudonyms, and there is no key for them: --keys DIR "
			"names the folder that borderflow keys init made");
	}
	struct listing *listing = calloc(1, sizeof(*listing));
	if (!listing) {
		return err_set(err, ENOMEM, "out of memory");
	}
	listing->view = view;
	listing->k = policy_header(view->reference->policy)->group_minimum;
	int status = listed_devices_gather(&listing->rows, view, err);
	if (status == 0 && pseudonym) {
		status = show(listing, pseudonym, err);
	} else if (status == 0 && is_lines(listing)) {
		put_ndjson(listing);
	} else if (status == 0 && listing->rows.count == 0) {
		puts(messages_get(view->reference->messages, "device_nothing"));
	} else if (status == 0) {
		qsort(listing->rows.items, listing->rows.count, sizeof(*listing->rows.items),
			compare_rows);
		put_table(listing);
		say_guests(listing);
		say_coverage(listing);
	}
	listed_devices_deinit(&listing->rows);
	free(listing);
	return status;
}
