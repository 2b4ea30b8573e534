/* DTLS (RFC 6347, RFC 9147): the client's hello, whose fragments may come in several records and
 * datagrams. */
#include <string.h>

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum { RECORD_HANDSHAKE = 22, RECORD_HEADER = 13, RECORD_BYTES_MAX = 16384 + 2048 };
enum { MESSAGE_CLIENT_HELLO = 1, MESSAGE_SERVER_HELLO = 2, MESSAGE_VERIFY_REQUEST = 3 };

static bool is_version(uint16_t version)
{
	/* 1.0, 1.2, and what OpenSSL spoke before there was a standard. */
	return version == 0xfeff || version == 0xfefd || version == 0x0100;
}

struct fragment {
	uint8_t type;
	uint32_t message_bytes, offset;
	struct reader bytes;
};

static bool read_fragment(struct reader *in, struct fragment *fragment)
{
	uint8_t content = reader_u8(in);
	uint16_t version = reader_u16(in), epoch = reader_u16(in);

	reader_skip(in, 6);
	struct reader record = reader_sub(in, reader_u16(in));
	fragment->type = reader_u8(&record);
	fragment->message_bytes = reader_u24(&record);
	reader_skip(&record, 2);
	fragment->offset = reader_u24(&record);
	fragment->bytes = reader_sub(&record, reader_u24(&record));
	return reader_ok(in) && reader_ok(&record) && content == RECORD_HANDSHAKE &&
	       is_version(version) && epoch == 0 && fragment->type <= 24 &&
	       fragment->message_bytes < RECORD_BYTES_MAX &&
	       fragment->offset + reader_left(&fragment->bytes) <= fragment->message_bytes;
}

static enum dissect_result read_hello(struct dissection *dissection, struct reader body)
{
	struct client_hello hello;

	if (!client_hello_parse(body, true, &hello)) {
		return DISSECT_OTHER;
	}
	client_hello_to_l7_info(&hello, false, dissection->tables->ech, dissection->l7);
	if (!hello.server_name) {
		/* Between peers, in calls, nobody has a name to hide. */
		dissection->l7->hidden = NAME_HIDDEN_NONE;
	}
	ja4_of_hello(&dissection->tables->ja4, &hello, JA4_DTLS, dissection->l7->ja4);
	return DISSECT_DONE;
}

static enum dissect_result add_fragment(
	struct dissection *dissection, const struct fragment *fragment)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint32_t *stream = &dissection->state->streams[0];

	if (fragment->offset == 0 && reader_left(&fragment->bytes) == fragment->message_bytes) {
		return read_hello(dissection, fragment->bytes);
	}
	if (!*stream) {
		*stream = reassembly_open(reassembly);
	}
	if (!*stream || !reassembly_add(reassembly, *stream, fragment->offset, fragment->bytes.at,
				reader_left(&fragment->bytes))) {
		return DISSECT_DONE;
	}
	struct reader body = reassembly_read(reassembly, *stream);
	return reader_left(&body) >= fragment->message_bytes
		       ? read_hello(dissection, reader_sub(&body, fragment->message_bytes))
		       : DISSECT_MORE;
}

static enum dissect_result dtls_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct fragment fragment;

	while (reader_left(&in) > RECORD_HEADER && read_fragment(&in, &fragment)) {
		dissection->l7->protocol = L7_DTLS;
		if (fragment.type == MESSAGE_CLIENT_HELLO) {
			enum dissect_result result = add_fragment(dissection, &fragment);
			if (result != DISSECT_MORE) {
				return result;
			}
		} else if (fragment.type != MESSAGE_VERIFY_REQUEST) {
			return DISSECT_DONE;
		}
	}
	return dissection->l7->protocol == L7_DTLS ? DISSECT_MORE : DISSECT_OTHER;
}

const struct dissector dissector_dtls = { .protocol = L7_DTLS,
	.datagram = dtls_datagram,
	.datagram_begins = BEGINS({ RECORD_HANDSHAKE, RECORD_HANDSHAKE }) };
