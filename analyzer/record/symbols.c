#include "analyzer/record/symbols.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS = 2 * (SYMBOLS_MAX + 1) };

/* Names are published one by one and never move, so that readers need no lock. */
struct symbol_table {
	_Atomic(const char *) names[SYMBOLS_MAX + 1];
	atomic_uint count;
	_Atomic uint16_t slots[SLOTS]; /* by hash of the name: its symbol; 0 empty */
};

static struct symbol_table tables[SYMBOL_KIND_COUNT];
static pthread_mutex_t growing = PTHREAD_MUTEX_INITIALIZER;

/* The slot of a name, or the empty one where it would stand. The key is fixed: names come from the
 * operator's own files. */
static _Atomic uint16_t *find_slot(struct symbol_table *table, const char *name)
{
	struct hash_key key = hash_key_fixed("borderflow symbol");
	uint32_t slot = (uint32_t)hash_bytes(&key, name, strlen(name)) % SLOTS;
	uint16_t symbol;

	while ((symbol = table->slots[slot]) != 0 && strcmp(table->names[symbol], name) != 0) {
		slot = (slot + 1) % SLOTS;
	}
	return &table->slots[slot];
}

static uint16_t add(struct symbol_table *table, _Atomic uint16_t *slot, const char *name)
{
	unsigned symbol = atomic_load(&table->count) + 1;
	char *kept = symbol <= SYMBOLS_MAX ? strdup(name) : NULL;

	if (!kept) {
		return 0;
	}
	atomic_store_explicit(&table->names[symbol], kept, memory_order_release);
	atomic_store(&table->count, symbol);
	atomic_store(slot, (uint16_t)symbol);
	return (uint16_t)symbol;
}

uint16_t symbol_of(enum symbol_kind kind, const char *name)
{
	if (name[0] == '\0') {
		return 0;
	}
	pthread_mutex_lock(&growing);
	_Atomic uint16_t *slot = find_slot(&tables[kind], name);
	uint16_t symbol = *slot ? *slot : add(&tables[kind], slot, name);
	pthread_mutex_unlock(&growing);
	return symbol;
}

uint16_t symbol_find(enum symbol_kind kind, const char *name)
{
	return name[0] == '\0' ? 0 : *find_slot(&tables[kind], name);
}

const char *symbol_name(enum symbol_kind kind, uint16_t symbol)
{
	const char *name = atomic_load_explicit(&tables[kind].names[symbol], memory_order_acquire);

	return name ? name : "";
}

unsigned symbol_highest(enum symbol_kind kind)
{
	return atomic_load(&tables[kind].count);
}

bool symbol_rows_init(struct symbol_rows *rows, enum symbol_kind kind)
{
	rows->count = symbol_highest(kind) + 1;
	rows->rows = calloc(rows->count, sizeof(*rows->rows));
	if (!rows->rows) {
		rows->count = 0;
	}
	return rows->rows != NULL;
}

void symbol_rows_deinit(struct symbol_rows *rows)
{
	free(rows->rows);
	*rows = (struct symbol_rows){ NULL, 0 };
}
