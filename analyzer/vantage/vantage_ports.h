/* Ports: TCP flows that two inputs of one sensor have seen, each making a flow of its own of what
 * it saw: both ports of a bridge, or of a tap that gives each direction on a port.
 *
 * The same id says so: it is made of both ends and of the number that the initiator drew. Flows in
 * another VLAN or tunnel are others (vantage_translated.h).
 *
 * Memory   fixed: so many of the last flows.
 * Threads  one.
 * Failure  none: what is pushed out is not noticed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/record/record.h"

enum { PORTS_FLOWS = 2048 };

struct ports_flow {
	uint64_t flow_id;
	uint16_t worker, vlan_id;
	bool has_sent[2];
};

struct ports {
	uint64_t told;   /* all that were looked at, each of an input's */
	uint64_t twice;  /* seen both ways by another input as well */
	uint64_t halves; /* of which another input saw the other way */
	struct ports_flow flows[PORTS_FLOWS];
};

void ports_take(struct ports *ports, const struct record *record);

bool ports_are_doubled(const struct ports *ports);
bool ports_are_halves(const struct ports *ports);
