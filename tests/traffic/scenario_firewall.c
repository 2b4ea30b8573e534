/* Twelve ways in which a try ends, over TLS 1.2, TLS 1.3 and QUIC that falls back, each from a
 * device of its own: what a firewall does, what a client does by itself, and what gets through. */
#include <stdio.h>

#include "base/clock.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/http_session.h"
#include "tests/traffic/quic_session.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/services.h"
#include "tests/traffic/tls_session.h"
#include "tests/traffic/udp_session.h"

enum { PROTOCOL_TLS12, PROTOCOL_TLS13, PROTOCOL_QUIC, PROTOCOL_COUNT };

enum way {
	WAY_NAME_ERROR,
	WAY_LOOKUP_REFUSED,
	WAY_LOOKUP_EMPTY,
	WAY_SINKHOLE,
	WAY_SINKHOLE_INSIDE,
	WAY_SYN_REFUSED,
	WAY_SYN_DROPPED,
	WAY_HELLO_DROPPED,
	WAY_HELLO_RESET,
	WAY_BLOCK_PAGE,
	WAY_HANGS_UP,
	WAY_PASSES,
	WAY_COUNT_ALL
};

static const char *const protocol_names[] = { "tls12", "tls13", "quic" };
static const char *const way_names[] = { "name-error", "lookup-refused", "lookup-empty", "sinkhole",
	"sinkhole-inside", "syn-refused", "syn-dropped", "hello-dropped", "hello-reset",
	"block-page", "hangs-up", "passes" };
/* What is to be said of each. */
static const char *const outcomes[] = { "dns", "dns", "dns", "dns", "dns", "refused", "dropped",
	"dropped-after-hello", "dropped-after-hello", "block-page", "unsure", "passed" };

static const char denied_host[] = "www.tiktok.com";
static const char firewall_issuer[] = "Exempelstad Gateway CA";

static uint8_t lookup_outcome(enum way way)
{
	switch (way) {
	case WAY_NAME_ERROR:
		return DNS_NAME_ERROR;
	case WAY_LOOKUP_REFUSED:
		return DNS_REFUSED;
	case WAY_LOOKUP_EMPTY:
		return DNS_EMPTY;
	case WAY_SINKHOLE:
		return DNS_SINKHOLE;
	default:
		return DNS_ANSWERED;
	}
}

/* The server; a sinkhole inside; or, where nothing else could tell, the host of the firewall's
 * pages. */
static struct addr address_of(enum way way, unsigned protocol)
{
	struct addr addr;
	bool is_page = way == WAY_BLOCK_PAGE && protocol != PROTOCOL_TLS12;

	addr_parse(way == WAY_SINKHOLE_INSIDE ? "10.10.9.9"
		   : is_page                  ? "192.0.2.80"
					      : "71.18.8.16",
		&addr);
	return addr;
}

/* A request and an answer, and both ends close: the firewall first, a passage when it likes. */
static void talk(struct tcp_session *tcp, struct tls_session *tls, enum way way)
{
	struct rng *rng = &tcp->conversation.scene->rng;
	unsigned exchanges = way == WAY_PASSES ? 3 : 1;

	for (unsigned i = 0; i < exchanges; i++) {
		tls_send(tls, TCP_CLIENT,
			way == WAY_PASSES ? rng_between(rng, 4500, 9000)
					  : rng_between(rng, 400, 900));
		tls_send(tls, TCP_SERVER,
			way == WAY_PASSES ? rng_between(rng, 5000, 30000)
					  : rng_between(rng, 900, 6000));
		tcp_pause(tcp, rng_between(rng, 50, 900) * NS_PER_MS);
	}
	tls_close(tls);
	tcp_close(tcp, way == WAY_BLOCK_PAGE || rng_chance(rng, 3000) ? TCP_SERVER : TCP_CLIENT);
}

