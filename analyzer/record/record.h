/* The record: a flow record with everything later stages learnt about it.
 *
 * Each stage fills its own part and reads those before it:
 *
 *     flow      collector       who, when, how much
 *     l7     classify        what the wire showed: names, protocol, fingerprints
 *     device    policy, devices whose it is
 *     place     geo             where the remote end is
 *     verdict   attribute       which app that is, by which evidence, how sure
 *     decision  policy          unit, class, rule, what that means
 *
 * Pointer-free; copied only where it crosses a thread or is kept. Strings are NUL-terminated bytes
 * from the wire, not yet escaped and perhaps not UTF-8. The names stand last, so that a record with
 * short ones touches few cache lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/l7_info.h"
#include "collector/flow.h"
#include "geo/geo.h"

/* Where the flow went, seen from the networks that are ours. */
#define RECORD_DIRECTIONS(X)                                                                       \
	X(OUTBOUND, "outbound") /* we asked, somebody outside answered */                          \
	X(INBOUND, "inbound")   /* somebody outside asked us */                                    \
	X(INTERNAL, "internal") /* both ends are ours */                                           \
	X(EXTERNAL, "external") /* neither is */

enum record_direction {
#define X(id, name) RECORD_DIRECTION_##id,
	RECORD_DIRECTIONS(X)
#undef X
		RECORD_DIRECTION_COUNT
};

/* What evidence a verdict used, strongest first, with its name in records; the bit of kind k is
 * 1 << k. */
#define EVIDENCE_KINDS(X)                                                                          \
	X(TLS_SNI, "tls-sni")                                                                      \
	X(QUIC_SNI, "quic-sni")                                                                    \
	X(HTTP_HOST, "http-host")                                                                  \
	X(PROTOCOL, "protocol")                                                                    \
	X(DNS, "dns")                                                                              \
	X(CERT, "cert")                                                                            \
	X(JA4, "ja4")                                                                              \
	X(PREFIX, "prefix")                                                                        \
	X(ASN, "asn")                                                                              \
	X(PORT, "port")                                                                            \
	X(BEHAVIOUR, "behaviour")

enum evidence_kind {
#define X(id, name) EVIDENCE_##id,
	EVIDENCE_KINDS(X)
#undef X
		EVIDENCE_KIND_COUNT
};

/* On what an inference stands (behaviour.h), with its name in records; the bit of kind k is 1 << k.
 */
#define INFERRED_BY(X)                                                                             \
	X(NETWORK, "network") /* of the server: known for this app */                              \
	X(PREFIX, "prefix")                                                                        \
	X(ADDRESS, "address")                                                                      \
	X(HELLO, "address-and-ja4")                                                                \
	X(CONTEXT, "context") /* what the device did in these minutes, and the flow's shape */     \
	X(UNASKED, "answer-unasked") /* a DNS answer that nobody was seen to ask for */            \
	X(CONTESTED,                                                                               \
		"hello-contested") /* one of two hellos for the same place, or the server's */     \
	X(OUTSIDE, "tunnel-from-outside") /* in a tunnel that somebody outside wrote */            \
	X(SHARED, "address-shared") /* one of several names that the client has for the address */ \
	X(OLD, "lookup-old")        /* the look-up's time was over when the flow began */

enum inferred_by {
#define X(id, name) INFERRED_BY_##id,
	INFERRED_BY(X)
#undef X
		INFERRED_BY_COUNT
};

struct verdict {
	uint16_t app;       /* symbol (symbols.h); 0 unknown */
	uint16_t evidence;  /* bits of enum evidence_kind */
	uint8_t confidence; /* 0..100, from the published table (attribute.h) */
	bool embedded;      /* a tracker, pixel or SDK inside something else: not use of the app */
	bool inferred;      /* from behaviour, or from what anybody can plant; never a violation by
			       itself */
	uint8_t hides;      /* enum app_hides of the app (catalogue.h) */
	uint16_t grounds; /* bits of enum inferred_by; that of OUTSIDE also where no app is known */
	uint8_t name;     /* which of l7.names decided; 0xff none */
	/* Who controls it, and who owns it: the app's, else the network's owner's; "" not known. */
	char parent_country[3], owner_country[3];
	uint8_t control; /* enum geo_zone of parent_country */
};

#define POLICY_ACTIONS(X)                                                                          \
	X(NONE, "none")                                                                            \
	X(DENY, "deny")                                                                            \
	X(ALLOW, "allow")                                                                          \
	X(REPORT, "report")                                                                        \
	X(ASSESS, "assess")                                                                        \
	X(PENDING, "pending")

