/* What recognition costs, a payload each: hellos, Initials, requests, lookups, and payload that
 * nobody knows. */
#include "analyzer/classify/dissect/ja4.h"
#include "analyzer/classify/dissect/tls_hello.h"
#include "tests/bench/bench.h"
#include "tests/unit/dissect_fixture.h"
#include "tests/unit/hello_builder.h"
#include "tests/unit/quic_vectors.h"

enum { IP_TCP = 6, IP_UDP = 17, ROUNDS = 9, CALLS = 20000 };

static struct fixture fixture;

struct load {
	const char *what;
	uint8_t protocol;
	uint16_t port;
	const uint8_t *bytes;
	size_t count;
};

static void feed_once(const struct load *load)
{
	struct packet packet = { .payload = load->bytes,
		.payload_bytes = (uint32_t)load->count,
		.payload_wire_bytes = (uint32_t)load->count,
		.tcp_flags = TCP_ACK | TCP_PSH };
	struct l7_feed feed = { .tables = &fixture.tables,
		.ends = fixture.ends,
		.session = &fixture.session,
		.l7 = &fixture.l7 };

	l7_session_init(&fixture.session, 0, 0);
	l7_info_clear(&fixture.l7);
	l7_feed_packet(&feed, &packet, &(struct peek){ .from_source = true, .has_next_seq = true });
	l7_feed_release(&fixture.tables, &fixture.session);
}

static void measure_load(const struct load *load)
{
	double rounds[ROUNDS];

	fixture_flow(&fixture, load->protocol, 50000, load->port);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double start_ns = bench_now_ns();
		for (unsigned i = 0; i < CALLS; i++) {
			feed_once(load);
		}
		rounds[round] = (bench_now_ns() - start_ns) / CALLS;
	}
	printf("%-44s %8.0f ns   %s\n", load->what, bench_median(rounds, ROUNDS),
		l7_protocol_name(fixture.l7.protocol));
}

/* The parts of a TLS hello: reading it, and fingerprinting it. */
static void measure_hello(const struct hello_builder *message)
{
	static struct client_hello hello;
	double parse[ROUNDS], ja4[ROUNDS];
	char text[L7_INFO_JA4_MAX];

	for (unsigned round = 0; round < ROUNDS; round++) {
		double start_ns = bench_now_ns();
		for (unsigned i = 0; i < CALLS; i++) {
			client_hello_parse(
				reader_over(message->bytes + 4, message->count - 4), false, &hello);
		}
		double middle_ns = bench_now_ns();
		for (unsigned i = 0; i < CALLS; i++) {
			ja4_of_hello(&fixture.tables.ja4, &hello, JA4_TCP, text);
		}
		parse[round] = (middle_ns - start_ns) / CALLS;
		ja4[round] = (bench_now_ns() - middle_ns) / CALLS;
	}
	printf("%-44s %8.0f ns\n", "  of which reading the hello", bench_median(parse, ROUNDS));
	printf("%-44s %8.0f ns\n", "  of which JA4", bench_median(ja4, ROUNDS));
}

