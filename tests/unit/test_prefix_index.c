/* The prefix index against asking every prefix in turn. */
#include "analyzer/catalogue/prefix_index.h"

#include "tests/tap.h"

enum { LISTED = 400, ASKED = 100000 };

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* Addresses from a narrow range, so that prefixes nest and touch. */
static struct addr random_addr(uint64_t *state)
{
	uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint32_t low = next_random(state);

	if (low & 1) {
		uint8_t v4[4] = { 192, (uint8_t)(low >> 8 & 3), (uint8_t)(low >> 16),
			(uint8_t)(low >> 24) };
		return addr_from_v4(v4);
	}
	bytes[4] = (uint8_t)(low >> 8 & 3);
	bytes[5] = (uint8_t)(low >> 16);
	bytes[15] = (uint8_t)(low >> 24);
	return addr_from_v6(bytes);
}

static int slow_find(const struct prefix *prefixes, const struct addr *addr)
{
	int best = PREFIX_NONE;

	for (int i = 0; i < LISTED; i++) {
		if (prefix_contains(&prefixes[i], addr) &&
			(best < 0 || prefixes[i].bits >= prefixes[best].bits)) {
			best = i;
		}
	}
	return best;
}

static void test_against_slow_search(void)
{
	static struct prefix prefixes[LISTED];
	uint64_t state = 3;
	unsigned wrong = 0, found = 0, wrong_parent = 0;

	for (unsigned i = 0; i < LISTED; i++) {
		char text[64];
		struct addr addr = random_addr(&state);
		size_t length = addr_format(&addr, text);
		unsigned bits = addr_is_v4(&addr) ? 17 + next_random(&state) % 16
						  : 38 + next_random(&state) % 91;
		snprintf(text + length, sizeof(text) - length, "/%u", bits);
		if (!prefix_parse(text, &prefixes[i])) {
			ok(false, "cannot parse %s", text);
		}
	}
	struct prefix_index *index = prefix_index_create(prefixes, LISTED);
	for (unsigned i = 0; i < ASKED; i++) {
		struct addr addr = random_addr(&state);
		int got = prefix_index_find(index, &addr), want = slow_find(prefixes, &addr);
		wrong += got != want;
		found += want >= 0;
		int parent = got >= 0 ? prefix_index_parent(index, got) : PREFIX_NONE;
		wrong_parent += parent >= 0 && (!prefix_contains(&prefixes[parent], &addr) ||
						       prefixes[parent].bits > prefixes[got].bits);
	}
	is_int(wrong, 0, "%u addresses get the longest prefix", ASKED);
	is_int(wrong_parent, 0, "whose parent holds it");
	ok(found > 0 && found < ASKED, "some are listed, some are not (%u)", found);
	prefix_index_destroy(index);
}

static void test_ends(void)
{
	struct prefix prefixes[3];
	struct addr low, high;
	prefix_parse("0.0.0.0/0", &prefixes[0]);
	prefix_parse("ff00::/8", &prefixes[1]);
	prefix_parse("255.255.255.255/32", &prefixes[2]);
	struct prefix_index *index = prefix_index_create(prefixes, 3);

	addr_parse("0.0.0.0", &low);
	addr_parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &high);
	is_int(prefix_index_find(index, &low), 0, "the first IPv4 address");
	is_int(prefix_index_find(index, &high), 1, "the last address of all");
	addr_parse("255.255.255.255", &high);
	is_int(prefix_index_find(index, &high), 2, "the last IPv4 address");
	is_int(prefix_index_parent(index, 2), 0, "inside all of IPv4");
	addr_parse("::1", &low);
	is_int(prefix_index_find(index, &low), PREFIX_NONE, "nothing in front");
	prefix_index_destroy(index);

	index = prefix_index_create(NULL, 0);
	is_int(prefix_index_find(index, &low), PREFIX_NONE, "an empty index");
	prefix_index_destroy(index);
}

int main(void)
{
	test_ends();
	test_against_slow_search();
	return done_testing();
}
