/* Client and server hellos of TLS, DTLS and QUIC: the handshake message's body, read into plain
 * values.
 *
 * Everything points into the caller's bytes; numbers that JA4 needs are copied, so many as it can
 * count. Reserved values (GREASE, RFC 8701) are left out of every list. Cost: about 30 ns for a
 * browser's hello. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

struct l7_info;
struct ech_names;

enum { HELLO_CIPHERS_MAX = 128, HELLO_EXTENSIONS_MAX = 96, HELLO_SIGNATURES_MAX = 48 };

struct client_hello {
	uint16_t legacy_version;
	uint16_t best_version; /* of the supported_versions extension; 0 where there is none */
	unsigned cipher_count, extension_count,
		signature_count; /* as sent; the lists may hold fewer */
	uint16_t ciphers[HELLO_CIPHERS_MAX];
	uint16_t extensions[HELLO_EXTENSIONS_MAX];
	uint16_t signatures[HELLO_SIGNATURES_MAX];
	const char *server_name; /* NULL: no server_name extension, or none readable */
	size_t server_name_length;
	const char *alpn; /* the first protocol offered; NULL none */
	size_t alpn_length;
	const uint8_t *random; /* 32 bytes; NULL: cut */
	const uint8_t *session;
	uint8_t session_bytes;
	bool has_server_name; /* the extension is there, whatever is in it */
	bool has_ech;         /* the outer kind of encrypted_client_hello, real or GREASE */
	bool has_esni;        /* its predecessor */
	bool repeats;         /* an extension that may come once (RFC 8446, 4.2) */
	bool is_whole;        /* read to the end without contradiction */
};

struct server_hello {
	uint16_t version; /* the one chosen */
	const uint8_t *session;
	uint8_t session_bytes;
	const char *alpn; /* the one chosen, where it shows (up to TLS 1.2); NULL none */
	size_t alpn_length;
};

/* body: the handshake message behind its header. False where it cannot be a hello. A body that ends
 * early is read as far as it goes (is_whole false). is_dtls: with a cookie, as DTLS has it. */
bool client_hello_parse(struct reader body, bool is_dtls, struct client_hello *hello);
bool server_hello_parse(struct reader body, struct server_hello *hello);

/* What a client's hello says goes into the l7 info: version, ALPN, the name, or why there is none.
 */
void client_hello_to_l7_info(const struct client_hello *hello, bool is_quic,
	const struct ech_names *ech, struct l7_info *l7);
void server_hello_to_l7_info(const struct server_hello *hello, struct l7_info *l7);
