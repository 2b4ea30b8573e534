/* The catalogue: which names, prefixes and networks belong to which app, who owns it, who controls the owner.
 *
 * Compiled at start from text files (share/apps/<pack>.tsv, then the user's own, which win). Names match by the longest
 * suffix on label boundaries; first-label rules beat suffixes; a known name inside a CDN's name counts
 * ("tiktokcdn.com.edgesuite.net").
 *
 * Memory   read-only after catalogue_open().
 * Threads  any number may ask. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

struct catalogue;

struct app {
	const char *id;       /* "tiktok": network.application */
	const char *name;     /* "TikTok" */
	const char *category; /* "social_video" */
	const char *family;   /* "bytedance": apps of one house, for policies; "" none */
	const char *owner, *owner_country;   /* who contracts the service; country "" where various */
	const char *parent, *parent_country; /* who ultimately controls the owner */
	const char *verified;                /* where the facts come from; "" unverified */
	const char *notes;
	bool embedded;  /* tracker or SDK: seen inside other apps and pages */
	bool shared;    /* infrastructure that several apps stand on (a cloud, a CDN) */
	bool hides;     /* visibility gap: DoH, VPN, relay */
};

/* paths: extra files or folders of the user's, later ones win; the shipped packs are always there. */
int catalogue_open(struct catalogue **catalogue, const char *const *paths, unsigned path_count,
        struct err *err);
void catalogue_close(struct catalogue *catalogue);

unsigned catalogue_app_count(const struct catalogue *catalogue); /* rows 1..count; 0 is unknown */
const struct app *catalogue_app(const struct catalogue *catalogue, uint16_t row);
uint16_t catalogue_find(const struct catalogue *catalogue, const char *id); /* 0 where there is none */

enum match_kind { MATCH_NONE, MATCH_SUFFIX, MATCH_FIRST_LABEL, MATCH_EMBEDDED_IN_CDN, MATCH_PREFIX, MATCH_ASN };

struct match {
	uint16_t app;     /* 0: no match */
	uint8_t kind;     /* enum match_kind */
	bool embedded;    /* a pixel or SDK rule matched: not use of the app */
	bool weak;        /* the fact is unverified, or the name is a link shortener or shared */
	const char *rule; /* the text that matched, for explanations; owned by the catalogue */
};

struct match catalogue_match_name(const struct catalogue *catalogue, const char *name, size_t length);
struct match catalogue_match_addr(const struct catalogue *catalogue, const struct addr *addr);
struct match catalogue_match_asn(const struct catalogue *catalogue, uint32_t asn);

/* SHA-256 over all files in force, in hex; and a line a file. */
const char *catalogue_hash(const struct catalogue *catalogue);

/* Everything that is wrong or doubtful, a line each, to out: overlaps, unreachable suffixes, unknown countries, bad ASNs
 * and prefixes. Returns how many are errors. */
unsigned catalogue_check(const struct catalogue *catalogue, FILE *out);