enum policy_action {
#define X(id, name) POLICY_ACTION_##id,
	POLICY_ACTIONS(X)
#undef X
		POLICY_ACTION_COUNT
};

#define POLICY_VERDICTS(X)                                                                         \
	X(NONE, "none")                                                                            \
	X(VIOLATION, "violation")                                                                  \
	X(ALLOWED, "allowed")                                                                      \
	X(EXCEPTED, "excepted")                                                                    \
	X(GRACE, "grace")                                                                          \
	X(REPORTED, "reported")                                                                    \
	X(UNAPPROVED, "unapproved")                                                                \
	X(OUT_OF_SCOPE, "out-of-scope")

enum policy_verdict {
#define X(id, name) POLICY_VERDICT_##id,
	POLICY_VERDICTS(X)
#undef X
		POLICY_VERDICT_COUNT
};

/* What became of an attempt that a network may block; names as in records. */
#define BLOCK_OUTCOMES(X)                                                                          \
	X(NONE, "none")                                                                            \
	X(DNS, "dns")                                                                              \
	X(REFUSED, "refused")                                                                      \
	X(DROPPED, "dropped")                                                                      \
	X(DROPPED_AFTER_HELLO, "dropped-after-hello")                                              \
	X(BLOCK_PAGE, "block-page")                                                                \
	X(PASSED, "passed")                                                                        \
	X(UNSURE, "unsure")

enum block_outcome {
#define X(id, name) BLOCK_##id,
	BLOCK_OUTCOMES(X)
#undef X
		BLOCK_OUTCOME_COUNT
};

struct decision {
	uint16_t rule;      /* symbol; 0 none applied */
	uint16_t unit;      /* symbol; 0 none */
	uint16_t class_;    /* device class: symbol; 0 none */
	uint8_t action;     /* enum policy_action */
	uint8_t verdict;    /* enum policy_verdict */
	uint8_t block;      /* enum block_outcome */
	uint16_t exception; /* symbol; 0 none */
};

/* What a device is known as. An address is a device only until more is known of it. */
#define DEVICE_KINDS(X)                                                                            \
	X(ADDRESS, "address") /* nothing but its address is known */                               \
	X(ONE, "one")         /* one device, whatever address it has */                            \
	X(MANY, "many")       /* several behind one address, never counted as one */               \
	X(STATION, "station") /* what has one MAC: too little was seen to say that it is one */

enum device_kind {
#define X(id, name) DEVICE_##id,
	DEVICE_KINDS(X)
#undef X
		DEVICE_KIND_COUNT
};

struct record_device {
	struct addr identity; /* the address; of ONE and STATION what stands for it instead */
	uint8_t kind;         /* enum device_kind */
};

/* Which ways of the flow crossed the sensor. */
#define RECORD_SEEN(X)                                                                             \
	X(BOTH, "both")                                                                            \
	X(OUT_ONLY, "out-only") /* of our end's packets alone */                                   \
	X(IN_ONLY, "in-only")

enum record_seen {
#define X(id, name) RECORD_SEEN_##id,
	RECORD_SEEN(X)
#undef X
		RECORD_SEEN_COUNT
};

/* What stands between the device and the other end, as far as it shows. */
#define RECORD_VIA(X)                                                                              \
	X(DIRECT, "direct")                                                                        \
	X(PROXY, "proxy")                                                                          \
	X(NAT, "nat")                                                                              \
	X(TUNNEL, "tunnel")

enum record_via {
#define X(id, name) RECORD_VIA_##id,
	RECORD_VIA(X)
#undef X
		RECORD_VIA_COUNT
};

/* Which end is ours and which is the other one. */
enum record_side { RECORD_SOURCE, RECORD_DESTINATION };

struct record {
	_Alignas(64) struct flow_record flow; /* runs of records are handed from thread to thread */
	struct geo_place place;               /* of the remote end */
	struct verdict verdict;
	struct decision decision;
	struct record_device device;
	uint8_t direction; /* enum record_direction */
	uint8_t own_side; /* enum record_side: the device; the source where none or both are ours */
	bool is_enriched; /* enrich.h has been here */
	uint8_t seen;     /* enum record_seen */
	uint8_t via;      /* enum record_via */
	uint8_t at_least; /* bits of the ends of which more was sent than anybody counted */
	bool remote_is_own; /* in a network of ours that was not declared, or it holds an address of
			       ours: not shown as another's */
	struct l7_info l7;
};

/* Another thread had the memory last: has what will be written of records[place] fetched, so many
 * records ahead of its turn. */
