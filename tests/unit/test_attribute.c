/* From l7 info to a verdict: one story a test. */
#include "analyzer/attribute/attribute.h"

#include "base/clock.h"
#include "tests/tap.h"

static const struct catalogue *catalogue;
static const struct geo *geo;

/* A flow from one of our devices to an address on the internet, over TCP to 443. */
static struct record flow_to(const char *address)
{
	struct record record = { .direction = RECORD_DIRECTION_OUTBOUND,
		.own_side = RECORD_SOURCE };

	addr_parse("10.1.2.3", &record.flow.source);
	addr_parse(address, &record.flow.destination);
	record.flow.protocol = 6;
	record.flow.source_port = 50000;
	record.flow.destination_port = 443;
	record.flow.start_seen = true;
	record.l7.protocol = L7_TLS;
	return record;
}

static void add_name(struct record *record, enum name_source source, const char *name)
{
	l7_info_add_name(&record->l7, source, name, strlen(name));
}

static const char *app_of(const struct record *record)
{
	return record->verdict.app ? catalogue_app(catalogue, record->verdict.app)->id : "unknown";
}

static bool has(const struct record *record, enum evidence_kind kind)
{
	return record->verdict.evidence & 1 << kind;
}

static void test_one_kind(void)
{
	static const struct {
		enum name_source source;
		enum evidence_kind evidence;
		int confidence;
	} cases[] = {
		{ NAME_TLS_SNI, EVIDENCE_TLS_SNI, 95 },
		{ NAME_QUIC_SNI, EVIDENCE_QUIC_SNI, 95 },
		{ NAME_HTTP_HOST, EVIDENCE_HTTP_HOST, 90 },
		{ NAME_DNS_QUERY, EVIDENCE_DNS, 80 },
		{ NAME_DNS_CNAME, EVIDENCE_DNS, 75 },
		{ NAME_CERT, EVIDENCE_CERT, 75 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = flow_to("203.0.113.7");
		add_name(&record, cases[i].source, "v16m.tiktokcdn.com");
		attribute(catalogue, geo, &record);
		is_text(app_of(&record), "tiktok", "named by %s",
			evidence_kind_name(cases[i].evidence));
		is_int(record.verdict.confidence, cases[i].confidence,
			"with the confidence published");
		is_int(record.verdict.evidence, 1 << cases[i].evidence, "and that evidence alone");
		is_int(record.verdict.name, 0, "the name that decided is noted");
		is_text(record.verdict.parent_country, "CN", "under Chinese control");
		is_text(record.verdict.owner_country, "IE", "contracted in Ireland");
		is_int(record.verdict.control, GEO_ZONE_THIRD, "a third country");
	}
}

/* What a probe says hello to is used by nobody; who copies its marker to go on uses it. */
static void test_probe(void)
{
	struct record record = flow_to("203.0.113.7");

	record.l7.protocol = L7_TLS;
	record.l7.probe_time_s = 1773700000;
	add_name(&record, NAME_TLS_SNI, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "borderflow-probe", "a probe's hello is the probe's");
	record.l7.exchange = L7_EXCHANGE_ONE;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "… and a conversation behind its marker is not");
	record.l7.exchange = L7_EXCHANGE_NONE;
	record.flow.total_bytes[0] = 20000;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "… nor are many bytes");
}

/* Several names lead to one address, and the flow says none: it may be any of them. */
static void test_shared_address(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	add_name(&record, NAME_DNS_QUERY, "www.example.org");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "a name of an app and somebody else's on one address");
	ok(record.verdict.inferred && record.verdict.grounds == 1 << INFERRED_BY_SHARED &&
			record.verdict.confidence == 60,
		"… are no proof of either");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_DNS_LOG, "v16m.tiktokcdn.com");
	add_name(&record, NAME_USED, "www.example.org");
	attribute(catalogue, geo, &record);
	ok(record.verdict.inferred, "… nor is one name, where the client used another there");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	add_name(&record, NAME_DNS_QUERY, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	ok(!record.verdict.inferred && record.verdict.confidence == 80, "two names of one app are");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_DNS_QUERY, "www.example.org");
	add_name(&record, NAME_DNS_QUERY, "www.tiktok.com");
	add_name(&record, NAME_TLS_SNI, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	ok(!record.verdict.inferred, "… and a flow that says its name is known by it");
}

