#include "tests/traffic/truth_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum column {
	PROTOCOL,
	SOURCE,
	SOURCE_PORT,
	DESTINATION,
	DESTINATION_PORT,
	PACKETS_OUT,
	PACKETS_IN,
	BYTES_OUT,
	BYTES_IN,
	START,
	END,
	APP,
	NAME,
	EVIDENCE,
	DEVICE,
	VLAN,
	TUNNEL,
	NAME_SURE,
	INITIATOR_SURE,
	BLOCK,
	OWNER_COUNTRY,
	PARENT_COUNTRY,
	SERVER_COUNTRY,
	OPERATOR_COUNTRY,
	CATEGORY,
	L7_PROTOCOL,
	HIDDEN,
	EMBEDDED
};

static const char *const columns[] = { "protocol", "source", "source_port", "destination",
	"destination_port", "packets_out", "packets_in", "bytes_out", "bytes_in", "start", "end",
	"app", "name", "evidence", "device", "vlan", "tunnel", "name_sure", "initiator_sure",
	"block", "owner_country", "parent_country", "server_country", "operator_country",
	"category", "l7_protocol", "hidden", "embedded", NULL };

static void die(const struct err *err)
{
	fprintf(stderr, "compare: %s\n", err->text);
	exit(2);
}

static void *grow(void *memory, size_t count, size_t bytes)
{
	/* Doubled at each power of two. */
	if ((count & (count - 1)) == 0) {
		memory = realloc(memory, 2 * (count + 1) * bytes);
		if (!memory) {
			abort();
		}
	}
	return memory;
}

static uint64_t number(const struct tsv *tsv, enum column column)
{
	return strtoull(tsv_cell(tsv, column), NULL, 10);
}

static const char *text(const struct tsv *tsv, enum column column)
{
	char *copy = strdup(tsv_cell(tsv, column));

	if (!copy) {
		abort();
	}
	return copy;
}

static struct truth_line read_line(const struct tsv *tsv)
{
	struct truth_line line = {
		.protocol = (unsigned)number(tsv, PROTOCOL),
		.source = text(tsv, SOURCE),
		.source_port = (unsigned)number(tsv, SOURCE_PORT),
		.destination = text(tsv, DESTINATION),
		.destination_port = (unsigned)number(tsv, DESTINATION_PORT),
		.packets = { number(tsv, PACKETS_OUT), number(tsv, PACKETS_IN) },
		.bytes = { number(tsv, BYTES_OUT), number(tsv, BYTES_IN) },
		.app = text(tsv, APP),
		.name = text(tsv, NAME),
		.evidence = text(tsv, EVIDENCE),
		.device = text(tsv, DEVICE),
		.tunnel = text(tsv, TUNNEL),
		.block = text(tsv, BLOCK),
		.owner_country = text(tsv, OWNER_COUNTRY),
		.parent_country = text(tsv, PARENT_COUNTRY),
		.server_country = text(tsv, SERVER_COUNTRY),
		.operator_country = text(tsv, OPERATOR_COUNTRY),
		.category = text(tsv, CATEGORY),
		.l7_protocol = text(tsv, L7_PROTOCOL),
		.hidden = text(tsv, HIDDEN),
		.embedded = text(tsv, EMBEDDED),
		.vlan_id = (unsigned)number(tsv, VLAN),
		.is_name_sure = strcmp(tsv_cell(tsv, NAME_SURE), "yes") == 0,
		.is_initiator_sure = strcmp(tsv_cell(tsv, INITIATOR_SURE), "yes") == 0,
	};

	if (!clock_parse(tsv_cell(tsv, START), &line.start_ns) ||
		!clock_parse(tsv_cell(tsv, END), &line.end_ns)) {
		fprintf(stderr, "compare: %s:%u: not a time\n", tsv_path(tsv), tsv_line(tsv));
		exit(2);
	}
	return line;
}

struct truth_file *truth_file_read(const char *path)
{
	struct truth_file *file = calloc(1, sizeof(*file));
	struct tsv *tsv;
	struct err err;
	int status;

	if (!file) {
		abort();
	}
	if (tsv_open(&tsv, path, columns, &err) < 0) {
		die(&err);
	}
	while ((status = tsv_next(tsv, &err)) > 0) {
		file->lines = grow(file->lines, file->count, sizeof(*file->lines));
		file->lines[file->count++] = read_line(tsv);
	}
	if (status < 0) {
		die(&err);
	}
	tsv_close(tsv);
	return file;
}

void truth_file_free(struct truth_file *file)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct truth_line *line = &file->lines[i];
		const char *const texts[] = { line->source, line->destination, line->app,
			line->name, line->evidence, line->device, line->tunnel, line->block,
			line->owner_country, line->parent_country, line->server_country,
			line->operator_country, line->category, line->l7_protocol, line->hidden,
			line->embedded };
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
			free((void *)(uintptr_t)texts[t]);
		}
	}
	free(file->lines);
	free(file);
}

struct alert_lines *alert_truth_read(const char *path)
{
	static const char *const alert_columns[] = { "unit", "app", "week", "devices", NULL };
	struct alert_lines *lines = calloc(1, sizeof(*lines));
	struct tsv *tsv;
	struct err err;
	int status;

	if (!lines) {
		abort();
	}
	if (tsv_open(&tsv, path, alert_columns, &err) < 0) {
		die(&err);
	}
	while ((status = tsv_next(tsv, &err)) > 0) {
		struct alert_line line;
		snprintf(line.unit, sizeof(line.unit), "%s", tsv_cell(tsv, 0));
		snprintf(line.app, sizeof(line.app), "%s", tsv_cell(tsv, 1));
		snprintf(line.week, sizeof(line.week), "%s", tsv_cell(tsv, 2));
		snprintf(line.devices, sizeof(line.devices), "%s", tsv_cell(tsv, 3));
		alert_lines_put(lines, &line);
	}
	if (status < 0) {
		die(&err);
	}
	tsv_close(tsv);
	return lines;
}

static bool are_of_one_case(const struct alert_line *a, const struct alert_line *b)
{
	return strcmp(a->unit, b->unit) == 0 && strcmp(a->app, b->app) == 0 &&
	       strcmp(a->week, b->week) == 0;
}

void alert_lines_put(struct alert_lines *lines, const struct alert_line *line)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (are_of_one_case(&lines->lines[i], line)) {
			lines->lines[i] = *line;
			return;
		}
	}
	lines->lines = grow(lines->lines, lines->count, sizeof(*lines->lines));
	lines->lines[lines->count++] = *line;
}

bool alert_lines_have(const struct alert_lines *lines, const struct alert_line *line,
	uint64_t fewer, uint64_t more)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (are_of_one_case(&lines->lines[i], line)) {
			uint64_t there = strtoull(lines->lines[i].devices, NULL, 10);
			uint64_t asked = strtoull(line->devices, NULL, 10);
			return there + fewer >= asked && there <= asked + more;
		}
	}
	return false;
}

void alert_lines_free(struct alert_lines *lines)
{
	free(lines->lines);
	free(lines);
}
