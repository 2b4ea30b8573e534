/* The compiled index must say what libmaxminddb says, address by address: on invented databases
 * always, and on the real ones, when they are there, on a million random addresses of each family
 * and on both sides of every border. */
#include "geo/geo_index.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "geo/geo_db.h"
#include "tests/tap.h"
#include "tests/unit/geo_fixture.h"

/* Whether all answers agree the plain build shows; what a sanitizer sees it sees in fewer. */
#ifdef __SANITIZE_ADDRESS__
enum { RANDOM_ADDRESSES = 50000 };
#else
enum { RANDOM_ADDRESSES = 1000000 };
#endif
enum { BATCH = 100, PREFIXES = 4000 };

/* A run of comparisons. */
struct check {
	const struct geo *geo;
	struct addr addrs[BATCH];
	unsigned waiting;
	uint64_t compared, overridden, wrong;
	uint32_t last_entry;
	bool v4;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* What the databases say, asked one after the other; the rules of geo.h in their plainest form. */
static void ask_databases(const struct geo *geo, const struct addr *addr, struct geo_answer *merged)
{
	*merged = (struct geo_answer){ 0 };
	for (size_t i = 0; i < geo_database_count(geo); i++) {
		struct geo_answer answer;
		geo_database_ask(geo, i, addr, &answer);
		if (!merged->country[0]) {
			memcpy(merged->country, answer.country, sizeof(answer.country));
		}
		if (!merged->asn && answer.asn) {
			merged->asn = answer.asn;
			memcpy(merged->organization, answer.organization,
				sizeof(answer.organization));
			memcpy(merged->operator_country, answer.operator_country,
				sizeof(answer.operator_country));
		}
	}
}

static bool is_same(
	const struct geo *geo, const struct geo_place *place, const struct geo_answer *answer)
{
	const struct geo_country *country = geo_country(geo, answer->country);
	bool operator_agrees =
		place->owner != 0 || strcmp(place->operator_country, answer->operator_country) == 0;

	return strcmp(place->country, answer->country) == 0 && place->asn == answer->asn &&
	       place->zone == (country ? country->zone : GEO_ZONE_UNKNOWN) && operator_agrees &&
	       strcmp(geo_organization(geo, place->organization), answer->organization) == 0;
}

static void compare_batch(struct check *check)
{
	const struct addr *pointers[BATCH];
	struct geo_place places[BATCH];
	struct geo_answer answer;
	const char *file;
	char text[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < check->waiting; i++) {
		pointers[i] = &check->addrs[i];
	}
	geo_tag_batch(check->geo, pointers, places, check->waiting);
	for (unsigned i = 0; i < check->waiting; i++) {
		if (geo_override_note(check->geo, pointers[i], &file)) {
			check->overridden++;
			continue;
		}
		ask_databases(check->geo, pointers[i], &answer);
		check->compared++;
		if (!is_same(check->geo, &places[i], &answer) && check->wrong++ < 10) {
			addr_format(pointers[i], text);
			printf("# %s: index %s AS%u, libmaxminddb %s AS%u\n", text,
				places[i].country, places[i].asn, answer.country, answer.asn);
		}
	}
	check->waiting = 0;
}

/* libmaxminddb takes ::a.b.c.d for the IPv4 address of those bits; we do not (RFC 4291, 2.5.5.1
 * ended that use). */
static bool is_v4_compatible(const struct addr *addr)
{
	static const uint8_t zeros[12];

	return memcmp(addr->bytes, zeros, sizeof(zeros)) == 0;
}

static void compare(struct check *check, const struct addr *addr)
{
	if (is_v4_compatible(addr)) {
		return;
	}
	check->addrs[check->waiting++] = *addr;
	if (check->waiting == BATCH) {
		compare_batch(check);
	}
}

static void compare_number(struct check *check, unsigned __int128 number)
{
	uint8_t bytes[16];

	for (unsigned i = 0; i < 16; i++) {
		bytes[15 - i] = (uint8_t)(number >> 8 * i);
	}
	struct addr addr = check->v4 ? addr_from_v4(bytes + 12) : addr_from_v6(bytes);
	compare(check, &addr);
}

/* The tree may be split finer than its answers differ; only where they do is there a border. */
static int compare_border(void *context, unsigned __int128 start, uint32_t entry)
{
	struct check *check = context;

	if (entry != check->last_entry) {
		compare_number(check, start);
		compare_number(check, start - 1);
		check->last_entry = entry;
	}
	return 0;
}

/* Half of the random IPv6 addresses share their first bits with ones that are known, where the
 * borders are. */
static void compare_random(struct check *check, unsigned count)
{
	static const uint16_t groups[] = { 0x2001, 0x2400, 0x2404, 0x2600, 0x2606, 0x2620, 0x2803,
		0x2a00, 0x2a02, 0x2a03, 0x2a10 };
	uint64_t state = 0x9e3779b97f4a7c15;

	for (unsigned i = 0; i < count; i++) {
		unsigned __int128 number = (unsigned __int128)next_random(&state) << 64;
		number |= next_random(&state);
		if (!check->v4 && i % 2) {
			unsigned group =
				groups[next_random(&state) % (sizeof(groups) / sizeof(groups[0]))];
			number = number << 16 >> 16 | (unsigned __int128)group << 112;
		}
		compare_number(check, number);
	}
}

static void compare_all(
	const struct geo *geo, char *const *paths, unsigned random, const char *what)
{
	for (unsigned v4 = 0; v4 < 2; v4++) {
		struct check check = { .geo = geo, .v4 = v4 };
		struct geo_db *db;
		compare_random(&check, random);
		for (size_t i = 0; i < geo_database_count(geo); i++) {
			if (geo_db_open(&db, paths[i], NULL) == 0) {
				geo_db_walk(db, v4, compare_border, &check, NULL);
				geo_db_close(db);
			}
		}
		compare_batch(&check);
		is_int((int64_t)check.wrong, 0,
			"%s, IPv%d: %" PRIu64 " addresses agree, %" PRIu64 " are overridden", what,
			v4 ? 4 : 6, check.compared, check.overridden);
	}
}

/* A prefix anywhere, half of them in the crowded group 2001::/16. */
static void random_prefix(uint64_t *state, char *text, bool v4)
{
	uint8_t bytes[16];
	struct prefix prefix;

	for (unsigned i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)next_random(state);
	}
	if (next_random(state) % 2) {
		bytes[0] = 0x20;
		bytes[1] = 0x01;
	}
	prefix.addr = v4 ? addr_from_v4(bytes) : addr_from_v6(bytes);
	addr_format(&prefix.addr, text);
	unsigned most = v4 ? 32 : 128;
	snprintf(text + strlen(text), 8, "/%u", 1 + (unsigned)(next_random(state) % most));
}

