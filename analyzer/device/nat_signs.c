#include "analyzer/device/nat_signs.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/device/neighbours.h"
#include "analyzer/device/tcp_clock.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/quick_hash.h"
#include "base/reader.h"
#include "collector/reserve.h"

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS   (60 * MINUTE_NS)
#define KEPT_NS   (24 * HOUR_NS)

/* No machine that is started anew with another system opens a flow so soon. */
#define QUICK_NS MINUTE_NS

/* Signs are gathered by the day, sessions by the hour, hellos in ten minutes. */
#define HELLOS_NS (10 * MINUTE_NS)

enum {
	HOPS_FLOWS = 3,  /* that came from further away */
	HOPS_MOST = 8,   /* more is no router of a building's, but a TTL that somebody chose */
	HOPS_NEAR = 4,   /* neighbours that since then came from where they were */
	HOPS_TURNS = 4,  /* from near to further and back */
	STACK_FLOWS = 3, /* of each of two kinds */
	STACK_TURNS = 4, /* from one to the other and back */
	QUICK_FLOWS = 2, /* the same, where one follows the other at once */
	QUICK_TURNS = 3,
	CLOCK_FLOWS = 4,  /* of each of two clocks, to at least three servers */
	CLOCK_TURNS = 3,  /* returns to a clock that was there before */
	HELLOS_MOST = 16, /* of one device's programs within ten minutes */
	SESSIONS_LEAST = 3,
	STACKS_MAX = 6,
	CLOCKS_MAX = 12,
	HELLOS_MAX = 48,
	PROBES = 8
};

struct stack {
	uint32_t kind;
	uint16_t flows;
};

struct behind {
	struct addr addr;
	uint64_t station;
	uint64_t many_from_ns, many_last_ns;
	uint64_t day, session_hour, hello_span;
	uint64_t far_ns;   /* the first of far_flows */
	uint64_t stack_ns; /* of last_stack */
	uint32_t hellos[HELLOS_MAX];
	struct stack stacks[STACKS_MAX];
	struct tcp_clock clocks[CLOCKS_MAX];
	uint32_t last_stack;
	uint16_t far_flows, turns, quick_turns, least;
	uint16_t hop_flows[2], hop_turns, clock_turns; /* from near and further */
	int16_t base;                                  /* of its neighbours, when far_flows began */
	uint8_t last_is_far, last_clock, session_count;
	uint32_t session_clients[SESSIONS_LEAST];
	uint8_t stack_count, clock_count, hello_count, signs;
	uint8_t is_used; /* no bool: it is read back from a file */
	struct nat_evidence evidence[NAT_SIGN_COUNT];
};

struct nat_signs {
	uint64_t seed;      /* a secret: nobody outside can aim at one place of a table */
	struct behind *all; /* NAT_ADDRS_MAX, as they came: a few lie on few pages */
	uint32_t count;
	/* Of each place, by hash; 0 where it is free. TAG_MANY only where signs were found: nearly
	 * every question ends here, in the cache. */
	uint8_t tags[NAT_ADDRS_MAX];
	uint16_t numbers[NAT_ADDRS_MAX]; /* what of all stands there */
};

_Static_assert(NAT_ADDRS_MAX <= UINT16_MAX + 1, "numbers fit");

const char *nat_sign_name(enum nat_sign sign)
{
	static const char *const names[] = { [NAT_HOPS] = "hops",
		[NAT_STACKS] = "stacks",
		[NAT_CLOCKS] = "clocks",
		[NAT_HELLOS] = "hellos",
		[NAT_NAMES] = "names",
		[NAT_SESSIONS] = "sessions" };

	return (unsigned)sign < NAT_SIGN_COUNT ? names[sign] : "";
}

unsigned nat_hops(uint8_t ttl)
{
	return ttl <= 64 ? 64U - ttl : ttl <= 128 ? 128U - ttl : 255U - ttl;
}

