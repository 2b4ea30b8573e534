/* When flows end and hand on parts: single rules by hand, and all of them together against a simple
 * model on hundreds of thousands of random packets with reordering, wrong stamps, steps of the
 * clock and ports used again. */
#include "collector/flow_expiry.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"
#include "tests/unit/packets.h"

#define START_NS (1750000200 * NS_PER_S) /* a slot begins here */

_Static_assert(START_NS % SLOT_NS == 0, "tests count on it");

static const struct made_end client = { 1, 50000 }, server = { 2, 443 };

/* One UDP or TCP flow with packets at these seconds, by a table that sees another flow at the
 * seconds of ticks. */
struct expected {
	unsigned packets;
	enum flow_end end;
};

static void test_times(const char *name, uint8_t protocol, const int *seconds, unsigned count,
	const struct expected *expected, unsigned expected_count, int ticks_to)
{
	struct made_table *made = made_table_create(&(struct collector_options){ 0 });
	unsigned at = 0, records = 0;
	bool right = true;

	for (int second = 0; second <= ticks_to; second++) {
		struct packet packet;
		for (; at < count && seconds[at] == second; at++) {
			packet = made_packet(false, protocol, at % 2 ? server : client,
				at % 2 ? client : server, START_NS + (uint64_t)second * NS_PER_S);
			packet.tcp_flags = protocol == IPPROTO_TCP ? TCP_ACK : 0;
			made_table_batch(made, &packet, 1);
		}
		packet = made_packet(false, IPPROTO_UDP, (struct made_end){ 3, 1 },
			(struct made_end){ 4, 1 }, START_NS + (uint64_t)second * NS_PER_S);
		made_table_batch(made, &packet, 1);
	}
	made_table_finish(made);
	for (size_t i = 0; i < made->count; i++) {
		const struct flow_record *record = &made->records[i];
		if (record->source_port == 1) {
			continue;
		}
		right = right && records < expected_count &&
			record->packets[0] + record->packets[1] == expected[records].packets &&
			record->end == expected[records].end;
		records++;
	}
	ok(right && records == expected_count, "%s: %u records as expected", name, records);
	made_table_destroy(made);
}

#define SECONDS(...) (const int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)
#define EXPECTED(...)                                                                              \
	(const struct expected[]){ __VA_ARGS__ },                                                  \
		sizeof((struct expected[]){ __VA_ARGS__ }) / sizeof(struct expected)

static void test_rules(void)
{
	test_times("UDP within the timeout", IPPROTO_UDP, SECONDS(0, 119, 238),
		EXPECTED({ 3, FLOW_END_EOF }), 250);
	test_times("UDP at the timeout", IPPROTO_UDP, SECONDS(0, 120),
		EXPECTED({ 2, FLOW_END_EOF }), 130);
	test_times("UDP beyond the timeout", IPPROTO_UDP, SECONDS(0, 121),
		EXPECTED({ 1, FLOW_END_IDLE }, { 1, FLOW_END_EOF }), 200);
	test_times("UDP silent at the end", IPPROTO_UDP, SECONDS(0), EXPECTED({ 1, FLOW_END_IDLE }),
		121);
	test_times("TCP into the next slot", IPPROTO_TCP, SECONDS(10, 290, 310, 320),
		EXPECTED({ 2, FLOW_END_SLOT }, { 2, FLOW_END_EOF }), 330);
	test_times("TCP silent over a slot's end", IPPROTO_TCP, SECONDS(200, 201, 460),
		EXPECTED({ 2, FLOW_END_SLOT }, { 1, FLOW_END_EOF }), 470);
	test_times("TCP ends after its part was handed on", IPPROTO_TCP, SECONDS(200, 201),
		EXPECTED({ 2, FLOW_END_SLOT }, { 0, FLOW_END_IDLE }), 510);
	test_times("TCP ends before its part is due", IPPROTO_TCP, SECONDS(20, 21),
		EXPECTED({ 2, FLOW_END_IDLE }), 510);
	test_times("TCP unanswered waits for its end", IPPROTO_TCP, SECONDS(200),
		EXPECTED({ 1, FLOW_END_IDLE }), 510);
}

/* No packet comes any more: by time alone flows end and parts are handed on as they would be with
 * traffic beside them. */
