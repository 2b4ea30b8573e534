/* What a record adds to a case of the policy: numbers, apps, countries, and evidence while it is
 * not frozen.
 *
 * Threads  the exporter's. Failure: none. */
#pragma once

#include "analyzer/alert/alert.h"

/* What the record is a case of, with its stable id: kind, rule, unit and week. observer: whose case
 * it is; may be NULL. */
struct alert alert_case_of(
	const struct reference *reference, const struct record *record, const char *observer);

void alert_case_add(
	struct alert *alert, const struct reference *reference, const struct record *record);

/* Whose flow it is and where it went, as evidence shows it: under its pseudonym where there are
 * some. Its bytes are the caller's to add. */
void alert_flow_describe(
	struct alert_flow *flow, const struct reference *reference, const struct record *record);
