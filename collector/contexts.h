/* Contexts: the VLANs and tunnels a packet came through, as a small number.
 *
 * The same inner addresses in two VLANs, or inside and outside a tunnel, are two flows: without
 * this their bytes would be counted into one. What always differs between the two directions of one
 * conversation (GTP TEIDs, L2TP, ERSPAN and PPTP sessions, MPLS labels) is left out; what differs
 * now and then is the flow table's business (flow_context.h). Context 0 is "none". Bounded: when
 * all 65,535 are taken, new ones fall back to 0, those from outside to one of their own, and are
 * counted.
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
	/* enum tunnel_kind, outermost first, the rest TUNNEL_NONE */
	uint8_t tunnels[CONTEXT_TUNNELS_MAX];
	uint8_t is_from_outside; /* 0, or 1 where somebody outside wrapped it (wrapping.h) */
	uint8_t zero;
};

_Static_assert(sizeof(struct context) == 16, "compared and hashed as bytes");

struct contexts;

struct contexts *contexts_create(void);
void contexts_destroy(struct contexts *contexts);

/* The number of this context, made on first sight; when the table is full 0, or
 * CONTEXT_FROM_OUTSIDE. */
uint16_t contexts_intern(struct contexts *contexts, const struct context *context);

/* Both wrapped by somebody outside, or neither? */
bool contexts_are_alike(const struct contexts *contexts, uint16_t one, uint16_t other);
/* The same but for who wrapped them? */
bool contexts_are_twins(const struct contexts *contexts, uint16_t one, uint16_t other);
/* VLANs and nothing else? */
bool context_is_vlan(const struct context *context);
const struct context *contexts_get(const struct contexts *contexts, uint16_t number);
