/* A request of the SOC to the officer, and the officer's answer: two small files that travel by
 * whatever way the body has. The request holds the officer's box (sealed_key.h), which alone opens
 * nothing; the answer is in a box to the SOC.
 *
 *     borderflow reveal request 1          borderflow reveal answer 1
 *     month 2026-10                        pseudonym PSEUDONYM
 *     pseudonym PSEUDONYM                  box …
 *     soc PUBLIC-KEY
 *     box …
 *     reason …
 *
 * Threads  any. Failure: 0 or -errno with the file. */
#pragma once

#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/sealed_key.h"

struct reveal_request {
	char month[8], pseudonym[PSEUDONYM_LENGTH + 1], reason[512];
	uint8_t soc[PUBLIC_KEY_BYTES];
	uint8_t inner[SEALED_INNER_BYTES];
};

int reveal_request_write(const struct reveal_request *request, const char *path, struct err *err);
int reveal_request_read(struct reveal_request *request, const char *path, struct err *err);

enum { REVEAL_ANSWER_BYTES = 320 };
int reveal_answer_write(const struct reveal_request *request, const char *identity,
	const char *path, struct err *err);
int reveal_answer_read(const char *path, const uint8_t soc[SECRET_KEY_BYTES],
	char pseudonym[PSEUDONYM_LENGTH + 1], char identity[REVEAL_ANSWER_BYTES], struct err *err);
