/* The flow table alone: nanoseconds to open, to update and to replace a flow, bytes a flow, at many
 * live flows.
 *
 * usage: bench_flow_table [FLOWS [PACKETS]]
 *
 * Packets are made outside the timed part, so that they are in the cache as the decoder would leave
 * them. */
#include "collector/flow_table.h"

#include <math.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "tests/bench/bench.h"
#include "tests/unit/packets.h"

#define START_NS (1750000200 * NS_PER_S)

enum { BATCHES_A_ROUND = 400 };

enum keys { KEYS_RANDOM, KEYS_ADVERSARIAL };

struct bench {
	struct made_table *made;
	struct made_random random;
	uint32_t flows, first_flow;
	bool is_v6;
	enum keys keys;
	uint64_t now_ns;
};

/* Random keys; or such that sums and exclusive-ors of addresses and ports are all the same, which
 * is what an attacker sends to a table whose hash is not keyed. */
static struct packet flow_packet(const struct bench *bench, uint32_t flow)
{
	flow += bench->first_flow;
	uint32_t mixed = flow * 2654435761u;
	struct made_end from = { flow, (uint16_t)mixed }, to = { mixed ^ 0x5bd1e995, 443 };

	if (bench->keys == KEYS_ADVERSARIAL) {
		from.port = 443;
		to.host = from.host ^ 0x00ffffff;
	}
	struct packet packet = made_packet(bench->is_v6, IPPROTO_UDP, from, to, bench->now_ns);
	return packet;
}

static double timed_batch(struct bench *bench)
{
	struct flow_record records[64];
	double began = bench_now_ns();

	flow_table_batch(bench->made->table, &bench->made->batch);
	while (flow_table_take(bench->made->table, records, 64) > 0) {
	}
	return bench_now_ns() - began;
}

static double open_all(struct bench *bench)
{
	double ns = 0;

	for (uint32_t flow = 0; flow < bench->flows; flow += PACKET_BATCH_MAX) {
		struct packet_batch *packets = &bench->made->batch.packets;
		packets->count = 0;
		while (packets->count < PACKET_BATCH_MAX && flow + packets->count < bench->flows) {
			packets->packets[packets->count] =
				flow_packet(bench, flow + packets->count);
			packets->count++;
		}
		ns += timed_batch(bench);
	}
	return ns / bench->flows;
}

/* Ranks of Zipf's law with exponent 1.1 (its continuous inverse), scattered over the slab. */
static uint32_t zipf_flow(struct bench *bench)
{
	const double s = 1.1;
	double u = (double)(made_random(&bench->random) >> 11) / (double)(UINT64_C(1) << 53);
	double span = pow(bench->flows, 1 - s) - 1;
	uint64_t rank = (uint64_t)(pow(u * span + 1, 1 / (1 - s)) - 1);

	return (uint32_t)((rank < bench->flows ? rank : 0) * 2654435761u % bench->flows);
}

static double update(struct bench *bench, bool is_zipf, uint32_t count)
{
	unsigned rounds = count / (BATCHES_A_ROUND * PACKET_BATCH_MAX) + 1;
	double *ns = calloc(rounds, sizeof(*ns));

	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned batch = 0; batch < BATCHES_A_ROUND; batch++) {
			struct packet_batch *packets = &bench->made->batch.packets;
			packets->count = PACKET_BATCH_MAX;
			for (unsigned i = 0; i < PACKET_BATCH_MAX; i++) {
				uint32_t flow = is_zipf ? zipf_flow(bench)
							: made_below(&bench->random, bench->flows);
				bench->now_ns += 500;
				packets->packets[i] = flow_packet(bench, flow);
			}
			ns[round] += timed_batch(bench);
		}
		ns[round] /= BATCHES_A_ROUND * PACKET_BATCH_MAX;
	}
	double median = bench_median(ns, rounds);
	free(ns);
	return median;
}

struct result {
	double open, zipf, uniform, churn;
};

static struct result run(
	const char *name, uint32_t flows, uint32_t packets, bool is_v6, enum keys keys)
{
	struct collector_options options = { .flow_limit = flows };
	size_t before = bench_resident_bytes();
	struct bench bench = { made_table_create(&options), { 7 }, flows, 0, is_v6, keys,
		START_NS };
	struct result result;

	result.open = open_all(&bench);
	size_t after = bench_resident_bytes();
	result.zipf = update(&bench, true, packets);
	result.uniform = update(&bench, false, packets);
	/* All flows are idle by now: each that opens meets one that ends and becomes a record. */
	bench.now_ns += 600 * NS_PER_S;
	bench.first_flow += flows;
	result.churn = open_all(&bench);
	printf("%-12s %9u %8.1f %8.1f %8.1f %8.1f %8.0f %8.0f\n", name, flows, result.open,
		result.zipf, result.uniform, result.churn,
		(double)flow_table_bytes(bench.made->table) / flows,
		(double)(after - before) / flows);
	fflush(stdout);
	made_table_destroy(bench.made);
	return result;
}

int main(int argc, char **argv)
{
	uint32_t flows = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000;
	uint32_t packets = argc > 2 ? (uint32_t)atoi(argv[2]) : 4000000;

	printf("%-12s %9s %8s %8s %8s %8s %8s %8s\n", "keys", "flows", "open ns", "zipf ns",
		"unif ns", "churn ns", "B/flow", "RSS/flow");
	struct result random = run("random v4", flows, packets, false, KEYS_RANDOM);
	struct result hostile = run("hostile v4", flows, packets, false, KEYS_ADVERSARIAL);
	run("random v6", flows, packets, true, KEYS_RANDOM);
	printf("hostile / random: open %.2f, uniform %.2f\n", hostile.open / random.open,
		hostile.uniform / random.uniform);
	return 0;
}
