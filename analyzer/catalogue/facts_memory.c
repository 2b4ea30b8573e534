#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_facts.h"
#include "analyzer/catalogue/name_index.h"

enum { ARENA_BLOCK_BYTES = 64 << 10, APPS_EXPECTED = 1024 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	char bytes[];
};

const char *facts_keep(struct facts *facts, const char *text, size_t length)
{
	struct arena_block *block = facts->blocks;

	if (length == 0) {
		return "";
	}
	if (!block || block->size - block->used <= length) {
		size_t size = length >= ARENA_BLOCK_BYTES ? length + 1 : ARENA_BLOCK_BYTES;
		block = malloc(sizeof(*block) + size);
		if (!block) {
			return NULL;
		}
		*block = (struct arena_block){ .next = facts->blocks, .size = size };
		facts->blocks = block;
	}
	char *copy = block->bytes + block->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	block->used += length + 1;
	return copy;
}

void *facts_grow(void *array, unsigned count, unsigned *capacity, size_t element_bytes)
{
	if (count < *capacity) {
		return array;
	}
	unsigned larger = *capacity ? 2 * *capacity : 64;
	void *moved = realloc(array, larger * element_bytes);
	if (moved) {
		*capacity = larger;
	}
	return moved;
}

int facts_init(struct facts *facts, struct err *err)
{
	*facts = (struct facts){ .app_count = 1 };
	facts->apps = facts_grow(NULL, 0, &facts->app_capacity, sizeof(*facts->apps));
	facts->ids = name_index_create(APPS_EXPECTED);
	if (!facts->apps || !facts->ids) {
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	facts->apps[0] = (struct facts_app){ .removed = true, .rule_first = FACTS_NONE };
	return 0;
}

void facts_deinit(struct facts *facts)
{
	while (facts->blocks) {
		struct arena_block *next = facts->blocks->next;
		free(facts->blocks);
		facts->blocks = next;
	}
	name_index_destroy(facts->ids);
	name_index_destroy(facts->by_value);
	free(facts->links);
	free(facts->apps);
	free(facts->ownership);
	free(facts->rules);
	free(facts->rules_by_app);
	for (unsigned i = 0; i < facts->file_count; i++) {
		free(facts->files[i].text);
	}
	free(facts->files);
}

/* Ids to the rows that are left. */
static bool index_ids(struct facts *facts)
{
	name_index_destroy(facts->ids);
	facts->ids = name_index_create(facts->app_count);
	for (uint32_t row = 1; facts->ids && row < facts->app_count; row++) {
		if (!name_index_add(facts->ids, facts->apps[row].app.id, row)) {
			return false;
		}
	}
	return facts->ids != NULL;
}

/* Rows only ever move down, so no row is taken for one that has moved already. */
static void compact_apps(struct facts *facts, uint16_t *rows)
{
	unsigned count = 1;

	for (unsigned row = 1; row < facts->app_count; row++) {
		if (!facts->apps[row].removed) {
			rows[row] = (uint16_t)count;
			facts->apps[count++] = facts->apps[row];
		}
	}
	facts->app_count = count;
}

static void compact_rules(struct facts *facts, const uint16_t *rows)
{
	unsigned count = 0;

	for (unsigned i = 0; i < facts->rule_count; i++) {
		uint16_t row = rows[facts->rules[i].app];
		if (row != 0) {
			facts->rules[count] = facts->rules[i];
			facts->rules[count++].app = row;
		}
	}
	facts->rule_count = count;
	count = 0;
	for (unsigned i = 0; i < facts->ownership_count; i++) {
		uint16_t row = rows[facts->ownership[i].app];
		if (row != 0) {
			facts->ownership[count] = facts->ownership[i];
			facts->ownership[count++].app = row;
		}
	}
	facts->ownership_count = count;
}

/* The rules of each app together, in the order of the files. */
static void list_rules_by_app(struct facts *facts)
{
	uint32_t first = 0;

	for (unsigned row = 0; row < facts->app_count; row++) {
		facts->apps[row].rule_count = 0;
	}
	for (unsigned i = 0; i < facts->rule_count; i++) {
		facts->apps[facts->rules[i].app].rule_count++;
	}
	for (unsigned row = 0; row < facts->app_count; row++) {
		facts->apps[row].rule_first = first;
		first += facts->apps[row].rule_count;
		facts->apps[row].rule_count = 0;
	}
	for (unsigned i = 0; i < facts->rule_count; i++) {
		struct facts_app *app = &facts->apps[facts->rules[i].app];
		facts->rules_by_app[app->rule_first + app->rule_count++] = i;
	}
}

int facts_compact(struct facts *facts, struct err *err)
{
	uint16_t *rows = calloc(facts->app_count, sizeof(*rows));

	facts->rules_by_app = calloc(facts->rule_count + 1, sizeof(*facts->rules_by_app));
	if (!rows || !facts->rules_by_app) {
		free(rows);
		return err_set(err, ENOMEM, "the catalogue: out of memory");
	}
	compact_apps(facts, rows);
	compact_rules(facts, rows);
	list_rules_by_app(facts);
	free(rows);
	return index_ids(facts) ? 0 : err_set(err, ENOMEM, "the catalogue: out of memory");
}
