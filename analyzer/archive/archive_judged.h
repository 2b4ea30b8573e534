/* What is to be said of denied flows of which two archives hold one way each: a sensor that sees no
 * answer accuses nobody, and no block is credited with what it saw. Where both ways are known, or
 * it is known that nobody answered, the flow is decided again, by the same rule; what another rule
 * would say now is not asked.
 *
 * Neither sensor saw both sides' own words behind a handshake: that so much came back that it is
 * neither handshake nor the page of a firewall stands for them. A smaller answer is unsure.
 *
 * Memory   some 60 bytes a flow that is decided again.
 * Threads  one. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/record/reference.h"
#include "base/hash_table.h"

struct archive_once;
struct judged_row;

struct archive_judged {
	struct judged_row *rows;
	uint32_t count, capacity;
	struct hash_table table;
};

void archive_judged_deinit(struct archive_judged *judged);

/* Looks through archives and decides what they hold by halves. 0 or -errno. */
int archive_judged_read(struct archive_judged *judged, struct archive_once *once,
	const char *const *folders, unsigned count, const struct archive_options *period,
	const struct reference *reference, struct err *err);

/* Puts the decision into a record that is told, with what was added to it. */
void archive_judged_put(const struct archive_judged *judged, struct record *record);

/* Of a record that was joined of two halves, before it is decided: what came back, where that is
 * too large for a handshake or a page, is an answer. */
void archive_judged_note_answer(struct record *record);
