#include "analyzer/device/coverage.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "base/reader.h"

enum { DAYS_A_WORD = 64, DAY_WORDS = COVERAGE_DAYS / DAYS_A_WORD };

struct seen {
	struct addr identity;
	int64_t day;              /* of bit 0 */
	uint64_t days[DAY_WORDS]; /* bit n of them all: n days before */
};

/* As earlier versions saved it. */
struct seen_before {
	struct addr identity;
	int64_t day;
	uint64_t days;
};

struct coverage {
	struct hash_table by_identity;
	struct seen *seen;
	uint32_t count, room;
	int64_t latest_day; /* on which any was seen */
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

/* Days become older. */
static void shift(uint64_t days[DAY_WORDS], int64_t later)
{
	for (int word = DAY_WORDS - 1; word >= 0; word--) {
		int64_t from = word - later / DAYS_A_WORD;
		unsigned bits = (unsigned)(later % DAYS_A_WORD);
		uint64_t moved = from >= 0 ? days[from] << bits : 0;
		if (from > 0 && bits > 0) {
			moved |= days[from - 1] >> (DAYS_A_WORD - bits);
		}
		days[word] = moved;
	}
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
		shift(seen->days, day - seen->day);
		seen->day = day;
	}
	int64_t before = seen->day - day;
	if (before < COVERAGE_DAYS) {
		seen->days[before / DAYS_A_WORD] |= UINT64_C(1) << before % DAYS_A_WORD;
	}
	if (day > coverage->latest_day) {
		coverage->latest_day = day;
	}
}

static bool was_seen(const struct seen *seen, int64_t day)
{
	int64_t before = seen ? seen->day - day : -1;

	return before >= 0 && before < COVERAGE_DAYS &&
	       (seen->days[before / DAYS_A_WORD] >> before % DAYS_A_WORD & 1);
}

void coverage_of_days(const struct coverage *coverage, const struct inventory *inventory,
	uint16_t class_, const struct local_day *days, size_t count, struct coverage_of_day *result)
{
	memset(result, 0, count * sizeof(*result));
	for (unsigned i = 0; coverage && i < inventory_count(inventory); i++) {
		const struct inventory_device *device = inventory_at(inventory, i);
		if (!inventory_is_of_class(device, class_)) {
			continue;
		}
		const struct seen *seen = find(coverage, &device->identity);
		for (size_t j = 0; j < count; j++) {
			if (inventory_is_enrolled(device, days[j].start_ns, days[j].end_ns)) {
				result[j].enrolled++;
				result[j].seen += was_seen(seen, days[j].number);
			}
		}
	}
	for (size_t j = 0; j < count; j++) {
		result[j].is_measured = result[j].enrolled > 0;
	}
}

struct coverage_of_day coverage_of(const struct coverage *coverage,
	const struct inventory *inventory, uint16_t class_, const struct local_day *day)
{
	struct coverage_of_day result;

	coverage_of_days(coverage, inventory, class_, day, 1, &result);
	return result;
}

bool coverage_knows(const struct coverage *coverage, int64_t day)
{
	return coverage && coverage->latest_day - day < COVERAGE_DAYS;
}

int64_t coverage_first_day(const struct coverage *coverage)
{
	int64_t first = coverage->latest_day;

	for (uint32_t i = 0; i < coverage->count; i++) {
		const struct seen *seen = &coverage->seen[i];
		for (int64_t day = seen->day - COVERAGE_DAYS + 1; day < first; day++) {
			if (coverage_knows(coverage, day) && was_seen(seen, day)) {
				first = day;
			}
		}
	}
	return first;
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

static bool load_one(struct coverage *coverage, const struct seen *saved)
{
	struct seen *seen = find(coverage, &saved->identity);

	seen = seen ? seen : add(coverage, &saved->identity, saved->day);
	if (!seen) {
		return false;
	}
	*seen = *saved;
	if (saved->day > coverage->latest_day) {
		coverage->latest_day = saved->day;
	}
	return true;
}

bool coverage_load(struct coverage *coverage, const char *content, size_t count)
{
	struct reader reader = reader_over(content, count);
	const uint8_t *head = reader_bytes(&reader, sizeof(uint32_t));
	uint32_t entries = 0;
	bool is_whole = true;

	if (head) {
		memcpy(&entries, head, sizeof(entries));
	}
	bool is_old = reader_left(&reader) == entries * sizeof(struct seen_before);
	if (!head || entries > INVENTORY_MAX ||
		(!is_old && reader_left(&reader) != entries * sizeof(struct seen))) {
		return false;
	}
	for (uint32_t i = 0; i < entries && is_whole; i++) {
		struct seen_before before;
		struct seen saved;
		if (is_old) {
			memcpy(&before, reader_bytes(&reader, sizeof(before)), sizeof(before));
			saved = (struct seen){ .identity = before.identity,
				.day = before.day,
				.days = { before.days } };
		} else {
			memcpy(&saved, reader_bytes(&reader, sizeof(saved)), sizeof(saved));
		}
		is_whole = load_one(coverage, &saved);
	}
	return is_whole;
}
