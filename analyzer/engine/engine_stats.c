/* What came of a run: its sums, and whether every packet is in them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "analyzer/engine/engine_parts.h"

struct overview *engine_overview(struct engine *engine)
{
	return exporter_overview(engine->exporter);
}

const struct decider *engine_decider(const struct engine *engine)
{
	return exporter_decider(engine->exporter);
}

const struct devices *engine_devices(const struct engine *engine)
{
	return exporter_devices(engine->exporter);
}

void engine_read_stats(const struct engine *engine, struct engine_stats *stats)
{
	const struct lane *lane = engine->lanes[0].lane;
	struct exporter_stats exporter;

	memset(stats, 0, sizeof(*stats));
	source_read_stats(engine->inputs[0].source, &stats->source);
	lane_read_stats(lane, &stats->collector, &stats->classify);
	exporter_read_stats(engine->exporter, &exporter);
	stats->records = exporter.records;
	stats->records_with_app = exporter.records_with_app;
	stats->behaviour = exporter.behaviour;
	stats->rollup = exporter.rollup;
	exporter_read_detectors(engine->exporter, &stats->detectors);
	stats->packets = exporter.packets;
	stats->bytes = exporter.bytes;
	stats->ring_waits = runs_writer_waits(lane_runs(engine->lanes[0].lane));
	stats->wall_ns = engine->wall_ns;
	stats->was_stopped = engine->was_stopped;
	stats->sinks_failed = engine->sinks_failed;
}

bool engine_check_conservation(const struct engine *engine, struct err *err)
{
	struct engine_stats stats;
	uint64_t refused = 0;

	engine_read_stats(engine, &stats);
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		refused += stats.collector.decode.refused[i];
	}
	uint64_t read = stats.source.frames + stats.collector.decode.subframes;
	if (read != stats.packets + refused || stats.bytes != stats.collector.bytes_taken) {
		err_set(err, EPROTO,
			"packets are not conserved: %" PRIu64 " read, %" PRIu64
			" in flows, %" PRIu64 " refused; please report this",
			read, stats.packets, refused);
		return false;
	}
	return true;
}
