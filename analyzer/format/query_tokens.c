#include "analyzer/format/query_tokens.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void query_tokens_fail(struct query_tokens *tokens, uint32_t column, const char *format, ...)
{
	char what[400];
	va_list arguments;

	if (tokens->status < 0) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	tokens->column = column;
	tokens->status = err_set(tokens->err, EINVAL, "column %u: %s", (unsigned)column, what);
}

void query_tokens_fail_here(struct query_tokens *tokens, const char *expected)
{
	const struct token *token = &tokens->token;

	if (token->kind == TOKEN_END) {
		query_tokens_fail(tokens, token->column, "expected %s, found the end of the filter",
			expected);
	} else {
		query_tokens_fail(tokens, token->column, "expected %s, found \"%.*s\"", expected,
			(int)(token->length < 64 ? token->length : 64), token->text);
	}
}

static bool is_word_character(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("_.:/-+@*%", c)) || (c & 0x80);
}

static void next_quoted(struct query_tokens *tokens, struct token *token)
{
	const char *end = strchr(tokens->at + 1, *tokens->at);

	if (!end) {
		query_tokens_fail(tokens, token->column, "the quote is not closed");
		token->kind = TOKEN_END;
		return;
	}
	token->kind = TOKEN_QUOTED;
	token->text = tokens->at + 1;
	token->length = (uint32_t)(end - token->text);
	tokens->at = end + 1;
}

static void next_sign(struct query_tokens *tokens, struct token *token)
{
	static const char *const signs[] = { "==", "!=", "<=", ">=", "!~", "&&", "||", "=", "<",
		">", "~", "!", "(", ")", "," };

	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i]);
		if (strncmp(tokens->at, signs[i], length) == 0) {
			token->kind = TOKEN_SIGN;
			token->length = (uint32_t)length;
			tokens->at += length;
			return;
		}
	}
	query_tokens_fail(tokens, token->column,
		"\"%c\" has no meaning here; texts with such characters go in quotes",
		isprint((unsigned char)*tokens->at) ? *tokens->at : '?');
	token->kind = TOKEN_END;
}

void query_tokens_next(struct query_tokens *tokens)
{
	struct token *token = &tokens->token;

	tokens->at += strspn(tokens->at, " \t\r\n");
	*token = (struct token){ TOKEN_END, tokens->at, 0,
		(uint32_t)(tokens->at - tokens->filter) + 1 };
	if (*tokens->at == '\0') {
		return;
	}
	if (*tokens->at == '"' || *tokens->at == '\'') {
		next_quoted(tokens, token);
	} else if (is_word_character(*tokens->at)) {
		token->kind = TOKEN_WORD;
		while (is_word_character(*tokens->at)) {
			tokens->at++;
			token->length++;
		}
	} else {
		next_sign(tokens, token);
	}
}

bool query_tokens_is_sign(const struct query_tokens *tokens, const char *sign)
{
	return tokens->token.kind == TOKEN_SIGN && strlen(sign) == tokens->token.length &&
	       memcmp(tokens->token.text, sign, tokens->token.length) == 0;
}

bool query_tokens_is_keyword(const struct query_tokens *tokens, const char *word)
{
	return tokens->token.kind == TOKEN_WORD && strlen(word) == tokens->token.length &&
	       strncasecmp(tokens->token.text, word, tokens->token.length) == 0;
}
