/* Parts as the protected tables of days show them (report_shown.h): what is said of a part in a
 * period is what its days say, and nothing that the days hide follows from it. */
#include <stdlib.h>
#include <string.h>

#include "base/quick_hash.h"
#include "dashboards/report/report_parts.h"
#include "dashboards/report/report_shown.h"

static bool is_same_row(const void *list, uint32_t place, const void *row)
{
	const struct part_rows *rows = list;
	const char *own = rows->rows + place * rows->row_bytes;

	return rows->line_key(own) == rows->line_key(row) &&
	       part_at(rows, own) == part_at(rows, row);
}

static uint64_t hash_of(const struct part_rows *list, const void *row)
{
	return quick_hash(list->line_key(row), part_at(list, row));
}

/* What is shown of each row of the list. */
static struct cell_sums *sums_of(const struct report_shown *shown, const struct part_rows *list)
{
	struct cell_sums *sums = calloc(list->count + 1, sizeof(*sums));
	struct hash_table places = { 0 };
	_Alignas(8) char row[512];

	for (uint32_t i = 0; i < list->count; i++) {
		hash_table_put(&places, hash_of(list, list->rows + i * list->row_bytes), i);
	}
	for (uint32_t i = 0; sums && i < shown->rows.count; i++) {
		const struct report_shown_row *from = report_shown_at(shown, i);
		if (from->table != list->table) {
			continue;
		}
		list->put_key(row, &from->key);
		uint32_t place =
			hash_table_find(&places, hash_of(list, row), is_same_row, list, row);
		if (place != HASH_TABLE_NONE) {
			cell_sums_merge(&sums[place], &from->sums);
		}
	}
	hash_table_deinit(&places);
	return sums;
}

/* Which rows of the list may stand in the remainder of a line as well. */
static bool *lacks_of(const struct report_shown *shown, const struct part_rows *list)
{
	bool *lacks = calloc(list->count + 1, sizeof(*lacks));
	_Alignas(8) char row[512];

	for (size_t i = 0; lacks && i < list->count; i++) {
		lacks[i] = shown->days_withheld > 0;
	}
	for (uint32_t i = 0; lacks && i < shown->rests.count; i++) {
		const struct report_shown_rest *rest = report_shown_rest_at(shown, i);
		if (rest->table != list->table) {
			continue;
		}
		list->put_key(row, &rest->key);
		uint64_t line = list->line_key(row);
		for (size_t at = 0; at < list->count; at++) {
			const char *own = list->rows + at * list->row_bytes;
			lacks[at] |= list->line_key(own) == line &&
				     report_shown_may_lack(shown, rest, part_at(list, own));
		}
	}
	return lacks;
}

static uint64_t less(uint64_t all, uint64_t part)
{
	return all > part ? all - part : 0; /* late records stand in the tables of later days */
}

/* What of a row is not shown; of whose devices no more is known than of the row's. */
static struct overview_row rest_of(const struct overview_row *all, const struct cell_sums *shown)
{
	struct overview_row rest = *all;

	rest.flows = less(all->flows, shown->flows);
	rest.packets = less(all->packets, shown->packets);
	rest.bytes_up = less(all->bytes_up, shown->bytes_up);
	rest.bytes_down = less(all->bytes_down, shown->bytes_down);
	return rest;
}

static uint8_t way_of(uint64_t bytes, uint64_t unseen, uint64_t flows, bool is_all)
{
	uint8_t way = (uint8_t)cell_way_of(bytes, unseen, flows);

	return way == CELL_WAY_KNOWN && !is_all ? CELL_WAY_AT_LEAST : way;
}

static void show(struct overview_row *row, const struct cell_sums *shown, unsigned k, bool may_lack)
{
	bool is_all = shown->packets >= row->packets && !may_lack;

	*row = (struct overview_row){ .flows = shown->flows,
		.flows_at_least = !is_all,
		.packets = shown->packets,
		.bytes_up = shown->bytes_up,
		.bytes_down = shown->bytes_down,
		.way_up = way_of(shown->bytes_up, shown->unseen_up, shown->flows, is_all),
		.way_down = way_of(shown->bytes_down, shown->unseen_down, shown->flows, is_all),
		.devices = k,
		.devices_at_least = true };
}

