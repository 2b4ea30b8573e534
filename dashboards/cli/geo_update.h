/* "borderflow geo update": new databases, brought by tools/fetch-geo. */
#pragma once

#include "base/err.h"

struct geo_update {
	const char *folder; /* NULL: where the databases are looked for */
	const char *from;   /* "npm", "maxmind", "dbip" or a URL; NULL is npm */
	const char *sha256; /* of what the URL brings; NULL: URL.sha256 says */
};

/* Becomes the script, which ends with an exit status of ours; returns only where it cannot be run:
 * -errno. */
int geo_update_run(const struct geo_update *update, struct err *err);
