/* The language as JSON Schema, for editors that complete and mark as one types. */
#include "analyzer/policy/policy_model.h"
#include "analyzer/drafting/policy_tools.h"
#include "base/json.h"
#include "base/text.h"

/* What a word takes; the schema's definitions have these names. */
static const char texts[] = "texts", text_or_languages[] = "freeText", date[] = "date",
		  yes_no[] = "yesNo", number[] = "number", place[] = "place", any[] = "any";

struct schema_word {
	const char *name, *type;
};

static const struct schema_word rule_words[] = { { "id", "id" }, { "match", "match" },
	{ "scope", "scope" }, { "action", "action" }, { "opens", texts }, { "blocked", yes_no },
	{ "confidence", number }, { "effective_from", date }, { "grace_until", date },
	{ "valid_to", date }, { "next_review", date }, { "severity", "severity" },
	{ "reference", text_or_languages }, { "risk_reference", text_or_languages },
	{ "basis", text_or_languages }, { "author", text_or_languages },
	{ "note", text_or_languages }, { "stage", "stage" }, { NULL, NULL } };

static const struct schema_word exception_words[] = { { "id", "id" }, { "rules", texts },
	{ "match", "match" }, { "scope", "scope" }, { "kind", any }, { "condition", any },
	{ "approver", text_or_languages }, { "reason", text_or_languages },
	{ "reference", text_or_languages }, { "valid_from", date }, { "valid_to", date },
	{ NULL, NULL } };

static const struct schema_word match_words[] = { { "app", texts }, { "name", texts },
	{ "family", texts }, { "owner", texts }, { "category", texts }, { "zone", texts },
	{ "asn", texts }, { "parent_country", texts }, { "owner_country", texts },
	{ "server_country", texts }, { "operator_country", texts }, { "direction", any },
	{ "bytes_up_least", any }, { "approved", texts }, { NULL, NULL } };

static const struct schema_word scope_words[] = { { "unit", texts }, { "class", texts },
	{ "class_type", texts }, { "group", texts }, { "protection_at_least", any },
	{ "device", texts }, { "internal_access", yes_no }, { "except", "scope" }, { NULL, NULL } };

static const struct schema_word place_words[] = { { "networks", texts }, { "vlans", any },
	{ "group", any }, { "protection", any }, { "type", any }, { "in_scope", yes_no },
	{ "internal_access", yes_no }, { "detail", any }, { NULL, NULL } };

static const struct schema_word service_words[] = { { "networks", texts }, { "apps", texts },
	{ "names", texts }, { "remember", any }, { NULL, NULL } };

static const struct schema_word policy_words[] = { { "organisation", text_or_languages },
	{ "reference", text_or_languages }, { "purpose", text_or_languages },
	{ "legal_basis", text_or_languages }, { "consultation_date", date }, { "language", any },
	{ "timezone", any }, { "country", any }, { "purpose_class", any }, { "informed", date },
	{ "consulted", date }, { "ends", date }, { "evaluate_by", date }, { "k", number },
	{ "coverage", number }, { "mode", "mode" }, { "own_networks", texts },
	{ "units", "places" }, { "classes", "places" }, { "blocking", any }, { "proxies", any },
	{ "counting", any }, { "internal_services", "services" }, { "exempt_services", "services" },
	{ "treat_as", any }, { "watch_countries", texts }, { "assessments", any },
	{ "services", any }, { "expect", any }, { "monitoring", any }, { "alerts", any },
	{ "consequences", any }, { "rules", "rules" }, { "exceptions", "exceptions" },
	{ NULL, NULL } };

static void put_reference(struct json *json, const char *key, const char *type)
{
	struct text path;
	char memory[64];

	text_init(&path, memory, sizeof(memory));
	text_printf(&path, "#/$defs/%s", type);
	json_object_begin(json, key);
	json_string(json, "$ref", memory);
	json_object_end(json);
}

