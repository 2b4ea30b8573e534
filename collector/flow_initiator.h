/* Who began a flow.
 *
 * TCP says it: the sender of a SYN began, the sender of a SYN with ACK did not. Otherwise the first
 * packet's sender did, unless ports or ICMP types say that this packet is an answer whose question
 * was not captured. */
#pragma once

#include <stdbool.h>

#include "collector/packet.h"

struct flow_initiator {
	bool is_high;  /* end 1 of the key */
	bool is_known; /* not a guess */
};

/* start_may_be_missed: the capture began so recently that the flow may be older. */
struct flow_initiator flow_initiator_of(const struct packet *packet, bool start_may_be_missed);
