/* A day on which a quarter of the devices hide every name: their lookups are not seen, and their
 * hellos carry none, or lie before the capture. The others do the same things in the open.
 *
 * Addresses are as in the world outside: an app's own front ends, the front ends of one owner that
 * several of its apps share, and caches of CDNs that any customer's names lead to. Pixels and
 * advertising kits of an app go to the same addresses as the app.
 *
 * In the truth, the evidence of a flow whose name is hidden is "hidden"; its app is "unknown" where
 * no app is used (other services, pixels, kits). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/traffic/dns_session.h"
#include "tests/traffic/quic_session.h"
#include "tests/traffic/scenario.h"
#include "tests/traffic/tcp_session.h"
#include "tests/traffic/tls_session.h"
#include "tests/traffic/udp_session.h"

enum {
	DEVICES = 40,
	HIDDEN_EVERY = 4, /* of devices, one hides */
	APPS_A_DEVICE = 5,
	SESSIONS_LEAST = 6,
	SESSIONS_MOST = 12,
	FLOWS_MAX = 65536,
	LOOKUP_TTL_S = 300,
	RESOLVERS = 3, /* each has its own answers */
};

#define DAY_BEGINS "2026-03-17T06:00"
#define DAY_NS     (12 * 3600 * NS_PER_S)

/* What a flow looks like. */
enum look {
	LOOK_API,       /* a few exchanges, at the start of a session */
	LOOK_PREFETCH,  /* bursts of parallel downloads, again and again */
	LOOK_PAGE,      /* some parallel downloads, once */
	LOOK_TELEMETRY, /* more up than down, every minute */
	LOOK_STREAM,    /* one large download after the other */
	LOOK_BEACON,    /* a little, once */
};

