/* Behaviour: which app a flow without a name may belong to, from what named flows have taught.
 *
 * Runs on the exporter, after attribute(): a flow whose name was seen teaches, one whose name is
 * hidden (ECH, no SNI, begun before the capture, lookups not seen) is judged by what was taught
 * until then: at once, or later, with what the device was doing kept beside it. Nothing is taught
 * by an inference. The verdict is marked `inferred`, has the evidence `behaviour`, and never makes
 * a violation.
 *
 * How a flow is judged (app_likelihood.h); shares are those among sessions (a device, an app, an
 * address, ten minutes) with a name:
 *
 *   1. The server. The share of each app in the network, then the prefix, the address, and the
 *      address with the client's fingerprint. Each level weighs its sessions against what the wider
 *      one says, which counts as 8, 2, 1 and 1 sessions in a network of one owner; in a network of
 *      anybody's (cloud, CDN, access provider) as 4, 2, 1 and 2, and what the network says is
 *      halved: it proves no app by itself. An app that alone lists the network begins with 0.9, one
 *      that lists it beside others with 0.15.
 *   2. The device. Each app's share is multiplied by its weight in the device's last minutes plus
 *      0.25 (device_activity.h).
 *   3. The shape. And by the share of the app's flows that have the same shape (flow_shapes.h).
 *
 * The best app is the verdict where all of this holds; everything else stays without an app, and is
 * counted by why. What is measured at these weights is told by tests/behaviour/README.md.
 *
 *   - It then has 0.9 of all.
 *   - It had 0.2 by the server alone: what a device does otherwise makes no app out of nothing.
 * Where
 *     only the network knows it, 0.9: a network is too coarse for the context to tell its apps apart.
 *   - Two named sessions at one level at least: a network's list of apps alone proves its owner.
 *   - Where pixels or advertising kits of the app's owner are known: 8 kB came down in the
 * device's
 *     minutes from servers believed to be the app's. Less is what those leave behind, at the same
 *     servers.
 *
 * Confidence: 40 where the address was known for the app, 30 where the prefix was, 20 where only
 * the network was.
 *
 * Order matters. A sensor judges at once: soon after it has begun it knows little, and leaves much
 * without an app. Over files the exporter lets flows without a name wait for what is named after
 * them (exporter.h). Knowledge of a server ends with a
 * week of silence about it, and with the run where no state is kept.
 *
 * An inference names the app, and with it owner and control where no network's owner proves
 * others; verdict_control_is_proven() tells these apart.
 *
 * Memory   about 7 MB at most by default, touched as used.
 * Threads  one.
 * Failure  none after creation: full tables forget, and count. */
#pragma once

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/attribute/device_activity.h"
#include "analyzer/record/record.h"
#include "geo/geo.h"

struct behaviour;

struct behaviour_options {
	uint32_t servers_limit; /* networks, prefixes, addresses at once; 0: 65,536 */
	uint32_t devices_limit; /* 0: 4,096 */
};

/* What became of flows without a name (counted once, with their last part). */
struct behaviour_stats {
	uint64_t taught;   /* flows with a name */
	uint64_t hidden;   /* flows without: the sum of the rest */
	uint64_t inferred; /* to an app */
	uint64_t unknown;  /* no named flow of any app went there before */
	uint64_t unsure;   /* several apps, or too little */
	uint64_t given_up; /* servers and devices that were forgotten for want of room */
};

struct behaviour *behaviour_create(
	const struct behaviour_options *options); /* NULL: out of memory */
void behaviour_destroy(struct behaviour *behaviour);

/* What a flow without a name had around it; it may wait with the record. */
struct behaviour_context {
	struct app_weights around; /* what the device's other flows were of */
	uint8_t shape;
	bool is_new_server;
};

/* Has what the records need fetched into the cache. */
void behaviour_prefetch(
	const struct behaviour *behaviour, const struct record *records, size_t count);

/* Looks at a record with a verdict, in the order in which they come, with the catalogue that the
 * verdict is of. One with a name teaches; true for one without: behaviour_judge() it, before policy
 * decides. What was taught outlives the catalogue; an app that is gone is no longer inferred. */
bool behaviour_look(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct record *record, struct behaviour_context *context);

/* The same for one that waits, before it is looked back upon, or judged. */
void behaviour_expect(const struct behaviour *behaviour, const struct record *record);

/* For flows that wait, the latest first, before any of them is judged: lets those before it know
 * what came after. */
void behaviour_look_back(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct record *record, struct behaviour_context *context);
void behaviour_end_look_back(struct behaviour *behaviour);

/* In the order in which they came. geo may be NULL. */
void behaviour_judge(struct behaviour *behaviour, const struct catalogue *catalogue,
	const struct geo *geo, struct record *record, const struct behaviour_context *context);

/* What was taught of servers, for the next run (state.h): saved, and loaded before the first
 * record. Nothing saved is no error. 0, or -errno and why. */
struct state;
int behaviour_save(const struct behaviour *behaviour, struct state *state, struct err *err);
int behaviour_load(struct behaviour *behaviour, struct state *state, struct err *err);

void behaviour_read_stats(const struct behaviour *behaviour, struct behaviour_stats *stats);
