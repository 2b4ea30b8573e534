#include "collector/reassembly.h"

#include <stdlib.h>
#include <string.h>

#include "collector/reserve.h"

/* A word takes a line, a short start a small unit; anything longer one, two, four or eight large
 * ones. */
enum { LINE_BYTES = 64, SMALL_BYTES = 256, UNIT_BYTES = 2048 };
enum { CLASS_LINE, CLASS_SMALL, CLASS_UNIT, CLASSES = CLASS_UNIT + 4, POOLS = CLASS_UNIT + 1 };

_Static_assert(UNIT_BYTES << (CLASSES - 1 - CLASS_UNIT) == REASSEMBLY_BYTES_MAX,
	"the largest class is the limit");

/* Units of one size. Unit 0 is nobody's. */
struct pool {
	unsigned char *memory;
	size_t unit_bytes;
	uint32_t count, touched;
	uint64_t used_bytes;
};

struct range {
	uint16_t start, end; /* bytes [start, end) are there */
};

/* Nearly every stream has few holes, and then is half a cache line. */
enum { RANGES_FEW = 6 };

struct stream {
	uint32_t unit; /* where its memory begins, 0: none yet; while free: the next free stream */
	uint16_t range_count;
	uint8_t size_class;
	bool has_many;                /* its ranges are in the table of those that have many */
	struct range few[RANGES_FEW]; /* ascending, with gaps between them */
};

_Static_assert(sizeof(struct stream) == 32, "two a cache line");

struct many_ranges {
	struct range ranges[REASSEMBLY_RANGES_MAX];
};

struct reassembly {
	struct pool pools[POOLS];
	struct stream *streams;
	struct many_ranges *many; /* by the stream's number; touched where it has many */
	uint32_t stream_count, streams_touched, free_stream;
	uint32_t free_unit[CLASSES]; /* first free run of each class; 0 none */
	uint64_t overlaps_changed;
};

static bool pool_init(struct pool *pool, size_t unit_bytes, uint32_t count)
{
	*pool = (struct pool){ reserve_map(count * unit_bytes), unit_bytes, count, 1, 0 };
	return pool->memory != NULL;
}

static inline unsigned pool_of(unsigned size_class)
{
	return size_class < CLASS_UNIT ? size_class : CLASS_UNIT;
}

static inline uint32_t units_of(unsigned size_class)
{
	return UINT32_C(1) << (size_class - pool_of(size_class));
}

struct reassembly *reassembly_create(uint32_t streams)
{
	struct reassembly *reassembly = calloc(1, sizeof(*reassembly));

	if (!reassembly) {
		return NULL;
	}
	reassembly->stream_count = streams + 1;
	reassembly->streams_touched = 1;
	reassembly->streams = reserve_map(reassembly->stream_count * sizeof(*reassembly->streams));
	reassembly->many = reserve_map(reassembly->stream_count * sizeof(*reassembly->many));
	if (!reassembly->streams || !reassembly->many ||
		!pool_init(&reassembly->pools[CLASS_LINE], LINE_BYTES, streams + 1) ||
		!pool_init(&reassembly->pools[CLASS_SMALL], SMALL_BYTES, streams + 1) ||
		!pool_init(&reassembly->pools[CLASS_UNIT], UNIT_BYTES,
			streams + 4 * units_of(CLASSES - 1))) {
		reassembly_destroy(reassembly);
		return NULL;
	}
	return reassembly;
}

void reassembly_destroy(struct reassembly *reassembly)
{
	if (reassembly) {
		reserve_unmap(reassembly->streams,
			reassembly->stream_count * sizeof(*reassembly->streams));
		reserve_unmap(
			reassembly->many, reassembly->stream_count * sizeof(*reassembly->many));
		for (unsigned i = 0; i < POOLS; i++) {
			struct pool *pool = &reassembly->pools[i];
			reserve_unmap(pool->memory, pool->count * pool->unit_bytes);
		}
		free(reassembly);
	}
}

static inline struct range *ranges_of(const struct reassembly *reassembly, struct stream *stream)
{
	return stream->has_many ? reassembly->many[stream - reassembly->streams].ranges
				: stream->few;
}

static inline size_t class_bytes(const struct reassembly *reassembly, unsigned size_class)
{
	return reassembly->pools[pool_of(size_class)].unit_bytes * units_of(size_class);
}

static inline uint8_t *unit_at(
	const struct reassembly *reassembly, uint32_t unit, unsigned size_class)
{
	const struct pool *pool = &reassembly->pools[pool_of(size_class)];

	return pool->memory + unit * pool->unit_bytes;
}

