#include "analyzer/classify/l7_versions.h"

#include <string.h>

/* How many pieces are told apart. Small ones that follow each other are one. */
enum { PIECES_MAX = 96, SMALL_BYTES = 16, COST_OF_SEVERAL = 2 };

/* Stands before the bytes of each piece that is kept. */
struct kept {
	uint16_t place, bytes;
	bool is_cut, is_joined, is_late;
};

struct piece {
	const uint8_t *bytes;
	uint32_t place, end;
	bool is_cut, is_late;
	bool is_joined; /* of several segments: where they met is not known */
};

struct pieces {
	struct piece all[PIECES_MAX];
	unsigned count;
};

static void add_piece(struct pieces *pieces, const struct kept *kept, struct reader in)
{
	if (reader_left(&in) > 0 && pieces->count < PIECES_MAX) {
		pieces->all[pieces->count++] = (struct piece){ .bytes = in.at,
			.place = kept->place,
			.end = kept->place + (uint32_t)reader_left(&in),
			.is_cut = kept->is_cut,
			.is_late = kept->is_late,
			.is_joined = kept->is_joined };
	}
}

/* What was kept beside the stream, in the order in which it came. */
static void gather_kept(const struct reassembly *reassembly, const struct direction *direction,
	struct pieces *pieces)
{
	struct reader in = direction->versions ? reassembly_read(reassembly, direction->versions)
					       : reader_over(NULL, 0);
	struct kept kept;

	while (reader_left(&in) > sizeof(kept)) {
		memcpy(&kept, reader_bytes(&in, sizeof(kept)), sizeof(kept));
		add_piece(pieces, &kept, reader_sub(&in, kept.bytes));
	}
}

static void gather_ranges(
	const struct reassembly *reassembly, uint32_t stream, uint32_t place, struct pieces *pieces)
{
	uint32_t offset;
	struct reader in;

	for (unsigned i = 0; stream && reassembly_range(reassembly, stream, i, &offset, &in); i++) {
		struct kept kept = { .place = (uint16_t)(place + offset), .is_joined = true };
		if (place + offset + reader_left(&in) <= REASSEMBLY_BYTES_MAX) {
			add_piece(pieces, &kept, in);
		}
	}
}

static uint32_t used_bytes(const struct direction *direction)
{
	return direction->next_seq - direction->start_seq;
}

/* What is there of the stream itself: first of all, as it came before there was a doubt. */
static void gather_stream(const struct reassembly *reassembly, const struct direction *direction,
	struct pieces *pieces)
{
	uint32_t used = used_bytes(direction);

	gather_ranges(reassembly, direction->said, 0, pieces);
	if (used < REASSEMBLY_BYTES_MAX) {
		gather_ranges(reassembly, direction->stream, used, pieces);
	}
}

static bool has_same(const struct piece *piece, uint32_t place, struct reader in)
{
	uint32_t end = place + (uint32_t)reader_left(&in);

	return piece->place <= place && end <= piece->end &&
	       memcmp(piece->bytes + (place - piece->place), in.at, end - place) == 0;
}

bool versions_agree(const struct reassembly *reassembly, const struct direction *direction,
	uint32_t place, struct reader in)
{
	uint32_t used = used_bytes(direction), bytes = (uint32_t)reader_left(&in);
	uint32_t again = place < used ? used - place : 0;

	again = again < bytes ? again : bytes;
	if (again > 0) {
		struct reader part = reader_sub(&in, again);
		struct pieces said = { .count = 0 };
		gather_ranges(reassembly, direction->said, 0, &said);
		if (said.count == 0 || !has_same(&said.all[0], place, part)) {
			return false;
		}
	}
	return bytes == again || !direction->stream ||
	       reassembly_agrees(
		       reassembly, direction->stream, place + again - used, in.at, bytes - again);
}

/* The same piece, or a part of several. A part of one is another piece: where it ends others begin.
 */
static bool is_again(const struct piece *piece, uint32_t place, struct reader in)
{
	bool is_all = piece->place == place && piece->end == place + reader_left(&in);

	return (is_all || piece->is_joined) && has_same(piece, place, in);
}

