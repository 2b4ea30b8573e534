#include "base/hash_table.h"

#include "base/hash.h"
#include "base/keyed_list.h"
#include "tests/tap.h"

enum { COUNT = 20000 };

static uint32_t items[COUNT];

static bool is_item(const void *all, uint32_t place, const void *key)
{
	return ((const uint32_t *)all)[place] == *(const uint32_t *)key;
}

static uint32_t find(const struct hash_table *table, uint64_t hash, uint32_t key)
{
	return hash_table_find(table, hash, is_item, items, &key);
}

static void test_many(void)
{
	struct hash_key key = hash_key_fixed("test");
	struct hash_table table = { 0 };
	unsigned found = 0, wrong = 0, guessed = 0;

	is_int(find(&table, 1, 1), HASH_TABLE_NONE, "nothing is in an empty table");
	hash_table_fetch(&table, 1);
	is_int(hash_table_guess(&table, 1), HASH_TABLE_NONE, "… nor is it guessed");
	for (uint32_t i = 0; i < COUNT; i++) {
		items[i] = 7 * i;
		if (!hash_table_put(&table, hash_bytes(&key, &items[i], sizeof(items[i])), i)) {
			break;
		}
	}
	for (uint32_t i = 0; i < 7 * COUNT; i++) {
		uint32_t place = find(&table, hash_bytes(&key, &i, sizeof(i)), i);
		found += place != HASH_TABLE_NONE;
		wrong += place != (i % 7 ? HASH_TABLE_NONE : i / 7);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		uint64_t hash = hash_bytes(&key, &items[i], sizeof(items[i]));
		hash_table_fetch(&table, hash);
		guessed += hash_table_guess(&table, hash) == i;
	}
	is_int(guessed, COUNT, "… and where it stands is known without a look at it");
	is_int(found, COUNT, "all that was put is found");
	is_int(wrong, 0, "… where it stands, and nothing else is");
	ok(table.count <= table.mask / 2 + 1, "at most half of the slots are taken");
	hash_table_clear(&table);
	is_int(find(&table, hash_bytes(&key, &items[3], 4), items[3]), HASH_TABLE_NONE, "cleared");
	hash_table_deinit(&table);
}

/* Everything at one slot, at the end of the table: probes go round it, and gaps close. */
static void test_removed(void)
{
	struct hash_table table = { 0 };
	unsigned wrong = 0;

	for (uint32_t i = 0; i < 7; i++) {
		items[i] = i;
		hash_table_put(&table, i < 5 ? 15 : 0, i);
	}
	for (uint32_t gone = 0; gone < 7; gone++) {
		hash_table_remove(&table, gone < 5 ? 15 : 0, gone);
		for (uint32_t i = 0; i < 7; i++) {
			wrong += find(&table, i < 5 ? 15 : 0, i) !=
				 (i <= gone ? HASH_TABLE_NONE : i);
		}
	}
	is_int(wrong, 0, "what was removed is gone, and everything else is still found");
	is_int(table.count, 0, "nothing is left");
	hash_table_remove(&table, 3, 3);
	is_int(table.count, 0, "removing what is not there changes nothing");
	hash_table_deinit(&table);
}

/* A row for each key, however often it is asked for. */
static void test_keyed_list(void)
{
	struct keyed_list list = { 0 };
	unsigned wrong = 0;

	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t key = i % 1000;
		const uint32_t *row = keyed_list_row(&list, sizeof(key), key, is_item, &key);
		wrong += !row || *row != key;
	}
	is_int(wrong, 0, "each row is that of its key");
	is_int(list.count, 1000, "… and there is one of each");
	is_int(((const uint32_t *)list.rows)[999], 999, "… in the order in which they came");
	uint32_t more = 1000, known = 7;
	list.most = 1000;
	ok(keyed_list_row(&list, sizeof(more), more, is_item, &more) == NULL && list.count == 1000,
		"a full list takes no more");
	ok(keyed_list_row(&list, sizeof(known), known, is_item, &known) != NULL,
		"… and finds what it has");
	keyed_list_deinit(&list);
}

int main(void)
{
	test_many();
	test_removed();
	test_keyed_list();
	return done_testing();
}
