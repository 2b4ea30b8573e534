/* Names and addresses that tell which device it is: each in its own way, for whoever hides devices
 * to be tried with. Every name has the word "annas" in it; the devices are 10.20.1.13 with
 * 2001:db8:20::13, and the addresses of a network that nobody declared (2a00:b0b0:77:1::/64). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/hello.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/udp_session.h"

enum way {
	WAY_LOOKUP,  /* where: what it is answered with; NULL NXDOMAIN */
	WAY_ASK,     /* a question of that type alone */
	WAY_UPDATE,  /* of the zone */
	WAY_HELLO,   /* TLS to where */
	WAY_HOST,    /* HTTP to where */
	WAY_INBOUND, /* TLS from where to the device */
	WAY_DATAGRAM /* a name question to where, on that port */
};

enum { TYPE_A = 1, TYPE_SOA = 6, TYPE_PTR = 12, OPCODE_UPDATE = 5 };

#define OUTSIDE   "185.39.147.80"
#define OUTSIDE_6 "2a02:26f0:3100::80"

static const struct row {
	uint8_t way;
	const char *name, *where;
	uint16_t number; /* a type, or a port */
	bool is_v6;      /* from the device's other address */
} rows[] = {
	/* Own zones: one name answers with an own address, its neighbours are hosts of ours too. */
	{ WAY_LOOKUP, "annas-pc.ad.kommun.example", "10.20.1.99", 0, false },
	{ WAY_LOOKUP, "annas-phone.hr.kommun.example", NULL, 0, false },
	{ WAY_HELLO, "annas-intranet.kommun.example", OUTSIDE, 443, false },
	{ WAY_LOOKUP, "annas-tv.lan", NULL, 0, false },
	{ WAY_LOOKUP, "annas-pc", NULL, 0, false },
	/* An address or a MAC in the name. */
	{ WAY_HOST, "annas-10-20-1-13.dsl.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-13.1.20.10.example", OUTSIDE, 80, false },
	{ WAY_HELLO, "annas-0a14010d.cdn.example", OUTSIDE, 443, false },
	{ WAY_HOST, "annas-0d01140a.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-169083149.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-01205000415.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas.0x0a.0x14.0x01.0x0d.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas10x20x1x13.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-02100a14010d.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-0210.0a14.010d.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-02-10-0a-14-01-0d.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas-00100afffe14010d.example", OUTSIDE, 80, false },
	{ WAY_HOST, "xn--annas----w129bbaiebju.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas.2001-db8-20--13.example", OUTSIDE, 80, false },
	{ WAY_HOST, "annas.20010db8002000000000000000000013.example", OUTSIDE, 80, false },
	/* What machines ask and say of themselves. */
	{ WAY_ASK, "13.1.20.10.in-addr.arpa", NULL, TYPE_PTR, false },
	{ WAY_ASK, "annas-pc.elsewhere.example", NULL, TYPE_SOA, false },
	{ WAY_UPDATE, "annas.changes.example", NULL, TYPE_SOA, false },
	{ WAY_DATAGRAM, "EBEOEOEBFDCNFAEDCACACACACACACAAA", "10.20.255.255", 137, false },
	{ WAY_DATAGRAM, "annas-pc", "224.0.0.252", 5355, false },
	{ WAY_DATAGRAM, "annas-iphone.local", "224.0.0.251", 5353, false },
	/* Servers of ours. */
	{ WAY_INBOUND, "annas-server.elsewhere.example", "81.228.44.7", 443, false },
	{ WAY_HOST, "annas-nas.elsewhere.example", "10.20.9.9", 80, false },
	/* The network that nobody declared: its addresses, and what speaks with them. */
	{ WAY_DATAGRAM, "annas-mac.local", "ff02::fb", 5353, true },
	{ WAY_HELLO, "www.weather.example", OUTSIDE_6, 443, true },
	{ WAY_INBOUND, "annas-six.elsewhere.example", OUTSIDE_6, 443, true },
};

