/* Issuer and DNS names of a server's certificate, where TLS up to 1.2 shows it.
 *
 * Walks the DER just far enough for both names' parts and the subjectAltName extension (RFC
 * 5280); checks nothing else and trusts nothing. A subject's common name counts only where no
 * alternative name is a host's (RFC 9525, 6.3). A wildcard counts as the name under it. Cost: under
 * a microsecond. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/l7_info.h"
#include "base/reader.h"

enum { CERTIFICATE_NAMES_MAX = 4 };

/* message: a Certificate handshake message of TLS up to 1.2, without its header. Notes
 * the issuer, and where wanted adds at most CERTIFICATE_NAMES_MAX names with the source NAME_CERT.
 */
void certificate_read(struct reader message, bool wants_names, struct l7_info *l7);

struct dissection;

/* All names in the certificate of a machine of ours are ours, whoever is asked for; that of a
 * desktop which serves others has the machine's own (RDP, WinRM). */
void certificate_learn(const struct dissection *dissection, struct reader message);
