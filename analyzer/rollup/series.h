/* Series: what is followed over time, each in bytes up, bytes down and flows: the traffic of one
 * app, one unit, one country … A cell belongs to one series of each dimension.
 *
 * A series is a number: its dimension and one or two symbols or codes. Nothing from the wire
 * becomes part of one.
 *
 * Threads  any; pure functions of their arguments. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/rollup/cell.h"

/* Names as in keys: "app.up". */
#define DIMENSIONS(X)                                                                              \
	X(APP, "app")                                                                              \
	X(APP_UNIT, "app-unit")                                                                    \
	X(UNIT, "unit")                                                                            \
	X(SERVER, "server") /* country */                                                          \
	X(PARENT, "parent") /* country */                                                          \
	X(ZONE, "zone")     /* of the server */                                                    \
	X(CLASS, "class")                                                                          \
	X(MATRIX, "matrix")   /* server country and parent country: "SE-CN" */                     \
	X(CONTROL, "control") /* zone of the parent country */                                     \
	X(RULE, "rule")                                                                            \
	X(ACTION, "action")                                                                        \
	X(VERDICT, "verdict")                                                                      \
	X(EXCEPTION, "exception")                                                                  \
	X(BLOCK, "block")                                                                          \
	X(HIDDEN, "hidden") /* why a flow does not show its app; "named" */                        \
	X(DIRECTION, "direction")                                                                  \
	X(VIA, "via")                                                                              \
	X(PROTOCOL, "protocol")                                                                    \
	X(INFERRED, "inferred") /* apps of flows without a name; in "app" these are "unknown" */

enum dimension {
#define X(id, name) DIMENSION_##id,
	DIMENSIONS(X)
#undef X
		DIMENSION_COUNT
};

const char *dimension_name(enum dimension dimension);

/* False where there is none of that name. */
bool dimension_find(const char *name, enum dimension *dimension);

/* Is it said of a part of the body? Then it is protected (protect.h). */
static inline bool dimension_is_of_part(enum dimension dimension)
{
	return dimension == DIMENSION_UNIT || dimension == DIMENSION_APP_UNIT ||
	       dimension == DIMENSION_CLASS;
}

/* Are devices counted by slot as well as by day? Of the parts of the body, which are judged by how
 * many stand behind them, and of zones, which together are the body. */
static inline bool dimension_counts_slots(enum dimension dimension)
{
	return dimension == DIMENSION_UNIT || dimension == DIMENSION_CLASS ||
	       dimension == DIMENSION_ZONE;
}

/* The letter before the ids that stand for its values, which are names of the policy; '\0': its
 * values stand as they are. */
char dimension_letter(enum dimension dimension);

/* Dimension in the top byte, then two numbers of 28 bits: app and unit, two countries, … */
static inline uint64_t series_key(unsigned dimension, uint32_t first, uint32_t second)
{
	return (uint64_t)dimension << 56 | (uint64_t)(first & 0xfffffff) << 28 |
	       (second & 0xfffffff);
}

static inline unsigned series_dimension(uint64_t series)
{
	return (unsigned)(series >> 56);
}

static inline uint32_t series_first(uint64_t series)
{
	return (uint32_t)(series >> 28) & 0xfffffff;
}

static inline uint32_t series_second(uint64_t series)
{
	return (uint32_t)series & 0xfffffff;
}

/* The series that stands for all that found no room. */
static inline uint64_t series_other(unsigned dimension)
{
	return series_key(dimension, 0xfffffff, 0xfffffff);
}

/* The series of a cell, one a dimension; returns how many. What is only inferred has a dimension of
 * its own, the last one, and is in none of the others with its app. */
unsigned series_of(const struct cell_key *key, uint64_t series[DIMENSION_COUNT]);

/* Two letters, "unknown" or "internal". */
struct text;
void series_put_country(struct text *text, uint32_t country);
