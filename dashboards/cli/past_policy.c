#include "dashboards/cli/past_policy.h"

#include <errno.h>

#include "analyzer/archive/archive_protection.h"
#include "base/clock.h"
#include "dashboards/cli/past_records.h"
#include "dashboards/cli/time_word.h"

int past_policy_open(struct past_policy *past, const struct past_settings *settings,
	const struct catalogue *catalogue, const char *path, struct err *err)
{
	*past = (struct past_policy){ .settings = settings };
	int status = policy_load(&past->policy, path, NULL, catalogue, err);

	if (status == 0) {
		status = geo_open(&past->geo, settings->geo, err);
	}
	past->reference = (struct reference){
		.catalogue = catalogue, .policy = past->policy, .geo = past->geo
	};
	return status;
}

static void print_problem(void *context, const char *sentence)
{
	struct past_policy *past = context;

	past->problems++;
	cli_error("policy", sentence);
}

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct past_policy *past = context;

	past->take(past->context, record, pseudonym);
}

int past_policy_read(struct past_policy *past, char *const *files, unsigned count, struct err *err)
{
	struct past_records records = { .command = "policy",
		.archives = &past->settings->archives,
		.files = files,
		.file_count = count,
		.reference = &past->reference,
		.take = take,
		.context = past,
		.problem = print_problem };
	const char *from = past->settings->from;

	if (from && !time_word_parse(from, policy_header(past->policy)->zone, clock_now_ns(),
			    &records.from_ns)) {
		return err_set(
			err, EINVAL, "--from: expected %s, found \"%s\"", TIME_WORD_EXPECTED, from);
	}
	return past_records_read(&records, err);
}

void past_policy_close(struct past_policy *past)
{
	geo_close(past->geo);
	policy_free(past->policy);
}

int past_policy_end(const struct past_policy *past, int status, const struct err *err)
{
	return status < 0       ? cli_fail("policy", status, err)
	       : past->problems ? EXIT_INPUT
				: EXIT_DONE;
}

int past_settings_protection(const struct past_settings *settings, unsigned *k, struct err *err)
{
	const char *const *folders = (const char *const *)settings->archives.items;
	struct archive_protection protection = { .k = 0 };
	int status = settings->key ? archive_protection_check_key(
					     settings->key, folders, settings->archives.count, err)
				   : archive_protection_of(
					     folders, settings->archives.count, &protection, err);

	*k = protection.k;
	return status;
}
