#include "tests/traffic/timeline.h"

#include <stdlib.h>
#include <string.h>

enum { PATHS_MAX = 4096 };

struct timeline {
	struct timeline_packet *packets;
	size_t count, room;
	uint8_t *bytes;
	uint64_t bytes_used, bytes_room;
	unsigned path_count;
	struct path paths[PATHS_MAX];
};

struct timeline *timeline_create(void)
{
	return calloc(1, sizeof(struct timeline));
}

void timeline_destroy(struct timeline *timeline)
{
	if (timeline) {
		free(timeline->packets);
		free(timeline->bytes);
		free(timeline);
	}
}

static void *grow(void *memory, size_t bytes)
{
	void *grown = realloc(memory, bytes);

	if (!grown) {
		abort();
	}
	return grown;
}

uint16_t timeline_path(struct timeline *timeline, const struct path *path)
{
	for (unsigned i = 0; i < timeline->path_count; i++) {
		if (memcmp(&timeline->paths[i], path, sizeof(*path)) == 0) {
			return (uint16_t)i;
		}
	}
	if (timeline->path_count == PATHS_MAX) {
		abort();
	}
	timeline->paths[timeline->path_count] = *path;
	return (uint16_t)timeline->path_count++;
}

const struct path *timeline_get_path(const struct timeline *timeline, uint16_t number)
{
	return &timeline->paths[number];
}

void timeline_add(
	struct timeline *timeline, const struct timeline_packet *packet, const void *bytes)
{
	if (timeline->count == timeline->room) {
		timeline->room = timeline->room ? 2 * timeline->room : 4096;
		timeline->packets =
			grow(timeline->packets, timeline->room * sizeof(*timeline->packets));
	}
	if (timeline->bytes_used + packet->stored_bytes > timeline->bytes_room) {
		timeline->bytes_room = 2 * timeline->bytes_room + (1 << 20);
		timeline->bytes = grow(timeline->bytes, timeline->bytes_room);
	}
	struct timeline_packet *added = &timeline->packets[timeline->count];
	*added = *packet;
	added->offset = timeline->bytes_used;
	added->order = (uint32_t)timeline->count++;
	memcpy(timeline->bytes + timeline->bytes_used, bytes, packet->stored_bytes);
	timeline->bytes_used += packet->stored_bytes;
}

static int compare_packets(const void *left, const void *right)
{
	const struct timeline_packet *a = left, *b = right;

	if (a->time_ns != b->time_ns) {
		return a->time_ns < b->time_ns ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

void timeline_sort(struct timeline *timeline)
{
	qsort(timeline->packets, timeline->count, sizeof(*timeline->packets), compare_packets);
}

/* The bytes of what is left move to the front, in the order in which they were stored. */
static void compact_bytes(struct timeline *timeline)
{
	uint8_t *bytes = grow(NULL, timeline->bytes_used + 1);
	uint64_t used = 0;

	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_packet *packet = &timeline->packets[i];
		memcpy(bytes + used, timeline->bytes + packet->offset, packet->stored_bytes);
		packet->offset = used;
		packet->order = (uint32_t)i;
		used += packet->stored_bytes;
	}
	free(timeline->bytes);
	timeline->bytes = bytes;
	timeline->bytes_room = timeline->bytes_used;
	timeline->bytes_used = used;
}

void timeline_forget(struct timeline *timeline, size_t count)
{
	timeline->count -= count;
	memmove(timeline->packets, timeline->packets + count,
		timeline->count * sizeof(*timeline->packets));
	compact_bytes(timeline);
}

struct timeline_packet *timeline_packets(struct timeline *timeline, size_t *count)
{
	*count = timeline->count;
	return timeline->packets;
}

const uint8_t *timeline_bytes(const struct timeline *timeline, const struct timeline_packet *packet)
{
	return timeline->bytes + packet->offset;
}
