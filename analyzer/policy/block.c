#include "analyzer/policy/block.h"

#include <string.h>

#include "base/clock.h"
#include "collector/packet.h"

enum {
	/* Less than this in all is an alert of TLS (7 or 31 bytes a record, RFC 8446 section 6,
	 * sent by whoever closes), not an answer. A ServerHello has more than 80. */
	ANSWER_BYTES_MIN = 48,
	TCP_IPV4_HEADERS = 40,
	TCP_IPV6_HEADERS = 60,
	/* Options: 20 bytes in the first segment, and 12 of timestamps in each later one where the
	 * systems use them. A blocked connection has few segments; in a longer one the options that
	 * are not there must not hide the answer that is. */
	SYN_OPTIONS = 20,
	TIMESTAMP_OPTIONS = 12,
	OPTION_SEGMENTS_MAX = 16,
	UDP_IPV4_HEADERS = 28,
	UDP_IPV6_HEADERS = 48,
};

enum {
	/* So much each way is no page of a firewall, and no handshake. */
	CLEAR_BYTES = 10000,
	/* No page of a firewall is larger, pictures included; no client sends it so much. */
	PAGE_BYTES_MAX = 40000,
	PAGE_REQUEST_MAX = 16000,
	/* A handshake of the service's side, with a long chain of certificates. */
	HANDSHAKE_BYTES_MAX = 10000,
	RETRANSMISSIONS_TELLING = 3,
};

/* A client that waits so long for an answer to its hello did not hang up by itself. */
#define PATIENCE_NS (3 * NS_PER_S)

/* Which counters of a flow the service sent. */
static unsigned service_end(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? 1 : 0;
}

/* The payload that certainly is within these packets and IP bytes of one direction. */
static uint64_t payload_least(const struct record *record, uint64_t packets, uint64_t bytes)
{
	bool is_v4 = addr_is_v4(&record->flow.source);
	uint64_t headers;

	if (record->flow.protocol != IP_PROTOCOL_TCP) {
		headers = packets * (is_v4 ? UDP_IPV4_HEADERS : UDP_IPV6_HEADERS);
	} else {
		uint64_t optioned = packets < OPTION_SEGMENTS_MAX ? packets : OPTION_SEGMENTS_MAX;
		headers = packets * (is_v4 ? TCP_IPV4_HEADERS : TCP_IPV6_HEADERS) + SYN_OPTIONS +
			  TIMESTAMP_OPTIONS * optioned;
	}
	return bytes > headers ? bytes - headers : 0;
}

/* One datagram may be a whole message; a TCP stream must show more than its closing. */
static bool has_message(const struct record *record, uint64_t packets, uint64_t bytes)
{
	uint64_t least = record->flow.protocol == IP_PROTOCOL_TCP ? ANSWER_BYTES_MIN : 1;

	return payload_least(record, packets, bytes) >= least;
}

bool service_had_answered(const struct record *record)
{
	unsigned end = service_end(record);

	return has_message(record, record->flow.total_packets[end] - record->flow.packets[end],
		record->flow.total_bytes[end] - record->flow.bytes[end]);
}

static bool has_spoken(const struct record *record, unsigned end)
{
	return has_message(record, record->flow.total_packets[end], record->flow.total_bytes[end]);
}

static uint64_t payload_of(const struct record *record, unsigned end)
{
	return payload_least(
		record, record->flow.total_packets[end], record->flow.total_bytes[end]);
}

bool block_is_one_way(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned service = service_end(record);
	bool is_open = flow->tcp_state != TCP_STATE_SYN && flow->tcp_state != TCP_STATE_NONE &&
		       flow->tcp_state != TCP_STATE_REFUSED;

	if (flow->total_packets[1 - service] == 0) {
		return true;
	}
	/* An acknowledgement proves the answer that is not here. */
	return flow->total_packets[service] == 0 && flow->protocol == IP_PROTOCOL_TCP && is_open;
}

