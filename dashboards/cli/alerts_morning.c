/* The page to begin a morning with: what is new since the beginning of yesterday, what is
 * unresolved from before, and what has the same cause in several units. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/cli/alerts.h"

enum { TIME_BYTES = 24 };

/* Each in its place: new ones, open ones from before, then whatever is neither. */
struct morning {
	uint64_t from_ns, to_ns;
	struct alert_list fresh, open; /* their entries are those of all */
	unsigned quiet;
};

static void sort_out(struct morning *morning, const struct alert_list *all)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct alert_entry *entry = &all->items[i];
		switch (alert_morning_of(entry, morning->from_ns, morning->to_ns)) {
		case ALERT_MORNING_QUIET:
			morning->quiet++;
			break;
		case ALERT_MORNING_NEW:
			morning->fresh.items[morning->fresh.count++] = *entry;
			break;
		case ALERT_MORNING_OPEN:
			morning->open.items[morning->open.count++] = *entry;
			break;
		case ALERT_MORNING_NONE:
			break;
		}
	}
}

static bool is_first_of_cause(const struct alert_list *list, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (alert_is_same_cause(&list->items[i], &list->items[at])) {
			return false;
		}
	}
	return true;
}

/* One line for a cause that shows in several units: a rule, an app. */
static void say_cause(
	struct desk *desk, const struct alert_list *list, size_t at, bool *has_heading)
{
	const struct alert_entry *first = &list->items[at];
	const char *units[16];
	char number[24], cause[160], names[400];
	unsigned count = 0;
	struct text text;

	for (size_t i = at; i < list->count && count < 16; i++) {
		const struct alert_entry *entry = &list->items[i];
		bool is_known = entry->unit[0] == '\0' || !alert_is_same_cause(entry, first);
		for (unsigned seen = 0; seen < count && !is_known; seen++) {
			is_known = strcmp(units[seen], entry->unit) == 0;
		}
		if (!is_known) {
			units[count++] = entry->unit;
		}
	}
	if (count < 2) {
		return;
	}
	if (!*has_heading) {
		alerts_heading(desk, "desk_same");
		*has_heading = true;
	}
	snprintf(number, sizeof(number), "%u", count);
	snprintf(cause, sizeof(cause), "%.50s %.50s", first->kind,
		first->rule[0] != '\0' ? first->rule : first->app);
	text_init(&text, names, sizeof(names));
	messages_put_list(desk->messages, &text, units, count);
	messages_put(desk->messages, alerts_line(desk), "desk_same_line", "cause", cause, "count",
		number, "units", names, NULL);
	alerts_end_line(desk, 2);
}

static void put_number(const struct desk *desk, char number[24], uint64_t value)
{
	struct text text;

	text_init(&text, number, 24);
	messages_put_count(desk->messages, &text, value);
}

/* For machines: the same alerts, new ones first. */
static void print_plain(struct desk *desk, const struct morning *morning)
{
	alerts_print(desk, &morning->fresh);
	for (size_t i = 0; i < morning->open.count; i++) {
		alerts_print_one(desk, &morning->open.items[i]);
	}
}

static void print_morning(struct desk *desk, const struct morning *morning)
{
	char fresh[24], open[24], quiet[24], from[TIME_BYTES], to[2 * TIME_BYTES + 40];
	bool has_heading = false;
	struct text text;

	put_number(desk, fresh, morning->fresh.count);
	put_number(desk, open, morning->open.count);
	put_number(desk, quiet, morning->quiet);
	text_init(&text, from, sizeof(from));
	alerts_put_time(&text, desk, morning->from_ns);
	text_init(&text, to, sizeof(to));
	alerts_put_time(&text, desk, morning->to_ns);
	text_printf(&text, " (%s)", desk->settings->time_zone);
	messages_put(desk->messages, alerts_line(desk), "desk_morning", "from", from, "to", to,
		"new", fresh, "open", open, "quiet", quiet, NULL);
	alerts_end_line(desk, 0);
	if (morning->fresh.count > 0) {
		alerts_heading(desk, "desk_new");
		alerts_print_table(
			desk, morning->fresh.items, alerts_limit(desk, morning->fresh.count));
	}
	for (size_t i = 0; i < morning->fresh.count; i++) {
		if (is_first_of_cause(&morning->fresh, i)) {
			say_cause(desk, &morning->fresh, i, &has_heading);
		}
	}
	if (morning->open.count > 0) {
		alerts_heading(desk, "desk_open");
		alerts_print_table(
			desk, morning->open.items, alerts_limit(desk, morning->open.count));
	}
}

/* From the beginning of yesterday until now. */
int alerts_morning(struct desk *desk)
{
	struct local_day today = local_day_of(desk->zone, desk->now_ns);
	struct morning morning = {
		.from_ns = local_day_at(desk->zone, today.number - 1).start_ns,
		.to_ns = desk->now_ns,
	};
	struct alert_list all;
	struct err err;
	int status = alerts_read(desk, &all, &err);

	if (status < 0) {
		return alerts_fail(&err, status);
	}
	morning.fresh.items = calloc(all.count + 1, sizeof(struct alert_entry));
	morning.open.items = calloc(all.count + 1, sizeof(struct alert_entry));
	if (morning.fresh.items && morning.open.items) {
		sort_out(&morning, &all);
		if (alerts_format(desk) == ALERTS_TABLE) {
			print_morning(desk, &morning);
		} else {
			print_plain(desk, &morning);
		}
		alerts_say_damaged(desk, all.damaged);
	} else {
		status = err_set(&err, ENOMEM, "out of memory");
	}
	free(morning.fresh.items);
	free(morning.open.items);
	bool is_damaged = all.damaged > 0;
	alerts_free(&all);
	return status < 0 ? alerts_fail(&err, status) : is_damaged ? EXIT_INPUT : EXIT_DONE;
}
