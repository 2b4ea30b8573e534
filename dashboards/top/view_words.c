/* Numbers and names as the view shows them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dashboards/top/view_parts.h"

void view_put_size(struct page *page, unsigned width, uint64_t bytes)
{
	char memory[32];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_size(&text, bytes);
	page_right(page, width, bytes ? memory : "-");
}

void view_put_rate(struct page *page, unsigned width, uint64_t bits_s)
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
	page_right(page, width, bits_s ? memory : "-");
}

void view_put_count(struct page *page, unsigned width, uint64_t count)
{
	char memory[40];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_grouped(&text, count, ",");
	page_right(page, width, memory);
}

uint64_t view_window_ns(const struct view_frame *frame)
{
	const struct live_snapshot *snapshot = frame->snapshot;
	uint64_t window_ns = live_snapshot_window_ns(frame->view->window, snapshot->now_ns),
		 since_ns = 0;

	for (size_t i = 0; i < snapshot->sensor_count; i++) {
		uint64_t started_ns = snapshot->sensors[i].health_summary.started_ns;
		if (started_ns == 0 || started_ns > snapshot->now_ns) {
			return window_ns;
		}
		uint64_t age_ns = snapshot->now_ns - started_ns;
		since_ns = age_ns > since_ns ? age_ns : since_ns;
	}
	return since_ns && since_ns < window_ns ? since_ns : window_ns;
}

const char *view_country(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo && strlen(code) == 2 ? geo_country(reference->geo, code) : NULL;

	return country ? country->names[GEO_EN] : code;
}

static const struct {
	const char *zone, *title;
	enum page_style style;
} zones[] = {
	{ "eu", "EU", PAGE_EU },
	{ "eea", "EEA outside EU", PAGE_EEA },
	{ "adequate", "adequate", PAGE_ADEQUATE },
	{ "adequate_partial", "partly adequate", PAGE_PARTIAL },
	{ "third", "third country", PAGE_THIRD },
	{ "internal", "internal", PAGE_MUTED },
	{ "unknown", "unknown", PAGE_UNKNOWN },
};

enum { ZONE_COUNT = sizeof(zones) / sizeof(zones[0]) };

enum page_style view_zone_style(const char *zone)
{
	for (unsigned i = 0; i < ZONE_COUNT; i++) {
		if (strcmp(zones[i].zone, zone) == 0) {
			return zones[i].style;
		}
	}
	return PAGE_PLAIN;
}

const char *view_zone_title(const char *zone)
{
	for (unsigned i = 0; i < ZONE_COUNT; i++) {
		if (strcmp(zones[i].zone, zone) == 0) {
			return zones[i].title;
		}
	}
	return zone;
}

enum page_style view_country_style(const struct reference *reference, const char *code)
{
	const struct geo_country *country =
		reference->geo && strlen(code) == 2 ? geo_country(reference->geo, code) : NULL;

	return country ? view_zone_style(geo_zone_name(country->zone)) : PAGE_PLAIN;
}

bool view_matches(const struct view *view, const char *text)
{
	return view->filter[0] == '\0' || strcasestr(text, view->filter) != NULL;
}
