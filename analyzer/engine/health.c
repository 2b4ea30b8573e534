#include "analyzer/engine/health.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/clock.h"
#include "collector/decode.h"
#include "collector/flow.h"

/* One metric: how it is called for machines and for people, and where its number stands. */
struct metric {
	const char *name, *type, *help;
	size_t offset; /* of a uint64_t */
	bool is_ns;    /* shown in seconds */
};

#define OF_WORKER(field)    offsetof(struct health_worker, field)
#define OF_EXPORTER(field)  offsetof(struct health_exporter, field)
#define OF_DETECTORS(field) offsetof(struct detectors_stats, field)
#define OF_OUTBOX(field)    offsetof(struct outbox_stats, field)
#define OF_SENSOR(field)    offsetof(struct health, field)

static const struct metric worker_metrics[] = {
	{ "borderflow_frames_total", "counter", "Frames read from the interface.",
		OF_WORKER(source.frames), false },
	{ "borderflow_kernel_drops_total", "counter",
		"Frames that the kernel dropped because its buffer was full.",
		OF_WORKER(source.kernel_drops), false },
	{ "borderflow_packets_total", "counter", "IP packets taken into flows.",
		OF_WORKER(collector.decode.packets), false },
	{ "borderflow_subframes_total", "counter",
		"Packets beyond one a frame, of 802.11 frames that hold several.",
		OF_WORKER(collector.decode.subframes), false },
	{ "borderflow_fragments_held", "gauge",
		"Fragments that wait for the rest of their datagram.",
		OF_WORKER(collector.decode.held), false },
	{ "borderflow_contexts_full_total", "counter",
		"Packets whose VLAN or tunnel was not told apart, for want of room.",
		OF_WORKER(collector.decode.contexts_full), false },
	{ "borderflow_flows", "gauge", "Flows followed now.", OF_WORKER(collector.flows_now),
		false },
	{ "borderflow_flow_limit", "gauge", "Flows that can be followed at once.",
		OF_WORKER(flow_limit), false },
	{ "borderflow_flow_table_bytes", "gauge", "Memory of the flow table.",
		OF_WORKER(collector.table_bytes), false },
	{ "borderflow_flows_opened_total", "counter", "Flows that began.",
		OF_WORKER(collector.flows_opened), false },
	{ "borderflow_clock_steps_total", "counter",
		"Times the clock of the packets jumped back or far ahead.",
		OF_WORKER(collector.clock_steps), false },
	{ "borderflow_peeks_total", "counter", "Payloads looked at to recognise the application.",
		OF_WORKER(classify.peeks), false },
	{ "borderflow_reassembly_dropped_total", "counter",
		"Hellos in several pieces given up for want of room.",
		OF_WORKER(classify.reassembly_dropped), false },
	{ "borderflow_initials_passed_over_total", "counter",
		"First packets of QUIC not opened, in a flood of such that bring nothing.",
		OF_WORKER(classify.initials_passed_over), false },
	{ "borderflow_l7_info_dropped_total", "counter",
		"Findings about flows given up for want of room.",
		OF_WORKER(classify.l7_info_dropped), false },
	{ "borderflow_names_dropped_total", "counter",
		"Names from DNS answers given up for want of room.",
		OF_WORKER(classify.names_dropped), false },
	{ "borderflow_classify_bytes", "gauge", "Memory of names, findings and hellos in pieces.",
		OF_WORKER(classify.bytes), false },
	{ "borderflow_lag_seconds", "gauge", "Age of the latest packets when they were read.",
		OF_WORKER(lag_ns), true },
	{ "borderflow_queue_records", "gauge", "Records on their way to the exporter.",
		OF_WORKER(ring_depth), false },
	{ "borderflow_queue_waits_total", "counter", "Times the exporter held up the worker.",
		OF_WORKER(ring_waits), false },
};

