/* Calls: STUN and TURN messages (RFC 8489, RFC 8656) with what apps put into them, the ways of apps
 * that have formats of their own, and media behind.
 *
 * Memory: the stack. Threads: one. Failure: none. */
#pragma once

#include "tests/traffic/scene.h"

enum call_kind {
	CALL_STUN,             /* a lookup of one's own address, as any browser makes */
	CALL_TURN,             /* a relay that says its realm, then media */
	CALL_WHATSAPP_RELAY,   /* attributes and message types of its own */
	CALL_WHATSAPP_PEER,    /* between two phones: integrity alone */
	CALL_TELEGRAM_PEERTAG, /* Telegram's reflectors */
	CALL_TEAMS,            /* attributes of MS-TURN */
	CALL_ZOOM,             /* media on its own ports */
	CALL_DISCORD,          /* address discovery, then media */
};

struct call {
	uint8_t kind;      /* enum call_kind */
	const char *realm; /* CALL_TURN: of the relay; "" none */
	unsigned packets;  /* of media, both ways together */
};

/* Plays it in an opened UDP conversation; messages that tell the app are marked for the truth. */
void call_play(struct conversation *udp, const struct call *call);
