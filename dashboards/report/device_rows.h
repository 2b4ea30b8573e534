/* Whose flows an `analyze --where` found: each device, from when to when, and how much went out.
 *
 * Only where devices go by their addresses: where they are pseudonyms the summary tells no single
 * one.
 *
 * Memory   80 bytes a device, DEVICE_ROWS_MAX at most; the others are counted together.
 * Threads  one at a time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "base/hash.h"
#include "base/hash_table.h"

enum { DEVICE_ROWS_MAX = 1 << 20 };

struct device_row {
	struct addr address;
	uint64_t first_ns, last_ns;
	uint64_t sent, received, flows; /* IP bytes, out of the device and to it */
};

/* A zeroed struct holds none. */
struct device_rows {
	struct device_row *rows;
	size_t count, room;
	struct hash_table places;
	struct hash_key key;      /* addresses come from the wire */
	uint64_t flows_elsewhere; /* of devices for which there was no room */
};

/* The last record of a flow, with its totals. */
void device_rows_add(struct device_rows *rows, const struct record *record);
/* What sent most comes first; nothing is added afterwards. */
void device_rows_sort(struct device_rows *rows);
void device_rows_deinit(struct device_rows *rows);