enum { RECORDS_AHEAD = 4 };
static inline void record_expect(const struct record *records, size_t place, size_t count)
{
	if (place < count) {
		for (size_t at = 0; at < offsetof(struct record, l7.text); at += 64) {
			__builtin_prefetch((const char *)&records[place] + at, 1);
		}
	}
}

/* A new record, in memory that may hold another one; l7 info comes next. */
static inline void record_begin(struct record *record, const struct flow_record *flow)
{
	record->flow = *flow;
	record->is_enriched = false;
}

/* Copies what is used and not a byte more, as l7_info_copy() does. */
static inline size_t record_used_bytes(const struct record *record)
{
	return offsetof(struct record, l7) + l7_info_used_bytes(&record->l7);
}
void record_copy(struct record *to, const struct record *from);

static inline const struct addr *record_own_addr(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? &record->flow.source : &record->flow.destination;
}

static inline const struct addr *record_remote_addr(const struct record *record)
{
	return record->own_side == RECORD_SOURCE ? &record->flow.destination : &record->flow.source;
}

/* Did a device of ours turn to the outside: by itself, or through a proxy of ours? */
static inline bool record_turns_out(const struct record *record)
{
	return record->direction == RECORD_DIRECTION_OUTBOUND ||
	       (record->direction == RECORD_DIRECTION_INTERNAL && record->via == RECORD_VIA_PROXY);
}

/* Once own_side is known: device, seen and via, as far as the flow alone tells. */
void record_note_vantage(struct record *record);

/* Does nobody but somebody outside say that our end took part: did its packets come in tunnels that
 * an end outside wrapped, and none for it in one that an end of ours wrapped? */
bool record_is_hearsay(const struct record *record);

/* Multicast and broadcast: 224.0.0.0/4 and above, ff00::/8. Nobody answers there, and no device is
 * meant by it. */
bool record_is_to_all(const struct addr *addr);

/* Are the bytes that this end of the flow sent known (0: the source)? What went a way that did not
 * cross the sensor is unknown, and not nothing: of who began always, and of who answered where he
 * must have, or would have been asked: a question (DNS, NTP, an echo), a long conversation. A try
 * that nobody answered (a SYN, an Initial) got nothing. */
bool record_knows_bytes(const struct record *record, unsigned end);

/* Are those all of them? Where a flow changed doors, each with a sensor, what both saw cannot be
 * told from what one of them did. */
static inline bool record_knows_all_bytes(const struct record *record, unsigned end)
{
	return record_knows_bytes(record, end) && !(record->at_least >> end & 1);
}

/* Bytes of this part that our end sent and got. */
static inline uint64_t record_bytes_up(const struct record *record)
{
	return record->flow.bytes[record->own_side == RECORD_SOURCE ? 0 : 1];
}

static inline uint64_t record_bytes_down(const struct record *record)
{
	return record->flow.bytes[record->own_side == RECORD_SOURCE ? 1 : 0];
}

/* A hello of our own (probe_marker.h): a name is tested, and nobody uses it. Who goes on behind the
 * marker has copied it. */
static inline bool record_is_probe(const struct record *record)
{
	enum { BYTES_MOST = 8192 };
	const struct flow_record *flow = &record->flow;

	return record->l7.probe_time_s != 0 && record->l7.exchange <= L7_EXCHANGE_NONE &&
	       flow->total_bytes[0] <= BYTES_MOST;
}

/* Do owner and control rest on a name, a wire format or the network's owner? Where not, they are
 * those of an app that is only inferred. */
static inline bool verdict_control_is_proven(const struct verdict *verdict)
{
	return !verdict->inferred || (verdict->evidence & 1 << EVIDENCE_ASN) != 0;
}

/* Was it hearsay (record_is_hearsay()) when the verdict was given? */
static inline bool verdict_is_hearsay(const struct verdict *verdict)
{
	return verdict->grounds >> INFERRED_BY_OUTSIDE & 1;
}

const char *record_direction_name(enum record_direction direction);
const char *evidence_kind_name(enum evidence_kind kind);
const char *inferred_by_name(enum inferred_by ground);
const char *policy_action_name(enum policy_action action);
/* Is it what a rule's block is there to stop? What is excepted, allowed, in grace or out of scope
 * is let through on purpose. */
bool policy_verdict_is_to_be_stopped(enum policy_verdict verdict);

const char *policy_verdict_name(enum policy_verdict verdict);
const char *block_outcome_name(enum block_outcome outcome);
const char *device_kind_name(enum device_kind kind);
const char *record_seen_name(enum record_seen seen);
const char *record_via_name(enum record_via via);
