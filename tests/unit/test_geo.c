#include "geo/geo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tests/tap.h"
#include "tests/unit/geo_fixture.h"

/* Where a test's address is, as one text: "SE eu AS64496 Exempelnät FI". */
static const char *place_text(const struct geo *geo, const char *address)
{
	static char text[256];
	struct addr addr = fixture_addr(address);
	struct geo_place place;

	geo_tag(geo, &addr, &place);
	snprintf(text, sizeof(text), "%s %s AS%u %s %s", place.country[0] ? place.country : "-",
		geo_zone_name((enum geo_zone)place.zone), place.asn,
		geo_organization(geo, place.organization),
		place.operator_country[0] ? place.operator_country : "-");
	return text;
}

static struct geo *open_fixture(void)
{
	struct geo *geo;
	struct err err;

	if (geo_open(&geo, fixture_folder(), &err) < 0) {
		printf("# %s\n", err.text);
		return NULL;
	}
	return geo;
}

static void put_pair(struct mmdb_writer *writer, const char *key, const char *value)
{
	mmdb_put_text(writer, key);
	mmdb_put_text(writer, value);
}

static void put_iso_code(struct mmdb_writer *writer, const char *key, const char *code)
{
	mmdb_put_text(writer, key);
	mmdb_put_map(writer, 1);
	put_pair(writer, "iso_code", code);
}

static void write_maxmind(void)
{
	struct mmdb_writer *writer = fixture_writer("GeoLite2-Country", 6);

	mmdb_put_map(writer, 2);
	put_iso_code(writer, "country", "SE");
	put_iso_code(writer, "registered_country", "US");
	fixture_add(writer, "192.0.2.0/24");
	mmdb_put_map(writer, 1);
	put_iso_code(writer, "registered_country", "NO");
	fixture_add(writer, "198.51.100.0/24");
	mmdb_put_map(writer, 1);
	put_iso_code(writer, "country", "CN");
	fixture_add(writer, "2001:db8::/32");
	fixture_write(writer, "a.mmdb");

	writer = fixture_writer("GeoLite2-ASN", 6);
	mmdb_put_map(writer, 2);
	mmdb_put_text(writer, "autonomous_system_number");
	mmdb_put_u32(writer, 64496);
	put_pair(writer, "autonomous_system_organization", "Exempelnät AB");
	fixture_add(writer, "192.0.2.0/24");
	fixture_write(writer, "b.mmdb");
}

static void test_maxmind(void)
{
	write_maxmind();
	struct geo *geo = open_fixture();
	ok(geo && geo_has_countries(geo), "MaxMind's layout opens");
	is_text(place_text(geo, "192.0.2.7"), "SE eu AS64496 Exempelnät AB -",
		"country and network");
	is_text(place_text(geo, "198.51.100.1"), "NO eea AS0  -",
		"registered country where there is no other");
	is_text(place_text(geo, "2001:db8:1::1"), "CN third AS0  -", "IPv6");
	is_text(place_text(geo, "203.0.113.1"), "- unknown AS0  -", "outside of what is known");
	geo_close(geo);
	fixture_remove();
}

static void test_ipinfo(void)
{
	struct mmdb_writer *writer = fixture_writer("ipinfo generic_country_asn_free.mmdb", 6);

	mmdb_put_map(writer, 4);
	put_pair(writer, "country", "Sweden");
	put_pair(writer, "country_code", "SE");
	put_pair(writer, "asn", "AS64500");
	put_pair(writer, "as_name", "Provnät");
	fixture_add(writer, "192.0.2.0/24");
	mmdb_put_map(writer, 3);
	put_pair(writer, "country", "DK");
	put_pair(writer, "country_name", "Denmark");
	put_pair(writer, "asn", "64501x");
	fixture_add(writer, "198.51.100.0/24");
	fixture_write(writer, "ipinfo.mmdb");

	struct geo *geo = open_fixture();
	ok(geo && geo_has_countries(geo), "IPinfo's layout opens");
	is_text(place_text(geo, "192.0.2.7"), "SE eu AS64500 Provnät -",
		"code, not name; asn as text");
	is_text(place_text(geo, "198.51.100.7"), "DK eu AS0  -",
		"country as code; no number, no network");
	geo_close(geo);
	fixture_remove();
}

