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

static void keep_both(const char *own, const char *id, uint32_t l7)
{
	struct flow_ends ends = ends_of("192.0.2.1", 50000);
	struct quic_ends ids = { .is_known = true };

	quic_end_of(packet_to(own), (uint8_t)strlen(own), &ids.client);
	quic_end_of(packet_to(id), (uint8_t)strlen(id), &ids.server);
	quic_moves_keep(&moves, store, &ends, &ids, l7);
}

static void keep(const char *id, uint32_t l7)
{
	keep_both("", id, l7);
}

static uint32_t find(const char *client, uint16_t port, const char *id)
{
	struct flow_ends ends = ends_of(client, port);

	return quic_moves_find(&moves, &ends, true, packet_to(id));
}

static uint32_t find_answer(const char *client, const char *id)
{
	struct flow_ends ends = ends_of(client, 50001);

	return quic_moves_find(&moves, &ends, false, packet_to(id));
}

/* Of a client that moves by itself the ID that it gave itself may still be known. */
static void test_answers(uint32_t one, uint32_t two)
{
	keep_both("clientid", "serverid", one);
	keep_both("cli", "server-2", two);
	is_int(find_answer("192.0.2.1", "clientid"), one, "the server goes on with the client");
	is_int(find_answer("192.0.2.2", "clientid"), 0, "and not with another one");
	is_int(find("192.0.2.1", 50001, "clientid"), 0, "the ID of the one is not the other's");
	is_int(find_answer("192.0.2.1", "serverid"), 0, "nor the other way round");
	is_int(find_answer("192.0.2.1", "cli"), 0, "of a client's, too, three bytes tell nothing");
}

/* Those that there were between the two, as long as there were not too many. */
static void test_between(uint32_t one, uint32_t two)
{
	struct flow_ends ends = ends_of("192.0.2.1", 50001);
	uint32_t known[QUIC_MOVES_BETWEEN];
	unsigned ones = 0;

	for (unsigned i = 0; i < QUIC_MOVES_BETWEEN; i++) {
		keep("serverid", i == 0 ? one : two);
	}
	is_int(quic_moves_between(&moves, &ends, known), QUIC_MOVES_BETWEEN, "all are known");
	for (unsigned i = 0; i < QUIC_MOVES_BETWEEN; i++) {
		ones += known[i] == one;
	}
	is_int(ones, 1, "the first among them");
	ends.destination_port = 444;
	is_int(quic_moves_between(&moves, &ends, known), 0, "another port is another server");
	ends = ends_of("192.0.2.2", 50000);
	is_int(quic_moves_between(&moves, &ends, known), 0, "and another client another");
}

/* However many others there are in between. */
static void test_others(uint32_t one, uint32_t two)
{
	static struct quic_moves busy = { .kept = 0 };
	struct flow_ends ends = ends_of("192.0.2.1", 50000);
	struct flow_ends others = ends_of("192.0.2.9", 50000);
	struct quic_ends ids = { .is_known = true };
	uint32_t known[QUIC_MOVES_BETWEEN];

	busy.key = hash_key_fixed("borderflow moves");
	quic_moves_keep(&busy, store, &ends, &ids, one);
	for (unsigned i = 1; i < QUIC_MOVES_BETWEEN; i++) {
		quic_moves_keep(&busy, store, &others, &ids, two);
	}
	quic_moves_keep(&busy, store, &ends, &ids, two);
	is_int(quic_moves_between(&busy, &ends, known), 2, "nobody gives way where there is room");
	for (unsigned i = 2; i <= QUIC_MOVES_BETWEEN; i++) {
		quic_moves_keep(&busy, store, &ends, &ids, two);
	}
	unsigned ones = 0, count = quic_moves_between(&busy, &ends, known);
	for (unsigned i = 0; i < count; i++) {
		ones += known[i] == one;
	}
	is_int(ones, 0, "then the oldest does");
}

int main(void)
{
	struct l7_info_store_stats stats;

	store = l7_info_store_create(16);
	quic_moves_init(&moves);
	ok(quic_moves_are_empty(&moves), "empty at first");
	uint32_t one = number_of("one.example"), two = number_of("two.example");
	is_int(find("192.0.2.1", 50001, "serverid"), 0, "nothing is known at first");
	keep("serverid", one);
	keep("server-id-of-twenty-", two);
	keep("abc", two);
	ok(!quic_moves_are_empty(&moves), "and then not");
	is_int(find("192.0.2.1", 50001, "serverid"), one, "known at another port");
	is_int(find("192.0.2.1", 50001, "server-id-of-twenty-"), two, "so is a longer ID");
	is_int(find("192.0.2.2", 50001, "serverid"), 0, "another client is another");
	is_int(find("192.0.2.1", 50001, "serveri"), 0, "half an ID is none");
	is_int(find("192.0.2.1", 50001, "abc"), 0, "one of three bytes is nobody's");
	struct flow_ends ends = ends_of("192.0.2.1", 50001);
	is_int(quic_moves_find(&moves, &ends, true, reader_over((const uint8_t *)"@serv", 5)), 0,
		"nor is what is too short for one");
	test_answers(one, two);
	test_between(one, two);
	test_others(one, two);
	for (unsigned i = 0; i < QUIC_MOVES_BETWEEN; i++) {
		keep("serverid", two);
	}
	is_int(find("192.0.2.1", 50001, "serverid"), two,
		"later ones take the place of earlier ones");
	l7_info_store_release(store, one);
	l7_info_store_release(store, two);
	l7_info_store_read_stats(store, &stats);
	is_int(stats.sets, 1, "what gave way is given back");
	l7_info_store_destroy(store);
	return done_testing();
}
