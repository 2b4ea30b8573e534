#include "collector/datagrams.h"

#include <string.h>

#include "base/hash.h"
#include "base/reader.h"
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

/* Puts the piece into its ring; its bytes are where it says. */
static uint32_t place_piece(struct datagrams *datagrams, const struct piece *piece)
{
	if (datagrams->next == PIECE_NONE) { /* not a number; once in four billion pieces */
		piece_at(datagrams, datagrams->next++)->datagram = NULL;
	}
	uint32_t number = datagrams->next++;
	struct piece *kept = piece_at(datagrams, number);

	*kept = *piece;
	kept->behind = kept->later = PIECE_NONE;
	return number;
}

/* The same, and its bytes into their ring. */
static uint32_t keep_piece(
	struct datagrams *datagrams, const struct piece *piece, const uint8_t *bytes)
{
	struct piece kept = *piece;

	kept.bytes_at = place_bytes(datagrams, piece->captured_bytes);
	datagrams->next_byte = kept.bytes_at + piece->captured_bytes;
	if (piece->captured_bytes > 0) {
		memcpy(datagrams->bytes + kept.bytes_at % BYTE_COUNT, bytes, piece->captured_bytes);
	}
	return place_piece(datagrams, &kept);
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

/* It is the latest of the datagram's pieces to have come. */
static void link_latest(struct datagrams *datagrams, struct datagram *datagram, uint32_t number)
{
	if (datagram->piece_count++ == 0) {
		datagram->earliest = number;
	} else {
		piece_at(datagrams, datagram->latest)->later = number;
	}
	datagram->latest = number;
	datagram->frames += piece_at(datagrams, number)->frames;
}

/* It is the first one for its places, behind that one (PIECE_NONE: in front). */
static void link_behind(
	struct datagrams *datagrams, struct datagram *datagram, uint32_t before, uint32_t number)
{
	uint32_t *link =
		before == PIECE_NONE ? &datagram->first : &piece_at(datagrams, before)->behind;

