#include "analyzer/classify/dissect/tls_hello.h"

#include <string.h>

#include "analyzer/record/l7_info.h"
#include "analyzer/classify/dissect/ech_names.h"

/* IANA, TLS ExtensionType values. */
enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d,
	EXTENSION_ESNI = 0xffce
};

/* Values that mean nothing, so that servers learn to bear what they do not know (RFC 8701). */
static bool is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/* RFC 6066, 3: a list of (type, name), of which only type 0, host_name, exists. */
static void read_server_name(struct reader extension, struct client_hello *hello)
{
	uint16_t list_bytes = reader_u16(&extension);
	uint8_t type = reader_u8(&extension);
	uint16_t length = reader_u16(&extension);
	const uint8_t *name = reader_bytes(&extension, length);

	hello->repeats |= hello->has_server_name;
	hello->has_server_name = true;
	if (name && type == 0 && length > 0 && list_bytes >= 3) {
		hello->server_name = (const char *)name;
		hello->server_name_length = length;
	}
}

/* RFC 7301, 3.1: a list of protocol names, the first is the one liked best. */
static void read_alpn(struct reader extension, const char **alpn, size_t *alpn_length)
{
	reader_skip(&extension, 2);
	uint8_t length = reader_u8(&extension);
	const uint8_t *name = reader_bytes(&extension, length);
	if (name && length > 0) {
		*alpn = (const char *)name;
		*alpn_length = length;
	}
}

static void read_versions(struct reader extension, struct client_hello *hello)
{
	struct reader list = extension;

	list = reader_sub(&list, reader_u8(&list));
	while (reader_left(&list) >= 2) {
		uint16_t version = reader_u16(&list);
		if (is_grease(version)) {
			continue;
		}
		/* DTLS counts downwards: 0xfefd is 1.2, 0xfefc 1.3. */
		bool is_better = version >> 8 == 0xfe
					 ? version < hello->best_version || !hello->best_version
					 : version > hello->best_version;
		if (is_better) {
			hello->best_version = version;
		}
	}
}

static void read_signatures(struct reader extension, struct client_hello *hello)
{
	struct reader list = extension;

	list = reader_sub(&list, reader_u16(&list));
	while (reader_left(&list) >= 2) {
		uint16_t signature = reader_u16(&list);
		if (hello->signature_count < HELLO_SIGNATURES_MAX) {
			hello->signatures[hello->signature_count] = signature;
		}
		hello->signature_count++;
	}
}

static void read_client_extension(
	uint16_t type, struct reader extension, struct client_hello *hello)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		read_server_name(extension, hello);
		break;
	case EXTENSION_SIGNATURE_ALGORITHMS:
		read_signatures(extension, hello);
		break;
	case EXTENSION_ALPN:
		read_alpn(extension, &hello->alpn, &hello->alpn_length);
		break;
	case EXTENSION_SUPPORTED_VERSIONS:
		read_versions(extension, hello);
		break;
	case EXTENSION_ECH:
		/* Type 0 is the outer hello; the inner kind (1) is never seen in the clear. */
		hello->has_ech |= reader_u8(&extension) == 0 && reader_ok(&extension);
		break;
	case EXTENSION_ESNI:
		hello->has_esni = true;
		break;
	}
}

static void read_ciphers(struct reader list, struct client_hello *hello)
{
	while (reader_left(&list) >= 2) {
		uint16_t cipher = reader_u16(&list);
		if (is_grease(cipher)) {
			continue;
		}
		if (hello->cipher_count < HELLO_CIPHERS_MAX) {
			hello->ciphers[hello->cipher_count] = cipher;
		}
		hello->cipher_count++;
	}
}

/* As much of the list as is there, even where its end was not captured. */
static struct reader list_as_far(struct reader *body, size_t bytes)
{
	size_t left = reader_left(body);
	struct reader list = reader_sub(body, bytes < left ? bytes : left);

	if (bytes > left) {
		body->overrun = true;
	}
	return list;
}

