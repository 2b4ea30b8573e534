/* What Windows networks speak: SMB ([MS-SMB2]), RDP ([MS-RDPBCGR] 2.2.1.1), LDAP (RFC 4511) and
 * Kerberos (RFC 4120), and NTLM within them ([MS-NLMP]). User names stand in some of them and are
 * passed over. */
#include <strings.h>

#include "analyzer/classify/dissect/signature.h"

/* Do machines of ours speak, and does somebody want to know their names? */
static bool is_among_own(const struct dissection *dissection)
{
	return dissection_is_own_word(dissection) &&
	       own_network_has(&dissection->tables->own, &dissection->receiver);
}

/* A name in UTF-16; one with other letters than ASCII's is none of DNS. */
static void learn_wide(const struct own_network *own, struct reader in, bool is_machine)
{
	uint8_t name[L7_INFO_NAME_MAX];
	size_t length = 0;

	while (reader_left(&in) > 1) {
		uint16_t letter = reader_u16_le(&in);
		if (letter > '~' || length == sizeof(name)) {
			return;
		}
		name[length++] = (uint8_t)letter;
	}
	(is_machine ? own_network_learn_machine : own_network_learn)(
		own, reader_over(name, length));
}

/* The challenge of a server of ours ([MS-NLMP], 2.2.1.2) tells its names, its domain in
 * DNS, and what that is part of. True where there is one. */
static bool learn_challenge(const struct own_network *own, struct reader in)
{
	enum { TARGET_INFO = 40, COMPUTER = 1, DNS_COMPUTER = 3, DNS_TREE = 5 };
	static const char start[] = "NTLMSSP\0\2\0\0";
	const uint8_t *found = memmem(in.at, reader_left(&in), start, sizeof(start));

	if (!found) {
		return false;
	}
	reader_skip(&in, (size_t)(found - in.at));
	struct reader fields = in;
	reader_skip(&fields, TARGET_INFO);
	uint16_t bytes = reader_u16_le(&fields);
	reader_skip(&fields, sizeof(bytes));
	reader_skip(&in, reader_u32_le(&fields));
	struct reader pairs = reader_sub(&in, bytes);
	while (reader_left(&pairs) > 0) {
		uint16_t kind = reader_u16_le(&pairs), length = reader_u16_le(&pairs);
		struct reader value = reader_sub(&pairs, length);
		bool is_machine = kind == COMPUTER || kind == DNS_COMPUTER;
		if (is_machine || (kind > DNS_COMPUTER && kind <= DNS_TREE)) {
			learn_wide(own, value, is_machine);
		}
	}
	return true;
}

/* A server's first messages, up to its challenge. words[0] of the flow's state: messages read. */
static enum dissect_result read_answers(struct dissection *dissection)
{
	enum { MESSAGES_MAX = 4, HEADER_BYTES = 4 };
	struct reader in = dissection->in;

	while (reader_left(&in) >= HEADER_BYTES) {
		uint8_t type = reader_u8(&in);
		uint32_t length = reader_u24(&in);
		bool is_over = type != 0 || length >= REASSEMBLY_BYTES_MAX;
		if (!is_over && length > reader_left(&in)) {
			break;
		}
		is_over = is_over ||
			  learn_challenge(&dissection->tables->own, reader_sub(&in, length)) ||
			  ++dissection->state->words[0] >= MESSAGES_MAX;
		if (is_over) {
			dissection->other_done = true;
			return DISSECT_DONE;
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
	}
	return DISSECT_MORE;
}

static enum dissect_result smb_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t type = reader_u8(&in);
	uint32_t length = reader_u24(&in);
	const uint8_t *magic = reader_bytes(&in, 4);

	if (magic && type == 0 && length >= 32 &&
		(magic[0] == 0xff || magic[0] == 0xfe || magic[0] == 0xfd) &&
		memcmp(magic + 1, "SMB", 3) == 0) {
		if (!is_among_own(dissection)) {
			return claim_if(true, dissection, L7_SMB);
		}
		dissection->l7->protocol = L7_SMB;
		return dissection->from_source ? DISSECT_DONE : read_answers(dissection);
	}
	/* A NetBIOS session request (RFC 1002, 4.3.2) comes before SMB on port 139. */
	bool is_session = magic && type == 0x81 && length == 68 && magic[0] == 32 &&
			  dissection_has_port(dissection, 139);
	return claim_if(is_session, dissection, L7_NETBIOS);
}

const struct dissector dissector_smb = {
	.protocol = L7_SMB, .stream = smb_stream, .stream_begins = BEGINS({ 0, 0 }, { 0x81, 0x81 })
};

