/* What `flows` says where nothing matched: which word of the filter stands in no record and what is
 * near to it, and what the archive covers. An empty table alone looks like an answer, and so does
 * exit status 0 to a script.
 *
 * Reads the archive once more, FLOWS_NOTHING_RECORDS at most.
 *
 * Threads  one. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/format/query.h"
#include "base/text.h"

enum { FLOWS_NOTHING_RECORDS = 5000000 };

struct flows_nothing {
	const struct archive_options *archive;
	const struct query *query; /* may be NULL */
	const char *device;        /* whose flows were asked for, by address or pseudonym; NULL */
};

/* Sentences, each on a line of its own. Is the question itself amiss: a unit, class or device that
 * no record has, a word that is nearly one of theirs, a time that the archive does not cover? An
 * app or country that is merely not there is an answer. */
bool flows_put_nothing(struct text *text, const struct flows_nothing *asked);
