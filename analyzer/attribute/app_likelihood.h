/* Belief: how a flow without a name is judged; behaviour.h tells the steps and gives the weights.
 *
 * Shares of what the flow may belong to, first "something else", then the apps; they add up to 1.
 *
 * Threads any; functions of their arguments. */
#pragma once

#include <stdbool.h>

#include "analyzer/catalogue/catalogue.h"
#include "analyzer/attribute/device_activity.h"
#include "analyzer/attribute/flow_shapes.h"
#include "analyzer/attribute/server_profiles.h"
#include "analyzer/record/record.h"

enum { BELIEFS_MAX = KNOWN_LEVEL_COUNT * KNOWN_APPS_MAX + 2 };

struct likelihood {
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
bool app_likelihood_by_server(struct likelihood *likelihood, const struct catalogue *catalogue,
	const struct record *record, const struct known_levels *levels);

/* Steps 2 and 3. */
void app_likelihood_by_context(struct likelihood *likelihood, const struct app_weights *around,
	const struct flow_shapes *shapes, unsigned shape);

/* The app that speaks loudest. */
uint16_t app_likelihood_best(const struct likelihood *likelihood);

/* The app that all of it speaks for; 0: not sure enough. around has this flow in it. has_kits:
 * pixels or kits of the best app's owner are known. */
struct conclusion {
	uint16_t app;
	uint8_t confidence;
	uint8_t grounds; /* bits of enum inferred_by */
};
struct conclusion app_likelihood_conclude(const struct likelihood *likelihood,
	const struct known_levels *levels, const struct app_weights *around, bool has_kits);
