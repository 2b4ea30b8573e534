/* Health as text: every number of a snapshot is found again, names from outside cannot break the
 * lines. What promtool says of it is tested with a running sensor. */
#include "analyzer/engine/health.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/tap.h"

static struct health made(void)
{
	struct health health = {
		.started_ns = 1750000000 * NS_PER_S + 5,
		.facts_loaded_ns = 1750000100 * NS_PER_S,
		.reloads = 41,
		.reloads_failed = 42,
		.worker_count = 2,
		.exporter = { .records = 51,
			.records_with_app = 52,
			.packets = 53,
			.bytes = 54,
			.alerts_open = 55,
			.alerts_missed = 56,
			.output_count = 2,
			.outputs = { { .name = "archive",
					     .is_failing = true,
					     .failures = 2,
					     .retries = 5,
					     .lost = 77,
					     .reason = { "the disk is full" } },
				{ .name = "redis", .failures = 1, .reason = { "gone" } } } },
	};

	for (unsigned i = 0; i < 2; i++) {
		struct health_worker *worker = &health.workers[i];
		uint64_t base = 1000 * (i + 1);
		*worker = (struct health_worker){ .interface = i ? "e\"\\1" : "eth0",
			.queue = i,
			.is_capturing = !i,
			.lag_ns = base * NS_PER_MS + 7,
			.flow_limit = base + 1,
			.ring_depth = base + 2,
			.ring_waits = base + 3 };
		worker->source.frames = base + 4;
		worker->source.kernel_drops = base + 5;
		worker->collector.decode.packets = base + 6;
		worker->collector.decode.refused[DECODE_REFUSED_ARP] = base + 7;
		worker->collector.flows_now = base + 8;
		worker->collector.flows_ended[FLOW_END_EVICTED] = base + 9;
		worker->classify.names_dropped = base + 10;
	}
	return health;
}

static void test_prometheus(void)
{
	static const char *const lines[] = {
		"borderflow_start_time_seconds 1750000000.000000005\n",
		"borderflow_reloads_total 41\n",
		"borderflow_reloads_failed_total 42\n",
		"borderflow_frames_total{interface=\"eth0\",queue=\"0\"} 1004\n",
		"borderflow_frames_total{interface=\"e\\\"\\\\1\",queue=\"1\"} 2004\n",
		"borderflow_kernel_drops_total{interface=\"eth0\",queue=\"0\"} 1005\n",
		"borderflow_packets_total{interface=\"eth0\",queue=\"0\"} 1006\n",
		"borderflow_refused_frames_total{interface=\"eth0\",queue=\"0\",reason=\"arp\"} "
		"1007\n",
		"borderflow_flows{interface=\"eth0\",queue=\"0\"} 1008\n",
		"borderflow_flow_parts_total{interface=\"eth0\",queue=\"0\",end=\"evicted\"} "
		"1009\n",
		"borderflow_names_dropped_total{interface=\"eth0\",queue=\"0\"} 1010\n",
		"borderflow_flow_limit{interface=\"eth0\",queue=\"0\"} 1001\n",
		"borderflow_queue_records{interface=\"eth0\",queue=\"0\"} 1002\n",
		"borderflow_queue_waits_total{interface=\"eth0\",queue=\"0\"} 1003\n",
		"borderflow_lag_seconds{interface=\"eth0\",queue=\"0\"} 1.000000007\n",
		"borderflow_capture_up{interface=\"eth0\",queue=\"0\"} 1\n",
		"borderflow_capture_up{interface=\"e\\\"\\\\1\",queue=\"1\"} 0\n",
		"borderflow_records_total 51\n",
		"borderflow_records_with_app_total 52\n",
		"borderflow_record_packets_total 53\n",
		"borderflow_record_bytes_total 54\n",
		"borderflow_alerts_open 55\n",
		"borderflow_alerts_missed_total 56\n",
		"borderflow_output_up{output=\"archive\",place=\"0\"} 0\n",
		"borderflow_output_up{output=\"redis\",place=\"1\"} 1\n",
		"borderflow_output_failures_total{output=\"archive\",place=\"0\"} 2\n",
		"borderflow_output_retries_total{output=\"archive\",place=\"0\"} 5\n",
		"borderflow_output_lost_total{output=\"archive\",place=\"0\"} 77\n",
	};
	struct health health = made();
	struct text text;

	text_init_heap(&text);
	health_put_prometheus(&text, &health);
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ok(strstr(text.at, lines[i]) != NULL, "%.*s", (int)strlen(lines[i]) - 1, lines[i]);
	}
	text_deinit(&text);
}

static void test_text(void)
{
	struct health health = made();
	struct text text;

	text_init_heap(&text);
	health_put_text(&text, &health);
	ok(strstr(text.at, "eth0 queue 0: 1004 frames, 1005 dropped by the kernel, 1007 refused"),
		"a worker in one line");
	ok(strstr(text.at, "output archive: failing: the disk is full; failed 2 times, tried "
			   "again 5, lost 77\n"),
		"an output that fails");
	ok(strstr(text.at, "output redis: up; failed 1 time, tried again 0, lost 0; the last "
			   "time: gone\n"),
		"one that works again");
	text_deinit(&text);
}

static void test_was_seen(void)
{
	ok(health_was_seen(900, 1000, 100) && !health_was_seen(899, 1000, 100),
		"a thread that showed itself within the time, its last moment included");
	ok(health_was_seen(1001, 1000, 100), "… and after the look at the clock");
}

int main(void)
{
	test_was_seen();
	test_prometheus();
	test_text();
	return done_testing();
}
