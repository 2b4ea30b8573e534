/* Proxies that nobody has declared: told where they are, and never of what merely looks like one.
 */
#include "analyzer/vantage/proxy_signs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyzer/catalogue/catalogue.h"
#include "base/file.h"
#include "geo/geo_build.h"
#include "tests/tap.h"

static struct catalogue *catalogue;
static struct reference reference;

/* Owners without anything in common; the first four serve from their own addresses alone. */
static const struct {
	const char *app, *name;
} strangers[] = {
	{ "google", "www.google.com" },
	{ "facebook", "www.facebook.com" },
	{ "netflix", "www.netflix.com" },
	{ "telegram", "web.telegram.org" },
	{ "spotify", "open.spotify.com" },
	{ "tiktok", "www.tiktok.com" },
	{ "snapchat", "www.snapchat.com" },
	{ "zoom", "zoom.us" },
	{ "temu", "www.temu.com" },
	{ "deepseek", "www.deepseek.com" },
};
enum { STRANGERS = sizeof(strangers) / sizeof(strangers[0]), HOUSES = 4, ROUNDS = 4 };

/* What a device said to a server under a name, and got an answer. */
static struct record visit(unsigned stranger, const char *server, unsigned device)
{
	struct record record = { 0 };
	char source[32];

	snprintf(source, sizeof(source), "10.1.1.%u", 10 + device);
	addr_parse(source, &record.flow.source);
	addr_parse(server, &record.flow.destination);
	record.flow.destination_port = 443;
	record.device.identity = record.flow.source;
	record.direction = strncmp(server, "10.", 3) == 0 ? RECORD_DIRECTION_INTERNAL
							  : RECORD_DIRECTION_OUTBOUND;
	record.verdict.app = catalogue_find(catalogue, strangers[stranger].app);
	record.verdict.evidence = 1 << EVIDENCE_TLS_SNI;
	record.l7.protocol = L7_TLS;
	record.l7.exchange = L7_EXCHANGE_MORE;
	l7_info_add_name(&record.l7, NAME_TLS_SNI, strangers[stranger].name,
		strlen(strangers[stranger].name));
	return record;
}

struct
try {
	const char *title;
	const char *server; /* "": each at an address of its own */
	const char *issuer, *organisation;
	unsigned first, devices;
	uint8_t exchange;
	enum proxy_sign wanted;
};

static enum proxy_sign play(const struct try *try)
{
	struct proxy_signs *signs = proxy_signs_create();
	const struct proxy_found *found = NULL;
	enum proxy_sign last = PROXY_SIGN_NONE;
	char server[32];

	for (unsigned i = 0; i < ROUNDS * STRANGERS; i++) {
		unsigned stranger = try->first + i % (STRANGERS - try->first);
		snprintf(server, sizeof(server), "192.%u.2.80", stranger);
		struct record record =
			visit(stranger, try->server[0] ? try->server : server, i % try->devices);
		record.l7.exchange = try->exchange;
		record.l7.issuers[0] = l7_issuer_hash(try->issuer, strlen(try->issuer));
		record.l7.issuers[1] = l7_issuer_hash(try->organisation, strlen(try->organisation));
		l7_info_set_issuer(&record.l7, try->issuer, strlen(try->issuer));
		last = proxy_signs_take(signs, &reference, &record, &found);
	}
	if (last == PROXY_SIGN_ISSUER) {
		is_text(found->title, try->issuer, "the issuer is named");
	}
	if (last != PROXY_SIGN_NONE) {
		ok(found->owners >= 4 && found->names[2][0] != '\0', "with names");
	}
	proxy_signs_destroy(signs);
	return last;
}