static const struct metric exporter_metrics[] = {
	{ "borderflow_records_total", "counter", "Flow records exported.", OF_EXPORTER(records),
		false },
	{ "borderflow_records_with_app_total", "counter",
		"Flow records whose application is known.", OF_EXPORTER(records_with_app), false },
	{ "borderflow_records_inferred_total", "counter",
		"Flow records without a name whose application is inferred.",
		OF_EXPORTER(records_inferred), false },
	{ "borderflow_record_packets_total", "counter", "Packets in exported flow records.",
		OF_EXPORTER(packets), false },
	{ "borderflow_record_bytes_total", "counter", "IP bytes in exported flow records.",
		OF_EXPORTER(bytes), false },
	{ "borderflow_counted_elsewhere_bytes_total", "counter",
		"IP bytes of them that another sensor counts, as the policy says.",
		OF_EXPORTER(bytes_elsewhere), false },
	{ "borderflow_half_seen_records_total", "counter",
		"Flow records of which what went one way did not cross the sensor: it is in no "
		"sum of bytes.",
		OF_EXPORTER(half_seen), false },
	{ "borderflow_stations", "gauge", "Stations of our networks that are known.",
		OF_EXPORTER(stations), false },
	{ "borderflow_stations_refused_total", "counter",
		"New stations turned away, for want of room or in a flood.",
		OF_EXPORTER(stations_refused), false },
	{ "borderflow_addresses_contested_total", "counter",
		"Times two stations spoke for one address.", OF_EXPORTER(addresses_contested),
		false },
	{ "borderflow_records_of_many_total", "counter",
		"Flow records of addresses that many devices stand behind.",
		OF_EXPORTER(records_of_many), false },
	{ "borderflow_sightings_lost_total", "counter",
		"What was seen of stations and found no room on its way.",
		OF_EXPORTER(sightings_lost), false },
	{ "borderflow_alerts_open", "gauge",
		"Alerts remembered, of this week and those that go on.", OF_EXPORTER(alerts_open),
		false },
	{ "borderflow_alerts_missed_total", "counter",
		"Flow records that found no room for an alert.", OF_EXPORTER(alerts_missed),
		false },
};

static const struct metric detector_metrics[] = {
	{ "borderflow_detect_series", "gauge", "Series that detectors follow.",
		OF_DETECTORS(series), false },
	{ "borderflow_detect_unwatched_total", "counter",
		"Values of series for which there was no room.", OF_DETECTORS(unwatched), false },
	{ "borderflow_detect_slots_total", "counter", "Slots of five minutes that were judged.",
		OF_DETECTORS(slots), false },
	{ "borderflow_detect_gaps_total", "counter", "Slots in which nobody looked.",
		OF_DETECTORS(gaps), false },
	{ "borderflow_detect_alerts_total", "counter", "Alerts under the budget of false ones.",
		OF_DETECTORS(alerts), false },
	{ "borderflow_detect_exact_total", "counter", "Alerts by exact rules.", OF_DETECTORS(exact),
		false },
	{ "borderflow_detect_promised_weekly_thousandths", "gauge",
		"False alerts a week that the policy bears, in thousandths.",
		OF_DETECTORS(promised_milli), false },
	{ "borderflow_detect_realised_weekly_thousandths", "gauge",
		"Alerts a week under that budget so far but those closed as true, in thousandths.",
		OF_DETECTORS(realised_milli), false },
	{ "borderflow_detect_confirmed_total", "counter",
		"Alerts under the budget that were closed as true.", OF_DETECTORS(confirmed),
		false },
	{ "borderflow_detect_refuted_total", "counter",
		"Alerts under the budget that were closed as false.", OF_DETECTORS(refuted),
		false },
	{ "borderflow_detect_late_total", "counter",
		"Cells and beginnings of flows that came after their slot was judged.",
		OF_DETECTORS(late), false },
	{ "borderflow_detect_missed_total", "counter",
		"Cells and beginnings of flows that found no room.", OF_DETECTORS(missed), false },
	{ "borderflow_detect_unspoken_total", "counter",
		"First sights that were not told, since their share of the budget was used up.",
		OF_DETECTORS(tokens_short), false },
};

