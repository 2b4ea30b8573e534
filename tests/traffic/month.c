#include "tests/traffic/month.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "base/clock.h"

enum { SERIOUS = 5, UNKNOWN_PLACES = 3000, CALLS_AN_HOUR = 4 };

const char month_policy[] =
	"organisation: Exempelstad kommun\n"
	"country: SE\n"
	"timezone: Europe/Stockholm\n"
	"units:\n"
	"  Kommunledning: {networks: [10.40.0.0/24]}\n"
	"  Teknik: {networks: [10.40.1.0/24]}\n"
	"  Omsorg: {networks: [10.40.2.0/24]}\n"
	"  Hemtjänst: {networks: [10.40.3.0/24]}\n"
	"  Socialtjänst: {networks: [10.40.4.0/24]}\n"
	"  Räddning: {networks: [10.40.5.0/24]}\n"
	"  Bygglov: {networks: [10.40.6.0/24]}\n"
	"  Kultur: {networks: [10.40.7.0/24]}\n"
	"  Bibliotek: {networks: [10.40.8.0/24]}\n"
	"  Skola norr: {networks: [10.40.9.0/24]}\n"
	"  Skola söder: {networks: [10.40.10.0/24]}\n"
	"  Förskola: {networks: [10.40.11.0/24]}\n"
	"rules:\n"
	"  - {id: neka-tiktok, match: {app: tiktok}, action: deny, blocked: yes}\n"
	"alerts:\n"
	"  free_days:\n"
	"    - {unit: Skola norr, from: 2026-04-07, to: 2026-04-10}\n"
	"    - {unit: Skola söder, from: 2026-04-07, to: 2026-04-10}\n"
	"    - {unit: Förskola, from: 2026-04-07, to: 2026-04-10}\n";

static const char *const unit_names[] = { "Kommunledning", "Teknik", "Omsorg", "Hemtjänst",
	"Socialtjänst", "Räddning", "Bygglov", "Kultur", "Bibliotek", "Skola norr", "Skola söder",
	"Förskola" };

static const struct {
	const char *country;
	uint8_t zone;
} places[] = { { "SE", GEO_ZONE_EU }, { "DE", GEO_ZONE_EU }, { "NL", GEO_ZONE_EU },
	{ "IE", GEO_ZONE_EU }, { "US", GEO_ZONE_ADEQUATE_PARTIAL }, { "GB", GEO_ZONE_ADEQUATE },
	{ "NO", GEO_ZONE_EEA }, { "FI", GEO_ZONE_EU }, { "SG", GEO_ZONE_THIRD },
	{ "CN", GEO_ZONE_THIRD }, { "VN", GEO_ZONE_THIRD } };
enum { PLACES = 8, SINGAPORE = 8, CHINA = 9, VIETNAM = 10 };

static double share(struct month *month)
{
	month->random ^= month->random << 13;
	month->random ^= month->random >> 7;
	month->random ^= month->random << 17;
	return (double)(month->random >> 11) / (double)(UINT64_C(1) << 53);
}

static double normal(struct month *month)
{
	double one = share(month) + 1e-12, other = share(month);
	return sqrt(-2 * log(one)) * cos(2 * M_PI * other);
}

static unsigned poisson(struct month *month, double mean)
{
	if (mean > 30) {
		double number = mean + sqrt(mean) * normal(month);
		return number > 0 ? (unsigned)number : 0;
	}
	double limit = exp(-mean), product = share(month);
	unsigned number = 0;
	while (product > limit) {
		product *= share(month);
		number++;
	}
	return number;
}

static uint16_t symbol(const struct catalogue *catalogue, const char *id)
{
	return catalogue_find(catalogue, id);
}

/* Apps of the catalogue with a parent, but for those that incidents are of. */
static void choose_apps(struct month *month, const struct catalogue *catalogue)
{
	unsigned count = 0;

	month->tiktok = symbol(catalogue, "tiktok");
	month->fresh_app = symbol(catalogue, "deepseek");
	month->wave_app = symbol(catalogue, "temu");
	for (uint16_t i = 1; count < month->options.apps && i <= catalogue_app_count(catalogue);
		i++) {
		const struct app *app = catalogue_app(catalogue, i);
		uint16_t found = app ? symbol(catalogue, app->id) : 0;
		if (!found || found == month->tiktok || found == month->fresh_app ||
			found == month->wave_app || app->parent_country[0] == '\0' || i % 3) {
			continue;
		}
		memcpy(month->parents[count], app->parent_country, 3);
		month->places[count][0] = (unsigned)(share(month) * PLACES);
		month->places[count][1] = (unsigned)(share(month) * PLACES);
		month->apps[count++] = found;
	}
	month->options.apps = count;
}

