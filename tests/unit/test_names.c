#include "analyzer/classify/names.h"
#include "tests/tap.h"

static const uint64_t second_ns = 1000000000;
static struct l7_info_store *store;
static struct names *names;

static uint32_t l7_info_of(const char *name)
{
	struct l7_info l7;

	l7_info_clear(&l7);
	l7_info_add_name(&l7, NAME_DNS_QUERY, name, strlen(name));
	return l7_info_store_add(store, &l7);
}

static struct addr numbered(uint32_t number)
{
	uint8_t bytes[4] = { 10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number };

	return addr_from_v4(bytes);
}

static uint32_t find(const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	return names_find(names, names_prefetch(names, client, address), client, address, now_ns)
		.l7;
}

static void add(const struct addr *client, const struct addr *address, uint32_t l7, bool was_asked,
	uint32_t ttl_s, uint64_t now_ns)
{
	const struct names_answer answer = { l7, ttl_s, was_asked, NAMES_ASKER_UNTOLD };

	names_add(names, names_prefetch(names, client, address), client, address, &answer, now_ns);
}

static void test_life(void)
{
	struct addr client = numbered(1), address = numbered(2);
	uint32_t first = l7_info_of("first.example.com"), second = l7_info_of("second.example.com");
	uint64_t now_ns = 5000 * second_ns;

	ok(names_are_empty(names), "empty at first");
	add(&client, &address, first, true, 7200, now_ns);
	is_int(find(&client, &address, now_ns), first, "what was put in is found");
	is_int(find(&address, &client, now_ns), 0, "… not the other way round");
	uint64_t end_ns = now_ns + (7200 + NAMES_KEPT_S + NAMES_OLD_S) * second_ns;
	is_int(find(&client, &address, end_ns - second_ns), first,
		"… for half an hour beyond its TTL");
	is_int(find(&client, &address, end_ns), 0, "… and not longer");
	add(&client, &address, second, true, UINT32_MAX, now_ns);
	is_int(find(&client, &address, now_ns), second, "the newest wins");
	is_int(find(&client, &address, now_ns + (NAMES_LIFE_MOST_S + 1) * second_ns), 0,
		"no TTL is longer than a day");
	add(&client, &address, first, true, 0, now_ns);
	is_int(find(&client, &address, now_ns + (NAMES_OLD_S - 1) * second_ns), first,
		"none is shorter than half an hour");
	l7_info_store_release(store, first);
	l7_info_store_release(store, second);
}

static bool is_old(const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	return names_find(names, names_prefetch(names, client, address), client, address, now_ns)
		.is_old;
}

/* Past its TTL, and what programs keep an address beyond it, a name is found and said to be old. */
static void test_old(void)
{
	struct addr client = numbered(31), address = numbered(32), six, other_six;
	uint32_t l7 = l7_info_of("old.example.com");
	uint64_t now_ns = 5000 * second_ns, kept_ns = (60 + NAMES_KEPT_S) * second_ns;

	add(&client, &address, l7, true, 60, now_ns);
	ok(!is_old(&client, &address, now_ns + kept_ns - second_ns),
		"a name within its TTL, or nearly");
	ok(is_old(&client, &address, now_ns + kept_ns), "… and one whose time is over");
	is_int(find(&client, &address, now_ns + kept_ns), l7, "… which is found all the same");
	add(&client, &address, l7, true, 60, now_ns + 900 * second_ns);
	ok(!is_old(&client, &address, now_ns + 900 * second_ns + kept_ns - second_ns),
		"asked for again it is not");
	add(&client, &address, l7, true, UINT32_MAX, now_ns);
	ok(!is_old(&client, &address, now_ns + (NAMES_LIFE_MOST_S - NAMES_OLD_S - 1) * second_ns) &&
			is_old(&client, &address,
				now_ns + (NAMES_LIFE_MOST_S - NAMES_OLD_S) * second_ns),
		"nobody keeps one for ever");
	addr_parse("2001:db8::31", &six);
	addr_parse("2001:db8::32", &other_six);
	add(&client, &six, l7, true, 60, now_ns);
	ok(!is_old(&other_six, &six, now_ns) && is_old(&other_six, &six, now_ns + kept_ns),
		"the same of what is known by address alone");
	l7_info_store_release(store, l7);
}

static const struct l7_info *others(
	const struct addr *client, const struct addr *address, uint64_t now_ns)
{
	static const struct l7_info none;
	struct names_found found =
		names_find(names, names_prefetch(names, client, address), client, address, now_ns);

	return found.others ? l7_info_store_get(store, found.others) : &none;
}