static void test_silence(void)
{
	struct made_table *made = made_table_create(&(struct collector_options){ 0 });
	struct packet packets[2] = {
		made_packet(false, IPPROTO_TCP, client, server, START_NS + 200 * NS_PER_S),
		made_packet(false, IPPROTO_TCP, server, client, START_NS + 201 * NS_PER_S),
	};

	packets[0].tcp_flags = packets[1].tcp_flags = TCP_ACK;
	made_table_batch(made, packets, 2);
	made_table_tick(made, START_NS + 410 * NS_PER_S);
	is_int((int64_t)made->count, 0, "silence: before the grace of a slot is over, nothing");
	for (unsigned second = 411; second < 440; second++) {
		made_table_tick(made, START_NS + second * NS_PER_S);
	}
	is_int((int64_t)made->count, 1, "silence: the part of the slot is handed on");
	is_text(flow_end_name(made->records[0].end), "slot", "… as a part");
	for (unsigned second = 440; second < 520; second++) {
		made_table_tick(made, START_NS + second * NS_PER_S);
	}
	is_int((int64_t)made->count, 2, "silence: the flow ends");
	is_text(flow_end_name(made->records[1].end), "idle", "… idle");
	made_table_tick(made, START_NS - 7200 * NS_PER_S);
	packets[0].time_ns = START_NS + 521 * NS_PER_S;
	made_table_batch(made, packets, 1);
	made_table_finish(made);
	is_int((int64_t)made->count, 3, "silence: a clock that stepped once does no harm");
	is_int((int64_t)made->records[2].packets[0], 1, "… the next flow is whole");
	made_table_destroy(made);
}

/* More flows than one tick may look at: it says so, and is called again. */
static void test_silence_of_many(void)
{
	enum { FLOWS = 50 * PACKET_BATCH_MAX };
	struct made_table *made = made_table_create(&(struct collector_options){ 0 });
	struct packet packets[PACKET_BATCH_MAX];

	for (unsigned i = 0; i < FLOWS; i++) {
		packets[i % PACKET_BATCH_MAX] = made_packet(
			false, IPPROTO_UDP, (struct made_end){ i, 5000 }, server, START_NS);
		if (i % PACKET_BATCH_MAX == PACKET_BATCH_MAX - 1) {
			made_table_batch(made, packets, PACKET_BATCH_MAX);
		}
	}
	for (unsigned tenth = 1300; tenth < 1400; tenth++) {
		made_table_tick(made, START_NS + tenth * NS_PER_S / 10);
	}
	is_int((int64_t)made->count, FLOWS, "silence: all of many flows end within ten seconds");
	made_table_destroy(made);
}

static void test_active(void)
{
	struct made_table *made = made_table_create(
		&(struct collector_options){ .active_ns = 10 * NS_PER_S, .whole_flows = true });

	for (unsigned second = 0; second < 35; second++) {
		struct packet packet = made_tcp(second % 2 ? client : server,
			second % 2 ? server : client, START_NS + second * NS_PER_S,
			second ? TCP_ACK : TCP_ACK | TCP_SYN, second, 0);
		made_table_batch(made, &packet, 1);
	}
	made_table_finish(made);
	is_int((int64_t)made->count, 4, "active: four flows");
	is_int(made->records[0].packets[0] + made->records[0].packets[1], 11,
		"active: the tenth second is the first one's");
	for (size_t i = 0; i < made->count; i++) {
		is_text(flow_end_name(made->records[i].end), i < 3 ? "active" : "eof", "flow %zu",
			i);
		ok(made->records[i].source_port == client.port && made->records[i].start_seen,
			"and the initiator is known throughout");
	}
	made_table_destroy(made);
}

/* The model: a list of flows, looked through for each packet, nothing ever swept. Only the clock is
 * shared. */
struct model_flow {
	struct flow_key6 key; /* whatever family, padded with zeros */
	bool is_live, is_v6, closed;
	uint8_t flags[2];
	bool syn_first, syn_seen, has_waiting; /* first: it opened the flow */
	uint32_t isn;
	uint64_t running_ns, flow_start_ns, start_ns, end_ns;
	uint64_t packets[2], bytes[2], total_packets[2], total_bytes[2];
	uint32_t part;
};