static uint8_t start_of(uint8_t ttl)
{
	return ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

uint32_t nat_system(uint32_t stack, uint8_t ttl)
{
	return (stack ^ start_of(ttl) * 2654435761U) | 1;
}

struct nat_signs *nat_signs_create(void)
{
	struct nat_signs *signs = calloc(1, sizeof(*signs));

	if (signs) {
		signs->seed = hash_key_random().words[0];
		signs->all = reserve_map(NAT_ADDRS_MAX * sizeof(*signs->all));
	}
	if (signs && !signs->all) {
		free(signs);
		return NULL;
	}
	return signs;
}

void nat_signs_destroy(struct nat_signs *signs)
{
	if (signs) {
		reserve_unmap(signs->all, NAT_ADDRS_MAX * sizeof(*signs->all));
		free(signs);
	}
}

enum { TAG_USED = 1, TAG_MANY = 2 };

static uint8_t tag_of(uint64_t hash)
{
	return (uint8_t)(((hash >> 56) & ~TAG_MANY) | TAG_USED);
}

static struct behind *at_place(const struct nat_signs *signs, uint32_t place)
{
	return &signs->all[signs->numbers[place]];
}

static bool is_at(
	const struct nat_signs *signs, uint32_t place, const struct addr *addr, uint64_t hash)
{
	return (signs->tags[place] & ~TAG_MANY) == tag_of(hash) &&
	       addr_equal(&at_place(signs, place)->addr, addr);
}

/* Where an address stands, or would stand: its own place, a free one, or the one of a few that was
 * gathered longest ago. */
static uint32_t place_of(const struct nat_signs *signs, const struct addr *addr, uint64_t hash)
{
	uint32_t first = (uint32_t)(hash % NAT_ADDRS_MAX), oldest = first;

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (first + i) % NAT_ADDRS_MAX;
		if (signs->tags[at] == 0 || is_at(signs, at, addr, hash)) {
			return at;
		}
	}
	for (uint32_t i = 1; i < PROBES; i++) {
		uint32_t at = (first + i) % NAT_ADDRS_MAX;
		oldest = at_place(signs, at)->day < at_place(signs, oldest)->day ? at : oldest;
	}
	return oldest;
}

/* The address, where signs were found of it. */
static const struct behind *find_many(const struct nat_signs *signs, const struct addr *addr)
{
	uint64_t hash = quick_hash_addr(signs->seed, addr);
	uint32_t first = (uint32_t)(hash % NAT_ADDRS_MAX);

	for (uint32_t i = 0; i < PROBES; i++) {
		uint32_t at = (first + i) % NAT_ADDRS_MAX;
		if ((signs->tags[at] & TAG_MANY) && is_at(signs, at, addr, hash)) {
			return at_place(signs, at);
		}
		if (signs->tags[at] == 0) {
			break;
		}
	}
	return NULL;
}

void nat_signs_fetch_place(const struct nat_signs *signs, const struct addr *addr)
{
	uint32_t first = (uint32_t)(quick_hash_addr(signs->seed, addr) % NAT_ADDRS_MAX);

	__builtin_prefetch(&signs->tags[first]);
	__builtin_prefetch(&signs->numbers[first]);
}

/* Who it is, what was last, and how much there is of each kind. */
void nat_signs_fetch(const struct nat_signs *signs, const struct addr *addr)
{
	uint64_t hash = quick_hash_addr(signs->seed, addr);
	uint32_t first = (uint32_t)(hash % NAT_ADDRS_MAX);

	if ((signs->tags[first] & ~TAG_MANY) == tag_of(hash)) {
		const struct behind *behind = at_place(signs, first);
		__builtin_prefetch(&behind->addr);
		__builtin_prefetch(&behind->stack_ns);
		__builtin_prefetch(&behind->stacks);
		__builtin_prefetch(&behind->last_stack);
		__builtin_prefetch(&behind->is_used);
	}
}

/* The address' own place from now on; what stands there is as it was, or another's. */
static uint32_t take(struct nat_signs *signs, const struct addr *addr)
{
	uint64_t hash = quick_hash_addr(signs->seed, addr);
	uint32_t at = place_of(signs, addr, hash);

	if (signs->tags[at] == 0) {
		signs->numbers[at] = (uint16_t)signs->count++;
	}
	if (!is_at(signs, at, addr, hash)) {
		signs->tags[at] = tag_of(hash);
	}
	return at;
}

static void mark(struct nat_signs *signs, uint32_t place)
{
	signs->tags[place] |= at_place(signs, place)->many_from_ns ? TAG_MANY : 0;
}

