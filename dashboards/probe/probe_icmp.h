/* Why a probe went no further, where a router or firewall says so by ICMP: a rule forbids it, or
 * there is no way. Linux keeps what was said for the socket; of TCP kernels from 5.11 on do.
 *
 * Threads  one. */
#pragma once

#include "dashboards/probe/probe.h"

/* Before the socket is used. */
void probe_ask_for_icmp(int fd);

/* After it failed: who said so, and PROBE_PROHIBITED where a rule forbids it. */
void probe_read_icmp(int fd, struct probe_reply *reply);
