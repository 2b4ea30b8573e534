/* Databases, by the first words of server or client: MySQL and MariaDB, PostgreSQL, MongoDB, Redis.
 * Neither users nor statements are kept. */
#include "analyzer/classify/dissect/signature.h"

/* The server greets: a length of three bytes, sequence 0, protocol 10, its version as text. */
static enum dissect_result mysql_stream(struct dissection *dissection)
{
	struct reader in = dissection->in;
	uint32_t length = reader_u8(&in);
	length |= (uint32_t)reader_u8(&in) << 8;
	length |= (uint32_t)reader_u8(&in) << 16;
	uint8_t sequence = reader_u8(&in), protocol = reader_u8(&in), digit = reader_u8(&in),
		dot = reader_u8(&in);

	if (digit == '1' && dot >= '0' && dot <= '9') { /* versions of two digits: MariaDB */
		dot = reader_u8(&in);
	}
	bool fits = reader_ok(&in) && sequence == 0 && protocol == 10 && digit >= '1' &&
		    digit <= '9' && dot == '.' && length >= 40 && length <= 300 &&
		    length <= reader_left(&dissection->in);
	return claim_if(fits, dissection, L7_MYSQL);
}

const struct dissector dissector_mysql = { .protocol = L7_MYSQL, .stream = mysql_stream };

/* words[0] of the flow's state: 1 when the client asked for TLS. */
static enum dissect_result postgresql_stream(struct dissection *dissection)
{
	enum { VERSION_3 = 0x00030000, ASK_TLS = 80877103 };
	uint64_t *asked = &dissection->state->words[0];
	struct reader in = dissection->in;

	if (*asked && reader_left(&in) >= 1) { /* the server says yes or no in one letter */
		dissection->used = 1;
		dissection->become = &dissector_tls;
		return in.at[0] == 'S' ? DISSECT_MORE : DISSECT_DONE;
	}
	uint32_t length = reader_u32(&in), word = reader_u32(&in);
	if (!reader_ok(&in)) {
		return DISSECT_OTHER;
	}
	if (word == ASK_TLS && length == 8) {
		*asked = 1;
		dissection->l7->protocol = L7_POSTGRESQL;
		dissection->used = 8;
		dissection->become = &dissector_tls;
		return DISSECT_MORE;
	}
	bool fits = word == VERSION_3 && length == reader_left(&dissection->in) &&
		    begins_with(&in, "user");
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
	bool fits = reader_ok(&in) && length == reader_left(&dissection->in) && length >= 26 &&
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
