#include "analyzer/rollup/group_protect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/rollup/protect.h"
#include "base/hash_table.h"
#include "base/local_time.h"
#include "base/quick_hash.h"

static const char others[] = "(others, too small to show apart)";

struct group_protect {
	struct grouping *grouping;
	unsigned k;
	bool is_of_part;
	struct devices *sets; /* by row of the grouping: its devices with their bytes */
	size_t set_count;
	struct group_row *rows; /* what is shown; values are the grouping's */
	size_t count;
	struct hash_table table; /* place in rows by values */
};

/* Of the body as a whole: what a flow is, where it goes, what the rules said. */
static bool is_of_body(const struct field *field)
{
	static const char *const paths[] = { "network.application", "network.protocol",
		"network.transport", "network.type", "network.direction",
		"borderflow.server_country", "borderflow.server_role",
		"borderflow.operator_country", "borderflow.zone", "borderflow.control",
		"borderflow.name_hidden", "borderflow.block", "borderflow.via",
		"borderflow.inferred", "borderflow.inferred_by", "event.start.hour",
		"event.start.day", "event.start.week", "event.start.weekday" };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strcmp(field->path, paths[i]) == 0) {
			return true;
		}
	}
	return strncmp(field->path, "borderflow.app.", 15) == 0 ||
	       strncmp(field->path, "borderflow.policy.", 18) == 0;
}

static bool is_part(const struct field *field)
{
	return strcmp(field->path, "borderflow.unit") == 0 ||
	       strcmp(field->path, "borderflow.class") == 0;
}

static bool is_app(const struct field *field)
{
	return strcmp(field->path, "network.application") == 0 ||
	       strcmp(field->path, "borderflow.app.id") == 0;
}

static int refuse(struct err *err, const char *what, const char *field)
{
	return err_set(err, EPERM,
		"%s: %s could single out a device. Under pseudonyms groups speak of apps, owners, "
		"countries, zones, rules and verdicts, of units and classes, or of the apps of "
		"each; whoever may see devices gives the key (--key)",
		what, field);
}

static int check_groups(struct group_protect *protect, struct err *err)
{
	unsigned count = grouping_field_count(protect->grouping), parts = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct field *field = grouping_field(protect->grouping, i);
		parts += is_part(field);
		if (!is_part(field) && !is_of_body(field)) {
			return refuse(err, "--group-by", field->path);
		}
	}
	protect->is_of_part = parts > 0;
	for (unsigned i = 0; parts && i < count; i++) {
		const struct field *field = grouping_field(protect->grouping, i);
		if (parts > 1 || count > 2 || (!is_part(field) && !is_app(field))) {
			return refuse(err, "--group-by", "a unit or class by more than its app");
		}
	}
	for (unsigned i = 0; i < grouping_sum_count(protect->grouping); i++) {
		const char *path = grouping_sum(protect->grouping, i)->path;
		if (strcmp(path, "network.bytes") != 0 && strcmp(path, "network.packets") != 0 &&
			strcmp(path, "source.bytes") != 0 &&
			strcmp(path, "destination.bytes") != 0) {
			return refuse(err, "--sum", path);
		}
	}
	return 0;
}

static bool is_day_edge(const struct group_protect_rules *rules, uint64_t time_ns)
{
	return time_ns == 0 || local_day_of(rules->zone, time_ns).start_ns == time_ns;
}

static int check_filter(const struct group_protect *protect, const struct query *query,
	const struct group_protect_rules *rules, struct err *err)
{
	const struct field *field = NULL;

	if (protect->is_of_part && (query || !is_day_edge(rules, rules->from_ns) ||
					   !is_day_edge(rules, rules->to_ns))) {
		return refuse(
			err, "--group-by", "a part of the body with a filter or within a day");
	}
	for (unsigned i = 0; query && (field = query_field(query, i)); i++) {
		if (!is_of_body(field)) {
			return refuse(err, "the filter", field->path);
		}
	}
	return 0;
}

int group_protect_create(struct group_protect **protect, struct grouping *grouping,
	const struct query *query, const struct group_protect_rules *rules, struct err *err)
{
	struct group_protect *created = calloc(1, sizeof(*created));

	*protect = created;
	if (!created) {
		return err_set(err, ENOMEM, "out of memory");
	}
	created->grouping = grouping;
	created->k = rules->k;
	int status = check_groups(created, err);
	status = status < 0 ? status : check_filter(created, query, rules, err);
	if (status == 0 && created->is_of_part) {
		grouping_by_day(grouping);
	}
	return status;
}

void group_protect_destroy(struct group_protect *protect)
{
	if (!protect) {
		return;
	}
	for (size_t i = 0; i < protect->set_count; i++) {
		devices_deinit(&protect->sets[i]);
	}
	hash_table_deinit(&protect->table);
	free(protect->sets);
	free(protect->rows);
	free(protect);
}