/* Addresses prefix.first to prefix.(first + count - 1). */
static const struct host {
	const char *group, *app, *name, *prefix;
	uint8_t first, count;
	uint8_t look;
	bool is_quic, is_embedded;
	uint16_t per_10000;
} hosts[] = {
	{ "tiktok", "tiktok", "api16-normal-no1a.tiktokv.eu", "147.160.180", 10, 8, LOOK_API, false,
		false, 10000 },
	{ "tiktok", "tiktok", "v16m-default.tiktokcdn-eu.com", "2.21.20", 10, 14, LOOK_PREFETCH,
		false, false, 10000 },
	{ "tiktok", "tiktok", "v19-webapp-prime.tiktok.com", "146.75.78", 10, 8, LOOK_PREFETCH,
		true, false, 4000 },
	{ "tiktok", "tiktok", "p16-sign.tiktokcdn.com", "2.21.20", 20, 10, LOOK_PAGE, false, false,
		9000 },
	{ "tiktok", "tiktok", "mssdk16-normal-useastred.tiktokv.eu", "147.160.180", 14, 6,
		LOOK_TELEMETRY, false, false, 10000 },
	{ "instagram", "instagram", "i.instagram.com", "157.240.205", 60, 6, LOOK_API, false, false,
		10000 },
	{ "instagram", "instagram", "scontent-arn2-1.cdninstagram.com", "157.240.205", 64, 8,
		LOOK_PAGE, false, false, 10000 },
	{ "instagram", "instagram", "video-arn2-1.cdninstagram.com", "157.240.205", 66, 8,
		LOOK_PREFETCH, true, false, 5000 },
	{ "facebook", "facebook", "www.facebook.com", "157.240.205", 35, 6, LOOK_API, false, false,
		10000 },
	{ "facebook", "facebook", "scontent.fosl3-1.fna.fbcdn.net", "81.228.10", 36, 8, LOOK_PAGE,
		false, false, 10000 },
	{ "whatsapp", "whatsapp", "mmg.whatsapp.net", "157.240.200", 60, 4, LOOK_PAGE, false, false,
		10000 },
	{ "whatsapp", "whatsapp", "media.fosl3-1.fna.whatsapp.net", "81.228.10", 42, 5, LOOK_PAGE,
		false, false, 5000 },
	{ "youtube", "youtube", "www.youtube.com", "142.250.74", 40, 12, LOOK_API, false, false,
		10000 },
	{ "youtube", "youtube", "rr3---sn-5goeenes.googlevideo.com", "81.228.10", 47, 14,
		LOOK_STREAM, false, false, 10000 },
	{ "youtube", "youtube", "rr4---sn-5goeenes.googlevideo.com", "81.228.10", 47, 14,
		LOOK_STREAM, true, false, 6000 },
	{ "google", "google", "www.google.com", "142.250.74", 40, 12, LOOK_PAGE, false, false,
		10000 },
	{ "google", "google", "www.gstatic.com", "142.250.74", 40, 12, LOOK_PAGE, false, false,
		6000 },
	{ "temu", "temu", "www.temu.com", "20.15.0", 21, 4, LOOK_API, false, false, 10000 },
	{ "temu", "temu", "img.kwcdn.com", "2.21.20", 26, 14, LOOK_PAGE, false, false, 10000 },
	{ "snapchat", "snapchat", "app.snapchat.com", "35.190.43", 130, 6, LOOK_API, false, false,
		10000 },
	{ "snapchat", "snapchat", "cf-st.sc-cdn.net", "146.75.78", 16, 10, LOOK_PREFETCH, false,
		false, 8000 },
	{ "netflix", "netflix", "api-global.netflix.com", "76.223.93", 42, 3, LOOK_API, false,
		false, 10000 },
	{ "netflix", "netflix", "ipv4-c001-sto001-ix.1.oca.nflxvideo.net", "45.57.90", 40, 8,
		LOOK_STREAM, false, false, 10000 },
	{ "spotify", "spotify", "spclient.wg.spotify.com", "35.186.224", 25, 5, LOOK_API, false,
		false, 10000 },
	{ "spotify", "spotify", "audio-fa.scdn.co", "146.75.78", 22, 10, LOOK_STREAM, false, false,
		8000 },
	{ "m365", "m365", "outlook.office365.com", "52.98.151", 60, 10, LOOK_PAGE, false, false,
		10000 },
	{ "m365", "m365", "exempelstad.sharepoint.com", "13.107.136", 10, 4, LOOK_PAGE, false,
		false, 7000 },
	{ "news", "unknown", "www.nyheter.example", "146.75.78", 28, 8, LOOK_PAGE, false, false,
		10000 },
	{ "news", "unknown", "bilder.nyheter.example", "2.21.20", 34, 16, LOOK_PAGE, false, false,
		10000 },
	{ "news", "tiktok", "analytics.tiktok.com", "2.21.20", 20, 6, LOOK_BEACON, false, true,
		5000 },
	{ "news", "google-analytics", "www.google-analytics.com", "142.250.74", 40, 12,
		LOOK_TELEMETRY, false, true, 8000 },
	{ "game", "unknown", "spel.lekstuga.example", "185.39.147", 20, 4, LOOK_API, false, false,
		10000 },
	{ "game", "unknown", "resurser.lekstuga.example", "2.21.20", 40, 16, LOOK_PAGE, false,
		false, 7000 },
	{ "game", "bytedance-pangle", "api16-access-sg.pangle.io", "147.160.180", 12, 8,
		LOOK_TELEMETRY, false, true, 10000 },
	{ "shop", "unknown", "www.handla.example", "2.21.20", 30, 20, LOOK_PAGE, false, false,
		10000 },
};

/* Common first: a device takes some of them. */
static const char *const groups[] = { "tiktok", "instagram", "youtube", "news", "google",
	"facebook", "whatsapp", "m365", "temu", "snapchat", "netflix", "spotify", "game", "shop" };

enum { GROUP_COUNT = sizeof(groups) / sizeof(groups[0]) };

/* How a device's names stay hidden. */
enum hiding { IN_THE_OPEN, NO_NAME, BEGAN_BEFORE, HIDING_COUNT };

struct member {
	struct device device;
	enum hiding hiding;
	unsigned resolver;
};

struct play {
	struct scene *scene;
	struct member members[DEVICES];
	uint64_t visible_ns[FLOWS_MAX]; /* by flow of the truth: what lies before is not captured */
};

/* The same host for a while: as a resolver remembers it. */
static struct addr address_of(
	const struct host *host, const struct member *member, uint64_t time_ns)
{
	struct rng rng = { (uint64_t)(host - hosts) << 32 ^ member->resolver << 24 ^
			   time_ns / (600 * NS_PER_S) };
	char text[ADDR_TEXT_MAX];

	rng_next(&rng);
	snprintf(text, sizeof(text), "%s.%u", host->prefix,
		host->first + (unsigned)rng_below(&rng, host->count));
	return addr_of(text);
}

