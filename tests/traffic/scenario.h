/* A scenario: one table of what happens, played on a scene, or streamed where it is too large to
 * hold. */
#pragma once

#include <stdint.h>

#include "tests/traffic/capture_writer.h"
#include "tests/traffic/scene.h"

struct scenario {
	const char *name;
	const char *about; /* one line for --list */
	uint32_t
		slice_bytes; /* what bulk data is cut to unless the user says otherwise; 0: whole */
	void (*play)(struct scene *scene);

	/* Streamed scenarios have no ground truth but their numbers. packets: 0 for the scenario's
	 * own count. */
	void (*stream)(struct capture_writer *writer, uint64_t seed, uint64_t packets);
	uint32_t stream_snaplen;
};

extern const struct scenario scenario_plain, scenario_ipv6, scenario_tunnels, scenario_blocked,
	scenario_day;
