#include "dashboards/report/report_records.h"

#include <errno.h>

#include "analyzer/archive/archive_once.h"
#include "analyzer/archive/archive_reader.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_register.h"
#include "analyzer/record/symbols.h"
#include "base/local_time.h"

#define DAY_NS (24 * 3600 * NS_PER_S)

struct record_reading {
	struct report_records *records;
	const struct report_wish *wish;
	const struct report_told *told;
	const struct reference *reference;
	struct local_day day;      /* of the last record */
	struct archive_once *once; /* of several archives; NULL */
	unsigned place;            /* of the one that is read */
};

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

static bool may_tell(struct record_reading *reading, uint64_t time_ns)
{
	struct local_day *day = &reading->day;

	if (time_ns < reading->wish->from_ns || time_ns >= reading->wish->to_ns) {
		return false;
	}
	if (time_ns < day->start_ns || time_ns >= day->end_ns) {
		*day = local_day_of(reading->wish->zone, time_ns);
	}
	return report_told_has(reading->told, day->number, time_ns);
}

static void take_record(struct record_reading *reading, struct archived *row)
{
	const struct record *record = &row->record;

	if (!may_tell(reading, record->flow.start_ns)) {
		return;
	}
	bool is_told = archive_once_tells(reading->once, reading->place, row);
	if (record->decision.block != BLOCK_NONE) {
		attempts_add(reading->records->attempts, record,
			subject_of(reading->reference->catalogue, record), reading->day.number,
			policy_is_own_proxy(reading->reference->policy, record_own_addr(record)));
	}
	/* What two sensors saw of one attempt is one by itself; of flows that is asked for. */
	if (is_told) {
		report_observed_add(&reading->records->observed, reading->reference->policy, row);
	}
}

static void take_records(void *context, struct archived *rows, size_t count)
{
	struct record_reading *reading = context;

	for (size_t i = 0; i < count; i++) {
		take_record(reading, &rows[i]);
	}
	reading->wish->was_read(reading->wish->context, count);
}

static struct archive_options options_of(const struct report_wish *wish, unsigned place)
{
	return (struct archive_options){ .folder = wish->archives[place],
		.from_ns = wish->from_ns,
		.to_ns = wish->to_ns,
		.problem = ignore_problem };
}

/* Most records are of no attempt and of no service that the policy has: they are not read whole. */
static bool is_needed(void *context, struct archived *row)
{
	const struct record_reading *reading = context;
	const char *app = row->labels.app;

	return row->record.decision.block != BLOCK_NONE ||
	       (app && app[0] &&
		       policy_find_service(
			       reading->reference->policy, symbol_find(SYMBOL_APP, app)));
}

static int read_archive(struct record_reading *reading, struct err *err)
{
	struct archive_options options = options_of(reading->wish, reading->place);
	struct archive_selection needed = {
		.fields = FIELD_SET_ALL, .matches = is_needed, .context = reading
	};
	struct archive_stats stats = { 0 };

	field_set_add_alone(&needed.asked, field_find("borderflow.block", 16));
	if (policy_service_count(reading->reference->policy) > 0) {
		field_set_add_alone(&needed.asked, field_find("borderflow.app.id", 17));
	}
	if (!reading->once) { /* of several, one may complete what another one has */
		options.selection = &needed;
	}
	int status = archive_each_record(&options, take_records, reading, &stats, err);

	reading->records->is_whole &= stats.deleted_until_ns == 0;
	return status;
}

int report_records_read(struct report_records *records, const struct report_wish *wish,
	const struct report_told *told, const struct reference *reference, struct err *err)
{
	struct record_reading reading = {
		.records = records, .wish = wish, .told = told, .reference = reference
	};
	int status = 0;

	*records = (struct report_records){ .is_whole = wish->to_ns - wish->from_ns <=
							REPORT_RECORDS_DAYS_MAX * DAY_NS };
	if (!records->is_whole) {
		return 0;
	}
	records->attempts = attempts_create();
	if (!records->attempts) {
		return err_set(err, ENOMEM, "out of memory");
	}
	const struct archive_options period = options_of(wish, 0);
	status = report_open_once(&reading.once, wish, &period, err);
	for (; reading.place < wish->archive_count && status == 0 && records->is_whole;
		reading.place++) {
		status = read_archive(&reading, err);
	}
	archive_once_close(reading.once);
	attempts_close(records->attempts, UINT64_MAX);
	report_observed_close(&records->observed);
	return status;
}

void report_records_deinit(struct report_records *records)
{
	attempts_destroy(records->attempts);
	report_observed_deinit(&records->observed);
}