static void sizes_of(struct rng *rng, enum look look, size_t *up_bytes, size_t *down_bytes)
{
	*up_bytes = rng_between(rng, 400, 1500);
	switch (look) {
	case LOOK_API:
		*down_bytes = rng_heavy_tail(rng, 1500, 60000);
		break;
	case LOOK_PREFETCH:
		*down_bytes = rng_heavy_tail(rng, 150000, 1500000);
		break;
	case LOOK_PAGE:
		*down_bytes = rng_heavy_tail(rng, 4000, 300000);
		break;
	case LOOK_TELEMETRY:
		*up_bytes = rng_heavy_tail(rng, 5000, 40000);
		*down_bytes = rng_between(rng, 200, 900);
		break;
	case LOOK_STREAM:
		*down_bytes = rng_heavy_tail(rng, 300000, 2500000);
		break;
	case LOOK_BEACON:
		*down_bytes = rng_between(rng, 100, 600);
		break;
	}
}

static struct truth_flow describe(
	const struct host *host, const struct member *member, uint32_t lookup)
{
	struct truth_flow truth = {
		.app = host->app,
		.evidence = host->is_quic ? "quic-sni" : "tls-sni",
		.name_flow = member->hiding == IN_THE_OPEN ? lookup : TRUTH_NO_FLOW,
	};

	if (member->hiding != IN_THE_OPEN) {
		truth.evidence = "hidden";
		truth.app = host->is_embedded ? "unknown" : host->app;
	} else {
		snprintf(truth.name, sizeof(truth.name), "%s", host->name);
	}
	return truth;
}

/* The handshake of a flow that began before the capture is not in it. */
static void begin_capture(
	struct play *play, const struct member *member, const struct conversation *conversation)
{
	struct truth_flow *flow = truth_flow(play->scene->truth, conversation->flow);

	if (conversation->flow >= FLOWS_MAX) {
		abort();
	}
	if (member->hiding == BEGAN_BEFORE) {
		play->visible_ns[conversation->flow] = conversation->now_ns + 1;
		flow->start_lost = flow->name_lost = true;
	}
}

static void talk_over_tls(struct play *play, struct member *member, const struct host *host,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth)
{
	struct tls_options options = { host->name, "h2,http/1.1",
		member->hiding == NO_NAME ? TLS_HELLO_NO_NAME : TLS_HELLO_COMMON, NULL };
	struct rng *rng = &play->scene->rng;
	struct tcp_session tcp;

	tcp_init(&tcp, play->scene, &member->device, server, start_ns, truth);
	tcp_connect(&tcp);
	struct tls_session *tls = tls_open(play->scene->tls, &tcp, &options);
	begin_capture(play, member, &tcp.conversation);
	for (uint64_t i = rng_between(rng, 1, 3); i > 0; i--) {
		size_t up_bytes, down_bytes;
		sizes_of(rng, host->look, &up_bytes, &down_bytes);
		tcp_pause(&tcp, rng_between(rng, 20, 1500) * NS_PER_MS);
		tls_send(tls, TCP_CLIENT, up_bytes);
		tls_send(tls, TCP_SERVER, down_bytes);
	}
	tls_close(tls);
	tcp_close(&tcp, TCP_CLIENT);
}

static void talk_over_quic(struct play *play, struct member *member, const struct host *host,
	const struct endpoint *server, uint64_t start_ns, const struct truth_flow *truth)
{
	struct tls_options options = { host->name, "h3",
		member->hiding == NO_NAME ? TLS_HELLO_NO_NAME : TLS_HELLO_COMMON, NULL };
	size_t up_bytes, down_bytes;
	struct conversation udp;

	udp_init(&udp, play->scene, &member->device, server, start_ns, truth);
	struct quic_session *quic = quic_open(play->scene->tls, &udp, &options);
	begin_capture(play, member, &udp);
	udp.now_ns += 40 * NS_PER_MS;
	sizes_of(&play->scene->rng, host->look, &up_bytes, &down_bytes);
	quic_exchange(quic, up_bytes, down_bytes < 400000 ? down_bytes : 400000);
	quic_close(quic);
}

static void talk(
	struct play *play, struct member *member, const struct host *host, uint64_t start_ns)
{
	struct endpoint server = { address_of(host, member, start_ns), 443 };
	uint32_t lookup_flow = TRUTH_NO_FLOW;