static void choose_habits(struct month *month)
{
	for (unsigned app = 0; app < month->options.apps; app++) {
		double popular = 1 / (1 + 0.15 * app), size = pow(10, 3.5 + 2.5 * share(month));
		double up = 0.03 + 0.4 * share(month) * share(month);
		for (unsigned unit = 0; unit < month->options.units; unit++) {
			struct month_series *series = &month->series[unit][app];
			double staff = 0.4 + 1.2 * share(month);
			if (app >= SERIOUS && share(month) > 0.35 + 0.6 * popular) {
				continue;
			}
			series->sessions = fmax(0.02, 25 * popular * staff * share(month));
			series->down = size * exp(0.3 * normal(month));
			series->up = up * series->down;
		}
	}
}

static void plan(struct month *month, const char *name, const char *kinds, const char *one,
	const char *other, double day, double days)
{
	struct month_incident *incident = &month->incidents[month->incident_count++];

	*incident = (struct month_incident){ .name = name,
		.kinds = kinds,
		.first_slot = MONTH_FIRST_SLOT + (uint32_t)(day * MONTH_DAY),
		.last_slot = MONTH_FIRST_SLOT + (uint32_t)((day + days) * MONTH_DAY) };
	snprintf(incident->words[0], sizeof(incident->words[0]), "%s", one);
	snprintf(incident->words[1], sizeof(incident->words[1]), "%s", other);
}

static const char *app_name(const struct month *month, unsigned app)
{
	return symbol_name(SYMBOL_APP, month->apps[app]);
}

enum incident {
	BURST,
	NEW_APP,
	SLOW,
	NEW_COUNTRY,
	LEAK,
	BEACON,
	UNRESOLVED,
	PEERS,
	WAVE,
	TRANSFER,
	INFERRED,
	NEW_NETWORK,
	SILENCE,
	UNNAMED,
	DOWNLOAD,
	SPLIT,
};

static void plan_incidents(struct month *month)
{
	static const char volume[] = "anomaly.volume anomaly.slow-exfiltration anomaly.peers";

	plan(month, "upload of an hour", volume, app_name(month, 0), "Hemtjänst up", 15.4, 0.05);
	plan(month, "new app", "anomaly.new-app", "deepseek", "Bygglov", 16.4, 1);
	plan(month, "slow exfiltration, 30 hours", volume, app_name(month, 2), "Räddning up", 17.6,
		1.25);
	plan(month, "new country", "anomaly.new-destination", "VN", "Kultur", 18.45, 0.1);
	plan(month, "block leak", "policy.block-leak", "tiktok", "", 20.5, 0.3);
	plan(month, "beacon, 10 minutes", "anomaly.beacon", "beacon", "", 21.33, 4.4);
	plan(month, "name never resolved", "anomaly.unresolved", "unresolved", "Omsorg", 22.5,
		0.02);
	plan(month, "unit against its peers, five days", volume, app_name(month, 1), "Bibliotek up",
		22.3, 4.4);
	plan(month, "wave of re-installs", "anomaly.wave", "temu", "", 24.35, 0.6);
	plan(month, "transfer above the volume", "transfer.third-country", "", "CN", 25.4, 0.2);
	plan(month, "TikTok-like without a name", "anomaly.inferred-app", "inferred tiktok",
		"Skola norr", 25.3, 3.4);
	plan(month, "new network", "anomaly.new-destination", "new network", "Teknik", 28.5, 0.05);
	plan(month, "traffic after silence", "anomaly.after-silence", app_name(month, 3), "Omsorg",
		29.35, 0.3);
	plan(month, "unnamed share jumps", "anomaly.unnamed-share", "unnamed", "Kommunledning",
		30.3, 0.4);
	plan(month, "download of three hours", volume, app_name(month, 4), "Bygglov down", 37.4,
		0.13);
	plan(month, "slow, over devices of a unit", volume, "unknown", "Socialtjänst up", 38.6,
		1.25);
	month->incidents[NEW_COUNTRY].beside[0] = "zone third";
	month->incidents[WAVE].beside[0] = "temu";
	month->incidents[TRANSFER].beside[0] = "zone third up";
	month->incidents[INFERRED].beside[0] = "SG";
	month->incidents[UNNAMED].beside[0] = "zone eu";
	month->incidents[UNNAMED].beside[1] = "unknown Kommunledning";
}

