#include "collector/contexts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	/* Open addressing, at most half full, so that a probe is short. */
	SLOT_COUNT = 2 * CONTEXT_COUNT_MAX,
	/* Left to what has no way, or must do without. */
	WAYLESS_RESERVE = 4096
};

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

static struct context without_way(const struct context *context)
{
	struct context bare = *context;

	bare.way_id = 0;
	bare.way_ends[0] = bare.way_ends[1] = 0;
	return bare;
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
	if (contexts->count >= CONTEXT_COUNT_MAX - WAYLESS_RESERVE && context->way_id != 0) {
		struct context bare = without_way(context);
		return contexts_intern(contexts, &bare);
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

bool contexts_are_kin(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	struct context mine = without_way(&contexts->all[one]);
	struct context theirs = without_way(&contexts->all[other]);

	mine.is_from_outside = theirs.is_from_outside;
	return memcmp(&mine, &theirs, sizeof(mine)) == 0;
}

bool contexts_are_opposite(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	const uint16_t *mine = contexts->all[one].way_ends;
	const uint16_t *theirs = contexts->all[other].way_ends;

	return mine[0] != 0 && mine[0] == theirs[1] && mine[1] == theirs[0];
}

bool contexts_are_one_way(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	const struct context *mine = &contexts->all[one], *theirs = &contexts->all[other];

	return mine->way_ends[1] != 0 && mine->way_ends[1] == theirs->way_ends[1] &&
	       mine->way_id == theirs->way_id;
}

bool contexts_are_hops(const struct contexts *contexts, uint16_t one, uint16_t other)
{
	const struct context *mine = &contexts->all[one], *theirs = &contexts->all[other];

	return contexts_are_alike(contexts, one, other) && contexts_are_kin(contexts, one, other) &&
	       mine->way_ends[0] != theirs->way_ends[0] && mine->way_ends[1] != theirs->way_ends[1];
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