/* What model and table must agree on, comparable with memcmp(). */
struct outcome {
	struct flow_key6 key;
	uint64_t flow_start_ns, start_ns, end_ns, packets, bytes, total_packets, total_bytes;
	uint32_t part, end;
};

struct model {
	struct flow_clock clock;
	struct flow_timeouts timeouts;
	struct model_flow flows[2048];
	unsigned flow_count;
	struct outcome *outcomes;
	size_t count, capacity;
};

static void add_outcome(struct model *model, struct outcome outcome)
{
	if (model->count == model->capacity) {
		model->capacity = 2 * model->capacity + 1024;
		model->outcomes =
			realloc(model->outcomes, model->capacity * sizeof(*model->outcomes));
	}
	model->outcomes[model->count++] = outcome;
}

static void model_report(struct model *model, struct model_flow *flow, enum flow_end end)
{
	bool is_empty = flow->packets[0] + flow->packets[1] == 0;
	struct outcome outcome;

	memset(&outcome, 0, sizeof(outcome));
	outcome.key = flow->key;
	outcome.flow_start_ns = flow->flow_start_ns;
	outcome.start_ns = is_empty ? flow->end_ns : flow->start_ns;
	outcome.end_ns = flow->end_ns;
	outcome.packets = flow->packets[0] + flow->packets[1];
	outcome.bytes = flow->bytes[0] + flow->bytes[1];
	outcome.total_packets = flow->total_packets[0] + flow->total_packets[1];
	outcome.total_bytes = flow->total_bytes[0] + flow->total_bytes[1];
	outcome.part = flow->part;
	outcome.end = end;
	add_outcome(model, outcome);
	memset(flow->packets, 0, sizeof(flow->packets));
	memset(flow->bytes, 0, sizeof(flow->bytes));
	flow->part++;
	flow->is_live = end == FLOW_END_SLOT;
}

static uint64_t model_timeout(const struct model *model, const struct model_flow *flow)
{
	if (flow->key.protocol != IPPROTO_TCP) {
		return model->timeouts.idle_other_ns;
	}
	return flow->closed ? model->timeouts.closed_ns : model->timeouts.idle_tcp_ns;
}

static void model_settle(struct model *model, struct model_flow *flow, uint64_t now_ns)
{
	if (now_ns < flow->running_ns) {
		if (flow->running_ns - now_ns > model->clock.forward_ns) {
			model_report(model, flow, FLOW_END_IDLE);
		}
		return;
	}
	uint64_t over_ns = flow->running_ns + model_timeout(model, flow);
	uint64_t part_ns = flow->running_ns + (flow->end_ns / SLOT_NS + 1) * SLOT_NS -
			   flow->end_ns + model->timeouts.part_ns;
	bool may_go_on = flow->key.protocol != IPPROTO_TCP ||
			 (flow->flags[0] && flow->flags[1] && !flow->closed);
	bool is_empty = flow->packets[0] + flow->packets[1] == 0;

	if (!model->timeouts.whole_flows && may_go_on && !is_empty && now_ns > part_ns &&
		part_ns <= over_ns) {
		model_report(model, flow, FLOW_END_SLOT);
	}
	if (now_ns > over_ns) {
		model_report(model, flow, flow->closed ? FLOW_END_CLOSED : FLOW_END_IDLE);
	}
}

