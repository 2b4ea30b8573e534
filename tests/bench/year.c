#include "tests/bench/year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "tests/unit/records.h"

#define HOUR_NS (3600 * NS_PER_S)

enum { APPS = 180, SERVERS = 900 };

struct year_app {
	char id[24];
	uint16_t symbol;
	const char *parent;
	uint8_t control;
};

struct year_server {
	struct addr addr;
	char name[48];
	uint16_t app; /* place; APPS: none */
	const char *country;
	uint8_t zone;
};

struct year_device {
	struct addr addr;
	uint8_t unit, class_;
	char pseudonyms[YEAR_MONTHS + 1][PSEUDONYM_LENGTH + 1];
};

struct year {
	struct random random;
	struct local_zone *zone;
	struct year_app apps[APPS];
	struct year_server servers[SERVERS];
	struct year_device devices[YEAR_DEVICES];
	uint16_t units[YEAR_UNITS], classes[3], rules[3];
	unsigned hours, hour; /* of the year; the one being handed out */
	uint64_t records, given, left, of_hour;
	double weight, weights; /* of the hours up to here; of all */
	struct year_sum truth[YEAR_MONTHS + 1][YEAR_ZONES];
};

static const struct {
	const char *country;
	uint8_t zone;
} places[] = { { "NO", GEO_ZONE_EEA }, { "SE", GEO_ZONE_EU }, { "IE", GEO_ZONE_EU },
	{ "DE", GEO_ZONE_EU }, { "US", GEO_ZONE_ADEQUATE_PARTIAL }, { "GB", GEO_ZONE_ADEQUATE },
	{ "SG", GEO_ZONE_THIRD } };

/* Some are asked for far more often than others. */
static unsigned skewed(struct random *random, unsigned bound)
{
	double share = (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53);

	return (unsigned)(bound * share * share * share * share);
}

static void make_world(struct year *year)
{
	for (unsigned i = 0; i < APPS; i++) {
		struct year_app *app = &year->apps[i];
		unsigned place = random_below(&year->random, 7);
		snprintf(app->id, sizeof(app->id), "app-%03u", i);
		app->symbol = symbol_of(SYMBOL_APP, app->id);
		app->parent = i % 23 == 0 ? "CN" : places[place].country;
		app->control = i % 23 == 0 ? GEO_ZONE_THIRD : places[place].zone;
	}
	for (unsigned i = 0; i < SERVERS; i++) {
		struct year_server *server = &year->servers[i];
		unsigned place = random_below(&year->random, 7);
		uint32_t addr = __builtin_bswap32(0xc6336400u + i);
		server->addr = addr_from_v4(&addr);
		server->app = i % 5 == 4 ? APPS : (uint16_t)skewed(&year->random, APPS);
		snprintf(server->name, sizeof(server->name), "edge%u.cdn%u.example.net", i, i % 31);
		server->country = places[place].country;
		server->zone = places[place].zone;
	}
	for (unsigned i = 0; i < YEAR_UNITS; i++) {
		char name[24];
		snprintf(name, sizeof(name), "unit-%02u", i);
		year->units[i] = symbol_of(SYMBOL_UNIT, name);
	}
	year->classes[0] = symbol_of(SYMBOL_CLASS, "owned");
	year->classes[1] = symbol_of(SYMBOL_CLASS, "private");
	year->classes[2] = symbol_of(SYMBOL_CLASS, "pupil");
	year->rules[1] = symbol_of(SYMBOL_RULE, "no-control-in-third-countries");
	year->rules[2] = symbol_of(SYMBOL_RULE, "assess-first");
}

/* Units of very different sizes, as they are. */
static bool make_devices(struct year *year)
{
	uint8_t key[KEY_BYTES] = { 1, 2, 3, 4, 5 };
	struct pseudonyms *pseudonyms;

	if (pseudonyms_create(&pseudonyms, key, NULL) < 0) {
		return false;
	}
	for (unsigned i = 0; i < YEAR_DEVICES; i++) {
		struct year_device *device = &year->devices[i];
		device->unit = (uint8_t)((uint64_t)random_below(&year->random, YEAR_UNITS) *
					 random_below(&year->random, YEAR_UNITS) / YEAR_UNITS);
		device->class_ = i % 7 == 0 ? 1 : i % 5 == 0 ? 2 : 0;
		device->addr = addr_from_v4(
			(uint8_t[]){ 10, device->unit, (uint8_t)(i >> 8), (uint8_t)i });
		for (unsigned month = 0; month <= YEAR_MONTHS; month++) {
			uint64_t time_ns =
				YEAR_FROM_NS + month * UINT64_C(30) * 24 * HOUR_NS + 20 * HOUR_NS;
			pseudonyms_of_addr(
				pseudonyms, &device->addr, time_ns, device->pseudonyms[month]);
		}
	}
	pseudonyms_close(pseudonyms);
	return true;
}

