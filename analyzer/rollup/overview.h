/* The overview: what a summary or a report says about a stretch of traffic, read from its cells
 * (rollup.h) by the text, JSON and HTML writers alike. Also what a report over an archive is made
 * from.
 *
 * What is only inferred (behaviour.h) is among what has no name, and listed apart: no sum of an
 * app, of a country's control or of a cell of the matrix rests on it.
 *
 * Counts flows once (part 0), bytes of every part. "Up" is what our end sent. Devices are counted
 * exactly up to a bound, then estimated (devices.h) and marked so.
 *
 * Memory   bounded by OVERVIEW_CELLS_MAX cells; what finds no room is in the sums of its zone and
 *          direction and in no other row, and counted (overview_left_out).
 * Threads  one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/rollup/cell.h"
#include "analyzer/rollup/unnamed.h"

struct overview;

enum { OVERVIEW_CELLS_MAX = 1 << 18 };

struct overview_row {
	uint64_t flows, bytes_up, bytes_down, packets;
	bool flows_at_least;      /* more of them are told of others */
	uint8_t way_up, way_down; /* enum cell_way: what those bytes are worth */
	uint64_t devices;         /* of ours */
	bool devices_estimated;
	bool devices_at_least;     /* a floor (protect.h) */
	bool lacks_devices;        /* of some of its flows nothing tells the device */
	const struct devices *set; /* the overview's until cells come; NULL none */
	uint64_t first_ns, last_ns;
};

struct overview_app {
	uint16_t app; /* 0: unknown */
	struct overview_row total;
	uint64_t bytes_up_outside; /* to servers outside EU and EEA */
	uint64_t flows_embedded;
	uint64_t flows_denied, flows_unapproved; /* verdicts violation and unapproved */
	uint16_t evidence;                       /* bits of all kinds used */
	uint8_t confidence_least, confidence_most;
	char server_countries[8][3]; /* most bytes first, "" ends; "--" internal */
};

/* Among an app's server countries: those that are not known. */
#define OVERVIEW_COUNTRY_UNKNOWN "??"

/* An app that flows without a name are inferred to belong to. */
struct overview_inferred {
	uint16_t app;
	struct overview_row total;
	uint16_t grounds; /* bits of all kinds used (enum inferred_by) */
	uint8_t confidence_least, confidence_most;
};

struct overview_cell { /* one cell of the server country x parent country matrix */
	char server_country[3], parent_country[3]; /* "" not known; "--" internal */
	uint8_t zone, control;                     /* enum geo_zone */
	struct overview_row total;
};

/* What one unit sends to one zone across the border, and how much of it does not show which app it
 * is. */
struct overview_place {
	uint16_t unit; /* 0: none */
	uint8_t zone;  /* enum geo_zone of the servers */
	struct overview_row total, hidden, named, reasons[UNNAMED_REASON_COUNT];
};

struct overview *overview_create(void);
void overview_destroy(struct overview *overview);
void overview_take(struct overview *overview, const struct cell *cells, size_t count);
/* The name of a record, where the catalogue should learn it. */
void overview_take_name(struct overview *overview, const struct record *record, uint64_t device);

/* What was taken, merged over time: for folds of their own. Good until the next call that changes
 * the overview. */
const struct cell *overview_cells(const struct overview *overview, size_t *count);

/* Cells that found no room of their own. */
uint64_t overview_left_out(const struct overview *overview);

/* Months of UTC in which records lie; those between, which have none, are not counted. */
unsigned overview_months(const struct overview *overview);

struct overview_row overview_total(struct overview *overview);
struct overview_row overview_zone(struct overview *overview, enum geo_zone zone);
struct overview_row overview_control(struct overview *overview, enum geo_zone zone);
struct overview_row overview_unnamed(struct overview *overview, enum unnamed_reason reason);
struct overview_row overview_direction(struct overview *overview, enum record_direction direction);
struct overview_row overview_protocol(struct overview *overview, enum l7_protocol protocol);

/* Sorted copies, most bytes first; *rows is the overview's until the next call that changes it. */
size_t overview_apps(struct overview *overview, const struct overview_app **rows);
size_t overview_inferred(struct overview *overview, const struct overview_inferred **rows);

/* The named apps that most bytes were sent to in a zone, the first so many: how many there are. */
size_t overview_zone_apps(
	struct overview *overview, enum geo_zone zone, uint16_t *apps, size_t most);

size_t overview_matrix(struct overview *overview, const struct overview_cell **cells);

/* Most hidden bytes first; of places where nothing is hidden as well. */
size_t overview_places(struct overview *overview, const struct overview_place **rows);

/* Names that the catalogue does not know, most flows first, at most OVERVIEW_NAMES_MAX: what it
 * should learn. */
enum { OVERVIEW_NAMES_MAX = 100, OVERVIEW_NAME_DEVICES_MAX = 32 };

struct overview_name {
	char name[254];
	uint8_t devices; /* whose flows had it; past OVERVIEW_NAME_DEVICES_MAX no more are counted
			  */
	uint32_t device_hashes[OVERVIEW_NAME_DEVICES_MAX];
	uint64_t flows, bytes;
};
size_t overview_unlisted(struct overview *overview, const struct overview_name **names);

/* Policy: units and rules by number, flows and bytes by verdict. */
struct overview_rule {
	uint16_t rule, unit, app;
	bool inferred; /* the rule speaks of an app that is only inferred */
	uint8_t action, verdict, block;
	struct overview_row total;
};
size_t overview_rules(struct overview *overview, const struct overview_rule **rows);

/* The same by verdict, action, what became of it and exception, and where asked for by class, over
 * all flows: the sum of their flows is that of the whole. In order of verdicts, most bytes first
 * within. */
struct overview_verdict {
	uint16_t class_, exception;
	uint8_t verdict, action, block;
	struct overview_row total;
};
size_t overview_verdicts(
	struct overview *overview, bool by_class, const struct overview_verdict **rows);
