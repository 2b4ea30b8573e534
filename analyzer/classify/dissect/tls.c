/* TLS over TCP: record layer, hellos, and the certificate where no better name was seen (RFC 8446,
 * RFC 5246). */
#include <string.h>

#include "analyzer/classify/dissect/certificate.h"
#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/probe_hello.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "analyzer/classify/dissect/tor.h"
#include "base/quick_hash.h"

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
	HANDSHAKE_HEADER = 4,
	HELLO_BYTES_LEAST = 38
};

/* The longest record of TLS 1.3 that says nothing of its own: a frame of HTTP/2 with 8 bytes (RFC
 * 9113, 6.7), the type, and the tag (RFC 8446, 5.2). And what is more than a page. */
enum { HIDDEN_NOTE_MAX = 34, PAGE_BYTES_MAX = 20000 };

enum { TLS_1_3 = 0x0304 };

enum { CLIENT, SERVER };

/* What one side said, record by record. */
struct tls_side {
	uint16_t left;         /* of the record under way */
	bool is_lost : 1;      /* where the next one begins is not known */
	bool has_changed : 1;  /* ciphers */
	bool has_finished : 1; /* the handshake, as TLS 1.2 shows it */
};

/* What the dissector keeps in the flow's state. */
struct tls_state {
	uint32_t answer; /* bytes of the server since the client's words */
	struct tls_side sides[2];
	bool is_followed[2]; /* by direction: the hello was read */
	bool source_is_client, client_finished, client_talked;
	/* Of the client's hello, and nothing to records: its best version, 0 where none was read
	 * whole, and what its session is known by. */
	uint16_t version;
	uint64_t session;
};

enum { RECORDS_STATE_BYTES = offsetof(struct tls_state, version) };

_Static_assert(sizeof(struct tls_state) <= sizeof(((struct dissect_state *)0)->words),
	"fits the flow's state");

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
	/* Of a handshake's first record servers read no more of the version than this. */
	return reader_ok(in) && record->version >> 8 == 3 &&
	       ((record->version & 0xff) <= 4 || record->type == RECORD_HANDSHAKE) &&
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

/* Does the last record that carries the message end with it? A hello is alone in its records. */
static bool ends_with_record(struct reader in, uint32_t message_bytes)
{
	struct record record;
	uint32_t carried = 0;

	while (carried < message_bytes && read_record_header(&in, &record)) {
		reader_skip(&in, record.length);
		carried += record.length;
	}
	return carried == message_bytes && reader_ok(&in);
}

static void note_offer(struct tls_state *state, const struct client_hello *hello)
{
	if (hello->is_whole) {
		state->version = hello->best_version ? hello->best_version : hello->legacy_version;
		state->session = quick_hash_bytes(0, hello->session, hello->session_bytes);
	}
}

/* A server takes a version that was offered, and up to its last one says the client's session again
 * (RFC 8446, 4.1.3); a client that is answered otherwise breaks off. So what takes something else
 * is the answer to another hello. */
static bool may_answer(const struct tls_state *state, const struct server_hello *answer)
{
	return state->version == 0 ||
	       (answer->version <= state->version &&
		       (answer->version != TLS_1_3 ||
			       state->session == quick_hash_bytes(0, answer->session,
							 answer->session_bytes)));
}

static void claim_tor(struct l7_info *l7)
{
	l7->protocol = L7_TOR;
	l7->app_hint = APP_HINT_TOR;
}

static enum dissect_result read_client_hello(struct dissection *dissection, struct tls_state *state,
	struct reader message, uint32_t bytes, bool closed)
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
	dissection->is_torn = !hello.is_whole || hello.repeats ||
			      !ends_with_record(dissection->in, bytes + HANDSHAKE_HEADER);
	note_offer(state, &hello);
	dissection->l7->protocol = L7_TLS;
	client_hello_to_l7_info(&hello, false, dissection->tables->ech, dissection->l7);
	ja4_of_hello(&dissection->tables->ja4, &hello, JA4_TCP, dissection->l7->ja4);
	probe_hello_note(dissection, &hello, PROBE_TCP);
	if (tor_has_shape(dissection->l7)) {
		claim_tor(dissection->l7);
	}
	return DISSECT_DONE;
}

static bool has_good_name(const struct l7_info *l7)
{
	return l7->name_count > 0 && l7->names[0].source <= NAME_QUIC_SNI;
}

/* Server hello, then up to TLS 1.2 the certificate: who signed it, and its names only where the
 * client named nobody, or somebody made up. */