void month_init(
	struct month *month, const struct month_options *options, const struct catalogue *catalogue)
{
	memset(month, 0, sizeof(*month));
	month->options = *options;
	month->random = options->seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (unsigned i = 0; i < options->units; i++) {
		month->units[i] = symbol_of(SYMBOL_UNIT, unit_names[i]);
	}
	choose_apps(month, catalogue);
	choose_habits(month);
	for (unsigned unit = 0; unit < options->units; unit++) {
		for (unsigned app = 0; app < SERIOUS; app++) {
			struct month_series *series = &month->series[unit][app];
			series->sessions = fmax(series->sessions, 5);
		}
	}
	if (options->has_incidents) {
		plan_incidents(month);
	}
}

static bool is_on(const struct month *month, enum incident which, uint32_t slot)
{
	const struct month_incident *incident = &month->incidents[which];

	return month->options.has_incidents && slot >= incident->first_slot &&
	       slot < incident->last_slot;
}

/* How busy a unit is: 1 at noon of a working day. */
static double busy(unsigned unit, uint32_t slot)
{
	uint32_t passed = slot - MONTH_FIRST_SLOT;
	bool summer = passed >= 27 * MONTH_DAY + 24; /* 29 March, 02:00 */
	uint32_t local = passed + (summer ? 12 : 0), day = local / MONTH_DAY;
	double hour = local % MONTH_DAY / 12.0;
	bool easter = day == 32 || day == 35, planning = day == 11 && unit == 7;
	bool schools = unit >= 9 && day >= 36 && day <= 39;
	bool free = day % 7 >= 5 || easter || planning || schools;

	return (exp(-pow((hour - 12) / 3.2, 2)) + 0.02) * (free ? 0.06 : 1);
}

static struct cell *cell_of(
	struct month *month, uint32_t slot, unsigned unit, uint16_t app, unsigned place)
{
	struct cell *cell = &month->cells[month->cell_count++];

	memset(cell, 0, sizeof(*cell));
	cell->key = (struct cell_key){ .slot = slot,
		.unit = month->units[unit],
		.app = app,
		.server_country = cell_country(places[place].country),
		.zone = places[place].zone,
		.direction = RECORD_DIRECTION_OUTBOUND };
	return cell;
}

/* What one app of one unit came to, and a record that could be its largest flow. */
static void put(struct month *month, uint32_t slot, unsigned unit, uint16_t app, const char *parent,
	unsigned place, double up, double down, month_see *see, void *context)
{
	static struct record record;
	struct cell *cell = cell_of(month, slot, unit, app, place);
	char country[3];

	snprintf(country, sizeof(country), "%s", parent);
	cell->key.parent_country = cell_country(country);
	cell->key.hidden = app ? 0 : 1 + UNNAMED_NAME_NOT_LISTED;
	cell->sums = (struct cell_sums){
		.flows = 1, .bytes_up = (uint64_t)up, .bytes_down = (uint64_t)down
	};
	record.flow.flow_id = (uint64_t)slot << 32 | unit << 24 | place << 16 | app;
	record.flow.flow_start_ns = record.flow.start_ns = slot * SLOT_NS;
	record.flow.end_ns = slot * SLOT_NS + 200 * NS_PER_S;
	record.flow.part = 1;
	record.flow.bytes[0] = (uint64_t)(up / 2);
	record.flow.bytes[1] = (uint64_t)(down / 2);
	addr_parse("10.40.0.10", &record.flow.source);
	addr_parse("192.0.2.80", &record.flow.destination);
	record.decision.unit = month->units[unit];
	record.verdict.app = app;
	memcpy(record.verdict.parent_country, country, sizeof(country));
	memcpy(record.place.country, places[place].country, 3);
	record.place.zone = places[place].zone;
	see(context, &record);
}

/* Bytes of so many sessions, each of which may be large. */
static double bytes_of(struct month *month, unsigned sessions, double mean)
{
	return sessions ? sessions * mean * exp(0.9 * normal(month) / sqrt(sessions)) : 0;
}

static void change(const struct month *month, uint32_t slot, unsigned unit, unsigned app,
	double *up, double *down)
{
	const struct month_series *series = &month->series[unit][app];
	double noon_up = series->sessions * series->up, noon_down = series->sessions * series->down;

	*up += is_on(month, BURST, slot) && unit == 3 && app == 0 ? 40 * noon_up : 0;
	*up += is_on(month, SLOW, slot) && unit == 5 && app == 2 ? 1.5 * noon_up : 0;
	*up *= is_on(month, PEERS, slot) && unit == 8 && app == 1 ? 2.5 : 1;
	*down += is_on(month, DOWNLOAD, slot) && unit == 6 && app == 4 ? 25 * noon_down : 0;
	if (month->options.has_incidents && unit == 2 && app == 3 &&
		slot >= MONTH_FIRST_SLOT + 19 * MONTH_DAY &&
		slot < month->incidents[SILENCE].first_slot) {
		*up = *down = 0;
	}
}

