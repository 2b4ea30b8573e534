/* One service, and every shape in which a client can name it: versions of QUIC, hellos cut, turned
 * and sent twice, post-quantum key shares, Encrypted ClientHello true and feigned. Each hello comes
 * from a device of its own, so that no lookup helps where none is made. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/quic_flight.h"
#include "tests/traffic/quic_packet.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/udp_session.h"

enum { EXCHANGES = 6, ANSWER_BYTES = 2400, SEGMENTS_MAX = 16 };

static const char named[] = "v16m-default.tiktokcdn-eu.com", named_addr[] = "2.21.20.12";

/* Sites behind a provider that hides names: the public name is what the wire shows. */
static const char site[] = "www.tiktok.com", public_name[] = "edge.exempelnat.example",
		  site_addr[] = "185.39.147.40";

struct hellos {
	struct scene *scene;
	unsigned device_count;
	uint64_t now_ns;
};

static void next_device(struct hellos *hellos, struct device *device)
{
	struct path path = { 0 };
	char name[32], addr4[ADDR_TEXT_MAX];
	unsigned number = hellos->device_count++;

	snprintf(name, sizeof(name), "hello-%u", number);
	snprintf(addr4, sizeof(addr4), "10.20.%u.%u", 64 + number / 200, number % 200 + 11);
	device_init(device, hellos->scene, "Kommunledning", name, addr4, NULL, &path);
	hellos->now_ns += 700 * NS_PER_MS;
}

/* What everybody must say of a flow that named the service. */
static struct truth_flow named_truth(bool is_quic)
{
	struct truth_flow truth = {
		.app = "tiktok",
		.evidence = is_quic ? "quic-sni" : "tls-sni",
		.category = "social_video",
		.owner_country = "IE",
		.parent_country = "CN",
		.l7_protocol = is_quic ? "quic" : "tls",
		.hidden = "none",
		.name_flow = TRUTH_NO_FLOW,
		.alert = true,
	};

	memcpy(truth.name, named, sizeof(named));
	return truth;
}

/* A flow whose hello says nothing of the site; outer is the public name that it shows instead. */
static struct truth_flow hidden_truth(const char *outer, const char *why)
{
	struct truth_flow truth = {
		.app = "unknown",
		.hidden = why,
		.name_flow = TRUTH_NO_FLOW,
	};

	snprintf(truth.name, sizeof(truth.name), "%s", outer);
	return truth;
}

static void play_quic(struct hellos *hellos, struct device *device, const char *addr,
	const struct quic_flight *flight, const struct truth_flow *truth)
{
	struct endpoint server = { addr_of(addr), 443 };
	struct conversation udp;

	udp_init(&udp, hellos->scene, device, &server, hellos->now_ns, truth);
	quic_flight_play(&udp, flight);
}

/* How a hello's records lie in segments. */
enum tls_cut {
	TLS_CUT_PLAIN,   /* as the stack cuts them */
	TLS_CUT_RECORDS, /* many records */
	TLS_CUT_TURNED,  /* the last segment first */
	TLS_CUT_TINY,    /* the first bytes one by one */
	TLS_CUT_TWICE,   /* each segment again, with other content: the first is what counts */
	TLS_CUT_OVERLAPPING,
	TLS_CUT_COUNT
};

/* The segments of a write of count bytes. */
static unsigned cut_segments(uint8_t cut, uint32_t count, struct tcp_piece *pieces)
{
	uint32_t half = count / 2, third = count / 3;
	unsigned pieces_count = 0;

	switch (cut) {
	case TLS_CUT_TURNED:
		pieces[pieces_count++] = (struct tcp_piece){ half, count - half, false };
		pieces[pieces_count++] = (struct tcp_piece){ 0, half, false };
		break;
	case TLS_CUT_TINY:
		for (uint32_t at = 0; at < 6; at++) {
			pieces[pieces_count++] = (struct tcp_piece){ at, 1, false };
		}
		pieces[pieces_count++] = (struct tcp_piece){ 6, third, false };
		pieces[pieces_count++] = (struct tcp_piece){ 6 + third, count - 6 - third, false };
		break;
	case TLS_CUT_TWICE:
		pieces[pieces_count++] = (struct tcp_piece){ 0, half, false };
		pieces[pieces_count++] = (struct tcp_piece){ 0, half, true };
		pieces[pieces_count++] = (struct tcp_piece){ half, count - half, false };
		pieces[pieces_count++] = (struct tcp_piece){ half, count - half, true };
		break;
	default:
		pieces[pieces_count++] = (struct tcp_piece){ 0, half + third / 2, false };
		pieces[pieces_count++] =
			(struct tcp_piece){ third, half - third + third / 2, true };
		pieces[pieces_count++] = (struct tcp_piece){ half, count - half, false };
		break;
	}
	return pieces_count;
}