/* Lookups in a table of a million names: what each new flow costs. */
static void measure_names(void)
{
	enum { ENTRIES = 1000000, BATCH = 64 };
	struct l7_info_store *store = l7_info_store_create(16);
	struct names *names = names_create(ENTRIES, store);
	struct addr client, address[BATCH];
	struct names_place places[BATCH];
	double rounds[ROUNDS];
	uint32_t random = 1, found = 0;

	addr_parse("192.0.2.1", &client);
	l7_info_clear(&fixture.l7);
	l7_info_add_name(&fixture.l7, NAME_DNS_QUERY, "www.example.com", 15);
	uint32_t l7 = l7_info_store_add(store, &fixture.l7);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		address[0] = (struct addr){
			{ [10] = 0xff, 0xff, 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i }
		};
		const struct names_answer answer = { l7, 3600, true, NAMES_ASKER_UNTOLD };
		names_add(names, names_prefetch(names, &client, address), &client, address, &answer,
			0);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		double start_ns = bench_now_ns();
		for (unsigned i = 0; i < CALLS; i++) {
			for (unsigned j = 0; j < BATCH; j++) {
				random = random * 1664525 + 1013904223;
				address[j] = (struct addr){ { [10] = 0xff,
					0xff,
					10,
					(uint8_t)(random >> 28),
					(uint8_t)(random >> 16),
					(uint8_t)(random >> 8) } };
				places[j] = names_prefetch(names, &client, address + j);
			}
			for (unsigned j = 0; j < BATCH; j++) {
				found += names_find(names, places[j], &client, address + j, 0).l7 !=
					 0;
			}
		}
		rounds[round] = (bench_now_ns() - start_ns) / CALLS / BATCH;
	}
	printf("%-44s %8.0f ns   %u found\n", "a name for a new flow, of a million",
		bench_median(rounds, ROUNDS), found);
	names_destroy(names);
	l7_info_store_destroy(store);
}

int main(void)
{
	static struct hello_builder message, hello, large, initial[2], dns = { .count = 0 };
	static uint8_t noise[1200];
	static const char request[] =
		"GET /a/path HTTP/1.1\r\nUser-Agent: something/1.0\r\nAccept: */*\r\n"
		"Host: www.example.com\r\n\r\n";

	fixture_init(&fixture);
	put_client_hello(&message, "www.example.com", 0, 32);
	put_records(&hello, &message, 16384);
	struct hello_builder small = message;
	message.count = 0;
	put_client_hello(&message, "www.example.com", 0, 1300);
	put_records(&large, &message, 16384);
	for (const char *hex = rfc9001_initial; *hex; hex += 2) {
		unsigned byte;
		sscanf(hex, "%2x", &byte);
		put_number(&initial[0], 1, byte);
	}
	initial[1] = initial[0];
	put_bytes(&dns,
		"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\3www\7example\3com\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0"
		"\0\x3c\0\4\xcb\0\x71\5",
		49);
	for (unsigned i = 0; i < sizeof(noise); i++) {
		noise[i] = (uint8_t)((i + 13) * 197 >> 2 ^ i);
	}
	const struct load loads[] = {
		{ "TLS hello in one segment", IP_TCP, 443, hello.bytes, hello.count },
		{ "TLS hello, half of it (kept for the rest)", IP_TCP, 443, large.bytes,
			large.count / 2 },
		{ "QUIC Initial, keys of the packet before", IP_UDP, 443, initial[0].bytes,
			initial[0].count },
		{ "HTTP request", IP_TCP, 80, (const uint8_t *)request, sizeof(request) - 1 },
		{ "DNS answer", IP_UDP, 53, dns.bytes, dns.count },
		{ "TCP payload that nobody knows", IP_TCP, 9999, noise, 64 },
		{ "UDP payload that nobody knows", IP_UDP, 9999, noise, sizeof(noise) },
	};
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		measure_load(loads + i);
		if (i == 0) {
			measure_hello(&small);
		}
	}
	/* With another connection ID each time no keys can be reused; that the tag is then wrong
	 * costs the same. */
	double rounds[ROUNDS];
	struct load fresh = { "", IP_UDP, 443, initial[1].bytes, initial[1].count };
	fixture_flow(&fixture, IP_UDP, 50000, 443);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double start_ns = bench_now_ns();
		for (unsigned i = 0; i < CALLS; i++) {
			initial[1].bytes[6 + i % 8]++;
			feed_once(&fresh);
		}
		rounds[round] = (bench_now_ns() - start_ns) / CALLS;
	}
	printf("%-44s %8.0f ns\n", "QUIC Initial, new keys", bench_median(rounds, ROUNDS));
	measure_names();
	fixture_deinit(&fixture);
	return 0;
}
