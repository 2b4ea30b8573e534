#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/catalogue/catalogue_parts.h"
#include "base/file.h"
#include "base/tsv.h"
#include "geo/geo.h"

/* Suffixes under which anybody can register a name. */
struct public_suffixes {
	struct name_index *names;
	char *texts[512];
	unsigned count;
};

struct check {
	const struct catalogue *catalogue;
	const struct geo *geo;
	FILE *out;
	struct public_suffixes public;
	struct name_index *winners[RULE_KIND_COUNT]; /* the last rule of each value */
	unsigned errors;
};

__attribute__((format(printf, 5, 6))) static void report(struct check *check, bool is_error,
	const char *file, unsigned line, const char *format, ...)
{
	va_list arguments;

	fprintf(check->out, "%s: %s:%u: ", is_error ? "error" : "note", file, line);
	va_start(arguments, format);
	vfprintf(check->out, format, arguments);
	va_end(arguments);
	fputc('\n', check->out);
	check->errors += is_error;
}

static void read_public_suffixes(struct check *check)
{
	static const char *const columns[] = { "suffix", NULL };
	struct public_suffixes *public = &check->public;
	char path[PATH_MAX];
	struct tsv *tsv;
	struct err err;

	public->names = name_index_create(sizeof(public->texts) / sizeof(public->texts[0]));
	if (!public->names ||
		file_find_data("analyzer/share/public-suffixes.tsv", path, &err) < 0 ||
		tsv_open(&tsv, path, columns, &err) < 0) {
		fprintf(check->out, "note: public suffixes are not checked: %s\n",
			public->names ? err.text : "out of memory");
		return;
	}
	while (tsv_next(tsv, &err) > 0 &&
		public->count < sizeof(public->texts) / sizeof(public->texts[0])) {
		char *text = strdup(tsv_cell(tsv, 0));
		if (text) {
			public->texts[public->count++] = text;
			name_index_add(public->names, text, 1);
		}
	}
	tsv_close(tsv);
}

static const char *app_id(const struct check *check, uint16_t app)
{
	return catalogue_app(check->catalogue, app)->id;
}

