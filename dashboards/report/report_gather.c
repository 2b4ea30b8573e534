#include "dashboards/report/report_gather.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive_clock.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_head.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "base/local_time.h"

/* Cells are handed to the overview in batches: those of one key are added up before. */
enum { BATCH_CELLS = 1 << 16 };

enum { DAY_HAS_FLOWS = 1, DAY_TELLS_DEVICES = 2 };

#define HALF_DAY_NS (12 * 3600 * NS_PER_S)

/* Cells on their way to an overview. */
struct batch {
	struct rollup *cells;
	struct overview *overview;
};

struct reading {
	struct report_gathering *gathering;
	const struct report_wish *wish;
	struct report_held *held;
	struct batch told, withheld;
	struct archive_once *once; /* of several archives; NULL */
	bool is_period;            /* and not the one before */
	uint8_t *days;             /* of the period: what an archive tells of each */
	uint64_t cells;            /* of the archive that is read, as far as they are told */
};

static void hand_over(struct batch *batch)
{
	size_t count;
	const struct cell *cells = rollup_cells(batch->cells, &count);

	overview_take(batch->overview, cells, count);
	rollup_clear(batch->cells);
}

static void add_cell(struct batch *batch, const struct cell *cell)
{
	size_t count;

	rollup_merge(batch->cells, cell, 1);
	rollup_cells(batch->cells, &count);
	if (count == BATCH_CELLS) {
		hand_over(batch);
	}
}

/* Of an hour of another month than its day's no device is counted (cell_on_day), which is none that
 * was not told. */
static bool lacks_devices(const struct reading *reading, const struct cell *cell, int64_t day)
{
	uint64_t noon_ns = local_day_at(reading->wish->zone, day).start_ns + HALF_DAY_NS;

	return cell_lacks_devices(cell) && clock_month(cell->sums.first_ns) == clock_month(noon_ns);
}

static void note_devices(struct reading *reading, const struct cell *cell, int64_t day)
{
	int64_t place = day - reading->gathering->calendar.first_day;

	if (place >= 0 && place < (int64_t)reading->gathering->calendar.day_count) {
		reading->days[place] |= cell_tells_devices(cell) ? DAY_TELLS_DEVICES
					: cell->devices.is_floor ? DAY_HAS_FLOWS
								 : 0;
	}
}

/* A day of which flows of ours are there and no device was written without a key. */
static void judge_devices(struct reading *reading)
{
	for (size_t i = 0; i < reading->gathering->calendar.day_count; i++) {
		reading->gathering->lacks_devices |= reading->days[i] == DAY_HAS_FLOWS;
		reading->days[i] = 0;
	}
}

/* Of the period itself. */
static void take_of_period(
	struct reading *reading, const struct cell *cell, int64_t day, bool is_told)
{
	struct report_gathering *gathering = reading->gathering;

	if (is_told) {
		report_calendar_take(&gathering->calendar, cell, day);
		gathering->packets += cell->sums.packets;
		reading->cells++;
		note_devices(reading, cell, day);
	} else {
		report_calendar_note(&gathering->calendar, cell, day);
	}
}

static void take_cell(void *context, int64_t day, const struct cell *taken)
{
	struct reading *reading = context;
	struct cell counted = *taken;
	const struct cell *cell = &counted; /* the devices stay those of the cell given */
	bool is_told = report_told_has(&reading->gathering->told, day, taken->sums.first_ns);

	counted.devices.is_floor = lacks_devices(reading, taken, day);
	reading->wish->was_read(reading->wish->context, 1);
	reading->held->first = day < reading->held->first ? day : reading->held->first;
	reading->held->last = day > reading->held->last ? day : reading->held->last;
	if (is_told) {
		add_cell(&reading->told, cell);
	} else if (reading->is_period) {
		add_cell(&reading->withheld, cell);
	}
	if (reading->is_period) {
		take_of_period(reading, cell, day, is_told);
	}
}

static void note_problem(void *context, const char *sentence)
{
	struct reading *reading = context;

	reading->gathering->problems++;
	reading->wish->problem(reading->wish->context, sentence);
}

