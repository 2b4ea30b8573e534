#include "analyzer/classify/progress.h"

#include <stdlib.h>

#include "collector/packet.h"
#include "collector/reserve.h"

/* Those that end within a batch keep their place until the next one. */
enum { ENDED_A_BATCH = PACKET_BATCH_MAX };

struct progress_table {
	struct progress *all; /* number 0 is the ring of age: its newer is the oldest */
	uint32_t limit, count, touched, now;
	uint32_t first_free, first_over; /* chained by newer */
};

struct progress_table *progress_create(uint32_t limit)
{
	struct progress_table *table = calloc(1, sizeof(*table));

	if (!table) {
		return NULL;
	}
	table->limit = limit;
	table->count = limit + ENDED_A_BATCH + 1;
	table->touched = 1;
	table->all = reserve_map(table->count * sizeof(*table->all));
	if (!table->all) {
		free(table);
		return NULL;
	}
	return table;
}

void progress_destroy(struct progress_table *table)
{
	if (table) {
		reserve_unmap(table->all, table->count * sizeof(*table->all));
		free(table);
	}
}

uint32_t progress_begin(struct progress_table *table, const struct progress *fresh)
{
	uint32_t number = table->first_free;

	if (table->now == table->limit) {
		return 0;
	}
	if (number) {
		table->first_free = table->all[number].newer;
	} else if (table->touched < table->count) {
		number = table->touched++;
	} else {
		return 0;
	}
	struct progress *progress = table->all + number;
	*progress = *fresh;
	progress->is_over = false;
	progress->older = table->all[0].older;
	progress->newer = 0;
	table->all[progress->older].newer = number;
	table->all[0].older = number;
	table->now++;
	/* The one after it was let go long ago, and has left the caches by now. */
	__builtin_prefetch(table->all + table->first_free, 1);
	return number;
}

struct progress *progress_get(struct progress_table *table, uint32_t number)
{
	return table->all + number;
}

uint32_t progress_oldest(const struct progress_table *table)
{
	return table->all[0].newer;
}

void progress_end(struct progress_table *table, uint32_t number)
{
	struct progress *progress = table->all + number;

	table->all[progress->older].newer = progress->newer;
	table->all[progress->newer].older = progress->older;
	progress->is_over = true;
	progress->newer = table->first_over;
	table->first_over = number;
	table->now--;
	/* The oldest was fetched when the one before it ended; now the one behind it. */
	__builtin_prefetch(table->all + table->all[table->all[0].newer].newer, 1);
}

void progress_reclaim(struct progress_table *table)
{
	while (table->first_over) {
		uint32_t number = table->first_over;
		table->first_over = table->all[number].newer;
		table->all[number].newer = table->first_free;
		table->first_free = number;
	}
}

uint64_t progress_bytes(const struct progress_table *table)
{
	return table->now * sizeof(struct progress);
}
