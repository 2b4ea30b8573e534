/* What tests of flows ask of the records of a table that was fed with packets.h. */
#pragma once

#include "tests/tap.h"
#include "tests/unit/packets.h"

static inline const struct flow_record *only_record(struct made_table *made)
{
	static const struct flow_record nothing;

	made_table_finish(made);
	return is_int((int64_t)made->count, 1, "one record") ? made->records : &nothing;
}

static inline bool is_from(const struct flow_record *record, struct made_end from)
{
	uint8_t bytes[4];

	made_addr(bytes, false, from.host);
	struct addr addr = addr_from_v4(bytes);
	return addr_equal(&record->source, &addr) && record->source_port == from.port;
}