/* The client got the address for a name, and its time is over: others may have it by now. */
static void test_old_lookup(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	record.l7.is_lookup_old = true;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "a look-up whose time is over names the flow");
	ok(record.verdict.inferred && record.verdict.grounds == 1 << INFERRED_BY_OLD &&
			record.verdict.confidence == 60,
		"… and is no proof");
	add_name(&record, NAME_TLS_SNI, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	ok(!record.verdict.inferred && record.verdict.confidence == 98,
		"… as a hello is, with which it agrees");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	add_name(&record, NAME_DNS_QUERY, "www.example.org");
	record.l7.is_lookup_old = true;
	attribute(catalogue, geo, &record);
	is_int(record.verdict.grounds, 1 << INFERRED_BY_SHARED,
		"of several names it is said first");
	record = flow_to("149.154.167.99");
	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	record.l7.is_lookup_old = true;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telegram", "an address that serves one app goes before it");
	ok(!record.verdict.inferred, "… and is a proof");
}

/* What anybody can make up decides where nothing else does, and is then no proof. */
static void test_made_up(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_DNS_UNASKED, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "a DNS answer that nobody asked for");
	ok(record.verdict.inferred && record.verdict.grounds == 1 << INFERRED_BY_UNASKED &&
			record.verdict.confidence == 20,
		"… is no proof");
	record = flow_to("149.154.167.99");
	add_name(&record, NAME_DNS_UNASKED, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telegram", "… and changes nothing where the address speaks");
	ok(!record.verdict.inferred, "… which is a proof");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "www.example.org");
	add_name(&record, NAME_DNS_UNASKED, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "… nor where a hello names somebody");

	record = flow_to("203.0.113.7");
	record.flow.total_packets[0] = record.flow.total_packets[1] = 5;
	record.flow.wrapped[0] = record.flow.wrapped[1] = FLOW_WRAPPED_OUTSIDE;
	add_name(&record, NAME_TLS_SNI, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	ok(record.verdict.inferred && verdict_is_hearsay(&record.verdict) &&
			record.verdict.confidence == 50,
		"a hello in a tunnel from outside is no proof");
	record.flow.wrapped[1] = FLOW_WRAPPED_INSIDE;
	attribute(catalogue, geo, &record);
	ok(!record.verdict.inferred && !verdict_is_hearsay(&record.verdict),
		"… unless we answer into that tunnel");
	record = flow_to("203.0.113.7");
	record.l7.is_contested = true;
	add_name(&record, NAME_TLS_SNI, "www.example.org");
	add_name(&record, NAME_TLS_SNI, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "two hellos for one place");
	ok(record.verdict.inferred && record.verdict.grounds == 1 << INFERRED_BY_CONTESTED,
		"… are no proof");
	struct record looked_up = record;
	add_name(&looked_up, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &looked_up);
	ok(looked_up.verdict.inferred, "… nor with a look-up of another name");
	add_name(&record, NAME_DNS_QUERY, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	ok(!record.verdict.inferred && record.verdict.evidence & 1 << EVIDENCE_DNS,
		"… until the client was seen to ask for one of the names");
	uint8_t confidence = record.verdict.confidence;
	add_name(&record, NAME_DNS_QUERY, "i.instagram.com");
	attribute(catalogue, geo, &record);
	is_int(record.verdict.confidence, confidence,
		"… and what else it asked for brings no doubt");
}

static void test_agreement(void)
{
	struct record record = flow_to("149.154.167.99");

	add_name(&record, NAME_TLS_SNI, "web.telegram.org");
	add_name(&record, NAME_DNS_QUERY, "web.telegram.org");
	record.place.asn = 62041;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telegram", "everything agrees");
	is_int(record.verdict.confidence, 99, "at most 99");
	ok(has(&record, EVIDENCE_TLS_SNI) && has(&record, EVIDENCE_DNS) &&
			has(&record, EVIDENCE_PREFIX) && has(&record, EVIDENCE_ASN),
		"all of it is evidence");

	record = flow_to("149.154.167.99");
	addr_parse("149.154.161.7", &record.flow.source);
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "nor where both ends lie in the app's network");
	record = flow_to("149.154.167.99");
	record.place.asn = 62041;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telegram", "a nameless flow to its own network");
	is_int(record.verdict.confidence, 70, "prefix and network are one fact, not two");

	record = flow_to("157.240.1.1");
	record.place.asn = 32934;
	add_name(&record, NAME_TLS_SNI, "g.whatsapp.net");
	attribute(catalogue, geo, &record);
	is_int(record.verdict.confidence, 98, "its owner's network agrees with the name");
	record = flow_to("157.240.1.1");
	record.place.asn = 32934;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "and proves no app on its own");
}

