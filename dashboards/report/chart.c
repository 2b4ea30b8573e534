#include "dashboards/report/chart.h"

#include <stdio.h>
#include <string.h>

#include "dashboards/report/report_value.h"

/* A colour and what is drawn over it: stripes at an angle, dots, or nothing. */
struct chart_fill {
	const char *name, *color, *over;
	bool has_dots;
	int angle;
};

static const struct chart_fill fills[] = {
	{ "eu", "#1f5a9e", NULL, false, 0 },
	{ "eea", "#4a8fcf", "#ffffff", true, 0 },
	{ "adequate", "#1f7a6b", "#ffffff", false, 0 },
	{ "adequate_partial", "#5a9a5e", "#ffffff", false, 90 },
	{ "third", "#b8611a", "#ffffff", false, 45 },
	{ "unknown", "#ffffff", "#6b7682", false, 135 },
	{ "internal", "#8a939d", NULL, false, 0 },
	{ CHART_STOPPED, "#8a939d", NULL, false, 0 },
	{ CHART_PASSED, "#b3261e", "#ffffff", false, 45 },
	{ CHART_UNSURE, "#ffffff", "#6b7682", false, 135 },
};

static const struct chart_fill *fill_of(const char *name)
{
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		if (strcmp(fills[i].name, name) == 0) {
			return &fills[i];
		}
	}
	return &fills[0];
}

static void put_escaped(struct text *text, const char *string)
{
	text_put_html(text, string, strlen(string));
}

static void put_pattern(const struct chart *chart, const struct chart_fill *fill)
{
	text_printf(chart->text,
		"<pattern id=\"%s-%s\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(%d)\"><rect width=\"6\" height=\"6\" fill=\"%s\"/>",
		chart->id, fill->name, fill->angle, fill->color);
	if (fill->has_dots) {
		text_printf(
			chart->text, "<circle cx=\"3\" cy=\"3\" r=\"1\" fill=\"%s\"/>", fill->over);
	} else {
		text_printf(chart->text, "<rect width=\"6\" height=\"%s\" fill=\"%s\"/>",
			strcmp(fill->color, "#ffffff") == 0 ? "2.5" : "1.2", fill->over);
	}
	text_put(chart->text, "</pattern>");
}

void chart_begin(const struct chart *chart, const char *title, const char *description,
	unsigned height, const char *const *names)
{
	struct text *text = chart->text;
	unsigned width = chart->width ? chart->width : CHART_WIDTH;

	text_printf(text,
		"<svg class=\"chart\" role=\"img\" viewBox=\"0 0 %u %u\" width=\"%u\" "
		"height=\"%u\" aria-labelledby=\"%s-title %s-desc\" font-family=\"sans-serif\" "
		"font-size=\"12\" fill=\"#16202b\">\n<title id=\"%s-title\">",
		width, height, width, height, chart->id, chart->id, chart->id);
	put_escaped(text, title);
	text_printf(text, "</title>\n<desc id=\"%s-desc\">", chart->id);
	put_escaped(text, description);
	text_put(text, "</desc>\n<defs>");
	for (; names && *names; names++) {
		const struct chart_fill *fill = fill_of(*names);
		if (fill->over) {
			put_pattern(chart, fill);
		}
	}
	text_put(text, "</defs>\n");
}

void chart_end(const struct chart *chart)
{
	text_put(chart->text, "</svg>\n");
}

void chart_rect(const struct chart *chart, double x, double y, double width, double height,
	const char *name)
{
	const struct chart_fill *fill = fill_of(name);

	text_printf(chart->text, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ", x,
		y, width, height);
	if (fill->over) {
		text_printf(chart->text,
			"fill=\"url(#%s-%s)\" stroke=\"%s\" stroke-width=\"0.7\"/>\n", chart->id,
			fill->name, strcmp(fill->color, "#ffffff") == 0 ? fill->over : fill->color);
	} else {
		text_printf(chart->text, "fill=\"%s\"/>\n", fill->color);
	}
}

void chart_label(const struct chart *chart, double x, double y, const char *anchor, unsigned most,
	const char *label)
{
	size_t length = strlen(label), end = 0;
	unsigned count = 0;

	text_printf(chart->text, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
	while (end < length && (most == 0 || count < most || text_columns(label) <= most)) {
		size_t bytes = text_utf8_length(label + end, length - end);
		end += bytes ? bytes : 1;
		count++;
	}
	text_put_html(chart->text, label, end);
	text_put(chart->text, end < length ? "\xe2\x80\xa6</text>\n" : "</text>\n");
}

/* Bytes of the first line: up to the last space that it has room for; all where one is enough. */
static size_t first_line(const char *label, unsigned most)
{
	size_t best = strlen(label);
	char line[128];

	if (text_columns(label) <= most) {
		return best;
	}
	for (const char *space = strchr(label, ' '); space; space = strchr(space + 1, ' ')) {
		size_t length = (size_t)(space - label);
		snprintf(line, sizeof(line), "%.*s", (int)length, label);
		if (length >= sizeof(line) || text_columns(line) > most) {
			break;
		}
		best = length;
	}
	return best;
}

bool chart_has_room(const char *label, unsigned most, unsigned lines)
{
	size_t length = first_line(label, most);
	char line[128];

	snprintf(line, sizeof(line), "%.*s", (int)length, label);
	return text_columns(line) <= most &&
	       (!label[length] || (lines > 1 && text_columns(label + length + 1) <= most));
}

unsigned chart_lines(const char *label, unsigned most)
{
	return label[first_line(label, most)] ? 2 : 1;
}

void chart_label_lines(const struct chart *chart, double x, double y, const char *anchor,
	unsigned most, const char *label)
{
	size_t length = first_line(label, most);
	char line[128];

	snprintf(line, sizeof(line), "%.*s", (int)length, label);
	chart_label(chart, x, y, anchor, most, line);
	if (label[length]) {
		chart_label(chart, x, y + CHART_LINE_HEIGHT, anchor, most, label + length + 1);
	}
}

void chart_line(const struct chart *chart, double x1, double y1, double x2, double y2)
{
	text_printf(chart->text,
		"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d9dee5\"/>\n", x1,
		y1, x2, y2);
}

const char *chart_value(
	const struct chart *chart, const struct report_value *value, char memory[96])
{
	struct text text;

	text_init(&text, memory, 96);
	report_value_put(&text, value, chart->model, chart->messages);
	return memory;
}
