#include "analyzer/rollup/replay.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/policy/decider.h"
#include "analyzer/rollup/protect.h"
#include "base/keyed_list.h"
#include "base/quick_hash.h"

enum { RELEASE_BATCH = 32, BEFORE = 1, AFTER = 2 };

/* Whose flows it cannot be told of: no rule's, and in no row. */
#define UNDECIDED (UINT16_MAX - 1)

struct entry {
	struct addr device; /* identity, or what stands for it in an archive */
	uint16_t unit, rule;
	uint8_t by; /* bits: BEFORE, AFTER */
};

struct replay {
	const struct reference *draft;
	struct decider *decider;
	struct record *records; /* one to decide, then those that waited */
	struct keyed_list entries;
	struct replay_row *rows;
	size_t row_count;
	struct replay_stats stats;
};

struct replay *replay_create(const struct reference *draft)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay) {
		return NULL;
	}
	replay->draft = draft;
	replay->entries.most = REPLAY_ENTRIES_MAX;
	replay->decider = decider_create();
	replay->records =
		aligned_alloc(_Alignof(struct record), RELEASE_BATCH * sizeof(*replay->records));
	replay->stats.first_ns = UINT64_MAX;
	if (!replay->decider || !replay->records) {
		replay_destroy(replay);
		return NULL;
	}
	decider_wait_for_all(replay->decider);
	return replay;
}

void replay_destroy(struct replay *replay)
{
	if (replay) {
		decider_destroy(replay->decider);
		keyed_list_deinit(&replay->entries);
		free(replay->records);
		free(replay->rows);
		free(replay);
	}
}

static bool is_accused(const struct record *record)
{
	uint8_t verdict = record->decision.verdict;

	return verdict == POLICY_VERDICT_VIOLATION || verdict == POLICY_VERDICT_GRACE ||
	       verdict == POLICY_VERDICT_UNAPPROVED;
}

static bool is_entry(const void *entries, uint32_t place, const void *wanted_at)
{
	const struct entry *entry = (const struct entry *)entries + place, *wanted = wanted_at;

	return memcmp(&entry->device, &wanted->device, sizeof(wanted->device)) == 0 &&
	       entry->unit == wanted->unit && entry->rule == wanted->rule;
}

static void note(
	struct replay *replay, const struct addr *device, uint16_t unit, uint16_t rule, uint8_t by)
{
	const struct entry wanted = { .device = *device, .unit = unit, .rule = rule };
	uint64_t hash = quick_hash_addr((uint64_t)unit << 16 | rule, device);
	struct entry *entry =
		keyed_list_row(&replay->entries, sizeof(wanted), hash, is_entry, &wanted);

	if (entry) {
		entry->by |= by;
	} else {
		replay->stats.left_out++;
	}
}

/* Under its rule, and under none: a device counts once however many rules speak of it. */
static void note_record(
	struct replay *replay, const struct record *record, uint16_t unit, uint8_t by)
{
	const struct addr *device = &record->device.identity;
	uint16_t rule = record->decision.rule ? record->decision.rule : REPLAY_NOT_LISTED;

	if (is_accused(record)) {
		note(replay, device, unit, rule, by);
		note(replay, device, unit, 0, by);
	}
}

/* Nobody is accused of what was denied where nobody can tell whether it got through. */
static bool is_undecided(const struct record *record)
{
	const struct decision *decision = &record->decision;

	return decision->action == POLICY_ACTION_DENY && !is_accused(record) &&
	       (decision->block == BLOCK_UNSURE ||
		       (decision->block == BLOCK_NONE && record->seen != RECORD_SEEN_BOTH));
}

static void note_drafted(struct replay *replay, const struct record *record)
{
	note_record(replay, record, record->decision.unit, AFTER);
	if (is_undecided(record)) {
		note(replay, &record->device.identity, 0, UNDECIDED, AFTER);
	}
}