static bool model_begins_anew(const struct model_flow *flow, const struct packet *packet)
{
	bool is_tcp = flow->key.protocol == IPPROTO_TCP, end = packet->flags & PACKET_FROM_HIGH;
	bool is_syn = (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;

	/* The traffic has SYNs only from the end that opened, and nothing that proves a later
	 * one or answers the first. */
	if (!is_tcp || !is_syn || (flow->syn_seen && packet->tcp_seq == flow->isn)) {
		return false;
	}
	bool is_unanswered = flow->syn_first && flow->flags[end] == TCP_SYN &&
			     packet->time_ns >= flow->end_ns + NS_PER_S / 10;
	bool is_left = flow->flags[end] & TCP_FIN && !flow->flags[!end];
	return flow->closed || is_unanswered || is_left;
}

/* A SYN that joins, but says nothing of the flow: of another number, far from a goodbye whose
 * number is known, or later than anything that could have overtaken it. */
static bool model_waits(
	const struct model *model, const struct model_flow *flow, const struct packet *packet)
{
	bool end = packet->flags & PACKET_FROM_HIGH;

	if (packet->tcp_flags != TCP_SYN || flow->total_packets[0] + flow->total_packets[1] == 0) {
		return false;
	}
	if (flow->syn_seen) {
		return packet->tcp_seq != flow->isn;
	}
	return flow->has_waiting || flow->flags[end] & TCP_FIN ||
	       (packet->time_ns > flow->end_ns &&
		       packet->time_ns - flow->end_ns > model->timeouts.closed_ns);
}

static struct model_flow *model_find(struct model *model, const struct flow_key6 *key,
	const struct packet *packet, uint64_t now_ns)
{
	for (unsigned i = 0; i < model->flow_count; i++) {
		struct model_flow *flow = &model->flows[i];
		if (!flow->is_live || memcmp(&flow->key, key, sizeof(*key)) != 0) {
			continue;
		}
		model_settle(model, flow, now_ns);
		if (!flow->is_live) {
			return NULL;
		}
		bool is_later = packet->time_ns >= flow->end_ns;
		uint64_t apart_ns =
			is_later ? packet->time_ns - flow->end_ns : flow->end_ns - packet->time_ns;
		if (apart_ns > (is_later ? model_timeout(model, flow) : model->clock.forward_ns)) {
			model_report(model, flow, flow->closed ? FLOW_END_CLOSED : FLOW_END_IDLE);
			return NULL;
		}
		if (model_begins_anew(flow, packet)) {
			model_report(model, flow, FLOW_END_CLOSED);
			return NULL;
		}
		return flow;
	}
	return NULL;
}

static struct model_flow *model_open(
	struct model *model, const struct flow_key6 *key, const struct packet *packet)
{
	unsigned i = 0;

	while (i < model->flow_count && model->flows[i].is_live) {
		i++;
	}
	model->flow_count += i == model->flow_count;
	model->flows[i] = (struct model_flow){ .key = *key,
		.is_live = true,
		.flow_start_ns = packet->time_ns,
		.start_ns = packet->time_ns,
		.end_ns = packet->time_ns };
	return &model->flows[i];
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void model_packet(struct model *model, const struct packet *packet)
{
	uint64_t now_ns = flow_clock_see(&model->clock, packet->time_ns);
	bool end = packet->flags & PACKET_FROM_HIGH;
	struct flow_key6 key = { .protocol = 0 };

	memcpy(&key, &packet->key, packet->flags & PACKET_V6 ? 40 : 16);
	if (!(packet->flags & PACKET_V6)) {
		key.protocol = packet->key.v4.protocol;
		key.zero = 4;
	}
	struct model_flow *flow = model_find(model, &key, packet, now_ns);
	if (!flow) {
		flow = model_open(model, &key, packet);
	} else if (!model->timeouts.whole_flows && flow->packets[0] + flow->packets[1] > 0 &&
		   packet->time_ns / SLOT_NS > flow->end_ns / SLOT_NS) {
		model_report(model, flow, FLOW_END_SLOT);
	}
	bool waits = model_waits(model, flow, packet);
	if (flow->packets[0] + flow->packets[1] == 0) {
		flow->start_ns = flow->end_ns = later(packet->time_ns, flow->flow_start_ns);
	} else if (packet->time_ns < flow->start_ns) {
		flow->flow_start_ns = flow->part ? flow->flow_start_ns : packet->time_ns;
		flow->start_ns = later(packet->time_ns, flow->flow_start_ns);
	}
	flow->end_ns = later(flow->end_ns, packet->time_ns);
	flow->running_ns = now_ns;
	flow->packets[end]++;
	flow->total_packets[end]++;
	flow->bytes[end] += packet->ip_bytes;
	flow->total_bytes[end] += packet->ip_bytes;
	flow->has_waiting |= waits;
	flow->flags[end] |= waits ? 0 : packet->tcp_flags;
	flow->closed = flow->flags[0] & flow->flags[1] & TCP_FIN;
	if (packet->tcp_flags == TCP_SYN && !waits) {
		flow->syn_seen = true;
		flow->syn_first |= flow->total_packets[0] + flow->total_packets[1] == 1;
		flow->isn = packet->tcp_seq;
	}
}

static void model_finish(struct model *model)
{
	for (unsigned i = 0; i < model->flow_count; i++) {
		struct model_flow *flow = &model->flows[i];
		if (flow->is_live && flow->running_ns <= model->clock.running_ns) {
			model_settle(model, flow, model->clock.running_ns);
		}
		if (flow->is_live) {
			model_report(model, flow, flow->closed ? FLOW_END_CLOSED : FLOW_END_EOF);
		}
	}
}

/* Random traffic between a few hosts. All that is no SYN has this sequence number. */
#define NUMBER UINT32_C(0x20000000)

struct traffic {
	struct made_random random;
	uint64_t now_ns;
	uint32_t pairs, mean_ms;
	bool strange_times;
	uint32_t isn[1024];
};

static uint64_t random_time(struct traffic *traffic)
{
	struct made_random *random = &traffic->random;

	traffic->now_ns += made_below(random, 2 * traffic->mean_ms + 1) * NS_PER_MS;
	if (made_below(random, 50) == 0) {
		return traffic->now_ns - made_below(random, 3000) * NS_PER_MS; /* late */
	}
	if (made_below(random, 5000) == 0) {
		traffic->now_ns += made_below(random, 1800) * NS_PER_S; /* a pause */
	}
	if (traffic->strange_times && made_below(random, 3000) == 0) {
		switch (made_below(random, 4)) {
		case 0: /* one wrong stamp */
			return made_random(random) >> made_below(random, 20);
		case 1: /* the clock is set back by up to a day */
			traffic->now_ns -= made_below(random, 86400) * NS_PER_S;
			break;
		case 2: /* and ahead by years */
			traffic->now_ns += made_below(random, 100000000) * NS_PER_S;
			break;
		default: /* the next file begins in the old time */
			traffic->now_ns = START_NS;
			break;
		}
	}
	return traffic->now_ns;
}

static struct packet random_packet(struct traffic *traffic)
{
	struct made_random *random = &traffic->random;
	uint32_t pair = made_below(random, traffic->pairs) * made_below(random, 1000) / 1000;
	struct made_end ends[2] = { { pair, (uint16_t)(40000 + pair) }, { 5000 + pair % 7, 443 } };
	uint64_t time_ns = random_time(traffic);
	bool is_v6 = pair % 4 == 3, is_tcp = pair % 3 != 0;
	unsigned from = made_below(random, 2);
	struct packet packet;

	if (is_tcp) {
		static const uint8_t flags[16] = { TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK,
			TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK,
			TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK, TCP_SYN };
		uint8_t flag = flags[made_below(random, 16)];
		packet = made_packet(is_v6, IPPROTO_TCP, ends[from], ends[!from], time_ns);
		if (flag == TCP_SYN) {
			/* Far from everything else, so that it is never taken for one
			 * that was overtaken, and nothing goes on from it. */
			traffic->isn[pair] += made_below(random, 2);
			packet = made_packet(is_v6, IPPROTO_TCP, ends[0], ends[1], time_ns);
			packet.tcp_seq = NUMBER - (1 << 22) * (1 + traffic->isn[pair] % 100);
		} else {
			packet.tcp_seq = packet.tcp_ack = NUMBER;
		}
		packet.tcp_scale = TCP_SCALE_NONE;
		packet.tcp_window = UINT16_MAX;
		packet.tcp_flags = flag;
	} else {
		packet = made_packet(is_v6, IPPROTO_UDP, ends[from], ends[!from], time_ns);
	}
	packet.ip_bytes = 20 + made_below(random, 1480);
	return packet;
}

static int compare_outcomes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outcome));
}

