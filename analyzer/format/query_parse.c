#include "analyzer/format/query_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/format/field_guess.h"
#include "analyzer/format/query_tokens.h"
#include "analyzer/format/query_value.h"

#define OPERATORS "== != < <= > >= ~ !~ in"

struct parser {
	struct query *query;
	struct query_tokens tokens;
	unsigned depth;
};

static unsigned add_node(struct parser *parser, struct query_node node)
{
	struct query *query = parser->query;

	if (query->node_count == QUERY_NODES_MAX) {
		query_tokens_fail(&parser->tokens, parser->tokens.token.column,
			"the filter has too many parts");
		return 0;
	}
	query->nodes[query->node_count] = node;
	return query->node_count++;
}

/* A zone that stands for several. False: no such word, or no zone is asked for. */
static bool expand_zone(struct parser *parser, struct query_node *node)
{
	static const char *const outside[] = { "adequate", "adequate_partial", "third", "unknown" };
	enum { OUTSIDE_COUNT = sizeof(outside) / sizeof(outside[0]) };
	struct query *query = parser->query;
	const struct field *field = node->fields[0];

	if (!query_tokens_is_keyword(&parser->tokens, "outside-eea") || node->test != QUERY_EQUAL ||
		!field->names || strcmp(field->names[GEO_ZONE_INTERNAL], "internal") != 0 ||
		query->value_count + OUTSIDE_COUNT > QUERY_VALUES_MAX) {
		return false;
	}
	for (unsigned i = 0; i < OUTSIDE_COUNT; i++) {
		query->values[query->value_count++] = (struct query_value){ .text = outside[i],
			.length = (uint32_t)strlen(outside[i]) };
		node->value_count++;
	}
	query_tokens_next(&parser->tokens);
	return true;
}

static void parse_value(struct parser *parser, struct query_node *node)
{
	struct query *query = parser->query;

	if (expand_zone(parser, node)) {
		return;
	}

	if (parser->tokens.token.kind != TOKEN_WORD && parser->tokens.token.kind != TOKEN_QUOTED) {
		query_tokens_fail_here(&parser->tokens, "a value");
		return;
	}
	if (query->value_count == QUERY_VALUES_MAX) {
		query_tokens_fail(&parser->tokens, parser->tokens.token.column,
			"the filter has too many values");
		return;
	}
	const char *expected = query_value_read(&parser->tokens, node->fields[0],
		(enum query_test)node->test, &query->values[query->value_count]);
	if (expected) {
		query_tokens_fail_here(&parser->tokens, expected);
		return;
	}
	query->value_count++;
	node->value_count++;
	query_tokens_next(&parser->tokens);
}

/* "(a, b)" or one value. */
static void parse_values(struct parser *parser, struct query_node *node)
{
	if (!query_tokens_is_sign(&parser->tokens, "(")) {
		parse_value(parser, node);
		return;
	}
	do {
		query_tokens_next(&parser->tokens);
		parse_value(parser, node);
	} while (parser->tokens.status == 0 && query_tokens_is_sign(&parser->tokens, ","));
	if (!query_tokens_is_sign(&parser->tokens, ")")) {
		query_tokens_fail_here(&parser->tokens, "\",\" or \")\"");
		return;
	}
	query_tokens_next(&parser->tokens);
}

static void parse_field(struct parser *parser, struct query_node *node)
{
	const struct token *token = &parser->tokens.token;

	if (token->kind != TOKEN_WORD) {
		query_tokens_fail_here(&parser->tokens, "a field");
	} else if (query_tokens_is_keyword(&parser->tokens, "ip")) {
		node->fields[0] = field_find("source.ip", 9);
		node->fields[1] = field_find("destination.ip", 14);
	} else if (query_tokens_is_keyword(&parser->tokens, "port")) {
		node->fields[0] = field_find("source.port", 11);
		node->fields[1] = field_find("destination.port", 16);
	} else {
		node->fields[0] = field_find(token->text, token->length);
		if (!node->fields[0]) {
			char sentence[FIELD_GUESS_BYTES];
			query_tokens_fail(&parser->tokens, token->column, "%s",
				field_guess(token->text, token->length, sentence));
		}
	}
	query_tokens_next(&parser->tokens);
}

/* Reads an operator; false where there is none, and the field stands alone. */
static bool parse_operator(struct parser *parser, struct query_node *node, bool *negated)
{
	static const struct {
		const char *sign;
		enum query_test test;
		bool negated;
	} operators[] = { { "==", QUERY_EQUAL, false }, { "=", QUERY_EQUAL, false },
		{ "!=", QUERY_EQUAL, true }, { "~", QUERY_CONTAINS, false },
		{ "!~", QUERY_CONTAINS, true }, { "<", QUERY_LESS, false },
		{ "<=", QUERY_AT_MOST, false }, { ">", QUERY_GREATER, false },
		{ ">=", QUERY_AT_LEAST, false } };

	for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (query_tokens_is_sign(&parser->tokens, operators[i].sign)) {
			node->test = (uint8_t)operators[i].test;
			*negated = operators[i].negated;
			return true;
		}
	}
	node->test = QUERY_EQUAL;
	return query_tokens_is_keyword(&parser->tokens, "in");
}

