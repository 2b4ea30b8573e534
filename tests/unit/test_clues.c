#include "analyzer/classify/clue_store.h"
#include "tests/tap.h"

static void test_names(void)
{
	struct clues clues;
	char longest[CLUE_NAME_MAX + 2];

	clues_clear(&clues);
	ok(clues_add_name(&clues, NAME_DNS_QUERY, "Asked.Example.COM.", 18), "a name is added");
	ok(clues_add_name(&clues, NAME_TLS_SNI, "sni.example.com", 15), "a stronger one as well");
	ok(!clues_add_name(&clues, NAME_DNS_QUERY, "asked.example.com", 17),
		"the same one not again");
	ok(clues_add_name(&clues, NAME_DNS_CNAME, "asked.example.com", 17),
		"… unless from elsewhere");
	is_text(clues_name(&clues, 0), "sni.example.com", "the strongest stands first");
	is_text(clues_name(&clues, 1), "asked.example.com", "lower case, without the final dot");
	is_text(clues_domain(&clues), "sni.example.com", "and is the domain");
	ok(!clues_add_name(&clues, NAME_TLS_SNI, ".", 1), "the root is no name");
	memset(longest, 'a', sizeof(longest));
	ok(!clues_add_name(&clues, NAME_TLS_SNI, longest, CLUE_NAME_MAX + 1),
		"254 bytes are too many");
	ok(clues_add_name(&clues, NAME_TLS_SNI, longest, CLUE_NAME_MAX), "253 are not");
	ok(clues_add_name(&clues, NAME_CERT, "a\0b", 3) &&
			strlen(clues_name(&clues, clues.name_count - 1)) == 3,
		"a NUL does not cut a name short");
	for (unsigned i = 0; i < 20; i++) {
		char name[] = "a0";
		name[1] = (char)('a' + i);
		clues_add_name(&clues, NAME_CERT, name, 2);
	}
	is_int(clues.name_count, CLUE_NAMES_MAX, "there is room for so many");
}

static void make(struct clues *clues, unsigned number)
{
	char name[64];

	clues_clear(clues);
	int length = snprintf(name, sizeof(name), "host-%u.%.*s", number, (int)(number % 40),
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
	clues_add_name(clues, NAME_TLS_SNI, name, (size_t)length);
}

static void test_store(void)
{
	enum { LIMIT = 500 };
	struct clue_store *store = clue_store_create(LIMIT);
	struct clue_store_stats stats;
	struct clues clues, copy;
	uint32_t numbers[LIMIT];
	bool is_same = true, is_right = true;

	for (unsigned i = 0; i < LIMIT; i++) {
		make(&clues, i);
		numbers[i] = clue_store_add(store, &clues);
		is_same &= numbers[i] && clue_store_add(store, &clues) == numbers[i];
	}
	ok(is_same, "the same clues have one number");
	make(&clues, LIMIT);
	is_int(clue_store_add(store, &clues), 0, "a full store refuses");
	for (unsigned i = 0; i < LIMIT; i += 2) {
		clue_store_release(store, numbers[i]);
		clue_store_release(store, numbers[i]);
	}
	clue_store_read_stats(store, &stats);
	is_int(stats.sets, LIMIT / 2, "what nobody holds is gone");
	is_int((int64_t)stats.refused, 1, "… and refusals are counted");
	for (unsigned i = 1; i < LIMIT; i += 2) {
		make(&clues, i);
		is_right &= clue_store_add(store, &clues) == numbers[i];
		clues_copy(&copy, clue_store_get(store, numbers[i]));
		is_right &= strcmp(clues_name(&copy, 0), clues_name(&clues, 0)) == 0;
		clue_store_release(store, numbers[i]);
	}
	ok(is_right, "the others are found where they were");
	/* Random takes and gives, checked against plain counts. */
	unsigned counts[200] = { 0 }, random = 7;
	uint32_t held[200] = { 0 };
	for (unsigned round = 0; round < 100000; round++) {
		random = random * 1664525 + 1013904223;
		unsigned which = (random >> 8) % 200;
		make(&clues, 1000 + which);
		if (counts[which] && random >> 31) {
			counts[which]--;
			clue_store_release(store, held[which]);
		} else {
			uint32_t number = clue_store_add(store, &clues);
			is_right &= number && (!counts[which] || number == held[which]);
			held[which] = number;
			counts[which]++;
		}
	}
	ok(is_right, "100,000 takes and gives in any order");
	clue_store_destroy(store);
}

int main(void)
{
	test_names();
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
