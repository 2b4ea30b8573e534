/* Contexts: the VLANs and tunnels a packet came through, as a small number.
 *
 * The same inner addresses in two VLANs, or inside and outside a tunnel, are two flows: without
 * this their bytes would be counted into one. What differs between the two directions of one
 * conversation, always (GTP TEIDs, L2TP sessions, PPTP call numbers, MPLS labels: the number of a
 * way) or now and then, is the flow table's business (flow_context.h); ERSPAN sessions number
 * mirrors and are left out. Context 0 is "none". Bounded: when nearly all 65,535 are taken, new
 * ones do without the number of their way, and when all are, they fall back to 0, those from
 * outside to one of their own, and are counted.
 *
 * Threads  one writer (the decoder); the flow table of the same worker reads. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Names as they stand in records, in enum order. */
#define TUNNEL_KINDS(X)                                                                            \
	X(VLAN, "vlan")                                                                            \
	X(QINQ, "qinq")                                                                            \
	X(MPLS, "mpls")                                                                            \
	X(PPPOE, "pppoe")                                                                          \
	X(GRE, "gre")                                                                              \
	X(ERSPAN, "erspan")                                                                        \
	X(IPIP, "ipip")                                                                            \
	X(SIXINFOUR, "6in4")                                                                       \
	X(VXLAN, "vxlan")                                                                          \
	X(GENEVE, "geneve")                                                                        \
	X(GTPU, "gtp-u")                                                                           \
	X(TEREDO, "teredo")                                                                        \
	X(L2TP, "l2tp")                                                                            \
	X(AYIYA, "ayiya")                                                                          \
	X(VNTAG, "vntag")                                                                          \
	X(CAPWAP, "capwap")                                                                        \
	X(LISP, "lisp")                                                                            \
	X(PIM, "pim")                                                                              \
	X(TZSP, "tzsp")                                                                            \
	X(HP_ERM, "hp-erm")                                                                        \
	X(GUE, "gue")

enum tunnel_kind {
	TUNNEL_NONE,
#define X(id, name) TUNNEL_##id,
	TUNNEL_KINDS(X)
#undef X
		TUNNEL_KIND_COUNT
};

const char *tunnel_kind_name(enum tunnel_kind kind);
/* Does it put packets into packets of others, or tag them on their way? */
bool tunnel_kind_wraps(enum tunnel_kind kind);

enum { CONTEXT_TUNNELS_MAX = 6, CONTEXT_COUNT_MAX = 65536 };
enum { CONTEXT_NONE, CONTEXT_FROM_OUTSIDE /* of tunnels that found no room */ };

struct context {
	uint16_t vlan_id;       /* outermost VLAN; 0 none */
	uint16_t inner_vlan_id; /* of QinQ; 0 none */
	uint32_t network_id;    /* innermost VXLAN or GENEVE VNI or GRE key; 0 none */
	uint32_t way_id;        /* innermost number that holds for one direction; 0 none */
	uint16_t way_ends[2];   /* from where to where that is, as short prints; 0 not known */
	/* enum tunnel_kind, outermost first, the rest TUNNEL_NONE */
	uint8_t tunnels[CONTEXT_TUNNELS_MAX];
	uint8_t is_from_outside; /* 0, or 1 where somebody outside wrapped it (wrapping.h) */
	uint8_t zero;
};

_Static_assert(sizeof(struct context) == 24, "compared and hashed as bytes");

struct contexts;

struct contexts *contexts_create(void);
void contexts_destroy(struct contexts *contexts);

/* The number of this context, made on first sight; when the table is full 0, or
 * CONTEXT_FROM_OUTSIDE. */
uint16_t contexts_intern(struct contexts *contexts, const struct context *context);

/* Both wrapped by somebody outside, or neither? */
bool contexts_are_alike(const struct contexts *contexts, uint16_t one, uint16_t other);
/* The same but for their ways and who wrapped them? */
bool contexts_are_kin(const struct contexts *contexts, uint16_t one, uint16_t other);
/* Of a way that leads back between the same ends? */
bool contexts_are_opposite(const struct contexts *contexts, uint16_t one, uint16_t other);
/* The same number of the same receiver, from whatever sender? */
bool contexts_are_one_way(const struct contexts *contexts, uint16_t one, uint16_t other);
/* May a packet have come by both, one after the other? On one link two ways are two plans of
 * addresses. */
bool contexts_are_hops(const struct contexts *contexts, uint16_t one, uint16_t other);
/* VLANs and nothing else? */
bool context_is_vlan(const struct context *context);
const struct context *contexts_get(const struct contexts *contexts, uint16_t number);
