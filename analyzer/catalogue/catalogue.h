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
 * Cost     opening a few ms for 10,000 facts, and in proportion for a million; a name under 100 ns
 *          (one probe a label), however many are listed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/text.h"

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
	/* Who contracts the service, and who ultimately controls that owner, as the files say it
	 * last (catalogue_ownership_at() for a time); countries "" where various. */
	const char *owner, *owner_country, *parent, *parent_country;
	const char *verified; /* where the facts come from; "" unverified */
	const char *notes;
	bool embedded;   /* tracker or SDK: seen inside other apps and pages */
	bool shared;     /* infrastructure that several apps stand on (a cloud, a CDN) */
	uint8_t hides;   /* visibility gap: enum app_hides */
	bool has_kits;   /* its parent has pixels or kits inside other apps */
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

/* The app that a person means, by id or name in any case: "TikTok", "chatgpt" (of "OpenAI /
 * ChatGPT"); 0 where there is none or several. Every command that takes an app asks this. */
uint16_t catalogue_resolve(const struct catalogue *catalogue, const char *text);

/* Writes "; did you mean tiktok, toutiao?" to the end of text; nothing where no app is alike. */
void catalogue_suggest(const struct catalogue *catalogue, const char *wrong, struct text *text);

/* Owner and control are facts with a time and, where they differ, a region. */
#define OWNERSHIP_FIELDS(X)                                                                        \
	X(OWNER, "owner", owner)                                                                   \
	X(OWNER_COUNTRY, "owner-country", owner_country)                                           \
	X(PARENT, "parent", parent)                                                                \
	X(PARENT_COUNTRY, "parent-country", parent_country)

enum ownership_field {
#define X(id, name, member) OWNERSHIP_##id,
	OWNERSHIP_FIELDS(X)
#undef X
		OWNERSHIP_FIELD_COUNT
};

const char *ownership_field_name(enum ownership_field field);

struct ownership {
	const char *owner, *owner_country, *parent, *parent_country;
};

struct ownership_fact {
	const char *value, *source; /* source "" unverified */
	const char *region;         /* "US": flows of that part of the service; "" everywhere */
	const char *file;
	uint64_t from_ns,
		to_ns; /* holds from the first and before the second: 0, UINT64_MAX ever */
	unsigned line;
	uint32_t next; /* the catalogue's own */
	uint16_t app;
	uint8_t field; /* enum ownership_field */
	uint8_t layer;
};

/* What was true at a time: of the facts that hold, the one for the region before the one for
 * everywhere, then the latest. Texts are "" where nothing holds. */
struct ownership catalogue_ownership_at(
	const struct catalogue *catalogue, uint16_t app, uint64_t time_ns, const char *region);

/* The name of the owner whom a record means, which keeps the countries alone. */
const char *catalogue_owner_shown(const struct catalogue *catalogue, uint16_t app, uint64_t time_ns,
	const char *owner_country, const char *parent_country);

/* All facts about an app's ownership, by field, region and time; returns how many. */
unsigned catalogue_ownership_facts(
	const struct catalogue *catalogue, uint16_t app, const struct ownership_fact **facts);

