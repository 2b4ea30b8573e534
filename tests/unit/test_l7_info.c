#include "analyzer/classify/flow_memory.h"
#include "analyzer/classify/l7_info_store.h"
#include "base/clock.h"
#include "tests/tap.h"

static void test_names(void)
{
	struct l7_info l7;
	char longest[L7_INFO_NAME_MAX + 2];

	l7_info_clear(&l7);
	ok(l7_info_add_name(&l7, NAME_DNS_QUERY, "Asked.Example.COM.", 18), "a name is added");
	ok(l7_info_add_name(&l7, NAME_TLS_SNI, "sni.example.com", 15), "a stronger one as well");
	ok(!l7_info_add_name(&l7, NAME_DNS_QUERY, "asked.example.com", 17),
		"the same one not again");
	ok(l7_info_add_name(&l7, NAME_DNS_CNAME, "asked.example.com", 17),
		"… unless from elsewhere");
	is_text(l7_info_name(&l7, 0), "sni.example.com", "the strongest stands first");
	is_text(l7_info_name(&l7, 1), "asked.example.com", "lower case, without the final dot");
	is_text(l7_info_domain(&l7), "sni.example.com", "and is the domain");
	ok(!l7_info_add_name(&l7, NAME_TLS_SNI, ".", 1), "the root is no name");
	memset(longest, 'a', sizeof(longest));
	ok(!l7_info_add_name(&l7, NAME_TLS_SNI, longest, L7_INFO_NAME_MAX + 1),
		"254 bytes are too many");
	ok(l7_info_add_name(&l7, NAME_TLS_SNI, longest, L7_INFO_NAME_MAX), "253 are not");
	ok(l7_info_add_name(&l7, NAME_CERT, "a\0b", 3) &&
			strlen(l7_info_name(&l7, l7.name_count - 1)) == 3,
		"a NUL does not cut a name short");
	for (unsigned i = 0; i < 20; i++) {
		char name[] = "a0";
		name[1] = (char)('a' + i);
		l7_info_add_name(&l7, NAME_CERT, name, 2);
	}
	is_int(l7.name_count, L7_INFO_NAMES_MAX, "there is room for so many");
}

/* Whoever sends many names ahead does not keep out the one that counts. */
static void test_crowded(void)
{
	struct l7_info l7;
	char name[L7_INFO_NAME_MAX];

	for (size_t length = 20; length <= sizeof(name); length += sizeof(name) - 20) {
		l7_info_clear(&l7);
		l7_info_add_name(&l7, NAME_CERT, "cert.example.com", 16);
		l7_info_set_issuer(&l7, "An Authority", 12);
		memset(name, 'a', sizeof(name));
		for (unsigned i = 0; i < 12; i++) {
			name[0] = (char)('a' + i);
			l7_info_add_name(&l7, NAME_TLS_SNI, name, length);
		}
		ok(l7_info_add_name(&l7, NAME_TLS_SNI, "last.example.com", 16),
			"the last of many hellos keeps a place, %zu letters each", length);
		ok(!l7_info_add_name(&l7, NAME_TLS_SNI, "last.example.com", 16), "… one");
		is_text(l7_info_name(&l7, l7.name_count - 1), "last.example.com", "… the last");
		is_int(l7_info_name(&l7, 0)[0], 'a', "… the first one its own");
		ok(strlen(l7_info_name(&l7, l7.name_count - 2)) == length, "… and others theirs");
		is_text(l7_info_issuer(&l7), "An Authority", "… as does who signed");
		ok(!l7_info_add_name(&l7, NAME_DNS_QUERY, name, sizeof(name)),
			"what is weaker finds no room");
	}
}

static void make(struct l7_info *l7, unsigned number)
{
	char name[64];

	l7_info_clear(l7);
	int length = snprintf(name, sizeof(name), "host-%u.%.*s", number, (int)(number % 40),
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
	l7_info_add_name(l7, NAME_TLS_SNI, name, (size_t)length);
}

/* Each byte at each place of names of each length. */
static void test_folding(void)
{
	enum { LENGTH_MAX = 26, BYTES = 256 };
	unsigned wrong = 0;

	for (unsigned length = 1; length <= LENGTH_MAX; length++) {
		for (unsigned first = 0; first < BYTES; first++) {
			struct l7_info l7;
			char name[LENGTH_MAX];
			for (unsigned i = 0; i < length; i++) {
				unsigned byte = (first + i * 89) % BYTES;
				name[i] = (char)(byte == '.' ? 'x' : byte);
			}
			l7_info_clear(&l7);
			l7_info_add_name(&l7, NAME_TLS_SNI, name, length);
			const char *shown = l7_info_name(&l7, 0);
			for (unsigned i = 0; i < length; i++) {
				char plain = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32)
					     : name[i]                        ? name[i]
									      : '?';
				wrong += shown[i] != plain;
			}
			wrong += shown[length] != '\0';
		}
	}
	is_int(wrong, 0, "letters are small and a NUL a question mark, wherever they stand");
}

