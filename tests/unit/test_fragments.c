#include "base/clock.h"
#include "collector/fragments.h"
#include "tests/tap.h"

static struct fragment_key key_of(uint32_t identification)
{
	return (struct fragment_key){
		.source = addr_from_v4("\x0a\x00\x00\x01"),
		.destination = addr_from_v4("\x0a\x00\x00\x02"),
		.identification = identification,
		.protocol = 17,
	};
}

static void test_find(void)
{
	struct fragments *fragments = fragments_create();
	struct fragment_key key = key_of(77), other = key_of(77);
	struct fragment_start start = { { 1000, 53 }, 17 };

	other.context = 3;
	ok(!fragments_find(fragments, &key, 0), "nothing is known at first");
	fragments_remember(fragments, &key, &start, NS_PER_S);
	const struct fragment_start *found = fragments_find(fragments, &key, 2 * NS_PER_S);
	ok(found && found->port_be[0] == 1000 && found->port_be[1] == 53,
		"ports come back, in their order");
	ok(!fragments_find(fragments, &other, 2 * NS_PER_S), "another context is another packet");
	ok(!fragments_find(fragments, &key, 40 * NS_PER_S),
		"after half a minute it is not believed");
	ok(fragments_find(fragments, &key, 0), "a clock that stepped back a little does no harm");
	start.port_be[0] = 2000;
	fragments_remember(fragments, &key, &start, 3 * NS_PER_S);
	found = fragments_find(fragments, &key, 3 * NS_PER_S);
	is_int(found ? found->port_be[0] : 0, 2000,
		"the same identification again: the newer one counts");
	fragments_destroy(fragments);
	fragments_destroy(NULL);
}

static void test_bounded(void)
{
	struct fragments *fragments = fragments_create();
	unsigned kept = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		struct fragment_key key = key_of(i);
		struct fragment_start start = { { (uint16_t)i, 0 }, 17 };
		fragments_remember(fragments, &key, &start, i);
	}
	for (uint32_t i = 99000; i < 100000; i++) {
		struct fragment_key key = key_of(i);
		const struct fragment_start *found = fragments_find(fragments, &key, 100000);
		kept += found && found->port_be[0] == (uint16_t)i;
	}
	ok(kept > 900, "of a flood the latest are known (%u of 1000)", kept);
	fragments_destroy(fragments);
}

int main(void)
{
	test_find();
	test_bounded();
	return done_testing();
}
