/* A sensor's clock or key that is wrong, as archives show it: in sentences for whoever reads them.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include "analyzer/archive/archive_once.h"
#include "base/text.h"

/* Is that a time that has not come yet? A sum's hour ends after its records: it is none where that
 * hour runs. */
bool archive_is_ahead(uint64_t last_ns, uint64_t now_ns);

/* Records of a time that has not come yet. False, and nothing is put, where there are none;
 * last_ns: the end of the latest (archive_stats). */
bool archive_put_ahead(struct text *text, const char *folder, uint64_t last_ns, uint64_t now_ns);

/* Flows that two archives have at two times. */
void archive_put_apart(struct text *text, const char *folder, const char *other,
	const struct archive_apart *apart);

/* Flows that two archives have under two ids. */
void archive_put_renamed(struct text *text, const char *folder, const char *other,
	const struct archive_renamed *renamed);
