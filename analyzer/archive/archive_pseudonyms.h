/* Do pseudonyms stand for devices in an archive? Then what is said of few of them is protected. The
 * archive says so itself (archive_protection.h), else its first records do, whatever time is asked
 * about: in some windows those alone are active who have none (pupils, guests). An archive that was
 * written without a key holds addresses, or nothing that stands for a device.
 *
 * Threads  any. Cost: a small file; of an archive of an earlier build the first block of records.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* 1 or 0, or -errno. is_empty: no record is there, which says neither; may be NULL. */
int archive_has_pseudonyms(const char *folder, bool *is_empty, struct err *err);
