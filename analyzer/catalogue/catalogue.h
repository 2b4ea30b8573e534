/* The catalogue: which names, prefixes and networks belong to which app, who owns it, who controls
 * the owner.
 *
 * Compiled at start from text files, one fact a line: the shipped packs (share/apps/<pack>.tsv),
 * then the user's own, which win. The format is told in share/apps/README.md.
 *
 * Names match by the longest suffix on label boundaries. Rules on the first label
 * ("lemonapi*.tiktokv.com") beat suffixes; a whole host name beats both. A known name inside a
 * CDN's name counts ("tiktokcdn.com.edgesuite.net", "p16-tiktokcdn-com.akamaized.net"). Where two
 * files claim the same name, the later file wins.
 *
 * Memory   read-only after catalogue_open(); every text lives until catalogue_close().
 * Threads  any number may ask.
 * Cost     opening a few ms for 5,000 facts; a name under 100 ns (one probe a label). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

struct catalogue;
struct geo;

/* What an app keeps from sight, as the files say it. */
#define APP_HIDES(X)                                                                               \
	X(NOTHING, "")                                                                             \
	X(CONTENT, "hides")     /* VPN, Tor, a proxy that encrypts: all that goes through it */    \
	X(RELAY, "hides-relay") /* a relay built into a system or browser: who it goes to */       \
	X(LOOKUPS, "hides-lookups") /* a resolver over TLS, HTTPS or QUIC: the names asked for */

enum app_hides {
#define X(id, name) APP_HIDES_##id,
	APP_HIDES(X)
#undef X
		APP_HIDES_COUNT
};

struct app {
	const char *id;       /* "tiktok": network.application */
	const char *name;     /* "TikTok" */
	const char *category; /* "social_video" */
	const char *family;   /* "bytedance": apps of one house, for policies; "" none */
	const char *owner, *owner_country; /* who contracts the service; country "" where various */
	const char *parent, *parent_country; /* who ultimately controls the owner */
	const char *verified;                /* where the facts come from; "" unverified */
	const char *notes;
	bool embedded; /* tracker or SDK: seen inside other apps and pages */
	bool shared;   /* infrastructure that several apps stand on (a cloud, a CDN) */
	uint8_t hides; /* visibility gap: enum app_hides */
	bool has_kits; /* its parent has pixels or kits inside other apps */
	uint16_t symbol; /* what stands for it in records */
};

/* paths: extra files or folders of the user's, later ones win; the shipped packs are always there.
 * 0 or -errno. */
int catalogue_open(struct catalogue **catalogue, const char *const *paths, unsigned path_count,
	struct err *err);
void catalogue_close(struct catalogue *catalogue);

/* Apps are told by their symbols (symbols.h), which outlive the catalogue. NULL for 0, and for one
 * that other catalogues had: symbol_name() knows its id. */
const struct app *catalogue_app(const struct catalogue *catalogue, uint16_t app);
uint16_t catalogue_find(
	const struct catalogue *catalogue, const char *id); /* 0 where there is none */

/* All of them, 0..count-1, in the order of the files. */
unsigned catalogue_app_count(const struct catalogue *catalogue);
const struct app *catalogue_app_at(const struct catalogue *catalogue, unsigned index);

/* What a rule looks at; names as they stand in the files. */
#define RULE_KINDS(X)                                                                              \
	X(HOST, "host")               /* one whole name */                                         \
	X(FIRST_LABEL, "first-label") /* a pattern for the first label, in front of a suffix */    \
	X(SUFFIX, "suffix")           /* a name and everything below it */                         \
	X(CDN_SUFFIX, "cdn-suffix")   /* a suffix below which stand the names of customers */      \
	X(PREFIX, "prefix")           /* addresses that serve this app alone, perhaps on ports */  \
	X(ASN, "asn")                 /* a network; names the app only where no other lists it */

enum rule_kind {
#define X(id, name) RULE_##id,
	RULE_KINDS(X)
#undef X
		RULE_KIND_COUNT
};

const char *rule_kind_name(enum rule_kind kind);

struct catalogue_rule {
	const char *value;  /* "tiktokcdn.com", "91.108.4.0/22", "AS62041" */
	const char *source; /* what verifies it; "" unverified */
	const char *file;
	unsigned line;
	uint16_t app;    /* symbol */
	uint8_t kind;    /* enum rule_kind */
	uint8_t layer;   /* 0 shipped; 1.. the user's paths in order */
	bool embedded;   /* a pixel or SDK: not use of the app */
	bool weak;       /* a link shortener, or a name that others use as well */
	bool shared;     /* a network that others use as well: names no app */
	bool overridden; /* a later rule claims the same */
};

unsigned catalogue_rule_count(const struct catalogue *catalogue);
const struct catalogue_rule *catalogue_rule(const struct catalogue *catalogue, unsigned index);

enum match_kind {
	MATCH_NONE,
	MATCH_SUFFIX,
	MATCH_FIRST_LABEL,
	MATCH_EMBEDDED_IN_CDN,
	MATCH_PREFIX,
	MATCH_ASN,
	MATCH_HOST
};

struct match {
	uint16_t app;     /* symbol; 0: no match */
	uint8_t kind;     /* enum match_kind */
	bool embedded;    /* a pixel or SDK rule matched: not use of the app */
	bool weak;        /* the fact is unverified, or the name is a link shortener or shared */
	const char *rule; /* the text that matched, for explanations; owned by the catalogue */
};

/* name: lower case, without a final dot; any bytes. */
struct match catalogue_match_name(
	const struct catalogue *catalogue, const char *name, size_t length);

/* port: of the remote end, for rules that hold on certain ports only (a resolver's address is DNS
 * over HTTPS on 443, not on 53); 0 matches no such rule. */
struct match catalogue_match_addr(
	const struct catalogue *catalogue, const struct addr *addr, uint16_t port);

/* App 0 where nobody, several apps, or infrastructure lists the network: it then proves an owner at
 * most. */
struct match catalogue_match_asn(const struct catalogue *catalogue, uint32_t asn);

/* Is this one of the networks the app itself runs? Agrees with a name, proves nothing alone. */
bool catalogue_app_has_asn(const struct catalogue *catalogue, uint16_t app, uint32_t asn);

/* SHA-256 over all files in force, in hex; and a line a file (hash, facts, path) to out. */
const char *catalogue_hash(const struct catalogue *catalogue);
void catalogue_describe_files(const struct catalogue *catalogue, FILE *out);

/* Everything that is wrong ("error: ") or doubtful ("note: "), a line each, to out: overlaps,
 * unreachable suffixes, unknown countries, bad ASNs and prefixes. Countries are looked up in geo,
 * which may be NULL. Returns how many are errors. */
unsigned catalogue_check(const struct catalogue *catalogue, const struct geo *geo, FILE *out);
