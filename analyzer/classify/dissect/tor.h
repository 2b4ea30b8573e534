/* The shape of Tor's TLS: a made-up server name, which nobody has looked up. */
#pragma once

#include <stdbool.h>

#include "analyzer/classify/clues.h"

/* Clues of a TLS client's hello. Tor asks for www.<8 to 20 characters of base32>.com, offers no
 * ALPN, and never asks DNS for the name. */
bool tor_has_shape(const struct clues *clues);
