#include "analyzer/archive/archive_hours.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/rollup.h"

/* So many hours are open at once, however wildly times jump, and so many cells in each. */
enum { HOURS_OPEN = 1024, CELLS_MAX = 65536 };

struct open_hour {
	int64_t number;
	struct rollup *cells;
};

struct archive_hours {
	uint64_t length_ns;
	struct open_hour open[HOURS_OPEN];
	unsigned count, last; /* last: where the latest record went */
	struct rollup *alone; /* for a record that ends the exact counting of its cell */
};

static struct rollup *create_rollup(uint32_t cells_max)
{
	return rollup_create(&(struct rollup_options){ .slot_ns = 0, .cells_max = cells_max });
}

struct archive_hours *archive_hours_create_of(uint64_t length_ns)
{
	struct archive_hours *hours = calloc(1, sizeof(*hours));

	if (hours) {
		hours->length_ns = length_ns;
		hours->alone = create_rollup(1);
	}
	if (hours && !hours->alone) {
		free(hours);
		return NULL;
	}
	return hours;
}

struct archive_hours *archive_hours_create(void)
{
	return archive_hours_create_of(ARCHIVE_HOUR_NS);
}

void archive_hours_destroy(struct archive_hours *hours)
{
	if (!hours) {
		return;
	}
	for (unsigned i = 0; i < hours->count; i++) {
		rollup_destroy(hours->open[i].cells);
	}
	rollup_destroy(hours->alone);
	free(hours);
}

/* NULL: no room. */
static struct open_hour *find_hour(struct archive_hours *hours, int64_t number)
{
	if (hours->last < hours->count && hours->open[hours->last].number == number) {
		return &hours->open[hours->last];
	}
	for (unsigned i = 0; i < hours->count; i++) {
		if (hours->open[i].number == number) {
			hours->last = i;
			return &hours->open[i];
		}
	}
	struct rollup *cells = hours->count < HOURS_OPEN ? create_rollup(CELLS_MAX) : NULL;
	if (!cells) {
		return NULL;
	}
	hours->last = hours->count++;
	hours->open[hours->last] = (struct open_hour){ number, cells };
	return &hours->open[hours->last];
}

/* Through cells of its own: merging goes on by estimate where adding would not. */
static void add_alone(struct archive_hours *hours, struct rollup *cells,
	const struct record *record, uint64_t device)
{
	size_t count;

	rollup_clear(hours->alone);
	rollup_add(hours->alone, record, device);
	const struct cell *cell = rollup_cells(hours->alone, &count);
	rollup_merge(cells, cell, count);
}

bool archive_hours_add(struct archive_hours *hours, const struct record *record,
	const struct record_labels *labels)
{
	struct open_hour *hour =
		find_hour(hours, (int64_t)(record->flow.start_ns / hours->length_ns));
	uint64_t device =
		labels->device[0] ? device_hash_of_pseudonym(labels->device) : CELL_NO_DEVICE;
	size_t count;

	if (!hour) {
		return false;
	}
	if (rollup_add(hour->cells, record, device)) {
		return true;
	}
	rollup_cells(hour->cells, &count);
	if (count >= CELLS_MAX) {
		return false;
	}
	add_alone(hours, hour->cells, record, device);
	return true;
}

bool archive_hours_add_cell(struct archive_hours *hours, const struct cell *cell)
{
	struct open_hour *hour =
		find_hour(hours, (int64_t)(cell->sums.first_ns / hours->length_ns));
	struct cell kept = *cell;
	size_t count = 0;

	kept.devices = (struct devices){ 0 };
	if (hour) {
		rollup_cells(hour->cells, &count);
	}
	if (!hour || count >= CELLS_MAX) {
		return false;
	}
	rollup_merge(hour->cells, &kept, 1);
	return true;
}

static bool is_closed(const struct open_hour *hour, uint64_t now_ns)
{
	return now_ns == UINT64_MAX ||
	       ((uint64_t)hour->number + 1) * ARCHIVE_HOUR_NS + ARCHIVE_HOUR_GRACE_NS <= now_ns;
}

static bool take(const struct open_hour *hour, struct archive_hour *taken)
{
	const struct cell *cells = rollup_cells(hour->cells, &taken->count);

	taken->number = hour->number;
	taken->cells = malloc((taken->count + 1) * sizeof(*cells));
	if (!taken->cells) {
		return false;
	}
	for (size_t i = 0; i < taken->count; i++) {
		taken->cells[i] = cells[i];
		taken->cells[i].key.slot = (uint32_t)taken->number;
	}
	cells_sort(taken->cells, taken->count);
	return true;
}

bool archive_hours_take(struct archive_hours *hours, uint64_t now_ns, struct archive_hour *hour)
{
	const struct open_hour *first = NULL;

	for (unsigned i = 0; i < hours->count; i++) {
		const struct open_hour *open = &hours->open[i];
		if (is_closed(open, now_ns) && (!first || open->number < first->number)) {
			first = open;
		}
	}
	return first && take(first, hour);
}

bool archive_hours_take_one(struct archive_hours *hours, int64_t number, struct archive_hour *hour)
{
	for (unsigned i = 0; i < hours->count; i++) {
		if (hours->open[i].number == number) {
			return take(&hours->open[i], hour);
		}
	}
	return false;
}

void archive_hours_drop(struct archive_hours *hours, struct archive_hour *hour)
{
	free(hour->cells);
	for (unsigned i = 0; i < hours->count; i++) {
		if (hours->open[i].number == hour->number) {
			rollup_destroy(hours->open[i].cells);
			hours->open[i] = hours->open[--hours->count];
			return;
		}
	}
}
