/* By which clock and k an archive's days are closed, for whoever asks it without the policy: what
 * is protected by other days, or for other groups, differs from what a page or a report shows. In
 * the file DIR/closing, two lines; only where devices are pseudonyms.
 *
 *     timezone Europe/Stockholm
 *     k 5
 *
 * Threads  one writer; any may read. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct archive_closing {
	char zone[64]; /* of the IANA database; "UTC" */
	unsigned k;
};

/* False: it is not said, or not so that it can be read. */
bool archive_closing_read(const char *folder, struct archive_closing *closing);

/* Writes it down where something else is. 0 or -errno. */
int archive_closing_write(
	const char *folder, const struct archive_closing *closing, struct err *err);
