/* DNS over UDP and TCP, mDNS, LLMNR and NetBIOS name service. Answers of DNS fill the names table;
 * the others speak of the neighbourhood's own devices, so nothing of theirs but the protocol is
 * kept. */
#include "analyzer/classify/dissect/dns.h"

#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/ech_names.h"
#include "analyzer/classify/dns_questions.h"
#include "analyzer/classify/lookups.h"

enum { PORT_DNS = 53, PORT_NETBIOS = 137, PORT_MDNS = 5353, PORT_LLMNR = 5355 };

/* The names that came with the address, as one l7 info: the question, then where it led. */
static uint32_t names_of_answer(
	const struct dissection *dissection, const struct dns_message *dns, bool was_asked)
{
	enum name_source question = was_asked ? NAME_DNS_QUERY : NAME_DNS_UNASKED;
	enum name_source alias = was_asked ? NAME_DNS_CNAME : NAME_DNS_UNASKED;
	struct l7_info found;
	enum { ROOM_FOR_A_BETTER_NAME = L7_INFO_NAME_MAX + 1 };

	l7_info_clear(&found);
	l7_info_add_name(&found, question, dns->question.text, dns->question.length);
	for (unsigned i = 0; i < dns->chain_count; i++) {
		if (found.text_length + dns->chain[i].length + 1 >
			L7_INFO_TEXT_MAX - ROOM_FOR_A_BETTER_NAME) {
			break;
		}
		l7_info_add_name(&found, alias, dns->chain[i].text, dns->chain[i].length);
	}
	return l7_info_store_add(dissection->tables->store, &found);
}

/* A resolver's answer that leads nowhere. Without addresses that is so for the IPv4 address alone:
 * many names have none of the others. Referrals and other words of servers that do not resolve
 * (without RA) are no answers. */
static bool is_blocked(const struct dns_message *dns)
{
	if (dns->code == DNS_CODE_NXDOMAIN || dns->code == DNS_CODE_REFUSED) {
		return true;
	}
	if (dns->code == DNS_CODE_NONE && dns->answer_count == 0 && dns->resolves &&
		dns->question_type == DNS_TYPE_A) {
		return true;
	}
	for (unsigned i = 0; i < dns->address_count; i++) {
		if (!dns_is_sinkhole(&dns->addresses[i])) {
			return false;
		}
	}
	return dns->address_count > 0;
}

static bool leads_somewhere(const struct dns_message *dns)
{
	return dns->address_count > 0 && !is_blocked(dns);
}

static struct dns_question question_of(
	const struct dissection *dissection, const struct dns_message *dns)
{
	bool is_answer = dns->is_response;

	return (struct dns_question){ .client =
					      is_answer ? dissection->receiver : dissection->sender,
		.server = is_answer ? dissection->sender : dissection->receiver,
		.client_port = is_answer ? dissection->receiver_port : dissection->sender_port,
		.server_port = is_answer ? dissection->sender_port : dissection->receiver_port,
		.id = dns->id,
		.type = dns->question_type,
		.name = dns->question.text,
		.length = dns->question.length,
		.asker = dissection->asker };
}

/* Keeps the names for each address that the client got, and that it looked the name up. */
static void note_addresses(const struct dissection *dissection, const struct dns_message *dns,
	bool was_asked, uint16_t asker)
{
	struct dissect_tables *tables = dissection->tables;
	struct names *names = tables->names;
	const struct addr *client = &dissection->receiver;
	struct names_place places[DNS_ADDRESSES_MAX], lookup = { 0 };

	if (was_asked) {
		lookup = names_prefetch_lookup(
			names, client, dns->question.text, dns->question.length);
	}
	for (unsigned i = 0; i < dns->address_count; i++) {
		places[i] = names_prefetch(names, client, &dns->addresses[i]);
	}
	uint32_t l7 = dns->question.length > 0 ? names_of_answer(dissection, dns, was_asked) : 0;
	const struct names_answer answer = { l7, dns->ttl_s, was_asked, asker };
	for (unsigned i = 0; l7 && i < dns->address_count; i++) {
		if (!dns_is_sinkhole(&dns->addresses[i])) {
			names_add(names, places[i], client, &dns->addresses[i], &answer,
				dissection->time_ns);
		}
	}
	if (was_asked) {
		names_note_lookup(names, lookup, dissection->time_ns);
	}
	l7_info_store_release(tables->store, l7);
}

