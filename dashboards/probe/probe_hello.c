#include "dashboards/probe/probe_hello.h"

#include <string.h>

#include "analyzer/classify/dissect/wire_crypto.h"

enum {
	CLIENT_HELLO = 1,
	RECORD_HANDSHAKE = 22,
	EXTENSION_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINTS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	EXTENSION_SHARE = 51,
	EXTENSION_QUIC = 57,
	GROUP_X25519 = 29,
	GROUP_P256 = 23,
	ID_BYTES = 8,
	SHARE_BYTES = 32
};

/* Bytes as they come, and lengths that are filled in when they are known. */
struct put {
	uint8_t *bytes;
	size_t count;
};

static void put_u8(struct put *put, unsigned number)
{
	put->bytes[put->count++] = (uint8_t)number;
}

static void put_u16(struct put *put, unsigned number)
{
	put_u8(put, number >> 8);
	put_u8(put, number & 0xff);
}

static void put_bytes(struct put *put, const void *bytes, size_t count)
{
	memcpy(put->bytes + put->count, bytes, count);
	put->count += count;
}

/* A length of so many bytes; and what it is, once all of it is there. */
static size_t put_length(struct put *put, unsigned length_bytes)
{
	put->count += length_bytes;
	return put->count;
}

static void end_length(struct put *put, size_t began, unsigned length_bytes)
{
	size_t length = put->count - began;

	for (unsigned i = 0; i < length_bytes; i++) {
		put->bytes[began - 1 - i] = (uint8_t)(length >> 8 * i);
	}
}

static void put_name(struct put *put, const char *name)
{
	put_u16(put, EXTENSION_NAME);
	size_t extension = put_length(put, 2), list = put_length(put, 2);
	put_u8(put, 0); /* host_name */
	size_t host = put_length(put, 2);
	put_bytes(put, name, strlen(name));
	end_length(put, host, 2);
	end_length(put, list, 2);
	end_length(put, extension, 2);
}

static void put_numbers(struct put *put, unsigned type, unsigned length_bytes,
	const uint16_t *numbers, size_t count)
{
	put_u16(put, type);
	size_t extension = put_length(put, 2), list = put_length(put, length_bytes);
	for (size_t i = 0; i < count; i++) {
		put_u16(put, numbers[i]);
	}
	end_length(put, list, length_bytes);
	end_length(put, extension, 2);
}

static void put_alpn(struct put *put, const char *protocol)
{
	put_u16(put, EXTENSION_ALPN);
	size_t extension = put_length(put, 2), list = put_length(put, 2);
	put_u8(put, (unsigned)strlen(protocol));
	put_bytes(put, protocol, strlen(protocol));
	end_length(put, list, 2);
	end_length(put, extension, 2);
}

static void put_common(struct put *put, const char *name)
{
	static const uint16_t groups[] = { GROUP_X25519, GROUP_P256, 24 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501,
		0x0806, 0x0601 };

	put_name(put, name);
	put_numbers(put, EXTENSION_GROUPS, 2, groups, sizeof(groups) / 2);
	put_numbers(put, EXTENSION_SIGNATURES, 2, signatures, sizeof(signatures) / 2);
}

static void put_points(struct put *put)
{
	put_u16(put, EXTENSION_POINTS);
	put_u16(put, 2);
	put_u8(put, 1);
	put_u8(put, 0); /* uncompressed */
}

/* What only a hello of TLS 1.3 has, and only one over QUIC. */
static void put_quic_extensions(struct put *put, const uint8_t *share, const uint8_t *own_id)
{
	static const uint16_t versions[] = { 0x0304 };

	put_numbers(put, EXTENSION_VERSIONS, 1, versions, 1);
	put_u16(put, EXTENSION_SHARE);
	size_t extension = put_length(put, 2), list = put_length(put, 2);
	put_u16(put, GROUP_X25519);
	put_u16(put, SHARE_BYTES);
	put_bytes(put, share, SHARE_BYTES);
	end_length(put, list, 2);
	end_length(put, extension, 2);
	put_u16(put, EXTENSION_QUIC); /* initial_source_connection_id (RFC 9000, 18.2) */
	put_u16(put, 2 + ID_BYTES);
	put_u8(put, 0x0f);
	put_u8(put, ID_BYTES);
	put_bytes(put, own_id, ID_BYTES);
}

