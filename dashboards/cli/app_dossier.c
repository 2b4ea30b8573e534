#include "dashboards/cli/app_dossier.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { LABEL_COLUMNS = 18 };

struct page {
	const struct catalogue *catalogue;
	const struct geo *geo;
	uint16_t app;
	unsigned width, column;
	FILE *out;
};

static size_t columns_of(const char *text)
{
	size_t columns = 0;

	for (; *text; text++) {
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return columns;
}

/* Texts of the catalogue are a user's as well: nothing in them reaches the terminal unescaped. */
static void put(struct page *page, const char *string, size_t length)
{
	char memory[1024];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put_terminal(&text, string, length);
	fputs(memory, page->out);
	page->column += columns_of(memory);
}

static void begin_line(struct page *page, const char *label)
{
	page->column = (unsigned)fprintf(page->out, "  %-*s", LABEL_COLUMNS - 2, label);
}

/* One word, on the next line where this one is full. */
static void put_word(struct page *page, const char *word, size_t length)
{
	bool first = page->column <= LABEL_COLUMNS;

	if (!first && page->column + 1 + length > page->width) {
		page->column = (unsigned)fprintf(page->out, "\n%*s", LABEL_COLUMNS, "") - 1;
	} else if (!first) {
		page->column += (unsigned)fprintf(page->out, " ");
	}
	put(page, word, length);
}

static void put_words(struct page *page, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		if (length > 0) {
			put_word(page, text, length);
		}
		text += length + (text[length] == ' ');
	}
}

static void put_line(struct page *page, const char *label, const char *text)
{
	if (*text) {
		begin_line(page, label);
		put_words(page, text);
		fputc('\n', page->out);
	}
}

static const char *zone_sentence(enum geo_zone zone)
{
	switch (zone) {
	case GEO_ZONE_EU:
		return "inside the EU";
	case GEO_ZONE_EEA:
		return "inside the EEA";
	case GEO_ZONE_ADEQUATE:
		return "a third country with an adequacy decision";
	case GEO_ZONE_ADEQUATE_PARTIAL:
		return "a third country with an adequacy decision for some recipients only";
	case GEO_ZONE_THIRD:
		return "a third country without an adequacy decision";
	default:
		return "zone unknown";
	}
}

/* "ByteDance Ltd., China (CN): a third country without an adequacy decision" */
static void put_party(struct page *page, const char *label, const char *party, const char *code)
{
	const struct geo_country *country =
		page->geo && *code ? geo_country(page->geo, code) : NULL;
	char memory[1024];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_printf(&text, "%s", *party ? party : "unknown");
	if (country) {
		text_printf(&text, ", %s (%s): %s", country->names[GEO_EN], code,
			zone_sentence((enum geo_zone)country->zone));
	} else if (*code) {
		text_printf(&text, ", %s", code);
	}
	put_line(page, label, memory);
}

static const char *const hides_words[APP_HIDES_COUNT] = {
	[APP_HIDES_CONTENT] = "what goes through it",
	[APP_HIDES_RELAY] = "where what goes through it ends",
	[APP_HIDES_LOOKUPS] = "which names are looked up",
};

static void put_kind(struct page *page, const struct app *app)
{
	char memory[512];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	text_put(&text, app->category);
	if (*app->family) {
		text_printf(&text, ", family %s", app->family);
	}
	if (app->embedded) {
		text_put(&text, "; embedded in other apps and pages, so a flow is no proof of use");
	}
	if (app->shared) {
		text_put(&text, "; infrastructure that others stand on");
	}
	if (app->hides != APP_HIDES_NOTHING) {
		text_printf(&text, "; hides %s", hides_words[app->hides]);
	}
	put_line(page, "Kind", memory);
}

/* The groups in which rules are shown. */
enum group {
	GROUP_NAMES,
	GROUP_EMBEDDED,
	GROUP_WEAK,
	GROUP_CDN,
	GROUP_LABELS,
	GROUP_WORDS,
	GROUP_ADDRESSES,
	GROUP_NETWORKS,
	GROUP_SHARED_NETWORKS,
	GROUP_COUNT
};

static const char *const group_labels[GROUP_COUNT] = {
	[GROUP_NAMES] = "Names",
	[GROUP_EMBEDDED] = "Embedded only",
	[GROUP_WEAK] = "Weak names",
	[GROUP_CDN] = "Customers below",
	[GROUP_LABELS] = "Labels",
	[GROUP_WORDS] = "Words",
	[GROUP_ADDRESSES] = "Addresses",
	[GROUP_NETWORKS] = "Own networks",
	[GROUP_SHARED_NETWORKS] = "Also found in",
};

static enum group group_of(const struct catalogue_rule *rule)
{
	if (rule->kind == RULE_ASN) {
		return rule->shared ? GROUP_SHARED_NETWORKS : GROUP_NETWORKS;
	}
	if (rule->kind == RULE_PREFIX) {
		return GROUP_ADDRESSES;
	}
	if (rule->kind == RULE_LABEL || rule->kind == RULE_NO_LABEL) {
		return GROUP_LABELS;
	}
	if (rule->kind >= RULE_ALPN) {
		return GROUP_WORDS;
	}
	if (rule->embedded) {
		return GROUP_EMBEDDED;
	}
	if (rule->weak) {
		return GROUP_WEAK;
	}
	return rule->kind == RULE_CDN_SUFFIX ? GROUP_CDN : GROUP_NAMES;
}