static const struct metric sensor_metrics[] = {
	{ "borderflow_start_time_seconds", "gauge", "When the sensor started, since 1970.",
		OF_SENSOR(started_ns), true },
	{ "borderflow_facts_loaded_time_seconds", "gauge",
		"When policy, catalogue and geo data in force were loaded, since 1970.",
		OF_SENSOR(facts_loaded_ns), true },
	{ "borderflow_reloads_total", "counter", "Reloads that succeeded.", OF_SENSOR(reloads),
		false },
	{ "borderflow_reloads_failed_total", "counter",
		"Reloads that failed and left everything as it was.", OF_SENSOR(reloads_failed),
		false },
	{ "borderflow_resolver_names_total", "counter",
		"Names that resolvers said they had answered.", OF_SENSOR(names.names), false },
	{ "borderflow_resolver_malformed_total", "counter",
		"Messages and connections of resolvers that could not be read.",
		OF_SENSOR(names.malformed), false },
	{ "borderflow_resolver_lost_total", "counter",
		"Names of resolvers that a worker had no room for.", OF_SENSOR(names.lost), false },
	{ "borderflow_resolver_gaps_total", "counter",
		"Times that lines of a resolver's log may have been missed or come late.",
		OF_SENSOR(names.gaps), false },
	{ "borderflow_resolver_behind_bytes", "gauge",
		"Bytes of resolvers' logs that have not been read yet.", OF_SENSOR(names.behind),
		false },
	{ "borderflow_resolver_away_time_seconds", "gauge",
		"Since when a resolver's log cannot be read, since 1970; 0 where all can.",
		OF_SENSOR(names.away_ns), true },
	{ "borderflow_resolver_heard_time_seconds", "gauge",
		"Latest message of the resolver that has said nothing for longest, since 1970; 0 "
		"where none has said anything.",
		OF_SENSOR(names.heard_ns), true },
};

static const struct metric outbox_metrics[] = {
	{ "borderflow_outbox_batches_total", "counter", "Batches made for Redis.", OF_OUTBOX(put),
		false },
	{ "borderflow_outbox_applied_total", "counter",
		"Batches of metrics that Redis has applied.", OF_OUTBOX(applied), false },
	{ "borderflow_outbox_replayed_total", "counter",
		"Batches applied again because Redis had lost them.", OF_OUTBOX(replayed), false },
	{ "borderflow_outbox_waiting_batches", "gauge", "Batches that wait for Redis.",
		OF_OUTBOX(waiting), false },
	{ "borderflow_outbox_waiting_bytes", "gauge", "Their bytes.", OF_OUTBOX(waiting_bytes),
		false },
	{ "borderflow_outbox_oldest_seconds", "gauge",
		"Latest record of the first batch that waits, since 1970; 0 where none does.",
		OF_OUTBOX(oldest_ns), true },
	{ "borderflow_outbox_dropped_total", "counter",
		"Batches for which there was no room in memory.", OF_OUTBOX(dropped), false },
	{ "borderflow_outbox_lost_total", "counter",
		"Batches that were damaged or written over before Redis had them.", OF_OUTBOX(lost),
		false },
	{ "borderflow_outbox_keys_refused_total", "counter",
		"Keys in Redis that hold something else and were left as they are.",
		OF_OUTBOX(keys_refused), false },
	{ "borderflow_meter_others_total", "counter",
		"Sums that went to the series \"other\", because the day had too many.",
		OF_OUTBOX(others), false },
	{ "borderflow_outbox_failures_total", "counter", "Attempts to send that failed.",
		OF_OUTBOX(failures), false },
	{ "borderflow_outbox_connections_total", "counter", "Connections made to Redis.",
		OF_OUTBOX(connections), false },
	{ "borderflow_spool_file_bytes", "gauge",
		"Size of the spool on disk; 0 where batches wait in memory.",
		OF_OUTBOX(spool.file_bytes), false },
	{ "borderflow_spool_batches", "gauge", "Batches in the spool, waiting or not.",
		OF_OUTBOX(spool.batches), false },
	{ "borderflow_spool_bytes", "gauge", "Their bytes.", OF_OUTBOX(spool.bytes), false },
	{ "borderflow_spool_damaged_total", "counter",
		"Batches and headers that did not match their checksum.", OF_OUTBOX(spool.damaged),
		false },
	{ "borderflow_spool_write_failures_total", "counter", "Batches that the disk did not take.",
		OF_OUTBOX(spool.write_failures), false },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t number_at(const void *base, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)base + offset);
}