static struct devices *set_of(struct group_protect *protect, size_t place)
{
	if (place >= protect->set_count) {
		size_t count = place < 128 ? 256 : 2 * place;
		struct devices *sets = realloc(protect->sets, count * sizeof(*sets));
		if (!sets) {
			return NULL;
		}
		memset(sets + protect->set_count, 0, (count - protect->set_count) * sizeof(*sets));
		protect->sets = sets;
		protect->set_count = count;
	}
	return &protect->sets[place];
}

void group_protect_add(
	struct group_protect *protect, const struct field_view *view, uint64_t device)
{
	const struct flow_record *flow = &view->record->flow;
	const uint64_t *bytes = view->as_part ? flow->bytes : flow->total_bytes;
	size_t place = grouping_add(protect->grouping, view);
	struct devices *set =
		protect->is_of_part && place != GROUP_NONE ? set_of(protect, place) : NULL;

	if (set) {
		devices_add(set, device, bytes[0] + bytes[1]);
	}
}

/* The value by which rows of one line agree: all but the part, and the day. */
static const char *column_of(const struct group_protect *protect, const struct group_row *row)
{
	for (unsigned i = 0; i < grouping_field_count(protect->grouping); i++) {
		if (!is_part(grouping_field(protect->grouping, i))) {
			return row->values[i];
		}
	}
	return "";
}

static const char *part_of(const struct group_protect *protect, const struct group_row *row)
{
	for (unsigned i = 0; i < grouping_field_count(protect->grouping); i++) {
		if (is_part(grouping_field(protect->grouping, i))) {
			return row->values[i];
		}
	}
	return "";
}

static const char *day_of(const struct group_protect *protect, const struct group_row *row)
{
	return row->values[grouping_field_count(protect->grouping)];
}

/* All rows of a day are in one line. */
static const char *day_alone(const struct group_protect *protect, const struct group_row *row)
{
	(void)protect, (void)row;
	return "";
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++) {
		hash = quick_hash(hash, (uint8_t)*text);
	}
	return quick_hash(hash, 0);
}

/* Rows in lines: those of a day with the same column, or with the same part. */
struct lines {
	const struct group_protect *protect;
	const struct group_row *rows;
	const char *(*key)(const struct group_protect *protect, const struct group_row *row);
	struct hash_table table; /* the first row of each */
};

static bool is_in_line(const void *all, uint32_t place, const void *row)
{
	const struct lines *lines = all;
	const struct group_row *first = &lines->rows[place];

	return strcmp(day_of(lines->protect, first), day_of(lines->protect, row)) == 0 &&
	       strcmp(lines->key(lines->protect, first), lines->key(lines->protect, row)) == 0;
}

/* A line is numbered by its first row. */
static uint32_t line_of(struct lines *lines, uint32_t place)
{
	const struct group_row *row = &lines->rows[place];
	uint64_t hash = hash_text(
		hash_text(0, day_of(lines->protect, row)), lines->key(lines->protect, row));
	uint32_t line = hash_table_find(&lines->table, hash, is_in_line, lines, row);

	if (line == HASH_TABLE_NONE) {
		hash_table_put(&lines->table, hash, place);
		line = place;
	}
	return line;
}

/* The parts of each day by themselves, whatever their other column: their sets are united here. */
struct wholes {
	struct protected_part *parts; /* by line: the first row of a part on a day */
	struct devices *sets;
};

static void deinit_wholes(struct wholes *wholes, size_t count)
{
	for (size_t i = 0; wholes->sets && i < count; i++) {
		devices_deinit(&wholes->sets[i]);
	}
	free(wholes->sets);
	free(wholes->parts);
}

static bool judge_wholes(struct group_protect *protect, struct wholes *wholes,
	const struct protected_part *parts, const struct group_row *rows, size_t count)
{
	struct lines days = { protect, rows, day_alone, { 0 } };

	wholes->parts = calloc(count + 1, sizeof(*wholes->parts));
	wholes->sets = calloc(count + 1, sizeof(*wholes->sets));
	for (size_t i = 0; wholes->parts && wholes->sets && i < count; i++) {
		uint32_t first = parts[i].lines[1] / 2;
		struct protected_part *whole = &wholes->parts[first];
		const struct devices *set = parts[i].figures[0].devices;
		if (set) {
			devices_merge(&wholes->sets[first], set);
		}
		whole->figures[0].bytes += parts[i].figures[0].bytes;
		whole->figures[0].devices = &wholes->sets[first];
		whole->lines[0] = line_of(&days, first);
		whole->lines[1] = PROTECT_NO_LINE;
		whole->lot = parts[i].lot;
	}
	hash_table_deinit(&days.table);
	if (!wholes->parts || !wholes->sets) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!wholes->parts[i].figures[0].devices) { /* not the first row of its part */
			wholes->parts[i].lines[0] = wholes->parts[i].lines[1] = PROTECT_NO_LINE;
		}
	}
	protect_parts(protect->k, wholes->parts, count);
	return true;
}

