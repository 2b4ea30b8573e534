/* Long headers of QUIC (RFC 8999, RFC 9000 17.2, RFC 9369 3.2), drafts included. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

enum { QUIC_FORM_LONG = 0x80 }; /* of the first byte: the header is a long one */

enum quic_kind {
	QUIC_INITIAL,
	QUIC_ZERO_RTT,
	QUIC_HANDSHAKE,
	QUIC_RETRY,
	QUIC_NEGOTIATION,
	QUIC_UNREADABLE
};

struct quic_header {
	enum quic_kind kind; /* QUIC_UNREADABLE: a version we know nothing about */
	uint32_t version;
	const uint8_t *destination, *source; /* connection IDs */
	uint8_t destination_length, source_length;
	size_t number_offset; /* of the packet number, from the start of the packet; of Initials
				 alone */
	size_t count;         /* the packet's length, at most what is there */
	bool is_cut;          /* it says that it is longer than what is there */
};

/* Reads one packet's header and steps over the packet. False where it is none. */
bool quic_header_read(struct reader *datagram, struct quic_header *header);

/* A number of variable length (RFC 9000, 16). */
uint64_t quic_varint(struct reader *in);
