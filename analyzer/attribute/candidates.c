#include "analyzer/attribute/candidates.h"

#include <string.h>

enum {
	CONFIDENCE_WEAK = 60,
	CONFIDENCE_CNAME = 75,
	CONFIDENCE_CONTESTED = 50,
	CONFIDENCE_UNASKED = 20,
	CONFIDENCE_PRODUCT = 75, /* a client's own word */
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
	[NAME_DNS_LOG] = EVIDENCE_DNS,
	[NAME_DNS_CNAME] = EVIDENCE_DNS,
	[NAME_CERT] = EVIDENCE_CERT,
	[NAME_DNS_UNASKED] = EVIDENCE_DNS,
	[NAME_USED] = EVIDENCE_DNS,
};

static bool is_lookup(const struct l7_info *l7)
{
	return l7->protocol == L7_DNS || l7->protocol == L7_MDNS || l7->protocol == L7_LLMNR ||
	       l7->protocol == L7_NETBIOS;
}

static void add(const struct catalogue *catalogue, struct candidates *candidates,
	struct match match, enum evidence_kind evidence, uint8_t confidence, unsigned name,
	bool ignored)
{
	if (match.app == 0 || candidates->count == CANDIDATES_MAX) {
		return;
	}
	if ((match.weak || catalogue_app(catalogue, match.app)->shared) &&
		confidence > CONFIDENCE_WEAK) {
		confidence = CONFIDENCE_WEAK;
	}
	candidates->items[candidates->count++] = (struct candidate){
		.match = match,
		.evidence = (uint8_t)evidence,
		.confidence = confidence,
		.name = (uint8_t)name,
		.ignored = ignored,
	};
}

static void add_doubtful(const struct catalogue *catalogue, struct candidates *candidates,
	struct match match, enum evidence_kind evidence, unsigned name,
	enum candidate_ground ground, uint8_t confidence)
{
	unsigned place = candidates->count;

	add(catalogue, candidates, match, evidence, confidence, name, false);
	if (candidates->count > place) {
		candidates->items[place].ground = (uint8_t)ground;
	}
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
	const struct l7_info *l7, const struct clue_name *a, const struct clue_name *b)
{
	return a->length == b->length &&
	       memcmp(l7->text + a->offset, l7->text + b->offset, a->length) == 0;
}

/* The first of the names that is the same one, as the hello's and the look-up's often are. */
static unsigned first_same(const struct l7_info *l7, unsigned name)
{
	unsigned first = 0;

	while (!same_name(l7, &l7->names[first], &l7->names[name])) {
		first++;
	}
	return first;
}

/* What the catalogue says of each name; a certificate's need not be a host's. */
static void match_names(const struct catalogue *catalogue, const struct l7_info *l7,
	struct match matches[L7_INFO_NAMES_MAX])
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const char *name = l7_info_name(l7, i);
		size_t length = l7->names[i].length;
		unsigned first = first_same(l7, i);
		matches[i] = first < i && l7->names[first].source != NAME_CERT
				     ? matches[first]
				     : catalogue_match_name(catalogue, name, length);
		if (matches[i].app == 0 && l7->names[i].source == NAME_CERT) {
			matches[i] = catalogue_match_word(catalogue, RULE_CERT, name, length);
		}
	}
}

static struct hello read_hello(const struct catalogue *catalogue, const struct l7_info *l7,
	const struct match matches[L7_INFO_NAMES_MAX])
{
	struct hello hello = { .one_lookup = true };
	const struct clue_name *asked = NULL;

	for (unsigned i = 0; i < l7->name_count; i++) {
		const struct clue_name *name = &l7->names[i];
		if (!hello.name && is_hello(name)) {
			hello.name = name;
			hello.infrastructure = matches[i].app != 0 &&
					       catalogue_app(catalogue, matches[i].app)->shared;
		}
		if (name_source_is_lookup(name->source)) {
			hello.looked_up |= hello.name && same_name(l7, hello.name, name);
			hello.one_lookup &= !asked || same_name(l7, asked, name);
			asked = name;
		}
	}
	return hello;
}

/* Where hellos contradict each other there are several names of theirs. */
static bool is_named_by_hello(const struct l7_info *l7, const struct clue_name *name)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const struct clue_name *shown = &l7->names[i];
		if (is_hello(shown) && same_name(l7, shown, name)) {
			return true;
		}
	}
	return false;
}

