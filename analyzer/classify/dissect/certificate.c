#include "analyzer/classify/dissect/certificate.h"

#include <string.h>

#include "analyzer/classify/dissect/dissector.h"

/* Tags of DER (X.690) as they stand in certificates. */
enum {
	DER_OID = 0x06,
	DER_SEQUENCE = 0x30,
	DER_VERSION = 0xa0,    /* [0] of TBSCertificate */
	DER_EXTENSIONS = 0xa3, /* [3] */
	DER_BOOLEAN = 0x01,
	DER_DNS_NAME = 0x82 /* [2] of GeneralName */
};

static const uint8_t oid_common_name[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_organization[] = { 0x55, 0x04, 0x0a };
static const uint8_t oid_alternative_names[] = { 0x55, 0x1d, 0x11 };

/* The next element's tag and contents; an empty cursor with its error set where there is none. */
static struct reader der_next(struct reader *in, uint8_t *tag)
{
	*tag = reader_u8(in);
	size_t length = reader_u8(in);

	if (length & 0x80) {
		unsigned bytes = length & 0x7f;
		length = 0;
		if (bytes == 0 || bytes > 3) {
			in->overrun = true;
		}
		while (bytes-- > 0 && reader_ok(in)) {
			length = length << 8 | reader_u8(in);
		}
	}
	if (!reader_ok(in)) {
		length = reader_left(in) + 1; /* makes what follows fail as well */
	}
	return reader_sub(in, length);
}

static struct reader der_expect(struct reader *in, uint8_t wanted)
{
	uint8_t tag;
	struct reader contents = der_next(in, &tag);

	if (tag != wanted) {
		contents = reader_over(contents.end, 0);
		contents.overrun = true;
		in->overrun = true;
	}
	return contents;
}

static bool is_oid(struct reader oid, const uint8_t *wanted, size_t bytes)
{
	const uint8_t *at = reader_left(&oid) == bytes ? reader_bytes(&oid, bytes) : NULL;

	return at && memcmp(at, wanted, bytes) == 0;
}

static bool is_host_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

/* A host's name: letters, digits, hyphens, underscores, and at least one dot. */
static bool is_host(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!is_host_character(text[i])) {
			return false;
		}
	}
	return memchr(text, '.', length) != NULL;
}

/* What a product calls itself ("AnyDesk Client", "FortiGate"): words, and nothing that could be a
 * person's address. Browsers sign what they encrypt calls with as "WebRTC", whoever calls. */
static bool is_product(const char *text, size_t length)
{
	enum { PRODUCT_BYTES_MAX = 40 };

	if (length == 6 && memcmp(text, "WebRTC", 6) == 0) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if (!is_host_character(text[i]) && text[i] != ' ') {
			return false;
		}
	}
	return length >= 3 && length <= PRODUCT_BYTES_MAX;
}

static void add_host(struct l7_info *l7, struct reader name)
{
	size_t length = reader_left(&name);
	const char *text = (const char *)reader_bytes(&name, length);

	if (length > 2 && text[0] == '*' && text[1] == '.') {
		text += 2;
		length -= 2;
	}
	if (length > 0 && is_host(text, length)) {
		l7_info_add_name(l7, NAME_CERT, text, length);
	}
}

static struct reader common_name(struct reader subject)
{
	struct reader name = reader_over(subject.at, 0);

	while (reader_ok(&subject) && reader_left(&subject) > 0) {
		uint8_t tag;
		struct reader set = der_next(&subject, &tag);
		struct reader attribute = der_expect(&set, DER_SEQUENCE);
		struct reader oid = der_expect(&attribute, DER_OID);
		if (is_oid(oid, oid_common_name, sizeof(oid_common_name))) {
			name = der_next(&attribute, &tag);
		}
	}
	return name;
}

/* A common name that is no host's counts where there is no other name. One that is a host's has
 * been looked at. */
static void add_product(struct l7_info *l7, struct reader name)
{
	size_t length = reader_left(&name);
	const char *text = (const char *)reader_bytes(&name, length);

	if (text && !l7_info_have_source(l7, NAME_CERT) && !is_host(text, length) &&
		is_product(text, length)) {
		l7_info_add_name(l7, NAME_CERT, text, length);
	}
}

