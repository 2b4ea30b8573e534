/* What several archives hold, once: the same flow at two sites or sensors has one id (the tenant's
 * flow key). Of the same part of it, one of them tells: the one that saw most of it, both ways
 * before one, of one way the one that knows the app, then the most packets, then the one that saw
 * more of what our ends sent, then the first that was named. Where another one saw more of a way,
 * it tells that of it (archive_halves.h): two that saw one way each tell as much as one that saw
 * both. So all archives are looked through before any of them is read.
 *
 * Two records are the same part where flow.id is the same and they began in the same slot and at
 * about the same time, or within two seconds. One id at other times is of two flows, but where a
 * handshake's number made it: then the clock of one sensor is wrong. Whoever comes to a flow later
 * than it began, as after an outage, makes an id of its own: there the five numbers at the same
 * time tell (archive_join.h).
 *
 * Memory   some 200 bytes for each record of the time: a part, a slot of a table, and what was seen
 *          (archive_halves.h).
 * Threads  one.
 * Failure  opening: 0 or -errno; what comes to an archive meanwhile is told by the first that is
 *          read. */
#pragma once

#include "analyzer/archive/archive_days.h"
#include "analyzer/record/reference.h"

struct archive_once;

enum { ARCHIVE_ONCE_MAX = 64 };

/* Looks through archives; period: from when to when, and whether whole flows are read. NULL where
 * there is but one: then it tells everything. -EINVAL: more than ARCHIVE_ONCE_MAX. */
int archive_once_open(struct archive_once **once, const char *const *folders, unsigned count,
	const struct archive_options *period, struct err *err);
void archive_once_close(struct archive_once *once); /* NULL is accepted */

/* Has denied flows that only together show both ways decided again (archive_judged.h), by the
 * policy that was in force at their time. The same archives and period; once NULL: nothing to do.
 */
int archive_once_judge(struct archive_once *once, const char *const *folders, unsigned count,
	const struct archive_options *period, const struct reference *reference, struct err *err);

/* Adds the fields that a record is told and completed by, to be read of those asked about. */
void archive_once_ask(const struct archive_once *once, struct field_set *fields);

/* Does the archive at that place of folders tell this record? Then it is completed by what others
 * saw more of it. once NULL: it does. */
bool archive_once_tells(struct archive_once *once, unsigned archive, struct archived *archived);

/* How far the clock of an archive's sensor is from that of an earlier one, by the flows that both
 * saw: those stand at two times, and count twice. False where they agree, or too few tell. */
struct archive_apart {
	unsigned other; /* place of the earlier one */
	uint64_t flows;
	int64_t seconds; /* by which this one is later */
};
bool archive_once_apart(
	const struct archive_once *once, unsigned archive, struct archive_apart *apart);

/* Flows whose beginning an archive and an earlier one saw at the same moment, under another id
 * each: their sensors have other keys, and each counts them. False where any has the same id. */
struct archive_renamed {
	unsigned other; /* place of the earlier one */
	uint64_t flows;
};
bool archive_once_renamed(
	const struct archive_once *once, unsigned archive, struct archive_renamed *renamed);

/* It was written without a key, another one with it: neither ids nor devices are comparable. */
bool archive_once_lacks_key(const struct archive_once *once, unsigned archive);

/* As archive_read_days(), of one of several archives: what others tell is left out. Made of
 * records; where those are deleted, or were never kept, of the sums that are left, as they are. */
int archive_once_read_days(struct archive_once *once, unsigned archive,
	const struct archive_options *options, const struct archive_day_rules *rules,
	archive_day_taker *take, void *context, struct archive_stats *stats, struct err *err);

/* Cells of what is kept in sums alone, without records. */
int archive_read_sums(const struct archive_options *options,
	void (*take)(void *context, const struct cell *cell), void *context, struct err *err);
