#include "geo/geo_compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "geo/intern.h"

/* The lists to be merged: one a database and, last, the overrides. */
enum { LAYERS_MAX = GEO_DATABASES_MAX + 1 };

/* One database's ranges of one family. Rows are numbers of its distinct entries, which answers
 * holds decoded, the organisation as its offset in the names. */
struct layer {
	struct geo_ranges ranges;
	struct intern entries; /* offsets in the database's data section */
	struct geo_place *answers;
	uint32_t answer_count;
};

struct compiler {
	const struct geo_inputs *inputs;
	struct layer layers[GEO_DATABASES_MAX]; /* answers serve both families */
	struct geo_ranges overrides;            /* rows are numbers of overrides + 1, 0 none */
	struct intern combinations;             /* of one row a layer */
	struct intern places;
	struct intern names;
	uint32_t *combination_places; /* the place of each combination, as far as they were met */
	uint32_t combination_count, combination_capacity;
	struct geo_ranges families[2]; /* IPv6, IPv4 */
};

static int out_of_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory while compiling the geo databases");
}

static uint32_t intern_name(struct compiler *compiler, const char *name)
{
	uint32_t number = intern_put(&compiler->names, name, strlen(name) + 1);

	return number == INTERN_FULL ? 0 : intern_offset(&compiler->names, number);
}

static int collect_range(void *context, unsigned __int128 start, uint32_t entry)
{
	struct layer *layer = context;
	uint32_t row = intern_put(&layer->entries, &entry, sizeof(entry));

	return row == INTERN_FULL ? -ENOMEM : geo_ranges_add(&layer->ranges, start, row);
}

/* Decodes the entries that are new since the last family. */
static int decode_entries(struct compiler *compiler, struct layer *layer, const struct geo_db *db)
{
	struct geo_place *answers =
		realloc(layer->answers, layer->entries.count * sizeof(*layer->answers));

	if (!answers) {
		return -ENOMEM;
	}
	layer->answers = answers;
	for (; layer->answer_count < layer->entries.count; layer->answer_count++) {
		struct geo_answer answer;
		uint32_t entry;
		memcpy(&entry, intern_get(&layer->entries, layer->answer_count), sizeof(entry));
		geo_db_read(db, entry, &answer);
		struct geo_place *place = &answers[layer->answer_count];
		*place = (struct geo_place){ .asn = answer.asn,
			.organization = intern_name(compiler, answer.organization) };
		memcpy(place->country, answer.country, sizeof(place->country));
		memcpy(place->operator_country, answer.operator_country,
			sizeof(place->operator_country));
	}
	return 0;
}

static int walk_database(struct compiler *compiler, size_t i, bool v4, struct err *err)
{
	const struct geo_db *db = compiler->inputs->databases[i];
	struct layer *layer = &compiler->layers[i];

	layer->ranges.count = 0;
	int status = geo_db_walk(db, v4, collect_range, layer, err);
	if (status == -E2BIG) {
		return err_set(err, E2BIG, "%s: more than %u ranges", geo_db_info(db)->path,
			GEO_INDEX_RANGES_MAX);
	}
	if (status == 0) {
		status = decode_entries(compiler, layer, db);
	}
	return status == -ENOMEM ? out_of_memory(err) : status;
}

static unsigned __int128 addr_number(const struct addr *addr)
{
	unsigned __int128 number = 0;

	for (unsigned i = 0; i < sizeof(addr->bytes); i++) {
		number = number << 8 | addr->bytes[i];
	}
	return number;
}

static struct addr number_addr(unsigned __int128 number, bool v4)
{
	struct addr addr = { { [10] = 0xff, [11] = 0xff } };

	for (unsigned i = 0; i < (v4 ? 4 : 16); i++) {
		addr.bytes[15 - i] = (uint8_t)(number >> 8 * i);
	}
	return addr;
}

static int compare_numbers(const void *a, const void *b)
{
	unsigned __int128 left = *(const unsigned __int128 *)a,
			  right = *(const unsigned __int128 *)b;

	return (left > right) - (left < right);
}

/* Where the answer may change: the start of each prefix of the family and the address behind its
 * end. Returns how many. */
