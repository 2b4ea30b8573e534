/* Proxies that nobody has declared: told where they are, and never of what merely looks like one.
 */
#include "analyzer/policy/proxy_signs.h"

#include "analyzer/catalogue/catalogue.h"
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
	catalogue_close(catalogue);
	return done_testing();
}
