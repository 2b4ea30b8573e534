#include "analyzer/classify/findings.h"

#include <string.h>

enum {
	CONFIDENCE_WEAK = 60,
	CONFIDENCE_CNAME = 75,
	PORT_DNS_OVER_TLS = 853, /* RFC 7858, RFC 9250 */
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
};

/* By enum evidence_kind: the published table. */
static const uint8_t confidences[EVIDENCE_KIND_COUNT] = {
	[EVIDENCE_TLS_SNI] = 95,
	[EVIDENCE_QUIC_SNI] = 95,
	[EVIDENCE_HTTP_HOST] = 90,
	[EVIDENCE_PROTOCOL] = 90,
	[EVIDENCE_DNS] = 80,
	[EVIDENCE_CERT] = 75,
	[EVIDENCE_PREFIX] = 70,
	[EVIDENCE_PORT] = 30,
};

static const uint8_t name_evidence[NAME_SOURCE_COUNT] = {
	[NAME_TLS_SNI] = EVIDENCE_TLS_SNI,
	[NAME_QUIC_SNI] = EVIDENCE_QUIC_SNI,
	[NAME_HTTP_HOST] = EVIDENCE_HTTP_HOST,
	[NAME_DNS_QUERY] = EVIDENCE_DNS,
	[NAME_DNS_CNAME] = EVIDENCE_DNS,
	[NAME_CERT] = EVIDENCE_CERT,
};

/* Protocols that only one app, or one kind of service, speaks. */
static const struct {
	uint8_t protocol; /* enum l7_protocol */
	const char *app;
} protocol_apps[] = {
	{ L7_MTPROTO, "telegram" },
	{ L7_QQ, "qq" },
	{ L7_WIREGUARD, "wireguard" },
	{ L7_OPENVPN, "openvpn" },
	{ L7_IPSEC, "ipsec" },
	{ L7_TOR, "tor" },
	{ L7_BITTORRENT, "bittorrent" },
	{ L7_DNSCRYPT, "dnscrypt" },
};

static bool is_lookup(const struct clues *clues)
{
	return clues->protocol == L7_DNS || clues->protocol == L7_MDNS ||
	       clues->protocol == L7_LLMNR || clues->protocol == L7_NETBIOS;
}

static void add(const struct catalogue *catalogue, struct findings *findings, struct match match,
	enum evidence_kind evidence, uint8_t confidence, unsigned name, bool ignored)
{
	if (match.app == 0 || findings->count == FINDINGS_MAX) {
		return;
	}
	if ((match.weak || catalogue_app(catalogue, match.app)->shared) &&
		confidence > CONFIDENCE_WEAK) {
		confidence = CONFIDENCE_WEAK;
	}
	findings->items[findings->count++] = (struct finding){
		.match = match,
		.evidence = (uint8_t)evidence,
		.confidence = confidence,
		.name = (uint8_t)name,
		.ignored = ignored,
	};
}

static bool is_hello(const struct clue_name *name)
{
	return name->source == NAME_TLS_SNI || name->source == NAME_QUIC_SNI ||
	       name->source == NAME_HTTP_HOST;
}

/* What the flow's own hello allows its client's lookups to say about it. */
struct hello {
	const struct clue_name *name; /* NULL: none was seen */
	bool looked_up;               /* the client asked for this very name */
	bool infrastructure;          /* it says who carries the flow, not whose it is */
	bool one_lookup;              /* no other name was asked for */
};

static bool same_name(
	const struct clues *clues, const struct clue_name *a, const struct clue_name *b)
{
	return a->length == b->length &&
	       memcmp(clues->text + a->offset, clues->text + b->offset, a->length) == 0;
}

/* What the catalogue says of each name. */
static void match_names(const struct catalogue *catalogue, const struct clues *clues,
	struct match matches[CLUE_NAMES_MAX])
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		matches[i] = catalogue_match_name(
			catalogue, clues_name(clues, i), clues->names[i].length);
	}
}

