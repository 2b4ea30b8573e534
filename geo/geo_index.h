/* The compiled index: an address to everything known about it, in ten to twenty nanoseconds.
 *
 * Both families are sorted lists of borders; an address belongs to the last border that is not
 * behind it. A table over the first 16 bits leads to the few borders that share them (after DXR:
 * Zec, Rizzo, Mikuc 2012). IPv6 crowds into some sixty such groups, so that a crowded group has a
 * page of its own over the next 12 bits. Each border names a row of ready answers. The file has the
 * same form as the memory; it is made on the machine that reads it and refused when byte order,
 * sizes or checksum differ.
 *
 * Memory   one block: the file itself, mapped and shared by all processes that use it (it is only
 * ever
 *          replaced by another file, never written to), or memory where it was just built.
 * Threads  read-only after load; any number may ask.
 * Failure  geo_index_load() refuses what is damaged or was made from something else; finding cannot
 *          fail. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "geo/geo.h"

enum {
	GEO_INDEX_GROUPS = 65536,      /* of the first 16 bits */
	GEO_INDEX_PAGE = 4096,         /* parts of a crowded group: the next 12 bits */
	GEO_INDEX_PAGE_FROM = 64,      /* borders that make a group crowded */
	GEO_INDEX_RANGES_MAX = 1 << 26 /* of one family: bounds memory against a hostile file */
};

struct geo_index_header;

struct geo_index {
	struct geo_index_header *block; /* owns everything below */
	size_t mapped_bytes;            /* 0: it is memory */
	uint32_t *v4_group;             /* [GROUPS + 1]: the first border of each group */
	uint16_t *v4_low;               /* the low 16 bits of each border */
	uint32_t *v4_row;
	uint32_t *v6_group; /* [GROUPS + 1] */
	uint32_t *v6_page;  /* [GROUPS]: page number + 1, 0 for a group without */
	uint32_t *v6_part;  /* [pages * (PAGE + 1)]: the first border of each part */
	uint64_t *v6_high;  /* the first and last 64 bits of each border */
	uint64_t *v6_low;
	uint32_t *v6_row;
	struct geo_place *places;
	char *names; /* organisations, NUL-terminated; offset 0 is "" */
	uint32_t v4_count, v6_count, page_count, place_count, names_bytes;
};

/* One family while it is compiled: borders in ascending order, the first one 0. */
struct geo_ranges {
	unsigned __int128 *starts;
	uint32_t *rows;
	uint32_t count, capacity;
};

/* A border; equal neighbours become one. 0, -ENOMEM, or -E2BIG past GEO_INDEX_RANGES_MAX. */
int geo_ranges_add(struct geo_ranges *ranges, unsigned __int128 start, uint32_t row);
void geo_ranges_deinit(struct geo_ranges *ranges);

/* fingerprint stands for everything the index was made from. 0 or -errno. */
int geo_index_build(struct geo_index *index, const struct geo_ranges *v4,
	const struct geo_ranges *v6, const struct geo_place *places, uint32_t place_count,
	const char *names, uint32_t names_bytes, uint64_t fingerprint, struct err *err);
int geo_index_save(const struct geo_index *index, const char *path, struct err *err);

/* -ENOENT where there is no such file, -ESTALE where it was made from something else, -EINVAL where
 * it is damaged. */
int geo_index_load(
	struct geo_index *index, const char *path, uint64_t fingerprint, struct err *err);
void geo_index_deinit(struct geo_index *index);
size_t geo_index_bytes(const struct geo_index *index);

/* The last of first..last-1 whose low bits are not above low, or first - 1. The loop has no branch
 * to mispredict. */
static inline uint32_t geo_index_search_v4(
	const struct geo_index *index, uint32_t first, uint32_t last, uint16_t low)
{
	const uint16_t *base = index->v4_low + first;
	uint32_t count = last - first;

	while (count > 0) {
		uint32_t half = (count + 1) / 2;
		base += half & (0u - (uint32_t)(base[half - 1] <= low));
		count -= half;
	}
	return (uint32_t)(base - index->v4_low) - 1;
}

/* The borders among which an IPv6 address lies: *first..*last - 1, or the one before *first. */
static inline void geo_index_part_v6(
	const struct geo_index *index, uint64_t high, uint32_t *first, uint32_t *last)
{
	uint32_t group = (uint32_t)(high >> 48), page = index->v6_page[group];
	const uint32_t *part = &index->v6_group[group];

	if (page > 0) {
		part = &index->v6_part[(size_t)(page - 1) * (GEO_INDEX_PAGE + 1) +
				       (high >> 36 & 0xfff)];
	}
	*first = part[0];
	*last = part[1];
}

static inline uint32_t geo_index_search_v6(
	const struct geo_index *index, uint32_t first, uint32_t last, uint64_t high, uint64_t low)
{
	uint32_t base = first, count = last - first;

	while (count > 0) {
		uint32_t half = (count + 1) / 2, at = base + half - 1;
		uint64_t border = index->v6_high[at];
		/* The last 64 bits of a border matter only to addresses that share its first 64. */
		bool reached = border < high;
		if (border == high) {
			reached = index->v6_low[at] <= low;
		}
		base += half & (0u - (uint32_t)reached);
		count -= half;
	}
	return base - 1;
}
