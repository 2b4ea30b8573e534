#include "analyzer/device/stations.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/device/nat_signs.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "base/quick_hash.h"
#include "base/reader.h"

#define HOUR_NS   (3600 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)

/* What gives its place away, and how many are looked at for one: a device that was not seen for a
 * week; what was too short to be one, as made-up MACs are, after an hour. */
#define UNSEEN_NS   (7 * 24 * HOUR_NS)
#define FLEETING_NS HOUR_NS
enum { LOOKED_AT = 64 };

/* So many IPv4 addresses within an hour are not one device's own; two or more that it returns to as
 * often, each time before long, may be several devices'. */
enum { ROUTER_ADDRS = 6, ROUTER_RETURNS = 3 };
#define TURN_NS (30 * MINUTE_NS)

/* An address that was not seen for so long is not in use. */
#define UNUSED_NS (5 * MINUTE_NS)

/* A router is one so long after it last sent for others. */
#define ROUTER_KEPT_NS (24 * HOUR_NS)

/* One device: after so many flows, or so long; longer where it shows several systems, as a
 * translator does before there are enough of them to tell it. */
enum { ONE_FLOWS = 12 };
#define ONE_NS            (10 * MINUTE_NS)
#define ONE_OF_SEVERAL_NS HOUR_NS

/* Two stations that speak within this time both live. */
#define BOTH_NS (5 * MINUTE_NS)

/* An identifier of DHCP and the stations that came with it. */
struct client {
	uint64_t client;
	uint64_t since_ns; /* when the current one came */
	uint32_t primary, current;
	uint32_t joined; /* stations that are the primary's device */
	uint8_t is_contested;
};

struct stations {
	uint64_t seed; /* a secret: nobody outside can aim at one place of a table */
	struct hash_table by_key, by_client;
	struct station *all;
	struct client *clients; /* at most one a station */
	uint32_t used, client_count, hand, client_hand;
	uint64_t minute;
	uint32_t new_in_minute;
	struct stations_stats stats;
};

struct stations *stations_create(void)
{
	struct stations *stations = calloc(1, sizeof(*stations));

	if (!stations) {
		return NULL;
	}
	/* Fresh pages are zero, and only those that are used are ever touched. */
	stations->all = calloc(STATIONS_MAX, sizeof(*stations->all));
	stations->clients = calloc(STATIONS_MAX, sizeof(*stations->clients));
	stations->seed = hash_key_random().words[0];
	if (!stations->all || !stations->clients) {
		stations_destroy(stations);
		return NULL;
	}
	return stations;
}

void stations_destroy(struct stations *stations)
{
	if (stations) {
		hash_table_deinit(&stations->by_key);
		hash_table_deinit(&stations->by_client);
		free(stations->all);
		free(stations->clients);
		free(stations);
	}
}

static uint64_t hash_of(const struct stations *stations, uint64_t key)
{
	return quick_hash(stations->seed, key);
}

static bool is_station(const void *items, uint32_t place, const void *key)
{
	const struct station *all = items;

	return all[place].key == *(const uint64_t *)key;
}

static bool is_client(const void *items, uint32_t place, const void *key)
{
	const struct client *clients = items;

	return clients[place].client == *(const uint64_t *)key;
}

uint32_t stations_find(const struct stations *stations, uint64_t key)
{
	return hash_table_find(
		&stations->by_key, hash_of(stations, key), is_station, stations->all, &key);
}

void stations_fetch_place(const struct stations *stations, uint64_t key)
{
	hash_table_fetch(&stations->by_key, hash_of(stations, key));
}

void stations_fetch(const struct stations *stations, uint64_t key)
{
	uint32_t place = hash_table_guess(&stations->by_key, hash_of(stations, key));

	if (place != HASH_TABLE_NONE) {
		const char *station = (const char *)&stations->all[place];
		for (size_t at = 0; at < sizeof(struct station); at += 64) {
			__builtin_prefetch(station + at);
		}
	}
}

