#include "analyzer/classify/l7_session.h"

#include <stdlib.h>

#include "collector/packet.h"
#include "collector/reserve.h"

/* Those that end within a batch keep their place until the next one. */
enum { ENDED_A_BATCH = PACKET_BATCH_MAX };

struct l7_session_table {
	struct l7_session *all; /* number 0 is the ring of age: its newer is the oldest */
	uint32_t limit, count, touched, now;
	uint32_t first_free, first_over; /* chained by newer */
};

struct l7_session_table *l7_session_create(uint32_t limit)
{
	struct l7_session_table *table = calloc(1, sizeof(*table));

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

void l7_session_destroy(struct l7_session_table *table)
{
	if (table) {
		reserve_unmap(table->all, table->count * sizeof(*table->all));
		free(table);
	}
}

uint32_t l7_session_begin(struct l7_session_table *table, const struct l7_session *fresh)
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
	struct l7_session *session = table->all + number;
	*session = *fresh;
	session->is_over = false;
	session->older = table->all[0].older;
	session->newer = 0;
	table->all[session->older].newer = number;
	table->all[0].older = number;
	table->now++;
	/* The one after it was let go long ago, and has left the caches by now. */
	__builtin_prefetch(table->all + table->first_free, 1);
	return number;
}

struct l7_session *l7_session_get(struct l7_session_table *table, uint32_t number)
{
	return table->all + number;
}

void l7_session_fetch(const struct l7_session_table *table, uint32_t number)
{
	enum { LINE_BYTES = 64 };
	const char *session = (const char *)(table->all + number);

	for (unsigned at = 0; at < SESSION_BYTES_USUAL; at += LINE_BYTES) {
		__builtin_prefetch(session + at, 1);
	}
}

uint32_t l7_session_oldest(const struct l7_session_table *table)
{
	return table->all[0].newer;
}

void l7_session_end(struct l7_session_table *table, uint32_t number)
{
	struct l7_session *session = table->all + number;

	table->all[session->older].newer = session->newer;
	table->all[session->newer].older = session->older;
	session->is_over = true;
	session->newer = table->first_over;
	table->first_over = number;
	table->now--;
	/* The oldest was fetched when the one before it ended; now the one behind it. */
	__builtin_prefetch(table->all + table->all[table->all[0].newer].newer, 1);
}

void l7_session_reclaim(struct l7_session_table *table)
{
	while (table->first_over) {
		uint32_t number = table->first_over;
		table->first_over = table->all[number].newer;
		table->all[number].newer = table->first_free;
		table->first_free = number;
	}
}

uint64_t l7_session_bytes(const struct l7_session_table *table)
{
	return table->now * sizeof(struct l7_session);
}
