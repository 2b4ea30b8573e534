#include "analyzer/device/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/device/neighbours.h"
#include "analyzer/record/state.h"
#include "base/local_time.h"
#include "base/quick_hash.h"
#include "base/reader.h"

static const struct state_part kept = { "devices", 6,
	"who had which address, and which enrolled devices were seen on which day, is not known "
	"any more" };

struct devices {
	struct stations *stations;
	struct bindings *bindings;
	struct nat_signs *nat;         /* of addresses */
	struct nat_signs *station_nat; /* of stations that have several, by their identity */
	struct neighbours *neighbours;
	struct coverage *coverage;
	struct local_day day; /* of the last record */
	struct devices_stats stats;
};

static bool create_parts(struct devices *devices)
{
	devices->stations = stations_create();
	devices->bindings = bindings_create();
	devices->nat = nat_signs_create();
	devices->station_nat = nat_signs_create();
	devices->neighbours = neighbours_create();
	devices->coverage = coverage_create();
	return devices->stations && devices->bindings && devices->nat && devices->station_nat &&
	       devices->neighbours && devices->coverage;
}

static void destroy_parts(struct devices *devices)
{
	stations_destroy(devices->stations);
	bindings_destroy(devices->bindings);
	nat_signs_destroy(devices->nat);
	nat_signs_destroy(devices->station_nat);
	neighbours_destroy(devices->neighbours);
	coverage_destroy(devices->coverage);
}

struct devices *devices_create(void)
{
	struct devices *devices = calloc(1, sizeof(*devices));

	if (devices && !create_parts(devices)) {
		devices_destroy(devices);
		return NULL;
	}
	return devices;
}

void devices_destroy(struct devices *devices)
{
	if (devices) {
		destroy_parts(devices);
		free(devices);
	}
}

/* Places of neighbours.h that are no router's: a VLAN's number, and all of them together. */
#define SEGMENTS     (UINT64_C(1) << 62)
#define ALL_SEGMENTS (SEGMENTS | 1U << 16)

/* Who stands where the sender of a frame does: in the same VLAN, or behind the same router in the
 * same network, as far as one can tell (/24, /64). */
static struct neighbourhood *around(struct devices *devices, const struct sighting *sighting,
	const struct station *station, bool is_router)
{
	uint64_t network = addr_is_v4(&sighting->addr) ? addr_v4(&sighting->addr) >> 8
						       : load_be64(sighting->addr.bytes, 0);

	return neighbours_at(devices->neighbours,
		is_router ? quick_hash(station->key, network) : SEGMENTS | sighting->vlan_id);
}

/* Signs of others behind a station, under whichever of its addresses they show. */
static void see_station(struct devices *devices, const struct sighting *sighting,
	struct station *station, const struct neighbourhood *near)
{
	struct nat_answer nat = nat_signs_find(devices->nat, &sighting->addr, sighting->time_ns);

	if (nat.is_many) {
		station_note_many(station, nat.signs, nat.least, nat.from_ns, sighting->time_ns);
	}
	if (station->has_several) {
		struct sighting of_all = *sighting;
		of_all.addr = station_identity(station);
		nat_signs_see(devices->station_nat, &of_all, station->key, near);
		nat = nat_signs_find(devices->station_nat, &of_all.addr, sighting->time_ns);
		if (nat.is_many) {
			station_note_many(
				station, nat.signs, nat.least, nat.from_ns, sighting->time_ns);
		}
	}
}

/* A segment of a few is as far as the others are. */
static const struct neighbourhood *judged_by(
	struct devices *devices, struct neighbourhood *near, bool is_router, uint64_t time_ns)
{
	return !is_router && neighbourhood_is_small(near, time_ns)
		       ? neighbours_at(devices->neighbours, ALL_SEGMENTS)
		       : near;
}

static void see_neighbour(struct devices *devices, const struct sighting *sighting,
	struct neighbourhood *near, bool is_router)
{
	unsigned hops = nat_hops(sighting->ttl);
	uint64_t key = station_key_of_mac(sighting->mac);

	neighbourhood_see(near, &sighting->addr, key, hops, sighting->time_ns);
	if (!is_router) {
		neighbourhood_see(neighbours_at(devices->neighbours, ALL_SEGMENTS), &sighting->addr,
			key, hops, sighting->time_ns);
	}
}

