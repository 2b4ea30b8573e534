#include <stdlib.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/cell.h"

/* Symbols stand for words, and are other numbers in the next process. */
static int compare_words(enum symbol_kind kind, uint16_t a, uint16_t b)
{
	return a == b ? 0 : strcmp(symbol_name(kind, a), symbol_name(kind, b));
}

static int compare_cells(const void *a, const void *b)
{
	struct cell_key one = ((const struct cell *)a)->key, other = ((const struct cell *)b)->key;
	int order = compare_words(SYMBOL_UNIT, one.unit, other.unit);

	order = order ? order : compare_words(SYMBOL_CLASS, one.class_, other.class_);
	order = order ? order : compare_words(SYMBOL_APP, one.app, other.app);
	order = order ? order : compare_words(SYMBOL_RULE, one.rule, other.rule);
	order = order ? order : compare_words(SYMBOL_EXCEPTION, one.exception, other.exception);
	one.unit = one.class_ = one.app = one.rule = one.exception = 0;
	other.unit = other.class_ = other.app = other.rule = other.exception = 0;
	return order ? order : memcmp(&one, &other, sizeof(one));
}

void cells_sort(struct cell *cells, size_t count)
{
	qsort(cells, count, sizeof(*cells), compare_cells);
}
