/* Devices behind the rows of an answer from Redis: by HyperLogLog, of whole days (UTC), and of the
 * last hours of what small groups are judged by also of five minutes (dimension_counts_slots()).
 *
 * Of a time that is not whole days the days that are wholly in it say how many there were at
 * least. Small groups are judged by the time that is asked for, and by no longer one: who has k
 * devices on a day may have one in its last hour. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/view/view_redis.h"
#include "base/clock.h"

enum { COUNTED_MAX = 1000 }; /* rows whose devices are counted */

/* The id that stands for a name; the name itself where none does. */
static const char *id_of(const struct view_redis_asking *asking, const char *name)
{
	const struct view_backend *backend = asking->backend;
	char letter = dimension_letter(asking->dimension);

	for (unsigned i = 0; letter && i < backend->name_count; i++) {
		if (backend->names[i].id[0] == letter &&
			strcmp(backend->names[i].name, name) == 0) {
			return backend->names[i].id;
		}
	}
	return name;
}

static void join_series(
	const struct view_redis_asking *asking, const struct view_row *row, char *series)
{
	const char *first = row->values[asking->first], *second = row->values[!asking->first];
	enum { ROOM = REDIS_KEY_BYTES / 2 };

	if (asking->dimension == DIMENSION_APP_UNIT) {
		snprintf(series, ROOM, "%s@%s", first, id_of(asking, second));
	} else if (asking->dimension == DIMENSION_MATRIX) {
		snprintf(series, ROOM, "%s-%s", first, second);
	} else {
		snprintf(series, ROOM, "%s", id_of(asking, first));
	}
}

/* The days, or slots, whose devices are asked for: those of [from, to). */
struct counted {
	uint64_t from_ns, to_ns, step_ns;
};

static struct counted days_touched(const struct view_notes *notes)
{
	return (struct counted){ notes->from_ns / VIEW_DAY_NS * VIEW_DAY_NS, notes->to_ns,
		VIEW_DAY_NS };
}

/* The day that runs is whole as far as it went. */
static struct counted days_inside(const struct view_notes *notes, uint64_t now_ns)
{
	uint64_t to_ns = notes->to_ns / VIEW_DAY_NS * VIEW_DAY_NS;

	return (struct counted){ (notes->from_ns + VIEW_DAY_NS - 1) / VIEW_DAY_NS * VIEW_DAY_NS,
		notes->to_ns >= now_ns ? notes->to_ns : to_ns, VIEW_DAY_NS };
}

static bool is_whole_days(const struct view_notes *notes, uint64_t now_ns)
{
	struct counted touched = days_touched(notes), inside = days_inside(notes, now_ns);

	return touched.from_ns == inside.from_ns && touched.to_ns == inside.to_ns;
}

static void put_key(char key[REDIS_KEY_BYTES], const struct view_redis_asking *asking,
	const char *series, const struct counted *counted, uint64_t at_ns)
{
	bool is_day = counted->step_ns == VIEW_DAY_NS;
	char time[24];

	if (is_day) {
		view_redis_put_day(time, at_ns);
	} else {
		snprintf(time, sizeof(time), "%" PRIu64, at_ns / SLOT_NS);
	}
	snprintf(key, REDIS_KEY_BYTES, "%s%s:%s:%s:%s", asking->backend->prefix,
		is_day ? "dev" : "dev5", dimension_name(asking->dimension), series, time);
}

/* Devices of some series at these times. */
static int count_devices(const struct view_redis_asking *asking, struct counted counted,
	const char *const *series, size_t count, struct view_figures *figures, struct err *err)
{
	const char *arguments[1 + REDIS_DAYS * 16] = { "PFCOUNT" };
	enum { KEYS_MAX = sizeof(arguments) / sizeof(arguments[0]) - 1 };
	char(*keys)[REDIS_KEY_BYTES] = malloc(KEYS_MAX * sizeof(*keys));
	struct redis_answer answer;
	size_t at = 0;

	if (!keys) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (uint64_t at_ns = counted.from_ns; at_ns < counted.to_ns; at_ns += counted.step_ns) {
		for (size_t i = 0; i < count && at < KEYS_MAX; i++) {
			put_key(keys[at], asking, series[i], &counted, at_ns);
			arguments[1 + at] = keys[at];
			at++;
		}
	}
	int status = at ? redis_ask(asking->backend->redis, REDIS_NUMBER, 1 + at, arguments, NULL,
				  &answer, err)
			: -ENOENT;
	if (status == 0 && answer.number > 0) {
		figures->devices = (uint64_t)answer.number;
		figures->count = VIEW_COUNT_ESTIMATE;
	}
	free(keys);
	return status == -ENOENT ? 0 : status;
}