/* Does this lookup speak about the flow? See attribute.h. Where the hello's own name was asked for,
 * so that its CNAMEs are the flow's, they count as long as no other lookup can
 * have brought them. */
static bool lookup_counts(
	const struct l7_info *l7, const struct hello *hello, const struct clue_name *name)
{
	if (!hello->name || is_named_by_hello(l7, name)) {
		return true;
	}
	if (hello->looked_up) {
		return name->source == NAME_DNS_CNAME && hello->one_lookup;
	}
	return hello->infrastructure;
}

static void gather_names(const struct catalogue *catalogue, const struct l7_info *l7,
	const struct match matches[L7_INFO_NAMES_MAX], const struct hello *hello, bool from_lookups,
	struct candidates *candidates)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		const struct clue_name *name = &l7->names[i];
		bool is_dns = name_evidence[name->source] == EVIDENCE_DNS;
		if (name->source == NAME_ECH_OUTER || name->source == NAME_DNS_UNASKED ||
			name->source == NAME_USED ||
			(is_dns || name->source == NAME_CERT) != from_lookups) {
			continue;
		}
		enum evidence_kind evidence = name_evidence[name->source];
		struct match match = matches[i];
		bool ignored = is_dns && !lookup_counts(l7, hello, name);
		uint8_t confidence = confidences[evidence];
		if (name->source == NAME_DNS_CNAME) {
			/* Who carries a name says nothing about whose it is. */
			ignored |= match.app != 0 && catalogue_app(catalogue, match.app)->shared;
			confidence = CONFIDENCE_CNAME;
		}
		if ((l7->is_contested || l7->is_reversed) && is_hello(name)) {
			add_doubtful(catalogue, candidates, match, evidence, i, CANDIDATE_CONTESTED,
				CONFIDENCE_CONTESTED);
			continue;
		}
		add(catalogue, candidates, match, evidence, confidence, i, ignored);
	}
}

/* Last of all, and nothing beside a hello: whoever sends such an answer may have his own reasons.
 */
static void gather_unasked(const struct catalogue *catalogue, const struct l7_info *l7,
	const struct match matches[L7_INFO_NAMES_MAX], const struct hello *hello,
	struct candidates *candidates)
{
	for (unsigned i = 0; !hello->name && i < l7->name_count; i++) {
		if (l7->names[i].source == NAME_DNS_UNASKED) {
			add_doubtful(catalogue, candidates, matches[i], EVIDENCE_DNS, i,
				CANDIDATE_UNASKED, CONFIDENCE_UNASKED);
		}
	}
}

/* Two lookups that name different apps at one address: either may be this flow. */
static void doubt_lookups(const struct catalogue *catalogue, struct candidates *candidates)
{
	uint16_t app = 0;
	bool ambiguous = false;

	for (unsigned i = 0; i < candidates->count; i++) {
		const struct candidate *candidate = &candidates->items[i];
		if (candidate->evidence == EVIDENCE_DNS && !candidate->ignored &&
			!catalogue_app(catalogue, candidate->match.app)->shared) {
			ambiguous |= app != 0 && app != candidate->match.app;
			app = candidate->match.app;
		}
	}
	for (unsigned i = 0; ambiguous && i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		if (candidate->evidence == EVIDENCE_DNS &&
			candidate->confidence > CONFIDENCE_WEAK) {
			candidate->confidence = CONFIDENCE_WEAK;
		}
	}
}

/* Whose the name is, where it is no more than a carrier's; 0 nobody knows. */
static uint16_t owner_of(const struct catalogue *catalogue, const struct match *match)
{
	return match->app != 0 && !catalogue_app(catalogue, match->app)->shared ? match->app : 0;
}

/* The client has names of different apps for the address, or of one and of somebody whom nobody
 * lists, and the flow itself tells none: it may be any of them, whichever was asked for last. */
static bool is_shared(const struct catalogue *catalogue, const struct l7_info *l7,
	const struct match matches[L7_INFO_NAMES_MAX], const struct hello *hello)
{
	const struct match *first = NULL;

	for (unsigned i = 0; i < l7->name_count; i++) {
		const struct clue_name *name = &l7->names[i];
		bool counts = name->source == NAME_USED || name_source_is_lookup(name->source);
		if (!counts || !lookup_counts(l7, hello, name)) {
			continue;
		}
		if (first && owner_of(catalogue, first) != owner_of(catalogue, &matches[i])) {
			return true;
		}
		first = &matches[i];
	}
	return false;
}

