/* The text of a batch: sums and devices, sorted, a line for each series and day. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/meter.h"
#include "analyzer/rollup/series.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"

enum { DAYS_PER_WEEK = 7 };

#define DAY_NS        (24 * 3600 * NS_PER_S)
#define SLOTS_PER_DAY ((uint32_t)(DAY_NS / SLOT_NS))

/* 1970-01-01 was a Thursday; weeks begin on Mondays (ISO 8601). */
enum { THURSDAY = 3 };

/* Names of the policy, by the dimension whose values they are. */
static const char *name_of(unsigned dimension, uint32_t symbol)
{
	switch (dimension) {
	case DIMENSION_UNIT:
		return symbol_name(SYMBOL_UNIT, (uint16_t)symbol);
	case DIMENSION_CLASS:
		return symbol_name(SYMBOL_CLASS, (uint16_t)symbol);
	case DIMENSION_RULE:
		return symbol_name(SYMBOL_RULE, (uint16_t)symbol);
	case DIMENSION_EXCEPTION:
		return symbol_name(SYMBOL_EXCEPTION, (uint16_t)symbol);
	default:
		return "";
	}
}

/* A name in a key: a letter and its hash; the name itself goes into the dictionary. */
static void put_name(struct text *text, unsigned dimension, uint32_t symbol)
{
	struct hash_key key = hash_key_fixed("borderflow series");
	const char *name = name_of(dimension, symbol);

	if (name[0] == '\0') {
		text_put(text, "none");
	} else {
		text_printf(text, "%c%08" PRIx32, dimension_letter(dimension),
			(uint32_t)hash_bytes(&key, name, strlen(name)));
	}
}

/* Ids of the catalogue are lower-case words, but a user's file may hold anything: what could break
 * a line or a key becomes an underscore. */
static void put_app(struct text *text, uint32_t app)
{
	const char *id = app ? symbol_name(SYMBOL_APP, (uint16_t)app) : "unknown";

	for (; *id; id++) {
		bool is_plain = (*id >= 'a' && *id <= 'z') || (*id >= 'A' && *id <= 'Z') ||
				(*id >= '0' && *id <= '9') || strchr("._-", *id);
		text_put_char(text, is_plain ? *id : '_');
	}
}

static void put_series(struct text *text, uint64_t series)
{
	uint32_t first = series_first(series), second = series_second(series);

	if (series == series_other(series_dimension(series))) {
		text_put(text, "other");
		return;
	}
	switch ((enum dimension)series_dimension(series)) {
	case DIMENSION_APP:
	case DIMENSION_INFERRED:
		put_app(text, first);
		break;
	case DIMENSION_APP_UNIT:
		put_app(text, first);
		text_put_char(text, '@');
		put_name(text, DIMENSION_UNIT, second);
		break;
	case DIMENSION_UNIT:
	case DIMENSION_CLASS:
	case DIMENSION_RULE:
	case DIMENSION_EXCEPTION:
		put_name(text, series_dimension(series), first);
		break;
	case DIMENSION_MATRIX:
		series_put_country(text, first);
		text_put_char(text, '-');
		series_put_country(text, second);
		break;
	case DIMENSION_SERVER:
	case DIMENSION_PARENT:
		series_put_country(text, first);
		break;
	case DIMENSION_ZONE:
	case DIMENSION_CONTROL:
		text_put(text, geo_zone_name(first));
		break;
	case DIMENSION_ACTION:
		text_put(text, policy_action_name(first));
		break;
	case DIMENSION_VERDICT:
		text_put(text, policy_verdict_name(first));
		break;
	case DIMENSION_BLOCK:
		text_put(text, block_outcome_name(first));
		break;
	case DIMENSION_HIDDEN:
		text_put(text, cell_hidden_name(first));
		break;
	case DIMENSION_DIRECTION:
		text_put(text, record_direction_name(first));
		break;
	case DIMENSION_VIA:
		text_put(text, record_via_name(first));
		break;
	case DIMENSION_PROTOCOL:
		text_put(text, first == L7_UNKNOWN ? "unknown" : l7_protocol_name(first));
		break;
	case DIMENSION_COUNT:
		break;
	}
}

/* "20260302" */
static void put_day(struct text *text, uint32_t day)
{
	char date[11];

	clock_format_date(day * DAY_NS, date);
	text_printf(text, "%.4s%.2s%.2s", date, date + 5, date + 8);
}

static uint32_t slot_day(uint32_t slot)
{
	return slot / SLOTS_PER_DAY;
}

/* The Monday of a day's week, as a day; the first week began before 1970 and is cut to it. */
static uint32_t week_start(uint32_t day)
{
	uint32_t into_week = (day + THURSDAY) % DAYS_PER_WEEK;

	return day > into_week ? day - into_week : 0;
}

