/* The ground truth of a capture: every flow that is in it, and what a perfect observer would say
 * about it.
 *
 * Whoever makes a flow says who, what and why; packets and bytes are counted when a packet is
 * really written, after losses and fragments, so the truth is that of the file and not of an
 * intention.
 *
 * Memory   grows on the heap.
 * Threads  one.
 * Failure  out of memory ends the program (it is a test tool). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tests/traffic/packet_builder.h"
#include "tests/traffic/path.h"

enum { TRUTH_NAME_MAX = 128 };
#define TRUTH_NO_FLOW UINT32_MAX

struct truth_flow {
	struct endpoint source,
		destination; /* source is the initiator; ports 0 where there are none */
	uint8_t protocol;
	const char *app;      /* catalogue id; "unknown"; "*": not judged */
	const char *evidence; /* the strongest: "tls-sni", "dns", "prefix", …; "-" none */
	const char *category; /* of the app; "-" not judged */
	const char *owner_country, *parent_country; /* of the app; "-" not judged */
	/* Of the other end's address and of the network it is in; "-" not judged. */
	const char *server_country, *operator_country;
	const char *l7_protocol; /* network.protocol; "-" not judged */
	const char *hidden;      /* name_hidden; "-" not judged */
	const char
		*embedded; /* "yes": inside another's page or app, no use; "no"; "-" not judged */
	const char *unit;  /* as the scenario calls it; "-" none */
	/* "none", "dns", "refused", "dropped", "dropped-after-hello", "passed" */
	const char *block;
	const char *tunnel; /* "gre", …; "-" none */
	char device[32];
	char name[TRUTH_NAME_MAX]; /* destination.domain; "" none, "*" not judged */
	uint16_t vlan_id;
	uint32_t name_flow; /* the lookup that told the name; TRUTH_NO_FLOW: the flow itself did */
	bool alert;         /* the sample policy denies it and it passed */

	/* Counted by truth_count(). [0] from the source. */
	uint64_t packets[2], bytes[2], start_ns, end_ns;
	/* The first packet is not in the file: the initiator may be guessed wrong. */
	bool start_lost;
	bool name_lost; /* a packet that carried the name is not in the file */
};

struct truth;

struct truth *truth_create(void);
void truth_destroy(struct truth *truth);

/* The number of the new flow. */
uint32_t truth_add(struct truth *truth, const struct truth_flow *flow);
struct truth_flow *truth_flow(struct truth *truth, uint32_t number);
uint32_t truth_flow_count(const struct truth *truth);

void truth_count(struct truth *truth, uint32_t flow, unsigned direction, uint64_t time_ns,
	uint32_t ip_bytes);

/* Tab-separated, a header line first; flows of which no packet was written are left out. Can the
 * name still be known and the initiator be told? The columns say so. */
int truth_write_flows(struct truth *truth, const char *path, struct err *err);

/* One line a unit, app and week (by its Monday) for which the sample policy must raise an alert,
 * with the number of devices. */
int truth_write_alerts(struct truth *truth, const char *path, struct err *err);