static void doubt_each(struct candidates *candidates, enum evidence_kind evidence,
	enum candidate_ground ground, uint8_t most)
{
	for (unsigned i = 0; i < candidates->count; i++) {
		struct candidate *candidate = &candidates->items[i];
		if (candidate->evidence == evidence && !candidate->ignored) {
			candidate->ground = (uint8_t)ground;
			candidate->confidence =
				candidate->confidence < most ? candidate->confidence : most;
		}
	}
}

/* What the other end says without having been asked for it, and what nobody checks: over UDP peers
 * sign themselves (RFC 5763, 5). */
static void doubt_other_end(const struct record *record, struct candidates *candidates)
{
	if (record->l7.is_reversed || record->l7.is_doubted) {
		doubt_each(
			candidates, EVIDENCE_PROTOCOL, CANDIDATE_CONTESTED, CONFIDENCE_CONTESTED);
	}
	if (record->flow.protocol == PROTOCOL_UDP) {
		doubt_each(candidates, EVIDENCE_CERT, CANDIDATE_CONTESTED, CONFIDENCE_CONTESTED);
	}
}

static uint16_t remote_port(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? record->flow.destination_port
						 : record->flow.source_port;
}

static bool is_encrypted(const struct l7_info *l7)
{
	return l7->protocol == L7_TLS || l7->protocol == L7_QUIC || l7->protocol == L7_DTLS;
}

static bool is_dns_over_tls(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;

	return is_encrypted(l7) &&
	       (strcmp(l7->alpn, "dot") == 0 || strncmp(l7->alpn, "doq", 3) == 0 ||
		       remote_port(record) == PORT_DNS_OVER_TLS);
}

/* Whose resolver it is: the one that a name or the address shows, or "doh", which stands for those
 * that nobody lists. */
static uint16_t find_resolver(const struct catalogue *catalogue, const struct record *record,
	const struct candidates *candidates)
{
	for (unsigned i = 0; i < candidates->count; i++) {
		if (candidates->items[i].match.hides == APP_HIDES_LOOKUPS) {
			return candidates->items[i].match.app;
		}
	}
	struct match match =
		catalogue_match_addr(catalogue, record_remote_addr(record), remote_port(record));
	return match.hides == APP_HIDES_LOOKUPS ? match.app : catalogue_find(catalogue, "doh");
}

static uint16_t find_protocol_app(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates)
{
	const char *app = l7_info_format_app(&record->l7);

	if (app) {
		return catalogue_find(catalogue, app);
	}
	if (!is_dns_over_tls(record)) {
		return 0;
	}
	candidates->hides_lookups = true;
	return find_resolver(catalogue, record, candidates);
}

static bool has_ports(const struct record *record)
{
	return record->flow.protocol == PROTOCOL_TCP || record->flow.protocol == PROTOCOL_UDP;
}

/* The number of ESP is no port: it says what comes. */
static bool is_by_port(const struct record *record)
{
	const struct l7_info *l7 = &record->l7;

	return l7->protocol_by_port && l7->app_hint == APP_HINT_NONE && has_ports(record);
}

/* The wire format as a rule of its own: it cannot be weak, and its text is the protocol's name. */
static void gather_protocol(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates)
{
	const struct l7_info *l7 = &record->l7;
	bool by_port = is_by_port(record);
	enum evidence_kind evidence = by_port ? EVIDENCE_PORT : EVIDENCE_PROTOCOL;
	uint16_t symbol = find_protocol_app(catalogue, record, candidates);

	if (by_port && record->flow.start_seen) {
		candidates->hides_lookups = false;
		return;
	}
	if (symbol != 0) {
		struct match match = { .app = symbol,
			.embedded = catalogue_app(catalogue, symbol)->embedded,
			.hides = catalogue_app(catalogue, symbol)->hides,
			.rule = l7_protocol_name(l7->protocol),
			.region = "" };
		add(catalogue, candidates, match, evidence, confidences[evidence], NAME_INDEX_NONE,
			false);
	}
}

