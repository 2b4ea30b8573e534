#include "analyzer/policy/clause.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"

enum { COUNTRY_CODES = 26 * 26, LIST_MAX = 4096, NAME_BYTES_MAX = 253 };

/* "SE" as 0..675; COUNTRY_CODES where the text is not two capital letters. */
static inline uint32_t country_number(const char *code)
{
	unsigned first = (unsigned)(code[0] - 'A');
	unsigned second = first < 26 ? (unsigned)(code[1] - 'A') : 26;

	return first < 26 && second < 26 ? first * 26 + second : COUNTRY_CODES;
}

/* A set for the numbers below size, empty. Without memory it stays "any" and the
 * file is refused. */
static void set_init(struct policy_reader *reader, const struct yaml_node *at, uint32_t size,
	struct number_set *set)
{
	set->word_count = size / 64 + 1;
	set->words = calloc(set->word_count, sizeof(*set->words));
	if (!set->words) {
		policy_error(reader, at, "out of memory");
	}
}

static void set_add(struct number_set *set, uint32_t number)
{
	if (set->words) {
		set->words[number / 64] |= UINT64_C(1) << number % 64;
	}
}

/* Leaves what is in both; takes by over. Both are of the same size. */
static void set_narrow(struct number_set *set, struct number_set *by)
{
	if (!set->words) {
		*set = *by;
		return;
	}
	for (uint32_t i = 0; by->words && i < set->word_count; i++) {
		set->words[i] &= by->words[i];
	}
	free(by->words);
}

/* A word of a clause that says which apps: does this app fit the text? */
typedef bool app_test(const struct app *app, const char *text);

static bool app_has_id(const struct app *app, const char *text)
{
	return strcmp(app->id, text) == 0;
}

static bool app_has_category(const struct app *app, const char *text)
{
	return strcmp(app->category, text) == 0;
}

static bool app_has_family(const struct app *app, const char *text)
{
	return strcmp(app->family, text) == 0;
}

/* "ByteDance" is the beginning of "ByteDance Ltd. (Beijing)", as whole words. */
static bool begins_with_words(const char *name, const char *words)
{
	size_t length = strlen(words);
	char behind;

	if (strncasecmp(name, words, length) != 0) {
		return false;
	}
	behind = name[length];
	return behind == '\0' || strchr(" .,;/()", behind) != NULL;
}

static bool app_has_owner(const struct app *app, const char *text)
{
	return begins_with_words(app->owner, text) || begins_with_words(app->parent, text);
}

static void suggest_app_text(
	const struct catalogue *catalogue, app_test *test, struct policy_guess *guess)
{
	for (unsigned row = 1; row <= catalogue_app_count(catalogue); row++) {
		const struct app *app = catalogue_app(catalogue, (uint16_t)row);
		policy_guess_try(guess, test == app_has_id         ? app->id
					: test == app_has_category ? app->category
					: test == app_has_family   ? app->family
								   : app->owner);
	}
}

static void read_apps(struct policy_reader *reader, const struct yaml_node *value, app_test *test,
	const char *what, struct clause *clause, enum match_rank rank)
{
	const struct catalogue *catalogue = reader->catalogue;
	const struct yaml_node *item = NULL;
	unsigned count = catalogue_app_count(catalogue);
	struct number_set set;

	set_init(reader, value, count + 1, &set);
	while ((item = policy_next_text(reader, value, item))) {
		bool is_found = false;
		for (unsigned row = 1; row <= count; row++) {
			if (test(catalogue_app(catalogue, (uint16_t)row), item->text)) {
				set_add(&set, row);
				is_found = true;
			}
		}
		if (!is_found) {
			struct policy_guess guess = policy_guess(item->text);
			char hint[96];
			suggest_app_text(catalogue, test, &guess);
			policy_error(reader, item, "the catalogue has no %s \"%.60s\"%s", what,
				item->text, policy_guess_text(&guess, hint));
		}
	}
	set_narrow(&clause->apps, &set);
	clause->match_rank = rank < clause->match_rank ? (uint8_t)rank : clause->match_rank;
}

static void read_app(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_apps(reader, value, app_has_id, "app", target, MATCH_RANK_APP);
}

static void read_category(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_apps(reader, value, app_has_category, "category", target, MATCH_RANK_CATEGORY);
}

static void read_family(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_apps(reader, value, app_has_family, "family", target, MATCH_RANK_FAMILY);
}

static void read_owner(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	read_apps(reader, value, app_has_owner, "owner", target, MATCH_RANK_OWNER);
}

