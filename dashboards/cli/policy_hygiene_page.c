/* policy hygiene: which rules hold for something, and whom they could hold for. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/drafting/policy_hygiene.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "dashboards/cli/past_policy.h"

#define SILENT_DAYS 90
#define DAY_NS      (86400 * NS_PER_S)

struct looking {
	struct past_policy past;
	struct policy_hygiene *hygiene;
	struct record located;
};

static void take(void *context, const struct record *record, const char *pseudonym)
{
	struct looking *looking = context;

	if (!pseudonym) {
		record_copy(&looking->located, record);
		policy_locate(looking->past.policy, &looking->located);
		looking->located.device = record->device;
		record = &looking->located;
	}
	policy_hygiene_take(looking->hygiene, record);
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
	const struct policy_header *header = policy_header(looking->past.policy);
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
			policy_rule(looking->past.policy, rows[i].rule)->id, rows[i].hits, last,
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
	int status = past_policy_open(&looking->past, settings, catalogue, path, err);

	if (status < 0) {
		return status;
	}
	looking->past.take = take;
	looking->past.context = looking;
	looking->hygiene = policy_hygiene_create(looking->past.policy, catalogue);
	if (!looking->hygiene) {
		return err_set(err, ENOMEM, "out of memory");
	}
	status = past_policy_read(&looking->past, files, count, err);
	policy_hygiene_finish(looking->hygiene);
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
	looking->hygiene = NULL;
	int status = look(looking, settings, catalogue, path, files, count, &err);
	if (status == 0) {
		put_page(looking);
	}
	int end = past_policy_end(&looking->past, status, &err);
	policy_hygiene_destroy(looking->hygiene);
	past_policy_close(&looking->past);
	free(looking);
	return end;
}
