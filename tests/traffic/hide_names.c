/* Takes the names out of a capture: lookups (port 53) go, hellos lose the name in them, HTTP its
 * host; what resolvers answered is written beside it, as their log.
 *
 *     hide_names IN.pcap OUT.pcap dnstap:PATH|zeek:PATH
 *
 * For classic captures of Ethernet, little-endian, as tests/traffic makes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/classify/dissect/dns.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/reader.h"
#include "tests/traffic/capture_writer.h"

enum { PORT_DNS = 53, IP_TCP = 6, IP_UDP = 17, ETHERTYPE_V4 = 0x0800, ETHERTYPE_V6 = 0x86dd };

struct frame {
	uint8_t protocol;
	uint16_t source_port, destination_port;
	struct addr source, destination;
	uint8_t *payload;
	size_t payload_bytes;
};

struct log {
	FILE *file;
	bool is_dnstap;
	unsigned long answers;
};

static bool read_transport(struct reader *in, struct frame *frame)
{
	frame->source_port = reader_u16(in);
	frame->destination_port = reader_u16(in);
	if (frame->protocol == IP_TCP) {
		reader_skip(in, 8);
		unsigned header = (unsigned)(reader_u8(in) >> 4) * 4;
		reader_skip(in, header >= 20 ? header - 13 : 7);
	} else {
		reader_skip(in, 4);
	}
	frame->payload = (uint8_t *)in->at;
	frame->payload_bytes = reader_left(in);
	return reader_ok(in) && (frame->protocol == IP_TCP || frame->protocol == IP_UDP);
}

static bool read_frame(uint8_t *bytes, size_t count, struct frame *frame)
{
	struct reader in = reader_over(bytes, count);

	reader_skip(&in, 12);
	uint16_t type = reader_u16(&in);
	while (type == 0x8100 || type == 0x88a8) {
		reader_skip(&in, 2);
		type = reader_u16(&in);
	}
	if (type == ETHERTYPE_V4) {
		struct reader header = in;
		unsigned header_bytes = (unsigned)(reader_u8(&header) & 15) * 4;
		reader_skip(&header, 1);
		uint16_t total = reader_u16(&header);
		reader_skip(&header, 5);
		frame->protocol = reader_u8(&header);
		reader_skip(&header, 2);
		const uint8_t *ends = reader_bytes(&header, 8);
		if (!ends || header_bytes < 20 || total > reader_left(&in) ||
			total < header_bytes) {
			return false;
		}
		frame->source = addr_from_v4(ends);
		frame->destination = addr_from_v4(ends + 4);
		in = reader_sub(&in, total);
		reader_skip(&in, header_bytes);
		return read_transport(&in, frame);
	}
	if (type == ETHERTYPE_V6) {
		reader_skip(&in, 4);
		uint16_t total = reader_u16(&in);
		frame->protocol = reader_u8(&in);
		reader_skip(&in, 1);
		const uint8_t *ends = reader_bytes(&in, 32);
		if (!ends || total > reader_left(&in)) {
			return false;
		}
		frame->source = addr_from_v6(ends);
		frame->destination = addr_from_v6(ends + 16);
		in = reader_sub(&in, total);
		return read_transport(&in, frame);
	}
	return false;
}

/* A server_name extension becomes one that nobody knows (GREASE, RFC 8701). */
static void blank_server_name(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i + 9 < count; i++) {
		unsigned extension = load_be16(bytes, i + 2), list = load_be16(bytes, i + 4);
		unsigned name = load_be16(bytes, i + 7);
		if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[i + 6] == 0 && name > 3 &&
			name < 254 && list == name + 3 && extension == list + 2) {
			bytes[i] = bytes[i + 1] = 0x0a;
		}
	}
}

static void blank_host(uint8_t *bytes, size_t count)
{
	static const char host[] = "\r\nHost:";
	uint8_t *at = memmem(bytes, count, host, sizeof(host) - 1);

	if (at) {
		at[3] = 'x';
	}
}

