#include "collector/fanout.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Offsets count from the network header, wherever the kernel's buffer begins: behind VLAN tags. */
#define NET(offset) ((uint32_t)SKF_NET_OFF + (offset))

/* Steps of the program's hash: a large odd number (2^32 divided by the golden ratio). */
#define MIX UINT32_C(0x9e3779b1)

enum {
	ADDR_WORDS = 4,
	IPV4_PREFIX = 96, /* bits of an IPv4 prefix that say that it is one */
	PORT_DNS = 53,
	FRAGMENT_OFFSET_MASK = 0x1fff,
	/* Scratch memory of the program: words of both addresses, and their hashes. */
	CELL_SOURCE = 0,
	CELL_DESTINATION = 4,
	CELL_SOURCE_HASH = 8,
	CELL_DESTINATION_HASH = 9,
	/* An upper bound for what stands between the tests of networks, and of one such test. */
	FIXED_INSTRUCTIONS = 160,
	NETWORK_INSTRUCTIONS = 3 * ADDR_WORDS + 2
};

/* A program in the making. Jumps forward over unknown distances are mended afterwards. */
struct builder {
	struct sock_filter *code;
	unsigned count;
	const struct prefix *own[FANOUT_NETWORKS_MAX];
	unsigned own_count;
};

struct family {
	bool is_v6;
	unsigned first_word, word_count; /* of an address in a prefix that counts */
	uint32_t source, destination, protocol;
};

static unsigned emit(struct builder *builder, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	builder->code[builder->count] = (struct sock_filter){ code, yes, no, k };
	return builder->count++;
}

static unsigned emit_jump(struct builder *builder)
{
	return emit(builder, BPF_JMP | BPF_JA, 0, 0, 0);
}

/* The jump leads to what comes next. */
static void land(struct builder *builder, unsigned jump)
{
	builder->code[jump].k = builder->count - jump - 1;
}

