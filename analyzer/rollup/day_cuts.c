#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/day_drafts.h"

enum { PIECES_MOST = 4 };

/* One way to take the day to pieces: rows that are shown, and what is left of each line. The rows
 * of a detail leave a remainder of each column (one app over all units) and one of each unit. */
struct cut {
	struct day_draft *draft;
	bool is_by_whole;
	uint32_t *piece_of; /* each atom's */
	uint32_t count;
	uint32_t *first; /* where the atoms of each piece begin in order; count + 1 */
	uint32_t *order; /* the atoms by piece */
};

/* The pieces of one cut that share atoms with a piece of another: few, or too many. */
struct touching {
	uint32_t pieces[PIECES_MOST];
	uint32_t count;
};

struct cutting {
	unsigned k;
	const struct cell *atoms;
	size_t count;
	struct day_draft *drafts;
	uint32_t *body_of,
		*body_size;  /* what of the body an atom is of, and how many atoms that is */
	uint32_t *body_seen; /* zeros between uses */
	struct cut cuts[2 * DAY_TABLE_COUNT];
	unsigned cut_count;
	uint32_t *left; /* atoms of a difference */
	int hidden;
};

static bool is_row(const struct cut *cut, uint32_t piece)
{
	return piece < cut->draft->count;
}

/* A remainder has no row of its own; those of the body are always there. */
static bool may_hide(const struct cut *cut, uint32_t piece)
{
	return is_row(cut, piece) && cut->draft->parts && !cut->draft->parts[piece].is_hidden;
}

/* Was it shown when the pieces were made, and is not any more? */
static bool is_gone(const struct cut *cut, uint32_t piece)
{
	return is_row(cut, piece) && cut->draft->parts && cut->draft->parts[piece].is_hidden;
}

static uint32_t piece_of(const struct cutting *cutting, const struct cut *cut, uint32_t row)
{
	const struct day_draft *draft = cut->draft;
	const struct protected_part *part = draft->parts ? &draft->parts[row] : NULL;

	if (!part || !part->is_hidden) {
		return row;
	}
	if (cut->is_by_whole) {
		const struct day_draft *wholes = &cutting->drafts[day_draft_wholes(draft->table)];
		const struct protected_part *whole = &wholes->parts[draft->whole[row]];
		return draft->count +
		       (whole->is_hidden ? draft->line_count + whole->lines[0] : part->lines[1]);
	}
	return draft->count + part->lines[0];
}

static bool make_cut(
	struct cutting *cutting, struct cut *cut, struct day_draft *draft, bool is_by_whole)
{
	const struct day_draft *wholes = &cutting->drafts[day_draft_wholes(draft->table)];
	size_t count = cutting->count;

	*cut = (struct cut){ .draft = draft,
		.is_by_whole = is_by_whole,
		.count = draft->count + draft->line_count + (is_by_whole ? wholes->line_count : 0),
		.piece_of = malloc((count + 1) * sizeof(uint32_t)),
		.order = malloc((count + 1) * sizeof(uint32_t)) };
	cut->first = calloc(cut->count + 2, sizeof(uint32_t));
	if (!cut->piece_of || !cut->order || !cut->first) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		cut->piece_of[i] = piece_of(cutting, cut, draft->row_of[i]);
		cut->first[cut->piece_of[i] + 2]++;
	}
	for (uint32_t i = 2; i < cut->count + 2; i++) {
		cut->first[i] += cut->first[i - 1];
	}
	for (size_t i = 0; i < count; i++) {
		cut->order[cut->first[cut->piece_of[i] + 1]++] = (uint32_t)i;
	}
	return true;
}

static void forget_cuts(struct cutting *cutting)
{
	for (unsigned i = 0; i < cutting->cut_count; i++) {
		free(cutting->cuts[i].piece_of);
		free(cutting->cuts[i].order);
		free(cutting->cuts[i].first);
	}
	cutting->cut_count = 0;
}

static bool make_cuts(struct cutting *cutting)
{
	bool is_made = true;

	for (unsigned i = 0; i < DAY_TABLE_COUNT && is_made; i++) {
		struct day_draft *draft = &cutting->drafts[i];
		is_made = make_cut(cutting, &cutting->cuts[cutting->cut_count++], draft, false);
		if (is_made && draft->whole) {
			is_made = make_cut(
				cutting, &cutting->cuts[cutting->cut_count++], draft, true);
		}
	}
	return is_made;
}

