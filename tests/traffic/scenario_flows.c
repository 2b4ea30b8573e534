/* Captures in which the number of flows is the point. */
#include "base/clock.h"
#include "collector/packet.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/stream.h"

enum { PROTOCOL_TCP = 6, SMALL_BYTES = 40, CHURN_PACKETS = 4, CHURN_LIVE = 2000000 };

/* The rate of new flows is such that a flow lives for 100 s, no gap in it is longer than 34 s, and
 * few linger after their goodbye: 2 million are live. */
#define CHURN_STEP_NS (50 * NS_PER_US)

static struct stream_packet make_flow(uint64_t number)
{
	struct stream_packet packet = { .protocol = PROTOCOL_TCP, .ip_bytes = SMALL_BYTES };

	packet.from.addr = stream_addr4(0x0a000000u + (uint32_t)(number & 0xffffff));
	packet.from.port = (uint16_t)(1024 + number % 60000);
	packet.to.addr = stream_addr4(0xc6120000u + (uint32_t)(number % 65521));
	packet.to.port = 443;
	return packet;
}

static void turn_round(struct stream_packet *packet)
{
	struct endpoint from = packet->from;

	packet->from = packet->to;
	packet->to = from;
}

/* Its packets: SYN, SYN-ACK, data, RST. */
static void put_churn(struct stream *stream, uint64_t number, unsigned which)
{
	static const uint8_t flags[CHURN_PACKETS] = { TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK | TCP_PSH,
		TCP_RST | TCP_ACK };
	struct stream_packet packet = make_flow(number);
	uint32_t seq = (uint32_t)number;

	if (which == 1) {
		turn_round(&packet);
	}
	if (which == 2) {
		packet.ip_bytes = SMALL_BYTES + 100;
	}
	packet.tcp = (struct tcp_header){
		.seq = seq + (which >= 2) + (which == 3 ? 100 : 0),
		.ack = seq + 1,
		.flags = flags[which],
		.window = 500,
	};
	stream_put(stream, &packet, CHURN_STEP_NS / CHURN_PACKETS);
}

static void stream_churn(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	uint64_t flows = packets / CHURN_PACKETS, distance = CHURN_LIVE / (CHURN_PACKETS - 1);
	struct stream *stream = stream_create(writer);

	if (distance * CHURN_PACKETS > flows) {
		distance = flows / CHURN_PACKETS;
	}
	for (uint64_t step = 0; step < flows + (CHURN_PACKETS - 1) * distance; step++) {
		for (unsigned which = 0; which < CHURN_PACKETS; which++) {
			uint64_t behind = which * distance;
			if (step >= behind && step - behind < flows) {
				put_churn(stream, seed + step - behind, which);
			}
		}
	}
	stream_destroy(stream);
}

static void stream_scan(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	struct stream *stream = stream_create(writer);

	for (uint64_t i = 0; i < packets; i++) {
		struct stream_packet packet = make_flow(0);
		packet.from.port = 40000;
		packet.to.addr = stream_addr4(0xc6120000u + (uint32_t)(i % 131072));
		packet.to.port = (uint16_t)(1 + i / 131072);
		packet.tcp = (struct tcp_header){ (uint32_t)(seed + i), 0, TCP_SYN, 1024, 0 };
		stream_put(stream, &packet, NS_PER_US);
	}
	stream_destroy(stream);
}

static void stream_one_flow(struct capture_writer *writer, uint64_t seed, uint64_t packets)
{
	struct stream *stream = stream_create(writer);
	uint32_t seq = (uint32_t)seed;

	for (uint64_t i = 0; i < packets; i++) {
		struct stream_packet packet = make_flow(1);
		bool is_data = i % 3 != 2; /* an acknowledgement for every second segment */
		if (is_data) {
			turn_round(&packet);
			packet.ip_bytes = 1500;
		}
		packet.tcp = (struct tcp_header){ is_data ? seq : 1, is_data ? 1 : seq, TCP_ACK,
			500, 0 };
		seq += is_data ? 1460 : 0;
		stream_put(stream, &packet, 10 * NS_PER_US);
	}
	stream_destroy(stream);
}

const struct scenario scenario_churn = {
	.name = "churn",
	.about = "5 million flows of four packets, 2 million live at a time",
	.stream = stream_churn,
	.stream_packets = 20000000,
	.stream_snaplen = 96,
};

const struct scenario scenario_scan = {
	.name = "scan",
	.about = "every packet is a new flow",
	.stream = stream_scan,
	.stream_packets = 10000000,
	.stream_snaplen = 96,
};

const struct scenario scenario_one_flow = {
	.name = "one-flow",
	.about = "one long download, cut at 96 bytes",
	.stream = stream_one_flow,
	.stream_packets = 10000000,
	.stream_snaplen = 96,
};
