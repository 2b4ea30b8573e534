/* identity: a body's devices over days, as a mirror of its segments sees them: who they are, which
 * addresses they have from when to when, and what they open.
 *
 *     identity --devices 1000 --days 30 --out FILE --truth FILE --inventory FILE
 *
 * Each flow goes to a server address of its own, by which the truth knows it: a line "server, kind,
 * device". Flows are a handshake and a goodbye; what is in them does not matter here. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/capture_writer.h"
#include "tests/traffic/identity_host.h"
#include "tests/traffic/packet_builder.h"

enum { NETWORKS = 4, WIRED = 0, STAFF = 1, BYOD = 2, GUESTS = 3 };
enum { FRAME_MAX = 700, POOL = 4000, FLOWS_A_DAY = 12 };
enum { SYN = 2, ACK = 16, FIN = 1 };

#define HOUR_NS (3600 * NS_PER_S)

struct frame_at {
	uint64_t time_ns;
	uint32_t offset, length, order;
};

struct world {
	struct rng rng;
	struct host *hosts;
	unsigned count, days;
	bool is_short; /* ten minutes instead of days */
	uint64_t begin_ns;
	struct capture_writer *writer;
	FILE *truth;
	uint32_t flows;
	unsigned next_lease[NETWORKS];
	struct frame_at *frames; /* of the day at hand */
	size_t frame_count, frame_room;
	uint8_t *bytes;
	size_t byte_count, byte_room;
	struct packet_builder packet;
};

static const unsigned vlans[NETWORKS] = { 10, 20, 30, 40 };
static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void router_mac(unsigned network, uint8_t mac[6])
{
	const uint8_t own[6] = { 0x00, 0x00, 0x5e, 0x00, 0x01, (uint8_t)vlans[network] };

	memcpy(mac, own, sizeof(own));
}

static struct addr router4(unsigned network)
{
	const uint8_t bytes[4] = { 10, (uint8_t)vlans[network], 0, 1 };

	return addr_from_v4(bytes);
}

static struct addr address6(unsigned network, uint64_t host)
{
	struct addr addr = { { 0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)vlans[network] } };

	for (unsigned i = 0; i < 8; i++) {
		addr.bytes[8 + i] = (uint8_t)(host >> (56 - 8 * i));
	}
	return addr;
}

/* Puts the packet at hand into the day. */
static void put_frame(struct world *world, uint64_t time_ns, unsigned network,
	const uint8_t from[6], const uint8_t to[6], uint16_t ethertype)
{
	struct packet_builder *packet = &world->packet;
	size_t length;

	ethertype = packet_put_vlan(packet, (uint16_t)vlans[network], ethertype);
	packet_put_ethernet(packet, from, to, ethertype);
	length = packet_length(packet);
	if (world->frame_count == world->frame_room) {
		world->frame_room = world->frame_room ? world->frame_room * 2 : 65536;
		world->frames =
			reallocarray(world->frames, world->frame_room, sizeof(*world->frames));
	}
	if (world->byte_count + length > world->byte_room) {
		world->byte_room = world->byte_room ? world->byte_room * 2 : 1 << 24;
		world->bytes = realloc(world->bytes, world->byte_room);
	}
	if (!world->frames || !world->bytes) {
		abort();
	}
	memcpy(world->bytes + world->byte_count, packet_bytes(packet), length);
	world->frames[world->frame_count] = (struct frame_at){ time_ns, (uint32_t)world->byte_count,
		(uint32_t)length, (uint32_t)world->frame_count };
	world->frame_count++;
	world->byte_count += length;
}

static int compare_frames(const void *a, const void *b)
{
	const struct frame_at *left = a, *right = b;

	if (left->time_ns != right->time_ns) {
		return left->time_ns < right->time_ns ? -1 : 1;
	}
	return left->order < right->order ? -1 : 1;
}

static void write_day(struct world *world)
{
	if (world->frame_count > 0) {
		qsort(world->frames, world->frame_count, sizeof(*world->frames), compare_frames);
	}
	for (size_t i = 0; i < world->frame_count; i++) {
		const struct frame_at *frame = &world->frames[i];
		capture_write(world->writer, frame->time_ns, world->bytes + frame->offset,
			frame->length, frame->length);
	}
	world->frame_count = world->byte_count = 0;
}

