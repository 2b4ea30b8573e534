/* How much of a device may be kept with a record.
 *
 * The analysis of a file shows what the file holds, unless it is asked for pseudonyms. A sensor
 * keeps single devices under pseudonyms alone, and only while the policy says why: its purpose, its
 * legal basis, when staff were consulted, from the day on which they were informed to the
 * monitoring's end. Otherwise it keeps sums, and no record of a single flow.
 *
 * Threads  any. */
#pragma once

#include <stdint.h>

#include "analyzer/record/record.h"
#include "analyzer/record/reference.h"

struct text;

enum device_detail {
	DEVICE_DETAIL_NONE,    /* sums alone */
	DEVICE_DETAIL_NETWORK, /* its class is not kept one by one, and its network stands for it;
				  or neither end is known to be ours, and nothing stands for it */
	DEVICE_DETAIL_DEVICE,
};

/* Of devices of the class (symbol) at that time. */
enum device_detail device_detail_of(
	const struct reference *reference, uint16_t class_, uint64_t time_ns);

enum device_detail device_detail_of_record(
	const struct reference *reference, const struct record *record);

/* One sentence: why a sensor keeps nothing of single devices now, and what to do about it. Nothing
 * is put where it may keep them. */
void device_detail_put_missing(
	struct text *text, const struct reference *reference, uint64_t now_ns);
