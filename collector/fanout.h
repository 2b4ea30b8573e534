/* Which ring of a group a packet goes to, as a classic BPF program for PACKET_FANOUT_CBPF: by the
 * client, so that its DNS answers and its flows come to one queue.
 *
 * The client is the end that asked port 53; else the end in one of the own networks. Where both
 * ends are own, or neither is, both together decide. So both directions of a flow come to one
 * queue. What is no IP packet goes to the first. A client's IPv4 and IPv6 address are two clients;
 * of a packet in a tunnel the outer addresses count.
 *
 * Memory   the program is the caller's, freed with fanout_free().
 * Threads  any. */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

/* Networks that lie in others are passed over; of more than this the largest count. */
enum { FANOUT_NETWORKS_MAX = 100 };

int fanout_make(
	struct sock_fprog *program, const struct prefix *own, size_t own_count, struct err *err);
void fanout_free(struct sock_fprog *program);
