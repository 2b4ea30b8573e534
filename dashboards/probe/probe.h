/* Probes: a few marked hellos from a segment, to prove that a block works and that the sensor sees
 * the segment. No login, no content: a hello, and what comes back of it.
 *
 *     TLS     a connection to the address, one ClientHello of TLS 1.2 (so that the certificate of
 *             whoever answers can be read), then the end
 *     QUIC    one Initial of version 1 in a datagram of 1,200 bytes, sent again once
 *
 * The name under test stands in the hello, the marker (probe_marker.h) in the place of its random
 * number; the address is the operator's to give, and nothing is looked up.
 *
 * Memory   fixed.
 * Threads  one.
 * Failure  what came back, or did not, is the result; only what cannot even be tried is an error.
 */
#pragma once

#include <stdint.h>

#include "analyzer/record/probe_marker.h"
#include "base/addr.h"
#include "base/err.h"

/* What came back; names as in json. */
#define PROBE_RESULTS(X)                                                                           \
	X(HANDSHAKE, "handshake")         /* somebody answered the hello as a server does */       \
	X(BLOCK_PAGE, "block-page")       /* under a certificate of the issuer that was named */   \
	X(ALERT, "alert")                 /* TLS, but no handshake */                              \
	X(OTHER, "other-answer")          /* bytes that are no TLS */                              \
	X(CLOSED, "closed")               /* after the hello */                                    \
	X(RESET, "reset")                 /* after the hello */                                    \
	X(TIMEOUT, "timeout")             /* after the hello; of QUIC at all */                    \
	X(REFUSED, "refused")             /* no connection */                                      \
	X(NO_CONNECTION, "no-connection") /* nobody answered */                                    \
	X(PROHIBITED, "prohibited")       /* ICMP says that a rule forbids it */                   \
	X(UNREACHABLE, "unreachable")

enum probe_result {
#define X(id, name) PROBE_##id,
	PROBE_RESULTS(X)
#undef X
		PROBE_RESULT_COUNT
};

const char *probe_result_name(enum probe_result result);

enum { PROBE_ISSUER_BYTES = 128, PROBE_HELLO_MAX = 1200 };

struct probe_options {
	const struct probe_key *key;
	const char *segment;
	char name[PROBE_NAME_MAX + 1]; /* in small letters */
	struct addr addr;
	uint16_t port;
	uint64_t patience_ms;
	/* Whom the firewall's certificates call their issuer, by common name or organisation, as
	 * the policy's page_issuers have it; NULL unknown. */
	const char *block_issuer;
};

struct probe_reply {
	uint8_t result;                  /* enum probe_result */
	char issuer[PROBE_ISSUER_BYTES]; /* of the certificate; "" none was shown */
	char told_by[ADDR_TEXT_MAX];     /* who said by ICMP that it goes no further; "" nobody */
	uint32_t time_s;                 /* of the marker */
	uint32_t took_ms;
};

/* A name of letters, digits, dots and dashes in small letters; false where it is none. And how long
 * to wait, 1 to 30 seconds: "5" or "5s". */
bool probe_set_name(struct probe_options *options, const char *name);
bool probe_set_patience(struct probe_options *options, const char *text);
#define PROBE_PATIENCE_EXPECTED "1s to 30s"

/* 0, or -errno where it cannot be tried. */
int probe_send_tls(const struct probe_options *options, struct probe_reply *reply, struct err *err);
int probe_send_quic(
	const struct probe_options *options, struct probe_reply *reply, struct err *err);

/* All that was asked for, a line a probe to standard output: at most PROBE_COUNT_MAX times, a
 * second apart, also from those of other programs on this machine. 0 or -errno, also where a
 * segment has no name that anybody could have written, or the address is a group's or nobody's. */
enum { PROBE_COUNT_MAX = 5 };
int probe_run(const struct probe_options *options, bool with_tls, bool with_quic, unsigned count,
	bool as_json, struct err *err);
