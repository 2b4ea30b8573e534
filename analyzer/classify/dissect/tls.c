/* TLS over TCP: record layer, hellos, and the certificate where no better name was seen (RFC 8446,
 * RFC 5246). */
#include <string.h>

#include "analyzer/classify/dissect/certificate.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "analyzer/classify/dissect/tor.h"

enum {
	RECORD_CHANGE_CIPHER = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_HEADER = 5,
	RECORD_BYTES_MAX = 16384 + 2048 /* RFC 5246, 6.2.3 */
};

enum {
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_STATUS = 22,
	HELLO_BYTES_LEAST = 38
};

struct record {
	uint8_t type;
	uint16_t version;
	uint16_t length;
};

static bool read_record_header(struct reader *in, struct record *record)
{
	record->type = reader_u8(in);
	record->version = reader_u16(in);
	record->length = reader_u16(in);
	return reader_ok(in) && record->version >> 8 == 3 && (record->version & 0xff) <= 4 &&
	       record->type >= RECORD_CHANGE_CIPHER && record->type <= RECORD_DATA &&
	       record->length <= RECORD_BYTES_MAX;
}

/* Could these bytes, fewer than a record's header, begin a handshake? */
static bool may_begin_record(struct reader in)
{
	static const uint8_t start[] = { RECORD_HANDSHAKE, 3 };
	size_t count = reader_left(&in) < sizeof(start) ? reader_left(&in) : sizeof(start);

	return memcmp(reader_bytes(&in, count), start, count) == 0;
}

/* The handshake's bytes, out of the records that carry them: in place where one record holds a
 * whole message, else joined in the scratch memory. *closed: what follows is no handshake, so
 * nothing more will join them. */
static struct reader handshake_bytes(
	const struct dissection *dissection, bool in_place, bool *closed)
{
	struct reader in = dissection->in;
	uint8_t *scratch = dissection->tables->scratch;
	size_t joined = 0;
	struct record record;

	*closed = false;
	while (reader_left(&in) >= RECORD_HEADER) {
		if (!read_record_header(&in, &record) || record.type != RECORD_HANDSHAKE) {
			*closed = true;
			break;
		}
		size_t there = reader_left(&in) < record.length ? reader_left(&in) : record.length;
		struct reader fragment = reader_sub(&in, there);
		if (in_place && joined == 0) {
			struct reader message = fragment;
			reader_skip(&message, 1);
			uint32_t bytes = reader_u24(&message);
			if (reader_ok(&message) && bytes <= reader_left(&message)) {
				return fragment;
			}
		}
		size_t room = DISSECT_SCRATCH_BYTES - joined;
		there = there < room ? there : room;
		memcpy(scratch + joined, fragment.at, there);
		joined += there;
	}
	return reader_over(scratch, joined);
}

static void claim_tor(struct l7_info *l7)
{
	l7->protocol = L7_TOR;
	l7->app_hint = APP_HINT_TOR;
}

static enum dissect_result read_client_hello(
	struct dissection *dissection, struct reader message, uint32_t bytes, bool closed)
{
	struct client_hello hello;
	bool is_cut = reader_left(&message) < bytes;

	if (is_cut && !closed && !dissection->is_last && bytes < DISSECT_SCRATCH_BYTES) {
		return DISSECT_MORE;
	}
	struct reader body = is_cut ? message : reader_sub(&message, bytes);
	if (!client_hello_parse(body, false, &hello)) {
		return DISSECT_OTHER;
	}
	hello.is_whole &= !is_cut;
	dissection->l7->protocol = L7_TLS;
	client_hello_to_l7_info(&hello, false, dissection->tables->ech, dissection->l7);
	ja4_of_hello(&dissection->tables->ja4, &hello, JA4_TCP, dissection->l7->ja4);
	if (tor_has_shape(dissection->l7)) {
		claim_tor(dissection->l7);
	}
	return DISSECT_DONE;
}

static bool has_good_name(const struct l7_info *l7)
{
	return l7->name_count > 0 && l7->names[0].source <= NAME_QUIC_SNI;
}

/* Server hello, then up to TLS 1.2 the certificate; that one only where the client named nobody, or
 * somebody made up. */
static enum dissect_result read_server_messages(
	struct dissection *dissection, struct reader messages, bool closed)
{
	struct server_hello hello;

