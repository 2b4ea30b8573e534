/* What a detector holds, for detect.c and detect_state.c alone. */
#pragma once

#include "analyzer/detect/detect.h"
#include "base/hash_table.h"

struct detect_series {
	uint64_t key;
	uint32_t next_slot; /* that has not been fed */
	uint32_t scope;
	struct volume volume;
};

/* Everything but the series that has to outlive a restart. */
struct detect_numbers {
	struct budget budget;
	uint64_t unwatched;
	uint32_t count, looked_slots;
};

struct detect {
	struct detect_options options;
	struct detect_series *series;
	struct hash_table table; /* places in series, by key */
	struct detect_numbers numbers;
	struct day_place place; /* of place_slot in place_scope */
	uint64_t place_slot;
	unsigned place_scope;
	bool place_known;
};
