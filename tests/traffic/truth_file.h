/* Reads what truth.c has written. Ends the program where it cannot: both are the tests' own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tsv.h"

/* The texts are good until truth_file_free(). */
struct truth_line {
	unsigned protocol, source_port, destination_port, vlan_id;
	const char *source, *destination, *app, *name, *evidence, *device, *tunnel, *block,
		*owner_country, *parent_country, *server_country, *operator_country, *category,
		*l7_protocol, *hidden, *embedded;
	uint64_t packets[2], bytes[2], start_ns, end_ns;
	bool is_name_sure, is_initiator_sure;
};

struct truth_file {
	size_t count;
	struct truth_line *lines;
};

struct truth_file *truth_file_read(const char *path);
void truth_file_free(struct truth_file *file);

/* Alerts, of the truth or of borderflow: how many devices of which unit, which app, in the week of
 * which Monday. */
struct alert_line {
	char unit[128], app[64], week[11], devices[16];
};

struct alert_lines {
	size_t count;
	struct alert_line *lines;
};

struct alert_lines *alert_truth_read(const char *path);
/* A line of the same unit, app and week gives way: a later revision says more. */
void alert_lines_put(struct alert_lines *lines, const struct alert_line *line);
/* Of the same case, with as many devices, up to so many fewer or more. */
bool alert_lines_have(const struct alert_lines *lines, const struct alert_line *line,
	uint64_t fewer, uint64_t more);
void alert_lines_free(struct alert_lines *lines);
