#include "geo/geo_build.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "geo/geo_db.h"
#include "tests/tap.h"
#include "tests/unit/geo_fixture.h"

static void write_countries(void)
{
	static const struct {
		const char *prefix, *country;
	} rows[] = {
		{ "192.0.2.0/25", "SE" },
		{ "192.0.2.128/26", "NO" },
		{ "198.51.100.0/25", "SE" },
		{ "198.51.100.128/25", "NO" },
		{ "2001:db8::/33", "DK" },
		{ "2001:db8:8000::/34", "FI" },
	};
	struct mmdb_writer *writer = fixture_writer("country ipvAll", 6);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mmdb_put_map(writer, 1);
		mmdb_put_text(writer, "country_code");
		mmdb_put_text(writer, rows[i].country);
		fixture_add(writer, rows[i].prefix);
	}
	fixture_write(writer, "countries.mmdb");
}

static int build(const char *table, struct geo_build_result *result, struct err *err)
{
	const char *const tables[] = { table };
	const struct geo_build_options options = {
		.tables = tables,
		.table_count = 1,
		.countries = fixture_path("countries.mmdb"),
		.output = fixture_path("networks.mmdb"),
		.built_ns = UINT64_C(1772323200) * NS_PER_S,
	};

	return geo_build(&options, result, err);
}

/* What the built database says: "64496 Exempel, \"Nät\" AB SE". */
static const char *answer_text(const struct geo_db *db, const char *address)
{
	static char text[256];
	struct addr addr = fixture_addr(address);
	struct geo_answer answer;

	if (!geo_db_ask(db, &addr, &answer)) {
		return "nothing";
	}
	snprintf(text, sizeof(text), "%u %s %s", answer.asn, answer.organization,
		answer.operator_country[0] ? answer.operator_country : "-");
	return text;
}

static void test_table(void)
{
	struct geo_build_result result;
	struct geo_db *db;
	struct err err;

	fixture_text("t.csv", "network,autonomous_system_number,autonomous_system_organization\n"
			      "192.0.2.0,192.0.2.200,64496,\"Exempel, \"\"Nät\"\" AB\"\r\n"
			      "198.51.100.0/24,AS64497,Halva var\n"
			      "\n"
			      "203.0.113.1,203.0.113.6,64498,Ingenstans\n"
			      "2001:db8::/33,64499,Sexan");
	ok(build(fixture_path("t.csv"), &result, &err) == 0, "a table is built");
	is_int(result.rows, 4, "four rows");
	is_int(result.networks, 4, "four networks");
	is_int(result.networks_with_country, 2, "two of them with a country");
	ok(geo_db_open(&db, fixture_path("networks.mmdb"), &err) == 0, "libmaxminddb reads it");
	ok(geo_db_info(db)->built_ns == UINT64_C(1772323200) * NS_PER_S, "its date is the table's");
	ok(geo_db_info(db)->kinds == GEO_DB_NETWORKS, "it knows networks");
	is_text(answer_text(db, "192.0.2.0"), "64496 Exempel, \"Nät\" AB SE",
		"most addresses decide, quotes are read");
	is_text(answer_text(db, "192.0.2.200"), "64496 Exempel, \"Nät\" AB SE", "the last address");
	is_text(answer_text(db, "192.0.2.201"), "nothing", "the one behind it");
	is_text(answer_text(db, "198.51.100.9"), "64497 Halva var -", "a half is no majority");
	is_text(answer_text(db, "203.0.113.1"), "64498 Ingenstans -",
		"nothing known of its country");
	is_text(answer_text(db, "203.0.113.0"), "nothing", "an odd range begins where it begins");
	is_text(answer_text(db, "203.0.113.6"), "64498 Ingenstans -", "… and ends where it ends");
	is_text(answer_text(db, "203.0.113.7"), "nothing", "… not later");
	is_text(answer_text(db, "2001:db8:7fff::1"), "64499 Sexan DK",
		"IPv6 decides where there is no IPv4");
	geo_db_close(db);
}

static void test_refusals(void)
{
	struct geo_build_result result;
	struct err err;

	fixture_text("bad.csv", "192.0.2.0,192.0.2.255,64496,A\n192.0.2.9,192.0.2.1,64496,B\n");
	ok(build(fixture_path("bad.csv"), &result, &err) == -EINVAL &&
			strstr(err.text, "bad.csv:2"),
		"a range that runs backwards: %s", err.text);
	fixture_text("bad.csv", "192.0.2.0,192.0.2.255,64496,A\n192.0.2.0,2001:db8::1,64496,B\n");
	ok(build(fixture_path("bad.csv"), &result, &err) == -EINVAL, "a range over both families");
	fixture_text("bad.csv", "a,b,c\n192.0.2.0,192.0.2.255,AS,A\n");
	ok(build(fixture_path("bad.csv"), &result, &err) == -EINVAL, "no AS number");
	fixture_text("bad.csv", "just a header\n");
	ok(build(fixture_path("bad.csv"), &result, &err) == -EINVAL && strstr(err.text, "no rows"),
		"a table without rows: %s", err.text);
	ok(build(fixture_path("missing.csv"), &result, &err) == -ENOENT,
		"a table that is not there");
}

/* Values beyond 2 KiB and 512 KiB of texts need longer pointers. */
static void test_many_texts(void)
{
	enum { ROWS = 20000 };
	struct mmdb_writer *writer = fixture_writer("GeoLite2-ASN", 6);
	struct geo_db *db;
	struct err err;
	char text[64];
	unsigned wrong = 0;

	for (uint32_t i = 0; i < ROWS; i++) {
		snprintf(text, sizeof(text), "organisation number %u of a long table", i);
		mmdb_put_map(writer, 2);
		mmdb_put_text(writer, "autonomous_system_number");
		mmdb_put_u32(writer, i + 1);
		mmdb_put_text(writer, "autonomous_system_organization");
		mmdb_put_text(writer, text);
		unsigned __int128 start = 0x0a000000u + i * 7u;
		mmdb_add_range(writer, start, start + 6, mmdb_end_value(writer));
	}
	fixture_write(writer, "many.mmdb");
	ok(geo_db_open(&db, fixture_path("many.mmdb"), &err) == 0,
		"a database of many texts opens");
	for (uint32_t i = 0; i < ROWS * 7; i++) {
		struct geo_answer answer;
		uint32_t address_be = htobe32(0x0a000000u + i);
		struct addr addr = addr_from_v4(&address_be);
		snprintf(text, sizeof(text), "organisation number %u of a long table", i / 7);
		wrong += !geo_db_ask(db, &addr, &answer) || answer.asn != i / 7 + 1 ||
			 strcmp(answer.organization, text) != 0;
	}
	is_int(wrong, 0, "every address has its text");
	geo_db_close(db);
}

int main(void)
{
	write_countries();
	test_table();
	test_refusals();
	test_many_texts();
	fixture_remove();
	return done_testing();
}