/* What the archive says of itself, as a whole; an old one may have no head. */
static void read_head(struct report_source *source)
{
	struct archive_head head;
	struct err ignored;

	if (archive_head_read(source->folder, &head, &ignored) == 0) {
		archive_head_anchor(&head, source->anchor);
		if (head.is_signed && head.holds) {
			digest_hex(head.key, sizeof(head.key), source->signer);
		}
	}
}

/* No damage: all of it is counted, but not where its day has its borders in the report. */
static void tell_other_zone(const struct report_wish *wish, const char *folder)
{
	char sentence[640];

	snprintf(sentence, sizeof(sentence),
		"%s: days were closed in another time zone than %s; each of them is counted where "
		"most of it lies (a policy with the timezone of the sensor's gives them as they "
		"were closed)",
		folder, wish->zone ? local_zone_name(wish->zone) : "UTC");
	wish->problem(wish->context, sentence);
}

static void tell_sums(const struct report_wish *wish, const struct report_source *source)
{
	char sentence[640], until[CLOCK_TEXT_LENGTH + 1];

	clock_format(source->sums_until_ns, until);
	snprintf(sentence, sizeof(sentence),
		"%s: records are deleted, and until %.19sZ their sums are added up as they are: "
		"what another archive saw as well counts twice there",
		source->folder, until);
	wish->problem(wish->context, sentence);
}

/* What a clock or a key that is wrong does to the figures; no damage either. */
static void tell_clocks(
	const struct reading *reading, unsigned index, const struct archive_stats *read)
{
	const struct report_wish *wish = reading->wish;
	struct archive_renamed renamed;
	struct archive_apart apart;
	struct text sentence;

	text_init_heap(&sentence);
	if (archive_put_ahead(&sentence, wish->archives[index], read->last_ns, clock_now_ns())) {
		wish->problem(wish->context, sentence.at);
		text_clear(&sentence);
	}
	if (archive_once_apart(reading->once, index, &apart)) {
		archive_put_apart(
			&sentence, wish->archives[index], wish->archives[apart.other], &apart);
		wish->problem(wish->context, sentence.at);
		text_clear(&sentence);
	}
	if (archive_once_renamed(reading->once, index, &renamed)) {
		archive_put_renamed(
			&sentence, wish->archives[index], wish->archives[renamed.other], &renamed);
		wish->problem(wish->context, sentence.at);
	}
	text_deinit(&sentence);
}

static void note_source(struct report_source *source, const struct archive_stats *read)
{
	source->gaps = read->gaps;
	source->gap_records = read->gap_records;
	source->problems = read->problems;
	source->days_elsewhere = read->days_elsewhere;
	source->deleted_until_ns = read->deleted_until_ns;
	source->sums_until_ns = read->sums_until_ns;
}

static int read_archive(
	struct reading *reading, unsigned index, uint64_t from_ns, uint64_t to_ns, struct err *err)
{
	const struct report_wish *wish = reading->wish;
	struct report_source *source = &reading->gathering->sources[index];
	const struct archive_options options = { .folder = wish->archives[index],
		.from_ns = from_ns,
		.to_ns = to_ns,
		.problem = note_problem,
		.problem_context = reading };
	const struct archive_day_rules rules = {
		.zone = wish->zone, .k = wish->group_minimum, .now_ns = wish->to_ns
	};
	struct archive_stats read;
	reading->cells = 0;
	int status = reading->once || archive_days_cut_hours(&options, &rules)
			     ? archive_once_read_days(reading->once, index, &options, &rules,
				       take_cell, reading, &read, err)
			     : archive_read_days(&options, &rules, take_cell, reading, &read, err);

	if (status == 0 && reading->is_period) {
		judge_devices(reading);
		source->folder = wish->archives[index];
		source->cells = reading->cells;
		note_source(source, &read);
		read_head(source);
		if (source->days_elsewhere) {
			tell_other_zone(wish, source->folder);
		}
		if (source->sums_until_ns) {
			tell_sums(wish, source);
		}
		tell_clocks(reading, index, &read);
		struct err ignored;
		source->lookup_status = lookup_log_count(
			source->folder, from_ns, to_ns, &source->lookups, &ignored);
	}
	return status;
}

int report_open_once(struct archive_once **once, const struct report_wish *wish,
	const struct archive_options *period, struct err *err)
{
	unsigned count = wish->archive_count;
	int status = archive_once_open(once, wish->archives, count, period, err);

	return status == 0 && wish->reference ? archive_once_judge(*once, wish->archives, count,
							period, wish->reference, err)
					      : status;
}

