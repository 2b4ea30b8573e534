/* The parts of classification, for those who work on them: classify.c and classify_again.c. Others
 * ask classify.h.
 *
 * Memory   the classify's. Threads  its one. */
#pragma once

#include <netinet/in.h>

#include "analyzer/classify/call_sockets.h"
#include "analyzer/classify/classify.h"
#include "analyzer/classify/dissect/ech_names.h"
#include "analyzer/classify/dissect/quic_connection.h"
#include "analyzer/classify/flow_memory.h"
#include "analyzer/classify/http2_hosts.h"
#include "analyzer/classify/l7_feed.h"
#include "analyzer/classify/probe_refusals.h"
#include "analyzer/classify/quic_moves.h"
#include "analyzer/classify/request_ends.h"

/* A note is the number of l7 info, or with this bit the number of a session. */
#define NOTE_PROGRESS (UINT32_C(1) << 31)

/* With this bit all has been read: payload that the same batch still holds for the flow is passed
 * over. */
#define NOTE_DONE (UINT32_C(1) << 30)

/* With this bit as well the capture had cut off some of what was read. */
#define NOTE_CUT (UINT32_C(1) << 29)

/* It is known from before the flow fell silent, and is to be confirmed by what comes. */
#define NOTE_KEPT (UINT32_C(1) << 28)

/* All has been read, and the initiator's payload is still looked at: another conversation may begin
 * on the same five numbers. */
#define NOTE_WATCH (UINT32_C(1) << 27)

/* Of a part: it has a reference to its l7 info of its own. */
#define NOTE_HELD (UINT32_C(1) << 26)

#define NOTE_FLAGS (NOTE_DONE | NOTE_CUT | NOTE_KEPT | NOTE_WATCH | NOTE_HELD)

/* The first bytes of a request that comes in small pieces, in a flow that is watched, until they
 * tell its host. Another flow's may take the place: then it is read no further. */
enum { BEGUN_REQUESTS = 16, BEGUN_BYTES_MAX = 1024 };

struct begun_request {
	uint32_t flow, next_seq;
	uint32_t count; /* 0: none */
	uint8_t bytes[BEGUN_BYTES_MAX];
};

/* A segment of a watched flow behind bytes that were not seen: nothing of its requests until those
 * come, or the server acknowledges it. Another one may take the place. */
enum { AHEAD_BYTES_MAX = 2048 };

struct ahead_segment {
	uint32_t flow, seq, next_seq;
	uint32_t count; /* 0: none; what is longer is cut off */
	uint8_t bytes[AHEAD_BYTES_MAX];
};

/* A connection of QUIC begun on the socket of one that is answered, or goes on without having been
 * seen to begin: nothing of the flow until the server answers it. Another flow's may take the
 * place. */
enum { BEGUN_CONNECTIONS = 16 };

struct begun_connection {
	struct flow_ends ends;
	struct split_early early; /* its Initials, but those that are a part of their own */
	struct l7_session session;
	bool is_waiting; /* false: the place is free */
};

/* How the packets of a flow's connection are known, for as long as no other flow takes the place.
 */
enum { KNOWN_ENDS = 1024 };

struct known_ends {
	uint32_t flow;
	struct quic_ends ends;
};

/* A socket on which more than one connection of QUIC was answered: the flow is the latest, and what
 * goes on of those before it is counted beside it. */
enum { SHARED_SOCKETS = 16, EARLIER_CONNECTIONS = 3 };

/* Packets of the client's to an ID that the server gave under encryption. It is that of the one
 * connection that the server goes on with, and the client no longer under the ID that it had. Bits
 * are places: 0 the latest, then the earlier ones. */
struct stray_packets {
	struct quic_end to;
	uint8_t heard;   /* of which connections since then: the server */
	uint8_t spoken;  /* … and the client, under the ID that is known */
	uint8_t waiting; /* packets of which nothing has told yet whose they are */
};

struct earlier_connection {
	struct quic_ends ends;
	uint32_t l7;     /* a reference */
	uint32_t beside; /* the flow that counts it; FLOW_NONE none does */
};