bool client_hello_parse(struct reader body, bool is_dtls, struct client_hello *hello)
{
	memset(hello, 0, offsetof(struct client_hello, ciphers));
	memset(&hello->server_name, 0, sizeof(*hello) - offsetof(struct client_hello, server_name));
	hello->legacy_version = reader_u16(&body);
	uint8_t major = (uint8_t)(hello->legacy_version >> 8);
	if (!reader_ok(&body) || (is_dtls ? major != 0xfe && major != 1 : major != 3)) {
		return false;
	}
	hello->random = reader_bytes(&body, 32);
	hello->session_bytes = reader_u8(&body);
	if (hello->session_bytes > 32) {
		return false;
	}
	hello->session = reader_bytes(&body, hello->session_bytes);
	if (is_dtls) {
		reader_skip(&body, reader_u8(&body)); /* cookie */
	}
	uint16_t cipher_bytes = reader_u16(&body);
	if (cipher_bytes % 2 != 0) {
		return false;
	}
	read_ciphers(list_as_far(&body, cipher_bytes), hello);
	reader_skip(&body, reader_u8(&body)); /* compression methods */
	if (reader_ok(&body) && reader_left(&body) == 0) {
		hello->is_whole = true; /* extensions may be absent altogether */
		return true;
	}
	uint16_t extension_bytes = reader_u16(&body);
	struct reader extensions = list_as_far(&body, extension_bytes);
	while (reader_left(&extensions) >= 4) {
		uint16_t type = reader_u16(&extensions);
		uint16_t length = reader_u16(&extensions);
		struct reader extension = list_as_far(&extensions, length);
		if (!reader_ok(&extensions)) {
			break;
		}
		read_client_extension(type, extension, hello);
		if (!is_grease(type)) {
			if (hello->extension_count < HELLO_EXTENSIONS_MAX) {
				hello->extensions[hello->extension_count] = type;
			}
			hello->extension_count++;
		}
	}
	hello->is_whole = reader_ok(&body) && reader_ok(&extensions) &&
			  reader_left(&extensions) == 0 && reader_left(&body) == 0;
	return true;
}

bool server_hello_parse(struct reader body, struct server_hello *hello)
{
	*hello = (struct server_hello){ .version = reader_u16(&body) };
	if (hello->version >> 8 != 3 && hello->version >> 8 != 0xfe && hello->version != 0x0100) {
		return false;
	}
	reader_skip(&body, 32);
	hello->session_bytes = reader_u8(&body);
	hello->session = reader_bytes(&body, hello->session_bytes);
	reader_skip(&body, 3); /* cipher suite, compression */
	if (!reader_ok(&body) || hello->session_bytes > 32) {
		return false;
	}
	uint16_t extension_bytes = reader_u16(&body);
	struct reader extensions = list_as_far(&body, extension_bytes);
	while (reader_left(&extensions) >= 4) {
		uint16_t type = reader_u16(&extensions);
		struct reader extension = reader_sub(&extensions, reader_u16(&extensions));
		if (type == EXTENSION_SUPPORTED_VERSIONS && reader_left(&extension) == 2) {
			hello->version = reader_u16(&extension);
		} else if (type == EXTENSION_ALPN) {
			read_alpn(extension, &hello->alpn, &hello->alpn_length);
		}
	}
	return true;
}

static void put_alpn(struct l7_info *l7, const char *alpn, size_t length)
{
	if (alpn && length < sizeof(l7->alpn) && !memchr(alpn, 0, length)) {
		memset(l7->alpn, 0, sizeof(l7->alpn));
		memcpy(l7->alpn, alpn, length);
	}
}

void client_hello_to_l7_info(const struct client_hello *hello, bool is_quic,
	const struct ech_names *ech, struct l7_info *l7)
{
	enum name_source source = is_quic ? NAME_QUIC_SNI : NAME_TLS_SNI;

	l7->tls_version = hello->best_version ? hello->best_version : hello->legacy_version;
	put_alpn(l7, hello->alpn, hello->alpn_length);
	if (hello->has_esni) {
		l7->hidden = NAME_HIDDEN_ECH;
	} else if (!hello->server_name && hello->is_whole) {
		l7->hidden = NAME_HIDDEN_NO_SNI;
	}
	if (hello->server_name) {
		if (hello->has_ech &&
			ech_names_know(ech, hello->server_name, hello->server_name_length)) {
			l7->hidden = NAME_HIDDEN_ECH;
			source = NAME_ECH_OUTER;
		}
		l7_info_add_name(l7, source, hello->server_name, hello->server_name_length);
	}
	if (strcmp(l7->alpn, "dot") == 0 || strcmp(l7->alpn, "doq") == 0) {
		l7->hidden = NAME_HIDDEN_ENCRYPTED_DNS;
	}
}

void server_hello_to_l7_info(const struct server_hello *hello, struct l7_info *l7)
{
	l7->server_hello = true;
	l7->tls_version = hello->version;
	put_alpn(l7, hello->alpn, hello->alpn_length);
}