static void send_hello(struct tcp_session *tcp, const struct hello_options *options, uint8_t cut)
{
	struct rng *rng = &tcp->conversation.scene->rng;
	struct tcp_piece pieces[SEGMENTS_MAX];
	uint8_t message[HELLO_BYTES_MAX], records[2 * HELLO_BYTES_MAX];
	size_t count = hello_build(rng, options, message);

	count = hello_put_records(message, count, cut == TLS_CUT_RECORDS ? 200 : 16384, records);
	tcp->conversation.carries_name = true;
	if (cut == TLS_CUT_PLAIN || cut == TLS_CUT_RECORDS) {
		tcp_send(tcp, TCP_CLIENT, records, count);
	} else {
		tcp_send_pieces(tcp, TCP_CLIENT, records, count, pieces,
			cut_segments(cut, (uint32_t)count, pieces));
	}
	tcp->conversation.carries_name = false;
}

static void play_tls(struct hellos *hellos, struct device *device, const char *addr,
	const struct hello_options *options, uint8_t cut, const struct truth_flow *truth)
{
	struct endpoint server = { addr_of(addr), 443 };
	struct tcp_session tcp;
	uint8_t answer[HELLO_BYTES_MAX + 256];

	tcp_init(&tcp, hellos->scene, device, &server, hellos->now_ns, truth);
	tcp_connect(&tcp);
	send_hello(&tcp, options, cut);
	tcp_send(&tcp, TCP_SERVER, answer,
		hello_build_answer(&hellos->scene->rng, ANSWER_BYTES, answer));
	tcp_close(&tcp, TCP_CLIENT);
}

/* Every version, every cut. */
static void play_versions(struct hellos *hellos)
{
	static const uint32_t versions[] = { QUIC_V1, QUIC_V2, QUIC_DRAFT | 22, QUIC_DRAFT | 23,
		QUIC_DRAFT | 25, QUIC_DRAFT | 27, QUIC_DRAFT | 28, QUIC_DRAFT | 29, QUIC_DRAFT | 32,
		QUIC_DRAFT | 33, QUIC_DRAFT | 34 };
	struct truth_flow truth = named_truth(true);
	struct device device;

	for (unsigned i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		for (uint8_t cut = 0; cut < QUIC_CUT_COUNT; cut++) {
			struct quic_flight flight = {
				.version = versions[i], .cut = cut, .exchanges = EXCHANGES
			};
			/* What must fit one datagram has no room for a post-quantum share. */
			bool is_one = cut == QUIC_CUT_WHOLE || cut == QUIC_CUT_COALESCED;
			flight.hello = (struct hello_options){ .server_name = named,
				.alpn = "h3",
				.is_quic = true,
				.is_post_quantum = !is_one,
				.is_resumed = cut == QUIC_CUT_COALESCED };
			next_device(hellos, &device);
			play_quic(hellos, &device, named_addr, &flight, &truth);
		}
	}
}

static void play_openings(struct hellos *hellos)
{
	static const uint32_t versions[] = { QUIC_V1, QUIC_V2 };
	static const uint8_t cuts[] = { QUIC_CUT_WHOLE, QUIC_CUT_IN_ORDER, QUIC_CUT_SHUFFLED };
	struct truth_flow truth = named_truth(true);
	struct device device;

	for (unsigned i = 0; i < 12; i++) {
		struct quic_flight flight = { .version = versions[i % 2],
			.cut = cuts[i / 2 % 3],
			.opening = i < 6 ? QUIC_OPEN_RETRY : QUIC_OPEN_NEGOTIATION,
			.exchanges = EXCHANGES };
		flight.hello = (struct hello_options){ .server_name = named,
			.alpn = "h3",
			.is_quic = true,
			.is_post_quantum = flight.cut != QUIC_CUT_WHOLE };
		next_device(hellos, &device);
		play_quic(hellos, &device, named_addr, &flight, &truth);
	}
}

