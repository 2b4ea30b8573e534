#include "geo/geo_parts.h"

#include <endian.h>
#include <string.h>

/* How many addresses are on their way at once: their cache misses overlap. */
enum { PROBES = 32 };

/* One address between the loops. */
struct probe {
	uint64_t high, low; /* IPv4: the address in low */
	uint32_t first, last;
	bool v4;
};

static uint64_t read_u64(const uint8_t *bytes)
{
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

/* An IPv6 address that carries an IPv4 one is judged by that (geo.h says which do). */
static void translate(struct probe *probe)
{
	uint64_t high = probe->high, low = probe->low;

	if (high == 0 && low >> 32 == 0xffff) {
		probe->v4 = true;
	} else if (high >> 48 == 0x2002) {
		probe->v4 = true;
		probe->low = high >> 16;
	} else if (high >> 32 == 0x20010000) {
		probe->v4 = true;
		probe->low = ~low; /* Teredo hides the client's address by inverting its bits */
	} else if (high == UINT64_C(0x0064ff9b00000000) && low >> 32 == 0) {
		probe->v4 = true;
	}
	probe->low = probe->v4 ? (uint32_t)probe->low : probe->low;
}

static void probe_init(struct probe *probe, const struct addr *addr)
{
	probe->high = read_u64(addr->bytes);
	probe->low = read_u64(addr->bytes + 8);
	probe->v4 = false;
	translate(probe);
}

static void find_group(const struct geo_index *index, struct probe *probe)
{
	if (probe->v4) {
		const uint32_t *group = &index->v4_group[probe->low >> 16];
		probe->first = group[0];
		probe->last = group[1];
		__builtin_prefetch(&index->v4_low[probe->first + (probe->last - probe->first) / 2]);
	} else {
		geo_index_part_v6(index, probe->high, &probe->first, &probe->last);
		__builtin_prefetch(
			&index->v6_high[probe->first + (probe->last - probe->first) / 2]);
	}
}

/* Leaves in first the border that was found. */
static void find_border(const struct geo_index *index, struct probe *probe)
{
	if (probe->v4) {
		probe->first =
			geo_index_search_v4(index, probe->first, probe->last, (uint16_t)probe->low);
		__builtin_prefetch(&index->v4_row[probe->first]);
	} else {
		probe->first = geo_index_search_v6(
			index, probe->first, probe->last, probe->high, probe->low);
		__builtin_prefetch(&index->v6_row[probe->first]);
	}
}

static void tag_probes(const struct geo_index *index, const struct addr *const *addrs,
	struct geo_place *places, size_t count)
{
	struct probe probes[PROBES];

	for (size_t i = 0; i < count; i++) {
		probe_init(&probes[i], addrs[i]);
		__builtin_prefetch(probes[i].v4 ? &index->v4_group[probes[i].low >> 16]
						: &index->v6_page[probes[i].high >> 48]);
	}
	for (size_t i = 0; i < count; i++) {
		find_group(index, &probes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		find_border(index, &probes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t border = probes[i].first;
		probes[i].last = probes[i].v4 ? index->v4_row[border] : index->v6_row[border];
		__builtin_prefetch(&index->places[probes[i].last]);
	}
	for (size_t i = 0; i < count; i++) {
		places[i] = index->places[probes[i].last];
	}
}

void geo_tag_batch(const struct geo *geo, const struct addr *const *addrs, struct geo_place *places,
	size_t count)
{
	for (size_t done = 0; done < count; done += PROBES) {
		size_t some = count - done < PROBES ? count - done : PROBES;
		tag_probes(&geo->index, addrs + done, places + done, some);
	}
}

void geo_tag(const struct geo *geo, const struct addr *addr, struct geo_place *place)
{
	geo_tag_batch(geo, &addr, place, 1);
}

struct addr geo_carried_addr(const struct addr *addr)
{
	struct probe probe;

	probe_init(&probe, addr);
	if (!probe.v4) {
		return *addr;
	}
	uint32_t v4_be = htobe32((uint32_t)probe.low);
	return addr_from_v4(&v4_be);
}