static void begin_day(struct behind *behind, uint64_t day)
{
	behind->day = day;
	behind->stack_count = behind->clock_count = 0;
	behind->far_flows = behind->turns = behind->quick_turns = 0;
	behind->hop_flows[0] = behind->hop_flows[1] = 0;
	behind->hop_turns = behind->clock_turns = 0;
	behind->last_stack = 0;
}

static struct behind *gather(struct nat_signs *signs, uint32_t place, const struct addr *addr,
	uint64_t time_ns, uint64_t station)
{
	struct behind *behind = at_place(signs, place);
	bool is_other = !behind->is_used || !addr_equal(&behind->addr, addr) ||
			(station != 0 && behind->station != 0 && behind->station != station);

	if (is_other) {
		memset(behind, 0, sizeof(*behind));
		behind->addr = *addr;
		behind->is_used = true;
	}
	behind->station = station ? station : behind->station;
	if (time_ns / KEPT_NS > behind->day) {
		begin_day(behind, time_ns / KEPT_NS);
	}
	return behind;
}

static void found(struct behind *behind, enum nat_sign sign, unsigned least, uint64_t time_ns)
{
	struct nat_evidence *evidence = &behind->evidence[sign];

	if (behind->many_from_ns == 0 || behind->many_last_ns + KEPT_NS < time_ns) {
		behind->many_from_ns = time_ns;
		behind->signs = 0;
		behind->least = 0;
		memset(behind->evidence, 0, sizeof(behind->evidence));
	}
	evidence->from_ns = evidence->count > 0 ? evidence->from_ns : time_ns;
	evidence->last_ns = time_ns;
	evidence->count += evidence->count < UINT32_MAX;
	behind->many_last_ns = time_ns;
	behind->signs |= (uint8_t)(1U << sign);
	behind->least = least > behind->least ? (uint16_t)least : behind->least;
}

/* Further away than its neighbours, who still are where they were. */
static void look_at_neighbours(
	struct behind *behind, const struct sighting *sighting, const struct neighbourhood *around)
{
	unsigned hops = nat_hops(sighting->ttl);
	int base = neighbourhood_hops(around);

	if (base != behind->base) {
		behind->base = (int16_t)base;
		behind->far_flows = 0;
	}
	if (base < 0 || hops <= (unsigned)base || hops > (unsigned)base + HOPS_MOST) {
		return;
	}
	if (behind->far_flows == 0) {
		behind->far_ns = sighting->time_ns;
	}
	behind->far_flows += behind->far_flows < UINT16_MAX;
	if (behind->far_flows >= HOPS_FLOWS &&
		neighbourhood_count(around, (unsigned)base, behind->far_ns) >= HOPS_NEAR) {
		found(behind, NAT_HOPS, 2, sighting->time_ns);
	}
}

/* From near and from further away in turn, on the wire of the segment: its own and others'. */
static void look_at_turns(struct behind *behind, const struct sighting *sighting)
{
	unsigned hops = nat_hops(sighting->ttl);
	uint8_t is_far = hops > 0;

	if (hops > HOPS_MOST) {
		return;
	}
	behind->hop_turns += is_far != behind->last_is_far;
	behind->last_is_far = is_far;
	behind->hop_flows[is_far] += behind->hop_flows[is_far] < UINT16_MAX;
	if (behind->hop_turns >= HOPS_TURNS && behind->hop_flows[0] >= HOPS_FLOWS &&
		behind->hop_flows[1] >= HOPS_FLOWS) {
		found(behind, NAT_HOPS, 2, sighting->time_ns);
	}
}

static void count_turn(struct behind *behind, uint32_t kind, uint64_t time_ns)
{
	if (behind->last_stack != 0 && behind->last_stack != kind) {
		behind->turns++;
		behind->quick_turns += time_ns < behind->stack_ns + QUICK_NS;
	}
	behind->last_stack = kind;
	behind->stack_ns = time_ns;
}

/* Kinds of system that began so many flows. */
static unsigned count_kinds(const struct behind *behind, unsigned flows)
{
	unsigned kinds = 0;

	for (unsigned i = 0; i < behind->stack_count; i++) {
		kinds += behind->stacks[i].flows >= flows;
	}
	return kinds;
}

