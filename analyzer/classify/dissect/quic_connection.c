#include "analyzer/classify/dissect/quic_connection.h"

#include <string.h>

static size_t open_with(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, const uint8_t *cid, uint8_t cid_length, bool from_client)
{
	struct quic_packet packet = { .version = header->version,
		.cid = cid,
		.cid_length = cid_length,
		.bytes = start,
		.count = header->count,
		.number_offset = header->number_offset,
		.from_client = from_client,
		.is_cut = header->is_cut };

	if (packet.count > DISSECT_SCRATCH_BYTES) {
		return 0;
	}
	return quic_open_initial(dissection->tables->quic, &packet, dissection->tables->scratch);
}

static bool is_key(const struct quic_connection *connection, const struct quic_header *header)
{
	return connection->key_length == header->destination_length &&
	       memcmp(connection->key, header->destination, connection->key_length) == 0;
}

/* All of it counts: the beginning is often the same in all that a server gives (FNV-1a). */
static uint32_t hash_id(const uint8_t *id, size_t length)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < length; i++) {
		hash = (hash ^ id[i]) * 16777619U;
	}
	return hash;
}

/* Is it the client's own connection ID? Those without one cannot be told apart by it. */
static bool is_own(const struct quic_connection *connection, const uint8_t *id, uint8_t length)
{
	return connection->own_length == length && connection->own_hash == hash_id(id, length);
}

static void note_connection(
	struct quic_connection *connection, const struct quic_header *header, bool by_destination)
{
	memcpy(connection->key, header->destination, header->destination_length);
	connection->key_length = header->destination_length;
	connection->own_length = header->source_length;
	connection->own_hash = hash_id(header->source, header->source_length);
	connection->by_destination = by_destination;
}

/* Of the one that was answered: the client goes on under the name that the server gave it. */
static bool goes_on(const struct quic_state *state, const struct quic_header *header)
{
	const struct quic_connection *known = &state->connections[0];
	bool is_its_own =
		header->source_length > 0 && is_own(known, header->source, header->source_length);

	return state->is_answered &&
	       (is_its_own || is_key(known, header) || is_key(&state->connections[1], header));
}

int quic_open_client(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, struct quic_state *state, size_t *count)
{
	bool is_later = goes_on(state, header);

	*count = 0;
	if (is_later && state->read & 1) {
		return 0;
	}
	for (int i = 0; i < state->count; i++) {
		struct quic_connection *known = &state->connections[i];
		if (known->by_destination == dissection->from_source) {
			continue; /* the other end began it */
		}
		*count = open_with(dissection, header, start, known->key, known->key_length, true);
		if (*count > 0 && (state->is_answered ||
					  is_own(known, header->source, header->source_length))) {
			return i;
		}
		if (!is_later) {
			continue;
		}
		*count = open_with(dissection, header, start, header->destination,
			header->destination_length, true);
		if (*count > 0) {
			note_connection(known, header, !dissection->from_source);
			return i;
		}
	}
	*count = open_with(
		dissection, header, start, header->destination, header->destination_length, true);
	return *count > 0 ? QUIC_CONNECTION_NEW : QUIC_CONNECTION_NONE;
}

bool quic_opens_itself(
	struct dissection *dissection, const struct quic_header *header, const uint8_t *start)
{
	enum { KEY_BYTES_LEAST = 8 }; /* RFC 9000, 7.2 */

	return header->kind == QUIC_INITIAL && header->destination_length >= KEY_BYTES_LEAST &&
	       !header->is_cut &&
	       open_with(dissection, header, start, header->destination, header->destination_length,
		       true) > 0;
}

int quic_add_connection(
	struct dissection *dissection, const struct quic_header *header, struct quic_state *state)
{
	int place = state->count < QUIC_CONNECTIONS ? state->count++ : QUIC_CONNECTIONS - 1;

	for (int i = place; i < DISSECT_STREAMS; i++) {
		reassembly_close(dissection->tables->reassembly, dissection->state->streams[i]);
		dissection->state->streams[i] = 0;
	}
	state->read &= (uint8_t) ~(1U << place);
	note_connection(&state->connections[place], header, !dissection->from_source);
	return place;
}

enum reach { REACH_OTHER, REACH_UNSURE, REACH_IT };

/* An Initial of the server means the connection whose keys open it; what else has a long header
 * goes to the client's connection ID. That tells as much where there is one connection alone, and
 * costs no keys: whoever makes up the one can make up the other. */
static enum reach reach_of(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, const struct quic_connection *connection, bool is_alone)
{
	if (!is_own(connection, header->destination, header->destination_length)) {
		return REACH_OTHER;
	}
	bool has_told = connection->own_length >= QUIC_ID_TELLING;
	if (header->kind == QUIC_INITIAL && !(has_told && is_alone)) {
		has_told = open_with(dissection, header, start, connection->key,
				   connection->key_length, false) > 0;
	}
	return has_told ? REACH_IT : REACH_UNSURE;
}

