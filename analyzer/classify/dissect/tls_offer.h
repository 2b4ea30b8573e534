/* What a client's hello of TLS offers, as far as the server's shows to which hello it is the
 * answer.
 *
 * A server takes one of what was offered, and up to its last version says the client's session
 * again (RFC 8446, 4.1.3; RFC 5246, 7.4.1.3): a client that is answered otherwise breaks off. So a
 * server's hello that takes something else is the answer to another one, which was sent in the same
 * place or not seen.
 *
 * Memory   the caller's, 40 bytes; sets are kept as hashes, which may take one thing for another.
 * Threads  any. Failure  none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct client_hello;
struct server_hello;

struct tls_offer {
	uint64_t ciphers, extensions, groups; /* sets, a bit an element */
	uint32_t session;                     /* hash of its number */
	uint16_t version;                     /* the best one; 0: nothing is known */
};

void tls_offer_note(struct tls_offer *offer, const struct client_hello *hello);

/* May that be the answer? */
bool tls_offer_takes(const struct tls_offer *offer, const struct server_hello *answer);
