/* The board: what one sensor sees just now, for whoever asks at its socket. A sink that adds
 * records up by dimension and series over the windows of a picture (picture.h), and once a second
 * writes that down as text.
 *
 * Groups of fewer devices than the policy's k are put together before anything is written; devices
 * are counted by a secret hash that lives as long as the board.
 *
 * Memory   bounded: BOARD_ROWS_MAX series of all dimensions; what is new beyond them is added to
 *          the series "other". Idle ones are forgotten at midnight (UTC).
 * Threads  the sink is the exporter's; board_read() may come from any.
 * Failure  out of memory leaves a row or a device out. */
#pragma once

#include "analyzer/alert/alert.h"
#include "analyzer/store/sink.h"
#include "base/text.h"

enum { BOARD_ROWS_MAX = 4096 };

struct board;

/* The lexicon is read when records come, as sinks do; alerts may be NULL. NULL: out of memory. */
struct board *board_create(const struct lexicon *lexicon, const struct alerts *alerts);
void board_destroy(struct board *board);

/* For sensor_add_sink(); closing it leaves the board as it is. */
extern const struct sink_ops board_sink_ops;
struct sink *board_sink(struct board *board);

/* Rows and alerts, as picture.h says; at most a second old. */
void board_read(struct board *board, struct text *text);
