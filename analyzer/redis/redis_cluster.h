/* What a client of Redis Cluster must know: the slot of a key, which argument of a command is the
 * key, and the redirections that servers answer with.
 *
 * Pure functions. Redis Cluster Specification, "Key distribution model" and "MOVED Redirection". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_SLOT_COUNT = 16384 };

/* Of the hash tag where there is one: "bf:1:{north}:seq" stands where "north" does. */
unsigned redis_slot(const char *key, size_t length);

/* The key of a command, of those that we send; NULL where it has none. */
const char *redis_key_of(size_t count, const char *const *arguments);

struct redis_redirect {
	bool is_ask; /* for this once; the key is on its way */
	unsigned slot, port;
	char host[256]; /* "": the host that answered */
};

/* Reads "MOVED 3999 192.0.2.1:6381" and "ASK …"; false where it is neither. */
bool redis_redirect_parse(struct redis_redirect *redirect, const char *text);
