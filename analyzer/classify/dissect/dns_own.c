/* Names of ours in DNS: in answers those that lead to an address of ours or from one, and what
 * machines of ours want to be called. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/dns.h"

/* The address whose name is asked for, or what a zone of such names has of it (RFC 1035, 3.5;
 * RFC 3596, 2.5). */
static bool read_reverse(const char *at, bool may_be_zone, struct addr *addr)
{
	static const char v4_end[] = "in-addr.arpa", v6_end[] = "ip6.arpa";
	uint8_t values[32], bytes[16] = { 0 };
	unsigned count = 0;
	bool is_v6 = strstr(at, v6_end) != NULL;
	unsigned parts = is_v6 ? 32 : 4, base = is_v6 ? 16 : 10, most = is_v6 ? 15 : 255;
	const char *end = is_v6 ? v6_end : v4_end;

	for (; count < parts && strcmp(at, end) != 0; count++) {
		char *behind;
		unsigned long part = strtoul(at, &behind, (int)base);
		if (behind == at || *behind != '.' || part > most) {
			return false;
		}
		values[count] = (uint8_t)part;
		at = behind + 1;
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned place = count - 1 - i;
		bytes[is_v6 ? place / 2 : place] |=
			(uint8_t)(is_v6 ? values[i] << (place % 2 ? 0 : 4) : values[i]);
	}
	*addr = is_v6 ? addr_from_v6(bytes) : addr_from_v4(bytes);
	return strcmp(at, end) == 0 && (count == parts || (may_be_zone && count > 0));
}

/* Addresses that nobody else has (RFC 1918, RFC 4193): who keeps their names is one of us. Of
 * others it is often who leases them out. */
static bool is_private(const struct addr *addr)
{
	if (!addr_is_v4(addr)) {
		return (addr->bytes[0] & 0xfe) == 0xfc;
	}
	uint32_t number = addr_v4(addr);
	return number >> 24 == 10 || number >> 20 == 0xac1 || number >> 16 == 0xc0a8;
}

/* Who answers for private addresses where nobody does (RFC 7534). */
static bool is_nobodys(const struct dns_name *name)
{
	static const char prisoner[] = "prisoner.iana.org", empty[] = "blackhole.as112.arpa";

	return strcmp(name->text, prisoner) == 0 || strcmp(name->text, empty) == 0;
}

static bool keeps_own_names(const struct own_network *own, const struct dns_record *record)
{
	struct addr addr;

	return (record->type == DNS_TYPE_SOA || record->type == DNS_TYPE_NS) &&
	       read_reverse(record->owner.text, true, &addr) && is_private(&addr) &&
	       own_network_has(own, &addr);
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

/* What was not asked for an address: names of one of ours, and who keeps them; and a service that a
 * machine of ours offers, whose address comes beside the answer. That says something of the name
 * that was asked for alone: who answers for it may write anything beside it. */
static void learn_of_records(
	const struct own_network *own, struct reader message, const struct dns_message *dns)
{
	struct reader in = message;
	struct dns_record record;
	struct dns_name name;
	struct addr asked;
	bool is_reverse = dns->question_type == DNS_TYPE_PTR &&
			  read_reverse(dns->question.text, false, &asked) &&
			  own_network_has(own, &asked);

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
		} else if (keeps_own_names(own, &record)) {
			if (dns_read_name(message, &record.data, &name) && !is_nobodys(&name)) {
				own->learn(own->whose, name.text);
			}
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

	bool is_told = dns->code == DNS_CODE_NONE || dns->code == DNS_CODE_NXDOMAIN;

	if (!own->is_own || !is_told || dns->opcode == DNS_OPCODE_UPDATE) {
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

/* What machines ask for in their own domain alone: how to reach mail, telephones and proxies, who
 * keeps their accounts, and below _msdcs where controllers are ([MS-ADTS], 6.3.2). */
static bool is_asked_at_home(const char *name)
{
	static const char *const labels[] = { "wpad", "isatap", "autodiscover", "lyncdiscover",
		"lyncdiscoverinternal", "enterpriseenrollment", "enterpriseregistration",
		"_autodiscover", "_gc", "_kerberos", "_kpasswd", "_ldap", "_sipinternaltls",
		"_vlmcs" };
	size_t length = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (labels[i][0] == name[0] && strlen(labels[i]) == length &&
			memcmp(labels[i], name, length) == 0) {
			return true;
		}
	}
	return strstr(name, "_msdcs.") != NULL;
}

/* The zone that a machine of ours wants to be changed is the one that it thinks it is in, whatever
 * becomes of it. */
void dns_learn_wish(const struct dissection *dissection, const struct dns_message *dns)
{
	const struct own_network *own = &dissection->tables->own;

	if (!dns->is_response && !dissection->is_hearsay &&
		own_network_has(own, &dissection->sender) &&
		(dns->opcode == DNS_OPCODE_UPDATE || is_asked_at_home(dns->question.text))) {
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
