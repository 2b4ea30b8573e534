/* Conversations of one flow, one after the other and at once: each packet is counted once, with the
 * conversation and in the slot that it belongs to, wherever batches end. */
#include "collector/flow_beside.h"
#include "collector/flow_split.h"

#include "base/clock.h"
#include "tests/tap.h"
#include "tests/unit/packets.h"

enum { FIRST = 1, SECOND, BESIDE, CONVERSATIONS };
enum { PACKETS = 200, SLOTS = 16 };

/* Near the end of a slot. */
#define START_NS (1750000000 * NS_PER_S / SLOT_NS * SLOT_NS + 250 * NS_PER_S)

static const struct made_end client = { 1, 50000 }, server = { 2, 443 };

struct scene {
	struct packet packets[PACKETS];
	uint8_t whose[PACKETS]; /* the conversation of each packet */
	unsigned split;         /* the first of the second one that shows that it began */
	unsigned early;         /* packets of the client's just before that belong to it */
};

/* What went through, by conversation, slot and direction. */
struct sums {
	uint64_t packets[CONVERSATIONS][SLOTS][2], bytes[CONVERSATIONS][SLOTS][2];
	unsigned ends[CONVERSATIONS]; /* last records */
	bool has_wrong_total;
};

static void make_scene(
	struct scene *scene, struct made_random *random, uint64_t step_ns, bool is_v6)
{
	uint64_t time_ns = START_NS;

	*scene = (struct scene){ .early = made_below(random, 3) };
	scene->split = 1 + scene->early + made_below(random, PACKETS - 50);
	for (unsigned i = 0; i < PACKETS; i++) {
		bool is_answer = made_below(random, 2);
		bool is_early = i < scene->split && i + scene->early >= scene->split;
		if (is_early || i == scene->split) {
			is_answer = !is_early;
		}
		scene->packets[i] = made_packet(is_v6, IPPROTO_UDP, is_answer ? server : client,
			is_answer ? client : server, time_ns);
		scene->packets[i].ip_bytes = (uint16_t)(100 + i);
		scene->whose[i] = i < scene->split - scene->early             ? FIRST
				  : i > scene->split && made_below(random, 3) ? BESIDE
									      : SECOND;
		time_ns += made_below(random, (uint32_t)(step_ns / 1000)) * UINT64_C(1000);
	}
}

static void sum_scene(const struct scene *scene, struct sums *sums)
{
	memset(sums, 0, sizeof(*sums));
	for (unsigned i = 0; i < PACKETS; i++) {
		const struct packet *packet = &scene->packets[i];
		uint64_t slot = (packet->time_ns - START_NS / SLOT_NS * SLOT_NS) / SLOT_NS;
		const uint16_t *ports_be =
			packet->flags & PACKET_V6 ? packet->key.v6.port_be : packet->key.v4.port_be;
		bool is_answer =
			ports_be[(packet->flags & PACKET_FROM_HIGH) != 0] == htons(server.port);
		sums->packets[scene->whose[i]][slot][is_answer]++;
		sums->bytes[scene->whose[i]][slot][is_answer] += packet->ip_bytes;
	}
}

static void sum_records(const struct made_table *made, struct sums *sums)
{
	uint64_t totals[CONVERSATIONS] = { 0 };

	memset(sums, 0, sizeof(*sums));
	for (size_t i = 0; i < made->count; i++) {
		const struct flow_record *record = &made->records[i];
		uint64_t slot = (record->start_ns - START_NS / SLOT_NS * SLOT_NS) / SLOT_NS;
		uint64_t total = record->total_packets[0] + record->total_packets[1];
		for (unsigned from = 0; from < 2; from++) {
			sums->packets[record->note][slot][from] += record->packets[from];
			sums->bytes[record->note][slot][from] += record->bytes[from];
			totals[record->note] += record->packets[from];
		}
		sums->ends[record->note] += record->is_last;
		sums->has_wrong_total |= record->is_last && total != totals[record->note];
	}
}

