/* What is said where nothing matched: which word of the filter stands in no record and what is near
 * to it, and what was looked through. An empty table alone looks like an answer, and so does exit
 * status 0 to a script.
 *
 * One rule for flows, its groups, --write-packets and --compare, and for analyze --where: where
 * nothing can match, since what the question names is not there, the question is amiss (status 2);
 * where nothing does, none is the answer (0).
 *
 * Threads  one. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/format/query.h"
#include "base/local_time.h"
#include "base/text.h"
#include "dashboards/cli/cli.h"

enum { FLOWS_NOTHING_RECORDS = 5000000 };

struct flows_nothing {
	const struct archive_options *archive; /* the time, and its folder */
	const struct option_list *archives;    /* all folders; NULL: that one */
	const struct query *query;             /* may be NULL */
	const char *device; /* whose flows were asked for, by address or pseudonym; NULL */
	const struct local_zone *zone; /* whose clock times are told by; NULL: UTC */
	uint64_t most; /* records that are looked through; 0: FLOWS_NOTHING_RECORDS */
};

/* Sentences, each on a line of its own. Is the question itself amiss: a unit, class, device or flow
 * that no record has, a word that is nearly one of theirs, a time that the archive does not cover?
 * An app, country, address or name that is merely not there is an answer.
 *
 * What the archive holds is told by its headers. Its records are read once more, of what the filter
 * names alone; where there are more than so many, those of the time asked for, and then no word of
 * the filter makes the question amiss. */
bool flows_put_nothing(struct text *text, const struct flows_nothing *asked);

/* The same by who reads the records anyway: each of them is noted, whether it matches or not. */
struct nothing_words;
struct nothing_words *nothing_words_create(const struct query *query); /* NULL: out of memory */
void nothing_words_destroy(struct nothing_words *words);
void nothing_words_note(struct nothing_words *words, const struct field_view *view);
bool nothing_words_put(const struct nothing_words *words, struct text *text);

/* " from 2026-03-31 10:15:00 to 2026-03-31 11:00:00 UTC": whose clock zone is; NULL: UTC. */
void nothing_put_period(
	struct text *text, const struct local_zone *zone, uint64_t first_ns, uint64_t last_ns);
