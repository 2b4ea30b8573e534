#include "collector/flow_slab.h"

#include <assert.h>
#include <errno.h>

#include "collector/reserve.h"

/* A free record keeps its place in the queue in fields that only live flows need. */
static inline uint32_t *next_free(struct flow_slab *slab, uint32_t number)
{
	return &flow_slab_state(slab, number)->note;
}

static inline uint64_t *ended_at(struct flow_slab *slab, uint32_t number)
{
	return &flow_slab_state(slab, number)->end_ns;
}

int flow_slab_init(struct flow_slab *slab, bool is_v6, uint32_t capacity)
{
	*slab = (struct flow_slab){
		.key_bytes = is_v6 ? sizeof(struct flow_key6) : sizeof(struct flow_key4),
		.record_bytes = is_v6 ? FLOW_RECORD_BYTES_V6 : FLOW_RECORD_BYTES_V4,
		.capacity = capacity,
		.free_first = FLOW_NONE,
		.free_last = FLOW_NONE,
	};
	slab->records = reserve_map((size_t)capacity * slab->record_bytes);
	slab->cold = reserve_map((size_t)capacity * sizeof(*slab->cold));
	slab->openings = reserve_map((size_t)capacity * sizeof(*slab->openings));
	slab->due = reserve_map((size_t)capacity * sizeof(*slab->due));
	if (!slab->records || !slab->cold || !slab->openings || !slab->due) {
		flow_slab_deinit(slab);
		return -ENOMEM;
	}
	return 0;
}

void flow_slab_deinit(struct flow_slab *slab)
{
	reserve_unmap(slab->records, (size_t)slab->capacity * slab->record_bytes);
	reserve_unmap(slab->cold, (size_t)slab->capacity * sizeof(*slab->cold));
	reserve_unmap(slab->openings, (size_t)slab->capacity * sizeof(*slab->openings));
	reserve_unmap(slab->due, (size_t)slab->capacity * sizeof(*slab->due));
	slab->records = NULL;
	slab->cold = NULL;
	slab->openings = NULL;
	slab->due = NULL;
}

uint32_t flow_slab_take(struct flow_slab *slab, uint64_t packet)
{
	uint32_t number = slab->free_first;

	slab->live++;
	if (number != FLOW_NONE && packet - *ended_at(slab, number) >= FLOW_REUSE_PACKETS) {
		slab->free_first = *next_free(slab, number);
		if (slab->free_first == FLOW_NONE) {
			slab->free_last = FLOW_NONE;
		} else {
			/* The next flow that opens will want this one. */
			__builtin_prefetch(flow_slab_key(slab, slab->free_first), 1);
			__builtin_prefetch(flow_slab_cold(slab, slab->free_first), 1);
			__builtin_prefetch(flow_slab_opening(slab, slab->free_first), 1);
			__builtin_prefetch(&slab->due[slab->free_first], 1);
		}
		return number;
	}
	assert(slab->used < slab->capacity);
	return slab->used++;
}

void flow_slab_give_back(struct flow_slab *slab, uint32_t number, uint64_t ended)
{
	*next_free(slab, number) = FLOW_NONE;
	*ended_at(slab, number) = ended;
	if (slab->free_last == FLOW_NONE) {
		slab->free_first = number;
	} else {
		*next_free(slab, slab->free_last) = number;
	}
	slab->free_last = number;
}

size_t flow_slab_bytes(const struct flow_slab *slab)
{
	return (size_t)slab->used * (slab->record_bytes + sizeof(*slab->cold) +
					    sizeof(*slab->openings) + sizeof(*slab->due));
}