static bool next_rule(const struct page *page, unsigned *index, enum group group,
	const struct catalogue_rule **rule)
{
	const uint32_t *rules;
	unsigned count = catalogue_rules_of(page->catalogue, page->app, &rules);

	for (; *index < count; (*index)++) {
		*rule = catalogue_rule(page->catalogue, rules[*index]);
		if (!(*rule)->overridden && group_of(*rule) == group) {
			(*index)++;
			return true;
		}
	}
	return false;
}

/* "doh-* 443 (not below)", "AnyNet Relay (cert)": what a rule's text alone does not say. */
static void write_value(struct text *text, const struct catalogue_rule *rule)
{
	text_put(text, rule->value);
	if (rule->kind == RULE_NO_LABEL) {
		text_put(text, " (not below)");
	} else if (rule->kind == RULE_TLD || rule->kind >= RULE_ALPN) {
		text_printf(text, " (%s)", rule_kind_name((enum rule_kind)rule->kind));
	}
	if (rule->hides != APP_HIDES_NOTHING) {
		text_printf(text, " (hides %s)", hides_words[rule->hides]);
	}
	if (*rule->region) {
		text_printf(text, " (%s)", rule->region);
	}
	text_put(text, rule->source[0] ? "" : "*");
}

/* A star marks what nobody has verified. */
static void put_group(struct page *page, enum group group)
{
	const struct catalogue_rule *rule;
	bool any = false;

	for (unsigned i = 0; next_rule(page, &i, group, &rule); any = true) {
		char memory[320];
		struct text text;
		text_init(&text, memory, sizeof(memory));
		write_value(&text, rule);
		if (!any) {
			begin_line(page, group_labels[group]);
		}
		put_word(page, text.at, text.length);
	}
	if (any) {
		fputc('\n', page->out);
	}
}

/* What the own networks prove: who else is there. */
static void put_network_note(struct page *page)
{
	const struct catalogue_rule *rule;
	bool proves = false, several = false;

	for (unsigned i = 0; next_rule(page, &i, GROUP_NETWORKS, &rule);) {
		uint32_t asn = (uint32_t)strtoul(rule->value + 2, NULL, 10);
		bool alone = catalogue_match_asn(page->catalogue, asn).app == page->app;
		proves |= alone;
		several |= !alone;
	}
	if (several) {
		put_line(page, "",
			proves ? "(some of them also serve other apps, and prove only the owner)"
			       : "(they also serve other apps, and prove only the owner)");
	}
}

/* The sources of the rules, each once, with how many rules it verifies. */
static void put_sources(struct page *page)
{
	const char *sources[16];
	unsigned counts[16] = { 0 }, source_count = 0;
	const uint32_t *rules;
	unsigned rule_count = catalogue_rules_of(page->catalogue, page->app, &rules);

	for (unsigned i = 0; i < rule_count; i++) {
		const struct catalogue_rule *rule = catalogue_rule(page->catalogue, rules[i]);
		unsigned at = 0;
		if (rule->overridden) {
			continue;
		}
		while (at < source_count && strcmp(sources[at], rule->source) != 0) {
			at++;
		}
		if (at == source_count && at < sizeof(sources) / sizeof(sources[0])) {
			sources[source_count++] = rule->source;
		}
		counts[at < source_count ? at : 0]++;
	}
	char memory[1024];
	struct text text;
	text_init(&text, memory, sizeof(memory));
	for (unsigned i = 0; i < source_count; i++) {
		text_printf(&text, "%s%s (%u)", i ? ", " : "",
			sources[i][0] ? sources[i] : "unverified, marked *", counts[i]);
	}
	put_line(page, "Verified by", memory);
}

static void put_day(struct text *text, const char *word, uint64_t time_ns)
{
	char day[11];

	if (time_ns != 0 && time_ns != UINT64_MAX) {
		clock_format_date(time_ns, day);
		text_printf(text, " %s %s", word, day);
	}
}

/* Facts that hold at a time or in a part of the service alone: "parent: … from 2026-01-22 (US)". */
static void put_history(struct page *page)
{
	const struct ownership_fact *facts;
	unsigned count = catalogue_ownership_facts(page->catalogue, page->app, &facts);
	const char *label = "Over time";

	for (unsigned i = 0; i < count; i++) {
		const struct ownership_fact *fact = &facts[i];
		char memory[1024];
		struct text text;
		bool is_plain = fact->from_ns == 0 && fact->to_ns == UINT64_MAX && !*fact->region;
		bool has_next = i + 1 < count && facts[i + 1].field == fact->field;
		bool has_previous = i > 0 && facts[i - 1].field == fact->field;
		if (is_plain && !has_next && !has_previous) {
			continue;
		}
		text_init(&text, memory, sizeof(memory));
		text_printf(&text, "%s: %s",
			ownership_field_name((enum ownership_field)fact->field),
			*fact->value ? fact->value : "none");
		put_day(&text, "from", fact->from_ns);
		put_day(&text, "to", fact->to_ns);
		text_printf(&text, "%s%s (%s)", *fact->region ? ", in its part " : "", fact->region,
			*fact->source ? fact->source : "unverified");
		put_line(page, label, memory);
		label = "";
	}
}

