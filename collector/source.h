/* A source of frames: a capture file, standard input, or a live interface.
 *
 * One way in for all of them: source_open() picks by name and content, source_next() hands over
 * batches.
 *
 *   FILE            pcap in its four magics, pcapng; either may be compressed with gzip or zstd
 * (recognised by content)
 *   -               standard input, the same formats
 *   if:eth0         a live interface; it may go down and up, and be removed and come back (not as
 *                   one ring of a group)
 *
 * Memory   the frames of a batch belong to the source and are good until the next call; after
 *          source_keep() for SOURCE_KEPT_CALLS more calls.
 * Threads  one a source.
 * Failure  a file that is cut short or damaged gives every frame before the damage first, then
 *          -EBADMSG with file, offset and reason; nothing that could be read is lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "collector/packet.h"

struct source;

#define SOURCE_NEW_GROUP UINT32_MAX

/* Frames whose records begin at these offsets (frame_place.h). Of a plain file nothing before them
 * is read: pcapng takes for granted then that its interfaces are described before its packets. What
 * is compressed is unpacked from its start. */
struct source_range {
	uint64_t from_offset, to_offset;
};

#define SOURCE_RANGE_ALL ((struct source_range){ 0, UINT64_MAX })

struct source_options {
	const char *filter; /* BPF expression; NULL for none; live it is the kernel that filters */
	/* Files: where it is known that nothing else is wanted, only frames of this time are read.
	 * Of a plain pcap, whose place in time is found by halving; others, and what stands in
	 * another order than its times, may give more or fewer. to_ns 0: no end. */
	uint64_t from_ns, to_ns;
	/* Files: what places call each of them, by name; NULL: frames are not located. */
	const uint16_t *file_ids;
	/* Files: what is read of each, by name; NULL: all. A range counts, whatever the time. */
	const struct source_range *ranges;
	/* Files: so many that are compressed are unpacked at a time, each by a thread that is
	 * UNPACKER_AHEAD_BYTES ahead at most. 0 and 1: by the reader's. Frames and their order are
	 * the same. */
	unsigned jobs;
	uint32_t snaplen;      /* live only; 0: whole packets */
	uint32_t buffer_bytes; /* live only; 0: 64 MiB */
	bool promiscuous;      /* live only */
	bool is_joined;        /* live only: source_open_interfaces() sets it */
	/* Live only; NULL: none, else this ring is one of a group (fanout.h). With SOURCE_NEW_GROUP
	 * the kernel makes one that nobody else on this machine has, and its number is put there
	 * for the rings that follow. */
	uint32_t *fanout_group;
	const struct prefix *own_networks; /* of a group, whose packets are spread by client */
	size_t own_network_count;
};

struct source_stats {
	uint64_t frames;     /* handed over */
	uint64_t cut_frames; /* of them: longer on the wire than what is there (snaplen) */
	/* Of the file, for progress; bytes_all 0: not known. Live: of the frames, on the wire. */
	uint64_t bytes_done, bytes_all;
	uint64_t kernel_drops; /* live only */
	uint64_t twins; /* several files: frames that another file brought already; left out */
	uint64_t first_ns, last_ns; /* times of the frames handed over */
	/* Live only: an interface that was removed and whose return is waited for; NULL: none. It
	 * is good as long as the source. */
	const char *gone;
};

/* Can the filter be read? 0 or -EINVAL, before anything is opened. */
int source_check_filter(const char *expression, struct err *err);

int source_open(struct source **source, const char *name, const struct source_options *options,
	struct err *err);
void source_close(struct source *source);

/* Several files as one source, in time order: files whose times do not overlap one after the other,
 * overlapping ones merged frame by frame. A file that ends badly ends alone: the others go on, and
 * the error comes at the end. */
int source_open_files(struct source **source, const char *const *names, unsigned count,
	const struct source_options *options, struct err *err);

/* Several live interfaces as one source, in time order: so both ways of a flow come together where
 * each has a port of its own, as behind a tap, and copies lie next to each other. With more than
 * one frames come at most SOURCE_HELD_MS later for it. fanout_groups: one of each interface, in
 * place of that of the options; NULL: none. */
enum { SOURCE_HELD_MS = 20, SOURCE_INTERFACES_MAX = 32 };
int source_open_interfaces(struct source **source, const char *const *names, unsigned count,
	const struct source_options *options, uint32_t *fanout_groups, struct err *err);

/* The next frames: batch->count > 0 and 0; or at the end batch->count 0 and 0; or -errno. Live
 * sources return 0 with batch->count 0 when nothing came for a tenth of a second: ask
 * source_is_live() to tell idle from ended. */
int source_next(struct source *source, struct frame_batch *batch, struct err *err);

/* From now on the frames of a batch stay good while so many further calls are made: for a reader
 * that is ahead of whoever uses them. Files that are mapped do so by themselves; of others at most
 * FRAME_BYTES_READ of each frame are copied. 0 or -ENOMEM. */
enum { SOURCE_KEPT_CALLS = 32 };
int source_keep(struct source *source, struct err *err);

/* Live: whoever asks has something else to do, so that source_next() waits for a packet only for a
 * thousandth of a second. */
void source_hurry(struct source *source, bool is_hurried);

bool source_is_live(const struct source *source);
void source_read_stats(const struct source *source, struct source_stats *stats);
