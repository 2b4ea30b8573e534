/* The versions of a beginning, read: whom they name, and which of them the other end answers.
 *
 * Who answers with a hello of TLS was sent one; who answers a request was sent a request. Of all
 * versions those remain that are of the answer's kind, and of those the ones that fit together in
 * themselves, which pieces of two hellos do not. What was sent behind an acknowledgement is nothing
 * where the answer is one to what was there before, and none to it (dissect/tls.c): else somebody
 * else may have acknowledged that. Where that is one, it is what the flow is,
 * whatever was sent before or behind it. Where they are several, or nobody answered, no observer
 * can tell them apart: all names are the flow's, and it says so.
 *
 * Threads  one. Failure  none: where there is no room the version that was read first stays. */
#pragma once

#include "analyzer/classify/l7_ask.h"

/* Versions that may be the one that was taken. */
struct l7_candidates {
	struct l7_info names; /* whom they name */
	uint32_t first;       /* of them, a stream of the reassembly; 0: no room for it */
	unsigned worth;       /* what they are worth as versions */
	bool is_found;        /* there is one */
	bool has_nameless;    /* one of them names nobody */
	bool leads_on;        /* the first is one behind which something else begins (CONNECT) */
	bool has_last;        /* the one whose pieces are the last ones sent was looked at */
};

struct l7_contest {
	struct l7_feed *feed;
	enum l7_protocol kind; /* of the answer; L7_UNKNOWN: nobody answered, or nobody knows how */
	enum l7_protocol instead; /* what both ends speak where it is no version's that names
				     anybody */
	struct reader answer;     /* its bytes, as far as they are there */
	struct l7_info before;    /* what was known before the initiator said any of this */
	struct l7_candidates all, of_kind;
	struct l7_candidates *remaining; /* of these: those of the answer's kind, or all */
	bool has_open;                   /* one of those looked at might have gone on */
	bool has_foreign;                /* one of them says something else */
	bool is_second_look;             /* which begins with the last pieces */
	bool is_read_answered;           /* what was read before may be what the answer is to */
};

/* What kind of answer do these first bytes of the other end's begin? L7_UNKNOWN where nobody knows;
 * *waits: nobody yet. */
enum l7_protocol l7_contest_answer(const struct l7_feed *feed, struct reader in, bool *waits);

/* Looks at the versions of what the initiator said, and whether the answer, of that kind, may be
 * one to them. An answer that is of no version's kind tells nothing. Where it decides, whom all of
 * them name is kept with the session. */
void l7_contest_look(struct l7_contest *contest, struct l7_feed *feed, enum l7_protocol kind,
	struct reader answer);

/* Is the first of those that remain to be read in place of what was? Then it is the direction's
 * stream, from its start on, and nothing else is known. */
bool l7_contest_replaces(struct l7_contest *contest);

/* Adds the names of all that remain to what is known of the one that was read. The contest is over.
 */
void l7_contest_end(struct l7_contest *contest, bool has_replaced);

/* Does what is kept with the session name more than the flow does? Adds those names: the answer is
 * in doubt itself. */
bool l7_contest_has_others(const struct l7_feed *feed);
void l7_contest_recall_all(struct l7_feed *feed);

/* How many hosts requests have asked for. */
unsigned l7_contest_hosts(const struct l7_info *l7);

/* Is it a name as a host has it? */
bool l7_contest_is_host(const char *name, unsigned length);
