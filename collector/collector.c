#include "collector/collector.h"

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "collector/flow_beside.h"
#include "collector/flow_report.h"
#include "collector/flow_split.h"
#include "collector/flow_table.h"
#include "collector/simd/kernels.h"

struct collector {
	struct source *source;
	struct decoder *decoder;
	struct flow_table *table;
	struct frame_batch frames;
	uint64_t sightings, sightings_lost;
	struct sighting_memory seen;
};

int collector_check_cpu(const char *name, struct err *err)
{
	if (kernels_find(name)) {
		return 0;
	}
	char memory[128];
	struct text available;
	const struct kernels *kernels;

	text_init(&available, memory, sizeof(memory));
	for (unsigned i = 0; (kernels = kernels_at(i)) != NULL; i++) {
		if (kernels->is_supported()) {
			text_printf(
				&available, "%s%s", available.length ? ", " : "", kernels->name);
		}
	}
	return err_set(err, ENOTSUP,
		"no instruction set \"%s\" here; this machine and build have: %s", name,
		available.at);
}

static struct decoder *open_decoder(const struct collector_options *options)
{
	struct decoder *decoder = decoder_create();

	if (decoder && (options->marks || options->locates) && !decoder_track_frames(decoder)) {
		decoder_destroy(decoder);
		return NULL;
	}
	if (decoder) {
		decoder_set_name_key(decoder, &options->id_key);
		decoder_set_wrapping(decoder, &options->wrapping);
	}
	return decoder;
}

struct collector *collector_create(
	struct source *source, const struct collector_options *options, struct err *err)
{
	const struct kernels *kernels = kernels_find(options->cpu);

	if (!kernels) {
		collector_check_cpu(options->cpu, err);
		return NULL;
	}
	struct collector *collector = calloc(1, sizeof(*collector));
	if (collector) {
		collector->source = source;
		collector->decoder = open_decoder(options);
		collector->table = collector->decoder
					   ? flow_table_create(options, kernels,
						     decoder_contexts(collector->decoder))
					   : NULL;
	}
	if (!collector || !collector->table) {
		collector_destroy(collector);
		err_set(err, ENOMEM,
			"not enough memory for the flow table; use a lower flow limit");
		return NULL;
	}
	return collector;
}

void collector_destroy(struct collector *collector)
{
	if (!collector) {
		return;
	}
	flow_table_destroy(collector->table);
	decoder_destroy(collector->decoder);
	free(collector);
}

int collector_read(struct collector *collector, struct packet_batch *packets, struct err *err)
{
	if (decode_rest(collector->decoder, packets)) {
		return COLLECTOR_MORE;
	}
	int error = source_next(collector->source, &collector->frames, err);
	if (error || (collector->frames.count == 0 && !source_is_live(collector->source))) {
		decoder_end(collector->decoder);
		if (decode_rest(collector->decoder, packets)) {
			return COLLECTOR_MORE; /* a failure is told again by the next call */
		}
		return error ? error : COLLECTOR_ENDED;
	}
	decode_batch(collector->decoder, &collector->frames, packets);
	return COLLECTOR_MORE;
}

bool collector_has_rest(const struct collector *collector)
{
	return decoder_has_rest(collector->decoder);
}

/* Flows begin: their first frames say which MAC has the sender's address. */
static void sight_openings(struct collector *collector, struct collector_batch *batch)
{
	struct sightings *list = &batch->packets.sightings;
	unsigned decoded = list->count;

	for (unsigned i = 0; i < batch->opened_count; i++) {
		const struct packet *packet = &batch->packets.packets[batch->opened_packet[i]];
		struct sighting sighting;
		if (sightings_are_new(&collector->seen, packet) &&
			sighting_of_packet(&sighting, packet)) {
			struct sighting *added = sightings_add(list);
			if (added) {
				*added = sighting;
			}
		}
	}
	sightings_merge(list, decoded);
}

void collector_follow(struct collector *collector, struct collector_batch *batch)
{
	flow_table_batch(collector->table, batch);
	sight_openings(collector, batch);
	collector->sightings += batch->packets.sightings.count;
	collector->sightings_lost += batch->packets.sightings.lost;
}

int collector_next(struct collector *collector, struct collector_batch *batch, struct err *err)
{
	batch->opened_count = batch->peek_count = 0;
	int status = collector_read(collector, &batch->packets, err);
	if (status == COLLECTOR_MORE) {
		collector_follow(collector, batch);
	}
	return status;
}

bool collector_tick(struct collector *collector, uint64_t time_ns)
{
	return flow_table_tick(collector->table, time_ns);
}

void collector_finish(struct collector *collector)
{
	decoder_drop(collector->decoder);
	flow_table_finish(collector->table);
}

size_t collector_take(struct collector *collector, struct flow_record *records, size_t most)
{
	return flow_table_take(collector->table, records, most);
}

uint32_t *collector_note(struct collector *collector, uint32_t flow)
{
	return &flow_table_state(collector->table, flow)->note;
}

uint32_t collector_serial(const struct collector *collector, uint32_t flow)
{
	return *flow_track_serial(
		collector->table->track, flow_table_number(flow), (flow & FLOW_NUMBER_V6) != 0);
}