static void play_segments(struct hellos *hellos)
{
	struct truth_flow truth = named_truth(false);
	struct device device;

	for (uint8_t cut = 0; cut < TLS_CUT_COUNT; cut++) {
		for (unsigned shape = 0; shape < 4; shape++) {
			struct hello_options options = { .server_name = named,
				.alpn = "h2,http/1.1",
				.is_post_quantum = shape & 1,
				.is_resumed = shape & 2 };
			next_device(hellos, &device);
			play_tls(hellos, &device, named_addr, &options, cut, &truth);
		}
	}
}

/* One hello over TLS and the same over QUIC. */
static void play_both(struct hellos *hellos, struct device *device, const char *addr,
	const struct hello_options *options, struct truth_flow truth)
{
	struct quic_flight flight = { .version = QUIC_V1,
		.cut = options->is_post_quantum ? QUIC_CUT_SHUFFLED : QUIC_CUT_WHOLE,
		.hello = *options,
		.exchanges = EXCHANGES };
	const char *quic_evidence = truth.evidence && strcmp(truth.evidence, "tls-sni") == 0
					    ? "quic-sni"
					    : truth.evidence;

	flight.hello.is_quic = true;
	flight.hello.alpn = "h3";
	truth.l7_protocol = "tls";
	play_tls(hellos, device, addr, options, TLS_CUT_PLAIN, &truth);
	truth.l7_protocol = "quic";
	truth.evidence = quic_evidence;
	play_quic(hellos, device, addr, &flight, &truth);
}

static void play_hidden(struct hellos *hellos)
{
	struct hello_options options = { .alpn = "h2,http/1.1", .is_post_quantum = true };
	struct addr addr = addr_of(site_addr);
	struct dns_lookup lookup = { .name = site, .cnames = "", .addr = &addr, .ttl_s = 300 };
	struct truth_flow truth;
	struct device device;
	uint32_t flow;

	/* A decoy: the name is the true one. */
	next_device(hellos, &device);
	options.server_name = named;
	options.ech = HELLO_ECH_GREASE;
	play_both(hellos, &device, named_addr, &options, named_truth(false));

	/* The client has asked in the open, so the lookup tells what the hello hides. */
	next_device(hellos, &device);
	hellos->now_ns =
		dns_ask_https(hellos->scene, &device, site, &addr, public_name, hellos->now_ns);
	hellos->now_ns = dns_ask(hellos->scene, &device, &lookup, hellos->now_ns, &flow);
	options.server_name = public_name;
	options.ech = HELLO_ECH_OUTER;
	truth = hidden_truth(site, "ech");
	truth.app = "tiktok";
	truth.evidence = "dns";
	truth.name_flow = flow;
	truth.alert = true;
	play_both(hellos, &device, site_addr, &options, truth);

	/* Another has not: the public name, known by now for what it is, names nobody. */
	next_device(hellos, &device);
	play_both(hellos, &device, site_addr, &options, hidden_truth(public_name, "ech"));
	next_device(hellos, &device);
	options.server_name = "cloudflare-ech.com";
	play_both(hellos, &device, "104.18.26.91", &options,
		hidden_truth("cloudflare-ech.com", "ech"));

	next_device(hellos, &device);
	options.server_name = "";
	options.ech = HELLO_ESNI;
	options.is_post_quantum = false;
	play_both(hellos, &device, site_addr, &options, hidden_truth("", "ech"));
	next_device(hellos, &device);
	options.ech = HELLO_ECH_NONE;
	play_both(hellos, &device, site_addr, &options, hidden_truth("", "no-sni"));
}

static void play(struct scene *scene)
{
	struct hellos hellos = { .scene = scene };

	clock_parse("2026-03-17T13:00", &hellos.now_ns);
	play_versions(&hellos);
	play_openings(&hellos);
	play_segments(&hellos);
	play_hidden(&hellos);
}

const struct scenario scenario_hellos = {
	.name = "hellos",
	.about =
		"one service named in every shape of hello: QUIC versions, cuts, post-quantum, ECH",
	.play = play,
};