static void test_store(void)
{
	enum { LIMIT = 500 };
	struct l7_info_store *store = l7_info_store_create(LIMIT);
	struct l7_info_store_stats stats;
	struct l7_info l7, copy;
	uint32_t numbers[LIMIT];
	bool is_same = true, is_right = true;

	for (unsigned i = 0; i < LIMIT; i++) {
		make(&l7, i);
		numbers[i] = l7_info_store_add(store, &l7);
		is_same &= numbers[i] && l7_info_store_add(store, &l7) == numbers[i];
	}
	ok(is_same, "the same l7 info has one number");
	make(&l7, LIMIT);
	is_int(l7_info_store_add(store, &l7), 0, "a full store refuses");
	for (unsigned i = 0; i < LIMIT; i += 2) {
		l7_info_store_release(store, numbers[i]);
		l7_info_store_release(store, numbers[i]);
	}
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, LIMIT / 2, "what nobody holds is gone");
	is_int((int64_t)stats.refused, 1, "… and refusals are counted");
	for (unsigned i = 1; i < LIMIT; i += 2) {
		make(&l7, i);
		is_right &= l7_info_store_add(store, &l7) == numbers[i];
		l7_info_copy(&copy, l7_info_store_get(store, numbers[i]));
		is_right &= strcmp(l7_info_name(&copy, 0), l7_info_name(&l7, 0)) == 0;
		l7_info_store_release(store, numbers[i]);
	}
	ok(is_right, "the others are found where they were");
	/* Random takes and gives, checked against plain counts. */
	unsigned counts[200] = { 0 }, random = 7;
	uint32_t held[200] = { 0 };
	for (unsigned round = 0; round < 100000; round++) {
		random = random * 1664525 + 1013904223;
		unsigned which = (random >> 8) % 200;
		make(&l7, 1000 + which);
		if (counts[which] && random >> 31) {
			counts[which]--;
			l7_info_store_release(store, held[which]);
		} else {
			uint32_t number = l7_info_store_add(store, &l7);
			is_right &= number && (!counts[which] || number == held[which]);
			held[which] = number;
			counts[which]++;
		}
	}
	ok(is_right, "100,000 takes and gives in any order");
	l7_info_store_destroy(store);
}

/* What still changes is its holder's own, until somebody else holds it as well. */
static void test_own(void)
{
	struct l7_info_store *store = l7_info_store_create(16);
	struct l7_info_store_stats stats;
	struct l7_info l7;

	make(&l7, 1);
	uint32_t shared = l7_info_store_add(store, &l7);
	l7_info_store_hold(store, shared);
	l7.exchange = L7_EXCHANGE_ONE;
	uint32_t own = l7_info_store_change(store, shared, &l7);
	ok(own && own != shared, "what is shared stays beside one's own");
	ok(!l7_info_store_own(store, shared) && !l7_info_store_own(store, 0) &&
			l7_info_store_own(store, own) == l7_info_store_get(store, own),
		"… and only one's own is to be changed in place");
	is_int(l7_info_store_get(store, shared)->exchange, L7_EXCHANGE_UNWATCHED, "… as it was");
	l7.exchange = L7_EXCHANGE_MORE;
	is_int(l7_info_store_change(store, own, &l7), own, "which changes in place");
	is_int(l7_info_store_get(store, own)->exchange, L7_EXCHANGE_MORE, "… to what is said");
	uint32_t found = l7_info_store_add(store, &l7);
	ok(found != own, "… and is found by nobody else");
	l7_info_store_release(store, found);
	l7_info_store_hold(store, own);
	ok(!l7_info_store_own(store, own), "what another one holds as well is nobody's own");
	l7.exchange = L7_EXCHANGE_NONE;
	uint32_t other = l7_info_store_change(store, own, &l7);
	is_int(l7_info_store_get(store, own)->exchange, L7_EXCHANGE_MORE,
		"what another one holds stays as it was");
	l7_info_add_name(&l7, NAME_DNS_QUERY,
		"a-name-that-takes-more-room-than-there-was.example."
		"a-name-that-takes-more-room-than-there-was.example",
		101);
	uint32_t longer = l7_info_store_change(store, other, &l7);
	is_int(l7_info_store_get(store, longer)->name_count, l7.name_count,
		"what needs more room gets it");
	uint32_t same = l7_info_store_add(store, &l7);
	longer = l7_info_store_share(store, longer);
	is_int(longer, same, "what changes no more is shared");
	is_int(l7_info_store_share(store, longer), same, "… once");
	l7_info_store_release(store, same);
	l7_info_store_release(store, longer);
	l7_info_store_release(store, own);
	l7_info_store_release(store, shared);
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, 0, "all is given back");
	l7_info_store_destroy(store);
}