static uint32_t list_borders(const struct overrides *overrides, bool v4, unsigned __int128 *borders)
{
	uint32_t count = 1;

	borders[0] = 0;
	for (unsigned i = 0; i < overrides_count(overrides); i++) {
		const struct prefix *prefix = &overrides_row(overrides, i)->prefix;
		if (v4 != (prefix->bits >= 96 && addr_is_v4(&prefix->addr))) {
			continue;
		}
		unsigned __int128 start = addr_number(&prefix->addr);
		start = v4 ? (uint32_t)start : start;
		unsigned host_bits = 128u - prefix->bits;
		borders[count++] = start;
		unsigned __int128 behind =
			host_bits < 128 ? start + ((unsigned __int128)1 << host_bits) : 0;
		bool at_the_end = behind == 0 || (v4 && behind > UINT32_MAX);
		if (!at_the_end) {
			borders[count++] = behind;
		}
	}
	qsort(borders, count, sizeof(*borders), compare_numbers);
	return count;
}

static int collect_overrides(struct compiler *compiler, bool v4)
{
	const struct overrides *overrides = compiler->inputs->overrides;
	unsigned __int128 *borders =
		calloc(2 * (size_t)overrides_count(overrides) + 1, sizeof(*borders));
	int status = 0;

	if (!borders) {
		return -ENOMEM;
	}
	compiler->overrides.count = 0;
	uint32_t count = list_borders(overrides, v4, borders);
	for (uint32_t i = 0; i < count && status == 0; i++) {
		if (i > 0 && borders[i] == borders[i - 1]) {
			continue;
		}
		struct addr addr = number_addr(borders[i], v4);
		const struct override *row = overrides_find(overrides, &addr);
		uint32_t number = row ? (uint32_t)(row - overrides_row(overrides, 0)) + 1 : 0;
		status = geo_ranges_add(&compiler->overrides, borders[i], number);
	}
	free(borders);
	return status;
}

/* Fills what is still unknown of place from one database's answer. A network is taken whole:
 * number, name and operator belong together. */
static void believe(struct geo_place *place, const struct geo_place *answer)
{
	if (place->country[0] == '\0') {
		memcpy(place->country, answer->country, sizeof(place->country));
	}
	if (place->asn == 0) {
		place->asn = answer->asn;
		place->organization = answer->organization;
	} else if (place->asn != answer->asn) {
		return;
	}
	if (place->organization == 0) {
		place->organization = answer->organization;
	}
	if (place->operator_country[0] == '\0') {
		memcpy(place->operator_country, answer->operator_country,
			sizeof(place->operator_country));
	}
}

static void override_place(struct geo_place *place, const struct override *override)
{
	if (override->sets_country) {
		memcpy(place->country, override->country, sizeof(place->country));
	}
	if (override->asn != 0 && override->asn != place->asn) {
		place->asn = override->asn;
		place->organization = 0;
		place->operator_country[0] = place->operator_country[1] = '\0';
	}
}

static void add_tables(const struct geo_inputs *inputs, struct geo_place *place)
{
	place->zone = (uint8_t)jurisdictions_zone(inputs->jurisdictions, place->country);
	place->owner = owners_find(inputs->owners, place->asn);
	const struct owner *owner = owners_row(inputs->owners, place->owner);
	if (owner) {
		place->role = owner->role;
		if (owner->operator_country[0]) {
			memcpy(place->operator_country, owner->operator_country,
				sizeof(place->operator_country));
		}
	}
}

/* What a combination of rows, one a layer, comes to. */
static uint32_t resolve(struct compiler *compiler, const uint32_t rows[LAYERS_MAX])
{
	const struct geo_inputs *inputs = compiler->inputs;
	struct geo_place place;

	memset(&place, 0, sizeof(place)); /* padding too: places are compared as bytes */
	for (size_t i = 0; i < inputs->database_count; i++) {
		believe(&place, &compiler->layers[i].answers[rows[i]]);
	}
	if (rows[GEO_DATABASES_MAX] != 0) {
		override_place(
			&place, overrides_row(inputs->overrides, rows[GEO_DATABASES_MAX] - 1));
	}
	add_tables(inputs, &place);
	return intern_put(&compiler->places, &place, sizeof(place));
}

