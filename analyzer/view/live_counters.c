#include "analyzer/view/live_counters.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/series.h"
#include "analyzer/view/live_protect.h"
#include "analyzer/view/live_rows.h"
#include "analyzer/view/live_snapshot.h"
#include "base/clock.h"

enum { ALERTS_SHOWN = 30 };

#define DAY_NS (24 * 3600 * NS_PER_S)

struct sink {
	struct live_counters *counters;
};

struct live_counters {
	struct sink sink;
	const struct alerts *alerts;
	struct live_rows *rows;
	uint32_t today;
	struct live_snapshot snapshot; /* to sort out small groups */
	struct text back;

	pthread_mutex_t said; /* guards what follows */
	struct text front;
};

struct live_counters *live_counters_create(const struct alerts *alerts)
{
	struct live_counters *counters = calloc(1, sizeof(*counters));

	if (!counters) {
		return NULL;
	}
	counters->sink.counters = counters;
	counters->alerts = alerts;
	counters->rows = live_rows_create();
	live_snapshot_init(&counters->snapshot);
	text_init_heap(&counters->back);
	text_init_heap(&counters->front);
	pthread_mutex_init(&counters->said, NULL);
	if (!counters->rows) {
		live_counters_destroy(counters);
		return NULL;
	}
	return counters;
}

