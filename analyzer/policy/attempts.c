#include "analyzer/policy/attempts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/keyed_list.h"
#include "base/quick_hash.h"

enum { UNDER_WAY_MAX = 200000, ROWS_MAX = 100000 };

struct attempt_key {
	struct addr device;
	uint64_t app, rule;
};

struct attempt {
	struct attempt_key key;
	uint64_t first_ns;
	int64_t week;
	uint16_t unit, class_;
	uint8_t outcome; /* enum block_outcome, or ATTEMPT_EXCEPTED */
	bool by_lookup;  /* no more than a lookup was seen */
	bool through_proxy;
	bool is_asked; /* what proxies asked, whom somebody was seen to ask */
};

struct attempts {
	struct hash_key hash_key;
	struct hash_table table; /* the latest attempt of each key */
	struct attempt *under_way;
	uint32_t count, capacity;
	struct keyed_list rows;
};

struct attempts *attempts_create(void)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	if (attempts) {
		attempts->hash_key = hash_key_random();
		attempts->rows.most = ROWS_MAX;
	}
	return attempts;
}

void attempts_destroy(struct attempts *attempts)
{
	if (attempts) {
		hash_table_deinit(&attempts->table);
		free(attempts->under_way);
		keyed_list_deinit(&attempts->rows);
		free(attempts);
	}
}

/* How much an outcome says against the others of the same attempt. */
static unsigned weight(uint8_t outcome, bool by_lookup)
{
	static const uint8_t weights[ATTEMPT_OUTCOME_COUNT] = {
		[BLOCK_NONE] = 0,
		[BLOCK_DROPPED] = 2,
		[BLOCK_REFUSED] = 3,
		[BLOCK_DROPPED_AFTER_HELLO] = 4,
		[BLOCK_DNS] = 5,
		[BLOCK_BLOCK_PAGE] = 6,
		[BLOCK_UNSURE] = 7,
		[ATTEMPT_EXCEPTED] = 8,
		[BLOCK_PASSED] = 9,
	};

	/* An answer that was lost on its way to us says little where more was seen. */
	return outcome == BLOCK_UNSURE && by_lookup ? 1 : weights[outcome];
}

unsigned attempt_outcome_of(enum policy_verdict verdict, enum block_outcome block)
{
	bool got_through = block == BLOCK_PASSED || block == BLOCK_UNSURE;

	return got_through && !policy_verdict_is_to_be_stopped(verdict) ? ATTEMPT_EXCEPTED
									: (unsigned)block;
}

uint64_t attempts_stopped(const uint64_t outcomes[ATTEMPT_OUTCOME_COUNT])
{
	uint64_t stopped = 0;

	for (unsigned i = BLOCK_NONE + 1; i < BLOCK_OUTCOME_COUNT; i++) {
		stopped += i == BLOCK_PASSED || i == BLOCK_UNSURE ? 0 : outcomes[i];
	}
	return stopped;
}

/* 1970-01-01 was a Thursday. */
int64_t attempts_week_of(int64_t day)
{
	int64_t weekday = (day + 3) % 7;

	return day - (weekday < 0 ? weekday + 7 : weekday);
}

static bool is_row(const void *rows, uint32_t place, const void *key)
{
	const struct attempt_row *row = (const struct attempt_row *)rows + place, *wanted = key;

	return row->rule == wanted->rule && row->unit == wanted->unit &&
	       row->class_ == wanted->class_ && row->week == wanted->week;
}

static struct attempt_row *row_of(struct attempts *attempts, const struct attempt *attempt)
{
	const struct attempt_row wanted = { .rule = (uint16_t)attempt->key.rule,
		.unit = attempt->unit,
		.class_ = attempt->class_,
		.week = attempt->week,
		.first_ns = attempt->first_ns };
	uint64_t hash = quick_hash((uint64_t)attempt->week,
		attempt->key.rule << 32 | (uint64_t)attempt->unit << 16 | attempt->class_);

	return keyed_list_row(&attempts->rows, sizeof(wanted), hash, is_row, &wanted);
}

