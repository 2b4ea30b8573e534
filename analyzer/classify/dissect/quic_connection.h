/* Connections of QUIC that share a socket: whose a packet is, and its opening.
 *
 * A client's Initials belong together by the key that their first connection ID makes. A socket may
 * carry several connections, one after the other, or, to hide which of them is meant, at once; the
 * server then answers one.
 *
 * Threads  one. */
#pragma once

#include "analyzer/classify/dissect/dissector.h"
#include "analyzer/classify/dissect/quic_header.h"
#include "analyzer/classify/dissect/wire_crypto.h"

struct quic_connection {
	uint8_t key[QUIC_CID_MAX]; /* destination of its first Initial, which makes the keys */
	uint8_t key_length;
	uint8_t own_length : 7;  /* of the client's own connection ID */
	bool by_destination : 1; /* its client is the other end of the flow's initiator */
	uint32_t own_hash;
};

enum { QUIC_CONNECTIONS = 2 };

/* A hello of Google's own QUIC was read: the first connection's key is its ID. */
enum { QUIC_READ_GOOGLE = 0x80 };

/* What the dissector keeps in the flow's state. */
struct quic_state {
	/* The first, and the last one begun beside it; once one is answered, that one, and with the
	 * key the name that the server gave it. */
	struct quic_connection connections[QUIC_CONNECTIONS];
	uint8_t count;
	uint8_t read; /* a bit a connection: its hello was read; and QUIC_READ_GOOGLE */
	uint8_t datagrams, unopened;
	uint8_t client_direction; /* 1: the initiator's, 2: the other's; 0 not known */
	uint8_t followed;         /* datagrams since the hello was read; 0 before that */
	uint8_t first_names;      /* how many names the hello that was read first brought */
	bool is_first_later : 1;  /* of two hellos that of connections[0] was read later */
	bool client_spoke : 1;    /* with a short header … */
	bool client_talked : 1;   /* … more than acknowledgements */
	bool is_answered : 1;
	uint8_t greeted : 2; /* a bit a direction: an Initial of a server came before any client's
			      */
	uint8_t contested : QUIC_CONNECTIONS; /* a bit a connection: of its hello there are two */
};

_Static_assert(sizeof(struct quic_state) <= sizeof(((struct dissect_state *)0)->words),
	"fits the flow's state");

enum { QUIC_CONNECTION_NONE = -1, QUIC_CONNECTION_NEW = -2, QUIC_CONNECTION_UNSURE = -3 };

/* So long a connection ID is nobody else's by chance: one in four billion. */
enum { QUIC_ID_TELLING = 4 };

/* Opens a client's Initial, to *count bytes in the scratch memory, and says whose it is. The key
 * stays that of the connection's first Initial when the server has given it another name; what a
 * client sends after a Retry is another connection, of which the answer tells. *count is 0 where it
 * cannot be opened, and where it need not be, since the hello was read. */
int quic_open_client(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, struct quic_state *state, size_t *count);

/* Does an Initial open by what it brings itself, as a client's first one does? */
bool quic_opens_itself(
	struct dissection *dissection, const struct quic_header *header, const uint8_t *start);

/* Room for a new one; its place. */
int quic_add_connection(
	struct dissection *dissection, const struct quic_header *header, struct quic_state *state);

/* Which connection of the other end's a packet of a server means (header NULL: one with a short
 * header): by the ID that its client gave itself, and by whose keys open it. Unsure where it could
 * be either, or that ID does not tell; none where it goes to somebody else. */
int quic_answered_connection(struct dissection *dissection, const struct quic_header *header,
	const uint8_t *start, const struct quic_state *state);

/* The one at that place was answered: the only one from now on. The server goes by that ID, NULL
 * where it did not say so. */
void quic_settle_connection(struct quic_state *state, unsigned place, const uint8_t *server_id,
	uint8_t server_id_length);

/* May a packet with a short header be one of the connection that was answered, by where it goes? */
bool quic_fits(
	const struct dissection *dissection, const struct quic_state *state, bool from_client);

/* Is the server's datagram an answer to a connection of that state? Its keys open it, or it goes to
 * the ID that the client gave itself. */
bool quic_answers(
	struct dissect_tables *tables, struct reader datagram, const struct dissect_state *state);

/* Has an Initial of a client been opened in that state? */
bool quic_has_begun(const struct dissect_state *state);

/* Was the first connection of that state begun by the flow's initiator? */
bool quic_is_of_source(const struct dissect_state *state);

/* By which connection IDs packets go to the ends of a connection. */
struct quic_end {
	uint32_t hash;
	uint8_t length; /* 0: it has none, or none is known */
};
struct quic_ends {
	struct quic_end client, server;
	bool is_known;
};

/* Those of the connection that was answered. */
struct quic_ends quic_ends_of(const struct dissect_state *state);

/* To whom a packet with a short header goes, if IDs are so long there; false where it is shorter.
 */
bool quic_end_of(struct reader datagram, uint8_t length, struct quic_end *end);

/* Does a packet with a short header go to that end? */
bool quic_goes_to(const struct quic_end *end, struct reader datagram);

/* Does the datagram begin a connection: a client's first Initial, under the key that it brings
 * itself? */
bool quic_begins(struct dissect_tables *tables, struct reader datagram);
