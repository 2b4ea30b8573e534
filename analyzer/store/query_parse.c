#include "analyzer/store/query_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define OPERATORS "== != < <= > >= ~ !~ in"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	const char *text; /* in the query's copy; quoted ones without their quotes */
	uint32_t length, column;
};

struct parser {
	struct query *query;
	const char *at; /* behind the token */
	struct token token;
	unsigned depth, column; /* column: of what is wrong */
	int status;             /* 0, or -EINVAL once something is wrong */
	struct err *err;
};

__attribute__((format(printf, 3, 4))) static void fail(
	struct parser *parser, uint32_t column, const char *format, ...)
{
	char what[400];
	va_list arguments;

	if (parser->status < 0) {
		return;
	}
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	parser->column = column;
	parser->status = err_set(parser->err, EINVAL, "column %u: %s", (unsigned)column, what);
}

static void fail_at_token(struct parser *parser, const char *expected)
{
	const struct token *token = &parser->token;

	if (token->kind == TOKEN_END) {
		fail(parser, token->column, "expected %s, found the end of the filter", expected);
	} else {
		fail(parser, token->column, "expected %s, found \"%.*s\"", expected,
			(int)(token->length < 64 ? token->length : 64), token->text);
	}
}

static bool is_word_character(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("_.:/-+@*%", c)) || (c & 0x80);
}

static void next_quoted(struct parser *parser, struct token *token)
{
	const char *end = strchr(parser->at + 1, *parser->at);

	if (!end) {
		fail(parser, token->column, "the quote is not closed");
		token->kind = TOKEN_END;
		return;
	}
	token->kind = TOKEN_QUOTED;
	token->text = parser->at + 1;
	token->length = (uint32_t)(end - token->text);
	parser->at = end + 1;
}

static void next_sign(struct parser *parser, struct token *token)
{
	static const char *const signs[] = { "==", "!=", "<=", ">=", "!~", "&&", "||", "=", "<",
		">", "~", "!", "(", ")", "," };

	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i]);
		if (strncmp(parser->at, signs[i], length) == 0) {
			token->kind = TOKEN_SIGN;
			token->length = (uint32_t)length;
			parser->at += length;
			return;
		}
	}
	fail(parser, token->column,
		"\"%c\" has no meaning here; texts with such characters go in quotes",
		isprint((unsigned char)*parser->at) ? *parser->at : '?');
	token->kind = TOKEN_END;
}

static void next_token(struct parser *parser)
{
	struct token *token = &parser->token;

	parser->at += strspn(parser->at, " \t\r\n");
	*token = (struct token){ TOKEN_END, parser->at, 0,
		(uint32_t)(parser->at - parser->query->filter) + 1 };
	if (*parser->at == '\0') {
		return;
	}
	if (*parser->at == '"' || *parser->at == '\'') {
		next_quoted(parser, token);
	} else if (is_word_character(*parser->at)) {
		token->kind = TOKEN_WORD;
		while (is_word_character(*parser->at)) {
			parser->at++;
			token->length++;
		}
	} else {
		next_sign(parser, token);
	}
}

static bool is_sign(const struct parser *parser, const char *sign)
{
	return parser->token.kind == TOKEN_SIGN && strlen(sign) == parser->token.length &&
	       memcmp(parser->token.text, sign, parser->token.length) == 0;
}

static bool is_keyword(const struct parser *parser, const char *word)
{
	return parser->token.kind == TOKEN_WORD && strlen(word) == parser->token.length &&
	       strncasecmp(parser->token.text, word, parser->token.length) == 0;
}

static unsigned add_node(struct parser *parser, struct query_node node)
{
	struct query *query = parser->query;

	if (query->node_count == QUERY_NODES_MAX) {
		fail(parser, parser->token.column, "the filter has too many parts");
		return 0;
	}
	query->nodes[query->node_count] = node;
	return query->node_count++;
}

/* "12", "1.5MB", "90s": units from a table; false where the text is none of these or too large. */
static bool parse_quantity(const struct token *token, bool is_time, uint64_t *number)
{
	static const struct {
		const char *name;
		bool is_time;
		double factor;
	} units[] = { { "", false, 1 }, { "", true, 1 }, { "B", false, 1 }, { "kB", false, 1e3 },
		{ "MB", false, 1e6 }, { "GB", false, 1e9 }, { "TB", false, 1e12 },
		{ "k", false, 1e3 }, { "M", false, 1e6 }, { "G", false, 1e9 }, { "T", false, 1e12 },
		{ "ns", true, 1 }, { "us", true, 1e3 }, { "ms", true, 1e6 }, { "s", true, 1e9 },
		{ "m", true, 60e9 }, { "h", true, 3600e9 }, { "d", true, 86400e9 } };
	char text[40], *end;

	if (token->length == 0 || token->length >= sizeof(text) ||
		!isdigit((unsigned char)*token->text)) {
		return false;
	}
	memcpy(text, token->text, token->length);
	text[token->length] = '\0';
	size_t digits = strspn(text, "0123456789");
	if (text[digits] == '\0') {
		errno = 0;
		*number = strtoull(text, NULL, 10);
		return errno == 0;
	}
	size_t decimals = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;
	double value = strtod(text, &end);
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const char *unit = text + digits + decimals;
		if (units[i].is_time == is_time && strcasecmp(unit, units[i].name) == 0) {
			value *= units[i].factor;
			bool fits = value < 1.8e19;
			*number = fits ? (uint64_t)value : 0;
			return fits;
		}
	}
	return false;
}