static struct outcome outcome_of(const struct flow_record *record)
{
	struct outcome outcome;
	unsigned length = addr_is_v4(&record->source) ? 4 : 16;
	const uint8_t *source = record->source.bytes + 16 - length;
	const uint8_t *destination = record->destination.bytes + 16 - length;
	uint16_t ports_be[2] = { htons(record->source_port), htons(record->destination_port) };
	int order = memcmp(source, destination, length);
	bool swapped = order > 0 || (order == 0 && memcmp(&ports_be[0], &ports_be[1], 2) > 0);
	uint8_t *key = (uint8_t *)&outcome.key;

	memset(&outcome, 0, sizeof(outcome));
	memcpy(key, swapped ? destination : source, length);
	memcpy(key + length, swapped ? source : destination, length);
	memcpy(key + 2 * length, &ports_be[swapped], 2);
	memcpy(key + 2 * length + 2, &ports_be[!swapped], 2);
	key[2 * length + 6] = record->protocol;
	outcome.key.protocol = record->protocol;
	outcome.key.zero = length == 4 ? 4 : 0;
	outcome.flow_start_ns = record->flow_start_ns;
	outcome.start_ns = record->start_ns;
	outcome.end_ns = record->end_ns;
	outcome.packets = record->packets[0] + record->packets[1];
	outcome.bytes = record->bytes[0] + record->bytes[1];
	outcome.total_packets = record->total_packets[0] + record->total_packets[1];
	outcome.total_bytes = record->total_bytes[0] + record->total_bytes[1];
	outcome.part = record->part;
	outcome.end = record->end;
	return outcome;
}