void live_counters_destroy(struct live_counters *counters)
{
	if (!counters) {
		return;
	}
	live_rows_destroy(counters->rows);
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

/* Words of the policy may hold anything; a tab or a line's end would break the text. */
static void put_word(struct text *text, const char *word, size_t most)
{
	text_put_bytes(text, word, strnlen(word, most));
	for (char *at = text->at; *at; at++) {
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	}
}

static void put_symbol(
	struct text *text, enum symbol_kind kind, uint32_t symbol, const char *none, size_t most)
{
	const char *name = symbol_name(kind, (uint16_t)symbol);

	put_word(text, name[0] ? name : none, most);
}

static void name_series(uint64_t series, char name[LIVE_SNAPSHOT_NAME_MAX + 1])
{
	enum { APP_MOST = 40, UNIT_MOST = 50 };
	uint32_t first = series_first(series), second = series_second(series);
	unsigned dimension = series_dimension(series);
	struct text text;

	text_init(&text, name, LIVE_SNAPSHOT_NAME_MAX + 1);
	if (series == series_other(dimension)) {
		text_put(&text, "other");
		return;
	}
	switch (dimension) {
	case DIMENSION_APP:
	case DIMENSION_INFERRED:
		put_symbol(&text, SYMBOL_APP, first, "unknown", LIVE_SNAPSHOT_NAME_MAX);
		break;
	case DIMENSION_APP_UNIT:
		put_symbol(&text, SYMBOL_APP, first, "unknown", APP_MOST);
		text_put_char(&text, '@');
		put_symbol(&text, SYMBOL_UNIT, second, "none", UNIT_MOST);
		break;
	case DIMENSION_UNIT:
		put_symbol(&text, SYMBOL_UNIT, first, "none", LIVE_SNAPSHOT_NAME_MAX);
		break;
	case DIMENSION_CLASS:
		put_symbol(&text, SYMBOL_CLASS, first, "none", LIVE_SNAPSHOT_NAME_MAX);
		break;
	case DIMENSION_ZONE:
	case DIMENSION_CONTROL:
		text_put(&text, geo_zone_name(first));
		break;
	case DIMENSION_RULE:
		put_symbol(&text, SYMBOL_RULE, first, "none", LIVE_SNAPSHOT_NAME_MAX);
		break;
	case DIMENSION_VERDICT:
		text_put(&text, policy_verdict_name(first));
		break;
	case DIMENSION_BLOCK:
		text_put(&text, block_outcome_name(first));
		break;
	case DIMENSION_HIDDEN:
		text_put(&text, cell_hidden_name(first));
		break;
	case DIMENSION_MATRIX:
		series_put_country(&text, first);
		text_put_char(&text, '-');
		series_put_country(&text, second);
		break;
	default:
		series_put_country(&text, first);
		break;
	}
}

static int live_counters_write(struct sink *sink, const struct reference *reference,
	const struct cell *cells, size_t count, struct err *err)
{
	(void)reference, (void)err;
	live_rows_add(sink->counters->rows, cells, count);
	return 0;
}

static void put_in_snapshot(
	struct live_counters *counters, const struct live_row *row, uint64_t now_ns)
{
	uint32_t now = (uint32_t)(now_ns / SLOT_NS);
	struct live_snapshot_row sums = { .devices = 0 };
	uint64_t any = 0;
	char name[LIVE_SNAPSHOT_NAME_MAX + 1];

	for (unsigned i = 0; i < LIVE_ROW_SLOTS; i++) {
		const struct live_slot *slot = &row->slots[i];
		bool is_recent = slot->number + 1 >= now;
		if (slot->number + LIVE_ROW_SLOTS > now) {
			sums.up[LIVE_SNAPSHOT_HOUR] += slot->up;
			sums.down[LIVE_SNAPSHOT_HOUR] += slot->down;
			sums.up[LIVE_SNAPSHOT_RECENT] += is_recent ? slot->up : 0;
			sums.down[LIVE_SNAPSHOT_RECENT] += is_recent ? slot->down : 0;
		}
	}
	if (row->day == now_ns / DAY_NS) {
		sums.up[LIVE_SNAPSHOT_DAY] = row->day_up;
		sums.down[LIVE_SNAPSHOT_DAY] = row->day_down;
		sums.devices = devices_count(&row->devices);
	}
	any = sums.up[LIVE_SNAPSHOT_HOUR] + sums.down[LIVE_SNAPSHOT_HOUR] +
	      sums.up[LIVE_SNAPSHOT_DAY] + sums.down[LIVE_SNAPSHOT_DAY];
	name_series(row->series, name);
	struct live_snapshot_row *shown = any ? live_snapshot_add_row(&counters->snapshot,
							series_dimension(row->series), name)
					      : NULL;
	if (shown) {
		shown->devices = sums.devices;
		shown->live = row;
		memcpy(shown->up, sums.up, sizeof(sums.up));
		memcpy(shown->down, sums.down, sizeof(sums.down));
	}
}

static void put_alert(
	const struct reference *reference, struct text *text, const struct alert *alert)
{
	struct live_snapshot_alert shown = { .time_ns = alert->last_ns };
	struct text sentence;

	alert_format_id(alert, shown.id);
	snprintf(shown.kind, sizeof(shown.kind), "%s", alert_kind_name(alert->kind));
	text_init(&sentence, shown.sentence, sizeof(shown.sentence));
	if (alert_is_of_policy(alert)) {
		/* Never the device: that is for those who may see it, with a reason. */
		alert_put_short(&sentence, alert, reference);
	} else {
		alert_put_sentence(&sentence, alert, reference);
	}
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

static int live_counters_flush(
	struct sink *sink, const struct reference *reference, uint64_t now_ns, struct err *err)
{
	struct live_counters *counters = sink->counters;
	uint32_t day = (uint32_t)(now_ns / DAY_NS);

	(void)err;
	if (day != counters->today) {
		live_rows_forget_idle(counters->rows, now_ns);
		counters->today = day;
	}
	live_snapshot_clear(&counters->snapshot);
	for (size_t i = 0; i < live_rows_count(counters->rows); i++) {
		put_in_snapshot(counters, live_rows_at(counters->rows, i), now_ns);
	}
	unsigned k = policy_header(reference->policy)->group_minimum;
	counters->snapshot.now_ns = now_ns;
	live_snapshot_protect(&counters->snapshot, k);
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
	.write_cells = live_counters_write,
	.flush = live_counters_flush,
	.close = live_counters_close,
};

void live_counters_read(struct live_counters *counters, struct text *text)
{
	pthread_mutex_lock(&counters->said);
	text_put_bytes(text, counters->front.at, counters->front.length);
	pthread_mutex_unlock(&counters->said);
}