/* What an idle flow was is known for as long as is said, and not a second longer. */
static void test_memory(void)
{
	struct l7_info_store *store = l7_info_store_create(16);
	struct flow_memory *memory = flow_memory_create(16, store);
	struct flow_ends ends = { .source_port = 40000, .destination_port = 443, .protocol = 17 };
	const struct flow_stand stand = { .is_known = { false, false } };
	const uint64_t last_ns = (UINT64_C(1000) + FLOW_MEMORY_LIFE_S) * NS_PER_S;
	struct l7_info l7;

	make(&l7, 1);
	uint32_t number = l7_info_store_add(store, &l7);
	ok(flow_memory_is_empty(memory), "nothing is known at first");
	flow_memory_keep(memory, &ends, &stand, number, 1000 * NS_PER_S);
	is_int(flow_memory_find(memory, &ends, &stand, last_ns), number,
		"known in its last second");
	is_int(flow_memory_find(memory, &ends, &stand, last_ns + NS_PER_S), 0,
		"forgotten behind it");
	ends.source_port++;
	is_int(flow_memory_find(memory, &ends, &stand, last_ns), 0,
		"other numbers are another flow");
	for (unsigned i = 0; i < 20; i++) {
		ends.source_port = (uint16_t)(50000 + i);
		flow_memory_keep(memory, &ends, &stand, number, 2000 * NS_PER_S);
		ends.source_port = 50000;
		flow_memory_keep(memory, &ends, &stand, number, 2000 * NS_PER_S);
	}
	is_int(flow_memory_find(memory, &ends, &stand, last_ns), number,
		"kept again, it is known longer");
	ends.source_port = 50002;
	is_int(flow_memory_find(memory, &ends, &stand, last_ns), 0, "… than those silent longest");
	ends.source_port = 50019;
	is_int(flow_memory_find(memory, &ends, &stand, last_ns), number,
		"… which the latest are not");
	l7_info_store_release(store, number);
	l7.exchange++;
	uint32_t other = l7_info_store_add(store, &l7);
	for (unsigned i = 0; i < 16; i++) {
		ends.source_port = (uint16_t)(60000 + i);
		flow_memory_keep(memory, &ends, &stand, other, 3000 * NS_PER_S);
	}
	struct l7_info_store_stats stats;
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, 1, "what is given up holds nothing");
	flow_memory_destroy(memory);
	l7_info_store_destroy(store);
}

/* Of TCP the numbers go on, whoever of the two is taken for the source by now. */
static void test_memory_of_tcp(void)
{
	enum { FAR = (1 << 24) + 1 };
	struct l7_info_store *store = l7_info_store_create(16);
	struct flow_memory *memory = flow_memory_create(16, store);
	struct flow_ends ends = { .source = { { 1 } },
		.destination = { { 2 } },
		.source_port = 40000,
		.destination_port = 443,
		.protocol = 6 };
	struct flow_ends turned = { .source = ends.destination,
		.destination = ends.source,
		.source_port = 443,
		.destination_port = 40000,
		.protocol = 6 };
	struct flow_stand stand = { { 1000, UINT32_MAX - 4 }, { true, true } };
	struct flow_stand back = { { 7, 1000 }, { true, true } };
	struct l7_info l7;

	make(&l7, 1);
	uint32_t number = l7_info_store_add(store, &l7);
	flow_memory_keep(memory, &ends, &stand, number, 0);
	is_int(flow_memory_find(memory, &turned, &back, 0), number, "seen from the other side");
	back.next_seq[1] = 1000 + FAR;
	is_int(flow_memory_find(memory, &turned, &back, 0), 0, "one number is another's");
	back.next_seq[1]--;
	is_int(flow_memory_find(memory, &turned, &back, 0), number, "… as far as windows go");
	back = (struct flow_stand){ { 7 + FAR, 0 }, { true, false } };
	is_int(flow_memory_find(memory, &turned, &back, 0), 0, "so is the only one that is known");
	back.is_known[0] = false;
	is_int(flow_memory_find(memory, &turned, &back, 0), number, "nothing contradicts");
	flow_memory_destroy(memory);
	l7_info_store_destroy(store);
}

int main(void)
{
	test_own();
	test_memory_of_tcp();
	test_memory();
	test_names();
	test_crowded();
	test_folding();
	test_store();
	is_text(l7_protocol_name(L7_TLS), "tls", "protocols have names");
	is_text(name_hidden_name(NAME_HIDDEN_ECH), "ech", "reasons have names");
	ok(!app_hint_id(APP_HINT_NONE), "no hint, no app");
	for (unsigned i = 1; i < APP_HINT_COUNT; i++) {
		if (!app_hint_id((enum app_hint)i)) {
			ok(false, "hint %u has no app", i);
		}
	}
	return done_testing();
}