/* Who signed it, by common name and by organisation. */
static void note_issuer(struct reader issuer, struct l7_info *l7)
{
	while (reader_ok(&issuer) && reader_left(&issuer) > 0) {
		uint8_t tag;
		struct reader set = der_next(&issuer, &tag);
		struct reader attribute = der_expect(&set, DER_SEQUENCE);
		struct reader oid = der_expect(&attribute, DER_OID);
		struct reader value = der_next(&attribute, &tag);
		size_t length = reader_left(&value);
		const char *text = (const char *)reader_bytes(&value, length);
		if (!reader_ok(&value) || !text) {
			return;
		}
		if (is_oid(oid, oid_common_name, sizeof(oid_common_name))) {
			l7->issuers[0] = l7_issuer_hash(text, length);
			l7_info_set_issuer(l7, text, length);
		} else if (is_oid(oid, oid_organization, sizeof(oid_organization))) {
			l7->issuers[1] = l7_issuer_hash(text, length);
			if (l7->issuer_at == 0) {
				l7_info_set_issuer(l7, text, length);
			}
		}
	}
}

/* True where there are any of the kind that names hosts, usable or not. */
static bool add_alternative_names(struct reader value, struct l7_info *l7)
{
	struct reader names = der_expect(&value, DER_SEQUENCE);
	unsigned count = 0;

	while (reader_ok(&names) && reader_left(&names) > 0 && count < CERTIFICATE_NAMES_MAX) {
		uint8_t tag;
		struct reader name = der_next(&names, &tag);
		if (tag == DER_DNS_NAME) {
			add_host(l7, name);
			count++;
		}
	}
	return count > 0;
}

/* What the extension of alternative names holds; empty where there is none. */
static struct reader find_alternative_names(struct reader list)
{
	struct reader extensions = der_expect(&list, DER_SEQUENCE);

	while (reader_ok(&extensions) && reader_left(&extensions) > 0) {
		uint8_t tag;
		struct reader extension = der_expect(&extensions, DER_SEQUENCE);
		struct reader oid = der_expect(&extension, DER_OID);
		struct reader value = der_next(&extension, &tag);
		if (tag == DER_BOOLEAN) { /* critical */
			value = der_next(&extension, &tag);
		}
		if (is_oid(oid, oid_alternative_names, sizeof(oid_alternative_names))) {
			return value;
		}
	}
	return reader_over(extensions.end, 0);
}

/* The first of the chain. */
struct certificate {
	struct reader issuer, common_name, alternative_names;
};

static struct certificate open_certificate(struct reader message)
{
	struct certificate opened;
	uint8_t tag;

	reader_skip(&message, 3); /* length of the chain */
	struct reader first = reader_sub(&message, reader_u24(&message));
	struct reader certificate = der_expect(&first, DER_SEQUENCE);
	struct reader signed_part = der_expect(&certificate, DER_SEQUENCE);

	der_next(&signed_part, &tag); /* version, or in version 1 already the serial number */
	if (tag == DER_VERSION) {
		der_next(&signed_part, &tag);
	}
	der_next(&signed_part, &tag); /* signature algorithm */
	opened.issuer = der_next(&signed_part, &tag);
	der_next(&signed_part, &tag); /* validity */
	opened.common_name = common_name(der_next(&signed_part, &tag));
	der_next(&signed_part, &tag); /* public key */
	opened.alternative_names = reader_over(signed_part.end, 0);
	while (reader_ok(&signed_part) && reader_left(&signed_part) > 0) {
		struct reader part = der_next(&signed_part, &tag);
		if (tag == DER_EXTENSIONS) {
			opened.alternative_names = find_alternative_names(part);
		}
	}
	return opened;
}

void certificate_read(struct reader message, bool wants_names, struct l7_info *l7)
{
	struct certificate certificate = open_certificate(message);

	note_issuer(certificate.issuer, l7);
	if (!wants_names) {
		return;
	}
	if (!add_alternative_names(certificate.alternative_names, l7)) {
		add_host(l7, certificate.common_name);
	}
	add_product(l7, certificate.common_name);
}

static void learn_name(const struct own_network *own, struct reader name)
{
	if (reader_left(&name) > 2 && name.at[0] == '*' && name.at[1] == '.') {
		reader_skip(&name, 2);
	}
	own_network_learn(own, name);
}

void certificate_learn(const struct dissection *dissection, struct reader message)
{
	enum { PORT_RDP = 3389, PORT_WINRM = 5986 };
	const struct own_network *own = &dissection->tables->own;

	if (!dissection_is_own_word(dissection)) {
		return;
	}
	struct certificate certificate = open_certificate(message);
	struct reader names = der_expect(&certificate.alternative_names, DER_SEQUENCE);
	while (reader_ok(&names) && reader_left(&names) > 0) {
		uint8_t tag;
		struct reader name = der_next(&names, &tag);
		if (tag == DER_DNS_NAME) {
			learn_name(own, name);
		}
	}
	learn_name(own, certificate.common_name);
	if (dissection->sender_port == PORT_RDP || dissection->sender_port == PORT_WINRM) {
		own_network_learn_host(own, certificate.common_name);
	}
}