/* TPKT (RFC 1006) with an X.224 connection request or confirm; then TLS, in most cases. */
static enum dissect_result rdp_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t version = reader_u8(&in), reserved = reader_u8(&in);
	uint16_t length = reader_u16(&in);
	uint8_t indicator = reader_u8(&in), code = reader_u8(&in);
	struct reader behind = in;

	reader_skip(&behind, 5);
	bool is_header = reader_ok(&behind) && version == 3 && reserved == 0 && length >= 11 &&
			 length <= 512 && indicator == length - 5 && (code == 0xe0 || code == 0xd0);
	if (!is_header) {
		return dissection->l7->protocol == L7_RDP ? DISSECT_DONE : DISSECT_OTHER;
	}
	if (length > reader_left(&dissection->in)) {
		return wait_for_more(dissection);
	}
	bool fits = length == 11 || begins_with(&behind, "Cookie: ") || behind.at[0] <= 3;
	if (!fits) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = L7_RDP;
	in = dissection->in;
	reader_skip(&in, length);
	return dissection_hand_over(dissection, &in, &dissector_tls);
}

const struct dissector dissector_rdp = {
	.protocol = L7_RDP, .stream = rdp_stream, .stream_begins = BEGINS({ 3, 3 })
};

/* The length of a BER element, of at most three more bytes. */
static uint32_t ber_length(struct reader *in)
{
	uint8_t first = reader_u8(in);
	unsigned bytes = first & 0x7f;
	uint32_t length = 0;

	if (!(first & 0x80)) {
		return first;
	}
	if (bytes == 0 || bytes > 4) {
		in->overrun = true;
	}
	while (bytes-- > 0 && reader_ok(in)) {
		length = length << 8 | reader_u8(in);
	}
	return length;
}

/* "CN=Users,DC=kommun,DC=example": what is looked through is below the domain (RFC 2247). */
static void learn_base(const struct own_network *own, struct reader base)
{
	char name[L7_INFO_NAME_MAX + 1];
	size_t length = 0;

	while (reader_left(&base) > 0) {
		const uint8_t *end = memchr(base.at, ',', reader_left(&base));
		size_t count = end ? (size_t)(end - base.at) : reader_left(&base);
		const char *part = (const char *)reader_bytes(&base, count);
		reader_skip(&base, end != NULL);
		if (count <= 3 || strncasecmp(part, "dc=", 3) != 0 ||
			length + count > sizeof(name)) {
			continue;
		}
		name[length++] = '.';
		memcpy(name + length, part + 3, count - 3);
		length += count - 3;
	}
	if (length > 1) {
		own_network_learn(own, reader_over(name + 1, length - 1));
	}
}

/* What a search looks through; and which domain the search for a controller is about ([MS-ADTS],
 * 6.3.3). */
static void learn_domain(const struct own_network *own, struct reader search)
{
	enum { OCTETS = 0x04 };
	static const char domain[] = "\x04\x09"
				     "DnsDomain\x04";
	struct reader body = search;
	uint8_t type = reader_u8(&body);
	uint32_t length = ber_length(&body);
	const uint8_t *found = memmem(search.at, reader_left(&search), domain, sizeof(domain) - 1);

	if (type == OCTETS) {
		learn_base(own, reader_sub(&body, length));
	}
	if (found) {
		reader_skip(&search, (size_t)(found - search.at) + sizeof(domain) - 1);
		length = ber_length(&search);
		own_network_learn(own, reader_sub(&search, length));
	}
}

/* A message: sequence, its number, and an operation that may come first: bind, search, extended, or
 * their answers. */
static bool read_ldap(
	const struct dissection *dissection, struct reader *in, uint8_t *operation, bool *asks_tls)
{
	enum { OPERATION_BIND_ANSWER = 0x61, OPERATION_SEARCH = 0x63 };
	static const char start_tls[] = "1.3.6.1.4.1.1466.20037";
	uint8_t sequence = reader_u8(in);
	uint32_t length = ber_length(in);
	struct reader message = reader_sub(in, length);
	uint8_t integer = reader_u8(&message), bytes = reader_u8(&message);

	reader_skip(&message, bytes);
	*operation = reader_u8(&message);
	uint32_t body_bytes = ber_length(&message);
	if (!reader_ok(in) || !reader_ok(&message) || sequence != 0x30 || integer != 2 ||
		bytes < 1 || bytes > 4 || body_bytes > reader_left(&message)) {
		return false;
	}
	if (*operation == OPERATION_SEARCH && is_among_own(dissection)) {
		learn_domain(&dissection->tables->own, message);
	}
	if (*operation == OPERATION_BIND_ANSWER && is_among_own(dissection)) {
		learn_challenge(&dissection->tables->own, message);
	}
	*asks_tls = *operation == 0x77 && memmem(message.at, reader_left(&message), start_tls,
						  sizeof(start_tls) - 1) != NULL;
	return *operation == 0x60 || *operation == 0x61 || *operation == 0x63 ||
	       *operation == 0x64 || *operation == 0x65 || *operation == 0x77 || *operation == 0x78;
}

/* Could more bytes make a message of these? */
static bool is_unfinished(struct reader in)
{
	bool is_sequence = reader_u8(&in) == 0x30;
	uint32_t length = ber_length(&in);

	return is_sequence && length < REASSEMBLY_BYTES_MAX &&
	       (!reader_ok(&in) || length > reader_left(&in));
}

/* words[0] of the flow's state: 1 when TLS was asked for; words[1]: messages read. */
static enum dissect_result ldap_stream(struct dissection *dissection)
{
	enum { MESSAGES_MAX = 8, OPERATION_ANSWER = 0x78 };
	uint64_t *words = dissection->state->words;
	struct reader in = dissection->in;
	uint8_t operation;
	bool asks_tls;

