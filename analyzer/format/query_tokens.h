/* Inside the filter language: the labels, signs and quoted texts of a filter, one after the other,
 * and where in it something is wrong. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	const char *text; /* in the filter; quoted ones without their quotes */
	uint32_t length, column;
};

struct query_tokens {
	const char *filter, *at; /* at: behind the token */
	struct token token;
	unsigned column; /* of what is wrong */
	int status;      /* 0, or -EINVAL once something is wrong */
	struct err *err;
};

/* Goes to the next token; TOKEN_END at the end, and where something is wrong. */
void query_tokens_next(struct query_tokens *tokens);

bool query_tokens_is_sign(const struct query_tokens *tokens, const char *sign);
bool query_tokens_is_keyword(const struct query_tokens *tokens, const char *word);

/* Says what is wrong at a column (from 1); the first fault stays. The second form says what was
 * expected in the place of the token at hand. */
void query_tokens_fail(struct query_tokens *tokens, uint32_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void query_tokens_fail_here(struct query_tokens *tokens, const char *expected);
