/* `flows … --write-packets FILE --input PATH`: the packets of flows that the archive knows, out of
 * the captures that they came from.
 *
 * The records say when each flow was; of a plain pcap only that time is read, whatever its size.
 * The packets are counted against the records: where some are missing, since the capture is not in
 * the order of its times, all of it is read.
 *
 * Threads  one. */
#pragma once

#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/err.h"

struct flows_answer;
struct flows_packets;

/* More flows than this are asked of the captures (analyze --where). */
enum { FLOWS_PACKETS_MAX = 200 };

int flows_packets_create(struct flows_packets **packets, struct err *err);
void flows_packets_destroy(struct flows_packets *packets);

/* A flow whose packets are wanted. */
int flows_packets_take(struct flows_packets *packets, const struct record *record, struct err *err);

/* input: a capture, or a folder of captures. 0 or -errno. */
int flows_packets_write(struct flows_packets *packets, const struct flows_answer *answer,
	const char *path, const char *input, struct err *err);
