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

#include "analyzer/catalogue/prefix_index.h"
#include "base/number_set.h"
#include "analyzer/record/record.h"

/* Two capital letters as a number; CLAUSE_COUNTRIES for any other text. */
enum { CLAUSE_COUNTRIES = 26 * 26 };
uint32_t clause_country_number(const char *code);

/* How exactly a clause looks, on each axis by itself, the most exact first. */
enum match_rank { /* whose service */
	MATCH_RANK_NAME,
	MATCH_RANK_APP,
	MATCH_RANK_FAMILY,
	MATCH_RANK_OWNER,
	MATCH_RANK_CATEGORY,
	MATCH_RANK_CONTROL, /* parent or owner country */
	MATCH_RANK_ANY
};
enum place_rank { PLACE_RANK_COUNTRY, PLACE_RANK_ZONE, PLACE_RANK_ANY };         /* where */
enum network_rank { NETWORK_RANK_ASN, NETWORK_RANK_OPERATOR, NETWORK_RANK_ANY }; /* through whom */
enum unit_rank { UNIT_RANK_UNIT, UNIT_RANK_GROUP, UNIT_RANK_ANY };               /* whose devices */
enum class_rank { CLASS_RANK_DEVICE, CLASS_RANK_CLASS, CLASS_RANK_ANY };         /* which devices */
enum access_rank { ACCESS_RANK_STATED, ACCESS_RANK_ANY };

enum clause_access { CLAUSE_ACCESS_ANY, CLAUSE_ACCESS_YES, CLAUSE_ACCESS_NO };

/* Devices and units by any of their names; empty: nobody. */
struct clause_devices {
	struct number_set units, classes; /* symbols; here NULL words mean none */
	struct prefix_index *devices;     /* own addresses; NULL none */
};

/* Everything given must hold; a word with several values holds with any of them. */
struct clause {
	struct number_set apps;             /* symbols */
	struct number_set parent_countries; /* clause_country_number() */
	struct number_set owner_countries, server_countries, operator_countries;
	struct number_set units, classes; /* symbols */
	struct prefix_index *devices;     /* own addresses; NULL any */
	struct clause_devices except;     /* for whom it does not hold after all */
	const char **names;               /* suffixes, on label boundaries */
	const char **approved_names;      /* destinations that it does not speak of */
	struct number_set approved_apps;  /* NULL words: none */
	uint32_t *asns;
	uint32_t name_count, approved_name_count, asn_count;
	uint64_t bytes_up_least; /* of the flow */
	uint16_t zones;          /* bits of enum geo_zone; 0 any */
	uint8_t directions;      /* bits of enum record_direction; 0 any */
	uint8_t access;          /* enum clause_access */
	uint8_t match_rank, place_rank, network_rank, unit_rank, class_rank, access_rank;
	bool is_of_unit; /* for a unit alone: it may add to what holds for all, not take away */
};

/* Speaks of all traffic of everybody. */
void clause_init(struct clause *clause);

/* Is a at least as exact as b on every axis? */
bool clause_is_as_exact(const struct clause *a, const struct clause *b);

/* Read the values of the words "match" (clause_match.c) and "scope" (clause_scope.c). Units and
 * classes are known by then. */
struct policy_reader;
struct yaml_node;
void clause_read_match(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause);
void clause_read_scope(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause);
void clause_deinit(struct clause *clause);

/* Does the record fit? The decision's unit and class are set by then; has_access: its device has
 * been seen with internal services. */
bool clause_holds(const struct clause *clause, const struct record *record, bool has_access);

/* The parts of that: is the record of these devices, and of this traffic? */
bool clause_is_for(const struct clause *clause, const struct record *record, bool has_access);
bool clause_speaks_of(const struct clause *clause, const struct record *record);

/* Is the name this suffix, or below it? */
bool clause_name_is_below(const char *name, size_t length, const char *suffix);