static bool is_in(const struct prefix_index *index, const struct addr *addr)
{
	return index && prefix_index_find(index, addr) != PREFIX_NONE;
}

static bool is_page_issuer(const struct blocking *declared, const struct l7_info *l7)
{
	for (uint32_t i = 0; i < declared->page_issuer_count; i++) {
		if (declared->page_issuers[i] == l7->issuers[0] ||
			declared->page_issuers[i] == l7->issuers[1]) {
			return true;
		}
	}
	return false;
}

/* Those who sign for the public, by the organisation in their names: no firewall is among them. */
static const char *const public_issuers[] = { "let's encrypt", "digicert inc", "digicert, inc.",
	"globalsign nv-sa", "google trust services", "google trust services llc", "amazon",
	"sectigo limited", "comodo ca limited", "microsoft corporation", "entrust, inc.",
	"godaddy.com, inc.", "starfield technologies, inc.", "cloudflare, inc.", "apple inc.",
	"buypass as-983163327", "telia finland oyj", "telia company ab", "telia cygate oy",
	"swisssign ag", "actalis s.p.a.", "quovadis limited", "identrust", "zerossl",
	"geant vereniging", "ssl corporation", "certainly", "trustasia technologies, inc.",
	"commfides norge as", "geotrust inc.", "thawte, inc.", "verisign, inc.",
	"hellenic academic and research institutions ca", "unizeto technologies s.a.",
	"asseco data systems s.a.", "baltimore", "google inc", "cybertrust, inc", "cybertrust inc",
	"akamai technologies inc", "thawte consulting cc", "thawte consulting",
	"rsa data security, inc.", "verisign trust network", "symantec corporation", "equifax",
	"equifax secure inc.", "the usertrust network", "addtrust ab", "gandi",
	"trustwave holdings, inc.", "network solutions l.l.c.", "startcom ltd.",
	"wosign ca limited", "cpanel, inc.", "rapidssl", "alphassl", "gte corporation",
	"entrust.net", "comodo limited", "terena", "verizon enterprise solutions",
	"akamai technologies, inc.", "internet2", "e-tugra" };

bool block_is_public_issuer(const struct l7_info *l7)
{
	for (size_t i = 0; l7->issuers[1] && i < sizeof(public_issuers) / sizeof(char *); i++) {
		const char *name = public_issuers[i];
		if (l7_issuer_hash(name, strlen(name)) == l7->issuers[1]) {
			return true;
		}
	}
	return false;
}

/* A page and what is asked of it. More than that is no page, whoever signed it: a firewall may open
 * what it lets through with the same issuer, and whoever runs a server gives it any issuer. */
static bool has_size_of_page(const struct record *record)
{
	unsigned service = service_end(record);

	return payload_of(record, service) < PAGE_BYTES_MAX &&
	       payload_of(record, 1 - service) < PAGE_REQUEST_MAX;
}

/* May the answer be a page of a firewall that nobody told us about? Not where the certificate can
 * be seen and is not the declared firewall's, and not where its pages have declared networks. */
static bool may_be_page(const struct record *record, const struct blocking *declared)
{
	const struct l7_info *l7 = &record->l7;
	unsigned service = service_end(record);
	bool closed_by_service = record->flow.left_first ==
				 (service == 1 ? FLOW_LEFT_DESTINATION : FLOW_LEFT_SOURCE);
	bool issuer_is_seen = l7->issuers[0] != 0 || l7->issuers[1] != 0;

	if (!has_size_of_page(record) || declared->page_networks ||
		(declared->page_issuer_count > 0 && issuer_is_seen) || block_is_public_issuer(l7)) {
		return false;
	}
	return closed_by_service || declared->network_blocks || declared->page_issuer_count > 0;
}

static bool is_clear(const struct record *record)
{
	return payload_of(record, 0) >= CLEAR_BYTES && payload_of(record, 1) >= CLEAR_BYTES;
}