	while (reader_left(&in) > 0) {
		struct reader message = in;
		if (!read_ldap(dissection, &in, &operation, &asks_tls)) {
			return is_unfinished(message) && !dissection->is_last ? DISSECT_MORE
			       : dissection->l7->protocol == L7_LDAP          ? DISSECT_DONE
									      : DISSECT_OTHER;
		}
		dissection->l7->protocol = L7_LDAP;
		words[0] |= asks_tls;
		if (asks_tls || (operation == OPERATION_ANSWER && words[0])) {
			return dissection_hand_over(dissection, &in, &dissector_tls);
		}
		dissection->used = (size_t)(in.at - dissection->in.at);
		if (++words[1] > MESSAGES_MAX) {
			dissection->other_done = true;
			return DISSECT_DONE;
		}
	}
	return DISSECT_MORE;
}

static enum dissect_result ldap_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t operation;
	bool asks_tls;

	return claim_if(dissection_has_port(dissection, 389) &&
				read_ldap(dissection, &in, &operation, &asks_tls),
		dissection, L7_LDAP);
}

const struct dissector dissector_ldap = { .protocol = L7_LDAP,
	.stream = ldap_stream,
	.datagram = ldap_datagram,
	.stream_begins = BEGINS({ 0x30, 0x30 }),
	.datagram_begins = BEGINS({ 0x30, 0x30 }) };

/* An application tag of Kerberos around a sequence: requests, answers, errors. */
static bool is_kerberos(struct reader in)
{
	uint8_t tag = reader_u8(&in);
	uint32_t length = ber_length(&in);
	uint8_t sequence = reader_u8(&in);

	return reader_ok(&in) && ((tag >= 0x6a && tag <= 0x6f) || tag == 0x7e) &&
	       sequence == 0x30 && length >= reader_left(&in) && length < 65536;
}

/* The next element, where it has that tag; empty where it has not. */
static struct reader ber_expect(struct reader *in, uint8_t wanted)
{
	uint8_t tag = reader_u8(in);
	struct reader body = reader_sub(in, ber_length(in));

	return tag == wanted && reader_ok(in) ? body : reader_over(in->end, 0);
}

/* What stands before the element with that tag is passed over. */
static struct reader ber_find(struct reader *in, uint8_t wanted)
{
	while (reader_left(in) > 0 && in->at[0] != wanted) {
		ber_expect(in, in->at[0]);
	}
	return ber_expect(in, wanted);
}

/* "PC7$" is the account of a machine, and its name; others are people's. */
static void learn_account(const struct own_network *own, struct reader name)
{
	size_t length = reader_left(&name);

	if (length > 1 && name.at[length - 1] == '$') {
		own_network_learn_host(own, reader_sub(&name, length - 1));
	}
}

/* The realm of a machine of ours that asks (RFC 4120, 5.4.1) is the name of its domain, wherever
 * that is kept. */
static void learn_realm(const struct dissection *dissection, struct reader in)
{
	enum {
		SEQUENCE = 0x30,
		REQUEST_BODY = 0xa4,
		CLIENT = 0xa1,
		NAMES = 0xa1,
		REALM = 0xa2,
		TEXT = 0x1b
	};
	const struct own_network *own = &dissection->tables->own;

	if (!dissection_is_own_word(dissection)) {
		return;
	}
	reader_skip(&in, 1);
	(void)ber_length(&in);
	struct reader request = ber_expect(&in, SEQUENCE);
	struct reader body = ber_find(&request, REQUEST_BODY);
	struct reader fields = ber_expect(&body, SEQUENCE), client = fields;
	struct reader realm = ber_find(&fields, REALM);
	own_network_learn(own, ber_expect(&realm, TEXT));
	client = ber_find(&client, CLIENT);
	client = ber_expect(&client, SEQUENCE);
	client = ber_find(&client, NAMES);
	client = ber_expect(&client, SEQUENCE);
	learn_account(own, ber_expect(&client, TEXT));
}

static enum dissect_result claim_kerberos(struct dissection *dissection, struct reader in)
{
	enum dissect_result result = claim_if(
		dissection_has_port(dissection, 88) && is_kerberos(in), dissection, L7_KERBEROS);

	if (result == DISSECT_DONE) {
		learn_realm(dissection, in);
	}
	return result;
}

static enum dissect_result kerberos_datagram(struct dissection *dissection)
{
	return claim_kerberos(dissection, dissection->in);
}

static enum dissect_result kerberos_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t length = reader_u32(&in);

	return reader_ok(&in) && length < 65536 ? claim_kerberos(dissection, in) : DISSECT_OTHER;
}

const struct dissector dissector_kerberos = { .protocol = L7_KERBEROS,
	.stream = kerberos_stream,
	.datagram = kerberos_datagram,
	.stream_begins = BEGINS({ 0, 0 }),
	.datagram_begins = BEGINS({ 0x6a, 0x6f }, { 0x7e, 0x7e }) };
