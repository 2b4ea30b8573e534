#include "collector/recent_datagrams.h"

#include <string.h>

/* Later the number is rather another datagram's. */
#define RECENT_NS NS_PER_S

static struct recent_datagram *find(struct recent_datagrams *recent, const struct datagram_key *key)
{
	for (unsigned i = 0; i < RECENT_DATAGRAMS; i++) {
		struct recent_datagram *place = &recent->places[i];
		if (place->count > 0 && memcmp(&place->key, key, sizeof(*key)) == 0) {
			return place;
		}
	}
	return NULL;
}

void recent_datagrams_keep(struct recent_datagrams *recent, const struct datagram_key *key,
	uint64_t time_ns, struct reader bytes)
{
	struct recent_datagram *place = find(recent, key);
	size_t count = reader_left(&bytes);

	if (count == 0 || count > RECENT_BYTES_MAX) {
		return;
	}
	if (!place) {
		place = &recent->places[recent->next];
		recent->next = (recent->next + 1) % RECENT_DATAGRAMS;
	}
	place->key = *key;
	place->time_ns = time_ns;
	place->count = (uint32_t)count;
	memcpy(place->bytes, bytes.at, count);
}

size_t recent_datagrams_read_with(const struct recent_datagrams *recent,
	const struct datagram_key *key, uint64_t time_ns, uint32_t offset, struct reader fragment,
	uint8_t *memory, size_t most)
{
	size_t count = reader_left(&fragment);

	for (unsigned i = 0; i < RECENT_DATAGRAMS; i++) {
		const struct recent_datagram *place = &recent->places[i];
		bool is_near = time_ns - place->time_ns <= RECENT_NS ||
			       place->time_ns - time_ns <= RECENT_NS;
		if (place->count == 0 || !is_near || place->count > most ||
			offset >= place->count || count > place->count - offset ||
			memcmp(&place->key, key, sizeof(*key)) != 0 ||
			memcmp(place->bytes + offset, fragment.at, count) == 0) {
			continue;
		}
		memcpy(memory, place->bytes, place->count);
		memcpy(memory + offset, fragment.at, count);
		return place->count;
	}
	return 0;
}
