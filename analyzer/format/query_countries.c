/* What a reader calls a country, to the code that records hold. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "analyzer/format/query_parse.h"
#include "analyzer/policy/policy_words.h"
#include "base/text.h"
#include "geo/jurisdiction.h"

enum { CODE_LENGTH = 2 };

static const char unknown[] = "unknown", internal[] = "internal";

static bool ends_with(const char *path, const char *end)
{
	size_t length = strlen(path), end_length = strlen(end);

	return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

static bool is_country_test(const struct query_node *node)
{
	if (node->kind != QUERY_TEST || node->test != QUERY_EQUAL) {
		return false;
	}
	const struct field *field = node->fields[0];
	return field->type == FIELD_WORD &&
	       (ends_with(field->path, "_country") || ends_with(field->path, "country_iso_code"));
}

bool query_tests_no_country(const struct query *query, const struct query_node *node,
	const struct field *field, const struct field_view *view)
{
	const char *called = is_country_test(node) ? field_no_country(field, view) : NULL;

	for (unsigned i = 0; called && i < node->value_count; i++) {
		const struct query_value *value = &query->values[node->first_value + i];
		if (value->length == strlen(called) &&
			strncasecmp(value->text, called, value->length) == 0) {
			return true;
		}
	}
	return false;
}

bool query_names_countries(const struct query *query)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		if (is_country_test(&query->nodes[i])) {
			return true;
		}
	}
	return false;
}

static bool is_called(const struct geo_country *country, const char *name)
{
	bool is_it = strcasecmp(country->code, name) == 0;

	for (unsigned i = 0; i < GEO_LANGUAGE_COUNT && !is_it; i++) {
		is_it = strcasecmp(country->names[i], name) == 0;
	}
	return is_it;
}

/* The country of that name or code; NULL where there is none, and then guess has what is near. */
static const struct geo_country *find(
	const struct jurisdictions *table, const char *name, struct policy_guess *guess)
{
	for (char first = 'A'; first <= 'Z'; first++) {
		for (char second = 'A'; second <= 'Z'; second++) {
			const char code[] = { first, second, '\0' };
			const struct geo_country *country = jurisdictions_find(table, code);
			if (country && is_called(country, name)) {
				return country;
			}
			if (country && strlen(name) > CODE_LENGTH) {
				policy_guess_try(guess, country->names[GEO_EN]);
			}
		}
	}
	return NULL;
}

static int name_country(struct query *query, struct query_value *value,
	const struct jurisdictions *table, struct err *err)
{
	char typed[64], near[96], sentence[sizeof(err->text)];
	struct text text;

	if (value->length < CODE_LENGTH || value->length >= sizeof(typed)) {
		return err_set(err, EINVAL,
			"no country is called that; expected a code of two letters (SE), or its "
			"name");
	}
	memcpy(typed, value->text, value->length);
	typed[value->length] = '\0';
	if (strcasecmp(typed, unknown) == 0 || strcasecmp(typed, internal) == 0) {
		return 0;
	}
	struct policy_guess guess = policy_guess(typed);
	const struct geo_country *country = find(table, typed, &guess);
	if (country && strcmp(country->code, "ZZ") == 0) {
		value->text = unknown; /* as records have it */
		value->length = sizeof(unknown) - 1;
		return 0;
	}
	if (country) {
		/* Over what was typed, in the query's own copy: no name is shorter than a code. */
		memcpy(query->filter + (value->text - query->filter), country->code, CODE_LENGTH);
		value->length = CODE_LENGTH;
		return 0;
	}
	text_init(&text, sentence, sizeof(sentence));
	text_put(&text, "there is no country \"");
	text_put_terminal(&text, typed, strlen(typed));
	text_put_char(&text, '"');
	text_put(&text, policy_guess_text(&guess, near));
	text_put(&text, near[0] ? "" : "; expected a code of two letters (SE), or its name");
	return err_set(err, EINVAL, "%s", sentence);
}

int query_name_countries(struct query *query, const struct jurisdictions *table, struct err *err)
{
	for (unsigned i = 0; i < query->node_count; i++) {
		const struct query_node *node = &query->nodes[i];
		for (unsigned k = 0; is_country_test(node) && k < node->value_count; k++) {
			int status = name_country(
				query, &query->values[node->first_value + k], table, err);
			if (status < 0) {
				return status;
			}
		}
	}
	return 0;
}
