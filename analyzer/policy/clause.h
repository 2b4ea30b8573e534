/* A clause: which traffic (match) of which devices (scope). Rules and exceptions have one each.
 *
 * Names are resolved when the file is read: apps, categories, families and owners to a set of
 * apps; units, groups and protection values to a set of units. What is left for a
 * decision are bits and small lists.
 *
 * Memory   the sets belong to the clause (clause_deinit); names point into the file's tree.
 * Threads  read-only once read. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/policy/number_set.h"
#include "analyzer/record/record.h"

/* Two capital letters as a number; CLAUSE_COUNTRIES for any other text. */
enum { CLAUSE_COUNTRIES = 26 * 26 };
uint32_t clause_country_number(const char *code);

/* How close a clause looks at the traffic, the closest first. */
enum match_rank {
	MATCH_RANK_NAME,
	MATCH_RANK_APP,
	MATCH_RANK_FAMILY,
	MATCH_RANK_OWNER,
	MATCH_RANK_CATEGORY,
	MATCH_RANK_ASN,
	MATCH_RANK_COUNTRY, /* and zone */
	MATCH_RANK_ANY
};

/* How close it looks at the device. Units make a layer of their own above these. */
enum scope_rank { SCOPE_RANK_CLASS, SCOPE_RANK_GROUP, SCOPE_RANK_ALL };

/* Everything given must hold; a word with several values holds with any of them. */
struct clause {
	struct number_set apps;      /* symbols, as those of units and classes */
	struct number_set countries; /* clause_country_number() of the parent country */
	struct number_set units, classes;
	const char **names; /* suffixes, on label boundaries */
	uint32_t *asns;
	uint32_t name_count, asn_count;
	uint16_t zones;     /* bits of enum geo_zone; 0 any */
	uint8_t match_rank; /* enum match_rank */
	uint8_t scope_rank; /* enum scope_rank */
	bool is_of_unit;
};

/* Read the values of the words "match" (clause_match.c) and "scope" (clause_scope.c). Units and
 * classes are known by then. */
struct policy_reader;
struct yaml_node;
void clause_read_match(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause);
void clause_read_scope(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause);
void clause_deinit(struct clause *clause);

/* Does the record's traffic fit, apart from its app? And its device? The decision's unit and class
 * are set by then. */
bool clause_holds(const struct clause *clause, const struct record *record);
