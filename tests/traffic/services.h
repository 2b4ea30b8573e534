/* The services of the world outside that scenarios talk to: names, addresses in networks of the
 * right operators, and how a conversation with each of them looks.
 *
 * Addresses are real and public, so that geo and network databases say of them what they say of the
 * real ones; hosts that are invented end in ".example". Constant data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* What is on the wire. */
enum service_way {
	WAY_TLS,         /* a name in the hello */
	WAY_TLS_LARGE,   /* the same in a hello of two segments */
	WAY_TLS_12,      /* the same with a visible certificate */
	WAY_TLS_NO_NAME, /* only the lookup tells the name */
	WAY_HTTP,
	WAY_OPAQUE, /* TCP with bytes of no known protocol, after a lookup where there is a name */
	WAY_CALL,   /* UDP both ways, fifty packets a second */
	WAY_WIREGUARD,
	WAY_NTP,
	WAY_QUIC,         /* a name in the hello of one Initial packet */
	WAY_QUIC_LARGE,   /* the same in two */
	WAY_TLS_QUANTUM,  /* a post-quantum share, by our own builder (hello.h): two segments */
	WAY_QUIC_QUANTUM, /* the same over two Initials, shuffled as browsers do */
	WAY_QUIC_V2,      /* the same in version 2, in order */
};

/* How much, how often. */
enum service_model {
	MODEL_API,    /* a few small exchanges */
	MODEL_PAGE,   /* one to a few hundred kilobytes down */
	MODEL_MEDIA,  /* chunks of hundreds of kilobytes */
	MODEL_UPLOAD, /* more up than down */
	MODEL_BEACON, /* one small exchange */
	MODEL_PUSH,   /* stays open for a long time, a little now and then */
};

struct service {
	const char *group;  /* what a visit asks for: "tiktok", "m365", … */
	const char *app;    /* catalogue id; "unknown" where no catalogue can know */
	const char *name;   /* "" none: by address alone */
	const char *cnames; /* comma-separated chain of the lookup; "" none */
	const char *addr4;
	const char *addr6; /* NULL none */
	uint16_t port;
	uint8_t way, model;
	uint16_t per_10000;   /* how often a visit to the group talks to this host */
	const char *evidence; /* the strongest a perfect observer has */
	bool is_embedded;     /* built into pages and apps of others: no use of the app */
};

extern const struct service services[];
extern const size_t service_count;

/* What the catalogue says of an app: its category, who contracts it, and who controls that owner,
 * as countries; NULL for an app that is not listed. */
struct app_facts {
	const char *app, *category, *owner, *parent;
};

const struct app_facts *app_facts(const char *app);

/* Where the server at an address is, and where the company is that runs its network, as
 * geo-overrides.tsv and asn-owners.tsv have them; "" where they do
 * not know, NULL where they say nothing. */
struct network_facts {
	const char *prefix, *server, *operator;
};

const struct network_facts *network_facts(const struct addr *addr);
