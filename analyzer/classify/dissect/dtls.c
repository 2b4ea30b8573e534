/* DTLS (RFC 6347, RFC 9147): the client's hello, and the server's with its certificate; fragments
 * of each may come in several records and datagrams. */
#include <string.h>

#include "analyzer/classify/dissect/certificate.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/dtls.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum { RECORD_HANDSHAKE = 22, RECORD_BYTES_MAX = 16384 + 2048 };
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

static bool read_record(struct reader *in, struct reader *record)
{
	uint8_t content = reader_u8(in);
	uint16_t version = reader_u16(in), epoch = reader_u16(in);

	reader_skip(in, 6);
	*record = reader_sub(in, reader_u16(in));
	return reader_ok(in) && content == RECORD_HANDSHAKE && is_version(version) && epoch == 0;
}

static bool read_fragment(struct reader *record, struct fragment *fragment)
{
	fragment->type = reader_u8(record);
	fragment->message_bytes = reader_u24(record);
	reader_skip(record, 2);
	fragment->offset = reader_u24(record);
	fragment->bytes = reader_sub(record, reader_u24(record));
	return reader_ok(record) && fragment->type <= 24 &&
	       fragment->message_bytes < RECORD_BYTES_MAX &&
	       fragment->offset + reader_left(&fragment->bytes) <= fragment->message_bytes;
}

/* The next one in a datagram; record is what is left of the one before it, empty at first. A record
 * may hold several (RFC 6347, 4.2.3). */
static bool next_fragment(struct reader *in, struct reader *record, struct fragment *fragment)
{
	return (reader_left(record) > 0 || read_record(in, record)) &&
	       read_fragment(record, fragment);
}

static bool first_fragment(struct reader in, struct fragment *fragment)
{
	struct reader record = reader_over(in.at, 0);

	return next_fragment(&in, &record, fragment);
}

static bool begins_with(struct reader in, uint8_t type)
{
	struct fragment fragment;

	return first_fragment(in, &fragment) && fragment.type == type && fragment.offset == 0;
}

bool dtls_begins(struct reader datagram)
{
	return begins_with(datagram, MESSAGE_CLIENT_HELLO);
}

bool dtls_answers(struct reader datagram)
{
	return begins_with(datagram, MESSAGE_SERVER_HELLO);
}

/* Of the flow's state: what became of the hello; who sent it; is it in doubt, as long as it is not
 * answered? And behind the answer one more than the highest number of the client's records under
 * keys, and how many of its datagrams were looked at. Until a server answers a hello, another one
 * may come, of which the first was a decoy. */
enum { WORD_HELLO, WORD_CLIENT, WORD_DOUBTED, WORD_NUMBER, WORD_FOLLOWED };
enum { HELLO_NONE, HELLO_READ, HELLO_ANSWERED };
enum { CLIENT_NONE, CLIENT_DESTINATION, CLIENT_SOURCE };

bool dtls_is_answered(const struct dissect_state *state)
{
	return state->words[WORD_HELLO] == HELLO_ANSWERED;
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
	uint64_t *state = &dissection->state->words[WORD_HELLO];
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
		dissection->state->words[WORD_CLIENT] = sender_of(dissection);
	}
	reassembly_close(reassembly, *stream);
	*stream = 0;
	return DISSECT_MORE;
}

static unsigned hello_names(const struct l7_info *l7)
{
	unsigned count = 0;

	while (count < l7->name_count && l7->names[count].source == NAME_TLS_SNI) {
		count++;
	}
	return count;
}

/* The server answers what it was sent. */
static void take_answer(struct dissection *dissection)
{
	uint64_t *state = &dissection->state->words[WORD_HELLO];

	if (*state == HELLO_READ) {
		*state = HELLO_ANSWERED;
		dissection->l7->is_contested &= !dissection->state->words[WORD_DOUBTED];
	}
}

/* What goes on is not what the hello began: it may be anybody's. */
static void doubt_hello(struct dissection *dissection)
{
	if (hello_names(dissection->l7) > 0 && !dissection->l7->is_contested) {
		dissection->l7->is_contested = true;
		dissection->state->words[WORD_DOUBTED] = 1;
	}
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
			take_answer(dissection);
		}
		return DISSECT_MORE;
	}
	if (fragment->type != MESSAGE_CERTIFICATE) {
		return DISSECT_MORE; /* they may come in any order */
	}
	struct reader body =
		whole_message(dissection, fragment, &dissection->state->streams[1], &is_full);
	if (!reader_ok(&body)) {
		return is_full ? DISSECT_DONE : DISSECT_MORE;
	}
	certificate_read(body, dissection->l7->name_count == 0, dissection->l7);
	certificate_learn(dissection, body);
	return DISSECT_DONE;
}

