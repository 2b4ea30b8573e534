#include "dashboards/web/extent.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "analyzer/archive/archive.h"
#include "base/clock.h"

#define HOUR_NS (3600 * NS_PER_S)
#define WEEK_NS (7 * VIEW_DAY_NS)
#define OLD_NS  (36 * HOUR_NS)
#define WARM_NS (60 * NS_PER_S)

enum { LOOK_S = 5, WAIT_MS = 250, WEEKS = 6 };

struct extent {
	struct views *views;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, known;
	uint64_t version, from_ns, to_ns;
	bool is_known;   /* by a question about all of it */
	bool is_awaited; /* nothing is known of it, and nothing has failed */
	bool is_warmed, stop;
};

static struct timespec in_ms(unsigned ms)
{
	uint64_t until_ns = clock_now_ns() + ms * NS_PER_MS;

	return (struct timespec){ .tv_sec = (time_t)(until_ns / NS_PER_S),
		.tv_nsec = (long)(until_ns % NS_PER_S) };
}

/* One answer is enough to go on with. */
static void tell(struct extent *extent, uint64_t from_ns, uint64_t to_ns)
{
	extent->from_ns = from_ns;
	extent->to_ns = to_ns;
	extent->is_awaited = false;
	pthread_cond_broadcast(&extent->known);
}

/* Of whose records nothing is left, hours may be: that takes the question. */
static void read_headers(struct extent *extent)
{
	const struct view_source *source = views_source(extent->views);
	struct archive_extent one, all = { 0 };

	for (unsigned i = 0; i < source->archive_count; i++) {
		if (archive_read_extent(source->archives[i], &one, NULL) < 0 || one.records == 0) {
			return;
		}
		all.first_ns = i == 0 || one.first_ns < all.first_ns ? one.first_ns : all.first_ns;
		all.last_ns = one.last_ns > all.last_ns ? one.last_ns : all.last_ns;
	}
	pthread_mutex_lock(&extent->lock);
	if (source->archive_count > 0 && extent->is_awaited) {
		tell(extent, all.first_ns, all.last_ns);
	}
	pthread_mutex_unlock(&extent->lock);
}

/* Of the whole body: which days there are is no secret of a device's. */
static void ask(struct extent *extent)
{
	const struct view_access access = { .role = VIEW_SEES_DEVICES, .now_ns = clock_now_ns() };
	const struct view_question question = { .from_ns = 0 };
	struct view_answer *answer = NULL;
	struct view *view;

	if (views_open_another(extent->views, &view, NULL) == 0) {
		view_ask(view, &access, &question, &answer, NULL);
		view_close(view);
		malloc_trim(0); /* all of the time is many cells */
	}
	pthread_mutex_lock(&extent->lock);
	if (answer) {
		const struct view_notes *notes = &answer->notes;
		tell(extent, notes->from_ns, notes->as_of_ns ? notes->as_of_ns : notes->to_ns);
	} else {
		tell(extent, extent->from_ns, extent->to_ns);
	}
	extent->is_known = answer != NULL;
	pthread_mutex_unlock(&extent->lock);
	view_answer_free(answer);
}

static uint64_t end_of(struct extent *extent)
{
	pthread_mutex_lock(&extent->lock);
	uint64_t to_ns = extent->to_ns;
	pthread_mutex_unlock(&extent->lock);
	return to_ns;
}

/* False: there is nothing of that time. */
static bool read_one(struct extent *extent, const struct view_access *access,
	const struct view_question *question)
{
	struct view *view = views_take(extent->views, NULL);
	struct view_answer *answer = NULL;

	if (view) {
		view_ask(view, access, question, &answer, NULL);
		views_give(extent->views, view);
	}
	bool has_flows = answer && answer->total.flows > 0;
	view_answer_free(answer);
	return has_flows;
}

/* What every page begins with, read before somebody waits for it: the last week as a table and by
 * apps and days, and it and the weeks before it as series (answer_usual). Of an archive that ended
 * long ago pages ask for its last week. */