static void test_disagreement(void)
{
	struct record record = flow_to("149.154.167.99");

	add_name(&record, NAME_TLS_SNI, "www.google.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "google", "the stronger evidence wins");
	ok(!has(&record, EVIDENCE_PREFIX), "the loser is left out");
	is_int(record.verdict.confidence, 95, "and changes nothing");
}

static void test_infrastructure(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_TLS_SNI, "d1a2b3c4.cloudfront.net");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "cloudfront", "infrastructure, where nothing better is known");
	is_int(record.verdict.confidence, 60, "is worth 60");

	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "an app of its own beats it");
	ok(has(&record, EVIDENCE_DNS) && !has(&record, EVIDENCE_TLS_SNI), "by DNS");

	add_name(&record, NAME_DNS_QUERY, "d1a2b3c4.cloudfront.net");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "cloudfront", "but not where the hello's own name was looked up");

	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "www.exempelstad.example");
	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "another site on the same address is not TikTok");

	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "www.exempelstad.example");
	add_name(&record, NAME_DNS_QUERY, "www.exempelstad.example");
	add_name(&record, NAME_DNS_CNAME, "d1a2b3c4.cloudfront.net");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "who carries a site does not own it");
	add_name(&record, NAME_DNS_CNAME, "exempelstad.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "a pointer to an app is the app's");
	is_int(record.verdict.confidence, 75, "by CNAME");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "www.exempelstad.example");
	add_name(&record, NAME_DNS_QUERY, "www.tictoc.example");
	add_name(&record, NAME_DNS_QUERY, "www.exempelstad.example");
	add_name(&record, NAME_DNS_CNAME, "exempelstad.tiktokcdn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "… but not where two were asked for that lead there");
	add_name(&record, NAME_DNS_LOG, "www.exempelstad.example");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "… nor where a log knows of the last one, too");
}

static void test_lookups(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_DNS_QUERY, "v16m.tiktokcdn.com");
	add_name(&record, NAME_DNS_QUERY, "i.instagram.com");
	attribute(catalogue, geo, &record);
	is_int(record.verdict.confidence, 60, "two lookups at one address leave a doubt");

	record = flow_to("203.0.113.7");
	add_name(&record, NAME_DNS_QUERY, "news.example.org");
	add_name(&record, NAME_DNS_CNAME, "tiktokcdn.com.edgesuite.net");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "a known name inside a CDN's");

	record = flow_to("10.1.0.1");
	record.flow.protocol = 17;
	record.flow.destination_port = 53;
	record.l7.protocol = L7_DNS;
	record.place.zone = GEO_ZONE_INTERNAL;
	add_name(&record, NAME_DNS_QUERY, "tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "asking for a name is not a flow to it");
	is_int(record.verdict.control, GEO_ZONE_INTERNAL, "a resolver of one's own stays internal");
}