/* What is left of a line. */
struct line_rest {
	bool is_there;
	uint32_t sample; /* a row of the line */
	struct overview_row total;
	struct devices devices;
};

static void add_rest(struct line_rest *rest, uint32_t place, const struct overview_row *row)
{
	if (rest->is_there) {
		report_model_add_row(&rest->total, row);
	} else {
		*rest = (struct line_rest){ .is_there = true, .sample = place, .total = *row };
	}
	if (row->set) {
		devices_merge(&rest->devices, row->set);
	}
}

static void finish_rest(struct line_rest *rest, unsigned k)
{
	uint64_t devices = rest->total.set ? devices_count(&rest->devices) : rest->total.devices;

	rest->total.devices = protect_floor(k, devices);
	rest->total.devices_at_least = k > 0;
	rest->total.set = NULL;
	devices_deinit(&rest->devices);
}

/* Rows that are shown, and then what is left of the lines, into rows. */
static size_t put_rows(const struct part_rows *list, const struct cell_sums *sums,
	const bool *lacks, struct line_rest *rests, unsigned k, char *rows)
{
	struct part_rows made = *list;
	struct hash_table lines = { 0 };
	size_t count = 0;

	made.rows = rows;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct overview_row *total = part_total(list, i);
		struct overview_row rest = rest_of(total, &sums[i]);
		uint32_t line = part_line_of(&lines, list, i);
		if (sums[i].packets > 0) {
			memcpy(rows + count * list->row_bytes, list->rows + i * list->row_bytes,
				list->row_bytes);
			show(part_total(&made, count), &sums[i], k, lacks[i]);
			count++;
		}
		if (rest.packets > 0) {
			add_rest(&rests[line], i, &rest);
		}
	}
	hash_table_deinit(&lines);
	for (uint32_t line = 0; line < list->count; line++) {
		struct line_rest *rest = &rests[line];
		if (rest->is_there) {
			char *row = rows + count * list->row_bytes;
			memcpy(row, list->rows + rest->sample * list->row_bytes, list->row_bytes);
			memset(row + list->part_at, 0xff, sizeof(uint16_t));
			finish_rest(rest, k);
			*part_total(&made, count) = rest->total;
			count++;
		}
	}
	return count;
}

size_t part_rows_by_days(const struct report_model *model, struct part_rows *list)
{
	struct cell_sums *sums = sums_of(model->shown, list);
	bool *lacks = lacks_of(model->shown, list);
	struct line_rest *rests = calloc(list->count + 1, sizeof(*rests));
	char *rows = calloc(2 * list->count + 1, list->row_bytes);
	size_t count = 0;

	if (sums && lacks && rests && rows) {
		count = put_rows(list, sums, lacks, rests, model->group_minimum, rows);
	}
	free(sums);
	free(lacks);
	free(rests);
	free(list->rows);
	list->rows = rows;
	return count;
}

bool part_is_whole(const struct report_model *model, uint16_t rule, uint16_t unit)
{
	const struct report_shown *shown = model->shown;
	const struct overview_rule *rows;
	size_t count = overview_rules(model->overview, &rows);
	uint64_t packets = 0, packets_shown = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_it = rows[i].rule == rule && rows[i].unit == unit;
		packets += is_it ? rows[i].total.packets : 0;
	}
	for (uint32_t i = 0; i < shown->rows.count; i++) {
		const struct report_shown_row *row = report_shown_at(shown, i);
		bool is_it = row->table == DAY_TABLE_UNIT_VERDICT && row->key.rule == rule &&
			     row->key.unit == unit;
		packets_shown += is_it ? row->sums.packets : 0;
	}
	return packets_shown >= packets;
}

bool part_place_is_whole(const struct report_model *model, const struct overview_place *place)
{
	const struct report_shown *shown = model->shown;
	uint64_t packets = 0;

	for (uint32_t i = 0; i < shown->rows.count; i++) {
		const struct report_shown_row *row = report_shown_at(shown, i);
		bool is_it = row->table == DAY_TABLE_UNIT_HIDDEN && row->key.unit == place->unit &&
			     row->key.zone == place->zone && cell_crosses_border(&row->key);
		packets += is_it ? row->sums.packets : 0;
	}
	return packets >= place->total.packets;
}
