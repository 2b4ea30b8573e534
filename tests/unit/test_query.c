#include "analyzer/format/query.h"

#include <limits.h>
#include <string.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/clock.h"
#include "base/file.h"
#include "geo/jurisdiction.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

static struct record record;
static struct record_labels labels;

/* 1: matches, 0: does not, -1: is no filter. */
static int match(const char *filter)
{
	struct field_view view = { &record, &labels, true, NULL };
	struct query *query;
	struct err err;
	int matched = -1;

	if (query_parse(&query, filter, NULL, &err) == 0) {
		matched = query_match(query, &view);
		query_free(query);
	} else {
		printf("# %s\n", err.text);
	}
	return matched;
}

static void test_tests(void)
{
	static const struct {
		const char *filter;
		int wanted;
	} cases[] = {
		{ "network.application == tiktok", 1 },
		{ "app == \"TikTok\"", 1 },
		{ "app = 'telegram'", 0 },
		{ "app != telegram", 1 },
		{ "app in (telegram, tiktok)", 1 },
		{ "app in (telegram, whatsapp)", 0 },
		{ "zone == eu and control == third", 1 },
		{ "zone == third or parent == cn", 1 },
		{ "domain ~ TIKTOKCDN", 1 },
		{ "domain !~ tiktokcdn", 0 },
		{ "name ~ v16", 1 },
		{ "evidence == tls-sni", 1 },
		{ "evidence == dns", 0 },
		{ "evidence != dns", 1 },
		{ "bytes == 21000", 1 },
		{ "bytes > 20kB and bytes < 0.1MB", 1 },
		{ "bytes >= 21kB and bytes <= 21000B", 1 },
		{ "source.bytes > 1k", 0 },
		{ "source.bytes >= 1k", 1 },
		{ "duration == 1m", 1 },
		{ "duration < 59.5s", 0 },
		{ "ip == 198.51.100.20", 1 },
		{ "ip in 198.51.100.0/24", 1 },
		{ "source.ip in 198.51.100.0/24", 0 },
		{ "ip in (10.0.0.0/8, 192.0.2.0/24)", 1 },
		{ "ip in 2001:db8::/32", 0 },
		{ "port == 443", 1 },
		{ "source.port == 443", 0 },
		{ "port in (80, 443)", 1 },
		{ "start >= 2026-03-31 and start < 2026-03-31T10:00:01Z", 1 },
		{ "end > 2026-03-31T10:01:00.5Z", 0 },
		{ "flow == 0123456789abcdef", 1 },
		{ "network.iana_number == 6", 1 },
		{ "vlan", 0 },
		{ "not vlan", 1 },
		{ "vlan == 7", 0 },
		{ "vlan != 7", 1 },
		{ "vlan < 7 or vlan >= 7", 0 },
		{ "inferred", 0 },
		{ "inferred == false", 1 },
		{ "last", 1 },
		{ "not not last", 1 },
		{ "! last", 0 },
		{ "rule", 0 },
		{ "app", 1 },
		{ "state == closed && protocol == tls", 1 },
		{ "app == x or app == tiktok and zone == third", 0 },
		{ "(app == x or app == tiktok) and zone == eu", 1 },
		{ "not app == x and not (zone == third or vlan)", 1 },
		{ "organization ~ \"example cdn\"", 1 },
		{ "country >= SA and country < SF", 1 },
	};

	record_plain(&record, &labels);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(match(cases[i].filter), cases[i].wanted, "%s", cases[i].filter);
	}
	memcpy(labels.device, "abcdefghijklmnopqrstuvwx", sizeof(labels.device));
	is_int(match("source.ip == 192.0.2.10"), 0,
		"an address behind a pseudonym cannot be asked for");
	is_int(match("device == abcdefghijklmnopqrstuvwx"), 1, "… the pseudonym can");
}

static void test_mistakes(void)
{
	static const struct {
		const char *filter;
		unsigned column;
		const char *says;
	} cases[] = {
		{ "", 1, "expected a field, found the end" },
		{ "app == tiktok and", 18, "expected a field, found the end" },
		{ "aap == tiktok", 1, "there is no field \"aap\"" },
		{ "app tiktok", 5,
			"expected an operator (== != < <= > >= ~ !~ in), found \"tiktok\"" },
		{ "app ==", 7, "expected a value, found the end" },
		{ "app == tiktok zone == eu", 15,
			"expected \"and\", \"or\" or the end, found \"zone\"" },
		{ "(app == tiktok", 15, "expected \"and\", \"or\" or \")\", found the end" },
		{ "app == tiktok)", 14, "expected \"and\", \"or\" or the end, found \")\"" },
		{ "zone == europe", 9, "borderflow.zone is one of unknown, internal, eu" },
		{ "port == https", 9, "expected a number" },
		{ "bytes > 1s", 9, "expected a number" },
		{ "bytes > 99999999999999999999", 9, "expected a number" },
		{ "duration > 1MB", 12, "expected a duration" },
		{ "ip in 10.0.0.0/33", 7, "expected an address or prefix" },
		{ "ip < 10.0.0.1", 4, "expected one of == != in" },
		{ "port ~ 4", 6, "~ is for texts" },
		{ "start > yesterday", 9, "expected a time" },
		{ "app == \"tiktok", 8, "the quote is not closed" },
		{ "app in (tiktok, )", 17, "expected a value" },
		{ "app in (tiktok", 15, "expected \",\" or \")\"" },
		{ "app == a;b", 9, "\";\" has no meaning here" },
		{ "inferred == maybe", 13, "expected true or false" },
	};
	struct query *query;
	struct err err;

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned column = 0;
		bool refused = query_parse(&query, cases[i].filter, &column, &err) < 0;
		ok(refused && strstr(err.text, cases[i].says), "%s", cases[i].filter);
		printf("# %s\n", refused ? err.text : "was taken");
		is_int(column, cases[i].column, "… at its column");
	}
}