/* Several names of one address stay known beside each other, each as long as it lives. */
static void test_shared(void)
{
	struct addr client = numbered(21), address = numbered(22), stranger = numbered(23);
	uint32_t first = l7_info_of("first.example.com"), second = l7_info_of("second.example.com"),
		 third = l7_info_of("third.example.com");
	uint64_t now_ns = 5000 * second_ns, life_ns = (60 + NAMES_KEPT_S + NAMES_OLD_S) * second_ns;

	add(&client, &address, first, true, 60, now_ns);
	add(&client, &address, first, true, 60, now_ns);
	is_int(others(&client, &address, now_ns)->name_count, 0, "one name has none beside it");
	add(&client, &address, second, true, 60, now_ns + life_ns / 2);
	is_int(find(&client, &address, now_ns + life_ns / 2), second, "of two the latest is found");
	is_text(l7_info_name(others(&client, &address, now_ns + life_ns / 2), 0),
		"first.example.com", "… and the other one beside it");
	is_int(others(&client, &address, now_ns + life_ns)->name_count, 0,
		"… as long as it lives itself");
	add(&client, &address, third, true, 60, now_ns + life_ns / 2);
	add(&client, &address, first, true, 60, now_ns + life_ns / 2);
	is_int(others(&client, &address, now_ns + life_ns)->name_count, 3, "of more all are known");
	uint32_t many = 0;
	for (char name[] = "a.example.com"; name[0] <= 'h'; name[0]++) {
		many = l7_info_of(name);
		add(&client, &address, many, true, 60, now_ns + life_ns / 2);
		l7_info_store_release(store, many);
	}
	is_int(others(&client, &address, now_ns + life_ns)->name_count, 5,
		"of many a few, and that there were more");
	is_int(others(&client, &address, now_ns + life_ns)->names[4].source, NAME_USED,
		"… which may be anybody's");
	add(&stranger, &address, second, true, 60, now_ns);
	is_int(others(&stranger, &address, now_ns)->name_count, 0, "… to who asked for them");
	names_use(names, &stranger, &address, second, now_ns);
	is_int(others(&stranger, &address, now_ns)->name_count, 0, "the same name is no other");
	names_use(names, &stranger, &address, third, now_ns);
	is_text(l7_info_name(others(&stranger, &address, now_ns), 0), "third.example.com",
		"by which name it used the address stays known as well");
	l7_info_store_release(store, first);
	l7_info_store_release(store, second);
	l7_info_store_release(store, third);
}

/* What nobody asked for never takes the place of what somebody did, and is nobody else's. */
static void test_unasked(void)
{
	struct addr client = numbered(7), address = numbered(8), six, other_six;
	uint32_t asked = l7_info_of("asked.example.com"),
		 planted = l7_info_of("planted.example.com"),
		 later = l7_info_of("later.example.com");
	uint64_t now_ns = 5000 * second_ns;

	add(&client, &address, planted, false, 60, now_ns);
	is_int(find(&client, &address, now_ns), planted, "an answer that nobody asked for is kept");
	add(&client, &address, later, false, 60, now_ns);
	is_int(find(&client, &address, now_ns), later, "… and the next in its place");
	names_use(names, &client, &address, asked, now_ns);
	is_int(others(&client, &address, now_ns)->name_count, 0, "… with no name beside it");
	add(&client, &address, asked, true, 60, now_ns);
	is_int(find(&client, &address, now_ns), asked, "… gives way to one that was asked for");
	is_int(others(&client, &address, now_ns)->name_count, 0, "… which it puts in no doubt");
	add(&client, &address, planted, false, 60, now_ns);
	is_int(find(&client, &address, now_ns), asked, "… and never takes its place");
	addr_parse("2001:db8::8", &six);
	addr_parse("2001:db8:1::9", &other_six);
	add(&client, &six, planted, false, 60, now_ns);
	is_int(find(&other_six, &six, now_ns), 0, "… nor is it known by its address alone");
	add(&client, &six, asked, true, 60, now_ns);
	is_int(find(&other_six, &six, now_ns), asked, "… as one that was asked for is");
	ok(!names_know_lookup(names, &client, "a.example", 9, now_ns),
		"a look-up that was not seen");
	names_note_lookup(names, names_prefetch_lookup(names, &client, "a.example", 9), now_ns);
	ok(names_know_lookup(names, &client, "a.example", 9, now_ns), "… and one that was");
	ok(!names_know_lookup(names, &client, "", 0, now_ns), "… of another name");
	l7_info_store_release(store, asked);
	l7_info_store_release(store, planted);
	l7_info_store_release(store, later);
}

static void test_full(void)
{
	enum { LIMIT = 4096 };
	struct addr client = numbered(1);
	uint32_t l7 = l7_info_of("many.example.com"), found = 0;
	struct l7_info_store_stats stats;

	for (uint32_t i = 0; i < 10 * LIMIT; i++) {
		struct addr address = numbered(1000 + i);
		add(&client, &address, l7, true, 60, 5000 * second_ns + i * 1000000);
	}
	for (uint32_t i = 0; i < 10 * LIMIT; i++) {
		struct addr address = numbered(1000 + i);
		found += find(&client, &address, 5100 * second_ns) == l7;
	}
	ok(found > LIMIT * 9 / 10 && found <= LIMIT, "a full table stays full and no fuller: %u",
		found);
	ok(names_given_up(names) >= 9 * LIMIT - 200, "… and counts what gave way");
	ok(names_bytes(names) <= LIMIT * 16, "… within its memory");
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, 1, "names that gave way are not held");
	l7_info_store_release(store, l7);
}