static void put_country(struct mmdb_writer *writer, uint64_t random)
{
	static const char *const countries[] = { "SE", "NO", "CN", "US", "FO" };

	mmdb_put_map(writer, 1);
	mmdb_put_text(writer, "country_code");
	mmdb_put_text(writer, countries[random % 5]);
}

static void put_network(struct mmdb_writer *writer, uint64_t random)
{
	mmdb_put_map(writer, 2);
	mmdb_put_text(writer, "autonomous_system_number");
	mmdb_put_u32(writer, 64496 + random % 16);
	mmdb_put_text(writer, "autonomous_system_organization");
	mmdb_put_text(writer, random % 16 < 8 ? "Exempelnät" : "Provnät");
}

static void write_random(const char *file, const char *type, uint64_t state,
	void (*put)(struct mmdb_writer *, uint64_t))
{
	struct mmdb_writer *writer = fixture_writer(type, 6);
	char text[ADDR_TEXT_MAX + 8];

	for (unsigned i = 0; i < PREFIXES; i++) {
		random_prefix(&state, text, i % 2);
		put(writer, next_random(&state));
		fixture_add(writer, text);
	}
	put(writer, 1);
	fixture_add(writer, "255.255.255.255/32");
	put(writer, 2);
	fixture_add(writer, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
	fixture_write(writer, file);
}

static void test_invented(void)
{
	char *paths[2] = { (char *)fixture_path("countries.mmdb"),
		(char *)fixture_path("networks.mmdb") };
	struct geo *geo;
	struct err err;

	write_random("countries.mmdb", "GeoLite2-Country", 1, put_country);
	write_random("networks.mmdb", "GeoLite2-ASN", 2, put_network);
	ok(geo_open(&geo, fixture_folder(), &err) == 0, "compiled");
	compare_all(geo, paths, 50000, "invented databases, compiled");
	geo_close(geo);
	ok(geo_open(&geo, fixture_folder(), &err) == 0, "read again");
	compare_all(geo, paths, 50000, "invented databases, stored index");
	geo_close(geo);
}

/* Every kind of damage is refused: a byte changed anywhere, and a file cut short. */
static void test_damage(void)
{
	struct geo_index index;
	uint64_t fingerprint, state = 3;
	unsigned refused = 0, rounds = 300;
	char *content;
	size_t length;

	ok(file_read(fixture_path("compiled.geoindex"), &content, &length, NULL) == 0,
		"a stored index");
	memcpy(&fingerprint, content + 16, sizeof(fingerprint));
	is_int(geo_index_load(&index, fixture_path("compiled.geoindex"), fingerprint, NULL), 0,
		"is taken");
	geo_index_deinit(&index);
	is_int(geo_index_load(&index, fixture_path("compiled.geoindex"), fingerprint + 1, NULL),
		-ESTALE, "made from something else");
	for (unsigned i = 0; i < rounds; i++) {
		size_t at = i < 64 ? i : next_random(&state) % length;
		content[at] ^= (char)(1 << i % 8);
		file_write(fixture_path("damaged"), content, length, NULL);
		refused += geo_index_load(&index, fixture_path("damaged"), fingerprint, NULL) < 0;
		geo_index_deinit(&index);
		content[at] ^= (char)(1 << i % 8);
	}
	is_int(refused, rounds, "one changed bit is refused, wherever it is");
	file_write(fixture_path("damaged"), content, length - 64, NULL);
	ok(geo_index_load(&index, fixture_path("damaged"), fingerprint, NULL) < 0, "cut short");
	free(content);
}

static void test_real(void)
{
	struct geo *geo;
	struct err err;
	static char files[2][PATH_MAX];
	char path[PATH_MAX], *paths[2] = { files[0], files[1] };
	const char *named = getenv("BORDERFLOW_GEO");

	if (named && named[0]) {
		snprintf(path, sizeof(path), "%s", named);
	} else if (file_find_data("var/geo", path, NULL) < 0) {
		skip("no real databases; tools/fetch-geo brings them");
		return;
	}
	if (!ok(geo_open(&geo, path, &err) == 0, "the real databases open")) {
		printf("# %s\n", err.text);
		return;
	}
	if (geo_database_count(geo) != 2) {
		skip("other databases than those of tools/fetch-geo");
	} else {
		for (size_t i = 0; i < 2; i++) {
			snprintf(files[i], PATH_MAX, "%.3000s/%.200s", path,
				geo_database_file(geo, i));
		}
		compare_all(geo, paths, RANDOM_ADDRESSES, "real databases");
	}
	geo_close(geo);
}

int main(void)
{
	test_invented();
	test_damage();
	fixture_remove();
	test_real();
	return done_testing();
}