/* Of everything: every device is in a zone. */
static int count_total(struct view_redis_asking *asking, struct counted counted, struct err *err)
{
	struct view_redis_asking zones = *asking;
	const char *series[GEO_ZONE_COUNT];

	if (asking->question->filter_count) {
		return 0;
	}
	zones.dimension = DIMENSION_ZONE;
	for (unsigned i = 0; i < GEO_ZONE_COUNT; i++) {
		series[i] = geo_zone_name(i);
	}
	return count_devices(&zones, counted, series, GEO_ZONE_COUNT, &asking->answer->total, err);
}

static int count_rows(struct view_redis_asking *asking, struct counted counted, struct err *err)
{
	struct view_answer *answer = asking->answer;
	int status = 0;

	for (size_t i = 0; i < answer->row_count && i < COUNTED_MAX && status == 0; i++) {
		char series[REDIS_KEY_BYTES];
		const char *one[] = { series };
		if (asking->question->by_count > 0) {
			join_series(asking, &answer->rows[i], series);
			status =
				count_devices(asking, counted, one, 1, &answer->rows[i].total, err);
		} else {
			answer->rows[i].total.devices = answer->total.devices;
			answer->rows[i].total.count = answer->total.count;
		}
	}
	return status;
}

int view_redis_count_rows(struct view_redis_asking *asking, uint64_t now_ns, struct err *err)
{
	struct view_notes *notes = &asking->answer->notes;
	struct counted days = days_inside(notes, now_ns);
	int status = count_total(asking, days, err);

	notes->lacks_devices = !is_whole_days(notes, now_ns);
	return status < 0 ? status : count_rows(asking, days, err);
}

/* By what the body, and its parts, are judged in this time. */
static int choose_counted(const struct view_redis_asking *asking, uint64_t now_ns,
	struct counted *counted, struct err *err)
{
	const struct view_notes *notes = &asking->answer->notes;
	bool is_of_part = dimension_is_of_part(asking->dimension);

	*counted = days_touched(notes);
	if (is_whole_days(notes, now_ns)) {
		return 0;
	}
	*counted = (struct counted){ notes->from_ns, notes->to_ns, SLOT_NS };
	if (notes->from_ns + REDIS_SLOT_DEVICES_NS < now_ns ||
		(is_of_part && !dimension_counts_slots(asking->dimension))) {
		return err_set(err, ENOTSUP,
			"Redis knows how small the groups by %s are on whole days (UTC)%s",
			dimension_name(asking->dimension),
			dimension_counts_slots(asking->dimension) || !is_of_part
				? ", and in the last three hours"
				: "");
	}
	return 0;
}

/* Counts of a longer time than the one asked for: fewer than k in that are fewer in this. */
static void keep_fewer(struct view_answer *answer, unsigned k)
{
	for (size_t i = 0; i < answer->row_count; i++) {
		struct view_figures *total = &answer->rows[i].total;
		if (total->count != VIEW_COUNT_UNKNOWN && total->devices >= k) {
			total->devices = 0;
			total->count = VIEW_COUNT_UNKNOWN;
		}
	}
}

static int count_groups(struct view_redis_asking *asking, const struct view_access *access,
	struct counted counted, struct err *err)
{
	bool is_known = counted.step_ns == VIEW_DAY_NS || asking->question->by_count == 0 ||
			dimension_counts_slots(asking->dimension);
	int status = count_total(asking, counted, err);

	if (status < 0 || is_known) {
		return status < 0 ? status : count_rows(asking, counted, err);
	}
	status = count_rows(asking, days_touched(&asking->answer->notes), err);
	keep_fewer(asking->answer, access->k);
	return status;
}

int view_redis_group_rows(
	struct view_redis_asking *asking, const struct view_access *access, struct err *err)
{
	struct view_answer *answer = asking->answer;
	struct counted counted;
	int status = choose_counted(asking, access->now_ns, &counted, err);

	status = status < 0 ? status : count_groups(asking, access, counted, err);
	if (status < 0) {
		return status;
	}
	if (view_group_body(answer, access)) {
		return view_group_rows(&asking->rows, access, err);
	}
	for (size_t i = 0; i < answer->row_count; i++) {
		answer->rows[i].total.is_hidden = true;
	}
	return 0;
}
