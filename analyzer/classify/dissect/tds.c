/* Microsoft SQL Server's TDS ([MS-TDS] 2.2.3.1, 2.2.6.5): packets with a header of eight bytes.
 * Both sides first say what they can do; where they agree on it, TLS's handshake follows inside of
 * such packets. */
#include "analyzer/classify/dissect/signature.h"

enum { TYPE_ANSWER = 4, TYPE_LOGIN = 16, TYPE_PRELOGIN = 18 };
enum { HEADER_BYTES = 8, PACKET_BYTES_MAX = 32767, OPTION_VERSION = 0, RECORD_HANDSHAKE = 22 };

/* words[0], a bit a direction: it has said what it can do. streams[], one a direction: the contents
 * of the packets behind that. */

struct header {
	uint8_t type, status;
	uint16_t bytes;
};

static bool read_header(struct reader *in, struct header *header)
{
	header->type = reader_u8(in);
	header->status = reader_u8(in);
	header->bytes = reader_u16(in);
	reader_skip(in, 3); /* process, number */
	uint8_t window = reader_u8(in);

	return reader_ok(in) && header->status <= 1 && header->bytes > HEADER_BYTES &&
	       header->bytes <= PACKET_BYTES_MAX && window == 0;
}

/* The first option is the version; where it lies follows from how many there are. */
static bool is_prelogin(struct reader contents)
{
	uint8_t option = reader_u8(&contents);
	uint16_t offset = reader_u16(&contents), bytes = reader_u16(&contents);

	return reader_ok(&contents) && option == OPTION_VERSION && offset % 5 == 1 && offset >= 6 &&
	       offset <= 64 && bytes == 6;
}

static bool may_begin(const struct dissection *dissection)
{
	uint8_t type = dissection->in.at[0];

	return type == TYPE_PRELOGIN || type == TYPE_LOGIN || dissection->l7->protocol == L7_TDS;
}

static enum dissect_result read_prelogin(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct header header;

	if (!read_header(&in, &header)) {
		return may_begin(dissection) && reader_left(&dissection->in) < HEADER_BYTES
			       ? wait_for_more(dissection)
			       : DISSECT_OTHER;
	}
	if (header.type == TYPE_LOGIN && reader_left(&in) >= 8) { /* an older client: its length */
		bool fits =
			reader_u32_le(&in) + HEADER_BYTES == header.bytes && reader_u16(&in) == 0;
		return claim_if(fits, dissection, L7_TDS);
	}
	bool is_mine = header.type == TYPE_PRELOGIN ||
		       (header.type == TYPE_ANSWER && dissection->l7->protocol == L7_TDS);
	struct reader contents = reader_sub(&in, header.bytes - HEADER_BYTES);
	if (!is_mine) {
		return DISSECT_OTHER;
	}
	if (!reader_ok(&in)) {
		return wait_for_more(dissection);
	}
	if (!is_prelogin(contents)) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = L7_TDS;
	dissection->state->words[0] |= dissection->from_source ? 1 : 2;
	dissection->used = (size_t)(in.at - dissection->in.at);
	return DISSECT_MORE;
}

/* The next packet that is there: its contents join those before it. */
static bool take_packet(struct dissection *dissection, struct reader *in, uint32_t stream)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	struct reader joined = reassembly_read(reassembly, stream), at = *in;
	struct header header;

	if (!read_header(&at, &header) ||
		(header.type != TYPE_PRELOGIN && header.type != TYPE_ANSWER)) {
		return false;
	}
	struct reader contents = reader_sub(&at, header.bytes - HEADER_BYTES);
	if (!reader_ok(&at) || !reassembly_add(reassembly, stream, (uint32_t)reader_left(&joined),
				       contents.at, reader_left(&contents))) {
		return false;
	}
	*in = at;
	return true;
}

static enum dissect_result read_wrapped(struct dissection *dissection)
{
	uint32_t *stream = &dissection->state->streams[!dissection->from_source];
	struct reader in = dissection->in;

	if (!*stream) {
		*stream = reassembly_open(dissection->tables->reassembly);
	}
	while (*stream && take_packet(dissection, &in, *stream)) {
	}
	size_t used = (size_t)(in.at - dissection->in.at);
	struct reader joined = *stream ? reassembly_read(dissection->tables->reassembly, *stream)
				       : reader_over(in.at, 0);
	dissection->used = used;
	if (reader_left(&joined) == 0) {
		bool may_grow = *stream && reader_left(&in) < PACKET_BYTES_MAX;
		return may_grow ? DISSECT_MORE : DISSECT_DONE;
	}
	if (joined.at[0] != RECORD_HANDSHAKE) {
		return DISSECT_DONE;
	}
	struct dissection inner = *dissection;
	inner.in = joined;
	return dissector_tls.stream(&inner) == DISSECT_MORE && !dissection->is_last ? DISSECT_MORE
										    : DISSECT_DONE;
}

static enum dissect_result tds_stream(struct dissection *dissection)
{
	bool is_agreed = dissection->state->words[0] & (dissection->from_source ? 1 : 2);

	return is_agreed ? read_wrapped(dissection) : read_prelogin(dissection);
}

const struct dissector dissector_tds = { .protocol = L7_TDS,
	.stream = tds_stream,
	.stream_begins = BEGINS({ TYPE_LOGIN, TYPE_LOGIN }, { TYPE_PRELOGIN, TYPE_PRELOGIN }) };