static uint32_t word_of(const struct addr *addr, unsigned word)
{
	const uint8_t *bytes = addr->bytes + 4 * (size_t)word;

	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static uint32_t mask_of(unsigned bits, unsigned word)
{
	unsigned here = bits > 32 * word ? bits - 32 * word : 0;

	return here == 0 ? 0 : here >= 32 ? UINT32_MAX : UINT32_MAX << (32 - here);
}

static bool is_of_family(const struct prefix *prefix, const struct family *family)
{
	bool is_v4 = addr_is_v4(&prefix->addr) && prefix->bits >= IPV4_PREFIX;

	return is_v4 == !family->is_v6;
}

/* Loads an address from the packet into cells, and its hash into one. */
static void emit_load(struct builder *builder, const struct family *family, uint32_t offset,
	uint32_t cells, uint32_t hash_cell)
{
	emit(builder, BPF_LD | BPF_IMM, 0, 0, 0);
	emit(builder, BPF_ST, hash_cell, 0, 0);
	for (unsigned i = 0; i < family->word_count; i++) {
		emit(builder, BPF_LD | BPF_W | BPF_ABS, NET(offset + 4 * i), 0, 0);
		emit(builder, BPF_ST, cells + i, 0, 0);
		emit(builder, BPF_LDX | BPF_MEM, hash_cell, 0, 0);
		emit(builder, BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0);
		emit(builder, BPF_ALU | BPF_MUL | BPF_K, MIX, 0, 0);
		emit(builder, BPF_ST, hash_cell, 0, 0);
	}
}

/* Is the address in those cells own? Falls through where it is not; where it is, the jumps that are
 * noted in found leave. */
static unsigned emit_own(
	struct builder *builder, const struct family *family, uint32_t cells, unsigned found[])
{
	unsigned found_count = 0;

	for (unsigned i = 0; i < builder->own_count; i++) {
		const struct prefix *prefix = builder->own[i];
		unsigned tests[ADDR_WORDS], test_count = 0;
		if (!is_of_family(prefix, family)) {
			continue;
		}
		for (unsigned w = 0; w < family->word_count; w++) {
			uint32_t mask = mask_of(prefix->bits, family->first_word + w);
			if (mask != 0) {
				emit(builder, BPF_LD | BPF_MEM, cells + w, 0, 0);
				emit(builder, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
				tests[test_count++] = emit(builder, BPF_JMP | BPF_JEQ | BPF_K,
					word_of(&prefix->addr, family->first_word + w), 0, 0);
			}
		}
		found[found_count++] = emit_jump(builder);
		for (unsigned t = 0; t < test_count; t++) {
			builder->code[tests[t]].jf = (uint8_t)(builder->count - tests[t] - 1);
		}
	}
	return found_count;
}

static void land_all(struct builder *builder, const unsigned *jumps, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		land(builder, jumps[i]);
	}
}

/* The queue: the hash's upper half; the kernel takes it modulo the number of rings. */
static void emit_result(struct builder *builder)
{
	emit(builder, BPF_ALU | BPF_MUL | BPF_K, MIX, 0, 0);
	emit(builder, BPF_ALU | BPF_RSH | BPF_K, 16, 0, 0);
	emit(builder, BPF_RET | BPF_A, 0, 0, 0);
}

/* Who asked port 53? Jumps noted: the destination is the client, the source is. */
static void emit_dns(struct builder *builder, const struct family *family,
	unsigned *destination_asked, unsigned *source_asked)
{
	unsigned is_other, is_fragment = 0;

	emit(builder, BPF_LD | BPF_B | BPF_ABS, NET(family->protocol), 0, 0);
	emit(builder, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 2, 0);
	emit(builder, BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 1, 0);
	is_other = emit_jump(builder);
	if (family->is_v6) {
		emit(builder, BPF_LDX | BPF_IMM, 40, 0, 0);
	} else {
		emit(builder, BPF_LD | BPF_H | BPF_ABS, NET(6), 0, 0);
		emit(builder, BPF_JMP | BPF_JSET | BPF_K, FRAGMENT_OFFSET_MASK, 0, 1);
		is_fragment = emit_jump(builder);
		emit(builder, BPF_LDX | BPF_B | BPF_MSH, NET(0), 0, 0);
	}
	emit(builder, BPF_LD | BPF_H | BPF_IND, NET(0), 0, 0);
	emit(builder, BPF_JMP | BPF_JEQ | BPF_K, PORT_DNS, 0, 1);
	*destination_asked = emit_jump(builder);
	emit(builder, BPF_LD | BPF_H | BPF_IND, NET(2), 0, 0);
	emit(builder, BPF_JMP | BPF_JEQ | BPF_K, PORT_DNS, 0, 1);
	*source_asked = emit_jump(builder);
	land(builder, is_other);
	if (is_fragment) {
		land(builder, is_fragment);
	}
}

static void emit_family(struct builder *builder, const struct family *family)
{
	unsigned source_is_own[FANOUT_NETWORKS_MAX], destination_is_own[FANOUT_NETWORKS_MAX],
		both_own[FANOUT_NETWORKS_MAX], count, only_count;
	unsigned destination_asked, source_asked, neither;

	emit_load(builder, family, family->source, CELL_SOURCE, CELL_SOURCE_HASH);
	emit_load(builder, family, family->destination, CELL_DESTINATION, CELL_DESTINATION_HASH);
	emit_dns(builder, family, &destination_asked, &source_asked);
	count = emit_own(builder, family, CELL_SOURCE, source_is_own);
	only_count = emit_own(builder, family, CELL_DESTINATION, destination_is_own);
	neither = emit_jump(builder);

	land_all(builder, source_is_own, count);
	count = emit_own(builder, family, CELL_DESTINATION, both_own);
	land(builder, source_asked);
	emit(builder, BPF_LD | BPF_MEM, CELL_SOURCE_HASH, 0, 0);
	emit_result(builder);

	land_all(builder, destination_is_own, only_count);
	land(builder, destination_asked);
	emit(builder, BPF_LD | BPF_MEM, CELL_DESTINATION_HASH, 0, 0);
	emit_result(builder);

	land_all(builder, both_own, count);
	land(builder, neither);
	emit(builder, BPF_LD | BPF_MEM, CELL_SOURCE_HASH, 0, 0);
	emit(builder, BPF_LDX | BPF_MEM, CELL_DESTINATION_HASH, 0, 0);
	emit(builder, BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0);
	emit_result(builder);
}

static bool lies_in_another(const struct prefix *own, size_t count, size_t place)
{
	for (size_t i = 0; i < count; i++) {
		bool is_wider = own[i].bits < own[place].bits ||
				(own[i].bits == own[place].bits && i < place);
		if (i != place && is_wider && prefix_contains(&own[i], &own[place].addr)) {
			return true;
		}
	}
	return false;
}

/* The widest first, so that what finds no room is the smallest. */
static void choose_networks(struct builder *builder, const struct prefix *own, size_t count)
{
	for (unsigned bits = 0; bits <= 128; bits++) {
		for (size_t i = 0; i < count && builder->own_count < FANOUT_NETWORKS_MAX; i++) {
			if (own[i].bits == bits && !lies_in_another(own, count, i)) {
				builder->own[builder->own_count++] = &own[i];
			}
		}
	}
}

int fanout_make(
	struct sock_fprog *program, const struct prefix *own, size_t own_count, struct err *err)
{
	static const struct family v4 = { false, 3, 1, 12, 16, 9 };
	static const struct family v6 = { true, 0, ADDR_WORDS, 8, 24, 6 };
	struct builder builder = { .count = 0 };

	choose_networks(&builder, own, own_count);
	/* Each network is looked for three times. */
	size_t most = FIXED_INSTRUCTIONS + (size_t)builder.own_count * NETWORK_INSTRUCTIONS * 3;
	builder.code = calloc(most, sizeof(*builder.code));
	if (!builder.code) {
		return err_set(err, ENOMEM, "out of memory");
	}
	emit(&builder, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL), 0, 0);
	emit(&builder, BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 1);
	unsigned to_v4 = emit_jump(&builder);
	emit(&builder, BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1, 0);
	emit(&builder, BPF_RET | BPF_K, 0, 0, 0);
	emit_family(&builder, &v6);
	land(&builder, to_v4);
	emit_family(&builder, &v4);
	*program = (struct sock_fprog){ (unsigned short)builder.count, builder.code };
	return 0;
}

void fanout_free(struct sock_fprog *program)
{
	free(program->filter);
	program->filter = NULL;
}
