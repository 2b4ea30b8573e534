/* What begins a connection of DTLS on a socket, and what answers it. */
#pragma once

#include <stdbool.h>

#include "base/reader.h"

/* Does the datagram begin with a client's hello, or with a server's? */
bool dtls_begins(struct reader datagram);
bool dtls_answers(struct reader datagram);

struct dissect_state;

/* Was a client's hello answered, in a flow of that state? */
bool dtls_is_answered(const struct dissect_state *state);