/* Initial packets can be read by anybody who has them whole. */
static void spoil_quic(uint8_t *bytes, size_t count)
{
	enum { LONG_HEADER = 0xc0, WITHIN = 100, INITIAL_LEAST = 1200 };

	if (count >= INITIAL_LEAST && (bytes[0] & LONG_HEADER) == LONG_HEADER) {
		bytes[WITHIN] ^= 0xff;
	}
}

static size_t put_varint(uint8_t *bytes, size_t at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7) {
		bytes[at++] = (uint8_t)(value | 0x80);
	}
	bytes[at++] = (uint8_t)value;
	return at;
}

static size_t put_bytes(
	uint8_t *bytes, size_t at, unsigned field, const uint8_t *value, size_t count)
{
	at = put_varint(bytes, at, field << 3 | 2);
	at = put_varint(bytes, at, count);
	memcpy(bytes + at, value, count);
	return at + count;
}

static void put_frame(FILE *file, const uint8_t *bytes, size_t count)
{
	const uint8_t length[4] = { (uint8_t)(count >> 24), (uint8_t)(count >> 16),
		(uint8_t)(count >> 8), (uint8_t)count };

	fwrite(length, 1, 4, file);
	if (count > 0) {
		fwrite(bytes, 1, count, file);
	}
}

static void put_control(FILE *file, uint8_t type)
{
	static const char content[] = "protobuf:dnstap.Dnstap";
	uint8_t bytes[64] = { 0, 0, 0, type, 0, 0, 0, 1, 0, 0, 0, sizeof(content) - 1 };

	memcpy(bytes + 12, content, sizeof(content) - 1);
	put_frame(file, NULL, 0);
	put_frame(file, bytes, type == 2 ? 12 + sizeof(content) - 1 : 4);
}

static void log_dnstap(struct log *log, const struct frame *frame, uint64_t time_ns)
{
	static uint8_t message[65536 + 128], tap[65536 + 256];
	uint32_t ns = (uint32_t)(time_ns % NS_PER_S);
	const uint8_t ns_le[4] = { (uint8_t)ns, (uint8_t)(ns >> 8), (uint8_t)(ns >> 16),
		(uint8_t)(ns >> 24) };
	bool is_v4 = addr_is_v4(&frame->destination);
	size_t at = 0, end = 0;

	at = put_varint(message, at, 1 << 3);
	at = put_varint(message, at, 6); /* CLIENT_RESPONSE */
	at = put_bytes(message, at, 4, frame->destination.bytes + (is_v4 ? 12 : 0), is_v4 ? 4 : 16);
	at = put_varint(message, at, 12 << 3);
	at = put_varint(message, at, time_ns / NS_PER_S);
	at = put_varint(message, at, 13 << 3 | 5);
	memcpy(message + at, ns_le, 4);
	at += 4;
	at = put_bytes(message, at, 14, frame->payload, frame->payload_bytes);
	end = put_bytes(tap, end, 14, message, at);
	end = put_varint(tap, end, 15 << 3);
	end = put_varint(tap, end, 1);
	put_frame(log->file, tap, end);
}

static void log_zeek(struct log *log, const struct frame *frame, uint64_t time_ns)
{
	struct dns_message dns;
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX], address[ADDR_TEXT_MAX];

	if (!dns_parse(reader_over(frame->payload, frame->payload_bytes), &dns)) {
		return;
	}
	addr_format(&frame->destination, client);
	addr_format(&frame->source, server);
	fprintf(log->file, "%llu.%06llu\tC\t%s\t%u\t%s\t53\tudp\t%u\t%s\t",
		(unsigned long long)(time_ns / NS_PER_S),
		(unsigned long long)(time_ns % NS_PER_S / 1000), client, frame->destination_port,
		server, dns.id, dns.question.length ? dns.question.text : "-");
	for (unsigned i = 0; i < dns.chain_count; i++) {
		fprintf(log->file, "%s%s", i ? "," : "", dns.chain[i].text);
	}
	for (unsigned i = 0; i < dns.address_count; i++) {
		addr_format(&dns.addresses[i], address);
		fprintf(log->file, "%s%s", i + dns.chain_count ? "," : "", address);
	}
	fprintf(log->file, "%s\t%u.000000\n", dns.chain_count + dns.address_count ? "" : "-",
		dns.ttl_s);
}

