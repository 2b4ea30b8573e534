#include "analyzer/vantage/vantage_clients.h"

#include <stdlib.h>
#include <string.h>

bool clients_init(struct clients *clients)
{
	*clients = (struct clients){ .key = hash_key_random(),
		.items = malloc(CLIENTS_MAX * sizeof(*clients->items)) };
	return clients->items != NULL;
}

void clients_deinit(struct clients *clients)
{
	hash_table_deinit(&clients->places);
	free(clients->items);
}

static bool is_client(const void *items, uint32_t place, const void *key)
{
	const struct client *clients = items;

	return memcmp(&clients[place].addr, key, sizeof(struct addr)) == 0;
}

struct client *clients_at(struct clients *clients, const struct addr *addr)
{
	uint64_t hash = hash_bytes(&clients->key, addr, sizeof(*addr));
	uint32_t place = hash_table_find(&clients->places, hash, is_client, clients->items, addr);

	if (place != HASH_TABLE_NONE) {
		return &clients->items[place];
	}
	if (clients->count == CLIENTS_MAX ||
		!hash_table_put(&clients->places, hash, clients->count)) {
		clients->refused++;
		return NULL;
	}
	struct client *client = &clients->items[clients->count++];
	*client = (struct client){ .addr = *addr };
	return client;
}

void client_add_web(struct client *client, uint64_t start_ns)
{
	if (client->web++ < CLIENT_WEB_LEAST && start_ns > client->web_since_ns) {
		client->web_since_ns = start_ns;
	}
}

struct client_counts clients_count(const struct clients *clients, uint64_t since_ns)
{
	struct client_counts counts = { .all = 0 };

	for (uint32_t i = 0; i < clients->count; i++) {
		const struct client *client = &clients->items[i];
		bool is_web = client->web >= CLIENT_WEB_LEAST && client->web_since_ns <= since_ns;
		bool has_asked = client->flags & CLIENT_ASKED;
		counts.askers += has_asked;
		counts.all += is_web;
		counts.asked += is_web && has_asked;
		counts.encrypted_only +=
			is_web && !has_asked && (client->flags & CLIENT_ENCRYPTED) != 0;
	}
	return counts;
}
