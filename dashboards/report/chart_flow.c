/* The flow diagram: from units to services to the countries that control them. The largest of each;
 * the others stand together as one. */
#include <string.h>

#include "dashboards/report/chart.h"

enum {
	STAGES = 3,
	NODES_MAX = 8,
	FLOW_ROOM = 230, /* for the bands of a stage */
	NODE_WIDTH = 12,
	GAP = 8,
	TOP = 24
};

/* Where the nodes of a stage stand, and how many characters of their names have room. */
static const struct {
	double x;
	unsigned columns;
} stages[STAGES] = { { 170, 22 }, { 330, 22 }, { 510, 20 } };

/* Columns of table_paths. */
enum { UNIT = 0, SERVICE = 1, CONTROL = 2, SENT = 3 };

struct node {
	char label[96];
	uint64_t bytes;
	double y, height, taken[2]; /* of it, by links from the left and to the right */
};

struct diagram {
	const struct chart *chart;
	struct node nodes[STAGES][NODES_MAX];
	unsigned counts[STAGES];
	uint64_t links[STAGES - 1][NODES_MAX][NODES_MAX];
	uint64_t total;
};

/* The node of that name; the last one where there is no room for more. */
static unsigned node_of(struct diagram *diagram, unsigned stage, const char *label)
{
	struct node *nodes = diagram->nodes[stage];
	unsigned *count = &diagram->counts[stage];

	for (unsigned i = 0; i < *count; i++) {
		if (strcmp(nodes[i].label, label) == 0) {
			return i;
		}
	}
	if (*count == NODES_MAX) {
		nodes[NODES_MAX - 1].label[0] = '\0'; /* named when all are there */
		return NODES_MAX - 1;
	}
	struct text text;
	text_init(&text, nodes[*count].label, sizeof(nodes[0].label));
	text_put(&text, label);
	(*count)++;
	return *count - 1;
}

/* What stands in brackets behind a name is left out where the name is long. */
static void shorten(char *label, unsigned columns)
{
	char *bracket = strstr(label, " (");

	if (bracket && text_columns(label) > columns) {
		*bracket = '\0';
	}
}

static void take_row(struct diagram *diagram, const struct report_row *row)
{
	const struct report_value *values = row->values;
	uint64_t bytes = values[SENT].number;
	unsigned nodes[STAGES];
	char memory[96];

	for (unsigned stage = 0; stage < STAGES; stage++) {
		chart_value(diagram->chart, &values[stage], memory);
		shorten(memory, stages[stage].columns);
		nodes[stage] = node_of(diagram, stage, memory);
		diagram->nodes[stage][nodes[stage]].bytes += bytes;
	}
	for (unsigned stage = 0; stage + 1 < STAGES; stage++) {
		diagram->links[stage][nodes[stage]][nodes[stage + 1]] += bytes;
	}
	diagram->total += bytes;
}

static double label_height(const struct node *node, unsigned stage)
{
	return CHART_LINE_HEIGHT * (double)chart_lines(node->label, stages[stage].columns);
}

/* Returns where the longest stage ends. */
static double place_nodes(struct diagram *diagram)
{
	double end = TOP;

	for (unsigned stage = 0; stage < STAGES; stage++) {
		double y = TOP;
		for (unsigned i = 0; i < diagram->counts[stage]; i++) {
			struct node *node = &diagram->nodes[stage][i];
			if (node->label[0] == '\0') {
				struct text text;
				text_init(&text, node->label, sizeof(node->label));
				text_put(&text,
					messages_get(diagram->chart->messages, "chart_others"));
			}
			node->height = FLOW_ROOM * (double)node->bytes / (double)diagram->total;
			node->height = node->height < 1 ? 1 : node->height;
			node->y = y;
			/* Room for its name, however small it is. */
			double room = label_height(node, stage);
			y += (node->height < room ? room : node->height) + GAP;
		}
		end = y > end ? y : end;
	}
	return end;
}

static void put_link(struct diagram *diagram, unsigned stage, unsigned from, unsigned to)
{
	struct node *left = &diagram->nodes[stage][from], *right = &diagram->nodes[stage + 1][to];
	double part = (double)diagram->links[stage][from][to];
	double left_height = left->height * part / (double)(left->bytes ? left->bytes : 1),
	       right_height = right->height * part / (double)(right->bytes ? right->bytes : 1);
	double x1 = stages[stage].x + NODE_WIDTH, x2 = stages[stage + 1].x, middle = (x1 + x2) / 2;
	double y1 = left->y + left->taken[1], y2 = right->y + right->taken[0];

	left->taken[1] += left_height;
	right->taken[0] += right_height;
	if (part == 0) {
		return;
	}
	left_height = left_height < 0.4 ? 0.4 : left_height;
	right_height = right_height < 0.4 ? 0.4 : right_height;
	text_printf(diagram->chart->text,
		"<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fV%.1fC%.1f %.1f %.1f %.1f %.1f "
		"%.1fZ\" fill=\"#55616f\" fill-opacity=\"0.22\"/>\n",
		x1, y1, middle, y1, middle, y2, x2, y2, y2 + right_height, middle,
		y2 + right_height, middle, y1 + left_height, x1, y1 + left_height);
}

static void put_nodes(const struct diagram *diagram)
{
	const struct chart *chart = diagram->chart;

	for (unsigned stage = 0; stage < STAGES; stage++) {
		for (unsigned i = 0; i < diagram->counts[stage]; i++) {
			const struct node *node = &diagram->nodes[stage][i];
			double x = stages[stage].x, room = label_height(node, stage);
			double y = node->height > room ? (node->height - room) / 2 : 0;
			text_printf(chart->text,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" "
				"fill=\"#16202b\"/>\n",
				x, node->y, NODE_WIDTH, node->height);
			chart_label_lines(chart, stage == 0 ? x - 6 : x + NODE_WIDTH + 5,
				node->y + y + 10, stage == 0 ? "end" : "start",
				stages[stage].columns, node->label);
		}
	}
}

static void put_heads(const struct chart *chart)
{
	static const char *const keys[STAGES] = { "column_unit", "column_service",
		"column_control" };

	text_put(chart->text, "<g font-weight=\"600\" fill=\"#55616f\">");
	for (unsigned stage = 0; stage < STAGES; stage++) {
		double x = stage == 0 ? stages[0].x + NODE_WIDTH : stages[stage].x;
		chart_label(chart, x, 12, stage == 0 ? "end" : "start", 0,
			messages_get(chart->messages, keys[stage]));
	}
	text_put(chart->text, "</g>\n");
}

void chart_put_flow(const struct chart *chart, const struct report_table *paths)
{
	struct diagram diagram = { .chart = chart };

	for (size_t i = 0; i < paths->count; i++) {
		take_row(&diagram, &paths->rows[i]);
	}
	if (diagram.total == 0) {
		return;
	}
	double height = place_nodes(&diagram);
	chart_begin(chart, messages_get(chart->messages, "chart_flow"),
		messages_get(chart->messages, "chart_flow_text"), (unsigned)height, NULL);
	put_heads(chart);
	for (unsigned stage = 0; stage + 1 < STAGES; stage++) {
		for (unsigned from = 0; from < diagram.counts[stage]; from++) {
			for (unsigned to = 0; to < diagram.counts[stage + 1]; to++) {
				put_link(&diagram, stage, from, to);
			}
		}
	}
	put_nodes(&diagram);
	chart_end(chart);
}
