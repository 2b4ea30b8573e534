/* The rebuild: the hours of an archive made again from its records, and held against what stands
 * there, byte for byte. Shows that nothing was added up that is not in the records, nor left out.
 *
 * Threads  one at a time. Memory: the cells of the hours that are open. */
#pragma once

#include "analyzer/archive/archive.h"

struct archive_rebuilt {
	uint64_t same, other; /* blocks of hours */
	uint64_t gone;        /* whose records are past retention */
};

/* Each that is other is told as a problem of options. 0 or -errno. */
int archive_rebuild(
	const struct archive_options *options, struct archive_rebuilt *rebuilt, struct err *err);