static enum dissect_result read_server_messages(struct dissection *dissection,
	const struct tls_state *state, struct reader messages, bool closed)
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
			dissection->is_torn |= !may_answer(state, &hello);
			server_hello_to_l7_info(&hello, dissection->l7);
			if (dissection->l7->tls_version >= 0x0304) {
				return DISSECT_DONE;
			}
		} else if (type == MESSAGE_CERTIFICATE) {
			bool wants_names =
				!has_good_name(dissection->l7) || tor_may_be(dissection->l7);
			certificate_read(body, wants_names, dissection->l7);
			certificate_learn(dissection, body);
			if (wants_names && tor_has_certificate(dissection->l7)) {
				claim_tor(dissection->l7);
			}
			return DISSECT_DONE;
		} else if (type != MESSAGE_STATUS) {
			return DISSECT_DONE;
		}
	}
	return closed ? DISSECT_DONE : DISSECT_MORE;
}

static enum dissect_result read_handshake(struct dissection *dissection, struct tls_state *state)
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
		return read_client_hello(dissection, state, message, bytes, closed);
	}
	if (type == MESSAGE_SERVER_HELLO && bytes >= HELLO_BYTES_LEAST) {
		enum dissect_result result =
			read_server_messages(dissection, state, messages, closed);
		if (result == DISSECT_MORE) {
			/* The certificate is wanted, which most servers put in records
			 * of its own. */
			messages = handshake_bytes(dissection, false, &closed);
			result = read_server_messages(dissection, state, messages, closed);
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
		(record.version & 0xff) == 0 || (record.version & 0xff) > 4) {
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

/* The hello that these bytes begin with; 0 where it is none, or its record is not here. */
static uint8_t hello_type(struct reader in)
{
	struct record record;

	do {
		if (!read_record_header(&in, &record) || record.type != RECORD_HANDSHAKE) {
			return 0;
		}
	} while (record.length == 0);
	uint8_t type = reader_u8(&in);
	return reader_ok(&in) && (type == MESSAGE_CLIENT_HELLO || type == MESSAGE_SERVER_HELLO)
		       ? type
		       : 0;
}

static enum dissect_result begin_stream(struct dissection *dissection, struct tls_state *state)
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
		enum dissect_result result = read_handshake(dissection, state);
		if (result != DISSECT_OTHER) {
			return result;
		}
	}
	if (is_midstream(dissection->in)) {
		dissection->l7->protocol = L7_TLS;
		dissection->l7->server_hello |=
			record.type == RECORD_ALERT && !dissection->from_source;
		dissection->other_done = true;
		return DISSECT_DONE;
	}
	return DISSECT_OTHER;
}

/* A record of data after the handshake: does it carry the sender's own words? In TLS 1.3 the rest
 * of the handshake looks the same from outside: of the client that is its first record (Finished),
 * of the server all that comes before the client's words; alerts, key updates and the small change
 * of HTTP/2 (its settings acknowledged, its windows) are short. Before it, Finished is a
 * handshake's record behind the change of ciphers. */
static void see_data(struct tls_state *state, unsigned side, const struct record *record,
	uint16_t tls_version, uint8_t *exchange)
{
	bool is_hidden = tls_version >= 0x0304 || !state->sides[side].has_finished;

	if (is_hidden && record->length <= HIDDEN_NOTE_MAX) {
		return;
	}
	if (side == SERVER) {
		if (state->client_talked) {
			state->answer += record->length;
			*exchange =
				state->answer > PAGE_BYTES_MAX ? L7_EXCHANGE_MORE : L7_EXCHANGE_ONE;
		}
	} else if (is_hidden && !state->client_finished) {
		state->client_finished = true;
	} else {
		state->client_talked = true;
		if (*exchange == L7_EXCHANGE_ONE) {
			*exchange = L7_EXCHANGE_MORE;
		}
	}
}

static void see_record(struct tls_state *state, unsigned side, const struct record *record,
	uint16_t tls_version, uint8_t *exchange)
{
	struct tls_side *seen = &state->sides[side];

	if (record->type == RECORD_DATA) {
		see_data(state, side, record, tls_version, exchange);
	}
	seen->has_finished |= record->type == RECORD_HANDSHAKE && seen->has_changed;
	seen->has_changed |= record->type == RECORD_CHANGE_CIPHER;
	seen->left = record->length;
	seen->is_lost = false;
}

/* Whose words come in that direction? */
static unsigned side_of(const struct tls_state *state, bool from_source)
{
	return from_source == state->source_is_client ? CLIENT : SERVER;
}

/* Skips what is there of the record under way. */
static void skip_record(struct tls_side *seen, struct reader *in)
{
	size_t there = reader_left(in);
	size_t skipped = seen->left < there ? seen->left : there;

	reader_skip(in, skipped);
	seen->left -= (uint16_t)skipped;
}

/* Passes over what the capture cut off; where a record ends in there, the next one is found again
 * at the start of a segment. */
static enum dissect_result pass_over_cut(
	struct dissection *dissection, struct tls_side *seen, size_t left_over)
{
	seen->is_lost = left_over > 0 || seen->left < dissection->cut_bytes;
	seen->left = seen->is_lost ? 0 : seen->left - (uint16_t)dissection->cut_bytes;
	dissection->resumes = true;
	return DISSECT_MORE;
}

