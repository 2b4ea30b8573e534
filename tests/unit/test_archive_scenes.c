/* Several archives of the same flows, as each sensor may have seen them: whichever is named first,
 * of each way as much is told as the one that saw most of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/archive/archive_once.h"
#include "base/clock.h"
#include "collector/packet.h"
#include "tests/tap.h"
#include "tests/unit/records.h"

/* 2026-03-01T10:00Z, a slot's beginning. */
#define TEN_NS (UINT64_C(1772359200) * NS_PER_S)

static char folder[64];

enum { PORTS = 150, SENSORS = 3, FLOWS_OF_PORT = 2 };

/* Bytes of each way by port. */
struct sums {
	uint64_t of[PORTS][2];
};

/* A flow as one of the sensors sees it: one way, both, or one and a stray of the other; now and
 * then packets are lost, or it comes in the middle. */
static void put_random(struct random *random, struct archive_writer *writer, unsigned port,
	unsigned number, uint64_t from_ns, uint64_t to_ns, const unsigned packets[2],
	uint64_t most[2])
{
	struct record record;
	struct record_labels labels;
	struct err err;
	unsigned kind = random_below(random, 6), lost = random_below(random, 3);
	bool is_late = random_below(random, 4) == 0;
	unsigned seen[2];

	for (unsigned way = 0; way < 2; way++) {
		unsigned all = packets[way] > lost ? packets[way] - lost : packets[way];
		seen[way] = kind == 5 || kind % 2 == way ? all : kind / 2 == 1 ? 1 : 0;
	}
	record_plain(&record, &labels);
	struct flow_record *flow = &record.flow;
	flow->source_port = (uint16_t)(20000 + port);
	flow->flow_id = 1 + port * 100 + number * 10 + (is_late ? 1 + random_below(random, 8) : 0);
	flow->start_seen = !is_late;
	flow->tcp_flags[0] = flow->tcp_flags[1] = is_late ? TCP_ACK : TCP_SYN | TCP_ACK;
	flow->flow_start_ns = flow->start_ns = is_late ? from_ns + (to_ns - from_ns) / 4 : from_ns;
	flow->start_ns = flow->flow_start_ns += random_below(random, 3) * NS_PER_MS;
	flow->end_ns = to_ns + random_below(random, 3) * NS_PER_MS;
	for (unsigned way = 0; way < 2; way++) {
		flow->packets[way] = flow->total_packets[way] = seen[way];
		flow->bytes[way] = flow->total_bytes[way] = 100 * seen[way];
		most[way] = 100 * seen[way] > most[way] ? 100 * seen[way] : most[way];
	}
	record.seen = !seen[1]   ? RECORD_SEEN_OUT_ONLY
		      : !seen[0] ? RECORD_SEEN_IN_ONLY
				 : RECORD_SEEN_BOTH;
	if (is_late && seen[0] == 0) {
		record_turn(&record);
	}
	archive_writer_put(writer, &record, &labels, &err);
}

static void write_random(struct random *random, char of_sensors[SENSORS][80], struct sums *expected)
{
	struct archive_writer *writers[SENSORS];
	struct err err;

	for (unsigned i = 0; i < SENSORS; i++) {
		snprintf(of_sensors[i], sizeof(of_sensors[i]), "%s/%u", folder, i);
		archive_writer_open(&writers[i], of_sensors[i], false, &err);
	}
	for (unsigned port = 0; port < PORTS; port++) {
		uint64_t from_ns = TEN_NS + random_below(random, 60000) * NS_PER_MS;
		for (unsigned number = 0; number < FLOWS_OF_PORT; number++) {
			unsigned packets[2] = { 1 + random_below(random, 40),
				1 + random_below(random, 40) };
			uint64_t to_ns = from_ns + (40 + random_below(random, 60000)) * NS_PER_MS;
			uint64_t most[2] = { 0, 0 };
			for (unsigned i = 0; i < SENSORS; i++) {
				put_random(random, writers[i], port, number, from_ns, to_ns,
					packets, most);
			}
			expected->of[port][0] += most[0];
			expected->of[port][1] += most[1];
			from_ns = to_ns + (5 + random_below(random, 20000)) * NS_PER_MS;
		}
	}
	for (unsigned i = 0; i < SENSORS; i++) {
		archive_writer_close(writers[i], &err);
	}
}

static void read_sums(const char *const *named, struct sums *sums)
{
	const struct archive_options period = { .whole = false };
	struct archive_once *once;
	struct archive_reader *reader;
	struct archived *rows;
	struct err err;
	size_t count;

	if (archive_once_open(&once, named, SENSORS, &period, &err) < 0) {
		return;
	}
	for (unsigned i = 0; i < SENSORS; i++) {
		const struct archive_options options = { .folder = named[i] };
		archive_reader_open(&reader, &options, &err);
		while ((count = archive_reader_next(reader, &rows)) > 0) {
			for (size_t row = 0; row < count; row++) {
				const struct flow_record *flow = &rows[row].record.flow;
				if (archive_once_tells(once, i, &rows[row])) {
					bool is_turned = flow->source_port < 20000;
					unsigned port = (is_turned ? flow->destination_port
								   : flow->source_port) -
							20000U;
					sums->of[port][0] += flow->bytes[is_turned];
					sums->of[port][1] += flow->bytes[!is_turned];
				}
			}
		}
		archive_reader_close(reader);
	}
	archive_once_close(once);
}

static void test_random_scenes(void)
{
	static const unsigned orders[][SENSORS] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	char of_sensors[SENSORS][80], command[96];

	for (unsigned seed = 1; seed <= 4; seed++) {
		struct random random = { seed };
		struct sums expected = { 0 };
		snprintf(folder, sizeof(folder), "/tmp/borderflow-once-XXXXXX");
		if (!mkdtemp(folder)) {
			return;
		}
		write_random(&random, of_sensors, &expected);
		for (unsigned order = 0; order < sizeof(orders) / sizeof(orders[0]); order++) {
			const char *named[SENSORS];
			struct sums sums = { 0 };
			unsigned wrong = 0;
			for (unsigned i = 0; i < SENSORS; i++) {
				named[i] = of_sensors[orders[order][i]];
			}
			read_sums(named, &sums);
			for (unsigned port = 0; port < PORTS; port++) {
				wrong += memcmp(sums.of[port], expected.of[port],
						 sizeof(sums.of[port])) != 0;
			}
			is_int(wrong, 0, "of each way what the fuller one saw, scene %u, order %u",
				seed, order);
		}
		snprintf(command, sizeof(command), "rm -rf '%s'", folder);
		if (system(command) != 0) {
			printf("# cannot remove %s\n", folder);
		}
	}
}

int main(void)
{
	test_random_scenes();
	return done_testing();
}