/* Does it simply continue the piece before it, both of them small? */
static bool joins(const struct piece *last, const struct version_piece *piece)
{
	bool is_small = last->is_joined || last->end - last->place <= SMALL_BYTES;

	return last->end == piece->place && is_small && reader_left(&piece->in) <= SMALL_BYTES &&
	       !piece->is_cut && !last->is_cut && piece->is_late == last->is_late;
}

/* Makes the last piece longer: its bytes are the last that are kept. */
static bool join(
	struct reassembly *reassembly, uint32_t stream, const struct piece *last, struct reader in)
{
	struct reader all = reassembly_read(reassembly, stream);
	uint32_t end = (uint32_t)reader_left(&all), had = last->end - last->place;
	struct kept kept = { .place = (uint16_t)last->place,
		.bytes = (uint16_t)(had + reader_left(&in)),
		.is_late = last->is_late,
		.is_joined = true };

	if (!reassembly_add(reassembly, stream, end, in.at, reader_left(&in))) {
		return false;
	}
	reassembly_replace(reassembly, stream, end - had - (uint32_t)sizeof(kept),
		(const uint8_t *)&kept, sizeof(kept));
	return true;
}

static bool append(
	struct reassembly *reassembly, uint32_t stream, const struct kept *kept, struct reader in)
{
	struct reader all = reassembly_read(reassembly, stream);
	uint32_t end = (uint32_t)reader_left(&all);

	return end + sizeof(*kept) + reader_left(&in) <= REASSEMBLY_BYTES_MAX &&
	       reassembly_add(reassembly, stream, end, (const uint8_t *)kept, sizeof(*kept)) &&
	       reassembly_add(
		       reassembly, stream, end + (uint32_t)sizeof(*kept), in.at, reader_left(&in));
}

/* Of each byte what came first, and last. Of what is there already both begin with that. */
static void keep_edges(
	struct reassembly *reassembly, struct direction *direction, const struct version_piece *new)
{
	const uint8_t *bytes = new->in.at;
	size_t count = reader_left(&new->in);
	struct pieces there = { .count = 0 };

	if (!direction->first && !direction->latest) {
		direction->first = reassembly_open(reassembly);
		direction->latest = reassembly_open(reassembly);
		gather_stream(reassembly, direction, &there);
	}
	if (!direction->first || !direction->latest) {
		return;
	}
	for (unsigned i = 0; i < there.count; i++) {
		const struct piece *piece = &there.all[i];
		size_t length = piece->end - piece->place;
		reassembly_fill(reassembly, direction->first, piece->place, piece->bytes, length);
		reassembly_fill(reassembly, direction->latest, piece->place, piece->bytes, length);
	}
	reassembly_fill(reassembly, direction->first, new->place, bytes, count);
	reassembly_replace(reassembly, direction->latest, new->place, bytes, count);
}

enum versions_news versions_keep(struct reassembly *reassembly, struct direction *direction,
	const struct version_piece *piece)
{
	struct pieces kept = { .count = 0 };
	uint32_t place = piece->place;
	struct reader in = piece->in;

	if (place >= REASSEMBLY_BYTES_MAX || reader_left(&in) > REASSEMBLY_BYTES_MAX - place) {
		return VERSIONS_KNOWN;
	}
	keep_edges(reassembly, direction, piece);
	gather_kept(reassembly, direction, &kept);
	for (unsigned i = 0; i < kept.count; i++) {
		if (is_again(&kept.all[i], place, in)) {
			return VERSIONS_KNOWN;
		}
	}
	if (!direction->versions) {
		direction->versions = reassembly_open(reassembly);
	}
	const struct piece *last = kept.count > 0 ? &kept.all[kept.count - 1] : NULL;
	if (!direction->versions) {
		return VERSIONS_FULL;
	}
	if (last && joins(last, piece)) {
		return join(reassembly, direction->versions, last, in) ? VERSIONS_KEPT
								       : VERSIONS_FULL;
	}
	struct kept head = { .place = (uint16_t)place,
		.bytes = (uint16_t)reader_left(&in),
		.is_cut = piece->is_cut,
		.is_late = piece->is_late };
	return kept.count < PIECES_MAX / 2 && append(reassembly, direction->versions, &head, in)
		       ? VERSIONS_KEPT
		       : VERSIONS_FULL;
}

