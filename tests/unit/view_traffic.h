/* Traffic for tests of the view: three days of a body whose units have from two to forty devices,
 * as records, and as the cells and the archive that they make. */
#pragma once

#include "analyzer/archive/archive.h"
#include "analyzer/record/symbols.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "tests/unit/records.h"

enum { TRAFFIC_UNITS = 5, TRAFFIC_RECORDS = 6000, TRAFFIC_DAYS = 3 };

/* 2026-03-02T00:00Z, a Monday. */
#define TRAFFIC_FROM_NS (UINT64_C(1772409600) * NS_PER_S)
#define TRAFFIC_DAY_NS  (UINT64_C(24) * 3600 * NS_PER_S)
#define TRAFFIC_TO_NS   (TRAFFIC_FROM_NS + TRAFFIC_DAYS * TRAFFIC_DAY_NS)

struct traffic {
	unsigned devices[TRAFFIC_UNITS]; /* of each unit */
	struct record *records;
	struct record_labels *labels;
	size_t count;
};

__attribute__((unused)) static uint16_t traffic_symbol(
	enum symbol_kind kind, const char *word, unsigned number)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", word, number);
	return symbol_of(kind, name);
}

/* Where it goes: country, zone, who controls it. */
static void traffic_place(struct random *random, struct record *record)
{
	static const struct {
		const char *country, *parent;
		uint8_t zone, control;
	} places[] = {
		{ "SE", "SE", GEO_ZONE_EU, GEO_ZONE_EU },
		{ "NO", "US", GEO_ZONE_EEA, GEO_ZONE_ADEQUATE_PARTIAL },
		{ "SE", "CN", GEO_ZONE_EU, GEO_ZONE_THIRD },
		{ "SG", "CN", GEO_ZONE_THIRD, GEO_ZONE_THIRD },
		{ "", "", GEO_ZONE_UNKNOWN, GEO_ZONE_UNKNOWN },
	};
	unsigned place = random_below(random, 5);

	strcpy(record->place.country, places[place].country);
	record->place.zone = places[place].zone;
	strcpy(record->verdict.parent_country, places[place].parent);
	record->verdict.control = places[place].control;
}

static void traffic_decide(struct random *random, unsigned unit, struct record *record)
{
	static const uint8_t blocks[] = { BLOCK_NONE, BLOCK_DNS, BLOCK_PASSED, BLOCK_UNSURE };
	unsigned app = random_below(random, 5);

	record->verdict.app = app ? traffic_symbol(SYMBOL_APP, "app", app) : 0;
	record->verdict.confidence = app ? 90 : 0;
	record->verdict.inferred = app == 4;
	record->decision = (struct decision){
		.unit = traffic_symbol(SYMBOL_UNIT, "unit", unit),
		.class_ = traffic_symbol(SYMBOL_CLASS, "class", unit % 2),
		.rule = app == 1 ? traffic_symbol(SYMBOL_RULE, "rule", 1) : 0,
		.action = app == 1 ? POLICY_ACTION_DENY : POLICY_ACTION_NONE,
		.verdict = app == 1 ? POLICY_VERDICT_VIOLATION : POLICY_VERDICT_NONE,
		.block = app == 1 ? blocks[random_below(random, 4)] : BLOCK_NONE,
		.exception = app == 2 ? traffic_symbol(SYMBOL_EXCEPTION, "exception", 1) : 0,
	};
}

/* Of one unit the mirror shows what it sends alone, of the others now and then one way. */
static void traffic_see_one_way(struct record *record, size_t number, unsigned unit)
{
	unsigned way = number % 2;

	if (unit == 3 || number % 11 == 0) {
		way = unit == 3 ? 1 : way;
		record->flow.tcp_state = TCP_STATE_ESTABLISHED;
		record->flow.packets[way] = record->flow.total_packets[way] = 0;
		record->flow.bytes[way] = record->flow.total_bytes[way] = 0;
	}
}

