/* What the policy keeps on record, against what was seen: assessments of each unit's apps, approved
 * services with their dates, countries that are watched, reviews that are overdue. */
#include <stdio.h>
#include <string.h>

#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "base/local_time.h"
#include "dashboards/report/report_lights.h"
#include "dashboards/report/report_model.h"

struct listing {
	const struct report_model *model;
	struct register_row *rows;
	size_t count, most;
};

static struct register_row *add(struct listing *listing, const char *kind)
{
	if (listing->count == listing->most) {
		return NULL;
	}
	struct register_row *row = &listing->rows[listing->count++];
	*row = (struct register_row){ .kind = kind, .unit = "", .subject = "", .state = "" };
	return row;
}

static void set_date(const struct listing *listing, struct register_row *row, uint64_t time_ns)
{
	row->date_ns = time_ns;
	if (time_ns) {
		local_format_date(
			policy_header(listing->model->reference->policy)->zone, time_ns, row->date);
	}
}

/* unit: NULL is any of them. */
static bool is_listed(const struct listing *listing, const char *unit, const char *app)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct register_row *row = &listing->rows[i];
		if (strcmp(row->kind, "assessment") == 0 && strcmp(row->subject, app) == 0 &&
			(!unit || strcmp(row->unit, unit) == 0)) {
			return true;
		}
	}
	return false;
}

static void put_assessment(const struct listing *listing, struct register_row *row,
	const struct policy_assessment *assessment)
{
	row->state = assessment_state_name(assessment ? assessment->state : ASSESSMENT_MISSING);
	if (assessment) {
		set_date(listing, row, assessment->date_ns);
		row->is_overdue = assessment->next_review_ns &&
				  assessment->next_review_ns < listing->model->made_ns;
		row->owner = assessment->owner;
	}
}

/* The apps that are seen in a unit and are to be assessed there. */
static void add_assessments(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;
	const struct overview_rule *seen;
	size_t count = overview_rules(listing->model->overview, &seen);

	for (size_t i = 0; i < count; i++) {
		const char *unit = symbol_name(SYMBOL_UNIT, seen[i].unit);
		const char *app = symbol_name(SYMBOL_APP, seen[i].app);
		bool is_asked = seen[i].action == POLICY_ACTION_ASSESS ||
				policy_is_to_assess(policy, seen[i].app);
		if (!is_asked || seen[i].app == 0 || seen[i].inferred ||
			is_listed(listing, unit, app)) {
			continue;
		}
		const struct policy_assessment *assessment =
			policy_find_assessment(policy, seen[i].unit, seen[i].app);
		struct register_row *row = add(listing, "assessment");
		if (!row) {
			return;
		}
		row->unit = unit;
		row->subject = app;
		put_assessment(listing, row, assessment);
	}
}

/* Assessments that no rule asks for: those on record of services in use. Of which units used them
 * nothing follows from it. */
static void add_recorded(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;
	const struct overview_app *seen;
	size_t count = overview_apps(listing->model->overview, &seen);

	for (unsigned i = 0; i < policy_assessment_count(policy); i++) {
		const struct policy_assessment *assessment = policy_assessment(policy, i);
		const char *unit =
			assessment->unit ? symbol_name(SYMBOL_UNIT, assessment->unit) : NULL;
		const char *app = symbol_name(SYMBOL_APP, assessment->app);
		bool is_used = false;
		for (size_t j = 0; j < count && !is_used; j++) {
			is_used = seen[j].app == assessment->app;
		}
		struct register_row *row = is_used && !is_listed(listing, unit, app)
						   ? add(listing, "assessment")
						   : NULL;
		if (row) {
			row->unit = unit ? unit : "";
			row->subject = app;
			put_assessment(listing, row, assessment);
		}
	}
}