static bool parse_text_as(
	const struct token *token, bool (*parse)(const char *, void *), void *value)
{
	char text[64];

	if (token->length >= sizeof(text)) {
		return false;
	}
	memcpy(text, token->text, token->length);
	text[token->length] = '\0';
	return parse(text, value);
}

static bool parse_time(const char *text, void *value)
{
	return clock_parse(text, value);
}

static bool parse_prefix(const char *text, void *value)
{
	return prefix_parse(text, value);
}

static bool parse_id(const char *text, void *value)
{
	char *end;

	*(uint64_t *)value = strtoull(text, &end, 16);
	return strlen(text) == 16 && *end == '\0' && isxdigit((unsigned char)*text);
}

/* A word that the field never has is a mistake worth saying, unless only a part of it is looked
 * for. */
static void check_word(struct parser *parser, const struct field *field, enum query_test test)
{
	const struct token *token = &parser->token;
	char known[256] = "";

	if (!field->names || test == QUERY_CONTAINS) {
		return;
	}
	for (unsigned i = 0; i < field->name_count; i++) {
		size_t length = strlen(known);
		if (strlen(field->names[i]) == token->length &&
			strncasecmp(field->names[i], token->text, token->length) == 0) {
			return;
		}
		snprintf(known + length, sizeof(known) - length, "%s%s", length ? ", " : "",
			field->names[i]);
	}
	fail(parser, token->column, "%s is one of %s; found \"%.*s\"", field->path, known,
		(int)(token->length < 64 ? token->length : 64), token->text);
}

static bool parse_bool(const struct parser *parser, struct query_value *value)
{
	value->number = is_keyword(parser, "true");
	return value->number || is_keyword(parser, "false");
}

/* What is expected of a value of the field, or NULL where it was read. */
static const char *read_value(struct parser *parser, const struct field *field,
	enum query_test test, struct query_value *value)
{
	const struct token *token = &parser->token;

	switch ((enum field_type)field->type) {
	case FIELD_NUMBER:
	case FIELD_NUMERAL:
		return parse_quantity(
			       token, strcmp(field->path, "event.duration") == 0, &value->number)
			       ? NULL
		       : strcmp(field->path, "event.duration") == 0
			       ? "a duration (500ms, 90s, 5m, 2h, 1d)"
			       : "a number (443, 1.5MB, 2GB)";
	case FIELD_TIME:
		return parse_text_as(token, parse_time, &value->number)
			       ? NULL
			       : "a time (2026-03-31, 2026-03-31T10:15, 2026-03-31T10:15:00Z)";
	case FIELD_ADDR:
		return parse_text_as(token, parse_prefix, &value->prefix)
			       ? NULL
			       : "an address or prefix (192.0.2.1, 10.0.0.0/8, 2001:db8::/32)";
	case FIELD_ID:
		return parse_text_as(token, parse_id, &value->number) ? NULL
								      : "16 hexadecimal digits";
	case FIELD_BOOL:
		return parse_bool(parser, value) ? NULL : "true or false";
	default:
		value->text = token->text;
		value->length = token->length;
		check_word(parser, field, test);
		return NULL;
	}
}

static void parse_value(struct parser *parser, struct query_node *node)
{
	struct query *query = parser->query;

	if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_QUOTED) {
		fail_at_token(parser, "a value");
		return;
	}
	if (query->value_count == QUERY_VALUES_MAX) {
		fail(parser, parser->token.column, "the filter has too many values");
		return;
	}
	const char *expected = read_value(parser, node->fields[0], (enum query_test)node->test,
		&query->values[query->value_count]);
	if (expected) {
		fail_at_token(parser, expected);
		return;
	}
	query->value_count++;
	node->value_count++;
	next_token(parser);
}

/* "(a, b)" or one value. */
static void parse_values(struct parser *parser, struct query_node *node)
{
	if (!is_sign(parser, "(")) {
		parse_value(parser, node);
		return;
	}
	do {
		next_token(parser);
		parse_value(parser, node);
	} while (parser->status == 0 && is_sign(parser, ","));
	if (!is_sign(parser, ")")) {
		fail_at_token(parser, "\",\" or \")\"");
		return;
	}
	next_token(parser);
}