	piece_at(datagrams, number)->behind = *link;
	*link = number;
	datagram->covered_bytes += piece_at(datagrams, number)->wire_bytes;
}

static enum datagram_state state_behind(
	struct datagram *datagram, const struct piece *piece, bool is_last)
{
	if (is_last) {
		datagram->has_last = true;
		datagram->total_bytes = piece->offset + piece->wire_bytes;
	}
	return datagram->has_last && datagram->covered_bytes == datagram->total_bytes
		       ? DATAGRAM_WHOLE
		       : DATAGRAM_WAITS;
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
	link_latest(datagrams, datagram, number);
	if (!is_again) {
		link_behind(datagrams, datagram, before, number);
	}
	return state_behind(datagram, piece, is_last);
}

static uint32_t end_of(const struct piece *piece)
{
	return piece->offset + piece->wire_bytes;
}

/* Of what was captured of a piece, those bytes that are for places from..until. */
static struct reader bytes_for(
	const struct piece *piece, const uint8_t *bytes, uint32_t from, uint32_t until)
{
	struct reader all = reader_over(bytes, piece->captured_bytes);

	reader_skip(&all, from - piece->offset);
	return reader_ok(&all) && reader_left(&all) > until - from ? reader_sub(&all, until - from)
								   : all;
}

/* Has the piece other bytes than one that is there, for the places that both have? */
static bool is_other_than(const struct datagrams *datagrams, const struct piece *there,
	const struct piece *piece, const uint8_t *bytes)
{
	uint32_t from = there->offset > piece->offset ? there->offset : piece->offset;
	uint32_t until = end_of(there) < end_of(piece) ? end_of(there) : end_of(piece);

	if (from >= until) {
		return false;
	}
	struct reader old =
		bytes_for(there, datagrams->bytes + there->bytes_at % BYTE_COUNT, from, until);
	struct reader new = bytes_for(piece, bytes, from, until);
	size_t both = reader_left(&old) < reader_left(&new) ? reader_left(&old) : reader_left(&new);
	return memcmp(old.at, new.at, both) != 0;
}

/* The part of a piece that was kept for places from..until, which are free, behind that one. */
static uint32_t link_part(struct datagrams *datagrams, struct datagram *datagram, uint32_t before,
	const struct piece *whole, uint32_t from, uint32_t until)
{
	uint32_t skipped = from - whole->offset;
	struct piece part = *whole;

	part.is_other = false;
	part.frames = 0;
	part.offset = from;
	part.wire_bytes = until - from;
	part.bytes_at = whole->bytes_at + skipped;
	part.captured_bytes = whole->captured_bytes > skipped ? whole->captured_bytes - skipped : 0;
	if (part.captured_bytes > part.wire_bytes) {
		part.captured_bytes = part.wire_bytes;
	}
	uint32_t number = place_piece(datagrams, &part);
	link_behind(datagrams, datagram, before, number);
	return number;
}

/* What is free of the places that a piece is for, which was kept under that number. */
static void fill_gaps(struct datagrams *datagrams, struct datagram *datagram, uint32_t number)
{
	const struct piece whole = *piece_at(datagrams, number);
	uint32_t from = whole.offset, before = PIECE_NONE, next = datagram->first;

	while (from < end_of(&whole)) {
		uint32_t free_until =
			next == PIECE_NONE ? end_of(&whole) : piece_at(datagrams, next)->offset;
		free_until = free_until < end_of(&whole) ? free_until : end_of(&whole);
		if (from < free_until) {
			before = link_part(datagrams, datagram, before, &whole, from, free_until);
		}
		if (next == PIECE_NONE) {
			return;
		}
		uint32_t end = end_of(piece_at(datagrams, next));
		from = from > end ? from : end;
		before = next;
		next = piece_at(datagrams, next)->behind;
	}
}

enum datagram_state datagrams_add_over(struct datagrams *datagrams, struct datagram *datagram,
	const struct piece *piece, const uint8_t *bytes, bool is_last)
{
	uint32_t pieces_kept = datagrams->next - datagrams->oldest;
	struct piece taken = *piece;

	if (datagram->piece_count == DATAGRAM_PIECES_MAX ||
		pieces_kept + datagram->piece_count + 2 > PIECE_COUNT ||
		!is_end_possible(datagrams, datagram, piece, is_last)) {
		return DATAGRAM_BROKEN;
	}
	datagram->has_overlaps = true;
	taken.datagram = datagram;
	for (uint32_t number = datagram->first; number != PIECE_NONE;
		number = piece_at(datagrams, number)->behind) {
		taken.is_other |=
			is_other_than(datagrams, piece_at(datagrams, number), piece, bytes);
	}
	uint32_t number = keep_piece(datagrams, &taken, bytes);
	link_latest(datagrams, datagram, number);
	fill_gaps(datagrams, datagram, number);
	return state_behind(datagram, piece, is_last);
}

/* Bytes that came for places where others were, in the order in which they came. */
static void copy_others(const struct datagrams *datagrams, const struct datagram *datagram,
	uint8_t *into, size_t count)
{
	for (uint32_t number = datagram->earliest; number != PIECE_NONE;) {
		const struct piece *piece = piece_at(datagrams, number);
		if (piece->is_other && piece->offset < count) {
			size_t room = count - piece->offset;
			memcpy(into + piece->offset,
				datagrams->bytes + piece->bytes_at % BYTE_COUNT,
				piece->captured_bytes < room ? piece->captured_bytes : room);
		}
		number = piece->later;
	}
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
		memcpy(into + count, datagrams->bytes + piece->bytes_at % BYTE_COUNT, bytes);
		count += bytes;
		if (bytes < piece->wire_bytes) {
			break;
		}
		number = piece->behind;
	}
	if (with_others) {
		copy_others(datagrams, datagram, into, count);
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
	for (uint32_t number = datagram->first; number != PIECE_NONE;) {
		struct piece *piece = piece_at(datagrams, number);
		number = piece->behind;
		piece->datagram = NULL;
	}
	datagram->first = datagram->earliest = datagram->latest = PIECE_NONE;
	datagram->piece_count = datagram->frames = 0;
	datagram->covered_bytes = datagram->total_bytes = 0;
	datagram->has_last = datagram->has_overlaps = false;
	if (!datagrams_oldest(datagrams)) {
		datagrams->next_byte = 0; /* the same memory again, while it is in the caches */
	}
}
