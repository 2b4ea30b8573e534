/* IKE, versions 1 and 2 (RFC 2408, RFC 7296), also behind the non-ESP marker of NAT traversal (RFC
 * 3948), where ESP shares the port. */
#include "analyzer/classify/dissect/signature.h"

enum { PORT_IKE = 500, PORT_NAT_TRAVERSAL = 4500 };

static bool is_ike(struct reader in, uint32_t wire_bytes)
{
	uint64_t initiator = reader_u64(&in);

	reader_skip(&in, 8);
	reader_skip(&in, 1);
	uint8_t version = reader_u8(&in), exchange = reader_u8(&in);
	reader_skip(&in, 5);
	uint32_t length = reader_u32(&in);
	bool known = version == 0x10 ? exchange >= 1 && exchange <= 34
				     : exchange >= 34 && exchange <= 44;
	return reader_ok(&in) && initiator != 0 && (version == 0x10 || version == 0x20) && known &&
	       length == wire_bytes;
}

static enum dissect_result ipsec_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool fits = false;

	if (dissection_has_port(dissection, PORT_IKE)) {
		fits = is_ike(in, dissection->wire_bytes);
	} else if (dissection_has_port(dissection, PORT_NAT_TRAVERSAL) && reader_left(&in) > 4) {
		uint32_t marker = reader_u32(&in);
		uint32_t sequence = reader_u32(&in);
		struct reader behind = dissection->in;
		reader_skip(&behind, 4);
		/* Marker 0: IKE. Otherwise it is the SPI of ESP, whose sequence begins at 1. */
		fits = marker == 0 ? is_ike(behind, dissection->wire_bytes - 4)
				   : marker > 255 && sequence > 0 && sequence < 0x01000000;
	}
	return claim_if(fits, dissection, L7_IPSEC);
}

/* IKE version 2 has a flag for whoever began, in all messages of his; in version 1 only the first
 * message knows no number of the responder (RFC 7296, 3.1; RFC 2408, 3.1). */
static enum dissect_began ipsec_began(const struct dissection *dissection)
{
	enum { FLAG_INITIATOR = 0x08 };
	struct reader in = dissection->in;
	uint32_t wire_bytes = dissection->wire_bytes;

	if (dissection_has_port(dissection, PORT_NAT_TRAVERSAL)) {
		if (reader_u32(&in) != 0) {
			return DISSECT_BEGAN_UNKNOWN;
		}
		wire_bytes -= 4;
	} else if (!dissection_has_port(dissection, PORT_IKE)) {
		return DISSECT_BEGAN_UNKNOWN;
	}
	if (!is_ike(in, wire_bytes)) {
		return DISSECT_BEGAN_UNKNOWN;
	}
	reader_skip(&in, 8);
	uint64_t responder = reader_u64(&in);
	reader_skip(&in, 1);
	bool is_version_2 = reader_u8(&in) == 0x20;
	reader_skip(&in, 1);
	bool is_initiator = reader_u8(&in) & FLAG_INITIATOR;
	return is_version_2 ? began_by(is_initiator, !is_initiator)
			    : began_by(responder == 0, false);
}

const struct dissector dissector_ipsec = {
	.protocol = L7_IPSEC, .datagram = ipsec_datagram, .datagram_began = ipsec_began
};
