#include <string.h>

#include "analyzer/classify/dissect/dns.h"

enum { POINTERS_MAX = 32, OPCODE_MAX = 6 };
enum { SVCB_IPV4_HINT = 4, SVCB_ECH = 5, SVCB_IPV6_HINT = 6 }; /* RFC 9460, 14.3.2 */
enum { ECH_VERSION = 0xfe0d };

static char folded(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z') {
		return (char)(byte + 'a' - 'A');
	}
	return byte ? (char)byte : '?';
}

static bool add_label(struct dns_name *name, const uint8_t *label, uint8_t length)
{
	unsigned dot = name->length > 0;

	if (name->length + dot + length > L7_INFO_NAME_MAX) {
		return false;
	}
	if (dot) {
		name->text[name->length++] = '.';
	}
	char *text = name->text + name->length;
	for (unsigned i = 0; i < length; i++) {
		text[i] = folded(label[i]);
	}
	name->length = (uint8_t)(name->length + length);
	return true;
}

/* A pointer leads to an earlier place, and from there again only to an earlier one. */
bool dns_read_name(struct reader whole, struct reader *in, struct dns_name *name)
{
	struct reader at = *in;
	size_t earliest = (size_t)(in->at - whole.at);
	bool jumped = false;

	name->length = 0;
	for (unsigned pointers = 0; pointers <= POINTERS_MAX;) {
		uint8_t length = reader_u8(&at);
		if ((length & 0xc0) == 0xc0) {
			size_t target = (size_t)(length & 0x3f) << 8 | reader_u8(&at);
			if (!jumped) {
				*in = at;
				jumped = true;
			}
			if (!reader_ok(&at) || target >= earliest) {
				break;
			}
			earliest = target;
			at = whole;
			reader_skip(&at, target);
			pointers++;
			continue;
		}
		if (length == 0 && reader_ok(&at)) {
			if (!jumped) {
				*in = at;
			}
			name->text[name->length] = '\0';
			return true;
		}
		/* A length of zero here is the end of the message, not of the name. */
		bool is_label = length > 0 && length < 64;
		const uint8_t *label = is_label ? reader_bytes(&at, length) : NULL;
		if (!label || !add_label(name, label, length)) {
			break;
		}
	}
	in->overrun = true;
	name->length = 0;
	name->text[0] = '\0';
	return false;
}

static bool read_behind_owner(struct reader *in, struct dns_record *record)
{
	record->type = reader_u16(in);
	record->class_ = reader_u16(in);
	record->ttl_s = reader_u32(in);
	record->data = reader_sub(in, reader_u16(in));
	return reader_ok(in);
}

bool dns_read_record(struct reader whole, struct reader *in, struct dns_record *record)
{
	return dns_read_name(whole, in, &record->owner) && read_behind_owner(in, record);
}

/* Does a pointer to the question's name stand here, which follows the header? Most answers begin
 * so: their owner need not be read once more. */
static bool is_of_question(struct reader in)
{
	enum { HEADER_BYTES = 12 };

	return reader_u16(&in) == (0xc000 | HEADER_BYTES);
}

