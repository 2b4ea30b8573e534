/* Call sockets: which app a device's UDP socket was last seen to call with.
 *
 * A call tries many ways at once from one socket: the app's own relays, public STUN servers, the
 * other party's addresses. Only some of these flows show whose call it is; the others are of the
 * same app because they are of the same socket in the same minutes. Other sockets of the same call
 * show the same pair of user names to each other (RFC 8445, 7.2.2).
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

/* Whose servers stand at an address, where they are one calling app's alone. app_at is NULL where
 * nobody knows. */
struct call_servers {
	enum app_hint (*app_at)(void *whose, const struct addr *addr, uint16_t port);
	void *whose;
};

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

/* What stands for the pair of user names in a check, whoever of the two sends it; 0 where it is no
 * pair. */
uint64_t call_sockets_pair(
	const struct call_sockets *sockets, const uint8_t *user_names, size_t length);
void call_sockets_learn_pair(
	struct call_sockets *sockets, uint64_t pair, enum app_hint app, uint64_t time_ns);
enum app_hint call_sockets_find_pair(
	const struct call_sockets *sockets, uint64_t pair, uint64_t time_ns);

/* The app that used the socket between CALL_SOCKET_LIFE_S before the start and after the end. */
enum app_hint call_sockets_find(const struct call_sockets *sockets, const struct addr *addr,
	uint16_t port, uint64_t start_ns, uint64_t end_ns);