/* The hello went out and nothing of the service came back. */
static enum block_outcome outcome_of_silence(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned service = service_end(record), device = 1 - service;
	enum flow_left device_left = device == 0 ? FLOW_LEFT_SOURCE : FLOW_LEFT_DESTINATION;
	bool has_waited = flow->end_ns - flow->flow_start_ns >= PATIENCE_NS ||
			  flow->retransmissions > 0 || flow->end == FLOW_END_IDLE;

	if (!has_spoken(record, device)) {
		return BLOCK_NONE; /* nothing was asked */
	}
	if ((flow->tcp_flags[service] & TCP_RST) ||
		(flow->left_first != FLOW_LEFT_NOBODY && flow->left_first != device_left)) {
		return BLOCK_DROPPED_AFTER_HELLO;
	}
	return has_waited ? BLOCK_DROPPED_AFTER_HELLO : BLOCK_UNSURE;
}

/* The service shook hands and then nothing of its own followed. */
static enum block_outcome outcome_of_handshake(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	unsigned service = service_end(record);
	enum flow_left service_left = service == 1 ? FLOW_LEFT_DESTINATION : FLOW_LEFT_SOURCE;
	bool is_small = payload_of(record, service) < HANDSHAKE_BYTES_MAX;
	bool was_reset =
		flow->left_first == service_left && (flow->tcp_flags[service] & TCP_RST) != 0;
	bool fell_silent = flow->retransmissions >= RETRANSMISSIONS_TELLING &&
			   flow->left_first != service_left;

	return is_small && (was_reset || fell_silent) ? BLOCK_DROPPED_AFTER_HELLO : BLOCK_UNSURE;
}

static bool is_encrypted(const struct l7_info *l7)
{
	return l7->protocol == L7_TLS || l7->protocol == L7_QUIC || l7->protocol == L7_HTTP2;
}

/* So far only with the proxy, of what it is to be connected with. */
static bool is_talk_with_proxy(const struct l7_info *l7)
{
	return l7->through_proxy && l7->through_proxy != L7_PROXY_FETCHES &&
	       (l7->protocol == L7_HTTP || l7->protocol == L7_SOCKS);
}

/* Both have said something. */
static enum block_outcome outcome_of_talk(
	const struct record *record, const struct blocking *declared)
{
	const struct l7_info *l7 = &record->l7;
	bool is_last = record->flow.is_last;

	if (is_clear(record)) {
		return BLOCK_PASSED;
	}
	if (is_talk_with_proxy(l7)) {
		return is_last ? BLOCK_UNSURE : BLOCK_NONE;
	}
	switch (l7->exchange) {
	case L7_EXCHANGE_MORE:
		return BLOCK_PASSED;
	case L7_EXCHANGE_ONE:
		if (!may_be_page(record, declared)) {
			return BLOCK_PASSED;
		}
		return is_last ? BLOCK_UNSURE : BLOCK_NONE;
	case L7_EXCHANGE_NONE:
		return is_last ? outcome_of_handshake(record) : BLOCK_NONE;
	default:
		break;
	}
	/* Nobody followed it: from the middle on it is past its handshake; what the capture cut
	 * off could be anything. */
	if (record->flow.tcp_state == TCP_STATE_MIDSTREAM ||
		(!is_encrypted(l7) && !l7->not_captured)) {
		return BLOCK_PASSED;
	}
	return is_last ? BLOCK_UNSURE : BLOCK_NONE;
}

static enum block_outcome outcome_of_tcp(
	const struct record *record, const struct blocking *declared)
{
	const struct flow_record *flow = &record->flow;
	unsigned service = service_end(record);
	bool was_reset = flow->tcp_flags[service] & TCP_RST;

	switch (flow->tcp_state) {
	case TCP_STATE_SYN:
		return flow->is_last ? BLOCK_DROPPED : BLOCK_NONE;
	case TCP_STATE_SYN_ACK:
		return !flow->is_last ? BLOCK_NONE : was_reset ? BLOCK_REFUSED : BLOCK_UNSURE;
	case TCP_STATE_REFUSED:
		return BLOCK_REFUSED;
	default:
		break;
	}
	if (is_talk_with_proxy(&record->l7) && record->l7.through_proxy == L7_PROXY_REFUSED) {
		return flow->is_last ? BLOCK_BLOCK_PAGE : BLOCK_NONE;
	}
	if (has_spoken(record, service) && has_spoken(record, 1 - service)) {
		return outcome_of_talk(record, declared);
	}
	return flow->is_last ? outcome_of_silence(record) : BLOCK_NONE;
}

