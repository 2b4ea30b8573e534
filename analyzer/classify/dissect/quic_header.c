#include "analyzer/classify/dissect/quic_header.h"

#include "analyzer/classify/dissect/wire_crypto.h"

uint64_t quic_varint(struct reader *in)
{
	uint8_t first = reader_u8(in);
	unsigned more = (1U << (first >> 6)) - 1;
	uint64_t number = first & 0x3f;

	while (more-- > 0) {
		number = number << 8 | reader_u8(in);
	}
	return number;
}

static enum quic_kind kind_of(uint8_t first, uint32_t version)
{
	unsigned type = first >> 4 & 3;

	if (version == 0) {
		return QUIC_NEGOTIATION;
	}
	if (!quic_version_is_known(version)) {
		return QUIC_UNREADABLE;
	}
	if (quic_version_is_v2(version)) {
		type = (type + 3) & 3; /* RFC 9369, 3.2: every type one up, Retry is 0 */
	}
	return (enum quic_kind)type;
}

/* Length of what the header covers; the rest of the datagram where there is no length. */
static void read_extent(struct reader *in, struct quic_header *header, const uint8_t *start)
{
	if (header->kind == QUIC_INITIAL) {
		reader_skip(in, quic_varint(in)); /* token */
	}
	if (header->kind <= QUIC_HANDSHAKE) {
		uint64_t length = quic_varint(in);
		header->number_offset = (size_t)(in->at - start);
		header->is_cut = length > reader_left(in);
		reader_skip(in, header->is_cut ? reader_left(in) : length);
	} else {
		reader_skip(in, reader_left(in));
	}
	header->count = (size_t)(in->at - start);
}

bool quic_header_read(struct reader *datagram, struct quic_header *header)
{
	const uint8_t *start = datagram->at;
	uint8_t first = reader_u8(datagram);

	*header = (struct quic_header){ .version = reader_u32(datagram) };
	header->destination_length = reader_u8(datagram);
	header->destination = reader_bytes(datagram, header->destination_length);
	header->source_length = reader_u8(datagram);
	header->source = reader_bytes(datagram, header->source_length);
	if (!reader_ok(datagram) || !(first & QUIC_FORM_LONG) ||
		header->destination_length > QUIC_CID_MAX || header->source_length > QUIC_CID_MAX) {
		return false;
	}
	header->kind = kind_of(first, header->version);
	read_extent(datagram, header, start);
	return reader_ok(datagram);
}
