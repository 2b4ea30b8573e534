#include "analyzer/device/bindings.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"
#include "base/reader.h"

#define MINUTE_NS (60 * NS_PER_S)

/* Whoever had an address and was silent so long may have left. */
#define SILENT_NS (5 * MINUTE_NS)

/* Without a lease an address is somebody's for so long after it was last seen with it. */
#define KEPT_NS (120 * MINUTE_NS)

/* A contest is over when one of two was silent so long. */
#define CONTEST_NS (10 * MINUTE_NS)

struct bindings {
	uint64_t seed;             /* a secret: nobody outside can aim at one place of a table */
	struct hash_table by_addr; /* the latest of each */
	struct binding *all;
	uint32_t used, next;
	struct bindings_stats stats;
};

struct bindings *bindings_create(void)
{
	struct bindings *bindings = calloc(1, sizeof(*bindings));

	if (!bindings) {
		return NULL;
	}
	bindings->seed = hash_key_random().words[0];
	bindings->all = calloc(BINDINGS_MAX, sizeof(*bindings->all));
	if (!bindings->all) {
		bindings_destroy(bindings);
		return NULL;
	}
	return bindings;
}

void bindings_destroy(struct bindings *bindings)
{
	if (bindings) {
		hash_table_deinit(&bindings->by_addr);
		free(bindings->all);
		free(bindings);
	}
}

static uint64_t hash_of(const struct bindings *bindings, const struct addr *addr)
{
	return quick_hash_addr(bindings->seed, addr);
}

static bool is_binding(const void *items, uint32_t place, const void *key)
{
	const struct binding *all = items;

	return addr_equal(&all[place].addr, key);
}

static uint32_t latest(const struct bindings *bindings, const struct addr *addr)
{
	return hash_table_find(
		&bindings->by_addr, hash_of(bindings, addr), is_binding, bindings->all, addr);
}

void bindings_fetch_place(const struct bindings *bindings, const struct addr *addr)
{
	hash_table_fetch(&bindings->by_addr, hash_of(bindings, addr));
}

const struct binding *bindings_fetch(const struct bindings *bindings, const struct addr *addr)
{
	uint32_t place = hash_table_guess(&bindings->by_addr, hash_of(bindings, addr));

	if (place == HASH_TABLE_NONE) {
		return NULL;
	}
	__builtin_prefetch(&bindings->all[place].addr);
	__builtin_prefetch(&bindings->all[place].is_given_twice);
	return &bindings->all[place];
}

/* The oldest gives way; where it was the latest of its address, that is known no more. */
static uint32_t take_place(struct bindings *bindings)
{
	uint32_t place = bindings->next;

	bindings->next = (bindings->next + 1) % BINDINGS_MAX;
	if (bindings->used < BINDINGS_MAX) {
		bindings->used++;
		return place;
	}
	struct binding *old = &bindings->all[place];
	if (latest(bindings, &old->addr) == place) {
		hash_table_remove(&bindings->by_addr, hash_of(bindings, &old->addr), place);
	}
	return place;
}

/* Until the lease that was before would be over. */
static void give_twice(struct binding *binding, uint64_t from_ns, uint64_t until_ns)
{
	binding->is_given_twice = true;
	binding->contested_from_ns = from_ns;
	binding->contested_ns = until_ns - CONTEST_NS;
}

/* It sends under the address: it has it. */
static void end_doubt(struct binding *binding, uint64_t time_ns)
{
	binding->is_given_twice = false;
	binding->contested_ns = time_ns - CONTEST_NS - 1;
}

static void add_evidence(struct binding *binding, const struct sighting *sighting)
{
	if (sighting->kind == SIGHTING_FLOW && binding->is_given_twice) {
		end_doubt(binding, sighting->time_ns);
	}
	if (sighting->time_ns > binding->last_ns) {
		binding->last_ns = sighting->time_ns;
	}
	if (sighting->kind == SIGHTING_LEASE && sighting->lease_s > 0) {
		binding->lease_ns = sighting->time_ns + sighting->lease_s * NS_PER_S;
	}
	binding->evidence |= (uint16_t)(1U << sighting->kind);
	binding->vlan_id = sighting->vlan_id;
	binding->count += binding->count < UINT32_MAX;
}