struct shared_socket {
	struct flow_ends ends;
	uint32_t flow;
	unsigned count; /* of earlier ones; 0: the place is free */
	struct earlier_connection earlier[EARLIER_CONNECTIONS];
	uint64_t from;    /* running number of the packet with which the latest was answered */
	uint64_t kept_ns; /* when its last packet came */
	struct stray_packets strays;
	/* Packets since then that need not be the latest's: of the client, and of the server. */
	bool client_strays, server_strays;
	bool is_contested;
};

struct classify {
	struct dissect_tables tables;
	struct l7_session_table *session;
	struct flow_memory *memory;
	struct ech_names ech;
	struct call_sockets calls;
	struct call_servers servers;
	struct name_feed *heard;               /* NULL: no resolver logs */
	struct log_clock *log_clock;           /* likewise */
	uint64_t heard_ns;                     /* until then logs have been heard */
	struct probe_refusals *probe_refusals; /* NULL: no probe is known */
	struct classify_stats stats;
	struct addr name_clients[CLASSIFY_NAME_CLIENTS];
	struct begun_request begun[BEGUN_REQUESTS];
	struct ahead_segment ahead[BEGUN_REQUESTS];
	struct begun_connection connections[BEGUN_CONNECTIONS];
	struct known_ends known_ends[KNOWN_ENDS];
	struct quic_moves moves;
	struct shared_socket shared[SHARED_SOCKETS];
	unsigned shared_count;
	struct request_ends request_ends;
	struct http2_hosts http2_hosts;
	struct l7_info scratch;
	uint8_t joined[DISSECT_SCRATCH_BYTES], overlaid[DISSECT_SCRATCH_BYTES];
};

static inline bool classify_is_udp(const struct packet *packet)
{
	return (packet->flags & PACKET_V6 ? packet->key.v6.protocol : packet->key.v4.protocol) ==
	       IPPROTO_UDP;
}

/* classify_fetch.c: has what is known of the flows that are about to be looked at on its way. */
void classify_fetch(const struct classify *classify, struct collector *collector,
	const struct collector_batch *batch);

/* classify_again.c: does it say itself whom it goes to? May another conversation follow this one on
 * the same five numbers? */
bool classify_names_its_server(const struct l7_info *l7);
bool classify_may_follow(const struct l7_info *l7);

/* A packet is read that may begin a request of HTTP/1 (is_fresh: nothing was read before it;
 * is_later: but of another conversation), or belong to one that is followed to its end. */
void classify_follow_request(struct classify *classify, const struct packet *packet,
	const struct peek *peek, bool is_fresh, bool is_later);

/* A packet of a flow that is watched begins another conversation: the flow is split, and what is
 * known of the new one stands in its note. True where the packet is still to be read. */
bool classify_begin_again(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek);

/* classify_begun.c: a client's Initial of a connection that the flow does not know: it is read, and
 * waits for the server's answer. */
void classify_begin_beside(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek);

/* The packet shows that the hello of the flow's session is not of the connection that goes on here:
 * what came before is an attempt of its own, and the flow what is remembered of its ends. The hello
 * waits for its answer. False where the flow cannot be split. */
bool classify_leave_hello(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t number);

bool classify_same_ends(const struct flow_ends *a, const struct flow_ends *b);

/* Does one wait in this flow? */
bool classify_waits(struct classify *classify, const struct collector *collector, uint32_t flow);

/* Is the server's packet the answer to a connection that waits for it? Then the flow is split, and
 * has what is known of that one in its note. */
void classify_hear_answer(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek);

/* classify_beside.c: how packets of the connection are known that the flow is now. */
struct quic_ends classify_latest_ends(
	struct classify *classify, struct collector *collector, uint32_t flow);

/* The flow's connection of QUIC was read to its end, in that session; a second one was answered, in
 * that packet, and what went before it says l7, whose reference stays the caller's; and all packets
 * of the batch were looked at: those of earlier connections leave their flows. */
void classify_know_ends(struct classify *classify, const struct collector *collector, uint32_t flow,
	const struct l7_session *session);
void classify_share_socket(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek,
	const struct begun_connection *begun, uint32_t l7);
void classify_part_sockets(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch);