static inline uint8_t *memory_of(const struct reassembly *reassembly, const struct stream *stream)
{
	return unit_at(reassembly, stream->unit, stream->size_class);
}

/* Units that nobody had yet; 0 where there are none left. */
static uint32_t touch_units(struct pool *pool, uint32_t run)
{
	uint32_t unit = pool->touched;

	if (pool->count - unit < run) {
		return 0;
	}
	pool->touched += run;
	return unit;
}

static uint32_t take_units(struct reassembly *reassembly, unsigned size_class)
{
	struct pool *pool = &reassembly->pools[pool_of(size_class)];
	uint32_t unit = reassembly->free_unit[size_class];

	if (unit) {
		memcpy(&reassembly->free_unit[size_class], unit_at(reassembly, unit, size_class),
			sizeof(unit));
	} else {
		unit = touch_units(pool, units_of(size_class));
	}
	if (unit) {
		pool->used_bytes += class_bytes(reassembly, size_class);
	}
	return unit;
}

static void give_units(struct reassembly *reassembly, const struct stream *stream)
{
	unsigned size_class = stream->size_class;

	if (stream->unit) {
		memcpy(memory_of(reassembly, stream), &reassembly->free_unit[size_class],
			sizeof(stream->unit));
		reassembly->free_unit[size_class] = stream->unit;
		reassembly->pools[pool_of(size_class)].used_bytes -=
			class_bytes(reassembly, size_class);
	}
}

uint32_t reassembly_open(struct reassembly *reassembly)
{
	uint32_t number = reassembly->free_stream;

	if (!number && reassembly->streams_touched == reassembly->stream_count) {
		return 0;
	}
	if (number) {
		reassembly->free_stream = reassembly->streams[number].unit;
	} else {
		number = reassembly->streams_touched++;
	}
	struct stream *stream = reassembly->streams + number;
	stream->unit = 0;
	stream->size_class = CLASS_LINE;
	stream->range_count = 0;
	stream->has_many = false;
	return number;
}

void reassembly_close(struct reassembly *reassembly, uint32_t number)
{
	if (number) {
		struct stream *stream = reassembly->streams + number;
		give_units(reassembly, stream);
		stream->unit = reassembly->free_stream;
		reassembly->free_stream = number;
	}
}

static unsigned highest(const struct reassembly *reassembly, struct stream *stream)
{
	return stream->range_count ? ranges_of(reassembly, stream)[stream->range_count - 1].end : 0;
}

/* Moves the stream to memory that holds `bytes`, where it is larger than what it has. */
static bool make_room(struct reassembly *reassembly, struct stream *stream, size_t bytes)
{
	unsigned size_class = stream->size_class;

	if (bytes > REASSEMBLY_BYTES_MAX) {
		return false;
	}
	while (bytes > class_bytes(reassembly, size_class)) {
		size_class++;
	}
	if (size_class != stream->size_class || !stream->unit) {
		uint32_t unit = take_units(reassembly, size_class);
		if (!unit) {
			return false;
		}
		memcpy(unit_at(reassembly, unit, size_class), memory_of(reassembly, stream),
			highest(reassembly, stream));
		give_units(reassembly, stream);
		stream->unit = unit;
		stream->size_class = (uint8_t)size_class;
	}
	return true;
}

static struct range *move_to_many(struct reassembly *reassembly, struct stream *stream)
{
	if (!stream->has_many) {
		stream->has_many = true;
		memcpy(ranges_of(reassembly, stream), stream->few, sizeof(stream->few));
	}
	return ranges_of(reassembly, stream);
}

/* Puts [start, end) into the list, joining what it touches. False, and nothing changed, where the
 * list is full. */
static bool note_range(
	struct reassembly *reassembly, struct stream *stream, uint16_t start, uint16_t end)
{
	struct range *ranges = ranges_of(reassembly, stream);
	unsigned first = 0, behind;

	while (first < stream->range_count && ranges[first].end < start) {
		first++;
	}
	for (behind = first; behind < stream->range_count && ranges[behind].start <= end;
		behind++) {
		start = ranges[behind].start < start ? ranges[behind].start : start;
		end = ranges[behind].end > end ? ranges[behind].end : end;
	}
	if (first == behind && stream->range_count == REASSEMBLY_RANGES_MAX) {
		return false;
	}
	if (first == behind && stream->range_count == RANGES_FEW) {
		ranges = move_to_many(reassembly, stream);
	}
	memmove(ranges + first + 1, ranges + behind,
		(stream->range_count - behind) * sizeof(ranges[0]));
	ranges[first] = (struct range){ start, end };
	stream->range_count = (uint16_t)(stream->range_count + 1 - (behind - first));
	return true;
}

