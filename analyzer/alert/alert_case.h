/* What a record adds to a case of the policy: numbers, apps, countries, and evidence while it is
 * not frozen.
 *
 * Threads  the exporter's. Failure: none. */
#pragma once

#include "analyzer/alert/alert.h"

/* What the record is a case of: kind, rule, unit and week tell cases apart. */
struct alert_case_key {
	int64_t week;
	uint16_t rule, unit, exception;
	uint8_t kind; /* enum alert_kind */
};
struct alert_case_key alert_case_key_of(
	const struct reference *reference, const struct record *record);

/* The id is the same in every run. observer: whose case it is; may be NULL. */
uint64_t alert_case_id(const struct alert_case_key *key, const char *observer);

/* A new case, of this record. */
struct alert alert_case_of(const struct reference *reference, const struct record *record,
	const struct alert_case_key *key, uint64_t id);

void alert_case_add(
	struct alert *alert, const struct reference *reference, const struct record *record);

/* Whose flow it is and where it went, as evidence shows it: under its pseudonym where there are
 * some. Its bytes are the caller's to add. */
void alert_flow_describe(
	struct alert_flow *flow, const struct reference *reference, const struct record *record);