/* Counted flow by flow: packets that are in no record yet. */
static uint64_t packets_in_flows(struct flow_table *table)
{
	uint64_t packets = 0;

	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		const struct flow_slab *slab = &table->families[is_v6].slab;
		for (uint32_t number = 0; number < slab->used; number++) {
			const struct flow_state *state = flow_slab_state(slab, number);
			if (state->flags & FLOW_LIVE) {
				packets += (uint64_t)state->packets[0] + state->packets[1];
			}
		}
	}
	return packets;
}

static struct made_table *run_table(const struct collector_options *options,
	const struct packet *packets, unsigned count, uint64_t batch_seed)
{
	struct made_table *made = made_table_create(options);
	struct made_random random = { batch_seed };

	for (unsigned at = 0; at < count;) {
		unsigned size =
			batch_seed ? 1 + made_below(&random, PACKET_BATCH_MAX) : PACKET_BATCH_MAX;
		size = size < count - at ? size : count - at;
		made_table_batch(made, packets + at, size);
		at += size;
	}
	is_int((int64_t)(made->table->packets_taken + packets_in_flows(made->table)), count,
		"%u packets: all in records or live flows", count);
	made_table_finish(made);
	is_int((int64_t)made->table->packets_taken, count, "at the end all in records");
	return made;
}

static struct packet *make_traffic(struct traffic *traffic, unsigned count)
{
	struct packet *packets = malloc(count * sizeof(*packets));

	for (unsigned i = 0; i < count; i++) {
		packets[i] = random_packet(traffic);
	}
	return packets;
}

static void print_difference(const struct outcome *got, const struct outcome *wanted)
{
	const struct outcome *both[2] = { got, wanted };

	for (unsigned i = 0; i < 2; i++) {
		printf("# %s port %u-%u: start %" PRIu64 " part %u from %" PRIu64 " to %" PRIu64
		       ", %" PRIu64 " of %" PRIu64 " packets, %s\n",
			i ? "wanted" : "got", ntohs(both[i]->key.port_be[0]),
			ntohs(both[i]->key.port_be[1]), both[i]->flow_start_ns, both[i]->part,
			both[i]->start_ns, both[i]->end_ns, both[i]->packets,
			both[i]->total_packets, flow_end_name(both[i]->end));
	}
}

static void compare_with_model(struct made_table *made, struct model *model, const char *name)
{
	struct outcome *got = malloc((made->count + 1) * sizeof(*got));
	size_t differs = 0;

	for (size_t i = 0; i < made->count; i++) {
		got[i] = outcome_of(&made->records[i]);
	}
	qsort(got, made->count, sizeof(*got), compare_outcomes);
	qsort(model->outcomes, model->count, sizeof(*got), compare_outcomes);
	is_int((int64_t)made->count, (int64_t)model->count, "%s: as many records as the model",
		name);
	for (size_t i = 0; i < made->count && i < model->count; i++) {
		if (memcmp(&got[i], &model->outcomes[i], sizeof(*got)) != 0 && differs++ < 3) {
			print_difference(&got[i], &model->outcomes[i]);
		}
	}
	is_int((int64_t)differs, 0, "%s: and equal ones", name);
	free(got);
}