static void put_unnamed(struct month *month, uint32_t slot, unsigned unit, double busy_now,
	month_see *see, void *context)
{
	double sessions = 10 * busy_now;
	unsigned number = poisson(month, sessions);
	double down = bytes_of(month, number, 200e3), up = bytes_of(month, number, 30e3);

	up += is_on(month, SPLIT, slot) && unit == 4 ? 900e3 : 0;
	down *= is_on(month, UNNAMED, slot) && unit == 0 ? 400 : 1;
	if (up + down > 0) {
		put(month, slot, unit, 0, "", 1, up, down, see, context);
	}
}

static void put_unit(
	struct month *month, uint32_t slot, unsigned unit, month_see *see, void *context)
{
	double busy_now = busy(unit, slot) * exp(0.15 * month->moods[unit]);

	for (unsigned app = 0; app < month->options.apps; app++) {
		const struct month_series *series = &month->series[unit][app];
		if (series->sessions == 0) {
			continue;
		}
		unsigned number = poisson(month, series->sessions * busy_now);
		double up = bytes_of(month, number, series->up);
		double down = bytes_of(month, number, series->down);
		change(month, slot, unit, app, &up, &down);
		if (up + down > 0) {
			unsigned place = month->places[app][share(month) < 0.2];
			put(month, slot, unit, month->apps[app], month->parents[app], place, up,
				down, see, context);
		}
	}
	put_unnamed(month, slot, unit, busy_now, see, context);
}

/* Two flows to what a rule denies: the block stops them, or lets them through. */
static void put_denied(struct month *month, uint32_t slot, uint8_t verdict, bool passes,
	month_see *see, void *context)
{
	static struct record record;
	struct cell *cell = cell_of(month, slot, 10, month->tiktok, SINGAPORE);

	cell->key.rule = symbol_find(SYMBOL_RULE, "neka-tiktok");
	cell->key.action = POLICY_ACTION_DENY;
	cell->key.verdict = verdict;
	cell->key.block = passes ? BLOCK_PASSED : BLOCK_DROPPED;
	cell->sums = (struct cell_sums){ .flows = 2, .bytes_up = 300 };
	cell->sums.bytes_down = passes && verdict == POLICY_VERDICT_VIOLATION ? 800000 : 0;
	for (unsigned i = 0; i < 2; i++) {
		record.flow.flow_id = (uint64_t)slot << 32 | verdict << 8 | (passes ? 2 : 0) | i;
		record.flow.flow_start_ns = record.flow.start_ns = slot * SLOT_NS + i * NS_PER_S;
		record.flow.end_ns = slot * SLOT_NS + 100 * NS_PER_S;
		record.flow.part = 1; /* no call: those are of put_calls() */
		record.flow.bytes[0] = cell->sums.bytes_up / 2;
		record.flow.bytes[1] = cell->sums.bytes_down / 2;
		addr_parse("10.40.10.17", &record.flow.source);
		addr_parse("192.0.2.90", &record.flow.destination);
		record.decision.unit = month->units[10];
		record.decision.verdict = verdict;
		record.decision.block = cell->key.block;
		record.verdict.app = month->tiktok;
		memcpy(record.place.country, "SG", 3);
		record.place.zone = GEO_ZONE_THIRD;
		see(context, &record);
	}
}

static void put_special(struct month *month, uint32_t slot, month_see *see, void *context)
{
	uint32_t minute = slot % 12;

	if (is_on(month, NEW_APP, slot) && minute < 3) {
		put(month, slot, 6, month->fresh_app, "CN", 4, 40e3, 300e3, see, context);
	}
	if (is_on(month, NEW_COUNTRY, slot)) {
		put(month, slot, 7, month->apps[1], month->parents[1], VIETNAM, 20e3, 90e3, see,
			context);
	}
	for (unsigned unit = 0; unit < 6 && unit < month->options.units; unit++) {
		if (is_on(month, WAVE, slot) &&
			slot >= month->incidents[WAVE].first_slot + 20 * unit && minute == 0) {
			put(month, slot, unit, month->wave_app, "CN", 4, 30e3, 2e6, see, context);
		}
	}
	if (is_on(month, TRANSFER, slot)) {
		put(month, slot, 1, month->apps[0], month->parents[0], CHINA, 30e6, 1e6, see,
			context);
	}
	if (is_on(month, INFERRED, slot) && minute < 4 && busy(9, slot) > 0.2) {
		put(month, slot, 9, month->tiktok, "", SINGAPORE, 50e3, 4e6, see, context);
		month->cells[month->cell_count - 1].key.inferred = true;
		month->cells[month->cell_count - 1].key.hidden = 1 + UNNAMED_ENCRYPTED_HELLO;
	}
	bool tries = month->options.has_incidents && minute == 5 && busy(10, slot) > 0.2;
	bool leaks = is_on(month, LEAK, slot);
	if (tries || leaks) {
		put_denied(month, slot, POLICY_VERDICT_VIOLATION, leaks, see, context);
	}
	if (tries) { /* who has an exception comes through, and that is no leak */
		put_denied(month, slot, POLICY_VERDICT_EXCEPTED, true, see, context);
	}
}

