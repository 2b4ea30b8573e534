#include "analyzer/vantage/vantage_translated.h"

#include <string.h>

#include "analyzer/policy/block.h"
#include "base/clock.h"

enum {
	PACKETS_LEAST = 8,
	BYTES_LEAST = 1500,
	PAIRS_LEAST = 20,
	PAIRS_PERCENT = 50,
	RETAGGED_PERCENT = 2
};

/* A NAT or firewall delays less; the last packets may be lost on one side. */
#define APART_NS (20 * NS_PER_MS)

void translated_init(struct translated *translated)
{
	*translated = (struct translated){ .key = hash_key_random() };
}

static bool tells(const struct flow_record *flow)
{
	return flow->protocol == IP_PROTOCOL_TCP && flow->start_seen &&
	       flow->total_packets[0] > 0 && flow->total_packets[1] > 0 &&
	       flow->total_packets[0] + flow->total_packets[1] >= PACKETS_LEAST &&
	       flow->total_bytes[0] + flow->total_bytes[1] >= BYTES_LEAST;
}

/* The end that stays, and how much went each way. */
static uint64_t print_of(
	const struct translated *translated, const struct flow_record *flow, bool keeps_source)
{
	struct {
		struct addr addr;
		uint64_t port, packets[2], bytes[2];
	} what;

	memset(&what, 0, sizeof(what));
	what.addr = keeps_source ? flow->source : flow->destination;
	what.port = (uint64_t)keeps_source << 16 |
		    (keeps_source ? flow->source_port : flow->destination_port);
	memcpy(what.packets, flow->total_packets, sizeof(what.packets));
	memcpy(what.bytes, flow->total_bytes, sizeof(what.bytes));
	return hash_bytes(&translated->key, &what, sizeof(what));
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool are_twins(const struct translated_flow *one, const struct translated_flow *other)
{
	return one->print == other->print && apart(one->start_ns, other->start_ns) <= APART_NS &&
	       apart(one->end_ns, other->end_ns) <= APART_NS;
}

static struct translated_address *find(struct translated *translated, const struct addr *addr)
{
	for (unsigned i = 0; i < TRANSLATED_ADDRESSES; i++) {
		struct translated_address *address = &translated->addresses[i];
		if (address->flows > 0 && memcmp(&address->addr, addr, sizeof(*addr)) == 0) {
			return address;
		}
	}
	return NULL;
}

/* The rarest gives way, as in "space saving"; but nothing of it is passed on. */
static void count_pair(struct translated *translated, const struct translated_flow *flow,
	const struct translated_flow *twin)
{
	struct translated_address *address = find(translated, &flow->addr);

	if (!address) {
		address = &translated->addresses[0];
		for (unsigned i = 1; i < TRANSLATED_ADDRESSES; i++) {
			struct translated_address *other = &translated->addresses[i];
			address = other->pairs < address->pairs ? other : address;
		}
		*address = (struct translated_address){
			.addr = flow->addr, .flows = 1, .is_ours = flow->is_ours
		};
	}
	address->pairs++;
	address->vlan_ids[0] = flow->vlan_id;
	address->vlan_ids[1] = twin->vlan_id;
}

static void count_twin(struct translated *translated, const struct translated_flow *taken,
	struct translated_flow *kept, bool keeps_source)
{
	if (memcmp(&kept->addr, &taken->addr, sizeof(kept->addr)) != 0) {
		count_pair(translated, taken, kept);
		count_pair(translated, kept, taken);
		kept->twin = taken->addr;
	} else if (!keeps_source && taken->port == kept->port && taken->vlan_id != kept->vlan_id) {
		translated->retagged++;
		translated->retagged_vlans[0] = kept->vlan_id;
		translated->retagged_vlans[1] = taken->vlan_id;
	}
}

/* Three alike are a crowd, as of a class that opens the same page. */
static void forget_pair(struct translated *translated, const struct addr *addr)
{
	struct translated_address *address = find(translated, addr);

	if (address && address->pairs > 0) {
		address->pairs--;
	}
}

static void take_end(struct translated *translated, const struct record *record, bool keeps_source)
{
	const struct flow_record *flow = &record->flow;
	struct translated_flow taken = { .print = print_of(translated, flow, keeps_source),
		.start_ns = flow->flow_start_ns,
		.end_ns = flow->end_ns,
		.addr = keeps_source ? flow->destination : flow->source,
		.port = keeps_source ? flow->destination_port : flow->source_port,
		.vlan_id = flow->context.vlan_id,
		.is_ours =
			record->direction != RECORD_DIRECTION_EXTERNAL &&
			record->own_side == (keeps_source ? RECORD_DESTINATION : RECORD_SOURCE) };
	struct translated_flow *kept =
		&translated->flows[keeps_source][taken.print % TRANSLATED_FLOWS];
	struct translated_address *address = find(translated, &taken.addr);

	if (address) {
		address->flows++;
	}
	if (!are_twins(&taken, kept)) {
		*kept = taken;
	} else if (kept->again++ == 0) {
		count_twin(translated, &taken, kept, keeps_source);
	} else if (kept->again == 2) {
		forget_pair(translated, &kept->addr);
		forget_pair(translated, &kept->twin);
	}
}

void translated_take(struct translated *translated, const struct record *record)
{
	if (tells(&record->flow)) {
		translated->told++;
		take_end(translated, record, false);
		take_end(translated, record, true);
	}
}

static bool is_better(const struct translated_address *one, const struct translated_address *other)
{
	return !other || one->pairs > other->pairs ||
	       (one->pairs == other->pairs && !one->is_ours && other->is_ours);
}

const struct translated_address *translated_most(const struct translated *translated)
{
	const struct translated_address *most = NULL;

	for (unsigned i = 0; i < TRANSLATED_ADDRESSES; i++) {
		const struct translated_address *address = &translated->addresses[i];
		if (address->pairs >= PAIRS_LEAST &&
			address->pairs * 100 >= address->flows * PAIRS_PERCENT &&
			is_better(address, most)) {
			most = address;
		}
	}
	return most;
}

bool translated_is_retagged(const struct translated *translated)
{
	return translated->retagged >= PAIRS_LEAST &&
	       translated->retagged * 100 >= translated->told * RETAGGED_PERCENT;
}