/* Each flow's parts must be numbered through, add up, and end once. */
static void check_parts(const struct made_table *made, const char *name)
{
	size_t lasts = 0, begun = 0, backwards = 0;

	for (size_t i = 0; i < made->count; i++) {
		const struct flow_record *record = &made->records[i];
		lasts += record->is_last;
		begun += record->part == 0;
		backwards += record->start_ns > record->end_ns ||
			     record->flow_start_ns > record->start_ns;
	}
	is_int((int64_t)lasts, (int64_t)begun, "%s: every flow has one first and one last part",
		name);
	is_int((int64_t)made->table->flows_opened, (int64_t)begun, "%s: as many as were opened",
		name);
	is_int((int64_t)backwards, 0, "%s: no part ends before it starts", name);
}

static void test_against_model(const char *name, const struct collector_options *options,
	struct traffic traffic, unsigned count)
{
	struct packet *packets = make_traffic(&traffic, count);
	struct model *model = calloc(1, sizeof(*model));

	flow_timeouts_init(&model->timeouts, options);
	flow_clock_init(
		&model->clock, later(model->timeouts.idle_tcp_ns, model->timeouts.idle_other_ns));
	for (unsigned i = 0; i < count; i++) {
		model_packet(model, &packets[i]);
	}
	model_finish(model);
	struct made_table *whole = run_table(options, packets, count, 0);
	struct made_table *cut = run_table(options, packets, count, 12345);
	compare_with_model(whole, model, name);
	check_parts(whole, name);
	ok(whole->count == cut->count && memcmp(whole->records, cut->records,
						 whole->count * sizeof(*whole->records)) == 0,
		"%s: the same records in the same order however batches are cut", name);
	made_table_destroy(whole);
	made_table_destroy(cut);
	free(model->outcomes);
	free(model);
	free(packets);
}

static void test_random(void)
{
	static const struct collector_options usual = { 0 };
	static const struct collector_options whole = { .whole_flows = true };
	static const struct collector_options hasty = {
		.idle_tcp_ns = 3 * NS_PER_S, .idle_other_ns = NS_PER_S, .closed_ns = 100 * NS_PER_MS
	};
	static const struct collector_options patient = { .idle_tcp_ns = 2000 * NS_PER_S,
		.idle_other_ns = 900 * NS_PER_S };

	test_against_model("usual timeouts", &usual,
		(struct traffic){ { 1 }, START_NS, 300, 200, false, { 0 } }, 200000);
	test_against_model("whole flows", &whole,
		(struct traffic){ { 2 }, START_NS, 300, 200, false, { 0 } }, 100000);
	test_against_model("short timeouts", &hasty,
		(struct traffic){ { 3 }, START_NS, 200, 20, false, { 0 } }, 200000);
	test_against_model("long timeouts", &patient,
		(struct traffic){ { 4 }, START_NS, 1000, 1000, false, { 0 } }, 100000);
	test_against_model("strange times", &usual,
		(struct traffic){ { 5 }, START_NS, 300, 300, true, { 0 } }, 200000);
	test_against_model("strange times, short timeouts", &hasty,
		(struct traffic){ { 6 }, START_NS, 100, 50, true, { 0 } }, 200000);
	test_against_model("sparse and strange", &usual,
		(struct traffic){ { 7 }, START_NS, 50, 20000, true, { 0 } }, 50000);
}

/* Flows of which something is due although the sweep would pass them by. */
static unsigned count_overlooked(struct made_table *made)
{
	const struct flow_slab *slab = &made->table->families[0].slab;
	uint64_t now_ns = made->table->clock.running_ns;
	unsigned overlooked = 0;

	for (uint32_t flow = 0; flow < slab->used; flow++) {
		const struct flow_state *state = flow_slab_state(slab, flow);
		if (!(state->flags & FLOW_LIVE) || state->running_ns >= now_ns ||
			slab->due[flow] <= flow_slab_coarse(now_ns)) {
			continue;
		}
		flow_settle(made->table, flow, now_ns);
		overlooked += made->table->due_count > 0;
		made_table_take(made);
	}
	return overlooked;
}

