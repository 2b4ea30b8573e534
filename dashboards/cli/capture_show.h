/* How a sensor shows itself: to borderflow top at its socket, to Prometheus and whoever asks for
 * its health by HTTP, and to everybody by its heartbeat in Redis.
 *
 * Threads  the main one; those of socket, server and heartbeat run from start to stop.
 * Failure  0 or -errno and a sentence. */
#pragma once

#include "dashboards/cli/capture.h"
#include "dashboards/cli/run.h"
#include "dashboards/web/router.h"

struct capture_show {
	const struct capture_settings *settings;
	const struct run *run;
	struct capture_socket *socket; /* NULL: nowhere */
	struct view_live *live;
	struct httpd *httpd;
	struct heartbeat *heartbeat;
	struct route routes[3]; /* the last one ends them */
	struct router router;
};

/* The socket, which wants privileges. */
int capture_show_open(
	struct capture_show *show, const struct capture_settings *settings, struct err *err);
/* The view that answers there, as a sink of the run's engine. */
int capture_show_add_view(struct capture_show *show, const struct run *run, struct err *err);
int capture_show_start(struct capture_show *show, struct err *err);

/* Nobody asks any more; then, once the engine is gone, the view goes. */
void capture_show_stop(struct capture_show *show);
void capture_show_close(struct capture_show *show);
