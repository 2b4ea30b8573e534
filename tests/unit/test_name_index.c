/* The name index against a search that is too simple to be wrong. */
#include "analyzer/catalogue/name_index.h"

#include "tests/tap.h"

enum { LISTED = 1500, ASKED = 3000 };

static char listed[LISTED][64];

/* A small generator of its own, so that every run asks the same. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* Few labels, so that listed names often lie below one another, and names often nearly match. */
static void random_name(uint64_t *state, unsigned labels_min, unsigned labels_max, char name[64])
{
	static const char *const words[] = { "a", "b", "ab", "com", "net", "x-y", "tik", "tok",
		"tiktok", "cdn", "xn--q", "1", "b.b" };
	unsigned labels = labels_min + next_random(state) % (labels_max - labels_min + 1);

	name[0] = '\0';
	for (unsigned i = 0; i < labels; i++) {
		strcat(name, i ? "." : "");
		strcat(name, words[next_random(state) % (sizeof(words) / sizeof(words[0]))]);
	}
}

static bool is_below(const char *name, const char *suffix)
{
	size_t length = strlen(name), suffix_length = strlen(suffix);

	return suffix_length <= length && strcmp(name + length - suffix_length, suffix) == 0 &&
	       (suffix_length == length || name[length - suffix_length - 1] == '.');
}

/* The longest listed suffix; the first of equal ones. */
static int slow_find(const char *name)
{
	int best = -1;

	for (int i = 0; i < LISTED; i++) {
		if (is_below(name, listed[i]) &&
			(best < 0 || strlen(listed[i]) > strlen(listed[best]))) {
			best = i;
		}
	}
	return best;
}

static unsigned slow_count(const char *name)
{
	unsigned count = 0;

	for (int i = 0; i < LISTED; i++) {
		bool seen = false;
		for (int k = 0; k < i && !seen; k++) {
			seen = strcmp(listed[i], listed[k]) == 0;
		}
		count += !seen && is_below(name, listed[i]);
	}
	return count;
}

static void test_against_slow_search(void)
{
	struct name_index *index = name_index_create(LISTED);
	uint64_t state = 7;
	unsigned wrong = 0, found = 0, wrong_count = 0;

	for (uint32_t i = 0; i < LISTED; i++) {
		random_name(&state, 2, 5, listed[i]);
		name_index_add(index, listed[i], i);
	}
	for (unsigned i = 0; i < ASKED; i++) {
		struct name_hit hits[NAME_HITS_MAX];
		char name[64];
		random_name(&state, 1, 6, name);
		unsigned count = name_index_walk(index, name, strlen(name), hits);
		int want = slow_find(name), got = count ? (int)hits[count - 1].value : -1;
		found += want >= 0;
		wrong += got != want;
		if (count && hits[count - 1].length != strlen(listed[want])) {
			wrong++;
		}
		if (i < 500) {
			wrong_count += count != slow_count(name);
		}
	}
	is_int(wrong, 0, "%u names get the longest suffix", ASKED);
	is_int(wrong_count, 0, "and all the shorter ones");
	ok(found > ASKED / 10 && found < ASKED, "some names are listed, some are not (%u)", found);
	name_index_destroy(index);
}

/* The value of the longest suffix; -1 where there is none. */
static int longest(const struct name_index *index, const char *name)
{
	struct name_hit hits[NAME_HITS_MAX];
	unsigned count = name_index_walk(index, name, strlen(name), hits);

	return count ? (int)hits[count - 1].value : -1;
}

static void test_boundaries(void)
{
	struct name_index *index = name_index_create(3);
	struct name_hit hits[NAME_HITS_MAX];

	is_int(*name_index_add(index, "tiktok.com", 1), 1, "a new name gets its value");
	is_int(*name_index_add(index, "tiktok.com", 2), 1, "a listed one keeps it");
	is_int(name_index_walk(index, "nottiktok.com", 13, hits), 0, "no match inside a label");
	is_int(name_index_walk(index, "www.tiktok.com", 14, hits), 1, "a match on a boundary");
	is_int(name_index_walk(index, ".tiktok.com", 11, hits), 1, "an empty label is a label");
	is_int(name_index_walk(index, "tiktok.com.", 11, hits), 0, "a final dot is another name");
	is_int(name_index_walk(index, "", 0, hits), 0, "the empty name");
	is_int(name_index_walk(index, "...", 3, hits), 0, "dots alone");
	is_int(name_index_walk(index, "com", 3, hits), 0, "a single label");
	ok(name_index_find(index, "tiktok.com", 10) == 1, "the very name");
	ok(name_index_find(index, "www.tiktok.com", 14) == NAME_INDEX_NOTHING, "not one below it");
	name_index_add(index, "b.c", 2);
	name_index_add(index, "a.b.c", 3);
	is_int(longest(index, "www.example"), -1, "nothing is listed at a single label yet");
	name_index_add(index, "example", 4);
	is_int(longest(index, "www.example"), 4, "a house's own top-level domain is");
	is_int(longest(index, "example"), 4, "by itself, too");
	is_int(longest(index, "b.c"), 2, "and longer names go before it");
	name_index_destroy(index);
	name_index_destroy(NULL);
}

int main(void)
{
	test_boundaries();
	test_against_slow_search();
	return done_testing();
}
