#include "dashboards/web/extent.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

enum { LOOK_S = 5, WAIT_MS = 250 };

struct extent {
	struct views *views;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, known;
	uint64_t version, from_ns, to_ns;
	bool is_known, stop;
};

static struct timespec in_ms(unsigned ms)
{
	uint64_t until_ns = clock_now_ns() + ms * NS_PER_MS;

	return (struct timespec){ .tv_sec = (time_t)(until_ns / NS_PER_S),
		.tv_nsec = (long)(until_ns % NS_PER_S) };
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
		extent->from_ns = notes->from_ns;
		extent->to_ns = notes->as_of_ns ? notes->as_of_ns : notes->to_ns;
	}
	extent->is_known = true;
	pthread_cond_broadcast(&extent->known);
	pthread_mutex_unlock(&extent->lock);
	view_answer_free(answer);
}

static void *ask_until_stopped(void *argument)
{
	struct extent *extent = argument;

	pthread_mutex_lock(&extent->lock);
	while (!extent->stop) {
		uint64_t version = views_version(extent->views);
		bool has_grown = !extent->is_known || version != extent->version;
		extent->version = version;
		if (has_grown) {
			pthread_mutex_unlock(&extent->lock);
			ask(extent);
			pthread_mutex_lock(&extent->lock);
		}
		struct timespec until = in_ms(LOOK_S * 1000);
		if (!extent->stop) {
			pthread_cond_timedwait(&extent->wake, &extent->lock, &until);
		}
	}
	pthread_mutex_unlock(&extent->lock);
	return NULL;
}

int extent_open(struct extent **extent, struct views *views, struct err *err)
{
	struct extent *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->views = views;
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

void extent_read(struct extent *extent, uint64_t *from_ns, uint64_t *to_ns)
{
	struct timespec until = in_ms(WAIT_MS);

	pthread_mutex_lock(&extent->lock);
	while (!extent->is_known &&
		pthread_cond_timedwait(&extent->known, &extent->lock, &until) == 0) {
	}
	*from_ns = extent->from_ns;
	*to_ns = extent->to_ns;
	pthread_mutex_unlock(&extent->lock);
}
