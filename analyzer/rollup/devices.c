#include "analyzer/rollup/devices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTER_COUNT = 1 << DEVICES_REGISTER_BITS, RANK_COUNT = 256, FEW = 8, CAPACITY_LEAST = 2 };

static bool is_same(uint64_t one, uint64_t other)
{
	return devices_short(one) == devices_short(other);
}

static void registers_add(uint8_t *registers, uint64_t hash)
{
	uint64_t rest = hash << DEVICES_REGISTER_BITS | UINT64_C(1) << (DEVICES_REGISTER_BITS - 1);
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	uint8_t *at = &registers[hash >> (64 - DEVICES_REGISTER_BITS)];

	if (*at < rank) {
		*at = rank;
	}
}

/* A device that is not among the heaviest takes the place of the lightest of them, with its bytes:
 * perhaps too much, never too little. */
static void heaviest_add(struct device_sketch *sketch, uint64_t hash, uint64_t bytes)
{
	struct device *lightest = sketch->heaviest;

	for (unsigned i = 0; i < DEVICES_HEAVIEST; i++) {
		struct device *device = &sketch->heaviest[i];
		if (is_same(device->hash, hash)) {
			device->bytes += bytes;
			return;
		}
		lightest = device->bytes < lightest->bytes ? device : lightest;
	}
	lightest->hash = hash;
	lightest->bytes += bytes;
}

static int by_bytes(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

static bool start_estimating(struct devices *devices)
{
	struct device_sketch *sketch = calloc(1, sizeof(*sketch));

	if (!sketch) {
		return false;
	}
	for (uint32_t i = 0; i < devices->count; i++) {
		registers_add(sketch->registers, devices->items[i].hash);
	}
	if (devices->count > 0) {
		uint32_t kept =
			devices->count < DEVICES_HEAVIEST ? devices->count : DEVICES_HEAVIEST;
		qsort(devices->items, devices->count, sizeof(*devices->items), by_bytes);
		memcpy(sketch->heaviest, devices->items, kept * sizeof(*devices->items));
	}
	devices->count = devices->last = 0;
	hash_table_clear(&devices->table);
	devices->more = sketch;
	return true;
}

static bool is_device(const void *items, uint32_t place, const void *hash)
{
	return is_same(((const struct device *)items)[place].hash, *(const uint64_t *)hash);
}

static uint32_t find(const struct devices *devices, uint64_t hash)
{
	if (devices->count > FEW) {
		return hash_table_find(
			&devices->table, devices_told(hash), is_device, devices->items, &hash);
	}
	for (uint32_t i = 0; i < devices->count; i++) {
		if (is_same(devices->items[i].hash, hash)) {
			return i;
		}
	}
	return HASH_TABLE_NONE;
}

static bool reserve(struct devices *devices)
{
	if (devices->count < devices->capacity) {
		return true;
	}
	uint32_t capacity = devices->capacity ? 2 * devices->capacity : CAPACITY_LEAST;
	struct device *items = realloc(devices->items, capacity * sizeof(*items));
	if (items) {
		devices->items = items;
		devices->capacity = capacity;
	}
	return items != NULL;
}

/* The table begins when there are more than a few, with those that are there. */
static bool note_place(struct devices *devices)
{
	uint32_t from = devices->count == FEW ? 0 : devices->count;
	bool is_noted = true;

	for (uint32_t i = from; devices->count >= FEW && i <= devices->count && is_noted; i++) {
		is_noted = hash_table_put(&devices->table, devices_told(devices->items[i].hash), i);
	}
	return is_noted;
}

static void append(struct devices *devices, uint64_t hash, uint64_t bytes)
{
	if (!reserve(devices)) {
		return;
	}
	devices->items[devices->count] = (struct device){ hash, bytes };
	if (note_place(devices)) {
		devices->last = devices->count++;
	} else if (devices->count == FEW) {
		hash_table_clear(&devices->table);
	}
}

void devices_add(struct devices *devices, uint64_t hash, uint64_t bytes)
{
	hash += hash == 0;
	if (devices->last < devices->count && is_same(devices->items[devices->last].hash, hash)) {
		devices->items[devices->last].bytes += bytes;
		return;
	}
	if (!devices->more) {
		uint32_t place = find(devices, hash);
		if (place != HASH_TABLE_NONE) {
			devices->items[place].bytes += bytes;
			devices->last = place;
			return;
		}
		if (devices->count < DEVICES_EXACT_MAX || !start_estimating(devices)) {
			append(devices, hash, bytes);
			return;
		}
	}
	registers_add(devices->more->registers, hash);
	heaviest_add(devices->more, hash, bytes);
}

void devices_merge_sketch(struct devices *to, const struct device_sketch *from)
{
	if (!to->more && !start_estimating(to)) {
		return;
	}
	for (unsigned i = 0; i < REGISTER_COUNT; i++) { /* without a branch: many at once */
		uint8_t mine = to->more->registers[i], other = from->registers[i];
		to->more->registers[i] = mine < other ? other : mine;
	}
	for (unsigned i = 0; i < DEVICES_HEAVIEST && from->heaviest[i].hash; i++) {
		heaviest_add(to->more, from->heaviest[i].hash, from->heaviest[i].bytes);
	}
}

void devices_merge(struct devices *to, const struct devices *from)
{
	for (uint32_t i = 0; i < from->count; i++) {
		devices_add(to, from->items[i].hash, from->items[i].bytes);
	}
	if (from->more) {
		devices_merge_sketch(to, from->more);
	}
	to->is_floor |= from->is_floor;
}

uint64_t devices_count(const struct devices *devices)
{
	unsigned of_rank[RANK_COUNT] = { 0 };
	double sum = 0;

	if (!devices->more) {
		return devices->count;
	}
	for (unsigned i = 0; i < REGISTER_COUNT; i++) {
		of_rank[devices->more->registers[i] % RANK_COUNT]++;
	}
	for (int rank = 0; rank < RANK_COUNT; rank++) {
		sum += ldexp(of_rank[rank], -rank);
	}
	unsigned empty = of_rank[0];
	double estimate =
		0.7213 / (1 + 1.079 / REGISTER_COUNT) * REGISTER_COUNT * REGISTER_COUNT / sum;
	if (estimate <= 2.5 * REGISTER_COUNT && empty > 0) {
		estimate = REGISTER_COUNT * log((double)REGISTER_COUNT / empty);
	}
	return (uint64_t)(estimate + 0.5);
}

bool devices_is_estimated(const struct devices *devices)
{
	return devices->more != NULL;
}

bool devices_is_full(const struct devices *devices)
{
	return devices->more || devices->count == DEVICES_EXACT_MAX;
}

uint64_t devices_largest(const struct devices *devices)
{
	const struct device *items = devices->more ? devices->more->heaviest : devices->items;
	uint32_t count = devices->more ? DEVICES_HEAVIEST : devices->count;
	uint64_t largest = 0;

	for (uint32_t i = 0; i < count; i++) {
		largest = items[i].bytes > largest ? items[i].bytes : largest;
	}
	return largest;
}

void devices_clear(struct devices *devices)
{
	free(devices->more);
	devices->more = NULL;
	devices->count = devices->last = 0;
	devices->is_floor = false;
	hash_table_clear(&devices->table);
}

void devices_deinit(struct devices *devices)
{
	free(devices->items);
	free(devices->more);
	hash_table_deinit(&devices->table);
	*devices = (struct devices){ 0 };
}
