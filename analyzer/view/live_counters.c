#include "analyzer/record/symbols.h"
#include "analyzer/view/live_counters.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/view/live_snapshot.h"
#include "analyzer/rollup/distinct.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/hash.h"

enum {
	INDEX_SLOTS = 2 * LIVE_COUNTERS_ROWS_MAX, /* a power of two */
	KNOWN_KINDS = 4096,                       /* likewise */
	ALERTS_SHOWN = 30
};

#define DAY_NS (24 * 3600 * NS_PER_S)

struct row {
	char series[LIVE_SNAPSHOT_NAME_MAX + 1];
	uint8_t dimension;
	uint32_t slots[LIVE_SNAPSHOT_HOUR_SLOTS]; /* since 1970: whose sums stand there */
	uint64_t up[LIVE_SNAPSHOT_HOUR_SLOTS], down[LIVE_SNAPSHOT_HOUR_SLOTS];
	uint32_t day;
	uint64_t day_up, day_down;
	uint64_t last_device;
	struct distinct devices; /* of that day */
};

/* Whatever of a record says which rows it belongs to, and those rows. */
struct kind {
	bool is_known;
	uint16_t app, unit, class_;
	uint8_t zone;
	char server[3], parent[3];
	struct row *rows[METER_DIMENSION_COUNT];
};

struct sink {
	struct live_counters *counters;
};

struct live_counters {
	struct sink sink;
	const struct alerts *alerts;
	struct hash_key key;
	struct row *rows[LIVE_COUNTERS_ROWS_MAX +
			 METER_DIMENSION_COUNT]; /* the last ones are "other" */
	uint32_t row_count;
	uint32_t index[INDEX_SLOTS]; /* place in rows + 1; 0 empty */
	struct kind kinds[KNOWN_KINDS];
	uint32_t today;
	struct live_snapshot snapshot; /* to sort out small groups */
	struct text back;

	pthread_mutex_t said; /* guards what follows */
	struct text front;
};

struct live_counters *live_counters_create(const struct alerts *alerts)
{
	struct live_counters *counters = calloc(1, sizeof(*counters));

	if (counters) {
		counters->sink.counters = counters;
		counters->alerts = alerts;
		counters->key = hash_key_random();
		live_snapshot_init(&counters->snapshot);
		text_init_heap(&counters->back);
		text_init_heap(&counters->front);
		pthread_mutex_init(&counters->said, NULL);
	}
	return counters;
}

static void free_row(struct row *row)
{
	if (row) {
		distinct_deinit(&row->devices);
		free(row);
	}
}

void live_counters_destroy(struct live_counters *counters)
{
	if (!counters) {
		return;
	}
	for (unsigned i = 0; i < LIVE_COUNTERS_ROWS_MAX + METER_DIMENSION_COUNT; i++) {
		free_row(counters->rows[i]);
	}
	live_snapshot_deinit(&counters->snapshot);
	text_deinit(&counters->back);
	text_deinit(&counters->front);
	pthread_mutex_destroy(&counters->said);
	free(counters);
}

struct sink *live_counters_sink(struct live_counters *counters)
{
	return &counters->sink;
}

static const char *country(const char code[3])
{
	return code[0] ? code : "unknown";
}

/* Words of the policy may hold anything; a tab or a line's end would break the text. */
static void put_word(char *series, size_t bytes, const char *word)
{
	snprintf(series, bytes, "%s", word[0] ? word : "none");
	for (char *at = series; *at; at++) {
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	}
}