static void parse_field(struct parser *parser, struct query_node *node)
{
	const struct token *token = &parser->token;

	if (token->kind != TOKEN_WORD) {
		fail_at_token(parser, "a field");
	} else if (is_keyword(parser, "ip")) {
		node->fields[0] = field_find("source.ip", 9);
		node->fields[1] = field_find("destination.ip", 14);
	} else if (is_keyword(parser, "port")) {
		node->fields[0] = field_find("source.port", 11);
		node->fields[1] = field_find("destination.port", 16);
	} else {
		node->fields[0] = field_find(token->text, token->length);
		if (!node->fields[0]) {
			fail(parser, token->column,
				"there is no field \"%.*s\"; --fields lists them with their short "
				"names",
				(int)(token->length < 64 ? token->length : 64), token->text);
		}
	}
	next_token(parser);
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
		if (is_sign(parser, operators[i].sign)) {
			node->test = (uint8_t)operators[i].test;
			*negated = operators[i].negated;
			return true;
		}
	}
	node->test = QUERY_EQUAL;
	return is_keyword(parser, "in");
}

/* Order means nothing to addresses and booleans, parts nothing to numbers. */
static void check_operator(struct parser *parser, const struct query_node *node)
{
	unsigned type = node->fields[0]->type;
	bool is_text = type == FIELD_TEXT || type == FIELD_WORD || type == FIELD_WORDS ||
		       type == FIELD_TEXTS;
	bool has_order = type != FIELD_ADDR && type != FIELD_BOOL && type != FIELD_ID;

	if (node->test == QUERY_CONTAINS && !is_text) {
		fail_at_token(parser, has_order ? "one of == != < <= > >= in (~ is for texts)"
						: "one of == != in (~ is for texts)");
	} else if (node->test >= QUERY_LESS && !has_order) {
		fail_at_token(parser, "one of == != in");
	}
}

static bool may_follow_field(const struct parser *parser)
{
	return parser->token.kind == TOKEN_END || is_sign(parser, ")") || is_sign(parser, "&&") ||
	       is_sign(parser, "||") || is_keyword(parser, "and") || is_keyword(parser, "or");
}

static unsigned parse_test(struct parser *parser)
{
	struct query_node node = { .kind = QUERY_TEST,
		.first_value = (uint16_t)parser->query->value_count };
	bool negated = false;

	parse_field(parser, &node);
	if (parser->status < 0) {
		return 0;
	}
	if (parse_operator(parser, &node, &negated)) {
		bool is_in = is_keyword(parser, "in");
		check_operator(parser, &node);
		next_token(parser);
		if (is_in) {
			parse_values(parser, &node);
		} else {
			parse_value(parser, &node);
		}
	} else if (may_follow_field(parser)) {
		node.test = QUERY_PRESENT;
	} else {
		fail_at_token(parser, "an operator (" OPERATORS ")");
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
		fail(parser, parser->token.column, "the filter is nested too deeply");
	} else if (is_keyword(parser, "not") || is_sign(parser, "!")) {
		next_token(parser);
		unsigned inner = parse_not(parser, parse_filter);
		node = add_node(
			parser, (struct query_node){ .kind = QUERY_NOT, .left = (uint16_t)inner });
	} else if (is_sign(parser, "(")) {
		next_token(parser);
		node = parse_filter(parser);
		if (!is_sign(parser, ")")) {
			fail_at_token(parser, "\"and\", \"or\" or \")\"");
		}
		next_token(parser);
	} else {
		node = parse_test(parser);
	}
	parser->depth--;
	return node;
}

static unsigned parse_and(struct parser *parser, parse_function *parse_filter)
{
	unsigned left = parse_not(parser, parse_filter);

	while (parser->status == 0 && (is_keyword(parser, "and") || is_sign(parser, "&&"))) {
		next_token(parser);
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

	while (parser->status == 0 && (is_keyword(parser, "or") || is_sign(parser, "||"))) {
		next_token(parser);
		unsigned right = parse_and(parser, parse_filter);
		left = add_node(parser, (struct query_node){ .kind = QUERY_OR,
						.left = (uint16_t)left,
						.right = (uint16_t)right });
	}
	return left;
}

int query_parse(struct query **query, const char *filter, unsigned *column, struct err *err)
{
	struct parser parser = { .err = err };
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
	parser.at = parser.query->filter;
	next_token(&parser);
	parser.query->root = parse_filter(&parser);
	if (parser.status == 0 && parser.token.kind != TOKEN_END) {
		fail_at_token(&parser, "\"and\", \"or\" or the end");
	}
	if (column) {
		*column = parser.column;
	}
	if (parser.status < 0) {
		query_free(parser.query);
		return parser.status;
	}
	*query = parser.query;
	return 0;
}
