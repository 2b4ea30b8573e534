/* Values of dimensions: members of the cell's key, as numbers and as words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/record/symbols.h"
#include "analyzer/rollup/series.h"
#include "analyzer/view/view_parts.h"
#include "base/text.h"

#define NO_VALUE (VIEW_OTHER - 1) /* what no cell has */

static const struct {
	const char *name;
	enum view_subject subject;
} dimensions[] = {
#define X(id, name, subject) { name, VIEW_OF_##subject },
	VIEW_DIMENSIONS(X)
#undef X
};

const char *view_dimension_name(enum view_dimension dimension)
{
	return (unsigned)dimension < VIEW_DIMENSION_COUNT ? dimensions[dimension].name : "";
}

enum view_subject view_dimension_subject(enum view_dimension dimension)
{
	return dimensions[dimension].subject;
}

bool view_dimension_find(const char *name, enum view_dimension *dimension)
{
	for (unsigned i = 0; i < VIEW_DIMENSION_COUNT; i++) {
		if (strcmp(dimensions[i].name, name) == 0) {
			*dimension = i;
			return true;
		}
	}
	return false;
}

bool view_value_of(enum view_dimension dimension, const struct cell_key *key, uint32_t *value)
{
	const uint32_t values[VIEW_DIMENSION_COUNT] = {
		[VIEW_BY_APP] = cell_named_app(key),
		[VIEW_BY_INFERRED] = key->app,
		[VIEW_BY_UNIT] = key->unit,
		[VIEW_BY_CLASS] = key->class_,
		[VIEW_BY_SERVER] = key->server_country,
		[VIEW_BY_PARENT] = cell_parent(key),
		[VIEW_BY_ZONE] = key->zone,
		[VIEW_BY_CONTROL] = key->control,
		[VIEW_BY_RULE] = key->rule,
		[VIEW_BY_ACTION] = key->action,
		[VIEW_BY_VERDICT] = key->verdict,
		[VIEW_BY_EXCEPTION] = key->exception,
		[VIEW_BY_BLOCK] = key->block,
		[VIEW_BY_HIDDEN] = key->hidden,
		[VIEW_BY_DIRECTION] = key->direction,
		[VIEW_BY_VIA] = key->via,
		[VIEW_BY_PROTOCOL] = key->protocol,
	};
	bool is_kept = dimension == VIEW_BY_ZONE || dimension == VIEW_BY_DIRECTION;

	*value = key->other && !is_kept ? VIEW_OTHER : values[dimension];
	return dimension != VIEW_BY_INFERRED || key->inferred;
}

/* Dimensions whose values are symbols, and what stands for none of them. */
static bool find_symbols(enum view_dimension dimension, enum symbol_kind *kind, const char **none)
{
	*none = dimension == VIEW_BY_APP || dimension == VIEW_BY_INFERRED ? "unknown" : "none";
	switch (dimension) {
	case VIEW_BY_APP:
	case VIEW_BY_INFERRED:
		*kind = SYMBOL_APP;
		return true;
	case VIEW_BY_UNIT:
		*kind = SYMBOL_UNIT;
		return true;
	case VIEW_BY_CLASS:
		*kind = SYMBOL_CLASS;
		return true;
	case VIEW_BY_RULE:
		*kind = SYMBOL_RULE;
		return true;
	case VIEW_BY_EXCEPTION:
		*kind = SYMBOL_EXCEPTION;
		return true;
	default:
		return false;
	}
}

/* Dimensions whose values are listed in an enum: NULL where value is behind the last. */
static const char *listed_name(enum view_dimension dimension, uint32_t value)
{
	switch (dimension) {
	case VIEW_BY_ZONE:
	case VIEW_BY_CONTROL:
		return value < GEO_ZONE_COUNT ? geo_zone_name(value) : NULL;
	case VIEW_BY_ACTION:
		return value < POLICY_ACTION_COUNT ? policy_action_name(value) : NULL;
	case VIEW_BY_VERDICT:
		return value < POLICY_VERDICT_COUNT ? policy_verdict_name(value) : NULL;
	case VIEW_BY_BLOCK:
		return value < BLOCK_OUTCOME_COUNT ? block_outcome_name(value) : NULL;
	case VIEW_BY_DIRECTION:
		return value < RECORD_DIRECTION_COUNT ? record_direction_name(value) : NULL;
	case VIEW_BY_VIA:
		return value < RECORD_VIA_COUNT ? record_via_name(value) : NULL;
	case VIEW_BY_PROTOCOL:
		return value == L7_UNKNOWN         ? "unknown"
		       : value < L7_PROTOCOL_COUNT ? l7_protocol_name(value)
						   : NULL;
	case VIEW_BY_HIDDEN:
		return value == 0                      ? "named"
		       : value <= UNNAMED_REASON_COUNT ? unnamed_reason_name(value - 1)
						       : NULL;
	default:
		return NULL;
	}
}

