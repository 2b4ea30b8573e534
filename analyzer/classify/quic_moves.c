#include "analyzer/classify/quic_moves.h"

void quic_moves_init(struct quic_moves *moves)
{
	moves->key = hash_key_random();
}

static uint64_t hash_of(const struct quic_moves *moves, const struct flow_ends *ends)
{
	struct {
		struct addr client, server;
		uint64_t port;
	} key = { ends->source, ends->destination, ends->destination_port };

	return hash_bytes(&moves->key, &key, sizeof(key));
}

/* Where nobody is yet, else where the oldest is. */
static struct quic_move *room_in(struct quic_move place[QUIC_MOVES_BETWEEN])
{
	struct quic_move *room = place;

	for (unsigned i = 1; i < QUIC_MOVES_BETWEEN && room->l7; i++) {
		if (!place[i].l7 || place[i].number < room->number) {
			room = &place[i];
		}
	}
	return room;
}

void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_ends *ids, uint32_t l7)
{
	uint64_t hash = hash_of(moves, ends);
	struct quic_move *move = room_in(moves->moves[hash % QUIC_MOVES_PLACES]);

	l7_info_store_hold(store, l7);
	l7_info_store_release(store, move->l7);
	*move = (struct quic_move){ hash, ids->client, ids->server, l7, moves->kept++ };
}

uint32_t quic_moves_find(const struct quic_moves *moves, const struct flow_ends *ends,
	bool from_client, struct reader datagram)
{
	uint64_t hash = hash_of(moves, ends);
	const struct quic_move *place = moves->moves[hash % QUIC_MOVES_PLACES];
	uint32_t l7 = 0;

	for (unsigned i = 0; i < QUIC_MOVES_BETWEEN && !l7; i++) {
		const struct quic_end *to = from_client ? &place[i].server : &place[i].client;
		bool is_it = place[i].hash == hash && to->length >= QUIC_ID_TELLING &&
			     quic_goes_to(to, datagram);
		l7 = is_it ? place[i].l7 : 0;
	}
	return l7;
}

unsigned quic_moves_between(const struct quic_moves *moves, const struct flow_ends *ends,
	uint32_t l7[QUIC_MOVES_BETWEEN])
{
	uint64_t hash = hash_of(moves, ends);
	const struct quic_move *place = moves->moves[hash % QUIC_MOVES_PLACES];
	unsigned count = 0;

	for (unsigned i = 0; i < QUIC_MOVES_BETWEEN; i++) {
		if (place[i].l7 && place[i].hash == hash) {
			l7[count++] = place[i].l7;
		}
	}
	return count;
}
