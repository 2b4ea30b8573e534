/* What each kind of source brings; for the files source_*.c alone.
 *
 * A kind embeds struct source as its first member and fills ops and name. source_next() in source.c
 * filters, counts and remembers failures, so a kind only reads. */
#pragma once

#include "collector/frame_copy_ring.h"
#include "collector/packet_filter.h"
#include "collector/source.h"
#include "collector/stream.h"

struct source_ops {
	/* Fills an empty batch; as source_next(). Frames before a failure come first, then the
	 * failure, once. Sets is_kept where keeping is no work. */
	int (*next)(struct source *source, struct frame_batch *batch, struct err *err);
	/* Live: the same without waiting; and where to wait, -1 where there is nothing to wait for.
	 */
	int (*take)(struct source *source, struct frame_batch *batch, struct err *err);
	int (*wait_at)(const struct source *source);
	void (*progress)(
		struct source *source, struct source_stats *stats); /* the fields a kind knows */
	/* Goes to where the frames of from_ns begin, before the first is read. NULL: cannot. */
	void (*seek)(struct source *source, uint64_t from_ns);
	/* Goes to where a record begins. NULL, and where it cannot: what is before is read. */
	void (*seek_offset)(struct source *source, uint64_t offset);
	void (*destroy)(
		struct source *source); /* the kind's own parts and the memory of the source */
};

struct source {
	const struct source_ops *ops;
	char *name;
	bool is_live;
	bool is_hurried;  /* live: it waits for a packet only for a moment */
	uint64_t to_ns;   /* frames that are later end it; 0: none do */
	uint16_t file_id; /* of places; 0: the kind need not set any */
	bool has_range;   /* frames outside of it are left out */
	struct source_range range;
	bool names_files; /* its errors name the file, or the interface, themselves */
	struct packet_filter *filter;
	bool keeps; /* frames are to stay (source_keep()), of this or of what this is a part of */
	struct frame_copy_ring *keeper; /* of frames that do not by themselves; NULL none */
	struct source_stats stats;
	int failure; /* said again by every further call */
	struct err reason;
};

/* Live: how long poll() waits for a frame. */
enum { SOURCE_WAIT_MS = 100, SOURCE_HURRIED_MS = 1 };

/* The kinds. Those over a stream take it, also when they fail. */
int source_pcap_file_open(
	struct source **source, const char *name, struct stream *stream, struct err *err);
int source_mmap_open(
	struct source **source, const char *name, struct stream *stream, struct err *err);
int source_pcapng_open(
	struct source **source, const char *name, struct stream *stream, struct err *err);
int source_live_open(struct source **source, const char *name, const struct source_options *options,
	struct err *err);

/* Several live sources as one; the sources are taken, also where it fails. */
int source_join(
	struct source **joined, struct source *const *sources, unsigned count, struct err *err);