/* A single question may have lost its answer on the way to us. */
static enum block_outcome outcome_of_lookup(const struct record *record)
{
	if (record->l7.dns_blocked) {
		return BLOCK_DNS;
	}
	if (!record->l7.dns_unanswered) {
		return BLOCK_NONE;
	}
	return record->flow.total_packets[0] > 1 ? BLOCK_DNS : BLOCK_UNSURE;
}

static enum block_outcome outcome_of_datagrams(
	const struct record *record, const struct blocking *declared)
{
	unsigned service = service_end(record);

	if (has_spoken(record, service)) {
		return outcome_of_talk(record, declared);
	}
	return record->flow.is_last ? BLOCK_DROPPED : BLOCK_NONE;
}

enum block_outcome block_outcome_of(const struct record *record, const struct blocking *declared)
{
	const struct flow_record *flow = &record->flow;
	const struct addr *remote = record_remote_addr(record);

	if (record->l7.protocol == L7_DNS) {
		return outcome_of_lookup(record);
	}
	if (block_is_one_way(record)) {
		return BLOCK_NONE;
	}
	if (is_in(declared->sinkholes, remote)) {
		return BLOCK_DNS;
	}
	if (is_in(declared->page_networks, remote) ||
		(is_page_issuer(declared, &record->l7) && has_size_of_page(record))) {
		return BLOCK_BLOCK_PAGE;
	}
	switch (flow->protocol) {
	case IP_PROTOCOL_TCP:
		return outcome_of_tcp(record, declared);
	case IP_PROTOCOL_UDP:
	case IP_PROTOCOL_SCTP:
		return outcome_of_datagrams(record, declared);
	default:
		return BLOCK_NONE;
	}
}

/* The name in the policy is part of the issuer's, and perhaps not all of it by mistake. */
static bool resembles_page_issuer(const struct blocking *declared, const struct l7_info *l7)
{
	const char *issuer = l7_info_issuer(l7);

	for (uint32_t i = 0; i < declared->page_issuer_count; i++) {
		const char *name = declared->page_issuer_names[i];
		if (name && name[0] && strcasestr(issuer, name)) {
			return true;
		}
	}
	return false;
}

/* Who answered a hello: somebody known not to be the firewall? Over QUIC firewalls do not answer,
 * they drop. */
static bool is_answer_of_service(const struct record *record, const struct blocking *declared)
{
	const struct l7_info *l7 = &record->l7;
	bool issuer_is_seen = l7->issuers[0] != 0 || l7->issuers[1] != 0;

	return record->flow.protocol == IP_PROTOCOL_UDP || block_is_public_issuer(l7) ||
	       (issuer_is_seen && declared->page_issuer_count > 0 &&
		       !resembles_page_issuer(declared, l7));
}

enum block_outcome block_outcome_of_probe(
	const struct record *record, const struct blocking *declared)
{
	enum block_outcome outcome = block_outcome_of(record, declared);
	unsigned service = service_end(record);
	bool is_tcp = record->flow.protocol == IP_PROTOCOL_TCP;

	if (block_is_one_way(record) ||
		(outcome != BLOCK_UNSURE && outcome != BLOCK_NONE && outcome != BLOCK_PASSED)) {
		return outcome;
	}
	if (is_tcp && !record->l7.server_hello) {
		return BLOCK_DROPPED_AFTER_HELLO; /* the probe has waited */
	}
	return has_spoken(record, service) && is_answer_of_service(record, declared) ? BLOCK_PASSED
										     : BLOCK_UNSURE;
}