/* While there is room no name gives way to another, however few there were at first. */
static void test_grows(void)
{
	enum { LIMIT = 16384, MANY = LIMIT / 8 };
	struct names *grows = names_create(LIMIT, store);
	struct addr client = numbered(1);
	uint32_t l7[2] = { l7_info_of("even.example.com"), l7_info_of("odd.example.com") };
	uint64_t now_ns = 5000 * second_ns;
	uint32_t found = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		struct addr address = numbered(1000 + i);
		names_add(grows, names_prefetch(grows, &client, &address), &client, &address,
			&(struct names_answer){ l7[i % 2], 60, true, NAMES_ASKER_UNTOLD }, now_ns);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		struct addr address = numbered(1000 + i);
		found += names_find(grows, names_prefetch(grows, &client, &address), &client,
				 &address, now_ns)
				 .l7 == l7[i % 2];
	}
	is_int(found, MANY, "all of many names are found");
	is_int((int64_t)names_given_up(grows), 0, "… and none gave way");
	is_int((int64_t)names_bytes(grows), MANY * 16, "… in as much memory as they need");
	names_destroy(grows);
	l7_info_store_release(store, l7[0]);
	l7_info_store_release(store, l7[1]);
}

static void look_up(const struct addr *client, const char *name, uint64_t now_ns)
{
	struct names_place place = names_prefetch_lookup(names, client, name, strlen(name));

	names_note_lookup(names, place, now_ns);
	names_note_since(names, place, now_ns);
}

/* What becomes known after a flow began names it where it was so before. */
static void test_late(void)
{
	struct addr client = numbered(11), resolver = numbered(12), address = numbered(13),
		    other = numbered(14);
	uint32_t l7 = l7_info_of("late.example.com");
	uint64_t began_ns = 5000 * second_ns, before_ns = began_ns - second_ns,
		 after_ns = began_ns + second_ns, ended_ns = began_ns + 60 * second_ns;

	names_join(names, true);
	add(&resolver, &address, l7, true, 60, before_ns);
	add(&resolver, &other, l7, true, 60, after_ns);
	is_int(names_find_late(names, &client, &address, began_ns, ended_ns).l7, 0,
		"an answer to another names nobody who did not ask");
	look_up(&client, "late.example.com", before_ns);
	look_up(&client, "late.example.com", after_ns);
	is_int(names_find_late(names, &client, &address, began_ns, ended_ns).l7, l7,
		"… and whoever asked before the flow began, however often since");
	add(&resolver, &address, l7, true, 60, after_ns);
	is_int(names_find_late(names, &client, &address, began_ns, ended_ns).l7, l7,
		"… also where the answer came again");
	is_int(find(&client, &other, ended_ns), l7, "an answer that came later is known by now");
	is_int(names_find_late(names, &client, &other, began_ns, ended_ns).l7, 0,
		"… and names no flow from before it");
	ok(!names_find_late(names, &client, &address, began_ns, ended_ns).is_old,
		"… as long as its own question is not old");
	ok(names_find_late(names, &client, &address, after_ns + NAMES_KEPT_S * second_ns, ended_ns)
			.is_old,
		"… and after that it may be another's answer that is new");
	client = numbered(15);
	look_up(&client, "late.example.com", after_ns);
	is_int(names_find_late(names, &client, &address, began_ns, ended_ns).l7, 0,
		"… nor does a question that came later");
	client = numbered(16);
	add(&client, &address, l7, true, 60, before_ns);
	names_note_since(names, names_prefetch(names, &client, &address), before_ns);
	is_int(names_find_late(names, &client, &address, began_ns, ended_ns).l7, l7,
		"the client's own answer names its flow");
	is_int(names_find_late(names, &client, &address, before_ns, ended_ns).l7, l7,
		"… and one that began in that second");
	is_int(names_find_late(names, &client, &address, before_ns - second_ns, ended_ns).l7, 0,
		"… not one from before it");
	l7_info_store_release(store, l7);
}

static void begin(void)
{
	store = l7_info_store_create(100);
	names = names_create(4096, store);
}

static void end(void)
{
	names_destroy(names);
	l7_info_store_destroy(store);
}

int main(void)
{
	begin();
	test_life();
	test_old();
	test_unasked();
	test_shared();
	end();
	begin();
	test_full();
	test_grows();
	end();
	begin(); /* one that nothing fills */
	test_late();
	end();
	return done_testing();
}