void app_dossier_print(const struct dossier *dossier, uint16_t app, unsigned width, FILE *out)
{
	struct page page = { dossier->catalogue, dossier->geo, app, width, 0, out };
	const struct app *row = catalogue_app(dossier->catalogue, app);
	struct ownership then =
		catalogue_ownership_at(dossier->catalogue, app, dossier->time_ns, "");

	put(&page, row->name, strlen(row->name));
	fprintf(out, " (%s)\n", row->id);
	put_kind(&page, row);
	put_party(&page, "Contracted by", then.owner, then.owner_country);
	put_party(&page, "Controlled by", then.parent, then.parent_country);
	put_history(&page);
	put_line(&page, "Note", row->notes);
	for (enum group group = 0; group < GROUP_COUNT; group++) {
		put_group(&page, group);
		if (group == GROUP_NETWORKS) {
			put_network_note(&page);
		}
	}
	put_sources(&page);
}

static void write_party(struct json *json, const struct geo *geo, const char *key,
	const char *party, const char *code)
{
	const struct geo_country *country = geo && *code ? geo_country(geo, code) : NULL;

	json_object_begin(json, key);
	json_string(json, "name", party);
	json_string(json, "country", code);
	if (country) {
		json_string(json, "zone", geo_zone_name((enum geo_zone)country->zone));
	}
	json_object_end(json);
}

static void write_rule(struct json *json, const struct catalogue_rule *rule)
{
	json_object_begin(json, NULL);
	json_string(json, "kind", rule_kind_name((enum rule_kind)rule->kind));
	json_string(json, "value", rule->value);
	json_string(json, "source", rule->source);
	json_bool(json, "verified", rule->source[0] != '\0');
	json_bool(json, "embedded", rule->embedded);
	json_bool(json, "weak", rule->weak);
	json_bool(json, "shared", rule->shared);
	if (rule->hides != APP_HIDES_NOTHING) {
		json_string(json, "hides_what", hides_words[rule->hides]);
	}
	if (*rule->region) {
		json_string(json, "region", rule->region);
	}
	json_string(json, "file", rule->file);
	json_u64(json, "line", rule->line);
	json_object_end(json);
}

static void write_day(struct json *json, const char *key, uint64_t time_ns)
{
	char day[11];

	if (time_ns != 0 && time_ns != UINT64_MAX) {
		clock_format_date(time_ns, day);
		json_string(json, key, day);
	}
}

static void write_ownership(struct json *json, const struct ownership_fact *fact)
{
	json_object_begin(json, NULL);
	json_string(json, "field", ownership_field_name((enum ownership_field)fact->field));
	json_string(json, "value", fact->value);
	write_day(json, "from", fact->from_ns);
	write_day(json, "to", fact->to_ns);
	if (*fact->region) {
		json_string(json, "region", fact->region);
	}
	json_string(json, "source", fact->source);
	json_bool(json, "verified", fact->source[0] != '\0');
	json_string(json, "file", fact->file);
	json_u64(json, "line", fact->line);
	json_object_end(json);
}

void app_dossier_write_json(const struct dossier *dossier, uint16_t app, struct json *json)
{
	const struct catalogue *catalogue = dossier->catalogue;
	const struct app *row = catalogue_app(catalogue, app);
	struct ownership then = catalogue_ownership_at(catalogue, app, dossier->time_ns, "");

	json_object_begin(json, NULL);
	json_string(json, "id", row->id);
	json_string(json, "name", row->name);
	json_string(json, "category", row->category);
	json_string(json, "family", row->family);
	write_party(json, dossier->geo, "owner", then.owner, then.owner_country);
	write_party(json, dossier->geo, "parent", then.parent, then.parent_country);
	json_string(json, "verified", row->verified);
	json_string(json, "note", row->notes);
	json_bool(json, "embedded", row->embedded);
	json_bool(json, "shared", row->shared);
	json_bool(json, "hides", row->hides != APP_HIDES_NOTHING);
	if (row->hides != APP_HIDES_NOTHING) {
		json_string(json, "hides_what", hides_words[row->hides]);
	}
	json_array_begin(json, "ownership");
	const struct ownership_fact *facts;
	unsigned count = catalogue_ownership_facts(catalogue, app, &facts);
	for (unsigned i = 0; i < count; i++) {
		write_ownership(json, &facts[i]);
	}
	json_array_end(json);
	json_array_begin(json, "rules");
	const uint32_t *rules;
	count = catalogue_rules_of(catalogue, app, &rules);
	for (unsigned i = 0; i < count; i++) {
		const struct catalogue_rule *rule = catalogue_rule(catalogue, rules[i]);
		if (!rule->overridden) {
			write_rule(json, rule);
		}
	}
	json_array_end(json);
	json_object_end(json);
}