static void name_series(
	const struct kind *kind, unsigned dimension, char series[LIVE_SNAPSHOT_NAME_MAX + 1])
{
	enum { BYTES = LIVE_SNAPSHOT_NAME_MAX + 1 };
	const char *app = kind->app ? symbol_name(SYMBOL_APP, kind->app) : "unknown";
	const char *unit = symbol_name(SYMBOL_UNIT, kind->unit);
	const char *server = kind->zone == GEO_ZONE_INTERNAL ? "internal" : country(kind->server);

	switch (dimension) {
	case METER_APP:
		put_word(series, BYTES, app);
		break;
	case METER_APP_UNIT:
		snprintf(series, BYTES, "%.40s@%.50s", app, unit[0] ? unit : "none");
		break;
	case METER_UNIT:
		put_word(series, BYTES, unit);
		break;
	case METER_SERVER:
		put_word(series, BYTES, server);
		break;
	case METER_PARENT:
		put_word(series, BYTES, country(kind->parent));
		break;
	case METER_ZONE:
		put_word(series, BYTES, geo_zone_name(kind->zone));
		break;
	case METER_CLASS:
		put_word(series, BYTES, symbol_name(SYMBOL_CLASS, kind->class_));
		break;
	default:
		snprintf(series, BYTES, "%s-%s", server, country(kind->parent));
		break;
	}
}

static uint32_t find_slot(
	const struct live_counters *counters, unsigned dimension, const char *series)
{
	uint64_t hash = hash_bytes(&counters->key, series, strlen(series)) + dimension;

	for (uint32_t slot = hash % INDEX_SLOTS;; slot = (slot + 1) % INDEX_SLOTS) {
		const struct row *row =
			counters->index[slot] ? counters->rows[counters->index[slot] - 1] : NULL;
		if (!row || (row->dimension == dimension && strcmp(row->series, series) == 0)) {
			return slot;
		}
	}
}

static struct row *make_row(unsigned dimension, const char *series)
{
	struct row *row = calloc(1, sizeof(*row));

	if (row) {
		row->dimension = (uint8_t)dimension;
		snprintf(row->series, sizeof(row->series), "%s", series);
	}
	return row;
}

/* The row of a series, or "other" of its dimension; NULL where memory is out. */
static struct row *find_row(struct live_counters *counters, unsigned dimension, const char *series)
{
	uint32_t slot = find_slot(counters, dimension, series);
	struct row **other = &counters->rows[LIVE_COUNTERS_ROWS_MAX + dimension];

	if (counters->index[slot]) {
		return counters->rows[counters->index[slot] - 1];
	}
	if (counters->row_count == LIVE_COUNTERS_ROWS_MAX) {
		*other = *other ? *other : make_row(dimension, "other");
		return *other;
	}
	struct row *row = make_row(dimension, series);
	if (row) {
		counters->rows[counters->row_count++] = row;
		counters->index[slot] = counters->row_count;
	}
	return row;
}

static void set_kind(struct kind *kind, const struct record *record)
{
	*kind = (struct kind){ .is_known = true,
		.app = record->verdict.app,
		.unit = record->decision.unit,
		.class_ = record->decision.class_,
		.zone = record->place.zone };
	memcpy(kind->server, record->place.country, 2);
	memcpy(kind->parent, record->verdict.parent_country, 2);
}

static bool is_of_kind(const struct kind *kind, const struct record *record)
{
	return kind->is_known && kind->app == record->verdict.app &&
	       kind->unit == record->decision.unit && kind->class_ == record->decision.class_ &&
	       kind->zone == record->place.zone &&
	       memcmp(kind->server, record->place.country, 2) == 0 &&
	       memcmp(kind->parent, record->verdict.parent_country, 2) == 0;
}

/* Most records are of a kind that came before: eight names are made for the first only. */
static const struct kind *find_kind(struct live_counters *counters, const struct record *record)
{
	uint32_t mixed = record->verdict.app * 31u + record->decision.unit * 1009u +
			 record->decision.class_ * 9973u + record->place.zone * 101u +
			 (uint8_t)record->place.country[0] * 547u +
			 (uint8_t)record->place.country[1] * 3571u;
	struct kind *kind = &counters->kinds[mixed % KNOWN_KINDS];
	char series[LIVE_SNAPSHOT_NAME_MAX + 1];

	if (is_of_kind(kind, record)) {
		return kind;
	}
	set_kind(kind, record);
	for (unsigned i = 0; i < METER_DIMENSION_COUNT; i++) {
		name_series(kind, i, series);
		kind->rows[i] = find_row(counters, i, series);
	}
	return kind;
}