struct station *stations_at(const struct stations *stations, uint32_t place)
{
	return &stations->all[place];
}

uint32_t stations_room(const struct stations *stations)
{
	return stations->used;
}

/* A flood of new ones is turned away; those that are known stay. */
static bool may_be_new(struct stations *stations, uint64_t time_ns)
{
	uint64_t minute = time_ns / MINUTE_NS;

	if (minute != stations->minute) {
		stations->minute = minute;
		stations->new_in_minute = 0;
	}
	return stations->new_in_minute++ < STATIONS_NEW_MAX;
}

static bool is_unseen(const struct station *station, uint64_t time_ns)
{
	return station->last_ns + (station->one_ns != 0 ? UNSEEN_NS : FLEETING_NS) < time_ns;
}

/* A place that nobody has, or whose station was not seen for long. */
static uint32_t find_place(struct stations *stations, uint64_t time_ns)
{
	if (stations->used < STATIONS_MAX) {
		return stations->used++;
	}
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		uint32_t place = stations->hand;
		stations->hand = (stations->hand + 1) % STATIONS_MAX;
		struct station *station = &stations->all[place];
		if (is_unseen(station, time_ns)) {
			hash_table_remove(
				&stations->by_key, hash_of(stations, station->key), place);
			station->is_used = false;
			return place;
		}
	}
	return STATION_NONE;
}

static uint32_t add(struct stations *stations, uint64_t key, uint64_t time_ns)
{
	uint32_t place =
		may_be_new(stations, time_ns) ? find_place(stations, time_ns) : STATION_NONE;

	if (place == STATION_NONE ||
		!hash_table_put(&stations->by_key, hash_of(stations, key), place)) {
		stations->stats.refused++;
		return STATION_NONE;
	}
	stations->all[place] = (struct station){ .key = key,
		.first_ns = time_ns,
		.last_ns = time_ns,
		.same = STATION_NONE,
		.is_used = true };
	return place;
}

static uint64_t key_of(const struct sighting *sighting)
{
	static const uint8_t nobody[6];

	if (memcmp(sighting->mac, nobody, sizeof(nobody)) != 0) {
		return station_key_of_mac(sighting->mac);
	}
	return sighting->client ? UINT64_C(1) << 63 | sighting->client >> 1 : 0;
}