static void warm(struct extent *extent)
{
	const struct view_access access = { .role = VIEW_SEES_DEVICES, .now_ns = clock_now_ns() };
	uint64_t to_ns = end_of(extent), end_ns = access.now_ns / HOUR_NS * HOUR_NS;
	bool is_old = to_ns && to_ns + OLD_NS < access.now_ns;

	if (is_old) {
		end_ns = (to_ns + HOUR_NS - 1) / HOUR_NS * HOUR_NS;
	}
	uint64_t from_ns = (is_old ? to_ns - WEEK_NS : end_ns - WEEK_NS) / HOUR_NS * HOUR_NS;
	const struct view_question table = { .from_ns = from_ns,
		.to_ns = is_old ? end_ns : 0,
		.by = { VIEW_BY_APP },
		.by_count = 1 };
	struct view_question course = table; /* of each app, as Explore begins */
	course.step_ns = VIEW_DAY_NS;
	bool has_flows = read_one(extent, &access, &table) && read_one(extent, &access, &course);
	for (unsigned week = 0; week <= WEEKS && has_flows && from_ns > week * WEEK_NS; week++) {
		const struct view_question series = { .from_ns = from_ns - week * WEEK_NS,
			.to_ns = end_ns - week * WEEK_NS,
			.step_ns = HOUR_NS };
		has_flows = read_one(extent, &access, &series);
	}
	malloc_trim(0);
}

static void *ask_until_stopped(void *argument)
{
	struct extent *extent = argument;
	uint64_t warmed_ns = 0, warmed_hour = 0, warmed_version = 0;

	pthread_mutex_lock(&extent->lock);
	while (!extent->stop) {
		uint64_t version = views_version(extent->views);
		bool has_grown = !extent->is_known || version != extent->version;
		extent->version = version;
		if (has_grown) {
			bool is_first = extent->is_awaited;
			pthread_mutex_unlock(&extent->lock);
			if (is_first) {
				read_headers(extent);
			}
			ask(extent);
			pthread_mutex_lock(&extent->lock);
		}
		uint64_t hour = clock_now_ns() / HOUR_NS;
		bool is_cold = hour != warmed_hour || version != warmed_version;
		if (extent->is_warmed && !extent->stop && is_cold &&
			clock_monotonic_ns() - warmed_ns > WARM_NS) {
			pthread_mutex_unlock(&extent->lock);
			warm(extent);
			pthread_mutex_lock(&extent->lock);
			warmed_ns = clock_monotonic_ns();
			warmed_hour = hour;
			warmed_version = version;
		}
		struct timespec until = in_ms(LOOK_S * 1000);
		if (!extent->stop) {
			pthread_cond_timedwait(&extent->wake, &extent->lock, &until);
		}
	}
	pthread_mutex_unlock(&extent->lock);
	return NULL;
}

int extent_open(struct extent **extent, struct views *views, bool is_warmed, struct err *err)
{
	struct extent *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->views = views;
	opened->is_warmed = is_warmed;
	opened->is_awaited = true;
	pthread_mutex_init(&opened->lock, NULL);
	pthread_cond_init(&opened->wake, NULL);
	pthread_cond_init(&opened->known, NULL);
	int code = pthread_create(&opened->thread, NULL, ask_until_stopped, opened);
	if (code != 0) {
		free(opened);
		return err_set(err, code, "no thread can be made");
	}
	*extent = opened;
	return 0;
}

void extent_close(struct extent *extent)
{
	if (!extent) {
		return;
	}
	pthread_mutex_lock(&extent->lock);
	extent->stop = true;
	pthread_cond_signal(&extent->wake);
	pthread_mutex_unlock(&extent->lock);
	pthread_join(extent->thread, NULL);
	pthread_cond_destroy(&extent->wake);
	pthread_cond_destroy(&extent->known);
	pthread_mutex_destroy(&extent->lock);
	free(extent);
}

struct extent_times extent_read(struct extent *extent)
{
	struct timespec until = in_ms(WAIT_MS);

	pthread_mutex_lock(&extent->lock);
	while (extent->is_awaited &&
		pthread_cond_timedwait(&extent->known, &extent->lock, &until) == 0) {
	}
	const struct extent_times times = { extent->from_ns, extent->to_ns, extent->is_awaited };
	pthread_mutex_unlock(&extent->lock);
	return times;
}
