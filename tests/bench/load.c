/* What a large body keeps, for whoever looks at it (tests/proof/load.sh):
 *
 *     load archive FOLDER RECORDS DAYS    flows of that many days until now
 *     load redis URL SENSORS RECORDS      sensors, and the sums that they fed in the last day
 *     load alerts FROM TO COUNT           the alerts of one desk again and again, as others, at another
 *
 * The archive's writer, the sink and the desk's store are the real ones. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/alert/alert_store.h"
#include "analyzer/archive/archive_days.h"
#include "analyzer/archive/archive_format.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/engine/health_summary.h"
#include "analyzer/output/sinks.h"
#include "analyzer/policy/policy.h"
#include "analyzer/record/symbols.h"
#include "analyzer/redis/redis.h"
#include "analyzer/rollup/device_hash.h"
#include "analyzer/rollup/rollup.h"
#include "base/clock.h"
#include "tests/bench/year.h"
#include "tests/unit/records.h"

enum { UNITS = 40, APPS = 250, HOURS = 24 };

#define WEEK_NS (UINT64_C(7 * 86400) * NS_PER_S)
#define DAY_NS  (UINT64_C(86400) * NS_PER_S)

static int must(int status, const struct err *err)
{
	if (status < 0) {
		fprintf(stderr, "load: %s\n", err->text);
		exit(2);
	}
	return status;
}

/* Whole weeks, so that weekdays and hours stay; the last day is today's. */
static uint64_t shift_of(unsigned days)
{
	uint64_t end_ns = YEAR_FROM_NS + days * DAY_NS, now_ns = clock_now_ns();

	return (now_ns - end_ns) / WEEK_NS * WEEK_NS;
}

static void tick(struct archive_writer *writer, struct local_zone *zone, uint64_t now_ns)
{
	const struct archive_day_rules rules = { zone, 5, now_ns };
	struct err err;

	must(archive_writer_close_hours(writer, now_ns, &err), &err);
	must(archive_writer_close_days(writer, &rules, &err), &err);
}

static void make_archive(const char *folder, uint64_t records, unsigned days)
{
	struct year *year = year_create(records, days, 7);
	uint64_t shift_ns = shift_of(days), ticked_ns = 0;
	struct archive_writer *writer;
	struct record_labels labels;
	struct local_zone *zone;
	struct record record;
	struct err err;

	must(local_zone_open(&zone, "Europe/Oslo", &err), &err);
	must(archive_writer_open(&writer, folder, false, &err), &err);
	while (year && year_next(year, &record, &labels)) {
		struct flow_record *flow = &record.flow;
		flow->start_ns = flow->flow_start_ns = flow->start_ns + shift_ns;
		flow->end_ns += shift_ns;
		if (flow->start_ns / (600 * NS_PER_S) != ticked_ns / (600 * NS_PER_S)) {
			ticked_ns = flow->start_ns;
			tick(writer, zone, ticked_ns);
		}
		must(archive_writer_put(writer, &record, &labels, &err), &err);
	}
	tick(writer, zone, ticked_ns);
	must(archive_writer_close(writer, &err), &err);
	local_zone_close(zone);
	year_destroy(year);
}

