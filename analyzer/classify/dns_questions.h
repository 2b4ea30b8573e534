/* DNS questions that clients were seen to ask, until they are answered.
 *
 * An answer counts when the client asked for it: the same question with the same number, from the
 * port and to the server that the answer comes back on. Anybody can send an answer; to send the
 * question as well he must be able to speak in the client's name and be seen doing so. And it
 * counts once: the client takes the first answer, so a second one, which a race for the client's
 * ear leaves behind, is one that nobody asked for. Letters count in either case (RFC 4343): a
 * client that mixes them at random (draft-vixie-dnsext-dns0x20) may refuse what comes back
 * otherwise, but servers that answer in small letters are common, most clients take their word, and
 * a forger would write small letters as well. Of a question that is asked again it counts who asked
 * first. That a question has had its answer is known for as long as 4,096 others are answered: what
 * comes then is a second one (RFC 5452, 5).
 *
 * Memory   32 bytes a question that waits, at most 2 MiB: as small as what waits, so that it stays
 *          in the caches; 32 KiB of answered ones.
 * Threads  one.
 * Failure  none: where there is no room the oldest question is forgotten, and its answer then is
 *          one that nobody asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

enum { DNS_QUESTIONS = 65536, DNS_QUESTION_LIFE_S = 60 };

struct dns_questions;

struct dns_questions *dns_questions_create(void); /* NULL: out of memory */
void dns_questions_destroy(struct dns_questions *questions);

/* Whose question it is: the number, the name in small letters, and the ends of the flow as the
 * question sees them. */
struct dns_question {
	struct addr client, server;
	uint16_t client_port, server_port, id, type;
	const char *name;
	uint8_t length;
	/* Of an answer filled in: which machine asked (names.h), and whether another answer was
	 * before it. */
	uint16_t asker;
	bool is_second;
};

/* Both give the place where it is kept, below DNS_QUESTIONS, and good until the next question; -1:
 * nobody asked that, it has its answer, or there was no memory for it. */
int32_t dns_questions_add(
	struct dns_questions *questions, const struct dns_question *question, uint64_t now_ns);
int32_t dns_questions_answer(
	struct dns_questions *questions, struct dns_question *question, uint64_t now_ns);
