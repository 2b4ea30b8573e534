/* Symbols and snapshots: numbers that stay, and reference data that is closed once. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/reference.h"
#include "analyzer/record/symbols.h"
#include "tests/tap.h"

enum { THREADS = 4, ROUNDS = 2000 };

static void test_symbols(void)
{
	uint16_t tiktok = symbol_of(SYMBOL_APP, "tiktok");

	ok(tiktok != 0, "a new name gets a symbol");
	is_int(symbol_of(SYMBOL_APP, "tiktok"), tiktok, "the same name the same one");
	is_int(symbol_find(SYMBOL_APP, "tiktok"), tiktok, "… and it is found");
	is_text(symbol_name(SYMBOL_APP, tiktok), "tiktok", "it has its name");
	is_int(symbol_find(SYMBOL_UNIT, "tiktok"), 0, "kinds have nothing to do with each other");
	is_int(symbol_of(SYMBOL_APP, ""), 0, "no name has none");
	is_text(symbol_name(SYMBOL_APP, 0), "", "0 has no name");
	is_text(symbol_name(SYMBOL_APP, SYMBOLS_MAX), "", "nor has what nobody made");
}

static void test_full(void)
{
	unsigned made = 0;
	char name[16];

	for (unsigned i = 0; i < SYMBOLS_MAX + 10u; i++) {
		snprintf(name, sizeof(name), "rule-%u", i);
		made += symbol_of(SYMBOL_RULE, name) != 0;
	}
	is_int(made, SYMBOLS_MAX, "so many symbols there are and not one more");
	is_text(symbol_name(SYMBOL_RULE, SYMBOLS_MAX), "rule-65534", "the last one");
	is_int(symbol_find(SYMBOL_RULE, "rule-65535"), 0, "what found no room is not found");
	is_int(symbol_find(SYMBOL_RULE, "rule-0"), 1, "the first one still is");
}

static void test_rows(void)
{
	struct symbol_rows rows;
	uint16_t north = symbol_of(SYMBOL_UNIT, "north");

	ok(symbol_rows_init(&rows, SYMBOL_UNIT), "a table of rows");
	uint16_t later = symbol_of(SYMBOL_UNIT, "made afterwards");
	symbol_rows_set(&rows, north, 7);
	symbol_rows_set(&rows, later, 8);
	is_int(symbol_rows_find(&rows, north), 7, "a symbol finds its row");
	is_int(symbol_rows_find(&rows, later), 0, "one made afterwards has none");
	symbol_rows_deinit(&rows);
}

static void *make_names(void *argument)
{
	uint16_t *symbols = argument;
	char name[16];

	for (unsigned i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof(name), "class-%u", i);
		symbols[i] = symbol_of(SYMBOL_CLASS, name);
		if (strcmp(symbol_name(SYMBOL_CLASS, symbols[i]), name) != 0) {
			symbols[i] = 0;
		}
	}
	return NULL;
}

static void test_symbol_threads(void)
{
	static uint16_t symbols[THREADS][ROUNDS];
	pthread_t threads[THREADS];
	unsigned wrong = 0;

	for (unsigned i = 0; i < THREADS; i++) {
		pthread_create(&threads[i], NULL, make_names, symbols[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < THREADS; k++) {
			wrong += symbols[k][i] == 0 || symbols[k][i] != symbols[0][i];
		}
	}
	is_int(wrong, 0, "threads that make the same names get the same symbols");
	is_int(symbol_highest(SYMBOL_CLASS), ROUNDS, "… one for each name");
}

static unsigned closed;
static const struct catalogue *closed_catalogue;

static void count_closed(const struct reference *parts)
{
	closed++;
	closed_catalogue = parts->catalogue;
}

static void *hold_for_a_while(void *argument)
{
	const struct reference *reference = argument;

	for (unsigned i = 0; i < ROUNDS; i++) {
		reference_release(reference_acquire(reference));
	}
	reference_release(reference);
	return NULL;
}

static void test_reference(void)
{
	int something;
	struct reference parts = { .catalogue =
					   (const struct catalogue *)(const void *)&something };
	const struct reference *reference = reference_create(&parts, count_closed);
	const struct reference *next = reference_create(&parts, count_closed);
	pthread_t threads[THREADS];

	ok(reference->catalogue == parts.catalogue, "a snapshot has its parts");
	ok(next->version != reference->version, "another one is another version");
	reference_release(next);
	is_int(closed, 1, "with its last holder it is closed");
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_create(&threads[i], NULL, hold_for_a_while,
			(void *)(uintptr_t)reference_acquire(reference));
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
	is_int(closed, 1, "held by one it is open");
	reference_release(reference);
	is_int(closed, 2, "held by none it is closed, once");
	ok(closed_catalogue == parts.catalogue, "whoever closes it gets its parts");
	reference_release(reference_acquire(&parts));
	reference_release(NULL);
	is_int(closed, 2, "a value of one's own is not counted");
}

int main(void)
{
	test_symbols();
	test_full();
	test_rows();
	test_symbol_threads();
	test_reference();
	return done_testing();
}
