#include "collector/frame_twins.h"

#include <string.h>

void frame_twins_init(struct frame_twins *twins)
{
	memset(twins, 0, sizeof(*twins));
	twins->key = hash_key_random();
}

static uint64_t hash_of(const struct frame_twins *twins, const struct frame *frame)
{
	return hash_bytes(&twins->key, frame->bytes, frame->captured_bytes) ^ frame->wire_bytes;
}

/* How many copies of it this input brought, with this one. */
static unsigned count_copy(struct frame_twins *twins, uint64_t hash, unsigned input)
{
	for (unsigned i = 0; i < twins->count; i++) {
		struct frame_seen *seen = &twins->seen[i];
		if (seen->hash == hash && seen->input == input) {
			return ++seen->copies;
		}
	}
	if (twins->count < FRAME_TWINS_MAX) {
		twins->seen[twins->count++] = (struct frame_seen){ hash, input, 1 };
	}
	return 1;
}

bool frame_twins_is_twin(struct frame_twins *twins, const struct frame *frame, unsigned input)
{
	uint64_t hash = hash_of(twins, frame);

	if (frame->time_ns != twins->time_ns) {
		twins->time_ns = frame->time_ns;
		twins->count = 0;
	}
	unsigned copy = count_copy(twins, hash, input);
	for (unsigned i = 0; i < twins->count; i++) {
		const struct frame_seen *seen = &twins->seen[i];
		if (seen->hash == hash && seen->input != input && seen->copies >= copy) {
			return true;
		}
	}
	return false;
}
