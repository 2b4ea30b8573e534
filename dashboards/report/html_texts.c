/* Sections that are text: scope, legal basis, what no network can see, personal data, actions and
 * consequences, method, glossary. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/local_time.h"
#include "dashboards/report/html_page.h"
#include "dashboards/report/report_figures.h"

enum { NETWORKS_MAX = 1024 };

static void put_sentence(struct html_page *page, const char *element, const char *key,
	const char *name, const char *value)
{
	struct html_piece sentence;

	messages_put(page->messages, html_piece_start(&sentence), key, name, value, NULL);
	text_printf(page->out, "<%s>", element);
	html_put_escaped(page, sentence.memory);
	text_printf(page->out, "</%s>\n", element);
}

static void put_list(struct html_page *page, const char *const *keys)
{
	for (; *keys; keys++) {
		html_put_element(page, "li", *keys);
	}
}

/* Why this edition differs from the one before. */
void more_causes(struct html_page *page)
{
	static const char *const causes[CAUSE_COUNT] = { "cause_records", "cause_policy",
		"cause_catalogue", "cause_geo", "cause_desk" };
	const struct report_changes *changes = page->model->changes;
	bool is_known = false;

	for (unsigned i = 0; changes && i < CAUSE_COUNT; i++) {
		is_known |= changes->causes[i];
		if (changes->causes[i]) {
			html_put_element(page, "p", causes[i]);
		}
	}
	if (changes && !is_known) {
		html_put_element(page, "p", "cause_unknown");
	}
}

/* Own networks are counted: a plan of them is nobody else's business. */
void more_scope(struct html_page *page)
{
	const struct policy *policy = page->model->reference->policy;
	const struct local_zone *zone = html_zone(page);
	struct prefix networks[NETWORKS_MAX];
	size_t count = policy_own_networks(policy, networks, NETWORKS_MAX);
	struct html_piece number, units;

	text_put(page->out, "<dl class=\"facts wide\">\n");
	html_put_definition(page, "report_controller", policy_header(policy)->organisation);
	html_put_definition(page, "report_networks", html_count(page, &number, count));
	html_put_definition(
		page, "report_units", html_count(page, &units, policy_unit_count(policy)));
	html_put_definition(page, "report_zone", zone ? local_zone_name(zone) : "UTC");
	text_put(page->out, "</dl>\n");
}

/* messages_put_since() and messages_put_until(). */
typedef void put_moment(const struct messages *messages, struct text *text,
	const struct local_zone *zone, uint64_t time_ns);

static void put_day(struct html_page *page, const char *key, uint64_t time_ns, put_moment *put)
{
	struct html_piece date;

	html_piece_start(&date);
	if (time_ns) {
		put(page->messages, &date.text, html_zone(page), time_ns);
	}
	html_put_definition(page, key, date.memory);
}

void more_basis(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);

	text_put(page->out, "<dl class=\"facts wide\">\n");
	html_put_definition(page, "report_purpose", header->purpose);
	html_put_definition(page, "report_legal_basis", header->legal_basis);
	if (header->consulted_ns) {
		put_day(page, "report_consultation", header->consulted_ns, messages_put_since);
	} else {
		html_put_definition(page, "report_consultation", header->consultation_date);
	}
	put_day(page, "report_informed", header->informed_ns, messages_put_since);
	put_day(page, "report_ends", header->ends_ns, messages_put_until);
	text_put(page->out, "</dl>\n");
}

/* Inference is told apart from everything that rests on a name. */
static void put_inferred(struct html_page *page)
{
	const struct behaviour_stats *stats = &page->model->stats->behaviour;
	struct html_piece inferred, hidden, sentence;

	if (stats->hidden > 0) {
		html_put_element(page, "h3", "section_inferred");
		messages_put(page->messages, html_piece_start(&sentence), "finding_inferred",
			"inferred", html_count(page, &inferred, stats->inferred), "hidden",
			html_count(page, &hidden, stats->hidden), NULL);
		html_put_paragraph(page, "finding", sentence.memory);
	}
}

