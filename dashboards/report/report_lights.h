/* The five lights of the first page, the decision they come to in one sentence, and what is to be
 * done. A light takes the worst unit, and is made from exact figures; a unit is named only where
 * enough of its devices are behind what is said of it.
 *
 * A green light is a claim. None is made unless answers were seen of all units, coverage is
 * measured and above the policy's threshold, no unit hides a third of its flows, and nothing is
 * unapproved, in a period of grace, unsure or let through.
 *
 * Memory   the texts are the caller's to free (report_lights_deinit). */
#pragma once

#include "base/text.h"
#include "dashboards/report/report_model.h"

enum report_light_state { LIGHT_GOOD, LIGHT_LOOK, LIGHT_ACT };

enum report_light_id {
	LIGHT_RULES,    /* what rules deny */
	LIGHT_OUTSIDE,  /* servers outside EU and EEA */
	LIGHT_CONTROL,  /* control from third countries */
	LIGHT_APPROVAL, /* services nobody approved or assessed */
	LIGHT_SIGHT,    /* how much is seen */
	LIGHT_COUNT
};

struct report_light {
	enum report_light_state state;
	struct text sentence;
};

/* What is to be done, the most pressing first; each with the services it is about. */
enum { REPORT_ACTIONS_MAX = 12 };
struct report_action {
	const char *key;  /* of the message */
	struct text apps; /* "" none */
};

struct report_lights {
	struct report_light lights[LIGHT_COUNT];
	bool sees_answers; /* both directions of the traffic of all units */
	bool is_held_back; /* one would be green, were all seen and nothing else open */
	struct text decision;
	struct report_action actions[REPORT_ACTIONS_MAX];
	unsigned action_count;
};

void report_lights_init(struct report_lights *lights, const struct report_model *model,
	const struct messages *messages);
void report_lights_deinit(struct report_lights *lights);

const char *report_light_name(enum report_light_id id);             /* "rules" */
const char *report_light_state_name(enum report_light_state state); /* "light_good" */

/* Coverage of enrolled devices, per cent; -1: not measured. */
int report_coverage(const struct report_model *model);
bool report_coverage_is_few(const struct report_model *model); /* by k: the share would tell it */

/* Of what "not seen" may not be said, since it is not proven to be seen on each day of the period
 * (segment_proof.h): units, own networks of no unit, and classes that are nowhere, neither in a
 * network nor in the inventory. */
struct report_unproven {
	unsigned units, of; /* so many of how many */
	bool is_outside;
	unsigned classes;
	bool is_whole; /* the policy has no units, so that nothing is proven */
};
struct report_unproven report_unproven(const struct report_model *model);

static inline bool report_is_proven(const struct report_unproven *unproven)
{
	return unproven->units == 0 && !unproven->is_outside && unproven->classes == 0 &&
	       !unproven->is_whole;
}

/* " “Not seen” may not be said of …" behind a sentence that says that something was not; nothing
 * where all are proven. */
void report_put_unproven(
	struct text *text, const struct report_model *model, const struct messages *messages);
