/* An office whose sensor sees everything: three units in VLANs of their own, dual stack, lookups in
 * the open, post-quantum hellos in seven of ten TLS connections. A fault (faults.h) is one thing
 * that is not so. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/bytes.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/tls_session.h"
#include "tests/traffic/visit.h"

enum { UNITS = 3, DEVICES = 8, VISITS = 10, POST_QUANTUM_PER_10000 = 7000, LAST_UNIT = UNITS - 1 };

static const char *const unit_names[UNITS] = { "Kansli", "Skola", "Teknik" };
static const char *const groups[] = { "google", "m365", "news" };

static uint64_t start_ns(void)
{
	uint64_t time_ns = 0;

	clock_parse("2026-03-17T08:00", &time_ns);
	return time_ns;
}

static void place_device(struct device *device, struct scene *scene, enum fault fault,
	unsigned unit, unsigned number)
{
	struct path path = { .vlan_id = (uint16_t)(FAULT_VLAN - LAST_UNIT + unit) };
	char addr4[ADDR_TEXT_MAX], addr6[ADDR_TEXT_MAX], name[32];
	bool is_last = unit == LAST_UNIT;
	unsigned network = is_last && fault == FAULT_OUTSIDE_UNITS ? 99 : 41 + unit;

	if (is_last && fault == FAULT_VLAN_UNKNOWN) {
		path.vlan_id = 666;
	}
	if (fault == FAULT_VLAN_UNTAGGED || (is_last && fault == FAULT_OUTSIDE_UNITS)) {
		path.vlan_id = 0;
	}
	/* All of a unit behind one address: one router sends for them. */
	unsigned host = is_last && fault == FAULT_NAT ? 200 : 11 + number;
	snprintf(addr4, sizeof(addr4), "10.%u.0.%u", network, host);
	snprintf(addr6, sizeof(addr6), "2001:db8:%u::%u", network, host);
	snprintf(name, sizeof(name), "pc-%u-%u", unit, number);
	bool has_v6 = !is_last || (fault != FAULT_UNIT_WITHOUT_V6 && fault != FAULT_NAT);
	device_init(device, scene, unit_names[unit], name, addr4, has_v6 ? addr6 : NULL, &path);
	device->has_router = is_last && fault == FAULT_NAT;
	device->next_port = (uint16_t)(device->next_port + number * 997);
}

static void work(struct scene *scene, struct device *device, uint64_t at_ns)
{
	for (unsigned i = 0; i < VISITS; i++) {
		const struct visit what = { .group = groups[i % 3],
			.start_ns = at_ns + rng_between(&scene->rng, 0, 300) * NS_PER_S,
			.every_host = true,
			.is_work_device = true,
			.prefers_v6 = device->has_v6 && i % 2 == 0,
			.volume = 5,
			.duration_ns = 60 * NS_PER_S };
		visit(scene, device, &what);
		at_ns += 300 * NS_PER_S;
	}
}

/* A connection that no lookup and no name tells of; through a proxy, or to an address outside. */
static void connect_to(struct scene *scene, struct device *device, const char *server,
	uint16_t port, bool is_proxy, uint64_t at_ns)
{
	static const char request[] = "CONNECT www.nyheter.example:443 HTTP/1.1\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	const struct endpoint end = { addr_of(server), port };
	const struct truth_flow truth = { .app = "unknown" };
	const struct tls_options options = { .server_name = "www.nyheter.example",
		.alpn = "h2",
		.hello = is_proxy ? TLS_HELLO_COMMON : TLS_HELLO_NO_NAME };
	struct tcp_session tcp;

	tcp_init(&tcp, scene, device, &end, at_ns, &truth);
	tcp_connect(&tcp);
	if (is_proxy) {
		tcp_send(&tcp, TCP_CLIENT, request, sizeof(request) - 1);
		tcp_send(&tcp, TCP_SERVER, answer, sizeof(answer) - 1);
	}
	struct tls_session *tls = tls_open(scene->tls, &tcp, &options);
	tls_send(tls, TCP_CLIENT, 800);
	tls_send(tls, TCP_SERVER, 9000);
	tls_send(tls, TCP_CLIENT, 400);
	tls_close(tls);
	tcp_close(&tcp, TCP_CLIENT);
}

