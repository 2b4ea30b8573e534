/* Turns: all probes of a machine share the rate of one, a round of hellos a second.
 *
 * Whose turn it is holds an abstract socket, which the kernel takes back from whoever ends, however
 * that comes about. (So a network namespace counts as a machine.)
 *
 * Memory   a descriptor.
 * Threads  any.
 * Failure  -errno and why: somebody has held it for ten minutes, or sockets of the machine itself
 *          are not allowed. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct probe_turn {
	int socket;
	uint64_t began_ns;
};

/* Waits for the turn; and gives it back once its second is over. */
int probe_turn_take(struct probe_turn *turn, struct err *err);
void probe_turn_end(struct probe_turn *turn);
