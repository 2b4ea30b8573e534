/* Connections of QUIC that go on from another port. */
#include <stdlib.h>

#include "analyzer/classify/quic_moves.h"
#include "tests/tap.h"

static struct quic_moves moves;
static struct l7_info_store *store;

static struct flow_ends ends_of(const char *client, uint16_t port)
{
	struct flow_ends ends = { .source_port = port, .destination_port = 443, .protocol = 17 };

	addr_parse(client, &ends.source);
	addr_parse("198.51.100.7", &ends.destination);
	return ends;
}

static uint32_t number_of(const char *name)
{
	struct l7_info l7;

	l7_info_clear(&l7);
	l7_info_add_name(&l7, NAME_QUIC_SNI, name, strlen(name));
	return l7_info_store_add(store, &l7);
}

/* A packet with a short header, to that connection ID. */
static struct reader packet_to(const char *id)
{
	static uint8_t packet[64];

	memset(packet, 0xa5, sizeof(packet));
	packet[0] = 0x40;
	memcpy(packet + 1, id, strlen(id));
	return reader_over(packet, sizeof(packet));
}

static void keep(const char *id, uint32_t l7)
{
	struct flow_ends ends = ends_of("192.0.2.1", 50000);
	struct quic_end server;

	quic_end_of(packet_to(id), (uint8_t)strlen(id), &server);
	quic_moves_keep(&moves, store, &ends, &server, l7);
}

static uint32_t find(const char *client, uint16_t port, const char *id)
{
	struct flow_ends ends = ends_of(client, port);

	return quic_moves_find(&moves, &ends, packet_to(id));
}

int main(void)
{
	struct l7_info_store_stats stats;
	char id[16];

	store = l7_info_store_create(16);
	quic_moves_init(&moves);
	uint32_t one = number_of("one.example"), two = number_of("two.example");
	is_int(find("192.0.2.1", 50001, "serverid"), 0, "nothing is known at first");
	keep("serverid", one);
	keep("server-id-of-twenty-", two);
	keep("abc", two);
	is_int(find("192.0.2.1", 50001, "serverid"), one, "known at another port");
	is_int(find("192.0.2.1", 50001, "server-id-of-twenty-"), two, "so is a longer ID");
	is_int(find("192.0.2.2", 50001, "serverid"), 0, "another client is another");
	is_int(find("192.0.2.1", 50001, "serveri"), 0, "half an ID is none");
	is_int(find("192.0.2.1", 50001, "abc"), 0, "one of three bytes is nobody's");
	struct flow_ends ends = ends_of("192.0.2.1", 50001);
	is_int(quic_moves_find(&moves, &ends, reader_over((const uint8_t *)"@serv", 5)), 0,
		"nor is what is too short for one");
	keep("serverid", two);
	is_int(find("192.0.2.1", 50001, "serverid"), two, "the latest one counts");
	l7_info_store_release(store, one);
	l7_info_store_release(store, two);
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, 1, "what gave way is given back");
	for (unsigned i = 0; i < 20 * QUIC_MOVES; i++) {
		snprintf(id, sizeof(id), "%08u", i);
		keep(id, two);
	}
	is_int(find("192.0.2.1", 50001, "serverid"), 0, "later ones take its place");
	l7_info_store_destroy(store);
	return done_testing();
}