static void test_hidden(void)
{
	struct record record = flow_to("104.18.0.1");

	add_name(&record, NAME_ECH_OUTER, "cloudflare-ech.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "the outer name proves nothing");
	add_name(&record, NAME_DNS_QUERY, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "the client's own lookup does");

	record = flow_to("203.0.113.53");
	record.flow.destination_port = 853;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "doh", "TLS on 853 is DNS");
	record = flow_to("1.1.1.1");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "doh-cloudflare", "so is 443 of a public resolver");
	is_int(record.verdict.confidence, 70, "by its address");
	is_int(record.verdict.hides, APP_HIDES_LOOKUPS, "which hides what is looked up");
	record.flow.protocol = 1;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "a ping to it is not");
	record = flow_to("1.1.1.1");
	add_name(&record, NAME_TLS_SNI, "www.exempelstad.example");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "… but not where the hello asks for somebody else");
}

static void test_resolvers(void)
{
	struct record record = flow_to("8.8.8.8");

	record.flow.destination_port = 853;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "doh-google", "TLS on 853 of a known resolver is its house's");
	ok(has(&record, EVIDENCE_PROTOCOL) && has(&record, EVIDENCE_PREFIX), "by both");
	record = flow_to("203.0.113.53");
	add_name(&record, NAME_TLS_SNI, "dns.alidns.com");
	attribute(catalogue, geo, &record);
	is_text(record.verdict.parent_country, "CN", "a resolver is its owner's");
	is_int(record.verdict.hides, APP_HIDES_LOOKUPS, "and hides look-ups");
	record.flow.destination_port = 853;
	attribute(catalogue, geo, &record);
	ok(has(&record, EVIDENCE_PROTOCOL), "the wire format agrees with the name");
	record = flow_to("203.0.113.53");
	add_name(&record, NAME_TLS_SNI, "doh.exempelstad.example");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "doh", "a label alone");
	is_int(record.verdict.confidence, 60, "makes it likely");
	record = flow_to("203.0.113.53");
	add_name(&record, NAME_TLS_SNI, "doh.telia.se");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telia", "where the house is known it stays the house's");
	is_int(record.verdict.hides, APP_HIDES_LOOKUPS, "and hides look-ups all the same");
	record = flow_to("203.0.113.53");
	add_name(&record, NAME_TLS_SNI, "dns.hik-online.com");
	attribute(catalogue, geo, &record);
	is_int(record.verdict.hides, APP_HIDES_NOTHING, "a false friend hides nothing");
	record = flow_to("203.0.113.53");
	add_name(&record, NAME_TLS_SNI, "www.google.com");
	record.flow.destination_port = 853;
	attribute(catalogue, geo, &record);
	is_int(record.verdict.hides, APP_HIDES_LOOKUPS, "whatever the name, 853 is a resolver's");
}

static void test_words(void)
{
	struct record record = flow_to("203.0.113.7");

	memcpy(record.l7.alpn, "anydesk/9.0.4/l", 16);
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "anydesk", "a protocol inside TLS that is an app's own");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_CERT, "AnyNet Relay");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "anydesk", "a certificate's name that is no host");
	is_int(record.verdict.confidence, 60, "unverified");
	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_HTTP;
	strcpy(record.l7.product, "Windows-Update-Agent/10.0");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "microsoft-other", "a product");
	add_name(&record, NAME_HTTP_HOST, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tiktok", "says less than the host");
	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_HTTP;
	strcpy(record.l7.product, "WhatsApp/2.24");
	record.direction = RECORD_DIRECTION_INBOUND;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "a crawler that calls us is not use");
}

static void test_time(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_TLS_SNI, "create.kahoot.it");
	clock_parse("2024-01-17T23:59:59", &record.flow.start_ns);
	attribute(catalogue, geo, &record);
	is_text(record.verdict.parent_country, "NO", "judged by what was true when it began");
	clock_parse("2024-01-18", &record.flow.start_ns);
	attribute(catalogue, geo, &record);
	is_text(record.verdict.parent_country, "US", "from the day of the sale");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "api16-normal-useast5.tiktokv.us");
	clock_parse("2026-06-01", &record.flow.start_ns);
	attribute(catalogue, geo, &record);
	is_text(record.verdict.parent_country, "CN",
		"a sale in the US is none for users in Europe");
}