/* How a datagram begins: with a record of the handshake, before there are keys; or under keys, with
 * that number, counted from the first one under them. */
struct record_start {
	bool is_open, is_sealed;
	uint64_t number;
};

/* The first record under keys that is seen has a number below, and so far apart are others. */
enum { NUMBER_FIRST = 4, NUMBERS_APART = 64 };

/* Version 1.3 hides the number, and shows whether the record is still of the handshake. */
static struct record_start read_start(struct reader in)
{
	enum { CONTENT_FIRST = 20, CONTENT_LAST = 25, UNIFIED = 1, EARLY = 1, HANDSHAKE = 2 };
	struct record_start start = { .is_open = false };
	uint8_t content = reader_u8(&in), keys = content & 3;

	if (content >> 5 == UNIFIED) { /* RFC 9147, 4 */
		start.is_sealed = true;
		start.number = keys == EARLY || keys == HANDSHAKE ? 0 : NUMBER_FIRST;
		return start;
	}
	uint16_t version = reader_u16(&in), epoch = reader_u16(&in);
	uint64_t number = (uint64_t)reader_u16(&in) << 32;
	number |= reader_u32(&in);
	bool is_record = reader_ok(&in) && is_version(version) && content >= CONTENT_FIRST &&
			 content <= CONTENT_LAST;
	start.is_open = is_record && epoch == 0;
	start.is_sealed = is_record && epoch > 0;
	start.number = ((uint64_t)epoch - 1) << 48 | number;
	return start;
}

/* Behind the answer the client goes on under new keys. Where its records are counted on from
 * others, a connection goes on that was there before. */
static enum dissect_result follow_client(struct dissection *dissection)
{
	enum { FOLLOWED_MAX = 16 };
	uint64_t *next = &dissection->state->words[WORD_NUMBER];
	struct record_start start = read_start(dissection->in);

	if (dtls_begins(dissection->in)) {
		dissection->begins_beside = true;
		return DISSECT_MORE;
	}
	uint64_t most = *next == 0 ? NUMBER_FIRST : *next + NUMBERS_APART;
	if (start.is_sealed && start.number >= most) {
		doubt_hello(dissection);
		return DISSECT_DONE;
	}
	if (start.is_sealed && start.number >= *next) {
		*next = start.number + 1;
	}
	bool is_over = ++dissection->state->words[WORD_FOLLOWED] >= FOLLOWED_MAX;
	return is_over ? DISSECT_DONE : DISSECT_MORE;
}

static enum dissect_result dtls_datagram(struct dissection *dissection)
{
	struct reader in = dissection->in, record = reader_over(in.at, 0);
	struct fragment fragment;
	enum dissect_result result = DISSECT_MORE;
	uint64_t client = dissection->state->words[WORD_CLIENT];
	bool is_client = client == sender_of(dissection);

	if (is_client && dissection->state->words[WORD_HELLO] == HELLO_ANSWERED) {
		return hello_names(dissection->l7) > 0 ? follow_client(dissection) : DISSECT_DONE;
	}
	bool is_awaited = !is_client && dissection->state->words[WORD_HELLO] == HELLO_READ;
	if (is_awaited && !read_start(in).is_open) {
		doubt_hello(dissection);
	}
	while (next_fragment(&in, &record, &fragment)) {
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
	struct fragment fragment;
	bool fits = first_fragment(dissection->in, &fragment);

	return began_by(fits && fragment.type == MESSAGE_CLIENT_HELLO,
		fits && (fragment.type == MESSAGE_SERVER_HELLO ||
				fragment.type == MESSAGE_VERIFY_REQUEST));
}

const struct dissector dissector_dtls = { .protocol = L7_DTLS,
	.datagram = dtls_datagram,
	.datagram_began = dtls_began,
	.datagram_begins = BEGINS({ RECORD_HANDSHAKE, RECORD_HANDSHAKE }) };