void versions_keep_stream(struct reassembly *reassembly, struct direction *direction)
{
	struct pieces pieces = { .count = 0 };

	if (used_bytes(direction) == 0 && !direction->said) {
		direction->said = direction->stream;
		direction->stream = 0;
		return;
	}
	gather_ranges(reassembly, direction->stream, used_bytes(direction), &pieces);
	for (unsigned i = 0; i < pieces.count; i++) {
		const struct piece *piece = &pieces.all[i];
		versions_keep(reassembly, direction,
			&(struct version_piece){ .place = piece->place,
				.in = reader_over(piece->bytes, piece->end - piece->place) });
	}
}

bool versions_begin(const struct reassembly *reassembly, const struct direction *direction)
{
	struct pieces pieces = { .count = 0 };
	bool begin = true;

	gather_kept(reassembly, direction, &pieces);
	for (unsigned i = 0; i < pieces.count; i++) {
		begin &= pieces.all[i].place == 0;
	}
	return begin;
}

void versions_forget_pieces(struct reassembly *reassembly, struct direction *direction)
{
	if (direction->said | direction->versions) {
		reassembly_close(reassembly, direction->said);
		reassembly_close(reassembly, direction->versions);
		direction->said = direction->versions = 0;
	}
}

void versions_forget(struct reassembly *reassembly, struct direction *direction)
{
	versions_forget_pieces(reassembly, direction);
	if (direction->first | direction->latest) {
		reassembly_close(reassembly, direction->first);
		reassembly_close(reassembly, direction->latest);
		direction->first = direction->latest = 0;
	}
}

struct search {
	const struct pieces *pieces;
	uint8_t *memory;
	version_look_fn *look;
	void *context;
	unsigned looks_left;
	bool last_first;
};

/* The pieces in the order of the search. */
static const struct piece *piece_at(const struct search *search, unsigned index)
{
	unsigned count = search->pieces->count;

	return &search->pieces->all[search->last_first ? count - 1 - index : index];
}

/* Was the same already tried for this place? */
static bool is_tried(const struct search *search, unsigned index, uint32_t at)
{
	const struct piece *piece = piece_at(search, index);
	struct reader rest = reader_over(piece->bytes + (at - piece->place), piece->end - at);
	bool tried = false;

	for (unsigned i = 0; i < index && !tried; i++) {
		const struct piece *other = piece_at(search, i);
		tried = other->place <= at && other->end == piece->end && has_same(other, at, rest);
	}
	return tried;
}

/* What a version is made of, so far. */
struct made {
	bool is_mixed, is_late;
};

static void extend(struct search *search, uint32_t at, struct made made);

/* Where another piece begins within this one, behind that place: the first of them; UINT32_MAX. */
static uint32_t first_turn(const struct search *search, const struct piece *piece, uint32_t at)
{
	uint32_t first = UINT32_MAX;

	for (unsigned i = 0; i < search->pieces->count; i++) {
		uint32_t place = search->pieces->all[i].place;
		bool is_within = place > at && place < piece->end;
		first = is_within && place < first ? place : first;
	}
	return first;
}

static void put(struct search *search, const struct piece *piece, uint32_t at, uint32_t end)
{
	memcpy(search->memory + at, piece->bytes + (at - piece->place), end - at);
}

/* What is put together of several pieces costs more than a piece as it is: of those there are as
 * many as were sent. */
static enum version_look look_at(
	struct search *search, unsigned cost, uint32_t end, bool is_cut, struct made made)
{
	struct version version = { .bytes = reader_over(search->memory, end),
		.is_cut = is_cut,
		.is_mixed = made.is_mixed,
		.is_late = made.is_late };

	search->looks_left -= search->looks_left < cost ? search->looks_left : cost;
	return search->look(search->context, &version);
}