/* A part that is hidden by itself is hidden with whatever it is crossed with. */
static bool hide_wholes(struct group_protect *protect, struct protected_part *parts,
	const struct group_row *rows, size_t count)
{
	struct wholes wholes = { 0 };
	bool is_judged = judge_wholes(protect, &wholes, parts, rows, count);

	for (size_t i = 0; is_judged && i < count; i++) {
		parts[i].is_hidden |= wholes.parts[parts[i].lines[1] / 2].is_hidden;
	}
	deinit_wholes(&wholes, count);
	return is_judged;
}

/* NULL: out of memory. */
static struct protected_part *judge(
	struct group_protect *protect, const struct group_row *rows, size_t count)
{
	struct protected_part *parts = calloc(count + 1, sizeof(*parts));
	struct lines columns = { protect, rows, column_of, { 0 } };
	struct lines wholes = { protect, rows, part_of, { 0 } };

	for (size_t i = 0; parts && i < count; i++) {
		const struct devices *set = set_of(protect, rows[i].place);
		uint64_t bytes = 1; /* a part without bytes is one all the same */
		for (uint32_t d = 0; set && d < set->count; d++) {
			bytes += set->items[d].bytes;
		}
		parts[i] = (struct protected_part){
			.lines = { 2 * line_of(&columns, (uint32_t)i),
				2 * line_of(&wholes, (uint32_t)i) + 1 },
			.figures = { { bytes, set, 0 } },
			.lot = protect_lot(part_of(protect, &rows[i])),
			.is_hidden = !set,
		};
	}
	hash_table_deinit(&columns.table);
	hash_table_deinit(&wholes.table);
	if (parts && !hide_wholes(protect, parts, rows, count)) {
		free(parts);
		return NULL;
	}
	if (parts) {
		protect_parts(protect->k, parts, count);
	}
	return parts;
}

static bool has_values(const void *all, uint32_t place, const void *wanted)
{
	const struct group_protect *protect = all;
	const struct group_row *row = &protect->rows[place], *other = wanted;
	bool is_same = true;

	for (unsigned i = 0; i < grouping_field_count(protect->grouping); i++) {
		is_same &= strcmp(row->values[i], other->values[i]) == 0;
	}
	return is_same;
}

/* The row shown that has these values, made where there is none; NULL where memory is out. */
static struct group_row *shown_row(struct group_protect *protect, const struct group_row *row)
{
	unsigned fields = grouping_field_count(protect->grouping);
	uint64_t hash = 0;

	for (unsigned i = 0; i < fields; i++) {
		hash = hash_text(hash, row->values[i]);
	}
	uint32_t place = hash_table_find(&protect->table, hash, has_values, protect, row);
	if (place != HASH_TABLE_NONE) {
		return &protect->rows[place];
	}
	if (!hash_table_put(&protect->table, hash, (uint32_t)protect->count)) {
		return NULL;
	}
	protect->rows[protect->count] = (struct group_row){ .records = 0 };
	memcpy(protect->rows[protect->count].values, row->values, fields * sizeof(*row->values));
	return &protect->rows[protect->count++];
}

static void add_shown(struct group_protect *protect, const struct group_row *row, bool is_hidden)
{
	struct group_row named = *row;

	for (unsigned i = 0; i < grouping_field_count(protect->grouping); i++) {
		if (is_hidden && is_part(grouping_field(protect->grouping, i))) {
			named.values[i] = others;
		}
	}
	struct group_row *shown = shown_row(protect, &named);
	if (!shown) {
		return;
	}
	shown->records += row->records;
	shown->flows += row->flows;
	shown->known |= row->known;
	for (unsigned i = 0; i < GROUP_SUMS_MAX; i++) {
		shown->sums[i] += row->sums[i];
		shown->lacking[i] += row->lacking[i];
	}
}

int group_protect_rows(struct group_protect *protect, size_t top, const struct group_row **rows,
	size_t *count, struct err *err)
{
	*count = grouping_rows(protect->grouping, protect->is_of_part ? 0 : top, rows);
	if (!protect->is_of_part) {
		return 0;
	}
	struct protected_part *parts = judge(protect, *rows, *count);
	protect->rows = calloc(*count + 1, sizeof(*protect->rows));
	for (size_t i = 0; parts && protect->rows && i < *count; i++) {
		add_shown(protect, &(*rows)[i], parts[i].is_hidden);
	}
	bool is_made = parts && protect->rows;
	free(parts);
	if (!is_made) {
		return err_set(err, ENOMEM, "out of memory");
	}
	grouping_sort(protect->grouping, protect->rows, protect->count);
	*rows = protect->rows;
	*count = top > 0 && top < protect->count ? top : protect->count;
	return 0;
}
