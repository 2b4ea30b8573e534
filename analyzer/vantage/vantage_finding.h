/* Findings: what this sensor cannot see, or sees wrong, as code and figures. Words are put to them
 * last (vantage_text.h), so that page, report and terminal say the same in any language.
 *
 * Severity: info is a limit to know; warning means that some figures are not what they seem;
 * critical that most are not. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define VANTAGE_SEVERITIES(X)                                                                      \
	X(INFO, "info")                                                                            \
	X(WARNING, "warning")                                                                      \
	X(CRITICAL, "critical")

enum vantage_severity {
#define X(id, name) VANTAGE_##id,
	VANTAGE_SEVERITIES(X)
#undef X
		VANTAGE_SEVERITY_COUNT
};

/* Code, name as in json, severity. The messages are "doctor_NAME" and "doctor_NAME_remedy". */
#define VANTAGE_FINDINGS(X)                                                                        \
	X(NOTHING, "nothing", CRITICAL)           /* no flow at all */                             \
	X(OWN_NONE, "own-none", CRITICAL)         /* no flow has an end in the own networks */     \
	X(ONE_WAY, "one-way", CRITICAL)           /* the mirror shows one direction */             \
	X(ONE_WAY_UNIT, "one-way-unit", CRITICAL) /* likewise, of some units */                    \
	X(TUNNELS_OUTSIDE, "tunnels-outside", WARNING) /* whose ends are not ours: hearsay */      \
	X(DOUBLED, "doubled", WARNING)                 /* every packet twice */                    \
	X(DOUBLED_LATE, "doubled-late", CRITICAL)      /* likewise, too late to be taken out */    \
	X(ROUTED, "routed", WARNING)           /* every packet on both sides of a router */        \
	X(TRANSLATED, "translated", WARNING)   /* likewise, by another address: it counts twice */ \
	X(RETAGGED, "retagged", WARNING)       /* likewise, between the same ends */               \
	X(MULTICAST, "multicast", WARNING)     /* carried into several VLANs: it counts in each */ \
	X(SNAPLEN, "snaplen", CRITICAL)        /* handshakes are cut */                            \
	X(MERGED, "merged", WARNING)           /* segments larger than the network carries */      \
	X(DROPS, "drops", WARNING)             /* that the kernel counted */                       \
	X(DROPS_BURST, "drops-burst", WARNING) /* likewise, in single minutes */                   \
	X(LOSS, "loss", WARNING)               /* bytes that were never captured */                \
	X(EVICTED, "evicted", WARNING)         /* flows for which there was no room */             \
	X(CLOCK_FUTURE, "clock-future", WARNING)                                                   \
	X(CLOCK_UNSET, "clock-unset", WARNING)                                                     \
	X(CLOCK_APART, "clock-apart", WARNING)     /* two inputs */                                \
	X(VLAN_MISSING, "vlan-missing", WARNING)   /* of the policy, not seen */                   \
	X(VLAN_UNTAGGED, "vlan-untagged", WARNING) /* none is seen at all */                       \
	X(VLAN_UNKNOWN, "vlan-unknown", WARNING)   /* seen, not in the policy */                   \
	X(OUTSIDE_UNITS, "outside-units", WARNING)                                                 \
	X(UNIT_WITHOUT_V6, "unit-without-ipv6", WARNING)                                           \
	X(NAT, "nat", WARNING)                                                                     \
	X(PROXY, "proxy", INFO)                                                                    \
	X(INTERCEPTED, "intercepted", WARNING)  /* something opens TLS */                          \
	X(PROXY_FOUND, "proxy-found", WARNING)  /* an address that answers for everybody */        \
	X(PROXY_GATEWAY, "proxy-gateway", INFO) /* of a company whose trade it is */               \
	X(DNS_NONE, "dns-none", WARNING)                                                           \
	X(DNS_RESOLVER, "dns-resolver-only", WARNING)                                              \
	X(DNS_ENCRYPTED, "dns-encrypted-only", WARNING)                                            \
	X(DNS_ANSWERS, "dns-answers", WARNING)         /* lookups whose answers are not seen */    \
	X(RESOLVER_LOG, "resolver-log", WARNING)       /* whose lookups name nothing here */       \
	X(RESOLVER_CLOCK, "resolver-clock", WARNING)   /* whose clock is another one */            \
	X(RESOLVER_AWAY, "resolver-away", WARNING)     /* live: its log cannot be read */          \
	X(RESOLVER_SILENT, "resolver-silent", WARNING) /* live: it says nothing any more */        \
	X(RESOLVER_BEHIND, "resolver-behind", WARNING) /* live: it is written faster than read */  \
	X(NAMES_HIDDEN, "names-hidden", WARNING)                                                   \
	X(INVENTORY_NONE, "inventory-none", INFO)                                                  \
	X(INVENTORY_LOW, "inventory-low", WARNING)                                                 \
	X(UNPROVEN, "unproven", INFO)                 /* units of which "not seen" says nothing */ \
	X(UNPROVEN_UNKNOWN, "unproven-unknown", INFO) /* it cannot be told here which those are */ \
	X(UNPROVEN_BEFORE, "unproven-before", INFO)   /* nor of days so long ago */                \
	X(PROBE, "probe", INFO)                       /* what became of one */                     \
	X(PROBE_REFUSED, "probe-refused", INFO)       /* likewise: somebody said that, by ICMP */  \
	X(PROBE_MORE, "probe-more", INFO)             /* of which no word is said one by one */    \
	X(PROBE_COPIED, "probe-copied", WARNING)      /* a marker came a second time */            \
	X(PROBE_MOVED, "probe-moved", WARNING) /* a marker of another segment than it came from */ \
	X(PROBE_CLOCK, "probe-clock", WARNING) /* markers of another time than this machine's */   \
	X(GEO_NONE, "geo-none", WARNING)                                                           \
	X(GEO_OLD, "geo-old", WARNING)                                                             \
	X(CATALOGUE_OLD, "catalogue-old", WARNING)                                                 \
	X(POLICY_OVER, "policy-over", WARNING) /* its dates have passed */                         \
	X(RELOAD_FAILED, "reload-failed", WARNING)                                                 \
	X(ALERT_RATE, "alert-rate", WARNING)  /* more than the promised rate */                    \
	X(ALERT_BUDGET, "alert-budget", INFO) /* promised and realised, where that is kept */      \
	X(OFFLOAD_ON, "offload-on", WARNING)  /* live: the card merges */                          \
	X(NIC_DROPS, "nic-drops", WARNING)    /* live: the card has lost frames */                 \
	X(LINK_DOWN, "link-down", CRITICAL)   /* live: the interface is not up */

