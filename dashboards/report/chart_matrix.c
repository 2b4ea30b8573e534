/* The matrix: where servers are, and who controls the service; bytes sent, darker where more. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dashboards/report/chart.h"

enum {
	LINES_MAX = 14,
	ROWS_MAX = 9,
	COLUMNS_MAX = 5,
	LINE_HEIGHT = 26,
	NAME_WIDTH = 170,
	HEAD_HEIGHT = 56
};
enum { LETTER_WIDTH = 7, MARGIN = 8, CELL_WIDTH_MOST = 130 };

/* Columns of table_matrix. */
enum { SERVER = 0, CONTROL = 2, SENT = 4 };

struct axis {
	uint16_t countries[LINES_MAX]; /* of both axes, at most */
	unsigned count;
};

static void add_country(struct axis *axis, uint16_t country, unsigned most)
{
	for (unsigned i = 0; i < axis->count; i++) {
		if (axis->countries[i] == country) {
			return;
		}
	}
	if (axis->count < most) {
		axis->countries[axis->count] = country;
		axis->count++;
	}
}

static uint64_t sum_of(const struct report_table *matrix, uint16_t server, uint16_t control)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		const struct report_value *values = matrix->rows[i].values;
		if (values[SERVER].items[0] == server && values[CONTROL].items[0] == control) {
			sum += values[SENT].number;
		}
	}
	return sum;
}

static void put_cell(
	const struct chart *chart, double x, double y, double width, uint64_t bytes, uint64_t most)
{
	struct report_value value = report_bytes(bytes);
	char memory[96];
	/* Logarithmic: six powers of ten from white to dark. */
	double shade = bytes ? 1 + log10((double)bytes / (double)most) / 6 : 0;

	if (bytes == 0) {
		return;
	}
	/* Never so dark that the figure in it is hard to read, on paper without colours as well. */
	shade = shade < 0.08 ? 0.08 : shade;
	text_printf(chart->text,
		"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"#1f5a9e\" "
		"fill-opacity=\"%.2f\"/>\n",
		x + 1, y + 1, width - 2, LINE_HEIGHT - 2, shade * 0.7);
	chart_label(
		chart, x + width - MARGIN, y + 18, "end", 0, chart_value(chart, &value, memory));
}

static const char *name_of(const struct chart *chart, uint16_t code, char memory[96])
{
	struct report_value value = { .kind = VALUE_COUNTRY, .item_count = 1, .items = { code } };

	return chart_value(chart, &value, memory);
}

static bool has_room(const struct chart *chart, uint16_t code, double width, unsigned lines)
{
	char memory[96];

	return chart_has_room(
		name_of(chart, code, memory), (unsigned)(width / LETTER_WIDTH), lines);
}

/* Its name where there is room for all of it, else its two letters, which the legend explains. */
static const char *country(
	const struct chart *chart, uint16_t code, double width, unsigned lines, char memory[96])
{
	if (has_room(chart, code, width, lines)) {
		name_of(chart, code, memory);
	} else {
		cell_country_name(code, memory);
	}
	return memory;
}

/* The countries that stand there as two letters, once each. */
static void find_letters(const struct chart *chart, struct axis *letters, const struct axis *axis,
	double width, unsigned lines)
{
	for (unsigned i = 0; i < axis->count; i++) {
		if (!has_room(chart, axis->countries[i], width, lines)) {
			add_country(letters, axis->countries[i], LINES_MAX);
		}
	}
}

static void put_legend(const struct chart *chart, const struct axis *letters, double y)
{
	char memory[96], text[104], code[3];

	for (unsigned i = 0; i < letters->count; i++) {
		cell_country_name(letters->countries[i], code);
		snprintf(text, sizeof(text), "%s = %s", code,
			name_of(chart, letters->countries[i], memory));
		chart_label(chart, 0, y + i * CHART_LINE_HEIGHT, "start", 0, text);
	}
}

static void put_head(const struct chart *chart, uint16_t code, double right, double width)
{
	unsigned most = (unsigned)(width / LETTER_WIDTH);
	char memory[96];
	const char *name = country(chart, code, width, 2, memory);
	double y = HEAD_HEIGHT - MARGIN - (chart_lines(name, most) - 1.0) * CHART_LINE_HEIGHT;

	chart_label_lines(chart, right, y, "end", most, name);
}

void chart_put_matrix(const struct chart *chart, const struct report_table *matrix)
{
	struct axis servers = { .count = 0 }, controls = { .count = 0 }, letters = { .count = 0 };
	uint64_t most = 1;
	char memory[96];

	for (size_t i = 0; i < matrix->count; i++) {
		const struct report_value *values = matrix->rows[i].values;
		add_country(&servers, values[SERVER].items[0], ROWS_MAX);
		add_country(&controls, values[CONTROL].items[0], COLUMNS_MAX);
		most = values[SENT].number > most ? values[SENT].number : most;
	}
	if (servers.count == 0) {
		return;
	}
	double width = (CHART_WIDTH - NAME_WIDTH) / (double)controls.count;
	width = width > CELL_WIDTH_MOST ? CELL_WIDTH_MOST : width;
	find_letters(chart, &letters, &controls, width - MARGIN, 2);
	find_letters(chart, &letters, &servers, NAME_WIDTH - MARGIN, 1);
	unsigned end = HEAD_HEIGHT + servers.count * LINE_HEIGHT;
	chart_begin(chart, messages_get(chart->messages, "chart_matrix"),
		messages_get(chart->messages, "chart_matrix_text"),
		end + letters.count * CHART_LINE_HEIGHT + (letters.count ? MARGIN : 0) + 4, NULL);
	chart_label(chart, NAME_WIDTH, 12, "start", 0,
		messages_get(chart->messages, "chart_matrix_head"));
	for (unsigned i = 0; i < controls.count; i++) {
		put_head(chart, controls.countries[i], NAME_WIDTH + width * (i + 1) - MARGIN,
			width - MARGIN);
	}
	for (unsigned line = 0; line < servers.count; line++) {
		double y = HEAD_HEIGHT + line * (double)LINE_HEIGHT;
		chart_line(chart, 0, y, NAME_WIDTH + width * controls.count, y);
		chart_label(chart, 0, y + 18, "start", 0,
			country(chart, servers.countries[line], NAME_WIDTH - MARGIN, 1, memory));
		for (unsigned i = 0; i < controls.count; i++) {
			put_cell(chart, NAME_WIDTH + width * i, y, width,
				sum_of(matrix, servers.countries[line], controls.countries[i]),
				most);
		}
	}
	put_legend(chart, &letters, end + CHART_LINE_HEIGHT + 4.0);
	chart_end(chart);
}