/* How much of the week's traffic an hour has. */
static double weight_of(unsigned hour)
{
	static const uint8_t of_day[] = { 2, 1, 1, 1, 1, 2, 6, 20, 40, 44, 42, 40, 38, 42, 40, 30,
		14, 8, 7, 7, 6, 5, 4, 3 };
	unsigned weekday = (hour / 24 + 3) % 7; /* a Thursday */

	return of_day[hour % 24] * (weekday >= 5 ? 0.2 : 1.0);
}

struct year *year_create(uint64_t records, unsigned days, uint64_t seed)
{
	struct year *year = calloc(1, sizeof(*year));

	if (!year || local_zone_open(&year->zone, "Europe/Oslo", NULL) < 0) {
		free(year);
		return NULL;
	}
	year->random = (struct random){ seed };
	year->records = records;
	year->hours = 24 * days;
	for (unsigned hour = 0; hour < year->hours; hour++) {
		year->weights += weight_of(hour);
	}
	make_world(year);
	if (!make_devices(year)) {
		year_destroy(year);
		return NULL;
	}
	return year;
}

void year_destroy(struct year *year)
{
	if (year) {
		local_zone_close(year->zone);
		free(year);
	}
}

/* Goes to the next hour that has records left. */
static bool next_hour(struct year *year)
{
	while (year->left == 0 && year->hour < year->hours) {
		year->weight += weight_of(year->hour++);
		uint64_t until = (uint64_t)((double)year->records * year->weight / year->weights);
		year->left = year->of_hour = until - year->given;
		year->given = until;
	}
	return year->left > 0;
}

static void fill(struct year *year, struct record *record, struct record_labels *labels,
	const struct year_device *device, const struct year_server *server, uint64_t time_ns)
{
	struct random *random = &year->random;
	const struct year_app *app = server->app < APPS ? &year->apps[server->app] : NULL;
	uint64_t length_ns = (1 + skewed(random, 120)) * NS_PER_S + random_below(random, 1000000);
	uint64_t down = 400 + skewed(random, 4000) * (1 + (uint64_t)skewed(random, 900));
	struct flow_record *flow = &record->flow;

	flow->flow_id = random_next(random);
	flow->start_ns = flow->flow_start_ns = time_ns;
	flow->end_ns = time_ns + length_ns;
	flow->source = device->addr;
	flow->destination = server->addr;
	flow->source_port = (uint16_t)(32768 + random_below(random, 28000));
	flow->bytes[0] = flow->total_bytes[0] = 300 + down / 12;
	flow->bytes[1] = flow->total_bytes[1] = down;
	flow->packets[0] = flow->total_packets[0] = 3 + down / 3000;
	flow->packets[1] = flow->total_packets[1] = 3 + down / 1400;
	strcpy(record->place.country, server->country);
	record->place.zone = server->zone;
	record->verdict.app = app ? app->symbol : 0;
	record->verdict.confidence = app ? 95 : 0;
	strcpy(record->verdict.parent_country, app ? app->parent : "");
	record->verdict.control = app ? app->control : GEO_ZONE_UNKNOWN;
	record->decision.unit = year->units[device->unit];
	record->decision.class_ = year->classes[device->class_];
	bool is_denied = app && app->control == GEO_ZONE_THIRD;
	record->decision.rule = year->rules[is_denied];
	record->decision.action = is_denied ? POLICY_ACTION_DENY : POLICY_ACTION_NONE;
	record->decision.verdict = is_denied ? POLICY_VERDICT_VIOLATION : POLICY_VERDICT_NONE;
	labels->app = app ? app->id : "";
	labels->unit = symbol_name(SYMBOL_UNIT, record->decision.unit);
	labels->class_ = symbol_name(SYMBOL_CLASS, record->decision.class_);
	labels->rule = symbol_name(SYMBOL_RULE, record->decision.rule);
}

bool year_next(struct year *year, struct record *record, struct record_labels *labels)
{
	if (!next_hour(year)) {
		return false;
	}
	uint64_t at = year->of_hour - year->left--;
	uint64_t time_ns =
		YEAR_FROM_NS + (year->hour - 1) * HOUR_NS + at * (HOUR_NS / year->of_hour);
	const struct year_device *device =
		&year->devices[random_below(&year->random, YEAR_DEVICES)];
	const struct year_server *server = &year->servers[skewed(&year->random, SERVERS)];
	char date[11];

	record_plain(record, labels);
	record->l7.name_count = 0;
	record->l7.text_length = 0;
	record_add_name(record, NAME_TLS_SNI, server->name, strlen(server->name));
	fill(year, record, labels, device, server, time_ns);
	record_note_vantage(record);
	local_format_date(year->zone, time_ns, date);
	unsigned month = (unsigned)(12 * (atoi(date) - 2026) + atoi(date + 5) - 1);
	month = month < YEAR_MONTHS ? month : YEAR_MONTHS;
	snprintf(labels->device, sizeof(labels->device), "%s", device->pseudonyms[month]);
	struct year_sum *sum = &year->truth[month][record->place.zone];
	sum->flows++;
	sum->bytes += record->flow.bytes[0] + record->flow.bytes[1];
	return true;
}

const struct year_sum *year_truth(const struct year *year, unsigned month, unsigned zone)
{
	return &year->truth[month][zone];
}