static void traffic_record(struct traffic *traffic, struct random *random, size_t number)
{
	struct record *record = &traffic->records[number];
	struct record_labels *labels = &traffic->labels[number];
	unsigned unit = random_below(random, TRAFFIC_UNITS);
	unsigned device = random_below(random, traffic->devices[unit]);
	uint64_t at_ns =
		TRAFFIC_FROM_NS + number * (TRAFFIC_TO_NS - TRAFFIC_FROM_NS) / traffic->count;

	record_plain(record, labels);
	record->flow.flow_id = number + 1;
	record->flow.start_ns = record->flow.flow_start_ns = at_ns;
	record->flow.end_ns = at_ns + NS_PER_S;
	record->flow.source = addr_from_v4((uint8_t[]){ 10, 0, (uint8_t)unit, (uint8_t)device });
	record->flow.bytes[0] = record->flow.total_bytes[0] = 100 + random_below(random, 100000);
	record->flow.bytes[1] = record->flow.total_bytes[1] = 100 + random_below(random, 100000);
	record->direction = RECORD_DIRECTION_OUTBOUND;
	if (number % 7 == 0) {
		record->l7.protocol = L7_UNKNOWN;
	}
	traffic_see_one_way(record, number, unit);
	traffic_place(random, record);
	traffic_decide(random, unit, record);
	/* Pages with one app inside them, which few devices of each unit read. */
	record->verdict.embedded =
		device < 2 && record->verdict.app == traffic_symbol(SYMBOL_APP, "app", 2);
	record_note_vantage(record);
	record->via = number % 5 == 0 ? RECORD_VIA_PROXY : RECORD_VIA_DIRECT;
	labels->app = symbol_name(SYMBOL_APP, record->verdict.app);
	labels->unit = symbol_name(SYMBOL_UNIT, record->decision.unit);
	labels->class_ = symbol_name(SYMBOL_CLASS, record->decision.class_);
	labels->rule = symbol_name(SYMBOL_RULE, record->decision.rule);
	labels->exception = symbol_name(SYMBOL_EXCEPTION, record->decision.exception);
	snprintf(labels->device, sizeof(labels->device), "device-%u-%u", unit, device);
}

/* False: no memory. sizes: devices of each unit. */
__attribute__((unused)) static bool traffic_make(
	struct traffic *traffic, const unsigned sizes[TRAFFIC_UNITS], size_t count, uint64_t seed)
{
	struct random random = { seed };

	memcpy(traffic->devices, sizes, sizeof(traffic->devices));
	traffic->count = count;
	traffic->records = calloc(count, sizeof(*traffic->records));
	traffic->labels = calloc(count, sizeof(*traffic->labels));
	for (size_t i = 0; traffic->records && traffic->labels && i < count; i++) {
		traffic_record(traffic, &random, i);
	}
	return traffic->records && traffic->labels;
}

__attribute__((unused)) static void traffic_free(struct traffic *traffic)
{
	free(traffic->records);
	free(traffic->labels);
}

/* The cells of the records from..to, in slots; the caller's. */
__attribute__((unused)) static struct rollup *traffic_cells(
	const struct traffic *traffic, size_t from, size_t to)
{
	struct rollup *rollup =
		rollup_create(&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 1 << 16 });

	for (size_t i = from; rollup && i < to; i++) {
		rollup_add(rollup, &traffic->records[i],
			device_hash_of_pseudonym(traffic->labels[i].device));
	}
	return rollup;
}

/* An archive of the records from..to. */
__attribute__((unused)) static int traffic_archive(
	const struct traffic *traffic, size_t from, size_t to, const char *folder, struct err *err)
{
	struct archive_writer *writer;
	int status = archive_writer_open(&writer, folder, false, err);

	if (status < 0) {
		return status;
	}
	for (size_t i = from; i < to && status == 0; i++) {
		status = archive_writer_put(writer, &traffic->records[i], &traffic->labels[i], err);
	}
	if (status == 0) {
		const struct sink_gap gap = { TRAFFIC_FROM_NS + UINT64_C(3600) * NS_PER_S,
			TRAFFIC_FROM_NS + UINT64_C(7200) * NS_PER_S, 7, "disk full" };
		status = archive_writer_put_gap(writer, &gap, err);
	}
	int closed = archive_writer_close(writer, err);
	return status < 0 ? status : closed;
}