/* True where the frame stays in the capture. */
static bool hide(struct log *log, uint8_t *bytes, size_t count, uint64_t time_ns)
{
	struct frame frame;

	if (!read_frame(bytes, count, &frame)) {
		return true;
	}
	if (frame.source_port == PORT_DNS || frame.destination_port == PORT_DNS) {
		if (frame.source_port == PORT_DNS && frame.protocol == IP_UDP) {
			log->answers++;
			(log->is_dnstap ? log_dnstap : log_zeek)(log, &frame, time_ns);
		}
		return false;
	}
	if (frame.protocol == IP_UDP) {
		spoil_quic(frame.payload, frame.payload_bytes);
	} else {
		blank_server_name(frame.payload, frame.payload_bytes);
		blank_host(frame.payload, frame.payload_bytes);
	}
	return true;
}

static int hide_all(char *bytes, size_t count, struct capture_writer *writer, struct log *log)
{
	enum { FILE_HEADER = 24, FRAME_HEADER = 16 };
	uint32_t magic = count >= FILE_HEADER ? load_le32((uint8_t *)bytes, 0) : 0;
	uint64_t unit_ns = magic == 0xa1b23c4d ? 1 : 1000;
	size_t at = FILE_HEADER;

	if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) {
		return -1;
	}
	while (at + FRAME_HEADER <= count) {
		const uint8_t *header = (const uint8_t *)bytes + at;
		uint64_t time_ns = load_le32(header, 0) * NS_PER_S + load_le32(header, 4) * unit_ns;
		uint32_t captured = load_le32(header, 8), wire = load_le32(header, 12);
		at += FRAME_HEADER;
		if (captured > count - at) {
			return -1;
		}
		if (hide(log, (uint8_t *)bytes + at, captured, time_ns)) {
			capture_write(writer, time_ns, bytes + at, captured, wire);
		}
		at += captured;
	}
	return 0;
}

int main(int count, char **arguments)
{
	struct capture_writer *writer;
	struct err err;
	char *bytes;
	size_t length;

	if (count != 4) {
		fprintf(stderr, "usage: hide_names IN.pcap OUT.pcap dnstap:PATH|zeek:PATH\n");
		return 2;
	}
	struct log log = { .is_dnstap = strncmp(arguments[3], "dnstap:", 7) == 0 };
	struct capture_options options = {
		.path = arguments[2], .link_type = LINKTYPE_ETHERNET, .nanoseconds = true
	};
	log.file = fopen(strchr(arguments[3], ':') + 1, "wb");
	if (!log.file || file_read(arguments[1], &bytes, &length, &err) < 0 ||
		capture_create(&writer, &options, &err) < 0) {
		fprintf(stderr, "hide_names: %s\n", log.file ? err.text : arguments[3]);
		return 2;
	}
	if (log.is_dnstap) {
		put_control(log.file, 2);
	} else {
		fprintf(log.file,
			"#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\t"
			"id.resp_p\tproto\ttrans_id\tquery\tanswers\tTTLs\n");
	}
	int status = hide_all(bytes, length, writer, &log);
	if (log.is_dnstap) {
		put_control(log.file, 3);
	}
	bool is_written = fclose(log.file) == 0 && capture_close(writer, &err) == 0;
	printf("%lu answers went to the log\n", log.answers);
	free(bytes);
	return status == 0 && is_written ? 0 : 1;
}
