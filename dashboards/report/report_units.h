/* What each unit of the body did, added up once: for the lights, which take the worst unit, and for
 * the table of units. Exact; whoever shows it protects it.
 *
 * Memory   the caller's to free (report_units_free). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dashboards/report/report_model.h"

/* A part of what a unit did, and the devices behind that part. */
struct report_part {
	uint64_t bytes;
	struct devices devices;
};

struct report_unit {
	uint16_t unit; /* 0: none */
	struct report_part all, outside, control, denied, open;
	uint64_t bytes_up, bytes_down, bytes_outside, bytes_third, bytes_control_third,
		bytes_unknown;
	uint64_t flows, flows_hidden;    /* across the border */
	uint64_t unseen_up, unseen_down; /* records of these of which that way was not seen */
	uint64_t flows_violation, flows_grace, flows_unapproved, flows_to_assess;
	uint64_t flows_passed, flows_unsure; /* of what a rule is to stop */
};

size_t report_units(const struct report_model *model, struct report_unit **units);
void report_unit_deinit(struct report_unit *unit);
void report_units_free(struct report_unit *units, size_t count);

/* May it be said that the unit did that? Only where enough devices stand behind that part itself,
 * not behind the unit alone. */
bool report_part_is_told(const struct report_model *model, const struct report_part *part);
struct protected_figure report_part_figure(const struct report_part *part);
