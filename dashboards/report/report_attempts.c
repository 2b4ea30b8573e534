#include "dashboards/report/report_attempts.h"

#include <errno.h>

#include "analyzer/archive/archive.h"
#include "analyzer/policy/policy.h"
#include "base/local_time.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

/* Of a lookup the app that was asked for. */
static uint16_t subject_of(const struct catalogue *catalogue, const struct record *record)
{
	return record->l7.protocol == L7_DNS ? policy_asked_app(catalogue, record).app
					     : record->verdict.app;
}

static void ignore_problem(void *context, const char *sentence)
{
	(void)context, (void)sentence; /* told when the sums were read */
}

static int read_archive(struct attempts *attempts, const char *folder,
	const struct report_wish *wish, const struct catalogue *catalogue, bool *is_whole,
	struct err *err)
{
	const struct archive_options options = { .folder = folder,
		.from_ns = wish->from_ns,
		.to_ns = wish->to_ns,
		.problem = ignore_problem };
	struct archive_reader *reader;
	struct archived *rows;
	struct archive_stats stats;
	size_t count;
	int status = archive_reader_open(&reader, &options, err);

	if (status < 0) {
		return status;
	}
	while ((count = archive_reader_next(reader, &rows)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct record *record = &rows[i].record;
			if (record->decision.block != BLOCK_NONE &&
				record->flow.start_ns >= wish->from_ns) {
				attempts_add(attempts, record, subject_of(catalogue, record),
					local_day_of(wish->zone, record->flow.start_ns).number);
			}
		}
	}
	archive_reader_stats(reader, &stats);
	*is_whole &= stats.deleted_until_ns == 0;
	archive_reader_close(reader);
	return 0;
}

int report_attempts_read(struct attempts **attempts, const struct report_wish *wish,
	const struct catalogue *catalogue, struct err *err)
{
	bool is_whole = wish->to_ns - wish->from_ns <= REPORT_ATTEMPTS_DAYS_MAX * DAY_NS;
	int status = 0;

	*attempts = is_whole ? attempts_create() : NULL;
	if (!*attempts) {
		return is_whole ? err_set(err, ENOMEM, "out of memory") : 0;
	}
	/* Closed once all are read: what two sensors saw of one attempt is one. */
	for (unsigned i = 0; i < wish->archive_count && status == 0 && is_whole; i++) {
		status =
			read_archive(*attempts, wish->archives[i], wish, catalogue, &is_whole, err);
	}
	attempts_close(*attempts, UINT64_MAX);
	if (status < 0 || !is_whole) {
		attempts_destroy(*attempts);
		*attempts = NULL;
	}
	return status;
}
