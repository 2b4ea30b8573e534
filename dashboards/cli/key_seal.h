/* keys seal: pseudonym keys of months that are over are sealed (sealed_key.h) and destroyed, and
 * the next month's is made, so that a sensor started from now on has it in time.
 *
 * Threads  one. Failure: 0 or -errno; what was done until then is printed. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct key_sealing {
	const char *folder;
	const char *soc, *officer, *glass; /* files of public keys; glass NULL: nobody breaks it */
	uint64_t now_ns;
};

int key_seal_months(const struct key_sealing *sealing, struct err *err);
