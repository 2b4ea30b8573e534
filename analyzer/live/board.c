#include "analyzer/live/board.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/live/picture.h"
#include "analyzer/meter/distinct.h"
#include "analyzer/policy/policy.h"
#include "base/clock.h"
#include "base/hash.h"

enum {
	INDEX_SLOTS = 2 * BOARD_ROWS_MAX, /* a power of two */
	KNOWN_KINDS = 4096,               /* likewise */
	ALERTS_SHOWN = 30
};

#define DAY_NS (24 * 3600 * NS_PER_S)

struct row {
	char series[PICTURE_NAME_MAX + 1];
	uint8_t dimension;
	uint32_t slots[PICTURE_HOUR_SLOTS]; /* since 1970: whose sums stand there */
	uint64_t up[PICTURE_HOUR_SLOTS], down[PICTURE_HOUR_SLOTS];
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
	struct board *board;
};

struct board {
	struct sink sink;
	const struct lexicon *lexicon;
	struct lexicon seen; /* its contents when the known kinds were made */
	const struct alerts *alerts;
	struct hash_key key;
	struct row *rows[BOARD_ROWS_MAX + METER_DIMENSION_COUNT]; /* the last ones are "other" */
	uint32_t row_count;
	uint32_t index[INDEX_SLOTS]; /* place in rows + 1; 0 empty */
	struct kind kinds[KNOWN_KINDS];
	uint32_t today;
	struct picture picture; /* to sort out small groups */
	struct text back;

	pthread_mutex_t said; /* guards what follows */
	struct text front;
};

struct board *board_create(const struct lexicon *lexicon, const struct alerts *alerts)
{
	struct board *board = calloc(1, sizeof(*board));

	if (board) {
		board->sink.board = board;
		board->lexicon = lexicon;
		board->alerts = alerts;
		board->key = hash_key_random();
		picture_init(&board->picture);
		text_init_heap(&board->back);
		text_init_heap(&board->front);
		pthread_mutex_init(&board->said, NULL);
	}
	return board;
}

static void free_row(struct row *row)
{
	if (row) {
		distinct_deinit(&row->devices);
		free(row);
	}
}

void board_destroy(struct board *board)
{
	if (!board) {
		return;
	}
	for (unsigned i = 0; i < BOARD_ROWS_MAX + METER_DIMENSION_COUNT; i++) {
		free_row(board->rows[i]);
	}
	picture_deinit(&board->picture);
	text_deinit(&board->back);
	text_deinit(&board->front);
	pthread_mutex_destroy(&board->said);
	free(board);
}

struct sink *board_sink(struct board *board)
{
	return &board->sink;
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

static void name_series(const struct lexicon *lexicon, const struct kind *kind, unsigned dimension,
	char series[PICTURE_NAME_MAX + 1])
{
	enum { BYTES = PICTURE_NAME_MAX + 1 };
	const char *app = kind->app ? catalogue_app(lexicon->catalogue, kind->app)->id : "unknown";
	const char *unit = policy_unit_name(lexicon->policy, kind->unit);
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
		put_word(series, BYTES, policy_class_name(lexicon->policy, kind->class_));
		break;
	default:
		snprintf(series, BYTES, "%s-%s", server, country(kind->parent));
		break;
	}
}

