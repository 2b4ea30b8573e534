/* One worker: batches of packets in, flows and expired records out.
 *
 *     while (collector_next(collector, &batch, &err) == COLLECTOR_MORE) {
 *             look at batch.opened and batch.peeks (new flows, payload that a flow still asks for);
 *             while ((count = collector_take(collector, records, MANY)) > 0)
 *                     pass the records on;
 *     }
 *     collector_finish(collector);    then take what is left
 *
 * A flow is named by a number that is good from the moment it is opened until its last record was
 * taken. Each flow carries a note: 32 bits that belong to the reader of payload (0 at first), and
 * two flags, one a direction, that say whether its payload is still wanted (both set at first, for
 * TCP and UDP). Records carry the note; the one with is_last gives it back.
 *
 * Memory   taken once from flow_limit; the table grows to it without a stall and never past it.
 * Threads  one a collector; two where its halves are called apart.
 * Failure  sources may fail (the message names file and offset; what was read is kept); the rest
 *          counts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "collector/decode.h"
#include "collector/flow.h"
#include "collector/packet.h"
#include "collector/source.h"
#include "collector/wrapping.h"

struct collector;
struct frame_marks;

/* What the VLANs and tunnels of a packet say about which flow it belongs to. Names as in
 * --flow-context. */
#define FLOW_CONTEXT_RULES(X)                                                                      \
	/* A mirror may tag one direction alone: an answer under another context joins. What has   \
	 * its own context in both directions stays apart. */                                      \
	X(AUTO, "auto")                                                                            \
	X(STRICT, "strict") /* another context is another flow */                                  \
	X(IGNORE, "ignore") /* the five numbers alone */

enum flow_context_rule {
#define X(id, name) FLOW_CONTEXT_##id,
	FLOW_CONTEXT_RULES(X)
#undef X
		FLOW_CONTEXT_RULE_COUNT
};

struct collector_options {
	/* Live flows at most; 0: 2,000,000. In a full table the idlest of a few is evicted. */
	uint32_t flow_limit;
	uint64_t idle_tcp_ns;   /* 0: 300 s */
	uint64_t idle_other_ns; /* 0: 120 s */
	uint64_t active_ns;     /* 0: never (parts are handed on each slot anyway) */
	uint64_t closed_ns;     /* 0: 5 s after the goodbye, so that late packets join */
	enum flow_context_rule context;
	/* No parts at slot edges; parts still come where a counter would overflow. */
	bool whole_flows;
	uint16_t worker;        /* put in each record */
	struct hash_key id_key; /* for flow_id: sensors of the same key give a flow the same id */
	struct hash_key id_key_next; /* of flows that begin at id_next_ns or later */
	uint64_t id_next_ns;         /* 0: never */
	struct wrapping wrapping;    /* who may wrap others' packets in tunnels */
	struct frame_marks *marks;   /* the caller's: whose packets came in which frame; NULL */
	bool locates;    /* flows say where their packets stand; the source has file_ids */
	const char *cpu; /* instruction set; NULL: the best of this machine (simd/kernels.h) */
};

struct collector_stats {
	struct decode_stats decode;
	uint64_t flows_opened, flows_now, flows_most; /* live flows: now, and at the most */
	uint64_t flows_ended[FLOW_END_COUNT];         /* records made, by reason */
	uint64_t packets_taken, bytes_taken; /* in records made so far; bytes are IP bytes */
	uint64_t packets_live;               /* in flows that are still in the table */
	uint64_t bytes_missed; /* of TCP streams that were seen on both sides of them */
	uint64_t clock_steps;  /* times the packets' clock jumped back or far ahead */
	uint64_t table_bytes;  /* memory of table and slabs */
	uint64_t sightings, sightings_lost; /* of who has which address (sightings.h); no room */
};

/* Payload that flow wants: packet is its place in the batch, from_source whether the initiator sent
 * it. Of TCP also what the flow table had seen before this segment: the number behind the highest
 * byte of the other end, its SYN counted, and of the sender; of a segment out of order rather where
 * its sender's stream began. And up to where the other end has acknowledged the sender's bytes. */
struct peek {
	uint32_t flow;
	uint16_t packet;
	bool from_source;
	bool has_next_seq, has_peer_seq;
	uint32_t next_seq, peer_seq;
	bool has_acked_seq;
	uint32_t acked_seq;
};

struct collector_batch {
	struct packet_batch packets;
	unsigned opened_count, peek_count;
	uint32_t opened[PACKET_BATCH_MAX];        /* flows that began in this batch */
	uint16_t opened_packet[PACKET_BATCH_MAX]; /* the packet that opened each */
	/* The flow of the same five numbers that ended in this batch; UINT32_MAX none. */
	uint32_t opened_after[PACKET_BATCH_MAX];
	struct peek peeks[PACKET_BATCH_MAX]; /* in packet order */
};

/* What collector_next() gives; otherwise -errno, as source_next(). */
enum collector_result {
	COLLECTOR_MORE,  /* a batch (perhaps of no packets: a live source was idle) */
	COLLECTOR_ENDED, /* the source is at its end */
};

/* Is the instruction set to be had here? 0 or -ENOTSUP. */
int collector_check_cpu(const char *name, struct err *err);

/* The source stays the caller's. NULL and err where memory is short or options.cpu is not to be had
 * here. */
struct collector *collector_create(
	struct source *source, const struct collector_options *options, struct err *err);
void collector_destroy(struct collector *collector);

int collector_next(struct collector *collector, struct collector_batch *batch, struct err *err);

