#include "analyzer/device/stations.h"

#include <stdlib.h>
#include <string.h>

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
	station_see(station, sighting, is_own);
	bool is_router = station_is_router(station, sighting->time_ns);
	stations->stats.routers += is_router - was_router;
	if (sighting->kind == SIGHTING_ASK && sighting->client != 0) {
		station->client = sighting->client;
		look_for_same(stations, place, sighting->time_ns);
	} else if (sighting->kind == SIGHTING_FLOW && station->client != 0) {
		look_for_contest(stations, place, sighting->time_ns);
	}
	if (sighting->time_ns > station->last_ns && !sighting_is_of_server(sighting)) {
		station->last_ns = sighting->time_ns;
		if (station->same != STATION_NONE) {
			stations->all[station->same].last_ns = sighting->time_ns; /* is kept */
		}
	}
	return place;
}

const struct station *stations_device(
	const struct stations *stations, const struct station *station, uint64_t time_ns)
{
	bool is_joined = station->joined_ns != 0 && station->joined_ns <= time_ns &&
			 (station->parted_ns == 0 || time_ns < station->parted_ns);

	return is_joined && station->same < stations->used ? &stations->all[station->same]
							   : station;
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
		is_good = station->addr_count <= STATION_ADDRS &&
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
