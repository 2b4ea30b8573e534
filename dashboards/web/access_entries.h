/* Entries: the tokens, or the sessions, as a file of the folder holds them, a line each.
 *
 * Another process may write the file at any time, a terminal or a second server: who reads looks
 * first whether it is still the one that was read (access_entries_refresh()).
 *
 * Memory   the caller's struct; items are its own.
 * Threads  one at a time.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include <limits.h>
#include <sys/stat.h>
#include <time.h>

#include "analyzer/record/digest.h"
#include "dashboards/web/access.h"

enum { ACCESS_HASH_TEXT = 2 * DIGEST_SHA256_BYTES + 1 };

/* A token; or a session, whose token is said by its hash. */
struct access_entry {
	char hash[ACCESS_HASH_TEXT], token[ACCESS_HASH_TEXT];
	char name[ACCESS_NAME_BYTES], unit[ACCESS_UNIT_BYTES];
	enum web_role role;
	uint64_t made_ns, ends_ns;
};

/* What a file of the folder held when it was last read. */
struct access_entries {
	const char *folder, *file;
	struct access_entry *items;
	size_t count, most;
	struct timespec changed; /* of the file; 0: it has to be read */
	ino_t inode;
};

/* NULL: there is none. */
struct access_entry *access_entries_find(struct access_entries *entries, const char *hash);
struct access_entry *access_entries_find_name(struct access_entries *entries, const char *name);

int access_entries_add(
	struct access_entries *entries, const struct access_entry *entry, struct err *err);
void access_entries_remove(struct access_entries *entries, size_t at);
void access_entries_remove_ended(struct access_entries *entries, uint64_t now_ns);

/* Reads the file where it is another one than before; one that is missing holds nothing. */
int access_entries_refresh(struct access_entries *entries, struct err *err);
int access_entries_write(struct access_entries *entries, struct err *err);