/* What a rule looks at; names as they stand in the files. */
#define RULE_KINDS(X)                                                                              \
	X(HOST, "host")               /* one whole name */                                         \
	X(FIRST_LABEL, "first-label") /* a pattern for the first label, in front of a suffix */    \
	X(SUFFIX, "suffix")           /* a name and everything below it */                         \
	X(TLD, "tld")                 /* a house's own top-level domain */                         \
	X(CDN_SUFFIX, "cdn-suffix")   /* a suffix below which stand the names of customers */      \
	X(LABEL, "label")             /* a first label below any suffix, perhaps on ports */       \
	X(NO_LABEL, "no-label")       /* a suffix below which labels say nothing */                \
	X(PREFIX, "prefix")           /* addresses that serve this app alone, perhaps on ports */  \
	X(ASN, "asn")                 /* a network; names the app only where no other lists it */  \
	X(ALPN, "alpn")               /* an application protocol of TLS; * at the end: any more */ \
	X(CERT, "cert")               /* a certificate's name that is no host; the same */         \
	X(USER_AGENT, "user-agent")   /* the product in front of an HTTP User-Agent; the same */

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
	const char *region; /* the part of the service it belongs to: picks its ownership; "" any */
	const char *file;
	unsigned line;
	uint16_t app;    /* symbol */
	uint8_t kind;    /* enum rule_kind */
	uint8_t layer;   /* 0 shipped; 1.. the user's paths in order */
	uint8_t hides;   /* what this rule's flows hide, whatever the app does: enum app_hides */
	bool embedded;   /* a pixel or SDK: not use of the app */
	bool weak;       /* a link shortener, or a name that others use as well */
	bool shared;     /* a network that others use as well: names no app */
	bool overridden; /* a later rule claims the same */
};

unsigned catalogue_rule_count(const struct catalogue *catalogue);
const struct catalogue_rule *catalogue_rule(const struct catalogue *catalogue, unsigned index);

/* The rules of one app, as places for catalogue_rule(), in the order of the files; returns how
 * many. */
unsigned catalogue_rules_of(
	const struct catalogue *catalogue, uint16_t app, const uint32_t **indices);

enum match_kind {
	MATCH_NONE,
	MATCH_SUFFIX,
	MATCH_FIRST_LABEL,
	MATCH_EMBEDDED_IN_CDN,
	MATCH_PREFIX,
	MATCH_ASN,
	MATCH_HOST,
	MATCH_LABEL,
	MATCH_WORD /* ALPN, a certificate's name, a User-Agent's product */
};

struct match {
	uint16_t app;       /* symbol; 0: no match */
	uint8_t kind;       /* enum match_kind */
	bool embedded;      /* a pixel or SDK rule matched: not use of the app */
	bool weak;          /* the fact is unverified, or the name is a link shortener or shared */
	uint8_t hides;      /* of the rule, or where it says nothing of the app: enum app_hides */
	const char *rule;   /* the text that matched, for explanations; owned by the catalogue */
	const char *source; /* what verifies the rule; "" nothing; NULL: no rule */
	const char *region; /* of the rule, for catalogue_ownership_at(); NULL where app is 0 */
};

/* name: lower case, without a final dot; any bytes. */
struct match catalogue_match_name(
	const struct catalogue *catalogue, const char *name, size_t length);

/* "doh.example.org" on 443: what the first label alone makes likely, below whatever name. Ask it
 * where catalogue_match_name() does not say what is hidden; a weak one holds only where that knows
 * no app. */
struct match catalogue_match_label(
	const struct catalogue *catalogue, const char *name, size_t length, uint16_t port);

/* A word that is no host name. kind: RULE_ALPN (the protocol that was chosen, or offered first),
 * RULE_CERT (the subject's common name, where it is no host: "AnyNet Relay") or RULE_USER_AGENT
 * (the header's value or its beginning: what stands in front of the first "/" or "(" is looked up).
 * Case does not matter; any bytes. The longest fact wins. */
struct match catalogue_match_word(
	const struct catalogue *catalogue, enum rule_kind kind, const char *text, size_t length);

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
/* When the latest of them was changed, as the file system says; 0 not known. */
uint64_t catalogue_changed_ns(const struct catalogue *catalogue);
void catalogue_describe_files(const struct catalogue *catalogue, FILE *out);

/* Everything that is wrong ("error: ") or doubtful ("note: "), a line each, to out: overlaps,
 * unreachable suffixes, unknown countries, bad ASNs and prefixes. Countries are looked up in geo,
 * which may be NULL. Returns how many are errors. */
unsigned catalogue_check(const struct catalogue *catalogue, const struct geo *geo, FILE *out);