/* The packets behind the split that are of the one beside it leave the flow. */
static uint32_t part(struct made_table *made, const struct scene *scene, unsigned from, unsigned to,
	uint32_t flow, uint32_t beside)
{
	static uint64_t kept_ns;

	for (unsigned i = from; i < to; i++) {
		if (scene->whose[i] != BESIDE || i <= scene->split) {
			kept_ns = scene->packets[i].time_ns;
			continue;
		}
		if (beside == FLOW_NONE) {
			beside = flow_beside_open(made->table, flow, &scene->packets[i], BESIDE);
		}
		flow_beside_move(
			made->table, &made->batch.packets, i - from, flow, beside, kept_ns);
	}
	if (beside != FLOW_NONE) {
		flow_beside_settle(made->table, beside);
	}
	return beside;
}

/* In batches of so many packets, the first one shorter. */
static void run_scene(const struct scene *scene, struct made_table *made, unsigned first,
	unsigned size, bool has_beside)
{
	uint32_t flow = FLOW_NONE, beside = FLOW_NONE;
	unsigned to;

	for (unsigned from = 0; from < PACKETS; from = to) {
		to = from == 0 ? first : from + size;
		to = to < PACKETS ? to : PACKETS;
		made->batch.packets.count = to - from;
		memcpy(made->batch.packets.packets, scene->packets + from,
			(to - from) * sizeof(scene->packets[0]));
		flow_table_batch(made->table, &made->batch);
		if (from == 0) {
			flow = made->batch.opened[0];
			flow_table_state(made->table, flow)->note = FIRST;
		}
		if (scene->split >= from && scene->split < to) {
			struct split_notes notes = { .part = FIRST, .due = FIRST };
			notes.early.is_high = scene->packets[0].flags & PACKET_FROM_HIGH;
			for (unsigned i = scene->split - scene->early; i < scene->split; i++) {
				const struct packet *packet = &scene->packets[i];
				notes.early.is_high = packet->flags & PACKET_FROM_HIGH;
				notes.early.time_ns =
					notes.early.packets ? notes.early.time_ns : packet->time_ns;
				notes.early.numbers[notes.early.packets++] = i;
				notes.early.bytes += packet->ip_bytes;
			}
			flow_split(made->table, flow, &made->batch.packets, scene->split - from,
				&notes);
			flow_table_state(made->table, flow)->note = SECOND;
		}
		if (has_beside && to > scene->split) {
			beside = part(made, scene, from, to, flow, beside);
		}
		made_table_take(made);
	}
	made_table_finish(made);
}

static void test_scene(uint64_t seed, uint64_t step_ns, bool has_beside)
{
	struct collector_options options = { .idle_other_ns = 3600 * NS_PER_S };
	struct made_random random = { seed };
	static struct scene scene;
	struct sums wanted, found;
	bool is_right = true;

	make_scene(&scene, &random, step_ns, seed % 2);
	for (unsigned i = 0; i < PACKETS && !has_beside; i++) {
		scene.whose[i] = scene.whose[i] == BESIDE ? SECOND : scene.whose[i];
	}
	if (step_ns >= NS_PER_S) {
		/* What came early may have gone with the part before. */
		for (unsigned i = scene.split - scene.early; i < scene.split; i++) {
			scene.whose[i] = FIRST;
		}
		scene.early = 0;
	}
	sum_scene(&scene, &wanted);
	for (unsigned size = 1; size <= PACKETS && is_right; size += 1 + size / 3) {
		unsigned first = 1 + made_below(&random, size);
		struct made_table *made = made_table_create(&options);
		run_scene(&scene, made, first, size, has_beside);
		sum_records(made, &found);
		is_right = memcmp(wanted.packets, found.packets, sizeof(wanted.packets)) == 0 &&
			   memcmp(wanted.bytes, found.bytes, sizeof(wanted.bytes)) == 0 &&
			   found.ends[FIRST] == 1 && found.ends[SECOND] == 1 &&
			   found.ends[BESIDE] <= has_beside && !found.has_wrong_total;
		if (!is_right) {
			printf("# seed %llu, batches of %u, the first %u, split at %u, %u early\n",
				(unsigned long long)seed, size, first, scene.split, scene.early);
		}
		made_table_destroy(made);
	}
	ok(is_right, "%s, in batches of any size",
		has_beside ? "one beside the other" : "one by one");
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		test_scene(seed, NS_PER_S / 1000, false);
		test_scene(seed, 20 * NS_PER_S, false);
		test_scene(seed, NS_PER_S / 1000, true);
		test_scene(seed, 20 * NS_PER_S, true);
	}
	return done_testing();
}
