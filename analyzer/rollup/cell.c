#include "analyzer/rollup/cell.h"

#include <string.h>

#include "base/clock.h"

uint16_t cell_country(const char code[3])
{
	return code[0] ? (uint16_t)((uint8_t)code[0] << 8 | (uint8_t)code[1]) : 0;
}

void cell_country_name(uint16_t country, char code[3])
{
	code[0] = (char)(country >> 8);
	code[1] = (char)(country & 0xff);
	code[2] = '\0';
}

/* Traffic among our own machines leaves for nowhere. */
static uint8_t hidden_reason(const struct record *record)
{
	bool leaves = record->direction != RECORD_DIRECTION_INTERNAL;

	return leaves && record_is_unnamed(record) ? (uint8_t)(1 + record_unnamed_reason(record))
						   : 0;
}

struct cell_key cell_key_of(const struct record *record)
{
	const struct verdict *verdict = &record->verdict;
	const struct decision *decision = &record->decision;
	bool is_internal = record->place.zone == GEO_ZONE_INTERNAL;
	bool is_proven = verdict_control_is_proven(verdict);

	return (struct cell_key){
		.unit = decision->unit,
		.class_ = decision->class_,
		.app = verdict->app,
		.rule = decision->rule,
		.exception = decision->exception,
		.server_country =
			is_internal ? CELL_COUNTRY_INTERNAL : cell_country(record->place.country),
		.parent_country = is_proven ? cell_country(verdict->parent_country) : 0,
		.zone = record->place.zone,
		.control = is_proven ? verdict->control : GEO_ZONE_UNKNOWN,
		.action = decision->action,
		.verdict = decision->verdict,
		.block = decision->block,
		.hidden = hidden_reason(record),
		.direction = record->direction,
		.via = record->via,
		.protocol = record->l7.protocol,
		.inferred = verdict->inferred,
		.embedded = verdict->embedded,
	};
}

struct cell_key cell_key_other(const struct cell_key *key)
{
	return (struct cell_key){
		.slot = key->slot,
		.tenant = key->tenant,
		.zone = key->zone,
		.direction = key->direction,
		.other = true,
	};
}

void cell_sums_init(struct cell_sums *sums)
{
	*sums = (struct cell_sums){ .first_ns = UINT64_MAX };
}

/* The span of confidences seen; 0 and 0 at first. */
static void widen(struct cell_sums *sums, uint8_t least, uint8_t most)
{
	if (most > 0 && (sums->confidence_most == 0 || least < sums->confidence_least)) {
		sums->confidence_least = least;
	}
	if (most > sums->confidence_most) {
		sums->confidence_most = most;
	}
}

void cell_add(struct cell *cell, const struct record *record, uint64_t device)
{
	const struct flow_record *flow = &record->flow;
	const struct verdict *verdict = &record->verdict;
	struct cell_sums *sums = &cell->sums;
	unsigned own = record->own_side == RECORD_SOURCE ? 0 : 1;
	uint64_t up = record_bytes_up(record), down = record_bytes_down(record);

	sums->flows += flow->part == 0;
	sums->packets += flow->packets[0] + flow->packets[1];
	sums->bytes_up += up;
	sums->bytes_down += down;
	sums->unseen_up += !record_knows_all_bytes(record, own);
	sums->unseen_down += !record_knows_all_bytes(record, !own);
	if (flow->start_ns < sums->first_ns) {
		sums->first_ns = flow->start_ns;
	}
	if (flow->end_ns > sums->last_ns) {
		sums->last_ns = flow->end_ns;
	}
	if (verdict->app != 0) {
		sums->evidence |= verdict->evidence;
		sums->grounds |= verdict->grounds;
		widen(sums, verdict->confidence, verdict->confidence);
	}
	/* Many are never counted as one. */
	if (device != CELL_NO_DEVICE && record->device.kind != DEVICE_MANY) {
		devices_add(&cell->devices, device, up + down);
	}
}

void cell_sums_merge(struct cell_sums *to, const struct cell_sums *from)
{
	to->flows += from->flows;
	to->packets += from->packets;
	to->bytes_up += from->bytes_up;
	to->bytes_down += from->bytes_down;
	to->unseen_up += from->unseen_up;
	to->unseen_down += from->unseen_down;
	if (from->first_ns < to->first_ns) {
		to->first_ns = from->first_ns;
	}
	if (from->last_ns > to->last_ns) {
		to->last_ns = from->last_ns;
	}
	to->evidence |= from->evidence;
	to->grounds |= from->grounds;
	widen(to, from->confidence_least, from->confidence_most);
}

void cell_merge(struct cell *to, const struct cell *from)
{
	cell_sums_merge(&to->sums, &from->sums);
	devices_merge(&to->devices, &from->devices);
}

struct cell cell_on_day(const struct cell *cell, uint64_t hour_ns, int64_t day)
{
	enum { MONTH = 7 }; /* "2026-11" */
	char of_hour[11], of_day[11];
	struct cell counted = *cell;

	clock_format_date(hour_ns, of_hour);
	clock_format_date((uint64_t)day * 24 * 3600 * NS_PER_S, of_day);
	if (memcmp(of_hour, of_day, MONTH) != 0) {
		counted.devices = (struct devices){ .count = 0 };
	}
	return counted;
}