static void put_header(struct text *text, const char *name, const char *type, const char *help)
{
	text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(struct text *text, uint64_t number, bool is_ns)
{
	if (is_ns) {
		text_printf(
			text, " %" PRIu64 ".%09" PRIu64 "\n", number / NS_PER_S, number % NS_PER_S);
	} else {
		text_printf(text, " %" PRIu64 "\n", number);
	}
}

/* Interface names may hold any byte but a slash and white space. */
static void put_worker_labels(struct text *text, const struct health_worker *worker)
{
	text_put(text, "{interface=\"");
	for (const char *at = worker->interface; *at; at++) {
		if (*at == '"' || *at == '\\') {
			text_put_char(text, '\\');
		}
		text_put_char(text, *at);
	}
	text_printf(text, "\",queue=\"%u\"", worker->queue);
}

static void put_workers(struct text *text, const struct health *health)
{
	for (size_t i = 0; i < COUNT(worker_metrics); i++) {
		const struct metric *metric = &worker_metrics[i];
		put_header(text, metric->name, metric->type, metric->help);
		for (unsigned w = 0; w < health->worker_count; w++) {
			text_put(text, metric->name);
			put_worker_labels(text, &health->workers[w]);
			text_put_char(text, '}');
			put_number(text, number_at(&health->workers[w], metric->offset),
				metric->is_ns);
		}
	}
}

static void put_refusals(struct text *text, const struct health *health)
{
	static const char name[] = "borderflow_refused_frames_total";

	put_header(text, name, "counter", "Frames that are no IP packet we can read, by reason.");
	for (unsigned w = 0; w < health->worker_count; w++) {
		const struct health_worker *worker = &health->workers[w];
		for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
			text_put(text, name);
			put_worker_labels(text, worker);
			text_printf(text, ",reason=\"%s\"}", decode_refusal_name(i));
			put_number(text, worker->collector.decode.refused[i], false);
		}
	}
}

static void put_endings(struct text *text, const struct health *health)
{
	static const char name[] = "borderflow_flow_parts_total";

	put_header(text, name, "counter",
		"Flow records made, by why: \"evicted\" means that the flow table was full.");
	for (unsigned w = 0; w < health->worker_count; w++) {
		const struct health_worker *worker = &health->workers[w];
		for (unsigned i = 0; i < FLOW_END_COUNT; i++) {
			text_put(text, name);
			put_worker_labels(text, worker);
			text_printf(text, ",end=\"%s\"}", flow_end_name(i));
			put_number(text, worker->collector.flows_ended[i], false);
		}
	}
}

static void put_plain(
	struct text *text, const struct metric *metrics, size_t count, const void *base)
{
	for (size_t i = 0; i < count; i++) {
		put_header(text, metrics[i].name, metrics[i].type, metrics[i].help);
		text_put(text, metrics[i].name);
		put_number(text, number_at(base, metrics[i].offset), metrics[i].is_ns);
	}
}

/* Of outputs, whatever they take. */
static const struct metric output_metrics[] = {
	{ "borderflow_output_failures_total", "counter", "Times the output broke.",
		offsetof(struct output_state, failures), false },
	{ "borderflow_output_retries_total", "counter", "Times a broken output was tried again.",
		offsetof(struct output_state, retries), false },
	{ "borderflow_output_lost_total", "counter",
		"Records or alerts that the output was to hold and never will.",
		offsetof(struct output_state, lost), false },
};

static void put_output_labels(struct text *text, const struct health_exporter *health, unsigned i)
{
	text_printf(text, "{output=\"%s\",place=\"%u\"}", health->outputs[i].name, i);
}

static void put_outputs(struct text *text, const struct health_exporter *health)
{
	put_header(text, "borderflow_output_up", "gauge",
		"1 while the output takes what it is given; 0 while it fails and is tried again.");
	for (unsigned i = 0; i < health->output_count; i++) {
		text_put(text, "borderflow_output_up");
		put_output_labels(text, health, i);
		put_number(text, !health->outputs[i].is_failing, false);
	}
	for (size_t m = 0; m < COUNT(output_metrics); m++) {
		const struct metric *metric = &output_metrics[m];
		put_header(text, metric->name, metric->type, metric->help);
		for (unsigned i = 0; i < health->output_count; i++) {
			text_put(text, metric->name);
			put_output_labels(text, health, i);
			put_number(text, number_at(&health->outputs[i], metric->offset), false);
		}
	}
}

static void put_captures(struct text *text, const struct health *health)
{
	put_header(text, "borderflow_capture_up", "gauge", "1 while the queue is captured.");
	for (unsigned w = 0; w < health->worker_count; w++) {
		text_put(text, "borderflow_capture_up");
		put_worker_labels(text, &health->workers[w]);
		text_printf(text, "} %d\n", health->workers[w].is_capturing);
	}
}

static void put_outbox(struct text *text, const struct outbox_stats *outbox)
{
	put_header(text, "borderflow_outbox_up", "gauge",
		"1 while Redis takes batches; 0 while they wait.");
	text_printf(text, "borderflow_outbox_up %d\n", outbox->is_up);
	put_plain(text, outbox_metrics, COUNT(outbox_metrics), outbox);
}

