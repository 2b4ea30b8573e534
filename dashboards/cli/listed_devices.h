/* Devices as rows of a list: what is known of each under its pseudonym, however many MACs and
 * addresses it had. */
#pragma once

#include "analyzer/record/pseudonyms.h"
#include "analyzer/record/symbols.h"
#include "dashboards/cli/devices_cmd.h"

struct listed_device {
	char pseudonym[PSEUDONYM_LENGTH + 1];
	struct addr addr; /* the latest */
	uint64_t first_ns, last_ns;
	uint32_t addresses; /* different ones that it had */
	uint16_t class_, unit, least;
	uint8_t kind; /* enum device_kind */
	bool is_enrolled, is_private;
};

#define LISTED_DEVICE_NONE UINT32_MAX

struct listed_devices {
	const struct devices_view *view;
	struct listed_device *items;
	uint32_t count, room;
	uint32_t *of_station; /* by the station's place: its row, or LISTED_DEVICE_NONE */
	/* Rows of each, by symbol: of a group of fewer than k nothing is said. */
	uint32_t class_counts[SYMBOLS_MAX + 1], unit_counts[SYMBOLS_MAX + 1];
	uint64_t last_ns;
};

/* Zeroed at first; to be let go of in either case. 0 or -ENOMEM. */
int listed_devices_gather(
	struct listed_devices *rows, const struct devices_view *view, struct err *err);
void listed_devices_deinit(struct listed_devices *rows);

/* The row of the device that had the address then. */
uint32_t listed_devices_of(const struct listed_devices *rows, const struct binding *binding);