static void say_hello(struct tcp_session *tcp, const char *name)
{
	enum { ANSWER_BYTES = 1800, ANSWER_ROOM = HELLO_BYTES_MAX + 512 };
	struct rng *rng = &tcp->conversation.scene->rng;
	struct hello_options options = { .server_name = name, .alpn = "h2" };
	uint8_t message[HELLO_BYTES_MAX], records[ANSWER_ROOM];
	size_t count = hello_build(rng, &options, message);

	tcp_send(tcp, TCP_CLIENT, records, hello_put_records(message, count, 16384, records));
	tcp_send(tcp, TCP_SERVER, records, hello_build_answer(rng, ANSWER_BYTES, records));
}

static void ask_host(struct tcp_session *tcp, const char *name)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char request[512];
	int length = snprintf(request, sizeof(request),
		"GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: test\r\n\r\n", name);

	tcp_send(tcp, TCP_CLIENT, request, (size_t)length);
	tcp_send(tcp, TCP_SERVER, answer, sizeof(answer) - 1);
}

static void connect_to(struct scene *scene, struct device *device, const struct row *row,
	const struct addr *where, uint64_t start_ns)
{
	static const struct truth_flow unjudged = { .app = "*", .name_flow = TRUTH_NO_FLOW };
	struct endpoint server = { *where, row->number };
	struct tcp_session tcp;

	tcp_init(&tcp, scene, device, &server, start_ns, &unjudged);
	tcp_connect(&tcp);
	if (row->way == WAY_HOST) {
		ask_host(&tcp, row->name);
	} else {
		say_hello(&tcp, row->name);
	}
	tcp_close(&tcp, TCP_CLIENT);
}

static void ask(struct scene *scene, struct device *device, const struct row *row,
	const struct endpoint *server, uint16_t type, uint64_t start_ns)
{
	static const struct truth_flow unjudged = { .app = "*", .name_flow = TRUTH_NO_FLOW };
	struct conversation udp;
	uint8_t message[512];
	size_t count = dns_build_question(message, 4711, row->name, type);

	if (row->way == WAY_UPDATE) {
		message[2] = (uint8_t)(message[2] | OPCODE_UPDATE << 3);
	}
	udp_init(&udp, scene, device, server, start_ns, &unjudged);
	udp_send(&udp, 0, message, count);
}

static void play_row(
	struct scene *scene, struct device *device, const struct row *row, uint64_t start_ns)
{
	struct addr where = addr_of(row->where ? row->where : "0.0.0.0");
	struct dns_lookup lookup = { .name = row->name,
		.cnames = "",
		.addr = &where,
		.ttl_s = 300,
		.outcome = row->where ? DNS_ANSWERED : DNS_NAME_ERROR };
	struct endpoint server = { where, row->number };
	struct device outside;
	uint32_t flow;
	struct path path = { 0 };

	switch (row->way) {
	case WAY_LOOKUP:
		dns_ask(scene, device, &lookup, start_ns, &flow);
		break;
	case WAY_ASK:
	case WAY_UPDATE:
		ask(scene, device, row, &scene->resolver4, row->number, start_ns);
		break;
	case WAY_DATAGRAM:
		ask(scene, device, row, &server, TYPE_A, start_ns);
		break;
	case WAY_INBOUND:
		device_init(&outside, scene, "-", "outside", row->is_v6 ? "192.0.2.77" : row->where,
			row->is_v6 ? row->where : NULL, &path);
		connect_to(scene, &outside, row, row->is_v6 ? &device->addr6 : &device->addr4,
			start_ns);
		break;
	default:
		connect_to(scene, device, row, &where, start_ns);
	}
}

static void play(struct scene *scene)
{
	struct path paths[2] = { { .tunnel = PATH_PLAIN } };
	struct device declared, forgotten;
	uint64_t start_ns = 0;

	clock_parse("2026-03-17T15:00", &start_ns);
	device_init(&declared, scene, "Kommunledning", "annas", "10.20.1.13", "2001:db8:20::13",
		&paths[0]);
	device_init(&forgotten, scene, "Kommunledning", "annas-6", "10.20.1.14",
		"2a00:b0b0:77:1::1313", &paths[1]);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		play_row(scene, rows[i].is_v6 ? &forgotten : &declared, &rows[i],
			start_ns + i * 2 * NS_PER_S);
	}
}

const struct scenario scenario_names = {
	.name = "names",
	.about = "names and addresses that tell which device it is, each in its own way",
	.play = play,
};