/* A record of the last day, of one of UNITS × APPS series. */
static void fill(struct random *random, uint64_t now_ns, uint64_t number, struct record *record,
	char device[PSEUDONYM_LENGTH + 1])
{
	static const char countries[][3] = { "SE", "NO", "IE", "US", "SG", "CN" };
	static const uint8_t zones[] = { GEO_ZONE_EU, GEO_ZONE_EEA, GEO_ZONE_EU,
		GEO_ZONE_ADEQUATE_PARTIAL, GEO_ZONE_THIRD, GEO_ZONE_THIRD };
	unsigned series = (unsigned)(number % (UNITS * APPS)), place = random_below(random, 6);
	struct record_labels labels;
	char name[24];

	record_plain(record, &labels);
	record->flow.flow_id = number + 1;
	record->flow.start_ns = record->flow.flow_start_ns =
		now_ns - DAY_NS + random_next(random) % DAY_NS;
	record->flow.end_ns = record->flow.start_ns + NS_PER_S;
	record->flow.bytes[0] = record->flow.total_bytes[0] = 500 + random_below(random, 100000);
	record->flow.bytes[1] = record->flow.total_bytes[1] = 500 + random_below(random, 900000);
	snprintf(name, sizeof(name), "app-%03u", series % APPS);
	record->verdict.app = symbol_of(SYMBOL_APP, name);
	snprintf(name, sizeof(name), "unit-%02u", series / APPS);
	record->decision.unit = symbol_of(SYMBOL_UNIT, name);
	strcpy(record->place.country, countries[place]);
	record->place.zone = zones[place];
	strcpy(record->verdict.parent_country, countries[series % 6]);
	record->verdict.control = zones[series % 6];
	record_note_vantage(record);
	snprintf(device, PSEUDONYM_LENGTH + 1, "device-%u", random_below(random, 5000));
}

/* As a sensor shows itself (heartbeat.h), for an hour. */
static void show_sensor(struct redis *redis, const char *name, uint64_t now_ns, unsigned number)
{
	struct health_summary health = { .started_ns = now_ns - 40 * DAY_NS,
		.said_ns = now_ns,
		.frames_s = 20000 + number,
		.bits_s = 90000000 + number,
		.frames = UINT64_C(9000000000),
		.kernel_drops = number % 50 == 0 ? 123456 : 0,
		.flows = 8000,
		.flow_limit = 1 << 20,
		.records = 40000000,
		.queues = 2,
		.queues_up = 2,
		.outputs = 1,
		.outputs_up = 1 };
	char due[24], key[96], values[HEALTH_SUMMARY_FIELD_COUNT][24];
	const char *registry[] = { "ZADD", "bf:1:sensors", due, name };
	const char *fields[2 + 2 * HEALTH_SUMMARY_FIELD_COUNT] = { "HSET", key };
	struct redis_answer answer;
	struct err err;

	snprintf(due, sizeof(due), "%" PRIu64, now_ns / NS_PER_S + (number % 60 ? 3600 : -900u));
	snprintf(key, sizeof(key), "bf:1:{%s}:health", name);
	for (unsigned i = 0; i < HEALTH_SUMMARY_FIELD_COUNT; i++) {
		snprintf(
			values[i], sizeof(values[i]), "%" PRIu64, health_summary_field(&health, i));
		fields[2 + 2 * i] = health_summary_field_name(i);
		fields[3 + 2 * i] = values[i];
	}
	must(redis_command(redis, 4, registry, NULL, &answer, &err), &err);
	must(redis_command(redis, 2 + 2 * HEALTH_SUMMARY_FIELD_COUNT, fields, NULL, &answer, &err),
		&err);
}

static void feed(const char *url, const char *sensor, const struct reference *reference,
	const struct rollup *rollup)
{
	const struct sink_options options = {
		.target = url, .sensor = sensor, .reference = reference
	};
	struct sink *sink;
	struct err err;
	size_t count;
	const struct cell *cells = rollup_cells(rollup, &count);

	must(sink_redis.open(&sink, &options, &err), &err);
	must(sink_redis.write_cells(sink, reference, cells, count, &err), &err);
	must(sink_redis.close(sink, &err), &err);
}

