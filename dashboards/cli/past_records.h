/* Records of what has been: out of archives, as they were decided then or, where two of them hold
 * one way each, as both together say (archive_judged.h); or out of capture files, decided by the
 * rules that are given.
 *
 * Threads  the taker may be called from another thread, one call at a time. */
#pragma once

#include "analyzer/format/record_labels.h"
#include "analyzer/record/reference.h"
#include "base/err.h"
#include "dashboards/cli/cli.h"

struct past_records {
	const char *command; /* that asks, for what is said of files */
	const struct option_list *archives;
	char *const *files;
	unsigned file_count;
	uint64_t from_ns, to_ns; /* of archives; to 0: no end */
	/* Catalogue, geo and the rules in force: for files, and archives that hold halves. */
	const struct reference *reference;
	/* pseudonym: the address of the device's end is a stand-in for that; NULL it is its own. */
	void (*take)(void *context, const struct record *record, const char *pseudonym);
	void *context;
	void (*problem)(void *context, const char *sentence); /* of an input that is damaged */
};

/* 0 or -errno, -EBADMSG where a file is no capture; what could be read was taken, also of one that
 * is damaged further on: that is a problem. */
int past_records_read(const struct past_records *past, struct err *err);
