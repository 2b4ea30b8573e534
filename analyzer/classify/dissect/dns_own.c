/* Names of ours in DNS: in answers those that lead to an address of ours or from one, and what
 * machines of ours want to be called. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/dns.h"

/* The address whose name is asked for (RFC 1035, 3.5; RFC 3596, 2.5). */
static bool read_reverse(const struct dns_name *name, struct addr *addr)
{
	static const char v4_end[] = "in-addr.arpa", v6_end[] = "ip6.arpa";
	const char *at = name->text;
	uint8_t bytes[16] = { 0 };
	unsigned count = 0;
	bool is_v6 = strstr(at, v6_end) != NULL;
	unsigned parts = is_v6 ? 32 : 4, base = is_v6 ? 16 : 10, most = is_v6 ? 15 : 255;

	for (; count < parts; count++) {
		char *end;
		unsigned long part = strtoul(at, &end, (int)base);
		if (end == at || *end != '.' || part > most) {
			return false;
		}
		if (is_v6) {
			bytes[15 - count / 2] |= (uint8_t)(part << (count % 2 * 4));
		} else {
			bytes[3 - count] = (uint8_t)part;
		}
		at = end + 1;
	}
	*addr = is_v6 ? addr_from_v6(bytes) : addr_from_v4(bytes);
	return strcmp(at, is_v6 ? v6_end : v4_end) == 0;
}

static bool is_own_record(const struct own_network *own, struct dns_record *record)
{
	bool is_v6 = record->type == DNS_TYPE_AAAA;
	bool is_address = is_v6 || record->type == DNS_TYPE_A;
	const uint8_t *bytes = is_address ? reader_bytes(&record->data, is_v6 ? 16 : 4) : NULL;
	struct addr addr;

	if (!bytes || record->class_ != DNS_CLASS_IN) {
		return false;
	}
	addr = is_v6 ? addr_from_v6(bytes) : addr_from_v4(bytes);
	return own_network_has(own, &addr);
}

/* What was not asked for an address: names of one of ours; and a service that a machine of ours
 * offers, whose address comes beside the answer. That says something of the name that was asked for
 * alone: who answers for it may write anything beside it. */
static void learn_of_records(
	const struct own_network *own, struct reader message, const struct dns_message *dns)
{
	struct reader in = message;
	struct dns_record record;
	struct dns_name name;
	struct addr asked;
	bool is_reverse = dns->question_type == DNS_TYPE_PTR &&
			  read_reverse(&dns->question, &asked) && own_network_has(own, &asked);

	reader_skip(&in, 4);
	unsigned questions = reader_u16(&in), records = reader_u16(&in);
	records += reader_u16(&in);
	records += reader_u16(&in);
	for (; questions > 0 && dns_read_name(message, &in, &name); questions--) {
		reader_skip(&in, 4);
	}
	records = records < DNS_RECORDS_MAX ? records : DNS_RECORDS_MAX;
	for (; records > 0 && dns_read_record(message, &in, &record); records--) {
		if (is_reverse && record.type == DNS_TYPE_PTR &&
			dns_read_name(message, &record.data, &name)) {
			own->learn(own->whose, name.text);
		} else if (is_own_record(own, &record)) {
			own->learn(own->whose, dns->question.text);
		}
	}
}

static bool leads_to_us(const struct own_network *own, const struct dns_message *dns)
{
	for (unsigned i = 0; i < dns->address_count; i++) {
		if (own_network_has(own, &dns->addresses[i])) {
			return true;
		}
	}
	return false;
}

void dns_learn_own(
	const struct dissection *dissection, struct reader message, const struct dns_message *dns)
{
	const struct own_network *own = &dissection->tables->own;

	if (!own->is_own || dns->code != DNS_CODE_NONE || dns->opcode == DNS_OPCODE_UPDATE) {
		return;
	}
	if (leads_to_us(own, dns)) {
		own->learn(own->whose, dns->question.text);
		for (unsigned i = 0; i < dns->chain_count; i++) {
			own->learn(own->whose, dns->chain[i].text);
		}
	}
	if (dns->question_type != DNS_TYPE_A && dns->question_type != DNS_TYPE_AAAA) {
		learn_of_records(own, message, dns);
	}
}

/* The zone that a machine of ours wants to be changed is the one that it thinks it is in, whatever
 * becomes of it. */
void dns_learn_wish(const struct dissection *dissection, const struct dns_message *dns)
{
	const struct own_network *own = &dissection->tables->own;

	if (dns->opcode == DNS_OPCODE_UPDATE && !dns->is_response && !dissection->is_hearsay &&
		own_network_has(own, &dissection->sender)) {
		own->learn(own->whose, dns->question.text);
	}
}

/* Neighbours of ours (RFC 4795, RFC 6762): who is asked for is on the link, and a machine that
 * tells an address of ours says what it is called. */
void dns_learn_neighbours(
	const struct dissection *dissection, struct reader message, const struct dns_message *dns)
{
	const struct own_network *own = &dissection->tables->own;
	struct reader in = message;
	struct dns_record record;
	struct dns_name name;

	if (dissection->is_hearsay || !own_network_has(own, &dissection->sender)) {
		return;
	}
	own->learn(own->whose, dns->question.text);
	reader_skip(&in, 4);
	unsigned questions = reader_u16(&in), records = reader_u16(&in);
	reader_skip(&in, 4);
	for (; questions > 0 && dns_read_name(message, &in, &name); questions--) {
		reader_skip(&in, 4);
	}
	/* The uppermost bit of the class says that older answers are void (RFC 6762, 10.2). */
	for (; records > 0 && dns_read_record(message, &in, &record); records--) {
		record.class_ &= 0x7fff;
		if (dns->is_response && is_own_record(own, &record)) {
			own_network_note_machine(own, record.owner.text);
		}
	}
}

/* RFC 1002, 4.2.2: a machine registers its name, or does so again. */
void dns_learn_netbios(const struct dissection *dissection, struct reader message)
{
	enum { REGISTRATION = 5, REFRESH = 8, REFRESH_TOO = 9, LETTERS = 32, NAME = 15 };
	const struct own_network *own = &dissection->tables->own;

	reader_skip(&message, 2);
	unsigned opcode = reader_u16(&message) >> 11;
	reader_skip(&message, 9);
	const uint8_t *letters = reader_bytes(&message, LETTERS);
	bool is_own_name = opcode == REGISTRATION || opcode == REFRESH || opcode == REFRESH_TOO;
	if (!letters || !is_own_name || dissection->is_hearsay ||
		!own_network_has(own, &dissection->sender)) {
		return;
	}
	uint8_t name[NAME];
	size_t length = 0;
	for (unsigned i = 0; i < NAME; i++) {
		name[i] = (uint8_t)((letters[2 * i] - 'A') << 4 | (letters[2 * i + 1] - 'A'));
		length = name[i] > ' ' ? i + 1 : length;
	}
	own_network_learn_machine(own, reader_over(name, length));
}