/* Copies the piece into the gaps between the ranges that are there. */
static void fill_gaps(struct reassembly *reassembly, struct stream *stream, uint8_t *memory,
	uint32_t offset, const uint8_t *bytes, uint32_t end)
{
	const struct range *ranges = ranges_of(reassembly, stream);
	uint32_t at = offset;
	bool changed = false;

	for (unsigned i = 0; i < stream->range_count && at < end; i++) {
		uint32_t start = ranges[i].start, stop = ranges[i].end;
		if (stop <= at) {
			continue;
		}
		if (start >= end) {
			break;
		}
		if (start > at) {
			memcpy(memory + at, bytes + (at - offset), start - at);
			at = start;
		}
		uint32_t until = stop < end ? stop : end;
		changed |= memcmp(memory + at, bytes + (at - offset), until - at) != 0;
		at = until;
	}
	if (at < end) {
		memcpy(memory + at, bytes + (at - offset), end - at);
	}
	reassembly->overlaps_changed += changed;
}

bool reassembly_add(struct reassembly *reassembly, uint32_t number, uint32_t offset,
	const uint8_t *bytes, size_t count)
{
	struct stream *stream = reassembly->streams + number;

	if (count == 0) {
		return true;
	}
	if (offset >= REASSEMBLY_BYTES_MAX || count > REASSEMBLY_BYTES_MAX - offset) {
		return false;
	}
	uint32_t end = offset + (uint32_t)count;
	if (!make_room(reassembly, stream, end)) {
		return false;
	}
	/* What is copied into a gap and then finds no place in the list is in no range, and so not
	 * there. */
	fill_gaps(reassembly, stream, memory_of(reassembly, stream), offset, bytes, end);
	return note_range(reassembly, stream, (uint16_t)offset, (uint16_t)end);
}

bool reassembly_fill(struct reassembly *reassembly, uint32_t number, uint32_t offset,
	const uint8_t *bytes, size_t count)
{
	uint64_t changed = reassembly->overlaps_changed;
	bool has_room = reassembly_add(reassembly, number, offset, bytes, count);

	reassembly->overlaps_changed = changed;
	return has_room;
}

bool reassembly_replace(struct reassembly *reassembly, uint32_t number, uint32_t offset,
	const uint8_t *bytes, size_t count)
{
	struct stream *stream = reassembly->streams + number;
	uint64_t changed = reassembly->overlaps_changed;

	if (!reassembly_add(reassembly, number, offset, bytes, count)) {
		return false;
	}
	memcpy(memory_of(reassembly, stream) + offset, bytes, count);
	bool was_other = reassembly->overlaps_changed != changed;
	reassembly->overlaps_changed = changed; /* here the later one wins */
	return was_other;
}

bool reassembly_prepend(struct reassembly *reassembly, uint32_t number, uint32_t count)
{
	struct stream *stream = reassembly->streams + number;
	unsigned used = highest(reassembly, stream);

	if (count > REASSEMBLY_BYTES_MAX - used || !make_room(reassembly, stream, used + count)) {
		return false;
	}
	uint8_t *memory = memory_of(reassembly, stream);
	struct range *ranges = ranges_of(reassembly, stream);
	memmove(memory + count, memory, used);
	for (unsigned i = 0; i < stream->range_count; i++) {
		ranges[i].start = (uint16_t)(ranges[i].start + count);
		ranges[i].end = (uint16_t)(ranges[i].end + count);
	}
	return true;
}

struct reader reassembly_read(const struct reassembly *reassembly, uint32_t number)
{
	struct stream *stream = reassembly->streams + number;
	const struct range *first = ranges_of(reassembly, stream);
	bool starts = stream->range_count && first->start == 0;

	return reader_over(memory_of(reassembly, stream), starts ? first->end : 0);
}

struct reader reassembly_read_with(const struct reassembly *reassembly, uint32_t number,
	uint32_t other_number, uint8_t *memory)
{
	struct reader bytes = reassembly_read(reassembly, number);
	struct stream *other = reassembly->streams + other_number;
	const struct range *ranges = ranges_of(reassembly, other);
	uint32_t end = (uint32_t)reader_left(&bytes);

	memcpy(memory, bytes.at, end);
	for (unsigned i = 0; i < other->range_count && ranges[i].start <= end; i++) {
		struct range range = ranges[i];
		memcpy(memory + range.start, memory_of(reassembly, other) + range.start,
			(size_t)(range.end - range.start));
		end = range.end > end ? range.end : end;
	}
	return reader_over(memory, end);
}

