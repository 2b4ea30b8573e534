/* What carries other traffic out of sight: openings of VPN protocols as observers see them, and
 * Telegram's transport with and without its disguise.
 *
 * Packets that tell the protocol are marked for the truth.
 * Memory: the stack. Threads: one. Failure: none. */
#pragma once

#include "tests/traffic/scene.h"
#include "tests/traffic/tcp_session.h"

enum tunnel_kind {
	TUNNEL_WIREGUARD,
	TUNNEL_WIREGUARD_LATE, /* data alone: the tunnel stood before the capture */
	TUNNEL_OPENVPN,        /* resets in the open */
	TUNNEL_OPENVPN_AUTH,   /* behind an HMAC with a number and the time */
	TUNNEL_IKE,            /* version 2 */
	TUNNEL_ESP_IN_UDP,     /* RFC 3948 */
};

/* Datagrams in an opened UDP conversation. */
void tunnel_play(struct conversation *udp, uint8_t kind, unsigned packets);

/* OpenVPN over a connected TCP session: each packet with its length before it. */
void tunnel_play_openvpn(struct tcp_session *tcp, unsigned packets);

/* core.telegram.org/mtproto/mtproto-transports */
enum mtproto_framing { MTPROTO_ABRIDGED, MTPROTO_INTERMEDIATE, MTPROTO_OBFUSCATED };

/* The first message and what follows, over a connected TCP session. */
void mtproto_play(struct tcp_session *tcp, uint8_t framing, unsigned exchanges);
