/* --write-packets: the packets of the flows that were asked for, out of the captures that were
 * read, into one pcapng.
 *
 * The first reading is the analysis: it notes of each frame in which flow it was counted
 * (frame_marks.h), and which flows match (packet_search_take() is told by flow_filter.h). The
 * second copies what is marked: tunnels, fragments and retransmissions as they were, and no
 * duplicate that the analysis left out. Each packet says whose it is. The look-ups that named these
 * flows come along (analyzer/classify/lookups.h): evidence, and not counted.
 *
 * Memory   24 bytes a flow that matches and 32 a look-up of one, besides the names; the marks lie
 * on
 *          disk.
 * Threads  the exporter's while it analyses, then the caller's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/format/record_labels.h"
#include "base/err.h"
#include "base/progress.h"
#include "collector/frame_marks.h"
#include "collector/source.h"

struct packet_search;

struct packet_search_totals {
	uint64_t packets, flows;
	uint64_t lookup_packets; /* besides those of the flows */
};

int packet_search_create(struct packet_search **search, struct err *err);
void packet_search_destroy(struct packet_search *search);

/* For collector_options, flow_filter_options. */
struct frame_marks *packet_search_marks(struct packet_search *search);
struct lookups *packet_search_lookups(struct packet_search *search); /* for classify_options */
void packet_search_take(
	void *search, const struct record *record, const struct record_labels *labels);

/* Can the inputs be read twice? 0, or -EINVAL and which cannot. */
int packet_search_check(const char *const *inputs, unsigned count, struct err *err);

/* The second reading. source: the same inputs, opened anew with the same options. Where it fails,
 * or Ctrl-C ends it (-EINTR), no file of that name is left that was not there before. */
int packet_search_write(struct packet_search *search, struct source *source, const char *path,
	const char *description, struct progress *progress, struct packet_search_totals *totals,
	struct err *err);

/* How many were written, on standard error. */
void packet_search_say(
	const char *command, const char *path, const struct packet_search_totals *totals);
