/* WireGuard (wireguard.com/protocol): four message types, whose lengths and reserved zeros fit
 * nothing else; and Tailscale's discovery beside it. */
#include "analyzer/classify/call_sockets.h"
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

/* Some services use the reserved bytes for a number of the client's, the same in all messages of
 * both. Then a type and a length are no proof yet, but an initiation and its response are.
 * words[2]: the initiation's number and index, with the top bit set. */
static enum dissect_result read_marked(
	struct dissection *dissection, uint8_t type, uint32_t mark, struct reader in)
{
	const uint64_t seen = UINT64_C(1) << 63;
	uint64_t *initiation = &dissection->state->words[2];
	uint32_t sender = reader_u32(&in), receiver = reader_u32(&in);

	if (type == 1 && dissection->wire_bytes == INITIATION_BYTES && sender != 0) {
		*initiation = seen | (uint64_t)mark << 32 | sender;
		return DISSECT_MORE;
	}
	bool is_response = type == 2 && dissection->wire_bytes == RESPONSE_BYTES &&
			   reader_ok(&in) && *initiation & seen;
	bool fits = (*initiation >> 32 & 0xffffff) == mark || (uint32_t)*initiation == receiver;
	return claim_app(is_response && fits, dissection, L7_WIREGUARD, APP_HINT_WIREGUARD);
}

/* Tailscale's discovery shares the socket with WireGuard: a fixed word, a key, a nonce, a sealed
 * message. */
static bool is_disco(const struct dissection *dissection)
{
	enum { KEY_BYTES = 32, NONCE_BYTES = 24, SEAL_BYTES = 16 };
	static const char word[] = "TS\xf0\x9f\x92\xac";

	return begins_with(&dissection->in, word) &&
	       dissection->wire_bytes >= sizeof(word) - 1 + KEY_BYTES + NONCE_BYTES + SEAL_BYTES;
}

/* What else the sender says from that socket is Tailscale's as well. */
static void learn_socket(const struct dissection *dissection)
{
	if (!dissection->is_hearsay) {
		call_sockets_learn(dissection->tables->calls, &dissection->sender,
			dissection->sender_port, APP_HINT_TAILSCALE, dissection->time_ns);
	}
}

static enum dissect_result wireguard_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t bytes = dissection->wire_bytes;
	uint8_t type = reader_u8(&in);
	uint32_t reserved = reader_u24(&in);

	if (is_disco(dissection)) {
		learn_socket(dissection);
		return claim_app(true, dissection, L7_WIREGUARD, APP_HINT_TAILSCALE);
	}
	if (!reader_ok(&in)) {
		return DISSECT_OTHER;
	}
	if (reserved != 0) {
		return read_marked(dissection, type, reserved, in);
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

/* Whatever stands in the reserved bytes. A response or a cookie answers an initiation. */
static enum dissect_began wireguard_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint8_t type = reader_u8(&in);
	uint32_t bytes = dissection->wire_bytes;

	return began_by(type == 1 && bytes == INITIATION_BYTES,
		(type == 2 && bytes == RESPONSE_BYTES) || (type == 3 && bytes == COOKIE_BYTES));
}

const struct dissector dissector_wireguard = { .protocol = L7_WIREGUARD,
	.datagram = wireguard_datagram,
	.datagram_began = wireguard_began,
	.datagram_begins = BEGINS({ 1, 4 }, { 'T', 'T' }) };