/* A server gives a lease that another station holds: until when? 0: it does not. */
static uint64_t still_given(
	const struct bindings *bindings, uint32_t before, const struct sighting *sighting)
{
	const struct binding *binding = &bindings->all[before];
	bool holds = sighting->kind == SIGHTING_LEASE && !binding->is_given_up &&
		     binding->lease_ns > sighting->time_ns;

	return holds ? binding->lease_ns : 0;
}

static void bind(struct bindings *bindings, const struct sighting *sighting, uint64_t station,
	uint32_t before, enum binding_claim claim)
{
	uint32_t place = take_place(bindings);
	struct binding *binding = &bindings->all[place];

	if (before == place) {
		before = BINDING_NONE; /* it was the oldest itself */
	}
	uint64_t until_ns = before == BINDING_NONE ? 0 : still_given(bindings, before, sighting);
	if (before != BINDING_NONE) {
		hash_table_remove(&bindings->by_addr, hash_of(bindings, &sighting->addr), before);
	}
	*binding = (struct binding){ .addr = sighting->addr,
		.station = station,
		.from_ns = sighting->time_ns,
		.before = before };
	add_evidence(binding, sighting);
	binding->alone_ns = claim >= BINDING_ALONE ? sighting->time_ns : 0;
	if (until_ns > 0) {
		give_twice(binding, sighting->time_ns, until_ns);
	}
	hash_table_put(&bindings->by_addr, hash_of(bindings, &sighting->addr), place);
}

static bool is_over(const struct binding *binding, uint64_t time_ns)
{
	return time_ns > binding->last_ns + KEPT_NS && time_ns > binding->lease_ns;
}

/* May the address have passed to another? */
static bool is_free(const struct binding *binding, uint64_t time_ns)
{
	return binding->is_given_up || binding->last_ns + SILENT_NS <= time_ns || /* silent */
	       (binding->lease_ns != 0 && binding->lease_ns <= time_ns);
}

static void contest(struct bindings *bindings, struct binding *binding, uint64_t time_ns)
{
	if (binding->contested_ns + CONTEST_NS < time_ns) {
		binding->contested_from_ns = time_ns;
		bindings->stats.contested++;
	}
	if (time_ns > binding->contested_ns) {
		binding->contested_ns = time_ns;
	}
}

bool bindings_see(struct bindings *bindings, const struct sighting *sighting, uint64_t station,
	enum binding_claim claim)
{
	uint32_t place = latest(bindings, &sighting->addr);
	struct binding *now = place == BINDING_NONE ? NULL : &bindings->all[place];
	bool claims = sighting->kind == SIGHTING_ARP || sighting->kind == SIGHTING_NEIGHBOUR ||
		      sighting->kind == SIGHTING_ASK || sighting->kind == SIGHTING_OFFER ||
		      claim == BINDING_UNASKED;

	if (now && now->station == station && !is_over(now, sighting->time_ns)) {
		add_evidence(now, sighting);
		if (now->alone_ns == 0 && claim >= BINDING_ALONE) {
			now->alone_ns = sighting->time_ns;
		}
	} else if (!now || is_free(now, sighting->time_ns)) {
		bindings->stats.claims += claim == BINDING_NOT;
		if (claim != BINDING_NOT) {
			bind(bindings, sighting, station, place, claim);
		}
		return claim != BINDING_NOT;
	} else if (claims) {
		bindings->stats.claims++; /* words alone take nothing from anybody */
	} else {
		contest(bindings, now, sighting->time_ns);
	}
	return false;
}

void bindings_doubt(struct bindings *bindings, const struct addr *addr, uint64_t time_ns)
{
	uint32_t place = latest(bindings, addr);

	if (place != BINDING_NONE) {
		contest(bindings, &bindings->all[place], time_ns);
	}
}