static bool is_link_local(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr_v4(addr) >> 16 == 0xa9fe
				: addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static bool is_from_beyond(const struct sighting *sighting)
{
	return sighting->stack != 0 && nat_hops(sighting->ttl) > 0;
}

/* One address among a few: of IPv6 what is left of it, where no host's IPv4 address is. */
#define SHORT_V6 UINT32_C(0xf0000000)

static uint32_t short_of(const struct addr *addr)
{
	return addr_is_v4(addr) ? addr_v4(addr) : (uint32_t)quick_hash_addr(0, addr) | SHORT_V6;
}

/* Two that come from beyond are a router's. Of IPv6 a device has several, and a firewall that keeps
 * MACs shows all of them from beyond. */
static bool brings_two(const struct station *station, const struct sighting *sighting)
{
	unsigned count = 0;

	for (unsigned i = 0; i < station->addr_count; i++) {
		count += station->addrs[i] < SHORT_V6;
	}
	return count > 1 && addr_is_v4(&sighting->addr) && is_from_beyond(sighting);
}

static void note_span(struct station_span *span, uint64_t time_ns)
{
	if (span->from_ns == 0 || span->last_ns + STATION_SPAN_NS < time_ns) {
		span->from_ns = time_ns;
	}
	span->last_ns = time_ns > span->last_ns ? time_ns : span->last_ns;
}

static bool is_among(const struct station *station, uint32_t addr)
{
	unsigned i = 0;

	while (i < station->addr_count && station->addrs[i] != addr) {
		i++;
	}
	return i < station->addr_count;
}

/* Back and forth between addresses: who moves to another network does not return all the time. */
static bool takes_turns(struct station *station, uint32_t addr, uint64_t time_ns)
{
	if (addr >= SHORT_V6 || addr == station->last) {
		return false;
	}
	station->returns += is_among(station, addr) && station->turn_ns + TURN_NS > time_ns &&
			    station->returns < ROUTER_RETURNS;
	station->turn_ns = time_ns;
	station->last = addr;
	return station->returns == ROUTER_RETURNS;
}

/* Who has never sent a frame and answers for several by turns has none of them. */
static bool answers_for_others(struct station *station, const struct sighting *sighting)
{
	if (!takes_turns(station, short_of(&sighting->addr), sighting->time_ns)) {
		return false;
	}
	note_span(&station->in_turn, sighting->time_ns);
	return sighting->kind == SIGHTING_ARP && station->flows == 0;
}

/* Whoever sends for an address that is not ours, or for more than a device has, sends for others:
 * of IPv6, where a device has many, for as many from beyond; by ARP, for as many in whose name it
 * answers. Devices that were elsewhere still send with an address or two of there: of what was seen
 * as one of ours it takes as many as of ours. */
static bool sends_for_others(struct station *station, const struct sighting *sighting, bool is_own)
{
	uint64_t hour = sighting->time_ns / HOUR_NS;
	bool is_known = station->flows > 0 || station->addr_count > 0 || station->options != 0;

	if (!is_own && !is_known) {
		return true;
	}
	if (is_own && !addr_is_v4(&sighting->addr) && !is_from_beyond(sighting)) {
		return false;
	}
	if (hour != station->hour) {
		station->hour = hour;
		station->addr_count = station->returns = 0;
	}
	uint32_t addr = short_of(&sighting->addr);
	if (is_own && answers_for_others(station, sighting)) {
		return true;
	}
	if (is_among(station, addr)) {
		return false;
	}
	if (station->addr_count < ROUTER_ADDRS) {
		station->addrs[station->addr_count++] = addr;
	}
	return station->addr_count == ROUTER_ADDRS || brings_two(station, sighting);
}

static void begin_to_route(struct station *station, uint64_t time_ns)
{
	if (!station_is_router(station, time_ns)) {
		station->router_ns = time_ns;
		station->router_until_ns = 0;
	}
	station->router_last_ns = time_ns;
	station->calm = 0;
}

/* A router whose flows of a day's length and more are all its own is none: it is what it was. */
static void end_routing(struct station *station, const struct sighting *sighting, bool is_own)
{
	bool is_its_own = is_own && sighting->stack != 0 && !is_from_beyond(sighting);

	station->calm = is_its_own ? station->calm + (station->calm < ONE_FLOWS) : 0;
	if (station->calm == ONE_FLOWS &&
		station->router_last_ns + ROUTER_KEPT_NS < sighting->time_ns) {
		station->router_until_ns = sighting->time_ns;
		station->one_ns = sighting->time_ns;
	}
}

static void look_for_router(struct station *station, const struct sighting *sighting, bool is_own)
{
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	bool is_claim = sighting->kind == SIGHTING_ARP && is_own;

	if ((!is_flow && !is_claim) || is_link_local(&sighting->addr)) {
		return;
	}
	if (sends_for_others(station, sighting, is_own)) {
		begin_to_route(station, sighting->time_ns);
	} else if (is_flow && station_is_router(station, sighting->time_ns)) {
		end_routing(station, sighting, is_own);
	}
}

/* A station that has another identifier by now, or is gone, needs its last one no longer. */
static bool is_client_over(
	const struct stations *stations, const struct client *client, uint64_t time_ns)
{
	const struct station *station = &stations->all[client->current];

	return !station->is_used || station->client != client->client ||
	       station->last_ns + UNSEEN_NS < time_ns;
}

static uint32_t client_place(struct stations *stations, uint64_t time_ns)
{
	if (stations->client_count < STATIONS_MAX) {
		return stations->client_count++;
	}
	for (unsigned i = 0; i < LOOKED_AT; i++) {
		uint32_t place = stations->client_hand;
		stations->client_hand = (stations->client_hand + 1) % STATIONS_MAX;
		const struct client *client = &stations->clients[place];
		if (is_client_over(stations, client, time_ns)) {
			hash_table_remove(
				&stations->by_client, hash_of(stations, client->client), place);
			return place;
		}
	}
	return HASH_TABLE_NONE;
}

static struct client *find_client(struct stations *stations, uint64_t client, uint32_t place)
{
	uint32_t found = hash_table_find(&stations->by_client, hash_of(stations, client), is_client,
		stations->clients, &client);

	if (found != HASH_TABLE_NONE) {
		return &stations->clients[found];
	}
	found = client_place(stations, stations->all[place].last_ns);
	if (found == HASH_TABLE_NONE ||
		!hash_table_put(&stations->by_client, hash_of(stations, client), found)) {
		return NULL;
	}
	stations->clients[found] = (struct client){ .client = client,
		.since_ns = stations->all[place].first_ns,
		.primary = place,
		.current = place };
	return &stations->clients[found];
}

/* Both speak: from now on each is its own. */
static void contest(struct stations *stations, struct client *client, uint64_t time_ns)
{
	client->is_contested = true;
	stations->stats.contested++;
	for (uint32_t i = 0; client->joined > 0 && i < stations->used; i++) {
		struct station *station = &stations->all[i];
		if (station->client == client->client && station->joined_ns != 0 &&
			station->parted_ns == 0) {
			station->parted_ns = time_ns;
			client->joined--;
		}
	}
	client->joined = 0;
}

static bool is_private(const struct station *station)
{
	return !station_has_mac(station) || (station->key >> 40 & 2) != 0;
}

static bool comes_after(const struct station *station, const struct station *before)
{
	return station->first_ns >= before->last_ns;
}

/* A private MAC with an identifier that others came with before, and were silent since. */
static void look_for_same(struct stations *stations, uint32_t place, uint64_t time_ns)
{
	struct station *station = &stations->all[place];
	struct client *client = find_client(stations, station->client, place);

	if (!client || client->is_contested || client->current == place) {
		return;
	}
	const struct station *before = &stations->all[client->current];
	bool is_known = before->is_used && before->client == client->client;
	bool comes_anew = comes_after(station, before) || station->same != STATION_NONE;
	if (!is_known) {
		client->primary = place;
	} else if (!is_private(before) || !is_private(station)) {
		return;
	} else if (!comes_anew) {
		contest(stations, client, time_ns);
		return;
	} else if (before->last_ns + BOTH_NS > time_ns) {
		return; /* it may speak again: looked at with the next flow */
	} else if (place != client->primary && station->joined_ns == 0) {
		station->same = client->primary;
		station->joined_ns = time_ns;
		client->joined++;
		stations->stats.joined++;
	}
	client->current = place;
	client->since_ns = time_ns;
}

/* A station speaks whose identifier another has taken over since. */
static void look_for_contest(struct stations *stations, uint32_t place, uint64_t time_ns)
{
	struct station *station = &stations->all[place];
	struct client *client = find_client(stations, station->client, place);

	if (!client || client->is_contested || client->current == place || !is_private(station)) {
		return;
	}
	const struct station *current = &stations->all[client->current];
	if (comes_after(station, current)) {
		look_for_same(stations, place, time_ns);
		return;
	}
	if (time_ns > client->since_ns + BOTH_NS && current->last_ns + BOTH_NS > time_ns &&
		is_private(current)) {
		contest(stations, client, time_ns);
	}
}

/* A dock's MAC is that of whoever sits at it: one that comes under another name than before is
 * several devices. */
static void look_for_names(struct station *station, const struct sighting *sighting)
{
	bool is_other = sighting->name != 0 && station->name != 0 &&
			sighting->name != station->name && station_has_mac(station);

	if (is_other) {
		station_note_many(
			station, 1U << NAT_NAMES, 2, sighting->time_ns, sighting->time_ns);
	}
	station->name = sighting->name ? sighting->name : station->name;
}

uint32_t stations_see(struct stations *stations, const struct sighting *sighting, bool is_own)
{
	uint64_t key = key_of(sighting);
	uint32_t place = key ? stations_find(stations, key) : STATION_NONE;

	if (key && place == HASH_TABLE_NONE) {
		place = add(stations, key, sighting->time_ns);
	}
	if (place == STATION_NONE) {
		return STATION_NONE;
	}
	struct station *station = &stations->all[place];
	bool was_router = station_is_router(station, sighting->time_ns);
	look_for_router(station, sighting, is_own);
	bool is_router = station_is_router(station, sighting->time_ns);
	stations->stats.routers += is_router - was_router;
	station->vlan_id = sighting->vlan_id;
	station->options = sighting->kind == SIGHTING_ASK && sighting->options ? sighting->options
									       : station->options;
	look_for_names(station, sighting);
	if (sighting->kind == SIGHTING_ASK && sighting->client != 0) {
		station->client = sighting->client;
		look_for_same(stations, place, sighting->time_ns);
	} else if (sighting->kind == SIGHTING_FLOW && station->client != 0) {
		look_for_contest(stations, place, sighting->time_ns);
	}
	if (sighting->time_ns > station->last_ns && sighting->kind != SIGHTING_LEASE) {
		station->last_ns = sighting->time_ns;
		if (station->same != STATION_NONE) {
			stations->all[station->same].last_ns = sighting->time_ns; /* is kept */
		}
	}
	return place;
}

void station_note_many(
	struct station *station, unsigned signs, unsigned least, uint64_t from_ns, uint64_t time_ns)
{
	if (station->many_ns == 0 || station->many_last_ns + STATION_MANY_KEPT_NS < time_ns) {
		station->many_ns = from_ns;
		station->many_signs = 0;
		station->many_least = 0;
	}
	station->many_last_ns = time_ns > station->many_last_ns ? time_ns : station->many_last_ns;
	station->many_signs |= (uint8_t)signs;
	station->many_least = least > station->many_least ? (uint16_t)least : station->many_least;
}

void station_see_own(struct station *station, const struct sighting *sighting)
{
	if (station->one_ns != 0) {
		return;
	}
	station->flows += sighting->stack != 0;
	uint64_t after_ns = station->systems[1] != 0 ? ONE_OF_SEVERAL_NS : ONE_NS;
	if (station->flows >= ONE_FLOWS || sighting->time_ns > station->first_ns + after_ns) {
		station->one_ns = sighting->time_ns;
	}
}

/* Is a SYN of a kind that its own address shows? What is no SYN does not tell. */
static bool is_its_system(struct station *station, const struct sighting *sighting, bool is_own)
{
	uint32_t kind = nat_system(sighting->stack, sighting->ttl);
	unsigned i = 0;

	if (sighting->stack == 0) {
		return true;
	}
	while (i < STATION_SYSTEMS && station->systems[i] != 0 && station->systems[i] != kind) {
		i++;
	}
	bool is_new = i == STATION_SYSTEMS || station->systems[i] == 0;
	if (is_own && is_new && i < STATION_SYSTEMS) {
		station->systems[i] = kind;
	}
	return is_own || !is_new || station->systems[0] == 0;
}

/* Another address takes the place of its own: the kinds of system are those of this one now. */
static void change_own(struct station *station, const struct sighting *sighting, uint32_t addr)
{
	if (!is_its_system(station, sighting, false)) {
		note_span(&station->others, sighting->time_ns);
	}
	if (sighting->stack != 0) {
		memset(station->systems, 0, sizeof(station->systems));
	}
	station->own = addr;
}

/* Of IPv4, what it shows or says to have, is its own while it uses no other. */
static enum binding_claim claim_of(struct station *station, const struct sighting *sighting)
{
	bool is_flow = sighting->kind == SIGHTING_FLOW;
	uint32_t addr = short_of(&sighting->addr);

	if ((!is_flow && sighting->kind != SIGHTING_ARP) || addr >= SHORT_V6) {
		return BINDING_ALONE;
	}
	if (station->own != addr && station->own_ns != 0 &&
		station->own_ns + UNUSED_NS > sighting->time_ns) {
		bool is_same = is_its_system(station, sighting, false);
		if (!is_same) {
			note_span(&station->others, sighting->time_ns);
		}
		return is_flow && is_same ? BINDING_BESIDE : BINDING_NOT;
	}
	if (station->own != addr) {
		change_own(station, sighting, addr);
	}
	is_its_system(station, sighting, true);
	station->own_ns = sighting->time_ns;
	return BINDING_ALONE;
}

enum binding_claim station_claim(struct station *station, const struct sighting *sighting)
{
	uint32_t hour = (uint32_t)(sighting->time_ns / HOUR_NS);

	if (station->bound_hour != hour) {
		station->bound_hour = hour;
		station->bound = 0;
	}
	enum binding_claim claim = claim_of(station, sighting);
	return station->bound < STATION_BOUND_MOST ? claim : BINDING_NOT;
}

const struct station *stations_device(
	const struct stations *stations, const struct station *station, uint64_t time_ns)
{
	bool is_joined = station->joined_ns != 0 && station->joined_ns <= time_ns &&
			 (station->parted_ns == 0 || time_ns < station->parted_ns);

	return is_joined && station->same < stations->used ? &stations->all[station->same]
							   : station;
}

struct addr station_identity(const struct station *station)
{
	struct addr identity = { { 0x01, 0x00 } };

	for (unsigned i = 0; i < 8; i++) {
		identity.bytes[8 + i] = (uint8_t)(station->key >> (56 - 8 * i));
	}
	return identity;
}

void stations_read_stats(const struct stations *stations, struct stations_stats *stats)
{
	*stats = stations->stats;
	stats->count = stations->used;
}

bool stations_save(const struct stations *stations, struct text *text)
{
	uint32_t counts[2] = { stations->used, stations->client_count };

	text_put_bytes(text, (const char *)counts, sizeof(counts));
	text_put_bytes(text, (const char *)stations->all, stations->used * sizeof(*stations->all));
	text_put_bytes(text, (const char *)stations->clients,
		stations->client_count * sizeof(*stations->clients));
	return !text->truncated;
}

static bool index_all(struct stations *stations)
{
	bool is_good = true;

	for (uint32_t i = 0; is_good && i < stations->used; i++) {
		struct station *station = &stations->all[i];
		station->name = 0; /* without keys it is hashed anew in every run */
		stations->stats.routers +=
			station->is_used && station_is_router(station, station->last_ns);
		is_good = station->addr_count <= ROUTER_ADDRS &&
			  (station->same == STATION_NONE || station->same < stations->used) &&
			  (!station->is_used || hash_table_put(&stations->by_key,
							hash_of(stations, station->key), i));
	}
	for (uint32_t i = 0; is_good && i < stations->client_count; i++) {
		const struct client *client = &stations->clients[i];
		is_good =
			client->primary < stations->used && client->current < stations->used &&
			hash_table_put(&stations->by_client, hash_of(stations, client->client), i);
	}
	return is_good;
}

bool stations_load(struct stations *stations, struct reader *reader)
{
	uint32_t counts[2] = { 0, 0 };
	const uint8_t *head = reader_bytes(reader, sizeof(counts));

	if (head) {
		memcpy(counts, head, sizeof(counts));
	}
	if (!head || counts[0] > STATIONS_MAX || counts[1] > STATIONS_MAX) {
		return false;
	}
	const uint8_t *all = reader_bytes(reader, counts[0] * sizeof(*stations->all));
	const uint8_t *clients = reader_bytes(reader, counts[1] * sizeof(*stations->clients));
	if (!reader_ok(reader)) {
		return false;
	}
	memcpy(stations->all, all, counts[0] * sizeof(*stations->all));
	memcpy(stations->clients, clients, counts[1] * sizeof(*stations->clients));
	stations->used = counts[0];
	stations->client_count = counts[1];
	return index_all(stations);
}