/* Order means nothing to addresses and booleans, parts nothing to numbers. */
static void check_operator(struct parser *parser, const struct query_node *node)
{
	unsigned type = node->fields[0]->type;
	bool is_text = type == FIELD_TEXT || type == FIELD_WORD || type == FIELD_WORDS ||
		       type == FIELD_TEXTS;
	bool has_order = type != FIELD_ADDR && type != FIELD_BOOL && type != FIELD_ID;

	if (node->test == QUERY_CONTAINS && !is_text) {
		query_tokens_fail_here(
			&parser->tokens, has_order ? "one of == != < <= > >= in (~ is for texts)"
						   : "one of == != in (~ is for texts)");
	} else if (node->test >= QUERY_LESS && !has_order) {
		query_tokens_fail_here(&parser->tokens, "one of == != in");
	}
}

static bool may_follow_field(const struct parser *parser)
{
	return parser->tokens.token.kind == TOKEN_END ||
	       query_tokens_is_sign(&parser->tokens, ")") ||
	       query_tokens_is_sign(&parser->tokens, "&&") ||
	       query_tokens_is_sign(&parser->tokens, "||") ||
	       query_tokens_is_keyword(&parser->tokens, "and") ||
	       query_tokens_is_keyword(&parser->tokens, "or");
}

static unsigned parse_test(struct parser *parser)
{
	struct query_node node = { .kind = QUERY_TEST,
		.first_value = (uint16_t)parser->query->value_count };
	bool negated = false;

	parse_field(parser, &node);
	if (parser->tokens.status < 0) {
		return 0;
	}
	if (parse_operator(parser, &node, &negated)) {
		bool is_in = query_tokens_is_keyword(&parser->tokens, "in");
		check_operator(parser, &node);
		query_tokens_next(&parser->tokens);
		if (is_in) {
			parse_values(parser, &node);
		} else {
			parse_value(parser, &node);
		}
	} else if (may_follow_field(parser)) {
		node.test = QUERY_PRESENT;
	} else {
		query_tokens_fail_here(&parser->tokens, "an operator (" OPERATORS ")");
	}
	unsigned test = add_node(parser, node);
	return negated ? add_node(parser,
				 (struct query_node){ .kind = QUERY_NOT, .left = (uint16_t)test })
		       : test;
}

/* What an "(" opens is a whole filter again: the one place where the grammar goes round. */
typedef unsigned parse_function(struct parser *parser);

static unsigned parse_not(struct parser *parser, parse_function *parse_filter)
{
	unsigned node = 0;

	if (++parser->depth > QUERY_DEPTH_MAX) {
		query_tokens_fail(&parser->tokens, parser->tokens.token.column,
			"the filter is nested too deeply");
	} else if (query_tokens_is_keyword(&parser->tokens, "not") ||
		   query_tokens_is_sign(&parser->tokens, "!")) {
		query_tokens_next(&parser->tokens);
		unsigned inner = parse_not(parser, parse_filter);
		node = add_node(
			parser, (struct query_node){ .kind = QUERY_NOT, .left = (uint16_t)inner });
	} else if (query_tokens_is_sign(&parser->tokens, "(")) {
		query_tokens_next(&parser->tokens);
		node = parse_filter(parser);
		if (!query_tokens_is_sign(&parser->tokens, ")")) {
			query_tokens_fail_here(&parser->tokens, "\"and\", \"or\" or \")\"");
		}
		query_tokens_next(&parser->tokens);
	} else {
		node = parse_test(parser);
	}
	parser->depth--;
	return node;
}

static unsigned parse_and(struct parser *parser, parse_function *parse_filter)
{
	unsigned left = parse_not(parser, parse_filter);

	while (parser->tokens.status == 0 && (query_tokens_is_keyword(&parser->tokens, "and") ||
						     query_tokens_is_sign(&parser->tokens, "&&"))) {
		query_tokens_next(&parser->tokens);
		unsigned right = parse_not(parser, parse_filter);
		left = add_node(parser, (struct query_node){ .kind = QUERY_AND,
						.left = (uint16_t)left,
						.right = (uint16_t)right });
	}
	return left;
}

static unsigned parse_filter(struct parser *parser)
{
	unsigned left = parse_and(parser, parse_filter);

	while (parser->tokens.status == 0 && (query_tokens_is_keyword(&parser->tokens, "or") ||
						     query_tokens_is_sign(&parser->tokens, "||"))) {
		query_tokens_next(&parser->tokens);
		unsigned right = parse_and(parser, parse_filter);
		left = add_node(parser, (struct query_node){ .kind = QUERY_OR,
						.left = (uint16_t)left,
						.right = (uint16_t)right });
	}
	return left;
}

int query_parse(struct query **query, const char *filter, unsigned *column, struct err *err)
{
	struct parser parser = { .tokens.err = err };
	size_t length = strlen(filter);

	*query = NULL;
	if (length > QUERY_LENGTH_MAX) {
		return err_set(
			err, EINVAL, "the filter is longer than %d characters", QUERY_LENGTH_MAX);
	}
	parser.query = calloc(1, sizeof(*parser.query));
	if (!parser.query) {
		return err_set(err, ENOMEM, "out of memory");
	}
	memcpy(parser.query->filter, filter, length);
	parser.tokens.filter = parser.tokens.at = parser.query->filter;
	query_tokens_next(&parser.tokens);
	parser.query->root = parse_filter(&parser);
	if (parser.tokens.status == 0 && parser.tokens.token.kind != TOKEN_END) {
		query_tokens_fail_here(&parser.tokens, "\"and\", \"or\" or the end");
	}
	if (column) {
		*column = parser.tokens.column;
	}
	if (parser.tokens.status < 0) {
		query_free(parser.query);
		return parser.tokens.status;
	}
	*query = parser.query;
	return 0;
}