/* The place of a combination, resolved the first time it is met. */
static int find_place(struct compiler *compiler, const uint32_t rows[LAYERS_MAX], uint32_t *place)
{
	uint32_t number = intern_put(&compiler->combinations, rows, LAYERS_MAX * sizeof(*rows));

	if (number == INTERN_FULL) {
		return -ENOMEM;
	}
	if (number == compiler->combination_capacity) {
		uint32_t capacity = 2 * number + 4096;
		uint32_t *places =
			realloc(compiler->combination_places, capacity * sizeof(*places));
		if (!places) {
			return -ENOMEM;
		}
		compiler->combination_places = places;
		compiler->combination_capacity = capacity;
	}
	if (number == compiler->combination_count) {
		compiler->combination_places[compiler->combination_count++] =
			resolve(compiler, rows);
	}
	*place = compiler->combination_places[number];
	return *place == INTERN_FULL ? -ENOMEM : 0;
}

static const struct geo_ranges *layer_ranges(const struct compiler *compiler, size_t layer)
{
	return layer < GEO_DATABASES_MAX ? &compiler->layers[layer].ranges : &compiler->overrides;
}

/* Where the answer of any layer changes next, and the rows from start on. False at the end of the
 * family. */
static bool next_border(const struct compiler *compiler, uint32_t at[LAYERS_MAX],
	uint32_t rows[LAYERS_MAX], unsigned __int128 *start)
{
	bool found = false;

	for (size_t i = 0; i < LAYERS_MAX; i++) {
		const struct geo_ranges *ranges = layer_ranges(compiler, i);
		if (at[i] < ranges->count && (!found || ranges->starts[at[i]] < *start)) {
			*start = ranges->starts[at[i]];
			found = true;
		}
	}
	for (size_t i = 0; found && i < LAYERS_MAX; i++) {
		const struct geo_ranges *ranges = layer_ranges(compiler, i);
		if (at[i] < ranges->count && ranges->starts[at[i]] == *start) {
			rows[i] = ranges->rows[at[i]++];
		}
	}
	return found;
}

static int merge_layers(struct compiler *compiler, struct geo_ranges *family)
{
	uint32_t at[LAYERS_MAX] = { 0 }, rows[LAYERS_MAX] = { 0 }, place;
	unsigned __int128 start = 0;

	while (next_border(compiler, at, rows, &start)) {
		int status = find_place(compiler, rows, &place);
		if (status == 0) {
			status = geo_ranges_add(family, start, place);
		}
		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int compile_family(struct compiler *compiler, bool v4, struct err *err)
{
	int status = collect_overrides(compiler, v4);

	if (status < 0) {
		return out_of_memory(err);
	}
	for (size_t i = 0; i < compiler->inputs->database_count; i++) {
		status = walk_database(compiler, i, v4, err);
		if (status < 0) {
			return status;
		}
	}
	status = merge_layers(compiler, &compiler->families[v4]);
	if (status == -E2BIG) {
		return err_set(err, E2BIG, "the geo databases together make more than %u ranges",
			GEO_INDEX_RANGES_MAX);
	}
	return status < 0 ? out_of_memory(err) : 0;
}

static void compiler_deinit(struct compiler *compiler)
{
	for (size_t i = 0; i < GEO_DATABASES_MAX; i++) {
		geo_ranges_deinit(&compiler->layers[i].ranges);
		intern_deinit(&compiler->layers[i].entries);
		free(compiler->layers[i].answers);
	}
	geo_ranges_deinit(&compiler->overrides);
	geo_ranges_deinit(&compiler->families[0]);
	geo_ranges_deinit(&compiler->families[1]);
	intern_deinit(&compiler->combinations);
	intern_deinit(&compiler->places);
	intern_deinit(&compiler->names);
	free(compiler->combination_places);
}

int geo_compile(struct geo_index *index, const struct geo_inputs *inputs, uint64_t fingerprint,
	struct err *err)
{
	struct compiler compiler = { .inputs = inputs };

	*index = (struct geo_index){ 0 };
	intern_name(&compiler, ""); /* so that offset 0 is "" */
	int status = compile_family(&compiler, false, err);
	if (status == 0) {
		status = compile_family(&compiler, true, err);
	}
	if (status == 0) {
		status = geo_index_build(index, &compiler.families[true], &compiler.families[false],
			intern_get(&compiler.places, 0), compiler.places.count,
			compiler.names.bytes, (uint32_t)compiler.names.length, fingerprint, err);
	}
	compiler_deinit(&compiler);
	return status;
}
