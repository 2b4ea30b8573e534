/* What keeps a network running, over UDP: time, addresses, management, discovery, accounting, logs
 * and flow exports. */
#include "analyzer/classify/dissect/dns.h"
#include "analyzer/classify/dissect/signature.h"

/* RFC 5905, 7.3: the header alone is 48 bytes; extensions and a digest may follow. Control messages
 * are shorter. */
static enum dissect_result ntp_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t first = reader_u8(&in), stratum = reader_u8(&in);
	unsigned version = first >> 3 & 7, mode = first & 7;
	bool is_time = dissection->wire_bytes >= 48 && mode >= 1 && mode <= 5 && stratum <= 16;
	bool is_control = (mode == 6 || mode == 7) && dissection->wire_bytes >= 8;

	return claim_if(dissection_has_port(dissection, 123) && version >= 1 && version <= 4 &&
				(is_time || is_control),
		dissection, L7_NTP);
}

/* RFC 5905, 7.3: symmetric active, client, broadcast; symmetric passive and server answer. Control
 * messages have a bit for the answer. */
static enum dissect_began ntp_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	unsigned mode = reader_u8(&in) & 7, control = reader_u8(&in);

	if (!dissection_has_port(dissection, 123)) {
		return DISSECT_BEGAN_UNKNOWN;
	}
	if (mode == 6) {
		return began_by(!(control & 0x80), control & 0x80);
	}
	return began_by(mode == 1 || mode == 3 || mode == 5, mode == 2 || mode == 4);
}

const struct dissector dissector_ntp = {
	.protocol = L7_NTP, .datagram = ntp_datagram, .datagram_began = ntp_began
};

/* Names as in DNS (RFC 1035, 3.1), one behind the other. */
static void learn_encoded(const struct own_network *own, struct reader whole)
{
	struct reader in = whole;
	struct dns_name name;

	while (reader_left(&in) > 0 && dns_read_name(whole, &in, &name) && name.length > 0) {
		own->learn(own->whose, name.text);
	}
}

/* One that is not whole ends without the empty label (RFC 4702, 2.3.1). */
static void learn_encoded_machine(const struct own_network *own, struct reader in)
{
	struct reader label = in;
	struct dns_name name;

	if (dns_read_name(in, &in, &name) && name.length > 0) {
		own_network_note_machine(own, name.text);
	} else {
		own_network_learn_machine(own, reader_sub(&label, reader_u8(&label)));
	}
}

/* What a server of ours hands out: domain name, domains to search (RFC 2132, 3.17; RFC 3397); and
 * what either end says of the client's own name (RFC 2132, 3.14; RFC 4702, 2). The host name that a
 * server gives need not stand in the domain of its clients. */
static void learn_names(const struct own_network *own, struct reader options, bool is_server)
{
	enum { PAD = 0, HOST_NAME = 12, DOMAIN = 15, CLIENT_NAME = 81, SEARCH = 119, ENCODED = 4 };

	while (reader_left(&options) >= 2) {
		uint8_t code = reader_u8(&options);
		if (code == PAD) {
			continue;
		}
		struct reader value = reader_sub(&options, reader_u8(&options));
		if (code == HOST_NAME) {
			(is_server ? own_network_learn_host : own_network_learn_machine)(
				own, value);
		} else if (code == DOMAIN && is_server) {
			own_network_learn(own, value);
		} else if (code == SEARCH && is_server) {
			learn_encoded(own, value);
		} else if (code == CLIENT_NAME) {
			bool is_encoded = reader_u8(&value) & ENCODED;
			reader_skip(&value, 2);
			(is_encoded ? learn_encoded_machine : own_network_learn_machine)(
				own, value);
		}
	}
}

/* The same of version 6 (RFC 3646, 4; RFC 4704, 4). */
static void learn_names_v6(const struct own_network *own, struct reader options, bool is_server)
{
	enum { SEARCH = 24, CLIENT_NAME = 39 };

	while (reader_left(&options) >= 4) {
		uint16_t code = reader_u16(&options);
		struct reader value = reader_sub(&options, reader_u16(&options));
		if (code == CLIENT_NAME) {
			reader_skip(&value, 1);
			learn_encoded_machine(own, value);
		} else if (code == SEARCH && is_server) {
			learn_encoded(own, value);
		}
	}
}

/* Does a machine of ours speak, or one on the link, or one that has no address yet? */
static bool is_own_word(const struct dissection *dissection)
{
	static const struct addr none_v6;
	const struct own_network *own = &dissection->tables->own;
	const struct addr *sender = &dissection->sender;
	bool is_on_link = sender->bytes[0] == 0xfe && (sender->bytes[1] & 0xc0) == 0x80;
	bool is_none = addr_equal(sender, &none_v6) || (addr_is_v4(sender) && addr_v4(sender) == 0);

	return own->is_own && !dissection->is_hearsay &&
	       (is_on_link || is_none || own_network_has(own, sender));
}

/* All clients that have no address yet speak in one flow: where names of ours are wanted, all is
 * read. */