static struct hello read_hello(const struct catalogue *catalogue, const struct clues *clues,
	const struct match matches[CLUE_NAMES_MAX])
{
	struct hello hello = { .one_lookup = true };
	const struct clue_name *asked = NULL;

	for (unsigned i = 0; i < clues->name_count; i++) {
		const struct clue_name *name = &clues->names[i];
		if (!hello.name && is_hello(name)) {
			hello.name = name;
			hello.infrastructure = matches[i].app != 0 &&
					       catalogue_app(catalogue, matches[i].app)->shared;
		}
		if (name->source == NAME_DNS_QUERY) {
			hello.looked_up |= hello.name && same_name(clues, hello.name, name);
			hello.one_lookup &= !asked || same_name(clues, asked, name);
			asked = name;
		}
	}
	return hello;
}

/* Does this lookup speak about the flow? See attribute.h. Where the hello's own name was asked for,
 * so that its CNAMEs are the flow's, they count as long as no other lookup can
 * have brought them. */
static bool lookup_counts(
	const struct clues *clues, const struct hello *hello, const struct clue_name *name)
{
	if (!hello->name || same_name(clues, hello->name, name)) {
		return true;
	}
	if (hello->looked_up) {
		return name->source == NAME_DNS_CNAME && hello->one_lookup;
	}
	return hello->infrastructure;
}

static void gather_names(const struct catalogue *catalogue, const struct clues *clues,
	const struct match matches[CLUE_NAMES_MAX], const struct hello *hello, bool from_lookups,
	struct findings *findings)
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		const struct clue_name *name = &clues->names[i];
		bool is_dns = name->source == NAME_DNS_QUERY || name->source == NAME_DNS_CNAME;
		if (name->source == NAME_ECH_OUTER ||
			(is_dns || name->source == NAME_CERT) != from_lookups) {
			continue;
		}
		enum evidence_kind evidence = name_evidence[name->source];
		struct match match = matches[i];
		bool ignored = is_dns && !lookup_counts(clues, hello, name);
		uint8_t confidence = confidences[evidence];
		if (name->source == NAME_DNS_CNAME) {
			/* Who carries a name says nothing about whose it is. */
			ignored |= match.app != 0 && catalogue_app(catalogue, match.app)->shared;
			confidence = CONFIDENCE_CNAME;
		}
		add(catalogue, findings, match, evidence, confidence, i, ignored);
	}
}

/* Two lookups that name different apps at one address: either may be this flow. */
static void doubt_lookups(const struct catalogue *catalogue, struct findings *findings)
{
	uint16_t app = 0;
	bool ambiguous = false;

	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (finding->evidence == EVIDENCE_DNS && !finding->ignored &&
			!catalogue_app(catalogue, finding->match.app)->shared) {
			ambiguous |= app != 0 && app != finding->match.app;
			app = finding->match.app;
		}
	}
	for (unsigned i = 0; ambiguous && i < findings->count; i++) {
		struct finding *finding = &findings->items[i];
		if (finding->evidence == EVIDENCE_DNS && finding->confidence > CONFIDENCE_WEAK) {
			finding->confidence = CONFIDENCE_WEAK;
		}
	}
}

static uint16_t remote_port(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? record->flow.destination_port
						 : record->flow.source_port;
}

static bool is_dns_over_tls(const struct record *record)
{
	const struct clues *clues = &record->clues;
	bool encrypted = clues->protocol == L7_TLS || clues->protocol == L7_QUIC ||
			 clues->protocol == L7_DTLS;

	return encrypted &&
	       (strcmp(clues->alpn, "dot") == 0 || strncmp(clues->alpn, "doq", 3) == 0 ||
		       remote_port(record) == PORT_DNS_OVER_TLS);
}

