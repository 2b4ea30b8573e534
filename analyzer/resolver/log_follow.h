/* A log that grows, as "tail -F" has it: its lines as they are written, over its rotation by
 * another file of its name and by cutting it to its beginning (copytruncate).
 *
 * What was written before it was opened is passed over, but for a head of comments ("#…") at its
 * beginning, and for what an earlier run had not read yet. A file that comes later, or takes the
 * place of the one before, is read from its beginning, once the one before has been read to its end
 * and the new one holds something.
 *
 * Whoever may write to the folder is not trusted: what is no regular file, or is reached by a link
 * of another user's, is not read and nobody waits for it. A line longer than LOG_LINE_BYTES, or
 * with a NUL in it, is passed over and counted; NULs before a line (a file that was cut under its
 * writer) are no part of it.
 *
 * Memory   one buffer of LOG_LINE_BYTES.
 * Threads  one a log.
 * Failure  what cannot be read now is tried again at each look; the program's log says so once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/resolver/log_file.h"

struct log_follow;

struct log_follow_stats {
	uint64_t passed_over; /* lines */
	uint64_t gaps;        /* times that lines may have been missed or come late */
	uint64_t away_ns;     /* since when it cannot be read; 0: it is read */
	uint64_t behind;      /* bytes that have not been given yet */
};

/* A file that is not there, or cannot be read, is waited for. */
int log_follow_open(struct log_follow **follow, const char *path, struct err *err);
void log_follow_close(struct log_follow *follow); /* NULL is accepted */

/* Where reading stands, for the next run: in which file, behind which bytes. */
enum { LOG_SEEN_BYTES = 32 };
struct log_place {
	uint64_t device, inode, offset;
	unsigned seen_count;
	char seen[LOG_SEEN_BYTES];
};

/* False: in no file. */
bool log_follow_place(const struct log_follow *follow, struct log_place *place);

/* Before the first line: goes on behind that place; where the file was cut, or another one has
 * taken its name, at the beginning. Not where more than LOG_MISSED_BYTES_MAX was missed. */
enum { LOG_MISSED_BYTES_MAX = 64 << 20 };
void log_follow_go_on(struct log_follow *follow, const struct log_place *place);

/* The next whole line without its newline, good until the next call; *line is NULL where what was
 * read, at most LOG_LINE_BYTES, holds none. False: there is nothing more for now. */
bool log_follow_line(struct log_follow *follow, char **line);

/* Whether the file can be opened again as things are now, which it has to be after a rotation; says
 * in the program's log where not. For whoever has given up rights since it was opened. */
void log_follow_check(struct log_follow *follow);

void log_follow_read_stats(const struct log_follow *follow, struct log_follow_stats *stats);
