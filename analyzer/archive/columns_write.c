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

static void put_column(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	const uint64_t *steps, unsigned steps_planes_more, enum column_form form, size_t rows,
	const struct cbor_writer *entries, uint32_t entry_count)
{
	struct cbor_writer *directory = &writer->directory;
	struct range range = range_of(numbers, rows);
	struct range of_steps = steps ? range_of(steps, rows) : range;

	if (steps && planes_of(&of_steps) < planes_of(&range) + steps_planes_more) {
		numbers = steps;
		range = of_steps;
	} else {
		form = COLUMN_PLAIN;
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

/* Steps are taken where they have fewer planes than the numbers and so many. */
static void put_steps(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	unsigned steps_planes_more, size_t rows, const struct cbor_writer *entries,
	uint32_t entry_count)
{
	uint64_t *steps = reserve_steps(writer, rows);

	for (size_t i = 0; steps && i < rows; i++) {
		steps[i] = column_step(i ? numbers[i - 1] : 0, numbers[i]);
	}
	put_column(writer, key, numbers, steps, steps_planes_more, COLUMN_STEPS, rows, entries,
		entry_count);
}

void columns_put_entries(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count)
{
	put_steps(writer, key, numbers, 0, rows, entries, entry_count);
}

void columns_put_rising(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	size_t rows, const struct cbor_writer *entries, uint32_t entry_count)
{
	put_steps(writer, key, numbers, 1, rows, entries, entry_count);
}

void columns_put(struct columns_writer *writer, uint32_t key, const uint64_t *numbers, size_t rows)
{
	columns_put_entries(writer, key, numbers, rows, NULL, 0);
}

void columns_put_beside(struct columns_writer *writer, uint32_t key, const uint64_t *numbers,
	const uint64_t *beside, size_t rows)
{
	uint64_t *steps = reserve_steps(writer, rows);

	for (size_t i = 0; steps && i < rows; i++) {
		steps[i] = column_step(beside[i], numbers[i]);
	}
	put_column(writer, key, numbers, steps, 0, COLUMN_BESIDE, rows, NULL, 0);
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