/* Names of owners that have nothing in common, where they are served from. */
static const struct {
	const char *name, *server;
} strangers[] = {
	{ "www.google.com", "142.250.74.68" },
	{ "www.facebook.com", "157.240.200.35" },
	{ "www.netflix.com", "45.57.40.1" },
	{ "web.telegram.org", "149.154.167.99" },
	{ "outlook.office365.com", "52.97.200.2" },
	{ "www.tiktok.com", "23.45.12.9" },
	{ "open.spotify.com", "35.186.224.25" },
	{ "www.snapchat.com", "34.149.46.130" },
	{ "www.apple.com", "17.253.144.10" },
	{ "www.linkedin.com", "13.107.42.14" },
	{ "www.dropbox.com", "162.125.64.18" },
	{ "www.deepseek.com", "104.18.26.90" },
};
enum { STRANGERS = sizeof(strangers) / sizeof(strangers[0]) };

/* One of them under the certificate of what stands in between: at its own address, which answers
 * for all, or at theirs, opened on the way. */
static void meet(struct scene *scene, struct device *device, unsigned which, uint64_t at_ns)
{
	bool is_opened = scene->fault == FAULT_INTERCEPTED;
	const struct endpoint end = { addr_of(is_opened ? strangers[which].server : "185.39.146.8"),
		443 };
	const struct truth_flow truth = { .app = "unknown" };
	const struct tls_options options = { .server_name = strangers[which].name,
		.alpn = "h2",
		.hello = is_opened ? TLS_HELLO_TLS12 : TLS_HELLO_COMMON,
		.issuer = is_opened ? "Exempelstad Inspection CA" : NULL };
	struct tcp_session tcp;

	tcp_init(&tcp, scene, device, &end, at_ns, &truth);
	tcp_connect(&tcp);
	struct tls_session *tls = tls_open(scene->tls, &tcp, &options);
	tls_send(tls, TCP_CLIENT, 800);
	tls_send(tls, TCP_SERVER, 9000);
	tls_send(tls, TCP_CLIENT, 400);
	tls_close(tls);
	tcp_close(&tcp, TCP_CLIENT);
}

static void misbehave(struct scene *scene, struct device *device, unsigned number, uint64_t at_ns)
{
	const struct visit asks = { .group = "doh-address",
		.start_ns = at_ns,
		.every_host = true,
		.volume = 5,
		.duration_ns = 60 * NS_PER_S };
	char server[ADDR_TEXT_MAX];

	for (unsigned i = 0; i < 24; i++) {
		uint64_t then_ns = at_ns + (i * 90 + number) * NS_PER_S;
		if (scene->fault == FAULT_NAMES_HIDDEN) {
			snprintf(server, sizeof(server), "185.39.147.%u", 10 + i);
			connect_to(scene, device, server, 443, false, then_ns);
		} else if (scene->fault == FAULT_PROXY) {
			connect_to(scene, device, "10.41.0.8", 8080, true, then_ns);
		} else if (scene->fault == FAULT_PROXY_FOUND || scene->fault == FAULT_INTERCEPTED) {
			meet(scene, device, (i + number) % STRANGERS, then_ns);
		}
	}
	if (scene->fault == FAULT_DNS_ENCRYPTED) {
		visit(scene, device, &asks);
	}
}

/* The resolver's own lookups, on its way to the world. */
static void resolve(struct scene *scene)
{
	struct path path = { .vlan_id = 0 };
	struct device resolver;
	const struct addr answer = addr_of("142.250.74.68");
	char name[64];

	device_init(&resolver, scene, unit_names[0], "resolver", "10.41.0.53", NULL, &path);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "www%u.example.net", i);
		const struct dns_lookup lookup = {
			.name = name, .cnames = "", .addr = &answer, .ttl_s = 60
		};
		uint32_t flow;
		dns_ask(scene, &resolver, &lookup, start_ns() + i * 10 * NS_PER_S, &flow);
	}
}

static void play(struct scene *scene)
{
	scene->post_quantum_per_10000 = POST_QUANTUM_PER_10000;
	for (unsigned unit = 0; unit < UNITS; unit++) {
		for (unsigned number = 0; number < DEVICES; number++) {
			struct device device;
			place_device(&device, scene, scene->fault, unit, number);
			work(scene, &device, start_ns() + number * 7 * NS_PER_S);
			misbehave(scene, &device, number, start_ns());
		}
	}
	if (scene->fault == FAULT_DNS_RESOLVER) {
		resolve(scene);
	}
}

const struct scenario scenario_vantage = {
	.name = "vantage",
	.about = "an office whose sensor sees everything, or lacks one thing (--fault)",
	.slice_bytes = 0,
	.play = play,
};
