/* What slots of five minutes showed, until they are over: cells without their devices, the
 * beginnings of flows, and the largest flows by unit, app and country. Detectors read a slot when
 * it is closed, whole and in order of time.
 *
 * Records come in the order in which flows end, and those without a name later still, so that
 * several slots are open at once. What comes for a slot that was closed is counted as late, and
 * what claims to be more than ROLLUP_DAYS_MAX days ahead is missed.
 *
 * Memory   grows with the lines, calls and flows of open slots, up to SLOT_LINES_MAX and so on a
 *          slot; what is more is counted. Threads: the exporter's. Failure: out of memory leaves a
 *          line out, and counts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/rollup/cell.h"
#include "base/hash_table.h"

enum {
	SLOT_LINES_MAX = 65536,
	SLOT_CALLS_MAX = 131072,
	SLOT_FLOWS_MAX = 8192,
	SLOT_FLOWS_ALIKE = 4, /* of a unit, an app and a country */
};

struct slot_line {
	struct cell_key key; /* its slot is 0 */
	uint64_t flows, bytes_up, bytes_down;
};

/* The beginning of a flow from one of ours to a server elsewhere. Of many alike within ten seconds,
 * or to places that the catalogue knows within a slot, there is one. */
struct slot_call {
	uint64_t time_ns, flow_id, bytes_up, bytes_down;
	uint64_t device, destination; /* hashes; device 0: several, or not to be kept */
	struct addr own, remote;
	struct record_device device_of;
	uint32_t asn, organization;
	uint32_t name; /* in names; of what the catalogue knows "" */
	uint16_t unit;
	char country[3];
	bool is_known;      /* the catalogue has the destination */
	bool is_unresolved; /* no name was seen by which it could have been found */
};

/* One of the largest flows of a unit, an app and a country, as much of it as ended in the slot. One
 * that a rule denies and its block let through gives way to no other. */
struct slot_flow {
	uint64_t flow_id, flow_start_ns, start_ns, bytes_up, bytes_down;
	struct addr own;
	struct record_device device;
	uint32_t asn, organization;
	uint32_t name;      /* in names */
	uint32_t next;      /* alike; the first is found by the table */
	uint16_t unit, app; /* app 0 where it was inferred */
	char country[3], parent[3];
	uint8_t zone; /* enum geo_zone */
	bool is_leak;
};

struct slot {
	uint32_t number; /* since 1970 */
	struct slot_line *lines;
	struct slot_call *calls; /* in order of time when it is closed */
	struct slot_flow *flows;
	char *names;
	uint32_t line_count, call_count, flow_count;
	uint32_t line_room, call_room, flow_room, name_bytes, name_room;
	struct hash_table table;  /* of lines */
	struct hash_table alike;  /* of flows, the first of each */
	uint64_t frames, dropped; /* live: read and lost in it */
};

struct slot_log;

struct slot_log *slot_log_create(void); /* NULL: out of memory */
void slot_log_destroy(struct slot_log *log);

void slot_log_take_cells(struct slot_log *log, const struct cell *cells, size_t count);
/* device: 0 where nothing may be kept of it. */
void slot_log_take_call(struct slot_log *log, const struct record *record, uint64_t device);
/* Of a device that may be named. */
void slot_log_take_flow(struct slot_log *log, const struct record *record);
void slot_log_note_frames(struct slot_log *log, uint32_t number, uint64_t frames, uint64_t dropped);

/* The earliest open slot with something in it; NULL none. It ends with slot_log_close(), after
 * which nothing of it or before it is taken. */
struct slot *slot_log_first(struct slot_log *log);
void slot_log_close(struct slot_log *log, uint32_t number);

uint32_t slot_log_open_count(const struct slot_log *log);
uint64_t slot_log_late(const struct slot_log *log);   /* cells and calls of closed slots */
uint64_t slot_log_missed(const struct slot_log *log); /* that found no room */