void more_hidden(struct html_page *page)
{
	put_inferred(page);
	if (report_coverage(page->model) < 0) {
		html_put_paragraph(
			page, "finding", messages_get(page->messages, "light_coverage_unknown"));
	}
	html_put_element(page, "h3", "heading_not_seen");
	text_put(page->out, "<ul>\n");
	put_list(page, report_model_limits());
	text_put(page->out, "</ul>\n");
}

void more_personal(struct html_page *page)
{
	static const char *const keys[] = { "personal_pseudonyms", "personal_addresses",
		"method_payload", "personal_retention", NULL };
	const struct report_model *model = page->model;
	bool is_broken = false;
	char k[16];

	for (unsigned i = 0; i < model->source_count; i++) {
		int status = model->sources[i].lookup_status;
		is_broken |= status < 0 && status != -ENOENT;
	}
	snprintf(k, sizeof(k), "%u", page->model->group_minimum);
	text_put(page->out, "<ul>\n");
	put_sentence(page, "li", "method_groups", "k", k);
	put_list(page, keys);
	html_put_element(page, "li", is_broken ? "personal_lookups_broken" : "personal_lookups");
	if (page->model->calendar && report_months(page->model) > 1) {
		html_put_element(page, "li", "personal_months");
	}
	text_put(page->out, "</ul>\n");
}

static void put_consequence(struct html_page *page, const char *key, const char *text)
{
	html_put_definition(page, key, text);
}

void more_actions(struct html_page *page)
{
	const struct policy_header *header = policy_header(page->model->reference->policy);

	if (page->lights.action_count > 0) {
		html_put_actions(page, REPORT_ACTIONS_MAX);
	} else {
		html_put_element(page, "p", "actions_none");
	}
	html_put_element(page, "h3", "heading_consequences");
	text_put(page->out, "<dl class=\"facts wide\">\n");
	put_consequence(page, "consequence_economic", header->economic);
	put_consequence(page, "consequence_children", header->children);
	text_put(page->out, "</dl>\n");
}

void more_method(struct html_page *page)
{
	static const char *const keys[] = { "method_transfer", "method_geo", "method_dpf",
		"method_personal_initiative", "method_control", "method_sums", NULL };
	const struct local_zone *zone = html_zone(page);

	text_put(page->out, "<ul>\n");
	put_list(page, keys);
	if (page->model->is_from_archive) {
		html_put_element(page, "li", "light_archive");
	}
	if (page->model->is_from_archive && report_coverage(page->model) < 0) {
		html_put_element(page, "li", "method_coverage_unknown");
	}
	put_sentence(page, "li", "times_zone", "zone", zone ? local_zone_name(zone) : "UTC");
	text_put(page->out, "</ul>\n");
}

void more_glossary(struct html_page *page)
{
	static const char *const terms[] = { "possible_transfer", "zone", "adequacy", "partly",
		"third", "control", "pseudonym", "assessment", "edpb", NULL };

	text_put(page->out, "<dl class=\"facts wide\">\n");
	for (const char *const *term = terms; *term; term++) {
		text_put(page->out, "<div><dt>");
		html_put_escaped(page, messages_get2(page->messages, "term", *term));
		text_put(page->out, "</dt><dd>");
		html_put_escaped(page, messages_get2(page->messages, "means", *term));
		text_put(page->out, "</dd></div>\n");
	}
	text_put(page->out, "</dl>\n");
}

void more_versions(struct html_page *page)
{
	struct html_piece databases;

	/* How old they were is a question to a run: the table has their dates. */
	if (page->model->is_from_archive) {
		return;
	}
	if (report_put_geo_data(html_piece_start(&databases), page->model, page->messages)) {
		put_sentence(page, "p", "method_geo_data", "databases", databases.memory);
	} else {
		html_put_element(page, "p", "method_geo_none");
	}
}
