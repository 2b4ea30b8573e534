#include "analyzer/classify/call_sockets.h"

#include <string.h>

static const uint64_t second_ns = 1000000000;

void call_sockets_init(struct call_sockets *sockets)
{
	memset(sockets, 0, sizeof(*sockets));
	sockets->key = hash_key_random();
}

static uint64_t hash_of(const struct call_sockets *sockets, const struct addr *addr, uint16_t port)
{
	uint8_t bytes[sizeof(addr->bytes) + sizeof(port)];

	memcpy(bytes, addr->bytes, sizeof(addr->bytes));
	memcpy(bytes + sizeof(addr->bytes), &port, sizeof(port));
	return hash_bytes(&sockets->key, bytes, sizeof(bytes));
}

static void learn(struct call_sockets *sockets, uint64_t hash, enum app_hint app, uint64_t time_ns)
{
	sockets->is_used = true;
	sockets->sockets[hash % CALL_SOCKETS] = (struct call_socket){
		.hash = hash, .time_s = (uint32_t)(time_ns / second_ns), .app = (uint8_t)app
	};
}

static enum app_hint find(
	const struct call_sockets *sockets, uint64_t hash, uint64_t start_ns, uint64_t end_ns)
{
	const struct call_socket *socket = sockets->sockets + hash % CALL_SOCKETS;
	bool is_near = socket->time_s + UINT64_C(0) + CALL_SOCKET_LIFE_S >= start_ns / second_ns &&
		       socket->time_s <= end_ns / second_ns + CALL_SOCKET_LIFE_S;

	return socket->hash == hash && is_near ? (enum app_hint)socket->app : APP_HINT_NONE;
}

void call_sockets_learn(struct call_sockets *sockets, const struct addr *addr, uint16_t port,
	enum app_hint app, uint64_t time_ns)
{
	learn(sockets, hash_of(sockets, addr, port), app, time_ns);
}

enum app_hint call_sockets_find(const struct call_sockets *sockets, const struct addr *addr,
	uint16_t port, uint64_t start_ns, uint64_t end_ns)
{
	return sockets->is_used ? find(sockets, hash_of(sockets, addr, port), start_ns, end_ns)
				: APP_HINT_NONE;
}

uint64_t call_sockets_pair(
	const struct call_sockets *sockets, const uint8_t *user_names, size_t length)
{
	enum { USER_NAME_LEAST = 4 }; /* RFC 8445, 5.3 */
	const uint8_t *colon = memchr(user_names, ':', length);
	size_t first = colon ? (size_t)(colon - user_names) : length;
	size_t second = colon ? length - first - 1 : 0;

	if (first < USER_NAME_LEAST || second < USER_NAME_LEAST) {
		return 0;
	}
	/* Each puts the other's first: a sum does not mind. */
	return hash_bytes(&sockets->key, user_names, first) +
	       hash_bytes(&sockets->key, colon + 1, second);
}

void call_sockets_learn_pair(
	struct call_sockets *sockets, uint64_t pair, enum app_hint app, uint64_t time_ns)
{
	if (pair != 0) {
		learn(sockets, pair, app, time_ns);
	}
}

enum app_hint call_sockets_find_pair(
	const struct call_sockets *sockets, uint64_t pair, uint64_t time_ns)
{
	return pair != 0 && sockets->is_used ? find(sockets, pair, time_ns, time_ns)
					     : APP_HINT_NONE;
}
