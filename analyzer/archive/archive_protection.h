/* By what an archive of pseudonyms is protected, kept with it, so that whoever reads it protects it
 * no less:
 *
 *     FOLDER/protection    version 1
 *                          k 5                     the largest that it was written under
 *                          zone Europe/Stockholm   whose days it is told by; kept from the first on
 *                          key 6f1c…               marks of its keys (pseudonyms_mark())
 *
 * Days and their pieces (protect_time.h) are of one time zone at every door: days of two overlap,
 * and the difference of two answers would be about those few who were active in between. A larger k
 * counts from then on; a smaller one never. An archive of an earlier build kept nothing of this:
 * PROTECT_K_USUAL is its k, its time zone is not known, and nor are its keys.
 *
 * Memory   a value.
 * Threads  the writer's; readers see all of it or nothing.
 * Failure  0 or -errno, and the file. */
#pragma once

#include <stdbool.h>

#include "analyzer/record/pseudonyms.h"
#include "base/err.h"
#include "base/local_time.h"

enum { ARCHIVE_ZONE_BYTES = 64, ARCHIVE_KEYS_MAX = 64 };

struct archive_protection {
	unsigned k;                    /* 0: nothing is protected */
	char zone[ARCHIVE_ZONE_BYTES]; /* "": not known */
	unsigned key_count;
	char keys[ARCHIVE_KEYS_MAX][PSEUDONYM_MARK_LENGTH + 1]; /* the latest of them */
};

/* As it is kept; all zeros where nothing is. */
int archive_protection_read(
	const char *folder, struct archive_protection *protection, struct err *err);

/* Whoever writes pseudonyms says so first: k and zone are the policy's, NULL is UTC. protection
 * becomes what holds from now on. */
int archive_protection_note(const char *folder, unsigned k, const struct local_zone *zone,
	const struct pseudonyms *pseudonyms, struct archive_protection *protection,
	struct err *err);

/* What holds where these are read, as one if they are several; k 0 where none has pseudonyms.
 * -EPERM: they are told by days of different time zones. */
int archive_protection_of(const char *const *folders, unsigned count,
	struct archive_protection *protection, struct err *err);

/* Is that the key, or one of the keys, of its pseudonyms? Where they are not known any may be. */
bool archive_protection_has_key(
	const struct archive_protection *protection, const struct pseudonyms *pseudonyms);

/* Is that file a key of all of these? 0 or -errno. */
int archive_protection_check_key(
	const char *path, const char *const *folders, unsigned count, struct err *err);

/* Its time zone, the caller's to close; NULL: UTC, or it is not known. */
int archive_protection_zone(
	const struct archive_protection *protection, struct local_zone **zone, struct err *err);
