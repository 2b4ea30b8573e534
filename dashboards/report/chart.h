/* Charts as inline SVG that stands alone: colours and patterns are attributes, so that a browser
 * and a PDF show the same, and each fill has a pattern of its own, so that black and white does as
 * well. Each has a title and a description; the table it is drawn from stands beside it.
 *
 * Drawn from tables (report_table.h): a chart never shows what its table may not. */
#pragma once

#include "base/text.h"
#include "dashboards/report/report_table.h"

enum { CHART_WIDTH = 680 };

/* Fills: the legal zones by name, and these. */
#define CHART_STOPPED "stopped"
#define CHART_PASSED  "passed"
#define CHART_UNSURE  "unsure"

struct chart {
	struct text *text;
	const char *id; /* of the page's own */
	const struct report_model *model;
	const struct messages *messages;
	unsigned width; /* 0: CHART_WIDTH */
};

/* chart.c: the frame, and what charts are drawn with. Fills that the chart uses, ended by NULL. */
void chart_begin(const struct chart *chart, const char *title, const char *description,
	unsigned height, const char *const *fills);
void chart_end(const struct chart *chart);
void chart_rect(const struct chart *chart, double x, double y, double width, double height,
	const char *fill);
/* anchor: start, middle or end; at most so many characters, 0: all. */
void chart_label(const struct chart *chart, double x, double y, const char *anchor, unsigned most,
	const char *label);
/* The same in one or two lines, the second below the first, broken at a space. */
enum { CHART_LINE_HEIGHT = 14 };
unsigned chart_lines(const char *label, unsigned most);
/* Is there room for all of it in so many of them? */
bool chart_has_room(const char *label, unsigned most, unsigned lines);
void chart_label_lines(const struct chart *chart, double x, double y, const char *anchor,
	unsigned most, const char *label);
void chart_line(const struct chart *chart, double x1, double y1, double x2, double y2);

/* The value as its reader's language writes it, in memory of 96 bytes. */
const char *chart_value(
	const struct chart *chart, const struct report_value *value, char memory[96]);

/* chart_columns.c: bars by zone, and columns that are stacked over time: the table's first column
 * that is a date, then numbers, from the bottom up. */
void chart_put_zones(const struct chart *chart, const struct report_table *zones);
void chart_put_days(const struct chart *chart, const struct report_table *days);
void chart_put_block(const struct chart *chart, const struct report_table *weeks);

/* chart_matrix.c, chart_flow.c */
void chart_put_matrix(const struct chart *chart, const struct report_table *matrix);
void chart_put_flow(const struct chart *chart, const struct report_table *paths);
