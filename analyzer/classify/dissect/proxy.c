/* What a proxy puts before a connection that it passes on (haproxy.org, proxy-protocol.txt): a line
 * of text in version 1, a block in version 2; and what AMQP's ends say before TLS (AMQP 1.0, 5.2).
 * The protocol behind it is what counts. */
#include "analyzer/classify/dissect/signature.h"

enum {
	LINE_BYTES_MAX = 107,
	BLOCK_HEADER_BYTES = 16,
	BLOCK_BYTES_MAX = 4096,
	AMQP_HEADER_BYTES = 8
};

static enum dissect_result read_line(struct dissection *dissection)
{
	struct reader in = dissection->in;
	const uint8_t *end = memchr(in.at, '\n', reader_left(&in));

	if (!end) {
		return reader_left(&in) < LINE_BYTES_MAX ? wait_for_more(dissection)
							 : DISSECT_OTHER;
	}
	size_t length = (size_t)(end - in.at) + 1;
	struct reader kind = in;
	reader_skip(&kind, 6);
	bool fits = length <= LINE_BYTES_MAX && end[-1] == '\r' &&
		    (begins_with(&kind, "TCP4 ") || begins_with(&kind, "TCP6 ") ||
			    begins_with(&kind, "UNKNOWN"));
	if (!fits) {
		return DISSECT_OTHER;
	}
	reader_skip(&in, length);
	return dissection_hand_over(dissection, &in, NULL);
}

static enum dissect_result read_block(struct dissection *dissection)
{
	struct reader in = dissection->in;

	if (reader_left(&in) < BLOCK_HEADER_BYTES) {
		return wait_for_more(dissection);
	}
	reader_skip(&in, 12);
	uint8_t command = reader_u8(&in), family = reader_u8(&in);
	uint16_t bytes = reader_u16(&in);
	if (command >> 4 != 2 || (command & 15) > 1 || family >> 4 > 3 || (family & 15) > 2 ||
		bytes > BLOCK_BYTES_MAX) {
		return DISSECT_OTHER;
	}
	reader_skip(&in, bytes);
	return reader_ok(&in) ? dissection_hand_over(dissection, &in, NULL)
			      : wait_for_more(dissection);
}

static enum dissect_result read_amqp(struct dissection *dissection)
{
	struct reader in = dissection->in;

	reader_skip(&in, AMQP_HEADER_BYTES);
	return dissection_hand_over(dissection, &in, NULL);
}

static enum dissect_result proxy_stream(struct dissection *dissection)
{
	enum prefix_match amqp = prefix_of(&dissection->in, "AMQP\2\1\0\0", AMQP_HEADER_BYTES);
	enum prefix_match line = prefix_of(&dissection->in, "PROXY ", 6);
	enum prefix_match block = prefix_of(&dissection->in, "\r\n\r\n\0\r\nQUIT\n", 12);

	if (line == PREFIX_YES) {
		return read_line(dissection);
	}
	if (block == PREFIX_YES) {
		return read_block(dissection);
	}
	if (amqp == PREFIX_YES) {
		return read_amqp(dissection);
	}
	return line == PREFIX_PART || block == PREFIX_PART || amqp == PREFIX_PART
		       ? wait_for_more(dissection)
		       : DISSECT_OTHER;
}

const struct dissector dissector_proxy = { .protocol = L7_UNKNOWN,
	.stream = proxy_stream,
	.stream_begins = BEGINS({ 'A', 'A' }, { 'P', 'P' }, { '\r', '\r' }),
	.is_preamble = true };
