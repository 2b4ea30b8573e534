/* Visits that a table names: tests of rules write down who went where when, and nothing else. A
 * line a visit: device, address, group of services, time (UTC), what stands in the way, sizes in
 * hundredths; "#" begins a remark. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/visit.h"

enum { LINE_MAX_BYTES = 256, PORTS_A_ROW = 50 };

static const char *const ways[] = {
	[VISIT_PASSES] = "passes",
	[VISIT_NAME_ERROR] = "name-error",
	[VISIT_SINKHOLE] = "sinkhole",
	[VISIT_REFUSED] = "refused",
	[VISIT_UNANSWERED] = "unanswered",
	[VISIT_HELLO_DROPPED] = "hello-dropped",
	[VISIT_HELLO_RESET] = "hello-reset",
};

static _Noreturn void give_up(const char *line, const char *why)
{
	fprintf(stderr, "traffic: %s in the line \"%s\"\n", why, line);
	exit(2);
}

static uint8_t read_way(const char *text, const char *line)
{
	for (uint8_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		if (strcmp(ways[way], text) == 0) {
			return way;
		}
	}
	give_up(line, "no such way of being stopped");
}

static void play_row(struct scene *scene, const char *line, unsigned row)
{
	char name[32], address[ADDR_TEXT_MAX], group[32], when[32], way[32] = "passes";
	struct visit what = { .every_host = true, .volume = 20, .duration_ns = 120 * NS_PER_S };
	struct path path = { 0 };
	struct device device;

	if (sscanf(line, "%31s %45s %31s %31s %31s %u", name, address, group, when, way,
		    &what.volume) < 4) {
		give_up(line, "fewer than four words");
	}
	if (!clock_parse(when, &what.start_ns)) {
		give_up(line, "no time such as 2026-04-01T12:00");
	}
	what.group = group;
	what.block = read_way(way, line);
	device_init(&device, scene, "body", name, address, NULL, &path);
	device.next_port = (uint16_t)(49152 + row * PORTS_A_ROW % 16000);
	visit(scene, &device, &what);
}

static void play(struct scene *scene)
{
	FILE *file = scene->rows ? fopen(scene->rows, "r") : NULL;
	char line[LINE_MAX_BYTES];

	if (!file) {
		fprintf(stderr, "traffic: the scenario rows wants --rows FILE\n");
		exit(2);
	}
	for (unsigned row = 0; fgets(line, sizeof(line), file);) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#') {
			play_row(scene, line, row++);
		}
	}
	fclose(file);
}

const struct scenario scenario_rows = {
	.name = "rows",
	.about = "the visits of the table --rows FILE",
	.play = play,
};