static void look_at_stacks(struct behind *behind, const struct sighting *sighting)
{
	uint32_t kind = nat_system(sighting->stack, sighting->ttl);
	unsigned at = 0;

	while (at < behind->stack_count && behind->stacks[at].kind != kind) {
		at++;
	}
	if (at == STACKS_MAX) {
		return;
	}
	if (at == behind->stack_count) {
		behind->stacks[behind->stack_count++] = (struct stack){ .kind = kind };
	}
	behind->stacks[at].flows += behind->stacks[at].flows < UINT16_MAX;
	count_turn(behind, kind, sighting->time_ns);
	unsigned kinds = count_kinds(behind, STACK_FLOWS);
	unsigned quick_kinds = count_kinds(behind, QUICK_FLOWS);
	if ((kinds >= 2 && behind->turns >= STACK_TURNS) ||
		(quick_kinds >= 2 && behind->quick_turns >= QUICK_TURNS)) {
		found(behind, NAT_STACKS, kinds, sighting->time_ns);
	}
}

static void look_at_clocks(struct behind *behind, const struct sighting *sighting)
{
	uint32_t at_ms = (uint32_t)(sighting->time_ns / NS_PER_MS);
	unsigned at = 0, clocks = 0;

	while (at < behind->clock_count &&
		!tcp_clock_runs_on(&behind->clocks[at], sighting->tcp_time, at_ms)) {
		at++;
	}
	if (at == behind->clock_count) {
		/* Where there is no room the newest makes some: clocks that run on stay. */
		at = behind->clock_count < CLOCKS_MAX ? behind->clock_count++ : CLOCKS_MAX - 1;
		behind->clocks[at] = (struct tcp_clock){ .flows = 0 };
	} else {
		behind->clock_turns += at != behind->last_clock;
	}
	behind->last_clock = (uint8_t)at;
	tcp_clock_add(&behind->clocks[at], sighting);
	for (unsigned i = 0; i < behind->clock_count; i++) {
		clocks += behind->clocks[i].flows >= CLOCK_FLOWS &&
			  behind->clocks[i].peer_count == TCP_CLOCK_PEERS;
	}
	if (clocks >= 2 && behind->clock_turns >= CLOCK_TURNS) {
		found(behind, NAT_CLOCKS, clocks, sighting->time_ns);
	}
}

void nat_signs_see(struct nat_signs *signs, const struct sighting *sighting, uint64_t station,
	const struct neighbourhood *around)
{
	struct behind *behind;
	uint32_t place;

	if (sighting->stack == 0) {
		return; /* no SYN: what programs send of their own has TTLs of their own */
	}
	place = take(signs, &sighting->addr);
	behind = gather(signs, place, &sighting->addr, sighting->time_ns, station);
	look_at_neighbours(behind, sighting, around);
	if (station != 0) {
		look_at_turns(behind, sighting);
	}
	look_at_stacks(behind, sighting);
	if (sighting->has_tcp_time) {
		look_at_clocks(behind, sighting);
	}
	mark(signs, place);
}

/* Different values of a span of time: TLS fingerprints, who uses a desktop. */
struct values {
	uint64_t *span;
	uint32_t *items;
	uint8_t *count;
	unsigned most;
	uint64_t span_ns;
};

/* False: it is known already, or of a flow that took its time. What finds no room is new as well.
 */
static bool add_value(const struct values *values, uint32_t value, uint64_t time_ns)
{
	uint64_t span = time_ns / values->span_ns;

	if (span < *values->span) {
		return false;
	}
	if (span > *values->span) {
		*values->span = span;
		*values->count = 0;
	}
	for (unsigned i = 0; i < *values->count; i++) {
		if (values->items[i] == value) {
			return false;
		}
	}
	if (*values->count < values->most) {
		values->items[(*values->count)++] = value;
	}
	return true;
}

void nat_signs_see_hello(
	struct nat_signs *signs, const struct addr *addr, uint64_t hello, uint64_t time_ns)
{
	uint32_t place = take(signs, addr);
	struct behind *behind = gather(signs, place, addr, time_ns, 0);
	const struct values hellos = { &behind->hello_span, behind->hellos, &behind->hello_count,
		HELLOS_MAX, HELLOS_NS };
	bool is_new = add_value(&hellos, (uint32_t)(hello ^ hello >> 32), time_ns);

