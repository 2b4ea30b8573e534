/* Unnamed: why a flow does not show which app it is.
 *
 * Either nothing on the wire names an app (one may be inferred), or it names one that hides what
 * goes through it: a resolver, a relay, a tunnel.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include <stdbool.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"

/* In the order in which every listing shows them. */
#define UNNAMED_REASONS(X)                                                                         \
	X(NO_PAYLOAD, "no-payload")     /* never answered, or closed before anything was said */   \
	X(NOT_CAPTURED, "not-captured") /* the capture holds headers and none of the payload */    \
	X(ENCRYPTED_HELLO, "ech")       /* Encrypted ClientHello, ESNI */                          \
	X(NO_SNI, "no-sni")             /* the hello, or the request, carries no name */           \
	X(ENCRYPTED_DNS, "encrypted-dns")                                                          \
	X(TUNNEL, "vpn") /* VPN, Tor, a proxy that encrypts */                                     \
	X(RELAY, "private-relay")                                                                  \
	X(LATE, "started-before")       /* the capture began after the hello */                    \
	X(QUIC_LATE, "quic-no-initial") /* QUIC, and no hello that can be read */                  \
	X(NAME_NOT_LISTED,                                                                         \
		"name-not-listed")        /* a name was seen that the catalogue does not know */   \
	X(PROTOCOL_ONLY, "protocol-only") /* the protocol is known and carries no app */           \
	X(OPAQUE, "opaque")               /* payload that no dissector knows */                    \
	X(DOUBTED, "doubted")             /* a listed name that may not be the flow's */

enum unnamed_reason {
#define X(id, name) UNNAMED_##id,
	UNNAMED_REASONS(X)
#undef X
		UNNAMED_REASON_COUNT
};

const char *unnamed_reason_name(enum unnamed_reason reason);

/* The word of a cell's "hidden" (cell.h). */
static inline const char *cell_hidden_name(unsigned hidden)
{
	return hidden ? unnamed_reason_name((enum unnamed_reason)(hidden - 1)) : "named";
}

static inline bool record_is_unnamed(const struct record *record)
{
	return record->verdict.app == 0 || record->verdict.inferred ||
	       record->verdict.hides != APP_HIDES_NOTHING;
}

/* Only where record_is_unnamed(). */
enum unnamed_reason record_unnamed_reason(const struct record *record);
