/* `flows … --write-packets FILE --input PATH`: the packets of flows that the archive knows, out of
 * the captures that they came from.
 *
 * The records say in which captures each flow's packets are, from which offset to which: only that
 * is read, whatever the size. Where they do not, or the captures are not what they were, it is the
 * time of the flows, of which a plain pcap is halved until it is found. The packets are counted
 * against the records: where some are missing, more is read, at last all of it.
 *
 * Threads  one. */
#pragma once

#include <stdint.h>

#include "analyzer/format/fields.h"
#include "base/err.h"

struct flows_answer;
struct flows_packets;

/* More flows than this are asked of the captures (analyze --where). */
enum { FLOWS_PACKETS_MAX = 200 };

/* key: whose holder may see devices; NULL: only packets of addresses that the archive shows. */
int flows_packets_create(struct flows_packets **packets, const char *key, struct err *err);
void flows_packets_destroy(struct flows_packets *packets);

/* A flow whose packets are wanted. */
int flows_packets_take(
	struct flows_packets *packets, const struct field_view *view, struct err *err);

/* input: a capture, or a folder of captures. 0; 1: packets are missing, which was said; or -errno.
 */
int flows_packets_write(struct flows_packets *packets, const struct flows_answer *answer,
	const char *path, const char *input, struct err *err);
