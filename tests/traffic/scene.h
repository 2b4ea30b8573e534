/* The stage on which a scenario plays: devices, the packets they cause, and the truth about them.
 *
 * Times are as the sensor sees them, whole microseconds. Threads: one. Memory: timeline and truth
 * grow on the heap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tests/traffic/packet_builder.h"
#include "tests/traffic/rng.h"
#include "tests/traffic/timeline.h"
#include "tests/traffic/truth.h"

struct capture_writer;
struct tls_world;

struct scene {
	struct rng rng;
	struct timeline *timeline;
	struct truth *truth;
	struct tls_world *tls;
	const char *rows; /* the table that the scenario "rows" plays */
	struct endpoint resolver4;
	uint32_t slice_bytes; /* bulk data keeps this much of each IP packet; 0: all */

	/* TCP segments that had to be sent again, behind the sensor. */
	unsigned retransmitted_per_10000;

	/* TLS connections whose hello has a post-quantum share, so that it takes two segments. */
	unsigned post_quantum_per_10000;
	uint8_t fault; /* enum fault: what the sensor sees wrong; scenario_vantage.c */

	uint64_t packets_made;   /* put on the timeline so far */
	uint64_t packets_wanted; /* for scenarios that play until there are so many; 0: their own
				    count */

	/* TLS and QUIC begin with a hello of our own builder (hello.h) in place of a real
	   handshake, which takes a millisecond of elliptic curves. */
	bool has_built_hellos;
	/* What is written: from begin_ns (0: all), and, of scenarios that end when one likes, until
	   end_ns (0: when they like). */
	uint64_t begin_ns, end_ns;

	/* Writes what lies before until_ns, where nothing will be added any more,
	 * and forgets it. */
	void (*flush)(struct scene *scene, uint64_t until_ns);
	void (*discard)(struct scene *scene); /* what was not written is not going to be */
	struct capture_writer *writer;
	struct packet_builder packet; /* under construction */
};

enum { DEVICE_LOOKUPS_MAX = 128 };

/* What a device has looked up and still remembers. */
struct device_lookup {
	const char *name;
	uint64_t asked_ns, until_ns;
	uint32_t flow;
};

struct device {
	const char *unit;
	char name[32];
	struct addr addr4, addr6;
	bool has_v6;
	bool has_router; /* behind address translation: its packets have passed one more router */
	uint16_t path;   /* of the timeline */
	uint16_t next_port;
	unsigned lookup_count;
	struct device_lookup lookups[DEVICE_LOOKUPS_MAX];
};

/* Everything of one conversation that its sessions share. Side 0 is the initiator. */
struct conversation {
	struct scene *scene;
	struct device *device;
	uint32_t flow;
	struct endpoint ends[2];
	uint64_t now_ns;
	uint64_t delay_ns[2]; /* how long after the other side's packet this side's answer passes
				 the sensor */
	uint16_t identification[2]; /* of IPv4 */
	bool started;
	bool carries_name; /* packets sent now carry the name */
	bool is_bulk;      /* packets sent now may be kept cut */
};

void scene_init(struct scene *scene, uint64_t seed);
void scene_deinit(struct scene *scene);

/* addr4 and addr6 as text, addr6 may be NULL; path gets MAC addresses made from the address. */
void device_init(struct device *device, struct scene *scene, const char *unit, const char *name,
	const char *addr4, const char *addr6, struct path *path);

/* A port that this device has not used before in the scenario (from the range of RFC 6335, then
 * below it). */
uint16_t device_port(struct device *device);

/* Opens a conversation and its truth, with the device as initiator. is_v6 picks the device's
 * address. truth: app, name, evidence and what else differs from the defaults; ends, unit, device
 * and path are filled in here. */
void conversation_open(struct conversation *conversation, struct scene *scene,
	struct device *device, const struct endpoint *server, uint8_t protocol, uint64_t start_ns,
	const struct truth_flow *truth);

/* Puts the IP header on scene->packet and the packet on the timeline, sent by side at now_ns. */
void conversation_send(struct conversation *conversation, unsigned side);

/* What is not IP: scene->packet as the device sends it, with this ethertype. No flow. */
void scene_send_other(
	struct scene *scene, const struct device *device, uint64_t time_ns, uint16_t ethertype);

struct addr addr_of(
	const char *text); /* ends the program where it is none: tables are the generator's own */