static void test_v4_only(void)
{
	struct mmdb_writer *writer = fixture_writer("country ipv4", 4);

	mmdb_put_map(writer, 1);
	put_pair(writer, "country_code", "FI");
	fixture_add(writer, "192.0.2.0/24");
	fixture_write(writer, "v4.mmdb");

	struct geo *geo = open_fixture();
	ok(geo && geo_has_countries(geo), "an IPv4-only database opens");
	is_text(place_text(geo, "192.0.2.255"), "FI eu AS0  -", "the prefix's last address");
	is_text(place_text(geo, "192.0.3.0"), "- unknown AS0  -", "the one behind it");
	is_text(place_text(geo, "2001:db8::1"), "- unknown AS0  -", "IPv6 is not known");
	geo_close(geo);
	fixture_remove();
}

static void write_registry(const char *file, const char *prefix, const char *country)
{
	struct mmdb_writer *writer = fixture_writer("country ipvAll", 6);

	mmdb_put_map(writer, 1);
	put_pair(writer, "country_code", country);
	fixture_add(writer, prefix);
	fixture_write(writer, file);
}

static void test_precedence(void)
{
	struct geo_answer answer;
	struct addr addr = fixture_addr("192.0.2.7");

	write_maxmind();
	write_registry("0.mmdb", "192.0.0.0/16", "GB");
	struct geo *geo = open_fixture();
	is_int((int64_t)geo_database_count(geo), 3, "three databases");
	is_text(geo_database_file(geo, 2), "0.mmdb", "who reads registries comes last");
	is_text(place_text(geo, "192.0.2.7"), "SE eu AS64496 Exempelnät AB -",
		"located before registered");
	is_text(place_text(geo, "192.0.9.9"), "GB adequate AS0  -", "… which fills the gaps");
	ok(geo_database_ask(geo, 2, &addr, &answer) && strcmp(answer.country, "GB") == 0,
		"each database can be asked for itself");
	geo_close(geo);
	fixture_remove();
}

static void test_overrides(void)
{
	const char *file;
	struct addr addr = fixture_addr("192.0.2.130");

	write_maxmind();
	fixture_text("overrides.tsv", "prefix\tcountry\tasn\tnote\n"
				      "192.0.2.128/25\tunknown\t\tserved from many places\n"
				      "192.0.2.129\tDK\tAS64499\t\n"
				      "149.154.160.0/20\tNL\t\town knowledge\n"
				      "2001:db8:ffff::/48\t\tAS64497\t\n");
	struct geo *geo = open_fixture();
	is_text(place_text(geo, "192.0.2.127"), "SE eu AS64496 Exempelnät AB -",
		"before the override");
	is_text(place_text(geo, "192.0.2.128"), "- unknown AS64496 Exempelnät AB -",
		"country unknown");
	is_text(place_text(geo, "192.0.2.129"), "DK eu AS64499  -", "the longest prefix decides");
	is_text(place_text(geo, "2001:db8:ffff::1"), "CN third AS64497  -", "only the network");
	is_text(place_text(geo, "149.154.160.1"), "NL eu AS0  -",
		"own overrides win over the program's, which are more specific");
	is_text(geo_override_note(geo, &addr, &file), "served from many places", "its note");
	geo_close(geo);
	fixture_remove();
}

static void test_carried_addresses(void)
{
	write_maxmind();
	struct geo *geo = open_fixture();
	is_text(place_text(geo, "::ffff:192.0.2.7"), "SE eu AS64496 Exempelnät AB -", "mapped");
	is_text(place_text(geo, "2002:c000:207::1"), "SE eu AS64496 Exempelnät AB -", "6to4");
	is_text(place_text(geo, "64:ff9b::192.0.2.7"), "SE eu AS64496 Exempelnät AB -", "NAT64");
	is_text(place_text(geo, "2001:0:4136:e378:8000:63bf:3fff:fdf8"),
		"SE eu AS64496 Exempelnät AB -", "Teredo's client");
	geo_close(geo);
	fixture_remove();
}

static void test_owner(void)
{
	struct mmdb_writer *writer = fixture_writer("GeoLite2-ASN", 6);

	mmdb_put_map(writer, 2);
	mmdb_put_text(writer, "autonomous_system_number");
	mmdb_put_u32(writer, 396986);
	put_pair(writer, "operator_country", "SG");
	fixture_add(writer, "192.0.2.0/24");
	fixture_write(writer, "asn.mmdb");

	struct geo *geo = open_fixture();
	struct addr addr = fixture_addr("192.0.2.7");
	struct geo_place place;
	geo_tag(geo, &addr, &place);
	const struct geo_owner *owner = geo_owner(geo, place.owner);
	ok(owner && strcmp(owner->group, "ByteDance") == 0, "a listed network has its owner");
	ok(owner && strcmp(owner->parent_country, "CN") == 0, "… under whose control");
	is_text(place.operator_country, "US", "the table wins over the database on the operator");
	is_int(place.role, GEO_ROLE_OWN, "… and knows the role");
	ok(geo_owner(geo, 0) == NULL && geo_owner(geo, UINT16_MAX) == NULL, "no owner, no row");
	geo_close(geo);
	fixture_remove();
}

