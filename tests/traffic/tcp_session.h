/* A TCP connection as a sensor between client and server sees it (RFC 9293): handshake, data both
 * ways cut into segments, acknowledgements, goodbyes, and what goes wrong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/traffic/scene.h"

struct tcp_session {
	struct conversation conversation;
	uint32_t seq[2]; /* next byte of each side */
	uint16_t mss;
	unsigned last_side;
	unsigned unacknowledged; /* segments since the last acknowledgement */
};

enum { TCP_CLIENT, TCP_SERVER };

/* Prepares the connection; nothing is sent yet. */
void tcp_init(struct tcp_session *tcp, struct scene *scene, struct device *device,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth);

void tcp_connect(struct tcp_session *tcp);            /* SYN, SYN-ACK, ACK */
void tcp_connect_refused(struct tcp_session *tcp);    /* SYN, RST */
void tcp_connect_unanswered(struct tcp_session *tcp); /* SYN three times */

/* One write of an application: as many segments as it takes; the other side acknowledges now and
 * then. */
void tcp_send(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count);

/* The same write, but in segments cut and ordered as the pieces say (together they hold every
 * byte); a garbled piece has other content, as a retransmission that was tampered with. */
struct tcp_piece {
	uint32_t offset, count;
	bool is_garbled;
};
void tcp_send_pieces(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count,
	const struct tcp_piece *pieces, unsigned piece_count);

/* The same bytes again and again without an answer: what a firewall that drops after the hello
 * leaves to see. */
void tcp_send_dropped(struct tcp_session *tcp, unsigned side, const void *bytes, size_t count);

void tcp_pause(struct tcp_session *tcp, uint64_t pause_ns);
void tcp_keep_alive(
	struct tcp_session *tcp); /* RFC 9293 3.8.4: one old byte, and its acknowledgement */
void tcp_close(struct tcp_session *tcp, unsigned first_side); /* FIN both ways */
void tcp_reset(struct tcp_session *tcp, unsigned side);