static void set_rank(struct clause *clause, enum match_rank rank)
{
	clause->match_rank = rank < clause->match_rank ? (uint8_t)rank : clause->match_rank;
}

static void read_parent_country(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	set_init(reader, value, COUNTRY_CODES, &clause->countries);
	while ((item = policy_next_text(reader, value, item))) {
		uint32_t number = country_number(item->text);
		if (number == COUNTRY_CODES || item->text[2] != '\0') {
			policy_error(reader, item,
				"expected a country as two capital letters such as CN, found "
				"\"%.60s\"",
				item->text);
		} else {
			set_add(&clause->countries, number);
		}
	}
	set_rank(clause, MATCH_RANK_COUNTRY);
}

/* The zone's own names, and "outside-eea" for every zone that is not eu, eea or internal. */
static void read_zone(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char outside[] = "outside-eea";
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	while ((item = policy_next_text(reader, value, item))) {
		struct policy_guess guess = policy_guess(item->text);
		enum geo_zone zone;
		char hint[96];
		if (strcmp(item->text, outside) == 0) {
			for (zone = 0; zone < GEO_ZONE_COUNT; zone++) {
				clause->zones |= (uint16_t)(geo_zone_is_outside(zone) << zone);
			}
		} else if (geo_zone_parse(item->text, &zone)) {
			clause->zones |= (uint16_t)(1 << zone);
		} else {
			policy_guess_try(&guess, outside);
			for (zone = 0; zone < GEO_ZONE_COUNT; zone++) {
				policy_guess_try(&guess, geo_zone_name(zone));
			}
			policy_error(reader, item,
				"expected a zone such as eu, eea, adequate, adequate_partial, "
				"third, unknown or outside-eea, found \"%.60s\"%s",
				item->text, policy_guess_text(&guess, hint));
		}
	}
	set_rank(clause, MATCH_RANK_COUNTRY);
}

static uint32_t count_texts(const struct yaml_node *value)
{
	uint32_t count = 0;

	if (value->kind != YAML_LIST) {
		return 1;
	}
	for (const struct yaml_node *item = value->child; item; item = item->next) {
		count++;
	}
	return count;
}

static void read_asn(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	clause->asns = calloc(count_texts(value), sizeof(*clause->asns));
	if (!clause->asns) {
		policy_error(reader, value, "expected numbers of networks, or no memory");
		return;
	}
	while ((item = policy_next_text(reader, value, item))) {
		const char *digits = item->text + (strncasecmp(item->text, "AS", 2) == 0 ? 2 : 0);
		struct yaml_node number = *item;
		number.text = (char *)digits;
		if (policy_read_number(
			    reader, &number, 1, UINT32_MAX, &clause->asns[clause->asn_count])) {
			clause->asn_count++;
		}
	}
	set_rank(clause, MATCH_RANK_ASN);
}

/* Names on the wire are in lower case and without a final dot (clues.h). */
static bool is_host_name(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_BYTES_MAX && text[0] != '.' &&
	       text[length - 1] != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == length;
}

static void read_name(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	clause->names = calloc(count_texts(value), sizeof(*clause->names));
	if (!clause->names) {
		policy_error(reader, value, "expected names, or no memory");
		return;
	}
	while ((item = policy_next_text(reader, value, item))) {
		if (is_host_name(item->text)) {
			clause->names[clause->name_count++] = item->text;
		} else {
			policy_error(reader, item,
				"expected a host name in small letters such as example.com (it "
				"holds for everything below it too), found \"%.60s\"",
				item->text);
		}
	}
	set_rank(clause, MATCH_RANK_NAME);
}

static const struct policy_word match_words[] = {
	{ "app", read_app },
	{ "category", read_category },
	{ "family", read_family },
	{ "owner", read_owner },
	{ "parent_country", read_parent_country },
	{ "zone", read_zone },
	{ "asn", read_asn },
	{ "name", read_name },
	{ NULL, NULL },
};

void clause_read_match(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause)
{
	if (value->kind == YAML_TEXT && strcmp(value->text, "any") == 0) {
		return;
	}
	if (value->kind != YAML_MAP || !value->child) {
		policy_error(reader, value,
			"expected what the rule speaks of, such as {app: tiktok}, or \"any\"");
		return;
	}
	policy_read_words(reader, value, "a match", match_words, clause);
}

