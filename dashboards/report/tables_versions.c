/* The data in force: each version of the policy with the days that it judged, the policies that
 * sensors judged by, the catalogue, and the data of countries and zones; each with its digest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/local_time.h"
#include "dashboards/report/policies_in_force.h"
#include "dashboards/report/report_calendar.h"
#include "dashboards/report/report_tables.h"
#include "dashboards/report/report_versions.h"

static void put_version(struct report_table *table, const char *part, const char *name,
	uint64_t date_ns, const char *digest)
{
	report_row(table, ROW_PLAIN);
	report_put_word(table, "version", part);
	report_put_text(table, name);
	report_put_date(table, date_ns);
	report_put_none(table);
	report_put_none(table);
	report_put_text(table, digest);
}

/* Days with data on which it was in force at any time. */
static uint64_t days_judged(const struct report_model *model, uint64_t from_ns, uint64_t to_ns)
{
	const struct report_calendar *calendar = model->calendar;
	uint64_t days = 0;

	for (size_t i = 0; calendar && i < calendar->day_count; i++) {
		uint64_t end_ns =
			local_day_at(calendar->zone, calendar->first_day + (int64_t)i).end_ns;
		bool is_over = to_ns > 0 && to_ns <= calendar->days[i].start_ns;
		days += calendar->days[i].is_held && from_ns < end_ns && !is_over;
	}
	return days;
}

static void put_policy(struct report_table *table, const struct report_model *model,
	const char *part, const char *name, const struct sensor_policy *policy)
{
	report_row(table, ROW_PLAIN);
	report_put_word(table, "version", part);
	report_put_copy(table, name);
	report_put_since(table, policy->accepted.in_force_ns);
	report_put_until(table, policy->until_ns ? policy->until_ns - 1 : 0);
	if (model->calendar) {
		report_put_count(table, days_judged(model, policy->from_ns, policy->until_ns));
	} else {
		report_put_none(table);
	}
	report_put_copy(table, policy->accepted.hash);
}

/* Who accepted it, by the history that the report was made with. */
static const char *accepted_by(
	const struct policy_acceptance *rows, size_t count, const struct policy_in_force *version)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].hash, policy_hash(version->policy)) == 0 &&
			rows[i].in_force_ns == policy_in_force_ns(version->policy)) {
			return rows[i].by;
		}
	}
	return "";
}

static void put_policies(struct report_table *table, const struct report_model *model)
{
	struct policy_acceptance *rows = NULL;
	struct policies_in_force policies;
	struct err ignored;
	size_t count = 0;
	char name[256];

	if (policy_history_is(model->policy_path)) {
		policy_history_read(model->policy_path, &rows, &count, &ignored);
	}
	policies_in_force_find(&policies, model);
	for (unsigned i = 0; i < policies.count; i++) {
		const struct policy_in_force *version = &policies.items[i];
		struct sensor_policy policy = { .from_ns = i > 0 ? version->from_ns : 0,
			.until_ns = version->to_ns };
		const char *by = accepted_by(rows, count, version);
		snprintf(name, sizeof(name), "%s%s%s", policy_header(version->policy)->reference,
			by[0] ? ", " : "", by);
		snprintf(policy.accepted.hash, sizeof(policy.accepted.hash), "%s",
			policy_hash(version->policy));
		policy.accepted.in_force_ns = version->from_ns;
		put_policy(table, model, "policy", name, &policy);
	}
	free(rows);
}

/* By which flows of the period were judged, whatever policy the report is made with. */
static void put_policies_of_sensors(struct report_table *table, const struct report_model *model)
{
	const struct local_zone *zone = policy_header(model->reference->policy)->zone;
	const struct report_versions *versions = model->versions;
	char moment[LOCAL_TEXT_LENGTH + 1], name[128];

	for (unsigned i = 0; versions && i < versions->policy_count; i++) {
		const struct sensor_policy *policy = &versions->policies[i];
		local_format(zone, policy->accepted.in_force_ns, moment);
		snprintf(name, sizeof(name), "%s %.10s %.5s", policy->accepted.by, moment,
			moment + 11);
		put_policy(table, model, "policy_of_sensor", name, policy);
	}
}

static void fill_versions(struct report_table *table, const struct report_model *model)
{
	const struct reference *reference = model->reference;
	const struct geo *geo = reference->geo;

	put_policies(table, model);
	put_policies_of_sensors(table, model);
	put_version(table, "catalogue", "", 0, catalogue_hash(reference->catalogue));
	for (size_t i = 0; geo && i < geo_database_count(geo); i++) {
		put_version(table, "geo", geo_database_file(geo, i), geo_database_built_ns(geo, i),
			report_versions_database(model->versions, i));
	}
	put_version(table, "zones", "jurisdictions.tsv", 0,
		model->versions ? model->versions->zones : "");
}

const struct report_table_type table_versions = {
	.id = "in_force",
	.columns = { "part", "name", "date", "until", ">judged_days", "digest" },
	.key_columns = 3,
	.fill = fill_versions,
};