static void touch(struct touching *touching, uint32_t piece)
{
	uint32_t at = 0;

	while (at < touching->count && at < PIECES_MOST && touching->pieces[at] < piece) {
		at++;
	}
	if (touching->count > PIECES_MOST ||
		(at < touching->count && touching->pieces[at] == piece)) {
		return;
	}
	if (touching->count < PIECES_MOST) {
		memmove(touching->pieces + at + 1, touching->pieces + at,
			(touching->count - at) * sizeof(piece));
		touching->pieces[at] = piece;
	}
	touching->count++; /* one more than are kept: too many */
}

static bool holds(const struct touching *all, const struct touching *some)
{
	uint32_t at = 0;

	if (some->count > PIECES_MOST) {
		return false; /* not all of them were kept */
	}
	for (uint32_t i = 0; i < some->count; i++) {
		while (at < all->count && all->pieces[at] < some->pieces[i]) {
			at++;
		}
		if (at == all->count || all->pieces[at] != some->pieces[i]) {
			return false;
		}
	}
	return true;
}

static int compare_touching(const void *a, const void *b)
{
	const struct touching *one = *(const struct touching *const *)a,
			      *other = *(const struct touching *const *)b;

	return one->count != other->count
		       ? (one->count < other->count ? -1 : 1)
		       : memcmp(one->pieces, other->pieces, one->count * sizeof(one->pieces[0]));
}

/* Whatever of the body is in it, all of it is: the tables of the body say so much anyway, of no
 * part. */
static bool is_of_body(struct cutting *cutting, size_t count)
{
	bool is_whole = true;

	for (size_t i = 0; i < count; i++) {
		cutting->body_seen[cutting->body_of[cutting->left[i]]]++;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t body = cutting->body_of[cutting->left[i]];
		is_whole &= cutting->body_seen[body] == cutting->body_size[body];
	}
	for (size_t i = 0; i < count; i++) {
		cutting->body_seen[cutting->body_of[cutting->left[i]]] = 0;
	}
	return is_whole;
}

static bool is_safe(struct cutting *cutting, size_t count)
{
	struct devices devices = { 0 };
	struct protected_figure sum = { .bytes = 1, .devices = &devices };
	uint64_t most = 0, largest = 0;

	for (size_t i = 0; i < count; i++) {
		const struct cell *atom = &cutting->atoms[cutting->left[i]];
		uint64_t told = devices_count(&atom->devices);
		most = told > most ? told : most;
		largest += devices_largest(&atom->devices);
		sum.bytes += atom->sums.bytes_up + atom->sums.bytes_down;
	}
	if (most >= cutting->k && largest <= sum.bytes / 100 * PROTECT_SHARE_MOST) {
		return true; /* whoever they are */
	}
	for (size_t i = 0; i < count; i++) {
		devices_merge(&devices, &cutting->atoms[cutting->left[i]].devices);
	}
	bool is_safe = protect_is_safe(cutting->k, &sum);
	devices_deinit(&devices);
	return is_safe;
}

/* Of the rows that give it away one is hidden: of a detail rather than of a part as a whole, and by
 * lot. */
struct choice {
	struct protected_part *part;
	bool is_detail, is_gone;
};

static void choose(struct choice *choice, const struct cut *cut, uint32_t piece)
{
	choice->is_gone |= is_gone(cut, piece);
	if (!may_hide(cut, piece)) {
		return;
	}
	struct protected_part *part = &cut->draft->parts[piece];
	bool is_detail = cut->draft->whole != NULL;
	if (!choice->part || (is_detail && !choice->is_detail) ||
		(is_detail == choice->is_detail && part->lot < choice->part->lot)) {
		choice->part = part;
		choice->is_detail = is_detail;
	}
}

/* Rows of one cut, less all pieces of the other that lie within them. */
static void look(struct cutting *cutting, const struct cut *rows, const struct cut *less,
	const struct touching *touchings, const struct touching *wanted)
{
	struct choice choice = { .part = NULL };
	size_t left = 0, within = 0;
	bool is_of_part = false;

	for (uint32_t i = 0; i < wanted->count; i++) {
		uint32_t piece = wanted->pieces[i];
		is_of_part |= may_hide(rows, piece);
		choose(&choice, rows, piece);
		for (uint32_t j = rows->first[piece]; j < rows->first[piece + 1]; j++) {
			uint32_t atom = rows->order[j], other = less->piece_of[atom];
			if (!holds(wanted, &touchings[other])) {
				cutting->left[left++] = atom;
			} else {
				within++;
				choose(&choice, less, other);
			}
		}
	}
	if (left > 0 && within > 0 && !choice.is_gone && choice.part &&
		(is_of_part || !is_of_body(cutting, left)) && !is_safe(cutting, left)) {
		choice.part->is_hidden = true;
		cutting->hidden++;
	}
}