static void read_scope_unit(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const struct policy *policy = reader->policy;
	struct clause *clause = target;
	const struct yaml_node *item = NULL;
	struct number_set set;

	set_init(reader, value, policy->unit_count + 1, &set);
	while ((item = policy_next_text(reader, value, item))) {
		struct policy_guess guess = policy_guess(item->text);
		uint16_t unit = policy_find_unit(policy, item->text);
		char hint[96];
		if (unit) {
			set_add(&set, unit);
			continue;
		}
		for (uint32_t i = 1; i <= policy->unit_count; i++) {
			policy_guess_try(&guess, policy->units[i].name);
		}
		policy_error(reader, item, "there is no unit \"%.60s\" in this file%s", item->text,
			policy_guess_text(&guess, hint));
	}
	set_narrow(&clause->units, &set);
	clause->is_of_unit = true;
}

static void read_scope_class(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const struct policy *policy = reader->policy;
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	set_init(reader, value, policy->class_count + 1, &clause->classes);
	while ((item = policy_next_text(reader, value, item))) {
		struct policy_guess guess = policy_guess(item->text);
		uint16_t class_ = policy_find_class(policy, item->text);
		char hint[96];
		if (class_) {
			set_add(&clause->classes, class_);
			continue;
		}
		for (uint32_t i = 1; i <= policy->class_count; i++) {
			policy_guess_try(&guess, policy->classes[i].name);
		}
		policy_error(reader, item, "there is no class \"%.60s\" in this file%s", item->text,
			policy_guess_text(&guess, hint));
	}
	clause->scope_rank = SCOPE_RANK_CLASS;
}

static void set_group_rank(struct clause *clause)
{
	if (clause->scope_rank == SCOPE_RANK_ALL) {
		clause->scope_rank = SCOPE_RANK_GROUP;
	}
}

static void read_scope_group(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const struct policy *policy = reader->policy;
	struct clause *clause = target;
	const struct yaml_node *item = NULL;
	struct number_set set;

	set_init(reader, value, policy->unit_count + 1, &set);
	while ((item = policy_next_text(reader, value, item))) {
		struct policy_guess guess = policy_guess(item->text);
		bool is_found = false;
		char hint[96];
		for (uint32_t i = 1; i <= policy->unit_count; i++) {
			if (strcmp(policy->units[i].group, item->text) == 0) {
				set_add(&set, i);
				is_found = true;
			}
			policy_guess_try(&guess, policy->units[i].group);
		}
		if (!is_found) {
			policy_error(reader, item, "no unit is of the group \"%.60s\"%s",
				item->text, policy_guess_text(&guess, hint));
		}
	}
	set_narrow(&clause->units, &set);
	set_group_rank(clause);
}

static void read_scope_protection(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = {
#define X(id, name) name,
		PROTECTION_VALUES(X)
#undef X
	};
	const struct policy *policy = reader->policy;
	struct clause *clause = target;
	struct number_set set;
	int least = policy_read_choice(
		reader, value, "a protection value", names, PROTECTION_VALUE_COUNT);

	if (least < 0) {
		return;
	}
	set_init(reader, value, policy->unit_count + 1, &set);
	for (uint32_t i = 1; i <= policy->unit_count; i++) {
		if (policy->units[i].protection >= least) {
			set_add(&set, i);
		}
	}
	set_narrow(&clause->units, &set);
	set_group_rank(clause);
}

static const struct policy_word scope_words[] = {
	{ "unit", read_scope_unit },
	{ "class", read_scope_class },
	{ "group", read_scope_group },
	{ "protection_at_least", read_scope_protection },
	{ "device", NULL },
	{ "internal_access", NULL },
	{ NULL, NULL },
};

void clause_read_scope(
	struct policy_reader *reader, const struct yaml_node *value, struct clause *clause)
{
	if (value->kind == YAML_TEXT && strcmp(value->text, "all") == 0) {
		return;
	}
	if (value->kind != YAML_MAP || !value->child) {
		policy_error(reader, value,
			"expected whom the rule is for, such as {class: phones}, or \"all\"");
		return;
	}
	policy_read_words(reader, value, "a scope", scope_words, clause);
}

void clause_deinit(struct clause *clause)
{
	free(clause->apps.words);
	free(clause->countries.words);
	free(clause->units.words);
	free(clause->classes.words);
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
static bool has_name(const struct clause *clause, const struct clues *clues)
{
	for (unsigned i = 0; i < clues->name_count; i++) {
		if (clues->names[i].source > NAME_DNS_CNAME) {
			continue;
		}
		for (uint32_t j = 0; j < clause->name_count; j++) {
			if (is_below(clues_name(clues, i), clues->names[i].length,
				    clause->names[j])) {
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
			       country_number(record->verdict.parent_country))) &&
	       (!clause->asns || has_asn(clause, record->place.asn)) &&
	       (!clause->names || has_name(clause, &record->clues));
}
