/* Call sockets: which app a device's UDP socket was last seen to call with.
 *
 * A call tries many ways at once from one socket: the app's own relays, public STUN servers, the
 * other party's addresses. Only some of these flows show whose call it is; the others are of the
 * same app because they are of the same socket in the same minutes.
 *
 * Memory   fixed: CALL_SOCKETS entries of 16 bytes inside the struct; a newer one takes the place
 *          of an older.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/l7_info.h"
#include "base/addr.h"
#include "base/hash.h"

enum { CALL_SOCKETS = 4096, CALL_SOCKET_LIFE_S = 300 };

struct call_sockets {
	struct hash_key key;
	bool is_used;
	struct call_socket {
		uint64_t hash;
		uint32_t time_s;
		uint8_t app; /* enum app_hint */
	} sockets[CALL_SOCKETS];
};

void call_sockets_init(struct call_sockets *sockets);

void call_sockets_learn(struct call_sockets *sockets, const struct addr *addr, uint16_t port,
	enum app_hint app, uint64_t time_ns);

/* The app that used the socket between CALL_SOCKET_LIFE_S before the start and after the end. */
enum app_hint call_sockets_find(const struct call_sockets *sockets, const struct addr *addr,
	uint16_t port, uint64_t start_ns, uint64_t end_ns);
