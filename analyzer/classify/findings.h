/* Findings: each thing the catalogue has to say about a flow, before one of them is chosen. Used by
 * attribute.c and attribute_explain.c. */
#pragma once

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/record.h"

enum { NAME_INDEX_NONE = 0xff };

struct finding {
	struct match match;
	uint8_t evidence;   /* enum evidence_kind */
	uint8_t confidence; /* of this finding alone */
	uint8_t name;       /* which of clues.names; NAME_INDEX_NONE */
	bool ignored;       /* a lookup that belongs to another flow */
};

/* At most a finding a name, one by the wire format, one by address and one by network. */
enum { FINDINGS_MAX = CLUE_NAMES_MAX + 3 };

struct findings {
	struct finding items[FINDINGS_MAX];
	unsigned count;
	bool is_lookup; /* the flow goes to a resolver: there are no findings */
};

/* Strongest first. */
void findings_gather(
	const struct catalogue *catalogue, const struct record *record, struct findings *findings);

/* The finding that decides, or NULL. */
const struct finding *findings_choose(
	const struct catalogue *catalogue, const struct findings *findings);