	if (member->hiding == IN_THE_OPEN) {
		struct dns_lookup lookup = { .name = host->name,
			.cnames = "",
			.addr = &server.addr,
			.ttl_s = LOOKUP_TTL_S };
		start_ns =
			dns_resolve(play->scene, &member->device, &lookup, start_ns, &lookup_flow);
	}
	struct truth_flow truth = describe(host, member, lookup_flow);
	(host->is_quic ? talk_over_quic : talk_over_tls)(
		play, member, host, &server, start_ns, &truth);
}

/* The flows of one host within a session: when they come, and how many at once. */
static void use_host(struct play *play, struct member *member, const struct host *host,
	uint64_t start_ns, uint64_t end_ns)
{
	struct rng *rng = &play->scene->rng;
	bool is_repeated = host->look == LOOK_PREFETCH || host->look == LOOK_TELEMETRY ||
			   host->look == LOOK_STREAM;
	uint64_t every_ns = (host->look == LOOK_PREFETCH ? 90 : 120) * NS_PER_S;

	do {
		uint64_t parallel = host->look == LOOK_PREFETCH ? rng_between(rng, 2, 4)
				    : host->look == LOOK_PAGE   ? rng_between(rng, 1, 2)
								: 1;
		for (uint64_t i = 0; i < parallel; i++) {
			talk(play, member, host, start_ns + rng_below(rng, 300) * NS_PER_MS);
		}
		start_ns += every_ns / 2 + rng_below(rng, every_ns);
	} while (is_repeated && start_ns < end_ns);
}

static void use_app(struct play *play, struct member *member, const char *group, uint64_t start_ns)
{
	struct rng *rng = &play->scene->rng;
	uint64_t end_ns = start_ns + rng_between(rng, 60, 300) * NS_PER_S;

	for (const struct host *host = hosts; host < hosts + sizeof(hosts) / sizeof(hosts[0]);
		host++) {
		if (strcmp(host->group, group) == 0 && rng_chance(rng, host->per_10000)) {
			use_host(play, member, host, start_ns + rng_below(rng, 2000) * NS_PER_MS,
				end_ns);
		}
	}
}

static void add_member(struct play *play, unsigned number)
{
	struct member *member = &play->members[number];
	struct path path = { 0 };
	char name[32], addr4[ADDR_TEXT_MAX];

	snprintf(name, sizeof(name), "telefon-%u", number + 1);
	snprintf(addr4, sizeof(addr4), "10.20.1.%u", number + 11);
	device_init(&member->device, play->scene, "Skola elever", name, addr4, NULL, &path);
	member->resolver = number % RESOLVERS;
	if (number % HIDDEN_EVERY == HIDDEN_EVERY - 1) {
		member->hiding = 1 + number / HIDDEN_EVERY % (HIDING_COUNT - 1);
	}
}

static void live_a_day(struct play *play, struct member *member, uint64_t begin_ns)
{
	struct rng *rng = &play->scene->rng;
	const char *taken[APPS_A_DEVICE];

	for (unsigned i = 0; i < APPS_A_DEVICE; i++) {
		/* The lesser of two draws: the first ones are the most common. */
		uint64_t one = rng_below(rng, GROUP_COUNT), other = rng_below(rng, GROUP_COUNT);
		taken[i] = groups[one < other ? one : other];
	}
	for (uint64_t i = rng_between(rng, SESSIONS_LEAST, SESSIONS_MOST); i > 0; i--) {
		use_app(play, member, taken[rng_below(rng, APPS_A_DEVICE)],
			begin_ns + rng_below(rng, DAY_NS / NS_PER_S) * NS_PER_S);
	}
}

static void drop_what_was_before(struct play *play)
{
	size_t count;
	struct timeline_packet *packets = timeline_packets(play->scene->timeline, &count);

	for (size_t i = 0; i < count; i++) {
		if (packets[i].flow < FLOWS_MAX &&
			packets[i].time_ns < play->visible_ns[packets[i].flow]) {
			packets[i].is_dropped = true;
		}
	}
}

static void play_day(struct scene *scene)
{
	struct play *play = calloc(1, sizeof(*play));
	uint64_t begin_ns;

	if (!play) {
		abort();
	}
	play->scene = scene;
	clock_parse(DAY_BEGINS, &begin_ns);
	for (unsigned i = 0; i < DEVICES; i++) {
		add_member(play, i);
		live_a_day(play, &play->members[i], begin_ns);
	}
	drop_what_was_before(play);
	free(play);
}

const struct scenario scenario_hidden = {
	.name = "hidden",
	.about = "a day of forty devices on shared caches; ten of them hide every name",
	.slice_bytes = 160,
	.play = play_day,
};