void replay_take(struct replay *replay, const struct record *record, bool has_address)
{
	struct record *copy = replay->records;
	struct replay_stats *stats = &replay->stats;

	stats->records++;
	stats->first_ns =
		record->flow.start_ns < stats->first_ns ? record->flow.start_ns : stats->first_ns;
	stats->last_ns =
		record->flow.end_ns > stats->last_ns ? record->flow.end_ns : stats->last_ns;
	if (record->device.kind == DEVICE_MANY) {
		stats->many++;
		return;
	}
	record_copy(copy, record);
	if (has_address) {
		policy_locate(replay->draft->policy, copy);
		copy->device = record->device;
	} else {
		copy->decision = (struct decision){ .unit = record->decision.unit,
			.class_ = record->decision.class_ };
	}
	note_record(replay, record, copy->decision.unit, BEFORE);
	if (decider_take(replay->decider, replay->draft, copy)) {
		note_drafted(replay, copy);
	}
}

void replay_finish(struct replay *replay)
{
	size_t count;

	while ((count = decider_release(replay->decider, replay->draft, true, replay->records,
			RELEASE_BATCH)) > 0) {
		for (size_t i = 0; i < count; i++) {
			note_drafted(replay, &replay->records[i]);
		}
	}
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	bool is_of_rule[] = { a->rule != 0, b->rule != 0 };

	if (is_of_rule[0] != is_of_rule[1]) {
		return is_of_rule[0] ? 1 : -1;
	}
	if (a->rule != b->rule) {
		return a->rule < b->rule ? -1 : 1;
	}
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

/* A row of each unit and rule, out of sorted entries; one more is left free for other units. */
static void add_up(struct replay *replay)
{
	for (uint32_t i = 0; i < replay->entries.count; i++) {
		const struct entry *entry = (const struct entry *)replay->entries.rows + i;
		struct replay_row *row =
			replay->row_count ? &replay->rows[replay->row_count - 1] : NULL;
		if (entry->rule == UNDECIDED) {
			continue;
		}
		if (!row || row->unit != entry->unit || row->rule != entry->rule) {
			row = &replay->rows[replay->row_count++];
			*row = (struct replay_row){ .unit = entry->unit, .rule = entry->rule };
		}
		row->stay += entry->by == (BEFORE | AFTER);
		row->fresh += entry->by == AFTER;
		row->gone += entry->by == BEFORE;
	}
}

/* The place of a unit's row among the first, which are in order of units. */
static uint32_t place_of_unit(const struct replay *replay, uint32_t units, uint16_t unit)
{
	uint32_t low = 0, high = units;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (replay->rows[middle].unit < unit) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static struct protected_figure figure_of(uint64_t devices)
{
	return (struct protected_figure){ .bytes = devices, .count = devices };
}

/* Units make one column; a rule's row stands in the column of its rule and the line of its unit. */
static void protect(struct replay *replay, unsigned k)
{
	struct protected_part *parts = calloc(replay->row_count + 1, sizeof(*parts));
	uint32_t units = 0, line = 0;

	while (units < replay->row_count && replay->rows[units].rule == 0) {
		units++;
	}
	line = units;
	for (size_t i = 0; i < replay->row_count; i++) {
		struct replay_row *row = &replay->rows[i];
		if (!parts) {
			row->is_hidden = true;
			continue;
		}
		line += i > units && row->rule != replay->rows[i - 1].rule;
		parts[i] = (struct protected_part){
			.lines = { row->rule ? line : 0,
				row->rule ? place_of_unit(replay, units, row->unit)
					  : PROTECT_NO_LINE },
			.figures = { figure_of(row->stay), figure_of(row->fresh),
				figure_of(row->gone) }
		};
	}
	if (parts) {
		protect_parts(k, parts, units);
		protect_parts(k, parts + units, replay->row_count - units);
	}
	for (size_t i = 0; parts && i < replay->row_count; i++) {
		replay->rows[i].is_hidden = parts[i].is_hidden;
	}
	free(parts);
}

/* Units that are too small become one row, which is shown where it is large enough. */
static void merge_units(struct replay *replay, unsigned k)
{
	struct replay_row others = { .unit = REPLAY_OTHERS };
	size_t kept = 0, units = 0;

	for (size_t i = 0; i < replay->row_count; i++) {
		const struct replay_row *row = &replay->rows[i];
		if (row->rule == 0 && row->is_hidden) {
			others.stay += row->stay;
			others.fresh += row->fresh;
			others.gone += row->gone;
			continue;
		}
		units += row->rule == 0;
		replay->rows[kept++] = *row;
	}
	replay->row_count = kept;
	if (others.stay + others.fresh + others.gone > 0) {
		const struct protected_figure figures[] = { figure_of(others.stay),
			figure_of(others.fresh), figure_of(others.gone) };
		for (unsigned i = 0; i < 3; i++) {
			others.is_hidden |=
				figures[i].bytes > 0 && !protect_is_safe(k, &figures[i]);
		}
		memmove(&replay->rows[units + 1], &replay->rows[units],
			(kept - units) * sizeof(others));
		replay->rows[units] = others;
		replay->row_count++;
	}
}

/* Rows with exact counts, those of any rule first. False: there are none. */
static bool make_rows(struct replay *replay)
{
	if (replay->entries.count > 0) {
		qsort(replay->entries.rows, replay->entries.count, sizeof(struct entry),
			compare_entries);
		hash_table_clear(&replay->entries.table); /* places have changed */
	}
	free(replay->rows);
	replay->row_count = 0;
	replay->rows = calloc(replay->entries.count + 1, sizeof(*replay->rows));
	if (replay->rows) {
		add_up(replay);
	}
	return replay->row_count > 0;
}

size_t replay_rows(struct replay *replay, unsigned k, const struct replay_row **rows)
{
	*rows = NULL;
	if (!make_rows(replay)) {
		return 0;
	}
	protect(replay, k);
	merge_units(replay, k);
	*rows = replay->rows;
	return replay->row_count;
}

static struct replay_row floor_row(const struct replay_row *row, unsigned k)
{
	struct replay_row told = { .unit = row->unit, .rule = row->rule };
	bool is_affected = protect_shows_count(k, row->stay + row->fresh);

	told.fresh = protect_shows_count(k, row->fresh) ? k : 0;
	told.stay = is_affected ? k - told.fresh : 0;
	told.gone = protect_shows_count(k, row->gone) ? k : 0;
	return told;
}

static bool says_anything(const struct replay_row *told)
{
	return told->stay + told->fresh + told->gone > 0;
}

/* The rows of one rule, which lie behind each other; returns how many of them are told. */
static size_t tell_rule(struct replay_row *told, const struct replay_row *rows, size_t count,
	unsigned k, bool always)
{
	struct replay_row others = { .unit = REPLAY_OTHERS, .rule = count ? rows[0].rule : 0 };
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct replay_row row = floor_row(&rows[i], k);
		if (says_anything(&row)) {
			told[kept++] = row;
		} else {
			others.stay += rows[i].stay;
			others.fresh += rows[i].fresh;
			others.gone += rows[i].gone;
		}
	}
	others = floor_row(&others, k);
	if (always || says_anything(&others)) {
		told[kept++] = others;
	}
	return kept;
}

size_t replay_told_rows(struct replay *replay, unsigned k, const struct replay_row **rows)
{
	make_rows(replay);
	size_t count = replay->row_count, kept = 0, first = 0, end = 0;
	struct replay_row *exact = replay->rows;
	struct replay_row *told = calloc(2 * count + 1, sizeof(*told));

	while (told && exact && (first < count || kept == 0)) {
		uint16_t rule = kept == 0 ? 0 : exact[first].rule;
		while (end < count && exact[end].rule == rule) {
			end++;
		}
		kept += tell_rule(told + kept, exact + first, end - first, k, rule == 0);
		first = end;
	}
	free(exact);
	replay->rows = told;
	replay->row_count = kept;
	*rows = told;
	return kept;
}

void replay_read_stats(const struct replay *replay, struct replay_stats *stats)
{
	*stats = replay->stats;
	for (uint32_t i = 0; i < replay->entries.count; i++) {
		stats->undecided +=
			((const struct entry *)replay->entries.rows)[i].rule == UNDECIDED;
	}
}
