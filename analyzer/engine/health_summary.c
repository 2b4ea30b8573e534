#include "analyzer/engine/health_summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { NAME_MAX_LENGTH = 31 };

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
#define X(name) { #name, offsetof(struct health_summary, name) },
	HEALTH_SUMMARY_FIELDS(X)
#undef X
};

static void add_worker(struct health_summary *health_summary, const struct health_worker *worker)
{
	health_summary->frames += worker->source.frames;
	health_summary->bytes += worker->source.bytes_done;
	health_summary->kernel_drops += worker->source.kernel_drops;
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		health_summary->refused += worker->collector.decode.refused[i];
	}
	health_summary->flows += worker->collector.flows_now;
	health_summary->flow_limit += worker->flow_limit;
	health_summary->evicted += worker->collector.flows_ended[FLOW_END_EVICTED];
	health_summary->lag_ns =
		worker->lag_ns > health_summary->lag_ns ? worker->lag_ns : health_summary->lag_ns;
	health_summary->queue_records += worker->ring_depth;
	health_summary->queues++;
	health_summary->queues_up += worker->is_capturing;
}

/* Each queue says when it counted. */
static void add_rates(struct health_summary *health_summary, const struct health_worker *now,
	const struct health_worker *before)
{
	double seconds = (double)(now->seen_ns - before->seen_ns) / (double)NS_PER_S;

	if (before->seen_ns && now->seen_ns > before->seen_ns) {
		uint64_t frames = now->source.frames - before->source.frames;
		uint64_t bytes = now->source.bytes_done - before->source.bytes_done;
		health_summary->frames_s += (uint64_t)((double)frames / seconds);
		health_summary->bits_s += (uint64_t)((double)bytes * 8 / seconds);
	}
}

void health_summary_take(struct health_summary *health_summary, const struct health *health,
	const struct health *before)
{
	*health_summary = (struct health_summary){
		.started_ns = health->started_ns,
		.said_ns = health->now_ns,
		.records = health->exporter.records,
		.records_known = health->exporter.records_with_app,
		.alerts = health->exporter.alerts_open,
		.alerts_missed = health->exporter.alerts_missed,
		.series = health->exporter.detectors.series,
		.alerts_promised_milli = health->exporter.detectors.promised_milli,
		.alerts_realised_milli = health->exporter.detectors.realised_milli,
		.alerts_confirmed = health->exporter.detectors.confirmed,
		.alerts_refuted = health->exporter.detectors.refuted,
		.reloads = health->reloads,
		.reloads_failed = health->reloads_failed,
		.outputs = health->exporter.output_count,
		.batches_waiting = health->outbox.waiting,
		.batches_lost = health->outbox.dropped + health->outbox.lost,
	};
	for (unsigned i = 0; i < health->worker_count; i++) {
		add_worker(health_summary, &health->workers[i]);
		add_rates(health_summary, &health->workers[i], &before->workers[i]);
	}
	for (unsigned i = 0; i < health->exporter.output_count; i++) {
		health_summary->outputs_up += !health->exporter.outputs[i].is_failing;
	}
}

const char *health_summary_field_name(unsigned field)
{
	return fields[field].name;
}

static uint64_t *field_at(struct health_summary *health_summary, unsigned field)
{
	return (uint64_t *)(void *)((char *)health_summary + fields[field].offset);
}

uint64_t health_summary_field(const struct health_summary *health_summary, unsigned field)
{
	return *(const uint64_t *)(const void *)((const char *)health_summary +
						 fields[field].offset);
}

void health_summary_put(struct text *text, const struct health_summary *health_summary)
{
	for (unsigned i = 0; i < HEALTH_SUMMARY_FIELD_COUNT; i++) {
		text_printf(text, "%s%s %" PRIu64, i ? " " : "", fields[i].name,
			health_summary_field(health_summary, i));
	}
}

static void set_field(
	struct health_summary *health_summary, const char *name, size_t length, uint64_t number)
{
	for (unsigned i = 0; i < HEALTH_SUMMARY_FIELD_COUNT; i++) {
		if (strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0) {
			*field_at(health_summary, i) = number;
		}
	}
}

void health_summary_parse(struct health_summary *health_summary, const char *line)
{
	*health_summary = (struct health_summary){ 0 };
	for (;;) {
		line += strspn(line, " ");
		size_t length = strcspn(line, " ");
		if (length == 0 || length > NAME_MAX_LENGTH || line[length] == '\0') {
			return;
		}
		char *end;
		uint64_t number = strtoull(line + length + 1, &end, 10);
		set_field(health_summary, line, length, number);
		line = end;
	}
}