/* Networks of a company that others' traffic goes through, and of one that serves its own. */
static int open_geo(struct geo **geo, struct err *err)
{
	static const char rows[] = "192.0.2.0/24,64500,\"Zscaler, Inc.\"\n"
				   "198.51.100.0/24,64501,Exempelhosting AB\n";
	char folder[] = "/tmp/borderflow-gateways-XXXXXX", table[64], database[64];
	const char *tables[] = { table };

	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(table, sizeof(table), "%s/networks.csv", folder);
	snprintf(database, sizeof(database), "%s/networks.mmdb", folder);
	const struct geo_build_options options = { .tables = tables,
		.table_count = 1,
		.output = database,
		.built_ns = UINT64_C(1773700000000000000) };
	struct geo_build_result result;
	int status = file_write(table, rows, sizeof(rows) - 1, err);
	status = status < 0 ? status : geo_build(&options, &result, err);
	status = status < 0 ? status : geo_open(geo, folder, err);
	unlink(table);
	unlink(database);
	rmdir(folder);
	return status;
}

static enum proxy_sign sign_of(unsigned stranger, const char *server)
{
	struct proxy_signs *signs = proxy_signs_create();
	const struct proxy_found *found = NULL;
	struct record record = visit(stranger, server, 0);

	geo_tag(reference.geo, &record.flow.destination, &record.place);
	enum proxy_sign sign = proxy_signs_take(signs, &reference, &record, &found);
	if (sign == PROXY_SIGN_GATEWAY) {
		is_text(found->title, "Zscaler, Inc.", "the company is named");
	}
	proxy_signs_destroy(signs);
	return sign;
}

static void test_gateways(void)
{
	struct err err = { "" };
	struct geo *geo;

	if (open_geo(&geo, &err) < 0) {
		ok(false, "%s", err.text);
		return;
	}
	reference.geo = geo;
	is_int(sign_of(0, "192.0.2.9"), PROXY_SIGN_GATEWAY,
		"a name of others on a gateway's network, from the first flow");
	is_int(sign_of(0, "198.51.100.9"), PROXY_SIGN_NONE, "… but not on any network");
	is_int(sign_of(0, "203.0.113.9"), PROXY_SIGN_NONE, "… nor where nobody knows whose it is");
	reference.geo = NULL;
	geo_close(geo);
}

int main(void)
{
	static const struct try tries[] = {
		{ "names of everybody at their own addresses", "", "", "", 0, 5, L7_EXCHANGE_MORE,
			PROXY_SIGN_NONE },
		{ "one address outside answers for all", "192.0.2.7", "", "", 0, 5,
			L7_EXCHANGE_MORE, PROXY_SIGN_ADDRESS },
		{ "… to one device alone: whoever it is, he tells us what he likes", "192.0.2.7",
			"", "", 0, 1, L7_EXCHANGE_MORE, PROXY_SIGN_NONE },
		{ "a CDN answers for many, but not for those who serve themselves", "192.0.2.7", "",
			"", HOUSES, 5, L7_EXCHANGE_MORE, PROXY_SIGN_NONE },
		{ "one of our own answers for all", "10.9.9.9", "", "", 0, 1, L7_EXCHANGE_MORE,
			PROXY_SIGN_ADDRESS },
		{ "a sinkhole says nothing", "10.9.9.9", "", "", 0, 5, L7_EXCHANGE_NONE,
			PROXY_SIGN_NONE },
		{ "one issuer signs for all", "", "Inspection CA", "Exempelstad", 0, 1,
			L7_EXCHANGE_MORE, PROXY_SIGN_ISSUER },
		{ "… but one for the public", "", "R11", "Let's Encrypt", 0, 5, L7_EXCHANGE_MORE,
			PROXY_SIGN_NONE },
	};
	struct err err;

	if (catalogue_open(&catalogue, NULL, 0, &err) < 0) {
		ok(false, "%s", err.text);
		return done_testing();
	}
	reference.catalogue = catalogue;
	for (unsigned i = 0; i < STRANGERS; i++) {
		ok(catalogue_find(catalogue, strangers[i].app) != 0, "%s is known",
			strangers[i].app);
	}
	for (unsigned i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		is_int(play(&tries[i]), tries[i].wanted, "%s", tries[i].title);
	}
	test_gateways();
	catalogue_close(catalogue);
	return done_testing();
}
