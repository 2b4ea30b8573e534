#include "tests/traffic/tcp_session.h"

#include <string.h>

#include "base/clock.h"
#include "collector/packet.h"

enum { PROTOCOL_TCP = 6, MSS_V4 = 1460, MSS_V6 = 1440, TUNNEL_OVERHEAD = 100, ACK_EVERY = 4 };

static const uint16_t windows[2] = { 1026, 501 };

void tcp_init(struct tcp_session *tcp, struct scene *scene, struct device *device,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth)
{
	const struct path *path = timeline_get_path(scene->timeline, device->path);

	*tcp = (struct tcp_session){ .last_side = TCP_CLIENT };
	conversation_open(&tcp->conversation, scene, device, server, PROTOCOL_TCP, start_ns, truth);
	tcp->mss = addr_is_v4(&server->addr) ? MSS_V4 : MSS_V6;
	if (path->tunnel != PATH_PLAIN) {
		tcp->mss -= TUNNEL_OVERHEAD;
	}
	tcp->seq[0] = (uint32_t)rng_next(&scene->rng);
	tcp->seq[1] = (uint32_t)rng_next(&scene->rng);
}

/* The turn changes: the answer passes the sensor later. Packets of one burst follow each other
 * closely. */
static void advance(struct tcp_session *tcp, unsigned side)
{
	struct conversation *conversation = &tcp->conversation;

	if (side != tcp->last_side) {
		conversation->now_ns += conversation->delay_ns[side];
		tcp->last_side = side;
	} else {
		conversation->now_ns += rng_between(&conversation->scene->rng, 8, 40) * NS_PER_US;
	}
}

static void emit(struct tcp_session *tcp, unsigned side, uint8_t flags, uint32_t seq,
	const void *bytes, size_t count)
{
	struct conversation *conversation = &tcp->conversation;
	struct packet_builder *packet = &conversation->scene->packet;
	struct tcp_header header = {
		.seq = seq,
		.ack = tcp->seq[!side],
		.flags = flags,
		.window = flags & TCP_SYN ? 64240 : windows[side],
		.mss = flags & TCP_SYN ? tcp->mss : 0,
	};

	packet_begin(packet, bytes, count);
	packet_put_tcp(packet, &conversation->ends[side], &conversation->ends[!side], &header);
	conversation_send(conversation, side);
}

static void emit_control(struct tcp_session *tcp, unsigned side, uint8_t flags)
{
	advance(tcp, side);
	emit(tcp, side, flags, tcp->seq[side], NULL, 0);
	if (flags & (TCP_SYN | TCP_FIN)) {
		tcp->seq[side]++;
	}
}

void tcp_connect(struct tcp_session *tcp)
{
	emit_control(tcp, TCP_CLIENT, TCP_SYN);
	emit_control(tcp, TCP_SERVER, TCP_SYN | TCP_ACK);
	emit_control(tcp, TCP_CLIENT, TCP_ACK);
}

void tcp_connect_refused(struct tcp_session *tcp)
{
	emit_control(tcp, TCP_CLIENT, TCP_SYN);
	tcp->seq[1] = 0;
	emit_control(tcp, TCP_SERVER, TCP_RST | TCP_ACK);
}

void tcp_connect_unanswered(struct tcp_session *tcp)
{
	for (unsigned attempt = 0; attempt < 3; attempt++) {
		emit(tcp, TCP_CLIENT, TCP_SYN, tcp->seq[0], NULL, 0);
		tcp_pause(tcp, NS_PER_S << attempt);
	}
}

static void acknowledge(struct tcp_session *tcp, unsigned side)
{
	uint64_t data_ns = tcp->conversation.now_ns;
	bool carries_name = tcp->conversation.carries_name;

	tcp->conversation.carries_name = false;
	tcp->conversation.now_ns += tcp->conversation.delay_ns[side] / 2;
	emit(tcp, side, TCP_ACK, tcp->seq[side], NULL, 0);
	/* The sender does not wait for it: the acknowledgement passes while the burst goes on. */
	tcp->conversation.now_ns = data_ns;
	tcp->conversation.carries_name = carries_name;
	tcp->unacknowledged = 0;
}

