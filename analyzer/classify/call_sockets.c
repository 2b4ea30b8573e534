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

void call_sockets_learn(struct call_sockets *sockets, const struct addr *addr, uint16_t port,
	enum app_hint app, uint64_t time_ns)
{
	uint64_t hash = hash_of(sockets, addr, port);

	sockets->is_used = true;
	sockets->sockets[hash % CALL_SOCKETS] = (struct call_socket){
		.hash = hash, .time_s = (uint32_t)(time_ns / second_ns), .app = (uint8_t)app
	};
}

enum app_hint call_sockets_find(const struct call_sockets *sockets, const struct addr *addr,
	uint16_t port, uint64_t start_ns, uint64_t end_ns)
{
	if (!sockets->is_used) {
		return APP_HINT_NONE;
	}
	uint64_t hash = hash_of(sockets, addr, port);
	const struct call_socket *socket = sockets->sockets + hash % CALL_SOCKETS;
	bool is_near = socket->time_s + UINT64_C(0) + CALL_SOCKET_LIFE_S >= start_ns / second_ns &&
		       socket->time_s <= end_ns / second_ns + CALL_SOCKET_LIFE_S;
	return socket->hash == hash && is_near ? (enum app_hint)socket->app : APP_HINT_NONE;
}
