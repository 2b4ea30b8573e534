/* The word "match" of a rule or an exception: which traffic it speaks of (clause.h). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyzer/policy/clause.h"
#include "analyzer/policy/policy_model.h"
#include "analyzer/policy/policy_words.h"
#include "analyzer/record/symbols.h"

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
	for (unsigned i = 0; i < catalogue_app_count(catalogue); i++) {
		const struct app *app = catalogue_app_at(catalogue, i);
		policy_guess_try(guess, test == app_has_id         ? app->id
					: test == app_has_category ? app->category
					: test == app_has_family   ? app->family
								   : app->owner);
	}
}

/* The closest, else those with the word in their name: "bankid" is of Sweden or of Norway. */
static void refuse_apps(struct policy_reader *reader, const struct yaml_node *item, app_test *test,
	const char *what)
{
	struct policy_guess guess = policy_guess(item->text);
	char hint[160];
	struct text text;

	text_init(&text, hint, sizeof(hint));
	suggest_app_text(reader->catalogue, test, &guess);
	if (guess.best || test != app_has_id) {
		policy_guess_text(&guess, hint);
	} else {
		catalogue_suggest(reader->catalogue, item->text, &text);
	}
	policy_error(reader, item, "the catalogue has no %s \"%.60s\"%s", what, item->text, hint);
}

static void set_rank(struct clause *clause, enum match_rank rank)
{
	clause->match_rank = rank < clause->match_rank ? (uint8_t)rank : clause->match_rank;
}

