/* The archive: flow records of months in a folder, to be asked again; and what they add up to.
 *
 *     FOLDER/2026/03/31/flows-00000012.bfa   segments, numbered in the order they were begun
 *     FOLDER/2026/03/31/hours-00000003.bfa   the same of hours (archive_hours.h)
 *     FOLDER/2026/03/31/days-00000001.bfa    and of local days (archive_days.h)
 *     FOLDER/head                            where the chains end, signed (archive_head.h)
 *     FOLDER/deleted                         what is gone (archive_deleted.h)
 *     FOLDER/owed                            a gap that could not be noted (archive_owed.h)
 *     FOLDER/protection                      what of it may be told, and to whom
 *                                            (archive_protection.h)
 *     FOLDER/lock                            held by the one process that writes
 *     FOLDER/inputs                          which captures are in it (archive_inputs.h)
 *
 * A segment is a run of blocks, each for itself: a header of 128 bytes (archive_format.h) and
 * zstd frames around records, field by field (columns.h; flow-record.cddl), or around a CBOR
 * sequence: labels, then cells (rollup.cddl), or protected tables (day-tables.cddl). Records are
 * parts of flows. Labels stand for themselves, not for rows of a catalogue or policy, so an archive
 * stays readable when those change.
 *
 * Segments are only ever appended to, and never again once another has begun. Every header holds
 * the digest of the block before it, also across segments: a block that is changed, taken out or
 * put in breaks the chain, and archive_verify() says where. What a chain alone cannot show is that
 * it was made anew, or that its end was cut off together with `head`: the head is signed.
 *
 * After a crash the last block may be torn. It is recognised and passed over; nothing before it is
 * lost, and what no hour has yet is added up from records (archive_index.h). Blocks are synced to
 * the disk when a segment ends, on flush and on close.
 *
 * Threads  one a writer, one a reader; readers may read while a writer writes, and see whole
 *          blocks.
 * Memory   bounded: a writer holds a block or, with a thread, the few that are on their way to it;
 *          a reader one block and a batch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/format/field_set.h"
#include "analyzer/format/record_labels.h"
#include "analyzer/output/sink.h"
#include "base/err.h"

struct archive_writer;
struct rollup;

/* Makes the folder where it is missing. -EBUSY where another process writes. with_thread: a thread
 * of its own compresses and writes the blocks, so that what fails there fails the next put that
 * ends a block, the next flush or close. The bytes of the archive are the same. */
int archive_writer_open(
	struct archive_writer **writer, const char *folder, bool with_thread, struct err *err);
/* Adds a part of a flow; the counters stored are the part's. Labels are known again by the address
 * of their text: before other labels may stand there, archive_writer_forget(). */
int archive_writer_put(struct archive_writer *writer, const struct record *record,
	const struct record_labels *labels, struct err *err);
void archive_writer_forget(struct archive_writer *writer);
/* Adds cells that no records are kept of (sums alone), without their devices. They cannot be made
 * again: archive_writer_flush() writes them, as one more correction of their hour. */
struct cell;
int archive_writer_put_sums(
	struct archive_writer *writer, const struct cell *cells, size_t count, struct err *err);
/* Writes what the hours that are closed at that time add up to; UINT64_MAX: also those that are
 * open. Records that come later go to a correction. */
int archive_writer_close_hours(struct archive_writer *writer, uint64_t now_ns, struct err *err);
/* Heads are signed with this Ed25519 seed from now on. */
void archive_writer_sign(struct archive_writer *writer, const uint8_t *secret);
/* Times are what captures claim: they make about so many files of each kind (archive_shelf.h). */
void archive_writer_bound(struct archive_writer *writer, uint32_t segments);
/* Notes that records are missing, and why. Where it fails it is noted at the end, with the gap of
 * the latest call alone, at the latest by the next writer. */
int archive_writer_put_gap(
	struct archive_writer *writer, const struct sink_gap *gap, struct err *err);
/* Records that were put and could not be kept. */
uint64_t archive_writer_lost(const struct archive_writer *writer);
/* Writes what has been gathered and syncs it. After a failure it tries again what could be kept. */
int archive_writer_flush(struct archive_writer *writer, struct err *err);
int archive_writer_close(
	struct archive_writer *writer, struct err *err); /* frees it, also after an error */

/* A record that came back, with symbols for the labels in verdict and decision. Where the archive
 * holds pseudonyms, labels.device is set and the addresses of our ends are stand-ins: our end's is
 * made from the pseudonym (in 100::/64, the discard prefix of RFC 6666), so that devices can be
 * counted, and field_get() never shows one. */
struct archived {
	struct record record;
	struct record_labels labels;
	/* Written by 0.1.0, which kept neither the exception that lifted a rule ("unknown"), nor
	 * what the app hides, nor whether the payload was captured, nor how a lookup was answered.
	 */
	bool is_old;
};

/* An own address that is not kept is none, or such a stand-in, which another sensor's is not. */
static inline bool archive_addr_is_stand_in(const struct addr *addr)
{
	static const struct addr stand_in = { { 0x01 } };

	return memcmp(addr, &stand_in, sizeof(*addr) / 2) == 0;
}

/* The stand-in of the device of that pseudonym. */
struct addr archive_stand_in(const char *pseudonym);