static enum dissect_result claim_dhcp(struct dissection *dissection, bool is_dhcp)
{
	enum dissect_result result = claim_if(is_dhcp, dissection, L7_DHCP);

	if (result == DISSECT_OTHER || !dissection->tables->own.is_own) {
		return result;
	}
	dissection->other_done = false;
	return DISSECT_MORE;
}

/* RFC 2131, 2 and RFC 8415, 8. */
static enum dissect_result dhcp_datagram(struct dissection *dissection)
{
	enum { V4_ANSWER = 2, V6_ADVERTISE = 2, V6_REPLY = 7, V6_INFORM = 11 };
	struct reader in = dissection->in;
	uint8_t kind = reader_u8(&in), hardware = reader_u8(&in);

	if (dissection_has_port(dissection, 546) || dissection_has_port(dissection, 547)) {
		bool is_server = kind == V6_ADVERTISE || kind == V6_REPLY;
		if (kind <= V6_INFORM && is_own_word(dissection)) {
			reader_skip(&in, 2);
			learn_names_v6(&dissection->tables->own, in, is_server);
		}
		return claim_dhcp(
			dissection, kind >= 1 && kind <= 13 && dissection->wire_bytes >= 8);
	}
	if (!dissection_has_port(dissection, 67) && !dissection_has_port(dissection, 68)) {
		return DISSECT_OTHER;
	}
	reader_skip(&in, 234);
	bool has_cookie = reader_u32(&in) == 0x63825363;
	bool is_cut = dissection->wire_bytes > reader_left(&dissection->in);
	if (has_cookie && is_own_word(dissection)) {
		learn_names(&dissection->tables->own, in, kind == V4_ANSWER);
	}
	return claim_dhcp(
		dissection, (kind == 1 || kind == 2) && hardware > 0 && (has_cookie || is_cut));
}

/* Version 4 has one byte for it. */
static enum dissect_began dhcp_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t kind = reader_u8(&in);
	bool has_port = dissection_has_port(dissection, 67) && dissection->wire_bytes >= 240;

	return began_by(has_port && kind == 1, has_port && kind == 2);
}

const struct dissector dissector_dhcp = { .protocol = L7_DHCP,
	.datagram = dhcp_datagram,
	.datagram_began = dhcp_began,
	.endless = true,
	.datagram_begins = BEGINS({ 1, 13 }) };

/* What a machine answers of its own name (sysName, RFC 3418, 2). */
static void learn_system_name(const struct dissection *dissection, struct reader in)
{
	static const char object[] = "\x2b\6\1\2\1\1\5\0\4"; /* with the tag of a string */
	const size_t bytes = sizeof(object) - 1;
	const uint8_t *found = memmem(in.at, reader_left(&in), object, bytes);

	if (found && dissection_is_own_word(dissection)) {
		reader_skip(&in, (size_t)(found - in.at) + bytes);
		uint8_t length = reader_u8(&in);
		own_network_learn_machine(&dissection->tables->own, reader_sub(&in, length));
	}
}

/* RFC 1157, RFC 3412: a BER sequence that begins with the version. Where names are wanted, what
 * comes behind the first question is read as well. */
static enum dissect_result snmp_datagram(struct dissection *dissection)
{
	enum { MESSAGES_MAX = 16 };
	struct reader in = dissection->in;
	uint8_t sequence = reader_u8(&in), length = reader_u8(&in);

	if (length & 0x80) {
		reader_skip(&in, length & 3);
	}
	uint8_t integer = reader_u8(&in), one = reader_u8(&in), version = reader_u8(&in),
		next = reader_u8(&in);
	bool fits = reader_ok(&in) && sequence == 0x30 && integer == 2 && one == 1 &&
		    (version == 3 ? next == 0x30 : version <= 1 && next == 4);
	bool has_port =
		dissection_has_port(dissection, 161) || dissection_has_port(dissection, 162);
	enum dissect_result result = claim_if(fits && has_port, dissection, L7_SNMP);

	if (result == DISSECT_OTHER || !dissection->tables->own.is_own) {
		return result;
	}
	learn_system_name(dissection, in);
	dissection->other_done = false;
	return ++dissection->state->words[0] < MESSAGES_MAX ? DISSECT_MORE : DISSECT_DONE;
}

/* Requests, notices, and what answers them (RFC 3416, 3); version 3 hides which it is. */
static enum dissect_began snmp_began(const struct dissection *dissection)
{
	enum { GET = 0xa0, GET_NEXT, RESPONSE, SET, TRAP, GET_BULK, INFORM, TRAP_2 };
	struct reader in = dissection->in;

	reader_skip(&in, 1);
	uint8_t length = reader_u8(&in);
	reader_skip(&in, length & 0x80 ? (length & 3U) + 3 : 3);
	uint8_t type = reader_u8(&in), community_bytes = reader_u8(&in);
	reader_skip(&in, community_bytes);
	uint8_t kind = reader_u8(&in);
	bool has_port =
		dissection_has_port(dissection, 161) || dissection_has_port(dissection, 162);
	bool is_known = has_port && reader_ok(&in) && type == 4 && kind >= GET && kind <= TRAP_2;
	return began_by(is_known && kind != RESPONSE, is_known && kind == RESPONSE);
}