static void test_stored_index(void)
{
	write_registry("a.mmdb", "192.0.2.0/24", "SE");
	geo_close(open_fixture());
	ok(access(fixture_path("compiled.geoindex"), R_OK) == 0, "the index is stored");
	write_registry("a.mmdb", "192.0.2.0/24", "NO");
	struct geo *geo = open_fixture();
	is_text(place_text(geo, "192.0.2.1"), "NO eea AS0  -",
		"a database that changed is noticed");
	geo_close(geo);
	geo = open_fixture();
	is_text(place_text(geo, "192.0.2.1"), "NO eea AS0  -", "the stored index says the same");
	geo_close(geo);
	fixture_text("compiled.geoindex", "damaged");
	geo = open_fixture();
	is_text(place_text(geo, "192.0.2.1"), "NO eea AS0  -", "a damaged index is made again");
	geo_close(geo);
	fixture_remove();
}

static void test_bad_files(void)
{
	struct geo *geo;
	struct err err;

	ok(geo_open(&geo, "/nonexistent/geo", &err) == -ENOENT &&
			strstr(err.text, "/nonexistent/geo"),
		"a folder that is not there is named");
	geo = open_fixture();
	ok(geo && !geo_has_countries(geo), "an empty folder is no failure");
	geo_close(geo);
	fixture_text("x.mmdb", "this is not a database");
	ok(geo_open(&geo, fixture_folder(), &err) < 0 && strstr(err.text, "x.mmdb"),
		"a file that is no MMDB is named: %s", err.text);
	unlink(fixture_path("x.mmdb"));
	fixture_text("overrides.tsv", "prefix\tcountry\tasn\tnote\n192.0.2.0/33\tSE\t\t\n");
	ok(geo_open(&geo, fixture_folder(), &err) < 0 && strstr(err.text, "overrides.tsv:2"),
		"a bad override is named with its line: %s", err.text);
	fixture_text("overrides.tsv", "prefix\tcountry\tasn\tnote\n192.0.2.0/24\tSverige\t\t\n");
	ok(geo_open(&geo, fixture_folder(), &err) < 0 && strstr(err.text, "Sverige"),
		"a country that is none is shown: %s", err.text);
	fixture_remove();
}

/* A tree whose first node leads back to itself would be walked for ever. */
static void test_cycle(void)
{
	struct geo *geo;
	struct err err;
	char *content;
	size_t length;

	write_registry("a.mmdb", "192.0.2.0/24", "SE");
	ok(file_read(fixture_path("a.mmdb"), &content, &length, NULL) == 0, "a database");
	memset(content, 0, 6); /* both 24-bit records of node 0 */
	file_write(fixture_path("a.mmdb"), content, length, NULL);
	free(content);
	ok(geo_open(&geo, fixture_folder(), &err) == -EINVAL && strstr(err.text, "damaged"),
		"a tree with a cycle is refused: %s", err.text);
	fixture_remove();
}

static void test_describe(void)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	write_registry("a.mmdb", "192.0.2.0/24", "SE");
	fixture_text("a.mmdb.about", "licence\tfree for tests\x1b[31m\nsource\tinvented\n");
	struct geo *geo = open_fixture();
	geo_describe(geo, UINT64_C(1772323200) * NS_PER_S + 200 * 86400 * NS_PER_S, out);
	fclose(out);
	ok(strstr(text, "built 2026-03-01, 200 days old"), "build date and age");
	ok(strstr(text, "warning"), "old data warns");
	ok(strstr(text, "licence: free for tests") && !strchr(text, '\x1b'),
		"the licence beside it, escaped");
	free(text);
	geo_close(geo);
	fixture_remove();
}

int main(void)
{
	test_maxmind();
	test_ipinfo();
	test_v4_only();
	test_precedence();
	test_overrides();
	test_carried_addresses();
	test_owner();
	test_stored_index();
	test_bad_files();
	test_cycle();
	test_describe();
	return done_testing();
}