/* The beginning of a flow. name: NULL none was seen. */
static void call(struct month *month, double at_ns, unsigned device, const char *name, uint32_t asn,
	bool is_known, month_see *see, void *context)
{
	static struct record record;
	char address[32];

	memset(&record, 0, offsetof(struct record, l7.text));
	snprintf(address, sizeof(address), "10.40.%u.%u", device % month->options.units,
		10 + device / month->options.units);
	addr_parse(address, &record.flow.source);
	snprintf(address, sizeof(address), "198.51.%u.%u", asn % 100, asn % 250);
	addr_parse(address, &record.flow.destination);
	record.flow.flow_id = (uint64_t)at_ns ^ device;
	record.flow.flow_start_ns = record.flow.start_ns = (uint64_t)at_ns;
	record.flow.end_ns = (uint64_t)at_ns + NS_PER_S;
	record.flow.bytes[0] = 900 + device % 7 * 50;
	record.flow.bytes[1] = 4000;
	record.flow.start_seen = true;
	record.device.identity = record.flow.source;
	record.decision.unit = month->units[device % month->options.units];
	record.verdict.app = is_known ? month->apps[asn % SERIOUS] : 0;
	record.place.asn = asn;
	memcpy(record.place.country, "DE", 3);
	record.place.zone = GEO_ZONE_EU;
	record.l7.protocol = L7_TLS;
	if (name) {
		l7_info_add_name(&record.l7, NAME_TLS_SNI, name, strlen(name));
	}
	see(context, &record);
}

static double within(struct month *month, uint32_t slot)
{
	return ((double)slot + share(month)) * (double)SLOT_NS;
}

/* Devices browse; what no catalogue knows goes to many places, each seldom. */
static void put_calls(struct month *month, uint32_t slot, month_see *see, void *context)
{
	char name[64];

	for (unsigned device = 0; device < month->options.devices; device++) {
		double mean = CALLS_AN_HOUR / 12.0 * busy(device % month->options.units, slot);
		for (unsigned i = poisson(month, mean); i > 0; i--) {
			double rank = pow(share(month), 3);
			bool is_known = share(month) < 0.85;
			snprintf(name, sizeof(name), "www%u.example.org",
				(unsigned)(rank * UNKNOWN_PLACES));
			call(month, within(month, slot), device, name, 1000 + (unsigned)(rank * 40),
				is_known, see, context);
		}
	}
	if (is_on(month, UNRESOLVED, slot) && slot % 2) {
		call(month, within(month, slot), 2, NULL, 1003, false, see, context);
	}
	if (is_on(month, NEW_NETWORK, slot)) {
		call(month, within(month, slot), 1, "new.example.net", 64500, false, see, context);
	}
	if (!is_on(month, BEACON, slot) || busy(2, slot) < 0.1) {
		month->beacon_ns = 0;
		return;
	}
	if (month->beacon_ns == 0) {
		month->beacon_ns = within(month, slot);
	}
	while (month->beacon_ns < (double)(slot + 1) * (double)SLOT_NS) {
		call(month, month->beacon_ns, 14, "cdn7.example.com", 1009, false, see, context);
		month->beacon_ns += 600e9 * (1 + 0.3 * (2 * share(month) - 1));
	}
}

void month_slot(struct month *month, uint32_t slot, month_see *see, void *context)
{
	month->cell_count = 0;
	if (slot % MONTH_DAY == 0) {
		for (unsigned unit = 0; unit < month->options.units; unit++) {
			month->moods[unit] = 0.7 * month->moods[unit] + 0.7 * normal(month);
		}
	}
	put_calls(month, slot, see, context);
	for (unsigned unit = 0; unit < month->options.units; unit++) {
		put_unit(month, slot, unit, see, context);
	}
	put_special(month, slot, see, context);
}
