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
	/* For who may not see devices: of fewer than so many nothing is said, nor whether there are
	 * any; 0: all is. The file may be made to ask about one. */
	unsigned k;
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

static const char *count_text(const struct looking *looking, uint64_t count, char text[32])
{
	unsigned k = policy_header(looking->past.policy)->group_minimum;

	if (looking->k) {
		snprintf(text, 32, count < looking->k ? "0 to %u" : "at least %u",
			count < looking->k ? looking->k - 1 : looking->k);
	} else if (count > 0 && count < k) {
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

static void put_row(const struct looking *looking, const struct policy_hygiene_row *row,
	const struct policy_hygiene_stats *stats)
{
	const char *id = policy_rule(looking->past.policy, row->rule)->id;
	char last[11] = "never", text[32];

	if (looking->k && row->holders < looking->k) {
		printf("%-24s %10s %-12s %16s  it held for fewer than %u devices, or none\n", id,
			"-", "-", count_text(looking, row->devices, text), looking->k);
		return;
	}
	if (row->last_ns) {
		local_format_date(policy_header(looking->past.policy)->zone, row->last_ns, last);
	}
	printf("%-24s %10" PRIu64 " %-12s %16s  %s\n", id, row->hits, last,
		count_text(looking, row->devices, text), remark_on(row, stats));
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
		put_row(looking, &rows[i], &stats);
	}
	printf("\nOwn devices in no unit: %s", count_text(looking, stats.devices_outside, text));
	printf(" of %s\n", count_text(looking, stats.devices, text));
}

static int look(struct looking *looking, const struct past_settings *settings,
	const struct catalogue *catalogue, const char *path, char *const *files, unsigned count,
	struct err *err)
{
	int status = past_policy_open(&looking->past, settings, catalogue, path, err);

	if (status < 0) {
		return status;
	}
	unsigned kept, own = policy_header(looking->past.policy)->group_minimum;
	status = past_settings_protection(settings, &kept, err);
	if (status < 0) {
		return status;
	}
	looking->k = kept == 0 && !settings->is_protected ? 0 : kept > own ? kept : own;
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