static void test_wire_format(void)
{
	struct record record = flow_to("203.0.113.7");

	record.l7.protocol = L7_STUN;
	record.l7.app_hint = APP_HINT_WHATSAPP;
	record.place.asn = 32934;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "whatsapp", "an app's own wire format");
	is_int(record.verdict.hides, APP_HIDES_NOTHING, "which hides nothing about which app");
	is_int(record.verdict.confidence, 93, "90, and its network agrees");

	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_WIREGUARD;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "wireguard", "a protocol that is a kind of service");
	is_int(record.verdict.confidence, 90, "by its wire format");
	is_int(record.verdict.hides, APP_HIDES_CONTENT, "which hides all that goes through it");
	record.l7.protocol_by_port = true;
	record.flow.start_seen = false;
	attribute(catalogue, geo, &record);
	is_int(record.verdict.confidence, 30, "by its port alone");
	ok(has(&record, EVIDENCE_PORT), "which is what it says");
	record.flow.start_seen = true;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "a port says nothing where the beginning was seen");
	is_int(record.verdict.hides, APP_HIDES_NOTHING, "and makes no gap");

	record = flow_to("203.0.113.7");
	record.flow.protocol = 50;
	record.l7.protocol = L7_IPSEC;
	record.l7.protocol_by_port = true;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "ipsec", "ESP has no port: its number is its format");
	is_int(record.verdict.confidence, 90, "… and worth as much");
	is_int(record.verdict.hides, APP_HIDES_CONTENT, "… and it hides all that goes through it");
}

/* The format of a tunnel tells that it hides, and not who runs it. */
static void test_whose_tunnel(void)
{
	struct record record = flow_to("203.0.113.7");

	record.l7.protocol = L7_OPENVPN;
	add_name(&record, NAME_DNS_QUERY, "se123.nordvpn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "nordvpn", "a tunnel to a provider that was looked up is its");
	is_int(record.verdict.confidence, 83, "by the look-up, with which the format agrees");
	ok(has(&record, EVIDENCE_DNS) && has(&record, EVIDENCE_PROTOCOL), "… as it says");
	is_int(record.verdict.hides, APP_HIDES_CONTENT, "… and hides as much");
	record.l7.protocol_by_port = true;
	record.flow.start_seen = false;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "nordvpn", "… the more so where only the port says what it is");

	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_IPSEC;
	add_name(&record, NAME_DNS_QUERY, "epdg.epc.mnc001.mcc240.pub.3gppnetwork.org");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "wifi-calling", "a phone that calls over Wi-Fi is on no VPN");

	record = flow_to("162.159.193.5");
	record.l7.protocol = L7_WIREGUARD;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "warp", "one to a provider's own address is its");
	record.l7.app_hint = APP_HINT_TAILSCALE;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "tailscale", "… but not where the format itself tells whose");

	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_WIREGUARD;
	add_name(&record, NAME_DNS_QUERY, "www.tiktok.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "wireguard", "no app that hides nothing speaks WireGuard");
	record = flow_to("203.0.113.7");
	record.l7.protocol = L7_WIREGUARD;
	add_name(&record, NAME_DNS_UNASKED, "se123.nordvpn.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "wireguard", "an answer that nobody asked for names no provider");
}

static void test_every_hint_is_listed(void)
{
	for (unsigned hint = APP_HINT_NONE + 1; hint < APP_HINT_COUNT; hint++) {
		const char *id = app_hint_id(hint);
		ok(id && catalogue_find(catalogue, id) != 0, "the catalogue has the hint %s",
			id ? id : "?");
	}
}

static void test_embedded(void)
{
	struct record record = flow_to("203.0.113.7");

	add_name(&record, NAME_TLS_SNI, "analytics.tiktok.com");
	attribute(catalogue, geo, &record);
	ok(record.verdict.embedded, "a pixel on a page is no use of the app");
	record = flow_to("203.0.113.7");
	add_name(&record, NAME_TLS_SNI, "api16-access-sg.pangle.io");
	attribute(catalogue, geo, &record);
	ok(record.verdict.embedded && strcmp(app_of(&record), "tiktok") != 0, "nor is an SDK");
	is_text(catalogue_app(catalogue, record.verdict.app)->category, "ads_sdk",
		"of its own category");
}

static void test_direction(void)
{
	struct record record = flow_to("10.9.9.9");

	record.direction = RECORD_DIRECTION_INBOUND;
	record.own_side = RECORD_DESTINATION;
	addr_parse("149.154.167.99", &record.flow.source);
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "who calls us is not whom we use");
	record.flow.start_seen = false;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "telegram", "unless nobody saw who called");
}

