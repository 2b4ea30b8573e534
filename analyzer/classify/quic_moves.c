#include "analyzer/classify/quic_moves.h"

#include <string.h>

void quic_moves_init(struct quic_moves *moves)
{
	moves->key = hash_key_random();
}

static const struct quic_end none;

/* By what a connection is found: whatever port the client has. */
enum move_by { BY_SERVER_ID, BY_CLIENT_ID, BY_ENDS, BY_SERVER_ID_ALONE };

static uint64_t hash_of(const struct quic_moves *moves, const struct flow_ends *ends,
	enum move_by by, const struct quic_end *id)
{
	struct {
		struct addr client, server;
		uint32_t id;
		uint16_t port;
		uint8_t id_length, by;
	} key = { ends->source, ends->destination, id->hash, ends->destination_port, id->length,
		(uint8_t)by };

	if (by == BY_SERVER_ID_ALONE) {
		memset(&key.client, 0, sizeof(key.client));
	}
	return hash_bytes(&moves->key, &key, sizeof(key));
}

static void keep(struct quic_moves *moves, struct l7_info_store *store, uint64_t hash, uint32_t l7)
{
	struct quic_move *move = &moves->moves[hash % QUIC_MOVES];

	l7_info_store_hold(store, l7);
	l7_info_store_release(store, move->l7);
	*move = (struct quic_move){ hash, l7 };
}

static uint32_t find(const struct quic_moves *moves, uint64_t hash)
{
	const struct quic_move *move = &moves->moves[hash % QUIC_MOVES];

	return move->hash == hash ? move->l7 : 0;
}

void quic_moves_keep(struct quic_moves *moves, struct l7_info_store *store,
	const struct flow_ends *ends, const struct quic_ends *ids, uint32_t l7, uint32_t all)
{
	if (ids->server.length >= QUIC_ID_TELLING) {
		keep(moves, store, hash_of(moves, ends, BY_SERVER_ID, &ids->server), l7);
		keep(moves, store, hash_of(moves, ends, BY_SERVER_ID_ALONE, &ids->server), l7);
		moves->server_lengths |= 1U << ids->server.length;
	}
	if (ids->client.length >= QUIC_ID_TELLING) {
		keep(moves, store, hash_of(moves, ends, BY_CLIENT_ID, &ids->client), l7);
		moves->client_lengths |= 1U << ids->client.length;
	}
	keep(moves, store, hash_of(moves, ends, BY_ENDS, &none), all);
	moves->is_used = true;
}

static uint32_t find_by_id(const struct quic_moves *moves, const struct flow_ends *ends,
	enum move_by by, uint32_t lengths, struct reader datagram)
{
	uint32_t l7 = 0;
	struct quic_end id;

	for (; lengths && !l7; lengths &= lengths - 1) {
		if (!quic_end_of(datagram, (uint8_t)__builtin_ctz(lengths), &id)) {
			break;
		}
		l7 = find(moves, hash_of(moves, ends, by, &id));
	}
	return l7;
}

uint32_t quic_moves_find(const struct quic_moves *moves, const struct flow_ends *ends,
	bool from_client, struct reader datagram)
{
	return from_client ? find_by_id(moves, ends, BY_SERVER_ID, moves->server_lengths, datagram)
			   : find_by_id(moves, ends, BY_CLIENT_ID, moves->client_lengths, datagram);
}

uint32_t quic_moves_between(const struct quic_moves *moves, const struct flow_ends *ends)
{
	return find(moves, hash_of(moves, ends, BY_ENDS, &none));
}

uint32_t quic_moves_guess(
	const struct quic_moves *moves, const struct flow_ends *ends, struct reader datagram)
{
	uint32_t l7 = quic_moves_between(moves, ends);

	return l7 ? l7
		  : find_by_id(moves, ends, BY_SERVER_ID_ALONE, moves->server_lengths, datagram);
}