static void make_sensors(const char *url, unsigned sensors, uint64_t records)
{
	struct random random = { 9 };
	struct reference reference = { 0 };
	struct policy_problems problems;
	struct catalogue *catalogue;
	struct policy *policy;
	struct redis *redis;
	struct err err;
	uint64_t now_ns = clock_now_ns(), number = 0;

	must(catalogue_open(&catalogue, NULL, 0, &err), &err);
	must(policy_parse(&policy, "load.yaml", "{}\n", 3, NULL, catalogue, &problems, &err), &err);
	must(redis_open(&redis, url, 5000, &err), &err);
	reference.catalogue = catalogue;
	reference.policy = policy;
	for (unsigned i = 0; i < sensors; i++) {
		struct rollup *rollup = rollup_create(
			&(struct rollup_options){ .slot_ns = SLOT_NS, .cells_max = 1 << 20 });
		char name[24], device[PSEUDONYM_LENGTH + 1];
		for (uint64_t until = records * (i + 1) / sensors; number < until; number++) {
			struct record record;
			fill(&random, now_ns, number, &record, device);
			rollup_add(rollup, &record, device_hash_of_pseudonym(device));
		}
		snprintf(name, sizeof(name), "sensor-%03u", i);
		feed(url, name, &reference, rollup);
		show_sensor(redis, name, now_ns, i);
		rollup_destroy(rollup);
	}
	redis_close(redis);
	policy_free(policy);
	catalogue_close(catalogue);
}

struct copying {
	struct alert_store *to;
	unsigned round, count, most;
};

/* The id again in every text of the record. */
static char *with_id(const char *text, const char *id, const char *other)
{
	char *copy = strdup(text);

	for (char *at = copy; at && (at = strstr(at, id)); at += strlen(other)) {
		memcpy(at, other, strlen(other));
	}
	return copy;
}

static int copy_alert(
	void *context, const char *id, const struct alert_record *record, struct err *err)
{
	struct copying *copying = context;
	struct alert_record fields = { 0 };
	struct alert_change change = { .revision = ALERT_REVISION_NEW, .fields = &fields };
	char other[ALERT_STORE_ID_BYTES], tail[8];
	int status = 0;

	if (copying->count == copying->most) {
		return 1;
	}
	/* Ids are as long as before: only the last letters are others. */
	snprintf(other, sizeof(other), "%s", id);
	snprintf(tail, sizeof(tail), "%05x", copying->count);
	memcpy(other + strlen(other) - 5, tail, 5);
	for (unsigned i = 0; i < record->count && status == 0; i++) {
		const struct alert_field *field = &record->fields[i];
		char *value = with_id(field->value, id, other);
		bool is_own = strcmp(field->name, "rev") == 0;
		status = is_own ? 0 : alert_record_set(&fields, field->name, value, err);
		free(value);
	}
	change.id = other;
	change.time_ns = alert_record_number(record, "time") + copying->round * 1000 * NS_PER_S;
	copying->count++;
	status = status < 0 ? status : alert_store_write(copying->to, &change, NULL, err);
	alert_record_clear(&fields);
	return status;
}

static void make_alerts(const char *from, const char *to, unsigned count)
{
	struct copying copying = { .most = count };
	struct alert_store *source;
	struct err err = { "there are no alerts to begin with" };

	must(alert_store_open(&source, from, &err), &err);
	must(alert_store_open(&copying.to, to, &err), &err);
	while (copying.count < count) {
		unsigned before = copying.count;
		must(alert_store_list(source, 'a', copy_alert, &copying, NULL, &err), &err);
		must(copying.count > before ? 0 : -1, &err);
		copying.round++;
	}
	alert_store_close(copying.to);
	alert_store_close(source);
}

int main(int argc, char **argv)
{
	const char *what = argc == 5 ? argv[1] : "";

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "archive") == 0) {
		make_archive(argv[2], strtoull(argv[3], NULL, 10), (unsigned)atoi(argv[4]));
	} else if (strcmp(what, "redis") == 0) {
		make_sensors(argv[2], (unsigned)atoi(argv[3]), strtoull(argv[4], NULL, 10));
	} else if (strcmp(what, "alerts") == 0) {
		make_alerts(argv[2], argv[3], (unsigned)atoi(argv[4]));
	} else {
		fprintf(stderr, "usage: load archive FOLDER RECORDS DAYS | redis URL SENSORS "
				"RECORDS | alerts FROM TO COUNT\n");
		return 2;
	}
	return 0;
}