static void test_limits(void)
{
	char filter[6000] = "";
	struct query *query;
	struct err err;

	memset(filter, '(', 200);
	ok(query_parse(&query, filter, NULL, &err) < 0 && strstr(err.text, "too deeply"),
		"too many parentheses");
	memset(filter, '!', 200);
	ok(query_parse(&query, filter, NULL, &err) < 0 && strstr(err.text, "too deeply"),
		"too many nots");
	memset(filter, 'x', 5000);
	ok(query_parse(&query, filter, NULL, &err) < 0 && strstr(err.text, "longer"), "too long");
	strcpy(filter, "vlan");
	for (unsigned i = 0; i < 400; i++) {
		strcat(filter, " or vlan");
	}
	ok(query_parse(&query, filter, NULL, &err) < 0 && strstr(err.text, "too many parts"),
		"too many tests");
}

/* Apps by the names that people use. */
static void test_app_names(void)
{
	static const struct {
		const char *filter;
		bool names, matches;
	} cases[] = { { "app == TikTok", true, true }, { "app in (ChatGPT, TikTok)", true, true },
		{ "app != ChatGPT", true, true }, { "app == unknown", true, false },
		{ "app ~ tik", false, true }, { "port == 443", false, true } };
	struct field_view view = { &record, &labels, true, NULL };
	struct catalogue *catalogue;
	struct query *query;
	struct err err;

	if (!ok(catalogue_open(&catalogue, NULL, 0, &err) == 0, "the catalogue opens")) {
		return;
	}
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		query_parse(&query, cases[i].filter, NULL, &err);
		is_int(query_names_apps(query), cases[i].names, "%s", cases[i].filter);
		is_int(query_name_apps(query, catalogue, &err), 0, "is understood");
		is_int(query_match(query, &view), cases[i].matches, "and %s",
			cases[i].matches ? "matches" : "does not match");
		query_free(query);
	}
	query_parse(&query, "app == tictoc", NULL, &err);
	ok(query_name_apps(query, catalogue, &err) < 0, "no app of that name");
	ok(strstr(err.text, "there is no app \"tictoc\"; did you mean tiktok"),
		"which one was meant: %s", err.text);
	query_free(query);
	catalogue_close(catalogue);
}

static void test_country_names(void)
{
	static const struct {
		const char *filter, *said; /* NULL: it is understood */
		bool names;
	} cases[] = { { "parent == China", NULL, true }, { "parent == cn", NULL, true },
		{ "parent in (Sverige, Kiina)", NULL, true }, { "parent == unknown", NULL, true },
		{ "port == 443", NULL, false },
		{ "country == Chima", "there is no country \"Chima\" (did you mean \"China\"?)",
			true },
		{ "country != X", "no country is called that", true },
		{ "country == XX", "there is no country \"XX\"; expected a code", true } };
	struct field_view view = { &record, &labels, true, NULL };
	struct jurisdictions *table;
	char path[PATH_MAX];
	struct query *query;
	struct err err;

	if (!ok(file_find_data("geo/share/jurisdictions.tsv", path, &err) == 0 &&
			    jurisdictions_open(&table, path, &err) == 0,
		    "the countries open")) {
		return;
	}
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		query_parse(&query, cases[i].filter, NULL, &err);
		is_int(query_names_countries(query), cases[i].names, "%s", cases[i].filter);
		bool is_known = query_name_countries(query, table, &err) == 0;
		ok(is_known ? !cases[i].said
			    : cases[i].said && strstr(err.text, cases[i].said) == err.text,
			"is understood, or said: %s", is_known ? "" : err.text);
		query_free(query);
	}
	query_parse(&query, "parent == Kina", NULL, &err);
	query_name_countries(query, table, &err);
	ok(query_match(query, &view), "what is named in Swedish matches the code");
	query_free(query);
	static const char *const nowhere[] = { "operator == ZZ", "operator == 'Unknown Region'",
		"parent == ZZ", "parent == unknown", "country == unknown",
		"owner_country == Unknown", "country in (SE, unknown)" };
	struct record unknown = record, known = record;
	struct field_view unknown_view = { &unknown, &labels, true, NULL };
	struct field_view known_view = { &known, &labels, true, NULL };
	unknown.place.operator_country[0] = unknown.verdict.parent_country[0] = '\0';
	unknown.verdict.owner_country[0] = unknown.place.country[0] = '\0';
	memcpy(known.place.operator_country, "CN", 3);
	memcpy(known.place.country, "CN", 3);
	memcpy(known.verdict.owner_country, "CN", 3);
	for (unsigned i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		query_parse(&query, nowhere[i], NULL, &err);
		query_name_countries(query, table, &err);
		ok(query_match(query, &unknown_view) && !query_match(query, &known_view),
			"the code of no country is what is unknown: %s", nowhere[i]);
		query_free(query);
	}
	struct record inside = unknown;
	struct field_view inside_view = { &inside, &labels, true, NULL };
	inside.place.zone = inside.verdict.control = GEO_ZONE_INTERNAL;
	query_parse(&query,
		"country == internal and operator == internal and owner_country == internal and "
		"parent == internal and not parent == unknown",
		NULL, &err);
	is_int(query_name_countries(query, table, &err), 0, "internal is a word for countries");
	ok(query_match(query, &inside_view) && !query_match(query, &unknown_view),
		"what stays inside is internal, whoever is asked for, and not unknown");
	query_free(query);
	jurisdictions_close(table);
}

int main(void)
{
	test_tests();
	test_app_names();
	test_country_names();
	test_mistakes();
	test_limits();
	return done_testing();
}