static void send_again(struct tcp_session *tcp, unsigned side, const uint8_t *bytes, size_t count)
{
	struct conversation *conversation = &tcp->conversation;

	conversation->now_ns += conversation->delay_ns[0] + conversation->delay_ns[1];
	emit(tcp, side, TCP_ACK, tcp->seq[side], bytes, count);
}

void tcp_send(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count)
{
	struct scene *scene = tcp->conversation.scene;
	const uint8_t *at = bytes;

	while (count > 0) {
		size_t part = count < tcp->mss ? count : tcp->mss;
		uint8_t flags = part == count ? TCP_ACK | TCP_PSH : TCP_ACK;
		advance(tcp, side);
		emit(tcp, side, flags, tcp->seq[side], at, part);
		if (scene->retransmitted_per_10000 &&
			rng_chance(&scene->rng, scene->retransmitted_per_10000)) {
			send_again(tcp, side, at, part);
		}
		tcp->seq[side] += (uint32_t)part;
		at += part;
		count -= part;
		if (++tcp->unacknowledged == ACK_EVERY || count == 0) {
			acknowledge(tcp, !side);
		}
	}
}

void tcp_send_pieces(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count,
	const struct tcp_piece *pieces, unsigned piece_count)
{
	for (unsigned i = 0; i < piece_count; i++) {
		uint8_t segment[MSS_V4];
		memcpy(segment, (const uint8_t *)bytes + pieces[i].offset, pieces[i].count);
		for (uint32_t at = 0; pieces[i].is_garbled && at < pieces[i].count; at++) {
			segment[at] ^= 0x20;
		}
		advance(tcp, side);
		emit(tcp, side, TCP_ACK | TCP_PSH, tcp->seq[side] + pieces[i].offset, segment,
			pieces[i].count);
	}
	tcp->seq[side] += (uint32_t)count;
	acknowledge(tcp, !side);
}

void tcp_send_dropped(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count)
{
	for (unsigned attempt = 0; attempt < 4; attempt++) {
		const uint8_t *at = bytes;
		for (size_t sent = 0; sent < count;) {
			size_t part = count - sent < tcp->mss ? count - sent : tcp->mss;
			emit(tcp, side, TCP_ACK | TCP_PSH, tcp->seq[side] + (uint32_t)sent,
				at + sent, part);
			sent += part;
			tcp->conversation.now_ns += 20 * NS_PER_US;
		}
		tcp_pause(tcp, 300 * NS_PER_MS << attempt);
	}
	tcp->seq[side] += (uint32_t)count;
}

void tcp_pause(struct tcp_session *tcp, uint64_t pause_ns)
{
	tcp->conversation.now_ns += pause_ns;
}

void tcp_keep_alive(struct tcp_session *tcp)
{
	static const uint8_t old_byte[1] = { 0 };

	advance(tcp, TCP_CLIENT);
	emit(tcp, TCP_CLIENT, TCP_ACK, tcp->seq[TCP_CLIENT] - 1, old_byte, 1);
	emit_control(tcp, TCP_SERVER, TCP_ACK);
}

/* Acknowledgements of the last data are still under way when somebody says goodbye. */
static void settle(struct tcp_session *tcp)
{
	tcp->conversation.now_ns +=
		tcp->conversation.delay_ns[0] / 2 + tcp->conversation.delay_ns[1] / 2 + NS_PER_US;
}

void tcp_close(struct tcp_session *tcp, unsigned first_side)
{
	settle(tcp);
	emit_control(tcp, first_side, TCP_FIN | TCP_ACK);
	emit_control(tcp, !first_side, TCP_FIN | TCP_ACK);
	emit_control(tcp, first_side, TCP_ACK);
}

void tcp_reset(struct tcp_session *tcp, unsigned side)
{
	settle(tcp);
	emit_control(tcp, side, TCP_RST | TCP_ACK);
}
