/* Which queue the kernel is told to choose: the program is run here as the kernel runs it. */
#include "collector/fanout.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include "tests/tap.h"

enum { PACKET_BYTES = 64 };

struct packet {
	uint16_t ethertype;
	uint8_t bytes[PACKET_BYTES]; /* from the network header on */
};

static uint32_t load(const struct packet *packet, uint32_t offset, unsigned size)
{
	uint32_t value = 0;

	if (offset == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
		return packet->ethertype;
	}
	offset -= (uint32_t)SKF_NET_OFF;
	for (unsigned i = 0; i < size; i++) {
		value = value << 8 | (offset + i < PACKET_BYTES ? packet->bytes[offset + i] : 0);
	}
	return value;
}

/* The instructions that the program uses, and no others: -1 for those. */
static int64_t run(const struct sock_fprog *program, const struct packet *packet)
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = { 0 };

	for (unsigned at = 0; at < program->len; at++) {
		const struct sock_filter *step = &program->filter[at];
		switch (step->code) {
		case BPF_LD | BPF_IMM:
			a = step->k;
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(packet, step->k, 4);
			break;
		case BPF_LD | BPF_H | BPF_ABS:
			a = load(packet, step->k, 2);
			break;
		case BPF_LD | BPF_B | BPF_ABS:
			a = load(packet, step->k, 1);
			break;
		case BPF_LD | BPF_H | BPF_IND:
			a = load(packet, step->k + x, 2);
			break;
		case BPF_LD | BPF_MEM:
			a = memory[step->k];
			break;
		case BPF_LDX | BPF_MEM:
			x = memory[step->k];
			break;
		case BPF_LDX | BPF_IMM:
			x = step->k;
			break;
		case BPF_LDX | BPF_B | BPF_MSH:
			x = (load(packet, step->k, 1) & 0xf) * 4;
			break;
		case BPF_ST:
			memory[step->k] = a;
			break;
		case BPF_ALU | BPF_XOR | BPF_X:
			a ^= x;
			break;
		case BPF_ALU | BPF_MUL | BPF_K:
			a *= step->k;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= step->k;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= step->k;
			break;
		case BPF_JMP | BPF_JA:
			at += step->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == step->k ? step->jt : step->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += a & step->k ? step->jt : step->jf;
			break;
		case BPF_RET | BPF_A:
			return a;
		case BPF_RET | BPF_K:
			return step->k;
		default:
			return -1;
		}
	}
	return -1;
}

static struct packet make(const char *source, uint16_t source_port, const char *destination,
	uint16_t destination_port, uint8_t protocol)
{
	struct packet packet = { .ethertype = ETH_P_IP };
	bool is_v6 = strchr(source, ':') != NULL;
	uint8_t *ports = packet.bytes + (is_v6 ? 40 : 20);

	if (is_v6) {
		packet.ethertype = ETH_P_IPV6;
		packet.bytes[6] = protocol;
		inet_pton(AF_INET6, source, packet.bytes + 8);
		inet_pton(AF_INET6, destination, packet.bytes + 24);
	} else {
		packet.bytes[0] = 0x45;
		packet.bytes[9] = protocol;
		inet_pton(AF_INET, source, packet.bytes + 12);
		inet_pton(AF_INET, destination, packet.bytes + 16);
	}
	ports[0] = (uint8_t)(source_port >> 8);
	ports[1] = (uint8_t)source_port;
	ports[2] = (uint8_t)(destination_port >> 8);
	ports[3] = (uint8_t)destination_port;
	return packet;
}

static struct prefix network(const char *text, uint8_t bits)
{
	struct prefix prefix = { .bits = bits };
	uint8_t bytes[16];

	if (inet_pton(AF_INET6, text, bytes) == 1) {
		prefix.addr = addr_from_v6(bytes);
	} else if (inet_pton(AF_INET, text, bytes) == 1) {
		prefix.addr = addr_from_v4(bytes);
		prefix.bits = (uint8_t)(96 + bits);
	}
	return prefix;
}

