/* Rows of a table of networks (CSV): which addresses belong to which AS number. See geo_build.h for
 * the form.
 *
 * Memory   the table owns the texts of the files it read.
 * Failure  file and line of what cannot be read, and what was expected. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum { NETWORK_TABLE_FILES_MAX = 16 };

struct network_row {
	unsigned __int128 first, last; /* both inside; IPv4 in the low 32 bits */
	uint32_t asn;
	bool v4;
	const char *organization;
};

struct network_table {
	struct network_row *rows;
	uint32_t count, capacity;
	char *texts[NETWORK_TABLE_FILES_MAX];
	unsigned text_count;
};

/* A zeroed struct is an empty table; each file adds its rows. 0 or -errno. */
int network_table_read(struct network_table *table, const char *path, struct err *err);
void network_table_deinit(struct network_table *table);
