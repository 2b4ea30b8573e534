/* The shape of Tor's TLS: a made-up server name, which nobody has looked up. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/l7_info.h"

/* Clues of a TLS client's hello. Tor asks for www.<8 to 20 characters of base32>.com, offers no
 * ALPN, and never asks DNS for the name. */
bool tor_has_shape(const struct l7_info *l7);

/* The same without a look at how random the name is: worth reading the certificate. */
bool tor_may_be(const struct l7_info *l7);

/* … and up to TLS 1.2 a certificate for www.<8 to 20 characters of base32>.net, made up as well: no
 * site shows another name than the one it was asked for. */
bool tor_has_certificate(const struct l7_info *l7);
