/* policy hygiene: which rules hold for something, and whom they could hold for. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/policy/policy_hygiene.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/past_records.h"
#include "dashboards/cli/policy_past.h"
#include "dashboards/cli/time_word.h"

#define SILENT_DAYS 90
#define DAY_NS      (86400 * NS_PER_S)

struct looking {
	struct policy *policy;
	struct policy_hygiene *hygiene;
	struct record located;
	unsigned problems;
};

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct looking *looking = context;

	if (!pseudonym) {
		record_copy(&looking->located, record);
		policy_locate(looking->policy, &looking->located);
		looking->located.device = record->device;
		record = &looking->located;
	}
	policy_hygiene_take(looking->hygiene, record);
}

static void print_problem(void *context, const char *sentence)
{
	struct looking *looking = context;

	looking->problems++;
	cli_error("policy", sentence);
}

static const char *count_text(uint64_t count, unsigned k, char text[32])
{
	if (count > 0 && count < k) {
		snprintf(text, 32, "fewer than %u", k);
	} else {
		snprintf(text, 32, "%" PRIu64, count);
	}
	return text;
}

/* What should make somebody look at the rule; "" nothing. */
static const char *remark_on(
	const struct policy_hygiene_row *row, const struct policy_hygiene_stats *stats)
{
	bool is_long = stats->last_ns - stats->first_ns >= SILENT_DAYS * DAY_NS;

	if (row->devices == 0) {
		return "no device of its scope was seen";
	}
	if (row->last_ns == 0) {
		return is_long ? "never held in 90 days: is it still needed?"
			       : "has not held yet; too short a time to say more";
	}
	return stats->last_ns - row->last_ns >= SILENT_DAYS * DAY_NS
		       ? "has not held for 90 days: is it still needed?"
		       : "";
}

static void put_page(const struct looking *looking)
{
	const struct policy_header *header = policy_header(looking->policy);
	const struct policy_hygiene_row *rows;
	size_t count = policy_hygiene_rows(looking->hygiene, &rows);
	struct policy_hygiene_stats stats;
	char from[11] = "-", to[11] = "-", text[32];

	policy_hygiene_read_stats(looking->hygiene, &stats);
	if (stats.records > 0) {
		local_format_date(header->zone, stats.first_ns, from);
		local_format_date(header->zone, stats.last_ns, to);
	}
	printf("%s to %s, %" PRIu64 " records\n\n%-24s %10s %-12s %16s  %s\n", from, to,
		stats.records, "rule", "flows", "last", "devices in scope", "");
	for (size_t i = 0; i < count; i++) {
		char last[11] = "never";
		if (rows[i].last_ns) {
			local_format_date(header->zone, rows[i].last_ns, last);
		}
		printf("%-24s %10" PRIu64 " %-12s %16s  %s\n",
			policy_rule(looking->policy, rows[i].rule)->id, rows[i].hits, last,
			count_text(rows[i].devices, header->group_minimum, text),
			remark_on(&rows[i], &stats));
	}
	printf("\nOwn devices in no unit: %s",
		count_text(stats.devices_outside, header->group_minimum, text));
	printf(" of %s\n", count_text(stats.devices, header->group_minimum, text));
}

static int look(struct looking *looking, const struct past_settings *settings,
	const struct catalogue *catalogue, const char *path, char *const *files, unsigned count,
	struct err *err)
{
	struct geo *geo = NULL;
	int status = policy_load(&looking->policy, path, NULL, catalogue, err);

	if (status == 0) {
		status = geo_open(&geo, settings->geo, err);
	}
	if (status == 0) {
		looking->hygiene = policy_hygiene_create(looking->policy, catalogue);
		status = looking->hygiene ? 0 : err_set(err, ENOMEM, "out of memory");
	}
	struct reference reference = {
		.catalogue = catalogue, .policy = looking->policy, .geo = geo
	};
	struct past_records past = { .archives = &settings->archives,
		.files = files,
		.file_count = count,
		.reference = &reference,
		.take = take,
		.context = looking,
		.problem = print_problem };
	const struct local_zone *zone = status == 0 ? policy_header(looking->policy)->zone : NULL;
	if (status == 0 && settings->from &&
		!time_word_parse(settings->from, zone, clock_now_ns(), &past.from_ns)) {
		status = err_set(err, EINVAL, "--from: expected %s, found \"%s\"",
			TIME_WORD_EXPECTED, settings->from);
	}
	if (status == 0) {
		status = past_records_read(&past, err);
		policy_hygiene_finish(looking->hygiene);
	}
	geo_close(geo);
	return status;
}

int policy_hygiene(const struct past_settings *settings, const struct catalogue *catalogue,
	const char *path, char *const *files, unsigned count)
{
	struct looking *looking = aligned_alloc(_Alignof(struct looking), sizeof(*looking));
	struct err err;

	if (!looking) {
		cli_error("policy", "out of memory");
		return EXIT_USAGE;
	}
	looking->policy = NULL;
	looking->hygiene = NULL;
	looking->problems = 0;
	int status = look(looking, settings, catalogue, path, files, count, &err);
	if (status < 0) {
		cli_error("policy", err.text);
	} else {
		put_page(looking);
	}
	unsigned problems = looking->problems;
	policy_hygiene_destroy(looking->hygiene);
	policy_free(looking->policy);
	free(looking);
	return status < 0 ? EXIT_USAGE : problems ? EXIT_INPUT : EXIT_DONE;
}