bool health_was_seen(uint64_t seen_ns, uint64_t now_ns, uint64_t within_ns)
{
	return seen_ns > now_ns || now_ns - seen_ns <= within_ns;
}

void health_put_prometheus(struct text *text, const struct health *health)
{
	put_plain(text, sensor_metrics, COUNT(sensor_metrics), health);
	put_captures(text, health);
	put_workers(text, health);
	put_refusals(text, health);
	put_endings(text, health);
	put_plain(text, exporter_metrics, COUNT(exporter_metrics), &health->exporter);
	if (health->exporter.has_detectors) {
		put_plain(text, detector_metrics, COUNT(detector_metrics),
			&health->exporter.detectors);
	}
	put_outputs(text, &health->exporter);
	if (health->has_outbox) {
		put_outbox(text, &health->outbox);
	}
}

static uint64_t refused(const struct health_worker *worker)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		sum += worker->collector.decode.refused[i];
	}
	return sum;
}

static void put_detectors_text(struct text *text, const struct detectors_stats *stats)
{
	text_printf(text,
		"detectors: %" PRIu64 " series; at most %.1f false alerts a week promised, %.1f "
		"alerts a week so far in %.1f days (but %" PRIu64 " closed as true; %" PRIu64
		" as false), and %" PRIu64 " by exact rules; %" PRIu64
		" slots of five minutes in which nobody looked\n",
		stats->series, (double)stats->promised_milli / 1000,
		(double)stats->realised_milli / 1000, (double)stats->slots / 288, stats->confirmed,
		stats->refuted, stats->exact, stats->gaps);
}

static void put_outbox_text(struct text *text, const struct outbox_stats *outbox)
{
	text_printf(text,
		"Redis: %s%s%s; %" PRIu64 " batches applied, %" PRIu64 " applied again, %" PRIu64
		" waiting, %" PRIu64 " lost, %" PRIu64 " dropped\n",
		outbox->is_up ? "up" : "away", outbox->reason[0] ? ": " : "", outbox->reason,
		outbox->applied, outbox->replayed, outbox->waiting, outbox->lost, outbox->dropped);
}

static void put_output_text(struct text *text, const struct output_state *state)
{
	text_printf(text, "output %s: %s%s", state->name, state->is_failing ? "failing: " : "up",
		state->is_failing ? state->reason.text : "");
	if (state->failures > 0) {
		text_printf(text,
			"; failed %" PRIu64 " time%s, tried again %" PRIu64 ", lost %" PRIu64,
			state->failures, state->failures == 1 ? "" : "s", state->retries,
			state->lost);
		text_printf(text, "%s%s", state->is_failing ? "" : "; the last time: ",
			state->is_failing ? "" : state->reason.text);
	}
	text_put_char(text, '\n');
}

void health_put_text(struct text *text, const struct health *health)
{
	for (unsigned w = 0; w < health->worker_count; w++) {
		const struct health_worker *worker = &health->workers[w];
		text_printf(text,
			"%s queue %u: %" PRIu64 " frames, %" PRIu64
			" dropped by the kernel, %" PRIu64 " refused; %" PRIu64
			" flows of at most %" PRIu64 ", %" PRIu64 " evicted; %" PRIu64
			" ms behind, %" PRIu64 " records waiting\n",
			worker->interface, worker->queue, worker->source.frames,
			worker->source.kernel_drops, refused(worker), worker->collector.flows_now,
			worker->flow_limit, worker->collector.flows_ended[FLOW_END_EVICTED],
			worker->lag_ns / NS_PER_MS, worker->ring_depth);
	}
	text_printf(text,
		"%" PRIu64 " records, %" PRIu64 " with a known app; %" PRIu64
		" alerts open; %" PRIu64 " reloads, %" PRIu64 " failed\n",
		health->exporter.records, health->exporter.records_with_app,
		health->exporter.alerts_open, health->reloads, health->reloads_failed);
	if (health->exporter.has_detectors) {
		put_detectors_text(text, &health->exporter.detectors);
	}
	for (unsigned i = 0; i < health->exporter.output_count; i++) {
		put_output_text(text, &health->exporter.outputs[i]);
	}
	if (health->has_outbox) {
		put_outbox_text(text, &health->outbox);
	}
}
