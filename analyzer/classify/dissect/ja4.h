/* JA4: a fingerprint of the client by its TLS, DTLS or QUIC hello (FoxIO, "JA4: TLS Client
 * Fingerprinting", BSD 3-Clause; only JA4 itself).
 *
 * Cost: two SHA-256 and two sorts, about a microsecond; once a hello. Threads: any. */
#pragma once

#include "analyzer/classify/clues.h"
#include "analyzer/classify/dissect/tls_hello.h"

enum ja4_transport { JA4_TCP = 't', JA4_QUIC = 'q', JA4_DTLS = 'd' };

/* Writes the fingerprint, or "" where the hello was not seen whole: a part of it would be another
 * client's. */
void ja4_of_hello(
	const struct client_hello *hello, enum ja4_transport transport, char text[CLUE_JA4_MAX]);
