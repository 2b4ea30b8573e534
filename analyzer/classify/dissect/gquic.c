#include "analyzer/classify/dissect/gquic.h"

#include <string.h>

/* Flags of the public header before Q044. */
enum { FLAG_VERSION = 0x01, FLAG_CONNECTION_ID = 0x08, FLAG_RESERVED = 0xc0 };
enum { HASH_BYTES = 12 }; /* FNV-1a hash before the frames of packets that are not encrypted */

static bool is_version(uint32_t version)
{
	uint8_t tens = version >> 8 & 0xff, ones = version & 0xff;

	return version >> 16 == 0x5130 && tens >= '2' && tens <= '5' && ones >= '0' && ones <= '9';
}

/* Q024 to Q043: flags, connection ID, version, packet number of one to six bytes. */
static bool read_public_header(struct reader *in, uint32_t *version, struct reader *id)
{
	static const uint8_t number_bytes[] = { 1, 2, 4, 6 };
	uint8_t flags = reader_u8(in);

	if (flags & FLAG_RESERVED || !(flags & FLAG_VERSION) || !(flags & FLAG_CONNECTION_ID)) {
		return false;
	}
	*id = reader_sub(in, 8);
	*version = reader_u32(in);
	reader_skip(in, number_bytes[flags >> 4 & 3]);
	return is_version(*version);
}

/* Q044 to Q049: a long header with connection ID lengths in one byte, then a number
 * of four bytes. Q050 has the header of QUIC, and protects its packets. */
static bool read_long_header(struct reader *in, uint32_t *version, struct reader *id)
{
	uint8_t first = reader_u8(in);

	*version = reader_u32(in);
	uint8_t lengths = reader_u8(in);
	uint16_t number = *version & 0xffff; /* two digits */
	if (!(first & 0x80) || !is_version(*version) || number < 0x3434 || number > 0x3439) {
		return false;
	}
	*id = reader_sub(in, lengths >> 4 ? (lengths >> 4) + 3U : 0);
	reader_skip(in, lengths & 15 ? (lengths & 15) + 3U : 0);
	reader_skip(in, 4);
	return true;
}

bool gquic_is_version(uint32_t version)
{
	return is_version(version) && version != 0x51303530;
}

bool gquic_read_header(struct reader *datagram, uint32_t *version, struct reader *id)
{
	struct reader in = *datagram;

	if (!read_public_header(&in, version, id)) {
		in = *datagram;
		if (!read_long_header(&in, version, id)) {
			return false;
		}
	}
	reader_skip(&in, HASH_BYTES);
	*datagram = in;
	return reader_ok(&in);
}

bool gquic_fits(struct reader datagram, const uint8_t *id, size_t id_length)
{
	enum { BEFORE_ID_MOST = 6 }; /* flags, version and lengths */
	size_t left = reader_left(&datagram), most = BEFORE_ID_MOST + id_length;

	return memmem(datagram.at, left < most ? left : most, id, id_length) != NULL;
}

/* The table: number of tags, then (tag, end of its value) each, then the values one after the
 * other. */
static enum gquic_hello read_tags(struct reader in, struct l7_info *l7)
{
	enum { TAGS_MAX = 128 };
	uint16_t count = reader_u16_le(&in);
	uint32_t start = 0;

	reader_skip(&in, 2);
	if (!reader_ok(&in) || count == 0 || count > TAGS_MAX) {
		return GQUIC_NO_HELLO;
	}
	struct reader tags = reader_sub(&in, count * 8U);
	while (reader_left(&tags) >= 8) {
		uint32_t tag = reader_u32(&tags);
		uint32_t end = reader_u32_le(&tags);
		if (end < start) {
			return GQUIC_NO_HELLO;
		}
		if (tag == 0x534e4900) { /* "SNI\0" */
			reader_skip(&in, start);
			const char *name = (const char *)reader_bytes(&in, end - start);
			if (name && l7_info_add_name(l7, NAME_QUIC_SNI, name, end - start)) {
				return GQUIC_HELLO;
			}
			break;
		}
		start = end;
	}
	return GQUIC_HELLO_WITHOUT_NAME;
}

enum gquic_hello gquic_read_hello(struct reader frames, struct l7_info *l7)
{
	/* The stream frame's header takes few bytes, but frames of other kinds may
	 * stand before it. */
	static const char tag[] = { 'C', 'H', 'L', 'O' };

	while (reader_left(&frames) > sizeof(tag)) {
		const uint8_t *found =
			memchr(frames.at, tag[0], reader_left(&frames) - sizeof(tag));
		if (!found) {
			break;
		}
		reader_skip(&frames, (size_t)(found - frames.at));
		if (memcmp(frames.at, tag, sizeof(tag)) == 0) {
			reader_skip(&frames, sizeof(tag));
			return read_tags(frames, l7);
		}
		reader_skip(&frames, 1);
	}
	return GQUIC_NO_HELLO;
}
