#include "collector/contexts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* Open addressing, at most half full, so that a probe is short. */
enum { SLOT_COUNT = 2 * CONTEXT_COUNT_MAX };

struct contexts {
	struct hash_key hash_key; /* identifiers come from the wire */
	uint32_t count;           /* numbers given, 0 among them */
	uint16_t last;            /* packets come in runs of one context */
	struct context all[CONTEXT_COUNT_MAX];
	uint16_t slots[SLOT_COUNT]; /* numbers; 0 free */
};

const char *tunnel_kind_name(enum tunnel_kind kind)
{
	static const char *const names[] = { [TUNNEL_NONE] = "none",
#define X(id, name) [TUNNEL_##id] = (name),
		TUNNEL_KINDS(X)
#undef X
	};

	return kind < TUNNEL_KIND_COUNT ? names[kind] : "none";
}

bool tunnel_kind_wraps(enum tunnel_kind kind)
{
	return kind != TUNNEL_NONE && kind != TUNNEL_VLAN && kind != TUNNEL_QINQ &&
	       kind != TUNNEL_MPLS && kind != TUNNEL_PPPOE && kind != TUNNEL_VNTAG;
}

struct contexts *contexts_create(void)
{
	/* Fresh pages are zero, and only those that are used are ever touched. */
	struct contexts *contexts = calloc(1, sizeof(*contexts));

	if (contexts) {
		contexts->hash_key = hash_key_random();
		contexts->all[CONTEXT_FROM_OUTSIDE].is_from_outside = 1;
		contexts->count = CONTEXT_FROM_OUTSIDE + 1;
	}
	return contexts;
}

void contexts_destroy(struct contexts *contexts)
{
	free(contexts);
}

static bool is_same(const struct contexts *contexts, uint16_t number, const struct context *context)
{
	return memcmp(&contexts->all[number], context, sizeof(*context)) == 0;
}

uint16_t contexts_intern(struct contexts *contexts, const struct context *context)
{
	if (is_same(contexts, contexts->last, context)) {
		return contexts->last;
	}
	if (is_same(contexts, 0, context)) {
		return 0;
	}
	uint64_t slot = hash_bytes(&contexts->hash_key, context, sizeof(*context)) % SLOT_COUNT;
	for (; contexts->slots[slot] != 0; slot = (slot + 1) % SLOT_COUNT) {
		if (is_same(contexts, contexts->slots[slot], context)) {
			return contexts->last = contexts->slots[slot];
		}
	}
	if (contexts->count == CONTEXT_COUNT_MAX) {
		return context->is_from_outside ? CONTEXT_FROM_OUTSIDE : CONTEXT_NONE;
	}
	uint16_t number = (uint16_t)contexts->count++;
	contexts->all[number] = *context;
	contexts->slots[slot] = number;
	return contexts->last = number;
}

bool contexts_are_alike(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	return contexts->all[one].is_from_outside == contexts->all[other].is_from_outside;
}

bool contexts_are_twins(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	struct context twin = contexts->all[one];

	twin.is_from_outside = !twin.is_from_outside;
	return is_same(contexts, other, &twin);
}

bool context_is_vlan(const struct context *context)
{
	bool is_vlan = !context->is_from_outside && context->tunnels[0] != TUNNEL_NONE;

	for (unsigned i = 0; i < CONTEXT_TUNNELS_MAX; i++) {
		is_vlan &= context->tunnels[i] == TUNNEL_NONE ||
			   context->tunnels[i] == TUNNEL_VLAN || context->tunnels[i] == TUNNEL_QINQ;
	}
	return is_vlan;
}

const struct context *contexts_get(const struct contexts *contexts, uint16_t number)
{
	return &contexts->all[number];
}
