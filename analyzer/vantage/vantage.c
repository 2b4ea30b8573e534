#include "analyzer/vantage/vantage.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/archive/archive.h"
#include "analyzer/catalogue/catalogue.h"
#include "analyzer/policy/block.h"
#include "analyzer/policy/policy.h"
#include "analyzer/policy/policy_segments.h"
#include "base/local_time.h"

enum { PORT_DNS = 53, PORT_HTTPS = 443, HELLO_BYTES_LEAST = 300 };

struct vantage *vantage_create(void)
{
	struct vantage *vantage = calloc(1, sizeof(*vantage));

	if (!vantage) {
		return NULL;
	}
	pthread_mutex_init(&vantage->lock, NULL);
	translated_init(&vantage->translated);
	multicast_init(&vantage->multicast);
	bool has_clients = clients_init(&vantage->clients), has_many = clients_init(&vantage->many);
	if (!has_clients || !has_many) {
		vantage_destroy(vantage);
		return NULL;
	}
	return vantage;
}

void vantage_destroy(struct vantage *vantage)
{
	if (!vantage) {
		return;
	}
	clients_deinit(&vantage->clients);
	clients_deinit(&vantage->many);
	segment_days_deinit(&vantage->days);
	pthread_mutex_destroy(&vantage->lock);
	free(vantage->units);
	free(vantage);
}

static struct vantage_unit *unit_at(struct vantage *vantage, uint16_t unit)
{
	if (unit >= vantage->unit_count) {
		unsigned count = unit + 64U;
		struct vantage_unit *units =
			realloc(vantage->units, count * sizeof(*vantage->units));
		if (!units) {
			return NULL;
		}
		memset(units + vantage->unit_count, 0,
			(count - vantage->unit_count) * sizeof(*units));
		vantage->units = units;
		vantage->unit_count = count;
	}
	return &vantage->units[unit];
}

/* Was it answered, as far as either way shows? A try that nobody answered says nothing of ways. */
static bool tells_ways(const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	uint64_t packets = flow->total_packets[0] + flow->total_packets[1];

	/* An archive has the totals of a long flow's bytes alone. */
	packets = packets > 0 ? packets : flow->packets[0] + flow->packets[1];
	return flow->protocol == IP_PROTOCOL_TCP && flow->tcp_state != TCP_STATE_SYN &&
	       flow->tcp_state != TCP_STATE_REFUSED && flow->tcp_state != TCP_STATE_NONE &&
	       packets >= 4;
}

static void take_ways(struct vantage *vantage, const struct record *record)
{
	struct vantage_unit *unit = unit_at(vantage, record->decision.unit);

	if (!unit || record->direction == RECORD_DIRECTION_EXTERNAL) {
		return;
	}
	if (tells_ways(record)) {
		unit->flows++;
		unit->out_only += record->seen == RECORD_SEEN_OUT_ONLY;
		unit->in_only += record->seen == RECORD_SEEN_IN_ONLY;
	}
	if (record->direction == RECORD_DIRECTION_OUTBOUND) {
		const struct addr *own = record_own_addr(record);
		bool is_v4 = addr_is_v4(
			archive_addr_is_stand_in(own) ? record_remote_addr(record) : own);
		unit->v4 += is_v4;
		unit->v6 += !is_v4;
	}
}

