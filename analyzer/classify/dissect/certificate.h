/* DNS names of a server's certificate, where TLS up to 1.2 shows it.
 *
 * Walks the DER just far enough for the subject's common name and the subjectAltName extension (RFC
 * 5280); checks nothing else and trusts nothing. A wildcard counts as the name under it. Cost:
 * under a microsecond. */
#pragma once

#include "analyzer/record/l7_info.h"
#include "base/reader.h"

enum { CERTIFICATE_NAMES_MAX = 4 };

/* message: a Certificate handshake message of TLS up to 1.2, without its header. Adds at most
 * CERTIFICATE_NAMES_MAX names with the source NAME_CERT. */
void certificate_names(struct reader message, struct l7_info *l7);
