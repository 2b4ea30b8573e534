#include "analyzer/vantage/segment_days.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/state.h"
#include "analyzer/record/symbols.h"
#include "base/text.h"

static const struct state_part kept = { "vantage", 1,
	"which units were proven to be seen on earlier days is not known any more" };
enum { UNIT_NAME_BYTES = 256 };

static void deinit(struct segment_table *table)
{
	for (unsigned symbol = 0; symbol < table->count; symbol++) {
		free(table->rows[symbol]);
	}
	free(table->rows);
}

void segment_days_deinit(struct segment_days *days)
{
	deinit(&days->units);
	deinit(&days->networks);
	*days = (struct segment_days){ .units = { .count = 0 } };
}

static bool make_room(struct segment_table *table, uint16_t symbol)
{
	if (symbol >= table->count) {
		unsigned count = symbol + 64U;
		struct segment_row **rows =
			realloc(table->rows, count * sizeof(struct segment_row *));
		if (!rows) {
			return false;
		}
		memset(rows + table->count, 0, (count - table->count) * sizeof(*rows));
		table->rows = rows;
		table->count = count;
	}
	if (!table->rows[symbol]) {
		table->rows[symbol] = calloc(1, sizeof(struct segment_row));
	}
	return table->rows[symbol] != NULL;
}

static size_t place_of(int64_t day)
{
	return (size_t)((uint64_t)day % SEGMENT_DAYS);
}

static struct segment_day *take(struct segment_table *table, uint16_t symbol, int64_t day)
{
	if (!make_room(table, symbol)) {
		return NULL;
	}
	struct segment_day *at = &table->rows[symbol]->days[place_of(day)];
	if (at->day > day) {
		return NULL;
	}
	if (at->day < day) {
		*at = (struct segment_day){ .day = day };
	}
	return at;
}

struct segment_day *segment_days_at(struct segment_days *days, uint16_t unit, int64_t day)
{
	return take(&days->units, unit, day);
}

struct segment_day *segment_days_at_network(
	struct segment_days *days, uint16_t network, int64_t day)
{
	return take(&days->networks, network, day);
}

static const struct segment_day *find(
	const struct segment_table *table, uint16_t symbol, int64_t day)
{
	if (symbol >= table->count || !table->rows[symbol]) {
		return NULL;
	}
	const struct segment_day *at = &table->rows[symbol]->days[place_of(day)];
	return at->day == day ? at : NULL;
}

const struct segment_day *segment_days_find(
	const struct segment_days *days, uint16_t unit, int64_t day)
{
	return find(&days->units, unit, day);
}

const struct segment_day *segment_days_find_network(
	const struct segment_days *days, uint16_t network, int64_t day)
{
	return find(&days->networks, network, day);
}

bool segment_day_is_proven(const struct segment_day *day)
{
	return day && (day->named >= SEGMENT_NAMED_LEAST || day->probes > 0);
}

unsigned segment_days_proven(
	const struct segment_days *days, uint16_t unit, int64_t from, int64_t to)
{
	unsigned proven = 0;

	for (int64_t day = from; day <= to; day++) {
		proven += segment_day_is_proven(segment_days_find(days, unit, day));
	}
	return proven;
}

/* Of networks; none has such a name for a unit. */
static const char network_mark[] = "\t";

/* A line a day: "day named probes unit". */
static void put_row(
	struct text *text, const struct segment_row *row, const char *mark, const char *name)
{
	for (unsigned i = 0; i < SEGMENT_DAYS; i++) {
		const struct segment_day *day = &row->days[i];
		if (day->day != 0) {
			text_printf(text, "%" PRId64 " %" PRIu32 " %" PRIu32 " %s%s\n", day->day,
				day->named, day->probes, mark, name);
		}
	}
}

static void put_table(struct text *text, const struct segment_table *table, enum symbol_kind kind)
{
	bool is_network = kind == SYMBOL_NETWORK;

	for (unsigned symbol = is_network ? 0 : 1; symbol < table->count; symbol++) {
		const char *name = symbol_name(kind, (uint16_t)symbol);
		if (table->rows[symbol] && (is_network || name[0]) && !strpbrk(name, "\t\n")) {
			put_row(text, table->rows[symbol], is_network ? network_mark : "", name);
		}
	}
}

int segment_days_save(const struct segment_days *days, struct state *state, struct err *err)
{
	struct text text;

	text_init_heap(&text);
	put_table(&text, &days->units, SYMBOL_UNIT);
	put_table(&text, &days->networks, SYMBOL_NETWORK);
	int status = text.truncated ? err_set(err, ENOMEM, "out of memory")
				    : state_save(state, kept.name, kept.version, text.at,
					      text.length, err);
	text_deinit(&text);
	return status;
}

static void read_line(struct segment_days *days, char *line)
{
	int64_t number;
	uint32_t named, probes;
	int length = 0;

	if (sscanf(line, "%" SCNd64 " %" SCNu32 " %" SCNu32 "%n", &number, &named, &probes,
		    &length) < 3 ||
		line[length] != ' ') {
		return;
	}
	const char *name = line + length + 1;
	bool is_network = name[0] == network_mark[0];
	name += is_network;
	if ((!is_network && name[0] == '\0') || strlen(name) >= UNIT_NAME_BYTES) {
		return;
	}
	struct segment_day *day =
		is_network ? segment_days_at_network(days, symbol_of(SYMBOL_NETWORK, name), number)
			   : segment_days_at(days, symbol_of(SYMBOL_UNIT, name), number);
	if (day) {
		day->named = named > day->named ? named : day->named;
		day->probes = probes > day->probes ? probes : day->probes;
	}
}

int segment_days_load(struct segment_days *days, struct state *state, struct err *err)
{
	char *content, *rest;
	size_t count;
	int status = state_load_part(state, &kept, &content, &count, err);

	char *lines = content ? strndup(content, count) : NULL;
	for (char *line = lines ? strtok_r(lines, "\n", &rest) : NULL; line;
		line = strtok_r(NULL, "\n", &rest)) {
		read_line(days, line);
	}
	days->are_kept |= lines != NULL;
	free(lines);
	free(content);
	return status;
}
