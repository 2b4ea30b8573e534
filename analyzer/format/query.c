#include "analyzer/format/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/format/query_parse.h"

static bool contains(const char *text, size_t length, const struct query_value *value)
{
	for (size_t at = 0; at + value->length <= length; at++) {
		if (strncasecmp(text + at, value->text, value->length) == 0) {
			return true;
		}
	}
	return false;
}

static bool test_order(enum query_test test, int order)
{
	switch (test) {
	case QUERY_LESS:
		return order < 0;
	case QUERY_AT_MOST:
		return order <= 0;
	case QUERY_GREATER:
		return order > 0;
	case QUERY_AT_LEAST:
		return order >= 0;
	default:
		return order == 0;
	}
}

static bool test_text(
	enum query_test test, const char *text, size_t length, const struct query_value *value)
{
	size_t shorter = length < value->length ? length : value->length;

	if (test == QUERY_CONTAINS) {
		return contains(text, length, value);
	}
	int order = strncasecmp(text, value->text, shorter);
	return test_order(
		test, order ? order : (length > value->length) - (length < value->length));
}

static bool test_number(enum query_test test, uint64_t number, uint64_t wanted)
{
	return test_order(test, (number > wanted) - (number < wanted));
}

static bool test_value(const struct query_node *node, const struct field *field,
	const struct field_value *got, const struct query_value *wanted)
{
	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		return test_text(node->test, got->text, got->length, wanted);
	case FIELD_WORDS:
	case FIELD_TEXTS:
		for (unsigned i = 0; i < got->count; i++) {
			if (test_text(node->test, got->items[i], strlen(got->items[i]), wanted)) {
				return true;
			}
		}
		return false;
	case FIELD_ADDR:
		return prefix_contains(&wanted->prefix, got->addr);
	default:
		return test_number(node->test, got->number, wanted->number);
	}
}

static bool test_field(const struct query *query, const struct query_node *node,
	const struct field *field, const struct field_view *view)
{
	struct field_value got;

	if (!field_get_asked(field, view, &got)) {
		return query_tests_no_country(query, node, field, view);
	}
	if (node->test == QUERY_PRESENT) {
		return field->type != FIELD_BOOL || got.number != 0;
	}
	for (unsigned i = 0; i < node->value_count; i++) {
		if (test_value(node, field, &got, &query->values[node->first_value + i])) {
			return true;
		}
	}
	return false;
}

static bool match_node(const struct query *query, unsigned index, const struct field_view *view)
{
	const struct query_node *node = &query->nodes[index];

	switch (node->kind) {
	case QUERY_AND:
		return match_node(query, node->left, view) && match_node(query, node->right, view);
	case QUERY_OR:
		return match_node(query, node->left, view) || match_node(query, node->right, view);
	case QUERY_NOT:
		return !match_node(query, node->left, view);
	default:
		return test_field(query, node, node->fields[0], view) ||
		       (node->fields[1] && test_field(query, node, node->fields[1], view));
	}
}

const struct field *query_field(const struct query *query, unsigned index)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		const struct query_node *node = &query->nodes[i];
		for (unsigned f = 0; f < 2 && node->kind == QUERY_TEST && node->fields[f]; f++) {
			if (index-- == 0) {
				return node->fields[f];
			}
		}
	}
	return NULL;
}

void query_asks(const struct query *query, struct field_set *set)
{
	const struct field *field;

	for (unsigned i = 0; (field = query_field(query, i)); i++) {
		field_set_add(set, field);
	}
}

bool query_asks_app(const struct query *query)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		const struct query_node *node = &query->nodes[i];
		if (node->kind == QUERY_TEST && field_is_of_app(node->fields[0])) {
			return true;
		}
	}
	return false;
}

bool query_names_flows(const struct query *query)
{
	const struct field *field;
	bool has_one = false;

	for (unsigned i = 0; (field = query_field(query, i)); i++) {
		has_one |= field->type == FIELD_ID;
	}
	return has_one;
}

void query_each_word(const struct query *query, query_word *tell, void *context)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		const struct query_node *node = &query->nodes[i];
		const struct field *field = node->fields[0];
		if (node->kind != QUERY_TEST || node->test != QUERY_EQUAL ||
			(field->type != FIELD_WORD && field->type != FIELD_WORDS &&
				field->type != FIELD_ID)) {
			continue;
		}
		for (unsigned v = 0; v < node->value_count; v++) {
			const struct query_value *value = &query->values[node->first_value + v];
			char id[24];
			int length = snprintf(id, sizeof(id), "f%016" PRIx64, value->number);
			bool is_id = field->type == FIELD_ID;
			tell(context, field, is_id ? id : value->text,
				is_id ? (size_t)length : value->length);
		}
	}
}

bool query_match(const struct query *query, const struct field_view *view)
{
	return match_node(query, query->root, view);
}

void query_free(struct query *query)
{
	free(query);
}