static void put_arp(struct world *world, uint64_t time_ns, const struct host *host)
{
	uint8_t message[28] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const uint8_t *mac = host->mac[host->at == WIRED ? 0 : 1];
	struct addr gateway = router4(host->at);

	memcpy(message + 8, mac, 6);
	memcpy(message + 14, host->addr4.bytes + 12, 4);
	memcpy(message + 24, gateway.bytes + 12, 4);
	packet_begin(&world->packet, message, sizeof(message));
	put_frame(world, time_ns, host->at, mac, everybody, ETHERTYPE_ARP);
}

/* DHCPv4: a request of the host, or the server's acknowledgement. */
static void put_dhcp4(struct world *world, uint64_t time_ns, const struct host *host, bool is_ack)
{
	uint8_t message[300] = { is_ack ? 2 : 1, 1, 6, 0 }, mac[6];
	const uint8_t *own = host->mac[host->at == WIRED ? 0 : 1];
	static const struct addr nobody4 = { { [10] = 0xff, [11] = 0xff } };
	struct addr all = { { [10] = 0xff, [11] = 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct endpoint client = { nobody4, 68 }, server = { router4(host->at), 67 },
			broadcast = { all, is_ack ? 68 : 67 };
	size_t at = 240;

	router_mac(host->at, mac);
	memcpy(message + 28, own, 6);
	memcpy(message + 236, "\x63\x82\x53\x63", 4);
	message[at++] = 53;
	message[at++] = 1;
	message[at++] = is_ack ? 5 : 3;
	if (is_ack) {
		memcpy(message + 16, host->addr4.bytes + 12, 4);
		memcpy(message + at, "\x33\x04\x00\x01\x51\x80", 6); /* a day */
		at += 6;
	} else {
		memcpy(message + at, "\x37\x04\x01\x03\x06\x0f", 6);
		message[at + 5] = (uint8_t)(15 + host->system);
		at += 6;
	}
	message[at++] = 255;
	packet_begin(&world->packet, message, at);
	packet_put_udp(&world->packet, is_ack ? &server : &client, &broadcast);
	packet_put_ip(&world->packet, is_ack ? &server.addr : &client.addr, &broadcast.addr, 64, 1);
	put_frame(world, time_ns, host->at, is_ack ? mac : own, is_ack ? own : everybody,
		ETHERTYPE_IPV4);
}

/* DHCPv6: who has a DUID says it, whether or not there is an address to be had. */
static void put_dhcp6(struct world *world, uint64_t time_ns, const struct host *host)
{
	uint8_t message[32] = { 1, 1, 2, 3, 0, 1, 0, 14 };
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 1, 0, 2 };
	struct addr from = { { 0xfe, 0x80 } }, to = { { 0xff, 0x02, [13] = 1, [15] = 2 } };
	const uint8_t *mac = host->mac[host->at == WIRED ? 0 : 1];
	struct endpoint client = { from, 546 }, server = { to, 547 };

	memcpy(client.addr.bytes + 10, mac, 6);
	memcpy(message + 8, host->duid, 14);
	memcpy(message + 22, "\x00\x06\x00\x04\x00\x17\x00\x18", 8);
	packet_begin(&world->packet, message, 30);
	packet_put_udp(&world->packet, &client, &server);
	packet_put_ip(&world->packet, &client.addr, &server.addr, 1, 0);
	put_frame(world, time_ns, host->at, mac, group_mac, ETHERTYPE_IPV6);
}

/* A neighbour solicitation for the router, from an address of the host. */
static void put_neighbour(
	struct world *world, uint64_t time_ns, const struct host *host, const struct addr *from)
{
	uint8_t body[24] = { 0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)vlans[host->at], [15] = 1, 1, 1 };
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0xff, 0, 0, 1 };
	struct addr to = { { 0xff, 0x02, [11] = 1, 0xff, 0, 0, 1 } };
	const uint8_t *mac = host->mac[host->at == WIRED ? 0 : 1];

	memcpy(body + 18, mac, 6);
	packet_begin(&world->packet, body, sizeof(body));
	packet_put_icmp(&world->packet, from, &to, 135, 0, 0);
	packet_put_ip(&world->packet, from, &to, 255, 0);
	put_frame(world, time_ns, host->at, mac, group_mac, ETHERTYPE_IPV6);
}