static uint32_t find_slot(const struct board *board, unsigned dimension, const char *series)
{
	uint64_t hash = hash_bytes(&board->key, series, strlen(series)) + dimension;

	for (uint32_t slot = hash % INDEX_SLOTS;; slot = (slot + 1) % INDEX_SLOTS) {
		const struct row *row =
			board->index[slot] ? board->rows[board->index[slot] - 1] : NULL;
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
static struct row *find_row(struct board *board, unsigned dimension, const char *series)
{
	uint32_t slot = find_slot(board, dimension, series);
	struct row **other = &board->rows[BOARD_ROWS_MAX + dimension];

	if (board->index[slot]) {
		return board->rows[board->index[slot] - 1];
	}
	if (board->row_count == BOARD_ROWS_MAX) {
		*other = *other ? *other : make_row(dimension, "other");
		return *other;
	}
	struct row *row = make_row(dimension, series);
	if (row) {
		board->rows[board->row_count++] = row;
		board->index[slot] = board->row_count;
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
static const struct kind *find_kind(struct board *board, const struct record *record)
{
	uint32_t mixed = record->verdict.app * 31u + record->decision.unit * 1009u +
			 record->decision.class_ * 9973u + record->place.zone * 101u +
			 (uint8_t)record->place.country[0] * 547u +
			 (uint8_t)record->place.country[1] * 3571u;
	struct kind *kind = &board->kinds[mixed % KNOWN_KINDS];
	char series[PICTURE_NAME_MAX + 1];

	if (is_of_kind(kind, record)) {
		return kind;
	}
	set_kind(kind, record);
	for (unsigned i = 0; i < METER_DIMENSION_COUNT; i++) {
		name_series(board->lexicon, kind, i, series);
		kind->rows[i] = find_row(board, i, series);
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
	unsigned at = slot % PICTURE_HOUR_SLOTS;

	if (row->slots[at] < slot) {
		row->slots[at] = slot;
		row->up[at] = row->down[at] = 0;
	}
	if (row->slots[at] == slot) {
		row->up[at] += up;
		row->down[at] += down;
	}
}

static void add_record(struct board *board, const struct record *record)
{
	const struct addr *own = record_own_addr(record);
	const struct kind *kind = find_kind(board, record);
	uint64_t device = hash_bytes(&board->key, own, sizeof(*own));
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

/* Rows of the old facts keep their names; which numbers mean them is learnt anew. */
static void notice_new_facts(struct board *board)
{
	if (memcmp(&board->seen, board->lexicon, sizeof(board->seen)) != 0) {
		memset(board->kinds, 0, sizeof(board->kinds));
		board->seen = *board->lexicon;
	}
}

static int board_write(
	struct sink *sink, const struct record *records, size_t count, struct err *err)
{
	struct board *board = sink->board;

	(void)err;
	notice_new_facts(board);
	for (size_t i = 0; i < count; i++) {
		add_record(board, &records[i]);
	}
	return 0;
}

static void put_in_picture(struct board *board, const struct row *row, uint64_t now_ns)
{
	uint32_t slot = (uint32_t)(now_ns / SLOT_NS);
	struct picture_row sums = { .devices = distinct_count(&row->devices) };
	uint64_t any = 0;

	for (unsigned i = 0; i < PICTURE_HOUR_SLOTS; i++) {
		bool is_recent = row->slots[i] + 1 >= slot;
		if (row->slots[i] + PICTURE_HOUR_SLOTS > slot) {
			sums.up[PICTURE_HOUR] += row->up[i];
			sums.down[PICTURE_HOUR] += row->down[i];
			sums.up[PICTURE_RECENT] += is_recent ? row->up[i] : 0;
			sums.down[PICTURE_RECENT] += is_recent ? row->down[i] : 0;
		}
	}
	if (row->day == now_ns / DAY_NS) {
		sums.up[PICTURE_DAY] = row->day_up;
		sums.down[PICTURE_DAY] = row->day_down;
	}
	any = sums.up[PICTURE_HOUR] + sums.down[PICTURE_HOUR] + sums.up[PICTURE_DAY] +
	      sums.down[PICTURE_DAY];
	struct picture_row *shown =
		any ? picture_add_row(&board->picture, row->dimension, row->series) : NULL;
	if (shown) {
		shown->devices = sums.devices;
		memcpy(shown->up, sums.up, sizeof(sums.up));
		memcpy(shown->down, sums.down, sizeof(sums.down));
	}
}

/* Never the device: that is for those who may see it, with a reason. */
static void put_alert(const struct board *board, struct text *text, const struct alert *alert)
{
	const struct app *app = catalogue_app(board->lexicon->catalogue, alert->app);
	const char *unit = policy_unit_name(board->lexicon->policy, alert->unit);
	struct picture_alert shown = { .time_ns = alert->last_ns };
	struct text sentence;

	snprintf(shown.id, sizeof(shown.id), "%016" PRIx64, alert->id);
	snprintf(shown.kind, sizeof(shown.kind), "%s", alert_kind_name(alert->kind));
	text_init(&sentence, shown.sentence, sizeof(shown.sentence));
	text_printf(&sentence, "%s%s%s: %" PRIu64 " flow%s, ", app ? app->name : "unknown",
		unit[0] ? " in " : "", unit, alert->flows, alert->flows == 1 ? "" : "s");
	text_put_size(&sentence, alert->bytes_up);
	text_put(&sentence, " sent");
	for (char *at = shown.sentence; *at; at++) {
		*at = (unsigned char)*at < ' ' ? ' ' : *at;
	}
	picture_put_alert(text, &shown);
}

static void put_alerts(const struct board *board, struct text *text)
{
	const struct alert *latest[ALERTS_SHOWN];
	size_t count = board->alerts ? alerts_latest(board->alerts, latest, ALERTS_SHOWN) : 0;

	for (size_t i = 0; i < count; i++) {
		put_alert(board, text, latest[i]);
	}
}

/* A new day: what nobody sent anything to for an hour makes room. */
static void forget_idle(struct board *board, uint32_t slot)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < board->row_count; i++) {
		struct row *row = board->rows[i];
		uint32_t latest = 0;
		for (unsigned s = 0; s < PICTURE_HOUR_SLOTS; s++) {
			latest = row->slots[s] > latest ? row->slots[s] : latest;
		}
		board->rows[i] = NULL;
		if (latest + PICTURE_HOUR_SLOTS > slot) {
			board->rows[kept++] = row;
		} else {
			free_row(row);
		}
	}
	board->row_count = kept;
	memset(board->index, 0, sizeof(board->index));
	memset(board->kinds, 0, sizeof(board->kinds));
	for (uint32_t i = 0; i < kept; i++) {
		const struct row *row = board->rows[i];
		board->index[find_slot(board, row->dimension, row->series)] = i + 1;
	}
}

static int board_flush(struct sink *sink, uint64_t now_ns, struct err *err)
{
	struct board *board = sink->board;
	uint32_t day = (uint32_t)(now_ns / DAY_NS);

	(void)err;
	notice_new_facts(board);
	if (day != board->today) {
		forget_idle(board, (uint32_t)(now_ns / SLOT_NS));
		board->today = day;
	}
	picture_clear(&board->picture);
	for (unsigned i = 0; i < BOARD_ROWS_MAX + METER_DIMENSION_COUNT; i++) {
		if (board->rows[i]) {
			put_in_picture(board, board->rows[i], now_ns);
		}
	}
	unsigned k = policy_header(board->lexicon->policy)->group_minimum;
	picture_suppress(&board->picture, k);
	text_clear(&board->back);
	text_printf(&board->back, "picture\t-\t%" PRIu64 "\t%u\n", now_ns, k);
	for (size_t i = 0; i < board->picture.row_count; i++) {
		picture_put_row(&board->back, &board->picture.rows[i]);
	}
	put_alerts(board, &board->back);
	pthread_mutex_lock(&board->said);
	struct text front = board->front;
	board->front = board->back;
	board->back = front;
	pthread_mutex_unlock(&board->said);
	return 0;
}

static int board_open(struct sink **sink, const struct sink_options *options, struct err *err)
{
	(void)sink, (void)options;
	return err_set(err, ENOTSUP, "the board is made by board_create()");
}

static int board_close(struct sink *sink, struct err *err)
{
	(void)sink, (void)err;
	return 0;
}

const struct sink_ops board_sink_ops = {
	.name = "top",
	.open = board_open,
	.write = board_write,
	.flush = board_flush,
	.close = board_close,
};

void board_read(struct board *board, struct text *text)
{
	pthread_mutex_lock(&board->said);
	text_put_bytes(text, board->front.at, board->front.length);
	pthread_mutex_unlock(&board->said);
}
