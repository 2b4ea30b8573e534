/* What an address costs: opening the databases, then lookups one by one and in batches, against
 * libmaxminddb asked directly. Needs real databases: $BORDERFLOW_GEO, or var/geo of the source
 * tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "geo/geo.h"

enum { ADDRESSES = 1 << 20, BUSY = 1 << 14, BATCH = 256, ROUNDS = 5, OPENINGS = 20 };

static struct addr addrs[ADDRESSES];
static const struct addr *pointers[ADDRESSES];
static struct geo_place places[BATCH];

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Uniform over IPv4; over IPv6 uniform in the groups that the registries hand out (2001::/16,
 * 2400::/12, 2a00::/12 …), which is harder than traffic is. */
static void fill_addresses(bool v4)
{
	static const uint16_t groups[] = { 0x2001, 0x2400, 0x2600, 0x2606, 0x2804, 0x2a00, 0x2a02,
		0x2a03 };
	uint64_t state = 88172645463325252u;

	for (size_t i = 0; i < ADDRESSES; i++) {
		uint64_t bits = next_random(&state);
		uint8_t bytes[16];
		memcpy(bytes, &bits, 8);
		memcpy(bytes + 8, &state, 8);
		bytes[0] = v4 ? bytes[0] : (uint8_t)(groups[bits % 8] >> 8);
		bytes[1] = v4 ? bytes[1] : (uint8_t)groups[bits % 8];
		addrs[i] = v4 ? addr_from_v4(bytes) : addr_from_v6(bytes);
		pointers[i] = &addrs[i];
	}
}

/* The addresses are the first most ones, over and over: all of them, or as few as traffic keeps
 * busy. */
static uint64_t time_batches(const struct geo *geo, size_t most)
{
	uint64_t best = UINT64_MAX;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start = clock_monotonic_ns();
		for (size_t i = 0; i < ADDRESSES; i += BATCH) {
			geo_tag_batch(geo, pointers + i % most, places, BATCH);
		}
		uint64_t spent = clock_monotonic_ns() - start;
		best = spent < best ? spent : best;
	}
	return best;
}

static uint64_t time_singles(const struct geo *geo)
{
	uint64_t start = clock_monotonic_ns();

	for (size_t i = 0; i < ADDRESSES; i++) {
		geo_tag(geo, pointers[i], &places[0]);
	}
	return clock_monotonic_ns() - start;
}

static uint64_t time_databases(const struct geo *geo)
{
	uint64_t start = clock_monotonic_ns();
	struct geo_answer answer;

	for (size_t i = 0; i < ADDRESSES / 8; i++) {
		for (size_t database = 0; database < geo_database_count(geo); database++) {
			geo_database_ask(geo, database, pointers[i], &answer);
		}
	}
	return 8 * (clock_monotonic_ns() - start);
}

static uint64_t time_opening(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < OPENINGS; i++) {
		uint64_t start = clock_monotonic_ns();
		struct geo *geo;
		if (geo_open(&geo, NULL, NULL) < 0) {
			return 0;
		}
		uint64_t spent = clock_monotonic_ns() - start;
		best = spent < best ? spent : best;
		geo_close(geo);
	}
	return best;
}

int main(void)
{
	struct geo *geo;
	struct err err;

	if (geo_open(&geo, NULL, &err) < 0) {
		fprintf(stderr, "bench_geo: %s\n", err.text);
		return 1;
	}
	if (!geo_has_countries(geo)) {
		printf("geo: no databases; run tools/fetch-geo\n");
		geo_close(geo);
		return 0;
	}
	printf("geo open, index stored              %6.2f ms\n", (double)time_opening() / 1e6);
	for (unsigned v4 = 2; v4-- > 0;) {
		const char *family = v4 ? "IPv4" : "IPv6";
		fill_addresses(v4);
		printf("geo %s, batches, %7d addresses %6.1f ns\n", family, ADDRESSES,
			(double)time_batches(geo, ADDRESSES) / ADDRESSES);
		printf("geo %s, batches, %7d addresses %6.1f ns\n", family, BUSY,
			(double)time_batches(geo, BUSY) / ADDRESSES);
		printf("geo %s, one by one                 %6.1f ns\n", family,
			(double)time_singles(geo) / ADDRESSES);
		printf("geo %s, libmaxminddb, %zu databases %5.1f ns\n", family,
			geo_database_count(geo), (double)time_databases(geo) / ADDRESSES);
	}
	geo_close(geo);
	return 0;
}