/* Comes to a network: an address each of its kinds. */
static void arrive(struct world *world, struct host *host, unsigned network, uint64_t time_ns)
{
	unsigned lease = world->next_lease[network]++ % POOL + 20;
	const uint8_t bytes[4] = { 10, (uint8_t)vlans[network], (uint8_t)(lease >> 8),
		(uint8_t)lease };

	host->at = network;
	host->addr4 = addr_from_v4(bytes);
	put_dhcp4(world, time_ns, host, false);
	put_dhcp4(world, time_ns + 3 * NS_PER_MS, host, true);
	put_arp(world, time_ns + 500 * NS_PER_MS, host);
	if (host->has_v6) {
		host->stable6 = address6(network, rng_next(&world->rng));
		host->temporary6 = address6(network, rng_next(&world->rng));
		if (host->has_duid) {
			put_dhcp6(world, time_ns + 600 * NS_PER_MS, host);
		}
		put_neighbour(world, time_ns + 700 * NS_PER_MS, host, &host->stable6);
		put_neighbour(world, time_ns + 800 * NS_PER_MS, host, &host->temporary6);
	}
}

/* One segment of a flow; options: of the SYN. */
static void put_segment(struct world *world, uint64_t time_ns, const struct host *host,
	const struct endpoint *client, const struct endpoint *server, uint8_t ttl, uint8_t flags,
	bool from_client, uint16_t window, const uint8_t *options, size_t option_bytes)
{
	struct packet_builder *packet = &world->packet;
	uint8_t mac[6];
	const uint8_t *own = host->mac[host->at == WIRED ? 0 : 1];
	struct tcp_header tcp = { 1000, 1, flags, window, 0 };

	router_mac(host->at, mac);
	packet_begin(packet, options, option_bytes);
	packet_put_tcp(packet, from_client ? client : server, from_client ? server : client, &tcp);
	if (option_bytes > 0) {
		/* Its payload so far are the options: now they are its header's. */
		packet->room[packet->start + 12] = (uint8_t)((20 + option_bytes) / 4 << 4);
	}
	packet_put_ip(packet, from_client ? &client->addr : &server->addr,
		from_client ? &server->addr : &client->addr, from_client ? ttl : 52, 7);
	put_frame(world, time_ns, host->at, from_client ? own : mac, from_client ? mac : own,
		packet_ip_ethertype(packet));
}

static void note_truth(struct world *world, const struct host *host, const struct addr *server)
{
	char text[ADDR_TEXT_MAX];

	addr_format(server, text);
	fprintf(world->truth, "%s\t%s\t%s-%u\n", text, host_kind_names[host->kind],
		host_kind_names[host->kind], host->number);
}

/* Which system opens it: of a translator one of those behind it. */
static unsigned pick_behind(struct world *world, const struct host *host)
{
	if (host->kind == HOST_NAT) {
		return 1 + (unsigned)rng_below(&world->rng, host->behind);
	}
	return host->runs_guest && rng_chance(&world->rng, 2000) ? 1 : 0;
}

