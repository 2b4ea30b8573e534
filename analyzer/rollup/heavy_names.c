#include "analyzer/rollup/heavy_names.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_SLOTS = HEAVY_NAMES_MAX * 2 };

void heavy_names_init(struct heavy_names *heavy)
{
	memset(heavy, 0, sizeof(*heavy));
	heavy->key = hash_key_random();
}

void heavy_names_deinit(struct heavy_names *heavy)
{
	free(heavy->names);
	heavy->names = NULL;
}

static uint32_t find_slot(const struct heavy_names *heavy, const char *name)
{
	uint32_t slot = (uint32_t)hash_bytes(&heavy->key, name, strlen(name)) & (INDEX_SLOTS - 1);

	while (heavy->index[slot] != 0 &&
		strcmp(heavy->names[heavy->index[slot] - 1].name, name) != 0) {
		slot = (slot + 1) & (INDEX_SLOTS - 1);
	}
	return slot;
}

static void rebuild_index(struct heavy_names *heavy)
{
	memset(heavy->index, 0, sizeof(heavy->index));
	for (uint32_t i = 0; i < heavy->count; i++) {
		heavy->index[find_slot(heavy, heavy->names[i].name)] = (uint16_t)(i + 1);
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
		rebuild_index(heavy);
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
	rebuild_index(heavy);
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
	uint32_t slot = find_slot(heavy, name);
	if (heavy->index[slot] == 0) {
		if (heavy->count == HEAVY_NAMES_MAX) {
			drop_lighter_half(heavy);
			slot = find_slot(heavy, name);
		}
		struct overview_name *fresh = &heavy->names[heavy->count++];
		strcpy(fresh->name, name);
		fresh->flows = fresh->bytes = 0;
		fresh->devices = 0;
		heavy->index[slot] = (uint16_t)heavy->count;
	}
	struct overview_name *found = &heavy->names[heavy->index[slot] - 1];
	add_device(found, (uint32_t)device_hash);
	found->flows += flows;
	found->bytes += bytes;
}
