/* Inside the report: what the parts of the summary's JSON share. */
#pragma once

#include "base/json.h"
#include "dashboards/report/report_model.h"

/* Counts of devices below k are said to be that; of a body below k no figure is said at all. */
void summary_put_row(
	struct json *json, const struct report_model *model, const struct overview_row *row);

/* A unit; true in "other_units" where it is all those that are too small (protect.h). */
void summary_put_unit(struct json *json, uint16_t unit);

/* summary_json_policy.c: rules, verdicts, attempts, what is left, the register, the decision. */
void summary_put_json_policy(struct json *json, const struct report_model *model);
