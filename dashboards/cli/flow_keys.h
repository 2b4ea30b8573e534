/* The keys for ids of flows. An id is a hash of both addresses, so whoever has its key finds the
 * device by trying them all: a key that stays would open past months to one who may not. So each
 * month has its own, which follows from that of the month before and not back; all sensors that
 * began with the same key go the same way, and a flow keeps one id everywhere.
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct flow_keys {
	struct hash_key now, next;
	uint64_t next_ns; /* from when on; 0: there is none yet */
};

/* That of this month, else flow.key, and the next month's where it is made. *is_there false:
 * neither folder nor credentials have one. 0 or -errno. */
int flow_keys_open(struct flow_keys *keys, const char *folder, uint64_t now_ns, bool *is_there,
	struct err *err);

/* Makes the next month's, and destroys those of months that are over. *made: it was not there. */
int flow_keys_rotate(const char *folder, uint64_t now_ns, bool *made, struct err *err);