static void gather_word(const struct catalogue *catalogue, enum rule_kind kind, const char *word,
	uint8_t confidence, struct candidates *candidates)
{
	if (word[0]) {
		struct match match = catalogue_match_word(catalogue, kind, word, strlen(word));
		add(catalogue, candidates, match, EVIDENCE_PROTOCOL, confidence, NAME_INDEX_NONE,
			false);
	}
}

/* Words of the handshake and of the client's program. What a client says of itself is worth less
 * than what it does, and nothing where it calls us: a crawler is not use of its owner's app. */
static void gather_words(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates)
{
	gather_word(
		catalogue, RULE_ALPN, record->l7.alpn, confidences[EVIDENCE_PROTOCOL], candidates);
	if (record->direction != RECORD_DIRECTION_INBOUND) {
		gather_word(catalogue, RULE_USER_AGENT, record->l7.product, CONFIDENCE_PRODUCT,
			candidates);
	}
}

/* The label of a resolver in the hello's name: it hides look-ups whosever it is, and is probably a
 * resolver where nobody knows whose. */
static void gather_label(const struct catalogue *catalogue, const struct record *record,
	const struct hello *hello, const struct match *own, struct candidates *candidates)
{
	const struct l7_info *l7 = &record->l7;
	unsigned place = (unsigned)(hello->name - l7->names);

	bool may_ask = is_encrypted(l7) || l7->protocol == L7_HTTP;

	if (!may_ask || own->hides != APP_HIDES_NOTHING) {
		return;
	}
	struct match match = catalogue_match_label(
		catalogue, l7_info_name(l7, place), hello->name->length, remote_port(record));
	if (match.hides != APP_HIDES_LOOKUPS) {
		return;
	}
	if (own->app == 0) {
		match.weak = true;
		add(catalogue, candidates, match, name_evidence[hello->name->source],
			CONFIDENCE_WEAK, place, false);
	} else {
		candidates->hides_lookups |= !match.weak;
	}
}

/* Services of the network itself, whoever offers them: asking Apple what time it is uses no app of
 * Apple's. */
static bool is_network_service(const struct l7_info *l7)
{
	return l7->protocol == L7_NTP || l7->protocol == L7_DHCP || l7->protocol == L7_SNMP ||
	       l7->protocol == L7_SSDP || l7->protocol == L7_RADIUS || l7->protocol == L7_SYSLOG ||
	       l7->protocol == L7_NETFLOW || l7->protocol == L7_ICMP;
}

static bool names_its_server(const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		enum name_source source = l7->names[i].source;
		if (source == NAME_TLS_SNI || source == NAME_QUIC_SNI || source == NAME_HTTP_HOST) {
			return true;
		}
	}
	return false;
}

/* Behind a public resolver's address other names may be served, too: a client that asks for one of
 * them looks nothing up. */
static bool is_other_than_resolver(
	const struct l7_info *l7, const struct candidates *candidates, const struct match *match)
{
	if (match->hides != APP_HIDES_LOOKUPS || !names_its_server(l7)) {
		return false;
	}
	for (unsigned i = 0; i < candidates->count; i++) {
		if (candidates->items[i].match.app == match->app) {
			return false;
		}
	}
	return true;
}

/* Between two machines of the app's own network its address says nothing: whoever runs the network
 * uses no app by talking inside it. */
static bool is_own_prefix(
	const struct catalogue *catalogue, const struct record *record, uint16_t app)
{
	const struct addr *own = record_own_addr(record);

	return app != 0 && catalogue_match_addr(catalogue, own, remote_port(record)).app == app;
}

/* Addresses speak about flows that go to them: not about a crawler that calls us, and not about
 * ICMP. */
static void gather_addresses(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates)
{
	if (!has_ports(record) || record->direction == RECORD_DIRECTION_INTERNAL ||
		(record->direction == RECORD_DIRECTION_INBOUND && record->flow.start_seen)) {
		return;
	}
	struct match match =
		catalogue_match_addr(catalogue, record_remote_addr(record), remote_port(record));
	if (is_other_than_resolver(&record->l7, candidates, &match) ||
		is_own_prefix(catalogue, record, match.app)) {
		return;
	}
	add(catalogue, candidates, match, EVIDENCE_PREFIX, confidences[EVIDENCE_PREFIX],
		NAME_INDEX_NONE, false);
}