static void note_device(struct attempt_row *row, uint32_t hash)
{
	for (uint32_t i = 0; i < row->devices; i++) {
		if (row->device_hashes[i] == hash) {
			return;
		}
	}
	if (row->devices < ATTEMPT_DEVICES_MAX) {
		row->device_hashes[row->devices++] = hash;
	}
}

static void count(struct attempts *attempts, const struct attempt *attempt)
{
	/* What is asked of a proxy is counted as the device's. */
	struct attempt_row *row = attempt->is_asked ? NULL : row_of(attempts, attempt);

	if (!row) {
		return;
	}
	row->count++;
	row->outcomes[attempt->outcome]++;
	row->first_ns = attempt->first_ns < row->first_ns ? attempt->first_ns : row->first_ns;
	row->last_ns = attempt->first_ns > row->last_ns ? attempt->first_ns : row->last_ns;
	note_device(row, (uint32_t)hash_bytes(&attempts->hash_key, &attempt->key.device,
				 sizeof(attempt->key.device)));
}

struct wanted {
	const struct attempt_key *key;
	uint64_t start_ns;
};

static bool is_attempt(const void *items, uint32_t place, const void *wanted_at)
{
	const struct attempt *attempt = (const struct attempt *)items + place;
	const struct wanted *wanted = wanted_at;
	uint64_t apart = wanted->start_ns > attempt->first_ns
				 ? wanted->start_ns - attempt->first_ns
				 : attempt->first_ns - wanted->start_ns;

	return memcmp(&attempt->key, wanted->key, sizeof(*wanted->key)) == 0 &&
	       apart <= ATTEMPT_WINDOW_S * NS_PER_S;
}

static struct attempt *find(
	struct attempts *attempts, const struct attempt_key *key, uint64_t hash, uint64_t start_ns)
{
	const struct wanted wanted = { key, start_ns };
	uint32_t place =
		hash_table_find(&attempts->table, hash, is_attempt, attempts->under_way, &wanted);

	return place == HASH_TABLE_NONE ? NULL : &attempts->under_way[place];
}

/* What all the body's proxies together asked of that: whom they asked for does not show. */
static struct attempt_key key_of_proxies(const struct attempt_key *key)
{
	struct attempt_key of_proxies;

	memset(&of_proxies, 0, sizeof(of_proxies));
	of_proxies.app = key->app;
	of_proxies.rule = key->rule;
	return of_proxies;
}

static uint64_t hash_of(const struct attempts *attempts, const struct attempt_key *key)
{
	return hash_bytes(&attempts->hash_key, key, sizeof(*key));
}

/* The tunnel was made, and the device cannot tell what became of it: where the proxy got no
 * further, that is where it was stopped. */
static void learn_of_proxy(struct attempts *attempts, struct attempt *attempt)
{
	struct attempt_key key = key_of_proxies(&attempt->key);
	const struct attempt *proxy;

	if (!attempt->through_proxy || attempt->outcome != BLOCK_UNSURE) {
		return;
	}
	proxy = find(attempts, &key, hash_of(attempts, &key), attempt->first_ns);
	if (proxy && proxy->outcome != BLOCK_NONE && proxy->outcome != BLOCK_PASSED &&
		proxy->outcome != ATTEMPT_EXCEPTED) {
		attempt->outcome = proxy->outcome;
	}
}

static bool is_over(const struct attempt *attempt, uint64_t before_ns)
{
	return attempt->first_ns + ATTEMPT_WINDOW_S * NS_PER_S < before_ns;
}

void attempts_close(struct attempts *attempts, uint64_t before_ns)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < attempts->count; i++) {
		if (is_over(&attempts->under_way[i], before_ns)) {
			learn_of_proxy(attempts, &attempts->under_way[i]);
		}
	}
	for (uint32_t i = 0; i < attempts->count; i++) {
		const struct attempt *attempt = &attempts->under_way[i];
		if (is_over(attempt, before_ns)) {
			count(attempts, attempt);
		} else {
			attempts->under_way[kept++] = *attempt;
		}
	}
	if (kept == attempts->count) {
		return;
	}
	attempts->count = kept;
	hash_table_clear(&attempts->table);
	for (uint32_t i = 0; i < kept; i++) {
		hash_table_put(&attempts->table,
			hash_bytes(&attempts->hash_key, &attempts->under_way[i].key,
				sizeof(struct attempt_key)),
			i);
	}
}

