/* A BPF filter expression ("tcp port 443"), as tcpdump has it, over frames of any link type.
 *
 * Memory   one compiled program a link type, made when its first frame comes; at most
 *          PACKET_FILTER_LINKS of them.
 * Threads  one a filter.
 * Failure  an expression that no link type can compile is refused at once; frames of a link type
 *          for which it makes no sense do not match. */
#pragma once

#include "base/err.h"
#include "collector/packet.h"

enum { PACKET_FILTER_LINKS = 8 };

struct packet_filter;

/* 0 or -EINVAL with libpcap's reason. */
int packet_filter_create(struct packet_filter **filter, const char *expression, struct err *err);
void packet_filter_destroy(struct packet_filter *filter);

/* Keeps the frames that match, in their order. */
void packet_filter_batch(struct packet_filter *filter, struct frame_batch *batch);
