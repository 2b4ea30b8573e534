/* Public names of Encrypted ClientHello (draft-ietf-tls-esni): what stands in the clear where the
 * real name is hidden.
 *
 * Browsers send an ECH extension with random content to every server (GREASE), which looks just
 * like a real one. So an extension alone hides nothing; it does where the outer name is a public
 * name that a site has published for the purpose. Those are learnt from DNS answers (HTTPS and SVCB
 * records carry the configuration with the public name in the clear, where it differs from the name
 * asked for), beside the few that whole providers share.
 *
 * Memory   fixed, inside the struct: 1,024 names as 64-bit hashes; a newer one takes the place of
 *          an older.
 * Threads  one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum { ECH_NAMES = 1024 };

struct ech_names {
	struct hash_key key;
	uint64_t learnt[ECH_NAMES];
};

void ech_names_init(struct ech_names *names);

/* Names without regard to case; the final dot does not count. */
void ech_names_learn(struct ech_names *names, const char *public_name, size_t length);
bool ech_names_know(const struct ech_names *names, const char *name, size_t length);
