/* Symbols: a small number for each id of an app, unit, device class, rule, exception and capture,
 * true for the life of the process.
 *
 * Records, rollups, episodes and detectors hold these numbers. A reload of catalogue or policy
 * gives old ids their old numbers and new ids new ones, so nothing that was gathered before has to
 * be told; an id that is gone keeps number and name. Numbers of different kinds have nothing to do
 * with each other, and those of another process neither: what is written down holds the name.
 *
 * Memory   one table a process, which only grows: the one thing besides the stop flag that is
 *          global, since its numbers mean the same to all. SYMBOLS_MAX names a kind.
 * Threads  any; only symbol_of() takes a lock.
 * Failure  symbol_of() answers 0, which is no symbol, where there is no room or memory; whoever
 *          reads a file then says so. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum symbol_kind {
	SYMBOL_APP,
	SYMBOL_UNIT,
	SYMBOL_CLASS,
	SYMBOL_RULE,
	SYMBOL_EXCEPTION,
	SYMBOL_INPUT,   /* a capture by its id (input_id.h) */
	SYMBOL_NETWORK, /* a network or a VLAN that a policy lists */
	SYMBOL_KIND_COUNT
};

enum { SYMBOLS_MAX = 65535 };

/* The symbol of a name, made where it is new; 0 for "". */
uint16_t symbol_of(enum symbol_kind kind, const char *name);

/* The same, but 0 where it was not made before. */
uint16_t symbol_find(enum symbol_kind kind, const char *name);

/* "" for 0 and for what is no symbol. */
const char *symbol_name(enum symbol_kind kind, uint16_t symbol);

/* The highest so far: for tables by symbol. */
unsigned symbol_highest(enum symbol_kind kind);

/* From symbols to places in a table of one file's own. */
struct symbol_rows {
	uint16_t *rows; /* by symbol; 0 none */
	uint32_t count;
};

/* After the last symbol_of() of those rows. False: out of memory. */
bool symbol_rows_init(struct symbol_rows *rows, enum symbol_kind kind);
void symbol_rows_deinit(struct symbol_rows *rows);

static inline void symbol_rows_set(struct symbol_rows *rows, uint16_t symbol, uint16_t row)
{
	if (symbol < rows->count) {
		rows->rows[symbol] = row;
	}
}

/* 0 for what has no row here. */
static inline uint16_t symbol_rows_find(const struct symbol_rows *rows, uint16_t symbol)
{
	return symbol < rows->count ? rows->rows[symbol] : 0;
}
