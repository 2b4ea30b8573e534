/* The head: where the chains of an archive end, and who says so.
 *
 *     flows 12 DIGEST      last segment and last block of each shelf that has one
 *     hours 3 DIGEST
 *     days 1 DIGEST
 *     time 2026-03-31T10:15:00Z
 *     key KEY              Ed25519, and its signature over the lines above (with their newlines)
 *     signature SIGNATURE
 *
 * A chain shows that nothing inside it was changed; only a head that was signed, or noted elsewhere
 * (archive_head_anchor), shows that the whole was not made anew or cut short. Earlier builds wrote
 * "segment NUMBER block DIGEST", without a signature; that is read.
 *
 * Threads  any. Failure: 0 or -errno, and the file. */
#pragma once

#include "analyzer/archive/archive_format.h"
#include "analyzer/record/public_key.h"

struct archive_end {
	bool is_there;
	uint64_t segment;
	uint8_t digest[DIGEST_SHA256_BYTES]; /* of its last block */
};

struct archive_head {
	struct archive_end ends[ARCHIVE_SHELF_COUNT];
	uint64_t time_ns; /* 0: not known */
	bool is_signed;   /* and key is whose */
	bool holds;       /* the signature does */
	uint8_t key[PUBLIC_KEY_BYTES];
};

/* secret: NULL leaves it unsigned. */
int archive_head_write(const char *folder, const struct archive_head *head, const uint8_t *secret,
	struct err *err);
/* -ENOENT where there is none. */
int archive_head_read(const char *folder, struct archive_head *head, struct err *err);

/* "flows 12 DIGEST, hours …": what is noted outside the archive. */
enum { ARCHIVE_ANCHOR_BYTES = 320 };
void archive_head_anchor(const struct archive_head *head, char text[ARCHIVE_ANCHOR_BYTES]);