static void see_flow(struct devices *devices, const struct sighting *sighting,
	struct station *station, struct neighbourhood *near, bool is_router)
{
	const struct neighbourhood *others = judged_by(devices, near, is_router, sighting->time_ns);

	nat_signs_see(devices->nat, sighting, station && !is_router ? station->key : 0, others);
	if (station && !is_router) {
		see_station(devices, sighting, station, others);
	}
	if (station && sighting->stack != 0) {
		see_neighbour(devices, sighting, near, is_router);
	}
}

/* How far away the sender of a frame is, by the others at its place. FAR_ALONE: further than its
 * wire, but nobody is nearer, and its MAC shows no other IPv4 address: perhaps another's behind it.
 * BEHIND: anybody's. */
enum distance { NEAR, FAR_ALONE, BEHIND };

static enum distance distance_of(const struct sighting *sighting, const struct station *station,
	const struct neighbourhood *near)
{
	bool is_only = addr_is_v4(&sighting->addr) && station->addr_count <= 1;
	uint64_t mac = station_key_of_mac(sighting->mac);
	unsigned hops = nat_hops(sighting->ttl);
	int usual = neighbourhood_hops(near);

	if (sighting->kind != SIGHTING_FLOW || sighting->is_of_segment || hops == 0 ||
		(int)hops == usual) {
		return NEAR;
	}
	if (usual != NEIGHBOUR_UNKNOWN || neighbourhood_has_nearer(near, hops)) {
		return BEHIND;
	}
	return neighbourhood_agrees(near, mac, hops) ? NEAR : is_only ? FAR_ALONE : BEHIND;
}

/* A binding to what turned out to be a router stands in nobody's way; who comes is none. */
static void clear_way(struct devices *devices, const struct addr *addr, uint64_t time_ns,
	const struct station *comes)
{
	const struct binding *now = bindings_next(devices->bindings, addr, NULL);
	bool is_anothers = now && !now->is_given_up && now->station != comes->key;
	uint32_t place =
		is_anothers ? stations_find(devices->stations, now->station) : STATION_NONE;

	if (place != STATION_NONE &&
		station_is_router(stations_at(devices->stations, place), time_ns)) {
		bindings_give_up(devices->bindings, addr);
	}
}

/* A server's answer to what the station asked a moment ago. Anybody on the segment can say that one
 * was given the address of another. */
static bool is_asked(const struct sighting *sighting, const struct station *station)
{
	return station->first_ns < sighting->time_ns &&
	       station->last_ns + 60 * NS_PER_S >= sighting->time_ns;
}

/* What a station that is no router shows or says of an address: it is its own, or nobody knows. */
static void bind(struct devices *devices, const struct sighting *sighting, struct station *station,
	const struct neighbourhood *near)
{
	enum distance distance = distance_of(sighting, station, near);
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	enum binding_claim claim =
		distance == BEHIND ? BINDING_NOT : station_claim(station, sighting);

	if (sighting->kind == SIGHTING_LEASE && claim == BINDING_ALONE &&
		!is_asked(sighting, station)) {
		claim = BINDING_UNASKED;
	}
	clear_way(devices, &sighting->addr, sighting->time_ns, station);
	bool is_bound = bindings_see(devices->bindings, sighting, station->key, claim);
	station->bound += is_bound;
	station->has_several |= is_bound && station->bound_before;
	station->bound_before |= is_bound;
	if (is_flow && distance != BEHIND) {
		station_see_own(station, sighting);
		station->far_ns = distance == NEAR  ? 0
				  : station->far_ns ? station->far_ns
						    : sighting->time_ns;
	}
}

/* A router brings an address that some device was only said to have, on the segment: one whose own
 * frames are in sight, with other addresses, or that would have to be in the very VLAN into which
 * the router brings it. Without tags it may be seen on its way out, behind the router. */