static bool is_country(enum view_dimension dimension)
{
	return dimension == VIEW_BY_SERVER || dimension == VIEW_BY_PARENT;
}

const char *view_value_text(
	enum view_dimension dimension, uint32_t value, char memory[VIEW_VALUE_BYTES])
{
	enum symbol_kind kind;
	const char *name;
	struct text text;

	if (value == VIEW_OTHER) {
		return "other";
	}
	if (find_symbols(dimension, &kind, &name)) {
		return value ? symbol_name(kind, (uint16_t)value) : name;
	}
	if (is_country(dimension)) {
		text_init(&text, memory, VIEW_VALUE_BYTES);
		series_put_country(&text, value);
		return memory;
	}
	name = listed_name(dimension, value);
	return name ? name : "unknown";
}

static uint32_t country_value(const char *word)
{
	if (strcmp(word, "unknown") == 0) {
		return 0;
	}
	if (strcmp(word, "internal") == 0) {
		return CELL_COUNTRY_INTERNAL;
	}
	return strlen(word) == 2 ? cell_country((const char[3]){ word[0], word[1], '\0' })
				 : NO_VALUE;
}

static uint32_t value_of_word(enum view_dimension dimension, const char *word)
{
	enum symbol_kind kind;
	const char *none, *name;

	if (strcmp(word, "other") == 0) {
		return VIEW_OTHER;
	}
	if (find_symbols(dimension, &kind, &none)) {
		uint16_t symbol = strcmp(word, none) == 0 ? 0 : symbol_find(kind, word);
		return symbol || strcmp(word, none) == 0 ? symbol : NO_VALUE;
	}
	if (is_country(dimension)) {
		return country_value(word);
	}
	for (uint32_t i = 0; (name = listed_name(dimension, i)); i++) {
		if (strcmp(name, word) == 0) {
			return i;
		}
	}
	return NO_VALUE;
}

/* A word that no such thing has matches nothing, which must not look like an answer. */
int view_check_filter(const struct view_filter *filter, struct err *err)
{
	bool is_zone = filter->by == VIEW_BY_ZONE || filter->by == VIEW_BY_CONTROL;
	bool is_listed = listed_name(filter->by, 0) != NULL;
	char expected[400];
	struct text text;
	const char *name;

	if ((!is_listed && !is_country(filter->by)) ||
		value_of_word(filter->by, filter->value) != NO_VALUE ||
		(is_zone && strcmp(filter->value, "outside-eea") == 0)) {
		return 0;
	}
	text_init(&text, expected, sizeof(expected));
	for (uint32_t i = 0; is_listed && (name = listed_name(filter->by, i)); i++) {
		text_printf(&text, "%s%s", i ? ", " : "", name);
	}
	text_put(&text, is_zone      ? ", outside-eea"
			: !is_listed ? "two letters such as SE, internal, unknown"
				     : "");
	return err_set(err, EINVAL, "%s: expected %s, found \"%.40s\"",
		view_dimension_name(filter->by), expected, filter->value);
}

void view_match_make(struct view_match *match, const struct view_question *question)
{
	match->count = question->filter_count;
	for (unsigned i = 0; i < match->count; i++) {
		const struct view_filter *filter = &question->filters[i];
		bool is_zone = filter->by == VIEW_BY_ZONE || filter->by == VIEW_BY_CONTROL;
		match->tests[i].by = filter->by;
		match->tests[i].is_excluded = filter->is_excluded;
		match->tests[i].is_outside = is_zone && strcmp(filter->value, "outside-eea") == 0;
		match->tests[i].value = value_of_word(filter->by, filter->value);
	}
}

/* Of the values wanted of a dimension any, of those excluded none. */
bool view_matches_cell(const struct view_match *match, const struct cell_key *key)
{
	uint32_t wanted = 0, found = 0;

	for (unsigned i = 0; i < match->count; i++) {
		uint32_t value;
		bool is_there = view_value_of(match->tests[i].by, key, &value);
		bool is_it =
			is_there && (match->tests[i].is_outside ? geo_zone_is_outside(value)
								: value == match->tests[i].value);
		if (match->tests[i].is_excluded && is_it) {
			return false;
		}
		if (!match->tests[i].is_excluded) {
			wanted |= 1u << match->tests[i].by;
			found |= is_it ? 1u << match->tests[i].by : 0;
		}
	}
	return wanted == found;
}
