#include <string.h>

#include "dashboards/report/report.h"

enum { CHART_WIDTH = 680, ROW_HEIGHT = 30, LABEL_WIDTH = 250, VALUE_WIDTH = 90 };

static void put_escaped(struct text *text, const char *string)
{
	text_put_html(text, string, strlen(string));
}

void chart_put_bars(
	struct text *text, const char *title, const struct chart_bar *bars, unsigned count)
{
	uint64_t most = 1;

	for (unsigned i = 0; i < count; i++) {
		most = bars[i].value > most ? bars[i].value : most;
	}
	text_printf(text, "<svg class=\"chart\" role=\"img\" viewBox=\"0 0 %d %u\" aria-label=\"",
		CHART_WIDTH, count * ROW_HEIGHT);
	put_escaped(text, title);
	text_put(text, "\">\n"
		       "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
		       "patternUnits=\"userSpaceOnUse\" "
		       "patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" "
		       "class=\"hatch-ground\"/>"
		       "<rect width=\"3\" height=\"6\" class=\"hatch-line\"/></pattern></defs>\n");
	for (unsigned i = 0; i < count; i++) {
		double room = CHART_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
		double width = room * (double)bars[i].value / (double)most;
		unsigned y = i * ROW_HEIGHT;
		text_printf(
			text, "<text x=\"%d\" y=\"%u\" class=\"label\">", LABEL_WIDTH - 10, y + 20);
		put_escaped(text, bars[i].label);
		text_printf(text,
			"</text><rect x=\"%d\" y=\"%u\" width=\"%.1f\" height=\"%d\" "
			"class=\"zone-%s\"/>",
			LABEL_WIDTH, y + 5, width < 1 && bars[i].value ? 1 : width, ROW_HEIGHT - 10,
			bars[i].zone);
		text_printf(text, "<text x=\"%.1f\" y=\"%u\">", LABEL_WIDTH + width + 8, y + 20);
		put_escaped(text, bars[i].value_text);
		text_put(text, "</text>\n");
	}
	text_put(text, "</svg>\n");
}
