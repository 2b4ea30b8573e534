/* A scenario: one table of what happens, played on a scene, or streamed where it is too large to
 * hold. */
#pragma once

#include <stdint.h>

#include "tests/traffic/capture_writer.h"
#include "tests/traffic/faults.h"
#include "tests/traffic/scene.h"

struct scenario {
	const char *name;
	const char *about; /* one line for --list */

	/* What bulk data is cut to unless the user says otherwise; 0: whole. */
	uint32_t slice_bytes;
	void (*play)(struct scene *scene);
	bool is_written_on_the_way; /* play() calls scene->flush(): no impairments then */

	/* Streamed scenarios have no ground truth but their numbers. */
	void (*stream)(struct capture_writer *writer, uint64_t seed, uint64_t packets);
	uint64_t stream_packets; /* unless the user says otherwise */
	uint32_t stream_snaplen;
};

extern const struct scenario scenario_alarms, scenario_plain, scenario_ipv6, scenario_tunnels,
	scenario_blocked, scenario_bodies, scenario_day, scenario_firewall, scenario_formats,
	scenario_hellos, scenario_hidden, scenario_month, scenario_names, scenario_tiktok;
extern const struct scenario scenario_rows, scenario_vantage;
extern const struct scenario scenario_apps, scenario_imix, scenario_snap64, scenario_churn,
	scenario_scan, scenario_one_flow, scenario_half_hellos, scenario_half_initials;
