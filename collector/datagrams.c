#include "collector/datagrams.h"

#include <string.h>

#include "base/hash.h"
#include "collector/reserve.h"

enum { GROUP_COUNT = 1024, GROUP_PLACES = 4 };
/* Powers of two, as their counters run on. */
enum { PIECE_COUNT = 4096, BYTE_COUNT = 4 << 20 };

#define PIECE_NONE UINT32_MAX

/* Pieces and their bytes are two rings: what came first makes room first. */
struct datagrams {
	struct hash_key hash_key;
	uint32_t oldest, next; /* pieces, by the order in which they came */
	uint64_t next_byte;
	struct datagram places[GROUP_COUNT][GROUP_PLACES];
	struct piece pieces[PIECE_COUNT];
	uint8_t bytes[BYTE_COUNT];
};

struct datagrams *datagrams_create(void)
{
	struct datagrams *datagrams = reserve_map(sizeof(*datagrams));

	if (datagrams) {
		datagrams->hash_key = hash_key_random();
	}
	return datagrams;
}

void datagrams_destroy(struct datagrams *datagrams)
{
	if (datagrams) {
		reserve_unmap(datagrams, sizeof(*datagrams));
	}
}

static struct piece *piece_at(const struct datagrams *datagrams, uint32_t number)
{
	return (struct piece *)&datagrams->pieces[number % PIECE_COUNT];
}

bool datagram_is(const struct datagram *datagram, const struct datagram_key *key)
{
	return datagram->is_used && memcmp(&datagram->key, key, sizeof(*key)) == 0;
}

/* The better of two places for another datagram: a free one, one where nothing waits, the older. */
static struct datagram *to_be_taken(struct datagram *one, struct datagram *other)
{
	bool waits = datagram_waits(one), other_waits = datagram_waits(other);

	if (!one->is_used || !other->is_used) {
		return one->is_used ? other : one;
	}
	if (waits != other_waits) {
		return waits ? other : one;
	}
	return one->flow.time_ns <= other->flow.time_ns ? one : other;
}

struct datagram *datagrams_place(struct datagrams *datagrams, const struct datagram_key *key)
{
	struct datagram *group =
		datagrams
			->places[hash_bytes(&datagrams->hash_key, key, sizeof(*key)) % GROUP_COUNT];
	struct datagram *chosen = &group[0];

	for (unsigned i = 0; i < GROUP_PLACES; i++) {
		if (datagram_is(&group[i], key)) {
			return &group[i];
		}
		chosen = to_be_taken(chosen, &group[i]);
	}
	return chosen;
}

void datagram_claim(struct datagram *datagram, const struct datagram_key *key)
{
	*datagram = (struct datagram){ .key = *key, .is_used = true };
	datagram->first = datagram->earliest = datagram->latest = PIECE_NONE;
}

struct datagram *datagrams_oldest(struct datagrams *datagrams)
{
	while (datagrams->oldest != datagrams->next) {
		struct datagram *datagram = piece_at(datagrams, datagrams->oldest)->datagram;
		if (datagram) {
			return datagram;
		}
		datagrams->oldest++;
	}
	return NULL;
}

/* Where bytes of a piece go: in one stretch. */
static uint64_t place_bytes(const struct datagrams *datagrams, size_t count)
{
	uint64_t at = datagrams->next_byte;
	uint64_t left = BYTE_COUNT - at % BYTE_COUNT;

	return left < count ? at + left : at;
}

struct datagram *datagrams_in_the_way(struct datagrams *datagrams, size_t bytes, uint64_t now_ns)
{
	struct datagram *datagram = datagrams_oldest(datagrams);

