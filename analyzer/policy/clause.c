#include "analyzer/policy/clause.h"

#include <stdlib.h>
#include <string.h>

uint32_t clause_country_number(const char *code)
{
	unsigned first = (unsigned)(code[0] - 'A');
	unsigned second = first < 26 ? (unsigned)(code[1] - 'A') : 26;

	return first < 26 && second < 26 ? first * 26 + second : CLAUSE_COUNTRIES;
}

void clause_init(struct clause *clause)
{
	clause->match_rank = MATCH_RANK_ANY;
	clause->place_rank = PLACE_RANK_ANY;
	clause->network_rank = NETWORK_RANK_ANY;
	clause->unit_rank = UNIT_RANK_ANY;
	clause->class_rank = CLASS_RANK_ANY;
	clause->access_rank = ACCESS_RANK_ANY;
}

void clause_deinit(struct clause *clause)
{
	number_set_deinit(&clause->apps);
	number_set_deinit(&clause->parent_countries);
	number_set_deinit(&clause->owner_countries);
	number_set_deinit(&clause->server_countries);
	number_set_deinit(&clause->operator_countries);
	number_set_deinit(&clause->units);
	number_set_deinit(&clause->classes);
	number_set_deinit(&clause->except.units);
	number_set_deinit(&clause->except.classes);
	number_set_deinit(&clause->approved_apps);
	prefix_index_destroy(clause->except.devices);
	prefix_index_destroy(clause->devices);
	free(clause->names);
	free(clause->approved_names);
	free(clause->asns);
}

bool clause_is_as_exact(const struct clause *a, const struct clause *b)
{
	return a->match_rank <= b->match_rank && a->place_rank <= b->place_rank &&
	       a->network_rank <= b->network_rank && a->unit_rank <= b->unit_rank &&
	       a->class_rank <= b->class_rank && a->access_rank <= b->access_rank;
}

bool clause_name_is_below(const char *name, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length &&
	       memcmp(name + length - suffix_length, suffix, suffix_length) == 0 &&
	       (length == suffix_length || name[length - suffix_length - 1] == '.');
}

/* Names of certificates and outer names of ECH stand for more than this one service. */
static bool has_name(const char *const *names, uint32_t count, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source > NAME_DNS_CNAME) {
			continue;
		}
		for (uint32_t j = 0; j < count; j++) {
			if (clause_name_is_below(
				    l7_info_name(l7, i), l7->names[i].length, names[j])) {
				return true;
			}
		}
	}
	return false;
}

static bool has_asn(const struct clause *clause, uint32_t asn)
{
	for (uint32_t i = 0; i < clause->asn_count; i++) {
		if (clause->asns[i] == asn) {
			return true;
		}
	}
	return false;
}

static bool has_country(const struct number_set *set, const char *code)
{
	return !set->words || number_set_has(set, clause_country_number(code));
}

static bool is_listed(const struct number_set *set, uint32_t number)
{
	return set->words && number_set_has(set, number);
}

static bool is_approved(const struct clause *clause, const struct record *record)
{
	return is_listed(&clause->approved_apps, record->verdict.app) ||
	       (clause->approved_names &&
		       has_name(clause->approved_names, clause->approved_name_count, &record->l7));
}

static bool is_device(const struct prefix_index *devices, const struct record *record)
{
	return devices && prefix_index_find(devices, record_own_addr(record)) != PREFIX_NONE;
}

static bool is_excepted(const struct clause *clause, const struct record *record)
{
	return is_listed(&clause->except.units, record->decision.unit) ||
	       is_listed(&clause->except.classes, record->decision.class_) ||
	       is_device(clause->except.devices, record);
}

bool clause_is_for(const struct clause *clause, const struct record *record, bool has_access)
{
	return number_set_has(&clause->units, record->decision.unit) &&
	       number_set_has(&clause->classes, record->decision.class_) &&
	       (!clause->devices || is_device(clause->devices, record)) &&
	       (clause->access == CLAUSE_ACCESS_ANY ||
		       has_access == (clause->access == CLAUSE_ACCESS_YES)) &&
	       !is_excepted(clause, record);
}

bool clause_speaks_of(const struct clause *clause, const struct record *record)
{
	return number_set_has(&clause->apps, record->verdict.app) &&
	       (clause->zones == 0 || (clause->zones >> record->place.zone & 1) != 0) &&
	       (clause->directions == 0 || (clause->directions >> record->direction & 1) != 0) &&
	       has_country(&clause->parent_countries, record->verdict.parent_country) &&
	       has_country(&clause->owner_countries, record->verdict.owner_country) &&
	       has_country(&clause->server_countries, record->place.country) &&
	       has_country(&clause->operator_countries, record->place.operator_country) &&
	       (!clause->asns || has_asn(clause, record->place.asn)) &&
	       (!clause->names || has_name(clause->names, clause->name_count, &record->l7)) &&
	       (clause->bytes_up_least == 0 ||
		       record->flow.total_bytes[record->own_side == RECORD_SOURCE ? 0 : 1] >=
			       clause->bytes_up_least) &&
	       !is_approved(clause, record);
}

bool clause_holds(const struct clause *clause, const struct record *record, bool has_access)
{
	return clause_is_for(clause, record, has_access) && clause_speaks_of(clause, record);
}
