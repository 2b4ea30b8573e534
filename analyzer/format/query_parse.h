/* A parsed filter: what query_parse.c builds and query.c walks. */
#pragma once

#include <stdint.h>

#include "analyzer/format/query.h"
#include "base/addr.h"

enum {
	QUERY_LENGTH_MAX = 4096, /* of the filter's text */
	QUERY_NODES_MAX = 512,
	QUERY_VALUES_MAX = 512,
	QUERY_DEPTH_MAX = 64 /* of parentheses and "not" */
};

enum query_kind { QUERY_TEST, QUERY_AND, QUERY_OR, QUERY_NOT };

/* != and !~ are == and ~ under a QUERY_NOT. */
enum query_test {
	QUERY_PRESENT,
	QUERY_EQUAL,
	QUERY_CONTAINS,
	QUERY_LESS,
	QUERY_AT_MOST,
	QUERY_GREATER,
	QUERY_AT_LEAST
};

struct query_value {
	uint64_t number;      /* numbers, times, ids, booleans */
	struct prefix prefix; /* addresses */
	const char *text;     /* in the query's copy of the filter */
	uint32_t length;
};

struct query_node {
	uint8_t kind;                      /* enum query_kind */
	uint8_t test;                      /* enum query_test */
	uint16_t left, right;              /* of AND and OR; NOT has only left */
	uint16_t first_value, value_count; /* any of them; in query.values */
	const struct field *fields[2];     /* either of them; the second may be NULL */
};

struct query {
	unsigned root, node_count, value_count;
	struct query_node nodes[QUERY_NODES_MAX];
	struct query_value values[QUERY_VALUES_MAX];
	char filter[QUERY_LENGTH_MAX + 1];
};

/* Where the field has no value: does the test ask for what that is called? */
bool query_tests_no_country(const struct query *query, const struct query_node *node,
	const struct field *field, const struct field_view *view);
