/* Who began a flow.
 *
 * TCP says it: the sender of a SYN began, the sender of a SYN with ACK did not. A multicast or
 * broadcast address never sends, nor does one to which a frame for all stations goes. Otherwise the
 * first packet's sender did, unless ports or ICMP types say that this packet is an answer whose
 * question was not captured; and that is taken back where nothing but such "answers" is ever seen
 * and the ports could also be otherwise. What is said in the payload may know better
 * (collector_set_source()). */
#pragma once

#include <stdbool.h>

#include "collector/packet.h"

struct flow_initiator {
	bool is_high;  /* end 1 of the key */
	bool is_known; /* not a guess */
};

/* start_may_be_missed: the capture began so recently that the flow may be older. */
struct flow_initiator flow_initiator_of(const struct packet *packet, bool start_may_be_missed);

/* Only the end with the first port was ever seen to send: does it answer somebody whose questions
 * take another way? */
bool flow_initiator_answers(uint16_t sender, uint16_t receiver);
