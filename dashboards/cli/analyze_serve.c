#include "dashboards/cli/analyze_serve.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/view/view.h"
#include "analyzer/view/view_sink.h"
#include "base/clock.h"
#include "dashboards/cli/serve_run.h"

enum { FOLDERS_OPEN = 8 };

#define ASK_EVERY_NS NS_PER_S

struct analyze_serve {
	struct view *view;
	struct view_sink sink;
	struct web *web;
	struct engine *engine;
	char access[PATH_MAX], desk[PATH_MAX], flows[PATH_MAX];
	bool owns_desk, owns_flows; /* it goes with the server */
	const char *archives[1];
	uint64_t asked_ns;
	atomic_ullong done, all, packets;
	atomic_bool is_running;
};

static void read_progress(void *context, struct web_progress *progress)
{
	struct analyze_serve *serve = context;

	*progress = (struct web_progress){ .done = atomic_load(&serve->done),
		.all = atomic_load(&serve->all),
		.packets = atomic_load(&serve->packets),
		.is_running = atomic_load(&serve->is_running) };
}

/* The folder that was given, or one of our own, which goes with the server. */
static int find_folder(const struct analyze_serve *serve, const char *given, const char *name,
	char folder[PATH_MAX], bool *is_own, struct err *err)
{
	if (given) {
		snprintf(folder, PATH_MAX, "%s", given);
		return 0;
	}
	snprintf(folder, PATH_MAX, "%.*s/%s-XXXXXX", PATH_MAX - 24, serve->access, name);
	*is_own = mkdtemp(folder) != NULL;
	return *is_own ? 0
		       : err_set(err, errno, "%s: cannot make the folder: %s", folder,
				 strerror(errno));
}

static int open_web(struct analyze_serve *serve, const struct analyze_serve_settings *settings,
	const struct run *run, struct err *err)
{
	const struct fact_settings *facts = run->options.facts;
	serve->archives[0] = serve->flows;
	const struct web_options options = { .listen = settings->listen,
		.source = { .analysis = serve->view,
			.archives = serve->archives,
			.archive_count = 1,
			.desk = serve->desk },
		.reference = run->reference,
		.program = SERVE_PROGRAM,
		.policy = facts->policy,
		.geo = facts->geo,
		.inventory = facts->inventory,
		.keys = facts->keys,
		.catalogue = facts->catalogue.items,
		.catalogue_count = facts->catalogue.count,
		.language = facts->language,
		.access = serve->access,
		.events = serve->owns_desk ? serve->desk : NULL,
		.lookups = serve->access,
		.read_progress = read_progress,
		.progress_context = serve };

	return serve_open(&serve->web, &options, err);
}

int analyze_serve_open(struct analyze_serve **serve, const struct analyze_serve_settings *settings,
	const struct run *run, struct err *err)
{
	struct analyze_serve *opened = calloc(1, sizeof(*opened));

	if (!opened) {
		return err_set(err, ENOMEM, "out of memory");
	}
	atomic_store(&opened->is_running, true);
	int status = serve_find_access(settings->access, opened->access, err);
	if (status == 0) {
		status = find_folder(opened, run->options.outputs->desk, "desk", opened->desk,
			&opened->owns_desk, err);
	}
	if (status == 0) {
		status = find_folder(opened, run->options.outputs->archive, "flows", opened->flows,
			&opened->owns_flows, err);
	}
	if (status == 0) {
		status = view_open_analysis(&opened->view, false, err);
	}
	if (status == 0) {
		status = open_web(opened, settings, run, err);
	}
	if (status == 0) {
		status = serve_say(opened->web, settings->link || isatty(STDOUT_FILENO), err);
	}
	if (status < 0) {
		analyze_serve_close(opened);
		return status;
	}
	*serve = opened;
	return 0;
}

const char *analyze_serve_desk(const struct analyze_serve *serve)
{
	return serve->desk;
}

const char *analyze_serve_flows(const struct analyze_serve *serve)
{
	return serve->flows;
}

void analyze_serve_add(struct analyze_serve *serve, struct engine *engine)
{
	serve->engine = engine;
	serve->sink.view = serve->view;
	engine_add_sink(engine, &view_sink_ops, view_sink(&serve->sink));
}

void analyze_serve_show(
	struct analyze_serve *serve, const struct source_stats *source, bool is_running)
{
	uint64_t now_ns = clock_monotonic_ns();

	atomic_store(&serve->done, source->bytes_done);
	atomic_store(&serve->all, source->bytes_all);
	atomic_store(&serve->packets, source->frames);
	atomic_store(&serve->is_running, is_running);
	if (is_running && now_ns - serve->asked_ns >= ASK_EVERY_NS) {
		serve->asked_ns = now_ns;
		engine_ask_cells(serve->engine);
	}
}

void analyze_serve_wait(struct analyze_serve *serve)
{
	printf("borderflow serves at %s until Ctrl-C\n", web_address(serve->web));
	fflush(stdout);
	serve_wait();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status, (void)kind, (void)place;
	return remove(path);
}

void analyze_serve_close(struct analyze_serve *serve)
{
	if (!serve) {
		return;
	}
	web_close(serve->web);
	view_close(serve->view);
	if (serve->owns_desk) {
		nftw(serve->desk, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
	}
	if (serve->owns_flows) {
		nftw(serve->flows, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
	}
	free(serve);
}
