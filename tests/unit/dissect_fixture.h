/* What tests of dissectors share: the tables of a worker, and a flow whose payload is given as
 * bytes. */
#pragma once

#include "analyzer/classify/call_sockets.h"
#include "analyzer/classify/dns_questions.h"
#include "analyzer/classify/dissect/ech_names.h"
#include "analyzer/classify/dissect/wire_crypto.h"
#include "analyzer/classify/l7_feed.h"
#include "tests/tap.h"

struct fixture {
	struct dissect_tables tables;
	struct ech_names ech;
	struct call_sockets calls;
	struct l7_info l7;
	struct l7_session session;
	struct flow_ends ends;
	uint64_t time_ns, dropped, reassembled;
	uint8_t scratch[DISSECT_SCRATCH_BYTES], overlay[DISSECT_SCRATCH_BYTES];
	uint8_t tcp_flags;
	uint16_t tcp_urgent;
	bool is_midstream;    /* the handshake was not seen */
	bool reads_all;       /* also what could be passed over */
	uint32_t next_seq[2]; /* behind the highest byte sent by source, destination; 0: none */
	uint32_t acked[2];    /* up to where the other end acknowledged them; 0: nothing */
};

/* Number of the first byte of a stream: it wraps soon. */
#define FIXTURE_SEQ UINT32_C(0xfffffff0)

/* A new flow of that protocol and those ports, from 192.0.2.1 to 198.51.100.7. */
static inline void fixture_flow(
	struct fixture *fixture, uint8_t protocol, uint16_t source_port, uint16_t destination_port)
{
	l7_feed_release(&fixture->tables, &fixture->session);
	l7_session_init(&fixture->session, 0, 0);
	fixture->ends = (struct flow_ends){ .protocol = protocol,
		.source_port = source_port,
		.destination_port = destination_port };
	addr_parse("192.0.2.1", &fixture->ends.source);
	addr_parse("198.51.100.7", &fixture->ends.destination);
	fixture->time_ns = 1000000000000;
	l7_info_clear(&fixture->l7);
	fixture->next_seq[0] = fixture->next_seq[1] = 0;
	fixture->acked[0] = fixture->acked[1] = 0;
	fixture->is_midstream = false;
	fixture->tcp_flags = TCP_ACK | TCP_PSH;
	fixture->tcp_urgent = 0;
}

static inline void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->tables.store = l7_info_store_create(1000);
	fixture->tables.names = names_create(1000, fixture->tables.store);
	fixture->tables.reassembly = reassembly_create(64);
	fixture->tables.quic = quic_crypto_create();
	fixture->tables.questions = dns_questions_create();
	fixture->tables.ech = &fixture->ech;
	fixture->tables.calls = &fixture->calls;
	call_sockets_init(&fixture->calls);
	fixture->tables.scratch = fixture->scratch;
	fixture->tables.overlay = fixture->overlay;
	ech_names_init(&fixture->ech);
	dissector_choices_init(&fixture->tables.choices);
}

static inline void fixture_deinit(struct fixture *fixture)
{
	names_destroy(fixture->tables.names);
	l7_info_store_destroy(fixture->tables.store);
	reassembly_destroy(fixture->tables.reassembly);
	quic_crypto_destroy(fixture->tables.quic);
	dns_questions_destroy(fixture->tables.questions);
}

/* A packet of the flow; seq counts from 0 in each direction, ack as well. The bytes are copied to
 * memory of their own length, so that a sanitizer sees every step past their end. */
static inline void fixture_segment(struct fixture *fixture, bool from_source, uint8_t tcp_flags,
	uint32_t seq, uint32_t ack, const void *bytes, size_t count)
{
	uint8_t *copy = malloc(count ? count : 1);
	struct packet packet = { .time_ns = fixture->time_ns,
		.payload = copy,
		.payload_bytes = (uint32_t)count,
		.payload_wire_bytes = (uint32_t)count,
		.tcp_seq = FIXTURE_SEQ + seq - !!(tcp_flags & TCP_SYN),
		.tcp_ack = FIXTURE_SEQ + ack,
		.tcp_flags = tcp_flags,
		.tcp_urgent = fixture->tcp_urgent };
	struct l7_feed feed = { .tables = &fixture->tables,
		.ends = fixture->ends,
		.time_ns = fixture->time_ns,
		.session = &fixture->session,
		.l7 = &fixture->l7 };
	uint32_t *next_seq = &fixture->next_seq[!from_source], behind = seq + (uint32_t)count;
	struct peek peek = { .from_source = from_source,
		.has_next_seq = !fixture->is_midstream || *next_seq > 0,
		.has_peer_seq = !fixture->is_midstream,
		.next_seq = FIXTURE_SEQ + *next_seq,
		.has_acked_seq = fixture->acked[!from_source] > 0,
		.acked_seq = FIXTURE_SEQ + fixture->acked[!from_source],
		.peer_seq = FIXTURE_SEQ + fixture->next_seq[from_source] };

	*next_seq = (int32_t)(behind - *next_seq) > 0 ? behind : *next_seq;
	memcpy(copy, bytes, count);
	if (fixture->reads_all ||
		!l7_feed_passes(&fixture->session, &fixture->l7, &packet, &peek)) {
		l7_feed_packet(&feed, &packet, &peek);
	}
	fixture->dropped += feed.dropped;
	fixture->reassembled += feed.reassembled;
	free(copy);
}

/* The same as hosts usually send it. */
static inline void fixture_send(
	struct fixture *fixture, bool from_source, uint32_t seq, const void *bytes, size_t count)
{
	fixture_segment(fixture, from_source, fixture->tcp_flags, seq,
		fixture->next_seq[from_source], bytes, count);
}

/* Nothing more comes. */
static inline void fixture_end(struct fixture *fixture)
{
	struct l7_feed feed = { .tables = &fixture->tables,
		.ends = fixture->ends,
		.time_ns = fixture->time_ns,
		.session = &fixture->session,
		.l7 = &fixture->l7 };

	l7_feed_end(&feed);
}

/* Nothing more is wanted of what this side says; another start may still be looked at. */
static inline bool fixture_is_read(const struct fixture *fixture, bool from_source)
{
	const struct direction *direction = &fixture->session.directions[!from_source];

	return direction->is_read || direction->is_done;
}

/* The first name from that source; "" where there is none. */
static inline const char *fixture_name(const struct fixture *fixture, enum name_source source)
{
	for (unsigned i = 0; i < fixture->l7.name_count; i++) {
		if (fixture->l7.names[i].source == source) {
			return l7_info_name(&fixture->l7, i);
		}
	}
	return "";
}

/* What a server answers a hello of DTLS. */
static inline void fixture_answer_dtls(struct fixture *fixture)
{
	fixture_send(fixture, false, 0,
		"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x32\2\0\0\x26\0\0\0\0\0\0\0\x26"
		"\xfe\xfd"
		"0123456789abcdef0123456789abcdef"
		"\0\xc0\x2f\0",
		63);
}
