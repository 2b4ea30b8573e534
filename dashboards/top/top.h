/* What `borderflow top` shows: what was read, as somebody wants to look at it, becomes a page. No
 * terminal and no network in here.
 *
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/record/reference.h"
#include "dashboards/top/page.h"
#include "dashboards/top/top_data.h"

/* The views, in order of their keys 1, 2, …: name, and what they are by (one dimension, or two). */
#define TOP_VIEWS(X)                                                                               \
	X(APPS, "apps", VIEW_BY_APP)                                                               \
	X(UNITS, "units", VIEW_BY_UNIT)                                                            \
	X(SERVERS, "servers", VIEW_BY_SERVER)                                                      \
	X(CONTROL, "control", VIEW_BY_PARENT)                                                      \
	X(ZONES, "zones", VIEW_BY_ZONE)                                                            \
	X(CLASSES, "classes", VIEW_BY_CLASS)                                                       \
	X(MATRIX, "matrix", VIEW_BY_SERVER)                                                        \
	X(ALERTS, "alerts", VIEW_DIMENSION_COUNT)                                                  \
	X(SENSORS, "sensors", VIEW_DIMENSION_COUNT)

enum top_kind {
#define X(id, name, dimension) TOP_##id,
	TOP_VIEWS(X)
#undef X
		TOP_COUNT
};

#define TOP_SORTS(X)                                                                               \
	X(UP, "up")                                                                                \
	X(DOWN, "down")                                                                            \
	X(BOTH, "both")                                                                            \
	X(DEVICES, "devices")                                                                      \
	X(NAME, "name")

enum top_sort {
#define X(id, name) TOP_SORT_##id,
	TOP_SORTS(X)
#undef X
		TOP_SORT_COUNT
};

/* How somebody wants to look at it. */
struct top_view {
	enum top_kind kind;
	enum top_sort sort;
	enum top_window window;
	bool is_paused, shows_help, edits_filter;
	char filter[64];
	unsigned first;         /* row at the top of the table */
	const char *source;     /* "redis://…", a socket: where it comes from */
	const char *trouble;    /* why there is nothing newer; NULL: all is well */
	unsigned width, height; /* height 0: rows_most rows and no more, without keys */
	unsigned rows_most;
	bool has_utf8;
};

const char *top_name(enum top_kind kind);
const char *top_sort_name(enum top_sort sort);
const char *top_window_name(enum top_window window);

/* The dimension that it is by; VIEW_DIMENSION_COUNT: of none. */
enum view_dimension top_dimension(enum top_kind kind);

/* reference: catalogue and geo, for names; either may be NULL. Sensors are sorted. Limits
 * view->first to what there is. */
void top_put(struct top_view *view, struct top_data *data, const struct reference *reference,
	struct page *page);

/* Changes the view as the key asks (screen.h). */
enum top_answer { TOP_GO_ON, TOP_READ, TOP_QUIT };

enum top_answer top_key(struct top_view *view, int key);