void collector_fetch(const struct collector *collector, uint32_t flow)
{
	__builtin_prefetch(flow_table_state(collector->table, flow), 1);
}

void collector_stop_peeking(struct collector *collector, uint32_t flow, bool from_source)
{
	struct flow_state *state = flow_table_state(collector->table, flow);
	bool is_high = from_source == ((state->flags & FLOW_SOURCE_HIGH) != 0);

	state->flags &= (uint8_t) ~(FLOW_WANTED_LOW << is_high);
}

void collector_start_peeking(struct collector *collector, uint32_t flow)
{
	flow_table_state(collector->table, flow)->flags |= FLOW_WANTED_LOW | FLOW_WANTED_HIGH;
}

bool collector_split(struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at, const struct split_notes *notes)
{
	return flow_split(collector->table, flow, &batch->packets, at, notes);
}

bool collector_is_due(const struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at)
{
	uint64_t number = collector_packet_number(collector, batch, at);

	return flow_report_due_behind(collector->table, flow, number) != NULL;
}

uint32_t collector_open_beside(struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at, uint32_t note)
{
	return flow_beside_open(collector->table, flow, &batch->packets.packets[at], note);
}

bool collector_move(struct collector *collector, const struct collector_batch *batch, unsigned at,
	uint32_t flow, uint32_t beside, uint64_t kept_ns)
{
	return flow_beside_move(collector->table, &batch->packets, at, flow, beside, kept_ns);
}

void collector_settle_beside(struct collector *collector, uint32_t beside)
{
	flow_beside_settle(collector->table, beside);
}

void collector_release_beside(struct collector *collector, uint32_t beside)
{
	flow_beside_release(collector->table, beside);
}

bool collector_is_live(const struct collector *collector, uint32_t flow)
{
	return flow_beside_is_live(collector->table, flow);
}

bool collector_has_parts(const struct collector *collector)
{
	return collector->table->part_count > 0;
}

unsigned collector_next_packet(const struct collector *collector,
	const struct collector_batch *batch, uint32_t flow, unsigned at)
{
	const void *key =
		flow_slab_key(flow_table_slab(collector->table, flow), flow_table_number(flow));

	do {
		at++;
	} while (at < batch->packets.count &&
		 !flow_split_same_ends(&batch->packets.packets[at], key, flow & FLOW_NUMBER_V6));
	return at;
}

uint64_t collector_packet_number(
	const struct collector *collector, const struct collector_batch *batch, unsigned packet)
{
	return collector->table->packets - batch->packets.count + packet;
}

/* Of the peek's packet. */
static uint64_t running_number(const struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek)
{
	return collector_packet_number(collector, batch, peek->packet);
}

unsigned collector_keep_notes(struct collector *collector, const struct collector_batch *batch,
	const struct peek *peek, uint32_t note)
{
	struct flow_table *table = collector->table;

	return flow_table_cold(table, peek->flow)->part == 0
		       ? 0
		       : flow_split_keep_notes(
				 table, peek->flow, running_number(collector, batch, peek), note);
}

bool collector_source_is_known(const struct collector *collector, uint32_t flow)
{
	return flow_table_state(collector->table, flow)->flags & FLOW_START_SEEN;
}

bool collector_is_from_source(
	const struct collector *collector, uint32_t flow, const struct packet *packet)
{
	bool source_is_high = flow_table_state(collector->table, flow)->flags & FLOW_SOURCE_HIGH;

	return source_is_high == packet_end(packet);
}

void collector_set_source(struct collector *collector, const struct collector_batch *batch,
	const struct peek *peek, bool sender_began)
{
	const struct packet *packet = &batch->packets.packets[peek->packet];
	bool is_high = sender_began == packet_end(packet);

	flow_report_source(
		collector->table, peek->flow, running_number(collector, batch, peek), is_high);
}

bool collector_is_from_outside(const struct collector *collector, const struct packet *packet)
{
	return packet->context != CONTEXT_NONE &&
	       contexts_get(decoder_contexts(collector->decoder), packet->context)->is_from_outside;
}

void collector_flow_ends(const struct collector *collector, uint32_t flow, struct flow_ends *ends)
{
	flow_report_ends(collector->table, flow, ends);
}

void collector_read_stats(const struct collector *collector, struct collector_stats *stats)
{
	const struct flow_table *table = collector->table;

	*stats = (struct collector_stats){
		.decode = *decoder_stats(collector->decoder),
		.flows_opened = table->flows_opened,
		.flows_now = flow_table_live(table),
		.flows_most = table->flows_most,
		.packets_taken = table->packets_taken,
		.bytes_taken = table->bytes_taken,
		.packets_live = table->packets - table->packets_taken,
		.bytes_missed = table->gaps.bytes_missing,
		.clock_steps = table->clock.steps,
		.table_bytes = flow_table_bytes(table),
		.sightings = collector->sightings,
		.sightings_lost = collector->sightings_lost,
	};
	for (unsigned end = 0; end < FLOW_END_COUNT; end++) {
		stats->flows_ended[end] = table->flows_ended[end];
	}
}
