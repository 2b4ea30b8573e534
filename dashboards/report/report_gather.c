#include "dashboards/report/report_gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/rollup/rollup.h"
#include "base/local_time.h"

#define HOUR_NS (3600 * NS_PER_S)

/* A municipality has some ten thousand different cells an hour at most; what finds no room is
 * counted as other, and said. */
enum { CELLS_MAX = 1 << 22, DAYS_AT_A_TIME = 7 };

struct reading {
	struct report_gathering *gathering;
	const struct report_wish *wish;
};

static void note_problem(void *context, const char *sentence)
{
	struct reading *reading = context;

	reading->gathering->problems++;
	reading->wish->problem(reading->wish->context, sentence);
}

/* Adds the cells of a stretch of time of all archives to the rollup. is_counted: what was read is
 * told of the sources. */
static int read_stretch(struct report_gathering *gathering, const struct report_wish *wish,
	struct rollup *hours, uint64_t from_ns, uint64_t to_ns, bool is_counted, struct err *err)
{
	struct reading reading = { gathering, wish };
	int status = 0;

	for (unsigned i = 0; i < wish->archive_count && status == 0; i++) {
		struct archive_options options = { .folder = wish->archives[i],
			.from_ns = from_ns,
			.to_ns = to_ns,
			.problem = note_problem,
			.problem_context = &reading };
		struct report_source *source = &gathering->sources[i];
		struct archive_stats read;
		status = archive_read_cells(&options, hours, &read, err);
		if (status == 0 && is_counted) {
			source->cells += read.records;
			source->gaps += read.gaps;
			source->gap_records += read.gap_records;
			source->problems += read.problems;
			memcpy(source->head, read.head, sizeof(source->head));
		}
	}
	return status;
}

static void count_packets(
	struct report_gathering *gathering, const struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		gathering->packets += cells[i].sums.packets;
	}
}

/* From from_ns to to_ns, a week of hours at a time; whole local days, so that no hour is cut. */
static int gather_period(struct report_gathering *gathering, const struct report_wish *wish,
	struct rollup *hours, uint64_t from_ns, uint64_t to_ns, struct overview *overview,
	struct report_calendar *calendar, struct err *err)
{
	int status = 0;

	while (from_ns < to_ns && status == 0) {
		int64_t day = local_day_of(wish->zone, from_ns).number;
		uint64_t until_ns = local_day_at(wish->zone, day + DAYS_AT_A_TIME).start_ns;
		size_t count;
		until_ns = until_ns < to_ns ? until_ns : to_ns;
		rollup_clear(hours);
		status = read_stretch(
			gathering, wish, hours, from_ns, until_ns, calendar != NULL, err);
		const struct cell *cells = rollup_cells(hours, &count);
		overview_take(overview, cells, count);
		if (calendar) {
			report_calendar_take(calendar, cells, count, HOUR_NS);
			count_packets(gathering, cells, count);
		}
		from_ns = until_ns;
		if (wish->progress && to_ns > wish->previous_from_ns) {
			uint64_t done = from_ns - wish->previous_from_ns,
				 whole = wish->to_ns - wish->previous_from_ns;
			wish->progress(wish->context, (unsigned)(done / (whole / 100 + 1)));
		}
	}
	return status;
}

static int gather_both(struct report_gathering *gathering, const struct report_wish *wish,
	struct rollup *hours, struct err *err)
{
	int status = gather_period(gathering, wish, hours, wish->previous_from_ns, wish->from_ns,
		gathering->previous, NULL, err);

	if (status == 0) {
		status = gather_period(gathering, wish, hours, wish->from_ns, wish->to_ns,
			gathering->overview, &gathering->calendar, err);
	}
	report_calendar_finish(&gathering->calendar, wish->group_minimum);
	if (overview_total(gathering->previous).packets == 0) {
		overview_destroy(gathering->previous);
		gathering->previous = NULL;
	}
	return status;
}

int report_gather(
	struct report_gathering *gathering, const struct report_wish *wish, struct err *err)
{
	const struct rollup_options options = { .slot_ns = HOUR_NS, .cells_max = CELLS_MAX };
	struct rollup *hours = rollup_create(&options);
	int status = -ENOMEM;

	*gathering = (struct report_gathering){ .overview = overview_create(),
		.previous = overview_create(),
		.sources = calloc(wish->archive_count + 1, sizeof(*gathering->sources)),
		.source_count = wish->archive_count };
	bool has_days =
		report_calendar_init(&gathering->calendar, wish->zone, wish->from_ns, wish->to_ns);
	if (hours && gathering->overview && gathering->previous && gathering->sources && has_days) {
		for (unsigned i = 0; i < wish->archive_count; i++) {
			gathering->sources[i].folder = wish->archives[i];
		}
		status = gather_both(gathering, wish, hours, err);
	} else {
		err_set(err, ENOMEM, "out of memory");
	}
	rollup_destroy(hours);
	return status;
}

void report_gathering_deinit(struct report_gathering *gathering)
{
	report_calendar_deinit(&gathering->calendar);
	overview_destroy(gathering->overview);
	overview_destroy(gathering->previous);
	free(gathering->sources);
	*gathering = (struct report_gathering){ .packets = 0 };
}