void reassembly_close_hole(struct reassembly *reassembly, uint32_t number, uint32_t offset)
{
	struct stream *stream = reassembly->streams + number;
	struct range *ranges = ranges_of(reassembly, stream);
	unsigned behind = 0, used = highest(reassembly, stream);

	while (behind < stream->range_count && ranges[behind].end <= offset) {
		behind++;
	}
	if (behind == stream->range_count || ranges[behind].start <= offset) {
		return;
	}
	uint8_t *memory = memory_of(reassembly, stream);
	memmove(memory + offset, memory + offset + 1, used - offset - 1);
	for (unsigned i = behind; i < stream->range_count; i++) {
		ranges[i].start--;
		ranges[i].end--;
	}
	if (behind > 0 && ranges[behind - 1].end == ranges[behind].start) {
		ranges[behind - 1].end = ranges[behind].end;
		memmove(ranges + behind, ranges + behind + 1,
			(stream->range_count - behind - 1U) * sizeof(ranges[0]));
		stream->range_count--;
	}
}

bool reassembly_range(const struct reassembly *reassembly, uint32_t number, unsigned index,
	uint32_t *offset, struct reader *bytes)
{
	struct stream *stream = reassembly->streams + number;

	if (index >= stream->range_count) {
		return false;
	}
	struct range range = ranges_of(reassembly, stream)[index];
	*offset = range.start;
	*bytes = reader_over(
		memory_of(reassembly, stream) + range.start, (size_t)(range.end - range.start));
	return true;
}

bool reassembly_agrees(const struct reassembly *reassembly, uint32_t number, uint32_t offset,
	const uint8_t *bytes, size_t count)
{
	struct stream *stream = reassembly->streams + number;
	const uint8_t *memory = memory_of(reassembly, stream);
	size_t end = offset + count;
	bool agrees = true;

	for (unsigned i = 0; i < stream->range_count && agrees; i++) {
		struct range range = ranges_of(reassembly, stream)[i];
		size_t from = range.start > offset ? range.start : offset;
		size_t until = range.end < end ? range.end : end;
		agrees = from >= until ||
			 memcmp(memory + from, bytes + (from - offset), until - from) == 0;
	}
	return agrees;
}

void reassembly_consume(struct reassembly *reassembly, uint32_t number, size_t count)
{
	struct stream *stream = reassembly->streams + number;
	unsigned used = highest(reassembly, stream), kept = 0;

	if (count == 0 || count > used) {
		return;
	}
	uint8_t *memory = memory_of(reassembly, stream);
	struct range *ranges = ranges_of(reassembly, stream);
	memmove(memory, memory + count, used - count);
	for (unsigned i = 0; i < stream->range_count; i++) {
		struct range range = ranges[i];
		if (range.end > count) {
			range.start = (uint16_t)(range.start > count ? range.start - count : 0);
			range.end = (uint16_t)(range.end - count);
			ranges[kept++] = range;
		}
	}
	stream->range_count = (uint16_t)kept;
}

void reassembly_fetch(const struct reassembly *reassembly, uint32_t number)
{
	if (number) {
		__builtin_prefetch(reassembly->streams + number, 1);
	}
}

void reassembly_fetch_bytes(const struct reassembly *reassembly, uint32_t number)
{
	if (number) {
		__builtin_prefetch(memory_of(reassembly, reassembly->streams + number), 1);
	}
}

bool reassembly_is_empty(const struct reassembly *reassembly, uint32_t number)
{
	return reassembly->streams[number].range_count == 0;
}

bool reassembly_is_tight(const struct reassembly *reassembly)
{
	const struct pool *pool = &reassembly->pools[CLASS_UNIT];
	uint64_t all = pool->count * (uint64_t)pool->unit_bytes;

	return pool->used_bytes > all - all / 8;
}

uint64_t reassembly_overlaps_changed(const struct reassembly *reassembly)
{
	return reassembly->overlaps_changed;
}

uint64_t reassembly_bytes(const struct reassembly *reassembly)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < POOLS; i++) {
		bytes += reassembly->pools[i].used_bytes;
	}
	return bytes;
}
