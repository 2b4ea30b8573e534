#include "analyzer/live/pulse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { NAME_MAX_LENGTH = 31 };

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
#define X(name) { #name, offsetof(struct pulse, name) },
	PULSE_FIELDS(X)
#undef X
};

static void add_worker(struct pulse *pulse, const struct health_worker *worker)
{
	pulse->frames += worker->source.frames;
	pulse->bytes += worker->source.bytes_done;
	pulse->kernel_drops += worker->source.kernel_drops;
	for (unsigned i = 0; i < DECODE_REFUSAL_COUNT; i++) {
		pulse->refused += worker->collector.decode.refused[i];
	}
	pulse->flows += worker->collector.flows_now;
	pulse->flow_limit += worker->flow_limit;
	pulse->evicted += worker->collector.flows_ended[FLOW_END_EVICTED];
	pulse->lag_ns = worker->lag_ns > pulse->lag_ns ? worker->lag_ns : pulse->lag_ns;
	pulse->queue_records += worker->ring_depth;
	pulse->queues++;
	pulse->queues_up += worker->is_capturing;
}

/* Each queue says when it counted. */
static void add_rates(
	struct pulse *pulse, const struct health_worker *now, const struct health_worker *before)
{
	double seconds = (double)(now->seen_ns - before->seen_ns) / (double)NS_PER_S;

	if (before->seen_ns && now->seen_ns > before->seen_ns) {
		uint64_t frames = now->source.frames - before->source.frames;
		uint64_t bytes = now->source.bytes_done - before->source.bytes_done;
		pulse->frames_s += (uint64_t)((double)frames / seconds);
		pulse->bits_s += (uint64_t)((double)bytes * 8 / seconds);
	}
}

void pulse_take(struct pulse *pulse, const struct health *health, const struct health *before)
{
	*pulse = (struct pulse){
		.started_ns = health->started_ns,
		.said_ns = health->now_ns,
		.records = health->exporter.records,
		.records_known = health->exporter.records_with_app,
		.alerts = health->exporter.alerts_open,
		.alerts_missed = health->exporter.alerts_missed,
		.reloads = health->reloads,
		.reloads_failed = health->reloads_failed,
		.outputs = health->exporter.sink_count,
		.batches_waiting = health->feed.waiting,
		.batches_lost = health->feed.dropped + health->feed.lost,
	};
	for (unsigned i = 0; i < health->worker_count; i++) {
		add_worker(pulse, &health->workers[i]);
		add_rates(pulse, &health->workers[i], &before->workers[i]);
	}
	for (unsigned i = 0; i < health->exporter.sink_count; i++) {
		pulse->outputs_up += !health->exporter.sinks[i].has_failed;
	}
}

const char *pulse_field_name(unsigned field)
{
	return fields[field].name;
}

static uint64_t *field_at(struct pulse *pulse, unsigned field)
{
	return (uint64_t *)(void *)((char *)pulse + fields[field].offset);
}

uint64_t pulse_field(const struct pulse *pulse, unsigned field)
{
	return *(const uint64_t *)(const void *)((const char *)pulse + fields[field].offset);
}

void pulse_put(struct text *text, const struct pulse *pulse)
{
	for (unsigned i = 0; i < PULSE_FIELD_COUNT; i++) {
		text_printf(
			text, "%s%s %" PRIu64, i ? " " : "", fields[i].name, pulse_field(pulse, i));
	}
}

static void set_field(struct pulse *pulse, const char *name, size_t length, uint64_t number)
{
	for (unsigned i = 0; i < PULSE_FIELD_COUNT; i++) {
		if (strlen(fields[i].name) == length && memcmp(fields[i].name, name, length) == 0) {
			*field_at(pulse, i) = number;
		}
	}
}

void pulse_parse(struct pulse *pulse, const char *line)
{
	*pulse = (struct pulse){ 0 };
	for (;;) {
		line += strspn(line, " ");
		size_t length = strcspn(line, " ");
		if (length == 0 || length > NAME_MAX_LENGTH || line[length] == '\0') {
			return;
		}
		char *end;
		uint64_t number = strtoull(line + length + 1, &end, 10);
		set_field(pulse, line, length, number);
		line = end;
	}
}