static void try_over_tcp(struct scene *scene, struct device *device, enum way way,
	unsigned protocol, const struct endpoint *server, uint64_t start_ns,
	const struct truth_flow *truth)
{
	struct tls_options options = { .server_name = denied_host,
		.alpn = "h2,http/1.1",
		.hello = protocol == PROTOCOL_TLS12 ? TLS_HELLO_TLS12 : TLS_HELLO_COMMON,
		.issuer = way == WAY_BLOCK_PAGE ? firewall_issuer : NULL };
	struct tcp_session tcp;
	uint8_t hello[2048];

	tcp_init(&tcp, scene, device, server, start_ns, truth);
	if (way == WAY_SYN_REFUSED || way == WAY_SINKHOLE_INSIDE) {
		tcp_connect_refused(&tcp);
		return;
	}
	if (way == WAY_SYN_DROPPED) {
		tcp_connect_unanswered(&tcp);
		return;
	}
	tcp_connect(&tcp);
	if (way == WAY_BLOCK_PAGE || way == WAY_PASSES) {
		talk(&tcp, tls_open(scene->tls, &tcp, &options), way);
		return;
	}
	size_t count = tls_build_hello(scene->tls, &options, hello, sizeof(hello));
	tcp.conversation.carries_name = true;
	if (way == WAY_HELLO_DROPPED) {
		tcp_send_dropped(&tcp, TCP_CLIENT, hello, count);
		return;
	}
	tcp_send(&tcp, TCP_CLIENT, hello, count);
	tcp.conversation.carries_name = false;
	if (way == WAY_HELLO_RESET) {
		tcp_reset(&tcp, TCP_SERVER);
	} else {
		tcp_close(&tcp, TCP_CLIENT);
	}
}

static void try_once(struct scene *scene, unsigned number, uint64_t start_ns)
{
	enum way way = number % WAY_COUNT_ALL;
	unsigned protocol = number / WAY_COUNT_ALL % PROTOCOL_COUNT;
	struct endpoint server = { address_of(way, protocol), 443 };
	struct truth_flow truth = {
		.app = "*", .name = "*", .name_flow = TRUTH_NO_FLOW, .block = outcomes[way]
	};
	struct path path = { 0 };
	struct device device;
	char name[32], address[ADDR_TEXT_MAX];
	uint32_t lookup_flow;

	snprintf(name, sizeof(name), "%s/%s", way_names[way], protocol_names[protocol]);
	snprintf(address, sizeof(address), "10.5%u.%u.%u", number / 60000 % 10, number / 240 % 250,
		1 + number % 240);
	device_init(&device, scene, "body", name, address, NULL, &path);
	struct dns_lookup lookup = { .name = denied_host,
		.addr = &server.addr,
		.ttl_s = 60,
		.outcome = lookup_outcome(way),
		.app = "tiktok" };
	start_ns = dns_ask(scene, &device, &lookup, start_ns, &lookup_flow);
	if (lookup.outcome != DNS_ANSWERED) {
		return;
	}
	if (protocol == PROTOCOL_QUIC) {
		struct tls_options options = { .server_name = denied_host, .alpn = "h3" };
		struct conversation udp;
		udp_init(&udp, scene, &device, &server, start_ns, &truth);
		if (way == WAY_PASSES) {
			struct quic_session *quic = quic_open(scene->tls, &udp, &options);
			quic_exchange(quic, 12000, 20000);
			quic_close(quic);
			return;
		}
		quic_try(scene->tls, &udp, &options);
		start_ns += 300 * NS_PER_MS;
	}
	try_over_tcp(scene, &device, way, protocol, &server, start_ns, &truth);
}

/* Every combination at least once; more where so many packets are wanted. */
static void play(struct scene *scene)
{
	uint64_t start_ns;

	clock_parse("2026-03-17T08:00", &start_ns);
	for (unsigned number = 0; number < WAY_COUNT_ALL * PROTOCOL_COUNT ||
				  scene->packets_made < scene->packets_wanted;
		number++) {
		try_once(scene, number, start_ns + number * 700 * NS_PER_MS);
	}
}

const struct scenario scenario_firewall = {
	.name = "firewall",
	.about = "twelve ways in which a try ends, over TLS 1.2, TLS 1.3 and QUIC",
	.play = play,
};