	while (reader_left(&messages) >= 4) {
		uint8_t type = reader_u8(&messages);
		uint32_t bytes = reader_u24(&messages);
		if (bytes > reader_left(&messages)) {
			return closed || dissection->is_last || bytes >= DISSECT_SCRATCH_BYTES
				       ? DISSECT_DONE
				       : DISSECT_MORE;
		}
		struct reader body = reader_sub(&messages, bytes);
		if (type == MESSAGE_SERVER_HELLO) {
			if (!server_hello_parse(body, &hello)) {
				return DISSECT_OTHER;
			}
			if (dissection->l7->protocol != L7_TOR) {
				dissection->l7->protocol = L7_TLS;
			}
			server_hello_to_l7_info(&hello, dissection->l7);
			if (dissection->l7->tls_version >= 0x0304 ||
				(has_good_name(dissection->l7) && !tor_may_be(dissection->l7))) {
				return DISSECT_DONE;
			}
		} else if (type == MESSAGE_CERTIFICATE) {
			certificate_names(body, dissection->l7);
			if (tor_has_certificate(dissection->l7)) {
				claim_tor(dissection->l7);
			}
			return DISSECT_DONE;
		} else if (type != MESSAGE_STATUS) {
			return DISSECT_DONE;
		}
	}
	return closed ? DISSECT_DONE : DISSECT_MORE;
}

static enum dissect_result read_handshake(struct dissection *dissection)
{
	bool closed;
	struct reader messages = handshake_bytes(dissection, true, &closed);
	struct reader message = messages;
	uint8_t type = reader_u8(&message);
	uint32_t bytes = reader_u24(&message);

	if (!reader_ok(&message)) {
		return closed || dissection->is_last ? DISSECT_OTHER : DISSECT_MORE;
	}
	if (type == MESSAGE_CLIENT_HELLO && bytes >= HELLO_BYTES_LEAST) {
		return read_client_hello(dissection, message, bytes, closed);
	}
	if (type == MESSAGE_SERVER_HELLO && bytes >= HELLO_BYTES_LEAST) {
		enum dissect_result result = read_server_messages(dissection, messages, closed);
		if (result == DISSECT_MORE) {
			/* The certificate is wanted, which most servers put in records
			 * of its own. */
			messages = handshake_bytes(dissection, false, &closed);
			result = read_server_messages(dissection, messages, closed);
		}
		return result;
	}
	return DISSECT_OTHER;
}

/* A flow that began before we did: whole records, one after the other, without a hello. One
 * complete record and the header behind it, or a record that fills the segment to its last byte, is
 * no coincidence. */
static bool is_midstream(struct reader in)
{
	struct record record;

	if (!read_record_header(&in, &record) || record.length < 1 ||
		(record.version & 0xff) == 0) {
		return false;
	}
	if (record.type == RECORD_CHANGE_CIPHER && record.length != 1) {
		return false;
	}
	if (record.type == RECORD_ALERT && record.length != 2 && record.length < 16) {
		return false;
	}
	uint16_t version = record.version;
	reader_skip(&in, record.length);
	if (!reader_ok(&in)) {
		return false;
	}
	return reader_left(&in) == 0 ||
	       (read_record_header(&in, &record) && record.version == version);
}

/* SSL 2.0 form of a hello (RFC 6101, appendix E), by which old clients also ask for TLS. It has no
 * extensions. */
static bool read_ssl2_hello(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint16_t length = reader_u16(&in);
	uint8_t type = reader_u8(&in);
	uint16_t version = reader_u16(&in);
	uint16_t cipher_bytes = reader_u16(&in), session_bytes = reader_u16(&in),
		 challenge_bytes = reader_u16(&in);

	if (!reader_ok(&in) || (length & 0x8000) == 0 || type != MESSAGE_CLIENT_HELLO ||
		(version != 2 && version >> 8 != 3) || cipher_bytes % 3 != 0 || cipher_bytes == 0 ||
		challenge_bytes < 16 || challenge_bytes > 32 ||
		(length & 0x7fff) != 9 + cipher_bytes + session_bytes + challenge_bytes) {
		return false;
	}
	dissection->l7->protocol = L7_TLS;
	dissection->l7->tls_version = version;
	dissection->l7->hidden = NAME_HIDDEN_NO_SNI;
	return true;
}

static enum dissect_result tls_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	struct record record;

	if (reader_left(&in) < RECORD_HEADER) {
		return may_begin_record(in) && !dissection->is_last ? DISSECT_MORE : DISSECT_OTHER;
	}
	if (!read_record_header(&in, &record)) {
		return read_ssl2_hello(dissection) ? DISSECT_DONE : DISSECT_OTHER;
	}
	if (record.type == RECORD_HANDSHAKE) {
		enum dissect_result result = read_handshake(dissection);
		if (result != DISSECT_OTHER) {
			return result;
		}
	}
	if (is_midstream(dissection->in)) {
		dissection->l7->protocol = L7_TLS;
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	return DISSECT_OTHER;
}

const struct dissector dissector_tls = { .protocol = L7_TLS,
	.stream = tls_stream,
	.stream_begins = BEGINS({ RECORD_CHANGE_CIPHER, RECORD_DATA }, { 0x80, 0xff }) };
