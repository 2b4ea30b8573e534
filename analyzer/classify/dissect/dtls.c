/* DTLS (RFC 6347, RFC 9147): the client's hello, and the server's with its certificate; fragments
 * of each may come in several records and datagrams. */
#include <string.h>

#include "analyzer/classify/dissect/certificate.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum { RECORD_HANDSHAKE = 22, RECORD_HEADER = 13, RECORD_BYTES_MAX = 16384 + 2048 };
enum {
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_VERIFY_REQUEST = 3,
	MESSAGE_CERTIFICATE = 11
};

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

/* words[0] of the flow's state. Until a server answers a hello, another one may come, of which the
 * first was a decoy. words[1]: who sent it. */
enum { HELLO_NONE, HELLO_READ, HELLO_ANSWERED };
enum { CLIENT_NONE, CLIENT_DESTINATION, CLIENT_SOURCE };

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

/* The fragment's message, where it is whole: in place, or put together in a stream of its own. An
 * empty cursor with its error set where it is not; *is_full: there is no room for it. */
static struct reader whole_message(struct dissection *dissection, const struct fragment *fragment,
	uint32_t *stream, bool *is_full)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	struct reader missing = reader_over(fragment->bytes.at, 0);

	missing.overrun = true;
	if (fragment->offset == 0 && reader_left(&fragment->bytes) == fragment->message_bytes) {
		return fragment->bytes;
	}
	if (!*stream) {
		*stream = reassembly_open(reassembly);
	}
	if (!*stream || !reassembly_add(reassembly, *stream, fragment->offset, fragment->bytes.at,
				reader_left(&fragment->bytes))) {
		*is_full = true;
		return missing;
	}
	struct reader body = reassembly_read(reassembly, *stream);
	return reader_left(&body) >= fragment->message_bytes
		       ? reader_sub(&body, fragment->message_bytes)
		       : missing;
}

/* A hello behind one that was read: as a rule the same once more, with the server's cookie. Where
 * it has another name both show: nobody but the server knows which of the two it took. */
static void read_again(struct dissection *dissection, struct reader body)
{
	struct l7_info first, second, *l7 = dissection->l7;

	l7_info_copy(&first, l7);
	read_hello(dissection, body);
	l7_info_copy(&second, l7);
	l7_info_copy(l7, &first);
	for (unsigned i = 0; i < second.name_count; i++) {
		l7->is_contested |= second.names[i].source == NAME_TLS_SNI &&
				    l7_info_add_name(l7, NAME_TLS_SNI, l7_info_name(&second, i),
					    second.names[i].length);
	}
}

static uint64_t sender_of(const struct dissection *dissection)
{
	return dissection->from_source ? CLIENT_SOURCE : CLIENT_DESTINATION;
}

static enum dissect_result read_client_hello(
	struct dissection *dissection, const struct fragment *fragment)
{
	struct reassembly *reassembly = dissection->tables->reassembly;
	uint64_t *state = &dissection->state->words[0];
	uint32_t *stream = &dissection->state->streams[0];
	uint64_t changed = reassembly_overlaps_changed(reassembly);
	bool is_full = false;
	struct reader body = whole_message(dissection, fragment, stream, &is_full);

	dissection->l7->is_contested |= reassembly_overlaps_changed(reassembly) != changed;
	if (is_full) {
		return DISSECT_DONE;
	}
	if (!reader_ok(&body)) {
		return DISSECT_MORE;
	}
	if (*state != HELLO_NONE) {
		read_again(dissection, body);
	} else if (read_hello(dissection, body) == DISSECT_DONE) {
		*state = HELLO_READ;
		dissection->state->words[1] = sender_of(dissection);
	}
	reassembly_close(reassembly, *stream);
	*stream = 0;
	return DISSECT_MORE;
}

/* Up to version 1.2 the server shows itself, too. */
static enum dissect_result read_server_message(
	struct dissection *dissection, const struct fragment *fragment)
{
	bool is_full = false;
	struct server_hello hello;

	if (fragment->type == MESSAGE_SERVER_HELLO) {
		if (fragment->offset == 0 && server_hello_parse(fragment->bytes, &hello)) {
			server_hello_to_l7_info(&hello, dissection->l7);
			uint64_t *state = &dissection->state->words[0];
			*state = *state == HELLO_NONE ? HELLO_NONE : HELLO_ANSWERED;
		}
		return DISSECT_MORE;
	}
	if (fragment->type != MESSAGE_CERTIFICATE) {
		return DISSECT_DONE;
	}
	struct reader body =
		whole_message(dissection, fragment, &dissection->state->streams[1], &is_full);
	if (!reader_ok(&body)) {
		return is_full ? DISSECT_DONE : DISSECT_MORE;
	}
	certificate_read(body, dissection->l7->name_count == 0, dissection->l7);
	return DISSECT_DONE;
}

static enum dissect_result dtls_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct fragment fragment;
	enum dissect_result result = DISSECT_MORE;
	uint64_t client = dissection->state->words[1];
	bool is_client = client == sender_of(dissection);

	if (is_client && dissection->state->words[0] == HELLO_ANSWERED) {
		return DISSECT_DONE;
	}
	while (reader_left(&in) > RECORD_HEADER && read_fragment(&in, &fragment)) {
		dissection->l7->protocol = L7_DTLS;
		if (is_client != (fragment.type == MESSAGE_CLIENT_HELLO) && client != CLIENT_NONE) {
			continue; /* what the other end would have to say */
		}
		if (fragment.type == MESSAGE_CLIENT_HELLO) {
			result = read_client_hello(dissection, &fragment);
		} else if (fragment.type != MESSAGE_VERIFY_REQUEST) {
			result = read_server_message(dissection, &fragment);
		}
		if (result != DISSECT_MORE) {
			return result;
		}
	}
	return dissection->l7->protocol == L7_DTLS ? DISSECT_MORE : DISSECT_OTHER;
}

static enum dissect_began dtls_began(const struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct fragment fragment;
	bool fits = read_fragment(&in, &fragment);

	return began_by(fits && fragment.type == MESSAGE_CLIENT_HELLO,
		fits && (fragment.type == MESSAGE_SERVER_HELLO ||
				fragment.type == MESSAGE_VERIFY_REQUEST));
}

const struct dissector dissector_dtls = { .protocol = L7_DTLS,
	.datagram = dtls_datagram,
	.datagram_began = dtls_began,
	.datagram_begins = BEGINS({ RECORD_HANDSHAKE, RECORD_HANDSHAKE }) };