static void test_network_services(void)
{
	struct record record = flow_to("17.253.54.251");

	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "apple", "a nameless flow to Apple's own network");
	record.flow.protocol = 17;
	record.flow.destination_port = 123;
	record.l7.protocol = L7_NTP;
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "asking for the time there uses no app");
	add_name(&record, NAME_DNS_QUERY, "time.apple.com");
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "by name neither");
}

static void test_owner_of_network(void)
{
	struct record record = flow_to("203.0.113.7");

	record.place =
		(struct geo_place){ .role = GEO_ROLE_CLOUD, .owner = 1, .zone = GEO_ZONE_EU };
	attribute(catalogue, geo, &record);
	is_text(record.verdict.parent_country, "",
		"a cloud's owner does not control what it carries");
	for (uint16_t owner = 1; geo_owner(geo, owner); owner++) {
		if (strcmp(geo_owner(geo, owner)->group, "ByteDance") == 0) {
			record.place = (struct geo_place){ .role = GEO_ROLE_OWN,
				.owner = owner,
				.asn = 396986,
				.operator_country = "US",
				.zone = GEO_ZONE_ADEQUATE_PARTIAL };
			break;
		}
	}
	attribute(catalogue, geo, &record);
	is_text(app_of(&record), "unknown", "several apps live in ByteDance's network");
	is_text(record.verdict.parent_country, "CN", "all under the same control");
	is_text(record.verdict.owner_country, "US", "by way of who runs it");
	attribute(catalogue, NULL, &record);
	is_text(record.verdict.parent_country, "", "without tables nothing is known");
	is_int(record.verdict.control, GEO_ZONE_UNKNOWN, "and said so");
}

static void test_explanation(void)
{
	struct record record = flow_to("149.154.167.99");
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	add_name(&record, NAME_TLS_SNI, "web.telegram.org");
	add_name(&record, NAME_DNS_QUERY, "evil\033[2Jname.example");
	attribute_explain(catalogue, geo, &record, out);
	fclose(out);
	ok(strstr(text, "The TLS hello names web.telegram.org: Telegram, by the"),
		"says what was seen");
	ok(strstr(text, "Verdict: Telegram (telegram), confidence 98, evidence tls-sni prefix"),
		"and what follows");
	ok(!strchr(text, '\033'), "control characters from the wire are harmless");
	free(text);
}

int main(void)
{
	struct catalogue *opened;
	struct geo *opened_geo;
	struct err err;

	if (!ok(catalogue_open(&opened, NULL, 0, &err) == 0 &&
			    geo_open(&opened_geo, NULL, &err) == 0,
		    "the tables open")) {
		printf("# %s\n", err.text);
		return done_testing();
	}
	catalogue = opened;
	geo = opened_geo;
	test_one_kind();
	test_probe();
	test_shared_address();
	test_old_lookup();
	test_made_up();
	test_agreement();
	test_disagreement();
	test_infrastructure();
	test_lookups();
	test_hidden();
	test_resolvers();
	test_words();
	test_time();
	test_wire_format();
	test_whose_tunnel();
	test_every_hint_is_listed();
	test_embedded();
	test_direction();
	test_network_services();
	test_owner_of_network();
	test_explanation();
	geo_close(opened_geo);
	catalogue_close(opened);
	return done_testing();
}
