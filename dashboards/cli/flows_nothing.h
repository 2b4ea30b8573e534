/* What `flows` says where nothing matched: which word of the filter stands in no record and what is
 * near to it, and what the archive covers. An empty table alone looks like an answer.
 *
 * Reads the archive once more, FLOWS_NOTHING_RECORDS at most.
 *
 * Threads  one. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/format/query.h"
#include "base/text.h"

enum { FLOWS_NOTHING_RECORDS = 5000000 };

/* query may be NULL. Sentences, each on a line of its own. */
void flows_put_nothing(
	struct text *text, const struct archive_options *archive, const struct query *query);