/* Where a record has a pseudonym, its stand-in takes the place of our end; what is no device's
 * address is kept. Whole records have it; of others the ends and the device must have been read. */
void archive_put_stand_in(struct archived *row);

static inline bool archive_addr_is_kept(const struct addr *addr)
{
	static const struct addr none;

	return !addr_equal(addr, &none) && !archive_addr_is_stand_in(addr);
}

/* Which records are handed out, and how much of each. Times, part and pseudonym always are; of the
 * rest a block in columns gives up only what is asked for; a record is otherwise as it starts, and
 * has no symbols. */
struct archive_selection {
	struct field_set fields; /* of records that are handed out; FIELD_SET_ALL: whole records */
	/* NULL: all are. It is asked once about each record, and shown what is in `asked`, to be
	 * changed for itself alone. */
	bool (*matches)(void *context, struct archived *archived);
	void *context;
	struct field_set asked;
};

struct archive_options {
	const char *folder;
	uint64_t from_ns, to_ns; /* records that overlap [from, to); to 0: no end */
	bool whole;              /* last parts alone; the time is that of the whole flow */
	const struct archive_selection *selection; /* of records; NULL: all, whole */
	/* Told of every damaged place, in one sentence with file and offset; reading goes on behind
	 * it. NULL: only counted. */
	void (*problem)(void *context, const char *sentence);
	void *problem_context;
};

struct archive_stats {
	uint64_t segments, blocks, blocks_skipped; /* skipped: outside the time asked for, unread */
	uint64_t columns, columns_read; /* of those blocks; what is added up over all of them */
	uint64_t records;               /* handed out */
	uint64_t last_ns;               /* latest end in a block that was found */
	uint64_t old_records;           /* read; of 0.1.0 (struct archived) */
	uint64_t compressed_bytes, plain_bytes; /* of blocks that were read */
	uint64_t gaps,
		gap_records; /* that the writer noted in that time; records that are missing */
	/* Until when what was asked for has been deleted (archive_deleted.h): no zeros but "past
	 * retention"; 0: nothing of it. */
	uint64_t deleted_until_ns;
	/* Of days that were read: closed in another time zone than was asked in (archive_days.h).
	 */
	uint64_t days_elsewhere;
	/* Until when sums of one of several archives stand in for records that are deleted: what
	 * another one saw as well counts twice (archive_once.h); 0: nowhere. */
	uint64_t sums_until_ns;
	uint64_t problems;
	char head[65]; /* digest of the last whole block, hexadecimal; "" for an empty archive */
};

/* Who vouches for the head (archive_head.h). */
enum archive_signature {
	ARCHIVE_NO_HEAD,      /* nothing was finished here yet */
	ARCHIVE_UNSIGNED,     /* written without a signing key, or by an earlier build */
	ARCHIVE_SIGNED,       /* by the key that was asked for */
	ARCHIVE_SIGNED_BY,    /* by a key that nobody named: compare it */
	ARCHIVE_SIGNED_WRONG, /* not by the key that was asked for, or not this head: a problem */
};

struct archive_check {
	struct archive_stats stats; /* of the records */
	uint64_t sum_blocks;        /* of hours and days */
	uint64_t deleted;           /* records and cells, by the tombstones */
	enum archive_signature signature;
	char signer[65];  /* public key, hexadecimal; "" none */
	char anchor[320]; /* where each chain ends, to be noted elsewhere */
};

struct archive_reader;

enum { ARCHIVE_BATCH_MAX = 64 };

/* -ENOENT where the folder is missing or holds no archive. */
int archive_reader_open(
	struct archive_reader **reader, const struct archive_options *options, struct err *err);
void archive_reader_close(struct archive_reader *reader);

/* 1..ARCHIVE_BATCH_MAX records, the caller's until the next call; 0 at the end. A file that cannot
 * be read is a problem like a damaged block, not the end. */
size_t archive_reader_next(struct archive_reader *reader, struct archived **records);
void archive_reader_stats(const struct archive_reader *reader, struct archive_stats *stats);

/* Which records it holds, by the headers of its blocks alone: parts of flows, and from when to
 * when. As archive_reader_open(); no records: 0, and times of 0. */
struct archive_extent {
	uint64_t records, first_ns, last_ns;
	uint64_t problems; /* what cannot be read, and may hold more */
};
int archive_read_extent(const char *folder, struct archive_extent *extent, struct err *err);

/* The archive's roll-up cells of that time, one by one; a cell is good for the call alone. Hours
 * are read whole. 0 or -errno, as archive_reader_open(). */
typedef void archive_cell_taker(void *context, const struct cell *cell);
int archive_each_cell(const struct archive_options *options, archive_cell_taker *take,
	void *context, struct archive_stats *stats, struct err *err);
/* The same, merged into a rollup (rollup.h). */
int archive_read_cells(const struct archive_options *options, struct rollup *rollup,
	struct archive_stats *stats, struct err *err);

/* Reads everything and checks the chains: digests, order, missing segments, that the head is where
 * they end or have passed, and its signature. signer: the public key that must have signed; NULL:
 * whoever did. anchor: digests noted earlier, as check.anchor has them, that must be in it; NULL
 * none. 0 and check.stats.problems == 0 where it is whole; -errno only where it cannot be read at
 * all. */
int archive_verify(const struct archive_options *options, const uint8_t *signer, const char *anchor,
	struct archive_check *check, struct err *err);