/* The handshake message; share NULL: for TLS over TCP. */
static void put_hello(struct put *put, const uint8_t *random, const char *name,
	const uint8_t *share, const uint8_t *own_id)
{
	static const uint16_t old[] = { 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,
		0xc014, 0x009c, 0x009d, 0x002f, 0x0035, 0x00ff };
	static const uint16_t fresh[] = { 0x1301, 0x1302, 0x1303 };
	const uint16_t *ciphers = share ? fresh : old;
	size_t cipher_count = share ? sizeof(fresh) / 2 : sizeof(old) / 2;

	put_u8(put, CLIENT_HELLO);
	size_t message = put_length(put, 3);
	put_u16(put, 0x0303);
	put_bytes(put, random, PROBE_MARKER_BYTES);
	put_u8(put, 0); /* no session */
	put_u16(put, (unsigned)(2 * cipher_count));
	for (size_t i = 0; i < cipher_count; i++) {
		put_u16(put, ciphers[i]);
	}
	put_u16(put, 0x0100); /* one compression: none */
	size_t extensions = put_length(put, 2);
	put_common(put, name);
	put_alpn(put, share ? "h3" : "http/1.1");
	if (share) {
		put_quic_extensions(put, share, own_id);
	} else {
		put_points(put);
	}
	end_length(put, extensions, 2);
	end_length(put, message, 3);
}

size_t probe_put_tls_hello(
	const uint8_t random[PROBE_MARKER_BYTES], const char *name, uint8_t out[PROBE_HELLO_MAX])
{
	struct put put = { out, 0 };

	put_u8(&put, RECORD_HANDSHAKE);
	put_u16(&put, 0x0301);
	size_t record = put_length(&put, 2);
	put_hello(&put, random, name, NULL, NULL);
	end_length(&put, record, 2);
	return put.count;
}

size_t probe_put_quic_hello(const uint8_t random[PROBE_MARKER_BYTES], const char *name,
	const uint8_t entropy[PROBE_ENTROPY_BYTES], uint8_t out[PROBE_HELLO_MAX])
{
	const uint8_t *share = entropy, *id = entropy + SHARE_BYTES, *own_id = id + ID_BYTES;
	uint8_t header[64], payload[PROBE_HELLO_MAX] = { 0 };
	struct put head = { header, 0 }, body = { payload, 0 };

	put_u8(&body, 6); /* CRYPTO from 0 on */
	put_u8(&body, 0);
	size_t length = put_length(&body, 2);
	put_hello(&body, random, name, share, own_id);
	end_length(&body, length, 2);
	payload[length - 2] |= 0x40; /* a length of two bytes (RFC 9000, 16) */

	put_u8(&head, 0xc1); /* long header, Initial, a packet number of two bytes */
	put_u16(&head, 0);
	put_u16(&head, 1); /* the version */
	put_u8(&head, ID_BYTES);
	put_bytes(&head, id, ID_BYTES);
	put_u8(&head, ID_BYTES);
	put_bytes(&head, own_id, ID_BYTES);
	put_u8(&head, 0); /* no token */
	size_t header_bytes = head.count + 4;
	size_t payload_bytes = PROBE_HELLO_MAX - header_bytes - QUIC_TAG_BYTES;
	put_u16(&head, (unsigned)(0x4000 | (2 + payload_bytes + QUIC_TAG_BYTES)));
	put_u16(&head, 0); /* the packet number */
	return quic_seal_client_initial(
		id, ID_BYTES, header, header_bytes, payload, payload_bytes, out);
}