/* Allowed, and answered: what is seen one way only may have been an attempt. */
static bool is_used(const struct overview_rule *seen)
{
	const struct overview_row *total = &seen->total;

	return seen->app && seen->verdict == POLICY_VERDICT_ALLOWED && total->bytes_up > 0 &&
	       total->bytes_down > 0 && total->way_up != CELL_WAY_UNKNOWN &&
	       total->way_down != CELL_WAY_UNKNOWN;
}

/* Services that are approved, and apps that a rule allows without standing among them. */
static void add_services(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;
	const struct overview_rule *seen;
	size_t count = overview_rules(listing->model->overview, &seen);

	for (unsigned i = 0; i < policy_service_count(policy); i++) {
		const struct policy_service *service = policy_service(policy, i);
		struct register_row *row = add(listing, "service");
		if (!row) {
			return;
		}
		row->subject = symbol_name(SYMBOL_APP, service->app);
		row->state = service->dpia_ns ? "approved" : "DPIA missing";
		set_date(listing, row, service->dpia_ns);
		row->is_overdue = service->next_review_ns &&
				  service->next_review_ns < listing->model->made_ns;
	}
	for (size_t i = 0; i < count && policy_service_count(policy) > 0; i++) {
		bool is_first = true;
		for (size_t j = 0; j < i; j++) {
			is_first &= seen[j].app != seen[i].app || !is_used(&seen[j]);
		}
		struct register_row *row =
			is_first && is_used(&seen[i]) && !policy_find_service(policy, seen[i].app)
				? add(listing, "service")
				: NULL;
		if (row) {
			row->subject = symbol_name(SYMBOL_APP, seen[i].app);
			row->state = "used without an entry: DPIA missing";
		}
	}
}

static void add_watched(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;
	const struct overview_cell *cells;
	size_t count = overview_matrix(listing->model->overview, &cells);
	struct report_unproven unproven = report_unproven(listing->model);
	const char *absent = report_is_proven(&unproven) ? "not seen" : "unproven";

	for (unsigned i = 0; i < policy_watch_count(policy); i++) {
		const char *country = policy_watched(policy, i);
		struct overview_row sum = { 0 };
		for (size_t j = 0; j < count; j++) {
			if (strcmp(cells[j].parent_country, country) == 0 ||
				strcmp(cells[j].server_country, country) == 0) {
				report_model_add_row(&sum, &cells[j].total);
			}
		}
		struct register_row *row = add(listing, "watched country");
		if (row) {
			row->subject = country;
			row->state = sum.flows > 0 ? "seen" : absent;
		}
	}
}

static void add_treated(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;

	for (unsigned i = 0; i < policy_treatment_count(policy); i++) {
		const struct policy_treatment *treatment = policy_treatment(policy, i);
		struct register_row *row = add(listing, "treated by our policy as");
		if (row) {
			row->subject = symbol_name(SYMBOL_APP, treatment->app);
			row->state = treatment->country;
			row->owner = treatment->basis;
		}
	}
}

/* Rules that nothing met, and such whose review is overdue: what a body may tidy up. */
static void add_idle_rules(struct listing *listing)
{
	const struct policy *policy = listing->model->reference->policy;
	const struct overview_rule *seen;
	size_t count = overview_rules(listing->model->overview, &seen);

	for (unsigned i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);
		bool is_overdue =
			rule->next_review_ns && rule->next_review_ns < listing->model->made_ns;
		bool is_met = false;
		for (size_t j = 0; j < count && !is_met; j++) {
			is_met = seen[j].rule == rule->symbol;
		}
		struct register_row *row = !is_met || is_overdue ? add(listing, "rule") : NULL;
		if (row) {
			row->subject = rule->id;
			row->state = is_met ? "met" : "met by no flow";
			row->is_overdue = is_overdue;
		}
	}
}

size_t report_model_register(
	const struct report_model *model, struct register_row *rows, size_t most)
{
	struct listing listing = { model, rows, 0, most };

	add_assessments(&listing);
	add_recorded(&listing);
	add_services(&listing);
	add_watched(&listing);
	add_treated(&listing);
	add_idle_rules(&listing);
	return listing.count;
}