static void read_apps(struct policy_reader *reader, const struct yaml_node *value, app_test *test,
	const char *what, struct clause *clause, enum match_rank rank)
{
	const struct catalogue *catalogue = reader->catalogue;
	const struct yaml_node *item = NULL;
	unsigned count = catalogue_app_count(catalogue);
	struct number_set set;

	policy_new_set(reader, value, symbol_highest(SYMBOL_APP) + 1, &set);
	while ((item = policy_next_text(reader, value, item))) {
		/* An app goes by any name that the commands take. */
		uint16_t named = test == app_has_id ? catalogue_resolve(catalogue, item->text) : 0;
		bool is_found = false;
		for (unsigned i = 0; i < count; i++) {
			const struct app *app = catalogue_app_at(catalogue, i);
			if (named ? app->symbol == named : test(app, item->text)) {
				number_set_add(&set, app->symbol);
				is_found = true;
			}
		}
		if (!is_found) {
			refuse_apps(reader, item, test, what);
		}
	}
	number_set_narrow(&clause->apps, &set);
	set_rank(clause, rank);
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

static void read_countries(
	struct policy_reader *reader, const struct yaml_node *value, struct number_set *countries)
{
	const struct yaml_node *item = NULL;

	policy_new_set(reader, value, CLAUSE_COUNTRIES, countries);
	while ((item = policy_next_text(reader, value, item))) {
		uint32_t number = clause_country_number(item->text);
		if (strcmp(item->text, "UK") == 0) {
			policy_error(reader, item,
				"the United Kingdom has the code GB (ISO 3166); found \"UK\"");
		} else if (number == CLAUSE_COUNTRIES || item->text[2] != '\0') {
			policy_error(reader, item,
				"expected a country as two capital letters such as CN, found "
				"\"%.60s\"",
				item->text);
		} else {
			number_set_add(countries, number);
			policy_note_country(reader, item);
		}
	}
}

static void read_parent_country(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	read_countries(reader, value, &clause->parent_countries);
	set_rank(clause, MATCH_RANK_CONTROL);
}

static void read_owner_country(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	read_countries(reader, value, &clause->owner_countries);
	set_rank(clause, MATCH_RANK_CONTROL);
}

static void read_server_country(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	read_countries(reader, value, &clause->server_countries);
	clause->place_rank = PLACE_RANK_COUNTRY;
}

static void read_operator_country(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	read_countries(reader, value, &clause->operator_countries);
	if (clause->network_rank == NETWORK_RANK_ANY) {
		clause->network_rank = NETWORK_RANK_OPERATOR;
	}
}

static void read_direction(
	struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	static const char *const names[] = { "outbound", "inbound" };
	struct clause *clause = target;
	int choice = policy_read_choice(reader, value, "a direction", names, 2);

	if (choice >= 0) {
		clause->directions |= (uint8_t)(1 << choice);
	}
}

/* "20000", "20 kB", "1MB". */
static void read_bytes_up(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	const char *text = policy_read_text(reader, value);
	char *end = NULL;
	unsigned long long number = text ? strtoull(text, &end, 10) : 0;

	if (!text) {
		return;
	}
	while (*end == ' ') {
		end++;
	}
	uint64_t unit = strcmp(end, "") == 0         ? 1
			: strcasecmp(end, "kB") == 0 ? 1000
			: strcasecmp(end, "MB") == 0 ? 1000000
						     : 0;
	if (text[0] < '1' || text[0] > '9' || unit == 0 || number > UINT32_MAX) {
		policy_error(reader, value,
			"expected a number of bytes such as 20000, 20 kB or 1 MB, found \"%.60s\"",
			text);
		return;
	}
	((struct clause *)target)->bytes_up_least = number * unit;
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
	if (clause->place_rank == PLACE_RANK_ANY) {
		clause->place_rank = PLACE_RANK_ZONE;
	}
}

bool policy_read_asn(struct policy_reader *reader, const struct yaml_node *value, uint32_t *asn)
{
	struct yaml_node number = *value;

	number.text += strncasecmp(value->text, "AS", 2) == 0 ? 2 : 0;
	return policy_read_number(reader, &number, 1, UINT32_MAX, asn);
}

static void read_asn(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	clause->asns = calloc(policy_count_texts(value), sizeof(*clause->asns));
	if (!clause->asns) {
		policy_error(reader, value, "expected numbers of networks, or no memory");
		return;
	}
	while ((item = policy_next_text(reader, value, item))) {
		clause->asn_count +=
			policy_read_asn(reader, item, &clause->asns[clause->asn_count]);
	}
	clause->network_rank = NETWORK_RANK_ASN;
}

/* Host names of a value, made small and plain; what is none is said. */
static uint32_t read_host_names(
	struct policy_reader *reader, const struct yaml_node *value, const char ***names)
{
	const struct yaml_node *item = NULL;
	uint32_t count = 0;

	*names = calloc(policy_count_texts(value), sizeof(**names));
	if (!*names) {
		policy_error(reader, value, "expected names, or no memory");
		return 0;
	}
	while ((item = policy_next_text(reader, value, item))) {
		const char *name = policy_host_name(reader, item);
		if (name) {
			(*names)[count++] = name;
		}
	}
	return count;
}

static void read_name(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;

	clause->name_count = read_host_names(reader, value, &clause->names);
	set_rank(clause, MATCH_RANK_NAME);
}

/* Destinations that the rule does not speak of: apps by their id, and host names. */
static void read_approved(struct policy_reader *reader, const struct yaml_node *value, void *target)
{
	struct clause *clause = target;
	const struct yaml_node *item = NULL;

	clause->approved_names = calloc(policy_count_texts(value), sizeof(*clause->approved_names));
	policy_new_set(reader, value, symbol_highest(SYMBOL_APP) + 1, &clause->approved_apps);
	while (clause->approved_names && (item = policy_next_text(reader, value, item))) {
		uint16_t app = catalogue_find(reader->catalogue, item->text);
		const char *name = app ? NULL : policy_host_name(reader, item);
		if (app) {
			number_set_add(&clause->approved_apps, app);
		} else if (name) {
			clause->approved_names[clause->approved_name_count++] = name;
		}
	}
}

static const struct policy_word match_words[] = {
	{ "app", read_app },
	{ "category", read_category },
	{ "family", read_family },
	{ "owner", read_owner },
	{ "parent_country", read_parent_country },
	{ "owner_country", read_owner_country },
	{ "server_country", read_server_country },
	{ "operator_country", read_operator_country },
	{ "direction", read_direction },
	{ "bytes_up_least", read_bytes_up },
	{ "approved", read_approved },
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
