/* What borderflow doctor found, for people and for programs. Threads: the caller's. */
#pragma once

#include "dashboards/cli/doctor.h"

/* To standard output; format: text, json, ndjson. */
void doctor_show(
	const struct reference *reference, const struct vantage_report *report, const char *format);

/* {"from", "to", "flows", "findings": […]}, members of an object that is open: for pages as well.
 */
void doctor_put_json(
	const struct messages *messages, struct json *json, const struct vantage_report *report);
