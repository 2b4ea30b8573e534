/* Numbers, dates and lists as each language writes them. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/messages/messages.h"
#include "base/clock.h"
#include "base/local_time.h"

#define NO_BREAK_SPACE "\xc2\xa0"

void messages_put_size(const struct messages *messages, struct text *text, uint64_t bytes)
{
	char memory[32];
	struct text plain;

	text_init(&plain, memory, sizeof(memory));
	text_put_size(&plain, bytes);
	for (const char *c = memory; *c; c++) {
		if (*c == '.') {
			text_put(text, messages_get(messages, "number_decimal"));
		} else if (*c == ' ') {
			text_put(text, NO_BREAK_SPACE);
		} else {
			text_put_char(text, *c);
		}
	}
}

void messages_put_count(const struct messages *messages, struct text *text, uint64_t number)
{
	text_put_grouped(text, number, messages_get(messages, "number_group"));
}

void messages_put_percent(
	const struct messages *messages, struct text *text, uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;
	const char *decimal = messages_get(messages, "number_decimal");

	/* A small share is not none, and a large one not all. */
	if (percent > 0 && percent < 0.1) {
		text_printf(text, "<" NO_BREAK_SPACE "0%s1" NO_BREAK_SPACE "%%", decimal);
	} else if (percent > 0 && percent < 9.95) {
		unsigned tenths = (unsigned)(percent * 10 + 0.5);
		text_printf(text, "%u%s%u" NO_BREAK_SPACE "%%", tenths / 10, decimal, tenths % 10);
	} else if (percent > 99 && percent < 100) {
		text_put(text, ">" NO_BREAK_SPACE "99" NO_BREAK_SPACE "%");
	} else {
		text_printf(text, "%.0f" NO_BREAK_SPACE "%%", percent);
	}
}

void messages_put_list(
	const struct messages *messages, struct text *text, const char *const *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || i + 1 < count) {
			text_put(text, i > 0 ? ", " : "");
			text_put(text, items[i]);
		} else {
			messages_put(messages, text, "list_last", "item", items[i], NULL);
		}
	}
}

/* A moment in pieces of the wall's clock. */
struct moment {
	char text[LOCAL_TEXT_LENGTH + 1];
	char day[3], hour[3], minute[3], second[3], month[12];
};

static void read_moment(struct moment *moment, const struct local_zone *zone, uint64_t time_ns)
{
	const char *text = moment->text;

	local_format(zone, time_ns, moment->text);
	snprintf(moment->day, sizeof(moment->day), "%.*s", text[8] == '0' ? 1 : 2,
		text + 8 + (text[8] == '0'));
	snprintf(moment->hour, sizeof(moment->hour), "%.2s", text + 11);
	snprintf(moment->minute, sizeof(moment->minute), "%.2s", text + 14);
	snprintf(moment->second, sizeof(moment->second), "%.2s", text + 17);
	snprintf(moment->month, sizeof(moment->month), "month_%.2s", text + 5);
	moment->text[4] = '\0'; /* the year */
}

static void put_date(
	const struct messages *messages, struct text *text, const struct moment *moment)
{
	messages_put(messages, text, "date", "day", moment->day, "month",
		messages_get(messages, moment->month), "year", moment->text, NULL);
}

void messages_put_date(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns)
{
	struct moment moment;

	read_moment(&moment, zone, time_ns);
	put_date(messages, text, &moment);
}

static void put_date_and_time(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns)
{
	char date[64], time[16];
	struct moment moment;
	struct text piece;

	read_moment(&moment, zone, time_ns);
	text_init(&piece, date, sizeof(date));
	put_date(messages, &piece, &moment);
	text_init(&piece, time, sizeof(time));
	messages_put(messages, &piece, "time", "hour", moment.hour, "minute", moment.minute, NULL);
	messages_put(messages, text, "date_and_time", "date", date, "time", time, NULL);
}

void messages_put_since(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t first_ns)
{
	if (first_ns == local_day_of(zone, first_ns).start_ns) {
		messages_put_date(messages, text, zone, first_ns);
	} else {
		put_date_and_time(messages, text, zone, first_ns);
	}
}

void messages_put_until(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t last_ns)
{
	if (last_ns + 1 == local_day_of(zone, last_ns).end_ns) {
		messages_put_date(messages, text, zone, last_ns);
	} else { /* the last moment of a second is that second's end */
		put_date_and_time(messages, text, zone, last_ns + ((last_ns + 1) % NS_PER_S == 0));
	}
}

void messages_put_month(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns)
{
	struct moment moment;

	read_moment(&moment, zone, time_ns);
	text_put(text, messages_get2(messages, "name_of", moment.month));
	text_put_char(text, ' ');
	text_put(text, moment.text);
}

void messages_put_period(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t first_ns, uint64_t last_ns)
{
	char dates[2][64], times[2][16];
	struct moment moments[2];
	bool is_short = last_ns - first_ns < 3600 * NS_PER_S;
	struct text piece;

	for (unsigned i = 0; i < 2; i++) {
		read_moment(&moments[i], zone, i == 0 ? first_ns : last_ns);
		text_init(&piece, dates[i], sizeof(dates[i]));
		put_date(messages, &piece, &moments[i]);
		text_init(&piece, times[i], sizeof(times[i]));
		messages_put(messages, &piece, is_short ? "time_to_second" : "time", "hour",
			moments[i].hour, "minute", moments[i].minute, "second", moments[i].second,
			NULL);
	}
	messages_put(messages, text,
		strcmp(dates[0], dates[1]) == 0 ? "period_of_day" : "period_of_days", "date",
		dates[0], "from", times[0], "last", dates[1], "to", times[1], NULL);
}