/* The client has had an answer to this question. */
static void contest_addresses(const struct dissection *dissection, const struct dns_message *dns)
{
	for (unsigned i = 0; i < dns->address_count; i++) {
		names_contest(dissection->tables->names, &dissection->receiver, &dns->addresses[i],
			dns->question.text, dns->question.length, dissection->time_ns);
	}
}

/* What an answer that nobody asked for can do is to lend its names, marked as such, to flows that
 * nothing better is known of. That the client asks at all is noted while answers are few, and now
 * and then where they are many. */
static void remember_answer(struct dissection *dissection, const struct dns_message *dns,
	bool was_asked, uint16_t asker)
{
	enum { ANSWERS_FEW = 256, NOW_AND_THEN = 15 };
	struct dissect_tables *tables = dissection->tables;

	tables->dns_answers += was_asked;
	tables->dns_unasked += !was_asked;
	bool is_time = tables->dns_answers < ANSWERS_FEW || (dns->id & NOW_AND_THEN) == 0;
	if (was_asked && is_time) {
		names_note_lookup(tables->names,
			names_prefetch_lookup(tables->names, &dissection->receiver, "", 0),
			dissection->time_ns);
	}
	if (was_asked && dns->ech_public_name.length > 0 &&
		strcmp(dns->ech_public_name.text, dns->question.text) != 0) {
		ech_names_learn(
			tables->ech, dns->ech_public_name.text, dns->ech_public_name.length);
	}
	if (dns->address_count > 0) {
		note_addresses(dissection, dns, was_asked, asker);
	}
}

/* What the flow itself shows: the first name asked for, and whether that one was refused. A name
 * that the table knew for the resolver's address is the resolver's, not what was asked. */
static void note_flow(struct dissection *dissection, const struct dns_message *dns, bool was_asked)
{
	struct l7_info *l7 = dissection->l7;

	if (l7->protocol != L7_DNS) {
		l7_info_drop_names(l7);
		l7->protocol = L7_DNS;
	}
	if (!l7_info_have_source(l7, NAME_DNS_QUERY)) {
		l7_info_add_name(l7, NAME_DNS_QUERY, dns->question.text, dns->question.length);
	}
	l7->dns_of_self |= dns->question_type == DNS_TYPE_SOA || dns->opcode == DNS_OPCODE_UPDATE;
	if (!dns->is_response || !was_asked || l7->name_count == 0 ||
		strcmp(l7_info_name(l7, 0), dns->question.text) != 0) {
		return;
	}
	if (leads_somewhere(dns) && !l7->dns_answered) {
		l7->dns_address = dns->addresses[0];
		l7->dns_answered = true;
	}
	l7->dns_blocked = !l7->dns_answered && (l7->dns_blocked || is_blocked(dns));
}

static bool read_message(struct dissection *dissection, struct reader message)
{
	struct dns_message dns;

	if (!dns_parse(message, &dns)) {
		dissection->tables->dns_malformed++;
		return false;
	}
	struct dns_question question = question_of(dissection, &dns);
	struct dissect_tables *tables = dissection->tables;
	int32_t asked =
		dns.is_response && !dissection->is_hearsay
			? dns_questions_answer(tables->questions, &question, dissection->time_ns)
			: -1;
	note_flow(dissection, &dns, asked >= 0);
	if (asked >= 0) {
		dns_learn_own(dissection, message, &dns);
	}
	dns_learn_wish(dissection, &dns);
	if (dns.is_response) {
		if (tables->lookups) {
			lookups_answer(tables->lookups, asked);
		}
		if (asked < 0 && question.is_second && !dissection->is_hearsay) {
			contest_addresses(dissection, &dns);
		}
		remember_answer(dissection, &dns, asked >= 0, question.asker);
		return true;
	}
	if (dissection->is_hearsay) {
		return true;
	}
	asked = dns_questions_add(tables->questions, &question, dissection->time_ns);
	if (tables->lookups && asked >= 0) {
		lookups_ask(tables->lookups, asked);
	}
	return true;
}

/* The name service of NetBIOS (RFC 1002, 4.2.1.1) looks like DNS, with 32-byte first labels. */
static bool is_netbios(struct reader in)
{
	reader_skip(&in, 4);
	uint16_t questions = reader_u16(&in), answers = reader_u16(&in);
	reader_skip(&in, 4);
	uint8_t label = reader_u8(&in);

	return reader_ok(&in) && questions + answers >= 1 && questions + answers <= 8 &&
	       label == 32;
}

/* One flow carries all that a machine says to its link: where its names are wanted, all is read. */
static enum dissect_result claim_neighbours(
	struct dissection *dissection, enum l7_protocol protocol)
{
	bool is_wanted = dissection->tables->own.is_own != NULL;

