/* Candidates: each thing the catalogue has to say about a flow, before one of them is chosen. Used
 * by attribute.c and attribute_explain.c. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/record/record.h"

enum { NAME_INDEX_NONE = 0xff };

/* What anybody on the way, or the client itself, can make up: it never decides against what stands
 * on its own, and what it decides alone is inferred (attribute.h). */
enum candidate_ground {
	CANDIDATE_SOUND,
	CANDIDATE_CONTESTED, /* one of two hellos sent for the same place */
	CANDIDATE_SHARED,    /* one of several names that the client has for the address */
	CANDIDATE_OLD,       /* a lookup whose time was over when the flow began */
	CANDIDATE_UNASKED,   /* a DNS answer that nobody was seen to ask for */
	CANDIDATE_GROUND_COUNT
};

struct candidate {
	struct match match;
	uint8_t evidence;   /* enum evidence_kind */
	uint8_t confidence; /* of this candidate alone */
	uint8_t name;       /* which of l7.names; NAME_INDEX_NONE */
	bool ignored;       /* a lookup that belongs to another flow */
	uint8_t ground;     /* enum candidate_ground */
};

/* At most a candidate a name, and one each by the wire format, ALPN, User-Agent, label, address and
 * network. */
enum { CANDIDATES_MAX = L7_INFO_NAMES_MAX + 6 };

struct candidates {
	struct candidate items[CANDIDATES_MAX];
	unsigned count;
	bool is_lookup;     /* the flow goes to a resolver: there are no candidates */
	bool hides_lookups; /* it asks a resolver over TLS or QUIC, whosever it is */
};

/* Strongest first. */
void candidates_gather(const struct catalogue *catalogue, const struct record *record,
	struct candidates *candidates);

/* The candidate that decides, or NULL. */
const struct candidate *candidates_choose(
	const struct catalogue *catalogue, const struct candidates *candidates);
