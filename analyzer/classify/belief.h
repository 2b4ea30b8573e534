/* Belief: how a flow without a name is judged; behaviour.h tells the steps and gives the weights.
 *
 * Shares of what the flow may belong to, first "something else", then the apps; they add up to 1.
 *
 * Threads any; functions of their arguments. */
#pragma once

#include <stdbool.h>

#include "analyzer/classify/catalogue/catalogue.h"
#include "analyzer/classify/device_window.h"
#include "analyzer/classify/flow_shapes.h"
#include "analyzer/classify/known_servers.h"
#include "analyzer/record.h"

enum { BELIEFS_MAX = KNOWN_LEVEL_COUNT * KNOWN_APPS_MAX + 2 };

struct belief {
	unsigned count;
	struct {
		uint16_t app;  /* items[0]: 0, something else */
		double server; /* share by the server alone */
		double all;    /* by device and shape as well */
	} items[BELIEFS_MAX];
};

/* What is known of the record's server, level by level; NULL where nothing is. */
struct known_levels {
	const struct known *items[KNOWN_LEVEL_COUNT];
};

/* Step 1. False where nothing known speaks for any app. */
bool belief_by_server(struct belief *belief, const struct catalogue *catalogue,
	const struct record *record, const struct known_levels *levels);

/* Steps 2 and 3. */
void belief_by_context(struct belief *belief, const struct device_window *window,
	const struct flow_shapes *shapes, unsigned shape);

/* The app that speaks loudest. */
uint16_t belief_best(const struct belief *belief);

/* The app that all of it speaks for; 0: not sure enough. The window has this flow in it. has_kits:
 * pixels or kits of the best app's owner are known. */
struct conclusion {
	uint16_t app;
	uint8_t confidence;
	uint8_t grounds; /* bits of enum inferred_by */
};
struct conclusion belief_conclude(const struct belief *belief, const struct known_levels *levels,
	const struct device_window *window, bool has_kits);