/* The halves of collector_next(), for one thread that reads and decodes and one that follows the
 * flows (read_ahead.h joins them). The rest of the collector belongs to the second; the statistics
 * are to be read when both have ended. */
int collector_read(struct collector *collector, struct packet_batch *packets, struct err *err);
/* Would the next batch come from frames that were read already? Whoever stops early reads on until
 * then, so that none is lost. */
bool collector_has_rest(const struct collector *collector);
void collector_follow(struct collector *collector, struct collector_batch *batch);

/* For a live source that is idle: it is time_ns now, and every packet from before was handed over.
 * Hands on the parts and ends the flows whose time is over, as their next packet would. True where
 * more may be due: take the records, then call it again. */
bool collector_tick(struct collector *collector, uint64_t time_ns);

/* Ends every flow that is left (reason eof); take them afterwards. */
void collector_finish(struct collector *collector);

/* Records that are due: 0..most of them. To be called until it gives 0, after each batch and after
 * the finish. A flow's number is free again once its last record was taken here. */
size_t collector_take(struct collector *collector, struct flow_record *records, size_t most);

/* The note of a live flow, to read and to write; the ends of the flow; and "no more payload of this
 * direction, please" (both directions: two calls). The numbers come from the last batch. */
uint32_t *collector_note(struct collector *collector, uint32_t flow);
/* The serial of a live flow, where frames are marked. */
uint32_t collector_serial(const struct collector *collector, uint32_t flow);
/* Starts reading what the others need of a flow that will be asked for soon; any number will do. */
void collector_fetch(const struct collector *collector, uint32_t flow);
void collector_stop_peeking(struct collector *collector, uint32_t flow, bool from_source);
/* Both directions again, from the next batch on. */
void collector_start_peeking(struct collector *collector, uint32_t flow);

/* Packet `at` of the batch begins another conversation of the flow, or shows that packets before it
 * did: what else came before becomes a part with a note of its own, the last one of its
 * conversation. Before the batch's records are taken. False where it cannot be. */
enum { SPLIT_EARLY_NUMBERS = 4 };
struct split_notes {
	uint32_t part;
	uint32_t due; /* of earlier parts that are due already */
	struct split_early {
		uint32_t packets, bytes; /* that came before `at`, and belong to what begins */
		uint64_t time_ns;        /* of the first of them */
		uint64_t numbers[SPLIT_EARLY_NUMBERS]; /* running numbers of the first ones */
		bool is_high;                          /* who sent them, by ends of the key */
		bool were_due; /* a part with some of them was due when they were looked at */
	} early;
};
bool collector_split(struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at, const struct split_notes *notes);
/* Is packet `at`, of the last batch, in a part of the flow that is due already? */
bool collector_is_due(const struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at);

/* Two conversations of a flow at once: a flow beside it, with the same ends and that note, whose
 * first packet will be `at`; UINT32_MAX where there is no room. And packet `at`, which the flow has
 * counted, is that of the one beside it; kept_ns: when the last one came that is the flow's own.
 * False where that cannot be. Before the batch's records are taken. */
uint32_t collector_open_beside(struct collector *collector, const struct collector_batch *batch,
	uint32_t flow, unsigned at, uint32_t note);
bool collector_move(struct collector *collector, const struct collector_batch *batch, unsigned at,
	uint32_t flow, uint32_t beside, uint64_t kept_ns);
bool collector_is_live(const struct collector *collector, uint32_t flow);
/* All packets of the batch were looked at: is the flow beside another one over? And nothing more
 * will be moved to it. It has to be live. */
void collector_settle_beside(struct collector *collector, uint32_t beside);
void collector_release_beside(struct collector *collector, uint32_t beside);

/* The next packet of the flow in the batch behind packet `at`, whoever sent it; batch's count:
 * none.
 */
unsigned collector_next_packet(const struct collector *collector,
	const struct collector_batch *batch, uint32_t flow, unsigned at);
/* The running number of the batch's packet. */
uint64_t collector_packet_number(
	const struct collector *collector, const struct collector_batch *batch, unsigned packet);

/* Has a part become due in the last batch? It knows what its flow's note says when it is taken:
 * what later packets of the batch tell as well, which depends on where batches end. So before the
 * note changes for a peek, the parts that became due before its packet are to be given what stands
 * there; how many had none of their own. */
bool collector_has_parts(const struct collector *collector);
unsigned collector_keep_notes(struct collector *collector, const struct collector_batch *batch,
	const struct peek *peek, uint32_t note);

struct flow_ends {
	struct addr source, destination;
	uint16_t source_port, destination_port;
	uint8_t protocol;
};
/* Who began the flow: known, or guessed so far? Was the packet of this flow sent by whom we take
 * for the source? And what somebody has found out: it was the sender of the peek's packet, or the
 * other end; parts that became due since say so too. Numbers and packets of the last batch; a peek
 * of the same batch may still have it otherwise. */
bool collector_source_is_known(const struct collector *collector, uint32_t flow);
bool collector_is_from_source(
	const struct collector *collector, uint32_t flow, const struct packet *packet);
void collector_set_source(struct collector *collector, const struct collector_batch *batch,
	const struct peek *peek, bool sender_began);

/* Did somebody outside wrap the packet, of the last batch? */
bool collector_is_from_outside(const struct collector *collector, const struct packet *packet);

void collector_flow_ends(const struct collector *collector, uint32_t flow, struct flow_ends *ends);

/* A snapshot; the worker's thread. */
void collector_read_stats(const struct collector *collector, struct collector_stats *stats);
