#include "collector/contexts.h"
#include "tests/tap.h"

static void test_numbers(void)
{
	struct contexts *contexts = contexts_create();
	struct context none = { 0 };
	struct context vlan = { .vlan_id = 7, .tunnels = { TUNNEL_VLAN } };
	struct context gre = { .network_id = 9, .tunnels = { TUNNEL_GRE } };

	is_int(contexts_intern(contexts, &none), 0, "no context is number 0");
	uint16_t first = contexts_intern(contexts, &vlan), second = contexts_intern(contexts, &gre);
	ok(first != 0 && second != 0 && first != second,
		"different contexts have different numbers");
	is_int(contexts_intern(contexts, &vlan), first, "the same context has the same number");
	is_int(contexts_get(contexts, second)->network_id, 9, "a number gives its context back");
	is_int(contexts_get(contexts, 0)->vlan_id, 0, "number 0 is the empty context");
	vlan.is_from_outside = 1;
	uint16_t twin = contexts_intern(contexts, &vlan);
	ok(twin != first && contexts_are_kin(contexts, first, twin) &&
			!contexts_are_kin(contexts, second, twin),
		"kin may differ in who wrapped them");
	ok(contexts_are_alike(contexts, first, second) && !contexts_are_alike(contexts, 0, twin),
		"alike are those that nobody outside wrapped");
	contexts_destroy(contexts);
	contexts_destroy(NULL);
}

static void test_full(void)
{
	struct contexts *contexts = contexts_create();
	unsigned given = 0, wrong = 0;

	for (uint32_t i = 1; i <= 70000; i++) {
		struct context context = { .network_id = i, .tunnels = { TUNNEL_VXLAN } };
		uint16_t number = contexts_intern(contexts, &context);
		given += number != 0;
		wrong += number != 0 && contexts_get(contexts, number)->network_id != i;
	}
	is_int(given, 65534, "a full table gives no more numbers");
	is_int(wrong, 0, "and all that were given are right");
	struct context early = { .network_id = 5, .tunnels = { TUNNEL_VXLAN } };
	ok(contexts_intern(contexts, &early) != 0, "known contexts are still found");
	struct context late = {
		.network_id = 70001, .tunnels = { TUNNEL_VXLAN }, .is_from_outside = 1
	};
	uint16_t number = contexts_intern(contexts, &late);
	ok(contexts_get(contexts, number)->is_from_outside,
		"what comes from outside still does, for want of room");
	contexts_destroy(contexts);
}

int main(void)
{
	test_numbers();
	test_full();
	is_text(tunnel_kind_name(TUNNEL_SIXINFOUR), "6in4", "kinds have the names of records");
	is_text(tunnel_kind_name(TUNNEL_HP_ERM), "hp-erm", "to the last one");
	return done_testing();
}