static void doubt_words(struct devices *devices, const struct sighting *sighting)
{
	const struct binding *now = bindings_next(devices->bindings, &sighting->addr, NULL);
	uint32_t place = now ? stations_find(devices->stations, now->station) : STATION_NONE;
	enum { SHOWN = 1 << SIGHTING_FLOW | 1 << SIGHTING_LEASE };

	if (place == STATION_NONE || (now->evidence & SHOWN)) {
		return;
	}
	bool is_from_elsewhere = sighting->vlan_id != 0 && sighting->vlan_id == now->vlan_id &&
				 nat_hops(sighting->ttl) > 0;
	if (is_from_elsewhere || stations_at(devices->stations, place)->flows > 0) {
		bindings_doubt(devices->bindings, &sighting->addr, sighting->time_ns);
	}
}

void devices_fetch(const struct devices *devices, const struct addr *const *addrs, size_t count)
{
	const struct binding *latest[DEVICES_FETCH_MAX];

	for (size_t i = 0; i < count; i++) {
		bindings_fetch_place(devices->bindings, addrs[i]);
		nat_signs_fetch_place(devices->nat, addrs[i]);
	}
	for (size_t i = 0; i < count; i++) {
		latest[i] = bindings_fetch(devices->bindings, addrs[i]);
		nat_signs_fetch(devices->nat, addrs[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (latest[i]) {
			stations_fetch_place(devices->stations, latest[i]->station);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (latest[i]) {
			stations_fetch(devices->stations, latest[i]->station);
		}
	}
}

void devices_see(struct devices *devices, const struct sighting *sighting, bool is_own)
{
	static const struct addr nobody;
	bool has_addr = !addr_equal(&sighting->addr, &nobody);
	uint32_t place = stations_see(devices->stations, sighting, !has_addr || is_own);
	struct station *station =
		place == STATION_NONE ? NULL : stations_at(devices->stations, place);
	bool is_router = station && station_is_router(station, sighting->time_ns);

	if (!has_addr || !is_own) {
		return;
	}
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	struct neighbourhood *near =
		station && is_flow ? around(devices, sighting, station, is_router) : NULL;
	if (station && !is_router) {
		bind(devices, sighting, station,
			judged_by(devices, near, is_router, sighting->time_ns));
	} else if (is_router && is_flow) {
		doubt_words(devices, sighting);
	}
	if (is_flow) {
		see_flow(devices, sighting, station, near, is_router);
	}
}

/* The station that had the address, if it is one that has addresses of its own. */
static void ask_station(
	const struct devices *devices, uint64_t time_ns, struct device_answer *answer)
{
	uint32_t place = answer->binding
				 ? stations_find(devices->stations, answer->binding->station)
				 : STATION_NONE;
	const struct station *station =
		place == STATION_NONE ? NULL : stations_at(devices->stations, place);

	if (station && !station_is_router(station, time_ns)) {
		answer->station = station;
		answer->same = stations_device(devices->stations, station, time_ns);
	}
}

static void ask_many(const struct devices *devices, const struct addr *addr, uint64_t time_ns,
	struct device_answer *answer)
{
	const struct station *station = answer->station;

	answer->nat = nat_signs_find(devices->nat, addr, time_ns);
	if (!answer->nat.is_many && station && station->many_ns != 0 &&
		station->many_ns <= time_ns &&
		time_ns <= station->many_last_ns + STATION_MANY_KEPT_NS) {
		answer->nat = (struct nat_answer){ true, station->many_signs, station->many_least,
			station->many_ns };
	}
}

static void ask_inventory(
	const struct inventory *inventory, uint64_t time_ns, struct device_answer *answer)
{
	const struct station *station = answer->station;
	uint8_t mac[MAC_BYTES];
	bool is_far = station && station->far_ns != 0 && station->far_ns <= time_ns;

	if (inventory && station && station_has_mac(station) && !is_far) {
		station_mac(answer->station, mac);
		answer->enrolled = inventory_find_mac(inventory, mac, time_ns);
	}
}

/* Several IPv4 addresses of one MAC, at a time or in turn, are an enrolled device's while they show
 * one system: nobody leaves a rule by another address. Otherwise nobody knows. */
static void doubt_several(uint64_t time_ns, struct device_answer *answer)
{
	const struct station *station = answer->station;
	bool is_several = !binding_is_alone(answer->binding, time_ns) ||
			  station_span_holds(&station->in_turn, time_ns);

	if (is_several && (!answer->enrolled || station_span_holds(&station->others, time_ns))) {
		answer->station = answer->same = NULL;
		answer->enrolled = NULL;
		answer->is_several = true;
	}
}

/* The address of who has none yet (RFC 1122, RFC 4291): anybody's, and many have it at a time. */
static bool is_nobody(const struct addr *addr)
{
	static const struct addr v6;

	return addr_is_v4(addr) ? addr_v4(addr) == 0 : addr_equal(addr, &v6);
}

void devices_ask(const struct devices *devices, const struct inventory *inventory,
	const struct addr *addr, uint64_t time_ns, struct device_answer *answer)
{
	*answer = (struct device_answer){ .device = { .identity = *addr, .kind = DEVICE_ADDRESS } };
	answer->binding_answer = bindings_find(devices->bindings, addr, time_ns, &answer->binding);
	if (answer->binding_answer == BINDING_FOUND) {
		ask_station(devices, time_ns, answer);
		ask_inventory(inventory, time_ns, answer);
		if (answer->station) {
			doubt_several(time_ns, answer);
		}
	}
	ask_many(devices, addr, time_ns, answer);
	if (answer->nat.is_many || is_nobody(addr)) {
		answer->device.kind = DEVICE_MANY;
	} else if (answer->enrolled) {
		answer->device.kind = DEVICE_ONE;
		answer->device.identity = answer->enrolled->identity;
	} else if (answer->same) {
		bool is_one = answer->same->one_ns != 0 && answer->same->one_ns <= time_ns;
		answer->device.kind = is_one ? DEVICE_ONE : DEVICE_STATION;
		answer->device.identity = station_identity(answer->same);
	}
}

static void note_coverage(struct devices *devices, const struct inventory_device *enrolled,
	const struct local_zone *zone, uint64_t time_ns)
{
	if (time_ns < devices->day.start_ns || time_ns >= devices->day.end_ns) {
		devices->day = local_day_of(zone, time_ns);
	}
	coverage_see(devices->coverage, &enrolled->identity, devices->day.number);
}

/* A client's fingerprint is the device's own; a server's would be of whoever asks it. */
static void note_hello(struct devices *devices, const struct record *record)
{
	const char *ja4 = record->l7.ja4;

	if (ja4[0] && record->own_side == RECORD_SOURCE) {
		nat_signs_see_hello(devices->nat, &record->flow.source, quick_hash_text(0, ja4),
			record->flow.flow_start_ns);
	}
}

/* Fingerprints of all addresses of a station together. */
static void note_station_hello(struct devices *devices, const struct record *record, uint64_t key)
{
	uint32_t place = stations_find(devices->stations, key);
	struct station *station = stations_at(devices->stations, place);
	uint64_t time_ns = record->flow.flow_start_ns;
	struct addr identity = station_identity(station);

	nat_signs_see_hello(
		devices->station_nat, &identity, quick_hash_text(0, record->l7.ja4), time_ns);
	struct nat_answer nat = nat_signs_find(devices->station_nat, &identity, time_ns);
	if (nat.is_many) {
		station_note_many(station, nat.signs, nat.least, nat.from_ns, time_ns);
	}
}

/* RDP, which is TLS once it began, ICA and PCoIP. */
static bool is_desktop(const struct record *record)
{
	static const uint16_t ports[] = { 1494, 2598, 3389, 4172 };
	enum { TCP = 6 };
	unsigned i = 0, count = sizeof(ports) / sizeof(ports[0]);

	while (i < count && ports[i] != record->flow.destination_port) {
		i++;
	}
	return record->l7.protocol == L7_RDP || (record->flow.protocol == TCP && i < count);
}

/* Somebody of ours uses another's desktop: more than the answer to a scanner. */
static void note_session(struct devices *devices, const struct record *record)
{
	enum { LEAST_PACKETS = 20 };
	const struct flow_record *flow = &record->flow;

	if (record->direction == RECORD_DIRECTION_INTERNAL &&
		flow->total_packets[0] >= LEAST_PACKETS &&
		flow->total_packets[1] >= LEAST_PACKETS && is_desktop(record)) {
		nat_signs_see_session(
			devices->nat, &flow->destination, &flow->source, flow->flow_start_ns);
	}
}

void devices_identify(struct devices *devices, const struct inventory *inventory,
	const struct local_zone *zone, struct record *record)
{
	uint64_t time_ns = record->flow.flow_start_ns;
	struct device_answer answer;

	if (record->direction == RECORD_DIRECTION_EXTERNAL) {
		return;
	}
	/* What somebody outside made up says nothing of whose name it is in. */
	bool tells = !record_is_hearsay(record);
	if (tells) {
		note_hello(devices, record);
		note_session(devices, record);
	}
	devices_ask(devices, inventory, record_own_addr(record), time_ns, &answer);
	if (tells && answer.station && answer.station->has_several && record->l7.ja4[0] &&
		record->own_side == RECORD_SOURCE) {
		note_station_hello(devices, record, answer.station->key);
	}
	record->device = answer.device;
	devices->stats.records[answer.device.kind]++;
	/* Several at one device: one after another, or on its desktop. Nobody is behind it. */
	bool is_shared = !(answer.nat.signs & ~(1U << NAT_NAMES | 1U << NAT_SESSIONS));
	if (answer.nat.is_many && !is_shared && record->via == RECORD_VIA_DIRECT) {
		record->via = RECORD_VIA_NAT;
	}
	if (answer.enrolled) {
		record->decision.class_ =
			answer.enrolled->class_ ? answer.enrolled->class_ : record->decision.class_;
		record->decision.unit =
			answer.enrolled->unit ? answer.enrolled->unit : record->decision.unit;
		if (tells) {
			note_coverage(devices, answer.enrolled, zone, time_ns);
		}
		devices->stats.enrolled++;
	}
}

const struct stations *devices_stations(const struct devices *devices)
{
	return devices->stations;
}

const struct bindings *devices_bindings(const struct devices *devices)
{
	return devices->bindings;
}

const struct nat_signs *devices_nat(const struct devices *devices)
{
	return devices->nat;
}

struct nat_evidence devices_evidence(const struct devices *devices, const struct addr *addr,
	const struct device_answer *answer, enum nat_sign sign)
{
	const struct nat_evidence *found = nat_signs_evidence(devices->nat, addr, sign);
	const struct station *station = answer->station;

	if (!found && station) {
		const struct addr identity = station_identity(station);
		found = nat_signs_evidence(devices->station_nat, &identity, sign);
	}
	return found     ? *found
	       : station ? (struct nat_evidence){ station->many_ns, station->many_last_ns, 0 }
			 : (struct nat_evidence){ answer->nat.from_ns, answer->nat.from_ns, 0 };
}

const struct coverage *devices_coverage(const struct devices *devices)
{
	return devices->coverage;
}

void devices_read_stats(const struct devices *devices, struct devices_stats *stats)
{
	*stats = devices->stats;
	stations_read_stats(devices->stations, &stats->stations);
	bindings_read_stats(devices->bindings, &stats->bindings);
}

int devices_save(const struct devices *devices, struct state *state, struct err *err)
{
	struct text text;
	int status;

	text_init_heap(&text);
	bool is_whole = stations_save(devices->stations, &text) &&
			bindings_save(devices->bindings, &text) &&
			nat_signs_save(devices->nat, &text) &&
			nat_signs_save(devices->station_nat, &text) &&
			coverage_save(devices->coverage, &text);
	status = is_whole ? state_save(state, kept.name, kept.version, text.at, text.length, err)
			  : err_set(err, ENOMEM, "devices: out of memory");
	text_deinit(&text);
	return status;
}

static bool load_parts(struct devices *devices, const char *content, size_t count)
{
	struct reader reader = reader_over(content, count);

	return stations_load(devices->stations, &reader) &&
	       bindings_load(devices->bindings, &reader) && nat_signs_load(devices->nat, &reader) &&
	       nat_signs_load(devices->station_nat, &reader) &&
	       coverage_load(devices->coverage, (const char *)reader.at, reader_left(&reader));
}

int devices_load(struct devices *devices, struct state *state, struct err *err)
{
	char *content;
	size_t count;
	int status = state_load_part(state, &kept, &content, &count, err);

	if (status == 0 && content && !load_parts(devices, content, count)) {
		status = state_refuse_part(state, &kept, err);
	}
	free(content);
	if (status == 0) {
		return 0;
	}
	destroy_parts(devices);
	return create_parts(devices) ? status : err_set(err, ENOMEM, "devices: out of memory");
}
