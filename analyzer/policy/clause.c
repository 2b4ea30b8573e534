#include "analyzer/policy/clause.h"

#include <stdlib.h>
#include <string.h>

uint32_t clause_country_number(const char *code)
{
	unsigned first = (unsigned)(code[0] - 'A');
	unsigned second = first < 26 ? (unsigned)(code[1] - 'A') : 26;

	return first < 26 && second < 26 ? first * 26 + second : CLAUSE_COUNTRIES;
}

void clause_deinit(struct clause *clause)
{
	number_set_deinit(&clause->apps);
	number_set_deinit(&clause->countries);
	number_set_deinit(&clause->units);
	number_set_deinit(&clause->classes);
	free(clause->names);
	free(clause->asns);
}

static bool is_below(const char *name, size_t length, const char *suffix)
{
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length &&
	       memcmp(name + length - suffix_length, suffix, suffix_length) == 0 &&
	       (length == suffix_length || name[length - suffix_length - 1] == '.');
}

/* Names of certificates and outer names of ECH stand for more than this one service. */
static bool has_name(const struct clause *clause, const struct l7_info *l7)
{
	for (unsigned i = 0; i < l7->name_count; i++) {
		if (l7->names[i].source > NAME_DNS_CNAME) {
			continue;
		}
		for (uint32_t j = 0; j < clause->name_count; j++) {
			if (is_below(l7_info_name(l7, i), l7->names[i].length, clause->names[j])) {
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

bool clause_holds(const struct clause *clause, const struct record *record)
{
	return number_set_has(&clause->units, record->decision.unit) &&
	       number_set_has(&clause->classes, record->decision.class_) &&
	       (clause->zones == 0 || (clause->zones >> record->place.zone & 1) != 0) &&
	       (!clause->countries.words ||
		       number_set_has(&clause->countries,
			       clause_country_number(record->verdict.parent_country))) &&
	       (!clause->asns || has_asn(clause, record->place.asn)) &&
	       (!clause->names || has_name(clause, &record->l7));
}