static enum reach reach_of_short(
	const struct dissection *dissection, const struct quic_connection *connection)
{
	struct quic_end client = { connection->own_hash, connection->own_length };

	if (client.length > 0 && !quic_goes_to(&client, dissection->in)) {
		return REACH_OTHER;
	}
	return client.length >= QUIC_ID_TELLING ? REACH_IT : REACH_UNSURE;
}

int quic_answered_connection(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, const struct quic_state *state)
{
	enum reach most = REACH_OTHER;
	int answered = QUIC_CONNECTION_NONE;

	for (int i = 0; i < state->count; i++) {
		const struct quic_connection *connection = &state->connections[i];
		if (connection->by_destination != dissection->from_source) {
			continue;
		}
		enum reach reach =
			header ? reach_of(dissection, header, start, connection, state->count == 1)
			       : reach_of_short(dissection, connection);
		if (reach != REACH_OTHER && reach >= most) {
			answered =
				reach == REACH_IT && most != REACH_IT ? i : QUIC_CONNECTION_UNSURE;
			most = reach;
		}
	}
	return answered;
}

void quic_settle_connection(struct quic_state *state, unsigned place, const uint8_t *server_id,
	uint8_t server_id_length)
{
	struct quic_connection *server = &state->connections[1];

	state->connections[0] = state->connections[place];
	state->read = state->read >> place & 1;
	state->count = 1;
	state->is_answered = true;
	server->key_length = server_id_length;
	if (server_id_length > 0) {
		memcpy(server->key, server_id, server_id_length);
	}
}

bool quic_answers(
	struct dissect_tables *tables, struct reader datagram, const struct dissect_state *words)
{
	struct dissection dissection = { .in = datagram, .tables = tables };
	const uint8_t *start = datagram.at;
	struct quic_header header;
	struct quic_state state;

	memcpy(&state, words->words, sizeof(state));
	dissection.from_source = state.connections[0].by_destination;
	if (reader_left(&datagram) > 0 && !(start[0] & QUIC_FORM_LONG)) {
		return quic_answered_connection(&dissection, NULL, start, &state) >= 0;
	}
	return quic_header_read(&datagram, &header) && header.kind <= QUIC_HANDSHAKE &&
	       quic_answered_connection(&dissection, &header, start, &state) >= 0;
}

bool quic_has_begun(const struct dissect_state *words)
{
	struct quic_state state;

	memcpy(&state, words->words, sizeof(state));
	return state.count > 0;
}

bool quic_is_of_source(const struct dissect_state *words)
{
	struct quic_state state;

	memcpy(&state, words->words, sizeof(state));
	return !state.connections[0].by_destination;
}

static struct quic_ends ends_of(const struct quic_state *state)
{
	const struct quic_connection *client = &state->connections[0], *server = client + 1;

	return (struct quic_ends){
		.client = { client->own_hash, client->own_length },
		.server = { hash_id(server->key, server->key_length), server->key_length },
		.is_known = state->is_answered,
	};
}

struct quic_ends quic_ends_of(const struct dissect_state *words)
{
	struct quic_state state;

	memcpy(&state, words->words, sizeof(state));
	return ends_of(&state);
}

bool quic_end_of(struct reader datagram, uint8_t length, struct quic_end *end)
{
	reader_skip(&datagram, 1);
	const uint8_t *id = reader_bytes(&datagram, length);

	if (!reader_ok(&datagram)) {
		return false;
	}
	*end = (struct quic_end){ hash_id(id, length), length };
	return true;
}

bool quic_goes_to(const struct quic_end *end, struct reader datagram)
{
	struct quic_end meant;

	return end->length > 0 && quic_end_of(datagram, end->length, &meant) &&
	       end->hash == meant.hash;
}

bool quic_fits(
	const struct dissection *dissection, const struct quic_state *state, bool from_client)
{
	struct quic_ends ends = ends_of(state);
	const struct quic_end *end = from_client ? &ends.server : &ends.client;

	return end->length == 0 || quic_goes_to(end, dissection->in);
}

bool quic_begins(struct dissect_tables *tables, struct reader datagram)
{
	struct dissection dissection = { .tables = tables };
	const uint8_t *start = datagram.at;
	struct quic_header header;

	return quic_header_read(&datagram, &header) && header.kind == QUIC_INITIAL &&
	       !header.is_cut && quic_pace_allows(&tables->pace) &&
	       open_with(&dissection, &header, start, header.destination, header.destination_length,
		       true) > 0;
}
