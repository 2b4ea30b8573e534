#include "analyzer/rollup/heavy_names.h"

#include <stdlib.h>
#include <string.h>

void heavy_names_init(struct heavy_names *heavy)
{
	memset(heavy, 0, sizeof(*heavy));
	heavy->key = hash_key_random();
}

void heavy_names_deinit(struct heavy_names *heavy)
{
	free(heavy->names);
	heavy->names = NULL;
	hash_table_deinit(&heavy->table);
}

static uint64_t hash_of(const struct heavy_names *heavy, const char *name)
{
	return hash_bytes(&heavy->key, name, strlen(name));
}

static bool is_name(const void *names, uint32_t place, const void *name)
{
	return strcmp(((const struct overview_name *)names)[place].name, name) == 0;
}

static void rebuild_table(struct heavy_names *heavy)
{
	hash_table_clear(&heavy->table);
	for (uint32_t i = 0; i < heavy->count; i++) {
		hash_table_put(&heavy->table, hash_of(heavy, heavy->names[i].name), i);
	}
}

/* Most flows first; equal ones by name, so that a listing is the same from run to run. */
static int by_flows(const void *a, const void *b)
{
	const struct overview_name *x = a, *y = b;

	if (x->flows != y->flows) {
		return x->flows < y->flows ? 1 : -1;
	}
	return strcmp(x->name, y->name);
}

size_t heavy_names_sorted(struct heavy_names *heavy, const struct overview_name **names)
{
	if (heavy->count > 0) {
		qsort(heavy->names, heavy->count, sizeof(*heavy->names), by_flows);
		rebuild_table(heavy);
	}
	*names = heavy->names;
	return heavy->count;
}

static void drop_lighter_half(struct heavy_names *heavy)
{
	const struct overview_name *names;

	heavy_names_sorted(heavy, &names);
	heavy->lost += heavy->count - HEAVY_NAMES_MAX / 2;
	heavy->count = HEAVY_NAMES_MAX / 2;
	rebuild_table(heavy);
}

static void add_device(struct overview_name *name, uint32_t device_hash)
{
	for (unsigned i = 0; i < name->devices; i++) {
		if (name->device_hashes[i] == device_hash) {
			return;
		}
	}
	if (name->devices < OVERVIEW_NAME_DEVICES_MAX) {
		name->device_hashes[name->devices++] = device_hash;
	}
}

/* The entry of that name, made on first sight; NULL where memory is out. */
static struct overview_name *find_name(struct heavy_names *heavy, const char *name)
{
	uint64_t hash = hash_of(heavy, name);
	uint32_t place = hash_table_find(&heavy->table, hash, is_name, heavy->names, name);

	if (place != HASH_TABLE_NONE) {
		return &heavy->names[place];
	}
	if (heavy->count == HEAVY_NAMES_MAX) {
		drop_lighter_half(heavy);
	}
	if (!hash_table_put(&heavy->table, hash, heavy->count)) {
		return NULL;
	}
	struct overview_name *fresh = &heavy->names[heavy->count++];
	strcpy(fresh->name, name);
	fresh->flows = fresh->bytes = 0;
	fresh->devices = 0;
	return fresh;
}

void heavy_names_add(struct heavy_names *heavy, const char *name, uint64_t device_hash,
	uint64_t flows, uint64_t bytes)
{
	if (!heavy->names) {
		heavy->names = malloc(HEAVY_NAMES_MAX * sizeof(*heavy->names));
		if (!heavy->names) {
			return;
		}
	}
	if (strlen(name) >= sizeof(heavy->names->name)) {
		return;
	}
	struct overview_name *found = find_name(heavy, name);
	if (found) {
		add_device(found, (uint32_t)device_hash);
		found->flows += flows;
		found->bytes += bytes;
	}
}