static bool is_any_tunnel(const struct l7_info *l7)
{
	return (l7->protocol == L7_WIREGUARD || l7->protocol == L7_OPENVPN ||
		       l7->protocol == L7_IPSEC) &&
	       l7->app_hint != APP_HINT_TAILSCALE;
}

/* The format of a tunnel tells that it hides, and not who runs it. Names and addresses of a service
 * that hides as much do. */
static void name_tunnel(const struct l7_info *l7, struct candidates *candidates)
{
	struct candidate *format = NULL;
	const struct candidate *provider = NULL;

	for (unsigned i = 0; i < candidates->count && is_any_tunnel(l7); i++) {
		struct candidate *candidate = &candidates->items[i];
		if (candidate->ignored || candidate->ground != CANDIDATE_SOUND ||
			candidate->match.hides != APP_HIDES_CONTENT) {
			continue;
		}
		if (candidate->evidence == EVIDENCE_PROTOCOL) {
			format = candidate;
		} else if (!provider) {
			provider = candidate;
		}
	}
	if (format && provider) {
		format->match.app = provider->match.app;
		format->match.region = provider->match.region;
		format->confidence = provider->confidence;
	}
}

void candidates_gather(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates)
{
	const struct l7_info *l7 = &record->l7;
	struct match matches[L7_INFO_NAMES_MAX];

	candidates->count = 0;
	candidates->hides_lookups = false;
	candidates->is_lookup = is_lookup(l7);
	if (candidates->is_lookup || is_network_service(l7)) {
		return;
	}
	match_names(catalogue, l7, matches);
	struct hello hello = read_hello(catalogue, l7, matches);
	gather_names(catalogue, l7, matches, &hello, false, candidates);
	if (hello.name) {
		gather_label(
			catalogue, record, &hello, &matches[hello.name - l7->names], candidates);
	}
	if (!is_by_port(record)) {
		gather_protocol(catalogue, record, candidates);
	}
	gather_words(catalogue, record, candidates);
	gather_names(catalogue, l7, matches, &hello, true, candidates);
	doubt_lookups(catalogue, candidates);
	if (is_shared(catalogue, l7, matches, &hello)) {
		doubt_each(candidates, EVIDENCE_DNS, CANDIDATE_SHARED, CONFIDENCE_WEAK);
	} else if (l7->is_lookup_old) {
		doubt_each(candidates, EVIDENCE_DNS, CANDIDATE_OLD, CONFIDENCE_WEAK);
	}
	doubt_other_end(record, candidates);
	gather_addresses(catalogue, record, candidates);
	name_tunnel(l7, candidates);
	if (is_by_port(record)) {
		gather_protocol(catalogue, record, candidates);
	}
	gather_unasked(catalogue, l7, matches, &hello, candidates);
}

/* Of those of one ground the first app of its own, else the first infrastructure; of hellos that
 * contradict each other the last one, since decoys are sent first. */
static const struct candidate *choose(const struct catalogue *catalogue,
	const struct candidates *candidates, enum candidate_ground ground)
{
	const struct candidate *infrastructure = NULL;

	for (unsigned i = 0; i < candidates->count; i++) {
		unsigned at = ground == CANDIDATE_CONTESTED ? candidates->count - 1 - i : i;
		const struct candidate *candidate = &candidates->items[at];
		if (candidate->ignored || candidate->ground != ground) {
			continue;
		}
		if (!catalogue_app(catalogue, candidate->match.app)->shared) {
			return candidate;
		}
		if (!infrastructure) {
			infrastructure = candidate;
		}
	}
	return infrastructure;
}

const struct candidate *candidates_choose(
	const struct catalogue *catalogue, const struct candidates *candidates)
{
	const struct candidate *sound = choose(catalogue, candidates, CANDIDATE_SOUND);
	const struct candidate *doubtful = NULL;

	for (enum candidate_ground ground = CANDIDATE_CONTESTED;
		!doubtful && ground < CANDIDATE_UNASKED; ground++) {
		doubtful = choose(catalogue, candidates, ground);
	}
	if (sound && (!doubtful || !catalogue_app(catalogue, sound->match.app)->shared)) {
		return sound;
	}
	if (doubtful) {
		return doubtful;
	}
	return sound ? sound : choose(catalogue, candidates, CANDIDATE_UNASKED);
}