static void add_device(struct row *row, uint32_t day, uint64_t device)
{
	if (row->day < day) {
		distinct_deinit(&row->devices);
		memset(&row->devices, 0, sizeof(row->devices));
		row->day = day;
		row->day_up = row->day_down = row->last_device = 0;
	}
	if (row->day == day && row->last_device != device) {
		row->last_device = device;
		distinct_add(&row->devices, device);
	}
}

static void add_bytes(struct row *row, uint32_t slot, uint64_t up, uint64_t down)
{
	unsigned at = slot % LIVE_SNAPSHOT_HOUR_SLOTS;

	if (row->slots[at] < slot) {
		row->slots[at] = slot;
		row->up[at] = row->down[at] = 0;
	}
	if (row->slots[at] == slot) {
		row->up[at] += up;
		row->down[at] += down;
	}
}

static void add_record(struct live_counters *counters, const struct record *record)
{
	const struct addr *own = record_own_addr(record);
	const struct kind *kind = find_kind(counters, record);
	uint64_t device = hash_bytes(&counters->key, own, sizeof(*own));
	uint64_t up = record_bytes_up(record), down = record_bytes_down(record);
	uint32_t slot = (uint32_t)(record->flow.start_ns / SLOT_NS);
	uint32_t day = (uint32_t)(record->flow.start_ns / DAY_NS);

	for (unsigned i = 0; i < METER_DIMENSION_COUNT; i++) {
		struct row *row = kind->rows[i];
		if (row) {
			add_device(row, day, device);
			add_bytes(row, slot, up, down);
			row->day_up += row->day == day ? up : 0;
			row->day_down += row->day == day ? down : 0;
		}
	}
}

static int live_counters_write(struct sink *sink, const struct reference *reference,
	const struct record *records, size_t count, struct err *err)
{
	struct live_counters *counters = sink->counters;

	(void)reference, (void)err;
	for (size_t i = 0; i < count; i++) {
		add_record(counters, &records[i]);
	}
	return 0;
}

static void put_in_snapshot(struct live_counters *counters, const struct row *row, uint64_t now_ns)
{
	uint32_t slot = (uint32_t)(now_ns / SLOT_NS);
	struct live_snapshot_row sums = { .devices = distinct_count(&row->devices) };
	uint64_t any = 0;

	for (unsigned i = 0; i < LIVE_SNAPSHOT_HOUR_SLOTS; i++) {
		bool is_recent = row->slots[i] + 1 >= slot;
		if (row->slots[i] + LIVE_SNAPSHOT_HOUR_SLOTS > slot) {
			sums.up[LIVE_SNAPSHOT_HOUR] += row->up[i];
			sums.down[LIVE_SNAPSHOT_HOUR] += row->down[i];
			sums.up[LIVE_SNAPSHOT_RECENT] += is_recent ? row->up[i] : 0;
			sums.down[LIVE_SNAPSHOT_RECENT] += is_recent ? row->down[i] : 0;
		}
	}
	if (row->day == now_ns / DAY_NS) {
		sums.up[LIVE_SNAPSHOT_DAY] = row->day_up;
		sums.down[LIVE_SNAPSHOT_DAY] = row->day_down;
	}
	any = sums.up[LIVE_SNAPSHOT_HOUR] + sums.down[LIVE_SNAPSHOT_HOUR] +
	      sums.up[LIVE_SNAPSHOT_DAY] + sums.down[LIVE_SNAPSHOT_DAY];
	struct live_snapshot_row *shown =
		any ? live_snapshot_add_row(&counters->snapshot, row->dimension, row->series)
		    : NULL;
	if (shown) {
		shown->devices = sums.devices;
		memcpy(shown->up, sums.up, sizeof(sums.up));
		memcpy(shown->down, sums.down, sizeof(sums.down));
	}
}