static bool is_link_local(const struct addr *addr)
{
	const uint8_t *bytes = addr->bytes;

	return addr_is_v4(addr) ? bytes[12] == 169 && bytes[13] == 254
				: bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

static struct addr network_of(const struct addr *addr)
{
	struct addr network = *addr;
	unsigned kept = addr_is_v4(addr) ? 15 : 8;

	memset(network.bytes + kept, 0, sizeof(network.bytes) - kept);
	return network;
}

/* The most frequent networks, as "space saving" keeps them (Metwally and others, 2005). */
static void take_network(struct vantage_network *networks, const struct addr *addr)
{
	struct addr network = network_of(addr);
	unsigned least = 0;

	for (unsigned i = 0; i < VANTAGE_NETWORKS; i++) {
		if (networks[i].flows > 0 &&
			memcmp(&networks[i].network, &network, sizeof(network)) == 0) {
			networks[i].flows++;
			return;
		}
		least = networks[i].flows < networks[least].flows ? i : least;
	}
	networks[least].network = network;
	networks[least].flows++;
}

static bool is_lookup(const struct record *record)
{
	return record->l7.protocol == L7_DNS && record->flow.destination_port == PORT_DNS;
}

/* To where lookups go, and too short to be read as one. */
static bool is_cut_lookup(const struct record *record)
{
	return record->flow.destination_port == PORT_DNS &&
	       record->flow.protocol == IP_PROTOCOL_UDP && record->l7.protocol == L7_UNKNOWN;
}

static bool hides_lookups(const struct record *record)
{
	return record->l7.hidden == NAME_HIDDEN_ENCRYPTED_DNS ||
	       record->verdict.hides == APP_HIDES_LOOKUPS;
}

static void take_lookup(struct vantage *vantage, const struct record *record)
{
	struct client *client = clients_at(&vantage->clients, &record->device.identity);

	vantage->lookups++;
	vantage->lookups_out_only += record->seen == RECORD_SEEN_OUT_ONLY;
	if (client) {
		client->flags |= CLIENT_ASKED;
	}
}

static void take_hidden_lookups(struct vantage *vantage, const struct record *record)
{
	struct client *client = clients_at(&vantage->clients, &record->device.identity);

	if (client) {
		client->flags |= CLIENT_ENCRYPTED;
	}
}

/* By the first part of its flow: a resolver's own socket may never be idle, and a connection to one
 * that hides lookups last for hours. */
static void take_resolving(struct vantage *vantage, const struct record *record)
{
	if (is_lookup(record) && record->own_side == RECORD_SOURCE &&
		record->direction != RECORD_DIRECTION_EXTERNAL) {
		take_lookup(vantage, record);
	}
	vantage->lookups_cut +=
		is_cut_lookup(record) && record->direction != RECORD_DIRECTION_EXTERNAL;
	if (record->direction == RECORD_DIRECTION_OUTBOUND && hides_lookups(record)) {
		take_hidden_lookups(vantage, record);
	}
}

/* Whole, that is: of one that is cut the start can be read, the name perhaps, and no fingerprint.
 */
static bool has_hello(const struct l7_info *l7)
{
	return l7->ja4[0] != '\0';
}

static void take_web(struct vantage *vantage, const struct record *record)
{
	const struct flow_record *flow = &record->flow;
	bool is_tcp = flow->protocol == IP_PROTOCOL_TCP;
	struct client *client;

	if (flow->destination_port != PORT_HTTPS ||
		!(is_tcp || flow->protocol == IP_PROTOCOL_UDP) ||
		(is_tcp && tells_ways(record) == false)) {
		return;
	}
	client = clients_at(&vantage->clients, &record->device.identity);
	if (client) {
		client_add_web(client, flow->flow_start_ns);
	}
	if (flow->start_seen && flow->total_bytes[0] >= HELLO_BYTES_LEAST) {
		if (vantage->web++ < VANTAGE_WEB_LEAST &&
			flow->flow_start_ns > vantage->web_since_ns) {
			vantage->web_since_ns = flow->flow_start_ns;
		}
		vantage->hellos_missing += !has_hello(&record->l7);
	}
}

/* Of what was said in both directions, or in the one that is seen: what hid its name, and how. */
static void take_names(struct vantage *vantage, const struct record *record)
{
	enum unnamed_reason reason;

	if (record->l7.protocol == L7_DNS || record->l7.protocol == L7_ICMP ||
		(record->flow.protocol != IP_PROTOCOL_TCP &&
			record->flow.protocol != IP_PROTOCOL_UDP)) {
		return;
	}
	if (!record_is_unnamed(record)) {
		vantage->told++;
		return;
	}
	reason = record_unnamed_reason(record);
	if (reason != UNNAMED_NO_PAYLOAD) {
		vantage->told++;
		vantage->hidden[reason]++;
	}
}

static void take_outbound(struct vantage *vantage, const struct record *record)
{
	vantage->outbound++;
	take_web(vantage, record);
	take_names(vantage, record);
	if (record->device.kind == DEVICE_MANY) {
		vantage->of_many++;
		clients_at(&vantage->many, record_own_addr(record));
	}
	if (record->decision.unit == 0 && !is_link_local(record_own_addr(record))) {
		take_network(vantage->outside_units, record_own_addr(record));
	}
}

static bool is_named_both_ways(const struct record *record)
{
	return record->seen == RECORD_SEEN_BOTH && record->l7.name_count > 0 &&
	       !verdict_is_hearsay(&record->verdict) &&
	       record->l7.names[0].source <= NAME_HTTP_HOST &&
	       record->direction == RECORD_DIRECTION_OUTBOUND;
}

/* A day of something, to be counted in. */
typedef struct segment_day *days_at(struct segment_days *days, uint16_t symbol, int64_t day);

static void count_day(
	struct vantage *vantage, days_at *at, uint16_t symbol, int64_t day, bool is_probe)
{
	struct segment_day *counted = at(&vantage->days, symbol, day);

	if (counted) {
		counted->probes += is_probe;
		counted->named += !is_probe;
	}
}

/* Unit, network and VLAN of our end; 0 is what is ours and in none of them. */
static void take_segments(struct vantage *vantage, const struct policy *latest,
	const struct record *record, bool is_probe)
{
	const struct policy *policy = policy_at(latest, record->flow.start_ns);
	uint16_t unit = record->decision.unit, vlan_id = record->flow.context.vlan_id;
	uint16_t network = policy_segment_of(policy, record_own_addr(record));
	uint16_t vlan =
		policy_knows_vlan(policy, vlan_id) ? policy_segment_of_vlan(policy, vlan_id) : 0;
	int64_t day = local_day_of(policy_header(latest)->zone, record->flow.flow_start_ns).number;

	if (unit) {
		count_day(vantage, segment_days_at, unit, day, is_probe);
	}
	if (vlan) {
		count_day(vantage, segment_days_at_network, vlan, day, is_probe);
	}
	if (archive_addr_is_stand_in(record_own_addr(record))) {
		return; /* whichever network it is of */
	}
	if (network || (!unit && !vlan)) {
		count_day(vantage, segment_days_at_network, network, day, is_probe);
	}
}

static void take_day(
	struct vantage *vantage, const struct policy *policy, const struct record *record)
{
	if (is_named_both_ways(record) && !is_link_local(record_own_addr(record))) {
		take_segments(vantage, policy, record, false);
	}
}

/* A probe proves that its segment is seen on that day, whatever became of it; one that comes from
 * elsewhere, misnamed or replayed, proves nothing of the segment that it names. */
static void take_probe(
	struct vantage *vantage, const struct policy *policy, const struct record *record)
{
	const struct probe_seen *probe =
		probes_take(&vantage->probes, vantage->probe_key, policy, record);

	if (probe && probe->is_in_place) {
		take_segments(vantage, policy, record, true);
	}
}

/* Is the other end a proxy? Where it is one that opens TLS on the way it is not: the address is the
 * service's. Those that nobody declared, and that stand outside, are counted as they are found. */
static bool goes_to_proxy(const struct policy *policy, const struct record *record)
{
	return record->via == RECORD_VIA_PROXY &&
	       (record->place.country[0] == '\0' || record->l7.through_proxy != L7_PROXY_NONE ||
		       policy_is_own_proxy(policy, record_remote_addr(record)));
}

static void take_record(
	struct vantage *vantage, const struct policy *policy, const struct record *record)
{
	const struct flow_record *flow = &record->flow;

	vantage->first_ns = vantage->flows == 0 || flow->flow_start_ns < vantage->first_ns
				    ? flow->flow_start_ns
				    : vantage->first_ns;
	vantage->last_ns = flow->end_ns > vantage->last_ns ? flow->end_ns : vantage->last_ns;
	vantage->flows++;
	vantage->external += record->direction == RECORD_DIRECTION_EXTERNAL;
	vantage->hearsay += record->direction != RECORD_DIRECTION_EXTERNAL &&
			    verdict_is_hearsay(&record->verdict);
	vantage->nameless += record->direction != RECORD_DIRECTION_EXTERNAL &&
			     archive_addr_is_stand_in(record_own_addr(record));
	vantage->of_proxies += goes_to_proxy(policy, record);
	vantage->vlans[flow->context.vlan_id % VANTAGE_VLANS]++;
	take_ways(vantage, record);
	translated_take(&vantage->translated, record);
	multicast_take(&vantage->multicast, flow);
	if (record->direction == RECORD_DIRECTION_OUTBOUND) {
		take_outbound(vantage, record);
	}
	take_day(vantage, policy, record);
	if (vantage->probe_key && record->l7.probe_time_s != 0) {
		take_probe(vantage, policy, record);
	}
}

void vantage_take(struct vantage *vantage, const struct reference *reference,
	const struct record *records, size_t count)
{
	pthread_mutex_lock(&vantage->lock);
	for (size_t i = 0; i < count; i++) {
		if (records[i].flow.part == 0) {
			take_resolving(vantage, &records[i]);
		}
		if (records[i].flow.is_last) {
			take_record(vantage, reference->policy, &records[i]);
		}
	}
	pthread_mutex_unlock(&vantage->lock);
}

void vantage_note_proxy(struct vantage *vantage, const struct proxy_found *found)
{
	unsigned i = 0;

	pthread_mutex_lock(&vantage->lock);
	while (i < vantage->proxy_count &&
		(vantage->proxies[i].sign != found->sign ||
			strcmp(vantage->proxies[i].title, found->title) != 0)) {
		i++;
	}
	if (i < VANTAGE_PROXIES) {
		vantage->proxies[i] = *found;
		vantage->proxy_count += i == vantage->proxy_count;
	}
	pthread_mutex_unlock(&vantage->lock);
}

void vantage_note_drops(struct vantage *vantage, uint64_t frames, uint64_t drops, uint64_t now_ns)
{
	pthread_mutex_lock(&vantage->lock);
	vantage_drops_note(&vantage->drops, frames, drops, now_ns);
	pthread_mutex_unlock(&vantage->lock);
}

bool vantage_note_log(struct vantage *vantage, unsigned number, const char *title,
	const struct flow_source_stats *stats, uint64_t now_ns)
{
	pthread_mutex_lock(&vantage->lock);
	vantage_logs_note(&vantage->logs, number, title, stats, vantage->web, now_ns);
	const struct vantage_log *log = &vantage->logs.items[number % VANTAGE_LOGS];
	bool fares_well = !vantage_log_is_away(log, now_ns) &&
			  !vantage_log_is_silent(log, vantage->web, now_ns);
	pthread_mutex_unlock(&vantage->lock);
	return fares_well;
}

int vantage_save(struct vantage *vantage, struct state *state, struct err *err)
{
	pthread_mutex_lock(&vantage->lock);
	if (vantage->may_repeat) {
		segment_days_load(&vantage->days, state, NULL);
	}
	int status = segment_days_save(&vantage->days, state, err);
	pthread_mutex_unlock(&vantage->lock);
	return status;
}

int vantage_load(struct vantage *vantage, struct state *state, struct err *err)
{
	if (vantage->may_repeat) {
		return 0;
	}
	pthread_mutex_lock(&vantage->lock);
	int status = segment_days_load(&vantage->days, state, err);
	pthread_mutex_unlock(&vantage->lock);
	return status;
}