static struct attempt *begin(struct attempts *attempts, const struct attempt_key *key,
	uint64_t hash, const struct record *record, int64_t day)
{
	if (attempts->count == UNDER_WAY_MAX) {
		attempts_close(attempts, UINT64_MAX);
	}
	if (attempts->count == attempts->capacity) {
		uint32_t capacity = attempts->capacity ? 2 * attempts->capacity : 64;
		struct attempt *under_way =
			realloc(attempts->under_way, capacity * sizeof(*under_way));
		if (!under_way) {
			return NULL;
		}
		attempts->under_way = under_way;
		attempts->capacity = capacity;
	}
	if (!hash_table_put(&attempts->table, hash, attempts->count)) {
		return NULL;
	}
	struct attempt *attempt = &attempts->under_way[attempts->count++];
	*attempt = (struct attempt){ .key = *key,
		.first_ns = record->flow.start_ns,
		.week = attempts_week_of(day),
		.unit = record->decision.unit,
		.class_ = record->decision.class_,
		.outcome = BLOCK_NONE,
		.by_lookup = true };
	return attempt;
}

static struct attempt *find_or_begin(struct attempts *attempts, const struct attempt_key *key,
	const struct record *record, int64_t day)
{
	uint64_t hash = hash_of(attempts, key);
	struct attempt *attempt = find(attempts, key, hash, record->flow.start_ns);

	return attempt ? attempt : begin(attempts, key, hash, record, day);
}

/* What a proxy asks from now on is asked for somebody whose attempt is counted. */
static void note_asked(struct attempts *attempts, const struct attempt_key *key,
	const struct record *record, int64_t day)
{
	struct attempt_key of_proxies = key_of_proxies(key);
	struct attempt *attempt = find_or_begin(attempts, &of_proxies, record, day);

	if (attempt) {
		attempt->is_asked = true;
		attempt->first_ns = record->flow.start_ns > attempt->first_ns
					    ? record->flow.start_ns
					    : attempt->first_ns;
	}
}

static void note_outcome(struct attempt *attempt, const struct record *record)
{
	bool by_lookup = record->l7.protocol == L7_DNS;
	unsigned outcome = attempt_outcome_of(record->decision.verdict, record->decision.block);

	if (weight((uint8_t)outcome, by_lookup) > weight(attempt->outcome, attempt->by_lookup)) {
		attempt->outcome = (uint8_t)outcome;
		attempt->by_lookup = by_lookup;
	}
}

void attempts_add(struct attempts *attempts, const struct record *record, uint16_t app, int64_t day,
	bool is_of_proxy)
{
	struct attempt_key key;

	if (record->decision.action != POLICY_ACTION_DENY || record->decision.block == BLOCK_NONE ||
		record->verdict.embedded || record->direction == RECORD_DIRECTION_INBOUND) {
		return;
	}
	memset(&key, 0, sizeof(key));
	key.device = record->device.identity;
	key.app = app;
	key.rule = record->decision.rule;
	key = is_of_proxy ? key_of_proxies(&key) : key;
	struct attempt *attempt = find_or_begin(attempts, &key, record, day);
	if (!attempt) {
		return;
	}
	note_outcome(attempt, record);
	if (record->flow.start_ns < attempt->first_ns && !attempt->is_asked) {
		attempt->first_ns = record->flow.start_ns;
	}
	if (record->via == RECORD_VIA_PROXY && !is_of_proxy) {
		attempt->through_proxy = true;
		note_asked(attempts, &key, record, day);
	}
}

size_t attempts_rows(const struct attempts *attempts, const struct attempt_row **rows)
{
	*rows = attempts->rows.rows;
	return attempts->rows.count;
}
