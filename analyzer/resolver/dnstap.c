#include "analyzer/resolver/dnstap.h"

#include "analyzer/classify/dissect/dns.h"
#include "analyzer/resolver/log_words.h"
#include "base/clock.h"

/* Wire types of protocol buffers, and the fields that count. */
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { DNSTAP_MESSAGE = 14, DNSTAP_TYPE = 15, TYPE_MESSAGE = 1 };
enum {
	MESSAGE_TYPE = 1,
	MESSAGE_QUERY_ADDRESS = 4,
	MESSAGE_QUERY_SECONDS = 8,
	MESSAGE_QUERY_NS = 9,
	MESSAGE_RESPONSE_SECONDS = 12,
	MESSAGE_RESPONSE_NS = 13,
	MESSAGE_RESPONSE = 14,
	CLIENT_RESPONSE = 6
};

struct field {
	uint32_t number;
	uint64_t value;      /* of a number */
	struct reader bytes; /* of the others */
};

static uint64_t read_varint(struct reader *in)
{
	enum { BITS_A_BYTE = 7, BITS = 64 };
	uint64_t value = 0;

	for (unsigned shift = 0; shift < BITS; shift += BITS_A_BYTE) {
		uint8_t byte = reader_u8(in);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			return value;
		}
	}
	in->overrun = true; /* longer than a number can be */
	return 0;
}

/* The next field; false at the end and where the bytes are none, which the cursor tells. */
static bool read_field(struct reader *in, struct field *field)
{
	if (reader_left(in) == 0) {
		return false;
	}
	uint64_t tag = read_varint(in);
	*field = (struct field){ .number = (uint32_t)(tag >> 3), .bytes = reader_over(in->at, 0) };
	switch (tag & 7) {
	case WIRE_VARINT:
		field->value = read_varint(in);
		break;
	case WIRE_64:
		reader_skip(in, 8);
		break;
	case WIRE_BYTES: {
		uint64_t bytes = read_varint(in);
		field->bytes = reader_sub(in, bytes <= SIZE_MAX ? (size_t)bytes : SIZE_MAX);
		break;
	}
	case WIRE_32:
		field->value = reader_u32_le(in);
		break;
	default:
		in->overrun = true;
	}
	return reader_ok(in);
}

struct message {
	uint64_t type;
	struct reader client, response;
	uint64_t query_s, query_ns, response_s, response_ns;
};

static bool read_message(struct reader in, struct message *message)
{
	struct field field;

	*message = (struct message){ .client = reader_over(in.at, 0),
		.response = reader_over(in.at, 0) };
	while (read_field(&in, &field)) {
		switch (field.number) {
		case MESSAGE_TYPE:
			message->type = field.value;
			break;
		case MESSAGE_QUERY_ADDRESS:
			message->client = field.bytes;
			break;
		case MESSAGE_QUERY_SECONDS:
			message->query_s = field.value;
			break;
		case MESSAGE_QUERY_NS:
			message->query_ns = field.value;
			break;
		case MESSAGE_RESPONSE_SECONDS:
			message->response_s = field.value;
			break;
		case MESSAGE_RESPONSE_NS:
			message->response_ns = field.value;
			break;
		case MESSAGE_RESPONSE:
			message->response = field.bytes;
			break;
		default:
			break;
		}
	}
	return reader_ok(&in);
}

static bool read_client(struct reader bytes, struct addr *client)
{
	enum { V4 = 4, V6 = 16 };
	size_t count = reader_left(&bytes);

	if (count == V4) {
		*client = addr_from_v4(bytes.at);
	} else if (count == V6) {
		*client = addr_from_v6(bytes.at);
	}
	return count == V4 || count == V6;
}

static bool read_time(const struct message *message, uint64_t *time_ns)
{
	uint64_t seconds = message->response_s ? message->response_s : message->query_s;
	uint64_t ns = message->response_s ? message->response_ns : message->query_ns;

	*time_ns = seconds * NS_PER_S + ns;
	return seconds > 0 && seconds < UINT64_MAX / NS_PER_S && ns < NS_PER_S;
}

/* Addresses beyond those that one name holds come as the same name again. */
static bool add_names(const struct dns_message *dns, const struct addr *client, uint64_t time_ns,
	struct flow_source_batch *batch)
{
	for (unsigned done = 0; done < dns->address_count;) {
		struct flow_name *name = log_add_name(
			batch, client, time_ns, dns->question.text, dns->question.length);
		if (!name) {
			return done > 0;
		}
		name->ttl_s = dns->ttl_s;
		for (unsigned i = 0; i < dns->chain_count; i++) {
			log_add_alias(name, dns->chain[i].text, dns->chain[i].length);
		}
		for (unsigned i = 0; i < FLOW_NAME_ADDRESSES_MAX && done < dns->address_count;
			i++) {
			log_add_address(name, &dns->addresses[done++]);
		}
	}
	return dns->address_count > 0;
}

static enum dnstap_result read_answer(
	const struct message *message, struct flow_source_batch *batch)
{
	struct dns_message dns;
	struct addr client;
	uint64_t time_ns;

	if (message->type != CLIENT_RESPONSE) {
		return DNSTAP_OTHER;
	}
	if (!read_client(message->client, &client) || !read_time(message, &time_ns) ||
		!dns_parse(message->response, &dns) || !dns.is_response) {
		return DNSTAP_MALFORMED;
	}
	return add_names(&dns, &client, time_ns, batch) ? DNSTAP_NAMES : DNSTAP_OTHER;
}

enum dnstap_result dnstap_read(struct reader frame, struct flow_source_batch *batch)
{
	struct message message = { 0 };
	struct field field;
	uint64_t type = 0;
	bool has_message = false;

	while (read_field(&frame, &field)) {
		if (field.number == DNSTAP_TYPE) {
			type = field.value;
		} else if (field.number == DNSTAP_MESSAGE) {
			has_message = read_message(field.bytes, &message);
			if (!has_message) {
				return DNSTAP_MALFORMED;
			}
		}
	}
	if (!reader_ok(&frame)) {
		return DNSTAP_MALFORMED;
	}
	return type == TYPE_MESSAGE && has_message ? read_answer(&message, batch) : DNSTAP_OTHER;
}