static bool compare_cuts(struct cutting *cutting, const struct cut *rows, const struct cut *less)
{
	struct touching *touchings = calloc(less->count + 1, sizeof(*touchings));
	const struct touching **sorted = malloc((less->count + 1) * sizeof(*sorted));
	uint32_t count = 0;

	for (size_t i = 0; touchings && i < cutting->count; i++) {
		touch(&touchings[less->piece_of[i]], rows->piece_of[i]);
	}
	for (uint32_t i = 0; touchings && sorted && i < less->count; i++) {
		if (touchings[i].count > 0 && touchings[i].count <= PIECES_MOST) {
			sorted[count++] = &touchings[i];
		}
	}
	if (count > 0) {
		qsort(sorted, count, sizeof(*sorted), compare_touching);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (i == 0 || compare_touching(&sorted[i - 1], &sorted[i]) != 0) {
			look(cutting, rows, less, touchings, sorted[i]);
		}
	}
	free(sorted);
	bool is_compared = touchings && sorted;
	free(touchings);
	return is_compared;
}

static bool compare_all(struct cutting *cutting)
{
	bool is_compared = true;

	for (unsigned i = 0; i < cutting->cut_count; i++) {
		for (unsigned j = 0; j < cutting->cut_count && is_compared; j++) {
			const struct cut *rows = &cutting->cuts[i], *less = &cutting->cuts[j];
			bool is_of_parts = rows->draft->parts || less->draft->parts;
			if (rows->draft != less->draft && is_of_parts) {
				is_compared = compare_cuts(cutting, rows, less);
			}
		}
	}
	return is_compared;
}

/* What is hidden of a table leaves remainders that must be safe as well; what is hidden of a part
 * as a whole hides its details. */
static void protect_again(struct cutting *cutting)
{
	for (unsigned i = 0; i < DAY_TABLE_COUNT; i++) {
		struct day_draft *draft = &cutting->drafts[i];
		if (draft->parts && !draft->whole) {
			protect_parts(cutting->k, draft->parts, draft->count);
		}
	}
	for (unsigned i = 0; i < DAY_TABLE_COUNT; i++) {
		struct day_draft *draft = &cutting->drafts[i];
		const struct protected_part *wholes =
			cutting->drafts[day_draft_wholes(draft->table)].parts;
		for (uint32_t row = 0; draft->whole && row < draft->count; row++) {
			draft->parts[row].is_hidden |= wholes[draft->whole[row]].is_hidden;
		}
		if (draft->whole) {
			protect_parts(cutting->k, draft->parts, draft->count);
		}
	}
}

/* What tables of the body tell apart. */
static bool note_body(struct cutting *cutting)
{
	size_t count = cutting->count;

	cutting->body_of = calloc(count + 1, sizeof(uint32_t));
	cutting->body_size = calloc(count + 1, sizeof(uint32_t));
	cutting->body_seen = calloc(count + 1, sizeof(uint32_t));
	cutting->left = malloc((count + 1) * sizeof(uint32_t));
	if (!cutting->body_of || !cutting->body_size || !cutting->body_seen || !cutting->left) {
		return false;
	}
	struct key_numbers numbers;
	bool is_noted = key_numbers_init(&numbers, count);
	for (size_t i = 0; i < count && is_noted; i++) {
		struct cell_key key = day_table_line(&cutting->atoms[i].key);
		cutting->body_of[i] = key_numbers_of(&numbers, &key);
		cutting->body_size[cutting->body_of[i]]++;
	}
	key_numbers_deinit(&numbers);
	return is_noted;
}

int day_cuts_hide(unsigned k, struct day_draft drafts[DAY_TABLE_COUNT], const struct cell *atoms,
	size_t count)
{
	struct cutting cutting = { .k = k, .atoms = atoms, .count = count, .drafts = drafts };
	bool is_done = note_body(&cutting);
	int before;

	do {
		before = cutting.hidden;
		is_done = is_done && make_cuts(&cutting) && compare_all(&cutting);
		forget_cuts(&cutting);
		protect_again(&cutting);
	} while (is_done && cutting.hidden > before);
	free(cutting.body_of);
	free(cutting.body_size);
	free(cutting.body_seen);
	free(cutting.left);
	return is_done ? cutting.hidden : -ENOMEM;
}
