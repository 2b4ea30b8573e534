/* A bounds-checked cursor over bytes from the wire.
 *
 * Reading past the end returns zeros and sets an error that sticks, so a parser reads a whole
 * structure and asks once, with reader_ok(). Numbers are big-endian (network order) unless the name
 * says _le. Never copies, never allocates; the bytes belong to the caller. This is the only place
 * where packet bytes meet pointer arithmetic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at, *end;
	bool overrun;
};

static inline struct reader reader_over(const void *bytes, size_t count)
{
	return (struct reader){ bytes, (const uint8_t *)bytes + count, false };
}

static inline bool reader_ok(const struct reader *reader)
{
	return !reader->overrun;
}

static inline size_t reader_left(const struct reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

/* count bytes, or NULL (and the sticky error) where fewer are left. */
static inline const uint8_t *reader_bytes(struct reader *reader, size_t count)
{
	if (reader_left(reader) < count) {
		reader->at = reader->end;
		reader->overrun = true;
		return NULL;
	}
	const uint8_t *bytes = reader->at;
	reader->at += count;
	return bytes;
}

static inline void reader_skip(struct reader *reader, size_t count)
{
	(void)reader_bytes(reader, count);
}

/* Steps over the zeros that come next, eight at a time. */
static inline void reader_skip_zeros(struct reader *reader)
{
	uint64_t word;

	while (reader_left(reader) >= sizeof(word)) {
		memcpy(&word, reader->at, sizeof(word));
		if (word != 0) {
			break;
		}
		reader->at += sizeof(word);
	}
	while (reader->at < reader->end && *reader->at == 0) {
		reader->at++;
	}
}

/* A cursor of its own over the next count bytes, which the outer one steps over. Where fewer are
 * left the inner one is empty and both carry the error. */
static inline struct reader reader_sub(struct reader *reader, size_t count)
{
	const uint8_t *bytes = reader_bytes(reader, count);
	struct reader sub = reader_over(bytes ? bytes : reader->end, bytes ? count : 0);
	sub.overrun = reader->overrun;
	return sub;
}

static inline uint8_t reader_u8(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 1);
	return b ? b[0] : 0;
}

static inline uint16_t reader_u16(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 2);
	return b ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

static inline uint32_t reader_u24(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 3);
	return b ? (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2] : 0;
}

static inline uint32_t reader_u32(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 4);
	return b ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3] : 0;
}

static inline uint64_t reader_u64(struct reader *reader)
{
	uint64_t high = reader_u32(reader);
	return high << 32 | reader_u32(reader);
}

static inline uint16_t reader_u16_le(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 2);
	return b ? (uint16_t)(b[1] << 8 | b[0]) : 0;
}

static inline uint32_t reader_u32_le(struct reader *reader)
{
	const uint8_t *b = reader_bytes(reader, 4);
	return b ? (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0] : 0;
}

/* Loads for the packet path, after one comparison has shown that the bytes are there. _raw keeps
 * the order of the wire. */
static inline uint16_t load_raw16(const uint8_t *bytes, size_t offset)
{
	uint16_t word;
	memcpy(&word, bytes + offset, sizeof(word));
	return word;
}

static inline uint16_t load_be16(const uint8_t *bytes, size_t offset)
{
	return (uint16_t)(bytes[offset] << 8 | bytes[offset + 1]);
}

static inline uint32_t load_be32(const uint8_t *bytes, size_t offset)
{
	const uint8_t *b = bytes + offset;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t load_be64(const uint8_t *bytes, size_t offset)
{
	return (uint64_t)load_be32(bytes, offset) << 32 | load_be32(bytes, offset + 4);
}

static inline uint32_t load_le32(const uint8_t *bytes, size_t offset)
{
	const uint8_t *b = bytes + offset;
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}