enum vantage_code {
#define X(id, name, severity) VANTAGE_##id,
	VANTAGE_FINDINGS(X)
#undef X
		VANTAGE_CODE_COUNT
};

#define VANTAGE_FIGURES(X)                                                                         \
	X(NONE, "none")                                                                            \
	X(NUMBER, "number")                                                                        \
	X(DEVICES, "devices") /* a number of them; below `whole` only that */                      \
	X(SHARE, "share")     /* number of whole */                                                \
	X(SIZE, "size")       /* bytes */                                                          \
	X(SPAN, "span")       /* seconds */                                                        \
	X(RATE, "rate")       /* thousandths */                                                    \
	X(TEXT, "text")       /* a name, as it is */                                               \
	X(WORD, "word")       /* the key of a message */

enum vantage_figure_kind {
#define X(id, name) FIGURE_##id,
	VANTAGE_FIGURES(X)
#undef X
		FIGURE_KIND_COUNT
};

enum {
	FIGURES_MAX = 6,
	FIGURE_NAME_BYTES = 16,
	FIGURE_TEXT_BYTES = 160,
	VANTAGE_FINDINGS_MAX = 192
};

struct vantage_figure {
	char name[FIGURE_NAME_BYTES]; /* of the placeholder */
	uint8_t kind;                 /* enum vantage_figure_kind */
	uint64_t number, whole;
	char text[FIGURE_TEXT_BYTES];
};

struct vantage_finding {
	uint8_t code;     /* enum vantage_code */
	uint8_t severity; /* enum vantage_severity */
	uint8_t figure_count;
	struct vantage_figure figures[FIGURES_MAX];
};

struct vantage_findings {
	unsigned count;
	struct vantage_finding items[VANTAGE_FINDINGS_MAX];
};

const char *vantage_code_name(enum vantage_code code);
const char *vantage_severity_name(enum vantage_severity severity);
const char *vantage_figure_kind_name(enum vantage_figure_kind kind);

/* A new one at the end, of its code's severity; past VANTAGE_FINDINGS_MAX the last place is used
 * again. */
struct vantage_finding *vantage_add(struct vantage_findings *findings, enum vantage_code code);
bool vantage_has(const struct vantage_findings *findings, enum vantage_code code);

/* The worst first, otherwise in the order of the codes. */
void vantage_sort(struct vantage_findings *findings);

/* Figures; name is that of the placeholder, below FIGURE_NAME_BYTES. */
void figure_number(struct vantage_finding *finding, const char *name, uint64_t number);
void figure_devices(
	struct vantage_finding *finding, const char *name, uint64_t number, uint64_t least);
void figure_share(struct vantage_finding *finding, const char *name, uint64_t part, uint64_t whole);
void figure_size(struct vantage_finding *finding, const char *name, uint64_t bytes);
void figure_span(struct vantage_finding *finding, const char *name, uint64_t seconds);
void figure_rate(struct vantage_finding *finding, const char *name, uint64_t milli);
void figure_text(struct vantage_finding *finding, const char *name, const char *text);
void figure_word(struct vantage_finding *finding, const char *name, const char *key);

/* Adds an item to the list in that text: "a, b, c", then "…". Once: but where it is there. */
void figure_list_add(struct vantage_finding *finding, const char *name, const char *item);
void figure_list_add_once(struct vantage_finding *finding, const char *name, const char *item);
