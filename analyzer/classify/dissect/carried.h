/* What a proxy is asked to carry (RFC 9298, RFC 9484): datagrams or packets, to whom the request's
 * path says; and what then comes, in capsules (RFC 9297).
 *
 * Threads  any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct carried_request {
	const char *word; /* "connect-udp", "connect-ip" */
	const char *host; /* in the path */
	size_t host_length;
	bool has_host; /* false: all networks, or an address, whose colons and slashes are escaped
			*/
};

/* Does the path ask for that? "/.well-known/masque/udp/HOST/PORT/" and "…/ip/HOST/PROTOCOL/". */
bool carried_of_path(const char *path, size_t length, struct carried_request *carried);
