/* policy accept and policy history: which versions were accepted, and by whom. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/policy/policy_history.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/policy_past.h"
#include "dashboards/cli/time_word.h"

/* The day, and the time where it begins within the day. */
static void format_since(
	const struct local_zone *zone, uint64_t time_ns, char text[LOCAL_TEXT_LENGTH + 1])
{
	local_format(zone, time_ns, text);
	if (time_ns == local_day_of(zone, time_ns).start_ns) {
		text[10] = '\0';
	}
}

int policy_accept(
	const struct past_settings *settings, const struct catalogue *catalogue, const char *path)
{
	struct policy_acceptance accepted = { .accepted_ns = clock_now_ns() };
	struct policy *policy;
	struct err err;
	char from[LOCAL_TEXT_LENGTH + 1];
	int status = policy_load(&policy, path, NULL, catalogue, &err);

	if (status < 0) {
		cli_error("policy", err.text);
		return EXIT_USAGE;
	}
	accepted.in_force_ns = accepted.accepted_ns;
	if (settings->from && !time_word_parse(settings->from, policy_header(policy)->zone,
				      accepted.accepted_ns, &accepted.in_force_ns)) {
		status = err_set(&err, EINVAL, "--from: expected %s, found \"%s\"",
			TIME_WORD_EXPECTED, settings->from);
	}
	snprintf(accepted.hash, sizeof(accepted.hash), "%s", policy_hash(policy));
	snprintf(accepted.by, sizeof(accepted.by), "%s", settings->by ? settings->by : "");
	snprintf(accepted.reason, sizeof(accepted.reason), "%s",
		settings->reason ? settings->reason : "");
	if (status == 0) {
		status = policy_history_accept(settings->history, path, &accepted, &err);
	}
	format_since(policy_header(policy)->zone, accepted.in_force_ns, from);
	policy_free(policy);
	if (status == -EEXIST) {
		cli_notice("policy", "%s: %s", path, err.text);
		return EXIT_DONE;
	}
	if (status < 0) {
		return cli_fail("policy", status, &err);
	}
	printf("%s: accepted by %s, in force from %s, %.12s\n", path, accepted.by, from,
		accepted.hash);
	return EXIT_DONE;
}

int policy_show_history(const char *folder)
{
	struct policy_acceptance *rows;
	struct err err;
	size_t count;

	if (!policy_history_is(folder)) {
		return cli_fail("policy",
			err_set(&err, ENOENT,
				"%s: no version was accepted there (no accepted.tsv); --history "
				"names "
				"the folder, and borderflow policy accept FILE puts the first into "
				"it",
				folder),
			&err);
	}
	int status = policy_history_read(folder, &rows, &count, &err);
	if (status < 0) {
		return cli_fail("policy", status, &err);
	}
	printf("%-22s%-14s%-22s%-32s%s\n", "in force from", "hash", "accepted", "by", "why");
	for (size_t i = 0; i < count; i++) {
		char from[CLOCK_TEXT_LENGTH + 1], accepted[CLOCK_TEXT_LENGTH + 1];
		clock_format(rows[i].in_force_ns, from);
		clock_format(rows[i].accepted_ns, accepted);
		printf("%.16sZ     %-14.12s%.16sZ     %-32s%s\n", from, rows[i].hash, accepted,
			rows[i].by, rows[i].reason);
	}
	free(rows);
	return EXIT_DONE;
}