/* By dimension and day, then series, then slot. */
static int compare_sums(const void *left, const void *right)
{
	const struct meter_sum *a = left, *b = right;
	unsigned a_dimension = series_dimension(a->series);
	unsigned b_dimension = series_dimension(b->series);

	if (a_dimension != b_dimension) {
		return a_dimension < b_dimension ? -1 : 1;
	}
	if (slot_day(a->slot) != slot_day(b->slot)) {
		return slot_day(a->slot) < slot_day(b->slot) ? -1 : 1;
	}
	if (a->series != b->series) {
		return a->series < b->series ? -1 : 1;
	}
	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

static int compare_devices(const void *left, const void *right)
{
	const struct meter_device *a = left, *b = right;

	if (a->series != b->series) {
		return a->series < b->series ? -1 : 1;
	}
	if (a->slot != b->slot) {
		return a->slot < b->slot ? -1 : 1;
	}
	return a->device < b->device ? -1 : a->device > b->device;
}

/* c: which dimension and day follow. */
static void put_day_line(struct text *text, const struct meter_sum *sum)
{
	uint32_t day = slot_day(sum->slot);

	text_printf(text, "c %s ", dimension_name(series_dimension(sum->series)));
	put_day(text, day);
	text_put_char(text, ' ');
	put_day(text, week_start(day));
	text_put_char(text, ' ');
	text_put_u64(text, day - week_start(day));
	text_put_char(text, '\n');
}

/* +: the slots of a series on that day, bytes up and down. */
static void put_bytes(struct text *text, const struct meter_sum *sums, size_t count)
{
	text_put_char(text, '+');
	put_series(text, sums->series);
	for (size_t i = 0; i < count; i++) {
		text_put_char(text, ' ');
		text_put_u64(text, sums[i].slot % SLOTS_PER_DAY);
		text_put_char(text, ' ');
		text_put_u64(text, sums[i].up);
		text_put_char(text, ' ');
		text_put_u64(text, sums[i].down);
	}
	text_put_char(text, '\n');
}

/* =: the same, flows; slots without any are left out. */
static void put_flows(struct text *text, const struct meter_sum *sums, size_t count)
{
	bool has_begun = false;

	for (size_t i = 0; i < count; i++) {
		if (sums[i].flows > 0) {
			if (!has_begun) {
				text_put_char(text, '=');
				put_series(text, sums->series);
				has_begun = true;
			}
			text_put_char(text, ' ');
			text_put_u64(text, sums[i].slot % SLOTS_PER_DAY);
			text_put_char(text, ' ');
			text_put_u64(text, sums[i].flows);
		}
	}
	text_put(text, has_begun ? "\n" : "");
}

/* ?: records of which what was sent, and what was got, is not known; rarely any. */
static void put_unseen(struct text *text, const struct meter_sum *sums, size_t count)
{
	bool has_begun = false;

	for (size_t i = 0; i < count; i++) {
		if (sums[i].unseen_up > 0 || sums[i].unseen_down > 0) {
			if (!has_begun) {
				text_put_char(text, '?');
				put_series(text, sums->series);
				has_begun = true;
			}
			text_printf(text, " %" PRIu32 " %" PRIu64 " %" PRIu64,
				sums[i].slot % SLOTS_PER_DAY, sums[i].unseen_up,
				sums[i].unseen_down);
		}
	}
	text_put(text, has_begun ? "\n" : "");
}

static bool is_same_day(const struct meter_sum *a, const struct meter_sum *b)
{
	return series_dimension(a->series) == series_dimension(b->series) &&
	       slot_day(a->slot) == slot_day(b->slot);
}

static void put_sums(struct text *text, const struct meter_sum *sums, size_t count)
{
	for (size_t first = 0, next; first < count; first = next) {
		const struct meter_sum *sum = &sums[first];
		for (next = first + 1; next < count && sums[next].series == sum->series &&
				       is_same_day(sum, &sums[next]);) {
			next++;
		}
		if (first == 0 || !is_same_day(&sums[first - 1], sum)) {
			put_day_line(text, sum);
		}
		put_bytes(text, sum, next - first);
		put_flows(text, sum, next - first);
		put_unseen(text, sum, next - first);
	}
}

/* d: of a series and day; s: and slot. */
static void begin_devices(struct text *text, const struct meter_device *device)
{
	unsigned dimension = series_dimension(device->series);
	bool is_by_slot = dimension_counts_slots(dimension);

	text_printf(text, "%c %s ", is_by_slot ? 's' : 'd', dimension_name(dimension));
	put_series(text, device->series);
	text_put_char(text, ' ');
	put_day(text, slot_day(device->slot));
	if (is_by_slot) {
		text_printf(text, " %" PRIu32, device->slot);
	}
}

/* The devices of each series and time, of both directions together. */
static void put_devices(struct text *text, const struct meter_device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct meter_device *device = &devices[i];
		if (i == 0 || device->series != device[-1].series ||
			device->slot != device[-1].slot) {
			text_put(text, i ? "\n" : "");
			begin_devices(text, device);
		}
		text_printf(text, " %016" PRIx64, device->device);
	}
	if (count > 0) {
		text_put_char(text, '\n');
	}
}

/* n: the names behind ids. */
static void put_names(struct text *text, const struct meter_sum *sums, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t series = sums[i].series;
		unsigned dimension = series_dimension(series);
		const char *name = name_of(dimension, series_first(series));
		bool is_told = i > 0 && series == sums[i - 1].series;
		if (name[0] != '\0' && series != series_other(dimension) && !is_told) {
			text_put(text, "n ");
			put_name(text, dimension, series_first(series));
			text_printf(text, " %s\n", name);
		}
	}
}

bool meter_put_batch(struct text *text, struct meter_sum *sums, size_t sum_count,
	struct meter_device *devices, size_t device_count)
{
	qsort(sums, sum_count, sizeof(*sums), compare_sums);
	qsort(devices, device_count, sizeof(*devices), compare_devices);
	put_names(text, sums, sum_count);
	put_devices(text, devices, device_count);
	put_sums(text, sums, sum_count);
	return !text->truncated;
}