/* Both directions of a flow come to one queue; which is it? */
static int64_t queue(const struct sock_fprog *program, const char *client, uint16_t client_port,
	const char *server, uint16_t server_port, uint8_t protocol)
{
	struct packet there = make(client, client_port, server, server_port, protocol);
	struct packet back = make(server, server_port, client, client_port, protocol);
	int64_t one = run(program, &there), other = run(program, &back);

	ok(one >= 0 && one == other, "both directions of %s and %s, port %u", client, server,
		server_port);
	return one;
}

static void test_clients(const struct sock_fprog *program)
{
	int64_t dns = queue(program, "10.1.2.3", 40000, "10.10.0.53", 53, 17);
	int64_t flow = queue(program, "10.1.2.3", 40001, "203.0.113.9", 443, 6);
	int64_t remote_dns = queue(program, "10.1.2.3", 40000, "9.9.9.9", 53, 17);
	int64_t other = queue(program, "10.1.2.4", 40001, "203.0.113.9", 443, 6);

	is_int(flow, dns, "a client's flow comes where its DNS answer came");
	is_int(remote_dns, dns, "… whoever answered");
	ok(other != flow, "another client may come elsewhere");
	dns = queue(program, "2001:db8:20::17", 40000, "2001:db8:10::53", 53, 17);
	flow = queue(program, "2001:db8:20::17", 40001, "2a03:2880::9", 443, 6);
	other = queue(program, "2001:db8:20::18", 40001, "2a03:2880::9", 443, 6);
	is_int(flow, dns, "the same over IPv6");
	ok(other != flow, "… and there, too");
	queue(program, "10.1.2.3", 40000, "10.10.0.80", 443, 6);
	queue(program, "198.51.100.1", 40000, "203.0.113.9", 443, 6);
	queue(program, "203.0.113.9", 40000, "10.10.0.80", 443, 6);
}

/* What no TCP or UDP packet is, and pieces of one that have no ports. */
static void test_others(const struct sock_fprog *program)
{
	struct packet whole = make("10.1.2.3", 40000, "203.0.113.9", 443, 17), piece = whole;
	struct packet echo = make("10.1.2.3", 0, "203.0.113.9", 53, 1);
	struct packet arp = { .ethertype = ETH_P_ARP };

	piece.bytes[6] = 0x01;
	piece.bytes[21] = 53;
	is_int(run(program, &piece), run(program, &whole), "a fragment goes with its client");
	is_int(run(program, &echo), run(program, &whole), "so does an echo");
	is_int(run(program, &arp), 0, "ARP goes to the first queue");
}

/* Clients spread evenly enough. */
static void test_balance(const struct sock_fprog *program)
{
	enum { QUEUES = 4, CLIENTS = 4000 };
	unsigned counts[QUEUES] = { 0 }, least = CLIENTS, most = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		char client[32];
		snprintf(client, sizeof(client), "10.1.%u.%u", i / 250, i % 250 + 1);
		struct packet packet = make(client, 40000, "203.0.113.9", 443, 6);
		counts[run(program, &packet) % QUEUES]++;
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		least = counts[i] < least ? counts[i] : least;
		most = counts[i] > most ? counts[i] : most;
	}
	ok(least > CLIENTS / QUEUES * 9 / 10 && most < CLIENTS / QUEUES * 11 / 10,
		"4,000 clients over 4 queues: %u to %u each", least, most);
}

int main(void)
{
	const struct prefix own[] = { network("10.0.0.0", 8), network("10.21.0.0", 16),
		network("192.168.0.0", 16), network("2001:db8::", 32), network("fc00::", 7) };
	struct prefix many[1000];
	struct sock_fprog program;
	struct err err;

	if (ok(fanout_make(&program, own, 5, &err) == 0, "the program is made")) {
		test_clients(&program);
		test_others(&program);
		test_balance(&program);
		fanout_free(&program);
	}
	for (unsigned i = 0; i < 1000; i++) {
		char text[64];
		snprintf(text, sizeof(text), "2001:db8:%x:%x::", i, i);
		many[i] = network(text, 64);
	}
	if (ok(fanout_make(&program, many, 1000, &err) == 0, "a thousand networks")) {
		ok(program.len <= BPF_MAXINSNS, "the kernel takes as many steps: %u", program.len);
		queue(&program, "2001:db8:7:7::17", 40001, "2a03:2880::9", 443, 6);
		fanout_free(&program);
	}
	return done_testing();
}