/* classify.c: what the scratch l7 info says in place of that l7 info, whose reference it takes. */
uint32_t classify_share_l7_info(struct classify *classify, uint32_t before);

/* What that l7 info says becomes the scratch one; what the scratch one says is the session's, and
 * shared once that is over: true where it is news; and the flow of the session keeps its l7 info
 * and nothing else. */
void classify_load_l7_info(struct classify *classify, uint32_t number);
bool classify_keep_l7_info(struct classify *classify, struct l7_session *session);
void classify_end_session(struct classify *classify, uint32_t number);

/* classify.c: reads the packet in that session; what it says is the session's l7 info. */
void classify_feed(struct classify *classify, struct collector *collector,
	const struct packet *packet, const struct peek *peek, struct l7_session *session,
	struct l7_feed *feed);

/* What came before the packet becomes a part of its own, with that l7 info, whose reference it
 * takes along; the flow has what lookups say of it. False where it cannot be split. */
bool classify_split(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t l7);

/* Parts of the flow that became due before this peek know what was known until then. Before
 * anything is learnt from it; wherever batches end, so that it is the same for all workers. */
void classify_keep_parts(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek);

/* The same, where the packets `early` belong to what begins. */
bool classify_split_early(struct classify *classify, struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek, uint32_t l7,
	struct split_early early);

/* classify_names.c: what lookups say of a flow that begins with the packet, with a reference; the
 * names of that l7 info beside those of l7; how the flow itself names its server, which lookups may
 * know otherwise; and which machine sent a packet (names.h). */
uint32_t classify_looked_up(struct classify *classify, struct names_place place,
	const struct flow_ends *ends, const struct packet *packet);
void classify_add_names(
	const struct classify *classify, uint32_t number, bool is_doubted, struct l7_info *l7);
void classify_note_use(struct classify *classify, const struct flow_ends *ends,
	const struct l7_info *l7, uint64_t time_ns);
uint16_t classify_asker(const struct classify *classify, const struct packet *packet);

static inline struct names_place classify_names_place(
	const struct classify *classify, const struct flow_ends *ends)
{
	return names_prefetch(classify->tables.names, &ends->source, &ends->destination);
}

/* classify_own.c: what the scratch l7 info says of the names of a server of ours. */
void classify_learn_own(const struct classify *classify, const struct flow_ends *ends);

/* classify_before.c: a flow ended, and may only have fallen silent. */
void classify_keep(struct classify *classify, const struct flow_record *flow, uint32_t l7);

/* What is known of a flow that opens without a beginning, from one of the same five numbers that
 * ended: opened_after of the batch (UINT32_MAX: an earlier one). 0 nothing. */
uint32_t classify_recall(const struct classify *classify, struct collector *collector,
	uint32_t flow, const struct flow_ends *ends, const struct packet *packet, uint32_t after);

/* The first packet of a flow of which something was recalled: does that hold? Else the flow is a
 * new one. */
bool classify_is_recalled(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet);

/* The first packet of a flow without a beginning: does it go on with a connection of QUIC that had
 * another port? Where that is only probable the flow is in doubt, and watched; and a packet of the
 * server in such a flow may still prove it. */
bool classify_has_moved(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet);
void classify_hear_moved(struct classify *classify, struct collector *collector,
	const struct peek *peek, const struct packet *packet);

/* classify_credit.c, where look-ups are tracked: what is read next stands in this packet of the
 * batch; the flow was named by what its client had looked up; and its record says the name itself,
 * which the client was seen to look up. */
void classify_read_at(struct classify *classify, const struct collector *collector,
	const struct collector_batch *batch, const struct peek *peek);
void classify_credit_flow(const struct classify *classify, const struct collector *collector,
	uint32_t flow, const struct flow_ends *ends, uint64_t time_ns);
void classify_credit_name(
	const struct classify *classify, const struct flow_record *flow, const struct l7_info *l7);

/* classify_hear.c: what resolver logs say of lookups until then; and names for a flow that began
 * after its lookup, and before a live resolver told of it. Only where there are logs. */
void classify_hear(struct classify *classify, uint64_t time_ns);
void classify_name_late(
	struct classify *classify, const struct flow_record *flow, struct l7_info *l7);