	dissection->l7->protocol = (uint8_t)protocol;
	dissection->other_done = !is_wanted;
	return is_wanted ? DISSECT_MORE : DISSECT_DONE;
}

static bool read_neighbour(struct dissection *dissection, struct reader message)
{
	struct dns_message dns;

	if (!dns_parse(message, &dns)) {
		return false;
	}
	dns_learn_neighbours(dissection, message, &dns);
	l7_info_drop_names(dissection->l7);
	return true;
}

static enum dissect_result read_neighbours(struct dissection *dissection, enum l7_protocol protocol)
{
	return read_neighbour(dissection, dissection->in) ? claim_neighbours(dissection, protocol)
							  : DISSECT_OTHER;
}

/* DNSCrypt asks for its certificate by plain DNS, on the port of what follows. */
static bool asks_for_dnscrypt(const struct dns_message *dns)
{
	static const char certificate[] = "2.dnscrypt-cert.";

	return strncmp(dns->question.text, certificate, sizeof(certificate) - 1) == 0;
}

/* On any other port a question must be one to its last byte. */
static enum dissect_result read_elsewhere(struct dissection *dissection)
{
	struct dns_message dns;

	if (!dns_parse(dissection->in, &dns)) {
		return DISSECT_OTHER;
	}
	if (asks_for_dnscrypt(&dns)) {
		l7_info_drop_names(dissection->l7);
		dissection->l7->protocol = L7_DNSCRYPT;
		dissection->l7->hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	} else if (dns_is_plain_question(dissection->in)) {
		note_flow(dissection, &dns, false);
	} else {
		return DISSECT_OTHER;
	}
	dissection->other_done = true;
	return DISSECT_DONE;
}

static enum dissect_result dns_datagram(struct dissection *dissection)
{
	if (dissection_has_port(dissection, PORT_DNS)) {
		bool is_dns = read_message(dissection, dissection->in);
		return is_dns || dissection->l7->protocol == L7_DNS ? DISSECT_MORE : DISSECT_OTHER;
	}
	if (dissection_has_port(dissection, PORT_MDNS)) {
		return read_neighbours(dissection, L7_MDNS);
	}
	if (dissection_has_port(dissection, PORT_LLMNR)) {
		return read_neighbours(dissection, L7_LLMNR);
	}
	if (dissection_has_port(dissection, PORT_NETBIOS) && is_netbios(dissection->in)) {
		dns_learn_netbios(dissection, dissection->in);
		return claim_neighbours(dissection, L7_NETBIOS);
	}
	return read_elsewhere(dissection);
}

/* Over TCP each message has its length before it (RFC 1035, 4.2.2), and a connection may carry
 * many; LLMNR as well (RFC 4795, 2.5). */
static enum dissect_result dns_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool is_dns = dissection_has_port(dissection, PORT_DNS);
	uint8_t protocol = is_dns ? L7_DNS : L7_LLMNR;
	bool is_ours = dissection->l7->protocol == protocol;

	if (!is_dns && !dissection_has_port(dissection, PORT_LLMNR)) {
		return DISSECT_OTHER;
	}
	while (reader_left(&in) >= 2) {
		struct reader ahead = in;
		uint16_t bytes = reader_u16(&ahead);
		if (bytes < 12 || bytes > REASSEMBLY_BYTES_MAX - 2) {
			return is_ours ? DISSECT_DONE : DISSECT_OTHER;
		}
		struct reader message = reader_sub(&ahead, bytes);
		if (!reader_ok(&ahead)) {
			break;
		}
		bool is_read = is_dns ? read_message(dissection, message)
				      : read_neighbour(dissection, message);
		if (!is_read) {
			return is_ours ? DISSECT_DONE : DISSECT_OTHER;
		}
		dissection->l7->protocol = protocol;
		is_ours = true;
		in = ahead;
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	return DISSECT_MORE;
}

/* The bit that is set in answers (RFC 1035, 4.1.1). */
static enum dissect_began dns_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, 2);
	bool answers = reader_u8(&in) & 0x80;
	reader_skip(&in, 1);
	bool fits = reader_u16(&in) == 1 && reader_left(&in) >= 6 &&
		    dissection_has_port(dissection, PORT_DNS);
	return began_by(fits && !answers, fits && answers);
}

const struct dissector dissector_dns = { .protocol = L7_DNS,
	.stream = dns_stream,
	.datagram = dns_datagram,
	.datagram_began = dns_began,
	.is_one_sided = true, /* on other ports questions alone */
	.endless = true };
