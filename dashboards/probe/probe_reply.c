#include "dashboards/probe/probe_reply.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/classify/dissect/certificate.h"
#include "base/reader.h"

enum {
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_DONE = 14,
	MESSAGES_MAX = 16384
};

/* Who signed it, read as the sensor reads it, and compared as it compares what the policy says. */
static void read_certificate(
	struct reader message, const char *block_issuer, struct probe_reply *reply)
{
	uint64_t wanted = block_issuer ? l7_issuer_hash(block_issuer, strlen(block_issuer)) : 0;
	struct l7_info l7;

	l7_info_clear(&l7);
	certificate_read(message, false, &l7);
	snprintf(reply->issuer, sizeof(reply->issuer), "%s", l7_info_issuer(&l7));
	if (wanted && (wanted == l7.issuers[0] || wanted == l7.issuers[1])) {
		reply->result = PROBE_BLOCK_PAGE;
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

static bool read_messages(struct reader reader, const char *block_issuer, struct probe_reply *reply)
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
			read_certificate(reader_over(body, here), block_issuer, reply);
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
	bool is_done = read_messages(reader_over(messages, length), block_issuer, reply);
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
