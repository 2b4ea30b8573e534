#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/columns.h"

/* Pieces below this many bytes go with their neighbours: each has a head of its own. */
enum { CUT_BYTES = 4096 };

void columns_writer_init(struct columns_writer *writer)
{
	*writer = (struct columns_writer){ .column_count = 0 };
	cbor_writer_init(&writer->directory);
	cbor_writer_init(&writer->data);
}

void columns_writer_deinit(struct columns_writer *writer)
{
	cbor_writer_deinit(&writer->directory);
	cbor_writer_deinit(&writer->data);
	free(writer->steps);
}

void columns_writer_clear(struct columns_writer *writer)
{
	cbor_writer_clear(&writer->directory);
	cbor_writer_clear(&writer->data);
	writer->column_count = 0;
	writer->cuts.count = 0;
}

/* Cuts behind what was written, where it is worth it. */
static void cut(struct columns_writer *writer)
{
	struct columns_cuts *cuts = &writer->cuts;
	uint32_t end = (uint32_t)writer->data.length;
	uint32_t before = cuts->count ? cuts->ends[cuts->count - 1] : 0;

	if (end - before >= CUT_BYTES && cuts->count < COLUMNS_CUTS_MAX) {
		cuts->ends[cuts->count++] = end;
	}
}

struct range {
	uint64_t least, most;
};

static struct range range_of(const uint64_t *numbers, size_t rows)
{
	struct range range = { UINT64_MAX, 0 };

	for (size_t i = 0; i < rows; i++) {
		range.least = numbers[i] < range.least ? numbers[i] : range.least;
		range.most = numbers[i] > range.most ? numbers[i] : range.most;
	}
	return range;
}

static unsigned planes_of(const struct range *range)
{
	uint64_t most = range->most - range->least;

	return most ? (unsigned)(71 - __builtin_clzll(most)) / 8 : 0;
}

static uint64_t *reserve_steps(struct columns_writer *writer, size_t rows)
{
	if (rows > writer->steps_capacity) {
		uint64_t *grown = realloc(writer->steps, rows * sizeof(*grown));
		writer->data.failed |= !grown;
		if (!grown) {
			return NULL;
		}
		writer->steps = grown;
		writer->steps_capacity = rows;
	}
	return writer->steps;
}

static void put_planes(struct columns_writer *writer, const uint64_t *numbers, size_t rows,
	uint64_t least, unsigned planes)
{
	struct cbor_writer *data = &writer->data;

	for (unsigned plane = 0; plane < planes && cbor_writer_reserve(data, rows); plane++) {
		uint8_t *at = data->bytes + data->length;
		for (size_t i = 0; i < rows; i++) {
			at[i] = (uint8_t)((numbers[i] - least) >> 8 * plane);
		}
		data->length += rows;
		cut(writer);
	}
}

/* What is put instead of the numbers, where it is shorter. */
struct steps {
	enum column_form form;
	const uint64_t *before; /* BESIDE: the column before */
	unsigned planes_more;   /* is taken also where it has so many planes more than it should */
};

/* Steps, and their range; false as soon as they are seen to have as many planes as that. */
static bool find_steps(const struct steps *kind, const uint64_t *numbers, size_t rows,
	unsigned planes, uint64_t *steps, struct range *range)
{
	enum { LOOKED_AT = 64 };
	size_t at = 0;

	*range = (struct range){ UINT64_MAX, 0 };
	while (at < rows && (at == 0 || planes_of(range) < planes)) {
		size_t end = rows - at < LOOKED_AT ? rows : at + LOOKED_AT;
		for (; at < end; at++) {
			uint64_t from = kind->form == COLUMN_BESIDE ? kind->before[at]
					: at > 0                    ? numbers[at - 1]
								    : 0;
			steps[at] = column_step(from, numbers[at]);
			range->least = steps[at] < range->least ? steps[at] : range->least;
			range->most = steps[at] > range->most ? steps[at] : range->most;
		}
	}
	return planes_of(range) < planes;
}

/* Steps are taken where they have fewer planes than the numbers and so many. */
static void put_column(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	const struct steps *kind, size_t rows, const struct cbor_writer *entries,
	uint32_t entry_count)
{
	struct cbor_writer *directory = &writer->directory;
	struct range range = range_of(numbers, rows), of_steps;
	enum column_form form = COLUMN_PLAIN;
	uint64_t *steps = reserve_steps(writer, rows);

	if (steps && find_steps(kind, numbers, rows, planes_of(&range) + kind->planes_more, steps,
			     &of_steps)) {
		numbers = steps;
		range = of_steps;
		form = kind->form;
	}
	unsigned planes = planes_of(&range);
	cbor_writer_array(directory, entries ? 6 : planes > 0 || form != COLUMN_PLAIN ? 4 : 2);
	cbor_writer_number(directory, key);
	cbor_writer_number(directory, range.least);
	if (entries || planes > 0 || form != COLUMN_PLAIN) {
		cbor_writer_number(directory, planes);
		cbor_writer_number(directory, form);
	}
	if (entries) {
		cbor_writer_number(directory, entry_count);
		cbor_writer_number(directory, entries->length);
		cbor_writer_append(&writer->data, entries->bytes, entries->length);
		writer->data.failed |= entries->failed;
		cut(writer);
	}
	put_planes(writer, numbers, rows, range.least, planes);
	writer->column_count++;
}

void columns_put_entries(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count)
{
	const struct steps steps = { .form = COLUMN_STEPS };

	put_column(writer, key, numbers, &steps, rows, entries, entry_count);
}

void columns_put_rising(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count)
{
	const struct steps steps = { .form = COLUMN_STEPS, .planes_more = 1 };

	put_column(writer, key, numbers, &steps, rows, entries, entry_count);
}

void columns_put(struct columns_writer *writer, uint32_t key, const uint64_t *numbers, size_t rows)
{
	columns_put_entries(writer, key, numbers, rows, NULL, 0);
}

void columns_put_beside(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	const uint64_t *beside, size_t rows)
{
	const struct steps steps = { .form = COLUMN_BESIDE, .before = beside };

	put_column(writer, key, numbers, &steps, rows, NULL, 0);
}

void columns_content(
	const struct columns_writer *writer, struct cbor_writer *content, struct columns_cuts *cuts)
{
	cbor_writer_array(content, writer->column_count);
	cbor_writer_append(content, writer->directory.bytes, writer->directory.length);
	uint32_t head = (uint32_t)content->length;
	cbor_writer_append(content, writer->data.bytes, writer->data.length);
	content->failed |= writer->directory.failed || writer->data.failed;
	for (uint32_t i = 0; i < writer->cuts.count && cuts->count < COLUMNS_CUTS_MAX - 1; i++) {
		cuts->ends[cuts->count++] = head + writer->cuts.ends[i];
	}
	cuts->ends[cuts->count++] = (uint32_t)content->length;
}
