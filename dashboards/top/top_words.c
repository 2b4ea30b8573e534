/* Numbers and names as the view shows them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dashboards/top/top_parts.h"

const char *top_word(const struct top_frame *frame, const char *key)
{
	return messages_get(frame->reference->messages, key);
}

void top_put_word(const struct top_frame *frame, const char *key)
{
	page_put(frame->page, top_word(frame, key));
}

void top_put_filled(
	const struct top_frame *frame, const char *key, const char *name, const char *value)
{
	char memory[256];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	messages_put(frame->reference->messages, &text, key, name, value, NULL);
	page_put(frame->page, memory);
}

void top_put_counted(const struct top_frame *frame, const char *key, uint64_t count)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, count);
	top_put_filled(frame, key, "count", number);
}

bool top_withholds(const struct view_answer *answer)
{
	return answer && answer->notes.days_withheld > 0;
}

void top_put_few(const struct top_frame *frame, const char *key, const struct view_answer *answer)
{
	char number[32];

	snprintf(number, sizeof(number), "%u", answer->notes.k);
	top_put_filled(frame, key, "k", number);
}

/* Cells do not break: their blanks are plain. */
static void put_right(struct page *page, unsigned width, char *number)
{
	char *to = number;

	for (const char *from = number; *from; from++) {
		bool is_blank = strncmp(from, "\xc2\xa0", 2) == 0;
		*to++ = is_blank ? ' ' : *from;
		from += is_blank;
	}
	*to = '\0';
	page_right(page, width, number);
}

void top_put_size(const struct top_frame *frame, unsigned width, uint64_t bytes)
{
	char memory[32] = "-";
	struct text text;

	if (bytes) {
		text_init(&text, memory, sizeof(memory));
		messages_put_size(frame->reference->messages, &text, bytes);
	}
	put_right(frame->page, width, memory);
}

void top_put_rate(const struct top_frame *frame, unsigned width, uint64_t bits_s)
{
	static const char *const units[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s" };
	double number = (double)bits_s;
	unsigned unit = 0;
	char memory[32];

	for (; number >= 999.5 && unit < 4; unit++) {
		number /= 1000;
	}
	snprintf(memory, sizeof(memory), "%.*f %s",
		unit == 0 || number >= 100 ? 0
		: number >= 10             ? 1
					   : 2,
		number, units[unit]);
	char *point = strchr(memory, '.');
	if (point) {
		*point = top_word(frame, "number_decimal")[0];
	}
	page_right(frame->page, width, bits_s ? memory : "-");
}

void top_put_count(const struct top_frame *frame, unsigned width, uint64_t count)
{
	char memory[40];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	messages_put_count(frame->reference->messages, &text, count);
	put_right(frame->page, width, memory);
}

uint64_t top_window_ns(const struct top_frame *frame)
{
	const struct top_data *data = frame->data;
	uint64_t since_ns = 0;

	for (size_t i = 0; i < data->sensors.count; i++) {
		uint64_t started_ns = data->sensors.sensors[i].health.started_ns;
		if (started_ns == 0 || started_ns > data->now_ns) {
			return data->window_ns;
		}
		uint64_t age_ns = data->now_ns - started_ns;
		since_ns = age_ns > since_ns ? age_ns : since_ns;
	}
	return since_ns && since_ns < data->window_ns ? since_ns : data->window_ns;
}

const char *top_country(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo && strlen(code) == 2 ? geo_country(reference->geo, code) : NULL;

	return country ? country->names[messages_geo_language(reference->messages)] : code;
}

static const struct {
	const char *zone;
	enum page_style style;
} zones[] = {
	{ "eu", PAGE_EU },
	{ "eea", PAGE_EEA },
	{ "adequate", PAGE_ADEQUATE },
	{ "adequate_partial", PAGE_PARTIAL },
	{ "third", PAGE_THIRD },
	{ "internal", PAGE_MUTED },
	{ "unknown", PAGE_UNKNOWN },
};

enum { ZONE_COUNT = sizeof(zones) / sizeof(zones[0]) };

enum page_style top_zone_style(const char *zone)
{
	for (unsigned i = 0; i < ZONE_COUNT; i++) {
		if (strcmp(zones[i].zone, zone) == 0) {
			return zones[i].style;
		}
	}
	return PAGE_PLAIN;
}

const char *top_zone_title(const struct reference *reference, const char *zone)
{
	return messages_get2(reference->messages, "top_zone", zone);
}

enum page_style top_country_style(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo && strlen(code) == 2 ? geo_country(reference->geo, code) : NULL;

	return country ? top_zone_style(geo_zone_name(country->zone)) : PAGE_PLAIN;
}

bool top_matches(const struct top_view *view, const char *text)
{
	return view->filter[0] == '\0' || strcasestr(text, view->filter) != NULL;
}
