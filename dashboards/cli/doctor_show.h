/* What borderflow doctor found, for people and for programs. Threads: the caller's. */
#pragma once

#include "dashboards/cli/doctor.h"

/* To standard output; format: text, json, ndjson. damage: what of the source could not be read, so
 * that it was judged from the rest; NULL: nothing. */
void doctor_show(const struct reference *reference, const struct vantage_report *report,
	const char *damage, const char *format);

/* {"from", "to", "flows", "findings": […]}, members of an object that is open: for pages as well.
 */
void doctor_put_json(
	const struct messages *messages, struct json *json, const struct vantage_report *report);