	if (!datagram) {
		return NULL;
	}
	const struct piece *piece = piece_at(datagrams, datagrams->oldest);
	uint64_t end = place_bytes(datagrams, bytes) + bytes;
	bool is_late = now_ns > piece->time_ns && now_ns - piece->time_ns > DATAGRAM_HELD_NS;
	bool is_full = datagrams->next - datagrams->oldest == PIECE_COUNT ||
		       end - piece->bytes_at > BYTE_COUNT;
	return is_late || is_full ? datagram : NULL;
}

/* Where the piece goes by its offset: behind the number that is given back (PIECE_NONE: first), or
 * false where it overlaps others. is_again: it came before. */
static bool find_neighbours(const struct datagrams *datagrams, const struct datagram *datagram,
	const struct piece *piece, uint32_t *before, bool *is_again)
{
	uint32_t number = datagram->first;
	uint64_t end = (uint64_t)piece->offset + piece->wire_bytes;

	*before = PIECE_NONE;
	*is_again = false;
	while (number != PIECE_NONE && piece_at(datagrams, number)->offset < piece->offset) {
		*before = number;
		number = piece_at(datagrams, number)->behind;
	}
	if (number != PIECE_NONE) {
		const struct piece *next = piece_at(datagrams, number);
		*is_again = next->offset == piece->offset && next->wire_bytes == piece->wire_bytes;
		if (end > next->offset && !*is_again) {
			return false;
		}
	}
	if (*before != PIECE_NONE) {
		const struct piece *previous = piece_at(datagrams, *before);
		return previous->offset + previous->wire_bytes <= piece->offset;
	}
	return true;
}

/* Does the piece agree with where the datagram ends, as far as that is known? All but the last
 * are of a multiple of eight bytes. */
static bool is_end_possible(const struct datagrams *datagrams, const struct datagram *datagram,
	const struct piece *piece, bool is_last)
{
	uint64_t end = (uint64_t)piece->offset + piece->wire_bytes;

	if (end > DATAGRAM_BYTES_MAX || (!is_last && piece->wire_bytes % 8 != 0)) {
		return false;
	}
	if (datagram->has_last) {
		return is_last ? end == datagram->total_bytes : end <= datagram->total_bytes;
	}
	for (uint32_t number = datagram->first; is_last && number != PIECE_NONE;
		number = piece_at(datagrams, number)->behind) {
		const struct piece *other = piece_at(datagrams, number);
		if (other->offset + other->wire_bytes > end) {
			return false;
		}
	}
	return true;
}

/* Puts the piece into its ring, and its bytes into theirs. */
static uint32_t keep_piece(
	struct datagrams *datagrams, const struct piece *piece, const uint8_t *bytes)
{
	if (datagrams->next == PIECE_NONE) { /* not a number; once in four billion pieces */
		piece_at(datagrams, datagrams->next++)->datagram = NULL;
	}
	uint32_t number = datagrams->next++;
	struct piece *kept = piece_at(datagrams, number);

	*kept = *piece;
	kept->bytes_at = place_bytes(datagrams, piece->captured_bytes);
	kept->behind = kept->later = PIECE_NONE;
	datagrams->next_byte = kept->bytes_at + piece->captured_bytes;
	if (piece->captured_bytes > 0) {
		memcpy(datagrams->bytes + kept->bytes_at % BYTE_COUNT, bytes,
			piece->captured_bytes);
	}
	return number;
}

/* Has a piece that is there at the same place other bytes? */
static bool has_other_bytes(const struct datagrams *datagrams, const struct datagram *datagram,
	const struct piece *piece, const uint8_t *bytes)
{
	uint32_t number = datagram->first;

	while (piece_at(datagrams, number)->offset != piece->offset) {
		number = piece_at(datagrams, number)->behind;
	}
	const struct piece *there = piece_at(datagrams, number);
	return piece->captured_bytes == there->captured_bytes &&
	       memcmp(datagrams->bytes + there->bytes_at % BYTE_COUNT, bytes,
		       piece->captured_bytes) != 0;
}

