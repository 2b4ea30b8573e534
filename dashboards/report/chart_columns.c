/* Bars by zone, and columns over time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboards/report/chart.h"
#include "dashboards/report/report_tables.h"

enum { ROW_HEIGHT = 27, BAR_TOP = 15, BAR_HEIGHT = 7, BAR_WIDTH = 420 };

static const char *const zone_fills[] = { "eu", "eea", "adequate", "adequate_partial", "third",
	"unknown", NULL };

static const char *say(const struct chart *chart, const char *key)
{
	return messages_get(chart->messages, key);
}

/* Columns of table_zones. */
enum { ZONE_SHARE = 1, ZONE_SENT = 2 };

/* Name and figure above each bar: so that it is read on paper and on a telephone alike. */
void chart_put_zones(const struct chart *wide, const struct report_table *zones)
{
	struct chart narrow = *wide;
	const struct chart *chart = &narrow;
	uint64_t most = 1;
	char memory[96];

	narrow.width = BAR_WIDTH;
	for (size_t i = 0; i < REPORT_ZONES && i < zones->count; i++) {
		uint64_t bytes = zones->rows[i].values[ZONE_SENT].number;
		most = bytes > most ? bytes : most;
	}
	chart_begin(chart, say(chart, "chart_title"), say(chart, "chart_zones_text"),
		REPORT_ZONES * ROW_HEIGHT, zone_fills);
	for (size_t i = 0; i < REPORT_ZONES && i < zones->count; i++) {
		const struct report_value *values = zones->rows[i].values;
		uint64_t bytes = values[ZONE_SENT].number;
		double width = BAR_WIDTH * (double)bytes / (double)most, y = (double)i * ROW_HEIGHT;
		chart_label(chart, 0, y + BAR_TOP - 4, "start", 52,
			chart_value(chart, &values[0], memory));
		chart_label(chart, BAR_WIDTH, y + BAR_TOP - 4, "end", 0,
			chart_value(chart, &values[ZONE_SENT], memory));
		chart_line(chart, 0, y + BAR_TOP + BAR_HEIGHT, BAR_WIDTH, y + BAR_TOP + BAR_HEIGHT);
		if (bytes > 0) {
			chart_rect(chart, 0, y + BAR_TOP, width < 1.5 ? 1.5 : width, BAR_HEIGHT,
				zone_fills[i]);
		}
	}
	chart_end(chart);
}

/* Columns over time. Rows that are too many for the paper stand together, so many to a column. */
enum { CHART_TOP = 34, CHART_BOTTOM = 190, CHART_LEFT = 64, CHART_COLUMNS = 62, STACK_MAX = 6 };

struct column_chart {
	const struct chart *chart;
	const struct report_row *rows;
	size_t count, per_column;
	unsigned date, first, stack; /* columns of the table */
	const char *const *fills;
	const char *const *labels; /* keys of messages */
	uint64_t most;
};

static uint64_t column_sum(const struct column_chart *columns, size_t column, unsigned series)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < columns->per_column; i++) {
		size_t row = column * columns->per_column + i;
		if (row < columns->count) {
			sum += columns->rows[row].values[columns->first + series].number;
		}
	}
	return sum;
}

static size_t columns_count(const struct column_chart *columns)
{
	return (columns->count + columns->per_column - 1) / columns->per_column;
}

static void find_most(struct column_chart *columns)
{
	columns->per_column = columns->count > CHART_COLUMNS ? 7 : 1;
	columns->most = 1;
	for (size_t i = 0; i < columns_count(columns); i++) {
		uint64_t sum = 0;
		for (unsigned series = 0; series < columns->stack; series++) {
			sum += column_sum(columns, i, series);
		}
		columns->most = sum > columns->most ? sum : columns->most;
	}
	columns->most += columns->most % 2; /* the line in the middle is a whole number */
}

static void put_legend(const struct column_chart *columns)
{
	double x = CHART_LEFT;

	for (unsigned i = 0; i < columns->stack; i++) {
		const char *label = say(columns->chart, columns->labels[i]);
		chart_rect(columns->chart, x, 4, 12, 12, columns->fills[i]);
		chart_label(columns->chart, x + 17, 14, "start", 0, label);
		x += 36 + 6.4 * (double)text_columns(label);
	}
}

