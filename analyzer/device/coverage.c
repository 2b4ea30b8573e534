#include "analyzer/device/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "base/reader.h"

struct seen {
	struct addr identity;
	int64_t day;   /* of bit 0 */
	uint64_t days; /* bit n: n days before */
};

struct coverage {
	struct hash_table by_identity;
	struct seen *seen;
	uint32_t count, room;
	uint64_t lost;
};

struct coverage *coverage_create(void)
{
	return calloc(1, sizeof(struct coverage));
}

void coverage_destroy(struct coverage *coverage)
{
	if (coverage) {
		hash_table_deinit(&coverage->by_identity);
		free(coverage->seen);
		free(coverage);
	}
}

/* Identities are digests. */
static uint64_t hash_of(const struct addr *identity)
{
	uint64_t word;

	memcpy(&word, identity->bytes, sizeof(word));
	return word;
}

static bool is_seen(const void *items, uint32_t place, const void *key)
{
	const struct seen *seen = items;

	return addr_equal(&seen[place].identity, key);
}

static struct seen *find(const struct coverage *coverage, const struct addr *identity)
{
	uint32_t place = hash_table_find(
		&coverage->by_identity, hash_of(identity), is_seen, coverage->seen, identity);

	return place == HASH_TABLE_NONE ? NULL : &coverage->seen[place];
}

static struct seen *add(struct coverage *coverage, const struct addr *identity, int64_t day)
{
	if (coverage->count == coverage->room) {
		uint32_t room = coverage->room ? coverage->room * 2 : 256;
		struct seen *grown = room <= 2 * INVENTORY_MAX
					     ? reallocarray(coverage->seen, room, sizeof(*grown))
					     : NULL;
		if (!grown) {
			return NULL;
		}
		coverage->seen = grown;
		coverage->room = room;
	}
	if (!hash_table_put(&coverage->by_identity, hash_of(identity), coverage->count)) {
		return NULL;
	}
	coverage->seen[coverage->count] = (struct seen){ .identity = *identity, .day = day };
	return &coverage->seen[coverage->count++];
}

void coverage_see(struct coverage *coverage, const struct addr *identity, int64_t day)
{
	struct seen *seen = find(coverage, identity);

	if (!seen) {
		seen = add(coverage, identity, day);
	}
	if (!seen) {
		coverage->lost++;
		return;
	}
	if (day > seen->day) {
		int64_t later = day - seen->day;
		seen->days = later < COVERAGE_DAYS ? seen->days << later : 0;
		seen->day = day;
	}
	if (seen->day - day < COVERAGE_DAYS) {
		seen->days |= UINT64_C(1) << (seen->day - day);
	}
}

static bool was_seen(const struct coverage *coverage, const struct addr *identity, int64_t day)
{
	const struct seen *seen = find(coverage, identity);
	int64_t before = seen ? seen->day - day : -1;

	return before >= 0 && before < COVERAGE_DAYS && (seen->days >> before & 1);
}

struct coverage_of_day coverage_of(const struct coverage *coverage,
	const struct inventory *inventory, uint16_t class_, const struct local_day *day)
{
	struct coverage_of_day result = { .is_measured = false };

	for (unsigned i = 0; coverage && i < inventory_count(inventory); i++) {
		const struct inventory_device *device = inventory_at(inventory, i);
		if (inventory_is_of_class(device, class_) &&
			inventory_is_enrolled(device, day->start_ns, day->end_ns)) {
			result.enrolled++;
			result.seen += was_seen(coverage, &device->identity, day->number);
		}
	}
	result.is_measured = result.enrolled > 0;
	return result;
}

unsigned coverage_percent(const struct coverage_of_day *day)
{
	return day->enrolled ? (unsigned)((uint64_t)day->seen * 100 / day->enrolled) : 0;
}

uint64_t coverage_lost(const struct coverage *coverage)
{
	return coverage->lost;
}

bool coverage_save(const struct coverage *coverage, struct text *text)
{
	text_put_bytes(text, (const char *)&coverage->count, sizeof(coverage->count));
	text_put_bytes(
		text, (const char *)coverage->seen, coverage->count * sizeof(*coverage->seen));
	return !text->truncated;
}

bool coverage_load(struct coverage *coverage, const char *content, size_t count)
{
	struct reader reader = reader_over(content, count);
	const uint8_t *head = reader_bytes(&reader, sizeof(uint32_t));
	uint32_t entries = 0;

	if (head) {
		memcpy(&entries, head, sizeof(entries));
	}
	if (!head || entries > INVENTORY_MAX ||
		reader_left(&reader) != entries * sizeof(struct seen)) {
		return false;
	}
	for (uint32_t i = 0; i < entries; i++) {
		struct seen saved;
		memcpy(&saved, reader_bytes(&reader, sizeof(saved)), sizeof(saved));
		struct seen *seen = find(coverage, &saved.identity);
		seen = seen ? seen : add(coverage, &saved.identity, saved.day);
		if (!seen) {
			return false;
		}
		*seen = saved;
	}
	return true;
}