static void test_overlooked(
	const char *name, const struct collector_options *options, struct traffic traffic)
{
	enum { PACKETS = 60000, CUT = 20 };
	struct packet *packets = make_traffic(&traffic, PACKETS);
	struct made_table *made = made_table_create(options);
	unsigned overlooked = 0;

	for (unsigned i = 0; i < PACKETS; i += CUT) {
		made_table_batch(made, packets + i, CUT);
		overlooked += count_overlooked(made);
	}
	is_int(overlooked, 0, "%s: the sweep overlooks nothing", name);
	made_table_destroy(made);
	free(packets);
}

static void test_nothing_overlooked(void)
{
	static const struct collector_options usual = { 0 };
	static const struct collector_options whole = { .whole_flows = true };
	static const struct collector_options hasty = {
		.idle_tcp_ns = 3 * NS_PER_S, .idle_other_ns = NS_PER_S, .closed_ns = 100 * NS_PER_MS
	};

	test_overlooked("usual timeouts", &usual,
		(struct traffic){ { 11 }, START_NS, 300, 200, false, { 0 } });
	test_overlooked("strange times", &usual,
		(struct traffic){ { 12 }, START_NS, 300, 300, true, { 0 } });
	test_overlooked("whole flows", &whole,
		(struct traffic){ { 13 }, START_NS, 300, 3000, true, { 0 } });
	test_overlooked("short timeouts", &hasty,
		(struct traffic){ { 14 }, START_NS, 100, 20, true, { 0 } });
}

/* At the limit: nothing is lost, and who is evicted depends on the packets alone, not on secrets or
 * batches. */
static void test_limit(uint32_t limit)
{
	enum { PACKETS = 100000 };
	const struct collector_options options = { .flow_limit = limit };
	struct traffic traffic = { { 8 }, START_NS, 1000, 10, false, { 0 } };
	struct packet *packets = make_traffic(&traffic, PACKETS);
	struct made_table *whole = run_table(&options, packets, PACKETS, 0);
	struct made_table *cut = run_table(&options, packets, PACKETS, 99);

	is_int((int64_t)whole->table->flows_most, limit, "the limit of %u is kept", limit);
	ok(whole->table->flows_ended[FLOW_END_EVICTED] > 1000, "evictions are counted: %" PRIu64,
		whole->table->flows_ended[FLOW_END_EVICTED]);
	ok(whole->table->families[0].slab.used <= limit + FLOW_REUSE_PACKETS,
		"and memory stays within it");
	check_parts(whole, "limit");
	ok(whole->count == cut->count && memcmp(whole->records, cut->records,
						 whole->count * sizeof(*whole->records)) == 0,
		"the same are evicted in the same order however batches are cut");
	made_table_destroy(whole);
	made_table_destroy(cut);
	free(packets);
}

/* The sweep alone must end flows soon after they are due, without a packet of their own. */
static void test_sweep(void)
{
	enum { FLOWS = 20000, SECONDS_ON = 130 };
	struct made_table *made = made_table_create(&(struct collector_options){ 0 });
	static struct packet packets[PACKET_BATCH_MAX];

	for (uint32_t i = 0; i < FLOWS; i++) {
		packets[0] = made_packet(
			false, IPPROTO_UDP, (struct made_end){ i, 1 }, server, START_NS);
		made_table_batch(made, packets, 1);
	}
	for (unsigned i = 0; i < SECONDS_ON * 1000; i += PACKET_BATCH_MAX) {
		for (unsigned j = 0; j < PACKET_BATCH_MAX; j++) {
			packets[j] = made_packet(
				false, IPPROTO_UDP, server, client, START_NS + (i + j) * NS_PER_MS);
		}
		made_table_batch(made, packets, PACKET_BATCH_MAX);
	}
	is_int((int64_t)made->count, FLOWS,
		"all idle flows are reported ten seconds after they are due");
	is_int(flow_table_live(made->table), 1, "one lives");
	made_table_destroy(made);
}

int main(void)
{
	test_rules();
	test_silence();
	test_silence_of_many();
	test_active();
	test_sweep();
	test_limit(1);
	test_limit(100);
	test_random();
	test_nothing_overlooked();
	return done_testing();
}