/* The version goes on at this place with that piece: as far as it goes, and as far as another one
 * begins. */
static void go_on_with(
	struct search *search, const struct piece *piece, uint32_t at, struct made made)
{
	unsigned cost = at > 0 ? COST_OF_SEVERAL : 1;

	made.is_late |= piece->is_late;
	put(search, piece, at, piece->end);
	enum version_look look = look_at(search, cost, piece->end, piece->is_cut, made);
	if (look == VERSION_GROWS) {
		extend(search, piece->end, made);
	}
	uint32_t turn = first_turn(search, piece, at);
	if (turn == UINT32_MAX) {
		return;
	}
	put(search, piece, at, turn);
	made.is_mixed |= !piece->is_joined;
	if (look == VERSION_OTHER && look_at(search, cost, turn, false, made) == VERSION_OTHER) {
		return;
	}
	for (unsigned i = 0; i < search->pieces->count && search->looks_left > 0; i++) {
		const struct piece *next = piece_at(search, i);
		if (next->place > at && next->place < piece->end) {
			put(search, piece, at, next->place);
			go_on_with(search, next, next->place, made);
		}
	}
}

static void extend(struct search *search, uint32_t at, struct made made)
{
	for (unsigned i = 0; i < search->pieces->count && search->looks_left > 0; i++) {
		const struct piece *piece = piece_at(search, i);
		if (piece->place <= at && at < piece->end && !is_tried(search, i, at)) {
			go_on_with(search, piece, at, made);
		}
	}
}

/* The byte at this place of the first piece, in the order of the search, that has one; NULL: none.
 */
static const uint8_t *byte_at(const struct search *search, uint32_t at, bool *is_late)
{
	for (unsigned i = 0; i < search->pieces->count; i++) {
		const struct piece *piece = piece_at(search, i);
		if (piece->place <= at && at < piece->end) {
			*is_late |= piece->is_late;
			return piece->bytes + (at - piece->place);
		}
	}
	return NULL;
}

/* As a receiver has it who keeps what came first for a place, or what came last. */
static void look_straight(struct search *search)
{
	const uint8_t *byte;
	struct made made = { false, false };
	uint32_t end = 0;

	while (end < REASSEMBLY_BYTES_MAX && (byte = byte_at(search, end, &made.is_late)) != NULL) {
		search->memory[end++] = *byte;
	}
	look_at(search, 1, end, false, made);
}

/* The same for all that was ever sent. */
static void look_at_edge(
	struct search *search, const struct reassembly *reassembly, uint32_t stream)
{
	struct reader in = stream ? reassembly_read(reassembly, stream) : reader_over(NULL, 0);
	uint32_t bytes = (uint32_t)reader_left(&in);

	if (bytes > 0) {
		memcpy(search->memory, in.at, bytes);
		look_at(search, 1, bytes, false, (struct made){ false, false });
	}
}

bool versions_look(const struct reassembly *reassembly, const struct direction *direction,
	bool last_first, unsigned looks, uint8_t *memory, version_look_fn *look, void *context)
{
	struct pieces pieces = { .count = 0 };
	struct search search = { .pieces = &pieces,
		.memory = memory,
		.look = look,
		.context = context,
		.looks_left = looks,
		.last_first = last_first };

	gather_stream(reassembly, direction, &pieces);
	gather_kept(reassembly, direction, &pieces);
	extend(&search, 0, (struct made){ false, false });
	if (search.looks_left > 0 && !direction->is_untried) {
		return true;
	}
	look_straight(&search);
	look_at_edge(&search, reassembly, last_first ? direction->latest : direction->first);
	return false;
}

struct reader versions_behind(
	const struct reassembly *reassembly, const struct direction *direction, uint32_t end)
{
	struct pieces pieces = { .count = 0 };

	gather_kept(reassembly, direction, &pieces);
	for (unsigned i = 0; i < pieces.count; i++) {
		const struct piece *piece = &pieces.all[i];
		if (piece->place == end) {
			return reader_over(piece->bytes, piece->end - end);
		}
	}
	return reader_over(NULL, 0);
}
