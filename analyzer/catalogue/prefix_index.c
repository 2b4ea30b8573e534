#include "analyzer/catalogue/prefix_index.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* From this address to the next range's the longest prefix is this one. */
struct range {
	uint64_t high, low; /* of the first address, as numbers */
	int32_t prefix;
};

/* The bytes that all IPv4 addresses, mapped into IPv6, begin with, as numbers. */
#define V4_HIGH UINT64_C(0)
#define V4_LOW  UINT64_C(0x0000ffff00000000)

enum { OCTETS = 256 };

struct prefix_index {
	struct range *ranges;
	int32_t *parents;
	size_t range_count;
	/* By the first byte of an IPv4 address: the range that holds the first such address. One
	 * more for where they end. */
	uint32_t octets[OCTETS + 1];
};

struct sorted {
	struct prefix prefix;
	int32_t place;
};

/* By first address, the shorter prefix in front, equal ones by place: parents come before what they
 * hold. */
static int compare_sorted(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;
	int order =
		memcmp(a->prefix.addr.bytes, b->prefix.addr.bytes, sizeof(a->prefix.addr.bytes));

	if (order != 0) {
		return order;
	}
	if (a->prefix.bits != b->prefix.bits) {
		return a->prefix.bits < b->prefix.bits ? -1 : 1;
	}
	return a->place < b->place ? -1 : 1;
}

/* The first address behind the prefix; false where the prefix ends the address space. */
static bool address_behind(const struct prefix *prefix, struct addr *behind)
{
	*behind = prefix->addr;
	for (unsigned bit = prefix->bits; bit-- > 0;) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		behind->bytes[bit / 8] ^= mask;
		if (behind->bytes[bit / 8] & mask) {
			return true;
		}
	}
	return false;
}

static uint64_t addr_half(const struct addr *addr, unsigned from)
{
	uint64_t half;

	memcpy(&half, addr->bytes + from, sizeof(half));
	return be64toh(half);
}

static void start_range(struct prefix_index *index, const struct addr *first, int32_t prefix)
{
	struct range *last = &index->ranges[index->range_count - 1];
	struct range range = { addr_half(first, 0), addr_half(first, 8), prefix };

	/* A longer prefix that starts or ends where a shorter one does takes its range over. */
	if (last->high == range.high && last->low == range.low) {
		last->prefix = prefix;
		return;
	}
	index->ranges[index->range_count++] = range;
}

/* Walks the prefixes in order with a stack of those that are still open; closing one opens its
 * parent again. */
static void build_ranges(struct prefix_index *index, const struct sorted *sorted, size_t count)
{
	int32_t stack[129];
	const struct prefix *open[129];
	size_t depth = 0;

	index->ranges[0] = (struct range){ 0, 0, PREFIX_NONE };
	index->range_count = 1;
	for (size_t i = 0; i <= count; i++) {
		struct addr behind;
		while (depth > 0 &&
			(i == count || !prefix_contains(open[depth - 1], &sorted[i].prefix.addr))) {
			depth--;
			if (address_behind(open[depth], &behind)) {
				start_range(index, &behind, depth ? stack[depth - 1] : PREFIX_NONE);
			}
		}
		if (i == count) {
			break;
		}
		index->parents[sorted[i].place] = depth ? stack[depth - 1] : PREFIX_NONE;
		if (depth > 0 && open[depth - 1]->bits == sorted[i].prefix.bits) {
			depth--;
		}
		stack[depth] = sorted[i].place;
		open[depth++] = &sorted[i].prefix;
		start_range(index, &sorted[i].prefix.addr, sorted[i].place);
	}
}

/* The last range that begins at or before the address, which is one of first..last. Without
 * branches, since nothing could predict them: a third of the time with hundreds of ranges. */
static uint32_t find_range(const struct prefix_index *index, uint32_t first, uint32_t last,
	uint64_t high, uint64_t low)
{
	const struct range *range = &index->ranges[first];

	for (uint32_t left = last - first + 1; left > 1; left -= left / 2) {
		const struct range *middle = range + left / 2;
		bool is_before =
			(middle->high < high) | ((middle->high == high) & (middle->low <= low));
		range = is_before ? middle : range;
	}
	return (uint32_t)(range - index->ranges);
}

static void build_octets(struct prefix_index *index)
{
	for (uint32_t octet = 0; octet <= OCTETS; octet++) {
		index->octets[octet] = find_range(index, 0, (uint32_t)index->range_count - 1,
			V4_HIGH, V4_LOW + ((uint64_t)octet << 24));
	}
}

struct prefix_index *prefix_index_create(const struct prefix *prefixes, size_t count)
{
	struct prefix_index *index = calloc(1, sizeof(*index));
	struct sorted *sorted = calloc(count + 1, sizeof(*sorted));

	if (index) {
		index->ranges = calloc(2 * count + 2, sizeof(*index->ranges));
		index->parents = calloc(count + 1, sizeof(*index->parents));
	}
	if (!sorted || !index || !index->ranges || !index->parents) {
		free(sorted);
		prefix_index_destroy(index);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		sorted[i] = (struct sorted){ prefixes[i], (int32_t)i };
	}
	qsort(sorted, count, sizeof(*sorted), compare_sorted);
	build_ranges(index, sorted, count);
	build_octets(index);
	free(sorted);
	return index;
}

void prefix_index_destroy(struct prefix_index *index)
{
	if (index) {
		free(index->ranges);
		free(index->parents);
		free(index);
	}
}

int32_t prefix_index_find(const struct prefix_index *index, const struct addr *addr)
{
	uint64_t high = addr_half(addr, 0), low = addr_half(addr, 8);
	uint32_t first = 0, last = (uint32_t)index->range_count - 1;

	if (addr_is_v4(addr)) {
		first = index->octets[addr->bytes[12]];
		last = index->octets[addr->bytes[12] + 1];
	}
	return index->ranges[find_range(index, first, last, high, low)].prefix;
}

int32_t prefix_index_parent(const struct prefix_index *index, int32_t prefix)
{
	return index->parents[prefix];
}