static void put_axis(const struct column_chart *columns, uint8_t kind)
{
	const struct chart *chart = columns->chart;
	char memory[96];

	for (unsigned i = 0; i <= 2; i++) {
		struct report_value value = { .kind = kind, .number = columns->most * i / 2 };
		double y = CHART_BOTTOM - (CHART_BOTTOM - CHART_TOP) * i / 2.0;
		chart_line(chart, CHART_LEFT, y, CHART_WIDTH, y);
		chart_label(
			chart, CHART_LEFT - 8, y + 4, "end", 0, chart_value(chart, &value, memory));
	}
}

static double column_step(const struct column_chart *columns)
{
	return (CHART_WIDTH - CHART_LEFT) / (double)columns_count(columns);
}

static double column_width(const struct column_chart *columns)
{
	double step = column_step(columns);

	return step * 0.8 > 60 ? 60 : step * 0.8;
}

/* The first column's below its left edge, the last one's below its right. */
static void put_dates(const struct column_chart *columns)
{
	const struct report_row *rows = columns->rows;
	double last = CHART_LEFT + column_step(columns) * (double)(columns_count(columns) - 1) +
		      column_width(columns);
	char memory[96];

	chart_label(columns->chart, CHART_LEFT, CHART_BOTTOM + 18, "start", 0,
		chart_value(columns->chart, &rows[0].values[columns->date], memory));
	if (columns->count > 1) {
		chart_label(columns->chart, last, CHART_BOTTOM + 18, "end", 0,
			chart_value(columns->chart, &rows[columns->count - 1].values[columns->date],
				memory));
	}
}

static void put_columns(const struct column_chart *columns)
{
	size_t count = columns_count(columns);
	double step = column_step(columns), width = column_width(columns);

	for (size_t i = 0; i < count; i++) {
		double y = CHART_BOTTOM;
		for (unsigned series = 0; series < columns->stack; series++) {
			double height = (CHART_BOTTOM - CHART_TOP) *
					(double)column_sum(columns, i, series) /
					(double)columns->most;
			y -= height;
			if (height > 0.05) {
				chart_rect(columns->chart, CHART_LEFT + step * (double)i, y, width,
					height, columns->fills[series]);
			}
		}
	}
}

void chart_put_days(const struct chart *chart, const struct report_table *days)
{
	static const char *const labels[] = { "column_eu", "column_eea", "column_adequate",
		"column_adequate_partial", "column_third", "column_unknown" };
	struct column_chart columns = { .chart = chart,
		.rows = days->rows,
		.count = days->count,
		.first = 1,
		.stack = REPORT_ZONES,
		.fills = zone_fills,
		.labels = labels };

	find_most(&columns);
	chart_begin(chart, say(chart, "chart_days"), say(chart, "chart_days_text"),
		CHART_BOTTOM + 26, zone_fills);
	put_legend(&columns);
	put_axis(&columns, VALUE_BYTES);
	put_columns(&columns);
	put_dates(&columns);
	chart_end(chart);
}

/* The rule that most was tried against: its weeks stand together. */
static void find_chief_rule(struct column_chart *columns, const struct report_table *weeks)
{
	uint64_t most = 0;

	for (size_t i = 0; i < weeks->count;) {
		const char *rule = weeks->rows[i].values[0].text;
		uint64_t tried = 0;
		size_t end = i;
		for (; end < weeks->count && weeks->rows[end].values[0].text == rule; end++) {
			tried += weeks->rows[end].values[2].number;
		}
		if (tried > most || columns->count == 0) {
			most = tried;
			columns->rows = &weeks->rows[i];
			columns->count = end - i;
		}
		i = end;
	}
}

void chart_put_block(const struct chart *chart, const struct report_table *weeks)
{
	static const char *const fills[] = { CHART_STOPPED, CHART_PASSED, CHART_UNSURE, NULL };
	static const char *const labels[] = { "column_stopped", "column_passed", "column_unsure" };
	struct column_chart columns = {
		.chart = chart, .date = 1, .first = 4, .stack = 3, .fills = fills, .labels = labels
	};
	char title[256];
	struct text text;

	find_chief_rule(&columns, weeks);
	if (columns.count == 0) {
		return;
	}
	find_most(&columns);
	text_init(&text, title, sizeof(title));
	messages_put(chart->messages, &text, "chart_block", "rule", columns.rows[0].values[0].text,
		NULL);
	chart_begin(chart, title, say(chart, "chart_block_text"), CHART_BOTTOM + 26, fills);
	put_legend(&columns);
	put_axis(&columns, VALUE_COUNT);
	put_columns(&columns);
	put_dates(&columns);
	chart_end(chart);
}