/* The wire format as a rule of its own: it cannot be weak, and its text is the protocol's name. */
static void gather_protocol(
	const struct catalogue *catalogue, const struct record *record, struct findings *findings)
{
	const struct clues *clues = &record->clues;
	const char *id = app_hint_id(clues->app_hint);
	enum evidence_kind evidence =
		clues->protocol_by_port && !id ? EVIDENCE_PORT : EVIDENCE_PROTOCOL;

	for (unsigned i = 0; !id && i < sizeof(protocol_apps) / sizeof(protocol_apps[0]); i++) {
		if (protocol_apps[i].protocol == clues->protocol) {
			id = protocol_apps[i].app;
		}
	}
	if (!id && is_dns_over_tls(record)) {
		id = "doh";
	}
	if (id) {
		struct match match = { .app = catalogue_find(catalogue, id),
			.rule = l7_protocol_name(clues->protocol) };
		add(catalogue, findings, match, evidence, confidences[evidence], NAME_INDEX_NONE,
			false);
	}
}

/* Services of the network itself, whoever offers them: asking Apple what time it is uses no app of
 * Apple's. */
static bool is_network_service(const struct clues *clues)
{
	return clues->protocol == L7_NTP || clues->protocol == L7_DHCP ||
	       clues->protocol == L7_SNMP || clues->protocol == L7_SSDP ||
	       clues->protocol == L7_RADIUS || clues->protocol == L7_SYSLOG ||
	       clues->protocol == L7_NETFLOW || clues->protocol == L7_ICMP;
}

static bool names_its_server(const struct clues *clues)
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		enum name_source source = clues->names[i].source;
		if (source == NAME_TLS_SNI || source == NAME_QUIC_SNI || source == NAME_HTTP_HOST) {
			return true;
		}
	}
	return false;
}

/* Behind a public resolver's address other names may be served, too: a client that asks for one of
 * them looks nothing up. */
static bool is_other_than_resolver(const struct catalogue *catalogue, const struct clues *clues,
	const struct findings *findings, uint16_t app)
{
	if (app == 0 || catalogue_app(catalogue, app)->hides != APP_HIDES_LOOKUPS ||
		!names_its_server(clues)) {
		return false;
	}
	for (unsigned i = 0; i < findings->count; i++) {
		if (findings->items[i].match.app == app) {
			return false;
		}
	}
	return true;
}

/* Addresses speak about flows that go to them: not about a crawler that calls us, and not about
 * ICMP. */
static void gather_addresses(
	const struct catalogue *catalogue, const struct record *record, struct findings *findings)
{
	bool carries_app =
		record->flow.protocol == PROTOCOL_TCP || record->flow.protocol == PROTOCOL_UDP;

	if (!carries_app || record->direction == RECORD_DIRECTION_INTERNAL ||
		(record->direction == RECORD_DIRECTION_INBOUND && record->flow.start_seen)) {
		return;
	}
	struct match match =
		catalogue_match_addr(catalogue, record_remote_addr(record), remote_port(record));
	if (is_other_than_resolver(catalogue, &record->clues, findings, match.app)) {
		return;
	}
	add(catalogue, findings, match, EVIDENCE_PREFIX, confidences[EVIDENCE_PREFIX],
		NAME_INDEX_NONE, false);
}

void findings_gather(
	const struct catalogue *catalogue, const struct record *record, struct findings *findings)
{
	const struct clues *clues = &record->clues;
	struct match matches[CLUE_NAMES_MAX];

	findings->count = 0;
	findings->is_lookup = is_lookup(clues);
	if (findings->is_lookup || is_network_service(clues)) {
		return;
	}
	match_names(catalogue, clues, matches);
	struct hello hello = read_hello(catalogue, clues, matches);
	gather_names(catalogue, clues, matches, &hello, false, findings);
	gather_protocol(catalogue, record, findings);
	gather_names(catalogue, clues, matches, &hello, true, findings);
	doubt_lookups(catalogue, findings);
	gather_addresses(catalogue, record, findings);
}

const struct finding *findings_choose(
	const struct catalogue *catalogue, const struct findings *findings)
{
	const struct finding *infrastructure = NULL;

	for (unsigned i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (finding->ignored) {
			continue;
		}
		if (!catalogue_app(catalogue, finding->match.app)->shared) {
			return finding;
		}
		if (!infrastructure) {
			infrastructure = finding;
		}
	}
	return infrastructure;
}
