#include "dashboards/probe/probe_reply.h"

#include <string.h>
#include <strings.h>

#include "base/reader.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_DONE = 14,
	MESSAGES_MAX = 16384
};

/* The first common name, or organisation, of a certificate is its issuer's, which stands before the
 * subject (RFC 5280, 4.1). */
static void find_issuer(const uint8_t *der, size_t count, char issuer[PROBE_ISSUER_BYTES])
{
	static const uint8_t names[][5] = { { 6, 3, 0x55, 4, 3 }, { 6, 3, 0x55, 4, 10 } };

	for (unsigned i = 0; i < 2 && issuer[0] == '\0'; i++) {
		const uint8_t *at = memmem(der, count, names[i], sizeof(names[i]));
		if (!at) {
			continue;
		}
		struct reader reader = reader_over(at, count - (size_t)(at - der));
		reader_skip(&reader, sizeof(names[i]) + 1); /* and the kind of text */
		size_t length = reader_u8(&reader);
		const uint8_t *text = length < 0x80 ? reader_bytes(&reader, length) : NULL;
		for (size_t j = 0; text && j < length && j < PROBE_ISSUER_BYTES - 1; j++) {
			issuer[j] = text[j] >= ' ' && text[j] < 0x7f ? (char)text[j] : '?';
			issuer[j + 1] = '\0';
		}
	}
}

/* The handshake messages of all records, one behind the other. False: it is no TLS. */
static bool join_records(struct reader reader, uint8_t *messages, size_t *count, bool *is_alert)
{
	*count = 0;
	while (reader_left(&reader) >= 5) {
		uint8_t type = reader_u8(&reader);
		uint16_t version = reader_u16(&reader), length = reader_u16(&reader);
		if (version >> 8 != 3 || type < 20 || type > 24) {
			return false;
		}
		*is_alert |= type == RECORD_ALERT;
		size_t here = reader_left(&reader) < length ? reader_left(&reader) : length;
		const uint8_t *bytes = reader_bytes(&reader, here);
		if (type == RECORD_HANDSHAKE && bytes && *count + here <= MESSAGES_MAX) {
			memcpy(messages + *count, bytes, here);
			*count += here;
		}
	}
	return true;
}

static bool read_messages(struct reader reader, struct probe_reply *reply)
{
	bool is_done = false;

	while (reader_left(&reader) >= 4) {
		uint8_t type = reader_u8(&reader);
		uint32_t length = reader_u24(&reader);
		size_t here = reader_left(&reader) < length ? reader_left(&reader) : length;
		const uint8_t *body = reader_bytes(&reader, here);
		if (type == SERVER_HELLO) {
			reply->result = PROBE_HANDSHAKE;
		} else if (type == CERTIFICATE && body && here == length) {
			find_issuer(body, here, reply->issuer);
			is_done = true;
		} else if (type == SERVER_DONE) {
			is_done = true;
		}
	}
	return is_done;
}

bool probe_read_tls_reply(
	const uint8_t *bytes, size_t count, const char *block_issuer, struct probe_reply *reply)
{
	uint8_t messages[MESSAGES_MAX];
	bool is_alert = false;
	size_t length;

	reply->result = PROBE_OTHER;
	reply->issuer[0] = '\0';
	if (!join_records(reader_over(bytes, count), messages, &length, &is_alert)) {
		return true;
	}
	reply->result = is_alert ? PROBE_ALERT : PROBE_TIMEOUT;
	bool is_done = read_messages(reader_over(messages, length), reply);
	if (block_issuer && reply->issuer[0] && strcasestr(reply->issuer, block_issuer)) {
		reply->result = PROBE_BLOCK_PAGE;
	}
	return is_done || is_alert;
}

void probe_read_quic_reply(const uint8_t *bytes, size_t count, struct probe_reply *reply)
{
	struct reader reader = reader_over(bytes, count);
	uint8_t first = reader_u8(&reader);
	uint32_t version = reader_u32(&reader);

	reply->result = reader_ok(&reader) && (first & 0x80) && version <= 1 ? PROBE_HANDSHAKE
									     : PROBE_OTHER;
}