/* Never the device: that is for those who may see it, with a reason. */
static void put_alert(
	const struct reference *reference, struct text *text, const struct alert *alert)
{
	const char *unit = symbol_name(SYMBOL_UNIT, alert->unit);
	struct live_snapshot_alert shown = { .time_ns = alert->last_ns };
	struct text sentence;

	alert_format_id(alert, shown.id);
	snprintf(shown.kind, sizeof(shown.kind), "%s", alert_kind_name(alert->kind));
	text_init(&sentence, shown.sentence, sizeof(shown.sentence));
	text_printf(&sentence, "%s%s%s: %" PRIu64 " flow%s, ", alert_app_name(alert, reference),
		unit[0] ? " in " : "", unit, alert->flows, alert->flows == 1 ? "" : "s");
	text_put_size(&sentence, alert->bytes_up);
	text_put(&sentence, " sent");
	for (char *at = shown.sentence; *at; at++) {
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	}
	live_snapshot_put_alert(text, &shown);
}

static void put_alerts(
	const struct live_counters *counters, const struct reference *reference, struct text *text)
{
	const struct alert *latest[ALERTS_SHOWN];
	size_t count = counters->alerts ? alerts_latest(counters->alerts, latest, ALERTS_SHOWN) : 0;

	for (size_t i = 0; i < count; i++) {
		put_alert(reference, text, latest[i]);
	}
}

/* A new day: what nobody sent anything to for an hour makes room. */
static void forget_idle(struct live_counters *counters, uint32_t slot)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < counters->row_count; i++) {
		struct row *row = counters->rows[i];
		uint32_t latest = 0;
		for (unsigned s = 0; s < LIVE_SNAPSHOT_HOUR_SLOTS; s++) {
			latest = row->slots[s] > latest ? row->slots[s] : latest;
		}
		counters->rows[i] = NULL;
		if (latest + LIVE_SNAPSHOT_HOUR_SLOTS > slot) {
			counters->rows[kept++] = row;
		} else {
			free_row(row);
		}
	}
	counters->row_count = kept;
	memset(counters->index, 0, sizeof(counters->index));
	memset(counters->kinds, 0, sizeof(counters->kinds));
	for (uint32_t i = 0; i < kept; i++) {
		const struct row *row = counters->rows[i];
		counters->index[find_slot(counters, row->dimension, row->series)] = i + 1;
	}
}

static int live_counters_flush(struct sink *sink, const struct reference *reference,
	uint64_t now_ns, struct err *err)
{
	struct live_counters *counters = sink->counters;
	uint32_t day = (uint32_t)(now_ns / DAY_NS);

	(void)err;
	if (day != counters->today) {
		forget_idle(counters, (uint32_t)(now_ns / SLOT_NS));
		counters->today = day;
	}
	live_snapshot_clear(&counters->snapshot);
	for (unsigned i = 0; i < LIVE_COUNTERS_ROWS_MAX + METER_DIMENSION_COUNT; i++) {
		if (counters->rows[i]) {
			put_in_snapshot(counters, counters->rows[i], now_ns);
		}
	}
	unsigned k = policy_header(reference->policy)->group_minimum;
	live_snapshot_suppress(&counters->snapshot, k);
	text_clear(&counters->back);
	text_printf(&counters->back, "snapshot\t-\t%" PRIu64 "\t%u\n", now_ns, k);
	for (size_t i = 0; i < counters->snapshot.row_count; i++) {
		live_snapshot_put_row(&counters->back, &counters->snapshot.rows[i]);
	}
	put_alerts(counters, reference, &counters->back);
	pthread_mutex_lock(&counters->said);
	struct text front = counters->front;
	counters->front = counters->back;
	counters->back = front;
	pthread_mutex_unlock(&counters->said);
	return 0;
}

static int live_counters_open(
	struct sink **sink, const struct sink_options *options, struct err *err)
{
	(void)sink, (void)options;
	return err_set(err, ENOTSUP, "live counters are made by live_counters_create()");
}

static int live_counters_close(struct sink *sink, struct err *err)
{
	(void)sink, (void)err;
	return 0;
}

const struct sink_ops live_counters_sink_ops = {
	.name = "top",
	.open = live_counters_open,
	.write = live_counters_write,
	.flush = live_counters_flush,
	.close = live_counters_close,
};

void live_counters_read(struct live_counters *counters, struct text *text)
{
	pthread_mutex_lock(&counters->said);
	text_put_bytes(text, counters->front.at, counters->front.length);
	pthread_mutex_unlock(&counters->said);
}
