/* Databases, by the first words of server or client: MySQL and MariaDB, PostgreSQL, MongoDB, Redis.
 * Neither users nor statements are kept. */
#include "analyzer/classify/dissect/signature.h"

static inline uint32_t read_u24_le(struct reader *in)
{
	uint32_t low = reader_u16_le(in);

	return low | (uint32_t)reader_u8(in) << 16;
}

/* The server greets: a length of three bytes, sequence 0, protocol 10, its version as text. */
static enum dissect_result read_greeting(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t length = read_u24_le(&in);
	uint8_t sequence = reader_u8(&in), protocol = reader_u8(&in), digit = reader_u8(&in),
		dot = reader_u8(&in);

	if (digit == '1' && dot >= '0' && dot <= '9') { /* versions of two digits: MariaDB */
		dot = reader_u8(&in);
	}
	bool fits = reader_ok(&in) && sequence == 0 && protocol == 10 && digit >= '1' &&
		    digit <= '9' && dot == '.' && length >= 40 && length <= 300;
	if (!fits) {
		return DISSECT_OTHER;
	}
	in = dissection->in;
	reader_skip(&in, 4 + length);
	if (!reader_ok(&in)) {
		return wait_for_more(dissection);
	}
	dissection->l7->protocol = L7_MYSQL;
	return dissection_hand_over(dissection, &in, &dissector_tls);
}

/* The client answers with who it is, or first with the wish for TLS: the head of that answer
 * alone. */
static enum dissect_result read_client(struct dissection *dissection)
{
	enum { WISH_BYTES = 32, CAPABILITY_TLS = 0x0800, CAPABILITY_41 = 0x0200 };
	struct reader in = dissection->in;
	uint32_t length = read_u24_le(&in);
	uint8_t sequence = reader_u8(&in);
	uint32_t capabilities = reader_u32_le(&in);

	if (reader_ok(&in) && (length != WISH_BYTES || sequence != 1)) {
		return claim_if(dissection->l7->protocol == L7_MYSQL, dissection, L7_MYSQL);
	}
	reader_skip(&in, 5); /* largest packet, character set */
	struct reader filler = reader_sub(&in, 19);
	if (!reader_ok(&in) || reader_left(&in) < 4) {
		return dissection->l7->protocol == L7_MYSQL ? DISSECT_MORE : DISSECT_OTHER;
	}
	reader_skip_zeros(&filler);
	reader_skip(&in, 4); /* MariaDB's own capabilities */
	bool fits = reader_left(&filler) == 0 && capabilities & CAPABILITY_TLS &&
		    capabilities & CAPABILITY_41;
	if (!fits) {
		return DISSECT_OTHER;
	}
	dissection->l7->protocol = L7_MYSQL;
	return dissection_hand_over(dissection, &in, &dissector_tls);
}

/* A packet's number, and the greeting's protocol behind it, are all that the first bytes fix. */
static inline bool may_be_mysql(const struct reader *in)
{
	return reader_left(in) > 4 &&
	       ((in->at[3] == 0 && in->at[4] == 10) || (in->at[3] == 1 && in->at[0] == 32));
}

/* words[0]: who greeted, 1 the initiator, 2 the other end. */
static enum dissect_result mysql_stream(struct dissection *dissection)
{
	uint64_t *greeted = &dissection->state->words[0];
	uint64_t sender = dissection->from_source ? 1 : 2;

	if (dissection->l7->protocol != L7_MYSQL && !may_be_mysql(&dissection->in)) {
		return DISSECT_OTHER;
	}
	if (*greeted == sender) {
		return DISSECT_DONE; /* no TLS after all */
	}
	if (*greeted == 0) {
		enum dissect_result result = read_greeting(dissection);
		if (dissection->hands_over) {
			*greeted = sender;
		}
		if (result != DISSECT_OTHER) {
			return result;
		}
	}
	return read_client(dissection);
}

const struct dissector dissector_mysql = { .protocol = L7_MYSQL, .stream = mysql_stream };

/* words[0] of the flow's state: the client asked for TLS, or for GSSAPI's encryption, and waits for
 * one letter. */
enum { ASKED_TLS = 1, ASKED_GSS = 2 };

/* Of the server: yes or no in one letter. */
static enum dissect_result read_letter(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint64_t *asked = &dissection->state->words[0];
	uint8_t letter = reader_u8(&in);

	if (letter == 'S' && *asked & ASKED_TLS) {
		return dissection_hand_over(dissection, &in, &dissector_tls);
	}
	if (letter != 'N') {
		return DISSECT_DONE;
	}
	dissection->used = 1;
	return DISSECT_MORE;
}

/* Of the client: wishes of eight bytes each, then TLS or who it is. */
static enum dissect_result postgresql_stream(struct dissection *dissection)
{
	enum { VERSION_3 = 0x00030000, WISH_TLS = 80877103, WISH_GSS = 80877104, WISH_BYTES = 8 };
	uint64_t *asked = &dissection->state->words[0];
	struct reader in = dissection->in;

	if (*asked && in.at[0] >= 'A') {
		return read_letter(dissection);
	}
	uint32_t length = reader_u32(&in), word = reader_u32(&in);
	if (!reader_ok(&in)) {
		return dissection->l7->protocol == L7_POSTGRESQL ? DISSECT_MORE : DISSECT_OTHER;
	}
	if (length == WISH_BYTES && (word == WISH_TLS || word == WISH_GSS)) {
		*asked |= word == WISH_TLS ? ASKED_TLS : ASKED_GSS;
		dissection->l7->protocol = L7_POSTGRESQL;
		return dissection_hand_over(dissection, &in, &dissector_tls);
	}
	bool fits =
		word == VERSION_3 && length >= 8 + 5 && length <= 10000 && begins_with(&in, "user");
	return claim_if(fits, dissection, L7_POSTGRESQL);
}

const struct dissector dissector_postgresql = {
	.protocol = L7_POSTGRESQL, .stream = postgresql_stream, .stream_begins = BEGINS({ 0, 0 })
};

/* A message header: its length, two numbers, and one of the operations that a client may send. */
static enum dissect_result mongodb_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t length = reader_u32_le(&in);
	reader_skip(&in, 8);
	uint32_t operation = reader_u32_le(&in);
	bool fits = reader_ok(&in) && length <= reader_left(&dissection->in) && length >= 26 &&
		    (operation == 2004 || operation == 2013 || operation == 2012);

	return claim_if(fits, dissection, L7_MONGODB);
}

const struct dissector dissector_mongodb = { .protocol = L7_MONGODB, .stream = mongodb_stream };

/* An array of strings: "*2\r\n$4\r\n…". */
static enum dissect_result redis_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	bool starts = reader_u8(&in) == '*';
	uint8_t digit = reader_u8(&in);
	bool fits = starts && digit >= '1' && digit <= '9' && begins_with(&in, "\r\n$");

	return claim_if(fits, dissection, L7_REDIS);
}

const struct dissector dissector_redis = {
	.protocol = L7_REDIS, .stream = redis_stream, .stream_begins = BEGINS({ '*', '*' })
};
