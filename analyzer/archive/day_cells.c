#include "analyzer/archive/day_cells.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_hours.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

struct day_cells_day *day_cells_day(struct day_cells *cells, struct local_day day)
{
	for (size_t i = cells->count; i-- > 0;) {
		if (cells->days[i].day.number == day.number) {
			return &cells->days[i];
		}
	}
	if (cells->count == cells->capacity) {
		size_t capacity = cells->capacity ? 2 * cells->capacity : 8;
		struct day_cells_day *grown = realloc(cells->days, capacity * sizeof(*cells->days));
		if (!grown) {
			return NULL;
		}
		cells->days = grown;
		cells->capacity = capacity;
	}
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = UINT32_MAX });
	if (!rollup) {
		return NULL;
	}
	cells->days[cells->count] = (struct day_cells_day){ day, rollup };
	return &cells->days[cells->count++];
}

void day_cells_take(void *context, const struct cell *cell)
{
	struct day_cells *cells = context;
	uint64_t hour_ns = cell->sums.first_ns / ARCHIVE_HOUR_NS * ARCHIVE_HOUR_NS;
	struct day_cells_day *day = day_cells_day(cells, local_day_of(cells->zone, hour_ns));

	if (day) {
		struct cell counted = cell_on_day(cell, hour_ns, day->day.number);
		rollup_merge(day->cells, &counted, 1);
	} else {
		cells->failed = true;
	}
}

void day_cells_put(struct rollup *to, const struct day_cells_day *from, int64_t day)
{
	size_t count;
	const struct cell *cells = rollup_cells(from->cells, &count);

	for (size_t i = 0; i < count; i++) {
		struct cell counted =
			cell_on_day(&cells[i], (uint64_t)from->day.number * DAY_NS, day);
		rollup_merge(to, &counted, 1);
	}
}

static int by_number(const void *a, const void *b)
{
	const struct day_cells_day *one = a, *other = b;

	return one->day.number < other->day.number ? -1 : one->day.number > other->day.number;
}

void day_cells_sort(struct day_cells *cells)
{
	if (cells->count > 0) {
		qsort(cells->days, cells->count, sizeof(*cells->days), by_number);
	}
}

void day_cells_deinit(struct day_cells *cells)
{
	for (size_t i = 0; i < cells->count; i++) {
		rollup_destroy(cells->days[i].cells);
	}
	free(cells->days);
	*cells = (struct day_cells){ .zone = cells->zone };
}

struct cell *day_cells_sorted(const struct day_cells_day *day, size_t *count)
{
	const struct cell *cells = rollup_cells(day->cells, count);
	struct cell *sorted = malloc((*count + 1) * sizeof(*sorted));

	if (!sorted) {
		return NULL;
	}
	for (size_t i = 0; i < *count; i++) {
		sorted[i] = cells[i];
		sorted[i].key.slot = (uint32_t)day->day.number;
	}
	cells_sort(sorted, *count);
	return sorted;
}