const struct dissector dissector_snmp = { .protocol = L7_SNMP,
	.datagram = snmp_datagram,
	.datagram_began = snmp_began,
	.datagram_begins = BEGINS({ 0x30, 0x30 }) };

static enum dissect_result ssdp_datagram(struct dissection *dissection)
{
	bool fits = begins_with(&dissection->in, "M-SEARCH * HTTP/1.1") ||
		    begins_with(&dissection->in, "NOTIFY * HTTP/1.1") ||
		    (begins_with(&dissection->in, "HTTP/1.1 200 OK") &&
			    dissection_has_port(dissection, 1900));

	return claim_if(fits, dissection, L7_SSDP);
}

const struct dissector dissector_ssdp = { .protocol = L7_SSDP,
	.datagram = ssdp_datagram,
	.datagram_begins = BEGINS({ 'H', 'H' }, { 'M', 'M' }, { 'N', 'N' }) };

/* RFC 2865, 3. */
static enum dissect_result radius_datagram(struct dissection *dissection)
{
	static const uint16_t ports[] = { 1812, 1813, 1645, 1646, 3799 };
	struct reader in = dissection->in;
	uint8_t code = reader_u8(&in);
	bool has_port = false;

	reader_skip(&in, 1);
	uint16_t length = reader_u16(&in);
	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		has_port |= dissection_has_port(dissection, ports[i]);
	}
	bool is_code = (code >= 1 && code <= 5) || (code >= 11 && code <= 13) ||
		       (code >= 40 && code <= 45);
	bool fits = has_port && is_code && length >= 20 && length <= 4096 &&
		    length <= dissection->wire_bytes;
	return claim_if(fits, dissection, L7_RADIUS);
}

/* RFC 2865 and RFC 5176: requests, and what answers them. */
static enum dissect_began radius_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t code = reader_u8(&in);
	bool has_port =
		dissection_has_port(dissection, 1812) || dissection_has_port(dissection, 1813);

	return began_by(has_port && (code == 1 || code == 4),
		has_port && (code == 2 || code == 3 || code == 5 || code == 11));
}

const struct dissector dissector_radius = { .protocol = L7_RADIUS,
	.datagram = radius_datagram,
	.datagram_began = radius_began,
	.datagram_begins = BEGINS({ 1, 5 }, { 11, 13 }, { 40, 45 }) };

/* RFC 3164 and RFC 5424: "<priority>" of at most 191. */
static enum dissect_result syslog_any(struct dissection *dissection)
{
	struct reader in = dissection->in;
	unsigned priority = 0, digits = 0;
	uint8_t byte;

	if (reader_u8(&in) != '<') {
		return DISSECT_OTHER;
	}
	while ((byte = reader_u8(&in)) >= '0' && byte <= '9' && digits++ < 3) {
		priority = priority * 10 + byte - '0';
	}
	bool fits = byte == '>' && digits > 0 && priority <= 191 && reader_left(&in) > 8 &&
		    dissection_has_port(dissection, 514);
	return claim_if(fits, dissection, L7_SYSLOG);
}

/* Nobody answers. */
static enum dissect_began syslog_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool has_port = dissection_has_port(dissection, 514);

	reader_skip(&in, 1);
	uint8_t digit = reader_u8(&in);
	return began_by(has_port && digit >= '0' && digit <= '9', false);
}

const struct dissector dissector_syslog = { .protocol = L7_SYSLOG,
	.stream = syslog_any,
	.stream_began = syslog_began,
	.datagram_began = syslog_began,
	.datagram = syslog_any,
	.stream_begins = BEGINS({ '<', '<' }),
	.datagram_begins = BEGINS({ '<', '<' }) };

/* NetFlow 5 and 9 (RFC 3954), IPFIX (RFC 7011): version and count or length that fit, and a clock
 * near the packet's. */
static enum dissect_result netflow_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint16_t version = reader_u16(&in), count = reader_u16(&in);
	uint32_t first = reader_u32(&in), second = reader_u32(&in);
	uint32_t clock_s = version == 10 ? first : second;
	int64_t apart_s = (int64_t)clock_s - (int64_t)(dissection->time_ns / 1000000000);
	bool near = apart_s > -86400 && apart_s < 86400;
	bool fits = version == 5 ? count >= 1 && count <= 30 &&
					   dissection->wire_bytes == 24 + 48U * count
		    : version == 9  ? count >= 1 && count <= 256 && near
		    : version == 10 ? count == dissection->wire_bytes && near
				    : false;

	return claim_if(reader_ok(&in) && fits, dissection, L7_NETFLOW);
}

const struct dissector dissector_netflow = {
	.protocol = L7_NETFLOW, .datagram = netflow_datagram, .datagram_begins = BEGINS({ 0, 0 })
};
