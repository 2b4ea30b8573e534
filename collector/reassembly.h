/* Reassembly: the first bytes of a stream (a TCP direction, QUIC's CRYPTO frames), from pieces in
 * any order.
 *
 * A stream is named by a number, 0 is none. Its bytes are addressed from 0, the first that its
 * owner has not yet used. Where two pieces overlap with different content the first one wins and
 * the second is counted.
 *
 * Memory   address space for all streams is taken by reassembly_create(); a stream has none of it
 *          until its first piece, then as much as it needs of 64 bytes, 256, 2 KiB and its doubles up
 *          to REASSEMBLY_BYTES_MAX.
 * Threads  one a reassembly.
 * Failure  a piece too far ahead, one hole too many, or no room: refused, the stream stays as it
 *          was. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

enum { REASSEMBLY_BYTES_MAX = 16384, REASSEMBLY_RANGES_MAX = 1024 };

struct reassembly;

struct reassembly *reassembly_create(uint32_t streams); /* NULL: out of memory */
void reassembly_destroy(struct reassembly *reassembly);

uint32_t reassembly_open(struct reassembly *reassembly); /* 0: no room */
void reassembly_close(struct reassembly *reassembly, uint32_t stream);

bool reassembly_add(struct reassembly *reassembly, uint32_t stream, uint32_t offset,
	const uint8_t *bytes, size_t count);

/* The same of bytes that another stream has as well, where it is counted that they are others. */
bool reassembly_fill(struct reassembly *reassembly, uint32_t stream, uint32_t offset,
	const uint8_t *bytes, size_t count);

/* The same for bytes that count, whatever is there in their place. True where something else was.
 */
bool reassembly_replace(struct reassembly *reassembly, uint32_t stream, uint32_t offset,
	const uint8_t *bytes, size_t count);

/* Makes room for count bytes before the first, which turned out not to be the first. */
bool reassembly_prepend(struct reassembly *reassembly, uint32_t stream, uint32_t count);

/* What is there without a gap from 0 on; good until the next call for this stream. */
struct reader reassembly_read(const struct reassembly *reassembly, uint32_t stream);

/* The same with what another stream holds in its place: copied to memory, which has room for
 * REASSEMBLY_BYTES_MAX. */
struct reader reassembly_read_with(
	const struct reassembly *reassembly, uint32_t stream, uint32_t other, uint8_t *memory);

/* There is no byte at this place after all: where it is missing, what follows moves up. */
void reassembly_close_hole(struct reassembly *reassembly, uint32_t stream, uint32_t offset);

/* What is there with that number, counted from 0, in the order of the stream; false where there is
 * no more. */
bool reassembly_range(const struct reassembly *reassembly, uint32_t stream, unsigned index,
	uint32_t *offset, struct reader *bytes);

/* Is nothing there that differs from these bytes in their place? */
bool reassembly_agrees(const struct reassembly *reassembly, uint32_t stream, uint32_t offset,
	const uint8_t *bytes, size_t count);

/* The first count bytes were used: what follows them moves to 0. */
void reassembly_consume(struct reassembly *reassembly, uint32_t stream, size_t count);

/* Has them on their way: what there is to know of the stream; and, once that is here, its bytes. 0
 * is no stream. */
void reassembly_fetch(const struct reassembly *reassembly, uint32_t stream);
void reassembly_fetch_bytes(const struct reassembly *reassembly, uint32_t stream);

bool reassembly_is_empty(const struct reassembly *reassembly, uint32_t stream);

/* More than seven eighths of the memory for longer streams are in use: time for older ones to give
 * way. */
bool reassembly_is_tight(const struct reassembly *reassembly);

uint64_t reassembly_overlaps_changed(const struct reassembly *reassembly);
uint64_t reassembly_bytes(const struct reassembly *reassembly); /* in use now */
