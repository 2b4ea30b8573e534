/* Weeks of an organisation by metrics: what units showed of apps in each slot of five minutes, as
 * cells, and the beginnings of flows of its devices, as records; with incidents, whose truth is
 * known. The same seed makes the same weeks.
 *
 * They begin on Monday 2026-03-02 in Stockholm: the clock changes on 29 March, Easter is told by
 * the calendar of holidays, a break of schools by the policy's free days, and a day of planning by
 * nobody. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/rollup/cell.h"

enum { MONTH_UNITS_MOST = 12, MONTH_APPS_MOST = 60, MONTH_INCIDENTS_MOST = 24 };
enum { MONTH_FIRST_SLOT = 5908020 /* 2026-03-01T23:00Z */, MONTH_DAY = 288, MONTH_WEEK = 2016 };

struct month_options {
	unsigned units, devices, apps;
	uint64_t seed;
	bool has_incidents;
};

/* What was done, and what an alert about it is: of one of these kinds, and with these words in what
 * contributed to it. */
struct month_incident {
	const char *name, *kinds;
	char words[2][64];
	const char *beside[2]; /* in what contributed to other alerts about it; NULL none */
	uint32_t first_slot, last_slot;
	/* Filled by who judges. */
	unsigned alerts, alerts_beside;
	uint32_t alert_slot;
};

struct month_series {
	double up, down; /* bytes of a session */
	double sessions; /* in a slot at noon; 0: the unit does not use the app */
};

struct month {
	struct month_options options;
	uint64_t random;
	uint16_t units[MONTH_UNITS_MOST], apps[MONTH_APPS_MOST], tiktok, fresh_app, wave_app;
	char parents[MONTH_APPS_MOST][3];
	struct month_series series[MONTH_UNITS_MOST][MONTH_APPS_MOST];
	unsigned places[MONTH_APPS_MOST][2];
	double moods[MONTH_UNITS_MOST];
	struct month_incident incidents[MONTH_INCIDENTS_MOST];
	unsigned incident_count;
	double beacon_ns;
	struct cell cells[2 * MONTH_UNITS_MOST * (MONTH_APPS_MOST + 8)];
	uint32_t cell_count;
};

/* Its policy, for policy_parse(); before month_init(), since that names the units. */
extern const char month_policy[];

void month_init(struct month *month, const struct month_options *options,
	const struct catalogue *catalogue);

typedef void month_see(void *context, const struct record *record);
/* One slot, in order: its records go to see, its cells stand in the month. */
void month_slot(struct month *month, uint32_t slot, month_see *see, void *context);
