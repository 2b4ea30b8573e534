/* Where it went, in a sentence: each legal zone outside apart from the others, since their law
 * differs, and the data that says so. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dashboards/report/report.h"
#include "dashboards/report/report_unseen.h"

enum { APPS_NAMED = 3, ZONES_OUTSIDE = 3, PART_BYTES = 512, DATABASES_NAMED = 8 };

/* " (YouTube, Microsoft 365)": the services that got most, without what their names say of
 * themselves in brackets. */
static void put_apps(struct text *text, const struct report_model *model,
	const struct messages *messages, enum geo_zone zone)
{
	uint16_t apps[APPS_NAMED];
	size_t count = overview_zone_apps(model->overview, zone, apps, APPS_NAMED);

	for (size_t i = 0; i < count; i++) {
		text_put(text, i == 0 ? " (" : ", ");
		const char *name =
			messages_catalogue(messages, report_model_app(model, apps[i]).name);
		const char *bracket = strstr(name, " (");
		text_put_bytes(text, name, bracket ? (size_t)(bracket - name) : strlen(name));
	}
	text_put(text, count > 0 ? ")" : "");
}

static uint64_t bytes_left(const struct report_model *model)
{
	return overview_total(model->overview).bytes_up -
	       overview_zone(model->overview, GEO_ZONE_INTERNAL).bytes_up;
}

static void put_part(struct text *text, const struct report_model *model,
	const struct messages *messages, enum geo_zone zone)
{
	char percent[32], apps[PART_BYTES / 2], key[64];
	struct text piece;

	text_init(&piece, percent, sizeof(percent));
	messages_put_percent(
		messages, &piece, overview_zone(model->overview, zone).bytes_up, bytes_left(model));
	text_init(&piece, apps, sizeof(apps));
	put_apps(&piece, model, messages, zone);
	snprintf(key, sizeof(key), "part_%s", geo_zone_name(zone));
	messages_put(messages, text, key, "percent", percent, "apps", apps, NULL);
}

/* ": 1 % to …, 55 % to … and nothing to …" */
static void put_parts(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	static const enum geo_zone zones[ZONES_OUTSIDE] = { GEO_ZONE_ADEQUATE,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD };
	char memory[ZONES_OUTSIDE][PART_BYTES];
	const char *parts[ZONES_OUTSIDE];
	unsigned count = 0;

	for (unsigned i = 0; i < ZONES_OUTSIDE; i++) {
		struct text part;
		text_init(&part, memory[count], PART_BYTES);
		if (overview_zone(model->overview, zones[i]).bytes_up > 0) {
			put_part(&part, model, messages, zones[i]);
		} else if (zones[i] == GEO_ZONE_THIRD) {
			text_put(&part, messages_get(messages, "part_third_none"));
		} else {
			continue;
		}
		parts[count] = memory[count];
		count++;
	}
	text_put(text, ": ");
	messages_put_list(messages, text, parts, count);
}

void report_put_destinations(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	bool is_few;
	uint64_t unknown = report_model_bytes_unknown(model, &is_few);

	if (report_model_bytes_outside(model) > 0 && !is_few) {
		put_parts(text, model, messages);
	}
	text_put_char(text, '.');
	if (unknown > 0) {
		text_put_char(text, ' ');
	}
	if (unknown > 0 && is_few) {
		text_put(text, messages_get(messages, "part_unknown_few"));
	} else if (unknown > 0) {
		put_part(text, model, messages, GEO_ZONE_UNKNOWN);
	}
	report_put_unseen(text, model, messages);
}

static void put_database(struct text *text, const struct report_model *model,
	const struct messages *messages, size_t database)
{
	const struct geo *geo = model->reference->geo;
	const uint64_t day_ns = 86400 * NS_PER_S;
	uint64_t built_ns = geo_database_built_ns(geo, database);
	char date[64], days[24];
	struct text piece;

	/* From date to date, as they are shown: two files of one day have one age. */
	snprintf(days, sizeof(days), "%" PRIu64,
		model->made_ns > built_ns ? model->made_ns / day_ns - built_ns / day_ns : 0);
	text_init(&piece, date, sizeof(date));
	messages_put_date(messages, &piece, NULL, built_ns);
	if (built_ns) {
		messages_put(messages, text, "geo_database", "file",
			geo_database_file(geo, database), "date", date, "days", days, NULL);
	} else {
		text_put(text, geo_database_file(geo, database));
	}
}

bool report_put_geo_data(
	struct text *text, const struct report_model *model, const struct messages *messages)
{
	const struct geo *geo = model->reference->geo;
	size_t count = geo ? geo_database_count(geo) : 0;

	for (size_t i = 0; i < count && i < DATABASES_NAMED; i++) {
		text_put(text, i > 0 ? "; " : "");
		put_database(text, model, messages, i);
	}
	return count > 0;
}
