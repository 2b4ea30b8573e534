/* Devices behind the rows of an answer from Redis: by HyperLogLog, of whole days (UTC).
 *
 * Of a time that is not whole days the days that are wholly in it say how many there were at
 * least. Small groups are judged by all days that it touches, since fewer than k in those are fewer
 * in it; how many more there are is not said then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/redis/redis.h"
#include "analyzer/view/view_redis.h"

enum { COUNTED_MAX = 1000 }; /* rows whose devices are counted */

/* The name of a series again; NULL where a row stands for none. */
static const char *id_of(const struct view_backend *backend, const char *name, char letter)
{
	for (unsigned i = 0; i < backend->name_count; i++) {
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
	const struct view_backend *backend = asking->backend;
	const char *first = row->values[asking->first];

	switch (asking->dimension) {
	case DIMENSION_APP_UNIT:
		snprintf(series, REDIS_KEY_BYTES / 2, "%s@%s", first,
			id_of(backend, row->values[!asking->first], 'u'));
		break;
	case DIMENSION_MATRIX:
		snprintf(series, REDIS_KEY_BYTES / 2, "%s-%s", first, row->values[!asking->first]);
		break;
	case DIMENSION_UNIT:
	case DIMENSION_CLASS:
	case DIMENSION_RULE:
		snprintf(series, REDIS_KEY_BYTES / 2, "%s",
			id_of(backend, first, dimension_name(asking->dimension)[0]));
		break;
	default:
		snprintf(series, REDIS_KEY_BYTES / 2, "%s", first);
		break;
	}
}

/* The days that are asked: [from, to). */
struct days {
	uint64_t from_ns, to_ns;
};

static struct days days_touched(const struct view_notes *notes)
{
	return (struct days){ notes->from_ns / VIEW_DAY_NS * VIEW_DAY_NS, notes->to_ns };
}

/* The day that runs is whole as far as it went. */
static struct days days_inside(const struct view_notes *notes, uint64_t now_ns)
{
	uint64_t to_ns = notes->to_ns / VIEW_DAY_NS * VIEW_DAY_NS;

	return (struct days){ (notes->from_ns + VIEW_DAY_NS - 1) / VIEW_DAY_NS * VIEW_DAY_NS,
		notes->to_ns >= now_ns ? notes->to_ns : to_ns };
}

static bool are_equal(struct days a, struct days b)
{
	return a.from_ns == b.from_ns && a.to_ns == b.to_ns;
}

/* Devices of some series on these days. */
static int count_devices(const struct view_redis_asking *asking, struct days days,
	const char *const *series, size_t count, struct view_figures *figures, struct err *err)
{
	const char *arguments[1 + REDIS_DAYS * 16] = { "PFCOUNT" };
	enum { KEYS_MAX = sizeof(arguments) / sizeof(arguments[0]) - 1 };
	char(*keys)[REDIS_KEY_BYTES] = malloc(KEYS_MAX * sizeof(*keys)), day[12];
	struct redis_answer answer;
	size_t at = 0;

	if (!keys) {
		return err_set(err, ENOMEM, "out of memory");
	}
	for (uint64_t at_ns = days.from_ns; at_ns < days.to_ns; at_ns += VIEW_DAY_NS) {
		view_redis_put_day(day, at_ns);
		for (size_t i = 0; i < count && at < KEYS_MAX; i++) {
			snprintf(keys[at], REDIS_KEY_BYTES, "%sdev:%s:%s:%s",
				asking->backend->prefix, dimension_name(asking->dimension),
				series[i], day);
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
static int count_total(struct view_redis_asking *asking, struct days days, struct err *err)
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
	return count_devices(&zones, days, series, GEO_ZONE_COUNT, &asking->answer->total, err);
}

static int count_rows(struct view_redis_asking *asking, struct days days, struct err *err)
{
	struct view_answer *answer = asking->answer;
	int status = count_total(asking, days, err);

	for (size_t i = 0; i < answer->row_count && i < COUNTED_MAX && status == 0; i++) {
		char series[REDIS_KEY_BYTES];
		const char *one[] = { series };
		if (asking->question->by_count > 0) {
			join_series(asking, &answer->rows[i], series);
			status = count_devices(asking, days, one, 1, &answer->rows[i].total, err);
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
	struct days days = days_inside(notes, now_ns);

	notes->lacks_devices = !are_equal(days, days_touched(notes));
	return count_rows(asking, days, err);
}

static void forget(struct view_figures *figures)
{
	if (figures->count != VIEW_COUNT_FEWER) {
		figures->devices = 0;
		figures->count = VIEW_COUNT_UNKNOWN;
	}
}

int view_redis_group_rows(
	struct view_redis_asking *asking, const struct view_access *access, struct err *err)
{
	struct view_answer *answer = asking->answer;
	struct days touched = days_touched(&answer->notes);
	bool is_whole = are_equal(touched, days_inside(&answer->notes, access->now_ns));
	int status = count_rows(asking, touched, err);

	if (status == 0 && view_group_body(answer, access)) {
		status = view_group_rows(&asking->rows, access, err);
	} else {
		for (size_t i = 0; i < answer->row_count; i++) {
			answer->rows[i].total.is_hidden = true;
		}
	}
	if (!is_whole) {
		forget(&answer->total);
		for (size_t i = 0; i < answer->row_count; i++) {
			forget(&answer->rows[i].total);
		}
	}
	return status;
}
