/* Clients: how each own device (its address, where nothing more is known) resolves names, as far as
 * its flows show.
 *
 * Memory   taken once: CLIENTS_MAX addresses; later ones are not counted, but refused is.
 * Threads  one.
 * Failure  out of memory only at clients_init(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/hash_table.h"

enum {
	CLIENTS_MAX = 32768,
	CLIENT_WEB_LEAST = 3 /* flows that make an address a client */
};

enum client_flags {
	CLIENT_ASKED = 1,     /* a lookup that can be read */
	CLIENT_ENCRYPTED = 2, /* a resolver that hides them */
	CLIENT_OUTSIDE = 4,   /* such a lookup, from a resolver that is not ours */
};

struct client {
	struct addr addr;
	uint32_t web;          /* flows to outside that carry a name, or hide it */
	uint8_t flags;         /* enum client_flags */
	uint64_t web_since_ns; /* when the last one began that made it a client */
};

struct clients {
	struct hash_key key;
	struct hash_table places;
	struct client *items;
	uint32_t count;
	uint64_t refused;
};

bool clients_init(struct clients *clients);
void clients_deinit(struct clients *clients);

/* NULL: there is no room. */
struct client *clients_at(struct clients *clients, const struct addr *addr);

void client_add_web(struct client *client, uint64_t start_ns);

/* Those that have been clients since then, or longer. */
struct client_counts {
	uint32_t all;
	uint32_t asked;          /* of them: whose lookups can be read */
	uint32_t encrypted_only; /* who asked, but never so that it can be read */
	uint32_t askers;         /* of all addresses: who asked so */
};
struct client_counts clients_count(const struct clients *clients, uint64_t since_ns);
