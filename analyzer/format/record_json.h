/* A record as one JSON object, nested as ECS 8 wants it, on one line.
 *
 * Fields that the record does not have are absent; there are no nulls. Times are RFC 3339 in UTC
 * with nine decimals; @timestamp is event.start, as Elastic's own Zeek module has it. Bytes and
 * packets are JSON integers; readers that keep numbers as doubles are exact up to 2^53.
 *
 * Memory   one plan, made once from the field table.
 * Threads  any may use a plan. */
#pragma once

#include "analyzer/format/fields.h"
#include "base/text.h"

struct json_plan;

struct json_plan *json_plan_create(void); /* NULL: out of memory */
void json_plan_destroy(struct json_plan *plan);

/* What is the same in every record of a run: organization.id and observer.name. NULL or "": not
 * said. False: out of memory. */
bool json_plan_set_origin(struct json_plan *plan, const char *organization, const char *observer);

void record_json_put(
	const struct json_plan *plan, struct text *text, const struct field_view *view);