static int read_period(struct reading *reading, uint64_t from_ns, uint64_t to_ns, struct err *err)
{
	unsigned count = reading->wish->archive_count;
	struct report_held *held = reading->held;
	const struct archive_options period = { .from_ns = from_ns, .to_ns = to_ns };
	int status = report_open_once(&reading->once, reading->wish, &period, err);

	*held = (struct report_held){ .first = INT64_MAX, .last = INT64_MIN };
	for (unsigned i = 0; i < count && status == 0; i++) {
		status = read_archive(reading, i, from_ns, to_ns, err);
	}
	hand_over(&reading->told);
	hand_over(&reading->withheld);
	archive_once_close(reading->once);
	held->is_whole = held->first == local_day_of(reading->wish->zone, from_ns).number &&
			 held->last == local_day_of(reading->wish->zone, to_ns - 1).number;
	return status;
}

static int read_both(
	struct report_gathering *gathering, const struct report_wish *wish, struct err *err)
{
	const struct rollup_options options = { .cells_max = BATCH_CELLS };
	struct reading reading = { .gathering = gathering,
		.wish = wish,
		.held = &gathering->previous_held,
		.told = { rollup_create(&options), gathering->previous },
		.withheld = { rollup_create(&options), gathering->withheld },
		.days = calloc(gathering->calendar.day_count, 1) };
	int status = reading.told.cells && reading.withheld.cells && reading.days
			     ? read_period(&reading, wish->previous_from_ns, wish->from_ns, err)
			     : err_set(err, ENOMEM, "out of memory");

	if (status == 0) {
		reading.told.overview = gathering->overview;
		reading.held = &gathering->held;
		reading.is_period = true;
		status = read_period(&reading, wish->from_ns, wish->to_ns, err);
	}
	rollup_destroy(reading.told.cells);
	rollup_destroy(reading.withheld.cells);
	free(reading.days);
	return status;
}

static void drop_if_empty(struct overview **overview)
{
	if (overview_total(*overview).packets == 0) {
		overview_destroy(*overview);
		*overview = NULL;
	}
}

static int read_figures(
	struct report_gathering *gathering, const struct report_wish *wish, struct err *err)
{
	int status = report_told_read(&gathering->told, wish, err);

	if (status == 0 && gathering->told.is_withheld) {
		bool is_over = wish->to_ns + ARCHIVE_DAY_GRACE_NS <= wish->now_ns;
		status = err_set(err, EPERM,
			"on no day of the period%s were %u devices or more active%s: no figure is "
			"shown",
			is_over ? "" : " that is over", wish->group_minimum,
			is_over ? "" : ", and of the day that runs nothing can be told yet");
	}
	if (status == 0) {
		status = read_both(gathering, wish, err);
	}
	return status == 0 ? report_shown_read(&gathering->shown, wish, &gathering->told, err)
			   : status;
}

int report_gather(
	struct report_gathering *gathering, const struct report_wish *wish, struct err *err)
{
	*gathering = (struct report_gathering){ .overview = overview_create(),
		.previous = overview_create(),
		.withheld = overview_create(),
		.sources = calloc(wish->archive_count + 1, sizeof(*gathering->sources)),
		.source_count = wish->archive_count };
	bool has_days =
		report_calendar_init(&gathering->calendar, wish->zone, wish->from_ns, wish->to_ns);
	if (!gathering->overview || !gathering->previous || !gathering->withheld ||
		!gathering->sources || !has_days) {
		return err_set(err, ENOMEM, "out of memory");
	}
	int status = read_figures(gathering, wish, err);
	report_calendar_finish(&gathering->calendar, wish->group_minimum, wish->now_ns);
	drop_if_empty(&gathering->previous);
	drop_if_empty(&gathering->withheld);
	return status;
}

void report_gathering_deinit(struct report_gathering *gathering)
{
	report_told_deinit(&gathering->told);
	report_calendar_deinit(&gathering->calendar);
	report_shown_deinit(&gathering->shown);
	overview_destroy(gathering->overview);
	overview_destroy(gathering->previous);
	overview_destroy(gathering->withheld);
	free(gathering->sources);
	*gathering = (struct report_gathering){ .packets = 0 };
}
