/* How often data at the level of devices was looked up in a period, by the log in the archive's
 * folder (lookups.tsv: a line each, its time first). */
#pragma once

#include <stdint.h>

/* -1: there is no log. */
int64_t lookup_count(const char *folder, uint64_t from_ns, uint64_t to_ns);
