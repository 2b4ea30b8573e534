/* Builds hellos byte by byte, so that tests say what is in them. */
#pragma once

#include <stdint.h>
#include <string.h>

struct hello_builder {
	uint8_t bytes[16384];
	size_t count;
};

static inline void put_bytes(struct hello_builder *out, const void *bytes, size_t count)
{
	memcpy(out->bytes + out->count, bytes, count);
	out->count += count;
}

static inline void put_number(struct hello_builder *out, unsigned width, uint32_t number)
{
	while (width-- > 0) {
		out->bytes[out->count++] = (uint8_t)(number >> 8 * width);
	}
}

/* Leaves room for a length of that width; fill_length() puts in what came behind it. */
static inline size_t open_length(struct hello_builder *out, unsigned width)
{
	put_number(out, width, 0);
	return out->count;
}

static inline void fill_length(struct hello_builder *out, unsigned width, size_t start)
{
	size_t end = out->count;

	out->count = start - width;
	put_number(out, width, (uint32_t)(end - start));
	out->count = end;
}

static inline void put_extension(
	struct hello_builder *out, uint16_t type, const void *bytes, size_t count)
{
	put_number(out, 2, type);
	put_number(out, 2, (uint32_t)count);
	put_bytes(out, bytes, count);
}

static inline void put_server_name(struct hello_builder *out, const char *name)
{
	put_number(out, 2, 0);
	size_t extension = open_length(out, 2), list = open_length(out, 2);
	put_number(out, 1, 0);
	put_number(out, 2, (uint32_t)strlen(name));
	put_bytes(out, name, strlen(name));
	fill_length(out, 2, list);
	fill_length(out, 2, extension);
}

/* A ClientHello handshake message: the name (NULL: none), an ECH extension where asked for, and
 * padding_bytes of a key share, as large as a post-quantum one is. */
static inline void put_client_hello(
	struct hello_builder *out, const char *name, int with_ech, size_t padding_bytes)
{
	static const uint8_t zeros[4096], ech[] = { 0, 0, 1, 0, 1, 7, 0, 0, 0, 0 };

	put_number(out, 1, 1);
	size_t message = open_length(out, 3);
	put_number(out, 2, 0x0303);
	put_bytes(out, zeros, 32);
	put_number(out, 1, 0);
	put_number(out, 2, 6);
	put_bytes(out, "\x0a\x0a\x13\x01\x13\x02", 6);
	put_bytes(out, "\x01\x00", 2);
	size_t extensions = open_length(out, 2);
	put_extension(out, 0x1a1a, "", 0);
	if (name) {
		put_server_name(out, name);
	}
	put_extension(out, 16, "\0\x0c\x02h2\x08http/1.1", 14);
	put_extension(out, 43, "\x06\x0a\x0a\x03\x04\x03\x03", 7);
	put_extension(out, 13, "\0\x04\x04\x03\x08\x04", 6);
	put_extension(out, 51, zeros, padding_bytes);
	if (with_ech) {
		put_extension(out, 0xfe0d, ech, sizeof(ech));
	}
	fill_length(out, 2, extensions);
	fill_length(out, 3, message);
}

/* The message in TLS records of at most record_bytes each. */
static inline void put_records(
	struct hello_builder *out, const struct hello_builder *message, size_t record_bytes)
{
	for (size_t at = 0; at < message->count; at += record_bytes) {
		size_t count =
			message->count - at < record_bytes ? message->count - at : record_bytes;
		put_number(out, 1, 22);
		put_number(out, 2, 0x0301);
		put_number(out, 2, (uint32_t)count);
		put_bytes(out, message->bytes + at, count);
	}
}
