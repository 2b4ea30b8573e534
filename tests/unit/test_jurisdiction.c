#include "geo/jurisdiction.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "geo/owners.h"
#include "tests/tap.h"
#include "tests/unit/geo_fixture.h"

#include <limits.h>

static void test_zones(const struct jurisdictions *table)
{
	static const struct {
		const char *code;
		enum geo_zone zone;
		const char *why;
	} cases[] = {
		{ "SE", GEO_ZONE_EU, "a member state" },
		{ "NO", GEO_ZONE_EEA, "Norway is in the EEA, not in the EU" },
		{ "IS", GEO_ZONE_EEA, "Iceland" },
		{ "LI", GEO_ZONE_EEA, "Liechtenstein" },
		{ "AX", GEO_ZONE_EU, "Åland is in the EU" },
		{ "RE", GEO_ZONE_EU, "an outermost region is in the EU" },
		{ "FO", GEO_ZONE_ADEQUATE, "the Faroe Islands are not Denmark" },
		{ "GL", GEO_ZONE_THIRD, "nor is Greenland, which has no decision" },
		{ "CH", GEO_ZONE_ADEQUATE, "Switzerland is not in the EEA" },
		{ "GB", GEO_ZONE_ADEQUATE, "the United Kingdom" },
		{ "GI", GEO_ZONE_THIRD, "its decision does not cover Gibraltar" },
		{ "US", GEO_ZONE_ADEQUATE_PARTIAL, "certified organisations only" },
		{ "CA", GEO_ZONE_ADEQUATE_PARTIAL, "commercial organisations only" },
		{ "CN", GEO_ZONE_THIRD, "China" },
		{ "RU", GEO_ZONE_THIRD, "Russia" },
		{ "AP", GEO_ZONE_UNKNOWN, "a region of old databases" },
		{ "QQ", GEO_ZONE_UNKNOWN, "a code that is not listed" },
		{ "", GEO_ZONE_UNKNOWN, "no code" },
		{ "S", GEO_ZONE_UNKNOWN, "half a code" },
		{ "se", GEO_ZONE_UNKNOWN, "codes are capital letters" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_text(geo_zone_name(jurisdictions_zone(table, cases[i].code)),
			geo_zone_name(cases[i].zone), "%s: %s", cases[i].code, cases[i].why);
	}
}

static void test_counts(const struct jurisdictions *table)
{
	unsigned zones[GEO_ZONE_COUNT] = { 0 };
	char code[3] = "";

	for (code[0] = 'A'; code[0] <= 'Z'; code[0]++) {
		for (code[1] = 'A'; code[1] <= 'Z'; code[1]++) {
			const struct geo_country *country = jurisdictions_find(table, code);
			bool is_member = country && country->zone == GEO_ZONE_EU &&
					 strcmp(code, "EU") != 0 &&
					 !strstr("AX GF GP MF MQ RE YT", code);
			zones[GEO_ZONE_EU] += is_member;
			zones[GEO_ZONE_EEA] += country && country->zone == GEO_ZONE_EEA;
			if (country && country->zone == GEO_ZONE_ADEQUATE &&
				!country->adequacy[0]) {
				ok(false, "%s is adequate by a decision", code);
			}
		}
	}
	is_int(zones[GEO_ZONE_EU], 27, "twenty-seven member states");
	is_int(zones[GEO_ZONE_EEA], 4, "three states of the EEA, and Svalbard and Jan Mayen");
}

static void test_names(const struct jurisdictions *table)
{
	const struct geo_country *sweden = jurisdictions_find(table, "SE");
	const struct geo_country *states = jurisdictions_find(table, "US");

	is_text(sweden->names[GEO_EN], "Sweden", "in English");
	is_text(sweden->names[GEO_SV], "Sverige", "in Swedish");
	is_text(sweden->names[GEO_FI], "Ruotsi", "in Finnish");
	ok(strstr(states->adequacy, "2023/1795") != NULL, "the decision is named");
	ok(jurisdictions_find(NULL, "SE") == NULL, "without a table nothing is known");
}

static void test_zone_words(void)
{
	enum geo_zone zone;

	for (unsigned i = 0; i < GEO_ZONE_COUNT; i++) {
		ok(geo_zone_parse(geo_zone_name((enum geo_zone)i), &zone) && zone == i,
			"%s is read as it is written", geo_zone_name((enum geo_zone)i));
	}
	ok(!geo_zone_parse("EU", &zone), "zones are lower case");
	ok(!geo_zone_is_outside(GEO_ZONE_EEA) && !geo_zone_is_outside(GEO_ZONE_INTERNAL) &&
			!geo_zone_is_outside(GEO_ZONE_UNKNOWN),
		"EEA, own and unknown are not outside");
	ok(geo_zone_is_outside(GEO_ZONE_ADEQUATE) && geo_zone_is_outside(GEO_ZONE_THIRD),
		"adequate and third are");
}

static void test_refusals(void)
{
	static const char header[] =
		"code\tzone\tname_en\tname_sv\tname_nb\tname_nn\tname_da\tname_fi\t"
		"adequacy\tadequacy_scope\tpolicy_group\n";
	struct jurisdictions *table;
	struct err err;
	char content[1024];

	snprintf(content, sizeof(content), "%sSE\tinside\tSweden\t\t\t\t\t\t\t\t\n", header);
	fixture_text("j.tsv", content);
	ok(jurisdictions_open(&table, fixture_path("j.tsv"), &err) == -EINVAL &&
			strstr(err.text, "j.tsv:2") && strstr(err.text, "inside"),
		"a zone that is none: %s", err.text);
	snprintf(content, sizeof(content),
		"%sSE\teu\tA\t\t\t\t\t\t\t\t\nSE\teu\tB\t\t\t\t\t\t\t\t\n", header);
	fixture_text("j.tsv", content);
	ok(jurisdictions_open(&table, fixture_path("j.tsv"), &err) == -EINVAL &&
			strstr(err.text, "j.tsv:3"),
		"a code listed twice: %s", err.text);
	fixture_remove();
}

static void test_owners(void)
{
	static const char header[] = "asn\trole\toperator_country\towner\tparent_country\tapps\n";
	char path[PATH_MAX], content[512];
	struct owners *owners;
	struct err err;

	ok(file_find_data("geo/share/asn-owners.tsv", path, &err) == 0 &&
			owners_open(&owners, path, &err) == 0,
		"the table of owners is read");
	const struct owner *meta = owners_row(owners, owners_find(owners, 32934));
	ok(meta && strcmp(meta->known.group, "Meta") == 0, "AS32934 is Meta's");
	ok(meta && strchr(meta->known.apps, ','), "… and proves no single app");
	is_int(owners_find(owners, 64496), 0, "a network that is not listed");
	owners_close(owners);

	snprintf(content, sizeof(content), "%sAS64496\towner\tSE\tExempel AB\tSE\t\n", header);
	fixture_text("o.tsv", content);
	ok(owners_open(&owners, fixture_path("o.tsv"), &err) == -EINVAL &&
			strstr(err.text, "o.tsv:2"),
		"a role that is none: %s", err.text);
	snprintf(content, sizeof(content), "%sAS0\town\tSE\tExempel AB\tSE\t\n", header);
	fixture_text("o.tsv", content);
	ok(owners_open(&owners, fixture_path("o.tsv"), &err) == -EINVAL && strstr(err.text, "AS0"),
		"AS0 is nobody's: %s", err.text);
	fixture_remove();
}

int main(void)
{
	struct jurisdictions *table;
	char path[PATH_MAX];
	struct err err;

	ok(file_find_data("geo/share/jurisdictions.tsv", path, &err) == 0 &&
			jurisdictions_open(&table, path, &err) == 0,
		"the table of countries is read");
	test_zones(table);
	test_counts(table);
	test_names(table);
	jurisdictions_close(table);
	test_zone_words();
	test_refusals();
	test_owners();
	return done_testing();
}