static bool same(const struct dns_name *a, const struct dns_name *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static const struct dns_name *tail(const struct dns_message *dns)
{
	return dns->chain_count ? &dns->chain[dns->chain_count - 1] : &dns->question;
}

static void note_ttl(struct dns_message *dns, uint32_t ttl_s)
{
	if (ttl_s < dns->ttl_s) {
		dns->ttl_s = ttl_s;
	}
}

static void extend_chain(struct dns_message *dns, const struct dns_name *target, uint32_t ttl_s)
{
	if (target->length > 0 && dns->chain_count < DNS_CHAIN_MAX && !same(target, tail(dns))) {
		dns->chain[dns->chain_count++] = *target;
		note_ttl(dns, ttl_s);
	}
}

static void add_address(struct dns_message *dns, struct reader data, bool is_v6, uint32_t ttl_s)
{
	const uint8_t *bytes = reader_bytes(&data, is_v6 ? 16 : 4);

	if (bytes && dns->address_count < DNS_ADDRESSES_MAX) {
		dns->addresses[dns->address_count++] =
			is_v6 ? addr_from_v6(bytes) : addr_from_v4(bytes);
		note_ttl(dns, ttl_s);
	}
}

/* ECHConfigList (draft-ietf-tls-esni, 4): the public name of its first configuration. */
static void read_ech(struct reader list, struct dns_message *dns)
{
	reader_skip(&list, 2);
	uint16_t version = reader_u16(&list);
	struct reader config = reader_sub(&list, reader_u16(&list));
	if (version != ECH_VERSION) {
		return;
	}
	reader_skip(&config, 3);                   /* config_id, kem_id */
	reader_skip(&config, reader_u16(&config)); /* public_key */
	reader_skip(&config, reader_u16(&config)); /* cipher_suites */
	reader_skip(&config, 1);                   /* maximum_name_length */
	uint8_t length = reader_u8(&config);
	const uint8_t *name = reader_bytes(&config, length);
	if (name && length <= L7_INFO_NAME_MAX) {
		dns->ech_public_name.length = 0;
		add_label(&dns->ech_public_name, name, length);
		dns->ech_public_name.text[length] = '\0';
	}
}

/* RFC 9460, 2.2: priority 0 is an alias, everything else describes how to reach the service. */
static void read_service(
	struct reader whole, struct reader data, uint32_t ttl_s, struct dns_message *dns)
{
	struct dns_name target;
	uint16_t priority = reader_u16(&data);

	if (!dns_read_name(whole, &data, &target)) {
		return;
	}
	if (priority == 0) {
		extend_chain(dns, &target, ttl_s);
		return;
	}
	while (reader_left(&data) >= 4) {
		uint16_t key = reader_u16(&data);
		struct reader value = reader_sub(&data, reader_u16(&data));
		size_t bytes = key == SVCB_IPV4_HINT ? 4 : 16;
		if (key == SVCB_ECH) {
			read_ech(value, dns);
		} else if (key == SVCB_IPV4_HINT || key == SVCB_IPV6_HINT) {
			while (reader_left(&value) >= bytes) {
				add_address(dns, reader_sub(&value, bytes), bytes == 16, ttl_s);
			}
		}
	}
}

/* is_next: it is about the name that the chain has come to. */
static bool read_answer(struct reader whole, struct reader *in, const struct dns_message *dns,
	struct dns_record *record, bool *is_next)
{
	if (dns->chain_count == 0 && is_of_question(*in)) {
		*is_next = true;
		reader_skip(in, 2);
		return read_behind_owner(in, record);
	}
	bool is_read = dns_read_record(whole, in, record);
	*is_next = is_read && same(&record->owner, tail(dns));
	return is_read;
}

/* One pass over the answers from the cursor on. Chains come in order from nearly every server;
 * where one does not, the caller goes over them again. */
static bool read_answers(
	struct reader whole, struct reader in, bool only_chain, struct dns_message *dns)
{
	struct dns_record record;
	struct dns_name target;
	unsigned count = dns->answer_count < DNS_RECORDS_MAX ? dns->answer_count : DNS_RECORDS_MAX;

	for (unsigned i = 0; i < count; i++) {
		bool is_next;
		if (!read_answer(whole, &in, dns, &record, &is_next)) {
			return false;
		}
		if (record.class_ != DNS_CLASS_IN || !is_next) {
			continue;
		}
		if (record.type == DNS_TYPE_CNAME) {
			if (dns_read_name(whole, &record.data, &target)) {
				extend_chain(dns, &target, record.ttl_s);
			}
		} else if (only_chain) {
			continue;
		} else if (record.type == DNS_TYPE_A || record.type == DNS_TYPE_AAAA) {
			add_address(dns, record.data, record.type == DNS_TYPE_AAAA, record.ttl_s);
		} else if (record.type == DNS_TYPE_HTTPS || record.type == DNS_TYPE_SVCB) {
			read_service(whole, record.data, record.ttl_s, dns);
		}
	}
	return true;
}

static void follow_answers(struct reader whole, struct reader in, struct dns_message *dns)
{
	dns->is_whole = read_answers(whole, in, false, dns);
	if (dns->address_count > 0 || dns->answer_count < 2) {
		return;
	}
	for (unsigned pass = 0, before; pass < DNS_CHAIN_MAX; pass++) {
		before = dns->chain_count;
		read_answers(whole, in, true, dns);
		if (dns->chain_count == before) {
			break;
		}
	}
	read_answers(whole, in, false, dns);
}

bool dns_parse(struct reader message, struct dns_message *dns)
{
	struct reader in = message;

	memset(dns, 0, offsetof(struct dns_message, chain));
	dns->ech_public_name.length = 0;
	dns->ttl_s = UINT32_MAX;
	dns->id = reader_u16(&in);
	uint16_t flags = reader_u16(&in);
	dns->is_response = flags >> 15;
	dns->opcode = flags >> 11 & 15;
	dns->code = flags & 15;
	dns->resolves = flags >> 7 & 1;
	dns->question_count = reader_u16(&in);
	dns->answer_count = reader_u16(&in);
	uint16_t authority_count = reader_u16(&in), additional_count = reader_u16(&in);
	if (!reader_ok(&in) || dns->opcode > OPCODE_MAX || dns->question_count > 64 ||
		authority_count > 1024 || additional_count > 1024 ||
		(!dns->is_response && dns->question_count == 0 && dns->answer_count == 0)) {
		return false;
	}
	for (unsigned i = 0; i < dns->question_count; i++) {
		struct dns_name other;
		if (!dns_read_name(message, &in, i == 0 ? &dns->question : &other)) {
			return false;
		}
		uint16_t type = reader_u16(&in);
		reader_skip(&in, 2);
		if (!reader_ok(&in)) {
			return i > 0;
		}
		if (i == 0) {
			dns->question_type = type;
		}
	}
	dns->is_whole = dns->answer_count == 0;
	if (dns->is_response && dns->question_count > 0 && dns->code == DNS_CODE_NONE) {
		follow_answers(message, in, dns);
	}
	return true;
}

bool dns_is_plain_question(struct reader message)
{
	struct reader in = message;
	struct dns_name name;
	enum {
		RECURSION_DESIRED = 0x0100,
		CHECKING_DISABLED = 0x0010,
		AUTHENTIC_DATA = 0x0020,
		TYPE_OPT = 41
	};

	reader_skip(&in, 2);
	uint16_t flags = reader_u16(&in), questions = reader_u16(&in);
	uint32_t answers = reader_u32(&in); /* and authorities */
	uint16_t additional = reader_u16(&in);
	if (!reader_ok(&in) || flags & ~(RECURSION_DESIRED | CHECKING_DISABLED | AUTHENTIC_DATA) ||
		questions != 1 || answers != 0 || additional > 1 ||
		!dns_read_name(message, &in, &name) || name.length == 0) {
		return false;
	}
	uint16_t type = reader_u16(&in), class_ = reader_u16(&in);
	if (!reader_ok(&in) || type == 0 || type > 260 || class_ != DNS_CLASS_IN) {
		return false;
	}
	if (additional == 1) {
		struct dns_record record;
		if (!dns_read_record(message, &in, &record) ||
			(record.type != TYPE_OPT && record.type != 0)) {
			return false;
		}
	}
	return reader_left(&in) == 0;
}

bool dns_is_sinkhole(const struct addr *address)
{
	static const uint8_t zeros[15];

	if (addr_is_v4(address)) {
		return address->bytes[12] == 0 || address->bytes[12] == 127;
	}
	return memcmp(address->bytes, zeros, sizeof(zeros)) == 0 && address->bytes[15] <= 1;
}