	if (is_new && behind->hello_count > HELLOS_MOST) {
		found(behind, NAT_HELLOS, (behind->hello_count + HELLOS_MOST - 1U) / HELLOS_MOST,
			time_ns);
	}
	mark(signs, place);
}

void nat_signs_see_session(struct nat_signs *signs, const struct addr *addr,
	const struct addr *client, uint64_t time_ns)
{
	uint32_t place = take(signs, addr);
	struct behind *behind = gather(signs, place, addr, time_ns, 0);
	const struct values clients = { &behind->session_hour, behind->session_clients,
		&behind->session_count, SESSIONS_LEAST, HOUR_NS };
	bool is_new = add_value(&clients, (uint32_t)quick_hash_addr(0, client), time_ns);

	if (is_new && behind->session_count == SESSIONS_LEAST) {
		found(behind, NAT_SESSIONS, SESSIONS_LEAST, time_ns);
	}
	mark(signs, place);
}

static struct nat_answer answer_of(const struct behind *behind)
{
	return (struct nat_answer){ true, behind->signs, behind->least > 2 ? behind->least : 2,
		behind->many_from_ns };
}

struct nat_answer nat_signs_find(
	const struct nat_signs *signs, const struct addr *addr, uint64_t time_ns)
{
	const struct behind *behind = find_many(signs, addr);
	struct nat_answer answer = { .is_many = false };

	if (behind && behind->many_from_ns != 0 && time_ns >= behind->many_from_ns &&
		time_ns <= behind->many_last_ns + KEPT_NS) {
		answer = answer_of(behind);
	}
	return answer;
}

const struct nat_evidence *nat_signs_evidence(
	const struct nat_signs *signs, const struct addr *addr, enum nat_sign sign)
{
	const struct behind *behind = find_many(signs, addr);

	return behind && behind->evidence[sign].count > 0 ? &behind->evidence[sign] : NULL;
}

bool nat_signs_next(const struct nat_signs *signs, uint32_t *place, struct addr *addr,
	struct nat_answer *answer, uint64_t *last_ns)
{
	while (*place < signs->count) {
		const struct behind *behind = &signs->all[(*place)++];
		if (behind->many_from_ns != 0) {
			*addr = behind->addr;
			*answer = answer_of(behind);
			*last_ns = behind->many_last_ns;
			return true;
		}
	}
	return false;
}

bool nat_signs_save(const struct nat_signs *signs, struct text *text)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < signs->count; i++) {
		count += signs->all[i].many_from_ns != 0;
	}
	text_put_bytes(text, (const char *)&count, sizeof(count));
	for (uint32_t i = 0; i < signs->count; i++) {
		if (signs->all[i].many_from_ns != 0) {
			text_put_bytes(text, (const char *)&signs->all[i], sizeof(*signs->all));
		}
	}
	return !text->truncated;
}

static bool are_clocks_sound(const struct behind *saved)
{
	bool is_good = saved->clock_count <= CLOCKS_MAX;

	for (unsigned i = 0; is_good && i < saved->clock_count; i++) {
		is_good = saved->clocks[i].peer_count <= TCP_CLOCK_PEERS;
	}
	return is_good;
}

bool nat_signs_load(struct nat_signs *signs, struct reader *reader)
{
	const uint8_t *head = reader_bytes(reader, sizeof(uint32_t));
	uint32_t count = 0;
	struct behind saved;

	if (head) {
		memcpy(&count, head, sizeof(count));
	}
	for (uint32_t i = 0; head && i < count; i++) {
		const uint8_t *bytes = reader_bytes(reader, sizeof(saved));
		if (!bytes) {
			return false;
		}
		memcpy(&saved, bytes, sizeof(saved));
		if (!are_clocks_sound(&saved) || saved.stack_count > STACKS_MAX ||
			saved.clock_count > CLOCKS_MAX || saved.hello_count > HELLOS_MAX ||
			saved.session_count > SESSIONS_LEAST) {
			return false;
		}
		uint32_t place = take(signs, &saved.addr);
		*at_place(signs, place) = saved;
		mark(signs, place);
	}
	return head != NULL;
}
