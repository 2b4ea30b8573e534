/* Voice and video outside of an app's own format: SIP (RFC 3261), RTP and RTCP (RFC 3550). */
#include "analyzer/classify/dissect/signature.h"

static const char *const sip_requests[] = { "INVITE sip", "REGISTER sip", "OPTIONS sip", "ACK sip",
	"BYE sip", "CANCEL sip", "SUBSCRIBE sip", "NOTIFY sip", "MESSAGE sip", "PUBLISH sip",
	"REFER sip", "INFO sip", "PRACK sip", "UPDATE sip" };

static bool is_sip_request(const struct reader *in)
{
	for (size_t i = 0; i < sizeof(sip_requests) / sizeof(sip_requests[0]); i++) {
		if (begins_with(in, sip_requests[i])) {
			return true;
		}
	}
	return false;
}

static bool is_sip_response(const struct reader *in)
{
	return begins_with(in, "SIP/2.0 ");
}

static enum dissect_result sip_any(struct dissection *dissection)
{
	bool fits = is_sip_request(&dissection->in) || is_sip_response(&dissection->in);

	return claim_if(fits, dissection, L7_SIP);
}

static enum dissect_began sip_began(const struct dissection *dissection)
{
	return began_by(is_sip_request(&dissection->in), is_sip_response(&dissection->in));
}

const struct dissector dissector_sip = { .protocol = L7_SIP,
	.stream = sip_any,
	.datagram = sip_any,
	.stream_began = sip_began,
	.datagram_began = sip_began,
	.stream_begins = BEGINS({ 'A', 'Z' }),
	.datagram_begins = BEGINS({ 'A', 'Z' }) };

enum { RTCP_FIRST = 200, RTCP_LAST = 206 };

/* RTCP says its own length in words less one; compound packets end exactly with the datagram. */
static bool is_rtcp(struct reader in)
{
	unsigned count = 0;

	while (reader_left(&in) >= 8 && count < 8) {
		uint8_t first = reader_u8(&in), type = reader_u8(&in);
		uint16_t words = reader_u16(&in);
		if (first >> 6 != 2 || type < RTCP_FIRST || type > RTCP_LAST) {
			return false;
		}
		reader_skip(&in, words * 4U);
		count++;
	}
	return reader_ok(&in) && reader_left(&in) == 0 && count > 0;
}

/* Three packets in a row of one source, numbered one after the other: less is no proof, the header
 * has hardly anything fixed. words[]: source << 32 | how many << 16 | number, a direction each. */
static enum dissect_result rtp_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint64_t *seen = &dissection->state->words[dissection->from_source ? 0 : 1];
	uint8_t first = reader_u8(&in), type = reader_u8(&in) & 0x7f;
	uint16_t number = reader_u16(&in);
	reader_skip(&in, 4);
	uint32_t source = reader_u32(&in);
	enum { ENOUGH = 3 };

	bool is_begun = dissection->l7->protocol == L7_RTP || dissection->state->words[0] ||
			dissection->state->words[1];
	if (is_begun && is_rtcp(dissection->in)) {
		return DISSECT_MORE;
	}
	bool type_fits = type <= 34 || (type >= 96 && type <= 127);
	if (!reader_ok(&in) || first >> 6 != 2 || !type_fits || source == 0) {
		return DISSECT_OTHER;
	}
	unsigned count = (unsigned)(*seen >> 16 & 0xffff);
	bool follows = *seen >> 32 == source && (uint16_t)(*seen + 1) == number;
	count = follows ? count + 1 : 1;
	*seen = (uint64_t)source << 32 | (uint64_t)count << 16 | number;
	return count >= ENOUGH ? claim_if(true, dissection, L7_RTP) : DISSECT_MORE;
}

const struct dissector dissector_rtp = {
	.protocol = L7_RTP, .datagram = rtp_datagram, .datagram_begins = BEGINS({ 0x80, 0xbf })
};
