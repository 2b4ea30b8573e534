/* Reads what borderflow has written: flows and alerts as ndjson in the Elastic Common Schema.
 *
 * Ends the program where a line is no JSON object, or lacks what every record has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/traffic/truth_file.h"

struct observed {
	unsigned protocol, source_port, destination_port, vlan_id;
	char source[64], destination[64];
	char domain[256], app[64], evidence[32]; /* evidence: the strongest */
	char tunnels[128];                       /* comma-separated */
	char owner_country[8], parent_country[8], server_country[8], operator_country[8];
	char category[64], l7_protocol[32], hidden[32], block[32];
	uint64_t packets[2], bytes[2], start_ns, end_ns;
	bool is_embedded, is_matched;
};

struct observations {
	size_t count;
	struct observed *flows;
};

struct observations *observations_read(const char *path);
void observations_free(struct observations *observations);

/* How many flows have the line's ends, and one of them, marked as matched; turned: with source and
 * destination the other way round. */
unsigned observations_find(struct observations *observations, const struct truth_line *line,
	struct observed **flow, bool *turned);

struct alert_lines *alert_lines_read(const char *path);
