#include "analyzer/format/query_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

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
	const char *digits = *text == 'f' && strlen(text) == 17 ? text + 1 : text;
	char *end;

	*(uint64_t *)value = strtoull(digits, &end, 16);
	return strlen(digits) == 16 && *end == '\0' && isxdigit((unsigned char)*digits);
}

/* A word that the field never has is a mistake worth saying, unless only a part of it is looked
 * for. */
static void check_word(struct query_tokens *tokens, const struct field *field, enum query_test test)
{
	const struct token *token = &tokens->token;
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
	query_tokens_fail(tokens, token->column, "%s is one of %s; found \"%.*s\"", field->path,
		known, (int)(token->length < 64 ? token->length : 64), token->text);
}

static bool parse_bool(const struct query_tokens *tokens, struct query_value *value)
{
	value->number = query_tokens_is_keyword(tokens, "true");
	return value->number || query_tokens_is_keyword(tokens, "false");
}

const char *query_value_read(struct query_tokens *tokens, const struct field *field,
	enum query_test test, struct query_value *value)
{
	const struct token *token = &tokens->token;

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
		return parse_text_as(token, parse_id, &value->number)
			       ? NULL
			       : "an f and 16 hexadecimal digits";
	case FIELD_BOOL:
		return parse_bool(tokens, value) ? NULL : "true or false";
	default:
		value->text = token->text;
		value->length = token->length;
		check_word(tokens, field, test);
		return NULL;
	}
}
