/* What `borderflow top` shows: a snapshot, as somebody wants to look at it, becomes a page. No
 * terminal and no network in here.
 *
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/record/reference.h"
#include "analyzer/view/live_snapshot.h"
#include "dashboards/top/page.h"

/* The views, in order of their keys 1, 2, …: name, title, and the dimension they need. */
#define VIEWS(X)                                                                                   \
	X(APPS, "apps", DIMENSION_APP)                                                             \
	X(UNITS, "units", DIMENSION_UNIT)                                                          \
	X(SERVERS, "servers", DIMENSION_SERVER)                                                    \
	X(CONTROL, "control", DIMENSION_PARENT)                                                    \
	X(ZONES, "zones", DIMENSION_ZONE)                                                          \
	X(CLASSES, "classes", DIMENSION_CLASS)                                                     \
	X(MATRIX, "matrix", DIMENSION_MATRIX)                                                      \
	X(ALERTS, "alerts", DIMENSION_COUNT)                                                       \
	X(SENSORS, "sensors", DIMENSION_COUNT)

enum view_kind {
#define X(id, name, dimension) VIEW_##id,
	VIEWS(X)
#undef X
		VIEW_COUNT
};

#define VIEW_SORTS(X)                                                                              \
	X(UP, "up")                                                                                \
	X(DOWN, "down")                                                                            \
	X(BOTH, "both")                                                                            \
	X(DEVICES, "devices")                                                                      \
	X(NAME, "name")

enum view_sort {
#define X(id, name) VIEW_SORT_##id,
	VIEW_SORTS(X)
#undef X
		VIEW_SORT_COUNT
};

/* How somebody wants to look at it. */
struct view {
	enum view_kind kind;
	enum view_sort sort;
	enum live_snapshot_window window;
	bool is_paused, shows_help, edits_filter;
	char filter[64];
	unsigned first;         /* row at the top of the table */
	const char *source;     /* "redis://…", a socket: where it comes from */
	const char *trouble;    /* why there is nothing newer; NULL: all is well */
	unsigned width, height; /* height 0: rows_most rows and no more, without keys */
	unsigned rows_most;
	bool has_utf8;
};

const char *view_name(enum view_kind kind);
const char *view_sort_name(enum view_sort sort);
const char *view_window_name(enum live_snapshot_window window);

/* The dimensions to read for it: bits of enum dimension. */
unsigned view_dimensions(const struct view *view);

/* reference: catalogue and geo, for names; either may be NULL. Rows of the snapshot are sorted.
 * Limits view->first to what there is. */
void view_put(struct view *view, struct live_snapshot *snapshot, const struct reference *reference,
	struct page *page);

/* Changes the view as the key asks (screen.h). */
enum view_answer { VIEW_GO_ON, VIEW_READ, VIEW_QUIT };

enum view_answer view_key(struct view *view, int key);