static void put_words(struct json *json, const struct schema_word *words)
{
	json_object_begin(json, "properties");
	for (; words->name; words++) {
		put_reference(json, words->name, words->type);
	}
	json_object_end(json);
	json_bool(json, "additionalProperties", false);
}

static void put_object(struct json *json, const char *key, const struct schema_word *words)
{
	json_object_begin(json, key);
	json_string(json, "type", "object");
	put_words(json, words);
	json_object_end(json);
}

static void put_choice(struct json *json, const char *key, const char *const *names, unsigned count)
{
	json_object_begin(json, key);
	json_array_begin(json, "enum");
	for (unsigned i = 0; i < count; i++) {
		json_string(json, NULL, names[i]);
	}
	json_array_end(json);
	json_object_end(json);
}

static void put_either(struct json *json, const char *key, const char *first, const char *second)
{
	json_object_begin(json, key);
	json_array_begin(json, "type");
	json_string(json, NULL, first);
	json_string(json, NULL, second);
	json_array_end(json);
	json_object_end(json);
}

static void put_rows(struct json *json, const char *key, const char *type)
{
	json_object_begin(json, key);
	json_string(json, "type", "array");
	put_reference(json, "items", type);
	json_object_end(json);
}

static void put_definitions(struct json *json)
{
	static const char *const actions[] = { "deny", "allow", "report", "assess", "pending" };
	static const char *const severities[] = { "low", "medium", "high", "critical" };
	static const char *const modes[] = { "deny-list", "allow-list" };
	static const char *const stages[] = {
#define X(id, name) name,
		POLICY_STAGES(X)
#undef X
	};

	json_object_begin(json, "$defs");
	json_object_begin(json, any);
	json_object_end(json);
	put_either(json, text_or_languages, "string", "object");
	put_either(json, yes_no, "string", "boolean");
	put_either(json, number, "integer", "string");
	json_object_begin(json, date);
	json_string(json, "type", "string");
	json_string(json, "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}");
	json_object_end(json);
	json_object_begin(json, "id");
	json_string(json, "type", "string");
	json_string(json, "pattern", "^[A-Za-z0-9._-]{1,64}$");
	json_object_end(json);
	json_object_begin(json, texts);
	json_array_begin(json, "type");
	json_string(json, NULL, "string");
	json_string(json, NULL, "array");
	json_array_end(json);
	json_object_end(json);
	put_choice(json, "action", actions, 5);
	put_choice(json, "severity", severities, 4);
	put_choice(json, "mode", modes, 2);
	put_choice(json, "stage", stages, POLICY_STAGE_COUNT);
	put_object(json, "rule", rule_words);
	put_object(json, "exception", exception_words);
	put_rows(json, "rules", "rule");
	put_rows(json, "exceptions", "exception");
	put_object(json, "services", service_words);
	put_object(json, place, place_words);
	json_object_begin(json, "places");
	json_string(json, "type", "object");
	put_reference(json, "additionalProperties", place);
	json_object_end(json);
	const struct {
		const char *name, *word;
		const struct schema_word *words;
	} maps[] = { { "match", "any", match_words }, { "scope", "all", scope_words } };
	for (unsigned i = 0; i < 2; i++) {
		json_object_begin(json, maps[i].name);
		json_array_begin(json, "anyOf");
		json_object_begin(json, NULL);
		json_string(json, "const", maps[i].word);
		json_object_end(json);
		put_object(json, NULL, maps[i].words);
		json_array_end(json);
		json_object_end(json);
	}
	json_object_end(json);
}

void policy_put_schema(FILE *out)
{
	struct text text;

	text_init_heap(&text);
	struct json json = json_over(&text);
	json_object_begin(&json, NULL);
	json_string(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
	json_string(&json, "title", "borderflow policy");
	json_string(&json, "type", "object");
	put_words(&json, policy_words);
	put_definitions(&json);
	json_object_end(&json);
	fwrite(text.at, 1, text.length, out);
	fputc('\n', out);
	text_deinit(&text);
}
