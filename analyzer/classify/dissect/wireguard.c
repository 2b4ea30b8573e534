/* WireGuard (wireguard.com/protocol): four message types, whose lengths and reserved zeros fit
 * nothing else. */
#include "analyzer/classify/dissect/signature.h"

enum { INITIATION_BYTES = 148, RESPONSE_BYTES = 92, COOKIE_BYTES = 64, DATA_BYTES_LEAST = 32 };

/* Data alone, of a tunnel that stood before us, is believed when a counter was seen to go on in one
 * direction. */
static enum dissect_result read_data(struct dissection *dissection, struct reader in)
{
	uint64_t *last = &dissection->state->words[dissection->from_source ? 0 : 1];
	uint32_t receiver = reader_u32(&in);
	uint64_t counter_low = reader_u32_le(&in), counter_high = reader_u32_le(&in);
	uint64_t now = (uint64_t)receiver << 32 | counter_low;

	if (counter_high != 0 || receiver == 0) {
		return DISSECT_OTHER;
	}
	if (*last == 0) {
		*last = now;
		return DISSECT_MORE;
	}
	bool goes_on = now >> 32 == *last >> 32 && now > *last && now - *last < 64;
	*last = now;
	return claim_app(goes_on, dissection, L7_WIREGUARD, APP_HINT_WIREGUARD);
}

static enum dissect_result wireguard_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t bytes = dissection->wire_bytes;
	uint8_t type = reader_u8(&in);
	uint32_t reserved = reader_u24(&in);

	if (!reader_ok(&in) || reserved != 0) {
		return DISSECT_OTHER;
	}
	if ((type == 1 && bytes == INITIATION_BYTES) || (type == 2 && bytes == RESPONSE_BYTES) ||
		(type == 3 && bytes == COOKIE_BYTES)) {
		return claim_app(true, dissection, L7_WIREGUARD, APP_HINT_WIREGUARD);
	}
	if (type == 4 && bytes >= DATA_BYTES_LEAST && bytes % 16 == 0) {
		return read_data(dissection, in);
	}
	return DISSECT_OTHER;
}

const struct dissector dissector_wireguard = { .protocol = L7_WIREGUARD,
	.datagram = wireguard_datagram,
	.datagram_begins = BEGINS({ 1, 4 }) };
