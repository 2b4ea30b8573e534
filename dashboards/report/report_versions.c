#include "dashboards/report/report_versions.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/record/digest.h"
#include "base/file.h"
#include "dashboards/report/report_model.h"

static void digest_file(const char *path, char digest[REPORT_DIGEST_TEXT])
{
	uint8_t bytes[DIGEST_SHA256_BYTES];
	char *content;
	size_t length;
	struct err ignored;

	if (file_read(path, &content, &length, &ignored) == 0) {
		digest_sha256(content, length, bytes);
		digest_hex(bytes, sizeof(bytes), digest);
		free(content);
	}
}

static bool is_known(const struct report_versions *versions, const struct policy_acceptance *policy)
{
	for (unsigned i = 0; i < versions->policy_count; i++) {
		const struct policy_acceptance *known = &versions->policies[i].accepted;
		if (known->in_force_ns == policy->in_force_ns &&
			strcmp(known->hash, policy->hash) == 0) {
			return true;
		}
	}
	return false;
}

/* Those in force at any time of the period; the first one speaks of all time before it as well. */
static void add_policies(struct report_versions *versions, const struct report_model *model,
	const struct policy_acceptance *rows, size_t count)
{
	for (size_t i = 0; i < count && versions->policy_count < REPORT_POLICIES_MAX; i++) {
		bool has_begun = i == 0 || rows[i].in_force_ns < model->to_ns;
		uint64_t until_ns = i + 1 < count ? rows[i + 1].in_force_ns : 0;
		bool is_over = until_ns > 0 && until_ns <= model->from_ns;
		if (has_begun && !is_over && !is_known(versions, &rows[i])) {
			versions->policies[versions->policy_count] =
				(struct sensor_policy){ rows[i], i > 0 ? rows[i].in_force_ns : 0,
					until_ns };
			versions->policy_count++;
		}
	}
}

static void read_policies(struct report_versions *versions, const struct report_model *model)
{
	for (unsigned i = 0; i < model->source_count; i++) {
		struct policy_acceptance *rows = NULL;
		struct err ignored;
		char folder[PATH_MAX];
		size_t count = 0;
		int length =
			snprintf(folder, sizeof(folder), "%s/policies", model->sources[i].folder);

		if (length < PATH_MAX &&
			policy_history_read(folder, &rows, &count, &ignored) == 0) {
			add_policies(versions, model, rows, count);
			free(rows);
		}
	}
}

void report_versions_read(struct report_versions *versions, const struct report_model *model)
{
	const struct geo *geo = model->reference->geo;
	char path[PATH_MAX];

	*versions = (struct report_versions){ .zones = "" };
	for (size_t i = 0; geo && i < geo_database_count(geo) && i < REPORT_DATABASES_MAX; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", geo_folder(geo),
			    geo_database_file(geo, i)) < PATH_MAX) {
			digest_file(path, versions->databases[i]);
		}
	}
	read_policies(versions, model);
	if (file_find_data("geo/share/jurisdictions.tsv", path, NULL) == 0) {
		digest_file(path, versions->zones);
	}
}

const char *report_versions_database(const struct report_versions *versions, size_t database)
{
	return versions && database < REPORT_DATABASES_MAX ? versions->databases[database] : "";
}
