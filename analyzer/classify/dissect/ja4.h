/* JA4: a fingerprint of the client by its TLS, DTLS or QUIC hello (FoxIO, "JA4: TLS Client
 * Fingerprinting", BSD 3-Clause; only JA4 itself).
 *
 * Cost: two sorts, and two SHA-256 where the client's lists were not seen lately; 0.2 to 1
 * microsecond, once a hello.
 * Memory: the cache, 31 kB, all zero at first. Threads: one a cache. */
#pragma once

#include "analyzer/record/l7_info.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum ja4_transport { JA4_TCP = 't', JA4_QUIC = 'q', JA4_DTLS = 'd' };

enum {
	JA4_LIST_MAX = HELLO_EXTENSIONS_MAX + HELLO_SIGNATURES_MAX,
	JA4_SHORT_HASH = 12,
	JA4_CACHE_ENTRIES = 64,
};
_Static_assert((int)HELLO_CIPHERS_MAX <= (int)JA4_LIST_MAX, "ciphers are a list, too");

/* Browsers are few; their ciphers, and their extensions once sorted, do not change from hello to
 * hello. */
struct ja4_cache {
	struct ja4_entry {
		struct ja4_list {
			uint16_t count, second_part; /* where that begins; count: there is none */
			uint16_t values[JA4_LIST_MAX];
		} list;
		char hash[JA4_SHORT_HASH];
	} entries[JA4_CACHE_ENTRIES];
};

/* Writes the fingerprint, or "" where the hello was not seen whole: a part of it would be another
 * client's. */
void ja4_of_hello(struct ja4_cache *cache, const struct client_hello *hello,
	enum ja4_transport transport, char text[L7_INFO_JA4_MAX]);