static void open_flow(struct world *world, struct host *host, uint64_t time_ns)
{
	unsigned which = pick_behind(world, host);
	enum host_system system = which ? host->behind_systems[which - 1] : host->system;
	bool is_v6 = host->has_v6 && which == 0 && rng_chance(&world->rng, 4500);
	uint32_t number = world->flows++;
	const uint8_t server4[4] = { 45, (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number };
	struct addr server6 = { { 0x2a, 0x00, 0x12, [13] = (uint8_t)(number >> 16),
		(uint8_t)(number >> 8), (uint8_t)number } };
	struct endpoint client = { is_v6 ? host->temporary6 : host->addr4,
		(uint16_t)(32768 + host->next_port++ % 28000) };
	struct endpoint server = { is_v6 ? server6 : addr_from_v4(server4), 443 };
	uint8_t ttl = (uint8_t)(host_ttl(system) - (which && !host->hides_hops ? 1 : 0));
	uint8_t options[40];
	size_t bytes = host_syn_options(
		system, host_clock(&world->rng, host, which, system, number, time_ns), options);
	uint16_t window = host_syn_window(system);

	if (host->hides_hops && which) {
		ttl = 64; /* it opens the connection itself */
	}
	put_segment(world, time_ns, host, &client, &server, ttl, SYN, true, window, options, bytes);
	put_segment(world, time_ns + 20 * NS_PER_MS, host, &client, &server, ttl, SYN | ACK, false,
		65535, NULL, 0);
	put_segment(world, time_ns + 21 * NS_PER_MS, host, &client, &server, ttl, ACK, true, window,
		NULL, 0);
	put_segment(world, time_ns + 900 * NS_PER_MS, host, &client, &server, ttl, FIN | ACK, true,
		window, NULL, 0);
	put_segment(world, time_ns + 920 * NS_PER_MS, host, &client, &server, ttl, FIN | ACK, false,
		65535, NULL, 0);
	note_truth(world, host, &server.addr);
}

static unsigned home_of(const struct host *host)
{
	return host->kind == HOST_PRIVATE ? BYOD
	       : host->kind == HOST_GUEST ? GUESTS
	       : host->kind == HOST_PHONE ? STAFF
	       : host->kind == HOST_NAT   ? (host->number % 2 ? WIRED : GUESTS)
					  : WIRED;
}

/* New MACs where the system makes new ones. */
static void change_mac(struct world *world, struct host *host, unsigned day)
{
	bool changes = (host->kind == HOST_GUEST) || (host->kind == HOST_PRIVATE && day % 14 == 0);

	if (changes && day > 0) {
		host_make_mac(&world->rng, true, host->mac[1]);
	}
}

/* A visitor is here on a day in ten. */
static bool is_present(struct world *world, const struct host *host, unsigned day)
{
	bool is_weekend = day % 7 >= 5;

	if (host->kind == HOST_PRINTER || host->kind == HOST_NAT) {
		return true;
	}
	if (host->kind == HOST_GUEST) {
		return rng_chance(&world->rng, 1000);
	}
	return rng_chance(&world->rng, is_weekend ? 1000 : 9000);
}

static void play_day(struct world *world, struct host *host, unsigned day)
{
	uint64_t start_ns = world->begin_ns + day * 24 * HOUR_NS;
	uint64_t first_ns = start_ns + 7 * HOUR_NS + rng_below(&world->rng, 2 * HOUR_NS);
	uint64_t stay_ns = 6 * HOUR_NS + rng_below(&world->rng, 3 * HOUR_NS);
	unsigned flows = FLOWS_A_DAY / 2 + (unsigned)rng_below(&world->rng, FLOWS_A_DAY);

	if (host->kind == HOST_NAT) {
		flows += 4 * host->behind;
	}
	change_mac(world, host, day);
	arrive(world, host, home_of(host), first_ns);
	bool roams = host->kind == HOST_LAPTOP && rng_chance(&world->rng, 6000);
	for (unsigned i = 0; i < flows; i++) {
		uint64_t time_ns = first_ns + 2 * NS_PER_S + i * (stay_ns / flows) +
				   rng_below(&world->rng, stay_ns / flows);
		if (roams && i == flows / 2) {
			arrive(world, host, STAFF, time_ns - NS_PER_S);
		}
		open_flow(world, host, time_ns);
	}
}

/* Ten minutes of a morning: all of them come, and do what they do. */
static void play_minutes(struct world *world, struct host *host)
{
	uint64_t first_ns = world->begin_ns + 8 * HOUR_NS + rng_below(&world->rng, 120 * NS_PER_S);
	uint64_t stay_ns = 450 * NS_PER_S;
	unsigned flows = host->kind == HOST_NAT ? 6 + 3 * host->behind : 14;

	arrive(world, host, home_of(host), first_ns);
	for (unsigned i = 0; i < flows; i++) {
		open_flow(world, host,
			first_ns + 2 * NS_PER_S + i * (stay_ns / flows) +
				rng_below(&world->rng, stay_ns / flows));
	}
}

static enum host_kind kind_of(unsigned number)
{
	unsigned in_hundred = number % 100;

	return in_hundred < 45   ? HOST_LAPTOP
	       : in_hundred < 55 ? HOST_DESKTOP
	       : in_hundred < 70 ? HOST_PHONE
	       : in_hundred < 75 ? HOST_PRINTER
	       : in_hundred < 90 ? HOST_PRIVATE
	       : in_hundred < 98 ? HOST_GUEST
				 : HOST_NAT;
}

static enum host_system pick_system(struct world *world, enum host_kind kind)
{
	uint64_t in_ten = rng_below(&world->rng, 10);

	switch (kind) {
	case HOST_LAPTOP:
	case HOST_DESKTOP:
		return in_ten < 8 ? HOST_WINDOWS : in_ten < 9 ? HOST_APPLE : HOST_LINUX;
	case HOST_PRINTER:
		return HOST_OLD;
	case HOST_NAT:
		return HOST_LINUX;
	default:
		return in_ten < 5 ? HOST_APPLE : HOST_ANDROID;
	}
}

static void make_host(struct world *world, struct host *host, unsigned number)
{
	struct rng *rng = &world->rng;

	*host = (struct host){ .number = number, .kind = (uint8_t)kind_of(number) };
	host->system = (uint8_t)pick_system(world, host->kind);
	host->is_private_mac = host->kind == HOST_PRIVATE || host->kind == HOST_GUEST ||
			       (host->kind == HOST_PHONE && number % 2);
	host->has_v6 =
		host->kind != HOST_NAT && host->kind != HOST_PRINTER && rng_chance(rng, 7000);
	host->has_duid = rng_chance(rng, 5000);
	host->runs_guest = host->kind == HOST_LAPTOP && rng_chance(rng, 60);
	host->hides_hops = host->kind == HOST_NAT && rng_chance(rng, 500);
	host_make_mac(rng, host->is_private_mac, host->mac[0]);
	host_make_mac(rng, host->is_private_mac, host->mac[1]);
	memcpy(host->duid, "\x00\x01\x00\x01", 4);
	rng_fill(rng, host->duid + 4, 10);
	host->behind = host->kind == HOST_NAT ? (number == 98 ? HOST_BEHIND_MAX
							      : (unsigned)rng_between(rng, 3, 12))
					      : host->runs_guest;
	for (unsigned i = 0; i < host->behind; i++) {
		host->behind_systems[i] =
			host->runs_guest ? HOST_LINUX : (uint8_t)rng_below(rng, HOST_OLD);
	}
	for (unsigned i = 0; i <= HOST_BEHIND_MAX; i++) {
		host->clock_base[i] = (uint32_t)rng_next(rng);
	}
}

/* What the body's own systems export: what it handed out, by the MACs that are burnt in. */
static void write_inventory(const struct world *world, FILE *out)
{
	fprintf(out, "id,class,mac\n");
	for (unsigned i = 0; i < world->count; i++) {
		const struct host *host = &world->hosts[i];
		if (host->kind > HOST_PRINTER || host->is_private_mac) {
			continue;
		}
		for (unsigned k = 0; k < 2; k++) {
			const uint8_t *mac = host->mac[k];
			fprintf(out, "%s-%u,%s,%02x:%02x:%02x:%02x:%02x:%02x\n",
				host_kind_names[host->kind], host->number,
				host_kind_names[host->kind], mac[0], mac[1], mac[2], mac[3], mac[4],
				mac[5]);
		}
	}
}

static void play(struct world *world)
{
	for (unsigned day = 0; day < world->days && !world->is_short; day++) {
		for (unsigned i = 0; i < world->count; i++) {
			if (is_present(world, &world->hosts[i], day)) {
				play_day(world, &world->hosts[i], day);
			}
		}
		write_day(world);
	}
	for (unsigned i = 0; i < world->count && world->is_short; i++) {
		play_minutes(world, &world->hosts[i]);
	}
	write_day(world);
}

static FILE *create(const char *path)
{
	FILE *file = path ? fopen(path, "w") : NULL;

	if (!file) {
		fprintf(stderr, "identity: cannot write %s\n", path ? path : "(no file named)");
		exit(2);
	}
	return file;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "devices", 1, NULL, 'n' },
		{ "days", 1, NULL, 'd' }, { "seed", 1, NULL, 's' }, { "out", 1, NULL, 'o' },
		{ "truth", 1, NULL, 't' }, { "inventory", 1, NULL, 'i' }, { NULL, 0, NULL, 0 } };
	static struct world world = { .count = 1000, .is_short = true };
	struct capture_options capture = { .link_type = LINKTYPE_ETHERNET, .nanoseconds = true };
	const char *truth = NULL, *inventory = NULL;
	struct err err;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			world.count = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			world.days = (unsigned)strtoul(optarg, NULL, 10);
			world.is_short = world.days == 0;
			break;
		case 's':
			world.rng.state = strtoull(optarg, NULL, 10);
			break;
		case 'o':
			capture.path = optarg;
			break;
		case 't':
			truth = optarg;
			break;
		case 'i':
			inventory = optarg;
			break;
		default:
			return 2;
		}
	}
	world.truth = create(truth);
	world.hosts = calloc(world.count, sizeof(*world.hosts));
	clock_parse("2026-03-02", &world.begin_ns); /* a Monday */
	if (!world.hosts || !capture.path || capture_create(&world.writer, &capture, &err) < 0) {
		fprintf(stderr, "identity: cannot write the capture\n");
		return 2;
	}
	for (unsigned i = 0; i < world.count; i++) {
		make_host(&world, &world.hosts[i], i);
	}
	FILE *file = create(inventory);
	write_inventory(&world, file);
	play(&world);
	return capture_close(world.writer, &err) < 0 || fclose(world.truth) != 0 ||
	       fclose(file) != 0;
}