enum datagram_state datagrams_add(struct datagrams *datagrams, struct datagram *datagram,
	const struct piece *piece, const uint8_t *bytes, bool is_last)
{
	struct piece taken = *piece;
	uint32_t before;
	bool is_again;

	if (datagram->piece_count == DATAGRAM_PIECES_MAX ||
		!find_neighbours(datagrams, datagram, piece, &before, &is_again) ||
		!is_end_possible(datagrams, datagram, piece, is_last)) {
		return DATAGRAM_BROKEN;
	}
	taken.datagram = datagram;
	taken.is_other = is_again && has_other_bytes(datagrams, datagram, piece, bytes);
	taken.captured_bytes = is_again && !taken.is_other ? 0 : piece->captured_bytes;
	uint32_t number = keep_piece(datagrams, &taken, bytes);
	if (datagram->piece_count++ == 0) {
		datagram->earliest = number;
	} else {
		piece_at(datagrams, datagram->latest)->later = number;
	}
	datagram->latest = number;
	datagram->frames += piece->frames;
	if (!is_again) {
		uint32_t *link = before == PIECE_NONE ? &datagram->first
						      : &piece_at(datagrams, before)->behind;
		piece_at(datagrams, number)->behind = *link;
		*link = number;
		datagram->covered_bytes += piece->wire_bytes;
	}
	if (is_last) {
		datagram->has_last = true;
		datagram->total_bytes = piece->offset + piece->wire_bytes;
	}
	return datagram->has_last && datagram->covered_bytes == datagram->total_bytes
		       ? DATAGRAM_WHOLE
		       : DATAGRAM_WAITS;
}

/* The last of those that came with other bytes for the same place; else the piece itself. */
static const struct piece *last_version(const struct datagrams *datagrams,
	const struct datagram *datagram, const struct piece *piece)
{
	const struct piece *last = piece;

	for (uint32_t number = datagram->earliest; number != PIECE_NONE;) {
		const struct piece *other = piece_at(datagrams, number);
		if (other->is_other && other->offset == piece->offset) {
			last = other;
		}
		number = other->later;
	}
	return last;
}

size_t datagrams_copy(const struct datagrams *datagrams, const struct datagram *datagram,
	bool with_others, uint8_t *into, size_t most)
{
	size_t count = 0;

	for (uint32_t number = datagram->first; number != PIECE_NONE;) {
		const struct piece *piece = piece_at(datagrams, number);
		size_t bytes =
			piece->captured_bytes < most - count ? piece->captured_bytes : most - count;
		if (piece->offset != count) {
			break;
		}
		const struct piece *from =
			with_others ? last_version(datagrams, datagram, piece) : piece;
		memcpy(into + count, datagrams->bytes + from->bytes_at % BYTE_COUNT, bytes);
		count += bytes;
		if (bytes < piece->wire_bytes) {
			break;
		}
		number = piece->behind;
	}
	return count;
}

const struct piece *datagrams_earliest(
	const struct datagrams *datagrams, const struct datagram *datagram)
{
	return datagram->earliest == PIECE_NONE ? NULL : piece_at(datagrams, datagram->earliest);
}

const struct piece *datagrams_later(const struct datagrams *datagrams, const struct piece *piece)
{
	return piece->later == PIECE_NONE ? NULL : piece_at(datagrams, piece->later);
}

void datagrams_release(struct datagrams *datagrams, struct datagram *datagram)
{
	for (uint32_t number = datagram->earliest; number != PIECE_NONE;) {
		struct piece *piece = piece_at(datagrams, number);
		number = piece->later;
		piece->datagram = NULL;
	}
	datagram->first = datagram->earliest = datagram->latest = PIECE_NONE;
	datagram->piece_count = datagram->frames = 0;
	datagram->covered_bytes = datagram->total_bytes = 0;
	datagram->has_last = false;
	if (!datagrams_oldest(datagrams)) {
		datagrams->next_byte = 0; /* the same memory again, while it is in the caches */
	}
}
