/* The generator's own foundation: if headers or impairments were wrong, the ground
 * truth would be. */
#include "collector/packet.h"
#include "tests/tap.h"
#include "tests/traffic/impair.h"
#include "tests/traffic/packet_builder.h"
#include "tests/traffic/path.h"
#include "tests/traffic/zipf.h"

static struct packet_builder packet;

static struct endpoint endpoint(const char *addr, uint16_t port)
{
	struct endpoint made = { .port = port };

	addr_parse(addr, &made.addr);
	return made;
}

/* RFC 1071 section 3 computes this sum by hand. */
static void test_checksum(void)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	is_int(internet_checksum(checksum_add(0, bytes, sizeof(bytes))), (uint16_t)~0xddf2,
		"the checksum of RFC 1071's example");
	is_int(internet_checksum(checksum_add(0, bytes, 3)), (uint16_t)~0xf201,
		"an odd byte counts as the high one");
}

/* A receiver sums header and pseudo-header with the checksum in place and gets zero. */
static void test_packets(const char *from_text, const char *to_text, unsigned header_bytes)
{
	struct endpoint from = endpoint(from_text, 50000), to = endpoint(to_text, 443);
	struct tcp_header header = {
		.seq = 1, .ack = 2, .flags = TCP_SYN, .window = 3, .mss = 1460
	};
	size_t skip = header_bytes == 20 ? 12 : 0;

	packet_begin(&packet, "abc", 3);
	packet_put_tcp(&packet, &from, &to, &header);
	packet_put_ip(&packet, &from.addr, &to.addr, 64, 7);
	const uint8_t *bytes = packet_bytes(&packet);
	size_t segment = packet_length(&packet) - header_bytes;
	uint32_t sum = 6 + (uint32_t)segment;
	sum = checksum_add(sum, from.addr.bytes + skip, 16 - skip);
	sum = checksum_add(sum, to.addr.bytes + skip, 16 - skip);
	is_int(internet_checksum(checksum_add(sum, bytes + header_bytes, segment)), 0,
		"%s: the TCP checksum holds", from_text);
	is_int((int64_t)segment, 20 + 12 + 3, "%s: header, options, data", from_text);
	if (header_bytes == 20) {
		is_int(internet_checksum(checksum_add(0, bytes, 20)), 0, "the IPv4 checksum holds");
		is_int(bytes[2] << 8 | bytes[3], (int64_t)packet_length(&packet), "and its length");
	}
}

static void test_wrapping(void)
{
	struct path path = {
		.vlan_id = 100, .inner_vlan_id = 42, .tunnel = PATH_VXLAN, .network = 5
	};
	struct endpoint from = endpoint("10.0.0.1", 1), to = endpoint("10.0.0.2", 2);

	path.near = endpoint("192.0.2.1", 0).addr;
	path.far = endpoint("192.0.2.2", 0).addr;
	packet_begin(&packet, "abc", 3);
	packet_put_udp(&packet, &from, &to);
	packet_put_ip(&packet, &from.addr, &to.addr, 64, 0);
	path_wrap(&packet, &path, true, ETHERTYPE_IPV4);
	const uint8_t *bytes = packet_bytes(&packet);
	is_int((int64_t)packet_length(&packet), 14 + 4 + 4 + 20 + 8 + 8 + 14 + 20 + 8 + 3,
		"QinQ, IP, UDP, VXLAN, Ethernet, IP, UDP");
	is_int(bytes[12] << 8 | bytes[13], 0x88a8, "the outer tag is a service tag");
	is_int(bytes[15], 100, "with the outer VLAN");
	is_int(bytes[16] << 8 | bytes[17], 0x8100, "the inner one a customer tag");
	is_int(bytes[19], 42, "with the inner VLAN");
	is_text(path_tunnel_name(&path, true), "vxlan", "the tunnel's name");
}

/* A hundred packets of 1,400 bytes; what a truth counts after fragmenting is data plus a header a
 * piece. */
static void test_fragments(void)
{
	struct timeline *timeline = timeline_create();
	struct truth *truth = truth_create();
	struct truth_flow flow = { .name_flow = TRUTH_NO_FLOW };
	struct impairments impairments = { .fragmented_per_10000 = 10000 };
	struct endpoint from = endpoint("10.0.0.1", 1), to = endpoint("10.0.0.2", 2);
	static const uint8_t payload[1372];
	struct rng rng = { 1 };
	uint64_t bytes = 0, pieces = 0;

	truth_add(truth, &flow);
	for (unsigned i = 0; i < 100; i++) {
		struct timeline_packet entry = { .time_ns = i, .ethertype = ETHERTYPE_IPV4 };
		packet_begin(&packet, payload, sizeof(payload));
		packet_put_udp(&packet, &from, &to);
		packet_put_ip(&packet, &from.addr, &to.addr, 64, 0);
		entry.stored_bytes = entry.wire_bytes = (uint32_t)packet_length(&packet);
		timeline_add(timeline, &entry, packet_bytes(&packet));
	}
	impair(timeline, truth, &impairments, &rng);
	size_t count;
	const struct timeline_packet *packets = timeline_packets(timeline, &count);
	for (size_t i = 0; i < count; i++) {
		if (!packets[i].is_dropped) {
			pieces++;
			bytes += packets[i].wire_bytes - 20;
		}
	}
	ok(pieces >= 200 && pieces <= 300, "two or three pieces each");
	is_int((int64_t)bytes, 100 * 1380, "no byte is lost or doubled");
	timeline_destroy(timeline);
	truth_destroy(truth);
}

static void test_zipf(void)
{
	struct zipf *zipf = zipf_create(1000);
	struct rng rng = { 1 };
	unsigned first = 0, second = 0, last = 0;

	for (unsigned i = 0; i < 100000; i++) {
		uint32_t rank = zipf_draw(zipf, &rng);
		first += rank == 0;
		second += rank == 1;
		last = rank > last ? rank : last;
	}
	ok(first > 2 * second && first < 5 * second / 2,
		"the first is 2^1.1 times as popular as the second");
	ok(last > 900 && last < 1000, "and the last ones come, too");
	zipf_destroy(zipf);
}

int main(void)
{
	test_checksum();
	test_packets("10.20.0.11", "149.154.167.51", 20);
	test_packets("2001:db8:20::11", "2001:67c:4e8:f004::9", 40);
	test_wrapping();
	test_fragments();
	test_zipf();
	return done_testing();
}
