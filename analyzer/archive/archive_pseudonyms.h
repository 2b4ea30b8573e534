/* Do pseudonyms stand for devices in an archive? Then what is said of few of them is protected.
 * Told by its first records, whatever time is asked about: in some windows those alone are active
 * who have none (pupils, guests). An archive that was written without a key holds addresses, or
 * nothing that stands for a device.
 *
 * Threads  any. Cost: the first block of records, mostly. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* 1 or 0, or -errno. is_empty: no record is there, which says neither; may be NULL. */
int archive_has_pseudonyms(const char *folder, bool *is_empty, struct err *err);
