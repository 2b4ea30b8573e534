/* two_months FOLDER WORLDS SEED K: archives of bodies with one small unit, for an attacker who
 * reads what is reported of them (two-months.sh). FOLDER/N/archive holds two months of world N, and
 * FOLDER/truth.tsv how many devices its small unit has: the attacker never sees that.
 *
 * The body is the worst there is: every active device makes the same number of flows a day, of the
 * same bytes, so that whatever tells the flows or bytes of the small unit tells its devices. Larger
 * units are closed on some days and devices missing on others, so that what stands beside the small
 * one changes from month to month. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/archive/archive.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/record/symbols.h"
#include "base/clock.h"
#include "base/local_time.h"
#include "tests/unit/records.h"

enum { UNITS = 6, SMALL = UNITS - 1, DAYS = 3, APPS = 2, SMALL_MOST = 4, BYTES = 1000 };

#define DAY_NS (UINT64_C(24) * 3600 * NS_PER_S)

/* Mondays: 2026-09-07 and 2026-10-05, UTC. */
static const uint64_t months_ns[] = { UINT64_C(1788739200) * NS_PER_S,
	UINT64_C(1791158400) * NS_PER_S };

static struct random chance;
static struct local_zone *zone;

struct flow_of {
	unsigned month, day, unit, device, app;
};

static uint16_t numbered(enum symbol_kind kind, const char *word, unsigned number)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u", word, number);
	return symbol_of(kind, name);
}

static int put_flow(struct archive_writer *writer, const struct flow_of *flow, struct err *err)
{
	static const char *const apps[APPS] = { "tiktok", "m365" };
	static uint64_t id;
	struct record record;
	struct record_labels labels;
	uint64_t at_ns = months_ns[flow->month] + flow->day * DAY_NS +
			 random_below(&chance, 24 * 12) * 300 * NS_PER_S;

	record_plain(&record, &labels);
	record.flow.flow_id = ++id;
	record.flow.start_ns = record.flow.flow_start_ns = at_ns;
	record.flow.end_ns = at_ns + NS_PER_S;
	for (unsigned way = 0; way < 2; way++) {
		record.flow.bytes[way] = record.flow.total_bytes[way] = BYTES;
	}
	record.direction = RECORD_DIRECTION_OUTBOUND;
	strcpy(record.place.country, "SG");
	record.place.zone = GEO_ZONE_THIRD;
	record.verdict.app = symbol_of(SYMBOL_APP, apps[flow->app]);
	record.verdict.control = GEO_ZONE_THIRD;
	strcpy(record.verdict.parent_country, "CN");
	record.verdict.confidence = 90;
	record.decision.unit = numbered(SYMBOL_UNIT, "unit", flow->unit);
	record.decision.class_ = numbered(SYMBOL_CLASS, "class", flow->unit % 2);
	record.decision.rule = flow->app == 0 ? symbol_of(SYMBOL_RULE, "watched") : 0;
	record.decision.action = flow->app == 0 ? POLICY_ACTION_REPORT : POLICY_ACTION_NONE;
	record.decision.verdict = flow->app == 0 ? POLICY_VERDICT_REPORTED : POLICY_VERDICT_NONE;
	record_note_vantage(&record);
	labels.app = apps[flow->app];
	labels.unit = symbol_name(SYMBOL_UNIT, record.decision.unit);
	/* Another pseudonym each month. */
	snprintf(labels.device, sizeof(labels.device), "device%uzz%uzz%u", flow->month, flow->unit,
		flow->device);
	return archive_writer_put(writer, &record, &labels, err);
}

static int put_month(
	struct archive_writer *writer, const unsigned sizes[UNITS], unsigned month, struct err *err)
{
	int status = 0;

	for (unsigned day = 0; day < DAYS; day++) {
		for (unsigned unit = 0; unit < UNITS; unit++) {
			bool is_open = unit == SMALL || random_below(&chance, 6) > 0;
			for (unsigned device = 0; device < sizes[unit]; device++) {
				bool is_there = unit == SMALL || random_below(&chance, 10) > 0;
				for (unsigned app = 0; app < APPS && is_open && is_there; app++) {
					const struct flow_of flow = { month, day, unit, device,
						app };
					status = status ? status : put_flow(writer, &flow, err);
				}
			}
		}
	}
	return status;
}

static int make_world(const char *folder, unsigned number, unsigned k, FILE *truth, struct err *err)
{
	struct archive_writer *writer;
	unsigned sizes[UNITS];
	char path[512];

	for (unsigned unit = 0; unit < UNITS; unit++) {
		sizes[unit] = unit == SMALL ? 1 + random_below(&chance, SMALL_MOST)
					    : 12 + random_below(&chance, 14);
	}
	snprintf(path, sizeof(path), "%s/%u", folder, number);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%u/archive", folder, number);
	int status = archive_writer_open(&writer, path, false, err);
	for (unsigned month = 0; month < 2 && status == 0; month++) {
		uint64_t end_ns = months_ns[month] + 20 * DAY_NS;
		const struct archive_day_rules rules = { zone, k, end_ns };
		status = put_month(writer, sizes, month, err);
		status = status < 0 ? status : archive_writer_close_hours(writer, end_ns, err);
		status = status < 0 ? status : archive_writer_close_days(writer, &rules, err);
	}
	fprintf(truth, "%u\t%u\n", number, sizes[SMALL]);
	return status < 0 ? status : archive_writer_close(writer, err);
}

int main(int argc, char **argv)
{
	char path[512];
	struct err err = { "" };
	int status = 0;

	if (argc != 5 || local_zone_open(&zone, "UTC", &err) < 0) {
		fprintf(stderr, "two_months FOLDER WORLDS SEED K %s\n", err.text);
		return 2;
	}
	chance.state = strtoull(argv[3], NULL, 10);
	snprintf(path, sizeof(path), "%s/truth.tsv", argv[1]);
	FILE *truth = fopen(path, "w");
	for (unsigned i = 0; truth && i < strtoul(argv[2], NULL, 10) && status == 0; i++) {
		status = make_world(argv[1], i, (unsigned)atoi(argv[4]), truth, &err);
	}
	if (!truth || fclose(truth) != 0 || status < 0) {
		fprintf(stderr, "two_months: %s\n", err.text);
		return 1;
	}
	local_zone_close(zone);
	return 0;
}