void bindings_give_up(struct bindings *bindings, const struct addr *addr)
{
	uint32_t place = latest(bindings, addr);

	if (place != BINDING_NONE) {
		bindings->all[place].last_ns = bindings->all[place].from_ns;
		bindings->all[place].lease_ns = 0;
		bindings->all[place].is_given_up = true;
	}
}

/* The one before it, where that is still there: its place may have been given away since. */
static const struct binding *before(const struct bindings *bindings, const struct binding *binding)
{
	const struct binding *found =
		binding->before < bindings->used ? &bindings->all[binding->before] : NULL;

	return found && addr_equal(&found->addr, &binding->addr) &&
			       found->from_ns < binding->from_ns
		       ? found
		       : NULL;
}

static bool is_contested(const struct binding *binding, uint64_t time_ns)
{
	return binding->contested_ns != 0 && time_ns >= binding->contested_from_ns &&
	       time_ns <= binding->contested_ns + CONTEST_NS;
}

enum binding_answer bindings_find(const struct bindings *bindings, const struct addr *addr,
	uint64_t time_ns, const struct binding **binding)
{
	uint32_t place = latest(bindings, addr);
	const struct binding *at = place == BINDING_NONE ? NULL : &bindings->all[place];

	while (at && at->from_ns > time_ns) {
		at = before(bindings, at);
	}
	*binding = at;
	if (!at) {
		return BINDING_UNKNOWN;
	}
	if (is_over(at, time_ns)) {
		*binding = NULL;
		return BINDING_UNKNOWN;
	}
	return is_contested(at, time_ns) ? BINDING_CONTESTED : BINDING_FOUND;
}

const struct binding *bindings_next(
	const struct bindings *bindings, const struct addr *addr, const struct binding *binding)
{
	if (binding) {
		return before(bindings, binding);
	}
	uint32_t place = latest(bindings, addr);
	return place == BINDING_NONE ? NULL : &bindings->all[place];
}

const struct binding *bindings_at(const struct bindings *bindings, uint32_t place)
{
	return place < bindings->used ? &bindings->all[place] : NULL;
}

void bindings_read_stats(const struct bindings *bindings, struct bindings_stats *stats)
{
	*stats = bindings->stats;
	stats->count = bindings->used;
}

bool bindings_save(const struct bindings *bindings, struct text *text)
{
	uint32_t counts[2] = { bindings->used, bindings->next };

	text_put_bytes(text, (const char *)counts, sizeof(counts));
	text_put_bytes(text, (const char *)bindings->all, bindings->used * sizeof(*bindings->all));
	return !text->truncated;
}

/* In the order in which they were made, so that the latest of an address stands last. */
static bool index_all(struct bindings *bindings)
{
	uint32_t first = bindings->used == BINDINGS_MAX ? bindings->next : 0;
	bool is_good = true;

	for (uint32_t i = 0; is_good && i < bindings->used; i++) {
		uint32_t place = (first + i) % BINDINGS_MAX;
		struct binding *binding = &bindings->all[place];
		uint32_t older = latest(bindings, &binding->addr);
		uint64_t hash = hash_of(bindings, &binding->addr);
		if (older != BINDING_NONE) {
			hash_table_remove(&bindings->by_addr, hash, older);
		}
		binding->before = older;
		is_good = hash_table_put(&bindings->by_addr, hash, place);
	}
	return is_good;
}

bool bindings_load(struct bindings *bindings, struct reader *reader)
{
	uint32_t counts[2] = { 0, 0 };
	const uint8_t *head = reader_bytes(reader, sizeof(counts));

	if (head) {
		memcpy(counts, head, sizeof(counts));
	}
	bool is_good = head && counts[0] <= BINDINGS_MAX && counts[1] < BINDINGS_MAX &&
		       (counts[0] == BINDINGS_MAX || counts[1] == counts[0] % BINDINGS_MAX);
	const uint8_t *all =
		is_good ? reader_bytes(reader, counts[0] * sizeof(*bindings->all)) : NULL;
	if (!all) {
		return false;
	}
	memcpy(bindings->all, all, counts[0] * sizeof(*bindings->all));
	bindings->used = counts[0];
	bindings->next = counts[1];
	return index_all(bindings);
}