/* Behind the hello: record after record, until the two have said more than a question and a small
 * answer. */
static enum dissect_result read_records(struct dissection *dissection, struct tls_state *state)
{
	unsigned side = side_of(state, dissection->from_source);
	struct tls_side *seen = &state->sides[side];
	struct l7_info *l7 = dissection->l7;
	struct reader in = dissection->in;
	struct record record;

	for (;;) {
		skip_record(seen, &in);
		dissection->used = (size_t)(in.at - dissection->in.at);
		if (seen->left > 0 || reader_left(&in) < RECORD_HEADER) {
			break;
		}
		if (!read_record_header(&in, &record)) {
			if (!seen->is_lost) {
				return DISSECT_DONE;
			}
			dissection->used = (size_t)(dissection->in.end - dissection->in.at);
			in = reader_over(dissection->in.end, 0);
			break;
		}
		see_record(state, side, &record, l7->tls_version, &l7->exchange);
		if (l7->exchange == L7_EXCHANGE_MORE) {
			dissection->other_done = true;
			return DISSECT_DONE;
		}
	}
	if (dissection->cut_bytes > 0) {
		return pass_over_cut(dissection, seen, reader_left(&in));
	}
	return dissection->is_last ? DISSECT_DONE : DISSECT_MORE;
}

/* The hello was read: what follows it in this direction is followed from its first record on. */
static enum dissect_result follow_hello(
	struct dissection *dissection, struct tls_state *state, bool is_client)
{
	state->source_is_client = dissection->from_source == is_client;
	if (dissection->l7->exchange == L7_EXCHANGE_UNWATCHED) {
		dissection->l7->exchange = L7_EXCHANGE_NONE;
	}
	return read_records(dissection, state);
}

static enum dissect_result tls_stream(struct dissection *dissection)
{
	struct tls_state state;
	enum dissect_result result;
	unsigned direction = dissection->from_source ? 0 : 1;

	memcpy(&state, dissection->state->words, sizeof(state));
	if (state.is_followed[direction]) {
		result = read_records(dissection, &state);
	} else {
		result = begin_stream(dissection, &state);
		uint8_t hello = result == DISSECT_DONE ? hello_type(dissection->in) : 0;
		bool goes_on = !dissection->is_last || dissection->cut_bytes > 0;
		/* Who refuses a hello may not be who was asked: the true answer may follow. */
		bool refuses = result == DISSECT_DONE && state.is_followed[!direction] &&
			       dissection->in.at[0] == RECORD_ALERT;
		if ((hello || refuses) && goes_on && dissection->l7->protocol == L7_TLS) {
			state.is_followed[direction] = true;
			dissection->other_done = false;
			result = follow_hello(dissection, &state, hello == MESSAGE_CLIENT_HELLO);
		}
	}
	memcpy(dissection->state->words, &state, sizeof(state));
	return result;
}

/* Whole records and parts of one, behind a hello, that end nothing. */
static bool tls_passes(
	struct dissect_state *flow, struct l7_info *known, bool from_source, struct reader in)
{
	struct tls_state state;
	struct record record;
	uint8_t exchange = known->exchange;

	memcpy(&state, flow->words, RECORDS_STATE_BYTES);
	unsigned side = side_of(&state, from_source);
	if (!state.is_followed[!from_source]) {
		return false;
	}
	for (;;) {
		skip_record(&state.sides[side], &in);
		if (reader_left(&in) == 0) {
			break;
		}
		if (!read_record_header(&in, &record)) {
			return false;
		}
		see_record(&state, side, &record, known->tls_version, &exchange);
		if (exchange == L7_EXCHANGE_MORE && exchange != known->exchange) {
			return false;
		}
	}
	known->exchange = exchange;
	memcpy(flow->words, &state, RECORDS_STATE_BYTES);
	return true;
}

/* ClientHello or ServerHello, at the start of a record (RFC 8446, 4 and 5.1). */
static enum dissect_began tls_began(const struct dissection *dissection)
{
	enum { HANDSHAKE = 22, CLIENT_HELLO = 1, SERVER_HELLO = 2 };
	struct reader in = dissection->in;
	uint8_t type = reader_u8(&in), major = reader_u8(&in), minor = reader_u8(&in);
	uint16_t record_bytes = reader_u16(&in);
	uint8_t message = reader_u8(&in), high = reader_u8(&in);
	bool is_hello = reader_ok(&in) && type == HANDSHAKE && major == 3 && minor <= 4 &&
			record_bytes > 4 && high == 0;

	return began_by(is_hello && message == CLIENT_HELLO, is_hello && message == SERVER_HELLO);
}

const struct dissector dissector_tls = { .protocol = L7_TLS,
	.stream = tls_stream,
	.stream_passes = tls_passes,
	.stream_began = tls_began,
	.stream_begins = BEGINS({ RECORD_CHANGE_CIPHER, RECORD_DATA }, { 0x80, 0xff }) };
