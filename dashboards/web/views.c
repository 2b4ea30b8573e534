#include "dashboards/web/views.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"

#define LIVE_NS (10 * NS_PER_S)

#define STALE_NS (60 * NS_PER_S)

enum { VIEWS_MAX = 8 };

struct views {
	struct view_source source;
	struct views *live;  /* Redis beside archives; NULL: there is no such */
	struct views *flows; /* the archive of an analysis, which keeps none itself; NULL */
	pthread_mutex_t lock;
	pthread_cond_t is_free;
	struct kept_view {
		struct view *view; /* NULL: not opened yet */
		bool is_taken;
	} views[VIEWS_MAX];
	unsigned most;
};

const char *view_source_kind(const struct view_source *source)
{
	return source->analysis        ? "analysis"
	       : source->archive_count ? "archive"
	       : source->redis         ? "redis"
				       : "socket";
}

static int open_kind(struct view **view, const struct view_source *source, const struct view *first,
	struct err *err)
{
	const struct view_archive_options archive = { .folders = source->archives,
		.folder_count = source->archive_count,
		.stale_ns = STALE_NS,
		.reference = source->reference };

	return source->archive_count && first ? view_open_archive_beside(view, first, err)
	       : source->archive_count        ? view_open_archive(view, &archive, err)
	       : source->redis                ? view_open_redis(view, source->redis, NULL, err)
					      : view_open_socket(view, source->socket, err);
}

/* first: another one of the same source, whose reading is shared; NULL: none. */
static int open_source(struct view **view, const struct view_source *source,
	const struct view *first, struct err *err)
{
	int status = open_kind(view, source, first, err);

	if (status == 0 && source->desk && !source->redis) {
		status = view_set_desk(*view, source->desk, err);
		if (status < 0) {
			view_close(*view);
		}
	}
	return status;
}

int views_open(struct views **views, const struct view_source *source, struct err *err)
{
	struct views *opened = calloc(1, sizeof(*opened));
	int status = 0;

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	opened->source = *source;
	opened->most = source->analysis ? 1 : VIEWS_MAX;
	opened->views[0].view = source->analysis;
	if (!source->analysis) {
		status = open_source(&opened->views[0].view, source, NULL, err);
	}
	if (status < 0) {
		free(opened);
		return status;
	}
	pthread_mutex_init(&opened->lock, NULL);
	pthread_cond_init(&opened->is_free, NULL);
	if (source->archive_count && source->redis) {
		const struct view_source live = { .redis = source->redis };
		status = views_open(&opened->live, &live, err);
	}
	if (status == 0 && source->analysis && source->archive_count) {
		const struct view_source flows = { .archives = source->archives,
			.archive_count = source->archive_count };
		status = views_open(&opened->flows, &flows, err);
	}
	if (status < 0) {
		views_close(opened);
		return status;
	}
	*views = opened;
	return 0;
}

void views_close(struct views *views)
{
	if (!views) {
		return;
	}
	views_close(views->live);
	views_close(views->flows);
	for (unsigned i = 0; i < views->most && !views->source.analysis; i++) {
		view_close(views->views[i].view);
	}
	pthread_cond_destroy(&views->is_free);
	pthread_mutex_destroy(&views->lock);
	free(views);
}

const struct view_source *views_source(const struct views *views)
{
	return &views->source;
}

uint64_t views_version(const struct views *views)
{
	const struct view_source *source = &views->source;
	bool is_archive = source->archive_count && !source->analysis;
	uint64_t version = is_archive ? 0 : clock_now_ns() / LIVE_NS;
	char path[PATH_MAX];
	struct stat head;

	for (unsigned i = 0; i < source->archive_count; i++) {
		snprintf(path, sizeof(path), "%.*s/head", PATH_MAX - 8, source->archives[i]);
		if (stat(path, &head) == 0) {
			version += (uint64_t)head.st_mtim.tv_sec * NS_PER_S +
				   (uint64_t)head.st_mtim.tv_nsec;
		}
	}
	return version;
}

bool views_lack_archive(const struct views *views, struct err *err)
{
	const struct view_source *source = &views->source;
	char path[PATH_MAX];
	struct stat head;

	for (unsigned i = 0; i < source->archive_count && !source->analysis; i++) {
		snprintf(path, sizeof(path), "%.*s/head", PATH_MAX - 8, source->archives[i]);
		if (stat(path, &head) < 0) {
			err_set(err, errno, "%s cannot be read: %s", path, strerror(errno));
			return true;
		}
	}
	return false;
}

int views_open_another(const struct views *views, struct view **view, struct err *err)
{
	return open_source(view, &views->source, NULL, err);
}

const char *views_name(const struct views *views)
{
	return view_name(views->views[0].view);
}

const char *views_live_name(const struct views *views)
{
	return views->live ? views_name(views->live) : NULL;
}

/* One that is open and free, else one that is not open yet; NULL: all are taken. */
static struct kept_view *choose(struct views *views)
{
	struct kept_view *closed = NULL;

	for (unsigned i = 0; i < views->most; i++) {
		struct kept_view *kept = &views->views[i];
		if (!kept->is_taken && kept->view) {
			return kept;
		}
		closed = kept->is_taken || closed ? closed : kept;
	}
	return closed;
}

struct view *views_take(struct views *views, struct err *err)
{
	struct kept_view *kept;

	pthread_mutex_lock(&views->lock);
	while (!(kept = choose(views))) {
		pthread_cond_wait(&views->is_free, &views->lock);
	}
	kept->is_taken = true;
	pthread_mutex_unlock(&views->lock);
	if (!kept->view &&
		open_source(&kept->view, &views->source, views->views[0].view, err) < 0) {
		kept->view = NULL;
		pthread_mutex_lock(&views->lock);
		kept->is_taken = false;
		pthread_cond_signal(&views->is_free);
		pthread_mutex_unlock(&views->lock);
		return NULL;
	}
	return kept->view;
}

struct view *views_take_live(struct views *views, struct err *err)
{
	return views_take(views->live ? views->live : views, err);
}

struct view *views_take_flows(struct views *views, struct err *err)
{
	return views_take(views->flows ? views->flows : views, err);
}

void views_give(struct views *views, struct view *view)
{
	if (!view) {
		return;
	}
	if (views->live) {
		views_give(views->live, view);
	}
	if (views->flows) {
		views_give(views->flows, view);
	}
	pthread_mutex_lock(&views->lock);
	for (unsigned i = 0; i < views->most; i++) {
		if (views->views[i].view == view) {
			views->views[i].is_taken = false;
		}
	}
	pthread_cond_signal(&views->is_free);
	pthread_mutex_unlock(&views->lock);
}