static void check_country(struct check *check, const struct ownership_fact *fact)
{
	const char *code = fact->value;
	bool is_code = strlen(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' &&
		       code[1] <= 'Z';
	const char *name = ownership_field_name((enum ownership_field)fact->field);

	if (*code == '\0') {
		return;
	}
	if (!is_code) {
		report(check, true, fact->file, fact->line,
			"%s of %s is \"%s\": expected two capital letters such as SE", name,
			app_id(check, fact->app), code);
	} else if (check->geo && !geo_country(check->geo, code)) {
		report(check, true, fact->file, fact->line, "%s of %s: no country has the code %s",
			name, app_id(check, fact->app), code);
	}
}

static void check_ownership(struct check *check, uint16_t app)
{
	const struct ownership_fact *facts;
	unsigned count = catalogue_ownership_facts(check->catalogue, app, &facts);

	for (unsigned i = 0; i < count; i++) {
		if (facts[i].field == OWNERSHIP_OWNER_COUNTRY ||
			facts[i].field == OWNERSHIP_PARENT_COUNTRY) {
			check_country(check, &facts[i]);
		}
		if (i > 0 && facts[i].field == facts[i - 1].field &&
			strcmp(facts[i].region, facts[i - 1].region) == 0 &&
			facts[i - 1].to_ns != UINT64_MAX && facts[i - 1].to_ns > facts[i].from_ns) {
			report(check, true, facts[i].file, facts[i].line,
				"%s of %s begins before the fact of %s:%u ends",
				ownership_field_name((enum ownership_field)facts[i].field),
				app_id(check, app), facts[i - 1].file, facts[i - 1].line);
		}
	}
}

static void check_app(struct check *check, const struct facts_app *app)
{
	check_ownership(check, app->app.symbol);
	if (app->app.category[0] == '\0') {
		report(check, true, app->file, app->line, "%s has no category", app->app.id);
	}
	if (app->app.owner[0] == '\0') {
		report(check, true, app->file, app->line, "%s has no owner", app->app.id);
	} else if (strcmp(app->app.owner, "various") != 0 &&
		   (app->app.owner_country[0] == '\0' || app->app.parent_country[0] == '\0')) {
		report(check, true, app->file, app->line,
			"%s has an owner, but no owner-country or no parent-country", app->app.id);
	}
}

/* The rule of a suffix above this name, shorter than it; NO_RULE. */
static uint32_t find_above(const struct catalogue *catalogue, const char *name)
{
	struct name_hit hits[NAME_HITS_MAX];
	size_t length = strlen(name);
	unsigned count = name_index_walk(catalogue->names, name, length, hits);

	while (count-- > 0) {
		uint32_t suffix = catalogue->nodes[hits[count].value].suffix;
		if (hits[count].length < length && suffix != NO_RULE) {
			return suffix;
		}
	}
	return NO_RULE;
}

/* Below another suffix of the same app, with the same marks, a rule decides nothing. */
static void check_reach(struct check *check, const struct catalogue_rule *rule)
{
	uint32_t above = rule->kind == RULE_HOST || rule->kind == RULE_SUFFIX
				 ? find_above(check->catalogue, rule->value)
				 : NO_RULE;
	const struct catalogue_rule *other = &check->catalogue->facts.rules[above];

	if (above != NO_RULE && other->kind == RULE_SUFFIX && other->app == rule->app &&
		other->embedded == rule->embedded && other->weak == rule->weak &&
		other->hides == rule->hides && strcmp(other->region, rule->region) == 0 &&
		(other->source[0] != '\0') >= (rule->source[0] != '\0')) {
		report(check, false, rule->file, rule->line,
			"%s of %s decides nothing: %s covers it", rule->value,
			app_id(check, rule->app), other->value);
	}
}

static void check_public(struct check *check, const struct catalogue_rule *rule)
{
	const char *name =
		rule->kind == RULE_FIRST_LABEL ? strchr(rule->value, '.') + 1 : rule->value;

	if (rule->kind != RULE_FIRST_LABEL && rule->kind != RULE_SUFFIX && rule->kind != RULE_TLD &&
		rule->kind != RULE_CDN_SUFFIX) {
		return;
	}
	bool is_country = rule->kind == RULE_TLD && strlen(name) == 2;
	if (is_country ||
		name_index_find(check->public.names, name, strlen(name)) != NAME_INDEX_NOTHING) {
		report(check, true, rule->file, rule->line,
			"%s of %s: anybody can register a name below %s", rule->value,
			app_id(check, rule->app), name);
	}
}

/* Suffixes of both kinds claim the same place. */
static unsigned place_of(const struct catalogue_rule *rule)
{
	return rule->kind == RULE_CDN_SUFFIX ? RULE_SUFFIX : rule->kind;
}

/* The last rule of each value. Without memory some overlaps go unseen. */
static void find_winners(struct check *check)
{
	const struct facts *facts = &check->catalogue->facts;

	for (unsigned kind = 0; kind < RULE_KIND_COUNT; kind++) {
		check->winners[kind] = name_index_create(16);
	}
	for (uint32_t i = 0; i < facts->rule_count; i++) {
		struct name_index *winners = check->winners[place_of(&facts->rules[i])];
		uint32_t *last = winners ? name_index_add(winners, facts->rules[i].value, i) : NULL;
		if (last) {
			*last = i;
		}
	}
}

/* Who claims the same; the later rule is in force. NULL: nobody. */
static const struct catalogue_rule *find_winner(
	const struct check *check, const struct catalogue_rule *rule)
{
	const struct name_index *winners = check->winners[place_of(rule)];
	uint32_t last = winners ? name_index_find(winners, rule->value, strlen(rule->value))
				: NAME_INDEX_NOTHING;
	const struct catalogue_rule *winner = &check->catalogue->facts.rules[last];

	return last != NAME_INDEX_NOTHING && winner != rule ? winner : NULL;
}

static void check_overlap(struct check *check, const struct catalogue_rule *rule)
{
	const struct catalogue_rule *winner =
		rule->overridden || rule->kind == RULE_PREFIX ? find_winner(check, rule) : NULL;

	if (!winner) {
		return;
	}
	report(check, winner->layer == rule->layer, rule->file, rule->line,
		"%s of %s is claimed again by %s (%s:%u), which wins", rule->value,
		app_id(check, rule->app), app_id(check, winner->app), winner->file, winner->line);
}

static bool is_public_address(const struct addr *addr)
{
	static const char *const special[] = { "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10",
		"127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
		"fc00::/7", "fe80::/10", "ff00::/8", "::/16" };

	for (unsigned i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		struct prefix prefix;
		prefix_parse(special[i], &prefix);
		/* IPv4 lies inside ::/16 as ::ffff:0:0/96. */
		if (prefix_contains(&prefix, addr) && !(prefix.bits == 16 && addr_is_v4(addr))) {
			return false;
		}
	}
	return true;
}

static void check_address(struct check *check, const struct catalogue_rule *rule)
{
	enum {
		V4_SHORTEST = 96 + 8,
		V6_SHORTEST = 19,
		ASN_16_BIT_LAST = 64495,
		ASN_PRIVATE_END = 131071
	};
	uint16_t ports[FACT_PORTS_MAX];
	struct prefix prefix;
	uint32_t asn;

	if (rule->kind == RULE_PREFIX) {
		fact_parse_prefix(rule->value, &prefix, ports);
		unsigned shortest = addr_is_v4(&prefix.addr) ? V4_SHORTEST : V6_SHORTEST;
		if (!is_public_address(&prefix.addr) || prefix.bits < shortest) {
			report(check, true, rule->file, rule->line,
				"%s of %s is not a public prefix of a sensible size", rule->value,
				app_id(check, rule->app));
		}
	}
	if (rule->kind == RULE_ASN) {
		fact_parse_asn(rule->value, &asn);
		/* 64496..131071: documentation, private and reserved numbers (RFC 5398, 6996,
		 * 7300). */
		if ((asn > ASN_16_BIT_LAST && asn <= ASN_PRIVATE_END) || asn >= 4200000000u) {
			report(check, true, rule->file, rule->line,
				"%s of %s is no public network number", rule->value,
				app_id(check, rule->app));
		}
	}
}

unsigned catalogue_check(const struct catalogue *catalogue, const struct geo *geo, FILE *out)
{
	struct check check = { .catalogue = catalogue, .geo = geo, .out = out };

	read_public_suffixes(&check);
	find_winners(&check);
	for (unsigned row = 1; row < catalogue->facts.app_count; row++) {
		check_app(&check, &catalogue->facts.apps[row]);
	}
	for (unsigned i = 0; i < catalogue->facts.rule_count; i++) {
		const struct catalogue_rule *rule = &catalogue->facts.rules[i];
		check_overlap(&check, rule);
		if (!rule->overridden) {
			check_reach(&check, rule);
			if (check.public.names) {
				check_public(&check, rule);
			}
		}
		check_address(&check, rule);
	}
	while (check.public.count > 0) {
		free(check.public.texts[--check.public.count]);
	}
	for (unsigned kind = 0; kind < RULE_KIND_COUNT; kind++) {
		name_index_destroy(check.winners[kind]);
	}
	name_index_destroy(check.public.names);
	return check.errors;
}
